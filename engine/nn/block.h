/* SPDX-License-Identifier: MIT
 *
 * block.h: the pre-norm transformer block of both towers:
 *   x += out (attention (ln1 (x)));  x += fc2 (activation (fc1 (ln2 (x)))).
 * Immutable once loaded. Scratch comes from the caller.
 */
#ifndef CLIP_BLOCK_H
#define CLIP_BLOCK_H

#include "nn/attention.h"
#include "nn/linear.h"
#include "nn/norm.h"

typedef struct
{
  ClipNorm ln1, ln2;
  ClipLinear qkv;       /* [clip_qkv_outputs()][width]; queries are scaled by 1 / sqrt (head size) at load */
  ClipLinear out;       /* [width][width] */
  ClipLinear fc1;       /* [intermediate][width] */
  ClipLinear fc2;       /* [width][intermediate] */
  ClipLayout attention; /* F32 or BF16: the layout of qkv's outputs */
} ClipBlock;

typedef struct
{
  ClipPackedLhs lhs;    /* input of the next product */
  ClipPackedLhs qkv;    /* all rows are one block */
  ClipPackedLhs hidden; /* shares its memory with qkv; if fc2 needs rows, they are in `wide` instead */
  float *heads;         /* [rows][width] */
  float *wide;          /* [rows][the larger of intermediate and clip_qkv_outputs()] */
  float *attention;     /* [threads][clip_attention_scratch()] */
  guint *pooled;        /* [sequences] */
} ClipBlockScratch;

/* x: [rows][width], in place. pooled: NULL, or, for a tower's last block, its rows in use, [sequences->n], ascending:
 * everything after attention is then computed only for these, and they become the first rows of x.
 * cancel: checked between products; within them the left-hand sides' own pointers are. FALSE when it is not 0: the
 * content of x is then undefined. */
gboolean clip_block_run (const ClipBlock *self, ClipPool *pool, const ClipSequences *sequences, guint n_heads,
    ClipActivation activation, float eps, float *x, const guint *pooled, ClipBlockScratch *scratch, const gint *cancel);

void clip_block_clear (ClipBlock *self);

#endif
