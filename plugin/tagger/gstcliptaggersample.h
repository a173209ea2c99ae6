/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggersample.h: which frames cliptagger samples, how their pictures are made and encoded, and what becomes of
 * the results. The streaming thread's.
 */
#ifndef __GST_CLIP_TAGGER_SAMPLE_H__
#define __GST_CLIP_TAGGER_SAMPLE_H__

#include "tagger/gstcliptaggerstate.h"

G_BEGIN_DECLS

/* Samples a frame if it is due: held->times are its times, and become a sample's. Sets in `held` what it is to the
 * batch, if there is one. */
GstFlowReturn gst_clip_tagger_sample (
    GstClipTagger *self, GstBuffer *buffer, const GstClipSettings *settings, GstClipHeldFrame *held);

/* Attaches what is known by now, and the events that wait. */
void gst_clip_tagger_label_frame (
    GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, const GstClipSettings *settings);

/* Encodes a job's pictures and waits for them. */
gboolean gst_clip_tagger_run_job (
    GstClipTagger *self, GstClipJob *job, const GstClipSettings *settings, GError **error);

/* A frame's result, which is published. number: the picture's. */
void gst_clip_tagger_take_result (
    GstClipTagger *self, const gfloat *embedding, const GstClipTimes *times, guint64 number);

/* The labels of the picture of this number hold for a frame at `times`, if they are the latest. */
void gst_clip_tagger_renew_result (GstClipTagger *self, const GstClipTimes *times, guint64 number);

/* What a failure means to the stream; posts it. A frame that cannot be read is the stream's fault and does not end it:
 * it passes with the labels of the one before. */
GstFlowReturn gst_clip_tagger_handle_failure (GstClipTagger *self, const GError *error);

/* How long frames take through sync mode: those that wait for the batch to be full, and its encoding. job: NULL before
 * the first. */
void gst_clip_tagger_note_latency (GstClipTagger *self, const GstClipSettings *settings, const GstClipJob *job);

void gst_clip_tagger_job_done (GstClipJob *job, gpointer self); /* of async mode; in the scheduler's thread */

G_END_DECLS

#endif /* __GST_CLIP_TAGGER_SAMPLE_H__ */
