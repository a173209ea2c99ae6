/* SPDX-License-Identifier: MIT
 *
 * labels.h: the inside of a ClipLabels, for those who help to make one. Immutable once made.
 */
#ifndef CLIP_LABELS_H
#define CLIP_LABELS_H

#include "clip.h"

struct _ClipLabels
{
  gatomicrefcount ref_count;
  ClipPrompts *prompts;
  guint n, dim;
  float logit_scale;
  /* [n + 2][dim]: the prompts, then the empty text, which stands in for missing negatives, then a file's probe. */
  float *embeddings;
  gboolean has_negatives;
  GPtrArray *warnings; /* of lines, NULL at its end */
};

/* A prompt's text; at index n the empty one. */
static inline const char *
clip_labels_text (const ClipLabels *self, guint index)
{
  return index < self->n ? clip_prompts_get (self->prompts, index)->text : "";
}

#endif
