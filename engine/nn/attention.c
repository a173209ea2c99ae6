/* SPDX-License-Identifier: MIT
 *
 * attention.c: see attention.h. A task is one head of one sequence, or of some that share tokens: keys and values are
 * packed once, those of shared tokens are kept for the next sequence, and the queries are multiplied with them tile by
 * tile, by the micro-kernels. Queries are read in place: they are a packed left-hand side already.
 */
#include "nn/attention.h"

#include <math.h>
#include <string.h>

#include "kernels/pack.h"

/* Sequences of a task if they share tokens: more pack a prefix less often, fewer keep more threads busy. */
#define SHARING 16

#define WHOLE(n, unit) (clip_groups (n, unit) * (unit)) /* n rounded up */

/* A 4-byte step of k, whatever it holds: one float or two bf16. */
typedef guint32 __attribute__ ((may_alias)) Word;
#define GROUP_WORDS (CLIP_GROUP_BYTES / sizeof (Word))

static guint
padded_head_size (gsize head_size)
{
  return (guint)WHOLE (head_size, CLIP_GROUP_BF16);
}

guint
clip_qkv_outputs (guint width, guint n_heads)
{
  return 3 * n_heads * padded_head_size (width / n_heads);
}

guint
clip_qkv_output (guint width, guint n_heads, guint head, guint part)
{
  return (3 * head + part) * padded_head_size (width / n_heads);
}

/* What one thread needs, in bytes; all are multiples of 64. */
typedef struct
{
  gsize keys, values, weights, out, scores;
} ScratchSizes;

/* For either layout: F32 is the larger. */
static ScratchSizes
scratch_sizes (gsize longest, gsize head_size)
{
  gsize line = WHOLE (longest, CLIP_PANEL) * sizeof (float);
  return (ScratchSizes){
    .keys = clip_panels_size (longest, padded_head_size (head_size), CLIP_GROUP_F32),
    .values = clip_panels_size (head_size, longest, CLIP_GROUP_F32),
    .weights = CLIP_TILE_ROWS * line,
    .out = CLIP_TILE_ROWS * WHOLE (head_size, CLIP_PANEL) * sizeof (float),
    .scores = CLIP_TILE_ROWS * line,
  };
}

gsize
clip_attention_scratch (gsize longest, gsize head_size)
{
  ScratchSizes sizes = scratch_sizes (longest, head_size);
  return (sizes.keys + sizes.values + sizes.weights + sizes.out + sizes.scores) / sizeof (float);
}

typedef struct
{
  const ClipSequences *sequences;
  const ClipKernels *kernels;
  guint n_heads, head_size, per_task;
  const guint *pooled; /* or NULL */
  const guint8 *qkv;
  gsize stride; /* from group to group of it */
  float *ret, *scratch;
  ScratchSizes sizes;
  ClipMicroKernel micro_kernel;
  gboolean bf16;
  guint per_group, groups;      /* values in a group, groups of a part */
  const gint *cancel;           /* or NULL */
  gsize key_panel, value_panel; /* bytes of one */
} AttentionJob;

typedef struct
{
  guint8 *keys, *values, *weights;
  float *out, *scores;
} Scratch;

static guint
sequence_length (const ClipSequences *self, guint sequence)
{
  return self->lengths ? self->lengths[sequence] : self->length;
}

static guint
sequence_shared (const ClipSequences *self, guint sequence)
{
  return self->shared ? self->shared[sequence] : 0;
}

static guint
sequence_rows (const ClipSequences *self, guint sequence)
{
  return sequence_length (self, sequence) - sequence_shared (self, sequence);
}

/* Checked between parts of a task that take more than some milliseconds with the longest sequences; after that only the
 * end of the task matters. */
static gboolean
is_cancelled (const AttentionJob *job)
{
  return clip_is_cancelled (job->cancel);
}

/* ---- Packing -------------------------------------------------------------------------------------------- */

/* Tokens in consecutive rows, from `from` on, become columns of the keys' panels. */
static void
pack_keys (const AttentionJob *job, const guint8 *from, gsize place, gsize n, guint8 *keys)
{
  for (gsize group = 0; group < job->groups && !is_cancelled (job); group++, from += job->stride)
    for (gsize i = 0; i < n; i++) {
      Word *column = (Word *)(gpointer)(keys + (place + i) / CLIP_PANEL * job->key_panel + group * CLIP_STEP_BYTES);
      const Word *words = (const Word *)(gconstpointer)(from + i * CLIP_GROUP_BYTES);
      for (guint j = 0; j < GROUP_WORDS; j++)
        column[j * CLIP_PANEL + (place + i) % CLIP_PANEL] = words[j];
    }
}

