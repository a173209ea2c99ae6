/* SPDX-License-Identifier: MIT
 *
 * camera.c: one stream with cliptagger in it, which reconnects by itself when it was lost.
 *
 * Each camera is a pipeline of its own, so that nothing that happens to one reaches another. `lock` guards what the
 * streaming thread leaves of the last frame; everything else belongs to the main thread.
 */
#include "camera.h"

#include <string.h>

#include "gstcliptagmeta.h"
#include "clip-message.h"
#include "command.h"
#include "redact.h"

#define FIRST_PAUSE 1  /* seconds before a lost camera is tried again; doubled each time */
#define LAST_PAUSE  30 /* and at most this */
#define SILENCE     (10 * G_USEC_PER_SEC)
#define POLL        (20 * GST_MSECOND)

/* The source has a new pad after every connection. */
#define PIPELINE                                                                                                       \
  "uridecodebin name=source caps=video/x-raw(ANY) expose-all-streams=false "                                           \
  "videoconvert name=entry ! cliptagger name=tagger ! fakesink name=sink sync=true"

struct _Camera
{
  const CameraOptions *options;
  char *uri, *shown_uri;
  GstElement *pipeline, *tagger;

  char *problem;    /* NULL while pictures come */
  guint pause;      /* the last one, in seconds */
  guint retry;      /* the source that ends it; 0 = none is waited for */
  gint64 retry_at;  /* monotonic, us */
  gint64 last_sign; /* of life: monotonic, us */

  gint64 reported; /* monotonic, us */
  guint64 frames, sampled, inferred, skipped;

  GMutex lock;
  GstClipTags *tags; /* on the last frame; NULL = none */
  guint64 n_arrived;
};

/* ---- What a frame has on it ------------------------------------------------------------------------------ */

static GstPadProbeReturn
take_tags (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Camera *self = user_data;
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (GST_PAD_PROBE_INFO_BUFFER (info));
  GstClipTags *tags = meta ? gst_clip_tags_ref (meta->tags) : NULL;

  g_mutex_lock (&self->lock);
  GstClipTags *old = self->tags;
  self->tags = tags;
  self->n_arrived++;
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&old, gst_clip_tags_unref);
  return GST_PAD_PROBE_OK;
}

/* Returns how many frames came since the last call. ret_label: newly allocated; NULL = the last frame has none. */
static guint64
take_frames (Camera *self, char **ret_label, double *ret_confidence)
{
  g_mutex_lock (&self->lock);
  guint64 n = self->n_arrived;
  self->n_arrived = 0;
  if (self->tags && gst_clip_tags_get_n_labels (self->tags) > 0) {
    const GstClipTagLabel *best = gst_clip_tags_get_label (self->tags, 0);
    *ret_label = g_strdup (best->label);
    *ret_confidence = best->confidence;
  }
  g_mutex_unlock (&self->lock);
  return n;
}

/* ---- Coming and going ------------------------------------------------------------------------------------ */

static void
connect_camera (Camera *self)
{
  self->last_sign = self->reported = g_get_monotonic_time ();
  self->frames = self->sampled = self->inferred = self->skipped = 0;
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
}

static gboolean
try_again (gpointer user_data)
{
  Camera *self = user_data;
  self->retry = 0;
  connect_camera (self);
  return G_SOURCE_REMOVE;
}

static void
lose (Camera *self, const char *why)
{
  if (self->retry)
    return; /* one fault often has several messages */
  g_free (self->problem);
  self->problem = g_strdup (why);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);

  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->tags, gst_clip_tags_unref);
  self->n_arrived = 0;
  g_mutex_unlock (&self->lock);

  self->pause = self->pause ? MIN (2 * self->pause, LAST_PAUSE) : FIRST_PAUSE;
  self->retry_at = g_get_monotonic_time () + self->pause * G_USEC_PER_SEC;
  self->retry = g_timeout_add_seconds (self->pause, try_again, self);
}

/* The element's own words, in the last line of what is meant for developers, say more than the message. */
static char *
explain (GstMessage *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;
  gst_message_parse_error (message, &error, &debug);
  const char *line = debug ? strrchr (debug, '\n') : NULL;
  return redact (line && line[1] ? line + 1 : error->message);
}

