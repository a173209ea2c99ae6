/* SPDX-License-Identifier: MIT
 *
 * test-tokenizer.c: BPE against the reference's own algorithm, with good and bad files. The real vocabulary is tested
 * in test-tokenizer-data.c, the steps before BPE in test-pre-tokenizer.c.
 */
#include "tokenizer/bpe.h"
#include "clip.h"
#include "tempfolder.h"
#include "testvocab.h"
#include "tokenizer/tokenizer.h"

/* ---- BPE ----------------------------------------------------------------------------------------------- */

/* The reference's bpe(): all occurrences of the lowest-ranked pair, from left to right, again and again. */
static void
reference_bpe (GPtrArray *word, GHashTable *ranks)
{
  for (;;) {
    guint best = G_MAXUINT;
    g_autofree char *best_pair = NULL;
    for (guint i = 0; i + 1 < word->len; i++) {
      g_autofree char *pair = g_strdup_printf ("%s %s", (char *)word->pdata[i], (char *)word->pdata[i + 1]);
      gpointer rank;
      if (g_hash_table_lookup_extended (ranks, pair, NULL, &rank) && GPOINTER_TO_UINT (rank) < best) {
        best = GPOINTER_TO_UINT (rank);
        g_free (best_pair);
        best_pair = g_steal_pointer (&pair);
      }
    }
    if (best == G_MAXUINT)
      return;
    for (guint i = 0; i + 1 < word->len; i++) {
      g_autofree char *pair = g_strdup_printf ("%s %s", (char *)word->pdata[i], (char *)word->pdata[i + 1]);
      if (strcmp (pair, best_pair))
        continue;
      char *merged = g_strconcat (word->pdata[i], word->pdata[i + 1], NULL);
      g_free (word->pdata[i]);
      word->pdata[i] = merged;
      g_ptr_array_remove_index (word, i + 1);
    }
  }
}

/* Random merges over three letters: pieces overlap themselves and each other, and a later piece often merges earlier
 * than the one it came from, all of which a trained vocabulary hardly has. */
static void
test_bpe_random (void)
{
  guint long_words = 0, long_pieces = 0;
  for (guint round = 0; round < 300; round++) {
    g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (GHashTable) ranks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    static const char *const base[] = { "a", "b", "c", "a</w>", "b</w>", "c</w>" };
    ClipByteIds bytes = { { 0 }, { 0 } };
    for (guint i = 0; i < 6; i++) {
      g_ptr_array_add (pieces, g_strdup (base[i]));
      g_hash_table_insert (ids, pieces->pdata[i], GUINT_TO_POINTER (i));
      (i < 3 ? bytes.inner : bytes.last)[(guint)base[i][0]] = i;
    }

    g_autoptr (ClipBpe) bpe = clip_bpe_new (&bytes);
    guint n_merges = (guint)g_test_rand_int_range (1, 40), offset = (guint)g_test_rand_int_range (0, 1000);
    for (guint i = 0; i < n_merges; i++) {
      guint left = (guint)g_test_rand_int_range (0, (gint32)pieces->len);
      guint right = (guint)g_test_rand_int_range (0, (gint32)pieces->len);
      if (strstr (pieces->pdata[left], "</w>"))
        continue;
      g_autofree char *joined = g_strconcat (pieces->pdata[left], pieces->pdata[right], NULL);
      gpointer merged;
      if (!g_hash_table_lookup_extended (ids, joined, NULL, &merged)) {
        merged = GUINT_TO_POINTER (pieces->len);
        g_hash_table_insert (ids, joined, merged);
        g_ptr_array_add (pieces, g_steal_pointer (&joined));
      }
      guint rank = (i * 617 + offset) % 1009; /* unique, in no order; a pair that comes again takes the later one */
      g_assert_true (clip_bpe_add_merge (bpe, left, right, rank, GPOINTER_TO_UINT (merged)));
      g_hash_table_insert (ranks, g_strdup_printf ("%s %s", (char *)pieces->pdata[left], (char *)pieces->pdata[right]),
          GUINT_TO_POINTER (rank));
    }

    for (guint n = 0; n < 10; n++) {
      guint8 word[200];
      guint32 got[200];
      gsize length = (gsize)g_test_rand_int_range (1, n < 8 ? 30 : 200); /* both sides of the stack's scratch */
      g_autoptr (GPtrArray) expected = g_ptr_array_new_with_free_func (g_free);
      for (gsize i = 0; i < length; i++) {
        word[i] = (guint8)("abcaab"[g_test_rand_int_range (0, 6)]);
        g_ptr_array_add (expected, g_strdup_printf ("%c%s", word[i], i + 1 == length ? "</w>" : ""));
      }
      reference_bpe (expected, ranks);
      g_assert_cmpuint (clip_bpe_encode (bpe, word, length, got, G_N_ELEMENTS (got)), ==, expected->len);
      for (guint i = 0; i < expected->len; i++) {
        g_assert_cmpstr (pieces->pdata[got[i]], ==, expected->pdata[i]);
        long_pieces += strcspn (expected->pdata[i], "<") >= 3;
      }
      long_words += length > 64;
    }
  }
  g_assert_cmpuint (long_words, >, 100); /* the test is worth something */
  g_assert_cmpuint (long_pieces, >, 100);
}

