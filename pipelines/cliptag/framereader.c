/* SPDX-License-Identifier: MIT
 *
 * framereader.c: the sampled pictures of a file or URI: a still, or frames of a video.
 *
 * Stills are recognised by their content and decoded by still.c; everything else goes through GStreamer (framepipe.c).
 * There a still is a video without a second picture, so one frame is always read ahead.
 */
#include "framereader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cutshort.h"
#include "framepipe.h"
#include "common/gstclipsampler.h"
#include "common/stills/stillfile.h"

struct _FrameReader
{
  FramePipe *pipe;      /* NULL: a file that is a still */
  char *path;           /* … which is this one, */
  StillKind still_kind; /* … of this kind */
  const volatile sig_atomic_t *stop;

  double frame_rate;
  GstClipSampler sampler;
  GstSample *ahead; /* decoded, not yet delivered */
  ClipOrientation ahead_orientation;
  guint n_frames; /* that were read */
  gboolean is_still, is_cut, at_end;
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

static StillKind
recognise_file (const char *path)
{
  guint8 head[STILL_HEAD];
  struct stat status;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  ssize_t n = fd < 0 || fstat (fd, &status) != 0 ? -1 : read (fd, head, sizeof head);
  if (fd >= 0)
    close (fd);
  return n < 0 ? STILL_NONE : still_recognise (head, (gsize)n, (guint64)status.st_size);
}

FrameReader *
frame_reader_new (const char *input, const FrameReaderParams *params, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *uri = find_input (input, &path, error);
  if (!uri)
    return NULL;

  g_autoptr (FrameReader) self = g_new0 (FrameReader, 1);
  self->frame_rate = params->frame_rate;
  self->stop = params->stop;
  self->is_cut = path && is_cut_short (path);
  self->still_kind = path ? recognise_file (path) : STILL_NONE;
  gst_clip_sampler_reset (&self->sampler);
  if (self->still_kind != STILL_NONE) {
    self->path = g_steal_pointer (&path);
    return g_steal_pointer (&self);
  }
  const FramePipeParams pipe_params = {
    .uri = uri,
    .is_file = path != NULL,
    .is_cut = self->is_cut,
    .timeout = params->timeout,
    .stop = params->stop,
  };
  self->pipe = frame_pipe_new (&pipe_params, error);
  return self->pipe ? g_steal_pointer (&self) : NULL;
}

void
frame_reader_free (FrameReader *self)
{
  g_clear_pointer (&self->pipe, frame_pipe_free);
  g_clear_pointer (&self->ahead, gst_sample_unref);
  g_free (self->path);
  g_free (self);
}

/* ---- Reading ------------------------------------------------------------------------------------------- */

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

static GstSample *
pull (FrameReader *self)
{
  GstSample *sample = frame_pipe_pull (self->pipe, &self->ahead_orientation);
  self->n_frames += sample != NULL;
  return sample;
}

/* A frame ahead of the one delivered. Some cameras put a second picture, without a time, behind a JPEG. */
static void
read_ahead (FrameReader *self)
{
  gboolean is_second = self->n_frames == 1;
  self->ahead = self->at_end ? NULL : pull (self);
  if (self->ahead && is_second && !GST_CLOCK_TIME_IS_VALID (sample_time (self->ahead))
      && !GST_CLOCK_TIME_IS_VALID (sample_frame_duration (self->ahead)))
    g_clear_pointer (&self->ahead, gst_sample_unref);
  self->at_end = self->ahead == NULL;
  /* What has stopped coming is no still. */
  self->is_still = is_second && self->at_end && !frame_pipe_has_timed_out (self->pipe);
}

static gboolean
deliver_still (ReaderFrame *ret_frame, StillKind kind, const guint8 *data, gsize size, GError **error)
{
  g_auto (Still) still = { 0 };
  if (!still_decode (kind, data, size, &still, error))
    return FALSE;
  *ret_frame = (ReaderFrame){ .is_still = TRUE, .time = GST_CLOCK_TIME_NONE, .still = still };
  still = (Still){ 0 };
  return TRUE;
}

/* The one picture of a file that is a still. */
static gboolean
read_still_file (FrameReader *self, ReaderFrame *ret_frame, GError **error)
{
  if (self->at_end)
    return FALSE;
  self->at_end = TRUE;
  if (self->is_cut) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DEMUX, "the file is cut short: its end is missing");
    return FALSE;
  }
  g_autofree char *data = NULL;
  gsize size = 0;
  if (!still_read_bytes (self->path, &data, &size, error))
    return FALSE;
  return deliver_still (ret_frame, self->still_kind, (const guint8 *)data, size, error);
}

