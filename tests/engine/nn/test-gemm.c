/* SPDX-License-Identifier: MIT
 *
 * test-gemm.c: the micro-kernels of every instruction set of this CPU, over packed panels and left-hand sides, against
 * products in double (f32, bf16), the plain C's bits (bf16) and integers (int8, exactly); edge sizes, guard bytes
 * around, and the promise that a result does not depend on the tile it falls into.
 */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "runtime/cpu-features.h"
#include "cpumask.h"
#include "kernels/pack.h"

#define GUARD 0xa5

static guint32 state = 7;

static float
random_value (void)
{
  state = state * 1664525u + 1013904223u;
  return (float)(state >> 8) / (float)(1 << 23) - 1.0f;
}

static float *
random_matrix (gsize n)
{
  float *values = g_new (float, n + 1);
  for (gsize i = 0; i < n; i++)
    values[i] = random_value ();
  return values;
}

/* Memory that ends right before a guard, so that sanitizers and the check below see a write past it. */
typedef struct
{
  guint8 *start;
  gsize size;
} Guarded;

static Guarded
guarded_new (gsize size)
{
  Guarded self = { g_malloc (size + 128), size };
  memset (self.start, GUARD, size + 128);
  return self;
}

static void
guarded_free (Guarded *self)
{
  for (gsize i = 0; i < 64; i++) {
    g_assert_cmpuint (self->start[i], ==, GUARD);
    g_assert_cmpuint (self->start[64 + self->size + i], ==, GUARD);
  }
  g_free (self->start);
}

/* Rows of a, packed as one block. */
static guint8 *
pack_f32 (const float *a, guint rows, guint k)
{
  gsize groups = clip_groups (k, CLIP_GROUP_F32);
  guint8 *lhs = g_malloc (groups * rows * CLIP_GROUP_BYTES);
  for (guint row = 0; row < rows; row++)
    clip_pack_row_f32 (a + (gsize)row * k, k, lhs + row * CLIP_GROUP_BYTES, (gsize)rows * CLIP_GROUP_BYTES);
  return lhs;
}

static void
check_f32 (const ClipKernels *kernels, guint rows, guint n, guint k)
{
  g_autofree float *a = random_matrix ((gsize)rows * k), *b = random_matrix ((gsize)n * (k + 1));
  g_autofree guint8 *lhs = pack_f32 (a, rows, k);
  g_autofree float *panels = g_malloc (clip_panels_size (n, k, CLIP_GROUP_F32));
  gsize groups = clip_groups (k, CLIP_GROUP_F32);
  clip_pack_panels_f32 (panels, b, k + 1, n, k);

  for (guint column = 0; column < n; column += CLIP_PANEL) {
    const float *panel = panels + column / CLIP_PANEL * groups * CLIP_STEP_BYTES / sizeof (float);
    gsize stride = CLIP_PANEL + column % 5;
    gboolean add = (column / CLIP_PANEL + k) % 2;
    Guarded memory = guarded_new (((rows - 1) * stride + CLIP_PANEL) * sizeof (float));
    float *acc = (float *)(gpointer)(memory.start + 64);
    for (gsize i = 0; i < memory.size / sizeof (float); i++)
      acc[i] = 1;
    kernels->micro_kernel_f32 (rows, groups, lhs, rows * CLIP_GROUP_BYTES, panel, panel, add, acc, stride);

    /* Each of the k steps rounds a sum of at most k: k * k * 2^-24 in the worst case, sqrt of that steps in practice; 4
     * times sqrt (k) * 2^-24 * sqrt (k) covers both without hiding one missing term (about 0.3). */
    double tolerance = 4.0 * (k + 4) * 6e-8;
    for (guint row = 0; row < rows; row++)
      for (guint j = 0; j < CLIP_PANEL; j++) {
        double expected = add;
        for (guint i = 0; column + j < n && i < k; i++)
          expected += (double)a[(gsize)row * k + i] * b[(gsize)(column + j) * (k + 1) + i];
        g_assert_cmpfloat (fabs (acc[row * stride + j] - expected), <=, tolerance);
      }
    for (guint row = 0; row + 1 < rows; row++)
      for (gsize j = CLIP_PANEL; j < stride; j++)
        g_assert_cmpfloat (acc[row * stride + j], ==, 1);
    guarded_free (&memory);
  }
}

