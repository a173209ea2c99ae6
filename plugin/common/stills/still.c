/* SPDX-License-Identifier: MIT
 *
 * still.c: recognises a picture's format and picks the decoder for it.
 *
 * GStreamer's decoders are made for video: jpegdec takes the fast transform and halves 4:4:4's chroma, pngdec 1.22
 * shifts the channels of 16-bit RGB, none takes CMYK. So files that are stills are decoded by the libraries that the
 * formats have. GIF and TIFF have their own here and not gdk-pixbuf's loaders, which lose the colour under transparent
 * pixels.
 */
#include "common/stills/still.h"

#include <gst/tag/tag.h>
#include <gst/video/video.h>
#include <string.h>

#include "common/stills/stilldecoders.h"

/* Libraries below count bytes and rows in int. */
#define MAX_SIDE  (1u << 20)
#define MAX_BYTES ((guint64)G_MAXINT32)

/* ---- Kinds --------------------------------------------------------------------------------------------- */

static guint
read_le (const guint8 *bytes, guint n)
{
  guint value = 0;
  while (n-- > 0)
    value = value << 8 | bytes[n];
  return value;
}

static gboolean
is_bmp (const guint8 *head, gsize size)
{
  if (size < 18 || memcmp (head, "BM", 2) != 0)
    return FALSE;
  guint header = read_le (head + 14, 4);
  return header == 12 || header == 16 || (header >= 40 && header <= 124);
}

/* An MPEG-4 elementary stream may begin with the same four bytes, but not with a picture's entry behind them. */
static gboolean
is_ico (const guint8 *head, gsize size, guint64 file_size)
{
  if (size < 22 || (memcmp (head, "\0\0\1\0", 4) != 0 && memcmp (head, "\0\0\2\0", 4) != 0))
    return FALSE;
  guint n = read_le (head + 4, 2);
  guint bytes = read_le (head + 14, 4), offset = read_le (head + 18, 4);
  return n > 0 && head[9] == 0 && bytes > 0 && offset >= 6 + 16 * n && offset < file_size;
}

static gboolean
is_pnm (const guint8 *head, gsize size)
{
  return size >= 8 && head[0] == 'P' && head[1] >= '1' && head[1] <= '6'
         && (g_ascii_isspace (head[2]) || head[2] == '#');
}

/* No magic, but a header in which most values are impossible. */
static gboolean
is_tga (const guint8 *head, gsize size)
{
  if (size < 18)
    return FALSE;
  guint has_map = head[1], type = head[2] & ~8u, map_length = read_le (head + 5, 2), map_bits = head[7];
  guint bits = head[16], alpha_bits = head[17] & 15;
  if (has_map > 1 || (head[2] & ~11u) || type < 1 || type > 3 || (head[17] & 0xc0))
    return FALSE;
  if (read_le (head + 12, 2) == 0 || read_le (head + 14, 2) == 0 || alpha_bits > 8)
    return FALSE;
  if (has_map ? map_length == 0 || (map_bits != 15 && map_bits != 16 && map_bits != 24 && map_bits != 32)
              : memcmp (head + 3, "\0\0\0\0\0", 5) != 0)
    return FALSE;
  if (type == 1)
    return has_map && (bits == 8 || bits == 16);
  return type == 3 ? bits == 8 || bits == 16 : bits == 15 || bits == 16 || bits == 24 || bits == 32;
}

/* ISO base media: the brands say whether a picture is in it. "avis" and "hevc" are sequences, which are video. */
static StillKind
recognise_brands (const guint8 *head, gsize size)
{
  if (size < 16 || memcmp (head + 4, "ftyp", 4) != 0)
    return STILL_NONE;
  gsize end = MIN (size, GST_READ_UINT32_BE (head));
  StillKind kind = STILL_NONE;
  for (gsize at = 8; at + 4 <= end; at += at == 8 ? 8 : 4) {
    const char *brand = (const char *)head + at;
    if (memcmp (brand, "avif", 4) == 0)
      return STILL_AVIF;
    if (memcmp (brand, "heic", 4) == 0 || memcmp (brand, "heix", 4) == 0 || memcmp (brand, "heim", 4) == 0
        || memcmp (brand, "heis", 4) == 0 || (at == 8 && memcmp (brand, "mif1", 4) == 0))
      kind = STILL_HEIC;
    else if (at == 8 && memcmp (brand, "msf1", 4) != 0)
      return STILL_NONE; /* a film of another brand that may hold a picture, too */
  }
  return kind;
}