/* ---- Files --------------------------------------------------------------------------------------------- */

static const char *const test_merges[] = { "t h", "th e</w>", "c a", "ca t</w>", "a a", "aa aa", "i n", "in g</w>",
  "' s</w>", "p h", "ph o", "t o</w>", "pho to</w>", "o f</w>", "o n</w>" };

typedef struct
{
  char *folder;
  GPtrArray *pieces;
  char *vocab, *merges;
  GPtrArray *warnings; /* of the last load */
} Files;

static void
files_set_up (Files *self, gconstpointer data)
{
  self->folder = test_temporary_folder ();
  self->warnings = g_ptr_array_new_with_free_func (g_free);
  self->pieces = test_vocab_pieces (test_merges, G_N_ELEMENTS (test_merges));
  self->vocab = test_vocab_json (self->pieces);
  self->merges = test_merges_txt (test_merges, G_N_ELEMENTS (test_merges));
}

static void
files_tear_down (Files *self, gconstpointer data)
{
  test_remove_folder (self->folder);
  g_free (self->folder);
  g_ptr_array_unref (self->pieces);
  g_ptr_array_unref (self->warnings);
  g_free (self->vocab);
  g_free (self->merges);
}

/* The good vocab.json and merges.txt. */
static void
write_pair (Files *self)
{
  test_write (self->folder, "vocab.json", self->vocab, -1);
  test_write (self->folder, "merges.txt", self->merges, -1);
}

static ClipTokenizer *
load (Files *self)
{
  g_autoptr (GError) error = NULL;
  g_ptr_array_set_size (self->warnings, 0);
  ClipTokenizer *tokenizer = clip_tokenizer_load (self->folder, self->pieces->len, self->warnings, &error);
  g_assert_no_error (error);
  return tokenizer;
}

/* Loads what is in the folder, which must do, and returns the pieces of `text` with blanks between. */
static char *
encode (Files *self, const char *text, guint max_ids)
{
  g_autoptr (ClipTokenizer) tokenizer = load (self);
  g_autofree guint32 *ids = g_new (guint32, max_ids);
  guint n = clip_tokenizer_encode (tokenizer, text, ids, max_ids, NULL);
  g_assert_cmpuint (ids[0], ==, self->pieces->len - 2);
  g_assert_cmpuint (ids[n - 1], ==, self->pieces->len - 1);
  GString *out = g_string_new (NULL);
  for (guint i = 1; i + 1 < n; i++)
    g_string_append_printf (out, "%s%s", i > 1 ? " " : "", (char *)self->pieces->pdata[ids[i]]);
  return g_string_free (out, FALSE);
}

static const char *const TEXT = "A photo of THE cat's thing, é <|endoftext|>";
static const char *const TEXT_PIECES
    = "a</w> photo</w> of</w> the</w> cat</w> 's</w> th ing</w> ,</w> Ã ©</w> <|endoftext|>";