static void
test_f32 (gconstpointer data)
{
  static const guint columns[] = { 1, 31, 32, 33, 97 }, depths[] = { 1, 2, 3, 4, 5, 15, 64, 77, 768, 1601 };
  const ClipKernels *kernels = data;
  guint cases = 0;
  for (guint rows = 1; rows <= kernels->tile_rows; rows++)
    for (guint j = 0; j < G_N_ELEMENTS (columns); j++)
      for (guint l = 0; l < G_N_ELEMENTS (depths); l++, cases++)
        check_f32 (kernels, rows, columns[j], depths[l]);
  g_assert_cmpuint (cases, ==, kernels->tile_rows * 50);
}

static guint8 *
pack_bf16 (const ClipKernels *kernels, const float *a, guint rows, guint k)
{
  gsize stride = (gsize)rows * CLIP_GROUP_BYTES;
  guint8 *lhs = g_malloc (clip_groups (k, CLIP_GROUP_BF16) * stride);
  for (guint row = 0; row < rows; row++)
    kernels->pack_row_bf16 (a + (gsize)row * k, k, lhs + row * CLIP_GROUP_BYTES, stride);
  return lhs;
}

/* To 8 significant bits, ties to even, by arithmetic alone. */
static void
round_matrix (float *values, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    int exponent;
    double mantissa = frexp (values[i], &exponent);
    values[i] = (float)ldexp (rint (ldexp (mantissa, 8)), exponent - 8);
  }
}

/* The rounded left-hand sides' products, which are exact in f32, so that what is left are the roundings of acc, as in
 * f32; and these are the same ones everywhere: bit for bit what the plain C has. */
static void
check_bf16 (const ClipKernels *kernels, guint rows, guint n, guint k)
{
  g_autofree float *a = random_matrix ((gsize)rows * k), *b = random_matrix ((gsize)n * (k + 1));
  g_autofree guint8 *lhs = pack_bf16 (kernels, a, rows, k);
  g_autofree guint16 *panels = g_malloc (clip_panels_size (n, k, CLIP_GROUP_BF16));
  gsize groups = clip_groups (k, CLIP_GROUP_BF16), lhs_stride = rows * CLIP_GROUP_BYTES;
  const ClipKernels *all[CLIP_MAX_KERNELS];
  clip_kernels_all (all);
  clip_pack_panels_bf16 (panels, b, k + 1, n, k);
  round_matrix (a, (gsize)rows * k);
  round_matrix (b, (gsize)n * (k + 1));

  for (guint column = 0; column < n; column += CLIP_PANEL) {
    const guint16 *panel = panels + column / CLIP_PANEL * groups * CLIP_STEP_BYTES / sizeof *panels;
    gsize stride = CLIP_PANEL + column % 5;
    gboolean add = (column / CLIP_PANEL + k) % 2;
    Guarded memory = guarded_new (((rows - 1) * stride + CLIP_PANEL) * sizeof (float));
    float *acc = (float *)(gpointer)(memory.start + 64), plain[CLIP_TILE_ROWS * CLIP_PANEL];
    for (gsize i = 0; i < memory.size / sizeof (float); i++)
      acc[i] = 1;
    for (gsize i = 0; i < rows * CLIP_PANEL; i++)
      plain[i] = 1;
    kernels->micro_kernel_bf16 (rows, groups, lhs, lhs_stride, panel, panel, add, acc, stride);
    all[0]->micro_kernel_bf16 (rows, groups, lhs, lhs_stride, panel, panel, add, plain, CLIP_PANEL);

    double tolerance = 4.0 * (k + 4) * 6e-8; /* see check_f32 () */
    for (guint row = 0; row < rows; row++)
      for (guint j = 0; j < CLIP_PANEL; j++) {
        double expected = add;
        for (guint i = 0; column + j < n && i < k; i++)
          expected += (double)a[(gsize)row * k + i] * b[(gsize)(column + j) * (k + 1) + i];
        g_assert_cmpfloat (fabs (acc[row * stride + j] - expected), <=, tolerance);
        g_assert_cmpfloat (acc[row * stride + j], ==, plain[row * CLIP_PANEL + j]);
      }
    for (guint row = 0; row + 1 < rows; row++)
      for (gsize j = CLIP_PANEL; j < stride; j++)
        g_assert_cmpfloat (acc[row * stride + j], ==, 1);
    guarded_free (&memory);
  }
}

