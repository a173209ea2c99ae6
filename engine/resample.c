/* SPDX-License-Identifier: MIT
 *
 * resample.c: Pillow's resize of one 8-bit component, bit for bit. See resample.h.
 *
 * Both passes are the same dot product: the first leaves its rows transposed, so that the second, too, runs over
 * neighbouring values. GCC makes 8-wide multiply-adds (pmaddwd) of it at -O2, on any x86-64. Integers only beyond the
 * tables, so every machine gives the same bytes.
 */
#include "resample.h"

#include <math.h>
#include <string.h>

#define WEIGHT_BITS 22 /* Pillow's PRECISION_BITS: 32 - 8 - 2 */
#define TAP_BLOCK   8  /* 16-bit values in an SSE register */

/* ---- Filters: the formulas and their order of operations are Pillow's ------------------------------------- */

static double
box_filter (double x)
{
  return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
}

static double
bilinear_filter (double x)
{
  x = fabs (x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

static double
hamming_filter (double x)
{
  x = fabs (x);
  if (x == 0.0)
    return 1.0;
  if (x >= 1.0)
    return 0.0;
  x *= G_PI;
  return sin (x) / x * (0.54f + 0.46f * cos (x)); /* float constants, as Pillow has them */
}

static double
bicubic_filter (double x)
{
  const double a = -0.5;
  x = fabs (x);
  if (x < 1.0)
    return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0)
    return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

static double
sinc (double x)
{
  if (x == 0.0)
    return 1.0;
  x *= G_PI;
  return sin (x) / x;
}

static double
lanczos_filter (double x)
{
  return x >= -3.0 && x < 3.0 ? sinc (x) * sinc (x / 3) : 0.0;
}

static const struct
{
  double (*weight) (double x);
  double support;
} filters[] = {
  [CLIP_RESAMPLE_LANCZOS] = { lanczos_filter, 3.0 },
  [CLIP_RESAMPLE_BILINEAR] = { bilinear_filter, 1.0 },
  [CLIP_RESAMPLE_BICUBIC] = { bicubic_filter, 2.0 },
  [CLIP_RESAMPLE_BOX] = { box_filter, 0.5 },
  [CLIP_RESAMPLE_HAMMING] = { hamming_filter, 1.0 },
};

/* ---- Tables ------------------------------------------------------------------------------------------------ */

static void
axis_clear (ClipResampleAxis *axis)
{
  g_clear_pointer (&axis->offsets, g_free);
  g_clear_pointer (&axis->high, g_free);
  g_clear_pointer (&axis->low, g_free);
}

static gboolean
axis_allocate (ClipResampleAxis *axis, guint n_out, guint taps)
{
  axis->n_out = n_out;
  axis->taps = (taps + TAP_BLOCK - 1) / TAP_BLOCK * TAP_BLOCK;
  axis->offsets = g_try_new0 (guint32, n_out);
  axis->high = g_try_new0 (gint16, (gsize)n_out * axis->taps);
  axis->low = g_try_new0 (gint16, (gsize)n_out * axis->taps);
  return axis->offsets && axis->high && axis->low;
}

/* A weight is below 2 in size (the largest are those of filters cut off at an edge, 1.2), hence high below 2^15; low is
 * -128..127, hence 255 * low * taps below 2^31 for any source of up to 65536 samples. */
static void
set_weight (ClipResampleAxis *axis, guint x, guint tap, double weight)
{
  gint32 fixed = (gint32)((weight < 0 ? -0.5 : 0.5) + weight * (1 << WEIGHT_BITS));
  gint32 high = (fixed + 128) >> 8;
  axis->high[(gsize)x * axis->taps + tap] = (gint16)high;
  axis->low[(gsize)x * axis->taps + tap] = (gint16)(fixed - high * 256);
}

/* Offsets were absolute until here: makes them relative to the first sample that counts. */
static void
axis_finish (ClipResampleAxis *axis, guint last_count)
{
  axis->first = axis->offsets[0];
  axis->n_in = axis->offsets[axis->n_out - 1] + last_count - axis->first;
  for (guint x = 0; x < axis->n_out; x++)
    axis->offsets[x] -= axis->first;
}

/* Geometry.c, ImagingScaleAffine: positions are summed up one by one, and the sum's rounding errors are part of the
 * result. */
static gboolean
axis_init_nearest (ClipResampleAxis *axis, const ClipResampleSpan *span)
{
  if (!axis_allocate (axis, span->n_out, 1))
    return FALSE;

  double scale = (span->box_end - span->box_start) / span->n_full;
  double position = span->box_start + scale * 0.5;
  for (guint x = 0; x < span->first; x++)
    position += scale;
  for (guint x = 0; x < span->n_out; x++, position += scale) {
    axis->offsets[x] = MIN ((guint)MAX (position, 0.0), span->n_in - 1);
    set_weight (axis, x, 0, 1.0);
  }
  axis_finish (axis, 1);
  return TRUE;
}

/* Resample.c, precompute_coeffs and normalize_coeffs_8bpc. Where source and output are of one size, the weights come
 * out as 1 and 0: the pass that Pillow skips is a copy here. */
static gboolean
axis_init (ClipResampleAxis *axis, const ClipResampleSpan *span, ClipResample filter)
{
  if (filter == CLIP_RESAMPLE_NEAREST)
    return axis_init_nearest (axis, span);

  double scale = (span->box_end - span->box_start) / span->n_full;
  double filter_scale = MAX (scale, 1.0);
  double support = filters[filter].support * filter_scale;
  double inverse_scale = 1.0 / filter_scale;
  guint max_count = MIN ((guint)ceil (support) * 2 + 1, span->n_in);
  g_autofree double *weights = g_try_new (double, max_count);
  if (!weights || !axis_allocate (axis, span->n_out, max_count))
    return FALSE;

  guint count = 0;
  for (guint x = 0; x < span->n_out; x++) {
    double centre = span->box_start + (span->first + x + 0.5) * scale;
    gint start = (gint)(centre - support + 0.5);
    gint end = (gint)(centre + support + 0.5);
    /* Pillow's boxes lie within the source; one that sticks out still needs a sample to look at. */
    start = CLAMP (start, 0, (gint)span->n_in - 1);
    end = CLAMP (end, start + 1, (gint)span->n_in);
    count = MIN ((guint)(end - start), max_count);

    double sum = 0.0;
    for (guint i = 0; i < count; i++) {
      weights[i] = filters[filter].weight (((gint)i + start - centre + 0.5) * inverse_scale);
      sum += weights[i];
    }
    axis->offsets[x] = start;
    if (sum == 0.0) /* a box filter's one sample, outside of its support: the nearest is what is left */
      weights[count - 1] = sum = 1.0;
    for (guint i = 0; i < count; i++)
      set_weight (axis, x, i, weights[i] / sum);
  }
  axis_finish (axis, count);
  return TRUE;
}

gboolean
clip_resampler_init (ClipResampler *self, const ClipResampleSpan *horizontal, const ClipResampleSpan *vertical,
    ClipResample filter, guint n_components)
{
  *self = (ClipResampler){ .n_components = n_components };
  if (axis_init (&self->horizontal, horizontal, filter) && axis_init (&self->vertical, vertical, filter)) {
    /* The dot products run on into zero weights, hence the room behind each row and column, zeroed once. An odd number
     * of cache lines from column to column keeps a row's writes from falling into the same few cache sets. */
    gsize column_lines = ((gsize)self->vertical.n_in + self->vertical.taps + 31) / 32;
    self->column_stride = (column_lines | 1) * 32;
    self->line = g_try_new0 (gint16, (gsize)self->horizontal.n_in + self->horizontal.taps);
    self->columns = g_try_new0 (gint16, self->column_stride * self->horizontal.n_out * n_components);
  }
  if (self->line && self->columns)
    return TRUE;
  clip_resampler_clear (self);
  return FALSE;
}

void
clip_resampler_clear (ClipResampler *self)
{
  axis_clear (&self->horizontal);
  axis_clear (&self->vertical);
  g_clear_pointer (&self->line, g_free);
  g_clear_pointer (&self->columns, g_free);
}

/* ---- Passes ------------------------------------------------------------------------------------------------ */

/* Interleaved samples are read as words, of which the low byte counts: loops that -O2 vectorises. The last sample may
 * be the last byte of the frame, so that it is read alone. */
static void
load_line (const guint8 *restrict data, guint step, guint n, gint16 *restrict ret)
{
  guint blocks = (n - 1) / TAP_BLOCK * TAP_BLOCK; /* lets the compiler see that no tail is left */
  guint i = 0;
  if (step == 1) {
    for (; i < blocks; i++)
      ret[i] = data[i];
  } else if (step == 2) {
    for (; i < blocks; i++) {
      guint16 word;
      memcpy (&word, data + 2 * (gsize)i, sizeof word);
      ret[i] = GUINT16_FROM_LE (word) & 255;
    }
  } else if (step == 4) {
    for (; i < blocks; i++) {
      guint32 word;
      memcpy (&word, data + 4 * (gsize)i, sizeof word);
      ret[i] = GUINT32_FROM_LE (word) & 255;
    }
  }
  for (; i < n; i++)
    ret[i] = data[step * (gsize)i];
}

static inline guint8
weigh (const gint16 *restrict samples, const gint16 *restrict high, const gint16 *restrict low, guint taps)
{
  gint32 sum_high = 0;
  gint32 sum_low = 1 << (WEIGHT_BITS - 1);
  for (guint i = 0; i < taps; i++) {
    sum_high += samples[i] * high[i];
    sum_low += samples[i] * low[i];
  }
  gint32 sum = (gint32)((guint32)sum_high * 256 + (guint32)sum_low) >> WEIGHT_BITS;
  return (guint8)CLAMP (sum, 0, 255);
}

static void
horizontal_pass (const ClipResampleAxis *axis, const gint16 *line, gint16 *ret, gsize column_stride)
{
  guint taps = axis->taps / TAP_BLOCK * TAP_BLOCK; /* lets the compiler see that no tail is left */
  for (guint x = 0; x < axis->n_out; x++)
    ret[x * column_stride]
        = weigh (line + axis->offsets[x], axis->high + (gsize)x * taps, axis->low + (gsize)x * taps, taps);
}

static void
vertical_pass (const ClipResampleAxis *axis, const gint16 *column, guint8 *ret, gsize ret_stride)
{
  guint taps = axis->taps / TAP_BLOCK * TAP_BLOCK;
  for (guint y = 0; y < axis->n_out; y++)
    ret[y * ret_stride]
        = weigh (column + axis->offsets[y], axis->high + (gsize)y * taps, axis->low + (gsize)y * taps, taps);
}

void
clip_resampler_run (ClipResampler *self, const ClipSamples *in, guint8 *const *rets, gsize ret_stride)
{
  const ClipResampleAxis *horizontal = &self->horizontal;
  gsize component_size = self->column_stride * horizontal->n_out;

  for (guint y = 0; y < self->vertical.n_in; y++) {
    for (guint c = 0; c < self->n_components; c++) {
      const guint8 *row = in[c].data + (gssize)(self->vertical.first + y) * in[c].row_stride;
      load_line (row + (gsize)horizontal->first * in[c].step, in[c].step, horizontal->n_in, self->line);
      horizontal_pass (horizontal, self->line, self->columns + c * component_size + y, self->column_stride);
    }
  }

  for (guint c = 0; c < self->n_components; c++)
    for (guint x = 0; x < horizontal->n_out; x++)
      vertical_pass (
          &self->vertical, self->columns + c * component_size + x * self->column_stride, rets[c] + x, ret_stride);
}
