/* SPDX-License-Identifier: MIT
 *
 * test-names.c: names that collide in GLib's string hash cost no more than others. Counts comparisons, of a few dozen
 * names, in everything that looks up names from a file.
 */
#include <string.h>

#include "tokenizer/bpe.h"
#include "clip.h"
#include "clip-json.h"
#include "base/names.h"
#include "model/safetensors.h"
#include "tokenizer/special-tokens.h"
#include "tempfolder.h"
#include "testdata.h"
#include "testvocab.h"
#include "tokenizer/tokenizer.h"

#define PAIRS 6
#define N     (1 << PAIRS)

/* Each pair of letters has the same hash, and so have all their rows. */
static void
make_name (guint number, char ret[2 * PAIRS + 1])
{
  for (guint i = 0; i < PAIRS; i++)
    memcpy (ret + 2 * i, number >> i & 1 ? "FY" : "Ez", 2);
  ret[2 * PAIRS] = 0;
}

/* What sorting n names and then finding each takes by halves, twice over; a table of chains would take n n / 2. */
#define MOST ((guint64)(2 * 2 * N * (PAIRS + 1)))

static void
test_chosen (void)
{
  char names[N][2 * PAIRS + 1];
  ClipNames table = { 0 };
  for (guint i = 0; i < N; i++) {
    make_name (i * 37 % N, names[i]);
    g_assert_cmpuint (g_str_hash (names[i]), ==, g_str_hash (names[0]));
    g_assert_true (clip_names_add (&table, names[i], i));
  }
  guint64 before = clip_names_n_compared ();
  g_assert_null (clip_names_sort (&table));
  for (guint i = 0; i < N; i++)
    g_assert_cmpuint (clip_names_find (&table, names[i])->value, ==, i);
  g_assert_cmpuint (clip_names_n_compared () - before, <=, MOST);
  g_assert_cmpuint (clip_names_n_compared () - before, >, N);
  g_assert_null (clip_names_find (&table, ""));
  g_assert_null (clip_names_find (&table, "Ez"));
  g_assert_null (clip_names_find (&table, "zz"));
  clip_names_clear (&table);
  g_assert_null (clip_names_find (&table, "Ez"));
}

/* Added and looked up by turns. */
static void
test_table (void)
{
  char names[N][2 * PAIRS + 1];
  ClipNameTable table = { 0 };
  guint64 before = clip_names_n_compared ();
  gboolean is_new;
  g_assert_null (clip_name_table_find (&table, "Ez"));
  for (guint i = 0; i < N; i++) {
    make_name (i, names[i]);
    g_assert_true (clip_name_table_add (&table, names[i], i, &is_new) && is_new);
    g_assert_true (clip_name_table_add (&table, names[i / 2], N, &is_new) && !is_new);
    for (guint j = 0; j < N; j += 16)
      g_assert_true ((clip_name_table_find (&table, names[j % (i + 1)]) != NULL));
  }
  for (guint i = 0; i < N; i++)
    g_assert_cmpuint (clip_name_table_find (&table, names[i])->value, ==, i);
  g_assert_null (clip_name_table_find (&table, "Ez"));
  /* N of them 7 times, and what moving them costs; some 1.5 comparisons each. One in a long chain would take 7 N N / 2.
   */
  g_assert_cmpuint (clip_names_n_compared () - before, <=, 7 * N * N / 8);

  /* Room for more moves nothing that is there; for less it does nothing. */
  g_assert_true (clip_name_table_reserve (&table, 10 * N) && clip_name_table_reserve (&table, 1));
  gsize n_slots = table.n_slots;
  g_assert_cmpuint (n_slots, >=, 20 * N);
  for (guint i = 0; i < N; i++)
    g_assert_cmpuint (clip_name_table_find (&table, names[i])->value, ==, i);
  g_assert_true (clip_name_table_add (&table, "Ez", N, &is_new) && is_new);
  g_assert_cmpuint (table.n_slots, ==, n_slots);
  clip_name_table_clear (&table);
}

