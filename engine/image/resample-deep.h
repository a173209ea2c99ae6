/* SPDX-License-Identifier: MIT
 *
 * resample-deep.h: the resize of one component of more than 8 bits.
 *
 * The filters, weights and order of resample.h (horizontal first, each pass clamps to the range of codes), but without
 * its rounding to 8 bits: samples are 16-bit words, intermediate values and results are floats, whose last bits depend
 * on the CPU's instructions. A ClipDeepResampler is for one geometry; init allocates all memory, run allocates nothing.
 * One caller at a time.
 */
#ifndef CLIP_RESAMPLE_DEEP_H
#define CLIP_RESAMPLE_DEEP_H

#include "runtime/cpu-features.h"
#include "image/deep-rows.h"
#include "image/resample.h"

/* One component in memory; a sample's value is (word >> shift) & ((1 << depth) - 1). */
typedef struct
{
  const guint8 *data; /* sample (0, 0): a little-endian word, at any address */
  gssize row_stride;  /* bytes from row to row; may be negative */
  gssize step;        /* bytes from sample to sample; may be negative, and more than row_stride */
  guint shift, depth;
} ClipDeepSamples;

/* Tables of one axis. The last of the `taps` weights may be zero. */
typedef struct
{
  guint first, n_in; /* source samples used */
  guint n_out, taps; /* taps: a multiple of CLIP_DEEP_VECTOR */
  guint32 *offsets;  /* [n_out] */
  float *weights;    /* [n_out][taps] */
} ClipDeepAxis;

typedef struct
{
  ClipDeepAxis horizontal, vertical;
  guint n_components;
  ClipDeepKernels kernels;
  float *lines; /* [CLIP_DEEP_LINES][line_stride]: source rows, padded with zeros */
  gsize line_stride;
  float *rows;        /* [n_components][row_capacity][horizontal.n_out]: output of the first pass */
  gsize row_capacity; /* vertical.n_in rounded up to CLIP_DEEP_LINES */
} ClipDeepResampler;

/* For n_components components of the same geometry. FALSE, with nothing to clear, when memory is short. init_for uses
 * no instructions of this CPU but those in `flags`. */
gboolean clip_deep_resampler_init (ClipDeepResampler *self, const ClipResampleSpan *horizontal,
    const ClipResampleSpan *vertical, ClipResample filter, guint n_components);
gboolean clip_deep_resampler_init_for (ClipDeepResampler *self, const ClipResampleSpan *horizontal,
    const ClipResampleSpan *vertical, ClipResample filter, guint n_components, ClipCpuFeatures flags);
void clip_deep_resampler_clear (ClipDeepResampler *self); /* harmless on a zeroed resampler */

/* in: [n_components]; rets: [n_components], each [vertical.n_out][ret_stride] with horizontal.n_out codes a row,
 * 0..max. The components are read row by row, so interleaved memory is passed over once. */
void clip_deep_resampler_run (
    ClipDeepResampler *self, const ClipDeepSamples *in, float max, float *const *rets, gsize ret_stride);

#endif
