/* SPDX-License-Identifier: MIT
 *
 * framepipe.c: the frames of a URI as GStreamer decodes them, or the bytes of a still if that is what it is.
 *
 * The pipeline is: uridecodebin ! videoconvert ! appsink. videoconvert passes through every format that the engine
 * reads itself; it is there for rarer ones. Only the first video stream is decoded, not sound or subtitles. A still is
 * not decoded here either: its bytes go to a second appsink.
 *
 * Threads: one of ours starts and stops the pipeline, since an element may block in that; it and the caller share the
 * FramePipe. Everything else is for one caller at a time. GStreamer decodes ahead of it in its own threads, as many
 * frames as the appsink holds.
 */
#include "framepipe.h"

#include <gst/app/gstappsink.h>
#include <gst/pbutils/missing-plugins.h>
#include <string.h>

#include "common/gstclipimage.h"
#include "common/gstcliporientation.h"

#define MAX_DECODED_AHEAD 4
#define POLL              (20 * GST_MSECOND)
/* How long frames may take to come out of a decoder after an error upstream of it. */
#define DRAIN (500 * GST_MSECOND)
/* How long all threads must have been idle for nothing to be coming any more: a local playlist may wait for a server,
 * but what is known to be cut short needs no patience. */
#define STALL     (1000 * GST_MSECOND)
#define STALL_CUT (200 * GST_MSECOND)
/* How long stopping may take before what does not stop is left to itself. */
#define LEAVE_AFTER (2 * G_USEC_PER_SEC)

struct _FramePipe
{
  GstElement *pipeline, *convert;
  GstAppSink *sink;
  GstAppSink *bytes; /* atomic pointer, set once by a thread of GStreamer's; owned by the pipeline */
  GstBus *bus;
  char *uri;
  gboolean is_file, is_cut;
  gint64 timeout; /* us, 0 = none */
  const volatile sig_atomic_t *stop;
  gint is_linked, has_others, no_more_pads; /* atomic: set by GStreamer's threads, the last one last */

  GstClipOrientation orientation; /* of the frames that come next */
  GByteArray *still;
  guint n_frames; /* that were taken out of the pipeline */
  gboolean has_timed_out;
  char *missing;     /* what GStreamer has no decoder for */
  GError *end_error; /* why the end came, if it should not have */

  GMutex mutex;
  GCond changed;
  gboolean is_started, quit, has_ended; /* under the mutex */
};

/* ---- Building ------------------------------------------------------------------------------------------ */

/* Whether nothing has been plugged behind typefind yet. The pad may be decodebin's own for the one meant. */
static gboolean
is_whole_stream (GstPad *pad)
{
  g_autoptr (GstPad) target = GST_IS_GHOST_PAD (pad) ? gst_ghost_pad_get_target (GST_GHOST_PAD (pad)) : NULL;
  g_autoptr (GstObject) parent = gst_pad_get_parent (target ? target : pad);
  return parent && g_strcmp0 (G_OBJECT_TYPE_NAME (parent), "GstTypeFindElement") == 0;
}

/* A still that is nothing else: not a frame of a video or camera of stills, not the cover in a sound file. */
static gboolean
is_bare_still (GstPad *pad, GstCaps *caps)
{
  static const char *const names[] = { "image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff", "image/bmp",
    "image/x-icon", "image/x-portable-pixmap", "image/x-xpixmap", NULL };
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  return is_whole_stream (pad) && !gst_structure_has_field (structure, "framerate")
         && g_strv_contains (names, gst_structure_get_name (structure));
}

/* Sound and subtitles stay as they are. What typefind calls audio may be a container with video in it. */
static gboolean
wants_decoding (GstElement *decodebin, GstPad *pad, GstCaps *caps, gpointer data)
{
  const char *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  if (is_bare_still (pad, caps))
    return FALSE;
  return is_whole_stream (pad)
         || (!g_str_has_prefix (name, "audio/") && !g_str_has_prefix (name, "text/")
             && !g_str_has_prefix (name, "subpicture/"));
}

