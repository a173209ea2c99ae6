/* SPDX-License-Identifier: MIT
 *
 * stilltiff.c: the first picture of a TIFF by libtiff's RGBA interface; samples of 16 bits are rounded to 8.
 *
 * That interface would multiply colours by alpha, so it is passed files as if this had been done. It hands out the rows
 * as they lie, from the top or the bottom; orientation is left to whoever uses the picture.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <tiffio.h>

#include "common/stills/stilldecoders.h"

typedef struct
{
  const guint8 *data;
  toff_t size, at;
  char text[256]; /* the first error */
} Source;

static tmsize_t
read_bytes (thandle_t handle, void *ret, tmsize_t n)
{
  Source *source = handle;
  tmsize_t left = source->at < source->size ? (tmsize_t)(source->size - source->at) : 0;
  n = MIN (n, left);
  memcpy (ret, source->data + source->at, (gsize)n);
  source->at += (toff_t)n;
  return n;
}

static tmsize_t
write_bytes (thandle_t handle, void *data, tmsize_t n)
{
  return -1;
}

static toff_t
seek_to (thandle_t handle, toff_t offset, int whence)
{
  Source *source = handle;
  if (whence == SEEK_CUR)
    offset += source->at;
  else if (whence == SEEK_END)
    offset += source->size;
  return source->at = offset;
}

static int
close_nothing (thandle_t handle)
{
  return 0;
}

static toff_t
get_size (thandle_t handle)
{
  return ((Source *)handle)->size;
}

static int
note_error (TIFF *tiff, void *data, const char *module, const char *format, va_list values)
{
  Source *source = data;
  if (source->text[0] == '\0')
    vsnprintf (source->text, sizeof source->text, format, values);
  if (g_str_has_prefix (source->text, ": ")) /* behind the file's name, which is none */
    memmove (source->text, source->text + 2, strlen (source->text + 2) + 1);
  return 1; /* handled */
}

/* They are about tags that are not known. */
static int
ignore_warning (TIFF *tiff, void *data, const char *module, const char *format, va_list values)
{
  return 1;
}

static TIFF *
open_memory (Source *source)
{
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc ();
  TIFFOpenOptionsSetErrorHandlerExtR (options, note_error, source);
  TIFFOpenOptionsSetWarningHandlerExtR (options, ignore_warning, source);
  TIFF *tiff = TIFFClientOpenExt (
      "", "rm", source, read_bytes, write_bytes, seek_to, close_nothing, get_size, NULL, NULL, options);
  TIFFOpenOptionsFree (options);
  return tiff;
}

static gboolean
decode (TIFF *tiff, Source *source, Still *still, GError **error)
{
  uint32_t width = 0, height = 0;
  uint16_t associated = EXTRASAMPLE_ASSOCALPHA, n_extra = 0, *extra = NULL, orientation = ORIENTATION_TOPLEFT;
  TIFFGetField (tiff, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField (tiff, TIFFTAG_IMAGELENGTH, &height);
  if (TIFFGetField (tiff, TIFFTAG_EXTRASAMPLES, &n_extra, &extra) && n_extra > 0)
    TIFFSetField (tiff, TIFFTAG_EXTRASAMPLES, 1, &associated);
  TIFFGetFieldDefaulted (tiff, TIFFTAG_ORIENTATION, &orientation);
  if (orientation >= 1 && orientation <= 8)
    still->orientation = orientation;
  /* As if upright: rows from the top, columns from the left, nothing turned. */
  TIFFSetField (tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);

  if (!still_allocate (still, width, height, 8, error))
    return FALSE;
  g_autofree uint32_t *raster = g_try_new (uint32_t, (gsize)width * height);
  if (!raster) {
    still_set_error (error, "TIFF", "no memory for its pixels");
    return FALSE;
  }
  if (!TIFFReadRGBAImageOriented (tiff, width, height, raster, ORIENTATION_TOPLEFT, 1 /* stop at errors */))
    return FALSE;
  const uint32_t *from = raster;
  for (guint y = 0; y < height; y++) {
    guint8 *to = still_row (still, y);
    for (guint x = 0; x < width; x++, from++, to += 3) {
      to[0] = TIFFGetR (*from);
      to[1] = TIFFGetG (*from);
      to[2] = TIFFGetB (*from);
    }
  }
  return TRUE;
}

gboolean
still_decode_tiff (const guint8 *data, gsize size, Still *still, GError **error)
{
  Source source = { .data = data, .size = size };
  TIFF *tiff = open_memory (&source);
  gboolean ok = tiff && decode (tiff, &source, still, error);
  if (tiff)
    TIFFClose (tiff);
  if (!ok)
    still_set_error (error, "TIFF", source.text[0] ? source.text : "not readable");
  return ok;
}
