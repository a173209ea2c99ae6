/* SPDX-License-Identifier: MIT
 *
 * int8.h: what is done at load so that int8 can be trusted: weights and activations share the burden of outlier
 * channels, and each layer, bf16's too, is tried against f32 before it is believed.
 */
#ifndef CLIP_INT8_H
#define CLIP_INT8_H

#include "nn/linear.h"

/* Channels that a norm makes large and its reader takes back (small weights) are hard twice: their weights vanish in 8
 * bits, and they coarsen every other channel's activations. Moves a factor of each channel from the norm into the
 * reader's weights: the square root of how far they are apart, as in SmoothQuant (Xiao et al. 2023, alpha 0.5) with the
 * norm's own weights in place of measured activations. Factors are powers of two, so that f32 results keep their bits.
 * reader: not packed yet. FALSE when the memory cannot be had. */
gboolean clip_int8_equalize (ClipNorm *norm, ClipLinear *reader);

/* How far `precision` is from f32 here: packs a sample of the outputs, runs it on some made-up rows with outliers, as
 * `norm` (or NULL) shapes them, and compares. ret_error: its root mean square relative to the outputs'. linear: not
 * packed yet. FALSE when the memory cannot be had. */
gboolean clip_linear_try (const ClipLinear *linear, const ClipNorm *norm, ClipPrecision precision, float *ret_error);

#endif
