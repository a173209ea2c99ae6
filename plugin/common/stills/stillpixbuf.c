/* SPDX-License-Identifier: MIT
 *
 * stillpixbuf.c: any format that gdk-pixbuf has a loader for. BMP, ICO, PNM, XPM and TGA come with it; HEIC and AVIF
 * do not.
 *
 * Loaders of formats with an orientation (libheif's) apply it themselves.
 */
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <string.h>

#include "common/stills/stilldecoders.h"

#define CHUNK (1 << 16)

/* Sizes come before pixels. What is too large is found out before it is filled. */
static void
check_size (GdkPixbufLoader *loader, gint width, gint height, gpointer ret_error)
{
  GError **error = ret_error;
  if (!*error)
    still_check_size ((guint64)MAX (width, 0), (guint64)MAX (height, 0), 8, error);
}

/* Loaders take a file that ends too early for a whole one, but they say which rows they have filled. */
static void
note_rows (GdkPixbufLoader *loader, gint x, gint y, gint width, gint height, gpointer data)
{
  GByteArray *rows = data;
  guint end = (guint)MAX (y, 0) + (guint)MAX (height, 0);
  guint known = rows->len;
  if (end > known && end <= G_MAXINT32) {
    g_byte_array_set_size (rows, end);
    memset (rows->data + known, 0, end - known);
  }
  for (guint row = (guint)MAX (y, 0); row < end && row < rows->len; row++)
    rows->data[row] = 1;
}

static gboolean
are_all_filled (const GByteArray *rows, const GdkPixbuf *pixbuf)
{
  guint height = (guint)gdk_pixbuf_get_height (pixbuf);
  return rows->len >= height && !memchr (rows->data, 0, height);
}

static gboolean
copy_pixels (const GdkPixbuf *pixbuf, Still *still, GError **error)
{
  guint n_channels = (guint)gdk_pixbuf_get_n_channels (pixbuf);
  gsize stride = (gsize)gdk_pixbuf_get_rowstride (pixbuf);
  const guint8 *pixels = gdk_pixbuf_read_pixels (pixbuf);
  if (!still_allocate (still, (guint)gdk_pixbuf_get_width (pixbuf), (guint)gdk_pixbuf_get_height (pixbuf), 8, error))
    return FALSE;
  for (guint y = 0; y < still->height; y++) {
    const guint8 *from = pixels + y * stride;
    guint8 *to = still_row (still, y);
    for (guint x = 0; x < still->width; x++, from += n_channels, to += 3) {
      to[0] = from[0];
      to[1] = from[1];
      to[2] = from[2];
    }
  }
  return TRUE;
}

gboolean
still_decode_pixbuf (const guint8 *data, gsize size, const char *missing, Still *still, GError **error)
{
  g_autoptr (GdkPixbufLoader) loader = gdk_pixbuf_loader_new ();
  g_autoptr (GError) reason = NULL, too_large = NULL;
  g_autoptr (GByteArray) rows = g_byte_array_new ();
  g_signal_connect (loader, "size-prepared", G_CALLBACK (check_size), &too_large);
  g_signal_connect (loader, "area-updated", G_CALLBACK (note_rows), rows);
  gboolean ok = TRUE;
  for (gsize at = 0; ok && !too_large && at < size; at += CHUNK)
    ok = gdk_pixbuf_loader_write (loader, data + at, MIN (CHUNK, size - at), &reason);
  ok = gdk_pixbuf_loader_close (loader, ok ? &reason : NULL) && ok;
  if (too_large) {
    g_propagate_error (error, g_steal_pointer (&too_large));
    return FALSE;
  }
  GdkPixbuf *pixbuf = ok ? gdk_pixbuf_loader_get_pixbuf (loader) : NULL;
  if (pixbuf && !are_all_filled (rows, pixbuf)) {
    still_set_error (error, "gdk-pixbuf", "the file is cut short: rows of pixels are missing");
    return FALSE;
  }
  if (pixbuf)
    return copy_pixels (pixbuf, still, error);
  if (missing && (!reason || g_error_matches (reason, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_UNKNOWN_TYPE)))
    still_set_error (error, "no decoder", missing);
  else
    still_set_error (error, "gdk-pixbuf", reason ? reason->message : "no picture in it");
  return FALSE;
}