static char *
fingerprint (Files *self)
{
  g_autoptr (ClipTokenizer) tokenizer = load (self);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  clip_tokenizer_fingerprint (tokenizer, checksum);
  return g_strdup (g_checksum_get_string (checksum));
}

static void
test_formats (Files *self, gconstpointer data)
{
  write_pair (self);
  g_autofree char *got = encode (self, TEXT, 77), *print = fingerprint (self);
  g_assert_cmpstr (got, ==, TEXT_PIECES);

  /* no first line, CRLF, no end of the last line, blank lines, a merge given twice */
  g_autoptr (GString) other = g_string_new (strchr (self->merges, '\n') + 1);
  g_string_replace (other, "\n", "\r\n\n", 0);
  g_string_append (other, "ca t</w>");
  test_write (self->folder, "merges.txt", other->str, -1);
  g_autofree char *got_crlf = encode (self, TEXT, 77);
  g_assert_cmpstr (got_crlf, ==, TEXT_PIECES);

  for (guint pairs = 0; pairs < 2; pairs++) {
    test_remove_folder (self->folder);
    g_assert_cmpint (g_mkdir (self->folder, 0700), ==, 0);
    g_autofree char *json = test_tokenizer_json (self->pieces, test_merges, G_N_ELEMENTS (test_merges), pairs);
    test_write (self->folder, "tokenizer.json", json, -1);
    g_autofree char *got_json = encode (self, TEXT, 77), *print_json = fingerprint (self);
    g_assert_cmpstr (got_json, ==, TEXT_PIECES);
    g_assert_cmpstr (print_json, ==, print);

    /* the older pair is not looked at beside it */
    test_write (self->folder, "vocab.json", "{}", -1);
    test_write (self->folder, "merges.txt", "x", -1);
    g_autofree char *got_alone = encode (self, TEXT, 77);
    g_assert_cmpstr (got_alone, ==, TEXT_PIECES);
  }
}

/* A merge less makes another fingerprint. */
static void
test_fingerprint (Files *self, gconstpointer data)
{
  write_pair (self);
  g_autofree char *one = fingerprint (self);
  *strstr (self->merges, "o n</w>") = '\0';
  test_write (self->folder, "merges.txt", self->merges, -1);
  g_autofree char *other = fingerprint (self);
  g_assert_cmpstr (one, !=, other);
}

static void
test_truncation (Files *self, gconstpointer data)
{
  write_pair (self);
  static const char *const expected[]
      = { "", "the</w>", "the</w> th", "the</w> th ing</w>", "the</w> th ing</w> .</w>", "the</w> th ing</w> .</w>" };
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    g_autofree char *got = encode (self, "the thing.", i + 2);
    g_assert_cmpstr (got, ==, expected[i]);
  }

  g_autoptr (ClipTokenizer) tokenizer = load (self);
  guint32 ids[7];
  gboolean truncated = TRUE;
  g_assert_cmpuint (clip_tokenizer_encode (tokenizer, "the thing.", ids, 6, &truncated), ==, 6);
  g_assert_false (truncated);
  ids[5] = 12345;
  g_assert_cmpuint (clip_tokenizer_encode (tokenizer, "the thing.", ids, 5, &truncated), ==, 5);
  g_assert_true (truncated);
  g_assert_cmpuint (ids[5], ==, 12345);
  g_assert_cmpuint (clip_tokenizer_encode (tokenizer, "the thing. <|endoftext|>", ids, 6, &truncated), ==, 6);
  g_assert_true (truncated);
  g_assert_cmpuint (clip_tokenizer_encode (tokenizer, " \u3000", ids, 6, &truncated), ==, 2);
  g_assert_false (truncated);
}

