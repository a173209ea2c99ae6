/* SPDX-License-Identifier: MIT
 *
 * frame.h: a ClipImage as the resize sees it: checked, upright, with its display shape.
 *
 * "Upright" axes are those of the picture as displayed: x runs over the columns that a viewer sees, wherever they lie
 * in memory. No pixel is moved: strides and source boxes say where the samples are.
 */
#ifndef CLIP_FRAME_H
#define CLIP_FRAME_H

#include "clip.h"

#define CLIP_IMAGE_MAX_SIDE  32768 /* of a picture, in pixels */
#define CLIP_IMAGE_MAX_PIXEL 64    /* aspect ratio of a pixel, and its inverse */

/* FALSE for sizes and enumerations out of range and for planes that are missing or have a stride shorter than a row. */
gboolean clip_frame_check (const ClipImage *image, GError **error);

/* Sides of the upright picture with square pixels, rounded to whole numbers. Pixels become square by stretching their
 * shorter side, so that no detail is lost. The image must have passed clip_frame_check(). */
void clip_frame_get_display_size (const ClipImage *image, guint *ret_width, guint *ret_height);

/* From a place in the picture in memory to the upright one's; both 0..1. */
void clip_frame_to_upright (ClipOrientation orientation, double *x, double *y);

/* One component's samples. */
typedef struct
{
  const guint8 *data; /* sample (0, 0) of the upright picture */
  gssize row_stride;  /* bytes from upright row to row */
  gssize step;        /* bytes from upright column to column */
} ClipFramePlane;

ClipFramePlane clip_frame_get_plane (const ClipImage *image, guint component);

/* One upright axis of luma (or R, G, B) or of chroma: `n` samples, of which the picture covers `start` to `end`. A
 * chroma sample covers 1 << shift pixels and is sited at their centre or at that of the first: with an odd size half of
 * the last sample is used, and co-sited samples start a quarter of a sample late (with a shift of 1). */
typedef struct
{
  guint n;
  double start, end;
} ClipFrameAxis;

void clip_frame_get_axes (const ClipImage *image, gboolean chroma, ClipFrameAxis *ret_x, ClipFrameAxis *ret_y);

#endif
