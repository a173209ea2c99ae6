/* SPDX-License-Identifier: MIT
 *
 * stillgif.c: the first frame of a GIF by giflib.
 *
 * As Pillow has it: where the frame does not cover the screen, the transparent entry's colour, else entry 0's.
 */
#include <gif_lib.h>
#include <string.h>

#include "common/stills/stilldecoders.h"

typedef struct
{
  const guint8 *data;
  gsize size, at;
} Source;

static int
read_bytes (GifFileType *gif, GifByteType *ret, int n)
{
  Source *source = gif->UserData;
  gsize given = MIN ((gsize)n, source->size - source->at);
  memcpy (ret, source->data + source->at, given);
  source->at += given;
  return (int)given;
}

/* Up to the first frame's description; transparent: its entry, or -1. */
static gboolean
find_frame (GifFileType *gif, int *ret_transparent)
{
  *ret_transparent = NO_TRANSPARENT_COLOR;
  for (;;) {
    GifRecordType type;
    GifByteType *block = NULL;
    int code;
    if (DGifGetRecordType (gif, &type) != GIF_OK || type == TERMINATE_RECORD_TYPE)
      return FALSE;
    if (type == IMAGE_DESC_RECORD_TYPE)
      return DGifGetImageDesc (gif) == GIF_OK;
    if (type != EXTENSION_RECORD_TYPE)
      continue;
    if (DGifGetExtension (gif, &code, &block) != GIF_OK)
      return FALSE;
    GraphicsControlBlock control;
    if (block && code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB (block[0], block + 1, &control) == GIF_OK)
      *ret_transparent = control.TransparentColor;
    while (block)
      if (DGifGetExtensionNext (gif, &block) != GIF_OK)
        return FALSE;
  }
}

static void
paint (const ColorMapObject *map, int entry, guint8 *pixel)
{
  GifColorType colour = { 0, 0, 0 };
  if (entry >= 0 && entry < map->ColorCount)
    colour = map->Colors[entry];
  pixel[0] = colour.Red;
  pixel[1] = colour.Green;
  pixel[2] = colour.Blue;
}

static gboolean
read_frame (GifFileType *gif, const ColorMapObject *map, guint8 *row, Still *still)
{
  static const guint8 first[] = { 0, 4, 2, 1 }, step[] = { 8, 8, 4, 2 };
  const GifImageDesc *frame = &gif->Image;
  for (guint pass = frame->Interlace ? 0 : 4; pass < (frame->Interlace ? 4u : 5u); pass++) {
    gboolean all = pass == 4;
    for (int y = all ? 0 : first[pass]; y < frame->Height; y += all ? 1 : step[pass]) {
      if (DGifGetLine (gif, row, frame->Width) != GIF_OK)
        return FALSE;
      guint8 *to = still_row (still, (guint)(frame->Top + y)) + 3 * frame->Left;
      for (int x = 0; x < frame->Width; x++)
        paint (map, row[x], to + 3 * x);
    }
  }
  return TRUE;
}

/* Whatever was missed, it was the end of the file that was met. */
static void
set_error (const Source *source, int code, GError **error)
{
  const char *reason = source->at >= source->size ? "the file is cut short: its end is missing" : GifErrorString (code);
  still_set_error (error, "GIF", reason ? reason : "no picture in it");
}

static gboolean
decode (GifFileType *gif, Still *still, GError **error)
{
  int transparent;
  if (!find_frame (gif, &transparent)) {
    set_error (gif->UserData, gif->Error, error);
    return FALSE;
  }
  const GifImageDesc *frame = &gif->Image;
  const ColorMapObject *map = frame->ColorMap ? frame->ColorMap : gif->SColorMap;
  if (!map || frame->Width < 1 || frame->Height < 1) {
    still_set_error (error, "GIF", map ? "the first frame is empty" : "no palette");
    return FALSE;
  }
  guint64 width = MAX (gif->SWidth, frame->Left + frame->Width);
  guint64 height = MAX (gif->SHeight, frame->Top + frame->Height);
  if (!still_allocate (still, width, height, 8, error))
    return FALSE;
  for (guint y = 0; y < still->height; y++)
    for (guint x = 0; x < still->width; x++)
      paint (map, MAX (transparent, 0), still_row (still, y) + 3 * x);

  g_autofree guint8 *row = g_malloc ((gsize)frame->Width);
  if (read_frame (gif, map, row, still))
    return TRUE;
  set_error (gif->UserData, gif->Error, error);
  return FALSE;
}

gboolean
still_decode_gif (const guint8 *data, gsize size, Still *still, GError **error)
{
  Source source = { data, size, 0 };
  int code = 0;
  GifFileType *gif = DGifOpen (&source, read_bytes, &code);
  if (!gif) {
    set_error (&source, code, error);
    return FALSE;
  }
  gboolean ok = decode (gif, still, error);
  DGifCloseFile (gif, NULL);
  return ok;
}
