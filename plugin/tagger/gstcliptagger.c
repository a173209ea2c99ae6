/* SPDX-License-Identifier: MIT
 *
 * gstcliptagger.c: the element that labels video frames with CLIP: properties, signals, start and stop.
 *
 * In place and without touching a pixel: sampled frames are mapped for reading, all frames get metadata, and where a
 * frame is shared (behind a tee) only its metadata is copied. gstcliptaggerstate.h says which thread has what.
 */
/**
 * SECTION:element-cliptagger
 * @title: cliptagger
 * @see_also: clipoverlay, cliplog
 *
 * Labels what is in a video, in your own words, on the CPU. cliptagger samples frames (twice a second by default),
 * encodes them with a CLIP model and scores how well each of the #GstClipTagger:prompts describes them. Every frame
 * carries the latest labels as #GstClipTagMeta with their age; the frame itself passes unchanged.
 *
 * #GstClipTagger:model is a folder as Hugging Face has them, with `config.json`, `model.safetensors`,
 * `processor_config.json` or `preprocessor_config.json` and the tokenizer's files; no conversion is needed. Without it
 * a small built-in model is used. Prompts that nobody set come from `prompts.json` in the model's folder. What is odd
 * about a folder that works all the same, and prompts that are longer than the model reads, are warnings on the bus.
 *
 * ## Sampling
 *
 * #GstClipTagger:frame-rate counts in stream time: 1 means one frame of every second of video, however fast it is
 * played. The grid starts with the first frame after a seek or a new segment. Frames without PTS are counted by the
 * frame rate in the caps, and where that is missing every one of them is sampled.
 * #GstClipTagger:inference-interval leaves only every n-th frame to choose from. Frames with #GST_BUFFER_FLAG_GAP are
 * neither counted nor sampled.
 *
 * ## The picture
 *
 * What is encoded is the picture as it is meant: upright, by #GstClipTagger:orientation; in its display shape, by
 * pixel-aspect-ratio; without what #GstVideoCropMeta cuts off; in the colours of its colorimetry, PQ and HLG
 * brought to SDR; without alpha. Of an interlaced frame it is one field. Regions are in the frame's own coordinates,
 * and the frame is never changed. interlace-mode=alternate, a field a buffer, is not accepted: use deinterlace
 * upstream.
 *
 * ## Live streams
 *
 * In a live pipeline frames never wait (#GstClipTagger:inference-mode): the newest sampled frame, scaled down, waits
 * for the encoder while the stream goes on, and frames carry the last result and its age, until #GstClipTagger:max-age.
 * Elements with the same model share its weights and threads. #GstClipTagger:max-cpu bounds what a stream may cost.
 *
 * ## Regions of interest
 *
 * With #GstClipTagger:inference-region=roi-list the regions that a detector attached to a sampled frame, as
 * #GstVideoRegionOfInterestMeta, are cut out and labelled one by one, the largest first, up to 64 of them; the frame as
 * a whole is not encoded. #GstClipTagger:object-class and #GstClipTagger:min-crop-size choose among them. An object
 * with a number, as trackers give them (a parameter `object_id` with a #gint `id`, as DL Streamer's gvatrack writes it,
 * or else the metadata's id), keeps its labels for as long as it is in the picture, and
 * #GstClipTagger:reclassify-interval says how often it is encoded. Others, and objects whose number is new, have the
 * labels of the region of the same type that was encoded last in the same place (at least half of both in common).
 *
 * Every region of a known object then has a parameter `clip-tags`, a #GstStructure with these fields:
 *
 * * #GstClipTags `tags`: all labels, as on frames
 * * #gchararray `label`, #gint `label_id`, #gdouble `confidence`, #gdouble `cosine`: of the best one; missing where no
 * label reaches its threshold
 * * #gchararray `model_name`
 * * #guint64 `source_pts`: of the frame that it was encoded from; `age`: stream time since then
 * * #gboolean `sampled`: %TRUE on the first frame with these labels
 * * #guint64 `serial`: of the result, #gchararray `tagger`: this element's name, both as #GstClipTagMeta has them
 *
 * Where it was built with GstAnalytics the detections of a frame's #GstAnalyticsRelationMeta are regions, too, with the
 * number of a related #GstAnalyticsTrackingMtd. One with the type and the place of a region of interest is the same
 * object. Labels are a #GstAnalyticsClsMtd, the best one first, which the detection contains and relates to.
 *
 * ## Zones
 *
 * #GstClipTagger:zones, and those of a prompts file, are parts of the picture with labels of their own, in coordinates
 * of 0 to 1 of the upright picture in its display shape. Each is encoded as a picture of its own, in one job with the
 * frame; outside of a polygon it has the model's mean colour. #GstClipTagger:min-change is for each by itself. A frame
 * without prompts of its own is not encoded. Zones do not go with #GstClipTagger:inference-region=roi-list and with a
 * #GstClipTagger:batch-size above 1.
 *
 * Every frame carries them as #GstVideoRegionOfInterestMeta of the type that is the zone's name, in the frame's own
 * coordinates, with a parameter `clip-tags` as above and
 *
 * * #gchararray `zone`: its name, #gboolean `reused`: %TRUE when it was like its last encoded picture
 * * #GstValueArray `points` of a polygon: #gdouble x and y of each corner, 0 to 1 of the region
 *
 * ## Messages
 *
 * With #GstClipTagger:post-messages an element message named `clip-tags` is posted for every result, with these fields:
 *
 * * #guint64 `timestamp`, `stream-time`, `running-time`, `duration`: of the sampled frame, in nanoseconds
 * * #gchararray `model`: name of the model
 * * #gboolean `rescored`: %TRUE when new prompts or settings, not a new frame, changed the result
 * * #gboolean `reused`: %TRUE when the frame was like the last encoded one, so that its labels hold on
 * * #gchararray `label`, #gdouble `confidence`: of the best match; missing where no label reaches its threshold
 * * #GstValueList `labels`: a #GstStructure `clip-label` for each, best first: #gchararray `label`, #guint `id` (index
 * of the prompt), #gdouble `confidence`, #gdouble `cosine`, and where it has one #gchararray `group`
 * * with zones too, and instead of these for regions of interest: #GstValueList `regions`, a #GstStructure
 * `clip-region` for each zone with a result or region that was encoded: #gchararray `zone` and #gboolean `reused` of a
 * zone; #guint `x`, `y`, `w`, `h`: the part of it inside of the frame; #gchararray `roi-type`; #gint
 * `roi-id`: number of a tracked object, else 0; #guint64 `timestamp`: of the frame that it was encoded from; and
 * `label`, `confidence`, `labels` as above
 *
 * In async mode they come from the scheduler's thread as soon as there is a result.
 *
 * ## Events
 *
 * A label's event says when it came and when it went. Scores are smoothed (#GstClipTagger:smoothing); an event starts
 * with the first sample that reaches #GstClipTagger:threshold, is told of once it has lasted for
 * #GstClipTagger:min-duration, and ends with the last sample that reached #GstClipTagger:off-threshold, once none has
 * for longer than #GstClipTagger:hold-time. The frame has events, and so has every object that a tracker numbers.
 *
 * All times are those of the frames that were sampled, not of those that carry the news. These are an element message
 * `clip-event` with #GstClipTagger:post-messages, and #GstClipEventMeta on the next frame; where none follows, before
 * EOS, a #GstSegment or another stream, a serialized event %GST_EVENT_CUSTOM_DOWNSTREAM with the same structure. Each
 * way has them all, once and in order.
 *
 * What is open ends at EOS, with a flush, with new prompts, with an object that is lost and at stop (messages alone),
 * and where stream time breaks: with another STREAM_START, and with a segment, unless that goes on in stream time where
 * the last frame ended or differs in rate, base, stop and duration only. In async mode EOS waits for the pictures that
 * are under way.
 *
 * ## What takes long
 *
 * The model is loaded and prompts are encoded in a thread of their own: no state change and no property waits for it. A
 * change to PAUSED waits 30 ms at most for what is found wrong at once, and fails then. Whatever is wrong with the
 * model or the prompts is one error message, before the first frame has come through or, in live streams, before the
 * first label. Frames wait for the model, unless the stream is live and #GstClipTagger:inference-mode is not sync: then
 * they pass, and labels begin when they are there. Stopping, or a flush, ends the wait.
 *
 * Prompts that are set while frames flow replace those in use when they are encoded. In sync mode frames wait for that,
 * so that each has the labels that were asked for before it; in async mode they go on with the old ones. Prompts that
 * are set meanwhile overtake those that are being encoded: the last ones count. Bad ones leave the prompts in use as
 * they are, set the properties back and post one warning. Properties that are set together are tried together.
 *
 * When the model and the last prompts are in use, the field `ready` of #GstClipTagger:stats is %TRUE, and an element
 * message `clip-ready` is posted: with the model, after each change of the prompts, and after bad ones. Its fields are
 * #gchararray `model`, `fingerprint`, `precision`, `kernels`, and #guint `prompts`, how many there are.
 *
 * Many prompts take time: those of ImageNet, 1,000 in 80 templates, some minutes. With #GstClipTagger:cache only the
 * first time, and messages of type #GST_MESSAGE_PROGRESS with the code `prompts` say how far it has come.
 *
 * ## Errors
 *
 * What is wrong is one error message while there is no label yet, and a warning with the same code where the element
 * goes on, as with bad prompts that are set while frames flow. The codes say what an application can do about it:
 *
 * * #GST_RESOURCE_ERROR_NOT_FOUND: the model's folder, one of its files or the prompts' file does not exist
 * * #GST_RESOURCE_ERROR_OPEN_READ: one of them cannot be read: no permission, a folder instead of a file, too large
 * * #GST_RESOURCE_ERROR_SETTINGS: one of them is malformed, contradicts itself or needs what is not supported; prompts
 * or templates are bad, or there are none
 * * #GST_RESOURCE_ERROR_NO_SPACE_LEFT: memory has no room for the model, the prompts or a picture
 * * #GST_RESOURCE_ERROR_FAILED: no thread could be started
 * * #GST_STREAM_ERROR_DECODE: a frame cannot be read (a warning: it passes without labels of its own)
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
 * |[
 * gst-launch-1.0 filesrc location=yard.mp4 ! decodebin ! videoconvert ! gvadetect model=detector.xml ! gvatrack ! \
 *     cliptagger inference-region=roi-list object-class=car reclassify-interval=0 \
 *     model=/models/clip-vit-base-patch32 prompts="a taxi;a police car;a car" ! clipoverlay ! autovideosink
 * ]| Labels the kind of each car, once for every car.
 * |[
 * gst-launch-1.0 rtspsrc location=rtsp://camera.example/stream ! decodebin ! videoconvert ! \
 *     cliptagger model=/models/clip-vit-base-patch32 prompts="an open gate;a closed gate" \
 *     zones="gate=0.6,0.2,0.3,0.5" min-change=1.5 ! clipoverlay ! autovideosink
 * ]| Watches the gate at the right, and encodes it only when something changes there.
 */
