/* SPDX-License-Identifier: MIT
 *
 * framereader.c: the pictures of a file or URI, as GStreamer decodes them, those that are sampled.
 *
 * The pipeline is: uridecodebin ! videoconvert ! appsink. videoconvert passes through whatever the engine reads itself;
 * it is there for deeper and rarer formats. The first video stream counts; sound and subtitles are not decoded. A still
 * is told from a video by there being no second picture, so one frame is always read ahead.
 * One caller at a time; GStreamer decodes ahead of it in its own threads, as many frames as the appsink holds.
 */
#include "framereader.h"

#include <errno.h>
#include <fcntl.h>
#include <gst/app/gstappsink.h>
#include <gst/pbutils/missing-plugins.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cutshort.h"
#include "gstclipimage.h"
#include "gstclipsampler.h"

#define MAX_DECODED_AHEAD 4
#define POLL              (20 * GST_MSECOND)
/* How long frames may take to come out of a decoder after an error upstream of it. */
#define DRAIN (500 * GST_MSECOND)
/* How long all threads must have been idle for nothing to be coming any more: a local playlist may wait for a server,
 * but what is known to be cut short needs no patience. */
#define STALL     (1000 * GST_MSECOND)
#define STALL_CUT (200 * GST_MSECOND)

struct _FrameReader
{
  GstElement *pipeline, *convert;
  GstAppSink *sink;
  GstBus *bus;
  const volatile sig_atomic_t *stop;
  gint is_linked, has_others, no_more_pads; /* atomic: set by GStreamer's threads */

  double frame_rate;
  GstClipSampler sampler;
  GstSample *ahead; /* decoded, not yet delivered */
  guint n_frames;   /* that were taken out of the pipeline */
  gboolean is_still, at_end;
  gboolean is_file, is_cut;
  char *missing;     /* what GStreamer has no decoder for */
  GError *end_error; /* why the end came, if it should not have */
};

/* ---- Opening ------------------------------------------------------------------------------------------- */

static const char *
irregular_reason (mode_t mode)
{
  if (S_ISDIR (mode))
    return "is a directory, not a regular file";
  if (S_ISFIFO (mode))
    return "is a fifo, not a regular file";
  if (S_ISSOCK (mode))
    return "is a socket, not a regular file";
  return "is a device, not a regular file";
}

static gboolean
check_regular (const char *path, GError **error)
{
  struct stat status;
  /* Before opening, which some devices take as a request to do something; then for the right to read it. */
  int failed = stat (path, &status);
  if (!failed && !S_ISREG (status.st_mode)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s", irregular_reason (status.st_mode));
    return FALSE;
  }
  int fd = failed ? -1 : open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    int number = errno;
    g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (number), g_strerror (number));
    return FALSE;
  }
  close (fd);
  return TRUE;
}

/* What exists is a path, even where it could be read as a URI. */
static gboolean
is_uri (const char *input)
{
  struct stat status;
  if (lstat (input, &status) == 0 || !gst_uri_is_valid (input))
    return FALSE;
  g_autofree char *protocol = gst_uri_get_protocol (input);
  return strstr (input, "://") || gst_uri_protocol_is_supported (GST_URI_SRC, protocol);
}

/* The URI to play; ret_path: the file, NULL where it is no file. */
static char *
find_input (const char *input, char **ret_path, GError **error)
{
  *ret_path = NULL;
  if (!is_uri (input))
    *ret_path = g_strdup (input);
  else if (gst_uri_has_protocol (input, "file") && !(*ret_path = g_filename_from_uri (input, NULL, error)))
    return NULL;
  if (!*ret_path)
    return g_strdup (input);
  return check_regular (*ret_path, error) ? gst_filename_to_uri (*ret_path, error) : NULL;
}

/* Sound and subtitles stay as they are. What typefind calls audio may be a container with video in it. */
static gboolean
wants_decoding (GstElement *decodebin, GstPad *pad, GstCaps *caps, gpointer data)
{
  g_autoptr (GstObject) parent = gst_pad_get_parent (pad);
  const char *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  if (parent && g_strcmp0 (G_OBJECT_TYPE_NAME (parent), "GstTypeFindElement") == 0)
    return TRUE;
  return !g_str_has_prefix (name, "audio/") && !g_str_has_prefix (name, "text/")
         && !g_str_has_prefix (name, "subpicture/");
}