static gboolean
link_still (FramePipe *self, GstPad *pad)
{
  GstElement *sink = gst_element_factory_make ("appsink", NULL);
  if (!sink)
    return FALSE;
  g_object_set (sink, "sync", FALSE, "max-buffers", 64, "enable-last-sample", FALSE, NULL);
  gst_bin_add (GST_BIN (self->pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  g_autoptr (GstPad) to = gst_element_get_static_pad (sink, "sink");
  g_atomic_pointer_set (&self->bytes, GST_APP_SINK (sink));
  return GST_PAD_LINK_SUCCESSFUL (gst_pad_link (pad, to));
}

static void
pad_added (GstElement *decodebin, GstPad *pad, FramePipe *self)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  if (!caps)
    caps = gst_pad_query_caps (pad, NULL);
  const char *name = gst_caps_is_any (caps) || gst_caps_is_empty (caps)
                         ? ""
                         : gst_structure_get_name (gst_caps_get_structure (caps, 0));
  if (g_str_has_prefix (name, "image/") && !g_atomic_pointer_get (&self->bytes) && link_still (self, pad)) {
    g_atomic_int_set (&self->is_linked, TRUE);
    return;
  }
  if (!g_str_equal (name, "video/x-raw")) {
    g_atomic_int_set (&self->has_others, TRUE);
    return;
  }
  g_autoptr (GstPad) to = gst_element_get_static_pad (self->convert, "sink");
  if (!gst_pad_is_linked (to) && GST_PAD_LINK_SUCCESSFUL (gst_pad_link (pad, to)))
    g_atomic_int_set (&self->is_linked, TRUE);
}

static void
no_more_pads (GstElement *decodebin, FramePipe *self)
{
  g_atomic_int_set (&self->no_more_pads, TRUE);
}

/* Of videos of JPEGs: libav's decoder keeps 4:4:4, which jpegdec halves. */
static gint
select_decoder (GstElement *decodebin, GstPad *pad, GstCaps *caps, GstElementFactory *factory, gpointer data)
{
  enum /* GstAutoplugSelectResult, which no header has */
  {
    TRY = 0,
    SKIP = 2
  };
  g_autoptr (GstElementFactory) better = gst_element_factory_find ("avdec_mjpeg");
  gboolean is_there = better && gst_plugin_feature_get_rank (GST_PLUGIN_FEATURE (better)) > GST_RANK_NONE;
  return is_there && g_str_equal (GST_OBJECT_NAME (factory), "jpegdec") ? SKIP : TRY;
}

/* Without that one: jpegdec's default transform is a fast one, off by half a grey level throughout. */
static void
element_added (GstBin *bin, GstBin *parent, GstElement *element, gpointer data)
{
  if (g_strcmp0 (G_OBJECT_TYPE_NAME (element), "GstJpegDec") == 0)
    gst_util_set_object_arg (G_OBJECT (element), "idct-method", "islow");
}

static GstElement *
make_element (FramePipe *self, const char *factory, GError **error)
{
  GstElement *element = gst_element_factory_make (factory, NULL);
  if (element)
    gst_bin_add (GST_BIN (self->pipeline), element);
  else
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN, "GStreamer has no element '%s'", factory);
  return element;
}

static gboolean
build_pipeline (FramePipe *self, GError **error)
{
  self->pipeline = gst_pipeline_new (NULL);
  self->bus = gst_element_get_bus (self->pipeline);
  GstElement *decode = make_element (self, "uridecodebin", error);
  self->convert = decode ? make_element (self, "videoconvert", error) : NULL;
  GstElement *sink = self->convert ? make_element (self, "appsink", error) : NULL;
  if (!sink)
    return FALSE;

  g_autoptr (GstCaps) raw = gst_caps_new_empty_simple ("video/x-raw");
  g_object_set (decode, "uri", self->uri, "caps", raw, NULL);
  g_signal_connect (decode, "autoplug-continue", G_CALLBACK (wants_decoding), NULL);
  g_signal_connect (decode, "autoplug-select", G_CALLBACK (select_decoder), NULL);
  g_signal_connect (decode, "pad-added", G_CALLBACK (pad_added), self);
  g_signal_connect (decode, "no-more-pads", G_CALLBACK (no_more_pads), self);
  g_signal_connect (self->pipeline, "deep-element-added", G_CALLBACK (element_added), NULL);
  gst_util_set_object_arg (G_OBJECT (self->convert), "dither", "none"); /* it would be noise in the embedding */

  g_autoptr (GstCaps) readable = gst_clip_image_make_caps ();
  self->sink = g_object_ref (GST_APP_SINK (sink));
  g_object_set (sink, "caps", readable, "sync", FALSE, "max-buffers", MAX_DECODED_AHEAD, "drop", FALSE,
      "enable-last-sample", FALSE, NULL);
  return gst_element_link (self->convert, sink);
}

/* ---- Starting and stopping ----------------------------------------------------------------------------- */

static void
clear (gpointer data)
{
  FramePipe *self = data;
  g_clear_object (&self->sink);
  g_clear_object (&self->bus);
  g_clear_object (&self->pipeline);
  g_clear_error (&self->end_error);
  gst_clip_orientation_clear (&self->orientation);
  g_clear_pointer (&self->still, g_byte_array_unref);
  g_free (self->missing);
  g_free (self->uri);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->changed);
}

