/* SPDX-License-Identifier: MIT
 *
 * gstclipslot.c: see gstclipslot.h.
 */
#include "tagger/gstclipslot.h"

/* As good as for ever, and still far from the end of what is counted in. */
#define MAX_WAIT (G_GINT64_CONSTANT (1) << 60)

GstClipSlot *
gst_clip_slot_new (GstClipJobDone done, gpointer user_data)
{
  GstClipSlot *self = g_new0 (GstClipSlot, 1);
  g_atomic_ref_count_init (&self->refs);
  self->done = done;
  self->user_data = user_data;
  return self;
}

GstClipSlot *
gst_clip_slot_ref (GstClipSlot *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
gst_clip_slot_unref (GstClipSlot *self)
{
  if (!self || !g_atomic_ref_count_dec (&self->refs))
    return;
  gst_clip_slot_abandon (self);
  gst_clip_slot_drop_spare (self);
  g_free (self);
}

void
gst_clip_slot_drop_spare (GstClipSlot *self)
{
  g_clear_pointer (&self->spare, gst_clip_job_unref);
}

static void
keep_spare (GstClipSlot *self, GstClipJob *job)
{
  gst_clip_slot_drop_spare (self);
  self->spare = gst_clip_job_ref (job);
}

static void
abandon_job (GstClipJob **job)
{
  if (*job)
    (*job)->slot = NULL;
  g_clear_pointer (job, gst_clip_job_unref);
}

void
gst_clip_slot_abandon (GstClipSlot *self)
{
  abandon_job (&self->waiting);
  abandon_job (&self->running);
}

gboolean
gst_clip_slot_submit (GstClipSlot *self, GstClipJob *job, gboolean awaited)
{
  gboolean replaced = self->waiting != NULL;
  if (replaced)
    keep_spare (self, self->waiting);
  abandon_job (&self->waiting);
  g_clear_error (&job->error);
  job->submitted = g_get_monotonic_time ();
  job->started = job->finished = job->busy = job->cpu_time = 0;
  job->awaited = awaited;
  job->n_taken = job->n_done = 0;
  job->slot = self;
  self->waiting = gst_clip_job_ref (job);
  return replaced;
}

GstClipJob *
gst_clip_slot_take_back (GstClipSlot *self)
{
  GstClipJob *job = g_steal_pointer (&self->waiting);
  if (job) {
    keep_spare (self, job);
    job->slot = NULL;
  }
  return job;
}

GstClipJob *
gst_clip_slot_take_spare (GstClipSlot *self, guint n)
{
  if (!self->spare || self->spare->capacity < n || !g_atomic_ref_count_compare (&self->spare->refs, 1))
    return NULL;
  self->spare->n = n;
  return g_steal_pointer (&self->spare);
}

guint
gst_clip_slot_get_n_pictures (const GstClipSlot *self)
{
  const GstClipJob *job = self->running ? self->running : self->waiting;
  return job ? job->n - job->n_taken : 0;
}

GstClipJob *
gst_clip_slot_take_picture (GstClipSlot *self, gint64 now, guint *ret_index)
{
  if (!self->running) {
    self->running = g_steal_pointer (&self->waiting);
    self->running->started = now;
  }
  *ret_index = self->running->n_taken++;
  return gst_clip_job_ref (self->running);
}

void
gst_clip_slot_finish (GstClipSlot *self, gint64 now)
{
  self->running->finished = now;
  keep_spare (self, self->running);
  abandon_job (&self->running);
}

void
gst_clip_slot_set_max_cpu (GstClipSlot *self, gdouble per_cent)
{
  if (per_cent != self->max_cpu)
    self->not_before = 0;
  self->max_cpu = per_cent;
}

/* What was not spent before `since` is lost, so that there are no bursts. */
void
gst_clip_slot_charge (GstClipSlot *self, gint64 since, gint64 cpu_time)
{
  if (self->max_cpu <= 0)
    return;
  gdouble wait = cpu_time / 1000.0 * 100 / self->max_cpu; /* infinite by the least of numbers */
  gint64 start = MAX (self->not_before, since);
  self->not_before = start < MAX_WAIT && wait < MAX_WAIT ? start + (gint64)wait : MAX_WAIT;
}
