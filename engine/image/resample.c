/* SPDX-License-Identifier: MIT
 *
 * resample.c: Pillow's resize of one 8-bit component, bit for bit. See resample.h.
 *
 * Both passes are the same: the first writes its rows transposed, so that the second, too, reads adjacent values. In
 * plain C that is one dot product, which GCC turns into 8-wide multiply-adds (pmaddwd) on any x86-64; a kernel for the
 * CPU, if any, filters sixteen rows, then sixteen columns, at once. All but the tables is integer arithmetic, so every
 * machine gives the same bytes.
 */
#include "image/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/strip.h"

#define WEIGHT_BITS CLIP_LINE_WEIGHT_BITS /* Pillow's PRECISION_BITS: 32 - 8 - 2 */
#define TAP_BLOCK   8                     /* 16-bit values in an SSE register */

/* ---- Filters: Pillow's formulas, in its order of operations ------------------------------------------------ */

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
  return sin (x) / x * (0.54f + 0.46f * cos (x)); /* float constants, as in Pillow */
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

void
clip_resample_axis_clear (ClipResampleAxis *axis)
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

/* Weights are below 2 in magnitude (at most 1.2, where an edge cuts the filter off), hence high below 2^15; low is
 * -128..127, hence 255 * low * taps below 2^31 for any source of up to 65536 samples. */
static void
set_weight (ClipResampleAxis *axis, guint x, guint tap, double weight)
{
  gint32 fixed = (gint32)((weight < 0 ? -0.5 : 0.5) + weight * (1 << WEIGHT_BITS));
  gint32 high = (fixed + 128) >> 8;
  axis->high[(gsize)x * axis->taps + tap] = (gint16)high;
  axis->low[(gsize)x * axis->taps + tap] = (gint16)(fixed - high * 256);
}

/* Makes the offsets relative to the first sample used. */
static void
axis_finish (ClipResampleAxis *axis, guint last_count)
{
  axis->first = axis->offsets[0];
  axis->n_in = axis->offsets[axis->n_out - 1] + last_count - axis->first;
  for (guint x = 0; x < axis->n_out; x++)
    axis->offsets[x] -= axis->first;
}

/* Geometry.c, ImagingScaleAffine: positions are accumulated one by one, and the rounding errors of that sum are part of
 * the result. */
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

/* Resample.c, precompute_coeffs and normalize_coeffs_8bpc. With source and output of one size the weights are 1 and 0:
 * the pass that Pillow skips is a copy here. */
gboolean
clip_resample_axis_init (ClipResampleAxis *axis, const ClipResampleSpan *span, ClipResample filter)
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
    /* Pillow's boxes lie within the source; one that exceeds it still needs a sample. */
    start = CLAMP (start, 0, (gint)span->n_in - 1);
    end = CLAMP (end, start + 1, (gint)span->n_in);
    count = MIN ((guint)(end - start), max_count);

    double sum = 0.0;
    for (guint i = 0; i < count; i++) {
      weights[i] = filters[filter].weight (((gint)i + start - centre + 0.5) * inverse_scale);
      sum += weights[i];
    }
    axis->offsets[x] = start;
    if (sum == 0.0) /* a box filter whose only sample is outside its support: takes the nearest */
      weights[count - 1] = sum = 1.0;
    for (guint i = 0; i < count; i++)
      set_weight (axis, x, i, weights[i] / sum);
  }
  axis_finish (axis, count);
  return TRUE;
}

/* ---- Tables of the kernels --------------------------------------------------------------------------------- */

/* Components in a sample of four bytes, or of three, which is read as four. */
#define MAX_GROUP_STEP 4

static guint
real_taps (const ClipResampleAxis *axis, guint x)
{
  guint n = axis->taps;
  gsize first = (gsize)x * axis->taps;
  while (n > 1 && axis->high[first + n - 1] == 0 && axis->low[first + n - 1] == 0)
    n--;
  return n;
}

/* Weights are below 1.3 in magnitude, so the high digit is within -84..84. */
static void
set_digits (guint32 *group, guint tap, gint32 weight)
{
  gint8 low = (gint8)weight;
  weight = (weight - low) >> 8;
  gint8 middle = (gint8)weight;
  gint8 high = (gint8)((weight - middle) >> 8);
  group[0] |= (guint32)(guint8)high << 8 * tap;
  group[1] |= (guint32)(guint8)middle << 8 * tap;
  group[2] |= (guint32)(guint8)low << 8 * tap;
}

static void
set_halves (guint32 *group, guint tap, gint16 high, gint16 low)
{
  group[tap % 2] |= (guint32)(guint16)high << tap / 2 * 16;
  group[2 + tap % 2] |= (guint32)(guint16)low << tap / 2 * 16;
}