static void
pad_added (GstElement *decodebin, GstPad *pad, FrameReader *self)
{
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);
  if (gst_caps_is_any (caps) || gst_caps_is_empty (caps)
      || !gst_structure_has_name (gst_caps_get_structure (caps, 0), "video/x-raw")) {
    g_atomic_int_set (&self->has_others, TRUE);
    return;
  }
  g_autoptr (GstPad) to = gst_element_get_static_pad (self->convert, "sink");
  if (!gst_pad_is_linked (to) && GST_PAD_LINK_SUCCESSFUL (gst_pad_link (pad, to)))
    g_atomic_int_set (&self->is_linked, TRUE);
}

static void
no_more_pads (GstElement *decodebin, FrameReader *self)
{
  g_atomic_int_set (&self->no_more_pads, TRUE);
}

static GstElement *
make_element (FrameReader *self, const char *factory, GError **error)
{
  GstElement *element = gst_element_factory_make (factory, NULL);
  if (element)
    gst_bin_add (GST_BIN (self->pipeline), element);
  else
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN, "GStreamer has no element '%s'", factory);
  return element;
}

static gboolean
build_pipeline (FrameReader *self, const char *uri, GError **error)
{
  self->pipeline = gst_pipeline_new (NULL);
  self->bus = gst_element_get_bus (self->pipeline);
  GstElement *decode = make_element (self, "uridecodebin", error);
  self->convert = decode ? make_element (self, "videoconvert", error) : NULL;
  GstElement *sink = self->convert ? make_element (self, "appsink", error) : NULL;
  if (!sink)
    return FALSE;

  g_autoptr (GstCaps) raw = gst_caps_new_empty_simple ("video/x-raw");
  g_object_set (decode, "uri", uri, "caps", raw, NULL);
  g_signal_connect (decode, "autoplug-continue", G_CALLBACK (wants_decoding), NULL);
  g_signal_connect (decode, "pad-added", G_CALLBACK (pad_added), self);
  g_signal_connect (decode, "no-more-pads", G_CALLBACK (no_more_pads), self);
  gst_util_set_object_arg (G_OBJECT (self->convert), "dither", "none"); /* it would be noise in the embedding */

  g_autoptr (GstCaps) readable = gst_clip_image_make_caps ();
  self->sink = g_object_ref (GST_APP_SINK (sink));
  g_object_set (sink, "caps", readable, "sync", FALSE, "max-buffers", MAX_DECODED_AHEAD, "drop", FALSE,
      "enable-last-sample", FALSE, NULL);
  return gst_element_link (self->convert, sink);
}

FrameReader *
frame_reader_new (const char *input, double frame_rate, const volatile sig_atomic_t *stop, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *uri = find_input (input, &path, error);
  if (!uri)
    return NULL;

  g_autoptr (FrameReader) self = g_new0 (FrameReader, 1);
  self->frame_rate = frame_rate;
  self->stop = stop;
  self->is_file = path != NULL;
  self->is_cut = path && is_cut_short (path);
  gst_clip_sampler_reset (&self->sampler);
  if (!build_pipeline (self, uri, error))
    return NULL;
  /* Should this fail, the reason is on the bus. */
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  return g_steal_pointer (&self);
}

void
frame_reader_free (FrameReader *self)
{
  if (self->pipeline)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_clear_pointer (&self->ahead, gst_sample_unref);
  g_clear_object (&self->sink);
  g_clear_object (&self->bus);
  g_clear_object (&self->pipeline);
  g_clear_error (&self->end_error);
  g_free (self->missing);
  g_free (self);
}

/* ---- Reading ------------------------------------------------------------------------------------------- */

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

/* A missing decoder of a sound track, too, is told; only pictures' matter. */
static void
note_missing (FrameReader *self, GstMessage *message)
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
read_bus (FrameReader *self)
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
is_idle (FrameReader *self)
{
  gboolean is_busy = FALSE;
  GstIterator *elements = gst_bin_iterate_recurse (GST_BIN (self->pipeline));
  GstIteratorResult result = gst_iterator_foreach (elements, note_busy_element, &is_busy);
  gst_iterator_free (elements);
  return result == GST_ITERATOR_DONE && !is_busy;
}

