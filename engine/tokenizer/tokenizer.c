/* SPDX-License-Identifier: MIT
 *
 * tokenizer.c: see tokenizer.h. Turns texts into ids; pre-tokenizer.c works on the text, bpe.c on bytes, and
 * tokenizer-files.c reads the files.
 */
#include <string.h>

#include "tokenizer/tokenizer-files.h"
#include "tokenizer/pre-tokenizer.h"

void
clip_tokenizer_free (ClipTokenizer *self)
{
  if (!self)
    return;
  clip_bpe_free (self->bpe);
  clip_added_tokens_free (self->added);
  g_free (self);
}

/* Ids of a text on their way out: those that fit are written, all are counted until there are more than `limit`. */
typedef struct
{
  const ClipTokenizer *tokenizer;
  guint32 *ids;
  gsize room, limit, n;
} Output;

static void
put_id (Output *out, guint32 id)
{
  if (out->n < out->room)
    out->ids[out->n] = id;
  out->n++;
}

/* text: cleaned, without added tokens. */
static void
put_words (Output *out, const char *text)
{
  const char *cursor = text, *word;
  gsize length;
  while (out->n <= out->limit && clip_pre_tokenizer_next (&cursor, &word, &length)) {
    gsize at = MIN (out->n, out->room);
    out->n += clip_bpe_encode (out->tokenizer->bpe, (const guint8 *)word, length, out->ids + at, out->room - at);
  }
}

/* A text without the added tokens that are matched before cleaning. */
static void
put_text (Output *out, const char *text)
{
  g_autofree char *cleaned = clip_pre_tokenizer_clean (text);
  gsize length = strlen (cleaned), from = 0, start, end;
  guint32 id;
  while (out->n <= out->limit
         && clip_added_tokens_find (out->tokenizer->added, TRUE, cleaned, length, from, &start, &end, &id)) {
    char first = cleaned[start];
    cleaned[start] = '\0';
    put_words (out, cleaned + from);
    cleaned[start] = first;
    put_id (out, id);
    from = end;
  }
  put_words (out, cleaned + from);
}

static void
put_all (Output *out, const char *text)
{
  gsize length = strlen (text), from = 0, start, end;
  guint32 id;
  while (out->n <= out->limit
         && clip_added_tokens_find (out->tokenizer->added, FALSE, text, length, from, &start, &end, &id)) {
    g_autofree char *before = g_strndup (text + from, start - from);
    put_text (out, before);
    put_id (out, id);
    from = end;
  }
  put_text (out, text + from);
}

guint
clip_tokenizer_encode (
    const ClipTokenizer *self, const char *text, guint32 *ret_ids, guint max_ids, gboolean *ret_truncated)
{
  const gsize room = max_ids - 2;
  Output out = { .tokenizer = self, .ids = ret_ids + 1, .room = room, .limit = room };
  put_all (&out, text);

  if (ret_truncated)
    *ret_truncated = out.n > room;
  gsize n = MIN (out.n, room);
  ret_ids[0] = self->start_id;
  out.ids[n] = self->end_id;
  return (guint)n + 2;
}

gsize
clip_tokenizer_count (const ClipTokenizer *self, const char *text)
{
  guint32 nowhere;
  Output out = { .tokenizer = self, .ids = &nowhere, .limit = G_MAXSIZE };
  put_all (&out, text);
  return out.n + 2;
}

guint32
clip_tokenizer_start_id (const ClipTokenizer *self)
{
  return self->start_id;
}

guint32
clip_tokenizer_end_id (const ClipTokenizer *self)
{
  return self->end_id;
}

void
clip_tokenizer_fingerprint (const ClipTokenizer *self, GChecksum *checksum)
{
  g_checksum_update (checksum, self->digest, CLIP_TOKENIZER_DIGEST);
}
