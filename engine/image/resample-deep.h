/* SPDX-License-Identifier: MIT
 *
 * resample-deep.h: the resize of one component of more than 8 bits.
 *
 * The filters, weights and order of resample.h (horizontal first, each pass ends within the codes there are), but
 * without its rounding to 8 bits: samples are 16-bit words, everything between and the results are floats. Which
 * instructions the CPU has decides about the last bits of a float. A ClipDeepResampler is for one geometry; init
 * allocates all it will ever need, run allocates nothing. One caller at a time.
 */
#ifndef CLIP_RESAMPLE_DEEP_H
#define CLIP_RESAMPLE_DEEP_H

#include "runtime/cpu-features.h"
#include "image/deep-rows.h"
#include "image/resample.h"

/* One component where it lies in memory; the value is (word >> shift) & ((1 << depth) - 1). */
typedef struct
{
  const guint8 *data; /* sample (0, 0): a little-endian word, at any address */
  gssize row_stride;  /* bytes from row to row; may be negative */
  gssize step;        /* bytes from sample to sample; may be negative, and more than row_stride */
  guint shift, depth;
} ClipDeepSamples;

/* One axis made ready; `taps` behind an offset may run on into zero weights. */
typedef struct
{
  guint first, n_in; /* the source samples that matter */
  guint n_out, taps; /* taps: a multiple of CLIP_DEEP_VECTOR */
  guint32 *offsets;  /* [n_out] */
  float *weights;    /* [n_out][taps] */
} ClipDeepAxis;

typedef struct
{
  ClipDeepAxis horizontal, vertical;
  guint n_components;
  ClipDeepKernels kernels;
  float *lines; /* [CLIP_DEEP_LINES][line_stride]: source rows, zeros behind them */
  gsize line_stride;
  float *rows;        /* [n_components][row_capacity][horizontal.n_out]: what the first pass leaves */
  gsize row_capacity; /* vertical.n_in rounded up to CLIP_DEEP_LINES */
} ClipDeepResampler;

/* For n_components components of the same geometry. FALSE, with nothing to clear, when memory is short. The second one
 * uses no more than the named ones of this CPU's instructions. */
gboolean clip_deep_resampler_init (ClipDeepResampler *self, const ClipResampleSpan *horizontal,
    const ClipResampleSpan *vertical, ClipResample filter, guint n_components);
gboolean clip_deep_resampler_init_for (ClipDeepResampler *self, const ClipResampleSpan *horizontal,
    const ClipResampleSpan *vertical, ClipResample filter, guint n_components, ClipCpuFeatures flags);
void clip_deep_resampler_clear (ClipDeepResampler *self); /* harmless on a zeroed one */

/* in: [n_components]; rets: [n_components], each [vertical.n_out][ret_stride] with horizontal.n_out codes a row,
 * 0..max. The components are read side by side: one pass over interleaved memory. */
void clip_deep_resampler_run (
    ClipDeepResampler *self, const ClipDeepSamples *in, float max, float *const *rets, gsize ret_stride);

#endif
