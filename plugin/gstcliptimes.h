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
} GstClipTimes;

void gst_clip_times_from_buffer (GstClipTimes *self, const GstSegment *segment, GstBuffer *buffer);

/* How much later `self` is than `source`, in stream time; in running time where stream time has jumped back in between,
 * as in a loop. GST_CLOCK_TIME_NONE where nobody can say. */
GstClockTime gst_clip_times_age (const GstClipTimes *self, const GstClipTimes *source);

G_END_DECLS

#endif /* __GST_CLIP_TIMES_H__ */
