/* SPDX-License-Identifier: MIT
 *
 * gstclipstream.h: one stream's side of a scheduler. Every function may be called from any thread.
 */
#ifndef __GST_CLIP_STREAM_H__
#define __GST_CLIP_STREAM_H__

#include "tagger/gstclipjob.h"
#include "tagger/gstclipscheduler.h"

G_BEGIN_DECLS

typedef struct _GstClipStream GstClipStream;

/* done: called for every job of gst_clip_stream_submit() that is neither replaced nor cancelled. */
GstClipStream *gst_clip_stream_new (GstClipScheduler *scheduler, GstClipJobDone done, gpointer user_data);
GstClipStream *gst_clip_stream_ref (GstClipStream *self);
void gst_clip_stream_unref (GstClipStream *self);

/* Room for n pictures: the last job's, where nobody needs it any more. NULL with `error` when memory is short. */
GstClipJob *gst_clip_stream_new_job (GstClipStream *self, guint n, GError **error);

/* Encodes it as soon as may be and tells `done`. Keeps its own reference. Returns whether it took the place of one that
 * was still waiting, which nobody will hear of again. */
gboolean gst_clip_stream_submit (GstClipStream *self, GstClipJob *job);

/* The job that waits to be encoded, which nobody will hear of again; NULL when there is none. */
GstClipJob *gst_clip_stream_take_back (GstClipStream *self);

/* Encodes it as soon as may be, and waits. FALSE with CLIP_ERROR_CANCELLED when the stream flushes or closes, in which
 * case the job is not to be used again, or with the job's error. */
gboolean gst_clip_stream_run (GstClipStream *self, GstClipJob *job, GError **error);

/* Abandons what waits and what is under way, as flushing does, and goes on. When this returns no `done` is running,
 * unless it is what calls this. */
void gst_clip_stream_drop (GstClipStream *self);

/* Waits until what was submitted is delivered, or the stream flushes. Returns a job that the CPU limit would have wait
 * for longer, which nobody will hear of again; else NULL. */
GstClipJob *gst_clip_stream_drain (GstClipStream *self);

/* While flushing nothing is encoded or delivered; what was under way is abandoned, and the waiting call returns. When
 * this returns no `done` is running, unless it is what calls this. */
void gst_clip_stream_set_flushing (GstClipStream *self, gboolean flushing);

/* Flushing for ever; the scheduler has forgotten it. The last unref does this, too, but may be the scheduler's. */
void gst_clip_stream_close (GstClipStream *self);

/* CPU time it may take on average, in per cent of one core; 0 = no limit. Jobs wait until it is theirs to spend. */
void gst_clip_stream_set_max_cpu (GstClipStream *self, gdouble per_cent);

/* Has CPU time that was spent elsewhere, in nanoseconds, count towards the limit. */
void gst_clip_stream_charge (GstClipStream *self, gint64 cpu_time);

/* When the limit lets the next job start, by g_get_monotonic_time(); may have passed. */
gint64 gst_clip_stream_get_start (GstClipStream *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstClipStream, gst_clip_stream_unref)

G_END_DECLS

#endif /* __GST_CLIP_STREAM_H__ */
