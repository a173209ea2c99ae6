/* SPDX-License-Identifier: MIT
 *
 * loops.h: the kernels that compilers vectorise, written once in plain C; included by one file for each instruction set
 * with KERNEL (name) naming its copies. See kernels.h for what each does.
 *
 * Sums run in LANES independent partial sums in a fixed order: the compiler may put them into vector registers of any
 * width, and the result does not depend on which.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "pack.h"

#define LANES 16

/* Values beyond so many times their row's mean absolute value are outliers. (The root mean square would be carried away
 * by the outliers themselves.) A layer norm's output, about normal, has none at 8, which is 6.4 deviations; trained
 * models' few huge channels, 20 to 60 times the rest, are all beyond. Lower makes steps finer and lists longer. */
#define OUTLIER_MEANS 8.0f

/* e^x by 2^n * 2^f, f in [-0.5, 0.5], degree-6 Taylor polynomial (truncation 1.2e-7, relative). Branch-free so that it
 * vectorises. Saturates instead of overflowing: e^-87 below -87, e^88 above 88. NaN stays NaN. */
static inline float
fast_exp (float x)
{
  float clamped = x < -87.0f ? -87.0f : x;
  clamped = clamped > 88.0f ? 88.0f : clamped;
  float scaled = clamped * 1.44269504f;
  /* Adding 1.5 * 2^23 rounds to the nearest whole number and leaves it in the low bits. */
  float shifted = scaled + 12582912.0f;
  int32_t bits;
  memcpy (&bits, &shifted, sizeof bits);
  float whole = shifted - 12582912.0f;
  /* ln 2 in two parts keeps the reduced argument exact (Cody and Waite). */
  float r = (clamped - whole * 0.693145752f) - whole * 1.42860677e-6f;
  float p = 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  int32_t exponent = (int32_t)((uint32_t)bits << 23);
  int32_t result;
  memcpy (&result, &p, sizeof result);
  result += exponent;
  float value;
  memcpy (&value, &result, sizeof value);
  return x != x ? x : value;
}

static inline float
quick_gelu (float x)
{
  return x / (1.0f + fast_exp (-1.702f * x));
}

/* 0.5 x (1 + erf (x / sqrt 2)); erf by Abramowitz and Stegun 7.1.26, |error| <= 1.5e-7. Written for the tail: where x
 * is negative the result is x times a small number, which must not come from a difference of two large ones. */
static inline float
gelu (float x)
{
  float a = (x < 0 ? -x : x) * 0.707106781f;
  float t = 1.0f / (1.0f + 0.3275911f * a);
  float tail = t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
  float half_erfc = 0.5f * tail * fast_exp (-a * a);
  return x < 0 ? x * half_erfc : x - x * half_erfc;
}

/* 0.5 x (1 + tanh (u)) = x * sigmoid (2 u), u = sqrt (2 / pi) (x + 0.044715 x^3). */
static inline float
gelu_tanh (float x)
{
  float u2 = 1.59576912f * (x + 0.044715f * x * x * x);
  return x / (1.0f + fast_exp (-u2));
}

static void
KERNEL (activate) (float *x, size_t n, ClipActivation activation)
{
  switch (activation) {
  case CLIP_ACTIVATION_NONE:
    break;
  case CLIP_ACTIVATION_QUICK_GELU:
    for (size_t i = 0; i < n; i++)
      x[i] = quick_gelu (x[i]);
    break;
  case CLIP_ACTIVATION_GELU:
    for (size_t i = 0; i < n; i++)
      x[i] = gelu (x[i]);
    break;
  case CLIP_ACTIVATION_GELU_TANH:
    for (size_t i = 0; i < n; i++)
      x[i] = gelu_tanh (x[i]);
    break;
  }
}

/* By halves: four additions deep instead of sixteen. */
static inline float
sum_lanes (const float *lanes)
{
  float sums[LANES];
  memcpy (sums, lanes, sizeof sums);
#pragma GCC unroll 4
  for (size_t half = LANES / 2; half; half /= 2)
    for (size_t lane = 0; lane < half; lane++)
      sums[lane] += sums[lane + half];
  return sums[0];
}

