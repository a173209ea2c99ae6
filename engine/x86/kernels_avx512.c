/* SPDX-License-Identifier: MIT
 *
 * x86/kernels_avx512.c: tiles of 14 rows x 2 zmm for f32 (AVX-512 F) and int8 (AVX-512 VNNI), and the loops of loops.h
 * compiled for AVX-512. vpdpbusd stands in assembly, so that this one file serves CPUs with and without VNNI: only the
 * tables that name it need it.
 */
#include <immintrin.h>

#define KERNEL(name) name##_avx512
#include "../loops.h"
#include "../tables.h"

#define VECTOR           __m512i
#define N_VECTORS        2
#define SWEEP            2
#define MAX_ROWS         14
#define LOAD(from)       _mm512_loadu_si512 (from)
#define STORE(to, value) _mm512_storeu_si512 (to, value)
#define SPREAD(from)     ((__m512i)_mm512_broadcastss_ps (_mm_load_ss ((const float *)(const void *)(from))))
#define PIN(value)       __asm__("" : "+v"(value))

#define TILE(name)     name##_f32
#define DOT(sum, a, w) __asm__("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(w))
#include "tile.h"

#define TILE(name)     name##_s8
#define DOT(sum, a, w) __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(w))
#include "tile.h"

const ClipKernels clip_kernels_avx512 = {
  .name = "AVX-512",
  .tile_rows = MAX_ROWS,
  .tile_f32 = tile_f32,
  .tile_s8 = clip_tile_s8_c,
  .is_fast_f32 = 1,
  LOOP_KERNELS,
};

const ClipKernels clip_kernels_avx512_vnni = {
  .name = "AVX-512 VNNI",
  .tile_rows = MAX_ROWS,
  .tile_f32 = tile_f32,
  .tile_s8 = tile_s8,
  .is_fast_f32 = 1,
  .is_fast_s8 = 1,
  LOOP_KERNELS,
};
