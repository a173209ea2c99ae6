/* SPDX-License-Identifier: MIT
 *
 * x86/kernels_avx512.c: tiles of 14 rows x 2 zmm for f32 (AVX-512 F), bf16 (AVX512_BF16) and int8 (AVX-512 VNNI), and
 * the loops of loops.h compiled for AVX-512. The instructions stand in assembly, so that this one file serves CPUs with
 * and without them: only the tables that name a tile need its instruction.
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
#define FMA(sum, a, w)   __asm__("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(w))

#define TILE(name)     name##_f32
#define DOT(sum, a, w) FMA (sum, a, w)
#include "kernels/x86/tile.h"

#define TILE(name)     name##_s8
#define DOT(sum, a, w) __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(w))
#include "kernels/x86/tile.h"

#define TILE(name)     name##_bf16
#define DOT(sum, a, w) __asm__("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(w))
#include "kernels/x86/tile.h"

static void
round_bf16_by_instruction (const float *x, size_t n, uint8_t *to, size_t stride)
{
  size_t i = 0;
  for (; i + 2 * CLIP_GROUP_BF16 <= n; i += 2 * CLIP_GROUP_BF16, to += 2 * stride) {
    __m512 values = _mm512_loadu_ps (x + i);
    __m256i halves;
    __asm__("vcvtneps2bf16 %1, %0" : "=v"(halves) : "v"(values));
    _mm_storeu_si128 ((__m128i *)to, _mm256_castsi256_si128 (halves));
    _mm_storeu_si128 ((__m128i *)(to + stride), _mm256_extracti128_si256 (halves, 1));
  }
  KERNEL (round_bf16) (x + i, n - i, to, stride);
}

/* The same sums without that instruction, one vector of columns at a time to leave registers for the halves. */
#undef SWEEP
#define SWEEP       1
#define UPPER(pair) _mm512_and_si512 (pair, _mm512_set1_epi32 ((int)0xffff0000u))
#define LOWER(pair) _mm512_slli_epi32 (pair, 16)
#define TILE(name)  name##_bf16_by_f32
#define DOT(sum, a, w)                                                                                                 \
  do {                                                                                                                 \
    FMA (sum, UPPER (a), UPPER (w));                                                                                   \
    FMA (sum, LOWER (a), LOWER (w));                                                                                   \
  } while (0)
#include "kernels/x86/tile.h"

const ClipKernels clip_kernels_avx512 = {
  .name = "AVX-512",
  .tile_rows = MAX_ROWS,
  .tile_f32 = tile_f32,
  .tile_bf16 = tile_bf16_by_f32,
  .tile_s8 = clip_tile_s8_c,
  .is_fast_f32 = 1,
  LOOP_KERNELS (KERNEL (round_bf16)),
};

const ClipKernels clip_kernels_avx512_vnni = {
  .name = "AVX-512 VNNI",
  .tile_rows = MAX_ROWS,
  .tile_f32 = tile_f32,
  .tile_bf16 = tile_bf16_by_f32,
  .tile_s8 = tile_s8,
  .is_fast_f32 = 1,
  .is_fast_s8 = 1,
  LOOP_KERNELS (KERNEL (round_bf16)),
};

#define BF16_KERNELS(is_fast)                                                                                          \
  {                                                                                                                    \
    .name = "AVX-512 VNNI BF16", .tile_rows = MAX_ROWS, .tile_f32 = tile_f32, .tile_bf16 = tile_bf16,                  \
    .tile_s8 = tile_s8, .is_fast_f32 = 1, .is_fast_bf16 = is_fast, .is_fast_s8 = 1,                                    \
    LOOP_KERNELS (round_bf16_by_instruction),                                                                          \
  }

const ClipKernels clip_kernels_avx512_bf16 = BF16_KERNELS (0);
const ClipKernels clip_kernels_avx512_fast_bf16 = BF16_KERNELS (1);