/* The axis in groups of four samples. */
static gboolean
taps_init (ClipLineTaps *taps, const ClipResampleAxis *axis, gboolean digits)
{
  taps->n_out = axis->n_out;
  for (guint x = 0; x < axis->n_out; x++)
    taps->n_groups = MAX (taps->n_groups, (axis->offsets[x] % 4 + real_taps (axis, x) + 3) / 4);

  gsize group_words = digits ? CLIP_LINE_DIGITS : CLIP_LINE_HALVES;
  guint32 *starts = g_try_new (guint32, axis->n_out);
  guint32 *weights = g_try_new0 (guint32, taps->n_out * taps->n_groups * group_words);
  taps->starts = starts;
  taps->weights = weights;
  if (!starts || !weights)
    return FALSE;

  for (guint x = 0; x < axis->n_out; x++) {
    starts[x] = axis->offsets[x] / 4;
    guint n = real_taps (axis, x);
    for (guint i = 0; i < n; i++) {
      guint tap = axis->offsets[x] % 4 + i;
      guint32 *group = weights + (x * taps->n_groups + tap / 4) * group_words;
      gint16 high = axis->high[(gsize)x * axis->taps + i], low = axis->low[(gsize)x * axis->taps + i];
      if (digits)
        set_digits (group, tap % 4, high * 256 + low);
      else
        set_halves (group, tap % 4, high, low);
    }
  }
  return TRUE;
}

static void
taps_clear (ClipLineTaps *taps)
{
  g_free ((gpointer)taps->starts);
  g_free ((gpointer)taps->weights);
  *taps = (ClipLineTaps){ 0 };
}

/* Groups that a pass writes or reads. */
static gsize
n_groups (const ClipResampleAxis *axis, const ClipLineTaps *taps, guint group_step)
{
  gsize cells = ((gsize)axis->n_in * group_step + CLIP_LINE_CELL - 1) / CLIP_LINE_CELL;
  return MAX (4 * cells, (taps->starts[axis->n_out - 1] + taps->n_groups) * group_step);
}

gpointer
clip_resample_try_scratch (gsize n_bytes)
{
  gpointer ret = NULL;
  if (posix_memalign (&ret, 64, MAX (n_bytes, 64)) != 0)
    return NULL;
  return memset (ret, 0, n_bytes);
}

static gboolean
init_lines (ClipResampler *self, gboolean digits)
{
  if (!taps_init (&self->horizontal_taps, &self->horizontal, digits)
      || !taps_init (&self->vertical_taps, &self->vertical, digits))
    return FALSE;
  gsize groups = MAX (n_groups (&self->horizontal, &self->horizontal_taps, MAX_GROUP_STEP),
      n_groups (&self->vertical, &self->vertical_taps, 1));
  self->n_blocks = ((gsize)self->vertical.n_in + CLIP_LINES - 1) / CLIP_LINES;
  self->groups = clip_resample_try_scratch (groups * CLIP_LINES * sizeof *self->groups);
  self->blocks = clip_resample_try_scratch (self->n_components * self->n_blocks * self->horizontal.n_out * CLIP_LINES);
  self->strip_stride = CLIP_STRIP_STRIDE ((gsize)self->horizontal.n_in);
  self->strip = clip_resample_try_scratch (CLIP_LINES * self->strip_stride);
  return self->groups && self->blocks && self->strip;
}

/* ---- Setup ------------------------------------------------------------------------------------------------- */

static gboolean
init_plain (ClipResampler *self)
{
  /* Dot products extend into zero weights, hence the padding of each row and column, zeroed once. A column stride of an
   * odd number of cache lines keeps the writes of a row from sharing a few cache sets. */
  gsize column_lines = ((gsize)self->vertical.n_in + self->vertical.taps + 31) / 32;
  self->column_stride = (column_lines | 1) * 32;
  self->line = g_try_new0 (gint16, (gsize)self->horizontal.n_in + self->horizontal.taps);
  self->columns = g_try_new0 (gint16, self->column_stride * self->horizontal.n_out * self->n_components);
  return self->line && self->columns;
}

