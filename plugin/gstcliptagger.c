/* SPDX-License-Identifier: MIT
 *
 * gstcliptagger.c: the element that labels video frames with CLIP.
 *
 * In place and without touching a pixel: sampled frames are mapped for reading, all frames get metadata, and where a
 * frame is shared (behind a tee) only its metadata is copied. A sampled frame waits for its own labels, so that files
 * are annotated exactly.
 *
 * Threads: the object lock guards the properties and the statistics. `prompts_lock` makes those who change prompts
 * queue up, start() among them; it is held while prompts are encoded, and the streaming thread never takes it. Order:
 * prompts_lock, object lock, the classifier's own. Nothing is posted with any of them held, but for the progress of
 * encoding prompts with prompts_lock: `encoder` tells who would wait for itself. The video info and the sampler are the
 * streaming thread's.
 */
/**
 * SECTION:element-cliptagger
 * @title: cliptagger
 * @see_also: clipoverlay, cliplog
 *
 * Says what is in a video, in your own words, on the CPU. cliptagger looks at frames (twice a second by default) with a
 * CLIP model and tells how well each of the #GstClipTagger:prompts describes them. Every frame carries the latest
 * labels as #GstClipTagMeta with their age; the frame itself passes unchanged.
 *
 * #GstClipTagger:model is a folder as Hugging Face has them, with `config.json`, `model.safetensors`,
 * `preprocessor_config.json` and the tokenizer's files; no conversion is needed. Without it a small built-in model is
 * used. Prompts that nobody set come from `prompts.json` in the model's folder.
 *
 * ## Sampling
 *
 * #GstClipTagger:frame-rate counts in stream time: 1 means one frame of every second of video, however fast it is
 * played. The grid starts with the first frame after a seek or a new segment. Frames without PTS are counted by the
 * frame rate in the caps, and where that is missing every one of them is looked at.
 * #GstClipTagger:inference-interval leaves only every n-th frame to choose from. Frames with #GST_BUFFER_FLAG_GAP are
 * neither counted nor looked at.
 *
 * ## Messages
 *
 * With #GstClipTagger:post-messages an element message named `clip-tags` is posted for every result, with these fields:
 *
 * * #guint64 `timestamp`, `stream-time`, `running-time`, `duration`: of the frame that was looked at, in nanoseconds
 * * #gchararray `model`: name of the model
 * * #gboolean `rescored`: %TRUE when new prompts or settings, not a new frame, changed the result
 * * #gchararray `label`, #gdouble `confidence`: of the best match; missing where no label reaches its threshold
 * * #GstValueList `labels`: a #GstStructure `clip-label` for each, best first: #gchararray `label`, #guint `id` (index
 * of the prompt), #gdouble `confidence`, #gdouble `cosine`
 *
 * Many prompts take time: those of ImageNet, 1,000 in 80 templates, some minutes. With #GstClipTagger:cache only the
 * first time, and messages of type #GST_MESSAGE_PROGRESS with the code `prompts` say how far it has come.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=90 ! cliptagger ! fakesink
 * ]| The built-in model describes the test picture; its messages go to the terminal.
 * |[
 * gst-launch-1.0 filesrc location=film.mkv ! decodebin ! videoconvert ! \
 *     cliptagger model=/models/clip-vit-base-patch32 prompts="a beach;a street at night;a person talking" \
 *     prompt-template="a photo of {}." frame-rate=1 ! cliplog location=film.jsonl ! fakesink
 * ]| Annotates one frame a second of a film.
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! cliptagger model=/models/clip-vit-base-patch32 \
 *     prompts="somebody is there;an empty room" ! clipoverlay ! autovideosink
 * ]| Shows the camera's picture with labels.
 */
#include "gstcliptagger.h"

#include "clip.h"
#include "gstclipclassifier.h"
#include "gstclipimage.h"
#include "gstclipprogress.h"
#include "gstclipsampler.h"
#include "gstclipsettings.h"
#include "gstclipstats.h"
#include "meta/gstcliptagmeta.h"

GST_DEBUG_CATEGORY_STATIC (clip_tagger_debug);
#define GST_CAT_DEFAULT clip_tagger_debug

struct _GstClipTagger
{
  GstBaseTransform parent;

  GstClipSettings settings;
  GMutex prompts_lock;
  GThread *encoder; /* atomic: who has prompts_lock and posts progress, or NULL */
  GstClipClassifier *classifier;

