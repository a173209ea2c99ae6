/* SPDX-License-Identifier: MIT
 *
 * gstclipsampler.c: decides which frames are sampled.
 *
 * Grid points lie at anchor + k / rate, computed from k each time, so that no error adds up: one sample a second stays
 * one a second for days. The anchor is the first frame after a reset, a step back in time, a change of rate, or a
 * discontinuity that jumped past a grid point. A frame without PTS is taken to follow the one before it by a frame's
 * duration; where the caps give no frame rate either, every such frame is sampled. One caller at a time.
 */
#include "common/gstclipsampler.h"

/* Matroska, FLV and RTMP round times to milliseconds: a frame that little before its grid point counts as on it. */
#define TOLERANCE GST_MSECOND

void
gst_clip_sampler_reset (GstClipSampler *self)
{
  *self = (GstClipSampler){ .anchored = FALSE };
}

static gboolean
anchor_at (GstClipSampler *self, GstClockTimeDiff time, gdouble rate)
{
  self->anchored = TRUE;
  self->anchor = self->sampled = time;
  self->rate = rate;
  self->next = 1;
  return TRUE;
}

static gboolean
take_by_rate (GstClipSampler *self, GstClockTimeDiff time, gboolean discont, gdouble rate)
{
  if (!self->anchored || rate != self->rate || time < self->sampled)
    return anchor_at (self, time, rate);

  gdouble period = GST_SECOND / rate; /* in nanoseconds */
  gdouble elapsed = (gdouble)(time - self->anchor) + MIN ((gdouble)TOLERANCE, period / 4);
  if (elapsed < self->next * period)
    return FALSE;
  if (discont)
    return anchor_at (self, time, rate);

  self->sampled = time;
  self->next = (guint64)(elapsed / period) + 1;
  return TRUE;
}

gboolean
gst_clip_sampler_take (GstClipSampler *self, const GstClipSamplerFrame *frame, gdouble rate, guint interval)
{
  gboolean timed = GST_CLOCK_STIME_IS_VALID (frame->time) || GST_CLOCK_TIME_IS_VALID (frame->frame_duration);
  if (GST_CLOCK_STIME_IS_VALID (frame->time))
    self->position = frame->time;
  else if (timed && self->n_frames > 0)
    self->position += frame->frame_duration;

  if (self->n_frames++ % MAX (interval, 1) != 0)
    return FALSE;
  return rate <= 0 || !timed || take_by_rate (self, self->position, frame->discont, rate);
}
