/* SPDX-License-Identifier: MIT
 *
 * still.h: files that hold one picture, decoded from memory: what kind they are, and their pixels.
 *
 * The pixels are what Pillow's Image.open (…).convert ("RGB") gives wherever that is right: alpha is dropped, a
 * palette's transparent entry keeps its colour, an animation is its first frame, embedded colour profiles, gamma and
 * pixel density are ignored. 16-bit PNG keeps its depth.
 */
#ifndef STILL_H
#define STILL_H

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  STILL_NONE, /* anything else: for GStreamer to decode or to refuse */
  STILL_JPEG,
  STILL_PNG,
  STILL_GIF,
  STILL_WEBP,
  STILL_TIFF,
  STILL_BMP,
  STILL_ICO,
  STILL_PNM,
  STILL_XPM,
  STILL_TGA,
  STILL_HEIC,
  STILL_AVIF
} StillKind;

typedef struct
{
  guint width, height;
  guint depth;       /* bits of a sample: 8, or 16: little-endian words */
  gsize stride;      /* bytes */
  guint8 *pixels;    /* R, G, B; with 16 bits a fourth word follows that means nothing */
  guint orientation; /* EXIF's, 1 to 8: how the picture lies in memory */
  char *warning;     /* NULL, or what the decoder found wrong without giving up */
} Still;

/* What the content is, by its first bytes; the file's name is not asked. `file_size` is that of the whole file, `size`
 * bytes of it are there: STILL_HEAD are enough. */
#define STILL_HEAD 64
StillKind still_recognise (const guint8 *head, gsize size, guint64 file_size);

/* data: the whole file. ret_still: to be cleared by still_clear(). Messages do not name the file. */
gboolean still_decode (StillKind kind, const guint8 *data, gsize size, Still *ret_still, GError **error);
void still_clear (Still *still);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Still, still_clear)

G_END_DECLS

#endif
