/* SPDX-License-Identifier: MIT
 *
 * handlabels.h: ClipLabels made by hand, without a model: prompts through the reader that files go through, embeddings
 * as a test wants them.
 */
#ifndef HANDLABELS_H
#define HANDLABELS_H

#include <math.h>
#include <string.h>

#include "labels/labels.h"
#include "labels/prompt-reader.h"

#define HAND_SCALE 100.0f

static inline void
hand_zone (ClipPromptReader *reader, const char *name)
{
  static const ClipPoint box[] = { { 0, 0 }, { 1, 0 }, { 1, 1 }, { 0, 1 } };
  g_assert_true (clip_prompt_reader_begin_zone (reader, name, box, 4));
}

/* Of the zone begun last. The group, until another one begins. */
static inline ClipGroup *
hand_group (ClipPromptReader *reader, const char *name)
{
  g_assert_true (clip_prompt_reader_begin_group (reader, name));
  return &reader->items.groups[reader->items.n_groups - 1];
}

/* Of the group begun last. The prompt, until another one is added: what else there is of it can be put there. */
static inline ClipPrompt *
hand_prompt (ClipPromptReader *reader, const char *label)
{
  g_assert_true (clip_prompt_reader_add (reader, NULL, label, strlen (label), NULL));
  return &reader->items.prompts[reader->items.n_prompts - 1];
}

static inline ClipPrompt *
hand_negative (ClipPromptReader *reader, const char *label)
{
  ClipPrompt *prompt = hand_prompt (reader, label);
  prompt->negative = TRUE;
  reader->items.groups[prompt->group].has_negatives = TRUE;
  return prompt;
}

/* All embeddings are 0. Empties the reader. */
static inline ClipLabels *
hand_labels (ClipPromptReader *reader, guint dim, guint n_background)
{
  ClipLabels *self = g_new0 (ClipLabels, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->prompts = clip_prompt_reader_finish (reader);
  g_assert_nonnull (self->prompts);
  clip_prompt_reader_clear (reader);
  self->n = clip_prompts_get_size (self->prompts);
  self->dim = dim;
  self->n_background = n_background;
  self->logit_scale = HAND_SCALE;
  self->embeddings = g_new0 (float, (gsize)(self->n + n_background + 4) * dim);
  self->background_priors = g_new (float, MAX (n_background, 1));
  for (guint i = 0; i < n_background; i++)
    self->background_priors[i] = 1;
  self->warnings = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->warnings, NULL);
  return self;
}

static inline void
hand_labels_free (ClipLabels *self)
{
  g_clear_pointer (&self->scales, g_free);
  g_clear_pointer (&self->biases, g_free);
  g_clear_pointer (&self->background_priors, g_free);
  clip_labels_unref (self);
}

/* [dim], unit length. */
static inline void
hand_random_unit (GRand *random, float *ret, guint dim)
{
  double sum = 0;
  for (guint d = 0; d < dim; d++) {
    ret[d] = (float)g_rand_double_range (random, -1, 1);
    sum += (double)ret[d] * ret[d];
  }
  for (guint d = 0; d < dim; d++)
    ret[d] = (float)(ret[d] / sqrt (sum));
}

static inline void
hand_random_rows (GRand *random, ClipLabels *labels)
{
  for (guint i = 0; i < labels->n + labels->n_background + 4; i++)
    hand_random_unit (random, clip_labels_row (labels, i), labels->dim);
}

#endif
