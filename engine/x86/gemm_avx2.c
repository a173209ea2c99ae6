/* SPDX-License-Identifier: MIT
 *
 * x86/gemm_avx2.c: clip_gemm_avx2(), see gemm.h.
 *
 * 6 rows x 16 columns stay in twelve registers over a run of k; each step loads two vectors of the panel, which lies in
 * one stream, and broadcasts six values of a, which stays unpacked (its six rows are six streams of their own).
 */
#include "../gemm.h"

#include <immintrin.h>
#include <string.h>

#define ROWS 6

/* A run of k short enough that 16 columns of it (48 KB) stay in L2 beside the rows of a. Fixed, so that the order of
 * every sum is. */
#define K_RUN 768

/* Rows swept per panel before the next: 60 x 768 floats, 184 KB, leave room in a 512 KB L2. */
#define ROW_BLOCK 60

/* rows is a constant where this is inlined, so that `sum` lives in registers. */
static inline __attribute__ ((always_inline)) void
tile (const int rows, size_t k, const float *a, size_t lda, const float *panel, float *c, size_t ldc, int accumulate)
{
  __m256 sum[ROWS][2];
#pragma GCC unroll 6
  for (int row = 0; row < rows; row++)
    sum[row][0] = sum[row][1] = _mm256_setzero_ps ();

  for (size_t i = 0; i < k; i++, panel += CLIP_PANEL) {
    __m256 left = _mm256_loadu_ps (panel), right = _mm256_loadu_ps (panel + 8);
    _mm_prefetch ((const char *)(panel + 16 * CLIP_PANEL), _MM_HINT_T0);
#pragma GCC unroll 6
    for (int row = 0; row < rows; row++) {
      __m256 value = _mm256_broadcast_ss (a + (size_t)row * lda + i);
      sum[row][0] = _mm256_fmadd_ps (value, left, sum[row][0]);
      sum[row][1] = _mm256_fmadd_ps (value, right, sum[row][1]);
    }
  }

#pragma GCC unroll 6
  for (int row = 0; row < rows; row++) {
    float *to = c + (size_t)row * ldc;
    if (accumulate) {
      sum[row][0] = _mm256_add_ps (sum[row][0], _mm256_loadu_ps (to));
      sum[row][1] = _mm256_add_ps (sum[row][1], _mm256_loadu_ps (to + 8));
    }
    _mm256_storeu_ps (to, sum[row][0]);
    _mm256_storeu_ps (to + 8, sum[row][1]);
  }
}

static void
full_tile (size_t rows, size_t k, const float *a, size_t lda, const float *panel, float *c, size_t ldc, int accumulate)
{
  switch (rows) {
  case 1:
    tile (1, k, a, lda, panel, c, ldc, accumulate);
    break;
  case 2:
    tile (2, k, a, lda, panel, c, ldc, accumulate);
    break;
  case 3:
    tile (3, k, a, lda, panel, c, ldc, accumulate);
    break;
  case 4:
    tile (4, k, a, lda, panel, c, ldc, accumulate);
    break;
  case 5:
    tile (5, k, a, lda, panel, c, ldc, accumulate);
    break;
  default:
    tile (ROWS, k, a, lda, panel, c, ldc, accumulate);
  }
}

/* The last panel of a width that 16 does not divide: through a buffer, so that nothing beside c is touched. */
static void
narrow_tile (size_t rows, size_t width, size_t k, const float *a, size_t lda, const float *panel, float *c, size_t ldc,
    int accumulate)
{
  float buffer[ROWS * CLIP_PANEL] = { 0 };
  for (size_t row = 0; accumulate && row < rows; row++)
    memcpy (buffer + row * CLIP_PANEL, c + row * ldc, width * sizeof *c);
  full_tile (rows, k, a, lda, panel, buffer, CLIP_PANEL, accumulate);
  for (size_t row = 0; row < rows; row++)
    memcpy (c + row * ldc, buffer + row * CLIP_PANEL, width * sizeof *c);
}

static inline size_t
min_size (size_t a, size_t b)
{
  return a < b ? a : b;
}

void
clip_gemm_avx2 (
    size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, float *c, size_t ldc, int accumulate)
{
  for (size_t first = 0; first < k; first += K_RUN)
    for (size_t block = 0; block < m; block += ROW_BLOCK) {
      size_t run = min_size (K_RUN, k - first), end = min_size (m, block + ROW_BLOCK);
      int add = accumulate || first > 0;
      for (size_t column = 0; column < n; column += CLIP_PANEL) {
        const float *panel = packed + column * k + first * CLIP_PANEL;
        size_t width = min_size (CLIP_PANEL, n - column);
        for (size_t row = block; row < end; row += ROWS) {
          size_t rows = min_size (ROWS, end - row);
          const float *from = a + row * lda + first;
          float *to = c + row * ldc + column;
          if (width == CLIP_PANEL)
            full_tile (rows, run, from, lda, panel, to, ldc, add);
          else
            narrow_tile (rows, width, run, from, lda, panel, to, ldc, add);
        }
      }
    }
}
