/* SPDX-License-Identifier: MIT
 *
 * linear.c: see linear.h.
 *
 * Why not OpenBLAS in the engine's threads: its thread count is one setting for the whole process, which belongs to the
 * host application, and Debian's single-threaded build cannot be called from two threads at once (it has no locks: one
 * product in 400 came out wrong). So it is called as it is set up, by one thread at a time.
 */
#include "linear.h"

#include <cblas.h>
#include <pthread.h>
#include <stdlib.h>

#include "gemm.h"

/* Columns and rows of the result per task. 96 columns of 768 inputs are 0.1 ms of work: enough tasks for sixteen
 * threads in a 768-wide layer, few enough that claiming them does not show. */
#define TILE_COLUMNS 96
#define TILE_ROWS    240

static ClipGemm
fast_gemm (void)
{
  int fast;
  ClipGemm gemm = clip_gemm_choose (&fast);
  return fast ? gemm : NULL;
}

const char *
clip_linear_description (void)
{
  return fast_gemm () ? "AVX2 kernels" : openblas_get_config ();
}

static gboolean
allocate (float **ret, gsize n)
{
  gsize bytes;
  if (!g_size_checked_mul (&bytes, n, sizeof (float)) || posix_memalign ((void **)ret, 64, MAX (bytes, 64)) != 0)
    *ret = NULL;
  return *ret != NULL;
}

gboolean
clip_linear_init (ClipLinear *self, guint n_out, guint n_in, gboolean has_bias)
{
  *self = (ClipLinear){ .n_out = n_out, .n_in = n_in };
  if (allocate (&self->weight, (gsize)n_out * n_in) && (!has_bias || (self->bias = g_try_new0 (float, n_out))))
    return TRUE;
  clip_linear_clear (self);
  return FALSE;
}

gboolean
clip_linear_pack (ClipLinear *self)
{
  if (!fast_gemm ())
    return TRUE;
  if (!allocate (&self->packed, clip_packed_size (self->n_out, self->n_in)))
    return FALSE;
  clip_pack_transposed (self->packed, self->weight, self->n_in, self->n_out, self->n_in);
  free (g_steal_pointer (&self->weight));
  return TRUE;
}

void
clip_linear_clear (ClipLinear *self)
{
  free (self->weight);
  free (self->packed);
  g_free (self->bias);
  *self = (ClipLinear){ 0 };
}

typedef struct
{
  const ClipLinear *linear;
  ClipGemm gemm;
  const float *x;
  float *y;
  gsize x_stride, y_stride;
  guint rows, column_tiles;
  ClipActivation activation;
  gboolean residual;
} Job;

static void
run_tile (gpointer data, guint task, guint worker)
{
  const Job *job = data;
  const ClipLinear *linear = job->linear;
  guint row = task / job->column_tiles * TILE_ROWS, column = task % job->column_tiles * TILE_COLUMNS;
  guint rows = MIN (TILE_ROWS, job->rows - row), columns = MIN (TILE_COLUMNS, linear->n_out - column);
  float *y = job->y + row * job->y_stride + column;

  if (job->gemm)
    job->gemm (rows, columns, linear->n_in, job->x + row * job->x_stride, job->x_stride,
        linear->packed + (gsize)column * linear->n_in, y, job->y_stride, job->residual);
  clip_bias_activation (y, job->y_stride, rows, columns, linear->bias ? linear->bias + column : NULL, job->activation);
}

static void
run_blas (const Job *job)
{
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  guint n_out = job->linear->n_out, n_in = job->linear->n_in;
  pthread_mutex_lock (&lock);
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)job->rows, (blasint)n_out, (blasint)n_in, 1.0f, job->x,
      (blasint)job->x_stride, job->linear->weight, (blasint)n_in, job->residual ? 1.0f : 0.0f, job->y,
      (blasint)job->y_stride);
  pthread_mutex_unlock (&lock);
}

void
clip_linear_run (const ClipLinear *self, ClipPool *pool, const float *x, gsize x_stride, guint rows, float *y,
    gsize y_stride, ClipActivation activation, gboolean residual)
{
  guint column_tiles = (self->n_out + TILE_COLUMNS - 1) / TILE_COLUMNS;
  guint row_tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
  ClipGemm gemm = self->packed ? fast_gemm () : NULL;
  Job job = { self, gemm, x, y, x_stride, y_stride, rows, column_tiles, activation, residual };
  if (!gemm)
    run_blas (&job);
  clip_pool_run (pool, run_tile, &job, row_tiles * column_tiles);
}
