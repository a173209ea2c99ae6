/* SPDX-License-Identifier: MIT
 *
 * attention.h: multi-head self-attention, softmax (q k^T) v, on rows that hold queries, keys and values side by side.
 * No more than a tile of rows of the score matrix exists at once, in each thread's own scratch.
 */
#ifndef CLIP_ATTENTION_H
#define CLIP_ATTENTION_H

#include <glib.h>

#include "pool.h"

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

/* Floats that one thread needs for sequences of at most `longest` tokens. */
gsize clip_attention_scratch (gsize longest, gsize head_size);

/* qkv: [rows][3 * width], queries already scaled by 1 / sqrt (head size); ret: [rows][width];
 * scratch: [threads][clip_attention_scratch (longest, width / n_heads)]. */
void clip_attention_run (const ClipSequences *sequences, guint n_heads, guint width, ClipPool *pool, const float *qkv,
    float *ret, float *scratch);

#endif
