/* SPDX-License-Identifier: MIT
 *
 * logistic.c: see logistic.h.
 */
#include "tune/logistic.h"

#include <lbfgs.h>
#include <math.h>
#include <string.h>

#include "clip.h"

#define MAX_STEPS 1000 /* as the CLIP paper's */
#define TOLERANCE 1e-5 /* of the gradient's length, relative to the weights' */

typedef struct
{
  const LogisticData *data;
  double strength;
  double *logits; /* [n_classes] */
} Problem;

/* logits become probabilities. Returns log (sum (exp (logits))). */
static double
soften (double *logits, guint n)
{
  double max = -INFINITY, sum = 0;
  for (guint k = 0; k < n; k++)
    max = fmax (max, logits[k]);
  for (guint k = 0; k < n; k++)
    sum += logits[k] = exp (logits[k] - max);
  for (guint k = 0; k < n; k++)
    logits[k] /= sum;
  return max + log (sum);
}

/* x: [dim + 1][n_classes], the biases last: the innermost loops run over classes, where nothing is summed up, so that
 * the compiler may use vectors. */
__attribute__ ((optimize ("O3"))) static lbfgsfloatval_t
evaluate (void *user_data, const lbfgsfloatval_t *x, lbfgsfloatval_t *gradient, const int n_values,
    const lbfgsfloatval_t step)
{
  Problem *self = user_data;
  const LogisticData *data = self->data;
  guint n_classes = data->n_classes;
  double loss = 0, penalty = 0, *restrict logits = self->logits;
  const double *biases = x + (gsize)data->dim * n_classes;
  memset (gradient, 0, (gsize)n_values * sizeof *gradient);
  for (guint i = 0; i < data->n; i++) {
    const float *row = data->rows[i];
    memcpy (logits, biases, n_classes * sizeof *logits);
    for (guint d = 0; d < data->dim; d++) {
      const double *restrict w = x + (gsize)d * n_classes;
      for (guint k = 0; k < n_classes; k++)
        logits[k] += w[k] * row[d];
    }
    double own = logits[data->classes[i]];
    loss += soften (logits, n_classes) - own;
    logits[data->classes[i]] -= 1;
    for (guint d = 0; d <= data->dim; d++) {
      double *restrict g = gradient + (gsize)d * n_classes;
      double value = self->strength * (d < data->dim ? row[d] : 1);
      for (guint k = 0; k < n_classes; k++)
        g[k] += logits[k] * value;
    }
  }
  for (gsize i = 0; i < (gsize)data->dim * n_classes; i++) {
    penalty += x[i] * x[i];
    gradient[i] += x[i];
  }
  return self->strength * loss + penalty / 2;
}

static void
take_solution (const LogisticData *data, const double *x, float *ret_weights, float *ret_biases)
{
  const double *biases = x + (gsize)data->dim * data->n_classes;
  double mean = 0;
  for (guint k = 0; k < data->n_classes; k++)
    mean += biases[k] / data->n_classes;
  for (guint k = 0; k < data->n_classes; k++) {
    for (guint d = 0; d < data->dim; d++)
      ret_weights[(gsize)k * data->dim + d] = (float)x[(gsize)d * data->n_classes + k];
    ret_biases[k] = (float)(biases[k] - mean);
  }
}

gboolean
logistic_fit (const LogisticData *data, double strength, float *ret_weights, float *ret_biases, GError **error)
{
  gsize n_values = (gsize)data->n_classes * (data->dim + 1);
  Problem problem = { data, strength, g_try_new (double, data->n_classes) };
  lbfgsfloatval_t *x = n_values <= G_MAXINT ? lbfgs_malloc ((int)n_values) : NULL;
  if (!x || !problem.logits) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for a probe of %u classes", data->n_classes);
    if (x)
      lbfgs_free (x);
    g_free (problem.logits);
    return FALSE;
  }
  memset (x, 0, n_values * sizeof *x);
  lbfgs_parameter_t parameters;
  lbfgs_parameter_init (&parameters);
  parameters.max_iterations = MAX_STEPS;
  parameters.epsilon = TOLERANCE;
  lbfgsfloatval_t value;
  int result = lbfgs ((int)n_values, x, &value, evaluate, NULL, &problem, &parameters);
  /* Rounding may keep the line search from getting any closer: that is as good. */
  gboolean ok = result >= 0 || result == LBFGSERR_MAXIMUMITERATION || result == LBFGSERR_ROUNDING_ERROR
                || result == LBFGSERR_MAXIMUMLINESEARCH || result == LBFGSERR_MINIMUMSTEP;
  for (gsize i = 0; ok && i < n_values; i++)
    ok = isfinite (x[i]);
  if (ok)
    take_solution (data, x, ret_weights, ret_biases);
  else
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT, "the probe does not converge (L-BFGS says %d)", result);
  lbfgs_free (x);
  g_free (problem.logits);
  return ok;
}
