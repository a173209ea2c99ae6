/* SPDX-License-Identifier: MIT
 *
 * int8.c: see int8.h.
 */
#include "nn/int8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int
compare_floats (gconstpointer a, gconstpointer b)
{
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* ret: [n_in], each input's largest weight. */
static void
column_tops (const ClipLinear *linear, float *ret)
{
  for (guint row = 0; row < linear->n_out; row++) {
    const float *weight = linear->weight + (gsize)row * linear->n_in;
    for (guint i = 0; i < linear->n_in; i++)
      ret[i] = fabsf (weight[i]) > ret[i] ? fabsf (weight[i]) : ret[i];
  }
}

gboolean
clip_int8_equalize (ClipNorm *norm, ClipLinear *reader)
{
  guint n = norm->n;
  g_autofree float *ratio = g_try_new0 (float, n), *sorted = g_try_new (float, n), *factor = g_try_new (float, n);
  if (!ratio || !sorted || !factor)
    return FALSE;
  column_tops (reader, ratio);
  for (guint i = 0; i < n; i++) {
    float size = hypotf (norm->weight[i], norm->bias[i]);
    ratio[i] = sqrtf (size / ratio[i]);
    sorted[i] = isfinite (ratio[i]) ? ratio[i] : 0;
  }
  qsort (sorted, n, sizeof *sorted, compare_floats);
  float usual = sorted[n / 2];
  for (guint i = 0; i < n; i++) {
    float power = roundf (log2f (ratio[i] / usual));
    factor[i] = fabsf (power) <= 10 ? exp2f (power) : 1; /* zeros, infinities and NaN stay as they are */
    norm->weight[i] /= factor[i];
    norm->bias[i] /= factor[i];
  }
  for (guint row = 0; row < reader->n_out; row++)
    for (guint i = 0; i < n; i++)
      reader->weight[(gsize)row * n + i] *= factor[i];
  return TRUE;
}

/* ---- Can fewer bits be trusted here? -------------------------------------------------------------------- */

#define TRY_ROWS    4
#define TRY_OUTPUTS 64

/* About normal: the sum of three uniform values, SplitMix64. One in 20 is an outlier, 40 times as large:
 * harder than trained models are. */
static float
made_up (guint64 *state)
{
  guint64 z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  z ^= z >> 31;
  float sum = 0;
  for (guint i = 0; i < 3; i++)
    sum += (float)(z >> (20 * i) & 0xfffff) / (float)0xfffff * 2 - 1;
  return (z >> 60) == 0 && (z & 15) < 13 ? sum * 40 : sum;
}

/* Some outputs of `self`, evenly spread. FALSE when the memory cannot be had. */
static gboolean
take_sample (const ClipLinear *self, ClipLinear *ret)
{
  gsize k = self->n_in;
  guint n = MIN (TRY_OUTPUTS, self->n_out);
  if (!clip_linear_init (ret, n, self->n_in, FALSE))
    return FALSE;
  for (guint i = 0; i < n; i++)
    memcpy (ret->weight + i * k, self->weight + (gsize)i * self->n_out / n * k, k * sizeof (float));
  return TRUE;
}

/* The layer's own path, from rows of floats to outputs: found [TRY_ROWS][layer->n_out]. */
static gboolean
run_sample (ClipLinear *layer, ClipPrecision precision, const float *x, float *found)
{
  gsize k = layer->n_in;
  g_autofree guint8 *data = g_try_malloc (clip_operand_size (TRY_ROWS, k));
  g_autofree ClipQuantRow *quant = g_try_new (ClipQuantRow, TRY_ROWS);
  ClipOperand operand = { .data = data, .quant = quant, .block_rows = CLIP_BLOCK_ROWS };
  if (!data || !quant || !clip_linear_pack (layer, precision, NULL))
    return FALSE;
  clip_operand_fill (&operand, layer->layout, NULL, x, k, TRY_ROWS, layer->n_in);
  clip_linear_run (layer, NULL, &operand, found, layer->n_out, CLIP_ACTIVATION_NONE, FALSE);
  return TRUE;
}

gboolean
clip_linear_try (const ClipLinear *self, const ClipNorm *norm, ClipPrecision precision, float *ret_error)
{
  gsize k = self->n_in;
  g_autofree float *x = g_try_new (float, TRY_ROWS *k);
  float expected[TRY_ROWS * TRY_OUTPUTS], found[TRY_ROWS * TRY_OUTPUTS];
  guint64 state = 1;
  double error = 0, power = 0;
  for (gsize i = 0; x && i < TRY_ROWS * k; i++)
    x[i] = norm ? made_up (&state) * norm->weight[i % k] + norm->bias[i % k] : made_up (&state);

  ClipLinear sample;
  if (!x || !take_sample (self, &sample))
    return FALSE;
  guint n = sample.n_out;
  for (guint row = 0; row < TRY_ROWS; row++)
    for (guint j = 0; j < n; j++)
      expected[row * n + j] = clip_dot (x + row * k, sample.weight + j * k, k);
  gboolean done = run_sample (&sample, precision, x, found);
  clip_linear_clear (&sample);
  for (guint i = 0; done && i < TRY_ROWS * n; i++) {
    double difference = (double)found[i] - (double)expected[i];
    error += difference * difference;
    power += (double)expected[i] * (double)expected[i];
  }
  *ret_error = power == 0 ? 0 : (float)sqrt (error / power); /* NaN among the weights: NaN */
  return done;
}
