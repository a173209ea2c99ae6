/* SPDX-License-Identifier: MIT
 *
 * pixels.c: colour and normalisation of a row in plain C, and the choice of kernels. See pixels.h.
 */
#include "image/pixels.h"

#include <math.h>
#include <string.h>

#include "runtime/cpu-features.h"

static int32_t
to_fixed (double value)
{
  return (int32_t)floor (value * (1 << CLIP_COLOUR_BITS) + 0.5);
}

ClipColourMatrix
clip_colour_matrix (double red, double blue, int full_range)
{
  double green = 1.0 - red - blue;
  double y_scale = full_range ? 1.0 : 255.0 / 219.0;
  double c_scale = full_range ? 1.0 : 255.0 / 224.0;
  return (ClipColourMatrix){
    .y_offset = full_range ? 0 : 16,
    .y = to_fixed (y_scale),
    .r_cr = to_fixed (2.0 * (1.0 - red) * c_scale),
    .g_cb = to_fixed (-2.0 * (1.0 - blue) * blue / green * c_scale),
    .g_cr = to_fixed (-2.0 * (1.0 - red) * red / green * c_scale),
    .b_cb = to_fixed (2.0 * (1.0 - blue) * c_scale),
  };
}

static inline uint8_t
to_level (int32_t fixed)
{
  fixed >>= CLIP_COLOUR_BITS;
  return (uint8_t)CLAMP (fixed, 0, 255);
}

void
clip_colour_row_c (const ClipColourMatrix *matrix, size_t n, uint8_t *restrict first, uint8_t *restrict second,
    uint8_t *restrict third)
{
  for (size_t x = 0; x < n; x++) {
    int32_t y = (first[x] - matrix->y_offset) * matrix->y + (1 << (CLIP_COLOUR_BITS - 1));
    int32_t cb = second[x] - 128;
    int32_t cr = third[x] - 128;
    first[x] = to_level (y + matrix->r_cr * cr);
    second[x] = to_level (y + matrix->g_cb * cb + matrix->g_cr * cr);
    third[x] = to_level (y + matrix->b_cb * cb);
  }
}

void
clip_levels_init (ClipLevels *self, double scale, float mean, float deviation)
{
  *self = (ClipLevels){ .scale = (float)scale, .mean = mean, .deviation = deviation, .reciprocal = 1.0f / deviation };
  self->scale_rest = (float)(scale - self->scale);
  self->is_arithmetic = 1;
  for (int v = 0; v < 256; v++) {
    self->table[v] = ((float)(v * scale) - mean) / deviation;
    /* A quotient with one correction rounds as division does unless an intermediate overflows: checked here. */
    float value = fmaf (v, self->scale, v * self->scale_rest) - mean;
    float quotient = value * self->reciprocal;
    float result = fmaf (fmaf (-quotient, deviation, value), self->reciprocal, quotient);
    self->is_arithmetic &= memcmp (&result, &self->table[v], sizeof result) == 0;
  }
}

void
clip_levels_row_c (const ClipLevels *levels, size_t n, const uint8_t *in, float *ret)
{
  for (size_t x = 0; x < n; x++)
    ret[x] = levels->table[in[x]];
}

/* ---- Floats: 150,000 values per picture, in loops that the compiler vectorises ---------------------------- */

ClipFloatMatrix
clip_float_matrix (double red, double blue, int full_range)
{
  double green = 1.0 - red - blue;
  double c_scale = full_range ? 1.0 : 255.0 / 224.0;
  return (ClipFloatMatrix){
    .y_offset = full_range ? 0.0f : 16.0f,
    .y = (float)(full_range ? 1.0 : 255.0 / 219.0),
    .r_cr = (float)(2.0 * (1.0 - red) * c_scale),
    .g_cb = (float)(-2.0 * (1.0 - blue) * blue / green * c_scale),
    .g_cr = (float)(-2.0 * (1.0 - red) * red / green * c_scale),
    .b_cb = (float)(2.0 * (1.0 - blue) * c_scale),
  };
}

void
clip_float_scale_row (float centre, float scale, float level, size_t n, float *values)
{
  for (size_t x = 0; x < n; x++)
    values[x] = (values[x] - centre) * scale + level;
}

void
clip_float_colour_row (
    const ClipFloatMatrix *matrix, size_t n, float *restrict first, float *restrict second, float *restrict third)
{
  const ClipFloatMatrix m = *matrix;
  for (size_t x = 0; x < n; x++) {
    float y = (first[x] - m.y_offset) * m.y, cb = second[x] - 128.0f, cr = third[x] - 128.0f;
    first[x] = y + m.r_cr * cr;
    second[x] = y + m.g_cb * cb + m.g_cr * cr;
    third[x] = y + m.b_cb * cb;
  }
}

void
clip_float_levels_row (const ClipLevels *levels, size_t n, const float *restrict in, float *restrict ret)
{
  const float scale = levels->scale, mean = levels->mean, deviation = levels->deviation;
  for (size_t x = 0; x < n; x++) {
    float level = in[x] < 0.0f ? 0.0f : in[x];
    level = level > 255.0f ? 255.0f : level;
    ret[x] = (level * scale - mean) / deviation;
  }
}

ClipPixelKernels
clip_pixel_kernels_choose (void)
{
  ClipPixelKernels chosen = { clip_colour_row_c, clip_levels_row_c };
#if defined(__x86_64__)
  if (clip_cpu_features () & CLIP_CPU_AVX2)
    chosen = (ClipPixelKernels){ clip_colour_row_avx2, clip_levels_row_avx2 };
#endif
  return chosen;
}
