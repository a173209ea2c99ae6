/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerflow.c: frames, events and queries of cliptagger.
 *
 * In sync mode a frame that is due waits for its own labels, or with batch-size > 1 is held back with all that follow
 * until enough of them are due. In async mode its picture is submitted to the scheduler; the frame itself never waits
 * nor is kept, so that no pool of buffers upstream can run dry.
 */
#include "tagger/gstcliptaggerflow.h"

#include "tagger/gstcliptaggersample.h"
#include "tagger/gstcliptaggerworker.h"

#define GST_CAT_DEFAULT gst_clip_tagger_debug

/* Muxers leave gaps of some milliseconds between one part of a stream and the next. */
#define SEGMENT_TOLERANCE (100 * GST_MSECOND)

static GstBaseTransformClass *parent_class;

/* ---- Frames that are held back -------------------------------------------------------------------------- */

static void
held_frame_free (gpointer data)
{
  GstClipHeldFrame *held = data;
  gst_clear_buffer (&held->buffer);
  g_free (held);
}

static void
drop_held (GstClipTagger *self)
{
  GstClipFlow *flow = &self->flow;
  g_queue_clear_full (&flow->held, held_frame_free);
  g_queue_clear_full (&flow->ready, (GDestroyNotify)gst_buffer_unref);
  g_clear_pointer (&flow->batch, gst_clip_job_unref);
  flow->n_batch = 0;
  gst_clip_events_recover (self->events, GST_BASE_TRANSFORM_SRC_PAD (self));
}

/* Encodes the batch, labels what is held back by it and makes it ready to go out. */
static GstFlowReturn
release_held (GstClipTagger *self)
{
  GstClipFlow *flow = &self->flow;
  GstClipSettings settings = gst_clip_tagger_peek_settings (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstClipJob) job = g_steal_pointer (&flow->batch);
  gsize dim = gst_clip_scheduler_get_embedding_dim (self->scheduler);
  GST_DEBUG_OBJECT (self, "batch of %u pictures for %u frames", flow->n_batch, flow->held.length);
  if (job) {
    job->n = flow->n_batch;
    flow->n_batch = 0;
    if (!gst_clip_tagger_run_job (self, job, &settings, &error)) {
      drop_held (self);
      return gst_clip_tagger_handle_failure (self, error);
    }
  }

  GstClipHeldFrame *held;
  while ((held = g_queue_pop_head (&flow->held))) {
    if (held->picture >= 0)
      gst_clip_tagger_take_result (self, job->embeddings + held->picture * dim, &held->times, held->number);
    else if (held->number)
      gst_clip_tagger_renew_result (self, &held->times, held->number);
    gst_clip_tagger_label_frame (self, held->buffer, &held->times, &settings);
    g_queue_push_tail (&flow->ready, g_steal_pointer (&held->buffer));
    held_frame_free (held);
  }
  return GST_FLOW_OK;
}

static GstFlowReturn
push_ready (GstClipTagger *self)
{
  GstBuffer *buffer;
  GstFlowReturn ret = GST_FLOW_OK;
  while (ret == GST_FLOW_OK && (buffer = g_queue_pop_head (&self->flow.ready)))
    ret = gst_pad_push (GST_BASE_TRANSFORM_SRC_PAD (self), buffer);
  if (ret != GST_FLOW_OK)
    drop_held (self);
  return ret;
}

/* Before anything that has to stay behind the frames held back. */
static GstFlowReturn
push_held (GstClipTagger *self)
{
  if (g_queue_is_empty (&self->flow.held))
    return GST_FLOW_OK;
  GstFlowReturn ret = release_held (self);
  return ret == GST_FLOW_OK ? push_ready (self) : ret;
}

/* Whoever made these buffers may have no more of them: frames are held back only as far as its pool goes round. */
static gboolean
pool_runs_dry (const GstClipFlow *flow, GstBuffer *buffer)
{
  if (!buffer->pool)
    return FALSE;
  GstStructure *config = gst_buffer_pool_get_config (buffer->pool);
  guint max = 0;
  gst_buffer_pool_config_get_params (config, NULL, NULL, NULL, &max);
  gst_structure_free (config);
  return max > 0 && flow->held.length + 2 >= max;
}

