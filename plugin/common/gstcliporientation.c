/* SPDX-License-Identifier: MIT
 *
 * gstcliporientation.c: the transform that makes a stream's frames upright, by its image-orientation tag.
 *
 * Tags are read as by videoflip of GStreamer 1.24 with method=automatic: a stream's own tag overrides the global one, a
 * tag list without orientation resets the previous one of its scope, and a new stream begins upright. That videoflip
 * sends "rotate-0" downstream; older ones turn the frames and leave the tag alone, so the elements upstream are asked.
 */
#include "common/gstcliporientation.h"

/* Elements upstream to ask; more than any pipeline has. */
#define MAX_STEPS 64

void
gst_clip_orientation_clear (GstClipOrientation *self)
{
  g_free (self->stream_id);
  *self = (GstClipOrientation){ NULL };
}

static void
take_tags (GstClipOrientation *self, GstTagList *tags)
{
  GstVideoOrientationMethod method = GST_VIDEO_ORIENTATION_IDENTITY;
  gboolean has_tag = gst_video_orientation_from_tag (tags, &method);
  if (gst_tag_list_get_scope (tags) == GST_TAG_SCOPE_GLOBAL) {
    self->global_tag = (ClipOrientation)method;
    return;
  }
  self->stream_tag = (ClipOrientation)method;
  self->has_stream_tag = has_tag;
}

void
gst_clip_orientation_take_event (GstClipOrientation *self, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_TAG) {
    GstTagList *tags;
    gst_event_parse_tag (event, &tags);
    take_tags (self, tags);
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START) {
    const gchar *stream_id;
    gst_event_parse_stream_start (event, &stream_id);
    if (g_strcmp0 (stream_id, self->stream_id) != 0) {
      gst_clip_orientation_clear (self);
      self->stream_id = g_strdup (stream_id);
    }
  }
}

/* ---- Elements upstream ---------------------------------------------------------------------------------------- */

/* The pad on the other side of this one's owner, an element or a bin's edge; NULL where there is none or more than one.
 */
static GstPad *
get_internal_link (GstPad *pad)
{
  GstIterator *links = gst_pad_iterate_internal_links (pad);
  GValue item = G_VALUE_INIT;
  GstPad *found = NULL;
  guint n = 0;
  while (links && gst_iterator_next (links, &item) == GST_ITERATOR_OK) {
    if (n++ == 0)
      found = g_value_dup_object (&item);
    g_value_unset (&item);
  }
  g_clear_pointer (&links, gst_iterator_free);
  if (n != 1)
    g_clear_pointer (&found, gst_object_unref);
  return found;
}

/* Whether this element applies the transform of the tag. */
static gboolean
has_undone (GstObject *element, ClipOrientation tag)
{
  if (!element || !GST_IS_VIDEO_DIRECTION (element))
    return FALSE;
  GstVideoOrientationMethod method = GST_VIDEO_ORIENTATION_IDENTITY;
  g_object_get (element, "video-direction", &method, NULL);
  return method == GST_VIDEO_ORIENTATION_AUTO || method == (GstVideoOrientationMethod)tag;
}

static gboolean
is_undone_upstream (GstPad *sink_pad, ClipOrientation tag)
{
  g_autoptr (GstPad) sink = gst_object_ref (sink_pad);
  for (guint i = 0; sink && i < MAX_STEPS; i++) {
    g_autoptr (GstPad) source = gst_pad_get_peer (sink);
    if (!source)
      return FALSE;
    g_autoptr (GstObject) owner = gst_pad_get_parent (source);
    if (has_undone (owner, tag))
      return TRUE;
    gst_object_unref (sink);
    sink = get_internal_link (source);
  }
  return FALSE;
}

ClipOrientation
gst_clip_orientation_get (const GstClipOrientation *self, GstVideoOrientationMethod method, GstPad *sink_pad)
{
  if (method != GST_VIDEO_ORIENTATION_AUTO)
    return (ClipOrientation)method;
  ClipOrientation tag = self->has_stream_tag ? self->stream_tag : self->global_tag;
  if (tag == CLIP_ORIENTATION_IDENTITY || (sink_pad && is_undone_upstream (sink_pad, tag)))
    return CLIP_ORIENTATION_IDENTITY;
  return tag;
}

void
gst_clip_orientation_to_stored (ClipOrientation orientation, gdouble *x, gdouble *y)
{
  gdouble u = *x, v = *y;
  const gdouble places[][2] = {
    [CLIP_ORIENTATION_IDENTITY] = { u, v },
    [CLIP_ORIENTATION_90R] = { v, 1 - u },
    [CLIP_ORIENTATION_180] = { 1 - u, 1 - v },
    [CLIP_ORIENTATION_90L] = { 1 - v, u },
    [CLIP_ORIENTATION_HORIZ] = { 1 - u, v },
    [CLIP_ORIENTATION_VERT] = { u, 1 - v },
    [CLIP_ORIENTATION_UL_LR] = { v, u },
    [CLIP_ORIENTATION_UR_LL] = { 1 - v, 1 - u },
  };
  *x = places[orientation][0];
  *y = places[orientation][1];
}

void
gst_clip_orientation_to_upright (ClipOrientation orientation, gdouble *x, gdouble *y)
{
  /* All but the two quarter turns undo themselves. */
  ClipOrientation inverse = orientation == CLIP_ORIENTATION_90R   ? CLIP_ORIENTATION_90L
                            : orientation == CLIP_ORIENTATION_90L ? CLIP_ORIENTATION_90R
                                                                  : orientation;
  gst_clip_orientation_to_stored (inverse, x, y);
}

gboolean
gst_clip_orientation_check (GstElement *element, GstVideoOrientationMethod method)
{
  if (method != GST_VIDEO_ORIENTATION_CUSTOM)
    return TRUE;
  GST_ELEMENT_WARNING (element, RESOURCE, SETTINGS,
      ("orientation=custom is not supported, orientation keeps its value: expected auto, identity, 90r, 180, 90l, "
       "horiz, vert, ul-lr or ur-ll"),
      (NULL));
  return FALSE;
}
