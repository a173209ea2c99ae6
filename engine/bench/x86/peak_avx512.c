/* SPDX-License-Identifier: MIT
 *
 * peak_avx512.c: the loops of peak-loops.h with EVEX encodings: 28 sums of 32 registers, as many as the largest tile
 * of a kernel has. Assembly for the reasons that peak_avx2.c gives.
 */
#include "../peak-loops.h"

#define ZMM_CLOBBERS                                                                                                   \
  "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",     \
      "xmm13", "xmm14", "xmm15", "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24",      \
      "xmm25", "xmm26", "xmm27", "xmm30", "xmm31"

#define EVEX_LOOP(instruction, kind, sums)                                                                             \
  __asm__ volatile(".irp r," sums "\n"                                                                                 \
                   "vpxord %%zmm\\r, %%zmm\\r, %%zmm\\r\n"                                                             \
                   ".endr\n"                                                                                           \
                   "vpbroadcastd %1, %%zmm31\n"                                                                        \
                   "vmovdqa32 %%zmm31, %%zmm30\n"                                                                      \
                   ".p2align 5\n"                                                                                      \
                   "1:\n"                                                                                              \
                   ".irp r," sums "\n" instruction " %%" kind "31, %%" kind "30, %%" kind "\\r\n"                      \
                   ".endr\n"                                                                                           \
                   "dec %0\n"                                                                                          \
                   "jnz 1b\n"                                                                                          \
                   "vzeroupper\n"                                                                                      \
                   : "+r"(rounds)                                                                                      \
                   : "r"(factor)                                                                                       \
                   : ZMM_CLOBBERS)

#define SUMS_14 "0,1,2,3,4,5,6,7,8,9,10,11,12,13"
#define SUMS_28 SUMS_14 ",14,15,16,17,18,19,20,21,22,23,24,25,26,27"

void
clip_peak_fma_zmm (unsigned long rounds)
{
  int factor = 0x3f000000; /* 0.5f */
  EVEX_LOOP ("vfmadd231ps", "zmm", SUMS_28);
}

void
clip_peak_bf16_zmm (unsigned long rounds)
{
  int factor = 0x3f003f00; /* 0.5 twice */
  EVEX_LOOP ("vdpbf16ps", "zmm", SUMS_28);
}

void
clip_peak_vnni_zmm (unsigned long rounds)
{
  int factor = 0x03050709;
  EVEX_LOOP ("vpdpbusd", "zmm", SUMS_28);
}

void
clip_peak_avx512_vnni_ymm (unsigned long rounds)
{
  int factor = 0x03050709;
  EVEX_LOOP ("%{evex%} vpdpbusd", "ymm", SUMS_28);
}
