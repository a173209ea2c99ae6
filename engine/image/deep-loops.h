/* SPDX-License-Identifier: MIT
 *
 * deep-loops.h: the kernels of deep-rows.h in plain C that compilers vectorise. Included by one file for each
 * instruction set; KERNELS is the table's name there.
 *
 * A dot product has eight partial sums, since compilers may not split one float sum themselves. Four lines at once give
 * a vector of four results without a sum across lanes.
 */
#include "image/deep-rows.h"

#include <string.h>

typedef float Eight __attribute__ ((vector_size (4 * CLIP_DEEP_VECTOR), aligned (4), may_alias));
typedef float Four __attribute__ ((vector_size (16), aligned (4), may_alias));

/* Samples per prefetch of the next call's data: a cache line of words, or two. */
#define CHUNK 32

static inline __attribute__ ((always_inline)) void
load_words (const uint8_t *restrict data, size_t n, unsigned shift, unsigned mask, float *restrict ret)
{
  for (size_t x = 0; x < n; x++) {
    uint16_t word;
    memcpy (&word, data + 2 * x, sizeof word);
    ret[x] = (float)(int32_t)(((uint32_t)word >> shift) & mask);
  }
}

static inline __attribute__ ((always_inline)) void
load_pairs (const uint8_t *restrict data, size_t n, unsigned shift, unsigned mask, float *restrict ret)
{
  for (size_t x = 0; x < n; x++) {
    uint32_t word;
    memcpy (&word, data + 4 * x, sizeof word);
    ret[x] = (float)(int32_t)((word >> shift) & mask);
  }
}

static inline __attribute__ ((always_inline)) void
load_strided (
    const uint8_t *restrict data, ptrdiff_t step, size_t n, unsigned shift, unsigned mask, float *restrict ret)
{
  for (size_t x = 0; x < n; x++) {
    uint16_t word;
    memcpy (&word, data + (ptrdiff_t)x * step, sizeof word);
    ret[x] = (float)(int32_t)(((uint32_t)word >> shift) & mask);
  }
}

static void
load_samples (const uint8_t *data, ptrdiff_t step, size_t n, unsigned shift, unsigned mask, ptrdiff_t next, float *ret)
{
  size_t x = 0;
  for (; x + CHUNK < n; x += CHUNK, data += CHUNK * step, ret += CHUNK) {
    for (ptrdiff_t byte = 0; byte < CHUNK * step; byte += 64)
      __builtin_prefetch (data + next + byte);
    if (step == 2)
      load_words (data, CHUNK, shift, mask, ret);
    else if (step == 4)
      load_pairs (data, CHUNK, shift, mask, ret);
    else if (step == 8)
      load_strided (data, 8, CHUNK, shift, mask, ret);
    else
      load_strided (data, step, CHUNK, shift, mask, ret);
  }
  load_strided (data, step, n - x, shift, mask, ret);
}

static inline __attribute__ ((always_inline)) Four
fold (const Eight *sum)
{
  return __builtin_shufflevector (*sum, *sum, 0, 1, 2, 3) + __builtin_shufflevector (*sum, *sum, 4, 5, 6, 7);
}

/* One output of four lines. */
static inline __attribute__ ((always_inline)) void
weigh (const float *restrict line, size_t line_stride, size_t taps, const float *restrict weights, Four *ret)
{
  Eight s0 = { 0 }, s1 = { 0 }, s2 = { 0 }, s3 = { 0 };
  for (size_t t = 0; t < taps; t += CLIP_DEEP_VECTOR) {
    Eight w = *(const Eight *)(weights + t);
    s0 += w * *(const Eight *)(line + t);
    s1 += w * *(const Eight *)(line + line_stride + t);
    s2 += w * *(const Eight *)(line + 2 * line_stride + t);
    s3 += w * *(const Eight *)(line + 3 * line_stride + t);
  }
  Four a = fold (&s0), b = fold (&s1), c = fold (&s2), d = fold (&s3);
  Four ab = __builtin_shufflevector (a, b, 0, 4, 1, 5) + __builtin_shufflevector (a, b, 2, 6, 3, 7);
  Four cd = __builtin_shufflevector (c, d, 0, 4, 1, 5) + __builtin_shufflevector (c, d, 2, 6, 3, 7);
  *ret = __builtin_shufflevector (ab, cd, 0, 1, 4, 5) + __builtin_shufflevector (ab, cd, 2, 3, 6, 7);
}

static inline __attribute__ ((always_inline)) float
bound (float value, float max)
{
  value = value < 0.0f ? 0.0f : value;
  return value > max ? max : value;
}

static void
filter_rows (const float *restrict lines, size_t line_stride, size_t n_out, size_t taps,
    const uint32_t *restrict offsets, const float *restrict weights, float max, float *restrict rets, size_t ret_stride)
{
  size_t x = 0;
  for (; x + 4 <= n_out; x += 4, weights += 4 * taps) {
    Four s[4];
    for (int i = 0; i < 4; i++)
      weigh (lines + offsets[x + i], line_stride, taps, weights + i * taps, &s[i]);
    Four ab = __builtin_shufflevector (s[0], s[1], 0, 4, 1, 5), cd = __builtin_shufflevector (s[2], s[3], 0, 4, 1, 5);
    Four ef = __builtin_shufflevector (s[0], s[1], 2, 6, 3, 7), gh = __builtin_shufflevector (s[2], s[3], 2, 6, 3, 7);
    *(Four *)(rets + x) = __builtin_shufflevector (ab, cd, 0, 1, 4, 5);
    *(Four *)(rets + ret_stride + x) = __builtin_shufflevector (ab, cd, 2, 3, 6, 7);
    *(Four *)(rets + 2 * ret_stride + x) = __builtin_shufflevector (ef, gh, 0, 1, 4, 5);
    *(Four *)(rets + 3 * ret_stride + x) = __builtin_shufflevector (ef, gh, 2, 3, 6, 7);
  }
  for (; x < n_out; x++, weights += taps) {
    Four sums;
    weigh (lines + offsets[x], line_stride, taps, weights, &sums);
    for (size_t i = 0; i < CLIP_DEEP_LINES; i++)
      rets[i * ret_stride + x] = sums[i];
  }
  for (size_t i = 0; i < CLIP_DEEP_LINES; i++)
    for (x = 0; x < n_out; x++)
      rets[i * ret_stride + x] = bound (rets[i * ret_stride + x], max);
}

static void
filter_columns (
    const float *restrict rows, size_t n, size_t taps, const float *restrict weights, float max, float *restrict ret)
{
  for (size_t x = 0; x < n; x++)
    ret[x] = 0.0f;
  size_t t = 0;
  for (; t + 4 <= taps; t += 4, rows += 4 * n)
    for (size_t x = 0; x < n; x++)
      ret[x] += (weights[t] * rows[x] + weights[t + 1] * rows[n + x])
                + (weights[t + 2] * rows[2 * n + x] + weights[t + 3] * rows[3 * n + x]);
  for (; t < taps; t++, rows += n)
    for (size_t x = 0; x < n; x++)
      ret[x] += weights[t] * rows[x];
  for (size_t x = 0; x < n; x++)
    ret[x] = bound (ret[x], max);
}

const ClipDeepKernels KERNELS = { load_samples, filter_rows, filter_columns };
