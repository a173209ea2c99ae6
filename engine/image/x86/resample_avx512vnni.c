/* SPDX-License-Identifier: MIT
 *
 * x86/resample_avx512vnni.c: clip_resample_lines_avx512vnni(), see resample-lines.h.
 *
 * vpdpbusd multiplies four unsigned bytes by four signed ones and adds the products to a 32-bit lane, without
 * saturation: three of them, one for each digit of the weights, are four exact taps of sixteen lines.
 */
#include "image/resample-lines.h"

#include <immintrin.h>
#include <string.h>

#define VECTOR          __m512i
#define OP(name)        _mm512_##name
#define BROADCAST(cell) _mm512_broadcast_i32x4 (cell)
#define WEIGHT_WORDS    CLIP_LINE_DIGITS

static inline __attribute__ ((always_inline)) __m512i
load_lines (const uint8_t *const *lines, size_t offset)
{
  __m512i value = _mm512_castsi128_si512 (_mm_loadu_si128 ((const __m128i *)(lines[0] + offset)));
  value = _mm512_inserti32x4 (value, _mm_loadu_si128 ((const __m128i *)(lines[4] + offset)), 1);
  value = _mm512_inserti32x4 (value, _mm_loadu_si128 ((const __m128i *)(lines[8] + offset)), 2);
  return _mm512_inserti32x4 (value, _mm_loadu_si128 ((const __m128i *)(lines[12] + offset)), 3);
}

/* n_groups is a constant where this is inlined for the usual ones. */
static inline __attribute__ ((always_inline)) __m128i
weigh (size_t n_groups, const uint32_t *groups, size_t group_step, const uint32_t *weights)
{
  __m512i high = _mm512_setzero_si512 (), middle = high;
  __m512i low = _mm512_set1_epi32 (1 << (CLIP_LINE_WEIGHT_BITS - 1)); /* rounds */
#pragma GCC unroll 8
  for (size_t g = 0; g < n_groups; g++, groups += group_step * CLIP_LINES, weights += CLIP_LINE_DIGITS) {
    __m512i samples = _mm512_load_si512 (groups);
    high = _mm512_dpbusd_epi32 (high, samples, _mm512_set1_epi32 ((int)weights[0]));
    middle = _mm512_dpbusd_epi32 (middle, samples, _mm512_set1_epi32 ((int)weights[1]));
    low = _mm512_dpbusd_epi32 (low, samples, _mm512_set1_epi32 ((int)weights[2]));
  }
  middle = _mm512_add_epi32 (middle, _mm512_slli_epi32 (high, 8));
  __m512i sum = _mm512_add_epi32 (low, _mm512_slli_epi32 (middle, 8));
  sum = _mm512_max_epi32 (_mm512_srai_epi32 (sum, CLIP_LINE_WEIGHT_BITS), _mm512_setzero_si512 ());
  return _mm512_cvtusepi32_epi8 (sum);
}

static inline __attribute__ ((always_inline)) void
store_lines (uint8_t *ret, __m128i bytes, size_t n_lines)
{
  _mm_mask_storeu_epi8 (ret, (__mmask16)((1u << n_lines) - 1), bytes);
}

#include "image/x86/line-pass.h"

void
clip_resample_lines_avx512vnni (const ClipLines *in, const ClipLineTaps *taps, size_t n_components, size_t group_step,
    uint8_t *const *rets, size_t ret_step, uint32_t *groups)
{
  switch (taps->n_groups) {
#define CASE(n)                                                                                                        \
  case n:                                                                                                              \
    filter_lines (n, in, taps, n_components, group_step, rets, ret_step, groups);                                      \
    break;
    CASE (1)
    CASE (2)
    CASE (3)
    CASE (4)
    CASE (5)
    CASE (6)
    CASE (7)
    CASE (8)
#undef CASE
  default:
    filter_lines (taps->n_groups, in, taps, n_components, group_step, rets, ret_step, groups);
    break;
  }
}
