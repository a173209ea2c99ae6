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

/* What of a text is to be drawn: valid UTF-8, no longer than may be seen (shaping a megabyte takes seconds). Newly
 * allocated. */
gchar *gst_clip_overlay_shorten (const gchar *text);

typedef struct _GstClipOverlayRegions GstClipOverlayRegions;

GstClipOverlayRegions *gst_clip_overlay_regions_new (PangoContext *pango);
void gst_clip_overlay_regions_free (GstClipOverlayRegions *self);

/* view: of this buffer. NULL: the frame has no region with a label of that confidence. */
GstVideoOverlayComposition *gst_clip_overlay_regions_draw (
    GstClipOverlayRegions *self, const GstClipOverlayView *view, GstBuffer *buffer, gdouble min_confidence);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstClipOverlayRegions, gst_clip_overlay_regions_free)

G_END_DECLS

#endif /* __GST_CLIP_OVERLAY_BOXES_H__ */
