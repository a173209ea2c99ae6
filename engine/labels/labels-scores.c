/* SPDX-License-Identifier: MIT
 *
 * labels-scores.c: what the classes of a zone score for an embedding, and the best of them.
 *
 * Softmax over logit_scale x cosine, plus the logarithm of the prior, is CLIP's own (Radford et al. 2021,
 * section 3.1.4); sigmoid is that softmax between one class and what it is held against, so each label is scored on its
 * own and a threshold means the same whatever other prompts there are. A class of several prompts has the sum of their
 * shares.
 */
#include <math.h>

#include "labels/labels.h"
#include "model/model.h"

static const char *const mode_names[] = { "softmax", "sigmoid", "cosine", "z-score" };
G_STATIC_ASSERT (G_N_ELEMENTS (mode_names) == CLIP_N_SCORE_MODES);

const char *
clip_score_mode_name (ClipScoreMode mode)
{
  return (guint)mode < CLIP_N_SCORE_MODES ? mode_names[mode] : "?";
}

gboolean
clip_score_mode_from_name (const char *name, ClipScoreMode *ret_mode)
{
  for (guint i = 0; i < CLIP_N_SCORE_MODES; i++) {
    if (g_str_equal (name, mode_names[i])) {
      *ret_mode = (ClipScoreMode)i;
      return TRUE;
    }
  }
  return FALSE;
}

/* A running log (sum (exp)) that keeps its largest term, so that nothing overflows. Terms that are not finite are left
 * out. */
typedef struct
{
  double max, sum;
} LogSum;

static const LogSum nothing = { -INFINITY, 0 };

static void
log_sum_add (LogSum *self, double value)
{
  if (!isfinite (value))
    return;
  if (value > self->max) {
    self->sum = self->sum * exp (self->max - value) + 1;
    self->max = value;
  } else {
    self->sum += exp (value - self->max);
  }
}

/* exp (value) / exp (sum so far); 0 for what would be left out. */
static double
log_sum_share (const LogSum *self, double value)
{
  return isfinite (value) && self->sum > 0 ? exp (value - self->max) / self->sum : 0;
}

static double
log_sum_get (const LogSum *self)
{
  return self->sum > 0 ? self->max + log (self->sum) : NAN;
}

/* One group at work. */
typedef struct
{
  const ClipLabels *labels;
  const float *embedding;
  const ClipGroup *group;
  ClipScoreMode mode;
  double scale, temperature;
  gboolean background; /* takes part in this group */
} Scorer;

static const ClipClass *
get_class (const Scorer *self, guint c)
{
  return clip_prompts_get_class (self->labels->prompts, self->group->first_class + c);
}

static float
cosine_of (const Scorer *self, guint row)
{
  return clip_dot (self->embedding, clip_labels_row (self->labels, row), self->labels->dim);
}

static double
log_prior (float prior)
{
  return prior == 1 ? 0 : log (prior); /* nearly all are 1 */
}

static double
logit_of (const Scorer *self, guint prompt, float cosine)
{
  const ClipLabels *labels = self->labels;
  double prior = log_prior (clip_prompts_get (labels->prompts, prompt)->prior);
  if (labels->scales && !isnan (labels->scales[prompt]))
    return ((double)labels->scales[prompt] * cosine + labels->biases[prompt]) / self->temperature + prior;
  return self->scale * cosine + prior;
}

/* The log-sum of the class's prompts' logits; NaN where there is none. ret_cosine: of the best of them, or NaN. */
static double
score_class (const Scorer *self, const ClipClass *class, float *ret_cosine)
{
  LogSum sum = nothing;
  *ret_cosine = NAN;
  if (class->none)
    return NAN;
  guint i = class->id;
  do {
    float cosine = cosine_of (self, i);
    if (isfinite (cosine))
      *ret_cosine = fmaxf (*ret_cosine, cosine); /* the other one of NaN */
    log_sum_add (&sum, logit_of (self, i, cosine));
    i = clip_prompts_get (self->labels->prompts, i)->next;
  } while (i);
  return log_sum_get (&sum);
}

/* The same of a class whose cosine is known: that of a single prompt is not computed again. */
static double
score_again (const Scorer *self, const ClipClass *class, float cosine)
{
  if (class->none)
    return NAN;
  if (clip_prompts_get (self->labels->prompts, class->id)->next)
    return score_class (self, class, &cosine);
  return logit_of (self, class->id, cosine);
}

