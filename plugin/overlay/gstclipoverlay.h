/* SPDX-License-Identifier: MIT
 *
 * gstclipoverlay.h: the element clipoverlay, which draws labels and confidence bars into the frame.
 */
#ifndef __GST_CLIP_OVERLAY_H__
#define __GST_CLIP_OVERLAY_H__

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_CLIP_OVERLAY (gst_clip_overlay_get_type ())
G_DECLARE_FINAL_TYPE (GstClipOverlay, gst_clip_overlay, GST, CLIP_OVERLAY, GstBaseTransform)

/**
 * GstClipOverlayPosition:
 * @GST_CLIP_OVERLAY_TOP_LEFT: top left corner of the frame
 * @GST_CLIP_OVERLAY_TOP_RIGHT: top right corner
 * @GST_CLIP_OVERLAY_BOTTOM_LEFT: bottom left corner
 * @GST_CLIP_OVERLAY_BOTTOM_RIGHT: bottom right corner
 */
typedef enum
{
  GST_CLIP_OVERLAY_TOP_LEFT,
  GST_CLIP_OVERLAY_TOP_RIGHT,
  GST_CLIP_OVERLAY_BOTTOM_LEFT,
  GST_CLIP_OVERLAY_BOTTOM_RIGHT
} GstClipOverlayPosition;

GST_ELEMENT_REGISTER_DECLARE (clipoverlay)

G_END_DECLS

#endif /* __GST_CLIP_OVERLAY_H__ */
