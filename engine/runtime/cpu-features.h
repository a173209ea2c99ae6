/* SPDX-License-Identifier: MIT
 *
 * cpu-features.h: what this CPU and operating system can run, found once by CPUID and XGETBV, never by a library's idea
 * of it.
 */
#ifndef CLIP_CPU_FEATURES_H
#define CLIP_CPU_FEATURES_H

#include <glib.h>

typedef enum
{
  CLIP_CPU_AVX2 = 1 << 0,     /* AVX2 and FMA, with the OS saving ymm registers */
  CLIP_CPU_AVX512 = 1 << 1,   /* AVX-512 F, BW, DQ and VL, with the OS saving zmm and mask registers */
  CLIP_CPU_VNNI = 1 << 2,     /* AVX-512 VNNI: vpdpbusd on zmm */
  CLIP_CPU_AVX_VNNI = 1 << 3, /* AVX-VNNI: vpdpbusd on ymm without AVX-512 */
  CLIP_CPU_BF16 = 1 << 4, /* AVX512_BF16: vdpbf16ps on zmm; every CPU that has it has AVX-512 VNNI, and so must this */
  CLIP_CPU_FAST_BF16 = 1 << 5 /* and as many of them a cycle as FMAs */
} ClipCpuFeatures;

/* Flags of this CPU, less those that the environment's CLIP_CPU_MASK (a number, for tests) leaves out. A flag that
 * builds upon a masked one goes with it. */
ClipCpuFeatures clip_cpu_features (void);

/* What is left of flags that no CPU has together: what builds upon a missing one goes, and so does AVX-VNNI beside
 * AVX-512 without VNNI, a mixture that only a mask makes. */
ClipCpuFeatures clip_cpu_features_consistent (guint flags);

#endif
