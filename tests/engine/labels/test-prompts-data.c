/* SPDX-License-Identifier: MIT
 *
 * test-prompts-data.c: the JSON test suite's files as prompts files, unchanged and as a member of one.
 */
#include "clip.h"
#include "tempfolder.h"
#include "testdata.h"
#include "testvocab.h"

static char *suite;

typedef void (*Check) (const char *name, const char *content, gsize length);

static void
for_each_file (Check check)
{
  GDir *dir = g_dir_open (suite, 0, NULL);
  g_assert_nonnull (dir);
  guint n = 0;
  for (const char *name; (name = g_dir_read_name (dir));) {
    if (!g_str_has_suffix (name, ".json"))
      continue;
    g_autofree char *path = g_build_filename (suite, name, NULL);
    g_autofree char *content = NULL;
    gsize length;
    g_assert_true (g_file_get_contents (path, &content, &length, NULL));
    check (name, content, length);
    n++;
  }
  g_dir_close (dir);
  g_assert_cmpuint (n, >=, 300);
}

static ClipPrompts *
load (const char *content, gsize length, GError **error)
{
  g_autofree char *folder = test_temporary_folder ();
  g_autofree char *path = g_build_filename (folder, "prompts", NULL);
  test_write (folder, "prompts", content, (gssize)length);
  ClipPrompts *prompts = clip_prompts_new_from_file (path, error);
  test_remove_folder (folder);
  return prompts;
}

/* What begins with '{' is JSON and, having no "prompts", refused; with '[' it is a list, refused where it is no JSON or
 * holds something else than prompts; the rest is text, which may well be prompts. */
static void
check_plain (const char *name, const char *content, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipPrompts) prompts = load (content, length, &error);
  g_assert_true ((prompts == NULL) == (error != NULL));
  if (prompts && length && (*content == '{' || (*content == '[' && *name == 'n')))
    g_error ("%s was accepted", name);
}

static guint n_unknown_keys;

/* As a member that prompts files do not have: JSON that can be read is refused for that, the rest for what it is. */
static void
check_member (const char *name, const char *content, gsize length)
{
  g_autoptr (GString) text = g_string_new ("{\"prompts\":[\"a cat\"],\"x\":");
  g_string_append_len (text, content, (gssize)length);
  g_string_append_c (text, '}');
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipPrompts) prompts = load (text->str, text->len, &error);
  g_assert_null (prompts);
  gboolean unknown_key = g_error_matches (error, CLIP_ERROR, CLIP_ERROR_PROMPTS) && strstr (error->message, "'x'");
  if (*name == 'n' && unknown_key)
    g_error ("%s was read as JSON", name);
  n_unknown_keys += *name == 'y' && unknown_key;
}

static void
test_plain (void)
{
  for_each_file (check_plain);
}

static void
test_member (void)
{
  n_unknown_keys = 0;
  for_each_file (check_member);
  g_assert_cmpuint (n_unknown_keys, >, 80); /* of 95: some have duplicate keys or a NUL character, refused as well */
}

/* A list is a list. */
static void
test_array (gconstpointer folder)
{
  g_autofree char *path = g_build_filename (folder, "array.json", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_file (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (clip_prompts_get_size (prompts), ==, 2);
  g_assert_cmpstr (clip_prompts_get (prompts, 0)->text, ==, "a cat");
  g_assert_cmpstr (clip_prompts_get (prompts, 1)->text, ==, "a dog");
}

int
main (int argc, char **argv)
{
  g_autofree char *path = test_shared ("data/json-test-suite");
  g_autofree char *cases = test_shared ("cases/prompts");
  suite = path;
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/prompts-data/plain", test_plain);
  g_test_add_func ("/prompts-data/member", test_member);
  g_test_add_data_func ("/prompts-data/array", cases, test_array);
  return g_test_run ();
}
