/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggersample.c: which frames cliptagger samples, how their pictures are made and encoded, and what becomes of
 * the results.
 *
 * Pictures are scaled down in the streaming thread, which takes a fraction of a millisecond, rather than in the
 * scheduler's: so no frame is kept, which may be in memory that nobody else should hold.
 */
#include "tagger/gstcliptaggersample.h"

#include "tagger/gstcliperror.h"
#include "tagger/gstcliptaggerobjects.h"
#include "tagger/gstcliptaggerzones.h"
#include "gstcliptagmeta.h"

#define GST_CAT_DEFAULT gst_clip_tagger_debug

/* No difference of two times of samples overflows, whatever a stream has for timestamps. */
#define MAX_TIME (G_MAXINT64 / 4)

/* How every line about a frame begins. */
#define FRAME             "frame at %" GST_TIME_FORMAT
#define FRAME_ARGS(times) GST_TIME_ARGS ((times)->pts)

/* ---- Results ------------------------------------------------------------------------------------------- */

/* With what is known of the frame as a whole. */
static void
label_whole (GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, const GstClipSettings *settings)
{
  g_auto (GstClipResult) result = { NULL };
  if (!gst_clip_classifier_get_latest (self->classifier, &result)) {
    GST_LOG_OBJECT (self, FRAME ": no labels yet", FRAME_ARGS (times));
    return;
  }
  GstClockTime age = gst_clip_times_age (times, &result.times);
  if (GST_CLOCK_TIME_IS_VALID (age) && age > settings->max_age) {
    GST_LOG_OBJECT (
        self, FRAME ": no labels, the latest are %" GST_TIME_FORMAT " old", FRAME_ARGS (times), GST_TIME_ARGS (age));
    return;
  }

  gboolean is_new = result.serial != self->flow.serial;
  self->flow.serial = result.serial;
  GstClipTagMeta *meta = gst_buffer_add_clip_tag_meta (buffer, result.tags, age, is_new);
  meta->reused = result.reused;
  gst_clip_tag_meta_set_result (meta, self->flow.name, result.serial);
  if (GST_CLOCK_TIME_IS_VALID (age)) {
    GST_OBJECT_LOCK (self);
    gst_clip_window_add (&self->stats.age, (gdouble)age / GST_MSECOND);
    GST_OBJECT_UNLOCK (self);
  }
  GST_LOG_OBJECT (self, FRAME ": %s labels of picture %" G_GUINT64_FORMAT ", age %" GST_TIME_FORMAT, FRAME_ARGS (times),
      !is_new         ? "known"
      : result.reused ? "reused"
                      : "new",
      result.number, GST_TIME_ARGS (age));
}

void
gst_clip_tagger_label_frame (
    GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, const GstClipSettings *settings)
{
  if (self->flow.by_roi) {
    gst_clip_tagger_label_objects (self, buffer, times, settings);
  } else {
    label_whole (self, buffer, times, settings);
    gst_clip_tagger_label_zones (self, buffer, times, settings);
  }
  GstPad *src = GST_BASE_TRANSFORM_SRC_PAD (self);
  if (g_queue_is_empty (&self->flow.ready)) /* the frames before it have left, or somebody's probe dropped them */
    gst_clip_events_recover (self->events, src);
  if (gst_clip_events_attach (self->events, buffer, src))
    gst_clip_tagger_post_events (self, FALSE);
}

void
gst_clip_tagger_take_result (GstClipTagger *self, const gfloat *embedding, const GstClipTimes *times, guint64 number)
{
  g_auto (GstClipResult) result = { NULL };
  gst_clip_classifier_take (self->classifier, embedding, times, number, &result);
  if (result.tags)
    gst_clip_tagger_post_sample (self, times, &result, NULL, FALSE);
  gst_clip_tagger_post_events (self, FALSE);
}

/* All of a job that is one frame's. */
static void
take_results (GstClipTagger *self, GstClipJob *job)
{
  if (self->flow.by_roi)
    gst_clip_tagger_take_objects (self, job);
  else if (gst_clip_zones_is_job (job))
    gst_clip_tagger_take_zones (self, job);
  else
    gst_clip_tagger_take_result (self, job->embeddings, &job->times, job->number);
}

