/* SPDX-License-Identifier: MIT
 *
 * block.h: the pre-norm transformer block that both towers are made of:
 *   x += out (attention (ln1 (x)));  x += fc2 (activation (fc1 (ln2 (x)))).
 * Immutable once loaded. Scratch comes from the caller.
 */
#ifndef CLIP_BLOCK_H
#define CLIP_BLOCK_H

#include "linear.h"

typedef struct
{
  guint n;
  float *weight, *bias; /* [n] */
} ClipNorm;

typedef struct
{
  ClipNorm ln1, ln2;
  ClipLinear qkv; /* [3 * width][width]: queries (scaled by 1 / sqrt (head size) at load), keys, values */
  ClipLinear out; /* [width][width] */
  ClipLinear fc1; /* [intermediate][width] */
  ClipLinear fc2; /* [width][intermediate] */
} ClipBlock;

/* Several sequences, one after another in the rows of one matrix, so that the products see all rows at once. */
typedef struct
{
  guint n;
  const guint *lengths; /* [n]; NULL: all are `length` long */
  guint length;
  guint rows; /* sum of the lengths */
  guint longest;
  gboolean causal; /* a token sees itself and those before it */
} ClipSequences;

typedef struct
{
  float *norm;      /* [rows][width] */
  float *qkv;       /* [rows][3 * width] */
  float *hidden;    /* [rows][intermediate] */
  float *attention; /* [threads][clip_attention_scratch()] */
} ClipBlockScratch;

/* Floats that attention needs for one thread, for sequences of at most `longest` tokens. */
gsize clip_attention_scratch (gsize longest, gsize head_size);

gboolean clip_norm_init (ClipNorm *self, guint n);
void clip_norm_clear (ClipNorm *self);

/* x: [rows][width], in place. */
void clip_block_run (const ClipBlock *self, ClipPool *pool, const ClipSequences *sequences, guint n_heads,
    ClipActivation activation, float eps, float *x, const ClipBlockScratch *scratch);

/* clip_layer_norm() over the pool. */
void clip_norm_run (const ClipNorm *self, ClipPool *pool, const float *x, float *y, guint rows, float eps);

void clip_block_clear (ClipBlock *self);

#endif