/* ---- Virtual methods ------------------------------------------------------------------------------------ */

static GstFlowReturn
gst_clip_tagger_transform_ip (GstBaseTransform *trans, GstBuffer *buffer)
{
  GstClipTagger *self = GST_CLIP_TAGGER (trans);
  GstClipSettings settings = gst_clip_tagger_peek_settings (self);
  GstClipTimes times;
  gst_clip_times_from_buffer (&times, &trans->segment, buffer);
  if (g_atomic_int_get (&self->live) || gst_clip_tagger_is_async (self))
    gst_clip_arrivals_take (&self->flow.arrivals, &times, gst_element_get_current_running_time (GST_ELEMENT (self)));

  self->flow.has_last = TRUE;
  self->flow.last = times;
  self->flow.flushed = FALSE;

  gboolean open;
  GstFlowReturn ret = gst_clip_tagger_await_worker (self, &open);
  if (ret != GST_FLOW_OK)
    return ret;
  if (!open) {
    GST_OBJECT_LOCK (self);
    self->stats.n_frames++;
    GST_OBJECT_UNLOCK (self);
    GST_LOG_OBJECT (
        self, "frame at %" GST_TIME_FORMAT ": passes, the model is not there yet", GST_TIME_ARGS (times.pts));
    return GST_FLOW_OK;
  }

  GstClipHeldFrame held = { .times = times, .picture = -1 };
  ret = gst_clip_tagger_sample (self, buffer, &settings, &held);
  if (ret != GST_FLOW_OK)
    return ret;
  if (held.picture >= 0 || !g_queue_is_empty (&self->flow.held)) {
    /* generate_output() puts the buffer into it. */
    g_queue_push_tail (&self->flow.held, g_memdup2 (&held, sizeof held));
  } else {
    gst_clip_tagger_label_frame (self, buffer, &times, &settings);
  }
  return GST_FLOW_OK;
}

static void
post_stats (GstClipTagger *self, const GstClipSettings *settings)
{
  gint64 now = g_get_monotonic_time ();
  if (!settings->stats_interval)
    return;
  if (self->flow.last_stats && (guint64)(now - self->flow.last_stats) < settings->stats_interval / GST_USECOND)
    return;
  if (self->flow.last_stats)
    gst_element_post_message (
        GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), gst_clip_tagger_make_stats (self)));
  self->flow.last_stats = now;
}

/* Frames that may be held back do not go out by the base class, which has the next one that comes out carry the DISCONT
 * of the last one that went in: held frames keep their own flags. */
static GstFlowReturn
generate_batched (GstClipTagger *self, const GstClipSettings *settings, GstBuffer *buffer)
{
  GstClipFlow *flow = &self->flow;
  GstClipHeldFrame *last = g_queue_peek_tail (&flow->held);
  if (buffer && last)
    last->buffer = buffer;
  else if (buffer)
    g_queue_push_tail (&flow->ready, buffer);

  gboolean full = flow->n_batch >= settings->batch_size, dry = last && !full && pool_runs_dry (flow, last->buffer);
  if (dry && !flow->small_pool)
    GST_WARNING_OBJECT (self, "batches are smaller than batch-size=%u: upstream's pool has no more than %u buffers",
        settings->batch_size, flow->held.length + 2);
  flow->small_pool |= dry;
  if (last && (full || dry)) {
    GstFlowReturn ret = release_held (self);
    if (ret != GST_FLOW_OK)
      return ret;
  }
  return push_ready (self);
}

/* Is called until there is nothing more to push. */
static GstFlowReturn
gst_clip_tagger_generate_output (GstBaseTransform *trans, GstBuffer **outbuf)
{
  GstClipTagger *self = GST_CLIP_TAGGER (trans);
  GstClipFlow *flow = &self->flow;
  GstClipSettings settings = gst_clip_tagger_peek_settings (self);
  flow->batching = settings.batch_size > 1 && !gst_clip_tagger_is_async (self);

  GstFlowReturn ret = flow->batching ? GST_FLOW_OK : push_held (self);
  if (ret != GST_FLOW_OK)
    return ret;
  gboolean is_frame = trans->queued_buf != NULL;
  ret = parent_class->generate_output (trans, outbuf);
  if (is_frame)
    post_stats (self, &settings);
  if (ret != GST_FLOW_OK || settings.batch_size == 1 || !*outbuf)
    return ret;
  return generate_batched (self, &settings, g_steal_pointer (outbuf));
}

