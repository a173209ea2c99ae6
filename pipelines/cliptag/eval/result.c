/* SPDX-License-Identifier: MIT
 *
 * result.c: from embeddings to what a report says: scores by the engine's own code, a group at a time.
 */
#include "eval/result.h"

#include <string.h>

#define MAX_MISTAKES 24

/* ---- Groups -------------------------------------------------------------------------------------------- */

const char *
eval_result_label (const EvalResult *self, guint group, guint class)
{
  return data_classes_get (self->classes, g_array_index (self->groups, EvalGroup, group).first_class + class)->label;
}

/* The labels of all samples within one group. A sample that has none is "none of these" where the group has such. */
static gboolean
collect_labels (const EvalResult *self, EvalGroup *group)
{
  const DataEmbeddings *embeddings = self->embeddings;
  guint n = embeddings->samples->len;
  const ClipClass *last = data_classes_get (self->classes, group->first_class + group->n_classes - 1);
  gboolean any = FALSE;
  group->first_label = g_new0 (guint, n + 1);
  group->labels = g_new0 (guint, (gsize)embeddings->labels->len + n + 1);
  guint used = 0;
  for (guint i = 0; i < n; i++) {
    const DataSample *sample = &g_array_index (embeddings->samples, DataSample, i);
    for (guint k = 0; k < sample->n_labels; k++) {
      guint label = g_array_index (embeddings->labels, guint, sample->first_label + k);
      guint class = self->classes->class_of_label[label] - group->first_class;
      gboolean known = class >= group->n_classes;
      for (guint other = group->first_label[i]; other < used && !known; other++)
        known = group->labels[other] == class; /* two names of one class */
      if (!known)
        group->labels[used++] = class;
    }
    any |= used > group->first_label[i];
    if (used == group->first_label[i] && last->none)
      group->labels[used++] = group->n_classes - 1;
    group->first_label[i + 1] = used;
  }
  return any;
}

static void
clear_group (gpointer data)
{
  EvalGroup *group = data;
  metrics_clear (&group->metrics);
  g_free (group->first_label);
  g_free (group->labels);
}

/* Those of the frame that the data says something of. */
static gboolean
find_groups (EvalResult *self, GError **error)
{
  ClipPrompts *prompts = self->classes->prompts;
  const ClipZone *frame = clip_prompts_get_zone (prompts, CLIP_FRAME);
  for (guint i = 0; i < frame->n_groups; i++) {
    const ClipGroup *info = clip_prompts_get_group (prompts, frame->first_group + i);
    EvalGroup group = {
      .name = info->name,
      .first_class = info->first_class - frame->first_class,
      .n_classes = info->n_classes,
      .mode = info->mode >= 0 ? (ClipScoreMode)info->mode : self->settings->track.rank.mode,
    };
    if (group.mode == CLIP_SCORE_Z) {
      g_set_error (error, CLIP_ERROR, CLIP_ERROR_UNSUPPORTED,
          "group \"%s\": its z-scores hang on what came before: expected softmax, sigmoid or cosine",
          info->name ? info->name : "");
      return FALSE;
    }
    if (group.n_classes > 0 && collect_labels (self, &group))
      g_array_append_val (self->groups, group);
    else
      clear_group (&group);
  }
  if (self->groups->len > 0 || self->has_events) /* recordings in which nothing happens have events all the same */
    return TRUE;
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_PROMPTS, "%s: no sample has a label: expected some", self->set->path);
  return FALSE;
}

/* ---- Scores -------------------------------------------------------------------------------------------- */

/* [samples][frame's classes], or NULL where there is no memory. */
static float *
score_all (const EvalResult *self, ClipLabels *labels)
{
  const DataEmbeddings *embeddings = self->embeddings;
  gsize n = embeddings->samples->len, n_classes = self->classes->n_classes;
  g_autofree float *cosines = g_try_new (float, n_classes);
  g_autofree float *scores = g_try_new (float, n *n_classes);
  if (!scores || !cosines)
    return NULL;
  for (gsize i = 0; i < n; i++)
    clip_labels_score (labels, CLIP_FRAME, embeddings->values + i * embeddings->dim, &self->settings->track.rank, NULL,
        scores + i * n_classes, cosines);
  return g_steal_pointer (&scores);
}

