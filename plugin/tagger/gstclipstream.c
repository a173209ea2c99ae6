/* SPDX-License-Identifier: MIT
 *
 * gstclipstream.c: see gstclipstream.h.
 */
#include "tagger/gstclipstream.h"

#include "tagger/gstclipschedulerprivate.h"

#define GST_CAT_DEFAULT gst_clip_scheduler_debug

struct _GstClipStream
{
  gatomicrefcount refs;
  GstClipScheduler *scheduler; /* its own reference */
  GstClipSlot *slot;

  gboolean open, flushing; /* the scheduler's lock */
};

/* ---- With the lock ---------------------------------------------------------------------------------------- */

/* A batch that nobody wants any more is not worth finishing. */
static void
cancel_unwanted_batch (GstClipScheduler *scheduler)
{
  for (guint i = 0; i < scheduler->n_batch; i++)
    if (scheduler->batch[i].job->slot)
      return;
  if (scheduler->n_batch) {
    GST_DEBUG ("scheduler %p: cancels a batch that nobody wants any more", scheduler);
    clip_context_cancel (scheduler->context);
  }
}

static void
abandon_jobs (GstClipStream *self)
{
  gst_clip_slot_abandon (self->slot);
  cancel_unwanted_batch (self->scheduler);
  g_cond_broadcast (&self->scheduler->job_ended);
}

static void
wait_for_delivery (GstClipStream *self)
{
  GstClipScheduler *scheduler = self->scheduler;
  while (scheduler->delivering == self->slot && g_thread_self () != scheduler->thread)
    g_cond_wait (&scheduler->job_ended, &scheduler->lock);
}

/* Returns whether a waiting job was replaced. */
static gboolean
submit_job (GstClipStream *self, GstClipJob *job, gboolean awaited)
{
  const GstClipJob *waiting = self->slot->waiting;
  GST_LOG ("slot %p: job %" G_GUINT64_FORMAT " waits", self->slot, job->number);
  if (waiting)
    GST_LOG ("slot %p: job %" G_GUINT64_FORMAT " is dropped for it", self->slot, waiting->number);
  gboolean replaced = gst_clip_slot_submit (self->slot, job, awaited);
  g_cond_signal (&self->scheduler->job_submitted);
  return replaced;
}

/* ---- Life -------------------------------------------------------------------------------------------------- */

GstClipStream *
gst_clip_stream_new (GstClipScheduler *scheduler, GstClipJobDone done, gpointer user_data)
{
  GstClipStream *self = g_new0 (GstClipStream, 1);
  g_atomic_ref_count_init (&self->refs);
  self->scheduler = gst_clip_scheduler_ref (scheduler);
  self->slot = gst_clip_slot_new (done, user_data);
  self->open = TRUE;

  g_mutex_lock (&scheduler->lock);
  self->slot->served = scheduler->n_served;
  scheduler->slots = g_list_prepend (scheduler->slots, self->slot);
  GST_DEBUG ("slot %p: joins scheduler %p, streams: %u", self->slot, scheduler, g_list_length (scheduler->slots));
  g_mutex_unlock (&scheduler->lock);
  return self;
}

