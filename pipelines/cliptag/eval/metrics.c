/* SPDX-License-Identifier: MIT
 *
 * metrics.c: how well scores tell classes apart.
 *
 * Average precision is scikit-learn's average_precision_score: the sum over thresholds of (R_n - R_n-1) P_n, without
 * interpolation, samples of one score being one step. Calibration is the expected calibration error of Guo et al., "On
 * Calibration of Modern Neural Networks", 2017, equation 3: over 15 bins of equal width of the best class's confidence,
 * the mean of |accuracy - confidence|, weighted by the number of samples.
 */
#include "eval/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

guint
metrics_best (const float *scores, guint n)
{
  guint best = 0;
  for (guint i = 1; i < n; i++)
    if (scores[i] > scores[best])
      best = i;
  return best;
}

guint
metrics_rank (const float *scores, guint n, guint index)
{
  guint rank = 0;
  for (guint i = 0; i < n; i++)
    rank += scores[i] > scores[index] || (scores[i] == scores[index] && i < index);
  return rank;
}

/* ---- Average precision --------------------------------------------------------------------------------- */

typedef struct
{
  float score;
  guint positive;
} Ranked;

static int
compare_ranked (const void *a, const void *b)
{
  float x = ((const Ranked *)a)->score, y = ((const Ranked *)b)->score;
  return (x < y) - (x > y);
}

/* ranked: [n], in any order. */
static double
average_precision (Ranked *ranked, guint n, guint n_positive)
{
  double sum = 0;
  guint found = 0;
  qsort (ranked, n, sizeof *ranked, compare_ranked);
  for (guint i = 0; i < n;) {
    float score = ranked[i].score;
    guint before = found;
    for (; i < n && ranked[i].score == score; i++)
      found += ranked[i].positive;
    sum += (double)(found - before) / n_positive * ((double)found / i);
  }
  return sum;
}

static void
compute_ap (const MetricsInput *input, Metrics *self, Ranked *ranked)
{
  double sum = 0;
  guint n_present = 0;
  for (guint c = 0; c < input->n_classes; c++) {
    if (self->n_of_class[c] == 0)
      continue;
    for (guint i = 0; i < input->n_samples; i++) {
      ranked[i] = (Ranked){ input->scores[(gsize)i * input->n_classes + c], 0 };
      for (guint k = input->first_label[i]; k < input->first_label[i + 1]; k++)
        ranked[i].positive |= input->labels[k] == c;
    }
    self->ap[c] = average_precision (ranked, input->n_samples, self->n_of_class[c]);
    sum += self->ap[c];
    n_present++;
  }
  if (n_present > 0)
    self->map = sum / n_present;
}

/* ---- The others ---------------------------------------------------------------------------------------- */

static void
add_to_bin (Metrics *self, double confidence, gboolean right)
{
  guint bin = 0;
  while (bin < METRICS_BINS - 1 && confidence > (bin + 1.0) / METRICS_BINS)
    bin++;
  self->bins[bin].n++;
  self->bins[bin].confidence += confidence;
  self->bins[bin].accuracy += right;
}

static void
finish_bins (Metrics *self)
{
  double sum = 0;
  for (guint i = 0; i < METRICS_BINS; i++) {
    MetricsBin *bin = &self->bins[i];
    sum += fabs (bin->accuracy - bin->confidence);
    bin->confidence = bin->n > 0 ? bin->confidence / bin->n : NAN;
    bin->accuracy = bin->n > 0 ? bin->accuracy / bin->n : NAN;
  }
  self->ece = sum / self->n_labelled;
}

/* Adds one sample's hits; ret_found: [n_classes], by label. */
static void
add_sample (const MetricsInput *input, Metrics *self, guint sample, guint *found, guint *hits1, guint *hits5)
{
  const float *scores = input->scores + (gsize)sample * input->n_classes;
  const guint *labels = input->labels + input->first_label[sample];
  guint n = input->first_label[sample + 1] - input->first_label[sample];
  guint least = G_MAXUINT;
  self->multi |= n != 1;
  if (n == 0)
    return;
  self->n_labelled++;
  for (guint k = 0; k < n; k++) {
    guint rank = metrics_rank (scores, input->n_classes, labels[k]);
    least = MIN (least, rank);
    self->n_of_class[labels[k]]++;
    found[labels[k]] += rank < n;
  }
  *hits1 += least < 1;
  *hits5 += least < 5;
  guint best = metrics_best (scores, input->n_classes);
  if (n == 1)
    self->confusion[(gsize)labels[0] * input->n_classes + best]++;
  if (input->probabilities)
    add_to_bin (self, scores[best], least < 1);
}

gboolean
metrics_compute (const MetricsInput *input, Metrics *ret_metrics)
{
  gsize n = input->n_classes;
  g_auto (Metrics) self = { .n_samples = input->n_samples, .n_classes = input->n_classes };
  g_autofree guint *found = g_try_new0 (guint, n);
  g_autofree Ranked *ranked = input->with_ap ? g_try_new (Ranked, MAX (input->n_samples, 1)) : NULL;
  self.n_of_class = g_try_new0 (guint, n);
  self.recall = g_try_new (double, n);
  self.ap = g_try_new (double, n);
  self.confusion = g_try_new0 (guint, n * n);
  if (!found || (input->with_ap && !ranked) || !self.n_of_class || !self.recall || !self.ap || !self.confusion)
    return FALSE;

  guint hits1 = 0, hits5 = 0, n_present = 0;
  double sum = 0;
  for (guint i = 0; i < input->n_samples; i++)
    add_sample (input, &self, i, found, &hits1, &hits5);
  for (gsize c = 0; c < n; c++) {
    self.ap[c] = NAN;
    self.recall[c] = self.n_of_class[c] > 0 ? (double)found[c] / self.n_of_class[c] : NAN;
    if (self.n_of_class[c] > 0)
      sum += self.recall[c];
    n_present += self.n_of_class[c] > 0;
  }
  self.top1 = self.n_labelled > 0 ? (double)hits1 / self.n_labelled : NAN;
  self.top5 = self.n_labelled > 0 ? (double)hits5 / self.n_labelled : NAN;
  self.mean_recall = n_present > 0 ? sum / n_present : NAN;
  self.map = NAN;
  self.ece = NAN;
  if (input->with_ap)
    compute_ap (input, &self, ranked);
  if (input->probabilities && self.n_labelled > 0)
    finish_bins (&self);
  *ret_metrics = self;
  self = (Metrics){ 0 };
  return TRUE;
}

void
metrics_clear (Metrics *self)
{
  g_clear_pointer (&self->n_of_class, g_free);
  g_clear_pointer (&self->recall, g_free);
  g_clear_pointer (&self->ap, g_free);
  g_clear_pointer (&self->confusion, g_free);
}