/* The one picture of a URI that turned out to be a still. */
static gboolean
read_still_of_uri (FrameReader *self, const GByteArray *bytes, ReaderFrame *ret_frame, GError **error)
{
  if (self->is_still)
    return FALSE;
  self->is_still = TRUE;
  StillKind kind = still_recognise (bytes->data, MIN (bytes->len, STILL_HEAD), bytes->len);
  if (kind != STILL_NONE)
    return deliver_still (ret_frame, kind, bytes->data, bytes->len, error);
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "no picture in it could be decoded");
  return FALSE;
}

gboolean
frame_reader_next (FrameReader *self, ReaderFrame *ret_frame, GError **error)
{
  if (!self->pipe)
    return read_still_file (self, ret_frame, error);
  if (self->n_frames == 0 && !self->at_end)
    read_ahead (self);
  while (self->ahead) {
    g_autoptr (GstSample) sample = g_steal_pointer (&self->ahead);
    ClipOrientation orientation = self->ahead_orientation;
    GstClockTime time = sample_time (sample);
    read_ahead (self);
    gboolean stopped = self->stop && *self->stop;
    /* Half a picture is worse than none. */
    if (stopped || (self->is_still && frame_pipe_has_failed (self->pipe)))
      break;
    GstClipSamplerFrame frame = {
      .time = GST_CLOCK_TIME_IS_VALID (time) ? (GstClockTimeDiff)time : GST_CLOCK_STIME_NONE,
      .frame_duration = sample_frame_duration (sample),
    };
    if (!gst_clip_sampler_take (&self->sampler, &frame, self->frame_rate, 1))
      continue;
    *ret_frame = (ReaderFrame){
      .is_still = self->is_still,
      .time = self->is_still ? GST_CLOCK_TIME_NONE : time,
      .sample = g_steal_pointer (&sample),
      .orientation = orientation,
    };
    return TRUE;
  }
  const GByteArray *bytes = frame_pipe_get_still (self->pipe);
  if (bytes)
    return read_still_of_uri (self, bytes, ret_frame, error);
  GError *reason = frame_pipe_explain_end (self->pipe);
  if (reason)
    g_propagate_error (error, reason);
  return FALSE;
}

/* ---- One frame ----------------------------------------------------------------------------------------- */

gboolean
reader_frame_map (ReaderFrame *frame, ClipImage *ret_image, GError **error)
{
  if (frame->still.pixels) {
    still_get_image (&frame->still, ret_image);
    return TRUE;
  }
  GstClipPictureInfo info;
  if (!gst_clip_picture_info_from_caps (&info, gst_sample_get_caps (frame->sample))) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE, "a decoded frame cannot be read");
    return FALSE;
  }
  GstBuffer *buffer = gst_sample_get_buffer (frame->sample);
  if (!gst_clip_picture_map (&frame->picture, &info, frame->orientation, buffer, error))
    return FALSE;
  frame->is_mapped = TRUE;
  gst_clip_picture_get_image (&frame->picture, NULL, ret_image);
  return TRUE;
}

const char *
reader_frame_get_warning (const ReaderFrame *frame)
{
  return frame->still.warning;
}

void
reader_frame_clear (ReaderFrame *frame)
{
  if (frame->is_mapped)
    gst_clip_picture_unmap (&frame->picture);
  frame->is_mapped = FALSE;
  still_clear (&frame->still);
  g_clear_pointer (&frame->sample, gst_sample_unref);
}