static void
KERNEL (layer_norm) (const float *x, float *y, size_t n, const float *weight, const float *bias, float eps)
{
  float lanes[LANES] = { 0 };
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t lane = 0; lane < LANES; lane++)
      lanes[lane] += x[i + lane];
  for (; i < n; i++)
    lanes[0] += x[i];
  float mean = sum_lanes (lanes) / (float)n;

  memset (lanes, 0, sizeof lanes);
  for (i = 0; i + LANES <= n; i += LANES)
    for (size_t lane = 0; lane < LANES; lane++)
      lanes[lane] += (x[i + lane] - mean) * (x[i + lane] - mean);
  for (; i < n; i++)
    lanes[0] += (x[i] - mean) * (x[i] - mean);
  float scale = 1.0f / sqrtf (sum_lanes (lanes) / (float)n + eps);

  for (i = 0; i < n; i++)
    y[i] = (x[i] - mean) * scale * weight[i] + bias[i];
}

static float
KERNEL (exp_sum) (float *x, size_t n)
{
  float tops[LANES], lanes[LANES] = { 0 };
  size_t i = 0;
  for (size_t lane = 0; lane < LANES; lane++)
    tops[lane] = -INFINITY;
  for (; i + LANES <= n; i += LANES)
    for (size_t lane = 0; lane < LANES; lane++)
      tops[lane] = x[i + lane] > tops[lane] ? x[i + lane] : tops[lane];
  for (; i < n; i++)
    tops[0] = x[i] > tops[0] ? x[i] : tops[0];
#pragma GCC unroll 4
  for (size_t half = LANES / 2; half; half /= 2)
    for (size_t lane = 0; lane < half; lane++)
      tops[lane] = tops[lane + half] > tops[lane] ? tops[lane + half] : tops[lane];
  float max = tops[0];

  for (i = 0; i + LANES <= n; i += LANES)
    for (size_t lane = 0; lane < LANES; lane++) {
      x[i + lane] = fast_exp (x[i + lane] - max);
      lanes[lane] += x[i + lane];
    }
  for (; i < n; i++) {
    x[i] = fast_exp (x[i] - max);
    lanes[0] += x[i];
  }
  return sum_lanes (lanes);
}

/* ---- What becomes of a tile ---------------------------------------------------------------------------- */

static inline __attribute__ ((always_inline)) float
activated (float x, ClipActivation activation)
{
  switch (activation) {
  case CLIP_ACTIVATION_QUICK_GELU:
    return quick_gelu (x);
  case CLIP_ACTIVATION_GELU:
    return gelu (x);
  case CLIP_ACTIVATION_GELU_TANH:
    return gelu_tanh (x);
  default:
    return x;
  }
}

/* Rows from sums to y, each in one loop, so that nothing goes through memory in between. n, activation and residual are
 * constants where these are inlined. bias: [32], zeros where the layer has none. */
static inline __attribute__ ((always_inline)) void
finish_rows_f32 (size_t n, ClipActivation activation, int residual, const ClipFinish *finish, size_t rows,
    const float *restrict sums, const float *restrict bias)
{
  float *restrict y = finish->y;
  size_t stride = finish->y_stride;
  for (size_t row = 0; row < rows; row++, sums += CLIP_PANEL, y += stride)
#pragma GCC ivdep
    for (size_t i = 0; i < n; i++) {
      float value = activated (sums[i] + bias[i], activation);
      y[i] = residual ? y[i] + value : value;
    }
}

typedef uint32_t __attribute__ ((may_alias)) Word;

/* values [32] += the rest of one outlier x its weights. The panel has 4 consecutive k in one 32-bit word. */
static inline void
add_outlier (const int8_t *panel, ClipOutlier outlier, float *restrict values)
{
  const Word *words = (const Word *)(const void *)panel + (size_t)(outlier.index / 4) * CLIP_PANEL;
  unsigned up = 24 - 8 * (outlier.index % 4);
  float rest = outlier.rest;
  for (size_t i = 0; i < CLIP_PANEL; i++)
    values[i] += rest * (float)((int32_t)(words[i] << up) >> 24);
}

