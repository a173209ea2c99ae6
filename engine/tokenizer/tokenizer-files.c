/* SPDX-License-Identifier: MIT
 *
 * tokenizer-files.c: clip_tokenizer_load() of tokenizer.h: reads vocabulary, merges and added tokens.
 *
 * A piece of the vocabulary is a string in which each character stands for one byte, in GPT-2's mapping, and "</w>"
 * marks the last byte of a word. Strings are needed only for loading; ids remain. A merge is kept only if all three of
 * its pieces have ids; each string has one id and each id one string, so encoding cannot fail.
 */
#include "tokenizer/tokenizer-files.h"

#include <string.h>

#include "clip.h"
#include "base/file.h"
#include "clip-json.h"
#include "clip-message.h"
#include "base/names.h"
#include "tokenizer/special-tokens.h"
#include "tokenizer/tokenizer-steps.h"
#include "tokenizer/pre-tokenizer.h"

#define WORD_END "</w>"

/* While loading. Strings are borrowed from the JSON document. */
typedef struct
{
  const char *name; /* of the file, printable */
  guint vocab_size;
  const char **pieces; /* [vocab_size], NULL where an id has none */
  ClipNameTable ids;   /* of pieces */
  guint n_pieces;
  ClipSpecialTokens specials;
  GPtrArray *warnings;

  ClipTokenizer *tokenizer;
  guint32 n_merges;
  GString *joined; /* scratch */
  GChecksum *checksum;
  GError **error;
} Loader;

