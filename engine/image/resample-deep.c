/* SPDX-License-Identifier: MIT
 *
 * resample-deep.c: the resize of one component of more than 8 bits. See resample-deep.h.
 *
 * Weights are those of resample.c with their 22 fraction bits, which floats hold exactly: a deep picture and its 8-bit
 * twin differ by the twin's rounding alone. Sums of 16-bit codes have a relative error of 2^-24, 1/60000 of an 8-bit
 * level.
 */
#include "image/resample-deep.h"

#include <stdlib.h>
#include <string.h>

#define KERNELS clip_deep_kernels_c
#include "image/deep-loops.h"

/* ---- Setup ------------------------------------------------------------------------------------------------- */

static gboolean
axis_init (ClipDeepAxis *self, const ClipResampleSpan *span, ClipResample filter)
{
  ClipResampleAxis axis = { 0 };
  gboolean ok = clip_resample_axis_init (&axis, span, filter);
  if (ok) {
    G_STATIC_ASSERT (CLIP_DEEP_VECTOR == 8);
    g_assert (axis.taps % CLIP_DEEP_VECTOR == 0);
    *self = (ClipDeepAxis){ axis.first, axis.n_in, axis.n_out, axis.taps, NULL, NULL };
    gsize n = (gsize)axis.n_out * axis.taps;
    self->offsets = g_steal_pointer (&axis.offsets);
    self->weights = clip_resample_try_scratch (n * sizeof *self->weights);
    ok = self->weights != NULL;
    for (gsize i = 0; ok && i < n; i++)
      self->weights[i] = (axis.high[i] * 256 + axis.low[i]) * (1.0f / (1 << CLIP_LINE_WEIGHT_BITS));
  }
  clip_resample_axis_clear (&axis);
  return ok;
}

static void
axis_clear (ClipDeepAxis *self)
{
  g_clear_pointer (&self->offsets, g_free);
  g_clear_pointer (&self->weights, free);
}

gboolean
clip_deep_resampler_init_for (ClipDeepResampler *self, const ClipResampleSpan *horizontal,
    const ClipResampleSpan *vertical, ClipResample filter, guint n_components, ClipCpuFeatures flags)
{
  *self = (ClipDeepResampler){ .n_components = n_components, .kernels = clip_deep_kernels_c };
#if defined(__x86_64__)
  if (flags & clip_cpu_features () & CLIP_CPU_AVX2)
    self->kernels = clip_deep_kernels_avx2;
#endif
  gboolean ok = axis_init (&self->horizontal, horizontal, filter) && axis_init (&self->vertical, vertical, filter);
  if (ok) {
    /* Dot products extend into zero weights, hence the padding of each line. A stride of an odd number of cache lines
     * keeps the lines from sharing a few cache sets. */
    self->line_stride = (((gsize)self->horizontal.n_in + self->horizontal.taps + 15) / 16 | 1) * 16;
    self->row_capacity = ((gsize)self->vertical.n_in + CLIP_DEEP_LINES - 1) / CLIP_DEEP_LINES * CLIP_DEEP_LINES;
    self->lines = clip_resample_try_scratch (CLIP_DEEP_LINES * self->line_stride * sizeof *self->lines);
    self->rows
        = clip_resample_try_scratch (n_components * self->row_capacity * self->horizontal.n_out * sizeof *self->rows);
    ok = self->lines && self->rows;
  }
  if (!ok)
    clip_deep_resampler_clear (self);
  return ok;
}

gboolean
clip_deep_resampler_init (ClipDeepResampler *self, const ClipResampleSpan *horizontal, const ClipResampleSpan *vertical,
    ClipResample filter, guint n_components)
{
  return clip_deep_resampler_init_for (self, horizontal, vertical, filter, n_components, clip_cpu_features ());
}

void
clip_deep_resampler_clear (ClipDeepResampler *self)
{
  axis_clear (&self->horizontal);
  axis_clear (&self->vertical);
  g_clear_pointer (&self->lines, free);
  g_clear_pointer (&self->rows, free);
}

/* ---- The passes -------------------------------------------------------------------------------------------- */

/* n rows from `y` on of those used: one at a time, or all where the samples of a column are adjacent in memory. */
static void
load_lines (ClipDeepResampler *self, const ClipDeepSamples *in, guint y, guint n)
{
  guint mask = (1u << in->depth) - 1, n_in = self->horizontal.n_in;
  const guint8 *data
      = in->data + (gssize)(self->vertical.first + y) * in->row_stride + (gssize)self->horizontal.first * in->step;
  if (ABS (in->row_stride) >= ABS (in->step)) {
    for (guint i = 0; i < n; i++)
      self->kernels.load (data + (gssize)i * in->row_stride, in->step, n_in, in->shift, mask,
          CLIP_DEEP_LINES * in->row_stride, self->lines + i * self->line_stride);
    return;
  }
  for (guint x = 0; x < n_in; x++, data += in->step)
    for (guint i = 0; i < n; i++) {
      guint16 word;
      memcpy (&word, data + (gssize)i * in->row_stride, sizeof word);
      self->lines[i * self->line_stride + x] = word >> in->shift & mask;
    }
}

void
clip_deep_resampler_run (
    ClipDeepResampler *self, const ClipDeepSamples *in, float max, float *const *rets, gsize ret_stride)
{
  const ClipDeepAxis *horizontal = &self->horizontal, *vertical = &self->vertical;
  gsize n_out = horizontal->n_out, component_size = self->row_capacity * n_out;
  for (guint y = 0; y < vertical->n_in; y += CLIP_DEEP_LINES)
    for (guint c = 0; c < self->n_components; c++) {
      /* With fewer than CLIP_DEEP_LINES left the results of the others are unused. */
      load_lines (self, &in[c], y, MIN (CLIP_DEEP_LINES, vertical->n_in - y));
      self->kernels.rows (self->lines, self->line_stride, n_out, horizontal->taps, horizontal->offsets,
          horizontal->weights, max, self->rows + c * component_size + y * n_out, n_out);
    }

  for (guint c = 0; c < self->n_components; c++)
    for (guint y = 0; y < vertical->n_out; y++) {
      const float *weights = vertical->weights + (gsize)y * vertical->taps;
      guint taps = MIN (vertical->taps, vertical->n_in - vertical->offsets[y]); /* the rest are zeros */
      self->kernels.columns (self->rows + c * component_size + vertical->offsets[y] * n_out, n_out, taps, weights, max,
          rets[c] + y * ret_stride);
    }
}
