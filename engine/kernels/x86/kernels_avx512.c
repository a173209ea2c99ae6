/* SPDX-License-Identifier: MIT
 *
 * x86/kernels_avx512.c: micro-kernels of 14 rows x 2 zmm for f32 (AVX-512 F), bf16 (AVX512_BF16) and int8 (AVX-512
 * VNNI), and the loops of loops.h compiled for AVX-512. The instructions are in assembly, so that this one file serves
 * CPUs with and without them: only the tables that name a micro-kernel need its instruction.
 */
#include <immintrin.h>

#define KERNEL(name) name##_avx512
#include "kernels/loops.h"
#include "kernels/tables.h"

#define VECTOR           __m512i
#define N_VECTORS        2
#define SWEEP            2
#define MAX_ROWS         14
#define LOAD(from)       _mm512_loadu_si512 (from)
#define STORE(to, value) _mm512_storeu_si512 (to, value)
#define SPREAD(from)     ((__m512i)_mm512_broadcastss_ps (_mm_load_ss ((const float *)(const void *)(from))))
#define PIN(value)       __asm__("" : "+v"(value))
#define FMA(acc, a, w)   __asm__("vfmadd231ps %2, %1, %0" : "+v"(acc) : "v"(a), "v"(w))

#define MICRO_KERNEL(name) name##_f32
#define DOT(acc, a, w)     FMA (acc, a, w)
#include "kernels/x86/micro-kernel.h"

#define MICRO_KERNEL(name) name##_s8
#define DOT(acc, a, w)     __asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(w))
#include "kernels/x86/micro-kernel.h"

#define MICRO_KERNEL(name) name##_bf16
#define DOT(acc, a, w)     __asm__("vdpbf16ps %2, %1, %0" : "+v"(acc) : "v"(a), "v"(w))
#include "kernels/x86/micro-kernel.h"

static void
pack_row_bf16_by_instruction (const float *x, size_t n, uint8_t *to, size_t stride)
{
  size_t i = 0;
  for (; i + 2 * CLIP_GROUP_BF16 <= n; i += 2 * CLIP_GROUP_BF16, to += 2 * stride) {
    __m512 values = _mm512_loadu_ps (x + i);
    __m256i halves;
    __asm__("vcvtneps2bf16 %1, %0" : "=v"(halves) : "v"(values));
    _mm_storeu_si128 ((__m128i *)to, _mm256_castsi256_si128 (halves));
    _mm_storeu_si128 ((__m128i *)(to + stride), _mm256_extracti128_si256 (halves, 1));
  }
  KERNEL (pack_row_bf16) (x + i, n - i, to, stride);
}

/* The same results without that instruction, one vector of columns at a time to leave registers for the halves. */
#undef SWEEP
#define SWEEP              1
#define UPPER(pair)        _mm512_and_si512 (pair, _mm512_set1_epi32 ((int)0xffff0000u))
#define LOWER(pair)        _mm512_slli_epi32 (pair, 16)
#define MICRO_KERNEL(name) name##_bf16_by_f32
#define DOT(acc, a, w)                                                                                                 \
  do {                                                                                                                 \
    FMA (acc, UPPER (a), UPPER (w));                                                                                   \
    FMA (acc, LOWER (a), LOWER (w));                                                                                   \
  } while (0)
#include "kernels/x86/micro-kernel.h"

const ClipKernels clip_kernels_avx512 = {
  .name = "AVX-512",
  .tile_rows = MAX_ROWS,
  .micro_kernel_f32 = micro_kernel_f32,
  .micro_kernel_bf16 = micro_kernel_bf16_by_f32,
  .micro_kernel_s8 = clip_micro_kernel_s8_c,
  .is_fast_f32 = 1,
  LOOP_KERNELS (KERNEL (pack_row_bf16)),
};

const ClipKernels clip_kernels_avx512_vnni = {
  .name = "AVX-512 VNNI",
  .tile_rows = MAX_ROWS,
  .micro_kernel_f32 = micro_kernel_f32,
  .micro_kernel_bf16 = micro_kernel_bf16_by_f32,
  .micro_kernel_s8 = micro_kernel_s8,
  .is_fast_f32 = 1,
  .is_fast_s8 = 1,
  LOOP_KERNELS (KERNEL (pack_row_bf16)),
};

#define BF16_KERNELS(is_fast)                                                                                          \
  {                                                                                                                    \
    .name = "AVX-512 VNNI BF16", .tile_rows = MAX_ROWS, .micro_kernel_f32 = micro_kernel_f32,                          \
    .micro_kernel_bf16 = micro_kernel_bf16, .micro_kernel_s8 = micro_kernel_s8, .is_fast_f32 = 1,                      \
    .is_fast_bf16 = is_fast, .is_fast_s8 = 1, LOOP_KERNELS (pack_row_bf16_by_instruction),                             \
  }

const ClipKernels clip_kernels_avx512_bf16 = BF16_KERNELS (0);
const ClipKernels clip_kernels_avx512_fast_bf16 = BF16_KERNELS (1);
