/* SPDX-License-Identifier: MIT
 *
 * gstclipoverlayregions.h: the best label of each region of interest, drawn at its box.
 */
#ifndef __GST_CLIP_OVERLAY_REGIONS_H__
#define __GST_CLIP_OVERLAY_REGIONS_H__

#include <gst/video/video.h>
#include <pango/pangocairo.h>

G_BEGIN_DECLS

typedef struct _GstClipOverlayRegions GstClipOverlayRegions;

/* For frames like these. */
GstClipOverlayRegions *gst_clip_overlay_regions_new (PangoContext *pango, const GstVideoInfo *info);
void gst_clip_overlay_regions_free (GstClipOverlayRegions *self);

/* NULL: the frame has no region with a label of that confidence. */
GstVideoOverlayComposition *gst_clip_overlay_regions_draw (
    GstClipOverlayRegions *self, GstBuffer *buffer, gdouble min_confidence);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstClipOverlayRegions, gst_clip_overlay_regions_free)

G_END_DECLS

#endif /* __GST_CLIP_OVERLAY_REGIONS_H__ */
