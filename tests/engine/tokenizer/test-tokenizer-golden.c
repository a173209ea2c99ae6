/* SPDX-License-Identifier: MIT
 *
 * test-tokenizer-golden.c: tokens beside the vocabulary, in every form in which transformers has saved them, against
 * the ids of its own classes (tests/golden/make_tokenizers.py).
 */
#include <string.h>

#include "tokenizer/added-tokens.h"
#include "clip-json.h"
#include "tempfolder.h"
#include "testdata.h"
#include "tokenizer/tokenizer.h"

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
  g_autoptr (ClipJson) doc = clip_json_load (path, CLIP_JSON_MAX_TOKENIZER, &error);
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

/* ---- Refusals ------------------------------------------------------------------------------------------ */

static char *
copy_of (const char *name)
{
  g_autofree char *relative = g_build_filename ("tokenizers", name, NULL), *from = test_golden (relative);
  char *folder = test_temporary_folder ();
  g_autoptr (GDir) dir = g_dir_open (from, 0, NULL);
  for (const char *file; (file = g_dir_read_name (dir));) {
    gsize length;
    g_autofree char *content = test_read (from, file, &length);
    if (strcmp (file, "expected.json"))
      test_write (folder, file, content, (gssize)length);
  }
  return folder;
}

static void
test_refusals (void)
{
  static const struct
  {
    const char *name, *file, *from, *to,
        *expected; /* expected: in the message, or in the only warning with "+" before */
    guint vocab_size;
  } cases[] = {
    { "decoder", "tokenizer_config.json", "\"527\":", "\"x\":", "field 'added_tokens_decoder.x.id': expected a whole",
        530 },
    { "decoder", "tokenizer_config.json", "\"527\":", "\"-1\":", "field 'added_tokens_decoder.-1.id'", 530 },
    { "decoder", "tokenizer_config.json", "\"529\":", "\"600\":", "'van': its id is 600 here, but 529 is the next",
        700 },
    { "decoder", "tokenizer_config.json",
        "\"525\":", "\"3\":", "'<|startoftext|>': its id is 3 here, but 525 in the vocab", 530 },
    { "decoder", "tokenizer_config.json",
        "\"529\":", "\"600\":", "'van': its id 600 is not below the model's vocab_size 530", 530 },
    { "decoder", "tokenizer_config.json", "\"content\":\"<cat>\"", "\"content\":7",
        "tokenizer_config.json: field 'added_tokens_decoder.528.content': expected a string", 530 },
    { "decoder", "tokenizer_config.json", "\"normalized\":false", "\"normalized\":0",
        "tokenizer_config.json: field 'added_tokens_decoder.527.normalized'", 530 },
    { "decoder", "tokenizer_config.json", "\"added_tokens_decoder\":{", "\"added_tokens_decoder\":[],\"x\":{",
        "tokenizer_config.json: field 'added_tokens_decoder'", 530 },
    { "decoder", "tokenizer_config.json", "\"bos_token\":\"<|startoftext|>\"", "\"bos_token\":7",
        "tokenizer_config.json: field 'bos_token': expected a string or an object", 530 },
    { "decoder", "tokenizer_config.json", "\"bos_token\":\"<|startoftext|>\"", "\"bos_token\":\"<s>\"",
        "vocab.json: the vocabulary has no entry '<s>'", 530 },
    { "decoder", "tokenizer_config.json", "\"pad_token\":\"<|endoftext|>\"", "\"pad_token\":\"<pad>\"",
        "+tokenizer_config.json: field 'pad_token', token '<pad>': the model's vocab_size 530 has no row left for it",
        530 },
    { "decoder", "tokenizer_config.json", "\"tokenizer_class\":\"CLIPTokenizer\"", "\"tokenizer_class\":1",
        "tokenizer_config.json: field 'tokenizer_class'", 530 },
    { "legacy", "added_tokens.json", "\"<cat>\":527", "\"<cat>\":\"527\"", "added_tokens.json: field '<cat>.id'", 530 },
    { "legacy", "special_tokens_map.json", "\"pad_token\":\"<Dog>\"", "\"pad_token\":{}",
        "special_tokens_map.json: field 'pad_token.content': expected a string", 530 },
    { "saved", "tokenizer.json", "\"added_tokens\":[", "\"added_tokens\":[7,",
        "tokenizer.json: field 'added_tokens[0]'", 538 },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *folder = copy_of (cases[i].name);
    gsize length;
    g_autofree char *content = test_read (folder, cases[i].file, &length);
    g_autoptr (GString) changed = g_string_new (content);
    g_assert_cmpuint (g_string_replace (changed, cases[i].from, cases[i].to, 1), ==, 1);
    test_write (folder, cases[i].file, changed->str, -1);
    g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GError) error = NULL;
    g_autoptr (ClipTokenizer) tokenizer = clip_tokenizer_load (folder, cases[i].vocab_size, warnings, &error);
    const char *expected = cases[i].expected, *found = error ? error->message : "";
    if (*expected == '+') {
      g_assert_no_error (error);
      g_assert_cmpuint (warnings->len, ==, 1);
      expected++;
      found = warnings->pdata[0];
    }
    g_test_message ("%s", found);
    if (!strstr (found, expected))
      g_error ("case %u: expected '%s' in: %s", i, expected, found);
    g_assert_null (strchr (found, '\n'));
    test_remove_folder (folder);
  }
}

