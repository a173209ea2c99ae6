/* SPDX-License-Identifier: MIT
 *
 * gstcliporientation.h: the transform that makes a stream's frames upright, by its image-orientation tag.
 */
#ifndef __GST_CLIP_ORIENTATION_H__
#define __GST_CLIP_ORIENTATION_H__

#include <gst/video/video.h>

#include "clip.h"

G_BEGIN_DECLS

#define GST_CLIP_ORIENTATION_DEFAULT GST_VIDEO_ORIENTATION_AUTO

/* State from the events so far. All zero at the start; the streaming thread's. */
typedef struct
{
  gchar *stream_id;
  gboolean has_stream_tag; /* it overrides the global one */
  ClipOrientation stream_tag, global_tag;
} GstClipOrientation;

void gst_clip_orientation_clear (GstClipOrientation *self);

/* Call for every downstream event, in order with the frames. */
void gst_clip_orientation_take_event (GstClipOrientation *self, GstEvent *event);

/* method: the user's. AUTO goes by the tag, unless an element upstream of `sink_pad` has applied it. sink_pad: NULL =
 * there is nothing upstream. */
ClipOrientation gst_clip_orientation_get (
    const GstClipOrientation *self, GstVideoOrientationMethod method, GstPad *sink_pad);

/* A place in the upright picture and the same in the stored one; both 0..1, y down. */
void gst_clip_orientation_to_stored (ClipOrientation orientation, gdouble *x, gdouble *y);
void gst_clip_orientation_to_upright (ClipOrientation orientation, gdouble *x, gdouble *y);

/* For setting the property `orientation`, which takes all methods but CUSTOM: FALSE for that one, after a warning. */
gboolean gst_clip_orientation_check (GstElement *element, GstVideoOrientationMethod method);

G_END_DECLS

#endif /* __GST_CLIP_ORIENTATION_H__ */
