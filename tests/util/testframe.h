/* SPDX-License-Identifier: MIT
 *
 * testframe.h: frames in every format, each plane in memory of exactly its size, so that ASan and valgrind catch reads
 * beyond it. The first TEST_N_FORMATS, of 8 bits, are laid out by GstVideoFormat's documentation; all later ones by the
 * engine's table, which test-formats.c checks against GStreamer.
 */
#ifndef TESTFRAME_H
#define TESTFRAME_H

#include <string.h>

#include "clip.h"

#define TEST_N_FORMATS (CLIP_FORMAT_BGRP + 1) /* with a layout of their own here */

typedef struct
{
  ClipImage image;
  guint8 *memory[3];
} TestFrame;

static inline gboolean
test_is_rgb (ClipFormat format)
{
  if (format >= TEST_N_FORMATS)
    return clip_format_get_info (format)->colour == CLIP_COLOUR_RGB;
  return format <= CLIP_FORMAT_XBGR || (format >= CLIP_FORMAT_GBR && format <= CLIP_FORMAT_BGRP);
}

/* Chroma: log2 of the subsampling. */
static inline guint
test_h_shift (ClipFormat format)
{
  if (format >= TEST_N_FORMATS)
    return clip_format_get_info (format)->h_shift;
  switch (format) {
  case CLIP_FORMAT_I420:
  case CLIP_FORMAT_YV12:
  case CLIP_FORMAT_NV12:
  case CLIP_FORMAT_NV21:
  case CLIP_FORMAT_YUY2:
  case CLIP_FORMAT_UYVY:
  case CLIP_FORMAT_YVYU:
  case CLIP_FORMAT_Y42B:
  case CLIP_FORMAT_NV16:
  case CLIP_FORMAT_NV61:
    return 1;
  case CLIP_FORMAT_Y41B:
    return 2;
  default:
    return 0;
  }
}

static inline guint
test_v_shift (ClipFormat format)
{
  if (format >= TEST_N_FORMATS)
    return clip_format_get_info (format)->v_shift;
  return format >= CLIP_FORMAT_I420 && format <= CLIP_FORMAT_NV21;
}

/* Bytes of a plane's row without padding; 0 = no such plane. */
static inline guint
test_row_bytes (ClipFormat format, guint plane, guint width)
{
  guint half = (width + 1) / 2;
  const ClipFormatInfo *info = clip_format_get_info (format);
  guint row = 0;
  for (guint c = 0; format >= TEST_N_FORMATS && c < clip_format_info_n_components (info); c++)
    if (info->components[c].plane == plane) {
      guint shift = c ? info->h_shift : 0;
      row = MAX (row, ((width + (1u << shift) - 1) >> shift) * info->components[c].step);
    }
  if (format >= TEST_N_FORMATS)
    return row;
  switch (format) {
  case CLIP_FORMAT_RGB:
  case CLIP_FORMAT_BGR:
  case CLIP_FORMAT_V308:
    return plane ? 0 : 3 * width;
  case CLIP_FORMAT_RGBX:
  case CLIP_FORMAT_BGRX:
  case CLIP_FORMAT_XRGB:
  case CLIP_FORMAT_XBGR:
  case CLIP_FORMAT_AYUV:
  case CLIP_FORMAT_VUYA:
    return plane ? 0 : 4 * width;
  case CLIP_FORMAT_GRAY8:
    return plane ? 0 : width;
  case CLIP_FORMAT_NV12:
  case CLIP_FORMAT_NV21:
  case CLIP_FORMAT_NV16:
  case CLIP_FORMAT_NV61:
    return plane == 0 ? width : plane == 1 ? 2 * half : 0;
  case CLIP_FORMAT_NV24:
    return plane == 0 ? width : plane == 1 ? 2 * width : 0;
  case CLIP_FORMAT_YUY2:
  case CLIP_FORMAT_UYVY:
  case CLIP_FORMAT_YVYU:
    return plane ? 0 : 4 * half;
  case CLIP_FORMAT_Y444:
  case CLIP_FORMAT_GBR:
  case CLIP_FORMAT_RGBP:
  case CLIP_FORMAT_BGRP:
    return width;
  case CLIP_FORMAT_Y41B:
    return plane ? (width + 3) / 4 : width;
  default:
    return plane ? half : width;
  }
}

