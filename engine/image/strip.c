/* SPDX-License-Identifier: MIT
 *
 * strip.c: copies tiles of sixteen by sixteen samples. See strip.h.
 *
 * Where the samples of a column are adjacent in memory a tile is transposed with GCC's vectors of sixteen bytes, which
 * any x86-64 has. Nothing but the requested samples is read.
 */
#include "image/strip.h"

#include <string.h>

#define TILE 16 /* samples */

typedef guint8 Row __attribute__ ((vector_size (TILE), aligned (1), may_alias));

/* TILE samples of TILE rows, with adjacent columns: byte i of the vector at a sample belongs to row i. Interleaving the
 * first half of the vectors with the second four times transposes them. */
static void
transpose_tile (const guint8 *data, gssize step, guint8 *ret, gssize ret_stride)
{
  Row in[TILE], out[TILE];
  for (guint i = 0; i < TILE; i++)
    in[i] = *(const Row *)(data + (gssize)i * step);
#pragma GCC unroll 4
  for (guint round = 0; round < 4; round++) {
#pragma GCC unroll 8
    for (guint i = 0; i < TILE / 2; i++) {
      Row a = in[i], b = in[i + TILE / 2];
      out[2 * i] = __builtin_shufflevector (a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      out[2 * i + 1] = __builtin_shufflevector (a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    memcpy (in, out, sizeof in);
  }
  for (guint i = 0; i < TILE; i++)
    *(Row *)(ret + (gssize)i * ret_stride) = in[i];
}

/* n_rows rows of n samples, both at most TILE, in the order of adjacent bytes. */
static inline __attribute__ ((always_inline)) void
copy_tile (const guint8 *restrict data, gssize row_stride, gssize step, guint n_rows, guint n, guint8 *restrict ret,
    gsize ret_stride)
{
  if (ABS (step) < ABS (row_stride)) {
    for (guint y = 0; y < n_rows; y++)
      for (guint x = 0; x < n; x++)
        ret[y * ret_stride + x] = data[(gssize)y * row_stride + (gssize)x * step];
    return;
  }
  guint8 tile[TILE][TILE];
  for (guint x = 0; x < n; x++)
    for (guint y = 0; y < n_rows; y++)
      tile[x][y] = data[(gssize)y * row_stride + (gssize)x * step];
  for (guint y = 0; y < n_rows; y++)
    for (guint x = 0; x < n; x++)
      ret[y * ret_stride + x] = tile[x][y];
}

static inline void
reverse_tile (const guint8 *data, gssize row_stride, guint8 *ret, gsize ret_stride)
{
  for (guint y = 0; y < TILE; y++, data += row_stride, ret += ret_stride) {
    guint64 words[2];
    memcpy (words, data - (TILE - 1), sizeof words);
    guint64 reversed[2] = { GUINT64_SWAP_LE_BE (words[1]), GUINT64_SWAP_LE_BE (words[0]) };
    memcpy (ret, reversed, sizeof reversed);
  }
}

static void
copy_whole_tile (const guint8 *data, gssize row_stride, gssize step, guint8 *ret, gsize ret_stride)
{
  if (row_stride == 1)
    transpose_tile (data, step, ret, (gssize)ret_stride);
  else if (row_stride == -1)
    transpose_tile (data - (TILE - 1), step, ret + (TILE - 1) * ret_stride, -(gssize)ret_stride);
  else if (step == -1)
    reverse_tile (data, row_stride, ret, ret_stride);
  else
    copy_tile (data, row_stride, step, TILE, TILE, ret, ret_stride);
}

void
clip_strip_copy (
    const guint8 *data, gssize row_stride, gssize step, guint n_rows, guint n, guint8 *ret, gsize ret_stride)
{
  for (guint x = 0; x < n; x += TILE, data += TILE * step, ret += TILE) {
    if (n_rows == TILE && n - x >= TILE)
      copy_whole_tile (data, row_stride, step, ret, ret_stride);
    else
      copy_tile (data, row_stride, step, n_rows, MIN (TILE, n - x), ret, ret_stride);
  }
}