static void
loader_clear (Loader *self)
{
  g_free (self->pieces);
  clip_name_table_clear (&self->ids);
  clip_special_tokens_clear (&self->specials);
  g_clear_pointer (&self->tokenizer, clip_tokenizer_free);
  g_clear_pointer (&self->checksum, g_checksum_free);
  if (self->joined)
    g_string_free (self->joined, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Loader, loader_clear)

static gboolean
loader_init (Loader *self, const char *name, guint vocab_size, GPtrArray *warnings, GError **error)
{
  self->name = name;
  self->warnings = warnings;
  self->vocab_size = vocab_size;
  self->error = error;
  self->pieces = g_try_new0 (const char *, MAX (vocab_size, 1));
  self->tokenizer = g_new0 (ClipTokenizer, 1);
  self->joined = g_string_new (NULL);
  self->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  if (self->pieces)
    return TRUE;
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for a vocabulary of %u pieces", vocab_size);
  return FALSE;
}

static gboolean refuse_file (Loader *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* "FILE: …" with code FORMAT; always FALSE. */
static gboolean
refuse_file (Loader *self, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (self->error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: %s", self->name, what);
  return FALSE;
}

static gboolean
refuse_tokenizer_memory (Loader *self)
{
  g_set_error (self->error, CLIP_ERROR, CLIP_ERROR_MEMORY, "%s: not enough memory for the tokenizer", self->name);
  return FALSE;
}

/* ---- The vocabulary ------------------------------------------------------------------------------------ */

static gboolean
refuse_piece (Loader *self, const char *place, const char *piece, const char *what)
{
  g_autofree char *shown = clip_printable (piece, -1, CLIP_MESSAGE_VALUE);
  return refuse_file (self, "%s '%s': %s", place, shown, what);
}

/* place: what stands before the piece in messages. */
static gboolean
add_piece (Loader *self, const char *place, const char *piece, const ClipJsonValue *value)
{
  gint64 id;
  if (!value || !clip_json_as_int (value, &id))
    return refuse_piece (self, place, piece, "expected a whole number as its id");
  if (id < 0 || id >= self->vocab_size) {
    g_autofree char *what
        = g_strdup_printf ("its id %" G_GINT64_FORMAT " is not below the model's vocab_size %u", id, self->vocab_size);
    return refuse_piece (self, place, piece, what);
  }

  if (self->pieces[id]) {
    if (!strcmp (self->pieces[id], piece))
      return TRUE;
    g_autofree char *other = clip_printable (self->pieces[id], -1, CLIP_MESSAGE_VALUE);
    g_autofree char *what = g_strdup_printf ("its id %" G_GINT64_FORMAT " is also that of '%s'", id, other);
    return refuse_piece (self, place, piece, what);
  }
  self->pieces[id] = piece;
  self->n_pieces++;
  gboolean is_new;
  if (!clip_name_table_add (&self->ids, piece, (guint32)id, &is_new))
    return refuse_tokenizer_memory (self);
  if (!is_new) {
    g_autofree char *what = g_strdup_printf ("its id is %" G_GINT64_FORMAT " here, but another one before", id);
    return refuse_piece (self, place, piece, what);
  }
  return TRUE;
}

static gboolean
visit_vocab_json (const char *piece, const ClipJsonValue *value, gpointer loader)
{
  return add_piece (loader, "entry", piece, value);
}

static gboolean
visit_tokenizer_vocab (const char *piece, const ClipJsonValue *value, gpointer loader)
{
  return add_piece (loader, "field 'model.vocab', entry", piece, value);
}

static gboolean
find_piece (Loader *self, const char *piece, guint32 *ret_id)
{
  const ClipName *found = clip_name_table_find (&self->ids, piece);
  if (found)
    *ret_id = found->value;
  return found != NULL;
}

/* GPT-2's character for a byte: itself where it is printable in Latin-1, else the next free one from U+0100 on. */
static gunichar
character_of_byte (guint byte)
{
  if (byte <= ' ')
    return 0x100 + byte;
  if (byte < 0x7f)
    return byte;
  if (byte <= 0xa0)
    return 0x100 + '!' + (byte - 0x7f);
  return byte == 0xad ? 0x143 : byte;
}

/* ---- Added tokens -------------------------------------------------------------------------------------- */

/* The id of an added token, as the tokenizers library gives them: the vocabulary's for a piece of it, else the next
 * free one. *ret_known: FALSE for one that no file gives an id and the model has no row for. */
static gboolean
find_added_id (Loader *self, const char *place, ClipAddedToken *token, guint32 *next, gboolean *ret_known)
{
  guint32 id;
  gboolean is_piece = find_piece (self, token->content, &id);
  if (!is_piece)
    id = (*next)++;
  *ret_known = TRUE;
  if (token->id == CLIP_NO_ID && id < self->vocab_size) {
    token->id = id;
    return TRUE;
  }
  if (token->id == id && id < self->vocab_size)
    return TRUE;

  g_autofree char *shown = clip_printable (token->content, -1, CLIP_MESSAGE_VALUE);
  if (token->id == CLIP_NO_ID) {
    g_ptr_array_add (
        self->warnings, g_strdup_printf ("%s '%s': the model's vocab_size %u has no row left for it: it is ignored",
                            place, shown, self->vocab_size));
    *ret_known = FALSE;
    return TRUE;
  }
  if (token->id >= self->vocab_size)
    g_set_error (self->error, CLIP_ERROR, CLIP_ERROR_FORMAT,
        "%s '%s': its id %u is not below the model's vocab_size %u", place, shown, token->id, self->vocab_size);
  else
    g_set_error (self->error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s '%s': its id is %u here, but %u %s", place, shown,
        token->id, id, is_piece ? "in the vocabulary" : "is the next free one");
  return FALSE;
}

/* Whether it is the default of folders without one. */
static gboolean
is_default_token (const ClipAddedToken *token)
{
  return token->normalized && !token->single_word
         && (!strcmp (token->content, CLIP_START_TOKEN) || !strcmp (token->content, CLIP_END_TOKEN));
}

static void
checksum_added_token (Loader *self, const ClipAddedToken *token)
{
  guint32 be[3] = { GUINT32_TO_BE (token->id), GUINT32_TO_BE (token->normalized), GUINT32_TO_BE (token->single_word) };
  g_checksum_update (self->checksum, (const guchar *)be, sizeof be);
  g_checksum_update (self->checksum, (const guchar *)token->content, (gssize)strlen (token->content) + 1);
}

/* json: tokenizer.json or NULL. */
static gboolean
read_added_tokens (Loader *self, const char *folder, const ClipJson *json)
{
  ClipSpecialTokens *specials = &self->specials;
  if (!clip_special_tokens_load (specials, folder, json, self->error))
    return FALSE;

  g_autoptr (GArray) kept = g_array_new (FALSE, FALSE, sizeof (ClipAddedToken));
  g_autoptr (GPtrArray) cleaned = g_ptr_array_new_with_free_func (g_free);
  guint32 next = self->n_pieces;
  gboolean found_start = FALSE, found_end = FALSE;
  for (guint i = 0; i < specials->tokens->len; i++) {
    ClipAddedToken token = g_array_index (specials->tokens, ClipAddedToken, i);
    gboolean known, is_start = !strcmp (token.content, specials->start),
                    is_end = !strcmp (token.content, specials->end);
    guint32 id;
    /* The library would make up a row for them. */
    if ((is_start || is_end) && token.id == CLIP_NO_ID && !find_piece (self, token.content, &id))
      continue;
    if (!find_added_id (self, g_ptr_array_index (specials->places, i), &token, &next, &known))
      return FALSE;
    if (!known)
      continue;
    if (!is_default_token (&token))
      checksum_added_token (self, &token);
    if (is_start)
      self->tokenizer->start_id = token.id;
    if (is_end)
      self->tokenizer->end_id = token.id;
    found_start |= is_start;
    found_end |= is_end;
    if (token.normalized)
      g_ptr_array_add (cleaned, token.content = clip_pre_tokenizer_clean (token.content));
    g_array_append_val (kept, token);
  }
  g_autofree char *missing = clip_printable (found_start ? specials->end : specials->start, -1, CLIP_MESSAGE_VALUE);
  if (!found_start || !found_end)
    return refuse_file (self, "the vocabulary has no entry '%s'", missing);
  if (strcmp (specials->start, CLIP_START_TOKEN) || strcmp (specials->end, CLIP_END_TOKEN)) {
    guint32 be[2] = { GUINT32_TO_BE (self->tokenizer->start_id), GUINT32_TO_BE (self->tokenizer->end_id) };
    g_checksum_update (self->checksum, (const guchar *)be, sizeof be);
  }
  self->tokenizer->added = clip_added_tokens_new ((const ClipAddedToken *)(void *)kept->data, kept->len);
  return TRUE;
}

/* Looks up what encoding starts from. */
static gboolean
find_base_pieces (Loader *self)
{
  ClipByteIds bytes;
  for (guint byte = 0; byte < 256; byte++) {
    char piece[6 + sizeof WORD_END];
    int length = g_unichar_to_utf8 (character_of_byte (byte), piece);
    piece[length] = '\0';
    if (!find_piece (self, piece, &bytes.inner[byte]))
      return refuse_file (self, "the vocabulary has no entry '%s', which stands for the byte 0x%02x", piece, byte);
    strcpy (piece + length, WORD_END);
    if (!find_piece (self, piece, &bytes.last[byte]))
      return refuse_file (
          self, "the vocabulary has no entry '%s', which stands for the byte 0x%02x at the end of a word", piece, byte);
  }
  self->tokenizer->bpe = clip_bpe_new (&bytes);
  if (!self->tokenizer->bpe)
    return refuse_tokenizer_memory (self);

  for (guint32 id = 0; id < self->vocab_size; id++)
    if (self->pieces[id]) {
      guint32 be = GUINT32_TO_BE (id);
      g_checksum_update (self->checksum, (const guchar *)&be, sizeof be);
      g_checksum_update (self->checksum, (const guchar *)self->pieces[id], (gssize)strlen (self->pieces[id]) + 1);
    }
  return TRUE;
}

/* ---- Merges -------------------------------------------------------------------------------------------- */

/* The place of a merge, formatted only for an error. */
typedef struct
{
  const char *before, *after; /* of the number */
  guint number;
} MergePlace;

static gboolean
refuse_merge (Loader *self, const MergePlace *place, const char *what)
{
  return refuse_file (self, "%s%u%s: %s", place->before, place->number, place->after, what);
}

/* The id of left + right, either of which may be empty. */
static gboolean
find_joined (Loader *self, const char *left, gsize left_length, const char *right, gsize right_length, guint32 *ret_id)
{
  g_string_truncate (self->joined, 0);
  g_string_append_len (self->joined, left, (gssize)left_length);
  g_string_append_len (self->joined, right, (gssize)right_length);
  return strlen (self->joined->str) == self->joined->len && find_piece (self, self->joined->str, ret_id);
}

/* place: e.g. "line 17". left and right: not empty, not NUL-terminated. */
static gboolean
add_merge (
    Loader *self, const MergePlace *place, const char *left, gsize left_length, const char *right, gsize right_length)
{
  guint32 ids[3];
  if (!find_joined (self, left, left_length, "", 0, &ids[0]) || !find_joined (self, "", 0, right, right_length, &ids[1])
      || !find_joined (self, left, left_length, right, right_length, &ids[2])) {
    g_autofree char *shown_left = clip_printable (left, (gssize)left_length, CLIP_MESSAGE_VALUE);
    g_autofree char *shown_right = clip_printable (right, (gssize)right_length, CLIP_MESSAGE_VALUE);
    g_autofree char *missing = clip_printable (self->joined->str, (gssize)self->joined->len, CLIP_MESSAGE_VALUE);
    g_autofree char *what = g_strdup_printf (
        "merges '%s' with '%s', but the vocabulary has no entry '%s'", shown_left, shown_right, missing);
    return refuse_merge (self, place, what);
  }

  if (!clip_bpe_add_merge (self->tokenizer->bpe, ids[0], ids[1], self->n_merges++, ids[2]))
    return refuse_tokenizer_memory (self);
  guint32 be[2] = { GUINT32_TO_BE (ids[0]), GUINT32_TO_BE (ids[1]) };
  g_checksum_update (self->checksum, (const guchar *)be, sizeof be);
  return TRUE;
}

/* "left right", with exactly one space. */
static gboolean
add_merge_line (Loader *self, const MergePlace *place, const char *line, gsize length)
{
  const char *space = memchr (line, ' ', length);
  gsize left = space ? (gsize)(space - line) : 0;
  if (!space || left == 0 || left + 1 == length || memchr (space + 1, ' ', length - left - 1)) {
    g_autofree char *shown = clip_printable (line, (gssize)length, CLIP_MESSAGE_VALUE);
    g_autofree char *what = g_strdup_printf ("expected two pieces with one space between, found '%s'", shown);
    return refuse_merge (self, place, what);
  }
  return add_merge (self, place, line, left, space + 1, length - left - 1);
}

static gboolean
read_merges_txt (Loader *self, const char *text, gsize length)
{
  const char *end = text + length;
  guint number = 1;
  for (const char *line = text; line < end; number++) {
    const char *newline = memchr (line, '\n', (gsize)(end - line));
    const char *next = newline ? newline + 1 : end;
    gsize n = (gsize)((newline ? newline : end) - line);
    if (n && line[n - 1] == '\r')
      n--;
    gboolean header = number == 1 && g_str_has_prefix (line, "#version");
    if (n && !header) {
      MergePlace place = { "line ", "", number };
      if (!add_merge_line (self, &place, line, n))
        return FALSE;
    }
    line = next;
  }
  return TRUE;
}

/* An array of "left right" or of ["left", "right"]. */
static gboolean
read_merges_json (Loader *self, const ClipJsonValue *merges)
{
  if (!merges || clip_json_type (merges) != CLIP_JSON_ARRAY)
    return refuse_file (self, "field 'model.merges': expected an array");
  guint n = clip_json_length (merges);
  for (guint i = 0; i < n; i++) {
    const ClipJsonValue *merge = clip_json_element (merges, i);
    const MergePlace place = { "field 'model.merges[", "]'", i };

    const char *line = clip_json_as_string (merge);
    if (line) {
      if (!add_merge_line (self, &place, line, strlen (line)))
        return FALSE;
      continue;
    }
    gboolean is_pair = clip_json_type (merge) == CLIP_JSON_ARRAY && clip_json_length (merge) == 2;
    const char *left = is_pair ? clip_json_as_string (clip_json_element (merge, 0)) : NULL;
    const char *right = is_pair ? clip_json_as_string (clip_json_element (merge, 1)) : NULL;
    if (!left || !right || !*left || !*right)
      return refuse_merge (self, &place, "expected \"left right\" or [\"left\", \"right\"]");
    if (!add_merge (self, &place, left, strlen (left), right, strlen (right)))
      return FALSE;
  }
  return TRUE;
}

/* ---- Files --------------------------------------------------------------------------------------------- */

static ClipTokenizer *
finish_tokenizer (Loader *self)
{
  gsize size = CLIP_TOKENIZER_DIGEST;
  g_checksum_get_digest (self->checksum, self->tokenizer->digest, &size);
  return g_steal_pointer (&self->tokenizer);
}

static ClipTokenizer *
load_vocab_and_merges (const char *folder, const char *vocab_path, const char *merges_path, guint vocab_size,
    GPtrArray *warnings, GError **error)
{
  g_autoptr (ClipJson) vocab = clip_json_load (vocab_path, CLIP_JSON_MAX_TOKENIZER, error);
  g_auto (Loader) loader = { 0 };
  if (!vocab || !loader_init (&loader, clip_json_name (vocab), vocab_size, warnings, error)
      || !clip_json_foreach (clip_json_root (vocab), visit_vocab_json, &loader) || !find_base_pieces (&loader))
    return NULL;

  gsize length;
  g_autofree char *merges = clip_file_read (merges_path, CLIP_JSON_MAX_TOKENIZER, &length, error);
  g_autofree char *name = clip_printable (merges_path, -1, CLIP_MESSAGE_PATH);
  loader.name = name;
  if (!merges || !read_merges_txt (&loader, merges, length))
    return NULL;
  loader.name = clip_json_name (vocab);
  return read_added_tokens (&loader, folder, NULL) ? finish_tokenizer (&loader) : NULL;
}

/* model: tokenizer.json's "model". GPT-2's BPE, for one, has no mark at the end of words. */
static gboolean
check_bpe_kind (const ClipJson *doc, const ClipJsonValue *model, GError **error)
{
  const char *type = "BPE", *suffix = "";
  if (!clip_json_get_string (doc, model, "model", "type", &type, error)
      || !clip_json_get_string (doc, model, "model", "end_of_word_suffix", &suffix, error))
    return FALSE;
  if (!strcmp (type, "BPE") && !strcmp (suffix, WORD_END))
    return TRUE;
  g_autofree char *found_type = clip_printable (type, -1, CLIP_MESSAGE_VALUE);
  g_autofree char *found_suffix = clip_printable (suffix, -1, CLIP_MESSAGE_VALUE);
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_UNSUPPORTED,
      "%s: not CLIP's tokenizer: expected 'model.type' \"BPE\" and 'model.end_of_word_suffix' \"" WORD_END
      "\", found \"%s\" and \"%s\"",
      clip_json_name (doc), found_type, found_suffix);
  return FALSE;
}

static ClipTokenizer *
load_tokenizer_json (const char *folder, const char *path, guint vocab_size, GPtrArray *warnings, GError **error)
{
  g_autoptr (ClipJson) doc = clip_json_load (path, CLIP_JSON_MAX_TOKENIZER, error);
  g_auto (Loader) loader = { 0 };
  if (!doc || !loader_init (&loader, clip_json_name (doc), vocab_size, warnings, error))
    return NULL;

  const ClipJsonValue *root = clip_json_root (doc), *model = NULL, *vocab = NULL;
  if (!clip_json_get_object (doc, root, "", "model", &model, error))
    return NULL;
  if (!model) {
    refuse_file (&loader, "field 'model' is missing");
    return NULL;
  }
  if (!check_bpe_kind (doc, model, error) || !clip_json_get_object (doc, model, "model", "vocab", &vocab, error))
    return NULL;
  if (!vocab) {
    refuse_file (&loader, "field 'model.vocab' is missing");
    return NULL;
  }
  const ClipSpecialTokens *specials = &loader.specials;
  if (!clip_json_foreach (vocab, visit_tokenizer_vocab, &loader) || !find_base_pieces (&loader)
      || !read_merges_json (&loader, clip_json_member (model, "merges")) || !read_added_tokens (&loader, folder, doc)
      || !clip_tokenizer_steps_check (doc, specials->generic, specials->start, specials->end, warnings, error))
    return NULL;
  return finish_tokenizer (&loader);
}

ClipTokenizer *
clip_tokenizer_load (const char *folder, guint vocab_size, GPtrArray *warnings, GError **error)
{
  g_autofree char *vocab = g_build_filename (folder, "vocab.json", NULL);
  g_autofree char *merges = g_build_filename (folder, "merges.txt", NULL);
  g_autofree char *tokenizer = g_build_filename (folder, "tokenizer.json", NULL);
  gboolean has_vocab = g_file_test (vocab, G_FILE_TEST_EXISTS);
  gboolean has_merges = g_file_test (merges, G_FILE_TEST_EXISTS);

  if (g_file_test (tokenizer, G_FILE_TEST_EXISTS))
    return load_tokenizer_json (folder, tokenizer, vocab_size, warnings, error);
  if (has_vocab && has_merges)
    return load_vocab_and_merges (folder, vocab, merges, vocab_size, warnings, error);

  g_autofree char *shown = clip_printable (folder, -1, CLIP_MESSAGE_PATH);
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_NOT_FOUND,
      "%s: no tokenizer: expected tokenizer.json or vocab.json and merges.txt, found %s", shown,
      has_vocab    ? "vocab.json alone"
      : has_merges ? "merges.txt alone"
                   : "none of them");
  return NULL;
}
