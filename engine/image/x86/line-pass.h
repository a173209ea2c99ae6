/* SPDX-License-Identifier: MIT
 *
 * x86/line-pass.h: the pass of resample-lines.h, written once for all vector widths. The including file defines
 *
 * - VECTOR: the register type; OP (name): its intrinsic, as in OP (unpacklo_epi32) (a, b)
 * - BROADCAST (cell): 16 bytes to all 128-bit lanes of a VECTOR
 * - load_lines (lines, offset): 16 bytes from `offset` of lines 0, 4, ... to the 128-bit lanes of a VECTOR
 * - WEIGHT_WORDS: of a group, CLIP_LINE_DIGITS or _HALVES
 * - weigh (n_groups, groups, group_step, weights): one output of all lines, as bytes
 * - store_lines (ret, bytes, n_lines): the first n_lines of them
 *
 * and calls filter_lines() from its entry point.
 */

/* Outputs per check that their cells have been transposed: few enough that their groups are still in L1. */
#define CHUNK 16

#define VECTOR_LINES (sizeof (VECTOR) / sizeof (uint32_t))

/* One cell of all lines -> four groups. */
static inline __attribute__ ((always_inline)) void
transpose_cell (const uint8_t *const *lines, size_t offset, VECTOR shuffle, uint32_t *ret)
{
#pragma GCC unroll 2
  for (size_t part = 0; part < CLIP_LINES / VECTOR_LINES; part++, lines += VECTOR_LINES, ret += VECTOR_LINES) {
    VECTOR row[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
      row[i] = OP (shuffle_epi8) (load_lines (lines + i, offset), shuffle);
    VECTOR low01 = OP (unpacklo_epi32) (row[0], row[1]), high01 = OP (unpackhi_epi32) (row[0], row[1]);
    VECTOR low23 = OP (unpacklo_epi32) (row[2], row[3]), high23 = OP (unpackhi_epi32) (row[2], row[3]);
    *(VECTOR *)ret = OP (unpacklo_epi64) (low01, low23);
    *(VECTOR *)(ret + CLIP_LINES) = OP (unpackhi_epi64) (low01, low23);
    *(VECTOR *)(ret + 2 * CLIP_LINES) = OP (unpacklo_epi64) (high01, high23);
    *(VECTOR *)(ret + 3 * CLIP_LINES) = OP (unpackhi_epi64) (high01, high23);
  }
}

/* A cell that reaches beyond the end of its line. */
static __attribute__ ((noinline)) void
transpose_last (const uint8_t *const *lines, size_t offset, size_t n, VECTOR shuffle, uint32_t *ret)
{
  uint8_t copy[CLIP_LINES][CLIP_LINE_CELL] = { 0 };
  const uint8_t *copies[CLIP_LINES];
  for (int i = 0; i < CLIP_LINES; i++) {
    memcpy (copy[i], lines[i] + offset, n);
    copies[i] = copy[i];
  }
  transpose_cell (copies, 0, shuffle, ret);
}

/* The next call reads the next sixteen lines: fetches a quarter of their cells. */
static inline __attribute__ ((always_inline)) void
prefetch_next (const ClipLines *in, const uint8_t *const *lines, size_t cell, size_t offset)
{
  for (int i = 0; i < 4; i++)
    _mm_prefetch ((const char *)lines[cell % 4 * 4 + i] + CLIP_LINES * in->line_stride + offset, _MM_HINT_T1);
}

static inline __attribute__ ((always_inline)) void
transpose (const ClipLines *in, const uint8_t *const *lines, size_t from, size_t to, uint32_t *groups)
{
  VECTOR shuffle = BROADCAST (_mm_loadu_si128 ((const __m128i *)in->shuffle));
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

static inline __attribute__ ((always_inline)) void
filter_lines (size_t n_groups, const ClipLines *in, const ClipLineTaps *taps, size_t n_components, size_t group_step,
    uint8_t *const *rets, size_t ret_step, uint32_t *groups)
{
  const size_t n_lines = in->n_lines;
  const uint8_t *lines[CLIP_LINES];
  for (size_t i = 0; i < CLIP_LINES; i++)
    lines[i] = in->data + (ptrdiff_t)(i < n_lines ? i : n_lines - 1) * in->line_stride;

  size_t cells = 0;
  for (size_t chunk = 0; chunk < taps->n_out; chunk += CHUNK) {
    size_t end = chunk + CHUNK < taps->n_out ? chunk + CHUNK : taps->n_out;
    size_t needed = ((taps->starts[end - 1] + n_groups) * group_step + 3) / 4;
    needed = needed < in->n_cells ? needed : in->n_cells;
    transpose (in, lines, cells, needed, groups);
    cells = needed > cells ? needed : cells;
    for (size_t x = chunk; x < end; x++)
      for (size_t c = 0; c < n_components; c++) {
        __m128i bytes = weigh (n_groups, groups + (taps->starts[x] * group_step + c) * CLIP_LINES, group_step,
            taps->weights + x * n_groups * WEIGHT_WORDS);
        store_lines (rets[c] + x * ret_step, bytes, n_lines);
      }
  }
}