static inline __attribute__ ((always_inline)) void
finish_rows_s8 (size_t n, ClipActivation activation, int residual, const ClipFinish *finish, size_t rows,
    const int32_t *restrict sums, const float *restrict bias)
{
  const int32_t *restrict column_sum = finish->column_sum;
  const float *restrict scale = finish->scale;
  float *restrict y = finish->y;
  size_t stride = finish->y_stride;
  for (size_t row = 0; row < rows; row++, sums += CLIP_PANEL, y += stride) {
    const ClipQuantRow *quant = &finish->rows[row];
    float row_scale = quant->scale;
    int32_t zero = quant->zero;
    if (quant->n_outliers) {
      float extra[CLIP_PANEL] = { 0 };
      for (uint32_t i = 0; i < quant->n_outliers; i++)
        add_outlier (finish->panel, quant->outliers[i], extra);
#pragma GCC ivdep
      for (size_t i = 0; i < n; i++) {
        float value = row_scale * (float)(sums[i] - zero * column_sum[i]) + extra[i];
        value = activated (value * scale[i] + bias[i], activation);
        y[i] = residual ? y[i] + value : value;
      }
    } else {
#pragma GCC ivdep
      for (size_t i = 0; i < n; i++) {
        float value = row_scale * (float)(sums[i] - zero * column_sum[i]);
        value = activated (value * scale[i] + bias[i], activation);
        y[i] = residual ? y[i] + value : value;
      }
    }
  }
}

/* One of the copies of CALL (n, activation, residual): for each kind of layer, whole panels or the last one's part. */
#define FOR_EACH_KIND(finish, CALL)                                                                                    \
  do {                                                                                                                 \
    if ((finish)->n < CLIP_PANEL)                                                                                      \
      CALL ((finish)->n, (finish)->activation, (finish)->residual);                                                    \
    else if ((finish)->residual)                                                                                       \
      CALL (CLIP_PANEL, CLIP_ACTIVATION_NONE, 1);                                                                      \
    else if ((finish)->activation == CLIP_ACTIVATION_NONE)                                                             \
      CALL (CLIP_PANEL, CLIP_ACTIVATION_NONE, 0);                                                                      \
    else if ((finish)->activation == CLIP_ACTIVATION_QUICK_GELU)                                                       \
      CALL (CLIP_PANEL, CLIP_ACTIVATION_QUICK_GELU, 0);                                                                \
    else if ((finish)->activation == CLIP_ACTIVATION_GELU)                                                             \
      CALL (CLIP_PANEL, CLIP_ACTIVATION_GELU, 0);                                                                      \
    else                                                                                                               \
      CALL (CLIP_PANEL, CLIP_ACTIVATION_GELU_TANH, 0);                                                                 \
  } while (0)

static const float *
bias_or_zeros (const ClipFinish *finish)
{
  static const float zeros[CLIP_PANEL];
  return finish->bias ? finish->bias : zeros;
}

static void
KERNEL (finish_f32) (const ClipFinish *finish, size_t rows, const float *sums)
{
  const float *bias = bias_or_zeros (finish);
#define CALL(n, activation, residual) finish_rows_f32 (n, activation, residual, finish, rows, sums, bias)
  FOR_EACH_KIND (finish, CALL);
#undef CALL
}

static void
KERNEL (finish_s8) (const ClipFinish *finish, size_t rows, const int32_t *sums)
{
  const float *bias = bias_or_zeros (finish);
#define CALL(n, activation, residual) finish_rows_s8 (n, activation, residual, finish, rows, sums, bias)
  FOR_EACH_KIND (finish, CALL);
#undef CALL
}

static void
KERNEL (round_bf16) (const float *x, size_t n, uint8_t *to, size_t stride)
{
  uint16_t group[CLIP_GROUP_BF16] = { 0 };
  size_t i = 0;
  for (; i + CLIP_GROUP_BF16 <= n; i += CLIP_GROUP_BF16, to += stride) {
    for (size_t j = 0; j < CLIP_GROUP_BF16; j++)
      group[j] = clip_to_bf16 (x[i + j]);
    memcpy (to, group, sizeof group);
  }
  if (i < n) {
    memset (group, 0, sizeof group);
    for (size_t j = 0; i + j < n; j++)
      group[j] = clip_to_bf16 (x[i + j]);
    memcpy (to, group, sizeof group);
  }
}

/* ---- Quantising ---------------------------------------------------------------------------------------- */

typedef struct
{
  float low, high, sum; /* low <= 0 <= high; sum of absolute values */
} Range;

