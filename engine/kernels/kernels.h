/* SPDX-License-Identifier: MIT
 *
 * kernels.h: a transformer's arithmetic as one table of kernels, chosen once by what the CPU can do.
 *
 * Every kernel takes pointers, sizes and strides; knows no GLib, allocates nothing, keeps no state and is safe from any
 * thread. The plain C version of each is the reference and stays reachable; loops that compilers vectorise are written
 * once (loops.h) and compiled for every instruction set; only the micro-kernels are written by hand (x86/). NaN in
 * gives NaN out, in its own row only.
 *
 * Layout of a matrix product (in bytes, the same for f32, bf16 and int8):
 *   weights          panels of 32 outputs; in a panel, for every 4 bytes of k: 32 x 4 bytes. One stream, 128 bytes a
 *                    step.
 *   left-hand side   blocks of up to 112 rows; in a block, for every 16 bytes of k (a "group"): 16 bytes of every row.
 *   tile             up to 14 rows x 32 outputs, which a micro-kernel keeps in registers over a run of groups.
 * k is padded with zeros to whole groups: 4 floats, 8 bf16 or 16 bytes. Every element of the result is one sum over k
 * in one order, whatever tile it falls into: the same bits for any split among threads or batches.
 */
#ifndef CLIP_KERNELS_H
#define CLIP_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define CLIP_PANEL          32  /* outputs of a panel */
#define CLIP_BLOCK_ROWS     112 /* of a left-hand side: eight tiles of 14; at 3 KB a row they stay in a 512 KB L2 */
#define CLIP_TILE_ROWS      14  /* most rows of a tile, on any CPU */
#define CLIP_GROUP_BYTES    16
#define CLIP_GROUP_F32      4
#define CLIP_GROUP_BF16     8
#define CLIP_GROUP_S8       16
#define CLIP_STEP_BYTES     512 /* of a panel, for one group */
#define CLIP_MAX_OUTLIERS   64  /* of one row */
#define CLIP_PREFETCH_TILES 4   /* each of a panel's first so many tiles prefetches a quarter of the next panel */

typedef enum
{
  CLIP_ACTIVATION_NONE,
  CLIP_ACTIVATION_QUICK_GELU, /* x * sigmoid (1.702 x), OpenAI's CLIP */
  CLIP_ACTIVATION_GELU,       /* x * Phi (x), exact form by erf */
  CLIP_ACTIVATION_GELU_TANH   /* the tanh approximation: HF's gelu_new, gelu_pytorch_tanh, gelu_fast */
} ClipActivation;

/* A value too large for its row's 8 bits: x [index] = the row's quantised value + rest. */
typedef struct
{
  uint32_t index;
  float rest;
} ClipOutlier;

/* How one row was quantised: x is about scale * (q - zero_point), q in 0..255. A row with NaN or infinity has a NaN
 * scale. */
typedef struct
{
  float scale;
  int32_t zero_point;
  uint32_t n_outliers;
  ClipOutlier outliers[CLIP_MAX_OUTLIERS];
} ClipQuantRow;

/* From a tile's accumulators to the layer's outputs: y = activation (acc + bias), or y += acc + bias. */
typedef struct
{
  size_t n;          /* outputs wanted, 1..32 */
  const float *bias; /* [n], or NULL */
  ClipActivation activation;
  int residual; /* add to y */
  float *y;     /* [rows], y_stride apart */
  size_t y_stride;
  /* int8 only */
  const ClipQuantRow *rows;  /* [rows] */
  const float *scale;        /* [32] of the weights */
  const int32_t *column_sum; /* [32] of the quantised weights over k */
  const int8_t *panel;       /* the whole panel, for outliers */
} ClipEpilogue;

/* acc = (with `accumulate`, +=) lhs x panel over `groups` groups. rows: 1..the table's tile_rows. lhs: the tile's first
 * row in its block, lhs_stride bytes from group to group; acc: [rows], 32 wide, acc_stride elements apart. next: 2 x 64
 * bytes a group are prefetched from there. Accumulators are floats for f32 and bf16, int32_t for int8 (lhs unsigned,
 * panel signed; no intermediate saturation). Of each two bf16 the second is added first, as vdpbf16ps does; their
 * products are exact in f32, so every table has the same results, except for numbers below 2^-126. */
typedef void (*ClipMicroKernel) (size_t rows, size_t groups, const void *lhs, size_t lhs_stride, const void *panel,
    const void *next, int accumulate, void *acc, size_t acc_stride);

typedef struct
{
  const char *name;
  size_t tile_rows; /* at most CLIP_TILE_ROWS */
  ClipMicroKernel micro_kernel_f32, micro_kernel_bf16, micro_kernel_s8;
  int is_fast_f32;              /* hand-written, not the plain C */
  int is_fast_bf16, is_fast_s8; /* an instruction makes them faster than f32 */

  /* acc: [rows][32]; the first for f32 and bf16. */
  void (*epilogue_f32) (const ClipEpilogue *epilogue, size_t rows, const float *acc);
  void (*epilogue_s8) (const ClipEpilogue *epilogue, size_t rows, const int32_t *acc);

  /* y = (x - mean) / sqrt (var + eps) * weight + bias; variance over n as in torch.nn.LayerNorm. x, y: [n], may be the
   * same. */
  void (*layer_norm) (const float *x, float *y, size_t n, const float *weight, const float *bias, float eps);

  /* In place, x: [n]: exp (x - max), which softmax divides by their sum, the return value. Relative error at most 5e-7
   * once x - max is a float; 0 where that is below -87, so -infinity masks a value out. */
  float (*exp_sum) (float *x, size_t n);

  /* y = activation (x), in place, x: [n]. Error against double arithmetic: at most 1.5e-7 * max (1, |x|). */
  void (*activate) (float *x, size_t n, ClipActivation activation);

  /* One row x: [n] into a left-hand side. to: its first group, `stride` bytes from group to group; padded with zeros to
   * whole groups. bf16: numbers below 2^-126 may become 0. s8: one scale and zero point a row; values far beyond the
   * row's others go to the list of outliers with their exact rest. */
  void (*pack_row_f32) (const float *x, size_t n, uint8_t *to, size_t stride);
  void (*pack_row_bf16) (const float *x, size_t n, uint8_t *to, size_t stride);
  void (*pack_row_s8) (const float *x, size_t n, uint8_t *to, size_t stride, ClipQuantRow *ret);
} ClipKernels;

/* The best for this CPU. */
const ClipKernels *clip_kernels (void);

/* Every table that this CPU can run, the plain C first; ret: room for CLIP_MAX_KERNELS. Returns their number. For
 * tests. */
#define CLIP_MAX_KERNELS 8
size_t clip_kernels_all (const ClipKernels **ret);

/* The same for a CPU with these ClipCpuFeatures, a consistent set: tables are named here, not run. */
size_t clip_kernels_for (unsigned features, const ClipKernels **ret);

/* Scales x: [n] to unit length. A zero vector stays zero; one with NaN or infinity becomes all NaN. */
void clip_normalize (float *x, size_t n);

/* The dot product. Like clip_normalize(), it sums in one fixed order. */
float clip_dot (const float *a, const float *b, size_t n);

#endif
