/* SPDX-License-Identifier: MIT
 *
 * linear.h: a linear layer: packed weights, product + bias + activation or residual, over the pool.
 *
 * Filled by the loader, then packed, then immutable; run it from any thread. Where the CPU has kernels of ours the
 * weights are packed for them (pack.h) in f32, bf16 or int8, and any thread count, batch or split gives the same bits.
 * Elsewhere f32's product is OpenBLAS's (linear.c is the only file that includes cblas.h), one call at a time, with the
 * threads its process has set it up for.
 */
#ifndef CLIP_LINEAR_H
#define CLIP_LINEAR_H

#include "clip.h"
#include "nn/packed-lhs.h"
#include "runtime/pages.h"

typedef struct
{
  guint n_out, n_in;
  ClipLayout layout;  /* of its lhs */
  float *weight;      /* [n_out][n_in] as torch.nn.Linear has it, until packed; stays with CLIP_LAYOUT_PLAIN */
  guint8 *panels;     /* panels of kernels.h, in that layout */
  float *scale;       /* s8: [n_out rounded up to 32], of the weights */
  gint32 *column_sum; /* s8: the same, sums of the codes over n_in */
  gpointer own;       /* where these three are, unless in a ClipPages */
  float *bias;        /* [n_out], or NULL */
} ClipLinear;

/* Allocates `weight` and `bias` for the loader to fill. FALSE when the memory cannot be had. */
gboolean clip_linear_init (ClipLinear *self, guint n_out, guint n_in, gboolean has_bias);

/* To be called once when the weights are filled in; frees `weight` where it is no longer needed. precision: not AUTO.
 * pages: takes what is packed, has to outlive the layer's use and frees it; NULL for a layer that does so itself, by
 * clip_linear_clear(). FALSE when the memory cannot be had. */
gboolean clip_linear_pack (ClipLinear *self, ClipPrecision precision, ClipPages *pages);

void clip_linear_clear (ClipLinear *self);

/* y = activation (x * weight^T + bias), or, with `residual`, y += x * weight^T + bias (activation must be NONE).
 * x: filled in this layer's layout; y: [x's rows] rows of n_out values, y_stride apart. */
void clip_linear_run (const ClipLinear *self, ClipPool *pool, const ClipPackedLhs *x, float *y, gsize y_stride,
    ClipActivation activation, gboolean residual);

/* The same into an lhs: ret->block_rows is the caller's, a multiple of x's or no less than x's rows; layout: F32 or
 * BF16. rows: scratch, [x's rows][n_out], used with CLIP_LAYOUT_PLAIN alone. */
void clip_linear_run_packed (const ClipLinear *self, ClipPool *pool, const ClipPackedLhs *x, ClipPackedLhs *ret,
    ClipLayout layout, ClipActivation activation, float *rows);

#endif
