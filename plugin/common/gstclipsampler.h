/* SPDX-License-Identifier: MIT
 *
 * gstclipsampler.h: decides which frames are sampled.
 */
#ifndef __GST_CLIP_SAMPLER_H__
#define __GST_CLIP_SAMPLER_H__

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct
{
  gboolean anchored;
  GstClockTimeDiff anchor;   /* time of the frame that the grid starts at */
  GstClockTimeDiff position; /* time of the last frame, given or estimated */
  GstClockTimeDiff sampled;  /* time of the last sampled frame */
  gdouble rate;              /* the rate that `next` counts in */
  guint64 next;              /* the grid point to sample at: anchor + next / rate */
  guint64 n_frames;          /* since the reset, for the interval */
} GstClipSampler;

/* A frame, as far as it matters for sampling. */
typedef struct
{
  GstClockTimeDiff time;       /* stream time, negated where it runs backwards; GST_CLOCK_STIME_NONE without PTS */
  GstClockTime frame_duration; /* by the caps' frame rate, GST_CLOCK_TIME_NONE where it is unknown */
  gboolean discont;
} GstClipSamplerFrame;

/* The next frame begins a new grid. */
void gst_clip_sampler_reset (GstClipSampler *self);

/* rate: samples per second, 0 = every frame. interval: only every n-th frame is considered, 0 and 1 = every one.
 * Returns whether to sample this frame. */
gboolean gst_clip_sampler_take (GstClipSampler *self, const GstClipSamplerFrame *frame, gdouble rate, guint interval);

G_END_DECLS

#endif /* __GST_CLIP_SAMPLER_H__ */
