/* SPDX-License-Identifier: MIT
 *
 * gstclipschedulerprivate.h: what a scheduler is, for gstclipscheduler.c and the streams that stand on it.
 *
 * Threads: `lock` guards slots and jobs and is never held while anything is encoded, copied or delivered. The
 * scheduler's thread alone touches the context and the batch, but for clip_context_cancel(), which needs the lock.
 * Where a batch has no job that was not abandoned it is cancelled.
 */
#ifndef __GST_CLIP_SCHEDULER_PRIVATE_H__
#define __GST_CLIP_SCHEDULER_PRIVATE_H__

#include "tagger/gstclipscheduler.h"
#include "tagger/gstclipslot.h"

G_BEGIN_DECLS

extern GstDebugCategory *gst_clip_scheduler_debug;

/* Pictures encoded at once at most. More than threads bring nothing: each takes a picture. */
#define GST_CLIP_MAX_BATCH 8

/* A picture of the batch. */
typedef struct
{
  GstClipJob *job; /* its own reference */
  guint index;
} GstClipPart;

struct _GstClipScheduler
{
  /* What it is found by, and how many have it: gstclipscheduler.c's list lock. */
  gchar *model_key, *instance;
  ClipPrecision precision;
  guint wanted_threads;
  guint n_refs;
  GMutex loading_lock; /* held until the model is there or has failed */

  ClipModel *model;
  gsize n_pixels, dim; /* floats of a picture, of an embedding */
  guint n_threads;     /* that there are */

  GMutex lock;
  GCond job_submitted; /* for the thread: there may be something to do */
  GCond job_ended;     /* for others: a job is done or abandoned, or `delivering` has changed */
  GList *slots;
  GstClipSlot *delivering; /* whose `done` is running */
  guint64 n_served;        /* pictures taken up so far */
  gboolean quit, orphaned; /* orphaned: nobody joins the thread, it cleans up after itself */

  GThread *thread;
  ClipContext *context;
  GstClipPart batch[GST_CLIP_MAX_BATCH];
  guint n_batch;
  guint capacity, max_capacity; /* pictures the context takes at once; more than that memory has no room for */
  gfloat *pixels, *embeddings;  /* the batch's */
};

G_END_DECLS

#endif /* __GST_CLIP_SCHEDULER_PRIVATE_H__ */
