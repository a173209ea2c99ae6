/* SPDX-License-Identifier: MIT
 *
 * linear.h: a linear layer: packed weights, product + bias + activation or residual, over the pool.
 *
 * Filled by the loader, then packed, then immutable; run it from any thread. Where the CPU has a kernel in gemm.h the
 * weights are packed for it and any thread count, batch or split gives the same bits. Elsewhere the product is
 * OpenBLAS's (linear.c is the only file that includes cblas.h), one call at a time, with the threads its process has
 * set it up for.
 */
#ifndef CLIP_LINEAR_H
#define CLIP_LINEAR_H

#include <glib.h>

#include "kernels.h"
#include "pool.h"

typedef struct
{
  guint n_out, n_in;
  float *weight; /* [n_out][n_in] as torch.nn.Linear has it, until packed */
  float *packed; /* panels of gemm.h; NULL: `weight` is used as it is */
  float *bias;   /* [n_out], or NULL */
} ClipLinear;

/* Allocates `weight` and `bias` for the loader to fill. FALSE when the memory cannot be had. */
gboolean clip_linear_init (ClipLinear *self, guint n_out, guint n_in, gboolean has_bias);

/* To be called once when the weights are filled in; frees `weight` where it is no longer needed. */
gboolean clip_linear_pack (ClipLinear *self);
void clip_linear_clear (ClipLinear *self);

/* y = activation (x * weight^T + bias), or, with `residual`, y += x * weight^T + bias (activation must be NONE).
 * x: [rows] rows of n_in values, x_stride apart; y: [rows] rows of n_out values, y_stride apart. */
void clip_linear_run (const ClipLinear *self, ClipPool *pool, const float *x, gsize x_stride, guint rows, float *y,
    gsize y_stride, ClipActivation activation, gboolean residual);

/* What computes the products here, for logs and benchmarks: "AVX2 kernels" or "OpenBLAS 0.3.21 …". */
const char *clip_linear_description (void);

#endif
