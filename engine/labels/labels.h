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

  /* [n + 2 + n_background + 2][dim]: the prompts; the empty text, which stands in for what is missing (NaN for a model
   * without a text tower); the cache's; the background's; two more of the cache's. */
  float *embeddings;

  /* NULL unless a prompt is a probe: [n], by which its row is to be multiplied, and what is added; NaN = it is none. */
  float *scales, *biases;
  float *background_priors; /* [n_background] */

  /* Captions of the background that say the same as a class and do not compete with it: those of class c are
   * same[same_first[c]] up to same[same_first[c + 1]]. same_first: [n_classes + 1]; NULL = there are none. */
  guint *same_first, *same;
  GPtrArray *warnings; /* lines, NULL-terminated */
};

/* Rows of `embeddings`. */
static inline guint
clip_labels_empty_row (const ClipLabels *self)
{
  return self->n;
}

static inline guint
clip_labels_background_row (const ClipLabels *self, guint index)
{
  return self->n + 2 + index;
}

static inline float *
clip_labels_row (const ClipLabels *self, guint index)
{
  return self->embeddings + (gsize)index * self->dim;
}

/* What was known counts on, by the new one. */
void clip_baseline_set_half_life (ClipBaseline *self, gint64 half_life);

#endif
