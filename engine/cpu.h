/* SPDX-License-Identifier: MIT
 *
 * cpu.h: what this CPU and operating system can run, found once by CPUID and XGETBV, never by a library's idea of it.
 */
#ifndef CLIP_CPU_H
#define CLIP_CPU_H

#include <glib.h>

typedef enum
{
  CLIP_CPU_AVX2 = 1 << 0,   /* AVX2 and FMA, with the OS saving ymm registers */
  CLIP_CPU_AVX512 = 1 << 1, /* AVX-512 F, BW, VL and DQ, with the OS saving zmm registers */
  CLIP_CPU_VNNI = 1 << 2    /* AVX512_VNNI, where CLIP_CPU_AVX512 is */
} ClipCpuFlags;

/* Flags of this CPU, less those that the environment's CLIP_CPU_MASK (a number, for tests) leaves out. */
ClipCpuFlags clip_cpu_flags (void);

#endif
