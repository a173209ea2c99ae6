/* SPDX-License-Identifier: MIT
 *
 * cpu.h: what this CPU and operating system can run, found once by CPUID and XGETBV, never by a library's idea of it.
 */
#ifndef CLIP_CPU_H
#define CLIP_CPU_H

#include <glib.h>

typedef enum
{
  CLIP_CPU_AVX2 = 1 << 0 /* AVX2 and FMA, with the OS saving ymm registers */
} ClipCpuFlags;

/* Flags of this CPU, less those that the environment's CLIP_CPU_MASK (a number, for tests) leaves out. */
ClipCpuFlags clip_cpu_flags (void);

#endif