StillKind
still_recognise (const guint8 *head, gsize size, guint64 file_size)
{
  static const struct
  {
    const char *magic;
    guint length;
    StillKind kind;
  } magics[] = {
    { "\xff\xd8\xff", 3, STILL_JPEG },
    { "\x89PNG\r\n\x1a\n", 8, STILL_PNG },
    { "GIF87a", 6, STILL_GIF },
    { "GIF89a", 6, STILL_GIF },
    { "II*\0", 4, STILL_TIFF },
    { "MM\0*", 4, STILL_TIFF },
    { "II+\0", 4, STILL_TIFF },
    { "MM\0+", 4, STILL_TIFF },
    { "/* XPM */", 9, STILL_XPM },
  };
  for (guint i = 0; i < G_N_ELEMENTS (magics); i++)
    if (size >= magics[i].length && memcmp (head, magics[i].magic, magics[i].length) == 0)
      return magics[i].kind;
  if (size >= 12 && memcmp (head, "RIFF", 4) == 0 && memcmp (head + 8, "WEBP", 4) == 0)
    return STILL_WEBP;
  if (is_bmp (head, size))
    return STILL_BMP;
  if (is_ico (head, size, file_size))
    return STILL_ICO;
  if (is_pnm (head, size))
    return STILL_PNM;
  StillKind kind = recognise_brands (head, size);
  if (kind == STILL_NONE && is_tga (head, size))
    kind = STILL_TGA;
  return kind;
}

/* ---- What the decoders share --------------------------------------------------------------------------- */

static gsize
pixel_size (guint depth)
{
  return depth == 16 ? 8 : 3;
}

gboolean
still_check_size (guint64 width, guint64 height, guint depth, GError **error)
{
  guint64 max = MAX_BYTES / pixel_size (depth);
  if (width > 0 && height > 0 && width <= MAX_SIDE && height <= MAX_SIDE && width * height <= max)
    return TRUE;
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
      "a picture of %" G_GUINT64_FORMAT "x%" G_GUINT64_FORMAT " pixels: expected 1 to %u a side and %" G_GUINT64_FORMAT
      " in all at most",
      width, height, MAX_SIDE, max);
  return FALSE;
}

gboolean
still_allocate (Still *still, guint64 width, guint64 height, guint depth, GError **error)
{
  if (!still_check_size (width, height, depth, error))
    return FALSE;
  g_free (still->pixels);
  still->width = (guint)width;
  still->height = (guint)height;
  still->depth = depth;
  still->stride = (gsize)width * pixel_size (depth);
  still->pixels = g_try_malloc0 (still->stride * (gsize)height);
  if (!still->pixels)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT, "no memory for a picture of %ux%u pixels",
        still->width, still->height);
  return still->pixels != NULL;
}

void
still_set_error (GError **error, const char *library, const char *message)
{
  if (error && !*error)
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "%s: %s", library, message);
}

guint
still_exif_orientation (const guint8 *exif, gsize size)
{
  /* By GstVideoOrientationMethod: identity, 90r, 180, 90l, horiz, vert, ul-lr, ur-ll. */
  static const guint8 values[] = { 1, 6, 3, 8, 2, 4, 5, 7 };
  if (size >= 6 && memcmp (exif, "Exif\0\0", 6) == 0) {
    exif += 6;
    size -= 6;
  }
  if (size < 8)
    return 1;
  g_autoptr (GstBuffer) buffer = gst_buffer_new_memdup (exif, size);
  g_autoptr (GstTagList) tags = gst_tag_list_from_exif_buffer_with_tiff_header (buffer);
  GstVideoOrientationMethod method;
  if (!tags || !gst_video_orientation_from_tag (tags, &method) || (guint)method >= G_N_ELEMENTS (values))
    return 1;
  return values[method];
}

