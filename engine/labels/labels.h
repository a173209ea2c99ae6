/* SPDX-License-Identifier: MIT
 *
 * labels.h: the contents of a ClipLabels, for the files that make one. Immutable once made.
 */
#ifndef CLIP_LABELS_DATA_H
#define CLIP_LABELS_DATA_H

#include "clip.h"

struct _ClipLabels
{
  gatomicrefcount ref_count;
  ClipPrompts *prompts;
  guint n, dim; /* prompts, floats of an embedding */
  guint n_background;
  float logit_scale;

  /* [n + n_background + 2][dim]: the prompts; the background's; the empty text, which stands in for what is missing;
   * the cache's probe. */
  float *embeddings;

  /* NULL unless a prompt is a probe: [n], by which its row is to be multiplied, and what is added; NaN = it is none. */
  float *scales, *biases;
  float *background_priors; /* [n_background] */
  GPtrArray *warnings;      /* lines, NULL-terminated */
};

/* Rows of `embeddings`. */
static inline guint
clip_labels_empty_row (const ClipLabels *self)
{
  return self->n + self->n_background;
}

static inline float *
clip_labels_row (const ClipLabels *self, guint index)
{
  return self->embeddings + (gsize)index * self->dim;
}

/* What was known counts on, by the new one. */
void clip_baseline_set_half_life (ClipBaseline *self, gint64 half_life);

/* A prompt's text; at index n the empty one. */
static inline const char *
clip_labels_text (const ClipLabels *self, guint index)
{
  return index < self->n ? clip_prompts_get (self->prompts, index)->text : "";
}

#endif
