/* SPDX-License-Identifier: MIT
 *
 * loops.h: the kernels that compilers vectorise, written once in plain C; included by one file for each instruction set
 * with KERNEL (name) naming its copies. kernels.h says what each does.
 *
 * Sums run in LANES or WIDE independent partial sums in a fixed order: the compiler may put them into vector registers
 * of any width, and the result does not depend on which.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels/pack.h"

#define LANES 16
#define WIDE  64 /* where nothing but the sum is wanted: enough additions in flight; models' widths are multiples */

/* Values beyond so many times their row's mean absolute value are outliers. (The root mean square would be carried away
 * by the outliers themselves.) A layer norm's output, about normal, has none at 8, which is 6.4 deviations; trained
 * models' few huge channels, 20 to 60 times the rest, are all beyond. Lower makes steps finer and lists longer. */
#define OUTLIER_MEANS 8.0f

/* Floats are compared as the integers that their bits are: of those, compilers make the lesser and the greater one
 * instruction, but not of floats, whose NaN they must heed. Floats that are not negative have the order of signed
 * integers, NaN above all of them; as unsigned ones, negative floats stand above all others, the least at the top. */
static inline int32_t
bits_of (float x)
{
  int32_t bits;
  memcpy (&bits, &x, sizeof bits);
  return bits;
}

static inline float
from_bits (int32_t bits)
{
  float x;
  memcpy (&x, &bits, sizeof x);
  return x;
}

/* Adding it rounds to the nearest whole number n and leaves n + 127, which is the exponent of 2^n, in the low bits. */
#define ROUND 12583039.0f /* 1.5 * 2^23 + 127 */

static inline float
power_of_two (float rounded)
{
  return from_bits ((int32_t)((uint32_t)bits_of (rounded) << 23));
}

/* e^x for x <= 88, as 2^n * e^r, |r| <= ln 2 / 2; below -87 it is 0. NaN stays NaN. The polynomials here are minimax,
 * this one of relative error 9.3e-8. Branch-free, down to the mask, so that it vectorises wherever it stands. */
static inline float
fast_exp (float x)
{
  float rounded = x * 1.44269504f + ROUND, n = rounded - ROUND;
  /* ln 2 in two parts keeps the reduced argument exact (Cody and Waite). */
  float r = (x - n * 0.693145752f) - n * 1.42860677e-6f;
  float p = 0.00829027221f;
  p = p * r + 0.0418981612f;
  p = p * r + 0.166676387f;
  p = p * r + 0.499991477f;
  p = p * r + 0.999999702f;
  p = p * r + 1.0f;
  return from_bits (bits_of (p * power_of_two (rounded)) & ((x < -87.0f) - 1));
}

/* 2^x for -126 <= x <= 127, relative error of the polynomial 1.1e-7. Of NaN it makes anything. */
static inline float
fast_exp2 (float x)
{
  float rounded = x + ROUND, f = x - (rounded - ROUND);
  float p = 0.00132647273f;
  p = p * f + 0.00967151299f;
  p = p * f + 0.0555073358f;
  p = p * f + 0.240222424f;
  p = p * f + 0.693147004f;
  p = p * f + 1.0f;
  return p * power_of_two (rounded);
}

/* x, or a positive limit where x is above it. NaN may become the limit. */
static inline float
at_most (float limit, float x)
{
  int32_t bits = bits_of (x), most = bits_of (limit);
  return from_bits (bits < most ? bits : most);
}

/* x / (1 + 2^t), which is x sigmoid (-t ln 2). */
static inline float
gated (float x, float t)
{
  float y = x / (1.0f + fast_exp2 (at_most (127.0f, t)));
  return t < -126.0f ? x : y;
}

static inline float
quick_gelu (float x)
{
  return gated (x, -2.45546696f * x);
}

/* x Phi (x) = max (x, 0) - |x| Phi (-|x|), the latter as 2^P (|x|). With a polynomial for its logarithm the tail needs
 * no care: no difference of large numbers, and nowhere a division. P is best where |x| Phi (-|x|) is largest (error of
 * the product 5.7e-8); beyond 5 deviations, where that is below 2e-6, it is right to some percent. */
