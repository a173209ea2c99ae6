/* SPDX-License-Identifier: MIT
 *
 * linear.h: a linear layer: packed weights, product + bias + activation or residual, over the pool.
 *
 * Filled by the loader, then packed, then immutable; run it from any thread. On CPUs with hand-written kernels the
 * weights are packed for them (pack.h) in f32, bf16 or int8, and any thread count, batch or split gives the same bits.
 * Elsewhere OpenBLAS computes f32 products (linear.c is the only file that includes cblas.h), one call at a time, with
 * the number of threads that the process has set.
 */
#ifndef CLIP_LINEAR_H
#define CLIP_LINEAR_H

#include "clip.h"
#include "nn/packed-lhs.h"
#include "runtime/pages.h"

typedef struct
{
  guint n_out, n_in;
  ClipLayout layout;  /* of its left-hand side */
  float *weight;      /* [n_out][n_in] as in torch.nn.Linear, until packed; kept with CLIP_LAYOUT_PLAIN */
  guint8 *panels;     /* in the panels of kernels.h, for that layout */
  float *scale;       /* s8: [n_out rounded up to 32], of the weights */
  gint32 *column_sum; /* s8: the same, sums of the codes over n_in */
  gpointer own;       /* the memory of these three, unless in a ClipPages */
  float *bias;        /* [n_out], or NULL */
} ClipLinear;

/* Allocates `weight` and `bias` for the loader to fill. FALSE when memory runs out. */
gboolean clip_linear_init (ClipLinear *self, guint n_out, guint n_in, gboolean has_bias);

/* Call once, after the weights are filled in; frees `weight` if it is no longer needed. precision: not AUTO. pages:
 * owns the packed weights, so it must outlive the layer; NULL for a layer that owns them itself, until
 * clip_linear_clear(). FALSE when memory runs out. */
gboolean clip_linear_pack (ClipLinear *self, ClipPrecision precision, ClipPages *pages);

void clip_linear_clear (ClipLinear *self);

/* y = activation (x * weight^T + bias), or, with `residual`, y += x * weight^T + bias (activation must be NONE).
 * x: filled in this layer's layout; y: [x's rows] rows of n_out values, y_stride apart. */
void clip_linear_run (const ClipLinear *self, ClipPool *pool, const ClipPackedLhs *x, float *y, gsize y_stride,
    ClipActivation activation, gboolean residual);

/* The same without residual, packed as the next layer's left-hand side: ret->block_rows is set by the caller, a
 * multiple of x's or at least x's rows; layout: F32 or BF16. rows: scratch, [x's rows][n_out], used only with
 * CLIP_LAYOUT_PLAIN. */
void clip_linear_run_packed (const ClipLinear *self, ClipPool *pool, const ClipPackedLhs *x, ClipPackedLhs *ret,
    ClipLayout layout, ClipActivation activation, float *rows);

#endif