static void
test_same (void)
{
  static const char *const given[] = { "b", "a", "c", "a", "b", "a" };
  ClipNames table = { 0 };
  for (guint i = 0; i < G_N_ELEMENTS (given); i++)
    clip_names_add (&table, given[i], 10 - i);
  const ClipName *same = clip_names_sort (&table);
  g_assert_cmpstr (same->name, ==, "a");
  g_assert_cmpuint (same[0].value, ==, 5);
  g_assert_cmpuint (same[1].value, ==, 7);
  g_assert_true (clip_names_find (&table, "a") == same);
  g_assert_cmpuint (clip_names_find (&table, "b")->value, ==, 6);
  clip_names_clear (&table);
}

static void
test_json (void)
{
  g_autoptr (GString) text = g_string_new ("{");
  char name[2 * PAIRS + 1];
  for (guint i = 0; i < N; i++) {
    make_name (i, name);
    g_string_append_printf (text, "%s\"%s\":%u", i ? "," : "", name, i);
  }
  g_string_append_c (text, '}');
  guint64 before = clip_names_n_compared ();
  g_autoptr (ClipJson) doc = clip_json_parse_object ("t.json", text->str, text->len, NULL);
  for (guint i = 0; i < N; i++) {
    gint64 value = -1;
    make_name (i, name);
    g_assert_true (clip_json_as_int (clip_json_member (clip_json_root (doc), name), &value));
    g_assert_cmpint (value, ==, i);
  }
  g_assert_cmpuint (clip_names_n_compared () - before, <=, MOST);
  g_assert_cmpuint (clip_names_n_compared () - before, >, N);
}

static void
test_tensors (void)
{
  g_autoptr (GString) header = g_string_new ("{"), file = g_string_new (NULL);
  char name[2 * PAIRS + 1];
  for (guint i = 0; i < N; i++) {
    make_name (i, name);
    g_string_append_printf (
        header, "%s\"%s\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%u,%u]}", i ? "," : "", name, i, i + 1);
  }
  g_string_append_c (header, '}');
  guint64 length = GUINT64_TO_LE (header->len);
  g_string_append_len (file, (const char *)&length, sizeof length);
  g_string_append (file, header->str);
  for (guint i = 0; i < N; i++)
    g_string_append_c (file, (char)i);
  g_autofree char *folder = test_temporary_folder (), *path = g_build_filename (folder, "model.safetensors", NULL);
  test_write (folder, "model.safetensors", file->str, (gssize)file->len);

  guint64 before = clip_names_n_compared ();
  g_autoptr (ClipSafetensors) tensors = clip_safetensors_open (path, NULL);
  for (guint i = 0; i < N; i++) {
    guint8 value = 0xff;
    make_name (i, name);
    const ClipTensor *tensor = clip_safetensors_find (tensors, name);
    g_assert_true (clip_tensor_read (tensor, &value, NULL));
    g_assert_cmpuint (value, ==, i);
    g_assert_cmpuint (clip_safetensors_index (tensors, tensor), ==, i);
  }
  /* The header's members, their own three each, and the tensors. */
  g_assert_cmpuint (clip_names_n_compared () - before, <=, 2 * MOST + N * 20);
  test_remove_folder (folder);
}

/* Chosen ones cost what as many others of their length do, give or take what luck and the order make of it: here and
 * there a step aside in a table. A chain of N would cost N N / 2 more at each filling and at each look. */
#define LUCK ((guint64)(N * N / 4))

static void
assert_like_others (guint64 chosen, guint64 others)
{
  g_test_message ("%" G_GUINT64_FORMAT " comparisons, others %" G_GUINT64_FORMAT, chosen, others);
  g_assert_cmpuint (others, >, N);
  g_assert_cmpuint (chosen, <=, others + LUCK);
}

/* chosen: else names of the same length with hashes of their own. */
static void
make_either (guint number, gboolean chosen, char ret[2 * PAIRS + 1])
{
  make_name (number, ret);
  if (!chosen)
    g_snprintf (ret, 2 * PAIRS + 1, "Name%08u", number * 7919);
}

