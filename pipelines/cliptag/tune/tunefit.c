/* SPDX-License-Identifier: MIT
 *
 * tunefit.c: see tunefit.h.
 */
#include "tune/tunefit.h"

#include <math.h>
#include <string.h>

#include "tune/calibration.h"
#include "tune/logistic.h"

#define MAX_FOLDS 5

#define MIN_THRESHOLD 0.05
#define MAX_THRESHOLD 0.95

static const double weights[] = { 0.25, 0.5, 1, 2, 4 };
static const double strengths[] = { 1, 10, 100, 1000, 10000 };
static const double smoothings[] = { 0, 0.25, 0.5, 1, 2 }; /* seconds */

/* ---- Candidates ----------------------------------------------------------------------------------------- */

static guint
width_of (const TuneSet *set)
{
  return set->n_classes + 1;
}

/* A candidate whose parameters were learnt from a part. */
typedef struct
{
  const TuneBank *bank;
  TuneCandidate candidate;
  guint n_rows;
  float *vectors, *biases;
} Learnt;

static void
learnt_clear (Learnt *self)
{
  g_clear_pointer (&self->vectors, g_free);
  g_clear_pointer (&self->biases, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Learnt, learnt_clear)

static double
dot (const float *a, const float *b, guint n)
{
  double sum = 0;
  for (guint i = 0; i < n; i++)
    sum += (double)a[i] * b[i];
  return sum;
}

/* The mean direction of each class's samples; 0 where there are none. */
static void
learn_means (Learnt *self, const TunePart *part)
{
  const TuneSet *set = self->bank->set;
  guint dim = set->embeddings->dim;
  self->n_rows = set->n_classes;
  self->vectors = g_new0 (float, (gsize)self->n_rows *dim);
  for (guint i = 0; i < part->n; i++) {
    guint class = set->truth[part->samples[i]];
    const float *row = tune_set_row (set, part->samples[i]);
    for (guint d = 0; class < set->n_classes && d < dim; d++)
      self->vectors[(gsize) class * dim + d] += row[d];
  }
  for (guint k = 0; k < self->n_rows; k++) {
    float *mean = self->vectors + (gsize)k * dim;
    double length = sqrt (dot (mean, mean, dim));
    for (guint d = 0; d < dim && length > 0; d++)
      mean[d] = (float)(mean[d] / length);
  }
}

static gboolean
learn_probe (Learnt *self, const TunePart *part, GError **error)
{
  const TuneSet *set = self->bank->set;
  g_autofree const float **rows = g_new (const float *, part->n);
  g_autofree guint *classes = g_new (guint, part->n);
  self->n_rows = set->n_classes + (set->n_none ? 1 : 0);
  LogisticData data = { 0, set->embeddings->dim, self->n_rows, rows, classes };
  for (guint i = 0; i < part->n; i++) {
    guint class = set->truth[part->samples[i]];
    if (class >= self->n_rows)
      continue;
    rows[data.n] = tune_set_row (set, part->samples[i]);
    classes[data.n++] = class;
  }
  self->vectors = g_new (float, (gsize)self->n_rows *data.dim);
  self->biases = g_new (float, self->n_rows);
  return logistic_fit (&data, self->candidate.strength, self->vectors, self->biases, error);
}

static gboolean
learn (Learnt *self, const TuneBank *bank, const TuneCandidate *candidate, const TunePart *part, GError **error)
{
  *self = (Learnt){ .bank = bank, .candidate = *candidate };
  if (candidate->kind == TUNE_SUM)
    learn_means (self, part);
  return candidate->kind != TUNE_PROBE || learn_probe (self, part, error);
}

/* The log-sum of the logits of prompts with this class, or of the negatives. */
static double
sum_prompts (const Learnt *self, guint class, const float *row)
{
  const TuneBank *bank = self->bank;
  const TuneSet *set = bank->set;
  ClipPrompts *prompts = set->classes->prompts;
  guint dim = set->embeddings->dim;
  gboolean negative = class == set->n_classes;
  const char *label = negative ? NULL : data_classes_get (set->classes, class)->label;
  const float *mean = negative ? NULL : self->vectors + (gsize) class * dim;
  double max = -INFINITY, sum = 0, weight = mean && dot (mean, mean, dim) > 0 ? self->candidate.weight : 0;
  for (guint p = 0; p < bank->n_prompts; p++) {
    const ClipPrompt *prompt = clip_prompts_get (prompts, p);
    if (negative ? !prompt->negative : prompt->negative || !g_str_equal (prompt->label, label))
      continue;
    const float *text = bank->texts[self->candidate.templates] + (gsize)p * dim;
    double cosine = dot (text, row, dim);
    if (weight > 0)
      cosine
          = (cosine + weight * dot (mean, row, dim)) / sqrt (1 + weight * weight + 2 * weight * dot (text, mean, dim));
    double logit = bank->logit_scale * cosine + log (prompt->prior);
    if (logit > max) {
      sum = sum * exp (max - logit) + 1;
      max = logit;
    } else {
      sum += exp (logit - max);
    }
  }
  return sum > 0 ? max + log (sum) : -INFINITY;
}

/* ret: [n_classes + 1] */
static void
get_logits (const Learnt *self, guint sample, double *ret)
{
  const TuneSet *set = self->bank->set;
  guint width = width_of (set), dim = set->embeddings->dim;
  const float *row = tune_set_row (set, sample);
  if (self->candidate.kind == TUNE_TEXT)
    memcpy (ret, self->bank->logits[self->candidate.templates] + (gsize)sample * width, width * sizeof *ret);
  for (guint k = 0; k < width && self->candidate.kind == TUNE_SUM; k++)
    ret[k] = sum_prompts (self, k, row);
  for (guint k = 0; k < width && self->candidate.kind == TUNE_PROBE; k++)
    ret[k] = k < self->n_rows ? dot (self->vectors + (gsize)k * dim, row, dim) + self->biases[k] : -INFINITY;
}

/* ---- Cross-validation ----------------------------------------------------------------------------------- */

/* Logits of a part's samples, each by what was learnt from other origins. ret_logits: [part's n][n_classes + 1] */
static gboolean
cross_validate (const TuneBank *bank, const TuneCandidate *candidate, const TunePart *part, const TuneParams *params,
    double *ret_logits, GError **error)
{
  guint width = width_of (bank->set), n_folds = MIN (MAX_FOLDS, tune_set_count_origins (bank->set, part));
  g_autofree guint *place = g_new (guint, bank->set->n);
  for (guint i = 0; i < part->n; i++)
    place[part->samples[i]] = i;
  if (candidate->kind == TUNE_TEXT)
    n_folds = 1; /* nothing is learnt */
  for (guint fold = 0; fold < n_folds; fold++) {
    g_auto (TunePart) in = { 0 }, out = { 0 };
    g_auto (Learnt) learnt = { 0 };
    if (params->stop && *params->stop) {
      g_set_error_literal (error, CLIP_ERROR, CLIP_ERROR_CANCELLED, "interrupted");
      return FALSE;
    }
    tune_set_split (bank->set, part, n_folds, fold, &in, &out);
    if (!learn (&learnt, bank, candidate, &in, error))
      return FALSE;
    for (guint i = 0; i < out.n; i++)
      get_logits (&learnt, out.samples[i], ret_logits + (gsize)place[out.samples[i]] * width);
  }
  return TRUE;
}

/* The part's truth as calibration.h takes it: a sample of no class counts where something stands for that. */
static guint *
truth_of (const TuneSet *set, const TunePart *part, const double *logits)
{
  guint width = width_of (set);
  guint *truth = g_new (guint, part->n);
  for (guint i = 0; i < part->n; i++) {
    truth[i] = set->truth[part->samples[i]];
    if (truth[i] == set->n_classes && logits[(gsize)i * width + set->n_classes] == -INFINITY)
      truth[i] = width;
  }
  return truth;
}

/* Tries one; keeps it, with its logits, if it is better than what there is. */
static gboolean
try_candidate (const TuneBank *bank, const TuneCandidate *candidate, const TunePart *part, const TuneParams *params,
    Tuned *best, double **best_logits, GError **error)
{
  guint width = width_of (bank->set);
  g_autofree double *logits = g_new (double, (gsize)part->n *width);
  if (!cross_validate (bank, candidate, part, params, logits, error))
    return FALSE;
  g_autofree guint *truth = truth_of (bank->set, part, logits);
  const CalibrationData data = { part->n, width, logits, truth };
  double temperature = calibration_fit_temperature (&data), loss = calibration_loss (&data, temperature);
  if (!*best_logits)
    best->first_loss = calibration_loss (&data, 1);
  if (*best_logits && !(loss < best->loss))
    return TRUE;
  best->candidate = *candidate;
  best->temperature = temperature;
  best->loss = loss;
  g_free (*best_logits);
  *best_logits = g_steal_pointer (&logits);
  return TRUE;
}

/* The texts come first in any case: the others stand on the best of them, or are compared with the first. */
static gboolean
try_all (const TuneBank *bank, const TunePart *part, const TuneParams *params, Tuned *best, double **best_logits,
    GError **error)
{
  for (guint t = 0; t < bank->n_templates; t++)
    if (!try_candidate (bank, &(TuneCandidate){ TUNE_TEXT, t, 0, 0 }, part, params, best, best_logits, error))
      return FALSE;
  guint templates = best->candidate.templates;
  if (!(params->methods & 1 << TUNE_TEXT))
    best->loss = INFINITY;
  for (guint i = 0; i < G_N_ELEMENTS (weights) && bank->can_sum && params->methods & 1 << TUNE_SUM; i++)
    if (!try_candidate (
            bank, &(TuneCandidate){ TUNE_SUM, templates, weights[i], 0 }, part, params, best, best_logits, error))
      return FALSE;
  /* A probe would never say a label that it saw no sample of. */
  guint unseen = tune_set_find_unseen (bank->set);
  gboolean probes = params->methods & 1 << TUNE_PROBE && unseen == bank->set->n_classes
                    && bank->set->n_classes + (bank->set->n_none ? 1 : 0) > 1;
  for (guint i = 0; i < G_N_ELEMENTS (strengths) && probes; i++)
    if (!try_candidate (
            bank, &(TuneCandidate){ TUNE_PROBE, templates, 0, strengths[i] }, part, params, best, best_logits, error))
      return FALSE;
  if (isfinite (best->loss))
    return TRUE;
  if (unseen < bank->set->n_classes && params->methods & 1 << TUNE_PROBE)
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_PROMPTS,
        "--method: a probe needs samples of each label, found none of '%s'",
        data_classes_get (bank->set->classes, unseen)->label);
  else
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_PROMPTS, "--method: these prompts allow text only");
  return FALSE;
}

