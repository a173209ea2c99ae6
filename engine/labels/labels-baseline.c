/* SPDX-License-Identifier: MIT
 *
 * labels-baseline.c: ClipBaseline of clip-labels.h: what cosines are usual for one subject.
 *
 * Exponentially weighted mean and variance, updated one sample at a time (West, "Updating mean and variance estimates:
 * an improved method", Communications of the ACM 22(9), 1979, with weights that decay).
 */
#include <math.h>

#include "labels/labels.h"

/* A camera that sees exactly the same picture all day has no deviation. Cosines of one scene differ by more than this
 * from sensor noise alone. */
#define MIN_DEVIATION 0.002

/* The weight of CLIP_BASELINE_SAMPLES samples, of which the first may have lost a little. */
#define MIN_WEIGHT (CLIP_BASELINE_SAMPLES - 0.5)

typedef struct
{
  double mean, sum; /* sum: of squared differences, weighted */
  double weight;    /* of all samples; the last one has 1 */
} Value;

struct _ClipBaseline
{
  guint n;
  double half_life;
  Value values[];
};

ClipBaseline *
clip_baseline_new (guint n, gint64 half_life)
{
  ClipBaseline *self = g_try_malloc0 (sizeof *self + (gsize)n * sizeof (Value));
  if (!self)
    return NULL;
  self->n = n;
  self->half_life = (double)half_life;
  return self;
}

void
clip_baseline_free (ClipBaseline *self)
{
  g_free (self);
}

void
clip_baseline_set_half_life (ClipBaseline *self, gint64 half_life)
{
  self->half_life = (double)half_life;
}

void
clip_baseline_add (ClipBaseline *self, const float *values, gint64 elapsed)
{
  double decay = exp2 (-(double)MAX (elapsed, 0) / self->half_life);
  for (guint i = 0; i < self->n; i++) {
    Value *value = &self->values[i];
    double delta = values[i] - value->mean;
    if (!isfinite (delta))
      continue;
    value->weight = value->weight * decay + 1;
    value->mean += delta / value->weight;
    value->sum = value->sum * decay + delta * (values[i] - value->mean);
  }
}

static double
deviation_of (const Value *value)
{
  return value->weight > 0 ? sqrt (value->sum / value->weight) : 0;
}

float
clip_baseline_get_z (const ClipBaseline *self, guint i, float value)
{
  const Value *usual = &self->values[i];
  if (usual->weight < MIN_WEIGHT || !isfinite (value))
    return 0;
  return (float)((value - usual->mean) / MAX (deviation_of (usual), MIN_DEVIATION));
}

void
clip_baseline_get (const ClipBaseline *self, guint i, float *ret_mean, float *ret_deviation, guint *ret_n)
{
  const Value *value = &self->values[i];
  *ret_mean = (float)value->mean;
  *ret_deviation = (float)deviation_of (value);
  *ret_n = (guint)MIN (value->weight + 0.5, G_MAXUINT);
}

gboolean
clip_baseline_set (ClipBaseline *self, guint i, float mean, float deviation, guint n)
{
  if (!isfinite (mean) || !isfinite (deviation) || deviation < 0)
    return FALSE;
  self->values[i] = (Value){ mean, (double)deviation * deviation * n, n };
  return TRUE;
}