gboolean
clip_resampler_init_for (ClipResampler *self, const ClipResampleSpan *horizontal, const ClipResampleSpan *vertical,
    ClipResample filter, guint n_components, ClipCpuFeatures flags)
{
  gboolean digits = FALSE;
  *self = (ClipResampler){ .n_components = n_components };
#if defined(__x86_64__)
  const guint vnni = CLIP_CPU_AVX512 | CLIP_CPU_VNNI;
  flags &= clip_cpu_features ();
  digits = (flags & vnni) == vnni;
  if (digits)
    self->kernel = clip_resample_lines_avx512vnni;
  else if (flags & CLIP_CPU_AVX2)
    self->kernel = clip_resample_lines_avx2;
#endif
  if (clip_resample_axis_init (&self->horizontal, horizontal, filter)
      && clip_resample_axis_init (&self->vertical, vertical, filter)
      && (self->kernel ? init_lines (self, digits) : init_plain (self)))
    return TRUE;
  clip_resampler_clear (self);
  return FALSE;
}

gboolean
clip_resampler_init (ClipResampler *self, const ClipResampleSpan *horizontal, const ClipResampleSpan *vertical,
    ClipResample filter, guint n_components)
{
  return clip_resampler_init_for (self, horizontal, vertical, filter, n_components, clip_cpu_features ());
}

void
clip_resampler_clear (ClipResampler *self)
{
  clip_resample_axis_clear (&self->horizontal);
  clip_resample_axis_clear (&self->vertical);
  g_clear_pointer (&self->line, g_free);
  g_clear_pointer (&self->columns, g_free);
  taps_clear (&self->horizontal_taps);
  taps_clear (&self->vertical_taps);
  g_clear_pointer (&self->groups, free);
  g_clear_pointer (&self->blocks, free);
  g_clear_pointer (&self->strip, free);
}

/* ---- The passes in plain C --------------------------------------------------------------------------------- */

/* Interleaved samples are read as words, of which the low byte is used: loops that -O2 vectorises. The last sample may
 * be the last byte of the frame, so it is read alone. */
static void
load_line (const guint8 *restrict data, gssize step, guint n, gint16 *restrict ret)
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
      ret[i] = word & 255;
    }
  } else if (step == 4) {
    for (; i < blocks; i++) {
      guint32 word;
      memcpy (&word, data + 4 * (gsize)i, sizeof word);
      ret[i] = word & 255;
    }
  }
  for (; i < n; i++)
    ret[i] = data[step * (gssize)i];
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

static void
run_plain (ClipResampler *self, const ClipSamples *in, guint8 *const *rets, gsize ret_stride)
{
  const ClipResampleAxis *horizontal = &self->horizontal;
  gsize component_size = self->column_stride * horizontal->n_out;

  for (guint y = 0; y < self->vertical.n_in; y++) {
    for (guint c = 0; c < self->n_components; c++) {
      const guint8 *row = in[c].data + (gssize)(self->vertical.first + y) * in[c].row_stride;
      load_line (row + (gssize)horizontal->first * in[c].step, in[c].step, horizontal->n_in, self->line);
      horizontal_pass (horizontal, self->line, self->columns + c * component_size + y, self->column_stride);
    }
  }

  for (guint c = 0; c < self->n_components; c++)
    for (guint x = 0; x < horizontal->n_out; x++)
      vertical_pass (
          &self->vertical, self->columns + c * component_size + x * self->column_stride, rets[c] + x, ret_stride);
}

/* ---- The passes by kernels --------------------------------------------------------------------------------- */

/* Whether the kernels can read the samples in place; planes of a rotated picture differ in their steps. */
static gboolean
are_direct (const ClipSamples *in, guint n)
{
  for (guint c = 0; c < n; c++)
    if (in[c].step < 1 || in[c].step > MAX_GROUP_STEP)
      return FALSE;
  return TRUE;
}

static guint
get_group_step (const ClipSamples *in)
{
  return in->step == 3 ? 4 : (guint)in->step;
}

/* How many components from the first on are interleaved: all or one. */
static guint
count_interleaved (const ClipSamples *in, guint n, guint group_step)
{
  const guint8 *first = in[0].data, *last = in[0].data;
  for (guint c = 0; c < n; c++) {
    first = MIN (first, in[c].data);
    last = MAX (last, in[c].data);
    if (in[c].step != in[0].step || in[c].row_stride != in[0].row_stride)
      return 1;
  }
  return n <= group_step && last - first < in[0].step ? n : 1;
}

/* n interleaved components, from the axis' first sample on. A cell has 16 / group_step samples of each. */
static ClipLines
make_lines (const ClipResampleAxis *axis, const ClipSamples *in, guint n, guint group_step)
{
  const guint8 *first = in[0].data, *last = in[0].data;
  for (guint c = 1; c < n; c++) {
    first = MIN (first, in[c].data);
    last = MAX (last, in[c].data);
  }
  guint cell_samples = CLIP_LINE_CELL / group_step;
  ClipLines lines = {
    .data = first + (gsize)axis->first * in[0].step,
    .line_stride = in[0].row_stride,
    .cell_stride = (gsize)cell_samples * in[0].step,
    .line_bytes = (gsize)(axis->n_in - 1) * in[0].step + (last - first) + 1,
    .n_cells = (axis->n_in + cell_samples - 1) / cell_samples,
  };
  memset (lines.shuffle, 128, sizeof lines.shuffle);
  for (guint sample = 0; sample < cell_samples; sample++)
    for (guint c = 0; c < n; c++)
      lines.shuffle[(sample / 4 * group_step + c) * 4 + sample % 4] = sample * in[0].step + (in[c].data - first);
  return lines;
}