/* The result fits in `max` or is cut. Quadratic work would take hours. */
static void
test_long_word (Files *self, gconstpointer data)
{
  write_pair (self);
  g_autoptr (ClipTokenizer) tokenizer = load (self);
  const gsize length = 1 << 20;
  g_autofree char *word = g_malloc (length + 1);
  memset (word, 'a', length);
  word[length] = '\0';
  guint32 ids[77];
  gboolean truncated = FALSE;
  g_assert_cmpuint (clip_tokenizer_encode (tokenizer, word, ids, 77, &truncated), ==, 77);
  g_assert_true (truncated);
  g_assert_cmpuint (ids[0], ==, clip_tokenizer_start_id (tokenizer));
  g_assert_cmpstr (self->pieces->pdata[ids[1]], ==, "aaaa");
  g_assert_cmpstr (self->pieces->pdata[ids[75]], ==, "aaaa");
  g_assert_cmpuint (ids[76], ==, clip_tokenizer_end_id (tokenizer));
}

/* The folder must be refused with this code and all these words ('|' between) in the message. */
static void
refused (Files *self, ClipErrorCode code, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipTokenizer) tokenizer = clip_tokenizer_load (self->folder, self->pieces->len, self->warnings, &error);
  g_assert_null (tokenizer);
  g_assert_error (error, CLIP_ERROR, (int)code);
  g_assert_null (strchr (error->message, '\n'));
  g_auto (GStrv) each = g_strsplit (words, "|", -1);
  for (guint i = 0; each[i]; i++)
    if (!strstr (error->message, each[i]))
      g_error ("expected '%s' in: %s", each[i], error->message);
}

static void
test_bad_vocab (Files *self, gconstpointer data)
{
  static const struct
  {
    const char *from, *to; /* replaced in the good file */
    const char *words;
  } cases[] = {
    { "\"!\":0,", "\"!\":-1,", "vocab.json|'!'|-1|vocab_size 529" },
    { "\"!\":0,", "\"!\":529,", "vocab.json|'!'|529|vocab_size 529" },
    { "\"!\":0,", "\"!\":1e99,", "vocab.json|'!'|whole number" },
    { "\"!\":0,", "\"!\":0.5,", "vocab.json|'!'|whole number" },
    { "\"!\":0,", "\"!\":\"0\",", "vocab.json|'!'|whole number" },
    { "\"!\":0,", "\"!\":null,", "vocab.json|'!'|whole number" },
    { "\"!\":0,", "\"!\":2,", "vocab.json|id 2|'!'|'#'" },
    { "\"!\":0,", "", "vocab.json|'!'|byte 0x21" },
    { "\"Ġ\":", "\"x\\ny\":", "vocab.json|'Ġ'|byte 0x20" },
    { "\"Ń</w>\":", "\"xy\":", "vocab.json|'Ń</w>'|byte 0xad|end of a word" },
    { "\"<|startoftext|>\":", "\"<s>\":", "vocab.json|<|startoftext|>" },
    { "\"<|endoftext|>\":", "\"</s>\":", "vocab.json|<|endoftext|>" },
    { "\"photo</w>\":", "\"foto</w>\":", "merges.txt|line 14|'pho'|'to</w>'|'photo</w>'" },
    { "\"!\":0,", "\"!\":0,\"!\":0,", "vocab.json|!" },
    { "{", "[", "vocab.json" },
    { "}", "", "vocab.json" },
  };
  test_write (self->folder, "merges.txt", self->merges, -1);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    /* '{' and '}' are pieces too: the file's own are the first and the last */
    g_autoptr (GString) vocab = g_string_new (self->vocab);
    if (!strcmp (cases[i].from, "}"))
      g_string_truncate (vocab, vocab->len - 1);
    else
      g_assert_cmpuint (g_string_replace (vocab, cases[i].from, cases[i].to, 1), ==, 1);
    test_write (self->folder, "vocab.json", vocab->str, -1);
    refused (self, CLIP_ERROR_FORMAT, cases[i].words);
  }
  test_write (self->folder, "vocab.json", "", 0);
  refused (self, CLIP_ERROR_FORMAT, "vocab.json");
  test_write (self->folder, "vocab.json", "{}", -1);
  refused (self, CLIP_ERROR_FORMAT, "vocab.json|byte 0x00");
}