#include "common/gstclipimage.h"
#include "common/gstclipproperty.h"
#include "tagger/gstcliptaggerflow.h"
#include "tagger/gstcliptaggerprompts.h"
#include "tagger/gstcliptaggerworker.h"

#define GST_CAT_DEFAULT gst_clip_tagger_debug

enum
{
  SIGNAL_SET_PROMPTS,
  SIGNAL_RELOAD_PROMPTS,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

#define gst_clip_tagger_parent_class parent_class
G_DEFINE_FINAL_TYPE (GstClipTagger, gst_clip_tagger, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE (cliptagger, "cliptagger", GST_RANK_NONE, GST_TYPE_CLIP_TAGGER)

/* ---- Starting and stopping ------------------------------------------------------------------------------ */

static gboolean
gst_clip_tagger_stop (GstBaseTransform *trans)
{
  GstClipTagger *self = GST_CLIP_TAGGER (trans);
  gst_clip_tagger_stop_worker (self);
  GST_OBJECT_LOCK (self);
  g_autoptr (GstClipStream) stream = g_steal_pointer (&self->stream);
  GstClipScheduler *scheduler = g_steal_pointer (&self->scheduler);
  GST_OBJECT_UNLOCK (self);

  /* No result is delivered any more once it is closed. */
  if (stream)
    gst_clip_stream_close (stream);
  gst_clip_tagger_stop_flow (self);
  gst_clip_tagger_save_baselines (self);
  gst_clip_objects_forget (self->objects, CLIP_END_STOP);
  gst_clip_zones_forget (self->zones, CLIP_END_STOP);
  gst_clip_classifier_close (self->classifier);
  gst_clip_zones_update (self->zones); /* there are none any more */
  gst_clip_tagger_post_events (self, TRUE);
  gst_clip_scheduler_unref (scheduler);
  GST_OBJECT_LOCK (self);
  self->started = FALSE;
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static gboolean
gst_clip_tagger_start (GstBaseTransform *trans)
{
  GstClipTagger *self = GST_CLIP_TAGGER (trans);

  GST_OBJECT_LOCK (self);
  gst_clip_stats_reset (&self->stats);
  g_clear_pointer (&self->last_error, g_free);
  self->latency = 0;
  self->earliest = GST_CLOCK_TIME_NONE;
  self->started = TRUE;
  self->failed = FALSE;
  GST_OBJECT_UNLOCK (self);
  gst_clip_tagger_start_flow (self);
  g_autoptr (GError) error = NULL;
  if (!gst_clip_tagger_start_worker (self, &error))
    GST_ELEMENT_ERROR (self, RESOURCE, FAILED, ("no thread to open the model in: %s", error->message), (NULL));
  else if (!gst_clip_tagger_await_refusal (self))
    return TRUE;
  gst_clip_tagger_stop (trans); /* the base class does not call it after this */
  return FALSE;
}

static GstStateChangeReturn
gst_clip_tagger_change_state (GstElement *element, GstStateChange transition)
{
  GstClipTagger *self = GST_CLIP_TAGGER (element);

  /* The base class waits for the streaming thread: it has to be let go first. */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    gst_clip_tagger_let_go (self);
    g_autoptr (GstClipStream) stream = gst_clip_tagger_ref_stream (self);
    if (stream)
      gst_clip_stream_close (stream);
  }
  return GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);
}

/* ---- Properties and signals ------------------------------------------------------------------------------ */

static void
gst_clip_tagger_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  GstClipTagger *self = GST_CLIP_TAGGER (object);

