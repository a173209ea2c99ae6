/* SPDX-License-Identifier: MIT
 *
 * packed-lhs.h: activations packed as the left-hand side of a linear layer's product. One buffer, sized for the largest
 * layer, is refilled before each product: from rows, from a function that makes them, or by a layer norm (norm.h).
 */
#ifndef CLIP_PACKED_LHS_H
#define CLIP_PACKED_LHS_H

#include <glib.h>

#include "kernels/kernels.h"
#include "runtime/pool.h"

/* The input format of a linear layer, which depends on how its weights are stored. */
typedef enum
{
  CLIP_LAYOUT_PLAIN, /* rows of floats one after another, for OpenBLAS */
  CLIP_LAYOUT_F32,   /* blocks of kernels.h */
  CLIP_LAYOUT_BF16,  /* the same, rounded */
  CLIP_LAYOUT_S8     /* the same, quantised row by row */
} ClipLayout;

/* The number of a row's values in 16 bytes. */
gsize clip_layout_per_group (ClipLayout layout);

typedef struct
{
  guint8 *data;
  ClipQuantRow *quant; /* [rows]; int8 only */
  float *line;         /* [threads][longest row]: a row that is made before it is packed */
  gsize line_stride;
  guint block_rows; /* of every block but the last: CLIP_BLOCK_ROWS for the input of a product */
  /* NULL, or a flag: once it is not 0, filling and multiplying stop within some milliseconds. The results are then
   * undefined, so check the flag afterwards. */
  const gint *cancel;

  /* of the current content */
  ClipLayout layout;
  guint rows, k;
} ClipPackedLhs;

/* The bytes of `data` for so many rows of k values in any layout; 0 on overflow. */
gsize clip_packed_lhs_size (gsize rows, gsize k);

/* Sets the shape for a caller that fills it itself; layout: F32 or BF16. */
void clip_packed_lhs_reshape (ClipPackedLhs *self, ClipLayout layout, guint rows, guint k);

/* x: [rows] rows of k values, x_stride apart. */
void clip_packed_lhs_fill (
    ClipPackedLhs *self, ClipLayout layout, ClipPool *pool, const float *x, gsize x_stride, guint rows, guint k);

/* Rows made by `make`, called from any thread: it writes row number `row` to `to`: [k]. */
typedef void (*ClipMakeRow) (gconstpointer data, guint row, float *to);
void clip_packed_lhs_fill_made (
    ClipPackedLhs *self, ClipLayout layout, ClipPool *pool, guint rows, guint k, ClipMakeRow make, gconstpointer data);

/* The first group of a block's first row, and the rows of that block; groups are these rows x 16 bytes apart. */
const guint8 *clip_packed_lhs_block (const ClipPackedLhs *self, guint block, guint *ret_rows);

#endif