static void
test_bad_merges (Files *self, gconstpointer data)
{
  static const struct
  {
    const char *line;
    gssize length;
    const char *words;
  } cases[] = {
    { "nospace", -1, "one space|'nospace'" },
    { "a b c", -1, "one space|'a b c'" },
    { " a", -1, "one space" },
    { "a ", -1, "one space" },
    { "a  b", -1, "one space" },
    { " ", -1, "one space" },
    { "a\tb", -1, "one space|a\\tb" },
    { "a b", -1, "'a'|'b'|no entry 'ab'" },
    { "zz y", -1, "no entry 'zz'" },
    { "#version: 0.2", -1, "no entry '#version:'" }, /* the first line alone may be that */
    { "a\0 b", 4, "\\x00" },
    { "t\0 h", 4, "\\x00" },
    { "\xff \xfe", -1, "\\xff" },
    { "</w> a", -1, "no entry '</w>'" },
  };
  test_write (self->folder, "vocab.json", self->vocab, -1);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GString) merges = g_string_new ("#version: 0.2\r\nt h\r\n");
    g_string_append_len (merges, cases[i].line, cases[i].length < 0 ? (gssize)strlen (cases[i].line) : cases[i].length);
    g_string_append (merges, "\nth e</w>\n");
    test_write (self->folder, "merges.txt", merges->str, (gssize)merges->len);
    refused (self, CLIP_ERROR_FORMAT, "merges.txt: line 3");
    refused (self, CLIP_ERROR_FORMAT, cases[i].words);
  }
}

