/* SPDX-License-Identifier: MIT
 *
 * tryscores.c: see tryscores.h.
 */
#include "try/tryscores.h"

#include <stdlib.h>
#include <string.h>

#include "clip-message.h"

/* Moments of one recording are at least so far apart: neighbours say the same. */
#define MIN_DISTANCE G_GINT64_CONSTANT (2000000000)

static gsize
place_of (const TryScores *self, guint row, guint sample, guint wording)
{
  return ((gsize)row * self->embeddings->samples->len + sample) * self->wordings->len + wording;
}

float
try_scores_get (const TryScores *self, guint row, guint sample, guint wording)
{
  return self->scores[place_of (self, row, sample, wording)];
}

float
try_scores_get_cosine (const TryScores *self, guint row, guint sample, guint wording)
{
  return self->cosines[place_of (self, row, sample, wording)];
}

const char *
try_scores_row_name (const TryScores *self, guint row)
{
  return row < self->n_templates ? self->templates[row] : "all templates together";
}

char *
try_scores_moment_name (const TryScores *self, guint sample)
{
  const DataSample *info = &g_array_index (self->embeddings->samples, DataSample, sample);
  const DataItem *item = &g_array_index (self->set->items, DataItem, info->item);
  g_autofree char *base = g_path_get_basename (item->name), *name = clip_printable (base, -1, CLIP_MESSAGE_NAME);
  if (info->time < 0)
    return g_steal_pointer (&name);
  gint64 tenths = info->time / 100000000;
  return g_strdup_printf ("%s %d:%02d:%02d.%d", name, (int)(tenths / 36000), (int)(tenths / 600 % 60),
      (int)(tenths / 10 % 60), (int)(tenths % 10));
}

/* ---- Scores ---------------------------------------------------------------------------------------------- */

static gboolean
score_row (TryScores *self, guint row, ClipPrompts *prompts, const TryParams *params, GError **error)
{
  const ClipLabelsParams with = { .background = params->background };
  const ClipRankParams rank = { .mode = CLIP_SCORE_SIGMOID, .temperature = 1, .background = TRUE };
  guint dim = self->embeddings->dim;
  g_autoptr (ClipLabels) labels = clip_labels_new (params->context, prompts, &with, error);
  if (!labels)
    return FALSE;
  for (const char *const *warning = clip_labels_get_warnings (labels); *warning && row + 1 == self->n_rows; warning++)
    params->warning (*warning, params->user_data);
  for (guint i = 0; i < self->embeddings->samples->len; i++)
    clip_labels_score (labels, CLIP_FRAME, self->embeddings->values + (gsize)i * dim, &rank, NULL,
        self->scores + place_of (self, row, i, 0), self->cosines + place_of (self, row, i, 0));
  return TRUE;
}

