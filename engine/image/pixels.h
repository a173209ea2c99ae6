/* SPDX-License-Identifier: MIT
 *
 * pixels.h: colour and normalisation of a resized row: Y'CbCr -> R'G'B' in 8 bits, then 8-bit levels -> floats.
 *
 * Both are exact by definition, an integer formula and a table: every instruction set gives the same bits. Formats of
 * more than 8 bits use floats instead, on the same scale. Kernels: pointers and sizes; no GLib, no allocation, no
 * state.
 */
#ifndef CLIP_PIXELS_H
#define CLIP_PIXELS_H

#include <stddef.h>
#include <stdint.h>

/* Fraction bits of factors: results are off by at most 0.0004 of a level before rounding. */
#define CLIP_COLOUR_BITS 20

typedef struct
{
  int32_t y_offset, y, r_cr, g_cb, g_cr, b_cb;
} ClipColourMatrix;

/* red, blue: their weights in luma, which define the matrix (ITU-T H.273, MatrixCoefficients). */
ClipColourMatrix clip_colour_matrix (double red, double blue, int full_range);

/* Floats of one channel. With is_arithmetic this formula gives the table's value for level v, bit for bit:
 *   value = fma (v, scale, v * scale_rest) - mean;  quotient = value * reciprocal;
 *   fma (fma (-quotient, deviation, value), reciprocal, quotient) */
typedef struct
{
  float table[256];
  int is_arithmetic;
  float scale, scale_rest, mean, deviation, reciprocal;
} ClipLevels;

/* As rescale and normalize of transformers.image_transforms: the product in double, rounded to float, then
 * (value - mean) / deviation in float. */
void clip_levels_init (ClipLevels *self, double scale, float mean, float deviation);

/* In place: n values of Y, Cb, Cr become R, G, B. The three do not overlap. */
typedef void (*ClipColourRow) (
    const ClipColourMatrix *matrix, size_t n, uint8_t *first, uint8_t *second, uint8_t *third);

typedef void (*ClipLevelsRow) (const ClipLevels *levels, size_t n, const uint8_t *in, float *ret);

/* The same in floats: codes to the scale of 8 bits, (code - centre) * scale + level, and Y'CbCr to R'G'B' without
 * clamping. */
typedef struct
{
  float y_offset, y, r_cr, g_cb, g_cr, b_cb;
} ClipFloatMatrix;

ClipFloatMatrix clip_float_matrix (double red, double blue, int full_range);
void clip_float_scale_row (float centre, float scale, float level, size_t n, float *values);
void clip_float_colour_row (const ClipFloatMatrix *matrix, size_t n, float *first, float *second, float *third);

/* Levels with fractions, clamped to 0..255. At whole levels it is the table's value but for the last bit. */
void clip_float_levels_row (const ClipLevels *levels, size_t n, const float *in, float *ret);

typedef struct
{
  ClipColourRow colour;
  ClipLevelsRow levels;
} ClipPixelKernels;

/* Plain C: the reference. */
void clip_colour_row_c (const ClipColourMatrix *matrix, size_t n, uint8_t *first, uint8_t *second, uint8_t *third);
void clip_levels_row_c (const ClipLevels *levels, size_t n, const uint8_t *in, float *ret);

#if defined(__x86_64__)
/* x86/pixels_avx2.c: AVX2 and FMA. */
void clip_colour_row_avx2 (const ClipColourMatrix *matrix, size_t n, uint8_t *first, uint8_t *second, uint8_t *third);
void clip_levels_row_avx2 (const ClipLevels *levels, size_t n, const uint8_t *in, float *ret);
#endif

ClipPixelKernels clip_pixel_kernels_choose (void);

#endif