  switch ((GstClipProperty)prop_id) {
  case GST_CLIP_PROP_PROMPTS:
  case GST_CLIP_PROP_PROMPTS_FILE:
  case GST_CLIP_PROP_PROMPT_TEMPLATE:
  case GST_CLIP_PROP_BACKGROUND:
  case GST_CLIP_PROP_ZONES:
    gst_clip_tagger_request_prompts (self, prop_id, g_value_get_string (value));
    return;
  case GST_CLIP_PROP_TOP_K:
  case GST_CLIP_PROP_THRESHOLD:
  case GST_CLIP_PROP_SCORE_MODE:
  case GST_CLIP_PROP_TEMPERATURE:
  case GST_CLIP_PROP_SMOOTHING:
  case GST_CLIP_PROP_OFF_THRESHOLD:
  case GST_CLIP_PROP_MIN_DURATION:
  case GST_CLIP_PROP_HOLD_TIME:
  case GST_CLIP_PROP_COOL_DOWN:
  case GST_CLIP_PROP_UPDATE_INTERVAL:
  case GST_CLIP_PROP_BASELINE:
  case GST_CLIP_PROP_ATTACH_EMBEDDING:
    gst_clip_tagger_request_ranking (self, prop_id, value);
    return;
  case GST_CLIP_PROP_STATS:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    return;
  default:
    break;
  }

