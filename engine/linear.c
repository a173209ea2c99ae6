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
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pack.h"

/* Groups swept over all tiles of a block before the next: 96 KB of a panel, which stay in L2 beside the operand. */
#define RUN_GROUPS 192

gboolean
clip_linear_has_int8 (void)
{
  return clip_kernels ()->is_fast_s8;
}

const char *
clip_linear_description (void)
{
  const ClipKernels *kernels = clip_kernels ();
  return kernels->is_fast_f32 ? kernels->name : openblas_get_config ();
}

static gpointer
allocate (gsize bytes)
{
  gpointer memory;
  return bytes && posix_memalign (&memory, 64, bytes) == 0 ? memory : NULL;
}

gboolean
clip_linear_init (ClipLinear *self, guint n_out, guint n_in, gboolean has_bias)
{
  *self = (ClipLinear){ .n_out = n_out, .n_in = n_in };
  gsize bytes;
  if (g_size_checked_mul (&bytes, (gsize)n_out * n_in, sizeof (float)) && (self->weight = allocate (bytes))
      && (!has_bias || (self->bias = g_try_new0 (float, n_out))))
    return TRUE;
  clip_linear_clear (self);
  return FALSE;
}

static gboolean
pack_s8 (ClipLinear *self)
{
  gsize padded = (gsize)clip_groups (self->n_out, CLIP_PANEL) * CLIP_PANEL;
  self->panels = allocate (clip_panels_size (self->n_out, self->n_in, CLIP_GROUP_S8));
  self->scale = g_try_new (float, padded);
  self->column_sum = g_try_new (gint32, padded);
  if (!self->panels || !self->scale || !self->column_sum)
    return FALSE;
  clip_quantize_panels (
      (gint8 *)self->panels, self->scale, self->column_sum, self->weight, self->n_in, self->n_out, self->n_in);
  self->layout = CLIP_LAYOUT_S8;
  return TRUE;
}

static gboolean
pack_f32 (ClipLinear *self)
{
  self->panels = allocate (clip_panels_size (self->n_out, self->n_in, CLIP_GROUP_F32));
  if (!self->panels)
    return FALSE;
  clip_pack_panels ((float *)self->panels, self->weight, self->n_in, self->n_out, self->n_in);
  self->layout = CLIP_LAYOUT_F32;
  return TRUE;
}

gboolean
clip_linear_pack (ClipLinear *self, gboolean quantize)
{
  const ClipKernels *kernels = clip_kernels ();
  if (quantize) {
    if (!pack_s8 (self))
      return FALSE;
  } else if (kernels->is_fast_f32) {
    if (!pack_f32 (self))
      return FALSE;
  } else {
    return TRUE;
  }
  free (g_steal_pointer (&self->weight));
  return TRUE;
}

void
clip_linear_clear (ClipLinear *self)
{
  free (self->weight);
  free (self->panels);
  g_free (self->scale);
  g_free (self->column_sum);
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
  gboolean s8 = linear->layout == CLIP_LAYOUT_S8;
  guint block = task / job->n_panels, column = task % job->n_panels * CLIP_PANEL, rows;
  const guint8 *operand = clip_operand_block (job->x, block, &rows);
  gsize groups = clip_groups (linear->n_in, s8 ? CLIP_GROUP_S8 : CLIP_GROUP_F32);
  gsize stride = (gsize)rows * CLIP_GROUP_BYTES;
  const guint8 *panel = linear->panels + (gsize)(task % job->n_panels) * groups * CLIP_STEP_BYTES;
  ClipTile tile = s8 ? job->kernels->tile_s8 : job->kernels->tile_f32;
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

/* ---- Can int8 be trusted here? -------------------------------------------------------------------------- */

#define TRY_ROWS    4
#define TRY_OUTPUTS 64

/* About normal: the sum of three uniform values, SplitMix64. One in 200 is an outlier, 40 times as large. */
static float
made_up (guint64 *state)
{
  guint64 z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  z ^= z >> 31;
  float sum = 0;
  for (guint i = 0; i < 3; i++)
    sum += (float)(z >> (20 * i) & 0xfffff) / (float)0xfffff * 2 - 1;
  return (z >> 60) == 0 && (z & 15) < 13 ? sum * 40 : sum;
}

float
clip_linear_try_int8 (const ClipLinear *self)
{
  gsize k = self->n_in, groups = clip_groups (k, CLIP_GROUP_S8), panel_bytes = groups * CLIP_STEP_BYTES;
  g_autofree float *x = g_new (float, TRY_ROWS *k);
  g_autofree guint8 *operand = g_new (guint8, TRY_ROWS * groups * CLIP_GROUP_BYTES);
  g_autofree gint8 *panel = g_new (gint8, panel_bytes);
  g_autofree ClipQuantRow *quant = g_new (ClipQuantRow, TRY_ROWS);
  const ClipKernels *kernels = clip_kernels ();
  gsize stride = TRY_ROWS * CLIP_GROUP_BYTES;
  guint64 state = 1;
  double error = 0, power = 0;
  for (gsize i = 0; i < TRY_ROWS * k; i++)
    x[i] = made_up (&state);
  for (guint row = 0; row < TRY_ROWS; row++)
    kernels->quantize (x + row * k, k, operand + row * CLIP_GROUP_BYTES, stride, &quant[row]);

  for (guint sample = 0; sample < TRY_OUTPUTS / CLIP_PANEL; sample++) {
    guint column = sample * (self->n_out / 2), n = MIN (CLIP_PANEL, self->n_out - column);
    const float *weight = self->weight + column * k;
    float scale[CLIP_PANEL], found[TRY_ROWS * CLIP_PANEL];
    gint32 column_sum[CLIP_PANEL], sums[TRY_ROWS * CLIP_PANEL] = { 0 };
    clip_quantize_panels (panel, scale, column_sum, weight, k, n, k);
    kernels->tile_s8 (TRY_ROWS, groups, operand, stride, panel, panel, sums, CLIP_PANEL);
    ClipFinish finish = { .n = n,
      .y = found,
      .y_stride = CLIP_PANEL,
      .rows = quant,
      .scale = scale,
      .column_sum = column_sum,
      .panel = panel };
    kernels->finish_s8 (&finish, TRY_ROWS, sums);
    for (guint row = 0; row < TRY_ROWS; row++)
      for (guint j = 0; j < n; j++) {
        double expected = (double)clip_dot (x + row * k, weight + j * k, k);
        error += (found[row * CLIP_PANEL + j] - expected) * (found[row * CLIP_PANEL + j] - expected);
        power += expected * expected;
      }
  }
  return power > 0 ? (float)sqrt (error / power) : 0;
}