/* Rows, sixteen at a time, each to a block of transposed columns. */
static void
run_rows (ClipResampler *self, const ClipSamples *in, guint n, guint8 *blocks)
{
  guint group_step = get_group_step (in);
  ClipLines lines = make_lines (&self->horizontal, in, n, group_step);
  gsize block_size = (gsize)self->horizontal.n_out * CLIP_LINES;
  const guint8 *data = lines.data;
  for (guint y = 0; y < self->vertical.n_in; y += CLIP_LINES, blocks += block_size) {
    guint8 *rets[MAX_GROUP_STEP];
    for (guint c = 0; c < n; c++)
      rets[c] = blocks + c * self->n_blocks * block_size;
    lines.data = data + (gssize)(self->vertical.first + y) * lines.line_stride;
    lines.n_lines = MIN (CLIP_LINES, self->vertical.n_in - y);
    self->kernel (&lines, &self->horizontal_taps, n, group_step, rets, CLIP_LINES, self->groups);
  }
}

/* Columns, sixteen at a time: the columns of blocks are their cells. */
static void
run_columns (ClipResampler *self, const guint8 *blocks, guint8 *ret, gsize ret_stride)
{
  gsize block_size = (gsize)self->horizontal.n_out * CLIP_LINES;
  ClipLines lines = {
    .line_stride = CLIP_LINES,
    .cell_stride = block_size,
    .line_bytes = self->n_blocks * block_size,
    .n_cells = self->n_blocks,
    .shuffle = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
  };
  for (guint x = 0; x < self->horizontal.n_out; x += CLIP_LINES) {
    guint8 *rets[1] = { ret + x };
    lines.data = blocks + x * CLIP_LINES;
    lines.n_lines = MIN (CLIP_LINES, self->horizontal.n_out - x);
    self->kernel (&lines, &self->vertical_taps, 1, 1, rets, ret_stride, self->groups);
  }
}

/* All components of sixteen rows before the next ones: they may share cache lines. */
static void
run_turned_rows (ClipResampler *self, const ClipSamples *in)
{
  const ClipSamples strip = { self->strip, self->strip_stride, 1 };
  gsize block_size = (gsize)self->horizontal.n_out * CLIP_LINES;
  ClipLines lines = make_lines (&self->horizontal, &strip, 1, 1);
  lines.data = self->strip;
  for (guint block = 0; block < self->n_blocks; block++) {
    guint y = block * CLIP_LINES;
    lines.n_lines = MIN (CLIP_LINES, self->vertical.n_in - y);
    for (guint c = 0; c < self->n_components; c++) {
      guint8 *rets[1] = { self->blocks + (c * self->n_blocks + block) * block_size };
      const guint8 *data = in[c].data + (gssize)(self->vertical.first + y) * in[c].row_stride
                           + (gssize)self->horizontal.first * in[c].step;
      clip_strip_copy (
          data, in[c].row_stride, in[c].step, lines.n_lines, self->horizontal.n_in, self->strip, self->strip_stride);
      self->kernel (&lines, &self->horizontal_taps, 1, 1, rets, CLIP_LINES, self->groups);
    }
  }
}

static void
run_lines (ClipResampler *self, const ClipSamples *in, guint8 *const *rets, gsize ret_stride)
{
  gsize component_size = self->n_blocks * self->horizontal.n_out * CLIP_LINES;
  if (are_direct (in, self->n_components)) {
    guint n = count_interleaved (in, self->n_components, get_group_step (in));
    for (guint c = 0; c < self->n_components; c += n)
      run_rows (self, in + c, n, self->blocks + c * component_size);
  } else {
    run_turned_rows (self, in);
  }
  for (guint c = 0; c < self->n_components; c++)
    run_columns (self, self->blocks + c * component_size, rets[c], ret_stride);
}

void
clip_resampler_run (ClipResampler *self, const ClipSamples *in, guint8 *const *rets, gsize ret_stride)
{
  if (self->kernel)
    run_lines (self, in, rets, ret_stride);
  else
    run_plain (self, in, rets, ret_stride);
}
