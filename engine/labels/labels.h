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

  /* Captions of the background that say the same as a class, or as any class of a group, and do not compete with it:
   * sets of their indices in order, of the classes and then of the groups. Set i is same[same_first[i]] up to
   * same[same_first[i + 1]]. NULL = there is no background. */
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

/* A class's set is that of its index. */
static inline guint
clip_labels_same_of_group (const ClipLabels *self, const ClipGroup *group)
{
  return clip_prompts_get_n_classes (self->prompts)
         + (guint)(group - clip_prompts_get_group (self->prompts, 0)); /* they are one array */
}

/* Returns its size. */
static inline guint
clip_labels_get_same (const ClipLabels *self, guint set, const guint **ret_same)
{
  if (!self->same_first)
    return 0;
  *ret_same = self->same + self->same_first[set];
  return self->same_first[set + 1] - self->same_first[set];
}

/* What was known counts on, by the new one. */
void clip_baseline_set_half_life (ClipBaseline *self, gint64 half_life);

#endif
