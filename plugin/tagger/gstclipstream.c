/* SPDX-License-Identifier: MIT
 *
 * gstclipstream.c: one stream's place in a scheduler: the job that waits, the one under way, and what it may spend. See
 * gstclipschedulerprivate.h.
 */
#include "tagger/gstclipschedulerprivate.h"

#define GST_CAT_DEFAULT gst_clip_scheduler_debug

/* ---- Jobs ------------------------------------------------------------------------------------------------ */

static GstClipOwnJob *
job_new (guint n, gsize n_pixels, gsize dim, GError **error)
{
  gfloat *pixels = g_try_malloc_n (n, n_pixels * sizeof (gfloat));
  gfloat *embeddings = g_try_malloc_n (n, dim * sizeof (gfloat));
  if (!pixels || !embeddings) {
    g_free (pixels);
    g_free (embeddings);
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for %u pictures", n);
    return NULL;
  }
  GstClipOwnJob *job = g_new0 (GstClipOwnJob, 1);
  g_atomic_ref_count_init (&job->refs);
  job->capacity = n;
  job->public.pixels = pixels;
  job->public.embeddings = embeddings;
  return job;
}

GstClipJob *
gst_clip_job_ref (GstClipJob *public)
{
  GstClipOwnJob *job = (GstClipOwnJob *)public;
  g_atomic_ref_count_inc (&job->refs);
  return public;
}

void
gst_clip_job_unref (GstClipJob *public)
{
  GstClipOwnJob *job = (GstClipOwnJob *)public;
  if (!job || !g_atomic_ref_count_dec (&job->refs))
    return;
  g_clear_error (&public->error);
  g_free (public->pixels);
  g_free (public->embeddings);
  g_free (job);
}

/* ---- Streams; what is static needs the lock, gst_clip_stream_keep_spare() too ------------------------------ */

void
gst_clip_stream_keep_spare (GstClipStream *self, GstClipOwnJob *job)
{
  gst_clip_own_job_clear (&self->spare);
  self->spare = gst_clip_own_job_ref (job);
}

static void
give_up (GstClipOwnJob **job)
{
  if (*job)
    (*job)->stream = NULL;
  gst_clip_own_job_clear (job);
}

/* A batch that nobody wants any more is not worth finishing. */
static void
cancel_unwanted (GstClipScheduler *self)
{
  for (guint i = 0; i < self->n_batch; i++)
    if (self->batch[i].job->stream)
      return;
  if (self->n_batch) {
    GST_DEBUG ("scheduler %p: cancels a batch that nobody wants any more", self);
    clip_context_cancel (self->context);
  }
}

static void
drop_jobs (GstClipStream *self)
{
  give_up (&self->waiting);
  give_up (&self->running);
  cancel_unwanted (self->scheduler);
  g_cond_broadcast (&self->scheduler->changed);
}

static void
wait_for_delivery (GstClipStream *self)
{
  GstClipScheduler *scheduler = self->scheduler;
  while (scheduler->delivering == self && g_thread_self () != scheduler->thread)
    g_cond_wait (&scheduler->changed, &scheduler->lock);
}

GstClipStream *
gst_clip_stream_new (GstClipScheduler *scheduler, GstClipJobDone done, gpointer user_data)
{
  GstClipStream *self = g_new0 (GstClipStream, 1);
  g_atomic_ref_count_init (&self->refs);
  self->scheduler = gst_clip_scheduler_ref (scheduler);
  self->done = done;
  self->user_data = user_data;
  self->open = TRUE;

  g_mutex_lock (&scheduler->lock);
  self->served = scheduler->n_served;
  scheduler->streams = g_list_prepend (scheduler->streams, self);
  GST_DEBUG ("stream %p: joins scheduler %p, %u streams", self, scheduler, g_list_length (scheduler->streams));
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
    drop_jobs (self);
    gst_clip_own_job_clear (&self->spare);
    scheduler->streams = g_list_remove (scheduler->streams, self);
    GST_DEBUG ("stream %p: leaves scheduler %p, %u streams", self, scheduler, g_list_length (scheduler->streams));
  }
  wait_for_delivery (self);
  g_mutex_unlock (&scheduler->lock);
}

void
gst_clip_stream_drop (GstClipStream *self)
{
  g_mutex_lock (&self->scheduler->lock);
  drop_jobs (self);
  wait_for_delivery (self);
  g_mutex_unlock (&self->scheduler->lock);
}

void
gst_clip_stream_set_flushing (GstClipStream *self, gboolean flushing)
{
  g_mutex_lock (&self->scheduler->lock);
  self->flushing = flushing || !self->open;
  GST_DEBUG ("stream %p: %s", self, self->flushing ? "flushes" : "goes on");
  if (self->flushing) {
    drop_jobs (self);
    wait_for_delivery (self);
  }
  g_mutex_unlock (&self->scheduler->lock);
}