/* Component 0..2: R, G, B or Y, Cb, Cr; x, y count the component's own samples. */
static inline guint8 *
test_sample (const TestFrame *frame, guint component, guint x, guint y)
{
  static const guint8 rgb_offsets[][3]
      = { { 0, 1, 2 }, { 2, 1, 0 }, { 0, 1, 2 }, { 2, 1, 0 }, { 1, 2, 3 }, { 3, 2, 1 } };
  const ClipImage *image = &frame->image;
  gboolean chroma = component > 0;
  guint plane = 0, offset = 0;
  if (image->format >= TEST_N_FORMATS) {
    const ClipFormatInfo *info = clip_format_get_info (image->format);
    plane = info->components[component].plane;
    offset = info->components[component].offset + x * info->components[component].step;
    return (guint8 *)image->planes[plane] + (gssize)y * image->strides[plane] + offset;
  }
  switch (image->format) {
  case CLIP_FORMAT_RGB:
  case CLIP_FORMAT_BGR:
    offset = 3 * x + rgb_offsets[image->format][component];
    break;
  case CLIP_FORMAT_RGBX:
  case CLIP_FORMAT_BGRX:
  case CLIP_FORMAT_XRGB:
  case CLIP_FORMAT_XBGR:
    offset = 4 * x + rgb_offsets[image->format][component];
    break;
  case CLIP_FORMAT_NV12:
  case CLIP_FORMAT_NV16:
  case CLIP_FORMAT_NV24:
    plane = chroma;
    offset = chroma ? 2 * x + (component == 2) : x;
    break;
  case CLIP_FORMAT_NV21:
  case CLIP_FORMAT_NV61:
    plane = chroma;
    offset = chroma ? 2 * x + (component == 1) : x;
    break;
  case CLIP_FORMAT_YUY2: /* Y0 U Y1 V */
    offset = chroma ? 4 * x + (component == 1 ? 1 : 3) : 2 * x;
    break;
  case CLIP_FORMAT_UYVY: /* U Y0 V Y1 */
    offset = chroma ? 4 * x + (component == 1 ? 0 : 2) : 2 * x + 1;
    break;
  case CLIP_FORMAT_YVYU: /* Y0 V Y1 U */
    offset = chroma ? 4 * x + (component == 1 ? 3 : 1) : 2 * x;
    break;
  case CLIP_FORMAT_AYUV:
    offset = 4 * x + 1 + component;
    break;
  case CLIP_FORMAT_VUYA:
    offset = 4 * x + 2 - component;
    break;
  case CLIP_FORMAT_V308:
    offset = 3 * x + component;
    break;
  case CLIP_FORMAT_GBR:
    plane = (component + 2) % 3;
    offset = x;
    break;
  case CLIP_FORMAT_BGRP:
    plane = 2 - component;
    offset = x;
    break;
  case CLIP_FORMAT_YV12:
    plane = chroma ? 3 - component : 0;
    offset = x;
    break;
  default:
    plane = component;
    offset = x;
    break;
  }
  return (guint8 *)image->planes[plane] + (gssize)y * image->strides[plane] + offset;
}

/* A component's code, of any format. */
static inline guint
test_get (const TestFrame *frame, guint component, guint x, guint y)
{
  const ClipFormatInfo *info = clip_format_get_info (frame->image.format);
  const guint8 *sample = test_sample (frame, component, x, y);
  if (info->depth == 8)
    return *sample;
  guint word = sample[0] | sample[1] << 8;
  return word >> info->components[component].shift & ((1u << info->depth) - 1);
}

static inline void
test_put (TestFrame *frame, guint component, guint x, guint y, guint code)
{
  const ClipFormatInfo *info = clip_format_get_info (frame->image.format);
  guint8 *sample = test_sample (frame, component, x, y);
  if (info->depth == 8) {
    *sample = code;
    return;
  }
  guint shift = info->components[component].shift, mask = (1u << info->depth) - 1;
  guint word = ((sample[0] | sample[1] << 8) & ~(mask << shift)) | code << shift;
  sample[0] = word & 255;
  sample[1] = word >> 8 & 255;
}

static inline guint
test_component_width (const TestFrame *frame, guint component)
{
  guint shift = component ? test_h_shift (frame->image.format) : 0;
  return (frame->image.width + (1 << shift) - 1) >> shift;
}

static inline guint
test_component_height (const TestFrame *frame, guint component)
{
  guint shift = component ? test_v_shift (frame->image.format) : 0;
  return (frame->image.height + (1 << shift) - 1) >> shift;
}

/* padding: bytes between rows; flip: bottom-up, with negative strides; poison: initial content of the memory. */
static inline TestFrame
test_frame_new (ClipFormat format, guint width, guint height, guint padding, gboolean flip, guint8 poison)
{
  TestFrame frame = { .image = { .format = format, .width = width, .height = height } };
  for (guint plane = 0; plane < 3; plane++) {
    guint row = test_row_bytes (format, plane, width);
    if (!row)
      continue;
    guint shift = plane ? test_v_shift (format) : 0;
    guint rows = (height + (1 << shift) - 1) >> shift;
    gint stride = row + padding;
    gsize size = (gsize)(rows - 1) * stride + row;
    frame.memory[plane] = g_malloc (size);
    memset (frame.memory[plane], poison, size);
    frame.image.planes[plane] = frame.memory[plane] + (flip ? (gsize)(rows - 1) * stride : 0);
    frame.image.strides[plane] = flip ? -stride : stride;
  }
  return frame;
}

static inline void
test_frame_clear (TestFrame *frame)
{
  for (guint plane = 0; plane < 3; plane++)
    g_clear_pointer (&frame->memory[plane], g_free);
}

#endif
