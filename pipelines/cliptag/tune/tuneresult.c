/* SPDX-License-Identifier: MIT
 *
 * tuneresult.c: see tuneresult.h.
 */
#include "tune/tuneresult.h"

#include <math.h>
#include <string.h>

#include "tune/calibration.h"
#include "tune/tunefile.h"

#define FOLDS        5
#define MAX_LEFT_OUT 20 /* recordings that are each left out in turn */

guint
tune_count_alarms (const EvalEventCount *count)
{
  return count->n_events - count->n_matched;
}

/* ---- One set of prompts on one part ---------------------------------------------------------------------- */

static void
add_count (EvalEventCount *to, const EvalEventCount *from)
{
  to->n_spans += from->n_spans;
  to->n_events += from->n_events;
  to->n_matched += from->n_matched;
  to->start_error += from->start_error;
  to->end_error += from->end_error;
  to->max_start_error = MAX (to->max_start_error, from->max_start_error);
  to->max_end_error = MAX (to->max_end_error, from->max_end_error);
}

static void
add_events (EvalEvents *to, const EvalEvents *from)
{
  if (!to->classes) {
    to->classes = g_new0 (EvalEventCount, from->n_classes);
    to->n_classes = from->n_classes;
  }
  add_count (&to->all, &from->all);
  for (guint k = 0; k < from->n_classes; k++)
    add_count (&to->classes[k], &from->classes[k]);
  to->n_recordings += from->n_recordings;
  to->duration += from->duration;
}

typedef struct
{
  const TuneSet *set;
  const TuneParams *params;
  float *scores; /* [set's n][n_classes] */
} Measure;

/* Scores and events of a part's samples by these prompts, whose classes are the set's in their order. */
static gboolean
measure_part (Measure *self, const TunePart *part, ClipPrompts *prompts, EvalEvents *ret_events, GError **error)
{
  const TuneSet *set = self->set;
  const ClipLabelsParams with = { .encode_image = self->params->encode_image, .background = self->params->background };
  g_autoptr (ClipLabels) labels = clip_labels_new (self->params->context, prompts, &with, error);
  if (!labels)
    return FALSE;
  ClipTrackParams track;
  clip_track_params_init (&track);
  track.update_interval = -1;
  guint n = clip_prompts_get_zone (prompts, CLIP_FRAME)->n_classes;
  g_autofree float *scores = g_new (float, n), *cosines = g_new (float, n);
  for (guint i = 0; i < part->n; i++) {
    guint sample = part->samples[i];
    clip_labels_score (labels, CLIP_FRAME, tune_set_row (set, sample), &track.rank, NULL, scores, cosines);
    memcpy (self->scores + (gsize)sample * set->n_classes, scores, set->n_classes * sizeof *scores);
  }
  if (!set->has_times)
    return TRUE;
  DataClasses classes = *set->classes;
  classes.prompts = prompts;
  g_autoptr (DataEmbeddings) picked = data_embeddings_pick (set->embeddings, part->samples, part->n);
  return eval_events_measure (set->set, &classes, picked, labels, &track, ret_events, error);
}

static ClipPrompts *
tuned_prompts (const TuneBank *bank, const Tuned *tuned, const char *folder, const char *fingerprint, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "fold.json", NULL);
  return tune_file_write (path, bank, tuned, fingerprint, error) ? clip_prompts_new_from_file (path, error) : NULL;
}

/* ---- All folds ------------------------------------------------------------------------------------------- */

static gboolean
compute_metrics (const TuneSet *set, const float *scores, Metrics *ret_metrics, GError **error)
{
  g_autofree guint *first = g_new (guint, set->n + 1), *labels = g_new (guint, set->n);
  guint n = 0;
  for (guint i = 0; i < set->n; i++) {
    first[i] = n;
    if (set->truth[i] < set->n_classes)
      labels[n++] = set->truth[i];
  }
  first[set->n] = n;
  const MetricsInput input = { .n_samples = set->n,
    .n_classes = set->n_classes,
    .scores = scores,
    .first_label = first,
    .labels = labels,
    .probabilities = TRUE };
  if (metrics_compute (&input, ret_metrics))
    return TRUE;
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for the figures of %u samples", set->n);
  return FALSE;
}

/* Alarms that others' rate lets one expect in `duration`: Poisson's spread of a mean that is itself known only within
 * its interval. */
