/* SPDX-License-Identifier: MIT
 *
 * test-hostile-data.c: every file of JSONTestSuite in place of each JSON file of a model folder. None of them belongs
 * there, so each must be refused in one line, invalid JSON with its place in the file; files without mandatory members
 * accept any object.
 */
#include "tempmodel.h"

static const char *const targets[]
    = { "config.json", "vocab.json", "preprocessor_config.json", "tokenizer_config.json", "special_tokens_map.json" };

#define FIRST_FREE 2 /* of those that may be any object */

static void
test_json_suite (gconstpointer data)
{
  const char *suite = data;
  char *folder = temp_model ("patch32-quick");
  /* special_tokens_map.json is read where tokenizer_config.json does not list the tokens itself */
  test_write (folder, "tokenizer_config.json", "{}", -1);
  GError *error = NULL;
  g_autoptr (GDir) dir = g_dir_open (suite, 0, &error);
  g_assert_no_error (error);
  guint tried = 0;
  for (const char *name; (name = g_dir_read_name (dir));) {
    if (!g_str_has_suffix (name, ".json"))
      continue;
    gsize length;
    g_autofree char *content = test_read (suite, name, &length);
    for (guint i = 0; i < G_N_ELEMENTS (targets); i++, tried++) {
      gsize original_length;
      g_autofree char *original = test_read (folder, targets[i], &original_length);
      test_write (folder, targets[i], content, (gssize)length);
      ClipModel *model = clip_model_load (folder, &error);
      test_write (folder, targets[i], original, (gssize)original_length);

      if (model) { /* an object of unknown keys leaves everything at its defaults */
        g_assert_cmpuint (i, >=, FIRST_FREE);
        g_assert_cmpint (name[0], !=, 'n');
        clip_model_unref (model);
        continue;
      }
      g_assert_nonnull (error);
      g_assert_null (strchr (error->message, '\n'));
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      if (name[0] == 'n' && !strstr (error->message, targets[i]))
        g_error ("%s as %s: \"%s\" does not name the file", name, targets[i], error->message);
      g_clear_error (&error);
    }
  }
  g_test_message ("%u files tried", tried);
  g_assert_cmpuint (tried, >=, G_N_ELEMENTS (targets) * 300);
  temp_model_remove (folder);
}

int
main (int argc, char **argv)
{
  g_autofree char *suite = test_shared ("data/json-test-suite");
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/hostile/json-suite", suite, test_json_suite);
  return g_test_run ();
}