static void
test_bad_tokenizer_json (Files *self, gconstpointer data)
{
  static const struct
  {
    const char *from, *to;
    ClipErrorCode code;
    const char *words;
  } cases[] = {
    { "\"BPE\"", "\"Unigram\"", CLIP_ERROR_UNSUPPORTED, "tokenizer.json|Unigram" },
    { "\"BPE\"", "7", CLIP_ERROR_FORMAT, "tokenizer.json|model.type" },
    { "\"end_of_word_suffix\":\"</w>\",", "", CLIP_ERROR_UNSUPPORTED, "tokenizer.json|end_of_word_suffix" },
    { "\"model\"", "\"modal\"", CLIP_ERROR_FORMAT, "tokenizer.json|'model'" },
    { "\"vocab\"", "\"vocal\"", CLIP_ERROR_FORMAT, "tokenizer.json|'model.vocab'" },
    { "\"merges\"", "\"merge\"", CLIP_ERROR_FORMAT, "tokenizer.json|'model.merges'" },
    { "\"t h\"", "\"th\"", CLIP_ERROR_FORMAT, "tokenizer.json|'model.merges[0]'|'th'" },
    { "\"th e</w>\"", "[\"th\"]", CLIP_ERROR_FORMAT, "tokenizer.json|'model.merges[1]'" },
    { "\"th e</w>\"", "[\"\",\"th\"]", CLIP_ERROR_FORMAT, "tokenizer.json|'model.merges[1]'" },
    { "\"th e</w>\"", "[\"th\",1]", CLIP_ERROR_FORMAT, "tokenizer.json|'model.merges[1]'" },
    { "\"th e</w>\"", "[\"th\",\"x\"]", CLIP_ERROR_FORMAT, "tokenizer.json|'model.merges[1]'|'thx'" },
    { "\"th e</w>\"", "null", CLIP_ERROR_FORMAT, "tokenizer.json|'model.merges[1]'" },
    { "{\"id\":527,", "{\"id\":526,", CLIP_ERROR_FORMAT, "tokenizer.json|added_tokens|526" },
    { "{\"id\":527,", "{", CLIP_ERROR_FORMAT, "tokenizer.json|added_tokens|id" },
    { "{\"id\":527,", "{\"id\":999,", CLIP_ERROR_FORMAT, "tokenizer.json|added_tokens|999" },
    { "\"content\"", "\"contents\"", CLIP_ERROR_FORMAT, "tokenizer.json|added_tokens[0].content" },
    { "\"added_tokens\":[", "\"added_tokens\":7,\"x\":[", CLIP_ERROR_FORMAT, "tokenizer.json|'added_tokens'" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *good = test_tokenizer_json (self->pieces, test_merges, G_N_ELEMENTS (test_merges), FALSE);
    g_autoptr (GString) json = g_string_new (good);
    g_assert_cmpuint (g_string_replace (json, cases[i].from, cases[i].to, 1), ==, 1);
    test_write (self->folder, "tokenizer.json", json->str, -1);
    refused (self, cases[i].code, cases[i].words);
  }
}

static void
test_missing (Files *self, gconstpointer data)
{
  refused (self, CLIP_ERROR_NOT_FOUND, "no tokenizer|tokenizer.json or vocab.json and merges.txt");
  test_write (self->folder, "vocab.json", self->vocab, -1);
  refused (self, CLIP_ERROR_NOT_FOUND, "vocab.json alone");
  test_write (self->folder, "merges.txt", "", 0);
  g_autofree char *got = encode (self, "cat", 77); /* no merges at all is a tokenizer, too */
  g_assert_cmpstr (got, ==, "c a t</w>");
}

/* Bytes changed, dropped and doubled anywhere: refused or loaded, never a crash. */
static void
test_random_damage (Files *self, gconstpointer data)
{
  g_autofree char *json = test_tokenizer_json (self->pieces, test_merges, G_N_ELEMENTS (test_merges), TRUE);
  const struct
  {
    const char *name, *content;
  } files[] = { { "vocab.json", self->vocab }, { "merges.txt", self->merges }, { "tokenizer.json", json } };
  guint loaded = 0, errors = 0;
  for (guint round = 0; round < 300; round++) {
    guint which = round % 3;
    for (guint i = 0; i < (which == 2 ? 0 : 2); i++)
      test_write (self->folder, files[i].name, files[i].content, -1);
    g_autoptr (GString) content = g_string_new (files[which].content);
    for (gint damages = g_test_rand_int_range (1, 4); damages > 0 && content->len > 0; damages--) {
      gssize at = g_test_rand_int_range (0, (gint32)content->len);
      switch (g_test_rand_int_range (0, 4)) {
      case 0:
        content->str[at] = (char)g_test_rand_int_range (0, 256);
        break;
      case 1:
        g_string_erase (content, at, g_test_rand_int_range (0, (gint32)MIN (20, (gssize)content->len - at + 1)));
        break;
      case 2:
        g_string_insert_c (content, at, "\"{}[],: \n\\/w"[g_test_rand_int_range (0, 12)]);
        break;
      default:
        g_string_truncate (content, MAX ((gsize)at, 1));
      }
    }
    test_write (self->folder, files[which].name, content->str, (gssize)content->len);

    g_autoptr (GError) error = NULL;
    g_autoptr (ClipTokenizer) tokenizer = clip_tokenizer_load (self->folder, self->pieces->len, self->warnings, &error);
    g_assert_true ((tokenizer == NULL) == (error != NULL));
    guint32 ids[77];
    if (tokenizer)
      g_assert_cmpuint (clip_tokenizer_encode (tokenizer, TEXT, ids, 77, NULL), >, 2);
    loaded += tokenizer != NULL;
    errors += error != NULL;
    test_remove_folder (self->folder);
    g_assert_cmpint (g_mkdir (self->folder, 0700), ==, 0);
  }
  g_assert_cmpuint (loaded, >, 0);
  g_assert_cmpuint (errors, >, 100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bpe/random", test_bpe_random);
#define ADD(name, function) g_test_add (name, Files, NULL, files_set_up, function, files_tear_down)
  ADD ("/tokenizer/formats", test_formats);
  ADD ("/tokenizer/fingerprint", test_fingerprint);
  ADD ("/tokenizer/truncation", test_truncation);
  ADD ("/tokenizer/long-word", test_long_word);
  ADD ("/tokenizer/bad-vocab", test_bad_vocab);
  ADD ("/tokenizer/bad-merges", test_bad_merges);
  ADD ("/tokenizer/bad-tokenizer-json", test_bad_tokenizer_json);
  ADD ("/tokenizer/missing", test_missing);
  ADD ("/tokenizer/random-damage", test_random_damage);
  return g_test_run ();
}
