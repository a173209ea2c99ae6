/* SPDX-License-Identifier: MIT
 *
 * attention.h: multi-head self-attention, softmax (q k^T) v, on rows that hold queries, keys and values side by side,
 * head by head. No more than a tile of rows of the score matrix exists at once, in each thread's own scratch.
 */
#ifndef CLIP_ATTENTION_H
#define CLIP_ATTENTION_H

#include <glib.h>

#include "nn/packed-lhs.h"

/* Several sequences, one after another in the rows of one matrix, so that the products see all rows at once. In causal
 * ones a token's row depends on itself and those before it alone: what a sequence begins with and the one before it
 * began with too has its rows there (or further up, where that one shares them in its turn) and takes no rows again. */
typedef struct
{
  guint n;
  const guint *lengths; /* [n]; NULL: all are `length` long */
  guint length;
  const guint *shared; /* [n]; NULL: none. First tokens whose rows are those of the sequence before: not all tokens */
  guint rows;          /* sum of the lengths less what is shared */
  guint longest;
  gboolean causal; /* a token sees itself and those before it */
} ClipSequences;

/* Outputs of the layer that makes queries, keys and values: for each head its queries, its keys, its values, each
 * filled up with zeros to whole groups of any layout (no model in use has any: their heads' sizes are multiples of 8).
 * A head's are neighbours, so that the thread that has computed them has them in its cache. */
guint clip_qkv_outputs (guint width, guint n_heads);

/* The first output of one head's part: 0 queries, 1 keys, 2 values. */
guint clip_qkv_output (guint width, guint n_heads, guint head, guint part);

/* Floats that one thread needs for sequences of at most `longest` tokens. */
gsize clip_attention_scratch (gsize longest, gsize head_size);

/* qkv: one block, F32 or BF16, with the outputs above, queries already scaled by 1 / sqrt (head size);
 * ret: [rows][n_heads * head_size]; scratch: [threads][clip_attention_scratch (longest, head_size)].
 * pooled: NULL, or [sequences->n], one row of each sequence: ret has these alone then, one after another.
 * Looks at qkv->cancel within tasks, too, and leaves what it has not done: `ret` is worth nothing then.
 * In BF16 the weights of the values are rounded, too; sums, exponents and quotients are F32. */
void clip_attention_run (const ClipSequences *sequences, guint n_heads, guint head_size, ClipPool *pool,
    const ClipPackedLhs *qkv, const guint *pooled, float *ret, float *scratch);

#endif
