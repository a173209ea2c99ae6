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
#include <string.h>

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

/* A running log (sum (exp)) that keeps its largest term, so that nothing overflows; NaN terms are left out. */
typedef struct
{
  double max, sum;
} LogSum;

static const LogSum nothing = { -INFINITY, 0 };

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

/* exp (value) / exp (sum so far); 0 for NaN. */
static double
log_sum_share (const LogSum *self, double value)
{
  return isnan (value) || self->sum == 0 ? 0 : exp (value - self->max) / self->sum;
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

static double
logit_of (const Scorer *self, guint prompt, float cosine)
{
  const ClipLabels *labels = self->labels;
  double prior = log (clip_prompts_get (labels->prompts, prompt)->prior);
  if (labels->scales && !isnan (labels->scales[prompt]))
    return (labels->scales[prompt] * (double)cosine + labels->biases[prompt]) / self->temperature + prior;
  return self->scale * cosine + prior;
}

/* The log-sum of the class's prompts' logits; NaN where there is none. ret_cosine: of the best of them, or NaN. */
static double
score_class (const Scorer *self, const ClipClass *class, float *ret_cosine)
{
  const ClipLabels *labels = self->labels;
  LogSum sum = nothing;
  *ret_cosine = NAN;
  if (class->none)
    return NAN;
  guint i = class->id;
  do {
    float cosine = clip_dot (self->embedding, clip_labels_row (labels, i), labels->dim);
    *ret_cosine = fmaxf (*ret_cosine, cosine); /* the other one of NaN */
    log_sum_add (&sum, logit_of (self, i, cosine));
    i = clip_prompts_get (labels->prompts, i)->next;
  } while (i);
  return log_sum_get (&sum);
}

/* The same for a class whose cosine is known. */
static double
get_logit (const Scorer *self, const ClipClass *class, float cosine)
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
  const float *row = clip_labels_row (labels, clip_labels_background_row (labels, index));
  return self->scale * clip_dot (self->embedding, row, labels->dim) + log (labels->background_priors[index]);
}

/* Captions of the background that say the same as a class. */
static guint
find_same (const ClipLabels *labels, guint class, const guint **ret_same)
{
  if (!labels->same_first || class == G_MAXUINT)
    return 0;
  *ret_same = labels->same + labels->same_first[class];
  return labels->same_first[class + 1] - labels->same_first[class];
}

/* What the group's classes are held against, beside each other. without: a class, whose own captions do not count; or
 * G_MAXUINT. */
static LogSum
sum_contrast (const Scorer *self, guint without)
{
  const ClipLabels *labels = self->labels;
  const ClipGroup *group = self->group;
  LogSum sum = nothing;
  if (group->has_negatives) {
    for (guint i = group->first_prompt; i < group->first_prompt + group->n_prompts; i++)
      if (clip_prompts_get (labels->prompts, i)->negative)
        log_sum_add (&sum, logit_of (self, i, clip_dot (self->embedding, clip_labels_row (labels, i), labels->dim)));
  }
  const guint *same = NULL;
  guint n_same = find_same (labels, without, &same);
  for (guint i = 0; self->background && i < labels->n_background; i++) {
    if (n_same && *same == i) {
      same++;
      n_same--;
    } else {
      log_sum_add (&sum, background_logit (self, i));
    }
  }
  if (sum.sum == 0 && (self->mode == CLIP_SCORE_SIGMOID || self->background))
    log_sum_add (
        &sum, self->scale
                  * clip_dot (self->embedding, clip_labels_row (labels, clip_labels_empty_row (labels)), labels->dim));
  return sum;
}

/* The same as sum_contrast() of the class by taking its captions out of the sum of all, unless they are nearly all of
 * it, where too few digits would be left. */
static LogSum
contrast_of (const Scorer *self, const LogSum *all, guint class)
{
  const guint *same = NULL;
  guint n_same = self->background ? find_same (self->labels, class, &same) : 0;
  double out = 0;
  for (guint i = 0; i < n_same; i++) {
    double share = exp (background_logit (self, same[i]) - all->max);
    out += isnan (share) ? 0 : share;
  }
  LogSum rest = { all->max, all->sum - out };
  return n_same && rest.sum < 1e-6 * all->sum ? sum_contrast (self, class) : rest;
}

static void
score_softmax (const Scorer *self, LogSum contrast, float *scores, const float *cosines)
{
  const ClipGroup *group = self->group;
  if (self->background) /* there is a single class then, the first */
    contrast = contrast_of (self, &contrast, group->first_class);
  LogSum all = contrast;
  for (guint c = 0; c < group->n_classes; c++)
    log_sum_add (
        &all, get_logit (self, clip_prompts_get_class (self->labels->prompts, group->first_class + c), cosines[c]));
  for (guint c = 0; c < group->n_classes; c++) {
    const ClipClass *class = clip_prompts_get_class (self->labels->prompts, group->first_class + c);
    double logit = class->none ? log_sum_get (&contrast) : get_logit (self, class, cosines[c]);
    scores[c] = (float)log_sum_share (&all, logit);
  }
}

static void
score_sigmoid (const Scorer *self, LogSum contrast, float *scores, const float *cosines)
{
  const ClipGroup *group = self->group;
  float best = 0;
  for (guint c = 0; c < group->n_classes; c++) {
    const ClipClass *class = clip_prompts_get_class (self->labels->prompts, group->first_class + c);
    double logit = get_logit (self, class, cosines[c]);
    LogSum pair = contrast_of (self, &contrast, group->first_class + c);
    log_sum_add (&pair, logit);
    scores[c] = class->none ? 1 - best : (float)log_sum_share (&pair, logit); /* the last one */
    best = fmaxf (best, scores[c]);
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
  for (guint c = 0; c < group->n_classes; c++)
    score_class (self, clip_prompts_get_class (self->labels->prompts, group->first_class + c), &cosines[c]);

  guint n_real = group->n_classes - (group->none ? 1 : 0);
  self->background
      = params->background && self->labels->n_background && (self->mode == CLIP_SCORE_SIGMOID || n_real == 1);
  if (self->mode == CLIP_SCORE_SOFTMAX || self->mode == CLIP_SCORE_SIGMOID) {
    LogSum contrast = sum_contrast (self, G_MAXUINT);
    (self->mode == CLIP_SCORE_SOFTMAX ? score_softmax : score_sigmoid) (self, contrast, scores, cosines);
  }
  for (guint c = 0; c < group->n_classes; c++) {
    if (isnan (cosines[c]))
      cosines[c] = 0;
    if (self->mode == CLIP_SCORE_COSINE)
      scores[c] = cosines[c];
    else if (self->mode == CLIP_SCORE_Z)
      scores[c] = baseline ? clip_baseline_get_z (baseline, index + c, cosines[c]) : 0;
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
clip_labels_choose (const ClipLabels *self, guint zone_index, const float *scores, const float *cosines,
    float threshold, ClipMatch *ret_matches, guint max)
{
  const ClipZone *zone = clip_prompts_get_zone (self->prompts, zone_index);
  guint n = 0;
  for (guint c = 0; c < zone->n_classes; c++) {
    const ClipClass *class = clip_prompts_get_class (self->prompts, zone->first_class + c);
    float least = isnan (class->timing.threshold) ? threshold : class->timing.threshold;
    ClipMatch match = { class->id, zone->first_class + c, scores[c], cosines[c] };
    if (match.score >= least)
      n = insert_match (ret_matches, n, max, &match);
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
