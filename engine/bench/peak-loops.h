/* SPDX-License-Identifier: MIT
 *
 * peak-loops.h: the loops that peak.c times, each compiled for its instruction set. No GLib, no memory: `rounds` times
 * round they add into every sum once. Call one only where the CPU has its instruction and the system saves its
 * registers.
 */
#ifndef CLIP_PEAK_LOOPS_H
#define CLIP_PEAK_LOOPS_H

typedef void (*ClipPeakLoop) (unsigned long rounds);

/* Sums of a loop with VEX encodings (16 registers) and EVEX ones (32). Ten would do: latencies are up to 5 cycles, and
 * no core starts more than two of these instructions in one. */
#define CLIP_PEAK_VEX_SUMS  14
#define CLIP_PEAK_EVEX_SUMS 28

void clip_peak_fma_ymm (unsigned long rounds);         /* AVX2, FMA */
void clip_peak_vnni_ymm (unsigned long rounds);        /* AVX-VNNI */
void clip_peak_fma_zmm (unsigned long rounds);         /* AVX-512 F */
void clip_peak_bf16_zmm (unsigned long rounds);        /* AVX-512 F and BF16 */
void clip_peak_vnni_zmm (unsigned long rounds);        /* AVX-512 F and VNNI */
void clip_peak_avx512_vnni_ymm (unsigned long rounds); /* AVX-512 VL and VNNI */

#endif
