/* SPDX-License-Identifier: MIT
 *
 * x86/kernels_avx2.c: micro-kernels of 6 rows x 2 ymm, swept twice over a panel, for f32 (AVX2 and FMA) and int8
 * (VNNI in 256 bits), one for bf16 by f32's instruction, and the loops of loops.h compiled for AVX2. The int8 one is
 * compiled in both encodings: {vex} is AVX-VNNI, of CPUs without AVX-512; {evex} is AVX-512 VL's, the same instruction,
 * which lets the tests run the same code there.
 */
#include <immintrin.h>

#define KERNEL(name) name##_avx2
#include "kernels/loops.h"
#include "kernels/tables.h"

#define VECTOR           __m256i
#define N_VECTORS        4
#define SWEEP            2
#define MAX_ROWS         6
#define LOAD(from)       _mm256_loadu_si256 ((const __m256i *)(const void *)(from))
#define STORE(to, value) _mm256_storeu_si256 ((__m256i *)(void *)(to), value)
#define SPREAD(from)     ((__m256i)_mm256_broadcast_ss ((const float *)(const void *)(from)))
#define PIN(value)       __asm__("" : "+x"(value))
#define FMA(acc, a, w)   __asm__("vfmadd231ps %2, %1, %0" : "+x"(acc) : "x"(a), "x"(w))

#define MICRO_KERNEL(name) name##_f32
#define DOT(acc, a, w)     FMA (acc, a, w)
#include "kernels/x86/micro-kernel.h"

#define MICRO_KERNEL(name) name##_s8_vex
#define DOT(acc, a, w)     __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(acc) : "x"(a), "x"(w))
#include "kernels/x86/micro-kernel.h"

#define MICRO_KERNEL(name) name##_s8_evex
#define DOT(acc, a, w)     __asm__("%{evex%} vpdpbusd %2, %1, %0" : "+x"(acc) : "x"(a), "x"(w))
#include "kernels/x86/micro-kernel.h"

/* bf16 by two multiply-adds, one vector of columns at a time to leave registers for the halves. */
#undef SWEEP
#define SWEEP              1
#define UPPER(pair)        _mm256_and_si256 (pair, _mm256_set1_epi32 ((int)0xffff0000u))
#define LOWER(pair)        _mm256_slli_epi32 (pair, 16)
#define MICRO_KERNEL(name) name##_bf16_by_f32
#define DOT(acc, a, w)                                                                                                 \
  do {                                                                                                                 \
    FMA (acc, UPPER (a), UPPER (w));                                                                                   \
    FMA (acc, LOWER (a), LOWER (w));                                                                                   \
  } while (0)
#include "kernels/x86/micro-kernel.h"

const ClipKernels clip_kernels_avx2 = {
  .name = "AVX2",
  .tile_rows = MAX_ROWS,
  .micro_kernel_f32 = micro_kernel_f32,
  .micro_kernel_bf16 = micro_kernel_bf16_by_f32,
  .micro_kernel_s8 = clip_micro_kernel_s8_c,
  .is_fast_f32 = 1,
  LOOP_KERNELS (KERNEL (pack_row_bf16)),
};

const ClipKernels clip_kernels_avx_vnni = {
  .name = "AVX-VNNI",
  .tile_rows = MAX_ROWS,
  .micro_kernel_f32 = micro_kernel_f32,
  .micro_kernel_bf16 = micro_kernel_bf16_by_f32,
  .micro_kernel_s8 = micro_kernel_s8_vex,
  .is_fast_f32 = 1,
  .is_fast_s8 = 1,
  LOOP_KERNELS (KERNEL (pack_row_bf16)),
};

const ClipKernels clip_kernels_vnni_ymm = {
  .name = "AVX-512 VNNI, 256 bits",
  .tile_rows = MAX_ROWS,
  .micro_kernel_f32 = micro_kernel_f32,
  .micro_kernel_bf16 = micro_kernel_bf16_by_f32,
  .micro_kernel_s8 = micro_kernel_s8_evex,
  .is_fast_f32 = 1,
  .is_fast_s8 = 1,
  LOOP_KERNELS (KERNEL (pack_row_bf16)),
};
