/* SPDX-License-Identifier: MIT
 *
 * gstclipoverlayboxes.h: the best label of each region of interest, drawn at its box.
 */
#ifndef __GST_CLIP_OVERLAY_BOXES_H__
#define __GST_CLIP_OVERLAY_BOXES_H__

#include <gst/video/video.h>
#include <pango/pangocairo.h>

#include "overlay/gstclipoverlayview.h"

G_BEGIN_DECLS

/* The part of a text to draw: valid UTF-8, no longer than can be seen (shaping a megabyte takes seconds). Newly
 * allocated. */
gchar *gst_clip_overlay_shorten (const gchar *text);

typedef struct _GstClipOverlayBoxes GstClipOverlayBoxes;

GstClipOverlayBoxes *gst_clip_overlay_boxes_new (PangoContext *pango);
void gst_clip_overlay_boxes_free (GstClipOverlayBoxes *self);

/* view: this buffer's. NULL: no region of the frame has a label of that confidence. */
GstVideoOverlayComposition *gst_clip_overlay_boxes_draw (
    GstClipOverlayBoxes *self, const GstClipOverlayView *view, GstBuffer *buffer, gdouble min_confidence);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstClipOverlayBoxes, gst_clip_overlay_boxes_free)

G_END_DECLS

#endif /* __GST_CLIP_OVERLAY_BOXES_H__ */