GstClipJob *
gst_clip_stream_new_job (GstClipStream *self, guint n, GError **error)
{
  GstClipScheduler *scheduler = self->scheduler;
  g_mutex_lock (&scheduler->lock);
  GstClipOwnJob *job = NULL;
  if (self->spare && self->spare->capacity >= n && g_atomic_ref_count_compare (&self->spare->refs, 1))
    job = g_steal_pointer (&self->spare);
  g_mutex_unlock (&scheduler->lock);

  if (!job)
    job = job_new (n, scheduler->n_pixels, scheduler->dim, error);
  if (job)
    job->public.n = n;
  return (GstClipJob *)job;
}

/* Returns whether a waiting job was replaced. */
static gboolean
put (GstClipStream *self, GstClipOwnJob *job, gboolean awaited)
{
  gboolean replaced = self->waiting != NULL;
  GST_LOG ("stream %p: job %" G_GUINT64_FORMAT " waits", self, job->public.number);
  if (replaced) {
    GST_LOG ("stream %p: job %" G_GUINT64_FORMAT " is dropped for it", self, self->waiting->public.number);
    gst_clip_stream_keep_spare (self, self->waiting);
  }
  give_up (&self->waiting);
  g_clear_error (&job->public.error);
  job->public.offered = g_get_monotonic_time ();
  job->public.started = job->public.finished = job->public.busy = job->public.cpu_time = 0;
  job->awaited = awaited;
  job->n_taken = job->n_done = 0;
  job->stream = self;
  self->waiting = gst_clip_own_job_ref (job);
  g_cond_signal (&self->scheduler->work);
  return replaced;
}

gboolean
gst_clip_stream_offer (GstClipStream *self, GstClipJob *job)
{
  g_mutex_lock (&self->scheduler->lock);
  gboolean replaced = !self->flushing && put (self, (GstClipOwnJob *)job, FALSE);
  g_mutex_unlock (&self->scheduler->lock);
  return replaced;
}

GstClipJob *
gst_clip_stream_take_back (GstClipStream *self)
{
  g_mutex_lock (&self->scheduler->lock);
  GstClipOwnJob *job = g_steal_pointer (&self->waiting);
  if (job) {
    gst_clip_stream_keep_spare (self, job);
    job->stream = NULL;
  }
  g_mutex_unlock (&self->scheduler->lock);
  return (GstClipJob *)job;
}

gboolean
gst_clip_stream_run (GstClipStream *self, GstClipJob *public, GError **error)
{
  GstClipScheduler *scheduler = self->scheduler;
  GstClipOwnJob *job = (GstClipOwnJob *)public;
  g_mutex_lock (&scheduler->lock);
  public->finished = 0;
  if (!self->flushing) {
    put (self, job, TRUE);
    while (job->stream && !public->finished)
      g_cond_wait (&scheduler->changed, &scheduler->lock);
  }
  gboolean finished = public->finished != 0;
  g_mutex_unlock (&scheduler->lock);

  if (!finished)
    g_set_error_literal (error, CLIP_ERROR, CLIP_ERROR_CANCELLED, "encoding was cancelled");
  else if (public->error)
    g_propagate_error (error, g_error_copy (public->error));
  return finished && !public->error;
}

/* ---- CPU limits ------------------------------------------------------------------------------------------- */

void
gst_clip_stream_set_max_cpu (GstClipStream *self, gdouble per_cent)
{
  g_mutex_lock (&self->scheduler->lock);
  if (per_cent != self->max_cpu)
    self->not_before = 0;
  self->max_cpu = per_cent;
  g_cond_signal (&self->scheduler->work);
  g_mutex_unlock (&self->scheduler->lock);
}

/* As good as for ever, and still far from the end of what is counted in. */
#define MAX_WAIT (G_GINT64_CONSTANT (1) << 60)

/* What was not spent before `since` is lost, so that there are no bursts. */
void
gst_clip_stream_charge_since (GstClipStream *self, gint64 since, gint64 cpu_time)
{
  if (self->max_cpu <= 0)
    return;
  gdouble wait = cpu_time / 1000.0 * 100 / self->max_cpu; /* infinite by the least of numbers */
  gint64 start = MAX (self->not_before, since);
  self->not_before = start < MAX_WAIT && wait < MAX_WAIT ? start + (gint64)wait : MAX_WAIT;
}

void
gst_clip_stream_charge (GstClipStream *self, gint64 cpu_time)
{
  g_mutex_lock (&self->scheduler->lock);
  gst_clip_stream_charge_since (self, g_get_monotonic_time (), cpu_time);
  g_mutex_unlock (&self->scheduler->lock);
}

gint64
gst_clip_stream_get_start (GstClipStream *self)
{
  g_mutex_lock (&self->scheduler->lock);
  gint64 start = self->not_before;
  g_mutex_unlock (&self->scheduler->lock);
  return start;
}
