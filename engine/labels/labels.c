/* SPDX-License-Identifier: MIT
 *
 * labels.c: turns prompts, and the background they are held against, into a linear classifier.
 *
 * terms.c makes the vectors, labels-scores.c scores by them.
 */
#include "labels/labels.h"

#include <math.h>

#include "labels/advice.h"
#include "labels/background.h"
#include "labels/terms.h"
#include "labels/truncation.h"
#include "model/model.h"

/* What is encoded. */
typedef struct
{
  ClipPrompts *background_prompts; /* or NULL */
  ClipTerms prompts, background;
} Parts;

static void
parts_clear (Parts *self)
{
  clip_terms_clear (&self->prompts);
  clip_terms_clear (&self->background);
  g_clear_pointer (&self->background_prompts, clip_prompts_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Parts, parts_clear)

/* Always FALSE. */
static gboolean
fail_memory (const ClipLabels *self, GError **error)
{
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for the embeddings of %u prompts", self->n);
  return FALSE;
}

static gboolean
make_probe_room (ClipLabels *self, GError **error)
{
  self->scales = g_try_new (float, self->n);
  self->biases = g_try_new (float, self->n);
  if (!self->scales || !self->biases)
    return fail_memory (self, error);
  for (guint i = 0; i < self->n; i++)
    self->scales[i] = self->biases[i] = NAN;
  return TRUE;
}

static gboolean
find_parts (ClipLabels *self, const ClipModel *model, const char *background, Parts *parts, GError **error)
{
  if (!clip_background_load (model, background, &parts->background_prompts, error))
    return FALSE;
  self->n_background = parts->background_prompts ? clip_prompts_get_size (parts->background_prompts) : 0;
  self->embeddings = g_try_new (float, ((gsize)self->n + self->n_background + 2 * CLIP_TERMS_MORE_ROWS) * self->dim);
  self->background_priors = g_try_new (float, MAX (self->n_background, 1));
  if (!self->embeddings || !self->background_priors)
    return fail_memory (self, error);
  if (!clip_terms_init (&parts->prompts, self->prompts, self->dim, self->embeddings, model->text != NULL, error))
    return FALSE;
  if (parts->prompts.n_vectors && !make_probe_room (self, error))
    return FALSE;
  parts->prompts.scales = self->scales;
  parts->prompts.biases = self->biases;
  for (guint i = 0; i < self->n_background; i++)
    self->background_priors[i] = clip_prompts_get (parts->background_prompts, i)->prior;
  return !self->n_background
         || clip_terms_init (&parts->background, parts->background_prompts, self->dim,
             clip_labels_row (self, clip_labels_background_row (self, 0)), FALSE, error);
}

static guint64
count (const ClipTerms *terms)
{
  return terms->prompts ? clip_terms_count (terms) : 0;
}

static gboolean
encode (const ClipLabels *self, ClipContext *context, const ClipLabelsParams *params, Parts *parts, GError **error)
{
  g_auto (ClipTextEncoder) encoder = { 0 };
  if (!clip_text_encoder_init (&encoder, context, error))
    return FALSE;
  encoder.progress = params->progress;
  encoder.user_data = params->user_data;
  encoder.total = count (&parts->prompts) + count (&parts->background);
  ClipTerms *const all[] = { &parts->prompts, &parts->background };
  guint n = self->n_background ? 2 : 1;
  guint64 known = 0;
  for (guint i = 0; i < n; i++) {
    if (!clip_terms_load (all[i], context, params->cache_dir, error))
      return FALSE;
    known += all[i]->loaded ? count (all[i]) : 0;
  }
  if (known < encoder.total)
    clip_text_encoder_advance (&encoder, 0);
  for (guint i = 0; i < n; i++)
    if (!clip_terms_encode (all[i], &encoder, params, error))
      return FALSE;
  if (encoder.done < encoder.total || encoder.total == 0)
    clip_text_encoder_advance (&encoder, encoder.total - encoder.done);
  return TRUE;
}

ClipLabels *
clip_labels_new (ClipContext *context, ClipPrompts *prompts, const ClipLabelsParams *params, GError **error)
{
  static const ClipLabelsParams none = { NULL };
  params = params ? params : &none;
  const ClipModel *model = clip_context_get_model (context);
  g_autoptr (ClipLabels) self = g_new0 (ClipLabels, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->warnings = g_ptr_array_new_with_free_func (g_free);
  self->prompts = clip_prompts_ref (prompts);
  self->n = clip_prompts_get_size (prompts);
  self->dim = model->info.embedding_dim;
  self->logit_scale = model->info.logit_scale;

  g_auto (Parts) parts = { NULL };
  if (!find_parts (self, model, params->background, &parts, error) || !encode (self, context, params, &parts, error))
    return NULL;
  if (self->n_background && !clip_background_find_same (self, context, parts.background_prompts, error))
    return NULL;
  if (!clip_labels_find_truncated (self, context, &parts.prompts.texts, error)
      || !clip_labels_advise (self, context, &parts.prompts.texts, error))
    return NULL;
  g_ptr_array_add (self->warnings, NULL);
  return g_steal_pointer (&self);
}

char *
clip_labels_cache_dir (void)
{
  return g_build_filename (g_get_user_cache_dir (), "cliptag", "labels", NULL);
}

ClipLabels *
clip_labels_ref (ClipLabels *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
clip_labels_unref (ClipLabels *self)
{
  if (!self || !g_atomic_ref_count_dec (&self->ref_count))
    return;
  clip_prompts_unref (self->prompts);
  g_ptr_array_unref (self->warnings);
  g_free (self->embeddings);
  g_free (self->scales);
  g_free (self->biases);
  g_free (self->background_priors);
  g_free (self->same_first);
  g_free (self->same);
  g_free (self);
}

const char *const *
clip_labels_get_warnings (const ClipLabels *self)
{
  return (const char *const *)self->warnings->pdata;
}

ClipPrompts *
clip_labels_get_prompts (const ClipLabels *self)
{
  return self->prompts;
}

gboolean
clip_labels_has_background (const ClipLabels *self)
{
  return self->n_background > 0;
}