/* What cliptagger finds odd about the model or the prompts, once for all cameras. In the main thread. */
static void
show_warning (GstMessage *message)
{
  static GHashTable *shown;
  if (g_strcmp0 (G_OBJECT_TYPE_NAME (GST_MESSAGE_SRC (message)), "GstClipTagger"))
    return;
  g_autoptr (GError) warning = NULL;
  gst_message_parse_warning (message, &warning, NULL);
  if (!shown)
    shown = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (g_hash_table_add (shown, g_strdup (warning->message)))
    command_complain ("warning: %s", warning->message);
}

static gboolean
handle_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Camera *self = user_data;
  g_autofree char *why = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
  case GST_MESSAGE_ERROR:
    why = explain (message);
    lose (self, why);
    break;
  case GST_MESSAGE_EOS:
    lose (self, "the stream has ended");
    break;
  case GST_MESSAGE_WARNING:
    show_warning (message);
    break;
  case GST_MESSAGE_LATENCY:
    gst_bin_recalculate_latency (GST_BIN (self->pipeline));
    break;
  default:
    break;
  }
  return G_SOURCE_CONTINUE;
}

static void
set_up_source (GstElement *bin, GstElement *source, gpointer user_data)
{
  Camera *self = user_data;
  if (!g_object_class_find_property (G_OBJECT_GET_CLASS (source), "protocols"))
    return; /* no RTSP */
  g_object_set (source, "latency", self->options->latency, NULL);
  if (!g_str_equal (self->options->transport, "auto"))
    gst_util_set_object_arg (G_OBJECT (source), "protocols", self->options->transport);
}

static void
link_source (GstElement *source, GstPad *pad, gpointer entry)
{
  if (!gst_pad_is_linked (entry))
    gst_pad_link (pad, entry);
}

/* ---- Making one ------------------------------------------------------------------------------------------ */

/* cliptagger's numbers of 64 bits are durations. */
static gboolean
parse_value (GParamSpec *spec, const char *text, GValue *ret_value)
{
  guint64 ns;
  g_value_init (ret_value, spec->value_type);
  if (!G_IS_PARAM_SPEC_UINT64 (spec) || !command_parse_duration (text, &ns))
    return gst_value_deserialize_with_pspec (ret_value, text, spec) && !g_param_value_validate (spec, ret_value);
  g_value_set_uint64 (ret_value, ns);
  return TRUE;
}

/* "property=value" */
static gboolean
apply_setting (GstElement *tagger, const char *setting, GError **error)
{
  const char *value = strchr (setting, '=');
  g_autofree char *name = value ? g_strndup (setting, value - setting) : g_strdup (setting);
  GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (tagger), name);
  g_autofree char *shown = clip_printable (setting, -1, CLIP_MESSAGE_NAME);
  if (!value || !spec || !(spec->flags & G_PARAM_WRITABLE)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_FAILED, "%s: %s", shown,
        value ? "cliptagger has no such property that can be set" : "expected PROPERTY=VALUE");
    return FALSE;
  }
  value++;
  if (G_IS_PARAM_SPEC_STRING (spec)) { /* as it is, quotes and all */
    g_object_set (tagger, name, value, NULL);
    return TRUE;
  }
  g_auto (GValue) parsed = G_VALUE_INIT;
  if (!parse_value (spec, value, &parsed)) {
    g_autofree char *shown_value = clip_printable (value, -1, CLIP_MESSAGE_NAME);
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_FAILED, "%s: cliptagger's %s cannot be \"%s\"%s", shown, name,
        shown_value, G_IS_PARAM_SPEC_UINT64 (spec) ? ": expected a duration such as 5s, 250ms or 2min" : "");
    return FALSE;
  }
  g_object_set_property (G_OBJECT (tagger), name, &parsed);
  return TRUE;
}

/* Of a cliptagger without a pipeline: whether it has opened its model by now, or cannot. */
static gboolean
is_open (GstElement *tagger, GstBus *bus, GError **error)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, POLL, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  if (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, error, NULL);
  else if (message)
    show_warning (message);
  g_autoptr (GstStructure) stats = NULL;
  g_object_get (tagger, "stats", &stats, NULL);
  return gst_structure_get_string (stats, "model") != NULL && !message;
}

GstElement *
camera_open_tagger (const CameraOptions *options, GError **error)
{
  GstElement *tagger = gst_element_factory_make ("cliptagger", NULL);
  if (!tagger) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN, "GStreamer has no element 'cliptagger'");
    return NULL;
  }
  g_autoptr (GstBus) bus = gst_bus_new ();
  gst_element_set_bus (tagger, bus);
  GError *local = NULL;
  for (char **setting = options->settings; !local && *setting; setting++)
    apply_setting (tagger, *setting, &local);
  if (!local)
    gst_element_set_state (tagger, GST_STATE_PAUSED);
  while (!local && !is_open (tagger, bus, &local))
    ;
  if (!local)
    return tagger;
  g_propagate_error (error, local);
  camera_close_tagger (tagger);
  return NULL;
}