static void
unref (FramePipe *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

static gpointer
run (gpointer data)
{
  FramePipe *self = data;
  /* Should this fail, the reason is on the bus. */
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  g_mutex_lock (&self->mutex);
  self->is_started = TRUE;
  g_cond_signal (&self->changed);
  while (!self->quit)
    g_cond_wait (&self->changed, &self->mutex);
  g_mutex_unlock (&self->mutex);

  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_mutex_lock (&self->mutex);
  self->has_ended = TRUE;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->mutex);
  unref (self);
  return NULL;
}

FramePipe *
frame_pipe_new (const FramePipeParams *params, GError **error)
{
  FramePipe *self = g_atomic_rc_box_new0 (FramePipe);
  g_mutex_init (&self->mutex);
  g_cond_init (&self->changed);
  self->uri = g_strdup (params->uri);
  self->is_file = params->is_file;
  self->is_cut = params->is_cut;
  self->timeout = (gint64)(params->timeout * G_USEC_PER_SEC);
  self->stop = params->stop;
  GThread *thread = NULL;
  if (build_pipeline (self, error))
    thread = g_thread_try_new ("frames", run, g_atomic_rc_box_acquire (self), error);
  if (!thread) {
    unref (self);
    return NULL;
  }
  g_thread_unref (thread);
  return self;
}

void
frame_pipe_free (FramePipe *self)
{
  gint64 until = g_get_monotonic_time () + LEAVE_AFTER;
  g_mutex_lock (&self->mutex);
  self->quit = TRUE;
  g_cond_signal (&self->changed);
  while (!self->has_ended && g_cond_wait_until (&self->changed, &self->mutex, until))
    ;
  g_mutex_unlock (&self->mutex);
  unref (self);
}

/* ---- The bus ------------------------------------------------------------------------------------------- */

/* "Internal data stream error." says nothing; the last line of its details does. */
static GError *
read_error (GstMessage *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *details = NULL;
  gst_message_parse_error (message, &error, &details);
  if (!g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED) || !details)
    return g_steal_pointer (&error);
  const char *last = strrchr (details, '\n');
  if (!last || last[1] == '\0' || strstr (last, "/Gst"))
    return g_steal_pointer (&error);
  return g_error_new (error->domain, error->code, "%s (%s)", error->message, last + 1);
}

/* Missing decoders of sound tracks are reported too; only those of video matter. */
static void
note_missing (FramePipe *self, GstMessage *message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  const GValue *detail = gst_structure_get_value (structure, "detail");
  if (detail && GST_VALUE_HOLDS_CAPS (detail)) {
    const GstCaps *caps = gst_value_get_caps (detail);
    const char *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));
    if (g_str_has_prefix (name, "audio/") || g_str_has_prefix (name, "text/"))
      return;
  }
  if (!self->missing)
    self->missing = gst_missing_plugin_message_get_description (message);
}

static void
read_bus (FramePipe *self)
{
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (self->bus, GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT);
    if (!message)
      return;
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR && !self->end_error)
      self->end_error = read_error (message); /* the first one is the cause of the others */
    else if (gst_is_missing_plugin_message (message))
      note_missing (self, message);
  }
}

/* ---- Pulling ------------------------------------------------------------------------------------------- */

static gboolean
note_busy_pad (GstElement *element, GstPad *pad, gpointer ret_busy)
{
  if (gst_pad_get_task_state (pad) == GST_TASK_STARTED)
    *(gboolean *)ret_busy = TRUE;
  return TRUE;
}

static void
note_busy_element (const GValue *item, gpointer ret_busy)
{
  gst_element_foreach_pad (g_value_get_object (item), note_busy_pad, ret_busy);
}

/* decodebin swallows errors of an element that it is just plugging in; a demuxer that starts quickly and finds nothing
 * to play (an MP4 without its end, GStreamer 1.22) leaves everybody waiting. Only sure where elements have no threads
 * but their pads', which is so for files. */
static gboolean
is_idle (FramePipe *self)
{
  gboolean is_busy = FALSE;
  GstIterator *elements = gst_bin_iterate_recurse (GST_BIN (self->pipeline));
  GstIteratorResult result = gst_iterator_foreach (elements, note_busy_element, &is_busy);
  gst_iterator_free (elements);
  return result == GST_ITERATOR_DONE && !is_busy;
}

/* A frame, or NULL after a while without one. */
static GstSample *
pull_frame (FramePipe *self)
{
  for (;;) {
    GstMiniObject *object = gst_app_sink_try_pull_object (self->sink, POLL);
    if (!object)
      return NULL;
    if (GST_IS_SAMPLE (object) && gst_sample_get_buffer (GST_SAMPLE_CAST (object)))
      return GST_SAMPLE_CAST (object);
    if (GST_IS_EVENT (object))
      gst_clip_orientation_take_event (&self->orientation, GST_EVENT_CAST (object));
    gst_mini_object_unref (object);
  }
}