/* A value of two tokens makes a step of the panel: both at once where both are there. */
static void
pack_values_bf16 (const guint8 *from, gsize place, gsize n, guint8 *panel)
{
  for (gsize i = 0; i < n; i++) {
    guint16 *to = (guint16 *)(gpointer)panel + (place + i) / 2 * 2 * CLIP_PANEL;
    guint16 own[CLIP_GROUP_BF16], next[CLIP_GROUP_BF16];
    memcpy (own, from + i * CLIP_GROUP_BYTES, sizeof own);
    if ((place + i) % 2 == 0 && i + 1 < n) {
      memcpy (next, from + ++i * CLIP_GROUP_BYTES, sizeof next);
      for (guint j = 0; j < CLIP_GROUP_BF16; j++) {
        to[2 * j] = own[j];
        to[2 * j + 1] = next[j];
      }
    } else {
      for (guint j = 0; j < CLIP_GROUP_BF16; j++)
        to[2 * j + (place + i) % 2] = own[j];
    }
  }
}

/* The same tokens become rows of the values' panels. */
static void
pack_values (const AttentionJob *job, const guint8 *from, gsize stride, gsize place, gsize n, guint8 *values)
{
  for (gsize group = 0; group < job->groups && !is_cancelled (job); group++, from += stride) {
    gsize column = group * job->per_group;
    guint8 *panel = values + column / CLIP_PANEL * job->value_panel + column % CLIP_PANEL * sizeof (Word);
    if (job->bf16)
      pack_values_bf16 (from, place, n, panel);
    else
      for (gsize i = 0; i < n; i++)
        memcpy (panel + (place + i) * CLIP_PANEL * sizeof (Word), from + i * CLIP_GROUP_BYTES, CLIP_GROUP_BYTES);
  }
}

/* Packs the sequence's tokens from `from` on. first: its first own row; the shared ones are further up. */
static void
pack_tokens (const AttentionJob *job, guint sequence, gsize first, const guint8 *head, guint from, const Scratch *to)
{
  static const guint8 zeros[CLIP_GROUP_BF16 * CLIP_GROUP_BYTES];
  const ClipSequences *sequences = job->sequences;
  gsize part = job->groups * job->stride;
  gsize length = sequence_length (sequences, sequence), end = length;
  for (;; first -= sequence_rows (sequences, --sequence)) {
    gsize shared = sequence_shared (sequences, sequence), start = MAX (shared, from);
    if (start < end) {
      const guint8 *keys = head + part + (first + start - shared) * CLIP_GROUP_BYTES;
      pack_keys (job, keys, start, end - start, to->keys);
      pack_values (job, keys + part, job->stride, start, end - start, to->values);
    }
    end = MIN (end, start);
    if (end <= from)
      break;
  }
  /* A whole group is read: zeros times whatever an earlier sequence left there might not be zero. */
  pack_values (job, zeros, 0, length, WHOLE (length, job->per_group) - length, to->values);
}

/* ---- Attending ------------------------------------------------------------------------------------------ */

/* acc: [rows][n], acc_stride apart = lhs [rows][groups] x panels [groups][n]. */
static void
multiply_tile (const AttentionJob *job, guint rows, gsize n, gsize groups, const guint8 *lhs, gsize lhs_stride,
    const guint8 *panels, gsize panel_bytes, float *acc, gsize acc_stride)
{
  for (gsize column = 0; column < n && !is_cancelled (job); column += CLIP_PANEL, panels += panel_bytes)
    job->micro_kernel (rows, groups, lhs, lhs_stride, panels, panels, FALSE, acc + column, acc_stride);
}

static void
scale_row (float *restrict to, const float *restrict from, gsize n, float factor)
{
  for (gsize i = 0; i < n; i++)
    to[i] = from[i] * factor;
}

