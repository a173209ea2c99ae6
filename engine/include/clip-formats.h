/* SPDX-License-Identifier: MIT
 *
 * clip-formats.h: the one table of pixel formats. ClipFormat, the engine's layouts, the plugin's caps and the change
 * measure all follow from it: a new format is a new line, at the end. Part of clip.h, which says what the fields mean.
 *
 * Formats that differ in alpha alone share a line. GStreamer names that the running version does not know are ignored.
 */
#ifndef CLIP_FORMATS_H
#define CLIP_FORMATS_H

/* CLIP_FORMATS (FORMAT) expands to FORMAT (name, colour, depth, h_shift, v_shift, first, second, third, names...) for
 * each format:
 *
 * name: of CLIP_FORMAT_<name>
 * colour: of CLIP_COLOUR_<colour>
 * depth: bits of a sample. 8: a byte. 9 to 16: a little-endian 16-bit word, at any byte
 * h_shift, v_shift: log2 of the chroma subsampling
 * first, second, third: where R, G, B or Y, Cb, Cr are: (plane, offset, step, shift). The first sample is `offset`
 * bytes into its plane, the next one `step` bytes on; its value starts at bit `shift`. (0, 0, 0, 0) = no such component
 * names: GStreamer's names for this layout, at most CLIP_FORMAT_MAX_NAMES
 *
 * A component that does not begin within the word at its first byte, as those of v210, cannot be described. */
