/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerstate.c: see gstcliptaggerstate.h.
 */
#include "tagger/gstcliptaggerstate.h"

#include "tagger/gstcliperror.h"
#include "tagger/gstclipreport.h"

GST_DEBUG_CATEGORY (gst_clip_tagger_debug);
#define GST_CAT_DEFAULT gst_clip_tagger_debug

GstClipSettings
gst_clip_tagger_peek_settings (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  GstClipSettings settings = self->settings;
  GST_OBJECT_UNLOCK (self);
  if (self->flow.by_roi) {
    settings.batch_size = 1;
    settings.min_change = settings.on_change = 0;
  }
  return settings;
}

void
gst_clip_tagger_count (GstClipTagger *self, guint64 *counter)
{
  GST_OBJECT_LOCK (self);
  (*counter)++;
  GST_OBJECT_UNLOCK (self);
}

void
gst_clip_tagger_remember_error (GstClipTagger *self, const GError *error)
{
  GST_OBJECT_LOCK (self);
  g_free (self->last_error);
  self->last_error = g_strdup (error->message);
  GST_OBJECT_UNLOCK (self);
}

void
gst_clip_tagger_post_sample (GstClipTagger *self, const GstClipTimes *times, const GstClipResult *result,
    const GArray *regions, gboolean rescored)
{
  GST_OBJECT_LOCK (self);
  gboolean wanted = self->settings.post_messages;
  GST_OBJECT_UNLOCK (self);
  if (!wanted)
    return;

  GstStructure *structure
      = result->tags ? gst_clip_report_tags (result, rescored) : gst_clip_report_regions (times, regions, rescored);
  if (result->tags && regions)
    gst_clip_report_add_regions (structure, regions);
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), structure));
}

void
gst_clip_tagger_post_events (GstClipTagger *self, gboolean wait)
{
  GST_OBJECT_LOCK (self);
  gboolean wanted = self->settings.post_messages;
  GST_OBJECT_UNLOCK (self);
  gst_clip_events_post (self->events, GST_ELEMENT (self), wanted, wait);
}

void
gst_clip_tagger_post_baseline_problem (GstClipTagger *self)
{
  g_autoptr (GError) problem = gst_clip_classifier_take_baseline_problem (self->classifier);
  if (!problem)
    return;
  g_prefix_error (&problem, "baseline-file: ");
  gst_clip_tagger_remember_error (self, problem);
  gst_clip_error_post (GST_ELEMENT (self), GST_MESSAGE_WARNING, problem, "what is usual is not kept");
}

void
gst_clip_tagger_save_baselines (GstClipTagger *self)
{
  gst_clip_classifier_save_baselines (self->classifier);
  gst_clip_tagger_post_baseline_problem (self);
}

gboolean
gst_clip_tagger_is_async_locked (GstClipTagger *self)
{
  GstClipInferenceMode mode = self->settings.mode;
  return mode == GST_CLIP_INFERENCE_ASYNC || (mode == GST_CLIP_INFERENCE_AUTO && g_atomic_int_get (&self->live));
}

gboolean
gst_clip_tagger_is_async (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  gboolean async = gst_clip_tagger_is_async_locked (self);
  GST_OBJECT_UNLOCK (self);
  return async;
}

void
gst_clip_tagger_log_mode (GstClipTagger *self, const gchar *reason)
{
  GST_DEBUG_OBJECT (self, "inference mode: %s, %s", gst_clip_tagger_is_async (self) ? "async" : "sync", reason);
}

gboolean
gst_clip_tagger_is_worker (GstClipTagger *self)
{
  return self->worker == g_thread_self () && !self->stopping;
}

GstClipStream *
gst_clip_tagger_ref_stream (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  GstClipStream *stream = self->stream ? gst_clip_stream_ref (self->stream) : NULL;
  GST_OBJECT_UNLOCK (self);
  return stream;
}

gboolean
gst_clip_tagger_is_ready (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  gboolean ready = self->open_state == GST_CLIP_OPEN && self->n_sources_set == self->n_sources_tried;
  GST_OBJECT_UNLOCK (self);
  return ready;
}

GstStructure *
gst_clip_tagger_make_stats (GstClipTagger *self)
{
  g_auto (GstClipDescription) description = { NULL };
  gst_clip_classifier_describe (self->classifier, &description);
  GstClipState state = {
    .stats = &self->stats,
    .description = &description,
    .async = gst_clip_tagger_is_async (self),
    .ready = gst_clip_tagger_is_ready (self),
    .n_events = gst_clip_events_get_n_started (self->events),
  };

  GST_OBJECT_LOCK (self);
  if (self->scheduler) {
    state.n_threads = gst_clip_scheduler_get_n_threads (self->scheduler);
    state.n_streams = gst_clip_scheduler_get_n_streams (self->scheduler);
  }
  state.last_error = self->last_error;
  GstStructure *structure = gst_clip_report_stats (&state);
  GST_OBJECT_UNLOCK (self);
  return structure;
}
