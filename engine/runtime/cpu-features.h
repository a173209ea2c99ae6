/* SPDX-License-Identifier: MIT
 *
 * cpu-features.h: the instruction sets that this CPU and operating system support, detected once by CPUID and XGETBV,
 * without a library's opinion. Any thread.
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
  CLIP_CPU_BF16 = 1 << 4,     /* AVX512_BF16: vdpbf16ps on zmm; implies CLIP_CPU_VNNI, as on every such CPU */
  CLIP_CPU_FAST_BF16 = 1 << 5 /* as many vdpbf16ps a cycle as FMAs */
} ClipCpuFeatures;

/* The features of this CPU, without those that the environment's CLIP_CPU_MASK (a number, for tests) lacks. A feature
 * that builds upon a masked one is masked, too. */
ClipCpuFeatures clip_cpu_features (void);

/* Reduces the features to a set that a CPU may have: those that build upon a missing one are removed, and so is
 * AVX-VNNI beside AVX-512 without VNNI, a combination that only a mask makes. */
ClipCpuFeatures clip_cpu_features_consistent (guint flags);

#endif
