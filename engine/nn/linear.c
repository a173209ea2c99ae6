/* SPDX-License-Identifier: MIT
 *
 * linear.c: see linear.h.
 *
 * Why not OpenBLAS in the engine's threads: its thread count is a setting of the whole process, which belongs to the
 * host application, and Debian's single-threaded build must not be called from two threads at once (it has no locks:
 * one product in 400 came out wrong). So it is called with the process's settings, by one thread at a time.
 */
#include "nn/linear.h"

#include <cblas.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kernels/pack.h"

/* Groups swept over all tiles of a block before the next: 96 KB of a panel, which stay in L2 beside the left-hand side.
 */
#define RUN_GROUPS 192

static pthread_mutex_t blas_lock = PTHREAD_MUTEX_INITIALIZER;

/* A child forked while another thread computes would find the lock taken for ever. OpenBLAS has handlers of its
 * own, which end and restart its threads: registered earlier, they run when this lock is held. */
static void
lock_blas_before_fork (void)
{
  pthread_mutex_lock (&blas_lock);
}

static void
unlock_blas_after_fork (void)
{
  pthread_mutex_unlock (&blas_lock);
}

static void
register_blas_fork_handlers (void)
{
  pthread_atfork (lock_blas_before_fork, unlock_blas_after_fork, unlock_blas_after_fork);
}

const char *
clip_kernels_description (void)
{
  static gsize text;
  const ClipKernels *kernels = clip_kernels ();
  if (kernels->is_fast_f32)
    return kernels->name;
  if (g_once_init_enter (&text))
    g_once_init_leave (&text, (gsize)g_strdup_printf ("%s, f32 by %s", kernels->name, openblas_get_config ()));
  return (const char *)text;
}

