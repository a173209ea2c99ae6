/* SPDX-License-Identifier: MIT
 *
 * stilldecoders.h: the decoders behind still_decode(), and what they share.
 *
 * Each includes one library and nothing of another's. They fill in a Still that is zeroed but for orientation 1; on
 * failure the caller clears what is there by then.
 */
#ifndef STILL_DECODERS_H
#define STILL_DECODERS_H

#include "common/stills/still.h"

gboolean still_decode_jpeg (const guint8 *data, gsize size, Still *still, GError **error);
gboolean still_decode_png (const guint8 *data, gsize size, Still *still, GError **error);
gboolean still_decode_gif (const guint8 *data, gsize size, Still *still, GError **error);
gboolean still_decode_webp (const guint8 *data, gsize size, Still *still, GError **error);
gboolean still_decode_tiff (const guint8 *data, gsize size, Still *still, GError **error);
/* missing: what to say where gdk-pixbuf has no loader for it; NULL = what it says itself. */
gboolean still_decode_pixbuf (const guint8 *data, gsize size, const char *missing, Still *still, GError **error);

/* Room for the pixels. FALSE where that is too much, or by the first one would be. */
gboolean still_check_size (guint64 width, guint64 height, guint depth, GError **error);
gboolean still_allocate (Still *still, guint64 width, guint64 height, guint depth, GError **error);

static inline guint8 *
still_row (const Still *still, guint y)
{
  return still->pixels + y * still->stride;
}

/* "…: " and what the library said, as one error of ours. */
void still_set_error (GError **error, const char *library, const char *message);

/* The orientation that an EXIF block states, with or without "Exif\0\0" before it; 1 where it states none or is broken:
 * what a picture is must not hang on what is said about it. */
guint still_exif_orientation (const guint8 *exif, gsize size);

#endif
