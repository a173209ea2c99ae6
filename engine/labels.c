/* SPDX-License-Identifier: MIT
 *
 * labels.c: prompts become a linear classifier, and an embedding becomes ranked labels.
 *
 * Zero-shot as in Radford et al. 2021, section 3.1.4: each prompt is put into every template, the unit text embeddings
 * are averaged over templates and brought to unit length again. Scores are softmax over logit_scale x cosine; sigmoid
 * is that softmax between one prompt and the negatives ("none of these"), so that every label stands for itself and a
 * threshold means the same whatever other prompts there are.
 */
#include <math.h>
#include <string.h>

#include "model.h"

/* Texts made and encoded at once, so that 100,000 prompts x 80 templates need no memory for their strings. */
#define CHUNK 256

struct _ClipLabels
{
  gatomicrefcount ref_count;
  ClipPrompts *prompts;
  guint n, dim;
  float logit_scale;
  float *embeddings; /* [n + 1][dim]; the last is the empty text's, which stands in for missing negatives */
  gboolean has_negatives;
};

/* Replaces "{}" (prompts.c has made sure that there is one). */
static char *
fill_template (const char *template, const char *text)
{
  const char *place = strstr (template, "{}");
  return g_strdup_printf ("%.*s%s%s", (int)(place - template), template, text, place + 2);
}

/* ret: [n_texts / n_templates][dim], mean over templates of unit embeddings, unit length. */
static gboolean
encode_chunk (
    ClipContext *context, GPtrArray *texts, guint n_templates, guint dim, float *embeddings, float *ret, GError **error)
{
  if (!clip_context_encode_texts (context, (const char *const *)texts->pdata, texts->len, embeddings, error))
    return FALSE;
  for (guint i = 0; i < texts->len / n_templates; i++) {
    float *mean = ret + (gsize)i * dim;
    memset (mean, 0, dim * sizeof *mean);
    for (guint t = 0; t < n_templates; t++)
      for (guint d = 0; d < dim; d++)
        mean[d] += embeddings[((gsize)i * n_templates + t) * dim + d];
    clip_normalize (mean, dim);
  }
  return TRUE;
}

static gboolean
encode_prompts (ClipLabels *self, ClipContext *context, GError **error)
{
  const char *const *templates = clip_prompts_get_templates (self->prompts);
  guint n_templates = g_strv_length ((char **)templates);
  guint prompts_per_chunk = MAX (1, CHUNK / n_templates);
  g_autofree float *embeddings = g_try_new (float, (gsize)prompts_per_chunk *n_templates * self->dim);
  self->embeddings = g_try_new (float, ((gsize)self->n + 1) * self->dim);
  if (!embeddings || !self->embeddings) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for the embeddings of %u prompts", self->n);
    return FALSE;
  }

  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  for (guint first = 0; first <= self->n; first += prompts_per_chunk) {
    guint count = MIN (prompts_per_chunk, self->n + 1 - first);
    g_ptr_array_set_size (texts, 0);
    for (guint i = first; i < first + count; i++)
      for (guint t = 0; t < n_templates; t++)
        g_ptr_array_add (
            texts, fill_template (templates[t], i < self->n ? clip_prompts_get (self->prompts, i)->text : ""));
    if (!encode_chunk (
            context, texts, n_templates, self->dim, embeddings, self->embeddings + (gsize)first * self->dim, error))
      return FALSE;
  }
  return TRUE;
}

ClipLabels *
clip_labels_new (ClipContext *context, ClipPrompts *prompts, GError **error)
{
  const ClipModelInfo *info = clip_model_get_info (clip_context_get_model (context));
  g_autoptr (ClipLabels) self = g_new0 (ClipLabels, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->prompts = clip_prompts_ref (prompts);
  self->n = clip_prompts_get_size (prompts);
  self->dim = info->embedding_dim;
  self->logit_scale = info->logit_scale;
  for (guint i = 0; i < self->n; i++)
    self->has_negatives |= clip_prompts_get (prompts, i)->negative;
  if (!encode_prompts (self, context, error))
    return NULL;
  return g_steal_pointer (&self);
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
  g_free (self->embeddings);
  g_free (self);
}

ClipPrompts *
clip_labels_get_prompts (const ClipLabels *self)
{
  return self->prompts;
}

/* A running log (sum (exp)) that keeps its largest term, so that nothing overflows; NaN terms are left out. */
typedef struct
{
  double max, sum;
} LogSum;

static void
log_sum_add (LogSum *self, double value)
{
  if (isnan (value))
    return;
  if (value > self->max) {
    self->sum = self->sum * exp (self->max - value) + 1;
    self->max = value;
  } else {
    self->sum += exp (value - self->max);
  }
}

/* exp (value) / (sum so far); 0 for NaN. */
static double
log_sum_share (const LogSum *self, double value)
{
  return isnan (value) || self->sum == 0 ? 0 : exp (value - self->max) / self->sum;
}

static float
cosine_of (const ClipLabels *self, const float *embedding, guint index)
{
  return clip_dot (embedding, self->embeddings + (gsize)index * self->dim, self->dim);
}

/* Inserts by score, best first, into a list of at most `max`; equal scores keep their order. Returns the new size. */
static guint
insert_match (ClipMatch *matches, guint n, guint max, const ClipMatch *match)
{
  guint place = n;
  while (place > 0 && matches[place - 1].score < match->score)
    place--;
  if (place >= max)
    return n;
  guint last = MIN (n, max - 1);
  memmove (&matches[place + 1], &matches[place], (last - place) * sizeof *matches);
  matches[place] = *match;
  return last + 1;
}

guint
clip_labels_rank (
    const ClipLabels *self, const float *embedding, const ClipRankParams *params, ClipMatch *ret_matches, guint max)
{
  double scale = self->logit_scale / params->temperature;
  /* What softmax divides by: all prompts together. What sigmoid weighs each against: the negatives. */
  LogSum all = { -INFINITY, 0 }, negatives = { -INFINITY, 0 };
  if (params->mode != CLIP_SCORE_COSINE) {
    for (guint i = 0; i < self->n; i++) {
      double logit = scale * cosine_of (self, embedding, i);
      log_sum_add (&all, logit);
      if (clip_prompts_get (self->prompts, i)->negative)
        log_sum_add (&negatives, logit);
    }
    if (!self->has_negatives)
      log_sum_add (&negatives, scale * cosine_of (self, embedding, self->n));
  }

  guint n = 0;
  for (guint i = 0; i < self->n; i++) {
    const ClipPrompt *prompt = clip_prompts_get (self->prompts, i);
    if (prompt->negative)
      continue;
    double cosine = cosine_of (self, embedding, i), score = cosine;
    if (params->mode == CLIP_SCORE_SOFTMAX) {
      score = log_sum_share (&all, scale * cosine);
    } else if (params->mode == CLIP_SCORE_SIGMOID) {
      LogSum pair = negatives;
      log_sum_add (&pair, scale * cosine);
      score = log_sum_share (&pair, scale * cosine);
    }
    ClipMatch match = { i, isnan (score) ? 0 : (float)score, isnan (cosine) ? 0 : (float)cosine };
    float threshold = isnan (prompt->threshold) ? params->threshold : prompt->threshold;
    if (match.score >= threshold)
      n = insert_match (ret_matches, n, max, &match);
  }
  return n;
}
