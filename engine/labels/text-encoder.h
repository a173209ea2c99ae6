/* SPDX-License-Identifier: MIT
 *
 * text-encoder.h: many texts, encoded a batch at a time and added to where they belong, with progress. One thread.
 */
#ifndef CLIP_TEXT_ENCODER_H
#define CLIP_TEXT_ENCODER_H

#include "clip.h"

typedef struct
{
  ClipContext *context;
  ClipProgress progress; /* or NULL */
  gpointer user_data;
  guint64 done, total; /* texts and pictures */

  guint dim, max_tokens;
  guint32 *ids;      /* [batch + 1][context_length]: the pending texts, end to end, and room for one more */
  guint *lengths;    /* [batch], of the pending texts */
  float **sums;      /* [batch] x [dim], to which each text's embedding is added */
  float *embeddings; /* [batch][dim] */
  guint n_texts, n_ids, n_tokens; /* pending; tokens: without prefixes shared with the previous text */
} ClipTextEncoder;

/* FALSE when memory runs out. */
gboolean clip_text_encoder_init (ClipTextEncoder *self, ClipContext *context, GError **error);
void clip_text_encoder_clear (ClipTextEncoder *self);

/* Adds the text's embedding to sum [dim], now or at a later call; at the latest when flushed. */
gboolean clip_text_encoder_add (ClipTextEncoder *self, const char *text, float *sum, GError **error);
gboolean clip_text_encoder_flush (ClipTextEncoder *self, GError **error);

/* n more are done. */
void clip_text_encoder_advance (ClipTextEncoder *self, guint64 n);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ClipTextEncoder, clip_text_encoder_clear)

#endif
