/* SPDX-License-Identifier: MIT
 *
 * text.h: the text tower. Immutable once loaded; use from any thread, each with its own scratch (block.h).
 */
#ifndef CLIP_TEXT_H
#define CLIP_TEXT_H

#include "model/config.h"
#include "model/known-words.h"
#include "nn/block.h"
#include "tokenizer/tokenizer.h"

typedef struct
{
  ClipTowerConfig config;
  guint context_length, vocab_size;
  guint eos_token_id; /* pooled at its first occurrence; 2 = the old rule: at that of the largest id */
  float *token;       /* [vocab_size][width] */
  float *position;    /* [context_length][width] */
  ClipNorm final_norm;
  ClipBlock *blocks;        /* [n_layers] */
  ClipLinear projection;    /* [embedding_dim][width] */
  ClipTokenizer *tokenizer; /* NULL for a random model */
  ClipKnownWords known_words;
} ClipText;

/* Texts that the tower encodes at once. The arrays have room for the maximum number of rows. */
typedef struct
{
  ClipSequences sequences;
  guint32 *ids;  /* [sequences.rows], the rows' tokens */
  guint *shared; /* sequences.shared */
  guint *pooled; /* [sequences.n], ascending: rows of the end tokens */
} ClipTextBatch;

/* The length of two texts' common prefix, in tokens. */
guint clip_text_common (const guint32 *a, guint a_length, const guint32 *b, guint b_length);

/* Fills a batch with the first texts, as many as fit into max_rows rows (>= the longest text). ids: n texts one after
 * another; lengths: [n], referenced by the batch. Returns the number of texts in the batch. */
guint clip_text_gather (
    const ClipText *self, const guint32 *ids, const guint *lengths, guint n, guint max_rows, ClipTextBatch *batch);

/* x: [rows][width], scratch. cancel: checked between products, and within them if scratch->lhs.cancel is the same. ret:
 * [sequences.n][embedding_dim], unit length. FALSE, and ret undefined, when cancelled. */
gboolean clip_text_run (const ClipText *self, ClipPool *pool, const ClipTextBatch *batch, float *x,
    ClipBlockScratch *scratch, const gint *cancel, float *ret);

#endif