GstClipStream *
gst_clip_stream_ref (GstClipStream *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
gst_clip_stream_unref (GstClipStream *self)
{
  if (!self || !g_atomic_ref_count_dec (&self->refs))
    return;
  gst_clip_stream_close (self);
  gst_clip_slot_unref (self->slot);
  gst_clip_scheduler_unref (self->scheduler);
  g_free (self);
}

void
gst_clip_stream_close (GstClipStream *self)
{
  GstClipScheduler *scheduler = self->scheduler;
  g_mutex_lock (&scheduler->lock);
  if (self->open) {
    self->open = FALSE;
    self->flushing = TRUE;
    abandon_jobs (self);
    gst_clip_slot_drop_spare (self->slot);
    scheduler->slots = g_list_remove (scheduler->slots, self->slot);
    GST_DEBUG ("slot %p: leaves scheduler %p, streams: %u", self->slot, scheduler, g_list_length (scheduler->slots));
  }
  wait_for_delivery (self);
  g_mutex_unlock (&scheduler->lock);
}

void
gst_clip_stream_drop (GstClipStream *self)
{
  g_mutex_lock (&self->scheduler->lock);
  abandon_jobs (self);
  wait_for_delivery (self);
  g_mutex_unlock (&self->scheduler->lock);
}

void
gst_clip_stream_set_flushing (GstClipStream *self, gboolean flushing)
{
  g_mutex_lock (&self->scheduler->lock);
  self->flushing = flushing || !self->open;
  GST_DEBUG ("slot %p: %s", self->slot, self->flushing ? "flushes" : "goes on");
  if (self->flushing) {
    abandon_jobs (self);
    wait_for_delivery (self);
  }
  g_mutex_unlock (&self->scheduler->lock);
}

/* ---- Jobs -------------------------------------------------------------------------------------------------- */

GstClipJob *
gst_clip_stream_new_job (GstClipStream *self, guint n, GError **error)
{
  GstClipScheduler *scheduler = self->scheduler;
  g_mutex_lock (&scheduler->lock);
  GstClipJob *job = gst_clip_slot_take_spare (self->slot, n);
  g_mutex_unlock (&scheduler->lock);
  if (!job)
    return gst_clip_job_new (n, scheduler->n_pixels, scheduler->dim, error);
  gst_clip_job_set_payload (job, NULL, NULL);
  return job;
}

gboolean
gst_clip_stream_submit (GstClipStream *self, GstClipJob *job)
{
  g_mutex_lock (&self->scheduler->lock);
  gboolean replaced = !self->flushing && submit_job (self, job, FALSE);
  g_mutex_unlock (&self->scheduler->lock);
  return replaced;
}

GstClipJob *
gst_clip_stream_take_back (GstClipStream *self)
{
  g_mutex_lock (&self->scheduler->lock);
  GstClipJob *job = gst_clip_slot_take_back (self->slot);
  g_mutex_unlock (&self->scheduler->lock);
  return job;
}

GstClipJob *
gst_clip_stream_drain (GstClipStream *self)
{
  GstClipScheduler *scheduler = self->scheduler;
  GstClipSlot *slot = self->slot;
  GstClipJob *dropped = NULL;
  g_mutex_lock (&scheduler->lock);
  while (!self->flushing && g_thread_self () != scheduler->thread
         && (slot->waiting || slot->running || scheduler->delivering == slot)) {
    gboolean limited = slot->waiting && !slot->running && slot->not_before > g_get_monotonic_time ();
    if (limited && scheduler->delivering != slot) {
      dropped = gst_clip_slot_take_back (slot);
      break;
    }
    g_cond_wait (&scheduler->job_ended, &scheduler->lock);
  }
  g_mutex_unlock (&scheduler->lock);
  return dropped;
}

gboolean
gst_clip_stream_run (GstClipStream *self, GstClipJob *job, GError **error)
{
  GstClipScheduler *scheduler = self->scheduler;
  g_mutex_lock (&scheduler->lock);
  job->finished = 0;
  if (!self->flushing) {
    submit_job (self, job, TRUE);
    while (job->slot && !job->finished)
      g_cond_wait (&scheduler->job_ended, &scheduler->lock);
  }
  gboolean finished = job->finished != 0;
  g_mutex_unlock (&scheduler->lock);

  if (!finished)
    g_set_error_literal (error, CLIP_ERROR, CLIP_ERROR_CANCELLED, "encoding was cancelled");
  else if (job->error)
    g_propagate_error (error, g_error_copy (job->error));
  return finished && !job->error;
}

/* ---- CPU limits --------------------------------------------------------------------------------------------- */

void
gst_clip_stream_set_max_cpu (GstClipStream *self, gdouble per_cent)
{
  g_mutex_lock (&self->scheduler->lock);
  gst_clip_slot_set_max_cpu (self->slot, per_cent);
  g_cond_signal (&self->scheduler->job_submitted);
  g_mutex_unlock (&self->scheduler->lock);
}

void
gst_clip_stream_charge (GstClipStream *self, gint64 cpu_time)
{
  g_mutex_lock (&self->scheduler->lock);
  gst_clip_slot_charge (self->slot, g_get_monotonic_time (), cpu_time);
  g_mutex_unlock (&self->scheduler->lock);
}

gint64
gst_clip_stream_get_start (GstClipStream *self)
{
  g_mutex_lock (&self->scheduler->lock);
  gint64 start = self->slot->not_before;
  g_mutex_unlock (&self->scheduler->lock);
  return start;
}
