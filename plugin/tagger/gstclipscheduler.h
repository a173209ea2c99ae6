/* SPDX-License-Identifier: MIT
 *
 * gstclipscheduler.h: encodes the pictures of many streams with one copy of a model and one set of threads.
 *
 * A scheduler is shared by all who ask for the same model, precision, number of threads and instance. Each stream has
 * room for one waiting job: a newer one takes its place. Where several wait, who was served longest ago comes first,
 * picture by picture, so that a stream that asks once a second gets that beside one that asks all the time. Pictures of
 * several streams are encoded together while there are as many as threads, which is faster than one by one.
 *
 * Threads: every function may be called from any thread. Results are delivered in the scheduler's thread with nothing
 * locked.
 */
#ifndef __GST_CLIP_SCHEDULER_H__
#define __GST_CLIP_SCHEDULER_H__

#include "clip.h"
#include "common/gstcliptimes.h"

G_BEGIN_DECLS

typedef struct _GstClipScheduler GstClipScheduler;
typedef struct _GstClipStream GstClipStream;

/* Pictures to be encoded for one result. Reference-counted; whoever makes it fills it in, then leaves it alone until it
 * is done. */
typedef struct
{
  guint n;            /* pictures */
  gfloat *pixels;     /* [n][3][image_size][image_size], as clip_preprocessor_run() makes them */
  gfloat *embeddings; /* [n][embedding_dim]: the result */
  GstClipTimes times; /* of the frame; the owner's, like the number */
  guint64 number;

  gint64 offered, started, finished; /* by g_get_monotonic_time(); `started` is when its first picture was taken up */
  gint64 busy;                       /* microseconds in which a picture of it was being encoded */
  gint64 cpu_time;                   /* its share of the threads' CPU time, in nanoseconds */
  GError *error;                     /* why there is no result, or NULL */
} GstClipJob;

/* A job without error is done. */
typedef void (*GstClipJobDone) (GstClipJob *job, gpointer user_data);

/* The debug category `clipscheduler`, once. */
void gst_clip_scheduler_init_debug (void);

/* A reference to the scheduler of this model, precision, number of threads and instance; the model is loaded and its
 * thread started where there is none. Streams that differ in n_threads alone share the weights. instance: NULL is one
 * like any other. */
GstClipScheduler *gst_clip_scheduler_get (
    const gchar *model_path, ClipPrecision precision, guint n_threads, const gchar *instance, GError **error);
GstClipScheduler *gst_clip_scheduler_ref (GstClipScheduler *self);

/* The last one stops the thread: within the time of a fraction of a layer. */
void gst_clip_scheduler_unref (GstClipScheduler *self);
ClipModel *gst_clip_scheduler_get_model (GstClipScheduler *self);    /* borrowed */
gsize gst_clip_scheduler_get_n_pixels (GstClipScheduler *self);      /* floats of a picture */
gsize gst_clip_scheduler_get_embedding_dim (GstClipScheduler *self); /* floats of an embedding */
guint gst_clip_scheduler_get_n_threads (GstClipScheduler *self);
guint gst_clip_scheduler_get_n_streams (GstClipScheduler *self);

GstClipJob *gst_clip_job_ref (GstClipJob *job);
void gst_clip_job_unref (GstClipJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstClipJob, gst_clip_job_unref)

/* done: called for every job of gst_clip_stream_offer() that is neither replaced nor cancelled. */
GstClipStream *gst_clip_stream_new (GstClipScheduler *scheduler, GstClipJobDone done, gpointer user_data);
GstClipStream *gst_clip_stream_ref (GstClipStream *self);
void gst_clip_stream_unref (GstClipStream *self);

/* Room for n pictures: the last job's, where nobody needs it any more. NULL with `error` when memory is short. */
GstClipJob *gst_clip_stream_new_job (GstClipStream *self, guint n, GError **error);

/* Encodes it as soon as may be and tells `done`. Keeps its own reference. Returns whether it took the place of one that
 * was still waiting, which nobody will hear of again. */
gboolean gst_clip_stream_offer (GstClipStream *self, GstClipJob *job);

/* The job that waits to be encoded, which nobody will hear of again; NULL when there is none. */
GstClipJob *gst_clip_stream_take_back (GstClipStream *self);

/* Encodes it as soon as may be, and waits. FALSE with CLIP_ERROR_CANCELLED when the stream flushes or closes, in which
 * case the job is not to be used again, or with the job's error. */
gboolean gst_clip_stream_run (GstClipStream *self, GstClipJob *job, GError **error);

/* Gives up what waits and what is under way, as flushing does, and goes on. When this returns no `done` is running,
 * unless it is what calls this. */
void gst_clip_stream_drop (GstClipStream *self);

/* While flushing nothing is encoded or delivered; what was under way is given up, and the waiting call returns. When
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

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstClipScheduler, gst_clip_scheduler_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstClipStream, gst_clip_stream_unref)

G_END_DECLS

#endif /* __GST_CLIP_SCHEDULER_H__ */
