/* SPDX-License-Identifier: MIT
 *
 * test-tokenizer-golden.c: tokens beside the vocabulary, in every form that transformers has saved them in, against the
 * ids that its own classes give (tests/golden/make_tokenizers.py).
 */
#include <string.h>

#include "json.h"
#include "tempfolder.h"
#include "testdata.h"
#include "tokenizer.h"

#define MAX_IDS 77

static char *
ids_string (const guint32 *ids, guint n)
{
  GString *out = g_string_new (NULL);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (out, " %u", ids[i]);
  return g_string_free (out, FALSE);
}

static void
check_text (const ClipTokenizer *tokenizer, const ClipJsonValue *item, const char *name)
{
  const char *text = clip_json_as_string (clip_json_member (item, "text"));
  const ClipJsonValue *list = clip_json_member (item, "ids");
  guint32 ids[MAX_IDS], expected[MAX_IDS];
  guint n_expected = clip_json_length (list);
  g_assert_cmpuint (n_expected, <=, MAX_IDS);
  for (guint i = 0; i < n_expected; i++) {
    gint64 id;
    g_assert_true (clip_json_as_int (clip_json_element (list, i), &id));
    expected[i] = (guint32)id;
  }
  guint n = clip_tokenizer_encode (tokenizer, text, ids, MAX_IDS, NULL);
  g_autofree char *found_text = ids_string (ids, n), *expected_text = ids_string (expected, n_expected);
  if (strcmp (found_text, expected_text))
    g_error ("%s, '%s':%s instead of%s", name, text, found_text, expected_text);
  g_assert_cmpuint (clip_tokenizer_count (tokenizer, text), ==, n);
}

static void
test_case (gconstpointer data)
{
  const char *name = data;
  g_autofree char *relative = g_build_filename ("tokenizers", name, NULL), *folder = test_golden (relative);
  g_autofree char *path = g_build_filename (folder, "expected.json", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipJson) doc = clip_json_load (path, &error);
  g_assert_no_error (error);
  const ClipJsonValue *root = clip_json_root (doc), *texts = clip_json_member (root, "texts");
  guint vocab_size = 0;
  gboolean warns = FALSE;
  g_assert_true (clip_json_get_uint (doc, root, "", "vocab_size", 1, 1000, &vocab_size, NULL));
  g_assert_true (clip_json_get_boolean (doc, root, "", "warns", &warns, NULL));

  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (ClipTokenizer) tokenizer = clip_tokenizer_load (folder, vocab_size, warnings, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (warnings->len, ==, warns ? 1 : 0);
  if (warns)
    g_assert_nonnull (strstr (warnings->pdata[0], "tokenizer.json: field 'normalizer': not CLIP's"));
  g_assert_cmpuint (clip_json_length (texts), >, 40);
  for (guint i = 0; i < clip_json_length (texts); i++)
    check_text (tokenizer, clip_json_element (texts, i), name);
}

static char *
fingerprint_of (const char *folder, guint vocab_size)
{
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (ClipTokenizer) tokenizer = clip_tokenizer_load (folder, vocab_size, warnings, NULL);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_assert_nonnull (tokenizer);
  clip_tokenizer_fingerprint (tokenizer, checksum);
  return g_strdup (g_checksum_get_string (checksum));
}

/* Whatever changes ids changes the fingerprint. */
static void
test_fingerprint (void)
{
  g_autofree char *from = test_golden ("tokenizers/decoder"), *folder = test_temporary_folder ();
  static const char *const files[] = { "vocab.json", "merges.txt", "tokenizer_config.json" };
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    gsize length;
    g_autofree char *content = test_read (from, files[i], &length);
    test_write (folder, files[i], content, (gssize)length);
  }
  static const struct
  {
    const char *from, *to;
  } edits[] = {
    { "\"<cat>\"", "\"<cow>\"" },
    { "\"single_word\":true", "\"single_word\":false" },
    { "\"normalized\":false", "\"normalized\":true" },
    { "\"eos_token\":\"<|endoftext|>\"", "\"eos_token\":\"<|startoftext|>\"" },
  };
  gsize length;
  g_autofree char *good = test_read (folder, files[2], &length), *print = fingerprint_of (folder, 530);
  for (guint i = 0; i < G_N_ELEMENTS (edits); i++) {
    g_autoptr (GString) changed = g_string_new (good);
    g_assert_cmpuint (g_string_replace (changed, edits[i].from, edits[i].to, 1), ==, 1);
    test_write (folder, files[2], changed->str, -1);
    g_autofree char *other = fingerprint_of (folder, 530);
    g_assert_cmpstr (other, !=, print);
  }
  test_remove_folder (folder);
}

int
main (int argc, char **argv)
{
  static const char *const cases[] = { "saved", "json-alone", "decoder", "legacy", "pad-is-a-piece", "other-ends",
    "newer-json", "odd-steps", "generic" };
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/tokenizer-golden/", cases[i], NULL);
    g_test_add_data_func (path, cases[i], test_case);
  }
  g_test_add_func ("/tokenizer-golden/fingerprint", test_fingerprint);
  return g_test_run ();
}
