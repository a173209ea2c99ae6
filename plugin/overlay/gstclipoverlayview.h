/* SPDX-License-Identifier: MIT
 *
 * gstclipoverlayview.h: what a viewer sees of a frame, and where in the frame that is.
 *
 * The view is upright, in pixels that are square; the frame's may lie turned, flipped, cropped and out of shape.
 */
#ifndef __GST_CLIP_OVERLAY_VIEW_H__
#define __GST_CLIP_OVERLAY_VIEW_H__

#include <cairo.h>
#include <gst/video/video.h>

#include "common/gstclippicture.h"

G_BEGIN_DECLS

/* Compare two by gst_clip_overlay_view_equal(). */
typedef struct
{
  GstClipBox bounds; /* the picture's place in the frame, in the frame's pixels */
  gdouble stretch;   /* frame pixels to the width of a square one */
  ClipOrientation orientation;
  gdouble width, height; /* of the view; its pixels are as tall as the frame's */
} GstClipOverlayView;

/* A rectangle of the view. */
typedef struct
{
  gdouble x, y, width, height;
} GstClipOverlayArea;

/* FALSE: nothing is to be seen. */
gboolean gst_clip_overlay_view_init (
    GstClipOverlayView *self, const GstVideoInfo *video, ClipOrientation orientation, GstBuffer *buffer);

gboolean gst_clip_overlay_view_equal (const GstClipOverlayView *a, const GstClipOverlayView *b);

/* Where a box of the frame's pixels is in the view. */
void gst_clip_overlay_view_find (const GstClipOverlayView *self, const GstClipBox *box, GstClipOverlayArea *ret_area);

/* The box of the frame's pixels that an area takes: as small as may be, on multiples of `grid`, inside of the picture.
 */
void gst_clip_overlay_view_place (
    const GstClipOverlayView *self, const GstClipOverlayArea *area, guint grid, GstClipBox *ret_box);

/* Makes a context that draws on such a box, pixel by pixel, take upright coordinates of the area itself. */
void gst_clip_overlay_view_transform (const GstClipOverlayView *self, gdouble width, gdouble height, cairo_t *cr);

G_END_DECLS

#endif /* __GST_CLIP_OVERLAY_VIEW_H__ */
