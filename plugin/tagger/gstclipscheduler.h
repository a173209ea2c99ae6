/* SPDX-License-Identifier: MIT
 *
 * gstclipscheduler.h: encodes the pictures of many streams with one copy of a model and one set of threads.
 *
 * A scheduler is shared by all who ask for the same model, precision, number of threads and instance; gstclipstream.h
 * is how they use it. Each stream has a slot (gstclipslot.h) with room for one waiting job: a newer one takes its
 * place. Where several wait, the one served longest ago comes first, picture by picture, so that a stream that asks
 * once a second gets that beside one that asks all the time. Pictures of several streams are encoded together while
 * there are as many as threads, which is faster than one by one.
 *
 * Threads: every function may be called from any thread. Results are delivered in the scheduler's thread with nothing
 * locked.
 */
#ifndef __GST_CLIP_SCHEDULER_H__
#define __GST_CLIP_SCHEDULER_H__

#include <gst/gst.h>

#include "clip.h"

G_BEGIN_DECLS

typedef struct _GstClipScheduler GstClipScheduler;

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
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstClipScheduler, gst_clip_scheduler_unref)

G_END_DECLS

#endif /* __GST_CLIP_SCHEDULER_H__ */
