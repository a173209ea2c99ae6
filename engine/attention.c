/* SPDX-License-Identifier: MIT
 *
 * attention.c: see attention.h. A task is one head of one sequence, or of some that share tokens: keys and values are
 * packed once, those of shared tokens stay for the next sequence, and the queries go over them tile by tile, with the
 * kernels' f32 tiles for both products.
 */
#include "attention.h"

#include <math.h>
#include <string.h>

#include "pack.h"

/* Sequences of a task where they share: more pack a prefix less often, fewer keep more threads busy. */
#define SHARING 16

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
  guint n_heads, width, head_size, per_task;
  const float *qkv;
  float *ret, *scratch;
  Sizes sizes;
  gsize key_panel, value_panel; /* floats of one */
} Job;

/* One head's part of a thread's scratch. */
typedef struct
{
  float *keys, *values, *query, *weights, *out, *scores;
} Scratch;

static guint
length_of (const ClipSequences *self, guint sequence)
{
  return self->lengths ? self->lengths[sequence] : self->length;
}

static guint
shared_of (const ClipSequences *self, guint sequence)
{
  return self->shared ? self->shared[sequence] : 0;
}

static guint
rows_of (const ClipSequences *self, guint sequence)
{
  return length_of (self, sequence) - shared_of (self, sequence);
}

/* A token's key becomes a column of the keys' panels, its value a row of the values'. */
static void
pack_token (const Job *job, const float *key, guint place, const Scratch *to)
{
  guint head_size = job->head_size;
  float *column = to->keys + place / CLIP_PANEL * job->key_panel + place % CLIP_PANEL;
  for (guint i = 0; i < head_size; i++)
    column[i * CLIP_PANEL] = key[i];
  for (guint i = head_size; i < WHOLE (head_size, CLIP_GROUP_F32); i++)
    column[i * CLIP_PANEL] = 0;
  const float *value = key + job->width;
  for (guint i = 0; i < head_size; i += CLIP_PANEL)
    memcpy (to->values + i / CLIP_PANEL * job->value_panel + place * CLIP_PANEL, value + i,
        MIN (CLIP_PANEL, head_size - i) * sizeof *value);
}

/* Packs the sequence's tokens from `from` on. first: its first own row; the shared ones are further up. */
static void
pack_tokens (const Job *job, guint sequence, gsize first, guint head, guint from, const Scratch *to)
{
  const ClipSequences *sequences = job->sequences;
  gsize stride = 3 * (gsize)job->width;
  const float *keys = job->qkv + job->width + head * job->head_size;
  guint length = length_of (sequences, sequence), end = length;
  for (;; first -= rows_of (sequences, --sequence)) {
    guint shared = shared_of (sequences, sequence), start = MAX (shared, from);
    for (guint place = start; place < end; place++)
      pack_token (job, keys + (first + place - shared) * stride, place, to);
    end = MIN (end, start);
    if (end <= from)
      break;
  }
  /* A whole group is read: zeros times whatever an earlier sequence left there might not be zero. */
  for (guint i = 0; i < job->head_size; i += CLIP_PANEL)
    memset (to->values + i / CLIP_PANEL * job->value_panel + length * CLIP_PANEL, 0,
        (WHOLE (length, CLIP_GROUP_F32) - length) * CLIP_PANEL * sizeof (float));
}

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

