/* SPDX-License-Identifier: MIT
 *
 * gstclipjob.h: pictures to be encoded for one result. Reference-counted; whoever makes a job fills it in, then leaves
 * it alone until it is done.
 */
#ifndef __GST_CLIP_JOB_H__
#define __GST_CLIP_JOB_H__

#include "common/gstcliptimes.h"

G_BEGIN_DECLS

typedef struct _GstClipSlot GstClipSlot;

typedef struct
{
  guint n;            /* pictures */
  gfloat *pixels;     /* [n][3][image_size][image_size], as clip_preprocessor_run() makes them */
  gfloat *embeddings; /* [n][embedding_dim]: the result */
  GstClipTimes times; /* of the frame; the owner's, like the number */
  guint64 number;
  gpointer payload; /* by gst_clip_job_set_payload() */

  gint64 submitted, started, finished; /* by g_get_monotonic_time(); `started` is when its first picture was taken up */
  gint64 busy;                         /* microseconds in which a picture of it was being encoded */
  gint64 cpu_time;                     /* its share of the threads' CPU time, in nanoseconds */
  GError *error;                       /* why there is no result, or NULL */

  GDestroyNotify free_payload;

  /* The scheduler's, under its lock but for the first two. */
  gatomicrefcount refs;
  guint capacity;        /* pictures there is room for */
  GstClipSlot *slot;     /* NULL once it is done or abandoned */
  gboolean awaited;      /* by gst_clip_stream_run() */
  guint n_taken, n_done; /* pictures */
} GstClipJob;

/* A job without error is done. */
typedef void (*GstClipJobDone) (GstClipJob *job, gpointer user_data);

/* n_pixels, dim: floats of a picture, of an embedding. NULL with `error` when memory is short. */
GstClipJob *gst_clip_job_new (guint n, gsize n_pixels, gsize dim, GError **error);
GstClipJob *gst_clip_job_ref (GstClipJob *self);

/* Whatever its owner has to know of it; takes it. One thread at a time. */
void gst_clip_job_set_payload (GstClipJob *self, gpointer payload, GDestroyNotify free_payload);
void gst_clip_job_unref (GstClipJob *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstClipJob, gst_clip_job_unref)

G_END_DECLS

#endif /* __GST_CLIP_JOB_H__ */