void
gst_clip_tagger_renew_result (GstClipTagger *self, const GstClipTimes *times, guint64 number)
{
  g_auto (GstClipResult) result = { NULL };
  if (!gst_clip_classifier_reuse (self->classifier, number, times, &result))
    return;
  gst_clip_tagger_post_sample (self, times, &result, NULL, FALSE);
  gst_clip_tagger_post_events (self, FALSE);
}

void
gst_clip_tagger_job_done (GstClipJob *job, gpointer data)
{
  GstClipTagger *self = data;
  if (job->error) {
    gst_clip_objects_abandon (self->objects, job);
    gst_clip_zones_abandon (self->zones, job);
    gst_clip_tagger_remember_error (self, job->error);
    GST_OBJECT_LOCK (self);
    gboolean first = !self->failed;
    self->failed = TRUE;
    GST_OBJECT_UNLOCK (self);
    GST_WARNING_OBJECT (self, "picture %" G_GUINT64_FORMAT ": %s", job->number, job->error->message);
    if (first)
      gst_clip_error_post (GST_ELEMENT (self), GST_MESSAGE_ERROR, job->error, NULL);
    return;
  }
  gst_clip_tagger_count_job (self, job);
  take_results (self, job);
}

/* ---- Which frames are sampled --------------------------------------------------------------------------- */

static gboolean
is_due (GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, const GstClipSettings *settings)
{
  gint fps_n = GST_VIDEO_INFO_FPS_N (&self->flow.info.video), fps_d = GST_VIDEO_INFO_FPS_D (&self->flow.info.video);
  GstClipSamplerFrame frame = {
    .time = times->position,
    .frame_duration = fps_n > 0 ? gst_util_uint64_scale_int (GST_SECOND, fps_d, fps_n) : GST_CLOCK_TIME_NONE,
    .discont = GST_BUFFER_IS_DISCONT (buffer),
  };
  return gst_clip_sampler_take (&self->flow.sampler, &frame, settings->frame_rate, settings->interval);
}

/* The sink would have needed this frame already. */
static gboolean
is_late (GstClipTagger *self, const GstClipTimes *times, const GstClipSettings *settings)
{
  GST_OBJECT_LOCK (self);
  GstClockTime earliest = self->earliest;
  gdouble proportion = self->proportion;
  gboolean late = settings->qos && !times->by_arrival && GST_CLOCK_TIME_IS_VALID (earliest)
                  && GST_CLOCK_TIME_IS_VALID (times->running_time) && times->running_time < earliest;
  if (late)
    self->stats.n_late++;
  guint64 n_inferred = self->stats.n_inferred, n_late = self->stats.n_late;
  GST_OBJECT_UNLOCK (self);
  if (!late)
    return FALSE;
  GST_LOG_OBJECT (self, FRAME ": sampled, not encoded: the sink is behind by %" GST_TIME_FORMAT, FRAME_ARGS (times),
      GST_TIME_ARGS (earliest - times->running_time));

  GstMessage *message = gst_message_new_qos (GST_OBJECT (self), g_atomic_int_get (&self->live), times->running_time,
      times->stream_time, times->pts, times->duration);
  gst_message_set_qos_values (message, GST_CLOCK_DIFF (times->running_time, earliest), proportion, 1000000);
  gst_message_set_qos_stats (message, GST_FORMAT_BUFFERS, n_inferred, n_late);
  gst_element_post_message (GST_ELEMENT (self), message);
  return TRUE;
}

/* Before max-cpu lets it be encoded the next frame will come and take its place: preparing it would be a waste. */
static gboolean
is_over_budget (GstClipTagger *self, const GstClipTimes *times, const GstClipSettings *settings)
{
  gint64 now = g_get_monotonic_time (), last = self->flow.last_sampled;
  self->flow.last_sampled = now;
  if (settings->max_cpu <= 0 || !last || now + (now - last) > gst_clip_stream_get_start (self->stream))
    return FALSE;
  gst_clip_tagger_count (self, &self->stats.n_over_budget);
  GST_LOG_OBJECT (self, FRAME ": sampled, not encoded: max-cpu=%g is spent", FRAME_ARGS (times), settings->max_cpu);
  return TRUE;
}

