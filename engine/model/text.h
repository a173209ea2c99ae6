/* SPDX-License-Identifier: MIT
 *
 * text.h: the text tower. Immutable once loaded; use from any thread with scratch of one's own.
 */
#ifndef CLIP_TEXT_H
#define CLIP_TEXT_H

#include "model/config.h"
#include "nn/block.h"
#include "tokenizer/tokenizer.h"

typedef struct
{
  ClipTowerConfig config;
  guint context_length, vocab_size;
  guint eos_token_id; /* pooled at its first place; 2 = the old rule: at the largest id's first place */
  float *token;       /* [vocab_size][width] */
  float *position;    /* [context_length][width] */
  ClipNorm final_norm;
  ClipBlock *blocks;        /* [n_layers] */
  ClipLinear projection;    /* [embedding_dim][width] */
  ClipTokenizer *tokenizer; /* NULL for a random model */
} ClipText;

/* Texts that the tower runs at once. The arrays are as long as the most rows there may be. */
typedef struct
{
  ClipSequences sequences;
  guint32 *ids;  /* [sequences.rows], of the rows' tokens */
  guint *shared; /* sequences.shared */
  guint *pooled; /* [sequences.n], ascending: rows of the end tokens */
} ClipTextBatch;

/* How many tokens two texts have in common at their beginnings. */
guint clip_text_common (const guint32 *a, guint a_length, const guint32 *b, guint b_length);

/* Gathers texts, from the first on, while they take at most max_rows rows (>= the longest text). ids: n texts one after
 * another, lengths: [n], kept by the batch. Returns how many went in. */
guint clip_text_gather (
    const ClipText *self, const guint32 *ids, const guint *lengths, guint n, guint max_rows, ClipTextBatch *batch);

/* ret: [sequences.n][embedding_dim], unit length. */
gboolean clip_text_run (const ClipText *self, ClipPool *pool, const ClipTextBatch *batch, float *x,
    ClipBlockScratch *scratch, const gint *cancel, float *ret);

#endif
