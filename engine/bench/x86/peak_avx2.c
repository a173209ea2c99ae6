/* SPDX-License-Identifier: MIT
 *
 * peak_avx2.c: the loops of peak-loops.h in ymm registers with VEX encodings: 14 sums and two factors fill all sixteen.
 * Assembly, because a compiler may spill, merge or drop sums that nobody reads. FMA's sums start at 0 and grow to
 * where 1/4 is lost in rounding: no infinity, no denormal, so no slow path.
 */
#include "../peak-loops.h"

#define YMM_CLOBBERS                                                                                                   \
  "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",     \
      "xmm13", "xmm14", "xmm15"

#define YMM_LOOP(instruction)                                                                                          \
  __asm__ volatile(".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13\n"                                                          \
                   "vxorps %%ymm\\r, %%ymm\\r, %%ymm\\r\n"                                                             \
                   ".endr\n"                                                                                           \
                   "vmovd %1, %%xmm15\n"                                                                               \
                   "vpbroadcastd %%xmm15, %%ymm15\n"                                                                   \
                   "vmovdqa %%ymm15, %%ymm14\n"                                                                        \
                   ".p2align 5\n"                                                                                      \
                   "1:\n"                                                                                              \
                   ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13\n" instruction " %%ymm15, %%ymm14, %%ymm\\r\n"              \
                   ".endr\n"                                                                                           \
                   "dec %0\n"                                                                                          \
                   "jnz 1b\n"                                                                                          \
                   "vzeroupper\n"                                                                                      \
                   : "+r"(rounds)                                                                                      \
                   : "r"(factor)                                                                                       \
                   : YMM_CLOBBERS)

void
clip_peak_fma_ymm (unsigned long rounds)
{
  int factor = 0x3f000000; /* 0.5f */
  YMM_LOOP ("vfmadd231ps");
}

void
clip_peak_vnni_ymm (unsigned long rounds)
{
  int factor = 0x03050709;
  YMM_LOOP ("%{vex%} vpdpbusd");
}
