/* SPDX-License-Identifier: MIT
 *
 * gstclipoverlayview.h: the viewer's picture, and its place in the frame.
 *
 * The view is upright and has square pixels; in the frame it may be turned, flipped, cropped and out of shape.
 */
#ifndef __GST_CLIP_OVERLAY_VIEW_H__
#define __GST_CLIP_OVERLAY_VIEW_H__

#include <cairo.h>
#include <gst/video/video.h>

#include "common/gstclippicture.h"

G_BEGIN_DECLS

/* Compare with gst_clip_overlay_view_equal(). */
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

/* FALSE: the picture is empty. */
gboolean gst_clip_overlay_view_init (
    GstClipOverlayView *self, const GstVideoInfo *video, ClipOrientation orientation, GstBuffer *buffer);

gboolean gst_clip_overlay_view_equal (const GstClipOverlayView *a, const GstClipOverlayView *b);

/* A box of the frame's pixels, as an area of the view. */
void gst_clip_overlay_view_find (const GstClipOverlayView *self, const GstClipBox *box, GstClipOverlayArea *ret_area);

/* The smallest box of the frame's pixels for an area, on multiples of `grid`, inside of the picture. */
void gst_clip_overlay_view_place (
    const GstClipOverlayView *self, const GstClipOverlayArea *area, guint grid, GstClipBox *ret_box);

/* Lets a context for such a box's pixels take upright coordinates, relative to the area. */
void gst_clip_overlay_view_transform (const GstClipOverlayView *self, gdouble width, gdouble height, cairo_t *cr);

G_END_DECLS

#endif /* __GST_CLIP_OVERLAY_VIEW_H__ */
