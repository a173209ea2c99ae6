/* SPDX-License-Identifier: MIT
 *
 * x86/pixels_avx2.c: clip_colour_row_avx2() and clip_levels_row_avx2(), see pixels.h.
 *
 * Rows are processed in steps of 16 and 8 values; the rest goes through a copy, so that no byte beyond is touched. A
 * table of floats would cost a gather: normalisation is arithmetic where that gives the table's bits.
 */
#include "image/pixels.h"

#include <immintrin.h>
#include <string.h>

/* ---- Colour ------------------------------------------------------------------------------------------------ */

static inline __m256i
load_eight (const uint8_t *bytes)
{
  return _mm256_cvtepu8_epi32 (_mm_loadl_epi64 ((const __m128i *)bytes));
}

/* Sixteen levels from two vectors with CLIP_COLOUR_BITS of fraction. */
static inline void
store_levels (uint8_t *ret, const __m256i *fixed)
{
  __m256i words = _mm256_packs_epi32 (
      _mm256_srai_epi32 (fixed[0], CLIP_COLOUR_BITS), _mm256_srai_epi32 (fixed[1], CLIP_COLOUR_BITS));
  __m128i bytes = _mm_packus_epi16 (_mm256_castsi256_si128 (words), _mm256_extracti128_si256 (words, 1));
  _mm_storeu_si128 ((__m128i *)ret, _mm_shuffle_epi32 (bytes, _MM_SHUFFLE (3, 1, 2, 0)));
}

static inline __attribute__ ((always_inline)) void
colour_sixteen (const ClipColourMatrix *matrix, uint8_t *first, uint8_t *second, uint8_t *third)
{
  const __m256i centre = _mm256_set1_epi32 (128), half = _mm256_set1_epi32 (1 << (CLIP_COLOUR_BITS - 1));
  __m256i red[2], green[2], blue[2];
#pragma GCC unroll 2
  for (int i = 0; i < 2; i++) {
    __m256i y = _mm256_sub_epi32 (load_eight (first + 8 * i), _mm256_set1_epi32 (matrix->y_offset));
    __m256i cb = _mm256_sub_epi32 (load_eight (second + 8 * i), centre);
    __m256i cr = _mm256_sub_epi32 (load_eight (third + 8 * i), centre);
    y = _mm256_add_epi32 (_mm256_mullo_epi32 (y, _mm256_set1_epi32 (matrix->y)), half);
    red[i] = _mm256_add_epi32 (y, _mm256_mullo_epi32 (cr, _mm256_set1_epi32 (matrix->r_cr)));
    blue[i] = _mm256_add_epi32 (y, _mm256_mullo_epi32 (cb, _mm256_set1_epi32 (matrix->b_cb)));
    y = _mm256_add_epi32 (y, _mm256_mullo_epi32 (cb, _mm256_set1_epi32 (matrix->g_cb)));
    green[i] = _mm256_add_epi32 (y, _mm256_mullo_epi32 (cr, _mm256_set1_epi32 (matrix->g_cr)));
  }
  store_levels (first, red);
  store_levels (second, green);
  store_levels (third, blue);
}

void
clip_colour_row_avx2 (const ClipColourMatrix *matrix, size_t n, uint8_t *first, uint8_t *second, uint8_t *third)
{
  const ClipColourMatrix local = *matrix; /* byte stores cannot alias it */
  size_t x = 0;
  for (; x + 16 <= n; x += 16)
    colour_sixteen (&local, first + x, second + x, third + x);
  if (x == n)
    return;

  uint8_t copy[3][16] = { { 0 } };
  memcpy (copy[0], first + x, n - x);
  memcpy (copy[1], second + x, n - x);
  memcpy (copy[2], third + x, n - x);
  colour_sixteen (&local, copy[0], copy[1], copy[2]);
  memcpy (first + x, copy[0], n - x);
  memcpy (second + x, copy[1], n - x);
  memcpy (third + x, copy[2], n - x);
}

/* ---- Levels ------------------------------------------------------------------------------------------------ */

static inline __m256
normalise_eight (const ClipLevels *levels, const uint8_t *in)
{
  const __m256 reciprocal = _mm256_set1_ps (levels->reciprocal);
  __m256 level = _mm256_cvtepi32_ps (load_eight (in));
  __m256 value = _mm256_mul_ps (level, _mm256_set1_ps (levels->scale_rest));
  value = _mm256_fmadd_ps (level, _mm256_set1_ps (levels->scale), value);
  value = _mm256_sub_ps (value, _mm256_set1_ps (levels->mean));
  __m256 quotient = _mm256_mul_ps (value, reciprocal);
  __m256 rest = _mm256_fnmadd_ps (quotient, _mm256_set1_ps (levels->deviation), value);
  return _mm256_fmadd_ps (rest, reciprocal, quotient);
}

void
clip_levels_row_avx2 (const ClipLevels *levels, size_t n, const uint8_t *in, float *ret)
{
  size_t x = 0;
  if (levels->is_arithmetic)
    for (; x + 8 <= n; x += 8)
      _mm256_storeu_ps (ret + x, normalise_eight (levels, in + x));
  for (; x < n; x++)
    ret[x] = levels->table[in[x]];
}
