/* SPDX-License-Identifier: MIT
 *
 * gemm.h: single-threaded f32 products with a packed right-hand side. Pointers, sizes and strides; no GLib, no
 * allocation.
 *
 * The right-hand side is packed into panels of CLIP_PANEL columns, [ceil (n / 16)][k][16], zero-padded, so that the
 * inner loop reads it in one stream. Every element of the result is one sum over k in one order, whatever the tile it
 * falls into: the same bits for any split of rows or columns among threads or batches.
 */
#ifndef CLIP_GEMM_H
#define CLIP_GEMM_H

#include <stddef.h>

#define CLIP_PANEL 16

/* Floats that n columns of k values take. */
size_t clip_packed_size (size_t n, size_t k);

/* From b [n][k] (weights as torch.nn.Linear has them, or keys), rows ldb apart. */
void clip_pack_transposed (float *packed, const float *b, size_t ldb, size_t n, size_t k);

/* From b [k][n] (values), rows ldb apart. */
void clip_pack (float *packed, const float *b, size_t ldb, size_t n, size_t k);

/* c [m][n] = a [m][k] * b, or += with accumulate. Rows of a and c are lda and ldc apart; packed: b's panels. */
typedef void (*ClipGemm) (size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, float *c,
    size_t ldc, int accumulate);

/* Plain C: the reference, and what runs where there is nothing better. */
void clip_gemm_c (size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, float *c, size_t ldc,
    int accumulate);

#if defined(__x86_64__)
/* x86/gemm_avx2.c. Needs AVX2 and FMA. */
void clip_gemm_avx2 (size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, float *c,
    size_t ldc, int accumulate);
#endif

/* Chosen once by cpuid. *ret_fast (may be NULL) tells whether it is more than the C reference. */
ClipGemm clip_gemm_choose (int *ret_fast);

#endif
