/* SPDX-License-Identifier: MIT
 *
 * resample.h: Pillow's resize of one 8-bit component, bit for bit (libImaging/Resample.c; Geometry.c for NEAREST).
 *
 * Rotated and mirrored pictures are read through their strides, with the bytes of a picture rotated in memory first.
 *
 * The filter's support grows with the reduction, weights are rounded to 22 bits, each pass rounds to 8 bits: horizontal
 * first, then vertical. So does every Pillow up to 12, with which CLIP was trained and the goldens were made; Pillow 13
 * swaps the passes when it reduces pictures about twice as tall as wide or taller, and differs by the rounding between.
 * Only the requested part of the output is computed, from the source samples that it needs. A ClipResampler is for one
 * geometry; init allocates all memory, run allocates nothing. One caller at a time.
 */
#ifndef CLIP_RESAMPLE_H
#define CLIP_RESAMPLE_H

#include <glib.h>

#include "runtime/cpu-features.h"
#include "image/resample-lines.h"

/* The numbers of PIL.Image.Resampling, as in "resample" of preprocessor_config.json. */
typedef enum
{
  CLIP_RESAMPLE_NEAREST = 0,
  CLIP_RESAMPLE_LANCZOS = 1,
  CLIP_RESAMPLE_BILINEAR = 2,
  CLIP_RESAMPLE_BICUBIC = 3,
  CLIP_RESAMPLE_BOX = 4,
  CLIP_RESAMPLE_HAMMING = 5
} ClipResample;

/* One axis: samples box_start..box_end of n_in become n_full samples, of which n_out from `first` on are computed. The
 * box may be fractional and exceed the source by less than a sample. */
typedef struct
{
  guint n_in;
  double box_start, box_end;
  guint n_full;
  guint first, n_out;
} ClipResampleSpan;

/* Tables of one axis: output x is the sum over taps of weight * source[first + offsets[x] + tap]. Weights are split
 * into 256 * high + low, so that both products are of 16-bit integers, with 32-bit sums that cannot overflow. */
typedef struct
{
  guint first, n_in; /* source samples used: `n_in` from `first` on */
  guint n_out;
  guint taps;       /* a multiple of 8, padded with zero weights */
  guint32 *offsets; /* [n_out] */
  gint16 *high;     /* [n_out][taps] */
  gint16 *low;      /* [n_out][taps] */
} ClipResampleAxis;

/* With `kernel` passes run over sixteen lines at a time; only the scratch of the chosen passes is allocated. */
typedef struct
{
  ClipResampleAxis horizontal, vertical;
  guint n_components;
  gint16 *line;        /* [horizontal.n_in + horizontal.taps]: one source row of one component */
  gint16 *columns;     /* [n_components][horizontal.n_out][column_stride]: output of the first pass, transposed */
  gsize column_stride; /* >= vertical.n_in + vertical.taps */

  ClipResampleLines kernel;
  ClipLineTaps horizontal_taps, vertical_taps;
  guint32 *groups; /* see ClipResampleLines */
  guint8 *blocks;  /* [n_components][n_blocks][horizontal.n_out][CLIP_LINES]: output of the first pass */
  gsize n_blocks;  /* of CLIP_LINES rows */
  guint8 *strip;   /* [CLIP_LINES][strip_stride]: a copy of rows whose samples are not adjacent */
  gsize strip_stride;
} ClipResampler;

/* One component in memory. */
typedef struct
{
  const guint8 *data; /* sample (0, 0) */
  gssize row_stride;  /* bytes from row to row; may be negative */
  gssize step;        /* bytes from sample to sample; may be negative, and more than row_stride */
} ClipSamples;

/* The tables alone. FALSE when memory is short; clear is needed after a failure, too, and harmless on a zeroed axis. */
gboolean clip_resample_axis_init (ClipResampleAxis *self, const ClipResampleSpan *span, ClipResample filter);
void clip_resample_axis_clear (ClipResampleAxis *self);

/* Zeroed bytes, aligned to cache lines, to free with free(); NULL when memory is short. */
gpointer clip_resample_try_scratch (gsize n_bytes);

/* For n_components components of the same geometry. FALSE, with nothing to clear, when memory is short. init_for uses
 * no instructions of this CPU but those in `flags`; the results are the same. */
gboolean clip_resampler_init (ClipResampler *self, const ClipResampleSpan *horizontal, const ClipResampleSpan *vertical,
    ClipResample filter, guint n_components);
gboolean clip_resampler_init_for (ClipResampler *self, const ClipResampleSpan *horizontal,
    const ClipResampleSpan *vertical, ClipResample filter, guint n_components, ClipCpuFeatures flags);
void clip_resampler_clear (ClipResampler *self); /* harmless on a zeroed resampler */

/* in: [n_components]; rets: [n_components], each [vertical.n_out][ret_stride] with horizontal.n_out values a row. The
 * components are read row by row, so interleaved memory is passed over once. */
void clip_resampler_run (ClipResampler *self, const ClipSamples *in, guint8 *const *rets, gsize ret_stride);

#endif