/* All that is there of the still, or nothing after a while. */
static void
pull_bytes (FramePipe *self, GstAppSink *bytes)
{
  if (!self->still)
    self->still = g_byte_array_new ();
  for (guint i = 0; i < 64; i++) {
    g_autoptr (GstSample) sample = gst_app_sink_try_pull_sample (bytes, POLL);
    GstMapInfo map;
    if (!sample || !gst_buffer_map (gst_sample_get_buffer (sample), &map, GST_MAP_READ))
      return;
    if (map.size > G_MAXINT32 - self->still->len) {
      if (!self->end_error)
        self->end_error = g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "a still of more than 2 GiB");
    } else
      g_byte_array_append (self->still, map.data, (guint)map.size);
    gst_buffer_unmap (gst_sample_get_buffer (sample), &map);
  }
}

/* Whether the pipeline has started, perhaps after a while. An appsink that has not calls itself at its end. */
static gboolean
wait_for_start (FramePipe *self)
{
  gint64 until = g_get_monotonic_time () + POLL / GST_USECOND;
  g_mutex_lock (&self->mutex);
  while (!self->is_started && g_cond_wait_until (&self->changed, &self->mutex, until))
    ;
  gboolean is_started = self->is_started;
  g_mutex_unlock (&self->mutex);
  return is_started;
}

/* What has come of a frame or a still, or nothing after a while. */
static GstSample *
pull_something (FramePipe *self)
{
  GstAppSink *bytes = g_atomic_pointer_get (&self->bytes);
  if (!bytes)
    return pull_frame (self);
  pull_bytes (self, bytes);
  return NULL;
}

static gboolean
has_ended (FramePipe *self)
{
  GstAppSink *bytes = g_atomic_pointer_get (&self->bytes);
  /* In this order: a pad may be linked, and all pads be there, between the one look and the other. */
  gboolean no_more_pads = g_atomic_int_get (&self->no_more_pads);
  gboolean is_linked = g_atomic_int_get (&self->is_linked);
  return gst_app_sink_is_eos (bytes ? bytes : self->sink) || (no_more_pads && !is_linked);
}

GstSample *
frame_pipe_pull (FramePipe *self, ClipOrientation *ret_orientation)
{
  GstClockTime waited = 0, idle = 0;
  gint64 began = g_get_monotonic_time ();
  while (!self->stop || !*self->stop) {
    gboolean is_started = wait_for_start (self);
    GstSample *sample = is_started ? pull_something (self) : NULL;
    if (sample) {
      self->n_frames++;
      *ret_orientation = gst_clip_orientation_get (&self->orientation, GST_VIDEO_ORIENTATION_AUTO, NULL);
      return sample;
    }
    /* In this order: what is known to be the end must have all its messages read. */
    gboolean ended = is_started && has_ended (self);
    gboolean linked = g_atomic_int_get (&self->is_linked);
    read_bus (self);
    if (ended)
      return NULL;
    waited = self->end_error ? waited + POLL : 0;
    idle = self->is_file && is_started && !linked && is_idle (self) ? idle + POLL : 0;
    if ((self->end_error && !linked) || waited > DRAIN || idle > (self->is_cut ? STALL_CUT : STALL))
      return NULL;
    if (self->timeout > 0 && g_get_monotonic_time () - began >= self->timeout) {
      self->has_timed_out = TRUE;
      return NULL;
    }
  }
  return NULL;
}

GByteArray *
frame_pipe_get_still (FramePipe *self)
{
  return self->n_frames == 0 && !self->has_timed_out && !self->end_error ? self->still : NULL;
}

gboolean
frame_pipe_has_timed_out (const FramePipe *self)
{
  return self->has_timed_out;
}

gboolean
frame_pipe_has_failed (const FramePipe *self)
{
  return self->is_cut || self->end_error;
}

GError *
frame_pipe_explain_end (FramePipe *self)
{
  if (self->stop && *self->stop)
    return NULL;
  gboolean is_linked = g_atomic_int_get (&self->is_linked);
  gboolean has_others = g_atomic_int_get (&self->has_others);
  gboolean no_decoder = g_error_matches (self->end_error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN);
  if (!is_linked && self->missing)
    return g_error_new (
        GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN, "GStreamer has no plug-in for it: %s", self->missing);
  if (!is_linked && (has_others || no_decoder))
    return g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND, "no picture and no video in it");
  if (self->is_cut)
    return g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_DEMUX, "the file is cut short: its end is missing");
  if (self->end_error)
    return g_error_copy (self->end_error);
  if (self->has_timed_out)
    return g_error_new (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ, "no new frame for %g s (see --timeout)",
        (double)self->timeout / G_USEC_PER_SEC);
  if (self->n_frames == 0)
    return g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "no picture in it could be decoded");
  return NULL;
}
