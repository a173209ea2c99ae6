/* SPDX-License-Identifier: MIT
 *
 * smooth-quant.c: see smooth-quant.h.
 */
#include "nn/smooth-quant.h"

#include <math.h>
#include <stdlib.h>

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
clip_smooth_quant (ClipNorm *norm, ClipLinear *reader)
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
