/* SPDX-License-Identifier: MIT
 *
 * packed-lhs.h: activations laid out for a linear layer's product, the left-hand side. One buffer, sized for the
 * largest layer, is filled anew before each product: by a layer norm, from rows as they are, or by who makes them.
 */
#ifndef CLIP_PACKED_LHS_H
#define CLIP_PACKED_LHS_H

#include <glib.h>

#include "kernels/kernels.h"
#include "runtime/pool.h"

/* How a linear layer wants its input, which follows from how its weights are kept. */
typedef enum
{
  CLIP_LAYOUT_PLAIN, /* rows of floats one after another: OpenBLAS's */
  CLIP_LAYOUT_F32,   /* blocks of kernels.h */
  CLIP_LAYOUT_BF16,  /* the same, rounded */
  CLIP_LAYOUT_S8     /* the same, quantised row by row */
} ClipLayout;

/* Values of a row in 16 bytes. */
gsize clip_layout_per_group (ClipLayout layout);

typedef struct
{
  guint8 *data;
  ClipQuantRow *quant; /* [rows]; int8 alone */
  float *line;         /* [threads][longest row]: a row that is made before it is laid out */
  gsize line_stride;
  guint block_rows; /* of a block, all but the last: CLIP_BLOCK_ROWS for what a product reads */
  /* NULL, or: who fills this, or multiplies it, does nothing more once it is not 0, within some milliseconds. What
   * comes out is worth nothing then: whoever has set it looks at it afterwards. */
  const gint *cancel;

  /* of the present content */
  ClipLayout layout;
  guint rows, k;
} ClipPackedLhs;

/* Bytes of `data` for so many rows of k values in any layout; 0 when that overflows. */
gsize clip_packed_lhs_size (gsize rows, gsize k);

/* To be filled by someone else: layout is F32 or BF16. */
void clip_packed_lhs_reshape (ClipPackedLhs *self, ClipLayout layout, guint rows, guint k);

/* x: [rows] rows of k values, x_stride apart. */
void clip_packed_lhs_fill (
    ClipPackedLhs *self, ClipLayout layout, ClipPool *pool, const float *x, gsize x_stride, guint rows, guint k);

/* Rows as `make` writes them, one after another from any thread: `row` of rows, to: [k]. */
typedef void (*ClipMakeRow) (gconstpointer data, guint row, float *to);
void clip_packed_lhs_fill_made (
    ClipPackedLhs *self, ClipLayout layout, ClipPool *pool, guint rows, guint k, ClipMakeRow make, gconstpointer data);

/* The first group of a block's first row; rows in that block; bytes from group to group are these rows x 16. */
const guint8 *clip_packed_lhs_block (const ClipPackedLhs *self, guint block, guint *ret_rows);

#endif