static guint64
count_prompts (ClipContext *context, gboolean chosen)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char name[2 * PAIRS + 1];
  for (guint i = 0; i < 2 * N; i++) { /* each is there twice */
    make_either (i % N, chosen, name);
    g_string_append_printf (text, "%s;", name);
  }
  GError *error = NULL;
  g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_string (text->str, &error);
  g_assert_no_error (error);
  guint64 before = clip_names_n_compared ();
  g_autoptr (ClipLabels) labels = clip_labels_new (context, prompts, NULL, &error);
  g_assert_no_error (error);
  return clip_names_n_compared () - before;
}

static void
test_prompts (void)
{
  g_autofree char *path = test_golden ("patch32-quick");
  GError *error = NULL;
  g_autoptr (ClipModel) model = clip_model_load (path, &error);
  g_assert_no_error (error);
  g_autoptr (ClipContext) context = clip_context_new (model, NULL, &error);
  g_assert_no_error (error);
  assert_like_others (count_prompts (context, TRUE), count_prompts (context, FALSE));
}

/* files: whether it is vocab.json and merges.txt, else tokenizer.json. */
static guint64
count_vocabulary (gboolean files, gboolean chosen)
{
  static const char *const merges[] = { "t h", "th e</w>" };
  g_autofree char *folder = test_temporary_folder ();
  g_autoptr (GPtrArray) pieces = test_vocab_pieces (merges, G_N_ELEMENTS (merges));
  char name[2 * PAIRS + 1];
  for (guint i = 0; i < N; i++) {
    make_either (i, chosen, name);
    g_ptr_array_add (pieces, g_strdup (name));
  }
  g_autofree char *vocab = test_vocab_json (pieces), *lines = test_merges_txt (merges, G_N_ELEMENTS (merges));
  g_autofree char *tokenizer = test_tokenizer_json (pieces, merges, G_N_ELEMENTS (merges), TRUE);
  test_write (folder, files ? "vocab.json" : "tokenizer.json", files ? vocab : tokenizer, -1);
  if (files)
    test_write (folder, "merges.txt", lines, -1);
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  GError *error = NULL;
  guint64 before = clip_names_n_compared ();
  g_autoptr (ClipTokenizer) loaded = clip_tokenizer_load (folder, pieces->len, warnings, &error);
  g_assert_no_error (error);
  guint64 n = clip_names_n_compared () - before;
  test_remove_folder (folder);
  return n;
}

static void
test_vocabulary (void)
{
  for (guint files = 0; files < 2; files++)
    assert_like_others (count_vocabulary (files, TRUE), count_vocabulary (files, FALSE));
}

/* The hash that merges would have with a secret of 0. */
static guint
open_slot (guint32 left, guint32 right)
{
  guint64 h = (guint64)left << 32 | right;
  h = (h ^ h >> 32) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  h = (h ^ h >> 29) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  return (guint)(h >> 32) & 0xfff;
}

static void
test_merges (void)
{
  ClipByteIds bytes = { { 0 }, { 0 } };
  g_autoptr (ClipBpe) bpe = clip_bpe_new (&bytes);
  guint64 before = clip_names_n_compared ();
  for (guint n = 0, left = 0; n < N; left++)
    for (guint right = 0; right < 1000 && n < N; right++)
      if (open_slot (left, right) == 77)
        g_assert_true (clip_bpe_add_merge (bpe, left, right, n++, 5));
  g_assert_cmpuint (clip_names_n_compared () - before, <=, N);
}

typedef enum
{
  DECODER, /* tokenizer_config.json, each token named there as well */
  ADDED,   /* added_tokens.json, each of them special by another file */
  ADDED_CONFIG,
  N_KINDS
} TokensFile;

