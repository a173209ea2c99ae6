/* SPDX-License-Identifier: MIT
 *
 * frame.h: a ClipImage as the resize sees it: checked, upright, in its display's shape.
 *
 * "Upright" axes are those of the picture after its orientation: x runs over the columns of what a viewer sees,
 * wherever they lie in memory. No pixel is moved for that: strides and source boxes say where the samples are.
 */
#ifndef CLIP_FRAME_H
#define CLIP_FRAME_H

#include "clip.h"

#define CLIP_IMAGE_MAX_SIDE  32768 /* of a picture, in pixels */
#define CLIP_IMAGE_MAX_PIXEL 64    /* how many times as wide as high a pixel may be, or as high as wide */

/* Whatever a ClipImage may not be: sizes, enumerations out of range, planes missing or with a stride below a row. */
gboolean clip_frame_check (const ClipImage *image, GError **error);

/* Sides of the upright picture with square pixels, of a checked image. Pixels that are not square are made so by
 * stretching their shorter side, so that no detail is lost; to the nearest whole number. */
void clip_frame_get_display_size (const ClipImage *image, guint *ret_width, guint *ret_height);

/* One component's samples. */
typedef struct
{
  const guint8 *data; /* sample (0, 0) of the upright picture */
  gssize row_stride;  /* bytes from upright row to row */
  gssize step;        /* bytes from upright column to column */
} ClipFramePlane;

ClipFramePlane clip_frame_get_plane (const ClipImage *image, guint component);

/* One upright axis of luma (or R, G, B) or of chroma: `n` samples, of which the picture covers `start` to `end`. A
 * chroma sample covers 1 << shift pixels, centred or at the first one's centre: of an odd size the last sample is used
 * by half, and co-sited ones start a quarter of a sample late (with a shift of 1). */
typedef struct
{
  guint n;
  double start, end;
} ClipFrameAxis;

void clip_frame_get_axes (const ClipImage *image, gboolean chroma, ClipFrameAxis *ret_x, ClipFrameAxis *ret_y);

#endif