/* Floats that are not negative compare as integers do, and NaN above all of them; compilers vectorise the greatest of
 * integers but not of floats, whose order they must keep. */
static inline int32_t
bits_of (float x)
{
  int32_t bits;
  memcpy (&bits, &x, sizeof bits);
  return bits;
}

static Range
find_range (const float *x, size_t n)
{
  int32_t low = 0, high = 0;
  for (size_t i = 0; i < n; i++) {
    int32_t up = bits_of (x[i]), down = (int32_t)((uint32_t)up ^ 0x80000000u);
    high = up > high ? up : high;
    low = down > low ? down : low;
  }
  float sums[LANES] = { 0 };
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t lane = 0; lane < LANES; lane++)
      sums[lane] += fabsf (x[i + lane]);
  for (; i < n; i++)
    sums[0] += fabsf (x[i]);
  Range range = { 0, 0, sum_lanes (sums) };
  memcpy (&range.low, &low, sizeof low);
  memcpy (&range.high, &high, sizeof high);
  range.low = -range.low;
  return range;
}

/* FALSE when the list is too short for them. */
static int
list_outliers (const float *x, size_t n, float low, float high, ClipQuantRow *ret)
{
  enum
  {
    CHUNK = 64 /* looked through one by one only where there are some */
  };
  ret->n_outliers = 0;
  for (size_t first = 0; first < n; first += CHUNK) {
    size_t end = first + CHUNK < n ? first + CHUNK : n;
    int32_t some = 0;
    for (size_t i = first; i < end; i++)
      some |= -((x[i] < low) | (x[i] > high));
    for (size_t i = first; some && i < end; i++)
      if (x[i] < low || x[i] > high) {
        if (ret->n_outliers == CLIP_MAX_OUTLIERS)
          return 0;
        ret->outliers[ret->n_outliers++] = (ClipOutlier){ (uint32_t)i, x[i] };
      }
  }
  return 1;
}

static inline uint8_t
code_of (float x, float inverse, float zero)
{
  float value = x * inverse + zero + 0.5f;
  value = value > 0.0f ? value : 0.0f; /* NaN too */
  value = value < 255.0f ? value : 255.0f;
  return (uint8_t)(int)value;
}

static void
KERNEL (quantize) (const float *x, size_t n, uint8_t *q, size_t q_stride, ClipQuantRow *ret)
{
  Range range = find_range (x, n);
  float low = range.low, high = range.high;
  float limit = OUTLIER_MEANS * range.sum / (float)n;
  ret->n_outliers = 0;
  /* A row of many large values is no row with outliers: widen until they fit. */
  while (high > limit || low < -limit) {
    float wide_low = low < -limit ? -limit : low, wide_high = high > limit ? limit : high;
    if (list_outliers (x, n, wide_low, wide_high, ret)) {
      low = wide_low;
      high = wide_high;
      break;
    }
    ret->n_outliers = 0;
    limit *= 2;
  }

  float scale = (high - low) / 254.0f; /* one code to spare: rounding the zero moves both ends by half a step */
  if (!(range.sum <= 3e38f)) {         /* NaN or infinity: nothing here to trust */
    scale = NAN;
    low = 0;
    ret->n_outliers = 0;
  }
  float inverse = scale > 1e-37f ? 1.0f / scale : 0.0f;
  float zero = (float)(int)(0.5f - low * inverse); /* low <= 0, so that 0 is exact */
  ret->scale = scale;
  ret->zero = (int32_t)zero;

  size_t i = 0;
  for (; i + CLIP_GROUP_S8 <= n; i += CLIP_GROUP_S8, q += q_stride)
    for (size_t j = 0; j < CLIP_GROUP_S8; j++)
      q[j] = code_of (x[i + j], inverse, zero);
  if (i < n) {
    memset (q, 0, CLIP_GROUP_S8);
    for (size_t j = 0; i + j < n; j++)
      q[j] = code_of (x[i + j], inverse, zero);
  }

  for (uint32_t o = 0; o < ret->n_outliers; o++) {
    ClipOutlier *outlier = &ret->outliers[o];
    outlier->rest -= scale * ((float)code_of (outlier->rest, inverse, zero) - zero);
  }
}