  gint stopping, flushing; /* atomic: an encoding that is cancelled now is to be given up, not repeated */

  GstVideoInfo info;
  GstClipSampler sampler;
  gboolean complained; /* about the last sampled frame */

  GstClipStats stats;
  gchar *last_error;
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_CLIP_IMAGE_FORMATS)));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_CLIP_IMAGE_FORMATS)));

#define gst_clip_tagger_parent_class parent_class
G_DEFINE_FINAL_TYPE (GstClipTagger, gst_clip_tagger, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (cliptagger, "cliptagger", GST_RANK_NONE, GST_TYPE_CLIP_TAGGER,
    GST_DEBUG_CATEGORY_INIT (clip_tagger_debug, "cliptagger", 0, "labels video frames with CLIP"))

static void
remember_error (GstClipTagger *self, const GError *error)
{
  GST_OBJECT_LOCK (self);
  g_free (self->last_error);
  self->last_error = g_strdup (error->message);
  GST_OBJECT_UNLOCK (self);
}

/* ---- Results ------------------------------------------------------------------------------------------- */

static void
append_labels (GstStructure *structure, const GstClipTags *tags)
{
  GValue list = G_VALUE_INIT;
  g_value_init (&list, GST_TYPE_LIST);

  for (guint i = 0; i < gst_clip_tags_get_n_labels (tags); i++) {
    const GstClipTagLabel *label = gst_clip_tags_get_label (tags, i);
    if (i == 0)
      gst_structure_set (
          structure, "label", G_TYPE_STRING, label->label, "confidence", G_TYPE_DOUBLE, label->confidence, NULL);

    GValue value = G_VALUE_INIT;
    g_value_init (&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed (
        &value, gst_structure_new ("clip-label", "label", G_TYPE_STRING, label->label, "id", G_TYPE_UINT, label->id,
                    "confidence", G_TYPE_DOUBLE, label->confidence, "cosine", G_TYPE_DOUBLE, label->cosine, NULL));
    gst_value_list_append_and_take_value (&list, &value);
  }
  gst_structure_take_value (structure, "labels", &list);
}

static void
post_tags (GstClipTagger *self, const GstClipTags *tags, const GstClipTimes *times, gboolean rescored)
{
  GST_OBJECT_LOCK (self);
  gboolean wanted = self->settings.post_messages;
  GST_OBJECT_UNLOCK (self);
  if (!wanted)
    return;

  GstStructure *structure = gst_structure_new ("clip-tags", "timestamp", G_TYPE_UINT64, times->pts, "stream-time",
      G_TYPE_UINT64, times->stream_time, "running-time", G_TYPE_UINT64, times->running_time, "duration", G_TYPE_UINT64,
      times->duration, "model", G_TYPE_STRING, gst_clip_tags_get_model_name (tags), "rescored", G_TYPE_BOOLEAN,
      rescored, NULL);
  append_labels (structure, tags);
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), structure));
}

/* After new prompts or settings: the latest picture has new labels, and nobody should have to wait for a frame to see
 * them. */
static void
post_rescored (GstClipTagger *self)
{
  GstClipTimes times;
  g_autoptr (GstClipTags) tags = gst_clip_classifier_get_latest (self->classifier, &times);
  if (!tags)
    return;

  GST_OBJECT_LOCK (self);
  self->stats.n_rescored++;
  GST_OBJECT_UNLOCK (self);
  post_tags (self, tags, &times, TRUE);
}

/* ---- Frames -------------------------------------------------------------------------------------------- */

static GstClipTimes
frame_times (GstClipTagger *self, GstBuffer *buffer)
{
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  GstClipTimes times = {
    .pts = pts,
    .stream_time = GST_CLOCK_TIME_NONE,
    .running_time = GST_CLOCK_TIME_NONE,
    .duration = GST_BUFFER_DURATION (buffer),
    .position = GST_CLOCK_STIME_NONE,
  };
  if (!GST_CLOCK_TIME_IS_VALID (pts))
    return times;

  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  guint64 stream_time = pts;
  gint sign = 1;
  if (segment->format == GST_FORMAT_TIME) {
    times.stream_time = gst_segment_to_stream_time (segment, GST_FORMAT_TIME, pts);
    times.running_time = gst_segment_to_running_time (segment, GST_FORMAT_TIME, pts);
    /* Also right for frames outside the segment, which a decoder may let through. */
    sign = gst_segment_to_stream_time_full (segment, GST_FORMAT_TIME, pts, &stream_time);
    if (segment->rate < 0)
      sign = -sign;
  }
  times.position = sign < 0 ? -(GstClockTimeDiff)stream_time : (GstClockTimeDiff)stream_time;
  return times;
}

