/* SPDX-License-Identifier: MIT
 *
 * norm.h: layer norm (torch.nn.LayerNorm) of the rows of a matrix, in place or straight into a packed left-hand side.
 */
#ifndef CLIP_NORM_H
#define CLIP_NORM_H

#include "nn/packed-lhs.h"

typedef struct
{
  guint n;
  float *weight, *bias; /* [n] */
} ClipNorm;

/* Allocates both, as zeros, for the loader to fill. FALSE when memory runs out. */
gboolean clip_norm_init (ClipNorm *self, guint n);
void clip_norm_clear (ClipNorm *self);

/* Each row of x: [rows][self->n], in place. */
void clip_norm_run (const ClipNorm *self, ClipPool *pool, float *x, guint rows, float eps);

/* The norm of each row of x: [rows][self->n], packed for a layer that reads `layout`. */
void clip_norm_pack (
    const ClipNorm *self, ClipPool *pool, const float *x, guint rows, float eps, ClipLayout layout, ClipPackedLhs *ret);

#endif