/* For weights not packed yet: large, short-lived, and returned to the system at once, which malloc() need not do. */
static gpointer
map_weight (gsize bytes)
{
  gpointer memory = mmap (NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

static void
free_weight (ClipLinear *self)
{
  if (self->weight)
    munmap (self->weight, (gsize)self->n_out * self->n_in * sizeof (float));
  self->weight = NULL;
}

gboolean
clip_linear_init (ClipLinear *self, guint n_out, guint n_in, gboolean has_bias)
{
  *self = (ClipLinear){ .n_out = n_out, .n_in = n_in };
  gsize bytes;
  if (g_size_checked_mul (&bytes, (gsize)n_out * n_in, sizeof (float)) && bytes && (self->weight = map_weight (bytes))
      && (!has_bias || (self->bias = g_try_new0 (float, n_out))))
    return TRUE;
  clip_linear_clear (self);
  return FALSE;
}

/* The panels, followed by what s8 needs for each output. */
static gboolean
allocate_packed (ClipLinear *self, ClipLayout layout, ClipPages *pages)
{
  gsize panels = clip_panels_size (self->n_out, self->n_in, clip_layout_per_group (layout)), bytes = panels;
  gsize padded = (gsize)clip_groups (self->n_out, CLIP_PANEL) * CLIP_PANEL;
  if (layout == CLIP_LAYOUT_S8)
    bytes += padded * (sizeof *self->scale + sizeof *self->column_sum);
  if (pages)
    self->panels = clip_pages_take (pages, bytes);
  else if (posix_memalign (&self->own, 64, bytes) == 0)
    self->panels = self->own;
  if (self->panels && layout == CLIP_LAYOUT_S8) {
    self->scale = (float *)(gpointer)(self->panels + panels);
    self->column_sum = (gint32 *)(gpointer)(self->scale + padded);
  }
  return self->panels != NULL;
}

gboolean
clip_linear_pack (ClipLinear *self, ClipPrecision precision, ClipPages *pages)
{
  guint n = self->n_out, k = self->n_in;
  if (precision == CLIP_PRECISION_F32 && !clip_kernels ()->is_fast_f32)
    return TRUE;
  ClipLayout layout = precision == CLIP_PRECISION_INT8   ? CLIP_LAYOUT_S8
                      : precision == CLIP_PRECISION_BF16 ? CLIP_LAYOUT_BF16
                                                         : CLIP_LAYOUT_F32;
  if (!allocate_packed (self, layout, pages))
    return FALSE;
  gpointer panels = self->panels;
  if (layout == CLIP_LAYOUT_S8)
    clip_pack_panels_s8 (panels, self->scale, self->column_sum, self->weight, k, n, k);
  else if (layout == CLIP_LAYOUT_BF16)
    clip_pack_panels_bf16 (panels, self->weight, k, n, k);
  else
    clip_pack_panels_f32 (panels, self->weight, k, n, k);
  self->layout = layout;
  free_weight (self);
  return TRUE;
}

void
clip_linear_clear (ClipLinear *self)
{
  free_weight (self);
  free (self->own);
  g_free (self->bias);
  *self = (ClipLinear){ 0 };
}

/* ---- The product --------------------------------------------------------------------------------------- */

typedef struct
{
  const ClipLinear *linear;
  const ClipPackedLhs *x;
  const ClipKernels *kernels;
  guint n_panels;
  ClipActivation activation;
  gboolean residual;
  float *y; /* rows */
  gsize y_stride;
  const ClipPackedLhs *ret; /* or, with y NULL, packed */
} LinearJob;

/* Packs results, values: [rows][CLIP_PANEL], into job->ret from `row` and `column` on. */
static void
pack_results (const LinearJob *job, const float *values, guint row, guint rows, guint column, guint n)
{
  const ClipPackedLhs *ret = job->ret;
  gboolean bf16 = ret->layout == CLIP_LAYOUT_BF16;
  guint block = row / ret->block_rows, block_rows;
  guint8 *to = (guint8 *)clip_packed_lhs_block (ret, block, &block_rows);
  gsize stride = (gsize)block_rows * CLIP_GROUP_BYTES;
  to += column / clip_layout_per_group (ret->layout) * stride
        + (gsize)(row - block * ret->block_rows) * CLIP_GROUP_BYTES;
  for (guint i = 0; i < rows; i++, values += CLIP_PANEL, to += CLIP_GROUP_BYTES)
    if (bf16)
      job->kernels->pack_row_bf16 (values, n, to, stride);
    else
      job->kernels->pack_row_f32 (values, n, to, stride);
}

/* acc: [rows][CLIP_PANEL] = one block of lhs x one panel. Tiles are evened: 50 rows are 13 + 13 + 12 + 12, not
 * 14 + 14 + 14 + 8. */
static void
multiply_block (const ClipKernels *kernels, ClipLayout layout, const guint8 *lhs, guint rows, const guint8 *panel,
    gsize groups, gpointer acc)
{
  ClipMicroKernel micro_kernel = layout == CLIP_LAYOUT_S8     ? kernels->micro_kernel_s8
                                 : layout == CLIP_LAYOUT_BF16 ? kernels->micro_kernel_bf16
                                                              : kernels->micro_kernel_f32;
  guint n_tiles = (rows + kernels->tile_rows - 1) / kernels->tile_rows;
  gsize stride = (gsize)rows * CLIP_GROUP_BYTES;
  for (gsize first = 0; first < groups; first += RUN_GROUPS) {
    gsize run = MIN (RUN_GROUPS, groups - first);
    const guint8 *from = panel + first * CLIP_STEP_BYTES, *next = from + run * CLIP_STEP_BYTES;
    for (guint t = 0; t < n_tiles; t++) {
      guint row = rows * t / n_tiles, end = rows * (t + 1) / n_tiles;
      gsize share = MIN (t, CLIP_PREFETCH_TILES - 1) * run * (CLIP_STEP_BYTES / CLIP_PREFETCH_TILES);
      micro_kernel (end - row, run, lhs + first * stride + row * CLIP_GROUP_BYTES, stride, from, next + share,
          first > 0, (float *)acc + row * CLIP_PANEL, CLIP_PANEL);
    }
  }
}

/* One panel of outputs for one block of rows. */
static void
run_panel (gpointer data, guint task, guint worker)
{
  const LinearJob *job = data;
  const ClipLinear *linear = job->linear;
  if (clip_is_cancelled (job->x->cancel))
    return;
  guint block = task / job->n_panels, number = task % job->n_panels, column = number * CLIP_PANEL;
  guint row = block * CLIP_BLOCK_ROWS, n = MIN (CLIP_PANEL, linear->n_out - column), rows;
  const guint8 *lhs = clip_packed_lhs_block (job->x, block, &rows);
  gsize groups = clip_groups (linear->n_in, clip_layout_per_group (linear->layout));
  const guint8 *panel = linear->panels + number * groups * CLIP_STEP_BYTES;
  union
  {
    float f32[CLIP_BLOCK_ROWS * CLIP_PANEL];
    gint32 s32[CLIP_BLOCK_ROWS * CLIP_PANEL];
  } acc;
  float values[CLIP_BLOCK_ROWS * CLIP_PANEL];

  multiply_block (job->kernels, linear->layout, lhs, rows, panel, groups, &acc);
  ClipEpilogue epilogue = {
    .n = n,
    .bias = linear->bias ? linear->bias + column : NULL,
    .activation = job->activation,
    .residual = job->residual,
    .y = job->y ? job->y + row * job->y_stride + column : values,
    .y_stride = job->y ? job->y_stride : CLIP_PANEL,
  };
  if (linear->layout == CLIP_LAYOUT_S8) {
    epilogue.rows = job->x->quant + row;
    epilogue.scale = linear->scale + column;
    epilogue.column_sum = linear->column_sum + column;
    epilogue.panel = (const gint8 *)panel;
    job->kernels->epilogue_s8 (&epilogue, rows, acc.s32);
  } else {
    job->kernels->epilogue_f32 (&epilogue, rows, acc.f32);
  }
  if (!job->y)
    pack_results (job, values, row, rows, column, n);
}

static void
run_blas_epilogue (gpointer data, guint row, guint worker)
{
  const LinearJob *job = data;
  if (clip_is_cancelled (job->x->cancel))
    return;
  float *y = job->y + row * job->y_stride;
  for (guint i = 0; job->linear->bias && i < job->linear->n_out; i++)
    y[i] += job->linear->bias[i];
  job->kernels->activate (y, job->linear->n_out, job->activation);
}

/* Multiply-adds of one call of OpenBLAS, which nothing stops: a tenth of a second at the 5 GFLOP/s of a slow core. */
#define BLAS_STEP (1u << 28)

static void
run_blas (const LinearJob *job)
{
  const ClipLinear *linear = job->linear;
  gsize n_out = linear->n_out, n_in = linear->n_in, rows = job->x->rows;
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once (&once, register_blas_fork_handlers);
  gsize step = MAX (BLAS_STEP / (n_out * n_in), CLIP_BLOCK_ROWS);
  const float *x = (const float *)(gconstpointer)job->x->data;
  for (gsize first = 0; first < rows && !clip_is_cancelled (job->x->cancel); first += step) {
    pthread_mutex_lock (&blas_lock);
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)MIN (step, rows - first), (blasint)n_out,
        (blasint)n_in, 1.0f, x + first * n_in, (blasint)n_in, linear->weight, (blasint)n_in,
        job->residual ? 1.0f : 0.0f, job->y + first * job->y_stride, (blasint)job->y_stride);
    pthread_mutex_unlock (&blas_lock);
  }
}