  if (prop_id == GST_CLIP_PROP_ORIENTATION
      && !gst_clip_orientation_check (GST_ELEMENT (self), g_value_get_enum (value)))
    return;
  GST_OBJECT_LOCK (self);
  if (!gst_clip_property_may_change (pspec, self->started)) {
    GST_OBJECT_UNLOCK (self);
    gst_clip_property_refuse (self, pspec);
    return;
  }
  gst_clip_settings_set (&self->settings, prop_id, value);
  if (prop_id == GST_CLIP_PROP_OBJECT_CLASS)
    gst_clip_objects_set_classes (self->objects, self->settings.object_class);
  if (prop_id == GST_CLIP_PROP_MAX_CPU && self->stream)
    gst_clip_stream_set_max_cpu (self->stream, self->settings.max_cpu);
  GST_OBJECT_UNLOCK (self);
  if (prop_id == GST_CLIP_PROP_INFERENCE_MODE)
    gst_clip_tagger_log_mode (self, "asked for");
  if (prop_id == GST_CLIP_PROP_INFERENCE_MODE || prop_id == GST_CLIP_PROP_WATCH_PROMPTS)
    gst_clip_tagger_wake (self);
}

static void
gst_clip_tagger_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  GstClipTagger *self = GST_CLIP_TAGGER (object);

  if (prop_id == GST_CLIP_PROP_STATS) {
    g_value_take_boxed (value, gst_clip_tagger_make_stats (self));
    return;
  }
  GST_OBJECT_LOCK (self);
  gst_clip_settings_get (&self->settings, prop_id, value);
  GST_OBJECT_UNLOCK (self);
}