/* gdk-pixbuf makes room for what the header says before it asks whether that is too much. */
static gboolean
check_header (StillKind kind, const guint8 *data, GError **error)
{
  if (kind == STILL_TGA)
    return still_check_size (read_le (data + 12, 2), read_le (data + 14, 2), 8, error);
  if (kind == STILL_BMP && read_le (data + 14, 4) >= 16)
    return still_check_size (read_le (data + 18, 4), (guint64)ABS ((gint64)(gint32)read_le (data + 22, 4)), 8, error);
  return TRUE;
}

/* Icons of 256 pixels are PNG files inside, which gdk-pixbuf does not read: the largest picture, if it is one. */
static const guint8 *
find_png_icon (const guint8 *data, gsize size, gsize *ret_size, GError **error)
{
  const guint8 *best = NULL;
  guint best_side = 0, best_bits = 0;
  guint n = size >= 6 ? read_le (data + 4, 2) : 0;
  for (guint i = 0; i < n && 6 + 16 * ((gsize)i + 1) <= size; i++) {
    const guint8 *entry = data + 6 + 16 * (gsize)i;
    guint side = entry[0] ? entry[0] : 256, bits = read_le (entry + 6, 2);
    if (!best || side > best_side || (side == best_side && bits > best_bits)) {
      best = entry;
      best_side = side;
      best_bits = bits;
    }
  }
  gsize length = best ? read_le (best + 8, 4) : 0, offset = best ? read_le (best + 12, 4) : 0;
  if (offset > size || length > size - offset)
    still_set_error (error, "ICO", "the file is cut short: its end is missing");
  if (length < 8 || offset > size || length > size - offset || memcmp (data + offset, "\x89PNG", 4) != 0)
    return NULL;
  *ret_size = length;
  return data + offset;
}

/* ---- Decoding ------------------------------------------------------------------------------------------ */

static gboolean
decode (StillKind kind, const guint8 *data, gsize size, Still *still, GError **error)
{
  gsize png_size = 0;
  GError *reason = NULL;
  const guint8 *png = kind == STILL_ICO ? find_png_icon (data, size, &png_size, &reason) : NULL;
  if (png)
    return still_decode_png (png, png_size, still, error);
  if (reason || !check_header (kind, data, &reason)) {
    g_propagate_error (error, reason);
    return FALSE;
  }
  switch (kind) {
  case STILL_JPEG:
    return still_decode_jpeg (data, size, still, error);
  case STILL_PNG:
    return still_decode_png (data, size, still, error);
  case STILL_GIF:
    return still_decode_gif (data, size, still, error);
  case STILL_WEBP:
    return still_decode_webp (data, size, still, error);
  case STILL_TIFF:
    return still_decode_tiff (data, size, still, error);
  case STILL_HEIC:
    return still_decode_pixbuf (data, size,
        "a HEIC picture, and gdk-pixbuf has no loader for it: install Debian's package heif-gdk-pixbuf or its like",
        still, error);
  case STILL_AVIF:
    return still_decode_pixbuf (data, size,
        "an AVIF picture, and gdk-pixbuf has no loader for it: install Debian's package libavif-gdk-pixbuf or its like",
        still, error);
  default:
    return still_decode_pixbuf (data, size, NULL, still, error);
  }
}

gboolean
still_decode (StillKind kind, const guint8 *data, gsize size, Still *ret_still, GError **error)
{
  g_auto (Still) still = { .orientation = 1 };
  if (!decode (kind, data, size, &still, error))
    return FALSE;
  *ret_still = still;
  still = (Still){ 0 };
  return TRUE;
}

void
still_clear (Still *still)
{
  g_clear_pointer (&still->pixels, g_free);
  g_clear_pointer (&still->warning, g_free);
}