static void
run_linear (LinearJob *job, ClipPool *pool)
{
  const ClipLinear *linear = job->linear;
  g_return_if_fail (job->x->layout == linear->layout && job->x->k == linear->n_in);
  job->kernels = clip_kernels ();
  job->n_panels = clip_groups (linear->n_out, CLIP_PANEL);
  if (linear->layout == CLIP_LAYOUT_PLAIN) {
    run_blas (job);
    clip_pool_run (pool, run_blas_epilogue, job, job->x->rows);
  } else {
    clip_pool_run (pool, run_panel, job, job->n_panels * clip_groups (job->x->rows, CLIP_BLOCK_ROWS));
  }
}

void
clip_linear_run (const ClipLinear *self, ClipPool *pool, const ClipPackedLhs *x, float *y, gsize y_stride,
    ClipActivation activation, gboolean residual)
{
  LinearJob job = { self, x, .activation = activation, .residual = residual, .y = y, .y_stride = y_stride };
  run_linear (&job, pool);
}

void
clip_linear_run_packed (const ClipLinear *self, ClipPool *pool, const ClipPackedLhs *x, ClipPackedLhs *ret,
    ClipLayout layout, ClipActivation activation, float *rows)
{
  if (self->layout == CLIP_LAYOUT_PLAIN) {
    clip_linear_run (self, pool, x, rows, self->n_out, activation, FALSE);
    clip_packed_lhs_fill (ret, layout, pool, rows, self->n_out, x->rows, self->n_out);
    return;
  }
  LinearJob job = { self, x, .activation = activation, .ret = ret };
  clip_packed_lhs_reshape (ret, layout, x->rows, self->n_out);
  run_linear (&job, pool);
}
