/* SPDX-License-Identifier: MIT
 *
 * packed-lhs.c: see packed-lhs.h.
 */
#include "nn/packed-lhs.h"

#include <string.h>

#include "kernels/pack.h"

/* Rows per task: some 5 us of work. */
#define ROWS_PER_TASK 8

gsize
clip_layout_per_group (ClipLayout layout)
{
  return layout == CLIP_LAYOUT_S8 ? CLIP_GROUP_S8 : layout == CLIP_LAYOUT_BF16 ? CLIP_GROUP_BF16 : CLIP_GROUP_F32;
}

gsize
clip_packed_lhs_size (gsize rows, gsize k)
{
  gsize bytes; /* floats, k padded to whole groups, are the largest layout */
  if (k > G_MAXSIZE / 8 || !g_size_checked_mul (&bytes, rows, clip_groups (k, CLIP_GROUP_F32) * CLIP_GROUP_BYTES))
    return 0;
  return bytes;
}

const guint8 *
clip_packed_lhs_block (const ClipPackedLhs *self, guint block, guint *ret_rows)
{
  guint first = block * self->block_rows;
  *ret_rows = MIN (self->block_rows, self->rows - first);
  return self->data + (gsize)first * clip_groups (self->k, clip_layout_per_group (self->layout)) * CLIP_GROUP_BYTES;
}

typedef struct
{
  ClipPackedLhs *lhs;
  const ClipKernels *kernels;
  const float *x; /* rows as they are, x_stride apart, or */
  gsize x_stride;
  ClipMakeRow make; /* rows as this makes them */
  gconstpointer data;
} FillJob;

static void
pack_row (const FillJob *job, guint row, const float *x)
{
  ClipPackedLhs *self = job->lhs;
  guint block_rows;
  guint8 *block = (guint8 *)clip_packed_lhs_block (self, row / self->block_rows, &block_rows);
  gsize stride = (gsize)block_rows * CLIP_GROUP_BYTES;
  guint8 *to = block + (gsize)(row % self->block_rows) * CLIP_GROUP_BYTES;
  if (self->layout == CLIP_LAYOUT_S8)
    job->kernels->pack_row_s8 (x, self->k, to, stride, &self->quant[row]);
  else if (self->layout == CLIP_LAYOUT_BF16)
    job->kernels->pack_row_bf16 (x, self->k, to, stride);
  else
    job->kernels->pack_row_f32 (x, self->k, to, stride);
}

static void
pack_rows (gpointer data, guint task, guint worker)
{
  const FillJob *job = data;
  ClipPackedLhs *self = job->lhs;
  if (clip_is_cancelled (self->cancel))
    return;
  for (guint row = task * ROWS_PER_TASK; row < MIN ((task + 1) * ROWS_PER_TASK, self->rows); row++) {
    gboolean plain = self->layout == CLIP_LAYOUT_PLAIN;
    const float *x = job->make ? NULL : job->x + row * job->x_stride;
    float *own = (float *)(gpointer)self->data + (gsize)row * self->k;
    if (job->make) {
      float *line = plain ? own : self->line + worker * self->line_stride;
      job->make (job->data, row, line);
      x = line;
    } else if (plain) {
      memcpy (own, x, self->k * sizeof *x);
    }
    if (!plain)
      pack_row (job, row, x);
  }
}

void
clip_packed_lhs_reshape (ClipPackedLhs *self, ClipLayout layout, guint rows, guint k)
{
  self->layout = layout;
  self->rows = rows;
  self->k = k;
}

static void
run_fill (ClipPackedLhs *self, ClipLayout layout, ClipPool *pool, guint rows, guint k, FillJob *job)
{
  clip_packed_lhs_reshape (self, layout, rows, k);
  job->lhs = self;
  job->kernels = clip_kernels ();
  clip_pool_run (pool, pack_rows, job, (rows + ROWS_PER_TASK - 1) / ROWS_PER_TASK);
}

void
clip_packed_lhs_fill (
    ClipPackedLhs *self, ClipLayout layout, ClipPool *pool, const float *x, gsize x_stride, guint rows, guint k)
{
  FillJob job = { .x = x, .x_stride = x_stride };
  run_fill (self, layout, pool, rows, k, &job);
}

void
clip_packed_lhs_fill_made (
    ClipPackedLhs *self, ClipLayout layout, ClipPool *pool, guint rows, guint k, ClipMakeRow make, gconstpointer data)
{
  FillJob job = { .make = make, .data = data };
  run_fill (self, layout, pool, rows, k, &job);
}