static gboolean
is_due (GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times)
{
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP))
    return FALSE;

  GST_OBJECT_LOCK (self);
  gdouble rate = self->settings.frame_rate;
  guint interval = self->settings.interval;
  GST_OBJECT_UNLOCK (self);

  gint fps_n = GST_VIDEO_INFO_FPS_N (&self->info), fps_d = GST_VIDEO_INFO_FPS_D (&self->info);
  GstClipSamplerFrame frame = {
    .time = times->position,
    .frame_duration = fps_n > 0 ? gst_util_uint64_scale_int (GST_SECOND, fps_d, fps_n) : GST_CLOCK_TIME_NONE,
    .discont = GST_BUFFER_IS_DISCONT (buffer),
  };
  return gst_clip_sampler_take (&self->sampler, &frame, rate, interval);
}

/* Repeats what was cancelled for a seek or a stop that has passed since. */
static gboolean
classify_image (GstClipTagger *self, const ClipImage *image, const GstClipTimes *times, GError **error)
{
  for (;;) {
    g_autoptr (GError) failure = NULL;
    if (gst_clip_classifier_classify (self->classifier, image, times, &failure))
      return TRUE;
    if (!g_error_matches (failure, CLIP_ERROR, CLIP_ERROR_CANCELLED) || g_atomic_int_get (&self->stopping)
        || g_atomic_int_get (&self->flushing)) {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  }
}

static gboolean
classify_buffer (GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, GError **error)
{
  GstVideoFrame frame;
  if (!gst_video_frame_map (&frame, &self->info, buffer, GST_MAP_READ | GST_VIDEO_FRAME_MAP_FLAG_NO_REF)) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE,
        "a buffer of %" G_GSIZE_FORMAT " bytes cannot be mapped as a %dx%d %s frame of %" G_GSIZE_FORMAT " bytes",
        gst_buffer_get_size (buffer), GST_VIDEO_INFO_WIDTH (&self->info), GST_VIDEO_INFO_HEIGHT (&self->info),
        GST_VIDEO_INFO_NAME (&self->info), GST_VIDEO_INFO_SIZE (&self->info));
    return FALSE;
  }

  ClipImage image;
  gint64 start = g_get_monotonic_time ();
  gboolean ok = gst_clip_image_from_frame (&frame, &image, error) && classify_image (self, &image, times, error);
  gint64 stop = g_get_monotonic_time ();
  gst_video_frame_unmap (&frame);

  if (ok) {
    GST_OBJECT_LOCK (self);
    gst_clip_stats_add_encoding (&self->stats, (stop - start) / 1000.0);
    GST_OBJECT_UNLOCK (self);
  }
  return ok;
}

/* ret_sampled: whether the frame has labels of its own now. A frame that cannot be read is the stream's fault and does
 * not end it: it passes with the labels of the one before. */
static GstFlowReturn
sample (GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, gboolean *ret_sampled)
{
  g_autoptr (GError) error = NULL;
  *ret_sampled = classify_buffer (self, buffer, times, &error);
  if (*ret_sampled) {
    self->complained = FALSE;
    return GST_FLOW_OK;
  }
  if (g_error_matches (error, CLIP_ERROR, CLIP_ERROR_CANCELLED))
    return GST_FLOW_FLUSHING;

  remember_error (self, error);
  if (!g_error_matches (error, CLIP_ERROR, CLIP_ERROR_IMAGE)) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s", error->message), (NULL));
    return GST_FLOW_ERROR;
  }

  GST_OBJECT_LOCK (self);
  self->stats.n_failed++;
  GST_OBJECT_UNLOCK (self);
  if (!self->complained)
    GST_ELEMENT_WARNING (self, STREAM, DECODE, ("%s", error->message), ("the frame passes without labels of its own"));
  self->complained = TRUE;
  return GST_FLOW_OK;
}

