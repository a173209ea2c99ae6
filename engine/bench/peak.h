/* SPDX-License-Identifier: MIT
 *
 * peak.h: the most multiply-adds that this machine's cores do in registers, for cliptag-bench to hold the engine
 * against.
 *
 * Measured, not computed from a clock: clocks change with the load and the instruction set. Loops that touch no memory
 * and have enough independent sums to hide the latency run on all threads at once. x86-64 has one for each instruction
 * that a kernel may use here (cpu-features.h), the best counts; elsewhere the compiler's 128-bit vectors stand in, for
 * floats alone.
 */
#ifndef CLIP_PEAK_H
#define CLIP_PEAK_H

#include <glib.h>

typedef enum
{
  CLIP_PEAK_F32,  /* float times float */
  CLIP_PEAK_BF16, /* bfloat16 times bfloat16, sums of floats; without such an instruction, float times float */
  CLIP_PEAK_INT8  /* bytes times bytes, sums of 32 bits */
} ClipPeakArithmetic;

typedef struct
{
  const char *instruction; /* "vfmadd231ps zmm"; NULL: nothing here computes so */
  double gops;             /* 1e9 operations a second of all threads together; a multiply-add counts two */
} ClipPeak;

/* Takes about 0.15 s for each instruction. To be called while nothing else runs. */
ClipPeak clip_peak_measure (ClipPeakArithmetic arithmetic, guint n_threads);

#endif
