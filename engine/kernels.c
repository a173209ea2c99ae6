/* SPDX-License-Identifier: MIT
 *
 * kernels.c: see kernels.h. Sums run in LANES independent partial sums in a fixed order: the compiler may put them into
 * one vector register of any width, and the result does not depend on which.
 */
#include "kernels.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define LANES 16

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

void
clip_bias_activation (float *x, size_t stride, size_t rows, size_t n, const float *bias, ClipActivation activation)
{
  for (size_t row = 0; row < rows; row++, x += stride) {
    if (bias)
      for (size_t i = 0; i < n; i++)
        x[i] += bias[i];
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
}

static inline float
sum_lanes (const float *lanes)
{
  float sum = 0;
  for (size_t lane = 0; lane < LANES; lane++)
    sum += lanes[lane];
  return sum;
}

void
clip_layer_norm (const float *x, float *y, size_t rows, size_t n, const float *weight, const float *bias, float eps)
{
  for (size_t row = 0; row < rows; row++, x += n, y += n) {
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
}

void
clip_softmax (float *x, size_t n)
{
  float max = -INFINITY;
  for (size_t i = 0; i < n; i++)
    max = x[i] > max ? x[i] : max;
  float lanes[LANES] = { 0 };
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
  float scale = 1.0f / sum_lanes (lanes);
  for (i = 0; i < n; i++)
    x[i] *= scale;
}

float
clip_dot (const float *a, const float *b, size_t n)
{
  float lanes[LANES] = { 0 };
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t lane = 0; lane < LANES; lane++)
      lanes[lane] += a[i + lane] * b[i + lane];
  for (; i < n; i++)
    lanes[0] += a[i] * b[i];
  return sum_lanes (lanes);
}

void
clip_normalize (float *x, size_t n)
{
  double sum = 0; /* no overflow for any finite floats */
  for (size_t i = 0; i < n; i++)
    sum += (double)x[i] * x[i];
  if (sum == 0)
    return;
  double scale = 1.0 / sqrt (sum);
  if (!isfinite (sum))
    scale = NAN;
  for (size_t i = 0; i < n; i++)
    x[i] = (float)(x[i] * scale);
}
