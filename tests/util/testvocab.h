/* SPDX-License-Identifier: MIT
 *
 * testvocab.h: tokenizer files for tests, in OpenAI's order: 256 bytes, 256 of them at the end of a word, one piece for
 * each merge, start token, end token.
 */
#ifndef TESTVOCAB_H
#define TESTVOCAB_H

#include <glib.h>
#include <string.h>

/* OpenAI's bytes_to_unicode(), written as its source is. Returns the pieces; owns its strings. */
static inline GPtrArray *
test_vocab_pieces (const char *const *merges, guint n_merges)
{
  GPtrArray *pieces = g_ptr_array_new_with_free_func (g_free);
  const guint8 ranges[3][2] = { { '!', '~' }, { 0xa1, 0xac }, { 0xae, 0xff } };
  gboolean printable[256] = { FALSE };
  char utf8[8] = { 0 };
  for (guint r = 0; r < 3; r++)
    for (guint c = ranges[r][0]; c <= ranges[r][1]; c++) {
      printable[c] = TRUE;
      utf8[g_unichar_to_utf8 (c, utf8)] = '\0';
      g_ptr_array_add (pieces, g_strdup (utf8));
    }
  for (guint byte = 0, n = 0; byte < 256; byte++)
    if (!printable[byte]) {
      utf8[g_unichar_to_utf8 (256 + n++, utf8)] = '\0';
      g_ptr_array_add (pieces, g_strdup (utf8));
    }
  for (guint i = 0; i < 256; i++)
    g_ptr_array_add (pieces, g_strconcat (pieces->pdata[i], "</w>", NULL));
  for (guint i = 0; i < n_merges; i++) {
    const char *space = strchr (merges[i], ' ');
    g_ptr_array_add (pieces, g_strdup_printf ("%.*s%s", (int)(space - merges[i]), merges[i], space + 1));
  }
  g_ptr_array_add (pieces, g_strdup ("<|startoftext|>"));
  g_ptr_array_add (pieces, g_strdup ("<|endoftext|>"));
  return pieces;
}

static inline void
test_append_json_string (GString *out, const char *text, gssize length)
{
  g_string_append_c (out, '"');
  for (const char *p = text; length < 0 ? *p : p < text + length; p++) {
    if (*p == '"' || *p == '\\')
      g_string_append_c (out, '\\');
    g_string_append_c (out, *p);
  }
  g_string_append_c (out, '"');
}

/* {"!":0,…} */
static inline char *
test_vocab_json (GPtrArray *pieces)
{
  GString *out = g_string_new ("{");
  for (guint i = 0; i < pieces->len; i++) {
    test_append_json_string (out, pieces->pdata[i], -1);
    g_string_append_printf (out, ":%u%s", i, i + 1 < pieces->len ? "," : "}");
  }
  return g_string_free (out, FALSE);
}

static inline char *
test_merges_txt (const char *const *merges, guint n_merges)
{
  GString *out = g_string_new ("#version: 0.2\n");
  for (guint i = 0; i < n_merges; i++)
    g_string_append_printf (out, "%s\n", merges[i]);
  return g_string_free (out, FALSE);
}

/* What goes around the vocabulary in the one-file form, as transformers writes it. */
static inline void
test_append_steps (GString *out, guint start, guint end)
{
  g_string_append (out,
      "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"Replace\",\"pattern\":"
      "{\"Regex\":\"\\\\s+\"},\"content\":\" \"},{\"type\":\"Lowercase\"}]},"
      "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":"
      "\"<\\\\|startoftext\\\\|>|<\\\\|endoftext\\\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|"
      "[^\\\\s\\\\p{L}\\\\p{N}]+\"},\"behavior\":\"Removed\",\"invert\":true},"
      "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true}]},");
  g_string_append_printf (out,
      "\"post_processor\":{\"type\":\"RobertaProcessing\",\"sep\":[\"<|endoftext|>\",%u],"
      "\"cls\":[\"<|startoftext|>\",%u],\"trim_offsets\":false,\"add_prefix_space\":false},",
      end, start);
}

/* Hugging Face's one-file form; pairs: each merge as ["a","b"] instead of "a b". */
static inline char *
test_tokenizer_json (GPtrArray *pieces, const char *const *merges, guint n_merges, gboolean pairs)
{
  GString *out = g_string_new ("{\"version\":\"1.0\",\"added_tokens\":[");
  for (guint id = pieces->len - 2; id < pieces->len; id++)
    g_string_append_printf (out,
        "{\"id\":%u,\"content\":\"%s\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,"
        "\"normalized\":true,\"special\":true}%s",
        id, (const char *)pieces->pdata[id], id + 1 < pieces->len ? "," : "],");
  test_append_steps (out, pieces->len - 2, pieces->len - 1);
  g_autofree char *vocab = test_vocab_json (pieces);
  g_string_append_printf (
      out, "\"model\":{\"type\":\"BPE\",\"end_of_word_suffix\":\"</w>\",\"vocab\":%s,\"merges\":[", vocab);
  for (guint i = 0; i < n_merges; i++) {
    const char *space = strchr (merges[i], ' ');
    if (i)
      g_string_append_c (out, ',');
    if (pairs) {
      g_string_append_c (out, '[');
      test_append_json_string (out, merges[i], space - merges[i]);
      g_string_append_c (out, ',');
      test_append_json_string (out, space + 1, -1);
      g_string_append_c (out, ']');
    } else {
      test_append_json_string (out, merges[i], -1);
    }
  }
  g_string_append (out, "]}}");
  return g_string_free (out, FALSE);
}

#endif