static gboolean
on_set_prompts (GstClipTagger *self, const gchar *prompts)
{
  gboolean ok = gst_clip_tagger_set_prompts_and_wait (self, GST_CLIP_PROP_PROMPTS, prompts);
  if (ok)
    g_object_notify (G_OBJECT (self), "prompts");
  return ok;
}

static gboolean
on_reload_prompts (GstClipTagger *self)
{
  return gst_clip_tagger_set_prompts_and_wait (self, GST_CLIP_PROP_STATS, NULL);
}

static void
install_signals (GObjectClass *klass)
{
  /**
   * GstClipTagger::set-prompts:
   * @self: the element
   * @prompts: texts to compare pictures with from now on, separated by `;`
   *
   * Like setting #GstClipTagger:prompts, but waits until they are encoded and tells what came of it. While the model is
   * being loaded it does not wait.
   *
   * Returns: %FALSE if they are not in use: a warning says what is wrong with them, or the element was stopped
   */
  signals[SIGNAL_SET_PROMPTS]
      = g_signal_new_class_handler ("set-prompts", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
          G_CALLBACK (on_set_prompts), NULL, NULL, NULL, G_TYPE_BOOLEAN, 1, G_TYPE_STRING);
  /**
   * GstClipTagger::reload-prompts:
   * @self: the element
   *
   * Reads the file that the prompts come from again, waits until they are encoded and tells what came of it.
   *
   * Returns: %FALSE if they are not in use: a warning says what is wrong with the file, or the element was stopped
   */
  signals[SIGNAL_RELOAD_PROMPTS] = g_signal_new_class_handler ("reload-prompts", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (on_reload_prompts), NULL, NULL, NULL, G_TYPE_BOOLEAN, 0);
}

/* ---- The class ------------------------------------------------------------------------------------------ */

static void
gst_clip_tagger_finalize (GObject *object)
{
  GstClipTagger *self = GST_CLIP_TAGGER (object);
  gst_clip_objects_free (self->objects);
  gst_clip_zones_free (self->zones);
  gst_clip_classifier_free (self->classifier);
  gst_clip_events_free (self->events);
  gst_clip_settings_clear (&self->settings);
  gst_clip_prompt_source_clear (&self->source_in_use);
  g_mutex_clear (&self->encoding_lock);
  g_cond_clear (&self->changed);
  g_free (self->last_error);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_clip_tagger_class_init (GstClipTaggerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_clip_tagger_debug, "cliptagger", 0, "CLIP labels for video frames");
  gst_clip_scheduler_init_debug ();

  object_class->finalize = gst_clip_tagger_finalize;
  object_class->set_property = gst_clip_tagger_set_property;
  object_class->get_property = gst_clip_tagger_get_property;
  gst_clip_settings_install_properties (object_class);
  install_signals (object_class);

  gst_element_class_set_static_metadata (element_class, "CLIP tagger", "Filter/Analyzer/Video",
      "Labels what is in a video, in your own words, with CLIP on the CPU", "The gst-cliptag authors");
  g_autoptr (GstCaps) caps = gst_clip_image_make_caps ();
  gst_element_class_add_pad_template (element_class, gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_element_class_add_pad_template (element_class, gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_clip_tagger_change_state);

  transform_class->start = GST_DEBUG_FUNCPTR (gst_clip_tagger_start);
  transform_class->stop = GST_DEBUG_FUNCPTR (gst_clip_tagger_stop);
  gst_clip_tagger_class_init_flow (transform_class);
}

static void
gst_clip_tagger_init (GstClipTagger *self)
{
  g_mutex_init (&self->encoding_lock);
  g_cond_init (&self->changed);
  gst_clip_settings_init (&self->settings);
  self->events = gst_clip_events_new ();
  self->classifier = gst_clip_classifier_new (self->events);
  self->objects = gst_clip_objects_new (self->classifier);
  self->zones = gst_clip_zones_new (self->classifier);

  /* What GstBaseTransform would do about late frames is drop them. `qos` here is about encoding them. */
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), FALSE);
  gst_base_transform_set_gap_aware (GST_BASE_TRANSFORM (self), TRUE);
}
