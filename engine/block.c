/* SPDX-License-Identifier: MIT
 *
 * block.c: see block.h. Reads like the paper's figure: norm, attention, residual, norm, MLP, residual.
 */
#include "block.h"

#include "gemm.h"

/* Rows per layer-norm task: about 10 us of work. */
#define NORM_ROWS 32

gboolean
clip_norm_init (ClipNorm *self, guint n)
{
  self->n = n;
  self->weight = g_try_new0 (float, n);
  self->bias = g_try_new0 (float, n);
  return self->weight && self->bias;
}

void
clip_norm_clear (ClipNorm *self)
{
  g_free (self->weight);
  g_free (self->bias);
  *self = (ClipNorm){ 0 };
}

void
clip_block_clear (ClipBlock *self)
{
  clip_norm_clear (&self->ln1);
  clip_norm_clear (&self->ln2);
  clip_linear_clear (&self->qkv);
  clip_linear_clear (&self->out);
  clip_linear_clear (&self->fc1);
  clip_linear_clear (&self->fc2);
}

typedef struct
{
  const ClipNorm *norm;
  const float *x;
  float *y;
  guint rows;
  float eps;
} NormJob;

static void
norm_rows (gpointer data, guint task, guint worker)
{
  const NormJob *job = data;
  guint row = task * NORM_ROWS, n = job->norm->n;
  clip_layer_norm (job->x + (gsize)row * n, job->y + (gsize)row * n, MIN (NORM_ROWS, job->rows - row), n,
      job->norm->weight, job->norm->bias, job->eps);
}

void
clip_norm_run (const ClipNorm *self, ClipPool *pool, const float *x, float *y, guint rows, float eps)
{
  NormJob job = { self, x, y, rows, eps };
  clip_pool_run (pool, norm_rows, &job, (rows + NORM_ROWS - 1) / NORM_ROWS);
}

typedef struct
{
  const ClipSequences *sequences;
  guint n_heads, width;
  const float *qkv; /* [rows][3 * width] */
  float *out;       /* [rows][width] */
  float *scratch;   /* [threads][clip_attention_scratch()] */
} AttentionJob;

gsize
clip_attention_scratch (gsize longest, gsize head_size)
{
  /* Scores, then keys, then values in the place of keys. */
  return longest * longest + MAX (clip_packed_size (longest, head_size), clip_packed_size (head_size, longest));
}

/* One head of one sequence: softmax (q k^T) v. */
static void
attend (gpointer data, guint task, guint worker)
{
  const AttentionJob *job = data;
  const ClipSequences *sequences = job->sequences;
  guint sequence = task / job->n_heads, head = task % job->n_heads;
  gsize first = 0;
  guint length = sequences->length;
  if (sequences->lengths) {
    for (guint i = 0; i < sequence; i++)
      first += sequences->lengths[i];
    length = sequences->lengths[sequence];
  } else {
    first = (gsize)sequence * length;
  }

  guint width = job->width, head_size = width / job->n_heads;
  gsize stride = 3 * (gsize)width;
  const float *q = job->qkv + first * stride + head * head_size;
  const float *k = q + width, *v = k + width;
  float *scores = job->scratch + worker * clip_attention_scratch (sequences->longest, head_size);
  float *packed = scores + (gsize)sequences->longest * sequences->longest;
  ClipGemm gemm = clip_gemm_choose (NULL);

  clip_pack_transposed (packed, k, stride, length, head_size);
  gemm (length, length, head_size, q, stride, packed, scores, length, FALSE);
  for (guint row = 0; row < length; row++) {
    float *weights = scores + (gsize)row * length;
    guint visible = sequences->causal ? row + 1 : length;
    clip_softmax (weights, visible);
    for (guint i = visible; i < length; i++)
      weights[i] = 0;
  }
  clip_pack (packed, v, stride, head_size, length);
  gemm (length, head_size, length, scores, length, packed, job->out + first * width + head * head_size, width, FALSE);
}

void
clip_block_run (const ClipBlock *self, ClipPool *pool, const ClipSequences *sequences, guint n_heads,
    ClipActivation activation, float eps, float *x, const ClipBlockScratch *scratch)
{
  guint rows = sequences->rows, width = self->ln1.n, intermediate = self->fc1.n_out;

  clip_norm_run (&self->ln1, pool, x, scratch->norm, rows, eps);
  clip_linear_run (
      &self->qkv, pool, scratch->norm, width, rows, scratch->qkv, 3 * (gsize)width, CLIP_ACTIVATION_NONE, FALSE);
  AttentionJob job = { sequences, n_heads, width, scratch->qkv, scratch->norm, scratch->attention };
  clip_pool_run (pool, attend, &job, sequences->n * n_heads);
  clip_linear_run (&self->out, pool, scratch->norm, width, rows, x, width, CLIP_ACTIVATION_NONE, TRUE);

  clip_norm_run (&self->ln2, pool, x, scratch->norm, rows, eps);
  clip_linear_run (&self->fc1, pool, scratch->norm, width, rows, scratch->hidden, intermediate, activation, FALSE);
  clip_linear_run (&self->fc2, pool, scratch->hidden, intermediate, rows, x, width, CLIP_ACTIVATION_NONE, TRUE);
}
