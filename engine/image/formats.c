/* SPDX-License-Identifier: MIT
 *
 * formats.c: the one table of pixel formats and that of colour matrices, for the engine and the plugin. See clip.h.
 *
 * A new format is a line here and one in clip.h. Names that a version of GStreamer does not know do no harm. Formats
 * with alpha in a plane of its own or in a byte are read as their twins without it.
 *
 * A word may lie anywhere: the components of 10 bits in words of 32 are cut out of the 16-bit words at their first
 * bytes.
 */
#include "clip.h"

/* GStreamer's names for the host's order of bytes. */
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
#define NATIVE(name, other) name
#else
#define NATIVE(name, other) other
#endif

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
  [CLIP_FORMAT_P010_10LE]
  = { { "P010_10LE" }, CLIP_COLOUR_YUV, 2, 1, 1, 10, { { 0, 0, 2, 6 }, { 1, 0, 4, 6 }, { 1, 2, 4, 6 } } },
  [CLIP_FORMAT_P012_LE]
  = { { "P012_LE" }, CLIP_COLOUR_YUV, 2, 1, 1, 12, { { 0, 0, 2, 4 }, { 1, 0, 4, 4 }, { 1, 2, 4, 4 } } },
  [CLIP_FORMAT_P016_LE]
  = { { "P016_LE" }, CLIP_COLOUR_YUV, 2, 1, 1, 16, { { 0, 0, 2, 0 }, { 1, 0, 4, 0 }, { 1, 2, 4, 0 } } },
  [CLIP_FORMAT_I420_10LE]
  = { { "I420_10LE", "A420_10LE" }, CLIP_COLOUR_YUV, 3, 1, 1, 10, { { 0, 0, 2, 0 }, { 1, 0, 2, 0 }, { 2, 0, 2, 0 } } },
  [CLIP_FORMAT_I420_12LE]
  = { { "I420_12LE", "A420_12LE" }, CLIP_COLOUR_YUV, 3, 1, 1, 12, { { 0, 0, 2, 0 }, { 1, 0, 2, 0 }, { 2, 0, 2, 0 } } },
  [CLIP_FORMAT_I422_10LE]
  = { { "I422_10LE", "A422_10LE" }, CLIP_COLOUR_YUV, 3, 1, 0, 10, { { 0, 0, 2, 0 }, { 1, 0, 2, 0 }, { 2, 0, 2, 0 } } },
  [CLIP_FORMAT_I422_12LE]
  = { { "I422_12LE", "A422_12LE" }, CLIP_COLOUR_YUV, 3, 1, 0, 12, { { 0, 0, 2, 0 }, { 1, 0, 2, 0 }, { 2, 0, 2, 0 } } },
  [CLIP_FORMAT_Y444_10LE]
  = { { "Y444_10LE", "A444_10LE" }, CLIP_COLOUR_YUV, 3, 0, 0, 10, { { 0, 0, 2, 0 }, { 1, 0, 2, 0 }, { 2, 0, 2, 0 } } },
  [CLIP_FORMAT_Y444_12LE]
  = { { "Y444_12LE", "A444_12LE" }, CLIP_COLOUR_YUV, 3, 0, 0, 12, { { 0, 0, 2, 0 }, { 1, 0, 2, 0 }, { 2, 0, 2, 0 } } },
  [CLIP_FORMAT_Y444_16LE]
  = { { "Y444_16LE", "A444_16LE" }, CLIP_COLOUR_YUV, 3, 0, 0, 16, { { 0, 0, 2, 0 }, { 1, 0, 2, 0 }, { 2, 0, 2, 0 } } },
  [CLIP_FORMAT_Y210] = { { "Y210" }, CLIP_COLOUR_YUV, 1, 1, 0, 10, { { 0, 0, 4, 6 }, { 0, 2, 8, 6 }, { 0, 6, 8, 6 } } },
  [CLIP_FORMAT_Y212_LE]
  = { { "Y212_LE" }, CLIP_COLOUR_YUV, 1, 1, 0, 12, { { 0, 0, 4, 4 }, { 0, 2, 8, 4 }, { 0, 6, 8, 4 } } },
  [CLIP_FORMAT_V216] = { { "v216" }, CLIP_COLOUR_YUV, 1, 1, 0, 16, { { 0, 2, 4, 0 }, { 0, 0, 8, 0 }, { 0, 4, 8, 0 } } },
  [CLIP_FORMAT_Y410] = { { "Y410" }, CLIP_COLOUR_YUV, 1, 0, 0, 10, { { 0, 1, 4, 2 }, { 0, 0, 4, 0 }, { 0, 2, 4, 4 } } },
  [CLIP_FORMAT_Y412_LE]
  = { { "Y412_LE" }, CLIP_COLOUR_YUV, 1, 0, 0, 12, { { 0, 2, 8, 4 }, { 0, 0, 8, 4 }, { 0, 4, 8, 4 } } },
  [CLIP_FORMAT_AYUV64_LE] = { { NATIVE ("AYUV64", "AYUV64_LE") }, CLIP_COLOUR_YUV, 1, 0, 0, 16,
      { { 0, 2, 8, 0 }, { 0, 4, 8, 0 }, { 0, 6, 8, 0 } } },
  [CLIP_FORMAT_GBR_10LE]
  = { { "GBR_10LE", "GBRA_10LE" }, CLIP_COLOUR_RGB, 3, 0, 0, 10, { { 2, 0, 2, 0 }, { 0, 0, 2, 0 }, { 1, 0, 2, 0 } } },
  [CLIP_FORMAT_GBR_12LE]
  = { { "GBR_12LE", "GBRA_12LE" }, CLIP_COLOUR_RGB, 3, 0, 0, 12, { { 2, 0, 2, 0 }, { 0, 0, 2, 0 }, { 1, 0, 2, 0 } } },
  [CLIP_FORMAT_GBR_16LE]
  = { { "GBR_16LE" }, CLIP_COLOUR_RGB, 3, 0, 0, 16, { { 2, 0, 2, 0 }, { 0, 0, 2, 0 }, { 1, 0, 2, 0 } } },
  [CLIP_FORMAT_RGBA64_LE]
  = { { "RGBA64_LE" }, CLIP_COLOUR_RGB, 1, 0, 0, 16, { { 0, 0, 8, 0 }, { 0, 2, 8, 0 }, { 0, 4, 8, 0 } } },
  [CLIP_FORMAT_BGRA64_LE]
  = { { "BGRA64_LE" }, CLIP_COLOUR_RGB, 1, 0, 0, 16, { { 0, 4, 8, 0 }, { 0, 2, 8, 0 }, { 0, 0, 8, 0 } } },
  [CLIP_FORMAT_ARGB64_LE] = { { "ARGB64_LE", NATIVE ("ARGB64", NULL) }, CLIP_COLOUR_RGB, 1, 0, 0, 16,
      { { 0, 2, 8, 0 }, { 0, 4, 8, 0 }, { 0, 6, 8, 0 } } },
  [CLIP_FORMAT_ABGR64_LE]
  = { { "ABGR64_LE" }, CLIP_COLOUR_RGB, 1, 0, 0, 16, { { 0, 6, 8, 0 }, { 0, 4, 8, 0 }, { 0, 2, 8, 0 } } },
  [CLIP_FORMAT_RGB10A2_LE]
  = { { "RGB10A2_LE" }, CLIP_COLOUR_RGB, 1, 0, 0, 10, { { 0, 0, 4, 0 }, { 0, 1, 4, 2 }, { 0, 2, 4, 4 } } },
  [CLIP_FORMAT_BGR10A2_LE]
  = { { "BGR10A2_LE" }, CLIP_COLOUR_RGB, 1, 0, 0, 10, { { 0, 2, 4, 4 }, { 0, 1, 4, 2 }, { 0, 0, 4, 0 } } },
  [CLIP_FORMAT_GRAY16_LE] = { { "GRAY16_LE" }, CLIP_COLOUR_GRAY, 1, 0, 0, 16, { { 0, 0, 2, 0 } } },
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

double
clip_format_info_get_scale (const ClipFormatInfo *info, gboolean full_range)
{
  if (full_range || info->colour == CLIP_COLOUR_RGB)
    return 255.0 / ((1u << info->depth) - 1);
  return 1.0 / (1u << (info->depth - 8));
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
