/* SPDX-License-Identifier: MIT
 *
 * test-gemm.c: every gemm kernel that this CPU has against the products in double, over edge sizes, with strides wider
 * than the rows and guard values around; and the promise that a sum does not depend on the tile it falls into.
 */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "cpu.h"
#include "gemm.h"

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

static void
check_size (ClipGemm gemm, guint m, guint n, guint k, gboolean accumulate, gboolean transposed)
{
  guint lda = k + 3, ldb = (transposed ? k : n) + 1, ldc = n + 5;
  g_autofree float *a = random_matrix ((gsize)m * lda), *b = random_matrix ((gsize)(transposed ? n : k) * ldb);
  g_autofree float *packed = g_new (float, clip_packed_size (n, k));
  g_autofree float *c = random_matrix ((gsize)m * ldc);
  g_autofree float *before = g_memdup2 (c, (gsize)m * ldc * sizeof *c);
  if (transposed)
    clip_pack_transposed (packed, b, ldb, n, k);
  else
    clip_pack (packed, b, ldb, n, k);
  gemm (m, n, k, a, lda, packed, c, ldc, accumulate);

  /* Each of the k steps rounds a sum of at most k: k * k * 2^-24 in the worst case, sqrt of that steps in practice; 4
   * times sqrt (k) * 2^-24 * sqrt (k) covers both without hiding one missing term (about 0.3). */
  double tolerance = 4.0 * (k + 4) * 6e-8;
  for (guint row = 0; row < m; row++)
    for (guint column = 0; column < ldc; column++) {
      float found = c[(gsize)row * ldc + column];
      if (column >= n) {
        g_assert_cmpfloat (found, ==, before[(gsize)row * ldc + column]);
        continue;
      }
      double expected = accumulate ? before[(gsize)row * ldc + column] : 0;
      for (guint i = 0; i < k; i++)
        expected
            += (double)a[(gsize)row * lda + i] * (transposed ? b[(gsize)column * ldb + i] : b[(gsize)i * ldb + column]);
      g_assert_cmpfloat (fabs (found - expected), <=, tolerance);
    }
}

static void
test_sizes (gconstpointer data)
{
  static const guint rows[] = { 1, 2, 5, 6, 7, 12, 50, 61, 131 }, columns[] = { 1, 15, 16, 17, 33, 96, 97 },
                     depths[] = { 1, 2, 15, 64, 77, 768, 769, 1601 };
  ClipGemm gemm = (ClipGemm)data;
  guint cases = 0;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    for (guint j = 0; j < G_N_ELEMENTS (columns); j++)
      for (guint l = 0; l < G_N_ELEMENTS (depths); l++, cases++)
        check_size (gemm, rows[i], columns[j], depths[l], cases % 2, cases % 3 > 0);
  g_assert_cmpuint (cases, ==, 9 * 7 * 8);
}

/* Any split of rows and columns gives the bits of the whole. */
static void
test_splits (gconstpointer data)
{
  enum
  {
    M = 67,
    N = 128,
    K = 1000
  };
  ClipGemm gemm = (ClipGemm)data;
  g_autofree float *a = random_matrix (M * K), *b = random_matrix (N * K);
  g_autofree float *packed = g_new (float, clip_packed_size (N, K));
  g_autofree float *whole = g_new (float, M *N), *parts = g_new (float, M *N);
  clip_pack_transposed (packed, b, K, N, K);
  gemm (M, N, K, a, K, packed, whole, N, FALSE);
  for (guint step = 1; step <= 13; step += 3)
    for (guint panels = 1; panels <= 3; panels++) {
      for (guint row = 0; row < M; row += step)
        for (guint column = 0; column < N; column += panels * CLIP_PANEL)
          gemm (MIN (step, M - row), MIN (panels * CLIP_PANEL, N - column), K, a + row * K, K,
              packed + (gsize)column * K, parts + row * N + column, N, FALSE);
      g_assert_cmpmem (parts, M * N * sizeof *parts, whole, M * N * sizeof *whole);
    }
}

/* One NaN or infinity stays in its row. */
static void
test_not_a_number (gconstpointer data)
{
  ClipGemm gemm = (ClipGemm)data;
  float a[3 * 20], b[17 * 20], packed[32 * 20], c[3 * 17];
  for (guint i = 0; i < G_N_ELEMENTS (a); i++)
    a[i] = 1;
  for (guint i = 0; i < G_N_ELEMENTS (b); i++)
    b[i] = 1;
  a[20 + 3] = NAN;
  clip_pack_transposed (packed, b, 20, 17, 20);
  gemm (3, 17, 20, a, 20, packed, c, 17, FALSE);
  for (guint j = 0; j < 17; j++) {
    g_assert_cmpfloat (c[j], ==, 20);
    g_assert_true (isnan (c[17 + j]));
    g_assert_cmpfloat (c[34 + j], ==, 20);
  }
}

static void
add_kernel (const char *name, ClipGemm gemm)
{
  g_autofree char *sizes = g_strdup_printf ("/gemm/%s/sizes", name),
                  *splits = g_strdup_printf ("/gemm/%s/splits", name);
  g_autofree char *nan = g_strdup_printf ("/gemm/%s/not-a-number", name);
  g_test_add_data_func (sizes, (gconstpointer)gemm, test_sizes);
  g_test_add_data_func (splits, (gconstpointer)gemm, test_splits);
  g_test_add_data_func (nan, (gconstpointer)gemm, test_not_a_number);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_kernel ("c", clip_gemm_c);
#if defined(__x86_64__)
  if (clip_cpu_flags () & CLIP_CPU_AVX2)
    add_kernel ("avx2", clip_gemm_avx2);
#endif
  return g_test_run ();
}
