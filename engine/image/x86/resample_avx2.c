/* SPDX-License-Identifier: MIT
 *
 * x86/resample_avx2.c: clip_resample_lines_avx2(), see resample-lines.h.
 *
 * vpmaddwd multiplies pairs of 16-bit values: one mask or shift makes such pairs of a group's even or odd bytes. Both
 * halves of the weights together are exact. Sixteen lines are two registers, which share the weights.
 */
#include "image/resample-lines.h"

#include <immintrin.h>
#include <string.h>

#define VECTOR          __m256i
#define OP(name)        _mm256_##name
#define BROADCAST(cell) _mm256_broadcastsi128_si256 (cell)
#define WEIGHT_WORDS    CLIP_LINE_HALVES

static inline __attribute__ ((always_inline)) __m256i
load_lines (const uint8_t *const *lines, size_t offset)
{
  __m256i value = _mm256_castsi128_si256 (_mm_loadu_si128 ((const __m128i *)(lines[0] + offset)));
  return _mm256_inserti128_si256 (value, _mm_loadu_si128 ((const __m128i *)(lines[4] + offset)), 1);
}

/* 256 * high + low, without the fraction bits. */
static inline __m256i
add_halves (__m256i high, __m256i low)
{
  __m256i sum = _mm256_add_epi32 (_mm256_slli_epi32 (high, 8), low);
  return _mm256_srai_epi32 (sum, CLIP_LINE_WEIGHT_BITS);
}

static inline __attribute__ ((always_inline)) __m128i
weigh (size_t n_groups, const uint32_t *groups, size_t group_step, const uint32_t *weights)
{
  const __m256i byte = _mm256_set1_epi16 (255);
  __m256i high[2], low[2];
  high[0] = high[1] = _mm256_setzero_si256 ();
  low[0] = low[1] = _mm256_set1_epi32 (1 << (CLIP_LINE_WEIGHT_BITS - 1)); /* rounds */
  for (size_t g = 0; g < n_groups; g++, groups += group_step * CLIP_LINES, weights += CLIP_LINE_HALVES) {
    __m256i high_even = _mm256_set1_epi32 ((int)weights[0]), high_odd = _mm256_set1_epi32 ((int)weights[1]);
    __m256i low_even = _mm256_set1_epi32 ((int)weights[2]), low_odd = _mm256_set1_epi32 ((int)weights[3]);
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
      __m256i samples = _mm256_load_si256 ((const __m256i *)(groups + i * CLIP_LINES / 2));
      __m256i even = _mm256_and_si256 (samples, byte), odd = _mm256_srli_epi16 (samples, 8);
      high[i] = _mm256_add_epi32 (high[i], _mm256_madd_epi16 (even, high_even));
      low[i] = _mm256_add_epi32 (low[i], _mm256_madd_epi16 (even, low_even));
      high[i] = _mm256_add_epi32 (high[i], _mm256_madd_epi16 (odd, high_odd));
      low[i] = _mm256_add_epi32 (low[i], _mm256_madd_epi16 (odd, low_odd));
    }
  }
  /* The sums fit 16 bits by far, and packing clamps; it leaves lines 0..3, 8..11, 4..7, 12..15. */
  __m256i words = _mm256_packs_epi32 (add_halves (high[0], low[0]), add_halves (high[1], low[1]));
  __m128i bytes = _mm_packus_epi16 (_mm256_castsi256_si128 (words), _mm256_extracti128_si256 (words, 1));
  return _mm_shuffle_epi32 (bytes, _MM_SHUFFLE (3, 1, 2, 0));
}

static inline __attribute__ ((always_inline)) void
store_lines (uint8_t *ret, __m128i bytes, size_t n_lines)
{
  if (n_lines == CLIP_LINES) {
    _mm_storeu_si128 ((__m128i *)ret, bytes);
  } else {
    uint8_t copy[CLIP_LINES];
    _mm_storeu_si128 ((__m128i *)copy, bytes);
    memcpy (ret, copy, n_lines);
  }
}

#include "image/x86/line-pass.h"

void
clip_resample_lines_avx2 (const ClipLines *in, const ClipLineTaps *taps, size_t n_components, size_t group_step,
    uint8_t *const *rets, size_t ret_step, uint32_t *groups)
{
  filter_lines (taps->n_groups, in, taps, n_components, group_step, rets, ret_step, groups);
}