static GstFlowReturn
gst_clip_tagger_transform_ip (GstBaseTransform *trans, GstBuffer *buffer)
{
  GstClipTagger *self = GST_CLIP_TAGGER (trans);
  GstClipTimes times = frame_times (self, buffer);

  gboolean sampled = is_due (self, buffer, &times);
  GST_OBJECT_LOCK (self);
  self->stats.n_frames++;
  self->stats.n_sampled += sampled ? 1 : 0;
  GST_OBJECT_UNLOCK (self);

  if (sampled) {
    GstFlowReturn flow = sample (self, buffer, &times, &sampled);
    if (flow != GST_FLOW_OK)
      return flow;
  }

  GstClipTimes source;
  g_autoptr (GstClipTags) tags = gst_clip_classifier_get_latest (self->classifier, &source);
  if (!tags)
    return GST_FLOW_OK;

  GstClockTime age = GST_CLOCK_TIME_NONE;
  if (GST_CLOCK_STIME_IS_VALID (times.position) && GST_CLOCK_STIME_IS_VALID (source.position)
      && times.position >= source.position)
    age = times.position - source.position;
  gst_buffer_add_clip_tag_meta (buffer, tags, age, sampled);

  GST_LOG_OBJECT (self, "%s frame at %" GST_TIME_FORMAT ", labels aged %" GST_TIME_FORMAT,
      sampled ? "sampled" : "passing", GST_TIME_ARGS (times.pts), GST_TIME_ARGS (age));
  if (sampled)
    post_tags (self, tags, &times, FALSE);
  return GST_FLOW_OK;
}

static gboolean
gst_clip_tagger_set_caps (GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps)
{
  GstClipTagger *self = GST_CLIP_TAGGER (trans);
  return gst_video_info_from_caps (&self->info, incaps);
}

static gboolean
gst_clip_tagger_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstClipTagger *self = GST_CLIP_TAGGER (trans);

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_FLUSH_START:
    g_atomic_int_set (&self->flushing, TRUE);
    gst_clip_classifier_cancel (self->classifier, FALSE);
    break;
  case GST_EVENT_FLUSH_STOP:
    g_atomic_int_set (&self->flushing, FALSE);
    gst_clip_sampler_reset (&self->sampler);
    gst_clip_classifier_forget (self->classifier);
    break;
  case GST_EVENT_SEGMENT:
    gst_clip_sampler_reset (&self->sampler);
    break;
  default:
    break;
  }
  return GST_BASE_TRANSFORM_CLASS (parent_class)->sink_event (trans, event);
}

/* ---- Encoding prompts ----------------------------------------------------------------------------------- */

static void
report_progress (guint64 done, guint64 total, gpointer progress)
{
  gst_clip_progress_update (progress, g_get_monotonic_time (), done, total);
}

/* Takes prompts_lock. Returns how to encode, with `progress` for gst_clip_progress_end() to end without the lock. */
static GstClipEncoding
begin_encoding (GstClipTagger *self, GstClipProgress *progress)
{
  g_mutex_lock (&self->prompts_lock);
  g_atomic_pointer_set (&self->encoder, g_thread_self ());
  gst_clip_progress_init (progress, GST_ELEMENT (self));
  GST_OBJECT_LOCK (self);
  GstClipEncoding encoding = { .cache = self->settings.cache, .progress = report_progress, .user_data = progress };
  GST_OBJECT_UNLOCK (self);
  return encoding;
}

static void
end_encoding (GstClipTagger *self)
{
  g_atomic_pointer_set (&self->encoder, NULL);
  g_mutex_unlock (&self->prompts_lock);
}

/* ---- Starting and stopping ------------------------------------------------------------------------------ */

static void
report_model (GstClipTagger *self)
{
  g_auto (GstClipDescription) description = { NULL };
  gst_clip_classifier_describe (self->classifier, &description);
  GST_INFO_OBJECT (self, "model %s (%s): %s by %s, %u threads", description.model, description.fingerprint,
      description.precision, clip_kernels_description (), description.n_threads);
  if (description.non_finite)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("model %s: some weights are not numbers or infinite, its scores may be 0 throughout", description.model),
        (NULL));
}

static gboolean
gst_clip_tagger_start (GstBaseTransform *trans)
{
  GstClipTagger *self = GST_CLIP_TAGGER (trans);
  g_auto (GstClipPromptSource) source = { NULL };
  g_autoptr (GError) error = NULL;

  g_atomic_int_set (&self->stopping, FALSE);
  g_atomic_int_set (&self->flushing, FALSE);
  gst_clip_sampler_reset (&self->sampler);
  self->complained = FALSE;

  GstClipProgress progress;
  GstClipEncoding encoding = begin_encoding (self, &progress);
  GST_OBJECT_LOCK (self);
  g_autofree gchar *model = g_strdup (self->settings.model);
  ClipFit fit = self->settings.fit;
  guint n_threads = self->settings.n_threads;
  ClipPrecision precision = self->settings.precision;
  gst_clip_prompt_source_copy (&source, &self->settings.source);
  gst_clip_stats_reset (&self->stats);
  g_clear_pointer (&self->last_error, g_free);
  GST_OBJECT_UNLOCK (self);
  gboolean ok
      = gst_clip_classifier_open (self->classifier, model, precision, fit, n_threads, &source, &encoding, &error);
  end_encoding (self);
  gst_clip_progress_end (&progress, error);

  if (!ok) {
    remember_error (self, error);
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
    return FALSE;
  }
  report_model (self);
  return TRUE;
}

