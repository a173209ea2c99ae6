/* SPDX-License-Identifier: MIT
 *
 * stillpng.c: PNG by libpng, at its own depth.
 *
 * Gamma, profiles and background are left alone, alpha and tRNS are dropped: the palette's colour is the colour. Of an
 * animation the picture is read that programs without animation show.
 */
#include <png.h>
#include <string.h>

#include "common/stills/stilldecoders.h"

typedef struct
{
  const guint8 *data;
  gsize size, at;
  char text[256]; /* the error */
} Source;

static void
read_bytes (png_structp png, png_bytep ret, size_t n)
{
  Source *source = png_get_io_ptr (png);
  if (n > source->size - source->at)
    png_error (png, "the file is cut short: its end is missing");
  memcpy (ret, source->data + source->at, n);
  source->at += n;
}

static void
give_up (png_structp png, png_const_charp message)
{
  Source *source = png_get_error_ptr (png);
  g_strlcpy (source->text, message, sizeof source->text);
  png_longjmp (png, 1);
}

/* They are about profiles and texts, which are not used; pixels that cannot be trusted are errors. */
static void
ignore_warning (png_structp png, png_const_charp message)
{
}

static void
read_orientation (png_structp png, png_infop info, Still *still)
{
  png_uint_32 size = 0;
  png_bytep exif = NULL;
  if (png_get_eXIf_1 (png, info, &size, &exif) && exif)
    still->orientation = still_exif_orientation (exif, size);
}

/* Whatever must be freed belongs to the caller: an error of libpng's jumps over this. */
static gboolean
decompress (png_structp png, png_infop info, Still *still, guint8 ***rows, GError **error)
{
  png_read_info (png, info);
  guint depth = png_get_bit_depth (png, info) == 16 ? 16 : 8;
  guint colour = png_get_color_type (png, info);
  if (!still_allocate (still, png_get_image_width (png, info), png_get_image_height (png, info), depth, error))
    return FALSE;

  if (colour == PNG_COLOR_TYPE_PALETTE)
    png_set_palette_to_rgb (png);
  else if (!(colour & PNG_COLOR_MASK_COLOR))
    png_set_expand_gray_1_2_4_to_8 (png);
  if (!(colour & PNG_COLOR_MASK_COLOR))
    png_set_gray_to_rgb (png);
  if (depth == 8)
    png_set_strip_alpha (png);
  else if (!(colour & PNG_COLOR_MASK_ALPHA))
    png_set_filler (png, 0xffff, PNG_FILLER_AFTER);
  if (depth == 16)
    png_set_swap (png);
  png_set_interlace_handling (png);
  png_read_update_info (png, info);
  if (png_get_rowbytes (png, info) != still->stride)
    png_error (png, "rows of an unexpected size");

  *rows = g_new (guint8 *, still->height);
  for (guint y = 0; y < still->height; y++)
    (*rows)[y] = still_row (still, y);
  png_read_image (png, *rows);
  png_read_end (png, info); /* EXIF may be behind the pixels */
  read_orientation (png, info, still);
  return TRUE;
}

gboolean
still_decode_png (const guint8 *data, gsize size, Still *still, GError **error)
{
  Source source = { .data = data, .size = size };
  png_structp png = png_create_read_struct (PNG_LIBPNG_VER_STRING, &source, give_up, ignore_warning);
  png_infop info = png ? png_create_info_struct (png) : NULL;
  guint8 **volatile rows = NULL;
  volatile gboolean ok = FALSE;
  if (!info)
    g_strlcpy (source.text, "no memory", sizeof source.text);
  else if (setjmp (png_jmpbuf (png)) == 0) {
    png_set_read_fn (png, &source, read_bytes);
    png_set_crc_action (png, PNG_CRC_DEFAULT, PNG_CRC_WARN_DISCARD); /* an error where it matters */
    ok = decompress (png, info, still, (guint8 ***)&rows, error);
  }
  if (!ok && source.text[0])
    still_set_error (error, "PNG", source.text);
  png_destroy_read_struct (&png, &info, NULL);
  g_free (rows);
  return ok;
}
