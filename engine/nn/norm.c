/* SPDX-License-Identifier: MIT
 *
 * norm.c: see norm.h. The arithmetic is the kernel layer_norm of kernels/loops.h; here it is split among threads.
 */
#include "nn/norm.h"

#include "kernels/kernels.h"

/* Rows per layer-norm task: about 5 us of work. */
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

typedef struct
{
  const ClipNorm *norm;
  float *x;
  guint rows;
  float eps;
} RunJob;

static void
norm_rows (gpointer data, guint task, guint worker)
{
  const RunJob *job = data;
  gsize n = job->norm->n;
  for (guint row = task * NORM_ROWS; row < MIN ((task + 1) * NORM_ROWS, job->rows); row++)
    clip_kernels ()->layer_norm (job->x + row * n, job->x + row * n, n, job->norm->weight, job->norm->bias, job->eps);
}

void
clip_norm_run (const ClipNorm *self, ClipPool *pool, float *x, guint rows, float eps)
{
  RunJob job = { self, x, rows, eps };
  clip_pool_run (pool, norm_rows, &job, (rows + NORM_ROWS - 1) / NORM_ROWS);
}

typedef struct
{
  const ClipKernels *kernels;
  const ClipNorm *norm;
  const float *x;
  float eps;
} PackJob;

static void
norm_row (gconstpointer data, guint row, float *to)
{
  const PackJob *job = data;
  const ClipNorm *norm = job->norm;
  job->kernels->layer_norm (job->x + (gsize)row * norm->n, to, norm->n, norm->weight, norm->bias, job->eps);
}

void
clip_norm_pack (
    const ClipNorm *self, ClipPool *pool, const float *x, guint rows, float eps, ClipLayout layout, ClipPackedLhs *ret)
{
  PackJob job = { clip_kernels (), self, x, eps };
  clip_packed_lhs_fill_made (ret, layout, pool, rows, self->n, norm_row, &job);
}