static gboolean
gst_clip_tagger_stop (GstBaseTransform *trans)
{
  GstClipTagger *self = GST_CLIP_TAGGER (trans);
  gst_clip_classifier_close (self->classifier);
  return TRUE;
}

static GstStateChangeReturn
gst_clip_tagger_change_state (GstElement *element, GstStateChange transition)
{
  GstClipTagger *self = GST_CLIP_TAGGER (element);

  /* The base class waits for the streaming thread: it has to be let go first. */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    g_atomic_int_set (&self->stopping, TRUE);
    gst_clip_classifier_cancel (self->classifier, TRUE);
  }
  return GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);
}

/* ---- Properties ----------------------------------------------------------------------------------------- */

/* While running, new prompts are tried before they are taken: bad ones leave the element and its properties as they
 * were. Before that nobody can tell bad from good, and start() will. */
static void
set_prompts (GstClipTagger *self, GstClipProperty property, const gchar *value)
{
  g_auto (GstClipPromptSource) source = { NULL };
  g_autoptr (GError) error = NULL;
  gboolean file_gone = FALSE;

  if (g_atomic_pointer_get (&self->encoder) == g_thread_self ()) {
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, ("prompts cannot be set while handling their own progress"),
        ("the prompts that are being encoded stay as they are"));
    return;
  }

  GstClipProgress progress;
  GstClipEncoding encoding = begin_encoding (self, &progress);
  gboolean running = gst_clip_classifier_is_open (self->classifier);
  GST_OBJECT_LOCK (self);
  gst_clip_prompt_source_copy (&source, &self->settings.source);
  GST_OBJECT_UNLOCK (self);

  gchar **field = gst_clip_prompt_source_field (&source, property);
  g_free (*field);
  *field = g_strdup (value);
  /* A file goes before prompts at the start, but who sets prompts later wants them. */
  if (running && property == GST_CLIP_PROP_PROMPTS && value && *value && source.file) {
    g_clear_pointer (&source.file, g_free);
    file_gone = TRUE;
  }

  gboolean ok = !running || gst_clip_classifier_set_prompts (self->classifier, &source, &encoding, &error)
                || g_error_matches (error, CLIP_ERROR, CLIP_ERROR_CANCELLED);
  if (ok) {
    GST_OBJECT_LOCK (self);
    GstClipPromptSource old = self->settings.source;
    self->settings.source = source;
    source = old;
    GST_OBJECT_UNLOCK (self);
  }
  end_encoding (self);
  gst_clip_progress_end (&progress, error);

  if (!ok) {
    remember_error (self, error);
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, ("%s", error->message), ("the prompts in use stay as they are"));
  } else if (running && !error) {
    post_rescored (self);
    if (file_gone)
      g_object_notify (G_OBJECT (self), "prompts-file");
  }
}

static void
gst_clip_tagger_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  GstClipTagger *self = GST_CLIP_TAGGER (object);

  switch ((GstClipProperty)prop_id) {
  case GST_CLIP_PROP_PROMPTS:
  case GST_CLIP_PROP_PROMPTS_FILE:
  case GST_CLIP_PROP_PROMPT_TEMPLATE:
    set_prompts (self, prop_id, g_value_get_string (value));
    break;
  case GST_CLIP_PROP_TOP_K:
  case GST_CLIP_PROP_THRESHOLD:
  case GST_CLIP_PROP_SCORE_MODE:
  case GST_CLIP_PROP_TEMPERATURE:
  case GST_CLIP_PROP_ATTACH_EMBEDDING:
    GST_OBJECT_LOCK (self);
    gst_clip_settings_set (&self->settings, prop_id, value);
    gst_clip_classifier_set_ranking (self->classifier, &self->settings.ranking);
    GST_OBJECT_UNLOCK (self);
    post_rescored (self);
    break;
  case GST_CLIP_PROP_MODEL:
  case GST_CLIP_PROP_FIT:
  case GST_CLIP_PROP_FRAME_RATE:
  case GST_CLIP_PROP_INFERENCE_INTERVAL:
  case GST_CLIP_PROP_N_THREADS:
  case GST_CLIP_PROP_PRECISION:
  case GST_CLIP_PROP_POST_MESSAGES:
  case GST_CLIP_PROP_CACHE:
    GST_OBJECT_LOCK (self);
    gst_clip_settings_set (&self->settings, prop_id, value);
    GST_OBJECT_UNLOCK (self);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    break;
  }
}