static gboolean
measure_group (const EvalResult *self, const EvalGroup *group, const float *scores, gboolean with_ap, Metrics *ret)
{
  gsize n = self->embeddings->samples->len, n_classes = self->classes->n_classes;
  g_autofree float *own = NULL;
  if (group->n_classes < n_classes) {
    own = g_try_new (float, n * group->n_classes);
    if (!own)
      return FALSE;
    for (gsize i = 0; i < n; i++)
      memcpy (
          own + i * group->n_classes, scores + i * n_classes + group->first_class, group->n_classes * sizeof (float));
  }
  const MetricsInput input = {
    .n_samples = (guint)n,
    .n_classes = group->n_classes,
    .scores = own ? own : scores,
    .first_label = group->first_label,
    .labels = group->labels,
    .probabilities = group->mode != CLIP_SCORE_COSINE,
    .with_ap = with_ap,
  };
  return metrics_compute (&input, ret);
}

/* ---- Mistakes ------------------------------------------------------------------------------------------ */

static int
compare_mistakes (gconstpointer a, gconstpointer b)
{
  const EvalMistake *x = a, *y = b;
  float dx = x->best_score - x->truth_score, dy = y->best_score - y->truth_score;
  if (dx != dy)
    return (dx < dy) - (dx > dy);
  return (x->sample > y->sample) - (x->sample < y->sample);
}

static void
clear_mistake (gpointer data)
{
  g_free (((EvalMistake *)data)->picture);
}

void
eval_result_find_mistakes (EvalResult *self, const float *scores, guint n)
{
  for (guint g = 0; g < self->groups->len; g++) {
    const EvalGroup *group = &g_array_index (self->groups, EvalGroup, g);
    for (guint i = 0; i < self->embeddings->samples->len; i++) {
      const float *own = scores + (gsize)i * self->classes->n_classes + group->first_class;
      guint best = metrics_best (own, group->n_classes), truth = G_MAXUINT;
      for (guint k = group->first_label[i]; k < group->first_label[i + 1]; k++)
        if (truth == G_MAXUINT || own[group->labels[k]] > own[truth] || group->labels[k] == best)
          truth = group->labels[k];
      if (truth == G_MAXUINT || truth == best)
        continue;
      const EvalMistake mistake = {
        .group = g, .sample = i, .truth = truth, .best = best, .truth_score = own[truth], .best_score = own[best]
      };
      g_array_append_val (self->mistakes, mistake);
    }
  }
  g_array_sort (self->mistakes, compare_mistakes);
  if (self->mistakes->len > n)
    g_array_set_size (self->mistakes, n);
}

/* ---- All together -------------------------------------------------------------------------------------- */

typedef struct
{
  const EvalSteps *steps;
  const char *step;
} Progress;

static void
tell_progress (guint64 done, guint64 total, gpointer user_data)
{
  const Progress *self = user_data;
  if (self->steps->progress)
    self->steps->progress (self->step, done, total, self->steps->user_data);
  if (self->steps->stop && *self->steps->stop)
    clip_context_cancel (self->steps->context);
}

static ClipLabels *
encode_prompts (const EvalResult *self, ClipPrompts *prompts, const char *step, const EvalSteps *steps, GError **error)
{
  g_autofree char *cache = clip_labels_cache_dir ();
  Progress progress = { steps, step };
  const ClipLabelsParams params = {
    .progress = tell_progress,
    .encode_image = steps->encode_image,
    .user_data = &progress,
    .cache_dir = cache,
    .background = self->settings->background,
  };
  return clip_labels_new (steps->context, prompts, &params, error);
}

