/* SPDX-License-Identifier: MIT
 *
 * attention.c: see attention.h. A task is one head of one sequence: its keys and values are packed once, then the
 * queries go over them tile by tile, with the kernels' f32 tiles for both products.
 */
#include "attention.h"

#include <string.h>

#include "pack.h"

#define WHOLE(n, unit) (clip_groups (n, unit) * (unit)) /* n rounded up */

/* What one thread needs, in floats; all are multiples of 64 bytes but for the last. */
typedef struct
{
  gsize keys, values, query, weights, out, scores;
} Sizes;

static Sizes
sizes_for (gsize longest, gsize head_size)
{
  return (Sizes){
    .keys = clip_panels_size (longest, head_size, CLIP_GROUP_F32) / sizeof (float),
    .values = clip_panels_size (head_size, longest, CLIP_GROUP_F32) / sizeof (float),
    .query = WHOLE (CLIP_TILE_ROWS * WHOLE (head_size, CLIP_GROUP_F32), 16),
    .weights = WHOLE (CLIP_TILE_ROWS * WHOLE (longest, CLIP_GROUP_F32), 16),
    .out = CLIP_TILE_ROWS * WHOLE (head_size, CLIP_PANEL),
    .scores = CLIP_TILE_ROWS * WHOLE (longest, CLIP_PANEL),
  };
}

gsize
clip_attention_scratch (gsize longest, gsize head_size)
{
  Sizes sizes = sizes_for (longest, head_size);
  return sizes.keys + sizes.values + sizes.query + sizes.weights + sizes.out + sizes.scores;
}

typedef struct
{
  const ClipSequences *sequences;
  const ClipKernels *kernels;
  guint n_heads, width;
  const float *qkv;
  float *ret, *scratch;
} Job;

/* sums [rows][n], sums_stride apart = operand [rows][k] x panels [k][n]. */
static void
multiply (const ClipKernels *kernels, guint rows, gsize n, gsize k, const float *operand, const float *panels,
    float *sums, gsize sums_stride)
{
  gsize groups = clip_groups (k, CLIP_GROUP_F32);
  memset (sums, 0, rows * sums_stride * sizeof *sums);
  for (gsize column = 0; column < n; column += CLIP_PANEL, panels += groups * CLIP_STEP_BYTES / sizeof *panels)
    kernels->tile_f32 (rows, groups, operand, rows * CLIP_GROUP_BYTES, panels, panels, sums + column, sums_stride);
}

static void
attend (gpointer data, guint task, guint worker)
{
  const Job *job = data;
  const ClipSequences *sequences = job->sequences;
  guint sequence = task / job->n_heads, head = task % job->n_heads, length = sequences->length;
  gsize first = (gsize)sequence * length;
  if (sequences->lengths) {
    first = 0;
    for (guint i = 0; i < sequence; i++)
      first += sequences->lengths[i];
    length = sequences->lengths[sequence];
  }

  guint head_size = job->width / job->n_heads;
  gsize stride = 3 * (gsize)job->width;
  const float *q = job->qkv + first * stride + head * head_size, *k = q + job->width, *v = k + job->width;
  float *ret = job->ret + first * job->width + head * head_size;

  Sizes sizes = sizes_for (sequences->longest, head_size);
  float *keys = job->scratch + worker * clip_attention_scratch (sequences->longest, head_size);
  float *values = keys + sizes.keys, *query = values + sizes.values, *weights = query + sizes.query;
  float *out = weights + sizes.weights, *scores = out + sizes.out;
  clip_pack_panels (keys, k, stride, length, head_size);
  clip_pack_panels_transposed (values, v, stride, head_size, length);

  guint n_tiles = (length + job->kernels->tile_rows - 1) / job->kernels->tile_rows;
  for (guint tile = 0; tile < n_tiles; tile++) {
    guint row = length * tile / n_tiles, rows = length * (tile + 1) / n_tiles - row;
    guint seen = sequences->causal ? row + rows : length; /* by the tile's last row */
    gsize scores_stride = WHOLE (seen, CLIP_PANEL), group_stride = rows * CLIP_GROUP_BYTES;
    for (guint i = 0; i < rows; i++)
      clip_pack_row (q + (row + i) * stride, head_size, (guint8 *)(query + i * CLIP_GROUP_F32), group_stride);
    multiply (job->kernels, rows, seen, head_size, query, keys, scores, scores_stride);
    for (guint i = 0; i < rows; i++) {
      float *line = scores + i * scores_stride;
      guint own = sequences->causal ? row + i + 1 : length;
      job->kernels->softmax (line, own);
      memset (line + own, 0, (seen - own) * sizeof *line);
      clip_pack_row (line, seen, (guint8 *)(weights + i * CLIP_GROUP_F32), group_stride);
    }

    /* Panels of values hold all of `length`: each is walked for its first `seen` rows alone. */
    gsize panel = clip_groups (length, CLIP_GROUP_F32) * CLIP_STEP_BYTES / sizeof (float);
    for (gsize column = 0; column < head_size; column += CLIP_PANEL)
      multiply (job->kernels, rows, CLIP_PANEL, seen, weights, values + column / CLIP_PANEL * panel,
          out + rows * column, CLIP_PANEL);
    for (guint i = 0; i < rows; i++)
      for (gsize column = 0; column < head_size; column += CLIP_PANEL)
        memcpy (ret + (row + i) * job->width + column, out + rows * column + i * CLIP_PANEL,
            MIN (CLIP_PANEL, head_size - column) * sizeof (float));
  }
}

void
clip_attention_run (const ClipSequences *sequences, guint n_heads, guint width, ClipPool *pool, const float *qkv,
    float *ret, float *scratch)
{
  Job job = { sequences, clip_kernels (), n_heads, width, qkv, ret, scratch };
  clip_pool_run (pool, attend, &job, sequences->n * n_heads);
}
