/* SPDX-License-Identifier: MIT
 *
 * pack.h: puts matrices into the layouts of kernels.h. Pointers, sizes and strides; no GLib, no allocation.
 */
#ifndef CLIP_PACK_H
#define CLIP_PACK_H

#include <string.h>

#include "kernels/kernels.h"

/* Groups that k values take, and bytes that n outputs of k values take as panels. */
static inline size_t
clip_groups (size_t k, size_t per_group)
{
  return (k + per_group - 1) / per_group;
}

static inline size_t
clip_panels_size (size_t n, size_t k, size_t per_group)
{
  return (n + CLIP_PANEL - 1) / CLIP_PANEL * clip_groups (k, per_group) * CLIP_STEP_BYTES;
}

/* x as bfloat16, f32's upper half: rounded to the nearest, ties to even; overflow is infinity, NaN is NaN. */
static inline uint16_t
clip_to_bf16 (float x)
{
  uint32_t bits;
  memcpy (&bits, &x, sizeof bits);
  uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1);
  return (uint16_t)((x == x ? rounded : 0x7fc00000) >> 16);
}

/* Panels from b [n][k] (weights as torch.nn.Linear has them), rows ldb apart. */
void clip_pack_panels_f32 (float *panels, const float *b, size_t ldb, size_t n, size_t k);

/* The same rounded to bf16. */
void clip_pack_panels_bf16 (uint16_t *panels, const float *b, size_t ldb, size_t n, size_t k);

/* The same in 8 bits, symmetric, one scale an output: b is about scale [n] * panels. scale, column_sum (of the codes
 * over k): [n rounded up to 32]. An output with NaN or infinity among its weights has a NaN scale. */
void clip_pack_panels_s8 (
    int8_t *panels, float *scale, int32_t *column_sum, const float *b, size_t ldb, size_t n, size_t k);

/* ClipKernels.pack_row_f32 on every CPU. */
void clip_pack_row_f32 (const float *x, size_t k, uint8_t *to, size_t stride);

#endif
