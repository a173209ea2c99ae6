/* SPDX-License-Identifier: MIT
 *
 * attention.h: multi-head self-attention, softmax (q k^T) v, on rows that hold queries, keys and values side by side,
 * head by head. Each thread's scratch holds just one tile of rows of the score matrix at a time.
 */
#ifndef CLIP_ATTENTION_H
#define CLIP_ATTENTION_H

#include <glib.h>

#include "nn/packed-lhs.h"

/* Several sequences, one after another in the rows of one matrix, so that the products see all rows at once. In causal
 * ones a token's row depends only on itself and those before it: a prefix that a sequence has in common with the
 * previous one uses the rows of that one (or of an earlier one, if that one shares them itself) and takes no rows. */
typedef struct
{
  guint n;
  const guint *lengths; /* [n]; NULL: all are `length` long */
  guint length;
  const guint *shared; /* [n]; NULL: none. Length of the prefix shared with the previous sequence, < its length */
  guint rows;          /* sum of the lengths minus the shared prefixes */
  guint longest;
  gboolean causal; /* a token sees itself and those before it */
} ClipSequences;

/* The number of outputs of the layer that makes queries, keys and values: for each head its queries, its keys, its
 * values, each padded with zeros to whole groups of any layout (models in use need no padding: their head sizes are
 * multiples of 8). A head's are adjacent, so that they are in the cache of the thread that computed them. */
guint clip_qkv_outputs (guint width, guint n_heads);

/* The first output of a head's part: 0 queries, 1 keys, 2 values. */
guint clip_qkv_output (guint width, guint n_heads, guint head, guint part);

/* The scratch of one thread, in floats, for sequences of at most `longest` tokens. */
gsize clip_attention_scratch (gsize longest, gsize head_size);

/* qkv: one block, F32 or BF16, with the outputs above, queries already scaled by 1 / sqrt (head size);
 * ret: [rows][n_heads * head_size]; scratch: [threads][clip_attention_scratch (longest, head_size)].
 * pooled: NULL, or [sequences->n], one row of each sequence: ret then has only these, one after another.
 * Checks qkv->cancel within tasks, too, and stops: the content of `ret` is then undefined.
 * In BF16 the softmax weights are rounded, too; sums, exponentials and quotients are F32. */
void clip_attention_run (const ClipSequences *sequences, guint n_heads, guint head_size, ClipPool *pool,
    const ClipPackedLhs *qkv, const guint *pooled, float *ret, float *scratch);

#endif
