/* SPDX-License-Identifier: MIT
 *
 * gstcliptimes.h: a frame's places in time.
 */
#ifndef __GST_CLIP_TIMES_H__
#define __GST_CLIP_TIMES_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* GST_CLOCK_TIME_NONE where it has none. */
typedef struct
{
  GstClockTime pts, stream_time, running_time, duration;
  GstClockTimeDiff position; /* stream time, negated where it runs backwards, so that later frames have more of it */
  gboolean by_arrival;       /* the position is more than the stream says: see below */
} GstClipTimes;

/* Live frames whose time stands still while they keep coming, as some cameras and bridges make them, are taken to be as
 * far apart as they arrive. Once their time goes on it counts again, and may catch up. All zero at the start. */
typedef struct
{
  gboolean has_last;
  GstClockTimeDiff given, position; /* the last frame's: as the stream says, and as it was taken */
  GstClockTime arrival;
} GstClipArrivals;

void gst_clip_times_from_buffer (GstClipTimes *self, const GstSegment *segment, GstBuffer *buffer);

/* Moves the position of a frame that has come at `arrival`, on any clock that goes on; GST_CLOCK_TIME_NONE = nobody
 * knows when. */
void gst_clip_arrivals_take (GstClipArrivals *self, GstClipTimes *times, GstClockTime arrival);

/* How much later `self` is than `source`, in stream time; in running time where stream time has jumped back in between,
 * as in a loop. GST_CLOCK_TIME_NONE where nobody can say. */
GstClockTime gst_clip_times_age (const GstClipTimes *self, const GstClipTimes *source);

G_END_DECLS

#endif /* __GST_CLIP_TIMES_H__ */
