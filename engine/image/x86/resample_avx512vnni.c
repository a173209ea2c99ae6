/* SPDX-License-Identifier: MIT
 *
 * x86/resample_avx512vnni.c: clip_resample_lines_avx512vnni(), see resample-lines.h.
 *
 * vpdpbusd multiplies four unsigned bytes by four signed ones and adds all to a 32-bit lane, without saturation: three
 * of them, one for each digit of the weights, are four exact taps of sixteen lines.
 */
#include "image/resample-lines.h"

#include <immintrin.h>
#include <string.h>

/* Outputs between two looks at whether their cells are there: the groups of the next ones come from L1. */
#define CHUNK 16

static inline __attribute__ ((always_inline)) __m512i
load_four (const uint8_t *const *lines, size_t offset)
{
  __m512i value = _mm512_castsi128_si512 (_mm_loadu_si128 ((const __m128i *)(lines[0] + offset)));
  value = _mm512_inserti32x4 (value, _mm_loadu_si128 ((const __m128i *)(lines[4] + offset)), 1);
  value = _mm512_inserti32x4 (value, _mm_loadu_si128 ((const __m128i *)(lines[8] + offset)), 2);
  return _mm512_inserti32x4 (value, _mm_loadu_si128 ((const __m128i *)(lines[12] + offset)), 3);
}

/* One cell of all lines -> four groups. */
static inline __attribute__ ((always_inline)) void
transpose_cell (const uint8_t *const *lines, size_t offset, __m512i shuffle, uint32_t *ret)
{
  __m512i row[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++)
    row[i] = _mm512_shuffle_epi8 (load_four (lines + i, offset), shuffle);
  __m512i low01 = _mm512_unpacklo_epi32 (row[0], row[1]), high01 = _mm512_unpackhi_epi32 (row[0], row[1]);
  __m512i low23 = _mm512_unpacklo_epi32 (row[2], row[3]), high23 = _mm512_unpackhi_epi32 (row[2], row[3]);
  _mm512_store_si512 (ret, _mm512_unpacklo_epi64 (low01, low23));
  _mm512_store_si512 (ret + CLIP_LINES, _mm512_unpackhi_epi64 (low01, low23));
  _mm512_store_si512 (ret + 2 * CLIP_LINES, _mm512_unpacklo_epi64 (high01, high23));
  _mm512_store_si512 (ret + 3 * CLIP_LINES, _mm512_unpackhi_epi64 (high01, high23));
}

/* A cell that reaches beyond its line's end. */
static __attribute__ ((noinline)) void
transpose_last (const uint8_t *const *lines, size_t offset, size_t n, __m512i shuffle, uint32_t *ret)
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
  __m512i shuffle = _mm512_broadcast_i32x4 (_mm_loadu_si128 ((const __m128i *)in->shuffle));
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

/* n_groups is a constant where this is inlined for the usual ones. */
static inline __attribute__ ((always_inline)) __m128i
weigh (size_t n_groups, const uint32_t *groups, size_t group_step, const uint32_t *weights)
{
  __m512i high = _mm512_setzero_si512 (), middle = high, low = _mm512_set1_epi32 (1 << (CLIP_LINE_WEIGHT_BITS - 1));
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
run (size_t n_groups, const ClipLines *in, const ClipLineTaps *taps, size_t n_components, size_t group_step,
    uint8_t *const *rets, size_t ret_step, uint32_t *groups)
{
  const uint8_t *lines[CLIP_LINES];
  for (size_t i = 0; i < CLIP_LINES; i++)
    lines[i] = in->data + (ptrdiff_t)(i < in->n_lines ? i : in->n_lines - 1) * in->line_stride;
  __mmask16 mask = (__mmask16)((1u << in->n_lines) - 1);

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
            taps->weights + x * n_groups * CLIP_LINE_DIGITS);
        _mm_mask_storeu_epi8 (rets[c] + x * ret_step, mask, values);
      }
  }
}

void
clip_resample_lines_avx512vnni (const ClipLines *in, const ClipLineTaps *taps, size_t n_components, size_t group_step,
    uint8_t *const *rets, size_t ret_step, uint32_t *groups)
{
  switch (taps->n_groups) {
#define CASE(n)                                                                                                        \
  case n:                                                                                                              \
    run (n, in, taps, n_components, group_step, rets, ret_step, groups);                                               \
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
    run (taps->n_groups, in, taps, n_components, group_step, rets, ret_step, groups);
    break;
  }
}