static guint64
count_added (TokensFile kind, gboolean chosen)
{
  g_autofree char *folder = test_temporary_folder ();
  g_autoptr (GString) config = g_string_new ("{"), map = g_string_new ("{"), added = g_string_new ("{");
  GString *extra = kind == ADDED_CONFIG ? config : map;
  char name[2 * PAIRS + 1];
  g_string_append (extra, "\"additional_special_tokens\":[");
  for (guint i = 0; i < N; i++) {
    make_either (i, chosen, name);
    g_string_append_printf (extra, "%s\"%s\"", i ? "," : "", name);
    g_string_append_printf (added, "%s\"%s\":%u", i ? "," : "", name, i);
  }
  g_string_append (extra, "]");
  if (kind == DECODER) {
    g_string_append (config, "\"added_tokens_decoder\":{");
    for (guint i = 0; i < N; i++) {
      make_either (i, chosen, name);
      g_string_append_printf (config, "%s\"%u\":{\"content\":\"%s\"}", i ? "," : "", i, name);
    }
    g_string_append (config, "}");
  }
  g_string_append (config, "}");
  g_string_append (map, "}");
  g_string_append (added, "}");
  test_write (folder, "tokenizer_config.json", config->str, -1);
  test_write (folder, "special_tokens_map.json", map->str, -1);
  test_write (folder, "added_tokens.json", added->str, -1);

  GError *error = NULL;
  g_auto (ClipSpecialTokens) specials = { 0 };
  guint64 before = clip_names_n_compared ();
  clip_special_tokens_load (&specials, folder, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (specials.tokens->len, ==, N + 2);
  for (guint i = 0; i < N; i++) {
    make_either (i, chosen, name);
    const ClipAddedToken *token = &g_array_index (specials.tokens, ClipAddedToken, i);
    g_assert_cmpstr (token->content, ==, name);
    g_assert_cmpuint (token->id, ==, i);
    g_assert_true (token->normalized == (kind == DECODER));
  }
  guint64 n = clip_names_n_compared () - before;
  test_remove_folder (folder);
  return n;
}

static void
test_added (void)
{
  for (TokensFile kind = DECODER; kind < N_KINDS; kind++) {
    guint64 others = count_added (kind, FALSE);
    assert_like_others (count_added (kind, TRUE), others);
    /* Beside the documents' members each token is looked up once among the special ones, by halves, and three times in
     * the table. */
    g_assert_cmpuint (others, <=, 2 * MOST + 6 * N);
    if (kind != DECODER) /* and that look, and the sorting before it, was counted */
      g_assert_cmpuint (others, >, 2 * N * PAIRS);
  }
}

/* A list that has no end is refused while it is gathered. */
static void
test_added_many (void)
{
  g_autofree char *folder = test_temporary_folder ();
  g_autoptr (GString) added = g_string_new ("{");
  for (guint i = 0; i <= CLIP_ADDED_TOKENS_MAX; i++)
    g_string_append_printf (added, "%s\"t%u\":%u", i ? "," : "", i, i);
  g_string_append (added, "}");
  test_write (folder, "added_tokens.json", added->str, -1);
  g_autoptr (GError) error = NULL;
  g_auto (ClipSpecialTokens) specials = { 0 };
  g_assert_false (clip_special_tokens_load (&specials, folder, NULL, &error));
  g_assert_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "added_tokens.json: field 'added_tokens': more than 100000 tokens"));
  g_assert_cmpuint (specials.tokens->len, ==, 0);
  test_remove_folder (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/names/chosen", test_chosen);
  g_test_add_func ("/names/same", test_same);
  g_test_add_func ("/names/table", test_table);
  g_test_add_func ("/names/json", test_json);
  g_test_add_func ("/names/tensors", test_tensors);
  g_test_add_func ("/names/prompts", test_prompts);
  g_test_add_func ("/names/vocabulary", test_vocabulary);
  g_test_add_func ("/names/merges", test_merges);
  g_test_add_func ("/names/added", test_added);
  g_test_add_func ("/names/added-many", test_added_many);
  return g_test_run ();
}
