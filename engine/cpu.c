/* SPDX-License-Identifier: MIT
 *
 * cpu.c: see cpu.h.
 */
#include "cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>

static guint
detect (void)
{
  guint a, b, c, d, flags = 0;
  if (!__get_cpuid (1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
    return 0;
  gboolean fma = (c & bit_FMA) != 0;
  guint xcr0, high;
  __asm__("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
  gboolean ymm = (xcr0 & 6) == 6;       /* the OS saves xmm and ymm */
  gboolean zmm = (xcr0 & 0xe6) == 0xe6; /* and mask registers, zmm0..15's upper halves and zmm16..31 */
  if (!__get_cpuid_count (7, 0, &a, &b, &c, &d))
    return 0;
  if (ymm && fma && (b & bit_AVX2))
    flags |= CLIP_CPU_AVX2;
  if (zmm && (b & bit_AVX512F) && (b & bit_AVX512BW) && (b & bit_AVX512VL) && (b & bit_AVX512DQ)) {
    flags |= CLIP_CPU_AVX512;
    if (c & bit_AVX512VNNI)
      flags |= CLIP_CPU_VNNI;
  }
  return flags;
}
#else
static guint
detect (void)
{
  return 0;
}
#endif

ClipCpuFlags
clip_cpu_flags (void)
{
  static gsize once;
  static guint flags;
  if (g_once_init_enter (&once)) {
    const char *mask = g_getenv ("CLIP_CPU_MASK");
    flags = detect ();
    if (mask)
      flags &= (guint)g_ascii_strtoull (mask, NULL, 0);
    g_once_init_leave (&once, 1);
  }
  return (ClipCpuFlags)flags;
}
