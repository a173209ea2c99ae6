/* SPDX-License-Identifier: MIT
 *
 * deep-rows.h: the kernels of resample-deep.c, compiled once for each instruction set.
 *
 * Kernels: pointers and sizes; no GLib, no allocation, no state.
 */
#ifndef CLIP_DEEP_ROWS_H
#define CLIP_DEEP_ROWS_H

#include <stddef.h>
#include <stdint.h>

#define CLIP_DEEP_VECTOR 8 /* floats */
#define CLIP_DEEP_LINES  4 /* per call */

typedef struct
{
  /* n words, `step` bytes apart, to floats: (word >> shift) & mask. next: offset in bytes of the data that a later call
   * reads, which is prefetched and need not exist. */
  void (*load) (
      const uint8_t *data, ptrdiff_t step, size_t n, unsigned shift, unsigned mask, ptrdiff_t next, float *ret);

  /* CLIP_DEEP_LINES lines at once: rets[i * ret_stride + x] is the sum over taps of weights[x * taps + t] *
   * lines[i * line_stride + offsets[x] + t], clamped to 0..max. */
  void (*rows) (const float *lines, size_t line_stride, size_t n_out, size_t taps, const uint32_t *offsets,
      const float *weights, float max, float *rets, size_t ret_stride);

  /* One output row: ret[x] is the sum over taps of weights[t] * rows[t * n + x], clamped to 0..max. */
  void (*columns) (const float *rows, size_t n, size_t taps, const float *weights, float max, float *ret);
} ClipDeepKernels;

extern const ClipDeepKernels clip_deep_kernels_c;
#if defined(__x86_64__)
extern const ClipDeepKernels clip_deep_kernels_avx2; /* x86/deep_avx2.c: AVX2 and FMA */
#endif

#endif