/* The next decoded frame, or NULL at the end. */
static GstSample *
pull_sample (FrameReader *self)
{
  GstClockTime waited = 0, idle = 0;
  while (!self->stop || !*self->stop) {
    GstSample *sample = gst_app_sink_try_pull_sample (self->sink, POLL);
    if (sample) {
      self->n_frames++;
      return sample;
    }
    /* In this order: what is known to be the end must have all its messages read. */
    gboolean linked = g_atomic_int_get (&self->is_linked);
    gboolean ended = gst_app_sink_is_eos (self->sink) || (!linked && g_atomic_int_get (&self->no_more_pads));
    read_bus (self);
    if (ended)
      return NULL;
    waited = self->end_error ? waited + POLL : 0;
    idle = self->is_file && !linked && is_idle (self) ? idle + POLL : 0;
    if ((self->end_error && !linked) || waited > DRAIN || idle > (self->is_cut ? STALL_CUT : STALL))
      return NULL;
  }
  return NULL;
}

/* Why there is no more, where there should have been. */
static GError *
explain_end (FrameReader *self)
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
  if (self->n_frames == 0)
    return g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "no picture in it could be decoded");
  return NULL;
}

static GstClockTime
sample_time (GstSample *sample)
{
  GstClockTime pts = GST_BUFFER_PTS (gst_sample_get_buffer (sample));
  const GstSegment *segment = gst_sample_get_segment (sample);
  if (!GST_CLOCK_TIME_IS_VALID (pts) || segment->format != GST_FORMAT_TIME)
    return pts;
  return gst_segment_to_stream_time (segment, GST_FORMAT_TIME, pts);
}

static GstClockTime
sample_frame_duration (GstSample *sample)
{
  gint n = 0, d = 1;
  const GstStructure *caps = gst_caps_get_structure (gst_sample_get_caps (sample), 0);
  if (!gst_structure_get_fraction (caps, "framerate", &n, &d) || n <= 0)
    return GST_CLOCK_TIME_NONE;
  return gst_util_uint64_scale_int (GST_SECOND, d, n);
}

/* A frame ahead of the one delivered. Some cameras put a second picture, without a time, behind a JPEG. */
static void
read_ahead (FrameReader *self)
{
  gboolean is_second = self->n_frames == 1;
  self->ahead = self->at_end ? NULL : pull_sample (self);
  if (self->ahead && is_second && !GST_CLOCK_TIME_IS_VALID (sample_time (self->ahead))
      && !GST_CLOCK_TIME_IS_VALID (sample_frame_duration (self->ahead)))
    g_clear_pointer (&self->ahead, gst_sample_unref);
  self->at_end = self->ahead == NULL;
  self->is_still = is_second && self->at_end;
}

gboolean
frame_reader_next (FrameReader *self, ReaderFrame *ret_frame, GError **error)
{
  if (self->n_frames == 0)
    read_ahead (self);
  while (self->ahead) {
    g_autoptr (GstSample) sample = g_steal_pointer (&self->ahead);
    GstClockTime time = sample_time (sample);
    read_ahead (self);
    gboolean stopped = self->stop && *self->stop;
    /* Half a picture is worse than none. */
    if (stopped || (self->is_still && (self->is_cut || self->end_error)))
      break;
    GstClipSamplerFrame frame = {
      .time = GST_CLOCK_TIME_IS_VALID (time) ? (GstClockTimeDiff)time : GST_CLOCK_STIME_NONE,
      .frame_duration = sample_frame_duration (sample),
    };
    if (!gst_clip_sampler_take (&self->sampler, &frame, self->frame_rate, 1))
      continue;
    ret_frame->sample = g_steal_pointer (&sample);
    ret_frame->is_still = self->is_still;
    ret_frame->time = self->is_still ? GST_CLOCK_TIME_NONE : time;
    return TRUE;
  }
  GError *reason = explain_end (self);
  if (reason)
    g_propagate_error (error, reason);
  return FALSE;
}

void
reader_frame_clear (ReaderFrame *frame)
{
  g_clear_pointer (&frame->sample, gst_sample_unref);
}
