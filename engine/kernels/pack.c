/* SPDX-License-Identifier: MIT
 *
 * pack.c: see pack.h.
 */
#include "kernels/pack.h"

#include <math.h>

static inline size_t
min_size (size_t a, size_t b)
{
  return a < b ? a : b;
}

void
clip_pack_panels_f32 (float *panels, const float *b, size_t ldb, size_t n, size_t k)
{
  size_t groups = clip_groups (k, CLIP_GROUP_F32), padded = groups * CLIP_GROUP_F32;
  for (size_t column = 0; column < n; column += CLIP_PANEL, panels += padded * CLIP_PANEL) {
    size_t width = min_size (CLIP_PANEL, n - column);
    if (width < CLIP_PANEL || padded > k)
      memset (panels, 0, padded * CLIP_PANEL * sizeof *panels);
    /* 16 x 32 at a time: whole cache lines on both sides. */
    for (size_t first = 0; first < k; first += 16)
      for (size_t j = 0; j < width; j++) {
        const float *from = b + (column + j) * ldb;
        for (size_t i = first; i < min_size (first + 16, k); i++)
          panels[i * CLIP_PANEL + j] = from[i];
      }
  }
}

void
clip_pack_panels_bf16 (uint16_t *panels, const float *b, size_t ldb, size_t n, size_t k)
{
  size_t padded = clip_groups (k, CLIP_GROUP_BF16) * CLIP_GROUP_BF16;
  for (size_t column = 0; column < n; column += CLIP_PANEL, panels += padded * CLIP_PANEL) {
    size_t width = min_size (CLIP_PANEL, n - column);
    if (width < CLIP_PANEL || padded > k)
      memset (panels, 0, padded * CLIP_PANEL * sizeof *panels);
    for (size_t first = 0; first < k; first += 16) /* whole cache lines, as above */
      for (size_t j = 0; j < width; j++) {
        const float *from = b + (column + j) * ldb;
        for (size_t i = first; i < min_size (first + 16, k); i++)
          panels[(i / 2 * CLIP_PANEL + j) * 2 + i % 2] = clip_to_bf16 (from[i]);
      }
  }
}

/* -127..127, so that codes and their negatives are alike. Written so that compilers vectorise all but the scattering of
 * the codes: absolute floats compare as integers do, NaN and infinity above all of them. */
static void
quantize_output (const float *b, size_t k, int8_t *panel, float *ret_scale, int32_t *ret_sum)
{
  enum
  {
    CHUNK = 64
  };
  int32_t top_bits = 0, sum = 0;
  for (size_t i = 0; i < k; i++) {
    int32_t bits;
    memcpy (&bits, b + i, sizeof bits);
    bits &= 0x7fffffff;
    top_bits = bits > top_bits ? bits : top_bits;
  }
  float top;
  memcpy (&top, &top_bits, sizeof top);
  float scale = top / 127.0f, inverse = isfinite (top) && scale > 1e-37f ? 1.0f / scale : 0.0f;

  for (size_t first = 0; first < k; first += CHUNK) {
    size_t n = min_size (CHUNK, k - first);
    int8_t codes[CHUNK] = { 0 };
    for (size_t i = 0; i < n && inverse > 0.0f; i++) {
      float value = b[first + i] * inverse + 128.5f; /* 1.5 and more: truncation rounds down */
      codes[i] = (int8_t)((int32_t)value - 128);
      sum += codes[i];
    }
    for (size_t i = 0; i < n; i += 4)
      memcpy (panel + (first + i) * CLIP_PANEL, codes + i, 4);
  }
  *ret_scale = isfinite (top) ? scale : NAN;
  *ret_sum = sum;
}

void
clip_pack_panels_s8 (int8_t *panels, float *scale, int32_t *column_sum, const float *b, size_t ldb, size_t n, size_t k)
{
  size_t padded = clip_groups (k, CLIP_GROUP_S8) * CLIP_GROUP_S8;
  for (size_t column = 0; column < n; column += CLIP_PANEL, panels += padded * CLIP_PANEL) {
    memset (panels, 0, padded * CLIP_PANEL);
    for (size_t j = 0; j < CLIP_PANEL; j++)
      if (column + j < n)
        quantize_output (b + (column + j) * ldb, k, panels + 4 * j, &scale[column + j], &column_sum[column + j]);
      else
        scale[column + j] = 0, column_sum[column + j] = 0;
  }
}

void
clip_pack_row_f32 (const float *x, size_t k, uint8_t *to, size_t stride)
{
  size_t i = 0;
  for (; i + CLIP_GROUP_F32 <= k; i += CLIP_GROUP_F32, to += stride)
    memcpy (to, x + i, CLIP_GROUP_BYTES);
  if (i < k) {
    memset (to, 0, CLIP_GROUP_BYTES);
    memcpy (to, x + i, (k - i) * sizeof *x);
  }
}
