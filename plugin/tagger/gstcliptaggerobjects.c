/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerobjects.c: what is different in cliptagger where regions of interest are labelled instead of frames.
 */
#include "tagger/gstcliptaggerobjects.h"

#include "tagger/gstclipreport.h"

#define GST_CAT_DEFAULT gst_clip_tagger_debug

static void
post_objects (GstClipTagger *self, const GstClipTimes *times, const GArray *regions, gboolean rescored)
{
  GST_OBJECT_LOCK (self);
  gboolean wanted = self->settings.post_messages;
  GST_OBJECT_UNLOCK (self);
  if (!wanted)
    return;
  GstStructure *structure = gst_clip_report_regions (times, regions, rescored);
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), structure));
}

GArray *
gst_clip_tagger_choose_objects (
    GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, const GstClipSettings *settings)
{
  /* What still waits to be encoded is chosen again: the next job takes that one's place. */
  g_autoptr (GstClipJob) waiting = gst_clip_stream_take_back (self->stream);
  if (waiting)
    gst_clip_objects_abandon (self->objects, waiting);

  guint n_skipped;
  GArray *regions
      = gst_clip_objects_choose (self->objects, buffer, &self->flow.info.video, times, settings, &n_skipped);
  GST_OBJECT_LOCK (self);
  self->stats.n_replaced += waiting ? 1 : 0;
  self->stats.n_skipped += n_skipped;
  GST_OBJECT_UNLOCK (self);
  if (waiting)
    GST_LOG_OBJECT (self, "picture %" G_GUINT64_FORMAT " was still waiting and is dropped", waiting->number);
  GST_LOG_OBJECT (self, "%u regions to encode, %u too many", regions ? regions->len : 0, n_skipped);
  return regions;
}

void
gst_clip_tagger_take_objects (GstClipTagger *self, GstClipJob *job)
{
  g_autoptr (GArray) regions = gst_clip_objects_finish (self->objects, job);
  if (regions)
    post_objects (self, &job->times, regions, FALSE);
  gst_clip_tagger_post_events (self, FALSE);
}

void
gst_clip_tagger_label_objects (
    GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, const GstClipSettings *settings)
{
  GstClockTime age;
  guint n
      = gst_clip_objects_label (self->objects, buffer, &self->flow.info.video, times, settings, self->flow.name, &age);
  if (GST_CLOCK_TIME_IS_VALID (age)) {
    GST_OBJECT_LOCK (self);
    gst_clip_window_add (&self->stats.age, (gdouble)age / GST_MSECOND);
    GST_OBJECT_UNLOCK (self);
  }
  GST_LOG_OBJECT (self, "frame at %" GST_TIME_FORMAT ": %u regions with labels, age up to %" GST_TIME_FORMAT,
      GST_TIME_ARGS (times->pts), n, GST_TIME_ARGS (age));
}

void
gst_clip_tagger_rescore_objects (GstClipTagger *self)
{
  GstClipTimes times;
  g_autoptr (GArray) regions = gst_clip_objects_rescore (self->objects, &times);
  gst_clip_tagger_post_events (self, FALSE);
  if (!regions)
    return;
  GST_OBJECT_LOCK (self);
  self->stats.n_rescored++;
  GST_OBJECT_UNLOCK (self);
  post_objects (self, &times, regions, TRUE);
}