static gboolean
gst_clip_tagger_set_caps (GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps)
{
  GstClipTagger *self = GST_CLIP_TAGGER (trans);
  GST_DEBUG_OBJECT (self, "caps: %" GST_PTR_FORMAT, incaps);
  if (!gst_clip_picture_info_from_caps (&self->flow.info, incaps))
    return FALSE;
  GstClipSettings settings = gst_clip_tagger_peek_settings (self);
  gst_clip_tagger_note_latency (self, &settings, NULL);
  return TRUE;
}

static void
set_live (GstClipTagger *self, gboolean live)
{
  if (g_atomic_int_get (&self->live) == live)
    return;
  g_atomic_int_set (&self->live, live);
  gst_clip_tagger_log_mode (self, live ? "upstream is live" : "upstream is not live");
}

static void
ask_whether_live (GstClipTagger *self)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  if (gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (self), query)) {
    gboolean live;
    gst_query_parse_latency (query, &live, NULL, NULL);
    set_live (self, live);
  }
}

static void
forget_lateness (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  self->earliest = GST_CLOCK_TIME_NONE;
  GST_OBJECT_UNLOCK (self);
}

/* What was seen says nothing about what comes. No job is under way. */
static void
forget_everything (GstClipTagger *self, ClipEventEnd reason)
{
  drop_held (self);
  gst_clip_sampler_reset (&self->flow.sampler);
  gst_clip_classifier_forget (self->classifier, reason);
  gst_clip_objects_forget (self->objects, reason);
  gst_clip_zones_forget (self->zones, reason);
  gst_clip_tagger_forget_frame (self);
  clip_change_forget (&self->flow.scene);
  self->flow.has_last = FALSE;
  forget_lateness (self);
}

/* ---- Ends of the stream, or of a part of it --------------------------------------------------------------- */

static void
end_events (GstClipTagger *self, ClipEventEnd reason)
{
  self->flow.epoch = gst_clip_classifier_end_epoch (self->classifier, reason);
  gst_clip_objects_close (self->objects, reason);
  gst_clip_zones_close (self->zones, reason);
}

/* In async mode the last pictures may be under way: their labels belong to the stream that ends here. */
static void
end_stream (GstClipTagger *self, GstClipStream *stream)
{
  g_autoptr (GstClipJob) dropped = stream ? gst_clip_stream_drain (stream) : NULL;
  if (dropped) {
    gst_clip_objects_abandon (self->objects, dropped);
    gst_clip_zones_abandon (self->zones, dropped);
    gst_clip_tagger_count (self, &self->stats.n_over_budget);
  }
  GST_DEBUG_OBJECT (self, "end of the stream: open events end");
  end_events (self, CLIP_END_EOS);
  gst_clip_tagger_save_soon (self);
}

static gboolean
says_the_same (const GstSegment *a, const GstSegment *b)
{
  return a->format == GST_FORMAT_TIME && b->format == GST_FORMAT_TIME && a->start == b->start && a->time == b->time
         && (a->rate < 0) == (b->rate < 0) && a->applied_rate == b->applied_rate;
}

/* Whether a new segment is a break in stream time. One that says the same of it as the last one is none, whatever its
 * rate, base, stop or duration; nor one that begins where the last frame ended. */
static gboolean
is_break (const GstClipFlow *flow, const GstSegment *old, const GstSegment *segment)
{
  guint64 begin = segment->rate < 0 ? segment->stop : segment->start, stream_time;
  if (!flow->has_last || says_the_same (old, segment))
    return FALSE;
  if (segment->format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID (begin)
      || !GST_CLOCK_STIME_IS_VALID (flow->last.position) || flow->last.by_arrival)
    return TRUE;
  gint sign = gst_segment_to_stream_time_full (segment, GST_FORMAT_TIME, begin, &stream_time);
  if ((segment->rate < 0) != (sign < 0))
    stream_time = -stream_time;
  if (sign == 0)
    return TRUE;
  gint64 jump = (gint64)(stream_time - (guint64)flow->last.position);
  const GstVideoInfo *info = &flow->info.video;
  GstClockTime duration = flow->last.duration;
  if (!GST_CLOCK_TIME_IS_VALID (duration))
    duration = GST_VIDEO_INFO_FPS_N (info) > 0
                   ? gst_util_uint64_scale_int (GST_SECOND, GST_VIDEO_INFO_FPS_D (info), GST_VIDEO_INFO_FPS_N (info))
                   : 0;
  return jump < 0 || (guint64)jump > MIN (duration, CLIP_EVENT_GAP) + SEGMENT_TOLERANCE;
}

