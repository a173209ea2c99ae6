/* SPDX-License-Identifier: MIT
 *
 * tables.h: the tables of kernels, one for each instruction set; kernels.c chooses. LOOP_KERNELS names the copies of
 * loops.h that the including file has compiled; round: its round_bf16, or one by an instruction that some CPUs have.
 */
#ifndef CLIP_TABLES_H
#define CLIP_TABLES_H

#include "kernels/kernels.h"

#define LOOP_KERNELS(round)                                                                                            \
  .finish_f32 = KERNEL (finish_f32), .finish_s8 = KERNEL (finish_s8), .layer_norm = KERNEL (layer_norm),               \
  .exp_sum = KERNEL (exp_sum), .activate = KERNEL (activate), .quantize = KERNEL (quantize), .round_bf16 = round

extern const ClipKernels clip_kernels_c;

/* For tables without an int8 tile of their own. */
void clip_tile_s8_c (size_t rows, size_t groups, const void *operand, size_t operand_stride, const void *panel,
    const void *next, int add, void *sums, size_t sums_stride);

#if defined(__x86_64__)
extern const ClipKernels clip_kernels_avx2, clip_kernels_avx_vnni, clip_kernels_vnni_ymm; /* x86/kernels_avx2.c */
extern const ClipKernels clip_kernels_avx512, clip_kernels_avx512_vnni;                   /* x86/kernels_avx512.c */
extern const ClipKernels clip_kernels_avx512_bf16, clip_kernels_avx512_fast_bf16;
#endif

#endif
