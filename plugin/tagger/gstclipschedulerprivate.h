/* SPDX-License-Identifier: MIT
 *
 * gstclipschedulerprivate.h: what gstclipscheduler.c (the schedulers and their threads) and gstclipstream.c (streams
 * and jobs) share.
 *
 * Threads: `lock` guards streams and jobs and is never held while anything is encoded, copied or delivered. The
 * scheduler's thread alone touches the context and the batch, but for clip_context_cancel(), which needs the lock.
 *
 * A job is its stream's `waiting` one, then its `running` one while its pictures are taken up, one or more a batch.
 * Whoever gives a job up takes it out of its stream and marks it; the thread drops such a job's results, and where a
 * batch has no other it is cancelled.
 */
#ifndef __GST_CLIP_SCHEDULER_PRIVATE_H__
#define __GST_CLIP_SCHEDULER_PRIVATE_H__

#include "tagger/gstclipscheduler.h"

G_BEGIN_DECLS

extern GstDebugCategory *gst_clip_scheduler_debug;

/* Pictures encoded at once at most. More than threads bring nothing: each takes a picture. */
#define GST_CLIP_MAX_BATCH 8

/* The lock guards what follows `public`, but for `refs` and `capacity`. */
typedef struct
{
  GstClipJob public;
  gatomicrefcount refs;
  guint capacity;        /* pictures there is room for */
  GstClipStream *stream; /* NULL once it is done or given up */
  gboolean awaited;      /* by gst_clip_stream_run() */
  guint n_taken, n_done; /* pictures */
} GstClipOwnJob;

struct _GstClipStream
{
  gatomicrefcount refs;
  GstClipScheduler *scheduler; /* its own reference */
  GstClipJobDone done;
  gpointer user_data;

  /* The lock. */
  gboolean open, flushing;
  GstClipOwnJob *waiting, *running; /* its own references */
  GstClipOwnJob *spare;             /* the last one, used again once nobody else has it */
  guint64 served;                   /* the scheduler's `n_served` when a picture of it was last taken up */
  gdouble max_cpu;                  /* per cent of a core, 0 = no limit */
  gint64 not_before;                /* by g_get_monotonic_time() */
};

/* A picture of the batch. */
typedef struct
{
  GstClipOwnJob *job; /* its own reference */
  guint index;
} GstClipPart;

struct _GstClipScheduler
{
  /* What it is found by, and how many have it: gstclipscheduler.c's list lock. */
  gchar *model_key, *instance;
  ClipPrecision precision;
  guint wanted_threads;
  guint n_refs;
  GMutex loading; /* held until the model is there or has failed */

  ClipModel *model;
  gsize n_pixels, dim; /* floats of a picture, of an embedding */
  guint n_threads;     /* that there are */

  GMutex lock;
  GCond work;    /* for the thread: there may be something to do */
  GCond changed; /* for others: a job is done or given up, or `delivering` has changed */
  GList *streams;
  GstClipStream *delivering; /* whose `done` is running */
  guint64 n_served;          /* pictures taken up so far */
  gboolean quit, orphaned;   /* orphaned: nobody joins the thread, it cleans up after itself */

  GThread *thread;
  ClipContext *context;
  GstClipPart batch[GST_CLIP_MAX_BATCH];
  guint n_batch;
  guint capacity, max_capacity; /* pictures the context takes at once; more than that memory has no room for */
  gfloat *pixels, *embeddings;  /* the batch's */
};

/* With the lock: the job is kept for gst_clip_stream_new_job(). */
void gst_clip_stream_keep_spare (GstClipStream *self, GstClipOwnJob *job);

/* With the lock: has `cpu_time` nanoseconds, spent since `since`, count towards the limit. */
void gst_clip_stream_charge_since (GstClipStream *self, gint64 since, gint64 cpu_time);

static inline GstClipOwnJob *
gst_clip_own_job_ref (GstClipOwnJob *job)
{
  return (GstClipOwnJob *)gst_clip_job_ref (&job->public);
}

static inline void
gst_clip_own_job_clear (GstClipOwnJob **job)
{
  if (*job)
    gst_clip_job_unref (&(*job)->public);
  *job = NULL;
}

G_END_DECLS

#endif /* __GST_CLIP_SCHEDULER_PRIVATE_H__ */
