/* SPDX-License-Identifier: MIT
 *
 * calibration.c: see calibration.h.
 */
#include "tune/calibration.h"

#include <math.h>
#include <stdlib.h>

#define LOG2_RANGE 6.0
#define STEPS      60 /* of a golden section: 1e-12 of the range */
#define GOLDEN     0.6180339887498949

double
calibration_loss (const CalibrationData *data, double temperature)
{
  double total = 0;
  guint n = 0;
  for (guint i = 0; i < data->n; i++)
    n += data->classes[i] < data->n_classes ? 1 : 0;
  for (guint i = 0; i < data->n; i++) {
    const double *logits = data->logits + (gsize)i * data->n_classes;
    double max = -INFINITY, sum = 0, others = 0;
    guint n_others = 0;
    if (data->classes[i] >= data->n_classes)
      continue;
    for (guint k = 0; k < data->n_classes; k++)
      max = fmax (max, logits[k]);
    for (guint k = 0; k < data->n_classes; k++) {
      sum += exp ((logits[k] - max) / temperature);
      if (k != data->classes[i] && logits[k] > -INFINITY) {
        others += (logits[k] - max) / temperature;
        n_others++;
      }
    }
    double caution = n_others ? 1.0 / (n + 2) : 0, own = (logits[data->classes[i]] - max) / temperature;
    total += log (sum) - (1 - caution) * own - (n_others ? caution * others / n_others : 0);
  }
  return n ? total / n : NAN;
}

/* The loss has one minimum in 1 / temperature, of which it is a convex function. */
double
calibration_fit_temperature (const CalibrationData *data)
{
  double low = -LOG2_RANGE, high = LOG2_RANGE;
  double a = high - GOLDEN * (high - low), b = low + GOLDEN * (high - low);
  double at_a = calibration_loss (data, exp2 (a)), at_b = calibration_loss (data, exp2 (b));
  if (isnan (at_a))
    return 1;
  for (guint i = 0; i < STEPS; i++) {
    if (at_a <= at_b) {
      high = b;
      b = a;
      at_b = at_a;
      a = high - GOLDEN * (high - low);
      at_a = calibration_loss (data, exp2 (a));
    } else {
      low = a;
      a = b;
      at_a = at_b;
      b = low + GOLDEN * (high - low);
      at_b = calibration_loss (data, exp2 (b));
    }
  }
  return exp2 ((low + high) / 2);
}

typedef struct
{
  float score;
  gboolean positive;
} Scored;

static int
compare_scored (const void *a, const void *b)
{
  float x = ((const Scored *)a)->score, y = ((const Scored *)b)->score;
  return x < y ? 1 : x > y ? -1 : 0;
}

double
calibration_fit_threshold (const float *scores, const gboolean *positive, guint n, double *ret_f1)
{
  g_autofree Scored *sorted = g_new (Scored, n);
  guint n_positive = 0, found = 0;
  for (guint i = 0; i < n; i++) {
    sorted[i] = (Scored){ scores[i], positive[i] };
    n_positive += positive[i] ? 1 : 0;
  }
  qsort (sorted, n, sizeof *sorted, compare_scored);
  double best = -1, threshold = NAN;
  for (guint i = 0; i < n && n_positive; i++) {
    found += sorted[i].positive ? 1 : 0;
    if (i + 1 < n && sorted[i + 1].score == sorted[i].score)
      continue;
    double f1 = 2.0 * found / (i + 1 + n_positive);
    if (f1 > best) {
      best = f1;
      threshold = i + 1 < n ? ((double)sorted[i].score + sorted[i + 1].score) / 2 : sorted[i].score;
    }
  }
  if (ret_f1)
    *ret_f1 = n_positive ? best : NAN;
  return threshold;
}

/* P (at most k) of a Poisson distribution. */
static double
poisson_below (guint k, double mean)
{
  double sum = 0;
  for (guint i = 0; i <= k; i++)
    sum += exp (i * log (mean) - mean - lgamma (i + 1.0));
  return sum;
}

/* The mean for which P (at most k) is p: it falls as the mean grows. */
static double
poisson_mean (guint k, double p)
{
  double low = 1e-12, high = 2.0 * k + 20;
  for (guint i = 0; i < 100; i++) {
    double middle = (low + high) / 2;
    if (poisson_below (k, middle) > p)
      low = middle;
    else
      high = middle;
  }
  return (low + high) / 2;
}

void
calibration_poisson_interval (guint count, double *ret_low, double *ret_high)
{
  *ret_low = count ? poisson_mean (count - 1, 0.975) : 0;
  *ret_high = poisson_mean (count, 0.025);
}
