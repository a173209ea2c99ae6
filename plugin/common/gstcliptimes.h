/* SPDX-License-Identifier: MIT
 *
 * gstcliptimes.h: a frame's timestamps, its position in the stream, and its age against another frame.
 */
#ifndef __GST_CLIP_TIMES_H__
#define __GST_CLIP_TIMES_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* GST_CLOCK_TIME_NONE where it has none. */
typedef struct
{
  GstClockTime pts, stream_time, running_time, duration;
  GstClockTimeDiff position; /* stream time, negated in reverse playback, so that it always grows */
  gboolean by_arrival;       /* the position is ahead of the timestamps: see below */

  /* Of sampled frames, for their events. */
  GstClockTimeDiff time; /* the position, or where there is none what was counted; far from any overflow */
  gint64 utc;            /* microseconds since 1970 */
  guint epoch;           /* number of the part of the stream that events do not outlast */
} GstClipTimes;

/* Microseconds since 1970: of the buffer's reference timestamp (Unix or NTP), else of the clock on the wall, which
 * ret_by_reference tells apart; it may be NULL. */
gint64 gst_clip_times_get_utc (GstBuffer *buffer, gboolean *ret_by_reference);

/* Some cameras and bridges send live frames with a timestamp that stands still: their positions advance as they arrive.
 * Once the timestamps move on they count again, and may catch up. All zero at the start. */
typedef struct
{
  gboolean has_last;
  GstClockTimeDiff given, position; /* the last frame's: by its timestamp, and as used */
  GstClockTime arrival;
} GstClipArrivals;

void gst_clip_times_from_buffer (GstClipTimes *self, const GstSegment *segment, GstBuffer *buffer);

/* Corrects the position of a frame. arrival: on any monotonic clock; GST_CLOCK_TIME_NONE = unknown. */
void gst_clip_arrivals_take (GstClipArrivals *self, GstClipTimes *times, GstClockTime arrival);

/* How much later `self` is than `source`, in stream time; in running time where stream time has jumped back in between,
 * as in a loop. GST_CLOCK_TIME_NONE: unknown. */
GstClockTime gst_clip_times_age (const GstClipTimes *self, const GstClipTimes *source);

G_END_DECLS

#endif /* __GST_CLIP_TIMES_H__ */
