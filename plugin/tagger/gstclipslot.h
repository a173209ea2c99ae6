/* SPDX-License-Identifier: MIT
 *
 * gstclipslot.h: one stream's place in a scheduler: the job that waits, the one under way, and what it may spend.
 *
 * A job is its slot's `waiting` one, then its `running` one while its pictures are taken up, one or more a batch.
 * Whoever abandons a job takes it out of its slot and marks it; the scheduler drops such a job's results.
 * Threads: everything here needs the scheduler's lock, but for new, ref and unref.
 */
#ifndef __GST_CLIP_SLOT_H__
#define __GST_CLIP_SLOT_H__

#include "tagger/gstclipjob.h"

G_BEGIN_DECLS

struct _GstClipSlot
{
  gatomicrefcount refs;
  GstClipJobDone done;
  gpointer user_data;

  GstClipJob *waiting, *running; /* its own references */
  GstClipJob *spare;             /* the last one, used again once nobody else has it */
  guint64 served;                /* the scheduler's `n_served` when a picture of it was last taken up */
  gdouble max_cpu;               /* per cent of a core, 0 = no limit */
  gint64 not_before;             /* by g_get_monotonic_time() */
};

GstClipSlot *gst_clip_slot_new (GstClipJobDone done, gpointer user_data);
GstClipSlot *gst_clip_slot_ref (GstClipSlot *self);
void gst_clip_slot_unref (GstClipSlot *self);

/* Has the job wait. Returns whether it took the place of another, which is abandoned. */
gboolean gst_clip_slot_submit (GstClipSlot *self, GstClipJob *job, gboolean awaited);

/* The job that waits, out of its slot; NULL when there is none. */
GstClipJob *gst_clip_slot_take_back (GstClipSlot *self);

/* A job with room for n pictures that nobody needs any more; NULL when there is none. */
GstClipJob *gst_clip_slot_take_spare (GstClipSlot *self, guint n);

/* Both jobs. */
void gst_clip_slot_abandon (GstClipSlot *self);
void gst_clip_slot_drop_spare (GstClipSlot *self);

/* Pictures that may be taken up, and the next one: returns a reference to its job. */
guint gst_clip_slot_get_n_pictures (const GstClipSlot *self);
GstClipJob *gst_clip_slot_take_picture (GstClipSlot *self, gint64 now, guint *ret_index);

/* The running job is done: nothing of it is left here but the spare. */
void gst_clip_slot_finish (GstClipSlot *self, gint64 now);

void gst_clip_slot_set_max_cpu (GstClipSlot *self, gdouble per_cent);

/* Has `cpu_time` nanoseconds, spent since `since`, count towards the limit. */
void gst_clip_slot_charge (GstClipSlot *self, gint64 since, gint64 cpu_time);

G_END_DECLS

#endif /* __GST_CLIP_SLOT_H__ */
