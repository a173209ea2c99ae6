/* SPDX-License-Identifier: MIT
 *
 * tables.h: the tables of kernels, one for each instruction set; kernels.c chooses. LOOP_KERNELS names the copies of
 * loops.h that the including file has compiled; bf16: its pack_row_bf16, or one by an instruction that some CPUs have.
 */
#ifndef CLIP_TABLES_H
#define CLIP_TABLES_H

#include "kernels/pack.h"

#define LOOP_KERNELS(bf16)                                                                                             \
  .epilogue_f32 = KERNEL (epilogue_f32), .epilogue_s8 = KERNEL (epilogue_s8), .layer_norm = KERNEL (layer_norm),       \
  .exp_sum = KERNEL (exp_sum), .activate = KERNEL (activate), .pack_row_f32 = clip_pack_row_f32,                       \
  .pack_row_bf16 = bf16, .pack_row_s8 = KERNEL (pack_row_s8)

extern const ClipKernels clip_kernels_c;

/* For tables without an int8 micro-kernel of their own. */
void clip_micro_kernel_s8_c (size_t rows, size_t groups, const void *lhs, size_t lhs_stride, const void *panel,
    const void *next, int accumulate, void *acc, size_t acc_stride);

#if defined(__x86_64__)
extern const ClipKernels clip_kernels_avx2, clip_kernels_avx_vnni, clip_kernels_vnni_ymm; /* x86/kernels_avx2.c */
extern const ClipKernels clip_kernels_avx512, clip_kernels_avx512_vnni;                   /* x86/kernels_avx512.c */
extern const ClipKernels clip_kernels_avx512_bf16, clip_kernels_avx512_fast_bf16;
#endif

#endif
