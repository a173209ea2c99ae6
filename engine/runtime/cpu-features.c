/* SPDX-License-Identifier: MIT
 *
 * cpu-features.c: see cpu-features.h.
 */
#include "runtime/cpu-features.h"

#if defined(__x86_64__)
#include <cpuid.h>

#define YMM_STATE 0x06u /* XCR0: the OS saves xmm and ymm */
#define ZMM_STATE 0xe6u /* and the mask registers, the upper halves and the sixteen more of zmm */

#define AVX512_BITS (bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL)

/* AMD's vdpbf16ps is worth using: its CPUs (since Zen 4) do as many a cycle as FMAs, each with twice the arithmetic;
 * Intel's do a quarter: 171 GFLOP/s in bf16, 350 in f32, on two cores of the Sapphire Rapids line. */
static gboolean
is_amd (void)
{
  guint a, b, c, d;
  return __get_cpuid (0, &a, &b, &c, &d) && b == signature_AMD_ebx && c == signature_AMD_ecx && d == signature_AMD_edx;
}

static guint
detect_features (void)
{
  guint a, b, c, d, flags = 0;
  if (!__get_cpuid (1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
    return 0;
  gboolean fma = (c & bit_FMA) != 0;
  guint xcr0, high;
  __asm__("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
  if ((xcr0 & YMM_STATE) != YMM_STATE || !__get_cpuid_count (7, 0, &a, &b, &c, &d) || !fma || !(b & bit_AVX2))
    return 0;
  flags |= CLIP_CPU_AVX2;
  if ((xcr0 & ZMM_STATE) == ZMM_STATE && (b & AVX512_BITS) == AVX512_BITS) {
    flags |= CLIP_CPU_AVX512;
    if (c & bit_AVX512VNNI)
      flags |= CLIP_CPU_VNNI;
  }
  if (a >= 1 && __get_cpuid_count (7, 1, &a, &b, &c, &d)) {
    if (a & bit_AVXVNNI)
      flags |= CLIP_CPU_AVX_VNNI;
    if (a & bit_AVX512BF16)
      flags |= is_amd () ? CLIP_CPU_BF16 | CLIP_CPU_FAST_BF16 : CLIP_CPU_BF16;
  }
  return flags;
}
#else
static guint
detect_features (void)
{
  return 0;
}
#endif

ClipCpuFeatures
clip_cpu_features_consistent (guint flags)
{
  if (!(flags & CLIP_CPU_AVX2))
    return 0;
  if (!(flags & CLIP_CPU_AVX512))
    flags &= ~(guint)CLIP_CPU_VNNI;
  else if (!(flags & CLIP_CPU_VNNI)) /* kernels for plain AVX-512 take precedence over those for AVX-VNNI */
    flags &= ~(guint)CLIP_CPU_AVX_VNNI;
  if (!(flags & CLIP_CPU_VNNI))
    flags &= ~(guint)CLIP_CPU_BF16;
  if (!(flags & CLIP_CPU_BF16))
    flags &= ~(guint)CLIP_CPU_FAST_BF16;
  return (ClipCpuFeatures)flags;
}

ClipCpuFeatures
clip_cpu_features (void)
{
  static gsize once;
  static guint flags;
  if (g_once_init_enter (&once)) {
    const char *mask = g_getenv ("CLIP_CPU_MASK");
    flags = detect_features ();
    if (mask)
      flags &= (guint)g_ascii_strtoull (mask, NULL, 0);
    flags = clip_cpu_features_consistent (flags);
    g_once_init_leave (&once, 1);
  }
  return (ClipCpuFeatures)flags;
}
