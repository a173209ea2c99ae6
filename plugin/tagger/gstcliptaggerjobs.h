/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerjobs.h: how cliptagger maps and compares frames, and has pictures encoded, of whatever part of a frame
 * they are. The streaming thread's, unless it says otherwise.
 */
#ifndef __GST_CLIP_TAGGER_JOBS_H__
#define __GST_CLIP_TAGGER_JOBS_H__

#include "tagger/gstcliptaggerstate.h"

G_BEGIN_DECLS

/* Labels hold on for no longer than this without an encoding: blur and noise change little in what is compared. */
#define GST_CLIP_MAX_REUSE (10 * GST_SECOND)

/* How much a frame differs from the last one that went to be encoded, in per cent. */
typedef struct
{
  gboolean known;
  ClipThumbnail thumbnail;
  gdouble change;
} GstClipDifference;

gint64 gst_clip_tagger_thread_cpu_time (void);
void gst_clip_tagger_charge_cpu_time (GstClipTagger *self, gint64 cpu_time); /* of the streaming thread's work */
gboolean gst_clip_tagger_map_picture (GstClipTagger *self, GstBuffer *buffer, const GstClipSettings *settings,
    GstClipPicture *ret_picture, GError **error);

/* Whether the frame needs no encoding because it is like the last one that was submitted. */
gboolean gst_clip_tagger_is_unchanged (GstClipTagger *self, const GstClipTimes *times, const GstClipSettings *settings,
    const GstClipDifference *difference);

/* The frame of this job is what later ones are compared with; it is not encoded after all. */
void gst_clip_tagger_remember_frame (GstClipTagger *self, const GstClipJob *job, const GstClipDifference *difference);
void gst_clip_tagger_forget_frame (GstClipTagger *self);

/* Encodes a job's pictures and waits for them. */
gboolean gst_clip_tagger_run_job (
    GstClipTagger *self, GstClipJob *job, const GstClipSettings *settings, GError **error);

void gst_clip_tagger_count_job (GstClipTagger *self, const GstClipJob *job); /* that is done; any thread */

/* What a failure means to the stream; posts it. A frame that cannot be read is the stream's fault and does not end it:
 * it passes with the labels of the one before. */
GstFlowReturn gst_clip_tagger_handle_failure (GstClipTagger *self, const GError *error);

/* How long frames take through sync mode: those that wait for the batch to be full, and its encoding. job: NULL before
 * the first. */
void gst_clip_tagger_note_latency (GstClipTagger *self, const GstClipSettings *settings, const GstClipJob *job);

G_END_DECLS

#endif /* __GST_CLIP_TAGGER_JOBS_H__ */