static double
background_logit (const Scorer *self, guint index)
{
  const ClipLabels *labels = self->labels;
  return self->scale * cosine_of (self, clip_labels_background_row (labels, index))
         + log_prior (labels->background_priors[index]);
}

static gboolean
has_probes (const Scorer *self)
{
  const float *scales = self->labels->scales;
  for (guint i = 0; scales && i < self->group->n_prompts; i++)
    if (!isnan (scales[self->group->first_prompt + i]))
      return TRUE;
  return FALSE;
}

/* In softmax only where nothing else would do: a single class, which would always have all of it, or a "none". A
 * probe's logits are on a scale of their own, with which the background's cannot be compared. */
static gboolean
has_background (const Scorer *self)
{
  const ClipGroup *group = self->group;
  gboolean applies = self->mode == CLIP_SCORE_SIGMOID || group->none || group->n_classes == 1;
  return self->labels->n_background && applies && !has_probes (self);
}

/* What the group's classes are held against, beside each other. without: a set of captions that do not count, as
 * labels.h has them; G_MAXUINT = none. */
static LogSum
sum_contrast (const Scorer *self, guint without)
{
  const ClipLabels *labels = self->labels;
  const ClipGroup *group = self->group;
  LogSum sum = nothing;
  for (guint i = 0; group->has_negatives && i < group->n_prompts; i++) {
    guint prompt = group->first_prompt + i;
    if (clip_prompts_get (labels->prompts, prompt)->negative)
      log_sum_add (&sum, logit_of (self, prompt, cosine_of (self, prompt)));
  }
  const guint *same = NULL;
  guint n_same = without == G_MAXUINT ? 0 : clip_labels_get_same (labels, without, &same);
  for (guint i = 0; self->background && i < labels->n_background; i++) {
    if (n_same && *same == i) {
      same++;
      n_same--;
    } else {
      log_sum_add (&sum, background_logit (self, i));
    }
  }
  if (sum.sum == 0 && (self->mode == CLIP_SCORE_SIGMOID || self->background))
    log_sum_add (&sum, self->scale * cosine_of (self, clip_labels_empty_row (labels)));
  return sum;
}

/* The same by taking the captions out of the sum of all, unless they are nearly all of it, where too few digits would
 * be left. */
static LogSum
take_out (const Scorer *self, const LogSum *all, guint without)
{
  const guint *same = NULL;
  guint n_same = self->background ? clip_labels_get_same (self->labels, without, &same) : 0;
  double out = 0;
  for (guint i = 0; i < n_same; i++) {
    double share = exp (background_logit (self, same[i]) - all->max);
    out += isnan (share) ? 0 : share;
  }
  LogSum rest = { all->max, all->sum - out };
  return n_same && rest.sum < 1e-6 * all->sum ? sum_contrast (self, without) : rest;
}

static void
score_softmax (const Scorer *self, float *scores, float *cosines)
{
  guint n = self->group->n_classes;
  LogSum contrast = sum_contrast (self, clip_labels_same_of_group (self->labels, self->group));
  LogSum all = contrast;
  for (guint c = 0; c < n; c++)
    log_sum_add (&all, score_class (self, get_class (self, c), &cosines[c]));
  for (guint c = 0; c < n; c++) {
    const ClipClass *class = get_class (self, c);
    double logit = class->none ? log_sum_get (&contrast) : score_again (self, class, cosines[c]);
    scores[c] = (float)log_sum_share (&all, logit);
  }
}

static void
score_sigmoid (const Scorer *self, float *scores, float *cosines)
{
  float best = NAN;
  LogSum contrast = sum_contrast (self, G_MAXUINT);
  for (guint c = 0; c < self->group->n_classes; c++) {
    const ClipClass *class = get_class (self, c);
    double logit = score_class (self, class, &cosines[c]);
    LogSum pair = take_out (self, &contrast, self->group->first_class + c);
    log_sum_add (&pair, logit);
    if (class->none) { /* the last one */
      scores[c] = isnan (best) ? 0 : 1 - best;
    } else {
      scores[c] = (float)log_sum_share (&pair, logit);
      best = isfinite (logit) ? fmaxf (best, scores[c]) : best;
    }
  }
}