static inline float
gelu (float x)
{
  float size = fabsf (x), a = at_most (12.95f, size); /* where P is -125 */
  float p = 2.56744988e-05f;
  p = p * a - 0.000708113075f;
  p = p * a + 0.00789137278f;
  p = p * a - 0.0531341694f;
  p = p * a - 0.458970457f;
  p = p * a - 1.15113735f;
  p = p * a - 1.0f;
  int32_t bits = bits_of (x);
  return from_bits (bits > 0 ? bits : 0) - size * fast_exp2 (p);
}

/* 0.5 x (1 + tanh (u)) = x sigmoid (2 u), u = sqrt (2 / pi) (x + 0.044715 x^3). */
static inline float
gelu_tanh (float x)
{
  return gated (x, x * (-2.3022082f - 0.10294324f * (x * x)));
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

typedef enum
{
  AS_IT_IS,
  SQUARED,
  MAGNITUDE
} Term;

/* The sum of x - from, of its square or its magnitude. */
static inline __attribute__ ((always_inline)) float
sum_of (Term term, const float *x, size_t n, float from)
{
  float lanes[WIDE] = { 0 };
  size_t i = 0;
  for (; i + WIDE <= n; i += WIDE)
    for (size_t lane = 0; lane < WIDE; lane++) {
      float value = x[i + lane] - from;
      lanes[lane] += term == SQUARED ? value * value : term == MAGNITUDE ? fabsf (value) : value;
    }
  for (; i < n; i++) {
    float value = x[i] - from;
    lanes[0] += term == SQUARED ? value * value : term == MAGNITUDE ? fabsf (value) : value;
  }
#pragma GCC unroll 2
  for (size_t half = WIDE / 2; half >= LANES; half /= 2)
    for (size_t lane = 0; lane < half; lane++)
      lanes[lane] += lanes[lane + half];
  return sum_lanes (lanes);
}

static void
KERNEL (layer_norm) (const float *x, float *y, size_t n, const float *weight, const float *bias, float eps)
{
  float mean = sum_of (AS_IT_IS, x, n, 0) / (float)n;
  float variance = sum_of (SQUARED, x, n, mean) / (float)n; /* of differences: means can be far above deviations */
  float scale = 1.0f / sqrtf (variance + eps);
  for (size_t i = 0; i < n; i++)
    y[i] = (x[i] - mean) * scale * weight[i] + bias[i];
}

/* The greatest: the greatest signed integer where one is not negative, else the least unsigned one. */
static inline float
greatest (const float *x, size_t n)
{
  int32_t top = INT32_MIN, bottom = -1;
  for (size_t i = 0; i < n; i++) {
    int32_t bits = bits_of (x[i]);
    top = bits > top ? bits : top;
    bottom = (uint32_t)bits < (uint32_t)bottom ? bits : bottom;
  }
  return from_bits (top < 0 ? bottom : top);
}

static float
KERNEL (exp_sum) (float *x, size_t n)
{
  float max = greatest (x, n), lanes[LANES] = { 0 };
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
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

/* ---- Epilogues ----------------------------------------------------------------------------------------- */

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

/* Rows from accumulators to y, each in one loop, so that nothing goes through memory in between. n, activation and
 * residual are constants where these are inlined. bias: [32], zeros where the layer has none. */
static inline __attribute__ ((always_inline)) void
epilogue_rows_f32 (size_t n, ClipActivation activation, int residual, const ClipEpilogue *epilogue, size_t rows,
    const float *restrict acc, const float *restrict bias)
{
  float *restrict y = epilogue->y;
  size_t stride = epilogue->y_stride;
  for (size_t row = 0; row < rows; row++, acc += CLIP_PANEL, y += stride)
#pragma GCC ivdep
    for (size_t i = 0; i < n; i++) {
      float value = activated (acc[i] + bias[i], activation);
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
epilogue_rows_s8 (size_t n, ClipActivation activation, int residual, const ClipEpilogue *epilogue, size_t rows,
    const int32_t *restrict acc, const float *restrict bias)
{
  const int32_t *restrict column_sum = epilogue->column_sum;
  const float *restrict scale = epilogue->scale;
  float *restrict y = epilogue->y;
  size_t stride = epilogue->y_stride;
  for (size_t row = 0; row < rows; row++, acc += CLIP_PANEL, y += stride) {
    const ClipQuantRow *quant = &epilogue->rows[row];
    float row_scale = quant->scale;
    int32_t zero_point = quant->zero_point;
    if (quant->n_outliers) {
      float extra[CLIP_PANEL] = { 0 };
      for (uint32_t i = 0; i < quant->n_outliers; i++)
        add_outlier (epilogue->panel, quant->outliers[i], extra);
#pragma GCC ivdep
      for (size_t i = 0; i < n; i++) {
        float value = row_scale * (float)(acc[i] - zero_point * column_sum[i]) + extra[i];
        value = activated (value * scale[i] + bias[i], activation);
        y[i] = residual ? y[i] + value : value;
      }
    } else {
#pragma GCC ivdep
      for (size_t i = 0; i < n; i++) {
        float value = row_scale * (float)(acc[i] - zero_point * column_sum[i]);
        value = activated (value * scale[i] + bias[i], activation);
        y[i] = residual ? y[i] + value : value;
      }
    }
  }
}

/* One of the copies of CALL (n, activation, residual): for each kind of layer, whole panels or the last one's part. */
#define FOR_EACH_KIND(epilogue, CALL)                                                                                  \
  do {                                                                                                                 \
    if ((epilogue)->n < CLIP_PANEL)                                                                                    \
      CALL ((epilogue)->n, (epilogue)->activation, (epilogue)->residual);                                              \
    else if ((epilogue)->residual)                                                                                     \
      CALL (CLIP_PANEL, CLIP_ACTIVATION_NONE, 1);                                                                      \
    else if ((epilogue)->activation == CLIP_ACTIVATION_NONE)                                                           \
      CALL (CLIP_PANEL, CLIP_ACTIVATION_NONE, 0);                                                                      \
    else if ((epilogue)->activation == CLIP_ACTIVATION_QUICK_GELU)                                                     \
      CALL (CLIP_PANEL, CLIP_ACTIVATION_QUICK_GELU, 0);                                                                \
    else if ((epilogue)->activation == CLIP_ACTIVATION_GELU)                                                           \
      CALL (CLIP_PANEL, CLIP_ACTIVATION_GELU, 0);                                                                      \
    else                                                                                                               \
      CALL (CLIP_PANEL, CLIP_ACTIVATION_GELU_TANH, 0);                                                                 \
  } while (0)

static const float *
bias_or_zeros (const ClipEpilogue *epilogue)
{
  static const float zeros[CLIP_PANEL];
  return epilogue->bias ? epilogue->bias : zeros;
}

static void
KERNEL (epilogue_f32) (const ClipEpilogue *epilogue, size_t rows, const float *acc)
{
  const float *bias = bias_or_zeros (epilogue);
#define CALL(n, activation, residual) epilogue_rows_f32 (n, activation, residual, epilogue, rows, acc, bias)
  FOR_EACH_KIND (epilogue, CALL);
#undef CALL
}

static void
KERNEL (epilogue_s8) (const ClipEpilogue *epilogue, size_t rows, const int32_t *acc)
{
  const float *bias = bias_or_zeros (epilogue);
#define CALL(n, activation, residual) epilogue_rows_s8 (n, activation, residual, epilogue, rows, acc, bias)
  FOR_EACH_KIND (epilogue, CALL);
#undef CALL
}

/* ---- Packing rows -------------------------------------------------------------------------------------- */

/* So many values at a time, whole groups of any kind: enough for compilers to fill vectors with bytes. */
#define CHUNK 32

/* The last chunk, of n values, padded with zeros. */
static inline void
fill_chunk (float *ret, const float *x, size_t n)
{
  for (size_t i = 0; i < CHUNK; i++)
    ret[i] = i < n ? x[i] : 0;
}

/* n bytes of groups, stride bytes from one to the next; a last one is whole. Returns where the next one goes. */
static inline uint8_t *
put_groups (uint8_t *to, size_t stride, const void *groups, size_t n)
{
  for (size_t i = 0; i < n; i += CLIP_GROUP_BYTES, to += stride)
    memcpy (to, (const uint8_t *)groups + i, CLIP_GROUP_BYTES);
  return to;
}

static inline void
round_chunk (const float *x, uint16_t *ret)
{
  for (size_t i = 0; i < CHUNK; i++)
    ret[i] = clip_to_bf16 (x[i]);
}

static void
KERNEL (pack_row_bf16) (const float *x, size_t n, uint8_t *to, size_t stride)
{
  uint16_t halves[CHUNK];
  for (; n >= CHUNK; n -= CHUNK, x += CHUNK) {
    round_chunk (x, halves);
    to = put_groups (to, stride, halves, sizeof halves);
  }
  if (n) {
    float last[CHUNK];
    fill_chunk (last, x, n);
    round_chunk (last, halves);
    put_groups (to, stride, halves, n * sizeof *halves);
  }
}

/* ---- Quantising ---------------------------------------------------------------------------------------- */

typedef struct
{
  float low, high, sum; /* low <= 0 <= high; sum of absolute values */
} Range;

static Range
find_range (const float *x, size_t n)
{
  int32_t high = 0, low = 0;
  for (size_t i = 0; i < n; i++) {
    int32_t bits = bits_of (x[i]);
    high = bits > high ? bits : high;
    low = (uint32_t)bits > (uint32_t)low ? bits : low;
  }
  return (Range){ from_bits (low < 0 ? low : 0), from_bits (high), sum_of (MAGNITUDE, x, n, 0) };
}

static inline int
chunk_has_outliers (const float *x, float low, float high)
{
  int32_t some = 0;
  for (size_t i = 0; i < CHUNK; i++)
    some |= -((x[i] < low) | (x[i] > high));
  return some;
}

/* FALSE when the list is too short for them. */
static int
list_outliers (const float *x, size_t n, float low, float high, ClipQuantRow *ret)
{
  ret->n_outliers = 0;
  for (size_t first = 0; first < n; first += CHUNK) {
    size_t end = first + CHUNK < n ? first + CHUNK : n;
    if (end - first == CHUNK && !chunk_has_outliers (x + first, low, high))
      continue;
    for (size_t i = first; i < end; i++)
      if (x[i] < low || x[i] > high) {
        if (ret->n_outliers == CLIP_MAX_OUTLIERS)
          return 0;
        ret->outliers[ret->n_outliers++] = (ClipOutlier){ (uint32_t)i, x[i] };
      }
  }
  return 1;
}

/* x / scale + zero_point to the nearest, in the low bits. Right for what lies within the row's range, which is then
 * 0..255 without a clamp: the zero point is off by no more than half a code, and one is to spare. */
static inline uint8_t
code_of (float x, float inverse, float zero_point)
{
  return (uint8_t)bits_of (x * inverse + (zero_point + 12582912.0f)); /* 1.5 * 2^23, see ROUND */
}

static inline void
code_chunk (const float *x, float inverse, float zero_point, uint8_t *ret)
{
  for (size_t i = 0; i < CHUNK; i++)
    ret[i] = code_of (x[i], inverse, zero_point);
}

static void
KERNEL (pack_row_s8) (const float *x, size_t n, uint8_t *to, size_t stride, ClipQuantRow *ret)
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

  float scale = (high - low) / 254.0f; /* one code to spare: rounding the zero point moves both ends by half a step */
  if (!(range.sum <= 3e38f)) {         /* NaN or infinity: nothing here to trust */
    scale = NAN;
    low = 0;
    ret->n_outliers = 0;
  }
  float inverse = scale > 1e-37f ? 1.0f / scale : 0.0f;
  float zero_point = (float)(int)(0.5f - low * inverse); /* low <= 0, so that 0 is exact */
  ret->scale = scale;
  ret->zero_point = (int32_t)zero_point;

  uint8_t codes[CHUNK], *next = to;
  for (; n >= CHUNK; n -= CHUNK, x += CHUNK) {
    code_chunk (x, inverse, zero_point, codes);
    next = put_groups (next, stride, codes, CHUNK);
  }
  if (n) {
    float last[CHUNK];
    fill_chunk (last, x, n);
    code_chunk (last, inverse, zero_point, codes);
    memset (codes + n, 0, CHUNK - n);
    put_groups (next, stride, codes, n);
  }

  for (uint32_t o = 0; o < ret->n_outliers; o++) {
    ClipOutlier *outlier = &ret->outliers[o];
    uint8_t code = outlier->rest > 0 ? 255 : 0;
    to[outlier->index / CLIP_GROUP_S8 * stride + outlier->index % CLIP_GROUP_S8] = code;
    outlier->rest -= scale * ((float)code - zero_point);
  }
}