/* clang-format off */
#define CLIP_FORMATS(FORMAT)                                                                                           \
  FORMAT (RGB,        RGB,   8, 0, 0, (0, 0, 3, 0), (0, 1, 3, 0), (0, 2, 3, 0), "RGB")                                 \
  FORMAT (BGR,        RGB,   8, 0, 0, (0, 2, 3, 0), (0, 1, 3, 0), (0, 0, 3, 0), "BGR")                                 \
  FORMAT (RGBX,       RGB,   8, 0, 0, (0, 0, 4, 0), (0, 1, 4, 0), (0, 2, 4, 0), "RGBx", "RGBA")                        \
  FORMAT (BGRX,       RGB,   8, 0, 0, (0, 2, 4, 0), (0, 1, 4, 0), (0, 0, 4, 0), "BGRx", "BGRA")                        \
  FORMAT (XRGB,       RGB,   8, 0, 0, (0, 1, 4, 0), (0, 2, 4, 0), (0, 3, 4, 0), "xRGB", "ARGB")                        \
  FORMAT (XBGR,       RGB,   8, 0, 0, (0, 3, 4, 0), (0, 2, 4, 0), (0, 1, 4, 0), "xBGR", "ABGR")                        \
  FORMAT (GRAY8,      GRAY,  8, 0, 0, (0, 0, 1, 0), (0, 0, 0, 0), (0, 0, 0, 0), "GRAY8")                               \
  FORMAT (I420,       YUV,   8, 1, 1, (0, 0, 1, 0), (1, 0, 1, 0), (2, 0, 1, 0), "I420", "A420")                        \
  FORMAT (YV12,       YUV,   8, 1, 1, (0, 0, 1, 0), (2, 0, 1, 0), (1, 0, 1, 0), "YV12")                                \
  FORMAT (NV12,       YUV,   8, 1, 1, (0, 0, 1, 0), (1, 0, 2, 0), (1, 1, 2, 0), "NV12", "AV12")                        \
  FORMAT (NV21,       YUV,   8, 1, 1, (0, 0, 1, 0), (1, 1, 2, 0), (1, 0, 2, 0), "NV21")                                \
  FORMAT (YUY2,       YUV,   8, 1, 0, (0, 0, 2, 0), (0, 1, 4, 0), (0, 3, 4, 0), "YUY2")                                \
  FORMAT (UYVY,       YUV,   8, 1, 0, (0, 1, 2, 0), (0, 0, 4, 0), (0, 2, 4, 0), "UYVY")                                \
  FORMAT (Y42B,       YUV,   8, 1, 0, (0, 0, 1, 0), (1, 0, 1, 0), (2, 0, 1, 0), "Y42B", "A422")                        \
  FORMAT (Y444,       YUV,   8, 0, 0, (0, 0, 1, 0), (1, 0, 1, 0), (2, 0, 1, 0), "Y444", "A444")                        \
  FORMAT (YVYU,       YUV,   8, 1, 0, (0, 0, 2, 0), (0, 3, 4, 0), (0, 1, 4, 0), "YVYU")                                \
  FORMAT (NV16,       YUV,   8, 1, 0, (0, 0, 1, 0), (1, 0, 2, 0), (1, 1, 2, 0), "NV16")                                \
  FORMAT (NV61,       YUV,   8, 1, 0, (0, 0, 1, 0), (1, 1, 2, 0), (1, 0, 2, 0), "NV61")                                \
  FORMAT (NV24,       YUV,   8, 0, 0, (0, 0, 1, 0), (1, 0, 2, 0), (1, 1, 2, 0), "NV24")                                \
  FORMAT (Y41B,       YUV,   8, 2, 0, (0, 0, 1, 0), (1, 0, 1, 0), (2, 0, 1, 0), "Y41B")                                \
  FORMAT (AYUV,       YUV,   8, 0, 0, (0, 1, 4, 0), (0, 2, 4, 0), (0, 3, 4, 0), "AYUV")                                \
  FORMAT (VUYA,       YUV,   8, 0, 0, (0, 2, 4, 0), (0, 1, 4, 0), (0, 0, 4, 0), "VUYA")                                \
  FORMAT (V308,       YUV,   8, 0, 0, (0, 0, 3, 0), (0, 1, 3, 0), (0, 2, 3, 0), "v308")                                \
  FORMAT (GBR,        RGB,   8, 0, 0, (2, 0, 1, 0), (0, 0, 1, 0), (1, 0, 1, 0), "GBR", "GBRA")                         \
  FORMAT (RGBP,       RGB,   8, 0, 0, (0, 0, 1, 0), (1, 0, 1, 0), (2, 0, 1, 0), "RGBP")                                \
  FORMAT (BGRP,       RGB,   8, 0, 0, (2, 0, 1, 0), (1, 0, 1, 0), (0, 0, 1, 0), "BGRP")                                \
  FORMAT (P010_10LE,  YUV,  10, 1, 1, (0, 0, 2, 6), (1, 0, 4, 6), (1, 2, 4, 6), "P010_10LE")                           \
  FORMAT (P012_LE,    YUV,  12, 1, 1, (0, 0, 2, 4), (1, 0, 4, 4), (1, 2, 4, 4), "P012_LE")                             \
  FORMAT (P016_LE,    YUV,  16, 1, 1, (0, 0, 2, 0), (1, 0, 4, 0), (1, 2, 4, 0), "P016_LE")                             \
  FORMAT (I420_10LE,  YUV,  10, 1, 1, (0, 0, 2, 0), (1, 0, 2, 0), (2, 0, 2, 0), "I420_10LE", "A420_10LE")              \
  FORMAT (I420_12LE,  YUV,  12, 1, 1, (0, 0, 2, 0), (1, 0, 2, 0), (2, 0, 2, 0), "I420_12LE", "A420_12LE")              \
  FORMAT (I422_10LE,  YUV,  10, 1, 0, (0, 0, 2, 0), (1, 0, 2, 0), (2, 0, 2, 0), "I422_10LE", "A422_10LE")              \
  FORMAT (I422_12LE,  YUV,  12, 1, 0, (0, 0, 2, 0), (1, 0, 2, 0), (2, 0, 2, 0), "I422_12LE", "A422_12LE")              \
  FORMAT (Y444_10LE,  YUV,  10, 0, 0, (0, 0, 2, 0), (1, 0, 2, 0), (2, 0, 2, 0), "Y444_10LE", "A444_10LE")              \
  FORMAT (Y444_12LE,  YUV,  12, 0, 0, (0, 0, 2, 0), (1, 0, 2, 0), (2, 0, 2, 0), "Y444_12LE", "A444_12LE")              \
  FORMAT (Y444_16LE,  YUV,  16, 0, 0, (0, 0, 2, 0), (1, 0, 2, 0), (2, 0, 2, 0), "Y444_16LE", "A444_16LE")              \
  FORMAT (Y210,       YUV,  10, 1, 0, (0, 0, 4, 6), (0, 2, 8, 6), (0, 6, 8, 6), "Y210")                                \
  FORMAT (Y212_LE,    YUV,  12, 1, 0, (0, 0, 4, 4), (0, 2, 8, 4), (0, 6, 8, 4), "Y212_LE")                             \
  FORMAT (V216,       YUV,  16, 1, 0, (0, 2, 4, 0), (0, 0, 8, 0), (0, 4, 8, 0), "v216")                                \
  FORMAT (Y410,       YUV,  10, 0, 0, (0, 1, 4, 2), (0, 0, 4, 0), (0, 2, 4, 4), "Y410")                                \
  FORMAT (Y412_LE,    YUV,  12, 0, 0, (0, 2, 8, 4), (0, 0, 8, 4), (0, 4, 8, 4), "Y412_LE")                             \
  FORMAT (AYUV64_LE,  YUV,  16, 0, 0, (0, 2, 8, 0), (0, 4, 8, 0), (0, 6, 8, 0), "AYUV64")                              \
  FORMAT (GBR_10LE,   RGB,  10, 0, 0, (2, 0, 2, 0), (0, 0, 2, 0), (1, 0, 2, 0), "GBR_10LE", "GBRA_10LE")               \
  FORMAT (GBR_12LE,   RGB,  12, 0, 0, (2, 0, 2, 0), (0, 0, 2, 0), (1, 0, 2, 0), "GBR_12LE", "GBRA_12LE")               \
  FORMAT (GBR_16LE,   RGB,  16, 0, 0, (2, 0, 2, 0), (0, 0, 2, 0), (1, 0, 2, 0), "GBR_16LE")                            \
  FORMAT (RGBA64_LE,  RGB,  16, 0, 0, (0, 0, 8, 0), (0, 2, 8, 0), (0, 4, 8, 0), "RGBA64_LE")                           \
  FORMAT (BGRA64_LE,  RGB,  16, 0, 0, (0, 4, 8, 0), (0, 2, 8, 0), (0, 0, 8, 0), "BGRA64_LE")                           \
  FORMAT (ARGB64_LE,  RGB,  16, 0, 0, (0, 2, 8, 0), (0, 4, 8, 0), (0, 6, 8, 0), "ARGB64_LE", "ARGB64")                 \
  FORMAT (ABGR64_LE,  RGB,  16, 0, 0, (0, 6, 8, 0), (0, 4, 8, 0), (0, 2, 8, 0), "ABGR64_LE")                           \
  FORMAT (RGB10A2_LE, RGB,  10, 0, 0, (0, 0, 4, 0), (0, 1, 4, 2), (0, 2, 4, 4), "RGB10A2_LE")                          \
  FORMAT (BGR10A2_LE, RGB,  10, 0, 0, (0, 2, 4, 4), (0, 1, 4, 2), (0, 0, 4, 0), "BGR10A2_LE")                          \
  FORMAT (GRAY16_LE,  GRAY, 16, 0, 0, (0, 0, 2, 0), (0, 0, 0, 0), (0, 0, 0, 0), "GRAY16_LE")
/* clang-format on */

#endif /* CLIP_FORMATS_H */