static gboolean
score_all (TryScores *self, const TryParams *params, GError **error)
{
  for (guint row = 0; row < self->n_rows; row++) {
    params->progress ("templates", row, self->n_rows, params->user_data);
    g_autoptr (ClipPrompts) prompts = row < self->n_templates
                                          ? clip_prompts_with_templates (self->prompts, self->templates[row], error)
                                          : clip_prompts_ref (self->prompts);
    if (!prompts || !score_row (self, row, prompts, params, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- Moments --------------------------------------------------------------------------------------------- */

typedef struct
{
  guint sample;
  float score;
} Ranked;

static int
compare_ranked (const void *a, const void *b)
{
  const Ranked *x = a, *y = b;
  if (x->score != y->score)
    return x->score < y->score ? 1 : -1;
  return x->sample < y->sample ? -1 : 1;
}

static gboolean
is_near (const TryScores *self, guint a, guint b)
{
  const DataSample *x = &g_array_index (self->embeddings->samples, DataSample, a);
  const DataSample *y = &g_array_index (self->embeddings->samples, DataSample, b);
  return x->item == y->item && x->time >= 0 && llabs (x->time - y->time) < MIN_DISTANCE;
}

/* From one end of the ranking. Returns the mean score of what it took. */
static float
take_moments (
    const TryScores *self, const Ranked *ranked, guint n_samples, gboolean weakest, guint max, GArray *moments)
{
  guint first = moments->len;
  float sum = 0;
  for (guint i = 0; i < n_samples && moments->len - first < max; i++) {
    const Ranked *next = &ranked[weakest ? n_samples - 1 - i : i];
    gboolean known = FALSE;
    for (guint k = 0; k < moments->len && !known; k++)
      known = is_near (self, next->sample, g_array_index (moments, TryMoment, k).sample)
              || next->sample == g_array_index (moments, TryMoment, k).sample;
    if (known)
      continue;
    g_array_append_val (moments, ((TryMoment){ next->sample, NULL }));
    sum += next->score;
  }
  guint n = moments->len - first;
  if (weakest) /* worst last */
    for (guint i = 0; i < n / 2; i++) {
      TryMoment *a = &g_array_index (moments, TryMoment, first + i);
      TryMoment *b = &g_array_index (moments, TryMoment, moments->len - 1 - i), other = *a;
      *a = *b;
      *b = other;
    }
  return n ? sum / n : 0;
}

static void
clear_moment (gpointer moment)
{
  g_free (((TryMoment *)moment)->picture);
}

static void
clear_wording (gpointer data)
{
  g_array_unref (((TryWording *)data)->moments);
}

/* By the score in all templates together; where scores do not differ, as all do in the end, by the cosine. */
static void
find_moments (TryScores *self, guint wording, guint max)
{
  TryWording *info = &g_array_index (self->wordings, TryWording, wording);
  guint n = self->embeddings->samples->len, last = self->n_rows - 1;
  g_autofree Ranked *ranked = g_new (Ranked, n);
  for (guint i = 0; i < n; i++)
    ranked[i] = (Ranked){ i, try_scores_get_cosine (self, last, i, wording) };
  qsort (ranked, n, sizeof *ranked, compare_ranked);
  for (guint i = 0; i < n; i++)
    ranked[i].score = try_scores_get (self, last, ranked[i].sample, wording);
  info->strong = take_moments (self, ranked, n, FALSE, max, info->moments);
  info->n_strong = info->moments->len;
  info->weak = take_moments (self, ranked, n, TRUE, max, info->moments);
}

/* ---- All of it ------------------------------------------------------------------------------------------- */

gboolean
try_scores_init (TryScores *self, const DataSet *set, const DataEmbeddings *embeddings, ClipPrompts *prompts,
    const TryParams *params, GError **error)
{
  guint n = clip_prompts_get_size (prompts);
  *self = (TryScores){ .set = set, .embeddings = embeddings, .prompts = clip_prompts_ref (prompts) };
  self->templates = clip_prompts_get_templates (self->prompts);
  self->n_templates = g_strv_length ((char **)self->templates);
  self->n_rows = self->n_templates > 1 ? self->n_templates + 1 : 1;
  self->wordings = g_array_new (FALSE, FALSE, sizeof (TryWording));
  g_array_set_clear_func (self->wordings, clear_wording);
  for (guint i = 0; i < n; i++) {
    TryWording wording
        = { .text = clip_prompts_get (prompts, i)->text, .moments = g_array_new (FALSE, FALSE, sizeof (TryMoment)) };
    g_array_set_clear_func (wording.moments, clear_moment);
    g_array_append_val (self->wordings, wording);
  }
  gsize n_scores = (gsize)self->n_rows * embeddings->samples->len * n;
  self->scores = g_try_new (float, n_scores);
  self->cosines = g_try_new (float, n_scores);
  if (!self->scores || !self->cosines) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for %u wordings in %u templates", n,
        self->n_templates);
    return FALSE;
  }
  if (clip_prompts_get_n_classes (prompts) != n) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_PROMPTS, "--try: expected wordings that differ");
    return FALSE;
  }
  if (!score_all (self, params, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    find_moments (self, i, params->n_moments);
  return TRUE;
}

void
try_scores_clear (TryScores *self)
{
  g_clear_pointer (&self->wordings, g_array_unref);
  g_clear_pointer (&self->prompts, clip_prompts_unref);
  g_clear_pointer (&self->scores, g_free);
  g_clear_pointer (&self->cosines, g_free);
}
