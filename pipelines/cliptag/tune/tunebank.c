/* SPDX-License-Identifier: MIT
 *
 * tunebank.c: TuneBank of tunefit.h: what the prompts say in each set of templates, by the element's own scores.
 */
#include "tune/tunefit.h"

#include <math.h>
#include <string.h>

/* Tried beside the prompts' own: words that cost nothing at run time. */
static const char *const templates[] = {
  "{}",
  "a photo of {}.",
  "a frame of a video of {}.",
  "a low resolution photo of {}.",
  "a surveillance camera's picture of {}.",
  "a photo of {}.|a frame of a video of {}.|a low resolution photo of {}.|a surveillance camera's picture of {}.",
};

static gboolean
are_texts (const ClipPrompts *prompts)
{
  for (guint p = 0; p < clip_prompts_get_size (prompts); p++) {
    const ClipPrompt *prompt = clip_prompts_get (prompts, p);
    if (prompt->n_terms != 1 || prompt->terms[0].kind != CLIP_TERM_TEXT)
      return FALSE;
  }
  return TRUE;
}

/* Each prompt's embedding, as the engine averages it over templates. */
static float *
encode_texts (ClipContext *context, const ClipPrompts *prompts, guint dim, GError **error)
{
  const char *const *own = clip_prompts_get_templates (prompts);
  guint n = clip_prompts_get_size (prompts), n_templates = g_strv_length ((char **)own);
  g_autofree float *embeddings = g_new (float, (gsize)n_templates *dim), *rows = g_new0 (float, (gsize)n *dim);
  g_autofree char **texts = g_new0 (char *, n_templates + 1);
  for (guint p = 0; p < n; p++) {
    for (guint t = 0; t < n_templates; t++) {
      const char *place = strstr (own[t], "{}");
      texts[t] = g_strdup_printf (
          "%.*s%s%s", (int)(place - own[t]), own[t], clip_prompts_get (prompts, p)->terms[0].value, place + 2);
    }
    gboolean ok = clip_context_encode_texts (context, (const char *const *)texts, n_templates, embeddings, error);
    for (guint t = 0; t < n_templates; t++)
      g_clear_pointer (&texts[t], g_free);
    if (!ok)
      return NULL;
    double length = 0;
    float *row = rows + (gsize)p * dim;
    for (guint d = 0; d < dim; d++) {
      for (guint t = 0; t < n_templates; t++)
        row[d] += embeddings[(gsize)t * dim + d];
      length += (double)row[d] * row[d];
    }
    for (guint d = 0; d < dim && length > 0; d++)
      row[d] = (float)(row[d] / sqrt (length));
  }
  return g_steal_pointer (&rows);
}

/* Logarithms of the shares, which are logits up to a constant; what no class has is nobody's. */
static double *
score_all (const TuneSet *set, ClipLabels *labels)
{
  guint n_classes = set->classes->n_classes, width = set->n_classes + 1;
  const ClipRankParams rank = { .mode = CLIP_SCORE_SOFTMAX, .temperature = 1, .background = TRUE };
  g_autofree float *scores = g_new (float, n_classes), *cosines = g_new (float, n_classes);
  double *logits = g_new (double, (gsize)set->n *width);
  for (guint i = 0; i < set->n; i++) {
    double rest = 1, *row = logits + (gsize)i * width;
    clip_labels_score (labels, CLIP_FRAME, tune_set_row (set, i), &rank, NULL, scores, cosines);
    for (guint k = 0; k < set->n_classes; k++) {
      row[k] = log (fmax (scores[k], 1e-30));
      rest -= scores[k];
    }
    row[set->n_classes] = rest > 1e-6 ? log (rest) : -INFINITY;
  }
  return logits;
}

/* "nobody" has a share everywhere or nowhere. */
static void
even_out (const TuneSet *set, double *logits, gboolean has_rest)
{
  guint width = set->n_classes + 1;
  for (guint i = 0; i < set->n; i++) {
    double *rest = logits + (gsize)i * width + set->n_classes;
    if (!has_rest)
      *rest = -INFINITY;
    else if (*rest == -INFINITY)
      *rest = log (1e-6);
  }
}

/* Something competes with the classes beside each other. */
static gboolean
has_contrast (const TuneSet *set, const char *background)
{
  return clip_prompts_get_group (set->classes->prompts, 0)->has_negatives || (set->n_classes == 1 && background);
}

static gboolean
add_templates (TuneBank *self, const char *text, const TuneParams *params, GError **error)
{
  const TuneSet *set = self->set;
  g_autoptr (ClipPrompts) prompts = text ? clip_prompts_with_templates (set->classes->prompts, text, error)
                                         : clip_prompts_ref (set->classes->prompts);
  if (!prompts)
    return FALSE;
  const ClipLabelsParams with = { .encode_image = params->encode_image, .background = params->background };
  g_autoptr (ClipLabels) labels = clip_labels_new (params->context, prompts, &with, error);
  if (!labels)
    return FALSE;
  float *rows = NULL;
  if (self->can_sum && !(rows = encode_texts (params->context, prompts, set->embeddings->dim, error)))
    return FALSE;
  self->texts[self->n_templates] = rows;
  self->logits[self->n_templates] = score_all (set, labels);
  even_out (set, self->logits[self->n_templates], has_contrast (set, params->background));
  self->n_templates++;
  g_ptr_array_add (self->names, g_strjoinv ("|", (char **)clip_prompts_get_templates (prompts)));
  return TRUE;
}

gboolean
tune_bank_init (TuneBank *self, const TuneSet *set, const TuneParams *params, GError **error)
{
  ClipPrompts *prompts = set->classes->prompts;
  gboolean are_all_texts = are_texts (prompts);
  *self = (TuneBank){ .set = set, .n_prompts = clip_prompts_get_size (prompts) };
  self->logit_scale = clip_model_get_info (clip_context_get_model (params->context))->logit_scale;
  self->can_sum = are_all_texts && set->n_classes > 1;
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->texts = g_new0 (float *, G_N_ELEMENTS (templates) + 1);
  self->logits = g_new0 (double *, G_N_ELEMENTS (templates) + 1);
  if (!add_templates (self, NULL, params, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (templates) && are_all_texts; i++)
    if (!g_str_equal (templates[i], g_ptr_array_index (self->names, 0))
        && !add_templates (self, templates[i], params, error))
      return FALSE;
  return TRUE;
}

void
tune_bank_clear (TuneBank *self)
{
  for (guint t = 0; t < self->n_templates; t++) {
    g_free (self->texts[t]);
    g_free (self->logits[t]);
  }
  g_clear_pointer (&self->texts, g_free);
  g_clear_pointer (&self->logits, g_free);
  g_clear_pointer (&self->names, g_ptr_array_unref);
}