static void
test_bf16 (gconstpointer data)
{
  static const guint columns[] = { 1, 31, 33 }, depths[] = { 1, 2, 7, 8, 9, 15, 64, 77, 768, 1601 };
  const ClipKernels *kernels = data;
  guint cases = 0;
  for (guint rows = 1; rows <= kernels->tile_rows; rows++)
    for (guint j = 0; j < G_N_ELEMENTS (columns); j++)
      for (guint l = 0; l < G_N_ELEMENTS (depths); l++, cases++)
        check_bf16 (kernels, rows, columns[j], depths[l]);
  g_assert_cmpuint (cases, ==, kernels->tile_rows * 30);
}

/* Exactly: the largest codes must not saturate anywhere on the way. */
static void
check_s8 (const ClipKernels *kernels, guint rows, guint k, gboolean extreme)
{
  gsize groups = clip_groups (k, CLIP_GROUP_S8), padded = groups * CLIP_GROUP_S8, stride = rows * CLIP_GROUP_BYTES;
  g_autofree guint8 *lhs = g_malloc (groups * stride);
  g_autofree gint8 *panel = g_malloc (padded * CLIP_PANEL);
  for (gsize i = 0; i < groups * stride; i++)
    lhs[i] = extreme ? 255 : (guint8)(random_value () * 127 + 128);
  for (gsize i = 0; i < padded * CLIP_PANEL; i++)
    panel[i] = extreme ? (i & 4 ? 127 : -127) : (gint8)(random_value () * 127);
  Guarded memory = guarded_new (rows * CLIP_PANEL * sizeof (gint32));
  gint32 *acc = (gint32 *)(gpointer)(memory.start + 64);
  for (gsize i = 0; i < rows * CLIP_PANEL; i++)
    acc[i] = (gint32)i;
  gboolean add = (rows + k) % 2;
  kernels->micro_kernel_s8 (rows, groups, lhs, stride, panel, panel, add, acc, CLIP_PANEL);
  for (guint row = 0; row < rows; row++)
    for (guint j = 0; j < CLIP_PANEL; j++) {
      gint32 expected = add ? (gint32)(row * CLIP_PANEL + j) : 0;
      for (gsize i = 0; i < padded; i++)
        expected += lhs[i / CLIP_GROUP_S8 * stride + row * CLIP_GROUP_BYTES + i % CLIP_GROUP_S8]
                    * panel[i / 4 * 4 * CLIP_PANEL + 4 * j + i % 4];
      g_assert_cmpint (acc[row * CLIP_PANEL + j], ==, expected);
    }
  guarded_free (&memory);
}

static void
test_s8 (gconstpointer data)
{
  static const guint depths[] = { 1, 15, 16, 17, 64, 77, 768, 4096 };
  const ClipKernels *kernels = data;
  guint cases = 0;
  for (guint rows = 1; rows <= kernels->tile_rows; rows++)
    for (guint l = 0; l < G_N_ELEMENTS (depths); l++, cases += 2) {
      check_s8 (kernels, rows, depths[l], FALSE);
      check_s8 (kernels, rows, depths[l], TRUE);
    }
  g_assert_cmpuint (cases, ==, kernels->tile_rows * 16);
}

/* Any split of rows, and of k with the acc kept, gives the bits of the whole. */
static void
check_splits (ClipMicroKernel tile, guint rows, gsize groups, const guint8 *lhs, const guint8 *panel)
{
  enum
  {
    RUN = 25
  };
  float whole[CLIP_TILE_ROWS * CLIP_PANEL], parts[CLIP_TILE_ROWS * CLIP_PANEL];
  gsize stride = rows * CLIP_GROUP_BYTES, size = rows * CLIP_PANEL * sizeof (float);
  tile (rows, groups, lhs, stride, panel, panel, FALSE, whole, CLIP_PANEL);
  for (guint step = 1; step <= rows; step++) {
    for (guint row = 0; row < rows; row += step)
      for (gsize group = 0; group < groups; group += RUN)
        tile (MIN (step, rows - row), RUN, lhs + group * stride + row * CLIP_GROUP_BYTES, stride,
            panel + group * CLIP_STEP_BYTES, panel, group > 0, parts + row * CLIP_PANEL, CLIP_PANEL);
    g_assert_cmpmem (parts, size, whole, size);
  }
}

