/* SPDX-License-Identifier: MIT
 *
 * x86/deep_avx2.c: the loops of deep-loops.h compiled for AVX2 and FMA.
 */
#define KERNELS clip_deep_kernels_avx2
#include "image/deep-loops.h"