static void
expect_alarms (guint n, gint64 others, gint64 duration, double *ret_low, double *ret_high)
{
  double low, high, share = others > 0 ? (double)duration / (double)others : 0;
  calibration_poisson_interval (n, &low, &high);
  *ret_low = fmax (0, low * share - 2 * sqrt (low * share));
  *ret_high = high * share + 2 * sqrt (high * share) + 1;
}

static void
compare_left_out (TuneResult *self)
{
  for (guint i = 0; i < self->left_out->len; i++) {
    TuneLeftOut *one = &g_array_index (self->left_out, TuneLeftOut, i);
    one->others_alarms = tune_count_alarms (&self->events_after.all) - one->n_alarms;
    one->others_duration = self->events_after.duration - one->duration;
    expect_alarms (one->others_alarms, one->others_duration, one->duration, &one->low, &one->high);
  }
}

static gboolean
measure_fold (const TuneBank *bank, const TuneParams *params, const char *folder, const TunePart *all, guint fold,
    Measure *before, Measure *after, TuneResult *result, GError **error)
{
  const TuneSet *set = bank->set;
  const char *fingerprint = clip_model_get_info (clip_context_get_model (params->context))->fingerprint;
  g_auto (TunePart) in = { 0 }, out = { 0 };
  g_auto (Tuned) tuned = { .n_rows = 0 };
  tune_set_split (set, all, result->n_folds, fold, &in, &out);
  if (!tune_fit (bank, &in, params, &tuned, error))
    return FALSE;
  g_autoptr (ClipPrompts) prompts = tuned_prompts (bank, &tuned, folder, fingerprint, error);
  EvalEvents events_before = { .n_classes = 0 }, events_after = { .n_classes = 0 };
  if (!prompts || !measure_part (before, &out, set->classes->prompts, &events_before, error)
      || !measure_part (after, &out, prompts, &events_after, error)) {
    eval_events_clear (&events_before);
    return FALSE;
  }
  if (set->has_times) {
    add_events (&result->events_before, &events_before);
    add_events (&result->events_after, &events_after);
    if (out.n && result->n_folds == set->n_origins) {
      guint item = g_array_index (set->embeddings->samples, DataSample, out.samples[0]).item;
      g_array_append_val (
          result->left_out, ((TuneLeftOut){ .name = g_array_index (set->set->items, DataItem, item).name,
                                .n_alarms = tune_count_alarms (&events_after.all),
                                .duration = events_after.duration }));
    }
  }
  eval_events_clear (&events_before);
  eval_events_clear (&events_after);
  return TRUE;
}

gboolean
tune_result_measure (const TuneBank *bank, const TuneParams *params, const char *folder,
    void (*progress) (guint fold, guint n_folds, gpointer user_data), gpointer user_data, TuneResult *ret_result,
    GError **error)
{
  const TuneSet *set = bank->set;
  gsize n_scores = (gsize)set->n * set->n_classes;
  g_autofree float *scores_before = g_try_new0 (float, n_scores), *scores_after = g_try_new0 (float, n_scores);
  g_auto (TunePart) all = { set->n, g_new (guint, set->n) };
  g_auto (TuneResult) result = { .has_events = set->has_times };
  Measure before = { set, params, scores_before }, after = { set, params, scores_after };
  result.left_out = g_array_new (FALSE, FALSE, sizeof (TuneLeftOut));
  result.n_folds = set->has_times && set->n_origins <= MAX_LEFT_OUT ? set->n_origins : MIN (FOLDS, set->n_origins);
  if (!scores_before || !scores_after) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for the scores of %u samples", set->n);
    return FALSE;
  }
  for (guint i = 0; i < set->n; i++)
    all.samples[i] = i;
  for (guint fold = 0; fold < result.n_folds; fold++) {
    if (progress)
      progress (fold, result.n_folds, user_data);
    if (!measure_fold (bank, params, folder, &all, fold, &before, &after, &result, error))
      return FALSE;
  }
  if (!compute_metrics (set, scores_before, &result.before, error)
      || !compute_metrics (set, scores_after, &result.after, error))
    return FALSE;
  compare_left_out (&result);
  *ret_result = result;
  result = (TuneResult){ .n_folds = 0 };
  return TRUE;
}

void
tune_result_clear (TuneResult *self)
{
  metrics_clear (&self->before);
  metrics_clear (&self->after);
  eval_events_clear (&self->events_before);
  eval_events_clear (&self->events_after);
  g_clear_pointer (&self->left_out, g_array_unref);
}