static void
test_splits (gconstpointer data)
{
  enum
  {
    K = 1000
  };
  const ClipKernels *kernels = data;
  guint rows = kernels->tile_rows;
  g_autofree float *a = random_matrix ((gsize)rows * K), *b = random_matrix (CLIP_PANEL * K);
  g_autofree guint8 *floats = pack_f32 (a, rows, K), *halves = pack_bf16 (kernels, a, rows, K);
  g_autofree guint8 *panel = g_malloc (clip_panels_size (CLIP_PANEL, K, CLIP_GROUP_F32));
  clip_pack_panels_f32 ((float *)(gpointer)panel, b, K, CLIP_PANEL, K);
  check_splits (kernels->micro_kernel_f32, rows, K / CLIP_GROUP_F32, floats, panel);
  clip_pack_panels_bf16 ((guint16 *)(gpointer)panel, b, K, CLIP_PANEL, K);
  check_splits (kernels->micro_kernel_bf16, rows, K / CLIP_GROUP_BF16, halves, panel);
}

static void
check_not_a_number (ClipMicroKernel tile, gsize groups, const guint8 *lhs, const guint8 *panel)
{
  float acc[3 * CLIP_PANEL];
  tile (3, groups, lhs, 3 * CLIP_GROUP_BYTES, panel, panel, FALSE, acc, CLIP_PANEL);
  for (guint j = 0; j < CLIP_PANEL; j++) {
    g_assert_cmpfloat (acc[j], ==, 20);
    g_assert_true (isnan (acc[CLIP_PANEL + j]));
    g_assert_cmpfloat (acc[2 * CLIP_PANEL + j], ==, 20);
  }
}

/* One NaN stays in its row. */
static void
test_not_a_number (gconstpointer data)
{
  const ClipKernels *kernels = data;
  float a[3 * 20], b[CLIP_PANEL * 20];
  for (guint i = 0; i < G_N_ELEMENTS (a); i++)
    a[i] = 1;
  for (guint i = 0; i < G_N_ELEMENTS (b); i++)
    b[i] = 1;
  a[20 + 3] = NAN;
  g_autofree guint8 *floats = pack_f32 (a, 3, 20), *halves = pack_bf16 (kernels, a, 3, 20);
  g_autofree guint8 *panel = g_malloc (clip_panels_size (CLIP_PANEL, 20, CLIP_GROUP_F32));
  clip_pack_panels_f32 ((float *)(gpointer)panel, b, 20, CLIP_PANEL, 20);
  check_not_a_number (kernels->micro_kernel_f32, 5, floats, panel);
  clip_pack_panels_bf16 ((guint16 *)(gpointer)panel, b, 20, CLIP_PANEL, 20);
  check_not_a_number (kernels->micro_kernel_bf16, 3, halves, panel);
}

static void
add (const char *what, const ClipKernels *kernels, GTestDataFunc test)
{
  g_autofree char *path = g_strdup_printf ("/gemm/%s/%s", kernels->name, what);
  g_test_add_data_func (path, kernels, test);
}

int
main (int argc, char **argv)
{
  test_need_cpu ();
  g_test_init (&argc, &argv, NULL);
  const ClipKernels *all[CLIP_MAX_KERNELS];
  gsize n = clip_kernels_all (all);
  g_assert_cmpuint (n, >, clip_cpu_features () ? 1 : 0);
  for (gsize i = 0; i < n; i++) {
    add ("f32", all[i], test_f32);
    add ("bf16", all[i], test_bf16);
    add ("int8", all[i], test_s8);
    add ("splits", all[i], test_splits);
    add ("not-a-number", all[i], test_not_a_number);
  }
  test_add_missing_kernels ("/gemm");
  return g_test_run ();
}
