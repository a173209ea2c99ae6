/* SPDX-License-Identifier: MIT
 *
 * smooth-quant.h: weights and activations share the burden of outlier channels before a layer is quantised.
 */
#ifndef CLIP_SMOOTH_QUANT_H
#define CLIP_SMOOTH_QUANT_H

#include "nn/linear.h"
#include "nn/norm.h"

/* A channel that a norm makes large and its reader scales back (small weights) is hard twice: its weights vanish in 8
 * bits, and it coarsens every other channel's activations. Moves a factor for each channel from the norm into the
 * reader's weights: the square root of their ratio, as in SmoothQuant (Xiao et al. 2023, alpha 0.5) with the norm's own
 * weights in place of measured activations. Factors are powers of two, so f32 results keep their bits.
 * reader: not packed yet. FALSE when memory runs out. */
gboolean clip_smooth_quant (ClipNorm *norm, ClipLinear *reader);

#endif
