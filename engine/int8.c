/* SPDX-License-Identifier: MIT
 *
 * int8.c: see int8.h.
 */
#include "int8.h"

#include <math.h>
#include <stdlib.h>

#include "pack.h"

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

void
clip_int8_equalize (ClipNorm *norm, ClipLinear *reader)
{
  guint n = norm->n;
  g_autofree float *ratio = g_new0 (float, n), *sorted = g_new (float, n), *factor = g_new (float, n);
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
}

/* ---- Can int8 be trusted here? -------------------------------------------------------------------------- */

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

float
clip_int8_try (const ClipLinear *self, const ClipNorm *norm)
{
  gsize k = self->n_in, groups = clip_groups (k, CLIP_GROUP_S8), panel_bytes = groups * CLIP_STEP_BYTES;
  g_autofree float *x = g_new (float, TRY_ROWS *k);
  g_autofree guint8 *operand = g_new (guint8, TRY_ROWS * groups * CLIP_GROUP_BYTES);
  g_autofree gint8 *panel = g_new (gint8, panel_bytes);
  g_autofree ClipQuantRow *quant = g_new (ClipQuantRow, TRY_ROWS);
  const ClipKernels *kernels = clip_kernels ();
  gsize stride = TRY_ROWS * CLIP_GROUP_BYTES;
  guint64 state = 1;
  double error = 0, power = 0;
  for (gsize i = 0; i < TRY_ROWS * k; i++)
    x[i] = norm ? made_up (&state) * norm->weight[i % k] + norm->bias[i % k] : made_up (&state);
  for (guint row = 0; row < TRY_ROWS; row++)
    kernels->quantize (x + row * k, k, operand + row * CLIP_GROUP_BYTES, stride, &quant[row]);

  for (guint sample = 0; sample < TRY_OUTPUTS / CLIP_PANEL; sample++) {
    guint column = sample * (self->n_out / 2), n = MIN (CLIP_PANEL, self->n_out - column);
    const float *weight = self->weight + column * k;
    float scale[CLIP_PANEL], found[TRY_ROWS * CLIP_PANEL];
    gint32 column_sum[CLIP_PANEL], sums[TRY_ROWS * CLIP_PANEL] = { 0 };
    clip_quantize_panels (panel, scale, column_sum, weight, k, n, k);
    kernels->tile_s8 (TRY_ROWS, groups, operand, stride, panel, panel, sums, CLIP_PANEL);
    ClipFinish finish = { .n = n,
      .y = found,
      .y_stride = CLIP_PANEL,
      .rows = quant,
      .scale = scale,
      .column_sum = column_sum,
      .panel = panel };
    kernels->finish_s8 (&finish, TRY_ROWS, sums);
    for (guint row = 0; row < TRY_ROWS; row++)
      for (guint j = 0; j < n; j++) {
        double expected = (double)clip_dot (x + row * k, weight + j * k, k);
        error += (found[row * CLIP_PANEL + j] - expected) * (found[row * CLIP_PANEL + j] - expected);
        power += expected * expected;
      }
  }
  return power > 0 ? (float)sqrt (error / power) : 0;
}