/* News that would have to wait for a frame beyond this event goes before it. That of a flush goes with the first frame
 * after it, or before the end. */
static void
push_events_before (GstClipTagger *self, GstEvent *event)
{
  GstPad *src = GST_BASE_TRANSFORM_SRC_PAD (self);
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_STREAM_START:
  case GST_EVENT_SEGMENT:
  case GST_EVENT_SEGMENT_DONE:
    if (self->flow.flushed)
      return;
    break;
  case GST_EVENT_EOS:
    break;
  default:
    return;
  }
  gst_clip_events_recover (self->events, src);
  gst_clip_events_push (self->events, src);
}

/* An input-selector or concat has gone over to another source. */
static gboolean
is_another_stream (GstClipTagger *self, GstEvent *event)
{
  const gchar *id;
  gst_event_parse_stream_start (event, &id);
  gboolean other = self->flow.stream_id && g_strcmp0 (self->flow.stream_id, id) != 0;
  g_free (self->flow.stream_id);
  self->flow.stream_id = g_strdup (id);
  return other;
}

static gboolean
gst_clip_tagger_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstClipTagger *self = GST_CLIP_TAGGER (trans);
  g_autoptr (GstClipStream) stream = gst_clip_tagger_ref_stream (self);
  const GstSegment *segment;

  if (GST_EVENT_IS_SERIALIZED (event) && GST_EVENT_TYPE (event) != GST_EVENT_FLUSH_STOP)
    push_held (self);
  gst_clip_orientation_take_event (&self->flow.orientation, event);

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_FLUSH_START:
    GST_DEBUG_OBJECT (self, "flush: pictures under way are cancelled");
    gst_clip_tagger_set_flushing (self, TRUE);
    if (stream)
      gst_clip_stream_set_flushing (stream, TRUE);
    break;
  case GST_EVENT_FLUSH_STOP:
    GST_DEBUG_OBJECT (self, "end of flush: all that was seen is forgotten");
    gst_clip_tagger_set_flushing (self, FALSE);
    forget_everything (self, CLIP_END_FLUSH);
    self->flow.flushed = TRUE;
    if (stream)
      gst_clip_stream_set_flushing (stream, FALSE);
    break;
  case GST_EVENT_STREAM_START:
    if (is_another_stream (self, event)) {
      GST_DEBUG_OBJECT (self, "another stream, %s: all that was seen is forgotten", self->flow.stream_id);
      if (stream)
        gst_clip_stream_drop (stream);
      forget_everything (self, CLIP_END_SEGMENT);
    }
    break;
  case GST_EVENT_SEGMENT:
    gst_event_parse_segment (event, &segment);
    GST_DEBUG_OBJECT (self, "sampling starts again: %" GST_SEGMENT_FORMAT, segment);
    if (is_break (&self->flow, &trans->segment, segment)) {
      GST_DEBUG_OBJECT (self, "a break in stream time: open events end");
      end_events (self, CLIP_END_SEGMENT);
    }
    gst_clip_sampler_reset (&self->flow.sampler);
    self->flow.arrivals.has_last = FALSE;
    forget_lateness (self);
    ask_whether_live (self);
    break;
  case GST_EVENT_EOS:
    end_stream (self, stream);
    break;
  default:
    break;
  }
  if (GST_EVENT_IS_SERIALIZED (event)) {
    gst_clip_tagger_post_events (self, GST_EVENT_TYPE (event) == GST_EVENT_EOS);
    push_events_before (self, event);
  }
  return parent_class->sink_event (trans, event);
}

/* As GstBaseTransform has it: a late element has to make up for the time until this gets through, too. No sum of what
 * any sink may say wraps round. */
