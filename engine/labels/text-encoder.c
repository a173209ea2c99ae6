/* SPDX-License-Identifier: MIT
 *
 * text-encoder.c: see text-encoder.h.
 */
#include "labels/text-encoder.h"

#include <string.h>

#include "context.h"
#include "model/model.h"

/* A batch is encoded when it has this many tokens, without prefixes shared with the previous text, or this many texts:
 * what a context encodes in one turn. Larger batches, or of equal lengths, are no faster (Zen 4, ViT-B/32's text tower:
 * from 128 tokens on); smaller ones report progress sooner. */
#define BATCH_TOKENS 256
#define BATCH_TEXTS  128

void
clip_text_encoder_clear (ClipTextEncoder *self)
{
  g_clear_pointer (&self->ids, g_free);
  g_clear_pointer (&self->lengths, g_free);
  g_clear_pointer (&self->sums, g_free);
  g_clear_pointer (&self->embeddings, g_free);
}

gboolean
clip_text_encoder_init (ClipTextEncoder *self, ClipContext *context, GError **error)
{
  const ClipModelInfo *info = clip_model_get_info (clip_context_get_model (context));
  *self = (ClipTextEncoder){ .context = context, .dim = info->embedding_dim };
  self->max_tokens = MAX (BATCH_TOKENS, info->context_length);
  self->ids = g_try_new (guint32, (BATCH_TEXTS + 1) * (gsize)MAX (info->context_length, 1));
  self->lengths = g_new (guint, BATCH_TEXTS);
  self->sums = g_new (float *, BATCH_TEXTS);
  self->embeddings = g_try_new (float, (gsize)BATCH_TEXTS * self->dim);
  if (self->ids && self->embeddings)
    return TRUE;
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for embeddings of %u values", self->dim);
  return FALSE;
}

void
clip_text_encoder_advance (ClipTextEncoder *self, guint64 n)
{
  self->done += n;
  if (self->progress)
    self->progress (self->done, self->total, self->user_data);
}

gboolean
clip_text_encoder_flush (ClipTextEncoder *self, GError **error)
{
  if (!self->n_texts)
    return TRUE;
  if (!clip_context_encode_tokens (self->context, self->ids, self->lengths, self->n_texts, self->embeddings, error))
    return FALSE;
  for (guint i = 0; i < self->n_texts; i++)
    for (guint d = 0; d < self->dim; d++)
      self->sums[i][d] += self->embeddings[(gsize)i * self->dim + d];
  guint n = self->n_texts;
  self->n_texts = self->n_ids = self->n_tokens = 0;
  clip_text_encoder_advance (self, n);
  return TRUE;
}

gboolean
clip_text_encoder_add (ClipTextEncoder *self, const char *text, float *sum, GError **error)
{
  if (!clip_context_check_cancelled (self->context, error)) /* tokenizing a megabyte takes a tenth of a second */
    return FALSE;
  guint32 *ids = self->ids + self->n_ids;
  guint length = clip_model_tokenize (clip_context_get_model (self->context), text, ids, error), common = 0;
  if (!length)
    return FALSE;
  if (self->n_texts) {
    guint before = self->lengths[self->n_texts - 1];
    common = clip_text_common (ids - before, before, ids, length);
  }
  if (self->n_tokens + length - common > self->max_tokens || self->n_texts == BATCH_TEXTS) {
    if (!clip_text_encoder_flush (self, error))
      return FALSE;
    memmove (self->ids, ids, length * sizeof *ids);
    common = 0;
  }
  self->lengths[self->n_texts] = length;
  self->sums[self->n_texts++] = sum;
  self->n_ids += length;
  self->n_tokens += length - common;
  return TRUE;
}
