/* SPDX-License-Identifier: MIT
 *
 * kernels.c: the plain C kernels and the choice among the tables. See kernels.h.
 */
#include "kernels/kernels.h"

#include "kernels/pack.h"
#include "runtime/cpu-features.h"

#define KERNEL(name) name##_c
#include "kernels/loops.h"
#include "kernels/tables.h"

/* k is inside so that each sum runs in the order that the hand-written micro-kernels have. */
static void
micro_kernel_f32_c (size_t rows, size_t groups, const void *lhs, size_t lhs_stride, const void *panel, const void *next,
    int accumulate, void *acc, size_t acc_stride)
{
  (void)next;
  for (size_t row = 0; row < rows; row++) {
    const uint8_t *from = (const uint8_t *)lhs + row * CLIP_GROUP_BYTES;
    const float *weights = panel;
    float *to = (float *)acc + row * acc_stride;
    if (!accumulate)
      memset (to, 0, CLIP_PANEL * sizeof *to);
    for (size_t group = 0; group < groups; group++, from += lhs_stride) {
      float values[CLIP_GROUP_F32];
      memcpy (values, from, sizeof values);
      for (size_t i = 0; i < CLIP_GROUP_F32; i++, weights += CLIP_PANEL)
        for (size_t j = 0; j < CLIP_PANEL; j++)
          to[j] += values[i] * weights[j];
    }
  }
}

/* The f32 whose upper half a bf16 is. */
static inline float
from_bf16 (uint16_t half)
{
  uint32_t bits = (uint32_t)half << 16;
  float value;
  memcpy (&value, &bits, sizeof value);
  return value;
}

static void
micro_kernel_bf16_c (size_t rows, size_t groups, const void *lhs, size_t lhs_stride, const void *panel,
    const void *next, int accumulate, void *acc, size_t acc_stride)
{
  (void)next;
  for (size_t row = 0; row < rows; row++) {
    const uint8_t *from = (const uint8_t *)lhs + row * CLIP_GROUP_BYTES;
    const uint16_t *weights = panel;
    float *to = (float *)acc + row * acc_stride;
    if (!accumulate)
      memset (to, 0, CLIP_PANEL * sizeof *to);
    for (size_t group = 0; group < groups; group++, from += lhs_stride) {
      uint16_t values[CLIP_GROUP_BF16];
      memcpy (values, from, sizeof values);
      for (size_t i = 0; i < CLIP_GROUP_BF16; i += 2, weights += 2 * CLIP_PANEL)
        for (size_t j = 0; j < CLIP_PANEL; j++) {
          to[j] += from_bf16 (values[i + 1]) * from_bf16 (weights[2 * j + 1]);
          to[j] += from_bf16 (values[i]) * from_bf16 (weights[2 * j]);
        }
    }
  }
}

void
clip_micro_kernel_s8_c (size_t rows, size_t groups, const void *lhs, size_t lhs_stride, const void *panel,
    const void *next, int accumulate, void *acc, size_t acc_stride)
{
  (void)next;
  for (size_t row = 0; row < rows; row++) {
    const uint8_t *from = (const uint8_t *)lhs + row * CLIP_GROUP_BYTES;
    const int8_t *weights = panel;
    int32_t *to = (int32_t *)acc + row * acc_stride;
    if (!accumulate)
      memset (to, 0, CLIP_PANEL * sizeof *to);
    for (size_t group = 0; group < groups; group++, from += lhs_stride)
      for (size_t i = 0; i < CLIP_GROUP_S8; i += 4, weights += 4 * CLIP_PANEL)
        for (size_t j = 0; j < CLIP_PANEL; j++)
          for (size_t byte = 0; byte < 4; byte++)
            to[j] += from[i + byte] * weights[4 * j + byte];
  }
}

const ClipKernels clip_kernels_c = {
  .name = "plain C",
  .tile_rows = CLIP_TILE_ROWS,
  .micro_kernel_f32 = micro_kernel_f32_c,
  .micro_kernel_bf16 = micro_kernel_bf16_c,
  .micro_kernel_s8 = clip_micro_kernel_s8_c,
  LOOP_KERNELS (KERNEL (pack_row_bf16)),
};

size_t
clip_kernels_for (unsigned features, const ClipKernels **ret)
{
  size_t n = 0;
  ret[n++] = &clip_kernels_c;
#if defined(__x86_64__)
  if (features & CLIP_CPU_AVX2)
    ret[n++] = &clip_kernels_avx2;
  if (features & CLIP_CPU_AVX_VNNI)
    ret[n++] = &clip_kernels_avx_vnni;
  if (features & CLIP_CPU_VNNI)
    ret[n++] = &clip_kernels_vnni_ymm; /* never the last: there for the tests */
  if (features & CLIP_CPU_AVX512)
    ret[n++] = &clip_kernels_avx512;
  if (features & CLIP_CPU_VNNI)
    ret[n++] = &clip_kernels_avx512_vnni;
  if (features & CLIP_CPU_BF16)
    ret[n++] = features & CLIP_CPU_FAST_BF16 ? &clip_kernels_avx512_fast_bf16 : &clip_kernels_avx512_bf16;
#endif
  return n;
}

size_t
clip_kernels_all (const ClipKernels **ret)
{
  return clip_kernels_for (clip_cpu_features (), ret);
}

const ClipKernels *
clip_kernels (void)
{
  const ClipKernels *all[CLIP_MAX_KERNELS];
  return all[clip_kernels_all (all) - 1];
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
