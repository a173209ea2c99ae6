/* SPDX-License-Identifier: MIT
 *
 * gstcliptimes.c: a frame's timestamps. See gstcliptimes.h.
 */
#include "common/gstcliptimes.h"

static GstStaticCaps unix_time = GST_STATIC_CAPS ("timestamp/x-unix");
static GstStaticCaps ntp_time = GST_STATIC_CAPS ("timestamp/x-ntp");

/* GST_CLOCK_TIME_NONE: there is none. */
static GstClockTime
get_reference_timestamp (GstBuffer *buffer, GstStaticCaps *reference)
{
  g_autoptr (GstCaps) caps = gst_static_caps_get (reference);
  GstReferenceTimestampMeta *meta = gst_buffer_get_reference_timestamp_meta (buffer, caps);
  return meta ? meta->timestamp : GST_CLOCK_TIME_NONE;
}

gint64
gst_clip_times_get_utc (GstBuffer *buffer, gboolean *ret_by_reference)
{
  const gint64 ntp_to_unix = G_GINT64_CONSTANT (2208988800) * G_USEC_PER_SEC; /* 1900 to 1970, RFC 5905 */
  GstClockTime by_unix = get_reference_timestamp (buffer, &unix_time), by_ntp = GST_CLOCK_TIME_NONE;
  if (!GST_CLOCK_TIME_IS_VALID (by_unix))
    by_ntp = get_reference_timestamp (buffer, &ntp_time);
  gboolean by_reference = GST_CLOCK_TIME_IS_VALID (by_unix) || GST_CLOCK_TIME_IS_VALID (by_ntp);
  if (ret_by_reference)
    *ret_by_reference = by_reference;
  if (!by_reference)
    return g_get_real_time ();
  return GST_CLOCK_TIME_IS_VALID (by_unix) ? (gint64)(by_unix / GST_USECOND)
                                           : (gint64)(by_ntp / GST_USECOND) - ntp_to_unix;
}

void
gst_clip_times_from_buffer (GstClipTimes *self, const GstSegment *segment, GstBuffer *buffer)
{
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  *self = (GstClipTimes){
    .pts = pts,
    .stream_time = GST_CLOCK_TIME_NONE,
    .running_time = GST_CLOCK_TIME_NONE,
    .duration = GST_BUFFER_DURATION (buffer),
    .position = GST_CLOCK_STIME_NONE,
  };
  if (!GST_CLOCK_TIME_IS_VALID (pts))
    return;

  guint64 stream_time = pts;
  gint sign = 1;
  if (segment->format == GST_FORMAT_TIME) {
    self->stream_time = gst_segment_to_stream_time (segment, GST_FORMAT_TIME, pts);
    self->running_time = gst_segment_to_running_time (segment, GST_FORMAT_TIME, pts);
    /* Also right for frames outside the segment, which a decoder may let through. */
    sign = gst_segment_to_stream_time_full (segment, GST_FORMAT_TIME, pts, &stream_time);
    if (segment->rate < 0)
      sign = -sign;
  }
  self->position = sign < 0 ? -(GstClockTimeDiff)stream_time : (GstClockTimeDiff)stream_time;
}

void
gst_clip_arrivals_take (GstClipArrivals *self, GstClipTimes *times, GstClockTime arrival)
{
  GstClipArrivals last = *self;
  GstClockTimeDiff given = times->position;
  *self = (GstClipArrivals){ .given = given, .position = given, .arrival = arrival };
  self->has_last = GST_CLOCK_STIME_IS_VALID (given) && GST_CLOCK_TIME_IS_VALID (arrival);
  if (!self->has_last || !last.has_last || given < last.given)
    return;

  GstClockTimeDiff step = given - last.given, waited = arrival > last.arrival ? arrival - last.arrival : 0;
  if (step == 0)
    step = waited;
  else if (last.position > last.given)
    step = MIN (step, waited); /* it skips the time for which it stood still */
  self->position = MAX (given, last.position + step);
  times->position = self->position;
  times->by_arrival = self->position > given;
}

GstClockTime
gst_clip_times_age (const GstClipTimes *self, const GstClipTimes *source)
{
  if (GST_CLOCK_STIME_IS_VALID (self->position) && GST_CLOCK_STIME_IS_VALID (source->position)
      && self->position >= source->position)
    return self->position - source->position;
  if (GST_CLOCK_TIME_IS_VALID (self->running_time) && GST_CLOCK_TIME_IS_VALID (source->running_time)
      && self->running_time >= source->running_time)
    return self->running_time - source->running_time;
  return GST_CLOCK_TIME_NONE;
}