/* ---- Thresholds and smoothing ---------------------------------------------------------------------------- */

/* logits become shares. */
static void
soften (double *logits, guint n, double temperature)
{
  double max = -INFINITY, sum = 0;
  for (guint k = 0; k < n; k++)
    max = fmax (max, logits[k]);
  for (guint k = 0; k < n; k++)
    sum += logits[k] = exp ((logits[k] - max) / temperature);
  for (guint k = 0; k < n; k++)
    logits[k] /= sum;
}

/* Exponentially within each item; stills stay. from, to: [n][width] */
static void
smooth (const TuneSet *set, const TunePart *part, const double *from, double seconds, double *to)
{
  guint width = width_of (set);
  memcpy (to, from, (gsize)part->n * width * sizeof *to);
  for (guint i = 1; i < part->n; i++) {
    const DataSample *sample = &g_array_index (set->embeddings->samples, DataSample, part->samples[i]);
    const DataSample *before = &g_array_index (set->embeddings->samples, DataSample, part->samples[i - 1]);
    if (sample->item != before->item || sample->time < 0 || seconds <= 0)
      continue;
    double share = -expm1 (-(double)(sample->time - before->time) / 1e9 / seconds);
    for (guint k = 0; k < width; k++)
      to[(gsize)i * width + k]
          = to[(gsize)(i - 1) * width + k] + share * (from[(gsize)i * width + k] - to[(gsize)(i - 1) * width + k]);
  }
}