/* scores, cosines: of the group; index: of its first class within the zone. */
static void
score_group (Scorer *self, guint index, const ClipRankParams *params, const ClipBaseline *baseline, float *scores,
    float *cosines)
{
  const ClipGroup *group = self->group;
  self->mode = group->mode >= 0 ? (ClipScoreMode)group->mode : params->mode;
  self->temperature = isnan (group->temperature) ? params->temperature : group->temperature;
  self->scale = self->labels->logit_scale / self->temperature;

  self->background = params->background && has_background (self);
  if (self->mode == CLIP_SCORE_SOFTMAX)
    score_softmax (self, scores, cosines);
  else if (self->mode == CLIP_SCORE_SIGMOID)
    score_sigmoid (self, scores, cosines);
  for (guint c = 0; c < group->n_classes; c++) {
    if (self->mode == CLIP_SCORE_COSINE || self->mode == CLIP_SCORE_Z) {
      score_class (self, get_class (self, c), &cosines[c]);
      scores[c] = self->mode == CLIP_SCORE_COSINE ? cosines[c]
                  : baseline                      ? clip_baseline_get_z (baseline, index + c, cosines[c])
                                                  : 0;
    }
    if (!isfinite (cosines[c])) {
      cosines[c] = 0;
      if (!get_class (self, c)->none)
        scores[c] = 0;
    }
    if (!isfinite (scores[c]))
      scores[c] = 0;
  }
}

void
clip_labels_score (const ClipLabels *self, guint zone_index, const float *embedding, const ClipRankParams *params,
    const ClipBaseline *baseline, float *ret_scores, float *ret_cosines)
{
  const ClipZone *zone = clip_prompts_get_zone (self->prompts, zone_index);
  Scorer scorer = { .labels = self, .embedding = embedding };
  for (guint g = zone->first_group; g < zone->first_group + zone->n_groups; g++) {
    scorer.group = clip_prompts_get_group (self->prompts, g);
    guint index = scorer.group->first_class - zone->first_class;
    score_group (&scorer, index, params, baseline, ret_scores + index, ret_cosines + index);
  }
}

/* ---- The best of them ---------------------------------------------------------------------------------- */

/* Of equal ones the first is the better. */
static gboolean
is_better (const ClipMatch *a, const ClipMatch *b)
{
  return a->score > b->score || (a->score == b->score && a->class < b->class);
}

static void
swap_matches (ClipMatch *a, ClipMatch *b)
{
  ClipMatch match = *a;
  *a = *b;
  *b = match;
}

/* A heap with the worst at its root: brings the first to its place. */
static void
sift_down (ClipMatch *heap, guint n)
{
  for (guint i = 0, child; (child = 2 * i + 1) < n; i = child) {
    if (child + 1 < n && is_better (&heap[child], &heap[child + 1]))
      child++;
    if (!is_better (&heap[i], &heap[child]))
      break;
    swap_matches (&heap[i], &heap[child]);
  }
}

/* The same from below. */
static void
sift_up (ClipMatch *heap, guint i)
{
  for (guint parent; i > 0 && is_better (&heap[parent = (i - 1) / 2], &heap[i]); i = parent)
    swap_matches (&heap[parent], &heap[i]);
}

guint
clip_labels_choose (const ClipLabels *self, guint zone_index, const float *scores, const float *cosines,
    float threshold, ClipMatch *ret_matches, guint max)
{
  const ClipZone *zone = clip_prompts_get_zone (self->prompts, zone_index);
  guint n = 0;
  for (guint c = 0; max > 0 && c < zone->n_classes; c++) {
    const ClipClass *class = clip_prompts_get_class (self->prompts, zone->first_class + c);
    float least = isnan (class->timing.threshold) ? threshold : class->timing.threshold;
    ClipMatch match = { class->id, zone->first_class + c, scores[c], cosines[c] };
    if (!(match.score >= least))
      continue;
    if (n < max) {
      ret_matches[n] = match;
      sift_up (ret_matches, n++);
    } else if (is_better (&match, &ret_matches[0])) {
      ret_matches[0] = match;
      sift_down (ret_matches, n);
    }
  }
  for (guint last = n; last > 1; last--) { /* the worst go to the end */
    swap_matches (&ret_matches[0], &ret_matches[last - 1]);
    sift_down (ret_matches, last - 1);
  }
  return n;
}

guint
clip_labels_rank (
    const ClipLabels *self, const float *embedding, const ClipRankParams *params, ClipMatch *ret_matches, guint max)
{
  guint n = clip_prompts_get_zone (self->prompts, CLIP_FRAME)->n_classes;
  g_autofree float *scores = g_new (float, n), *cosines = g_new (float, n);
  clip_labels_score (self, CLIP_FRAME, embedding, params, NULL, scores, cosines);
  return clip_labels_choose (self, CLIP_FRAME, scores, cosines, params->threshold, ret_matches, max);
}