/* Bytes changed at random in what says which tokens there are: refused or loaded, never a crash. */
static void
test_damage (void)
{
  static const char *const files[][2] = { { "decoder", "tokenizer_config.json" }, { "legacy", "added_tokens.json" },
    { "legacy", "special_tokens_map.json" }, { "json-alone", "tokenizer.json" } };
  guint loaded = 0, refused = 0;
  for (guint f = 0; f < G_N_ELEMENTS (files); f++) {
    g_autofree char *folder = copy_of (files[f][0]);
    gsize length;
    g_autofree char *good = test_read (folder, files[f][1], &length);
    for (guint round = 0; round < 150; round++) {
      g_autofree char *content = g_memdup2 (good, length);
      for (gint n = g_test_rand_int_range (1, 4); n > 0; n--) {
        gsize at
            = (gsize)g_test_rand_int_range (0, (gint32)MIN (length, 2500)); /* tokenizer.json's tokens come first */
        content[at] = "\"{}[]0:a,\\"[g_test_rand_int_range (0, 10)];
      }
      test_write (folder, files[f][1], content, (gssize)length);
      g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
      g_autoptr (GError) error = NULL;
      g_autoptr (ClipTokenizer) tokenizer = clip_tokenizer_load (folder, 540, warnings, &error);
      g_assert_true ((tokenizer == NULL) == (error != NULL));
      guint32 ids[MAX_IDS];
      if (tokenizer)
        clip_tokenizer_encode (tokenizer, "the <cat> sat in New York", ids, MAX_IDS, NULL);
      loaded += tokenizer != NULL;
      refused += tokenizer == NULL;
    }
    test_remove_folder (folder);
  }
  g_assert_cmpuint (loaded, >, 5);
  g_assert_cmpuint (refused, >, 100);
}

/* A text full of what is nearly a token costs no more than its length times a token's. */
static void
test_many_tokens (void)
{
  g_autoptr (GArray) tokens = g_array_new (FALSE, FALSE, sizeof (ClipAddedToken));
  g_autoptr (GPtrArray) contents = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < CLIP_ADDED_TOKEN_MAX_BYTES; i++) {
    char *content = g_strnfill (i + 1, 'a');
    if (i + 1 < CLIP_ADDED_TOKEN_MAX_BYTES)
      content[i] = 'b';
    g_ptr_array_add (contents, content);
    g_array_append_val (tokens, ((ClipAddedToken){ .content = content, .id = i }));
  }
  g_autoptr (ClipAddedTokens) added = clip_added_tokens_new ((const ClipAddedToken *)(void *)tokens->data, tokens->len);
  gsize start, end, from = 0;
  guint32 id, n = 0;
  g_autofree char *text = g_strnfill (1000, 'a');
  while (clip_added_tokens_find (added, FALSE, text, 1000, from, &start, &end, &id)) {
    g_assert_cmpuint (id, ==, CLIP_ADDED_TOKEN_MAX_BYTES - 1); /* the longest one */
    g_assert_cmpuint (start, ==, from);
    g_assert_cmpuint (end - start, ==, CLIP_ADDED_TOKEN_MAX_BYTES);
    from = end;
    n++;
  }
  g_assert_cmpuint (n, ==, 1000 / CLIP_ADDED_TOKEN_MAX_BYTES);
  g_assert_true (clip_added_tokens_find (added, FALSE, "aaab", 4, 0, &start, &end, &id));
  g_assert_cmpuint (id, ==, 3);
  g_assert_false (clip_added_tokens_find (added, TRUE, "aaab", 4, 0, &start, &end, &id));
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
  g_test_add_func ("/tokenizer-golden/refusals", test_refusals);
  g_test_add_func ("/tokenizer-golden/damage", test_damage);
  g_test_add_func ("/tokenizer-golden/many-tokens", test_many_tokens);
  return g_test_run ();
}