/* Of a class that there are hardly any samples of: halfway from the best score of others to 1, if that one would count
 * by default; else NaN, the default. */
static float
exceed_others (const float *scores, const gboolean *positive, guint n)
{
  double worst = 0;
  for (guint i = 0; i < n; i++)
    worst = positive[i] ? worst : fmax (worst, scores[i]);
  return worst >= CLIP_EVENT_THRESHOLD ? (float)fmin ((1 + worst) / 2, MAX_THRESHOLD) : NAN;
}

/* Mean F1 of classes at their best thresholds. */
static double
fit_thresholds (const TuneSet *set, const TunePart *part, const double *shares, float *ret_thresholds)
{
  guint width = width_of (set), n = 0;
  g_autofree float *scores = g_new (float, part->n);
  g_autofree gboolean *positive = g_new (gboolean, part->n);
  double sum = 0;
  for (guint k = 0; k < set->n_classes; k++) {
    guint n_positive = 0;
    double f1;
    for (guint i = 0; i < part->n; i++) {
      scores[i] = (float)shares[(gsize)i * width + k];
      positive[i] = set->truth[part->samples[i]] == k;
      n_positive += positive[i] ? 1 : 0;
    }
    double threshold = calibration_fit_threshold (scores, positive, part->n, &f1);
    if (n_positive < TUNE_MIN_POSITIVE)
      ret_thresholds[k] = exceed_others (scores, positive, part->n);
    else
      ret_thresholds[k] = n_positive < part->n ? (float)fmin (fmax (threshold, MIN_THRESHOLD), MAX_THRESHOLD) : NAN;
    sum += n_positive ? f1 : 0;
    n += n_positive ? 1 : 0;
  }
  return n ? sum / n : 0;
}

