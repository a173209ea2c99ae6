/* SPDX-License-Identifier: MIT
 *
 * formats.c: the one table of pixel formats and that of colour matrices, for the engine and the plugin. See clip.h.
 *
 * A new format is a line here and one in clip.h. Names that a version of GStreamer does not know do no harm. Formats
 * with alpha in a plane of its own or in a byte are read as their twins without it.
 */
#include "clip.h"

static const ClipFormatInfo formats[] = {
  [CLIP_FORMAT_RGB] = { { "RGB" }, CLIP_COLOUR_RGB, 1, 0, 0, 8, { { 0, 0, 3 }, { 0, 1, 3 }, { 0, 2, 3 } } },
  [CLIP_FORMAT_BGR] = { { "BGR" }, CLIP_COLOUR_RGB, 1, 0, 0, 8, { { 0, 2, 3 }, { 0, 1, 3 }, { 0, 0, 3 } } },
  [CLIP_FORMAT_RGBX] = { { "RGBx", "RGBA" }, CLIP_COLOUR_RGB, 1, 0, 0, 8, { { 0, 0, 4 }, { 0, 1, 4 }, { 0, 2, 4 } } },
  [CLIP_FORMAT_BGRX] = { { "BGRx", "BGRA" }, CLIP_COLOUR_RGB, 1, 0, 0, 8, { { 0, 2, 4 }, { 0, 1, 4 }, { 0, 0, 4 } } },
  [CLIP_FORMAT_XRGB] = { { "xRGB", "ARGB" }, CLIP_COLOUR_RGB, 1, 0, 0, 8, { { 0, 1, 4 }, { 0, 2, 4 }, { 0, 3, 4 } } },
  [CLIP_FORMAT_XBGR] = { { "xBGR", "ABGR" }, CLIP_COLOUR_RGB, 1, 0, 0, 8, { { 0, 3, 4 }, { 0, 2, 4 }, { 0, 1, 4 } } },
  [CLIP_FORMAT_GRAY8] = { { "GRAY8" }, CLIP_COLOUR_GRAY, 1, 0, 0, 8, { { 0, 0, 1 } } },
  [CLIP_FORMAT_I420] = { { "I420", "A420" }, CLIP_COLOUR_YUV, 3, 1, 1, 8, { { 0, 0, 1 }, { 1, 0, 1 }, { 2, 0, 1 } } },
  [CLIP_FORMAT_YV12] = { { "YV12" }, CLIP_COLOUR_YUV, 3, 1, 1, 8, { { 0, 0, 1 }, { 2, 0, 1 }, { 1, 0, 1 } } },
  [CLIP_FORMAT_NV12] = { { "NV12", "AV12" }, CLIP_COLOUR_YUV, 2, 1, 1, 8, { { 0, 0, 1 }, { 1, 0, 2 }, { 1, 1, 2 } } },
  [CLIP_FORMAT_NV21] = { { "NV21" }, CLIP_COLOUR_YUV, 2, 1, 1, 8, { { 0, 0, 1 }, { 1, 1, 2 }, { 1, 0, 2 } } },
  [CLIP_FORMAT_YUY2] = { { "YUY2" }, CLIP_COLOUR_YUV, 1, 1, 0, 8, { { 0, 0, 2 }, { 0, 1, 4 }, { 0, 3, 4 } } },
  [CLIP_FORMAT_UYVY] = { { "UYVY" }, CLIP_COLOUR_YUV, 1, 1, 0, 8, { { 0, 1, 2 }, { 0, 0, 4 }, { 0, 2, 4 } } },
  [CLIP_FORMAT_Y42B] = { { "Y42B", "A422" }, CLIP_COLOUR_YUV, 3, 1, 0, 8, { { 0, 0, 1 }, { 1, 0, 1 }, { 2, 0, 1 } } },
  [CLIP_FORMAT_Y444] = { { "Y444", "A444" }, CLIP_COLOUR_YUV, 3, 0, 0, 8, { { 0, 0, 1 }, { 1, 0, 1 }, { 2, 0, 1 } } },
  [CLIP_FORMAT_YVYU] = { { "YVYU" }, CLIP_COLOUR_YUV, 1, 1, 0, 8, { { 0, 0, 2 }, { 0, 3, 4 }, { 0, 1, 4 } } },
  [CLIP_FORMAT_NV16] = { { "NV16" }, CLIP_COLOUR_YUV, 2, 1, 0, 8, { { 0, 0, 1 }, { 1, 0, 2 }, { 1, 1, 2 } } },
  [CLIP_FORMAT_NV61] = { { "NV61" }, CLIP_COLOUR_YUV, 2, 1, 0, 8, { { 0, 0, 1 }, { 1, 1, 2 }, { 1, 0, 2 } } },
  [CLIP_FORMAT_NV24] = { { "NV24" }, CLIP_COLOUR_YUV, 2, 0, 0, 8, { { 0, 0, 1 }, { 1, 0, 2 }, { 1, 1, 2 } } },
  [CLIP_FORMAT_Y41B] = { { "Y41B" }, CLIP_COLOUR_YUV, 3, 2, 0, 8, { { 0, 0, 1 }, { 1, 0, 1 }, { 2, 0, 1 } } },
  [CLIP_FORMAT_AYUV] = { { "AYUV" }, CLIP_COLOUR_YUV, 1, 0, 0, 8, { { 0, 1, 4 }, { 0, 2, 4 }, { 0, 3, 4 } } },
  [CLIP_FORMAT_VUYA] = { { "VUYA" }, CLIP_COLOUR_YUV, 1, 0, 0, 8, { { 0, 2, 4 }, { 0, 1, 4 }, { 0, 0, 4 } } },
  [CLIP_FORMAT_V308] = { { "v308" }, CLIP_COLOUR_YUV, 1, 0, 0, 8, { { 0, 0, 3 }, { 0, 1, 3 }, { 0, 2, 3 } } },
  [CLIP_FORMAT_GBR] = { { "GBR", "GBRA" }, CLIP_COLOUR_RGB, 3, 0, 0, 8, { { 2, 0, 1 }, { 0, 0, 1 }, { 1, 0, 1 } } },
  [CLIP_FORMAT_RGBP] = { { "RGBP" }, CLIP_COLOUR_RGB, 3, 0, 0, 8, { { 0, 0, 1 }, { 1, 0, 1 }, { 2, 0, 1 } } },
  [CLIP_FORMAT_BGRP] = { { "BGRP" }, CLIP_COLOUR_RGB, 3, 0, 0, 8, { { 2, 0, 1 }, { 1, 0, 1 }, { 0, 0, 1 } } },
};
G_STATIC_ASSERT (G_N_ELEMENTS (formats) == CLIP_N_FORMATS);

const ClipFormatInfo *
clip_format_get_info (ClipFormat format)
{
  return (guint)format < CLIP_N_FORMATS ? &formats[format] : NULL;
}

guint
clip_format_info_n_components (const ClipFormatInfo *info)
{
  return info->colour == CLIP_COLOUR_GRAY ? 1 : 3;
}

gboolean
clip_matrix_get_weights (ClipMatrix matrix, double *ret_red, double *ret_blue)
{
  static const struct
  {
    double red, blue;
  } luma[] = {
    [CLIP_MATRIX_BT601] = { 0.299, 0.114 },
    [CLIP_MATRIX_BT709] = { 0.2126, 0.0722 },
    [CLIP_MATRIX_BT2020] = { 0.2627, 0.0593 },
    [CLIP_MATRIX_FCC] = { 0.30, 0.11 },
    [CLIP_MATRIX_SMPTE240M] = { 0.212, 0.087 },
  };
  if ((guint)matrix >= G_N_ELEMENTS (luma))
    return FALSE;
  *ret_red = luma[matrix].red;
  *ret_blue = luma[matrix].blue;
  return TRUE;
}