static GstClockTime
earliest_from_qos (GstClockTime timestamp, GstClockTimeDiff diff)
{
  const GstClockTime last = G_MAXINT64;
  if (diff < 0) {
    GstClockTime early = -(guint64)diff;
    return timestamp > early ? MIN (timestamp - early, last) : 0;
  }
  GstClockTime late = 2 * (guint64)diff; /* at most 2^64 - 2 */
  return timestamp <= last && late <= last - timestamp ? timestamp + late : last;
}

static gboolean
gst_clip_tagger_src_event (GstBaseTransform *trans, GstEvent *event)
{
  GstClipTagger *self = GST_CLIP_TAGGER (trans);
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS) {
    gdouble proportion;
    GstClockTimeDiff diff;
    GstClockTime timestamp;
    gst_event_parse_qos (event, NULL, &proportion, &diff, &timestamp);
    if (GST_CLOCK_TIME_IS_VALID (timestamp)) {
      GST_OBJECT_LOCK (self);
      self->earliest = earliest_from_qos (timestamp, diff);
      self->proportion = proportion;
      GST_OBJECT_UNLOCK (self);
    }
  }
  return parent_class->src_event (trans, event);
}

/* Async mode adds nothing. */
static gboolean
gst_clip_tagger_query (GstBaseTransform *trans, GstPadDirection direction, GstQuery *query)
{
  GstClipTagger *self = GST_CLIP_TAGGER (trans);
  /* Upstream wants its frames back, as with DRAIN, or at least to be heard in its turn. */
  if (direction == GST_PAD_SINK && GST_QUERY_IS_SERIALIZED (query))
    push_held (self);
  if (!parent_class->query (trans, direction, query))
    return FALSE;
  if (direction != GST_PAD_SRC || GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return TRUE;

  gboolean live;
  GstClockTime min, max;
  gst_query_parse_latency (query, &live, &min, &max);
  set_live (self, live);
  gst_clip_tagger_wake (self);
  if (live && !gst_clip_tagger_is_async (self)) {
    GST_OBJECT_LOCK (self);
    GstClockTime own = self->latency;
    GST_OBJECT_UNLOCK (self);
    gst_query_set_latency (query, live, min + own, GST_CLOCK_TIME_IS_VALID (max) ? max + own : max);
  }
  return TRUE;
}

/* ---- Starting and stopping ------------------------------------------------------------------------------ */

void
gst_clip_tagger_start_flow (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  gboolean by_roi = self->settings.region == GST_CLIP_INFERENCE_ROI_LIST;
  GST_OBJECT_UNLOCK (self);
  self->flow = (GstClipFlow){
    .by_roi = by_roi,
    .name = gst_object_get_name (GST_OBJECT (self)),
    .epoch = gst_clip_classifier_get_epoch (self->classifier),
  };
  gst_clip_events_start (self->events, self->flow.name);
  g_queue_init (&self->flow.held);
  g_queue_init (&self->flow.ready);
  g_atomic_int_set (&self->live, FALSE);
}

void
gst_clip_tagger_stop_flow (GstClipTagger *self)
{
  drop_held (self);
  g_clear_pointer (&self->flow.stream_id, g_free);
  g_clear_pointer (&self->flow.name, g_free);
  gst_clip_orientation_clear (&self->flow.orientation);
  g_clear_pointer (&self->flow.preprocessor, clip_preprocessor_free);
}

void
gst_clip_tagger_class_init_flow (GstBaseTransformClass *klass)
{
  parent_class = g_type_class_peek_parent (klass);
  klass->set_caps = GST_DEBUG_FUNCPTR (gst_clip_tagger_set_caps);
  klass->sink_event = GST_DEBUG_FUNCPTR (gst_clip_tagger_sink_event);
  klass->src_event = GST_DEBUG_FUNCPTR (gst_clip_tagger_src_event);
  klass->query = GST_DEBUG_FUNCPTR (gst_clip_tagger_query);
  klass->transform_ip = GST_DEBUG_FUNCPTR (gst_clip_tagger_transform_ip);
  klass->generate_output = GST_DEBUG_FUNCPTR (gst_clip_tagger_generate_output);
}
