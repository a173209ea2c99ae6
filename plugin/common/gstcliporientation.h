/* SPDX-License-Identifier: MIT
 *
 * gstcliporientation.h: what has to be done to a stream's frames for them to be upright, by its image-orientation tag.
 */
#ifndef __GST_CLIP_ORIENTATION_H__
#define __GST_CLIP_ORIENTATION_H__

#include <gst/video/video.h>

#include "clip.h"

G_BEGIN_DECLS

#define GST_CLIP_ORIENTATION_DEFAULT GST_VIDEO_ORIENTATION_AUTO

/* What the events said so far. All zero at the start; the streaming thread's. */
typedef struct
{
  gchar *stream_id;
  gboolean has_stream_tag; /* it goes before the global one */
  ClipOrientation stream_tag, global_tag;
} GstClipOrientation;

void gst_clip_orientation_clear (GstClipOrientation *self);

/* Every event that comes downstream, in order with the frames. */
void gst_clip_orientation_take_event (GstClipOrientation *self, GstEvent *event);

/* method: the user's. AUTO is by the tag, unless an element upstream of `sink_pad` has undone it; a pad of NULL is one
 * that has nothing upstream. */
ClipOrientation gst_clip_orientation_get (
    const GstClipOrientation *self, GstVideoOrientationMethod method, GstPad *sink_pad);

/* Of an element's property `orientation`, which takes all methods but CUSTOM: FALSE for that one, after a warning. */
gboolean gst_clip_orientation_check (GstElement *element, GstVideoOrientationMethod method);

G_END_DECLS

#endif /* __GST_CLIP_ORIENTATION_H__ */