/* One tile of queries, places [place, place + rows) of a sequence, over its packed keys and values. */
static void
attend_tile (const AttentionJob *job, const guint8 *queries, gsize place, guint rows, gsize length,
    const Scratch *scratch, float *ret)
{
  gboolean causal = job->sequences->causal;
  gsize head_size = job->head_size, width = job->n_heads * head_size;
  gsize seen = causal ? place + rows : length; /* by the tile's last row */
  gsize scores_stride = WHOLE (seen, CLIP_PANEL), out_stride = WHOLE (head_size, CLIP_PANEL);
  gsize weights_stride = rows * CLIP_GROUP_BYTES;
  float sums[CLIP_TILE_ROWS];
  multiply_tile (job, rows, seen, job->groups, queries, job->stride, scratch->keys, job->key_panel, scratch->scores,
      scores_stride);
  for (guint i = 0; i < rows; i++) {
    float *line = scratch->scores + i * scores_stride;
    gsize own = causal ? place + i + 1 : length;
    gsize whole = WHOLE (own, 16); /* whole vectors: e to the -infinity leaves nothing of hidden places */
    for (gsize hidden = own; hidden < whole; hidden++)
      line[hidden] = -INFINITY;
    sums[i] = job->kernels->exp_sum (line, whole);
    if (own < seen)
      memset (line + own, 0, (seen - own) * sizeof *line);
    if (job->bf16)
      job->kernels->pack_row_bf16 (line, seen, scratch->weights + i * CLIP_GROUP_BYTES, weights_stride);
    else
      job->kernels->pack_row_f32 (line, seen, scratch->weights + i * CLIP_GROUP_BYTES, weights_stride);
  }

  if (is_cancelled (job))
    return;
  /* Panels of values hold all of the sequence: each is walked for its first `seen` rows alone. */
  multiply_tile (job, rows, head_size, clip_groups (seen, job->per_group), scratch->weights, weights_stride,
      scratch->values, job->value_panel, scratch->out, out_stride);
  if (is_cancelled (job))
    return;
  for (guint i = 0; i < rows; i++)
    scale_row (ret + i * width, scratch->out + i * out_stride, head_size, 1 / sums[i]);
}

static void
run_head (gpointer data, guint task, guint worker)
{
  const AttentionJob *job = data;
  const ClipSequences *sequences = job->sequences;
  const ScratchSizes *sizes = &job->sizes;
  Scratch scratch;
  scratch.keys = (guint8 *)(job->scratch + worker * clip_attention_scratch (sequences->longest, job->head_size));
  scratch.values = scratch.keys + sizes->keys;
  scratch.weights = scratch.values + sizes->values;
  scratch.out = (float *)(gpointer)(scratch.weights + sizes->weights);
  scratch.scores = scratch.out + sizes->out / sizeof (float);

  guint head = task % job->n_heads, begin = task / job->n_heads * job->per_task;
  const guint8 *queries = job->qkv + 3 * (gsize)head * job->groups * job->stride;
  float *ret = job->ret + head * job->head_size;
  gsize first = 0, width = (gsize)job->n_heads * job->head_size;
  for (guint i = 0; i < begin; i++)
    first += sequence_rows (sequences, i);
  for (guint i = begin; i < MIN (begin + job->per_task, sequences->n) && !is_cancelled (job); i++) {
    gsize length = sequence_length (sequences, i), shared = sequence_shared (sequences, i), n_rows = length - shared;
    gsize n_tiles = (n_rows + job->kernels->tile_rows - 1) / job->kernels->tile_rows;
    pack_tokens (job, i, first, queries, i == begin ? 0 : shared, &scratch);
    if (job->pooled) {
      gsize row = job->pooled[i];
      attend_tile (job, queries + row * CLIP_GROUP_BYTES, shared + row - first, 1, length, &scratch, ret + i * width);
    }
    for (gsize tile = 0; !job->pooled && tile < n_tiles && !is_cancelled (job); tile++) {
      gsize row = n_rows * tile / n_tiles, rows = n_rows * (tile + 1) / n_tiles - row;
      attend_tile (job, queries + (first + row) * CLIP_GROUP_BYTES, shared + row, (guint)rows, length, &scratch,
          ret + (first + row) * width);
    }
    first += n_rows;
  }
}

void
clip_attention_run (const ClipSequences *sequences, guint n_heads, guint head_size, ClipPool *pool,
    const ClipPackedLhs *qkv, const guint *pooled, float *ret, float *scratch)
{
  gboolean bf16 = qkv->layout == CLIP_LAYOUT_BF16;
  guint per_group = (guint)clip_layout_per_group (qkv->layout), per_task = sequences->shared ? SHARING : 1;
  guint block_rows;
  AttentionJob job = {
    .sequences = sequences,
    .kernels = clip_kernels (),
    .n_heads = n_heads,
    .head_size = head_size,
    .per_task = per_task,
    .pooled = pooled,
    .qkv = clip_packed_lhs_block (qkv, 0, &block_rows),
    .ret = ret,
    .scratch = scratch,
    .sizes = scratch_sizes (sequences->longest, head_size),
    .bf16 = bf16,
    .cancel = qkv->cancel,
    .per_group = per_group,
    .groups = padded_head_size (head_size) / per_group,
    .value_panel = clip_panels_size (CLIP_PANEL, sequences->longest, per_group),
  };
  job.stride = (gsize)block_rows * CLIP_GROUP_BYTES;
  job.key_panel = (gsize)job.groups * CLIP_STEP_BYTES;
  job.micro_kernel = bf16 ? job.kernels->micro_kernel_bf16 : job.kernels->micro_kernel_f32;
  clip_pool_run (pool, run_head, &job, (sequences->n + per_task - 1) / per_task * n_heads);
}
