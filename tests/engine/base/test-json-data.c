/* SPDX-License-Identifier: MIT
 *
 * test-json-data.c: nst/JSONTestSuite: y_ must parse, n_ must be refused, i_ may do either but not crash.
 */
#include "clip.h"
#include "clip-json.h"
#include "seed.h"
#include "testdata.h"

#include <string.h>

/* Files whose name says that they must parse; where our stricter form refuses one, it must be for these reasons. */
static void
check_strict_form (const char *name, const char *text, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipJson) doc = clip_json_parse_object (name, text, length, &error);
  if (doc)
    g_assert_cmpint (clip_json_type (clip_json_root (doc)), ==, CLIP_JSON_OBJECT);
  else if (!strstr (error->message, "expected an object") && !strstr (error->message, "duplicate key")
           && !strstr (error->message, "\\u0000"))
    g_error ("%s", error->message);
}

int
main (void)
{
  g_autofree char *folder = test_shared ("data/json-test-suite");
  GError *error = NULL;
  GDir *dir = g_dir_open (folder, 0, &error);
  g_assert_no_error (error);

  guint n_good = 0, n_bad = 0, n_either = 0, n_wrong = 0;
  for (const char *name; (name = g_dir_read_name (dir));) {
    if (!g_str_has_suffix (name, ".json"))
      continue;
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_autofree char *text = NULL;
    gsize length;
    g_file_get_contents (path, &text, &length, &error);
    g_assert_no_error (error);

    /* exactly `length` bytes: valgrind and ASan see an overrun */
    g_autofree char *exact = g_memdup2 (text, length);
    test_seed ("json", text, length);
    g_autoptr (GError) parse_error = NULL;
    g_autoptr (ClipJson) doc = clip_json_parse (name, exact, length, &parse_error);
    g_assert_true ((doc == NULL) == (parse_error != NULL));
    n_good += *name == 'y';
    n_bad += *name == 'n';
    n_either += *name == 'i';
    if ((*name == 'y' && !doc) || (*name == 'n' && doc)) {
      fprintf (stderr, "WRONG: %s: %s\n", name, doc ? "accepted" : parse_error->message);
      n_wrong++;
    }
    if (*name == 'y')
      check_strict_form (name, exact, length);
  }
  g_dir_close (dir);

  printf ("%u to parse, %u to refuse, %u of either kind: %u wrong\n", n_good, n_bad, n_either, n_wrong);
  return n_wrong == 0 && n_good > 0 && n_bad > 0 && n_either > 0 ? 0 : 1;
}
