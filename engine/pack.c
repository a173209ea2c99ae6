/* SPDX-License-Identifier: MIT
 *
 * pack.c: see pack.h.
 */
#include "pack.h"

#include <math.h>
#include <string.h>

static inline size_t
min_size (size_t a, size_t b)
{
  return a < b ? a : b;
}

void
clip_pack_panels (float *panels, const float *b, size_t ldb, size_t n, size_t k)
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
clip_pack_panels_transposed (float *panels, const float *b, size_t ldb, size_t n, size_t k)
{
  size_t padded = clip_groups (k, CLIP_GROUP_F32) * CLIP_GROUP_F32;
  for (size_t column = 0; column < n; column += CLIP_PANEL) {
    size_t width = min_size (CLIP_PANEL, n - column);
    for (size_t i = 0; i < padded; i++, panels += CLIP_PANEL) {
      if (i < k)
        memcpy (panels, b + i * ldb + column, width * sizeof *panels);
      else
        width = 0;
      memset (panels + width, 0, (CLIP_PANEL - width) * sizeof *panels);
    }
  }
}

/* -127..127, so that codes and their negatives are alike. */
static void
quantize_output (const float *b, size_t k, int8_t *panel, float *ret_scale, int32_t *ret_sum)
{
  float top = 0;
  int broken = 0;
  for (size_t i = 0; i < k; i++) {
    top = fabsf (b[i]) > top ? fabsf (b[i]) : top;
    broken |= !isfinite (b[i]);
  }
  float scale = top / 127.0f, inverse = scale > 1e-37f && !broken ? 1.0f / scale : 0.0f;
  int32_t sum = 0;
  for (size_t i = 0; i < k; i++) {
    int code = inverse > 0.0f ? (int)lrintf (b[i] * inverse) : 0;
    code = code > 127 ? 127 : code < -127 ? -127 : code;
    panel[i / 4 * 4 * CLIP_PANEL + i % 4] = (int8_t)code;
    sum += code;
  }
  *ret_scale = broken ? NAN : scale;
  *ret_sum = sum;
}

void
clip_quantize_panels (int8_t *panels, float *scale, int32_t *column_sum, const float *b, size_t ldb, size_t n, size_t k)
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
clip_pack_row (const float *x, size_t k, uint8_t *to, size_t stride)
{
  size_t i = 0;
  for (; i + CLIP_GROUP_F32 <= k; i += CLIP_GROUP_F32, to += stride)
    memcpy (to, x + i, CLIP_GROUP_BYTES);
  if (i < k) {
    memset (to, 0, CLIP_GROUP_BYTES);
    memcpy (to, x + i, (k - i) * sizeof *x);
  }
}
