/* SPDX-License-Identifier: MIT
 *
 * test-json-write.c: every string that is written is read back as it was, on one line and without what a terminal
 * obeys.
 */
#include "clip-json.h"

static void
assert_written (const char *text, const char *expected)
{
  g_autoptr (GString) json = g_string_new ("[");
  clip_json_append_string (json, text);
  g_assert_cmpstr (json->str + 1, ==, expected);
}

static void
test_cases (void)
{
  assert_written (NULL, "null");
  assert_written ("", "\"\"");
  assert_written ("a \"van\" \\ \xc3\xbc", "\"a \\\"van\\\" \\\\ \xc3\xbc\"");
  assert_written ("\n\x1b[31m\x7f", "\"\\u000a\\u001b[31m\\u007f\"");
  assert_written ("\xc2\x85\xc2\x9b\xe2\x80\xa8\xe2\x80\xa9", "\"\\u0085\\u009b\\u2028\\u2029\"");
  assert_written ("a\xff", "\"a\xef\xbf\xbd\"");
}

static void
test_all_characters (void)
{
  for (gunichar c = 1; c <= 0x10ffff; c++) {
    char text[8] = { 'a' };
    if (c >= 0xd800 && c < 0xe000)
      continue; /* surrogates are no characters */
    g_unichar_to_utf8 (c, text + 1);
    g_autoptr (GString) json = g_string_new (NULL);
    clip_json_append_string (json, text);

    g_autoptr (GError) error = NULL;
    g_autoptr (ClipJson) doc = clip_json_parse_strict ("t.json", json->str, json->len, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (clip_json_as_string (clip_json_root (doc)), ==, text);
    for (const char *p = json->str; *p; p = g_utf8_next_char (p))
      g_assert_false (g_unichar_iscntrl (g_utf8_get_char (p)));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-write/cases", test_cases);
  g_test_add_func ("/json-write/all-characters", test_all_characters);
  return g_test_run ();
}
