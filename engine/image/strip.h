/* SPDX-License-Identifier: MIT
 *
 * strip.h: copies a few rows of 8-bit samples that are not adjacent in memory, as in rotated and mirrored pictures, to
 * rows of adjacent samples.
 */
#ifndef CLIP_STRIP_H
#define CLIP_STRIP_H

#include <glib.h>

/* Bytes from row to row of a strip of n samples: an odd number of cache lines keeps the rows from sharing a few cache
 * sets. */
#define CLIP_STRIP_STRIDE(n) ((((n) + 63) / 64 | 1) * 64)

/* ret[y * ret_stride + x] = data[y * row_stride + x * step] for n_rows <= 16 rows of n samples. */
void clip_strip_copy (
    const guint8 *data, gssize row_stride, gssize step, guint n_rows, guint n, guint8 *ret, gsize ret_stride);

#endif
