/* SPDX-License-Identifier: MIT
 *
 * labels.h: the contents of a ClipLabels, for the files that make one. Immutable once made.
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
  /* [n + 2][dim]: the prompts, the empty text, which stands in for missing negatives, and the cache's probe. */
  float *embeddings;
  gboolean has_negatives;
  GPtrArray *warnings; /* lines, NULL-terminated */
};

/* A prompt's text; at index n the empty one. */
static inline const char *
clip_labels_text (const ClipLabels *self, guint index)
{
  return index < self->n ? clip_prompts_get (self->prompts, index)->text : "";
}

#endif
