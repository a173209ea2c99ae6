/* SPDX-License-Identifier: MIT
 *
 * x86/micro-kernel.h: the micro-kernel of kernels.h, written once. The including file defines
 *
 * - MICRO_KERNEL (name): names this copy
 * - VECTOR, N_VECTORS: a register of 32-bit accumulators, and how many make a panel's 32
 * - SWEEP: vectors of columns kept in registers at once, 1 or 2
 * - LOAD, STORE: unaligned, of a VECTOR
 * - SPREAD (pointer): 32 bits to all lanes
 * - DOT (acc, a, w): acc += a . w, of one float, two bf16 or four bytes of each
 * - PIN (value): empty assembly that keeps a value in a register, where GCC 12 would reload it for each row
 * - MAX_ROWS: of a tile; MAX_ROWS * SWEEP accumulators + SWEEP weights + 1 fit the registers
 *
 * DOT's inline assembly pins accumulators in registers: GCC 12 spills some of them otherwise.
 */

/* rows is a constant where this is inlined, so that `tile` lives in registers. */
static inline __attribute__ ((always_inline)) void
MICRO_KERNEL (sweep) (const int rows, size_t groups, const uint8_t *lhs, size_t lhs_stride, const uint8_t *panel,
    const uint8_t *next, int accumulate, uint8_t *acc, size_t acc_stride)
{
  VECTOR tile[MAX_ROWS][SWEEP];
#pragma GCC unroll 16
  for (int row = 0; row < rows; row++)
#pragma GCC unroll 2
    for (int i = 0; i < SWEEP; i++)
      tile[row][i] = accumulate ? LOAD (acc + row * acc_stride + i * sizeof (VECTOR)) : (VECTOR){ 0 };

  for (; groups; groups--, lhs += lhs_stride, panel += CLIP_STEP_BYTES, next += 128) {
    __builtin_prefetch (next, 0, 2);
    __builtin_prefetch (next + 64, 0, 2);
#pragma GCC unroll 4
    for (int step = 0; step < 4; step++) {
      VECTOR weights[SWEEP];
#pragma GCC unroll 2
      for (int i = 0; i < SWEEP; i++) {
        weights[i] = LOAD (panel + step * 4 * CLIP_PANEL + i * sizeof (VECTOR));
        PIN (weights[i]);
      }
#pragma GCC unroll 16
      for (int row = 0; row < rows; row++) {
        VECTOR value = SPREAD (lhs + row * CLIP_GROUP_BYTES + step * 4);
#pragma GCC unroll 2
        for (int i = 0; i < SWEEP; i++)
          DOT (tile[row][i], value, weights[i]);
      }
    }
  }

#pragma GCC unroll 16
  for (int row = 0; row < rows; row++)
#pragma GCC unroll 2
    for (int i = 0; i < SWEEP; i++)
      STORE (acc + row * acc_stride + i * sizeof (VECTOR), tile[row][i]);
}

#define ROWS_CASE(n)                                                                                                   \
  case n:                                                                                                              \
    if (n <= MAX_ROWS)                                                                                                 \
      MICRO_KERNEL (sweep) (n <= MAX_ROWS ? n : 1, groups, lhs, lhs_stride, from, next, accumulate, to, bytes);        \
    break;

static void
MICRO_KERNEL (micro_kernel) (size_t rows, size_t groups, const void *lhs, size_t lhs_stride, const void *panel,
    const void *next, int accumulate, void *acc, size_t acc_stride)
{
  size_t bytes = acc_stride * 4;
  for (size_t column = 0; column < N_VECTORS; column += SWEEP) {
    const uint8_t *from = (const uint8_t *)panel + column * sizeof (VECTOR);
    uint8_t *to = (uint8_t *)acc + column * sizeof (VECTOR);
    switch (rows) {
      ROWS_CASE (1)
      ROWS_CASE (2)
      ROWS_CASE (3)
      ROWS_CASE (4)
      ROWS_CASE (5)
      ROWS_CASE (6)
      ROWS_CASE (7)
      ROWS_CASE (8)
      ROWS_CASE (9)
      ROWS_CASE (10)
      ROWS_CASE (11)
      ROWS_CASE (12)
      ROWS_CASE (13)
      ROWS_CASE (14)
    }
  }
}

#undef ROWS_CASE
#undef MICRO_KERNEL
#undef DOT
