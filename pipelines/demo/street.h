/* SPDX-License-Identifier: MIT
 *
 * street.h: a drawn street with cars and walkers, for recordings that need no file.
 */
#ifndef STREET_H
#define STREET_H

#include <glib.h>

typedef struct _Street Street;

/* Equal sizes give equal pictures. Width and height in pixels, at least 64. */
Street *street_new (guint width, guint height);
void street_free (Street *self);

/* The view `seconds` after the start, as cairo's RGB24 (BGRx in memory on little-endian machines).
 * ret_pixels: [height][stride]; stride: bytes, at least 4 * width and a multiple of 4. */
void street_draw (Street *self, double seconds, guint8 *ret_pixels, guint stride);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Street, street_free)

#endif
