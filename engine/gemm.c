/* SPDX-License-Identifier: MIT
 *
 * gemm.c: packing, the C reference, and the choice. See gemm.h.
 */
#include "gemm.h"

#include <string.h>

#include "cpu.h"

size_t
clip_packed_size (size_t n, size_t k)
{
  return (n + CLIP_PANEL - 1) / CLIP_PANEL * CLIP_PANEL * k;
}

void
clip_pack_transposed (float *packed, const float *b, size_t ldb, size_t n, size_t k)
{
  for (size_t column = 0; column < n; column += CLIP_PANEL, packed += CLIP_PANEL * k) {
    size_t width = n - column < CLIP_PANEL ? n - column : CLIP_PANEL;
    for (size_t i = 0; i < k; i++) {
      for (size_t j = 0; j < width; j++)
        packed[i * CLIP_PANEL + j] = b[(column + j) * ldb + i];
      for (size_t j = width; j < CLIP_PANEL; j++)
        packed[i * CLIP_PANEL + j] = 0;
    }
  }
}

void
clip_pack (float *packed, const float *b, size_t ldb, size_t n, size_t k)
{
  for (size_t column = 0; column < n; column += CLIP_PANEL) {
    size_t width = n - column < CLIP_PANEL ? n - column : CLIP_PANEL;
    for (size_t i = 0; i < k; i++, packed += CLIP_PANEL) {
      memcpy (packed, b + i * ldb + column, width * sizeof *packed);
      memset (packed + width, 0, (CLIP_PANEL - width) * sizeof *packed);
    }
  }
}

void
clip_gemm_c (
    size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, float *c, size_t ldc, int accumulate)
{
  for (size_t column = 0; column < n; column += CLIP_PANEL, packed += CLIP_PANEL * k) {
    size_t width = n - column < CLIP_PANEL ? n - column : CLIP_PANEL;
    for (size_t row = 0; row < m; row++) {
      float sums[CLIP_PANEL] = { 0 };
      for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < CLIP_PANEL; j++)
          sums[j] += a[row * lda + i] * packed[i * CLIP_PANEL + j];
      float *to = c + row * ldc + column;
      for (size_t j = 0; j < width; j++)
        to[j] = accumulate ? to[j] + sums[j] : sums[j];
    }
  }
}

ClipGemm
clip_gemm_choose (int *ret_fast)
{
  ClipGemm chosen = clip_gemm_c;
#if defined(__x86_64__)
  if (clip_cpu_flags () & CLIP_CPU_AVX2)
    chosen = clip_gemm_avx2;
#endif
  if (ret_fast)
    *ret_fast = chosen != clip_gemm_c;
  return chosen;
}
