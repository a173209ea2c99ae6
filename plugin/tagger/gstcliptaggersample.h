/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggersample.h: which frames cliptagger samples, how their pictures are made and encoded, and what becomes of
 * the results. The streaming thread's.
 */
#ifndef __GST_CLIP_TAGGER_SAMPLE_H__
#define __GST_CLIP_TAGGER_SAMPLE_H__

#include "tagger/gstcliptaggerjobs.h"

G_BEGIN_DECLS

/* Samples a frame if it is due: held->times are its times, and become a sample's. Sets in `held` what it is to the
 * batch, if there is one. */
GstFlowReturn gst_clip_tagger_sample (
    GstClipTagger *self, GstBuffer *buffer, const GstClipSettings *settings, GstClipHeldFrame *held);

/* Attaches what is known by now, and the events that wait. */
void gst_clip_tagger_label_frame (
    GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, const GstClipSettings *settings);

/* A frame's result, which is published. number: the picture's. */
void gst_clip_tagger_take_result (
    GstClipTagger *self, const gfloat *embedding, const GstClipTimes *times, guint64 number);

/* The labels of the picture of this number hold for a frame at `times`, if they are the latest. */
void gst_clip_tagger_renew_result (GstClipTagger *self, const GstClipTimes *times, guint64 number);

void gst_clip_tagger_job_done (GstClipJob *job, gpointer self); /* of async mode; in the scheduler's thread */

G_END_DECLS

#endif /* __GST_CLIP_TAGGER_SAMPLE_H__ */