/* The shares of `logits`, smoothed as tells classes apart best, and thresholds for them. */
static void
fit_time (const TuneSet *set, const TunePart *part, double *logits, Tuned *tuned)
{
  guint width = width_of (set);
  for (guint i = 0; i < part->n; i++)
    soften (logits + (gsize)i * width, width, tuned->temperature);
  tuned->thresholds = g_new (float, set->n_classes);
  tuned->smoothing = -1;
  if (!set->has_times) {
    fit_thresholds (set, part, logits, tuned->thresholds);
    return;
  }
  g_autofree double *smoothed = g_new (double, (gsize)part->n *width);
  g_autofree float *thresholds = g_new (float, set->n_classes);
  double best = -1;
  for (guint i = 0; i < G_N_ELEMENTS (smoothings); i++) {
    smooth (set, part, logits, smoothings[i], smoothed);
    double f1 = fit_thresholds (set, part, smoothed, thresholds);
    if (f1 <= best + 1e-9)
      continue;
    best = f1;
    tuned->smoothing = smoothings[i];
    memcpy (tuned->thresholds, thresholds, set->n_classes * sizeof *thresholds);
  }
}

gboolean
tune_fit (const TuneBank *bank, const TunePart *part, const TuneParams *params, Tuned *ret_tuned, GError **error)
{
  g_auto (Tuned) tuned = { .n_rows = 0 };
  g_auto (Learnt) learnt = { 0 };
  g_autofree double *logits = NULL;
  if (!try_all (bank, part, params, &tuned, &logits, error) || !learn (&learnt, bank, &tuned.candidate, part, error))
    return FALSE;
  fit_time (bank->set, part, logits, &tuned);
  tuned.n_rows = learnt.n_rows;
  tuned.vectors = g_steal_pointer (&learnt.vectors);
  tuned.biases = g_steal_pointer (&learnt.biases);
  *ret_tuned = tuned;
  tuned = (Tuned){ .n_rows = 0 };
  return TRUE;
}

void
tuned_clear (Tuned *self)
{
  g_clear_pointer (&self->vectors, g_free);
  g_clear_pointer (&self->biases, g_free);
  g_clear_pointer (&self->thresholds, g_free);
}