/* ---- Pictures ------------------------------------------------------------------------------------------ */

/* regions: NULL = the frame. ret_pixels: [3][image_size][image_size] of each */
static gboolean
prepare_image (
    GstClipTagger *self, const GstClipPicture *picture, const GArray *regions, gfloat *ret_pixels, GError **error)
{
  ClipImage image;
  if (!regions) {
    gst_clip_picture_get_image (picture, NULL, &image);
    return clip_preprocessor_run (self->flow.preprocessor, &image, ret_pixels, error);
  }

  gsize n_pixels = gst_clip_scheduler_get_n_pixels (self->scheduler);
  for (guint i = 0; i < regions->len; i++) {
    gst_clip_picture_get_image (picture, &g_array_index (regions, GstClipRegion, i).box, &image);
    if (!clip_preprocessor_run (self->flow.preprocessor, &image, ret_pixels + i * n_pixels, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
prepare_pictures (GstClipTagger *self, GstBuffer *buffer, const GstClipSettings *settings, const GArray *regions,
    gfloat *ret_pixels, GError **error)
{
  gint64 before = gst_clip_tagger_thread_cpu_time ();
  GstClipPicture picture;
  if (!gst_clip_tagger_map_picture (self, buffer, settings, &picture, error))
    return FALSE;
  gboolean ok = prepare_image (self, &picture, regions, ret_pixels, error);
  gst_clip_picture_unmap (&picture);
  gst_clip_tagger_charge_cpu_time (self, gst_clip_tagger_thread_cpu_time () - before);
  self->flow.warned &= !ok;
  return ok;
}

/* Against the last one that was encoded; where only zones are, the last one that was sampled for them. */
static void
measure_difference (
    GstClipTagger *self, GstBuffer *buffer, const GstClipSettings *settings, GstClipDifference *ret_difference)
{
  GstClipPicture picture;
  ClipImage image;
  if (!gst_clip_tagger_map_picture (self, buffer, settings, &picture, NULL))
    return;
  gst_clip_picture_get_image (&picture, NULL, &image);
  ret_difference->known = clip_change_make_thumbnail (&image, &ret_difference->thumbnail, NULL);
  gst_clip_picture_unmap (&picture);
  ClipChange *last = gst_clip_zones_has_frame (self->zones) ? &self->flow.submitted : &self->flow.scene;
  if (ret_difference->known)
    ret_difference->change = clip_change_measure (last, &ret_difference->thumbnail);
}

/* Whether a frame needs no encoding because it is like the last one that was submitted. If that one's result is there
 * it is the frame's, too; if not, it will come. */
static gboolean
reuse_labels (GstClipTagger *self, const GstClipTimes *times, const GstClipSettings *settings,
    const GstClipDifference *difference, GstClipHeldFrame *held)
{
  GstClipFlow *flow = &self->flow;
  if (!gst_clip_tagger_is_unchanged (self, times, settings, difference))
    return FALSE;
  gst_clip_tagger_count (self, &self->stats.n_reused);
  GST_LOG_OBJECT (self, FRAME ": sampled, not encoded: differs by %.2f %% from picture %" G_GUINT64_FORMAT,
      FRAME_ARGS (times), difference->change, flow->frame_number);
  if (g_queue_is_empty (&flow->held))
    gst_clip_tagger_renew_result (self, times, flow->frame_number);
  else
    held->number = flow->frame_number;
  return TRUE;
}

/* What events say of a sample. */
static void
date_sample (GstClipTagger *self, GstBuffer *buffer, GstClipTimes *times)
{
  times->time = CLAMP (self->flow.sampler.position, -MAX_TIME, MAX_TIME);
  times->utc = gst_clip_times_get_utc (buffer, NULL);
  times->epoch = self->flow.epoch;
}

/* A frame that is due. Says in `held` what it is to the batch, if there is one. */
static GstFlowReturn
sample_due_frame (GstClipTagger *self, GstBuffer *buffer, const GstClipSettings *settings,
    const GstClipDifference *difference, GstClipHeldFrame *held)
{
  const GstClipTimes *times = &held->times;
  GstClipFlow *flow = &self->flow;
  gboolean batching = flow->batching, async = !batching && gst_clip_tagger_is_async (self);
  if (is_late (self, times, settings) || (async && is_over_budget (self, times, settings)))
    return GST_FLOW_OK;
  if (gst_clip_zones_get_n (self->zones))
    return gst_clip_tagger_sample_zones (self, buffer, times, settings, difference);
  if (reuse_labels (self, times, settings, difference, held))
    return GST_FLOW_OK;

  g_autoptr (GArray) regions = flow->by_roi ? gst_clip_tagger_choose_objects (self, buffer, times, settings) : NULL;
  if (flow->by_roi && !regions) {
    GST_LOG_OBJECT (self, FRAME ": sampled, not encoded: no region needs it", FRAME_ARGS (times));
    return GST_FLOW_OK;
  }

  g_autoptr (GError) error = NULL;
  g_autoptr (GstClipJob) job = g_steal_pointer (&flow->batch);
  guint n = regions ? regions->len : batching ? settings->batch_size : 1;
  if (!job)
    job = gst_clip_stream_new_job (self->stream, n, &error);
  gsize n_pixels = gst_clip_scheduler_get_n_pixels (self->scheduler);
  if (!job || !prepare_pictures (self, buffer, settings, regions, job->pixels + flow->n_batch * n_pixels, &error)) {
    if (batching && flow->n_batch)
      flow->batch = g_steal_pointer (&job);
    return gst_clip_tagger_handle_failure (self, error);
  }

  job->times = *times;
  job->number = ++flow->n_submitted;
  gst_clip_tagger_remember_frame (self, job, difference);
  GST_LOG_OBJECT (self, FRAME ": sampled, %s as picture %" G_GUINT64_FORMAT, FRAME_ARGS (times),
      batching ? "held for the batch"
      : async  ? "waits for the encoder"
               : "encoded at once",
      job->number);
  if (regions)
    gst_clip_objects_begin (self->objects, job, regions, gst_clip_scheduler_get_embedding_dim (self->scheduler));
  if (batching) {
    held->picture = flow->n_batch++;
    held->number = flow->n_submitted;
    flow->batch = g_steal_pointer (&job);
  } else if (async) {
    if (gst_clip_stream_submit (self->stream, job)) {
      gst_clip_tagger_count (self, &self->stats.n_replaced);
      GST_LOG_OBJECT (
          self, "picture %" G_GUINT64_FORMAT " took the place of one that waited, which is dropped", flow->n_submitted);
    }
  } else {
    if (!gst_clip_tagger_run_job (self, job, settings, &error)) {
      gst_clip_objects_abandon (self->objects, job);
      return gst_clip_tagger_handle_failure (self, error);
    }
    take_results (self, job);
  }
  return GST_FLOW_OK;
}

GstFlowReturn
gst_clip_tagger_sample (GstClipTagger *self, GstBuffer *buffer, const GstClipSettings *settings, GstClipHeldFrame *held)
{
  const GstClipTimes *times = &held->times;
  gboolean is_gap = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP);
  gboolean due = !is_gap && is_due (self, buffer, times, settings);
  GstClipDifference difference;
  difference.known = FALSE;
  if (!is_gap && (settings->on_change > 0 || (due && settings->min_change > 0)))
    measure_difference (self, buffer, settings, &difference);
  due |= difference.known && settings->on_change > 0 && difference.change >= settings->on_change;
  GST_OBJECT_LOCK (self);
  self->stats.n_frames++;
  self->stats.n_sampled += due ? 1 : 0;
  GST_OBJECT_UNLOCK (self);
  if (!due)
    GST_LOG_OBJECT (self, FRAME ": not sampled: %s", FRAME_ARGS (times), is_gap ? "a gap" : "not due");
  if (!due)
    return GST_FLOW_OK;
  date_sample (self, buffer, &held->times);
  return sample_due_frame (self, buffer, settings, &difference, held);
}
