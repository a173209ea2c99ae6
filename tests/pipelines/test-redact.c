/* SPDX-License-Identifier: MIT
 *
 * test-redact.c CASES: what redact() leaves of each line's first part is its second part (behind a tab).
 */
#include "redact.h"

static const char *path;

static void
test_cases (void)
{
  g_autofree char *text = NULL;
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint n = 0;
  for (char **line = lines; *line && **line; line++, n++) {
    g_auto (GStrv) parts = g_strsplit (*line, "\t", 2);
    g_autofree char *found = redact (parts[0]);
    g_assert_cmpstr (found, ==, parts[1]);
  }
  g_assert_cmpuint (n, >=, 10);
}

/* Some cameras' passwords stand in the path, up to the next parameter. */
static void
test_path (void)
{
  g_autofree char *found = redact ("rtsp://h:554/user=admin_password=secret_channel=1_stream=0.sdp");
  g_assert_cmpstr (found, ==, "rtsp://h:554/user=***_password=***_channel=1_stream=0.sdp");
}

static void
test_bytes (void)
{
  g_autofree char *found = redact ("rtsp://u:\xff\xfe@h/\xff"), *empty = redact ("");
  g_assert_cmpstr (found, ==, "rtsp://h/\xef\xbf\xbd");
  g_assert_cmpstr (empty, ==, "");
  g_autofree char *at = g_strnfill (100000, '@'), *slashes = g_strnfill (100000, '/');
  g_autofree char *long_text = g_strconcat ("rtsp://a:", at, "x", slashes, "@h/", NULL), *shown = redact (long_text);
  g_assert_null (g_strrstr (shown, "a:@")); /* whatever it is, that is not shown */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  path = argv[1];
  g_test_add_func ("/redact/cases", test_cases);
  g_test_add_func ("/redact/path", test_path);
  g_test_add_func ("/redact/bytes", test_bytes);
  return g_test_run ();
}
