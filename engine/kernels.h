/* SPDX-License-Identifier: MIT
 *
 * kernels.h: the arithmetic of a transformer that is not a matrix product.
 *
 * Plain C over pointers and sizes: no GLib, no allocation, no state, safe from any thread. Loops are written so that
 * the compiler vectorises them. NaN in gives NaN out, in the row it stands in alone.
 */
#ifndef CLIP_KERNELS_H
#define CLIP_KERNELS_H

#include <stddef.h>

typedef enum
{
  CLIP_ACTIVATION_NONE,
  CLIP_ACTIVATION_QUICK_GELU, /* x * sigmoid (1.702 x), OpenAI's CLIP */
  CLIP_ACTIVATION_GELU,       /* x * Phi (x), exact form by erf */
  CLIP_ACTIVATION_GELU_TANH   /* the tanh approximation: HF's gelu_new, gelu_pytorch_tanh, gelu_fast */
} ClipActivation;

/* y = activation (x + bias), in place. x: [rows] rows of n values, `stride` values apart; bias: [n] or NULL. Error
 * against double arithmetic: at most 2e-7 * max (1, |x|). */
void clip_bias_activation (
    float *x, size_t stride, size_t rows, size_t n, const float *bias, ClipActivation activation);

/* y = (x - mean) / sqrt (var + eps) * weight + bias, row by row; variance over n as torch.nn.LayerNorm has it.
 * x, y: [rows][n], may be the same; weight, bias: [n]. */
void clip_layer_norm (
    const float *x, float *y, size_t rows, size_t n, const float *weight, const float *bias, float eps);

/* In place, x: [n]: exp (x - max) / sum. Relative error at most 1e-6. */
void clip_softmax (float *x, size_t n);

/* Scales x: [n] to unit length. A zero vector stays zero; one with NaN or infinity becomes all NaN. */
void clip_normalize (float *x, size_t n);

float clip_dot (const float *a, const float *b, size_t n);

#endif