/* One tile of queries, places [place, place + rows) of a sequence, over its packed keys and values. */
static void
attend_tile (const Job *job, const float *q, guint place, guint rows, guint length, const Scratch *scratch, float *ret)
{
  gboolean causal = job->sequences->causal;
  guint head_size = job->head_size, seen = causal ? place + rows : length; /* by the tile's last row */
  gsize stride = 3 * (gsize)job->width, scores_stride = WHOLE (seen, CLIP_PANEL),
        group_stride = rows * CLIP_GROUP_BYTES;
  for (guint i = 0; i < rows; i++)
    clip_pack_row (q + i * stride, head_size, (guint8 *)(scratch->query + i * CLIP_GROUP_F32), group_stride);
  multiply (job->kernels, rows, seen, head_size, scratch->query, scratch->keys, scratch->scores, scores_stride);
  for (guint i = 0; i < rows; i++) {
    float *line = scratch->scores + i * scores_stride;
    guint own = causal ? place + i + 1 : length;
    gsize whole = WHOLE (own, 16); /* whole vectors: nothing of what is hidden is left of e to the -infinity */
    for (gsize hidden = own; hidden < whole; hidden++)
      line[hidden] = -INFINITY;
    job->kernels->softmax (line, whole);
    if (own < seen)
      memset (line + own, 0, (seen - own) * sizeof *line);
    clip_pack_row (line, seen, (guint8 *)(scratch->weights + i * CLIP_GROUP_F32), group_stride);
  }

  /* Panels of values hold all of the sequence: each is walked for its first `seen` rows alone. */
  for (gsize column = 0; column < head_size; column += CLIP_PANEL)
    multiply (job->kernels, rows, CLIP_PANEL, seen, scratch->weights,
        scratch->values + column / CLIP_PANEL * job->value_panel, scratch->out + rows * column, CLIP_PANEL);
  for (guint i = 0; i < rows; i++)
    for (gsize column = 0; column < head_size; column += CLIP_PANEL)
      memcpy (ret + i * job->width + column, scratch->out + rows * column + i * CLIP_PANEL,
          MIN (CLIP_PANEL, head_size - column) * sizeof (float));
}

static void
attend (gpointer data, guint task, guint worker)
{
  const Job *job = data;
  const ClipSequences *sequences = job->sequences;
  const Sizes *sizes = &job->sizes;
  Scratch scratch = { .keys = job->scratch + worker * clip_attention_scratch (sequences->longest, job->head_size) };
  scratch.values = scratch.keys + sizes->keys;
  scratch.query = scratch.values + sizes->values;
  scratch.weights = scratch.query + sizes->query;
  scratch.out = scratch.weights + sizes->weights;
  scratch.scores = scratch.out + sizes->out;

  guint head = task % job->n_heads, begin = task / job->n_heads * job->per_task;
  gsize first = 0, stride = 3 * (gsize)job->width;
  for (guint i = 0; i < begin; i++)
    first += rows_of (sequences, i);
  for (guint i = begin; i < MIN (begin + job->per_task, sequences->n); i++) {
    guint length = length_of (sequences, i), shared = shared_of (sequences, i), n_rows = length - shared;
    guint n_tiles = (n_rows + job->kernels->tile_rows - 1) / job->kernels->tile_rows;
    pack_tokens (job, i, first, head, i == begin ? 0 : shared, &scratch);
    for (guint tile = 0; tile < n_tiles; tile++) {
      guint row = n_rows * tile / n_tiles, rows = n_rows * (tile + 1) / n_tiles - row;
      attend_tile (job, job->qkv + (first + row) * stride + head * job->head_size, shared + row, rows, length, &scratch,
          job->ret + (first + row) * job->width + head * job->head_size);
    }
    first += n_rows;
  }
}

void
clip_attention_run (const ClipSequences *sequences, guint n_heads, guint width, ClipPool *pool, const float *qkv,
    float *ret, float *scratch)
{
  guint head_size = width / n_heads, per_task = sequences->shared ? SHARING : 1;
  Job job = {
    .sequences = sequences,
    .kernels = clip_kernels (),
    .n_heads = n_heads,
    .width = width,
    .head_size = head_size,
    .per_task = per_task,
    .qkv = qkv,
    .ret = ret,
    .scratch = scratch,
    .sizes = sizes_for (sequences->longest, head_size),
    .key_panel = clip_panels_size (CLIP_PANEL, head_size, CLIP_GROUP_F32) / sizeof (float),
    .value_panel = clip_panels_size (CLIP_PANEL, sequences->longest, CLIP_GROUP_F32) / sizeof (float),
  };
  clip_pool_run (pool, attend, &job, (sequences->n + per_task - 1) / per_task * n_heads);
}
