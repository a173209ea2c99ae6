/* SPDX-License-Identifier: MIT
 *
 * resample-lines.h: one pass of the resize over sixteen lines at a time, for CPUs with wide vectors.
 *
 * A line is a row of the picture in the first pass and a column of that pass' output in the second. Four adjacent
 * samples of each line become one vector of sixteen 32-bit values ("a group"): the sums of an output run in lanes, with
 * one weight for all of them, and end as sixteen adjacent bytes. Lines are read in cells of 16 bytes, from which a
 * shuffle picks the samples; that is all that depends on the memory layout. Sums are exact integers, the same on every
 * instruction set. Kernels: no GLib, no allocation, no state.
 */
#ifndef CLIP_RESAMPLE_LINES_H
#define CLIP_RESAMPLE_LINES_H

#include <stddef.h>
#include <stdint.h>

#define CLIP_LINES     16 /* per call */
#define CLIP_LINE_CELL 16 /* bytes */

/* The lines in memory. Cell k of line i begins at data + i * line_stride + k * cell_stride; bytes of a line from
 * line_bytes on are never read. Cell k yields groups 4 * k .. 4 * k + 3. */
typedef struct
{
  const uint8_t *data;
  ptrdiff_t line_stride;
  size_t cell_stride;
  size_t line_bytes;
  size_t n_cells;
  size_t n_lines;                  /* 1..CLIP_LINES */
  uint8_t shuffle[CLIP_LINE_CELL]; /* group byte b is cell byte shuffle[b]; 0 from 128 on */
} ClipLines;

/* One axis: output x is the sum over n_groups of four weights times the four samples of group starts[x] + g. Where
 * components are interleaved, group g of component c is group g * group_step + c of the lines. */
typedef struct
{
  size_t n_out, n_groups;
  const uint32_t *starts;  /* [n_out], non-decreasing */
  const uint32_t *weights; /* [n_out][n_groups][CLIP_LINE_DIGITS or _HALVES], as the kernel needs them */
} ClipLineTaps;

/* The four weights of a group in two forms, as words to broadcast. Digits: w = 65536 * high + 256 * middle + low,
 * each int8_t: a word of four high ones, of four middle ones, of four low ones. Halves: w = 256 * high + low, each
 * int16_t: high of taps 0 and 2, high of 1 and 3, low of 0 and 2, low of 1 and 3. */
#define CLIP_LINE_DIGITS 3
#define CLIP_LINE_HALVES 4

#define CLIP_LINE_WEIGHT_BITS 22 /* fraction bits of a weight */

/* groups: scratch, 64-byte aligned, initialised, with room for CLIP_LINES values of each group that the cells yield or
 * the taps reach. Output x of component c, n_lines bytes, goes to rets[c] + x * ret_step. */
typedef void (*ClipResampleLines) (const ClipLines *in, const ClipLineTaps *taps, size_t n_components,
    size_t group_step, uint8_t *const *rets, size_t ret_step, uint32_t *groups);

#if defined(__x86_64__)
/* x86/resample_avx2.c: AVX2; weights in halves. */
void clip_resample_lines_avx2 (const ClipLines *in, const ClipLineTaps *taps, size_t n_components, size_t group_step,
    uint8_t *const *rets, size_t ret_step, uint32_t *groups);

/* x86/resample_avx512vnni.c: AVX-512 F, BW and VNNI; weights in digits. */
void clip_resample_lines_avx512vnni (const ClipLines *in, const ClipLineTaps *taps, size_t n_components,
    size_t group_step, uint8_t *const *rets, size_t ret_step, uint32_t *groups);
#endif

#endif
