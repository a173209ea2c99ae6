/* SPDX-License-Identifier: MIT
 *
 * resample.h: Pillow's resize of one 8-bit component, bit for bit (libImaging/Resample.c; Geometry.c for NEAREST).
 *
 * Turned and mirrored pictures are read by their strides, as if they had been turned in memory first: the same bytes.
 *
 * The filter's support grows with the reduction, weights are rounded to 22 bits, each pass ends in 8 bits: horizontal
 * first, then vertical. That is every Pillow up to 12, which CLIP was trained and its goldens were made with; Pillow 13
 * swaps the passes when it reduces pictures about twice as tall as wide or taller, and differs by the rounding between.
 * Only the asked-for part of the output is computed, from the source samples that it needs. A ClipResampler is for one
 * geometry; init allocates all it will ever need, run allocates nothing. One caller at a time.
 */
#ifndef CLIP_RESAMPLE_H
#define CLIP_RESAMPLE_H

#include <glib.h>

#include "runtime/cpu-features.h"
#include "image/resample-lines.h"

/* PIL.Image.Resampling's numbers, as preprocessor_config.json has them in "resample". */
typedef enum
{
  CLIP_RESAMPLE_NEAREST = 0,
  CLIP_RESAMPLE_LANCZOS = 1,
  CLIP_RESAMPLE_BILINEAR = 2,
  CLIP_RESAMPLE_BICUBIC = 3,
  CLIP_RESAMPLE_BOX = 4,
  CLIP_RESAMPLE_HAMMING = 5
} ClipResample;

/* What one axis has to do: samples box_start..box_end of n_in become n_full samples, of which n_out from `first` on are
 * computed. The box may have fractions and stick out of the source by less than a sample. */
typedef struct
{
  guint n_in;
  double box_start, box_end;
  guint n_full;
  guint first, n_out;
} ClipResampleSpan;

/* One axis made ready: output x is the sum over taps of weight * source[first + offsets[x] + tap]. Weights are split
 * into 256 * high + low, so that both products run on 16-bit integers, with 32-bit sums that cannot overflow. */
typedef struct
{
  guint first, n_in; /* the source samples that matter: `n_in` from `first` on */
  guint n_out;
  guint taps;       /* a multiple of 8; zero weights behind the filter's end */
  guint32 *offsets; /* [n_out] */
  gint16 *high;     /* [n_out][taps] */
  gint16 *low;      /* [n_out][taps] */
} ClipResampleAxis;

/* Either the plain passes' scratch is there or, with `kernel`, that of the passes over sixteen lines at a time. */
typedef struct
{
  ClipResampleAxis horizontal, vertical;
  guint n_components;
  gint16 *line;        /* [horizontal.n_in + horizontal.taps]: one source row of one component */
  gint16 *columns;     /* [n_components][horizontal.n_out][column_stride]: what the first pass leaves, transposed */
  gsize column_stride; /* >= vertical.n_in + vertical.taps */

  ClipResampleLines kernel;
  ClipLineTaps horizontal_taps, vertical_taps;
  guint32 *groups; /* see ClipResampleLines */
  guint8 *blocks;  /* [n_components][n_blocks][horizontal.n_out][CLIP_LINES]: what the first pass leaves */
  gsize n_blocks;  /* of CLIP_LINES rows */
  guint8 *strip;   /* [CLIP_LINES][strip_stride]: rows of which neighbours do not lie side by side */
  gsize strip_stride;
} ClipResampler;

/* One component where it lies in memory. */
typedef struct
{
  const guint8 *data; /* sample (0, 0) */
  gssize row_stride;  /* bytes from row to row; may be negative */
  gssize step;        /* bytes from sample to sample; may be negative, and more than row_stride */
} ClipSamples;

/* The tables alone. FALSE when memory is short; clear is harmless on a zeroed one and needed on failure, too. */
gboolean clip_resample_axis_init (ClipResampleAxis *self, const ClipResampleSpan *span, ClipResample filter);
void clip_resample_axis_clear (ClipResampleAxis *self);

/* Zeroed bytes, aligned to cache lines, to free with free(); NULL when memory is short. */
gpointer clip_resample_try_scratch (gsize n_bytes);

/* For n_components components of the same geometry. FALSE, with nothing to clear, when memory is short. The second one
 * uses no more than the named ones of this CPU's instructions; the results are the same. */
gboolean clip_resampler_init (ClipResampler *self, const ClipResampleSpan *horizontal, const ClipResampleSpan *vertical,
    ClipResample filter, guint n_components);
gboolean clip_resampler_init_for (ClipResampler *self, const ClipResampleSpan *horizontal,
    const ClipResampleSpan *vertical, ClipResample filter, guint n_components, ClipCpuFlags flags);
void clip_resampler_clear (ClipResampler *self); /* harmless on a zeroed one */

/* in: [n_components]; rets: [n_components], each [vertical.n_out][ret_stride] with horizontal.n_out values a row. The
 * components are read side by side, row by row: one pass over interleaved memory. */
void clip_resampler_run (ClipResampler *self, const ClipSamples *in, guint8 *const *rets, gsize ret_stride);

#endif
