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
#include <string.h>
#include <sys/mman.h>

#include "pack.h"

/* Groups swept over all tiles of a block before the next: 96 KB of a panel, which stay in L2 beside the operand. */
#define RUN_GROUPS 192

gboolean
clip_linear_is_fast (ClipPrecision precision)
{
  const ClipKernels *kernels = clip_kernels ();
  return precision == CLIP_PRECISION_INT8 ? kernels->is_fast_s8 : kernels->is_fast_bf16;
}

const char *
clip_kernels_description (void)
{
  const ClipKernels *kernels = clip_kernels ();
  return kernels->is_fast_f32 ? kernels->name : openblas_get_config ();
}

/* For weights on their way: large, short-lived, and to be given back to the system at once, which malloc() need not do.
 */
static gpointer
pages_new (gsize bytes)
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
  if (g_size_checked_mul (&bytes, (gsize)n_out * n_in, sizeof (float)) && bytes && (self->weight = pages_new (bytes))
      && (!has_bias || (self->bias = g_try_new0 (float, n_out))))
    return TRUE;
  clip_linear_clear (self);
  return FALSE;
}

/* The panels and, behind them, what s8 has for each output. */
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
    clip_quantize_panels (panels, self->scale, self->column_sum, self->weight, k, n, k);
  else if (layout == CLIP_LAYOUT_BF16)
    clip_pack_panels_bf16 (panels, self->weight, k, n, k);
  else
    clip_pack_panels (panels, self->weight, k, n, k);
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
  const ClipOperand *x;
  const ClipKernels *kernels;
  float *y;
  gsize y_stride;
  guint n_panels;
  ClipActivation activation;
  gboolean residual;
} Job;

/* One panel of outputs for one block of rows. Tiles are evened: 50 rows are 13 + 13 + 12 + 12, not 14 + 14 + 14 + 8. */
static void
run_panel (gpointer data, guint task, guint worker)
{
  const Job *job = data;
  const ClipLinear *linear = job->linear;
  gboolean s8 = linear->layout == CLIP_LAYOUT_S8, bf16 = linear->layout == CLIP_LAYOUT_BF16;
  guint block = task / job->n_panels, column = task % job->n_panels * CLIP_PANEL, rows;
  const guint8 *operand = clip_operand_block (job->x, block, &rows);
  gsize groups = clip_groups (linear->n_in, clip_layout_per_group (linear->layout));
  gsize stride = (gsize)rows * CLIP_GROUP_BYTES;
  const guint8 *panel = linear->panels + (gsize)(task % job->n_panels) * groups * CLIP_STEP_BYTES;
  ClipTile tile = s8 ? job->kernels->tile_s8 : bf16 ? job->kernels->tile_bf16 : job->kernels->tile_f32;
  guint n_tiles = (rows + job->kernels->tile_rows - 1) / job->kernels->tile_rows;

  union
  {
    float f32[CLIP_BLOCK_ROWS * CLIP_PANEL];
    gint32 s32[CLIP_BLOCK_ROWS * CLIP_PANEL];
  } sums;
  memset (&sums, 0, (gsize)rows * CLIP_PANEL * sizeof (float)); /* 0.0f is all bits zero */
  for (gsize first = 0; first < groups; first += RUN_GROUPS) {
    gsize run = MIN (RUN_GROUPS, groups - first);
    const guint8 *from = panel + first * CLIP_STEP_BYTES, *next = from + run * CLIP_STEP_BYTES;
    for (guint t = 0; t < n_tiles; t++) {
      guint row = rows * t / n_tiles, end = rows * (t + 1) / n_tiles;
      gsize share = MIN (t, CLIP_PREFETCH_TILES - 1) * run * (CLIP_STEP_BYTES / CLIP_PREFETCH_TILES);
      tile (end - row, run, operand + first * stride + row * CLIP_GROUP_BYTES, stride, from, next + share,
          &sums.f32[row * CLIP_PANEL], CLIP_PANEL);
    }
  }

  guint first_row = block * CLIP_BLOCK_ROWS;
  ClipFinish finish = {
    .n = MIN (CLIP_PANEL, linear->n_out - column),
    .bias = linear->bias ? linear->bias + column : NULL,
    .activation = job->activation,
    .residual = job->residual,
    .y = job->y + first_row * job->y_stride + column,
    .y_stride = job->y_stride,
  };
  if (s8) {
    finish.rows = job->x->quant + first_row;
    finish.scale = linear->scale + column;
    finish.column_sum = linear->column_sum + column;
    finish.panel = (const gint8 *)panel;
    job->kernels->finish_s8 (&finish, rows, sums.s32);
  } else {
    job->kernels->finish_f32 (&finish, rows, sums.f32);
  }
}

static void
finish_blas_row (gpointer data, guint row, guint worker)
{
  const Job *job = data;
  float *y = job->y + row * job->y_stride;
  for (guint i = 0; job->linear->bias && i < job->linear->n_out; i++)
    y[i] += job->linear->bias[i];
  job->kernels->activate (y, job->linear->n_out, job->activation);
}

static void
run_blas (const Job *job)
{
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  blasint n_out = (blasint)job->linear->n_out, n_in = (blasint)job->linear->n_in;
  pthread_mutex_lock (&lock);
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)job->x->rows, n_out, n_in, 1.0f,
      (const float *)(gconstpointer)job->x->data, n_in, job->linear->weight, n_in, job->residual ? 1.0f : 0.0f, job->y,
      (blasint)job->y_stride);
  pthread_mutex_unlock (&lock);
}

void
clip_linear_run (const ClipLinear *self, ClipPool *pool, const ClipOperand *x, float *y, gsize y_stride,
    ClipActivation activation, gboolean residual)
{
  g_return_if_fail (x->layout == self->layout && x->k == self->n_in);
  guint n_panels = clip_groups (self->n_out, CLIP_PANEL), n_blocks = clip_groups (x->rows, CLIP_BLOCK_ROWS);
  Job job = { self, x, clip_kernels (), y, y_stride, n_panels, activation, residual };
  if (self->layout == CLIP_LAYOUT_PLAIN) {
    run_blas (&job);
    clip_pool_run (pool, finish_blas_row, &job, x->rows);
  } else {
    clip_pool_run (pool, run_panel, &job, n_panels * n_blocks);
  }
}
