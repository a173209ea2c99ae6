/* SPDX-License-Identifier: MIT
 *
 * x86/resample_avx2.c: clip_resample_lines_avx2(), see resample-lines.h.
 *
 * vpmaddwd multiplies pairs of 16-bit values: a group's even bytes and its odd ones are such pairs after one mask or
 * shift. Both halves of the weights together are exact. Sixteen lines are two registers, which share the weights.
 */
#include "image/resample-lines.h"

#include <immintrin.h>
#include <string.h>

/* Outputs between two looks at whether their cells are there: the groups of the next ones come from L1. */
#define CHUNK 16

static inline __attribute__ ((always_inline)) __m256i
load_two (const uint8_t *const *lines, size_t offset, __m256i shuffle)
{
  __m256i value = _mm256_castsi128_si256 (_mm_loadu_si128 ((const __m128i *)(lines[0] + offset)));
  value = _mm256_inserti128_si256 (value, _mm_loadu_si128 ((const __m128i *)(lines[4] + offset)), 1);
  return _mm256_shuffle_epi8 (value, shuffle);
}

/* One cell of all lines -> four groups. */
static inline __attribute__ ((always_inline)) void
transpose_cell (const uint8_t *const *lines, size_t offset, __m256i shuffle, uint32_t *ret)
{
#pragma GCC unroll 2
  for (int half = 0; half < 2; half++, lines += CLIP_LINES / 2, ret += CLIP_LINES / 2) {
    __m256i row[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
      row[i] = load_two (lines + i, offset, shuffle);
    __m256i low01 = _mm256_unpacklo_epi32 (row[0], row[1]), high01 = _mm256_unpackhi_epi32 (row[0], row[1]);
    __m256i low23 = _mm256_unpacklo_epi32 (row[2], row[3]), high23 = _mm256_unpackhi_epi32 (row[2], row[3]);
    _mm256_store_si256 ((__m256i *)ret, _mm256_unpacklo_epi64 (low01, low23));
    _mm256_store_si256 ((__m256i *)(ret + CLIP_LINES), _mm256_unpackhi_epi64 (low01, low23));
    _mm256_store_si256 ((__m256i *)(ret + 2 * CLIP_LINES), _mm256_unpacklo_epi64 (high01, high23));
    _mm256_store_si256 ((__m256i *)(ret + 3 * CLIP_LINES), _mm256_unpackhi_epi64 (high01, high23));
  }
}

/* A cell that reaches beyond its line's end. */
static __attribute__ ((noinline)) void
transpose_last (const uint8_t *const *lines, size_t offset, size_t n, __m256i shuffle, uint32_t *ret)
{
  uint8_t copy[CLIP_LINES][CLIP_LINE_CELL] = { 0 };
  const uint8_t *copies[CLIP_LINES];
  for (int i = 0; i < CLIP_LINES; i++) {
    memcpy (copy[i], lines[i] + offset, n);
    copies[i] = copy[i];
  }
  transpose_cell (copies, 0, shuffle, ret);
}

/* The lines' next sixteen are what the next call reads: asks for a quarter of them. */
static inline __attribute__ ((always_inline)) void
prefetch_next (const ClipLines *in, const uint8_t *const *lines, size_t cell, size_t offset)
{
  for (int i = 0; i < 4; i++)
    _mm_prefetch ((const char *)lines[cell % 4 * 4 + i] + CLIP_LINES * in->line_stride + offset, _MM_HINT_T1);
}

static inline __attribute__ ((always_inline)) void
transpose (const ClipLines *in, const uint8_t *const *lines, size_t from, size_t to, uint32_t *groups)
{
  __m256i shuffle = _mm256_broadcastsi128_si256 (_mm_loadu_si128 ((const __m128i *)in->shuffle));
  size_t whole = in->line_bytes < CLIP_LINE_CELL ? 0 : (in->line_bytes - CLIP_LINE_CELL) / in->cell_stride + 1;
  size_t cell = from, offset = from * in->cell_stride;
  groups += from * 4 * CLIP_LINES;
  for (; cell < to && cell < whole; cell++, offset += in->cell_stride, groups += 4 * CLIP_LINES) {
    transpose_cell (lines, offset, shuffle, groups);
    prefetch_next (in, lines, cell, offset);
  }
  for (; cell < to; cell++, offset += in->cell_stride, groups += 4 * CLIP_LINES)
    transpose_last (lines, offset, in->line_bytes - offset, shuffle, groups);
}

/* 256 * high + low, rounded, as 32-bit values of 0 and more. */
static inline __m256i
finish (__m256i high, __m256i low)
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
  low[0] = low[1] = _mm256_set1_epi32 (1 << (CLIP_LINE_WEIGHT_BITS - 1));
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
  /* The sums are within 16 bits by far, and packing clamps: lines 0..3, 8..11, 4..7, 12..15 at first. */
  __m256i words = _mm256_packs_epi32 (finish (high[0], low[0]), finish (high[1], low[1]));
  __m128i bytes = _mm_packus_epi16 (_mm256_castsi256_si128 (words), _mm256_extracti128_si256 (words, 1));
  return _mm_shuffle_epi32 (bytes, _MM_SHUFFLE (3, 1, 2, 0));
}

void
clip_resample_lines_avx2 (const ClipLines *in, const ClipLineTaps *taps, size_t n_components, size_t group_step,
    uint8_t *const *rets, size_t ret_step, uint32_t *groups)
{
  const size_t n_groups = taps->n_groups;
  const uint8_t *lines[CLIP_LINES];
  for (size_t i = 0; i < CLIP_LINES; i++)
    lines[i] = in->data + (ptrdiff_t)(i < in->n_lines ? i : in->n_lines - 1) * in->line_stride;

  size_t cells = 0;
  for (size_t chunk = 0; chunk < taps->n_out; chunk += CHUNK) {
    size_t end = chunk + CHUNK < taps->n_out ? chunk + CHUNK : taps->n_out;
    size_t needed = ((taps->starts[end - 1] + n_groups) * group_step + 3) / 4;
    needed = needed < in->n_cells ? needed : in->n_cells;
    transpose (in, lines, cells, needed, groups);
    cells = needed > cells ? needed : cells;
    for (size_t x = chunk; x < end; x++)
      for (size_t c = 0; c < n_components; c++) {
        __m128i values = weigh (n_groups, groups + (taps->starts[x] * group_step + c) * CLIP_LINES, group_step,
            taps->weights + x * n_groups * CLIP_LINE_HALVES);
        if (in->n_lines == CLIP_LINES) {
          _mm_storeu_si128 ((__m128i *)(rets[c] + x * ret_step), values);
        } else {
          uint8_t bytes[CLIP_LINES];
          _mm_storeu_si128 ((__m128i *)bytes, values);
          memcpy (rets[c] + x * ret_step, bytes, in->n_lines);
        }
      }
  }
}
