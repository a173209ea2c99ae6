/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerjobs.c: see gstcliptaggerjobs.h.
 */
#include "tagger/gstcliptaggerjobs.h"

#include "tagger/gstcliperror.h"

#include <math.h>
#include <time.h>

#define GST_CAT_DEFAULT gst_clip_tagger_debug

/* Encoding times grow into the latency by such steps, for each takes a message and a new distribution of latency. */
#define LATENCY_STEP (10 * GST_MSECOND)

#define MAX_HOLD (365.0 * 24 * 3600 * GST_SECOND)

/* ---- Pictures ------------------------------------------------------------------------------------------ */

gint64
gst_clip_tagger_thread_cpu_time (void)
{
  struct timespec time;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * GST_SECOND + time.tv_nsec;
}

void
gst_clip_tagger_charge_cpu_time (GstClipTagger *self, gint64 cpu_time)
{
  gst_clip_stream_charge (self->stream, cpu_time);
  GST_OBJECT_LOCK (self);
  self->stats.cpu_time += cpu_time;
  GST_OBJECT_UNLOCK (self);
}

gboolean
gst_clip_tagger_map_picture (GstClipTagger *self, GstBuffer *buffer, const GstClipSettings *settings,
    GstClipPicture *ret_picture, GError **error)
{
  ClipOrientation orientation
      = gst_clip_orientation_get (&self->flow.orientation, settings->orientation, GST_BASE_TRANSFORM_SINK_PAD (self));
  return gst_clip_picture_map (ret_picture, &self->flow.info, orientation, buffer, error);
}

/* ---- Change -------------------------------------------------------------------------------------------- */

gboolean
gst_clip_tagger_is_unchanged (GstClipTagger *self, const GstClipTimes *times, const GstClipSettings *settings,
    const GstClipDifference *difference)
{
  const GstClipFlow *flow = &self->flow;
  if (!difference->known || !flow->frame_number || difference->change >= settings->min_change)
    return FALSE;
  GstClockTime age = gst_clip_times_age (times, &flow->submitted_times);
  return !GST_CLOCK_TIME_IS_VALID (age) || age < GST_CLIP_MAX_REUSE;
}

void
gst_clip_tagger_forget_frame (GstClipTagger *self)
{
  self->flow.frame_number = 0;
  clip_change_forget (&self->flow.submitted);
}

void
gst_clip_tagger_remember_frame (GstClipTagger *self, const GstClipJob *job, const GstClipDifference *difference)
{
  if (difference->known)
    clip_change_remember (&self->flow.submitted, &difference->thumbnail);
  else
    clip_change_forget (&self->flow.submitted);
  self->flow.submitted_times = job->times;
  self->flow.frame_number = job->number;
}

/* ---- Jobs ---------------------------------------------------------------------------------------------- */

void
gst_clip_tagger_count_job (GstClipTagger *self, const GstClipJob *job)
{
  GST_OBJECT_LOCK (self);
  self->stats.n_inferred += job->n;
  self->stats.busy += job->busy;
  self->stats.cpu_time += job->cpu_time;
  gst_clip_window_add (&self->stats.encode, (job->finished - job->started) / 1000.0 / job->n);
  gst_clip_window_add (&self->stats.queue, (job->started - job->submitted) / 1000.0);
  GST_OBJECT_UNLOCK (self);
  GST_LOG_OBJECT (self, "picture %" G_GUINT64_FORMAT ": %u encoded in %.1f ms after %.1f ms of waiting", job->number,
      job->n, (job->finished - job->started) / 1000.0, (job->started - job->submitted) / 1000.0);
}

/* How long the first frame of a batch waits for the last one. Rates may be as small as numbers are: nothing is counted
 * in integers before it is bounded. A year is for ever. */
static GstClockTime
hold_time (GstClipTagger *self, const GstClipSettings *settings)
{
  const GstVideoInfo *info = &self->flow.info.video;
  if (settings->batch_size <= 1)
    return 0;
  GstClockTime frame = GST_VIDEO_INFO_FPS_N (info) > 0 ? gst_util_uint64_scale_int (
                           GST_SECOND, GST_VIDEO_INFO_FPS_D (info), GST_VIDEO_INFO_FPS_N (info))
                                                       : 0;
  gdouble period = (gdouble)frame * MAX (settings->interval, 1);
  if (settings->frame_rate > 0)
    period = MAX (period, floor (GST_SECOND / settings->frame_rate));
  return MIN ((settings->batch_size - 1) * period, MAX_HOLD);
}

/* How long frames take through sync mode: those that wait for the batch to be full, and its encoding. */
void
gst_clip_tagger_note_latency (GstClipTagger *self, const GstClipSettings *settings, const GstClipJob *job)
{
  GstClockTime hold = hold_time (self, settings);
  GstClockTime encode = job ? (job->finished - job->submitted) * GST_USECOND : 0;
  encode = (encode + LATENCY_STEP - 1) / LATENCY_STEP * LATENCY_STEP;

  GST_OBJECT_LOCK (self);
  gboolean grown = hold + encode > self->latency;
  self->latency = MAX (self->latency, hold + encode);
  GST_OBJECT_UNLOCK (self);
  if (grown && g_atomic_int_get (&self->live))
    gst_element_post_message (GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
}

/* Encodes a job's pictures and waits for them. */
gboolean
gst_clip_tagger_run_job (GstClipTagger *self, GstClipJob *job, const GstClipSettings *settings, GError **error)
{
  if (!gst_clip_stream_run (self->stream, job, error))
    return FALSE;
  gst_clip_tagger_count_job (self, job);
  gst_clip_tagger_note_latency (self, settings, job);
  return TRUE;
}

GstFlowReturn
gst_clip_tagger_handle_failure (GstClipTagger *self, const GError *error)
{
  if (g_error_matches (error, CLIP_ERROR, CLIP_ERROR_CANCELLED)) {
    GST_DEBUG_OBJECT (self, "cancelled by a flush or a stop");
    return GST_FLOW_FLUSHING;
  }

  gst_clip_tagger_remember_error (self, error);
  if (!g_error_matches (error, CLIP_ERROR, CLIP_ERROR_IMAGE)) {
    GST_WARNING_OBJECT (self, "the stream ends: %s", error->message);
    gst_clip_error_post (GST_ELEMENT (self), GST_MESSAGE_ERROR, error, NULL);
    return GST_FLOW_ERROR;
  }
  gst_clip_tagger_count (self, &self->stats.n_failed);
  GST_WARNING_OBJECT (self, "a frame passes without labels of its own: %s", error->message);
  if (!self->flow.warned)
    gst_clip_error_post (GST_ELEMENT (self), GST_MESSAGE_WARNING, error, "the frame passes without labels of its own");
  self->flow.warned = TRUE;
  return GST_FLOW_OK;
}