static GstStructure *
make_stats (GstClipTagger *self)
{
  g_auto (GstClipDescription) description = { NULL };
  gst_clip_classifier_describe (self->classifier, &description);

  GST_OBJECT_LOCK (self);
  GstStructure *structure = gst_structure_new ("application/x-cliptag-stats", "frames", G_TYPE_UINT64,
      self->stats.n_frames, "sampled", G_TYPE_UINT64, self->stats.n_sampled, "inferred", G_TYPE_UINT64,
      self->stats.n_inferred, "failed", G_TYPE_UINT64, self->stats.n_failed, "rescored", G_TYPE_UINT64,
      self->stats.n_rescored, "encode-ms-p50", G_TYPE_DOUBLE, gst_clip_stats_get_percentile (&self->stats, 0.50),
      "encode-ms-p95", G_TYPE_DOUBLE, gst_clip_stats_get_percentile (&self->stats, 0.95), "prompts", G_TYPE_UINT,
      description.n_prompts, "n-threads", G_TYPE_UINT, description.n_threads, "model", G_TYPE_STRING, description.model,
      "fingerprint", G_TYPE_STRING, description.fingerprint, "precision", G_TYPE_STRING, description.precision,
      "kernels", G_TYPE_STRING, clip_kernels_description (), "last-error", G_TYPE_STRING, self->last_error, NULL);
  GST_OBJECT_UNLOCK (self);
  return structure;
}

static void
gst_clip_tagger_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  GstClipTagger *self = GST_CLIP_TAGGER (object);

  if (prop_id == GST_CLIP_PROP_STATS) {
    g_value_take_boxed (value, make_stats (self));
    return;
  }
  GST_OBJECT_LOCK (self);
  gst_clip_settings_get (&self->settings, prop_id, value);
  GST_OBJECT_UNLOCK (self);
}

/* ---- The class ------------------------------------------------------------------------------------------ */

static void
gst_clip_tagger_finalize (GObject *object)
{
  GstClipTagger *self = GST_CLIP_TAGGER (object);
  gst_clip_classifier_free (self->classifier);
  gst_clip_settings_clear (&self->settings);
  g_mutex_clear (&self->prompts_lock);
  g_free (self->last_error);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_clip_tagger_class_init (GstClipTaggerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);

  object_class->finalize = gst_clip_tagger_finalize;
  object_class->set_property = gst_clip_tagger_set_property;
  object_class->get_property = gst_clip_tagger_get_property;
  gst_clip_settings_install_properties (object_class);

  gst_element_class_set_static_metadata (element_class, "CLIP tagger", "Filter/Analyzer/Video",
      "Says what is in a video, in your own words, with CLIP on the CPU", "The gst-cliptag authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_clip_tagger_change_state);

  transform_class->start = GST_DEBUG_FUNCPTR (gst_clip_tagger_start);
  transform_class->stop = GST_DEBUG_FUNCPTR (gst_clip_tagger_stop);
  transform_class->set_caps = GST_DEBUG_FUNCPTR (gst_clip_tagger_set_caps);
  transform_class->sink_event = GST_DEBUG_FUNCPTR (gst_clip_tagger_sink_event);
  transform_class->transform_ip = GST_DEBUG_FUNCPTR (gst_clip_tagger_transform_ip);
}

static void
gst_clip_tagger_init (GstClipTagger *self)
{
  g_mutex_init (&self->prompts_lock);
  gst_clip_settings_init (&self->settings);
  self->classifier = gst_clip_classifier_new ();
  gst_clip_classifier_set_ranking (self->classifier, &self->settings.ranking);

  /* Late frames are for sinks to drop: labels of a file must not depend on how fast it was read. */
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), FALSE);
  gst_base_transform_set_gap_aware (GST_BASE_TRANSFORM (self), TRUE);
}