void
camera_close_tagger (GstElement *tagger)
{
  gst_element_set_state (tagger, GST_STATE_NULL);
  gst_element_set_bus (tagger, NULL);
  gst_object_unref (tagger);
}

Camera *
camera_new (const char *uri, const CameraOptions *options, GError **error)
{
  GstElement *pipeline = gst_parse_launch_full (PIPELINE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (!pipeline)
    return NULL;
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstElement) tagger = gst_bin_get_by_name (GST_BIN (pipeline), "tagger");
  g_autoptr (GstElement) converter = gst_bin_get_by_name (GST_BIN (pipeline), "entry");
  g_autoptr (GstPad) entry = gst_element_get_static_pad (converter, "sink");
  for (char **setting = options->settings; *setting; setting++) {
    if (!apply_setting (tagger, *setting, error)) {
      gst_object_unref (pipeline);
      return NULL;
    }
  }

  Camera *self = g_new0 (Camera, 1);
  g_mutex_init (&self->lock);
  self->options = options;
  self->uri = g_strdup (uri);
  self->shown_uri = redact (uri);
  self->problem = g_strdup ("connecting");
  self->pipeline = pipeline;
  self->tagger = g_steal_pointer (&tagger);
  g_object_set (source, "uri", uri, NULL);
  g_signal_connect (source, "source-setup", G_CALLBACK (set_up_source), self);
  g_signal_connect_object (source, "pad-added", G_CALLBACK (link_source), entry, 0);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, take_tags, self, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gst_bus_add_watch (bus, handle_message, self);
  connect_camera (self);
  return self;
}

void
camera_free (Camera *self)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_clear_handle_id (&self->retry, g_source_remove);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_bus_remove_watch (bus);
  gst_object_unref (self->tagger);
  gst_object_unref (self->pipeline);
  g_clear_pointer (&self->tags, gst_clip_tags_unref);
  g_mutex_clear (&self->lock);
  g_free (self->problem);
  g_free (self->shown_uri);
  g_free (self->uri);
  g_free (self);
}

/* ---- Reports --------------------------------------------------------------------------------------------- */

/* How much a counter has grown a second. */
static double
rate (const GstStructure *stats, const char *field, guint64 *counter, double seconds)
{
  guint64 now = 0, before = *counter;
  gst_structure_get_uint64 (stats, field, &now);
  *counter = now;
  return now >= before ? (now - before) / seconds : 0; /* smaller: the element was restarted */
}

static double
milliseconds (const GstStructure *stats, const char *field)
{
  double value = -1;
  gst_structure_get_double (stats, field, &value);
  return value;
}

void
camera_report (Camera *self, CameraReport *ret_report)
{
  gint64 now = g_get_monotonic_time ();
  double seconds = MAX (now - self->reported, 1) / (double)G_USEC_PER_SEC;
  g_autoptr (GstStructure) stats = NULL;
  CameraReport report = { .uri = self->shown_uri };

  if (take_frames (self, &report.label, &report.confidence) > 0) {
    self->last_sign = now;
    self->pause = 0;
    g_clear_pointer (&self->problem, g_free);
  } else if (!self->retry && now - self->last_sign > SILENCE) {
    lose (self, "no pictures come");
  }

  g_object_get (self->tagger, "stats", &stats, NULL);
  report.fps = rate (stats, "frames", &self->frames, seconds);
  report.sampled = rate (stats, "sampled", &self->sampled, seconds);
  report.inferred = rate (stats, "inferred", &self->inferred, seconds);
  report.skipped = rate (stats, "skipped-newer", &self->skipped, seconds);
  report.frames = self->frames;
  report.age_p95 = milliseconds (stats, "age-ms-p95");
  report.encode_p50 = milliseconds (stats, "encode-ms-p50");
  report.queue_p95 = milliseconds (stats, "queue-ms-p95");
  report.problem = self->problem;
  if (self->retry)
    report.retry_seconds = (MAX (self->retry_at - now, 0) + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC;
  self->reported = now;
  *ret_report = report;
}

void
camera_report_clear (CameraReport *report)
{
  g_clear_pointer (&report->label, g_free);
}