static gboolean
fail_memory (GError **error)
{
  g_set_error_literal (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for the scores of all samples");
  return FALSE;
}

static void
clear_template (gpointer data)
{
  EvalTemplate *self = data;
  for (Metrics *metrics = self->metrics; metrics && metrics->recall; metrics++)
    metrics_clear (metrics);
  g_free (self->metrics);
}

static gboolean
measure_template (EvalResult *self, const char *text, const EvalSteps *steps, GError **error)
{
  g_autoptr (ClipPrompts) prompts = clip_prompts_with_templates (self->classes->prompts, text, error);
  g_autoptr (ClipLabels) labels = prompts ? encode_prompts (self, prompts, text, steps, error) : NULL;
  if (!labels)
    return FALSE;
  g_autofree float *scores = score_all (self, labels);
  EvalTemplate template = { text, g_new0 (Metrics, self->groups->len + 1) };
  gboolean ok = scores != NULL;
  for (guint i = 0; i < self->groups->len && ok; i++) {
    const EvalGroup *group = &g_array_index (self->groups, EvalGroup, i);
    ok = measure_group (self, group, scores, group->metrics.multi, &template.metrics[i]);
  }
  g_array_append_val (self->templates, template);
  return ok || fail_memory (error);
}

/* All templates together. */
static gboolean
measure_ensemble (EvalResult *self, ClipLabels *labels, GError **error)
{
  g_autofree float *scores = score_all (self, labels);
  gboolean ok = scores != NULL;
  for (guint i = 0; i < self->groups->len && ok; i++) {
    EvalGroup *group = &g_array_index (self->groups, EvalGroup, i);
    ok = measure_group (self, group, scores, TRUE, &group->metrics);
  }
  if (!ok)
    return fail_memory (error);
  eval_result_find_mistakes (self, scores, MAX_MISTAKES);
  return TRUE;
}

gboolean
eval_result_measure (const DataSet *set, const DataClasses *classes, const DataEmbeddings *embeddings,
    const EvalSettings *settings, const EvalSteps *steps, EvalResult *ret_result, GError **error)
{
  g_auto (EvalResult) self = { .set = set, .classes = classes, .embeddings = embeddings, .settings = settings };
  self.model = clip_model_get_info (clip_context_get_model (steps->context));
  self.groups = g_array_new (FALSE, TRUE, sizeof (EvalGroup));
  g_array_set_clear_func (self.groups, clear_group);
  self.templates = g_array_new (FALSE, TRUE, sizeof (EvalTemplate));
  g_array_set_clear_func (self.templates, clear_template);
  self.mistakes = g_array_new (FALSE, TRUE, sizeof (EvalMistake));
  g_array_set_clear_func (self.mistakes, clear_mistake);
  for (guint i = 0; i < embeddings->samples->len && set->layout == DATA_CSV && !self.has_events; i++)
    self.has_events = g_array_index (embeddings->samples, DataSample, i).time >= 0;
  if (!find_groups (&self, error))
    return FALSE;

  g_autoptr (ClipLabels) labels = encode_prompts (&self, classes->prompts, NULL, steps, error);
  if (!labels)
    return FALSE;
  for (const char *const *warning = clip_labels_get_warnings (labels); *warning && steps->warning; warning++)
    steps->warning (*warning, steps->user_data);
  if (!measure_ensemble (&self, labels, error))
    return FALSE;
  if (self.has_events && !eval_events_measure (set, classes, embeddings, labels, &settings->track, &self.events, error))
    return FALSE;

  const char *const *templates = clip_prompts_get_templates (classes->prompts);
  for (guint i = 0; templates[1] && templates[i]; i++)
    if (!measure_template (&self, templates[i], steps, error))
      return FALSE;
  *ret_result = self;
  self = (EvalResult){ 0 };
  return TRUE;
}

void
eval_result_clear (EvalResult *self)
{
  g_clear_pointer (&self->groups, g_array_unref);
  g_clear_pointer (&self->templates, g_array_unref);
  g_clear_pointer (&self->mistakes, g_array_unref);
  eval_events_clear (&self->events);
}
