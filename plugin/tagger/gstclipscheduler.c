/* SPDX-License-Identifier: MIT
 *
 * gstclipscheduler.c: the schedulers there are, and what their threads do. See gstclipschedulerprivate.h.
 */
#include "tagger/gstclipschedulerprivate.h"

#include "tagger/gstclipmodelkey.h"

#include <string.h>

GST_DEBUG_CATEGORY (gst_clip_scheduler_debug);
#define GST_CAT_DEFAULT gst_clip_scheduler_debug

void
gst_clip_scheduler_init_debug (void)
{
  GST_DEBUG_CATEGORY_INIT (gst_clip_scheduler_debug, "clipscheduler", 0, "pictures of many streams, one model");
}

/* ---- The scheduler's thread; with the lock unless it says otherwise ---------------------------------------- */

/* The one served longest ago, of those that may be now. ret_wake: lowered to when another one may. */
static GstClipSlot *
next_slot (GstClipScheduler *self, gint64 now, gint64 *ret_wake)
{
  GstClipSlot *best = NULL;
  for (GList *link = self->slots; link; link = link->next) {
    GstClipSlot *slot = link->data;
    if (!gst_clip_slot_get_n_pictures (slot))
      continue;
    if (!slot->running && slot->not_before > now)
      *ret_wake = MIN (*ret_wake, slot->not_before);
    else if (!best || slot->served < best->served)
      best = slot;
  }
  return best;
}

static void
take_picture (GstClipScheduler *self, GstClipSlot *slot, gint64 now)
{
  GstClipPart *part = &self->batch[self->n_batch++];
  part->job = gst_clip_slot_take_picture (slot, now, &part->index);
  slot->served = ++self->n_served;
  GST_LOG ("slot %p: picture %u of %u of job %" G_GUINT64_FORMAT " is taken up", slot, part->index + 1, part->job->n,
      part->job->number);
}

static guint
count_pictures (const GstClipScheduler *self)
{
  guint n = 0;
  for (const GList *link = self->slots; link; link = link->next)
    n += gst_clip_slot_get_n_pictures (link->data);
  return n;
}

/* Without the lock, by the thread or before it starts. On failure everything stays as it was. */
static gboolean
make_context (GstClipScheduler *self, guint capacity, GError **error)
{
  ClipContextParams params;
  clip_context_params_init (&params);
  params.n_threads = self->wanted_threads;
  params.max_batch = capacity;
  ClipContext *context = clip_context_new (self->model, &params, error);
  if (!context)
    return FALSE;
  gfloat *pixels = g_try_malloc_n (capacity, self->n_pixels * sizeof (gfloat));
  gfloat *embeddings = g_try_malloc_n (capacity, self->dim * sizeof (gfloat));
  if (!pixels || !embeddings) {
    g_free (pixels);
    g_free (embeddings);
    clip_context_free (context);
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory to encode %u pictures at once", capacity);
    return FALSE;
  }

  g_mutex_lock (&self->lock);
  ClipContext *old = self->context;
  self->context = context;
  self->capacity = capacity;
  g_mutex_unlock (&self->lock);
  clip_context_free (old);
  g_free (self->pixels);
  g_free (self->embeddings);
  self->pixels = pixels;
  self->embeddings = embeddings;
  return TRUE;
}

/* Sets the batch up. Scratch grows with the number of pictures that were once waiting. Unlocks in between. */
static void
gather_batch (GstClipScheduler *self, gint64 *ret_wake)
{
  guint wanted = MIN (count_pictures (self), self->max_capacity);
  if (wanted > self->capacity) {
    g_autoptr (GError) error = NULL;
    g_mutex_unlock (&self->lock);
    gboolean grown = make_context (self, wanted, &error);
    if (!grown)
      GST_WARNING ("scheduler %p: at most %u pictures at once: %s", self, self->capacity, error->message);
    g_mutex_lock (&self->lock);
    if (!grown)
      self->max_capacity = self->capacity;
  }
  gint64 now = g_get_monotonic_time ();
  GstClipSlot *slot;
  while (self->n_batch < self->capacity && (slot = next_slot (self, now, ret_wake)))
    take_picture (self, slot, now);
}

static gboolean
is_batch_wanted (GstClipScheduler *self)
{
  g_mutex_lock (&self->lock);
  gboolean wanted = FALSE;
  for (guint i = 0; i < self->n_batch; i++)
    wanted |= self->batch[i].job->slot != NULL;
  g_mutex_unlock (&self->lock);
  return wanted;
}

/* Without the lock. A cancel may have been meant for the batch before. */
static void
encode_batch (GstClipScheduler *self, gint64 *ret_cpu_time, GError **error)
{
  for (guint i = 0; i < self->n_batch; i++) {
    GstClipPart *part = &self->batch[i];
    memcpy (self->pixels + i * self->n_pixels, part->job->pixels + part->index * self->n_pixels,
        self->n_pixels * sizeof (gfloat));
  }
  gint64 before = clip_context_get_cpu_time (self->context);
  while (is_batch_wanted (self)) {
    g_autoptr (GError) failure = NULL;
    if (clip_context_encode_pixels (self->context, self->pixels, self->n_batch, self->embeddings, &failure))
      break;
    if (!g_error_matches (failure, CLIP_ERROR, CLIP_ERROR_CANCELLED)) {
      g_propagate_error (error, g_steal_pointer (&failure));
      break;
    }
  }
  *ret_cpu_time = clip_context_get_cpu_time (self->context) - before;
}

/* Unlocks to deliver. */
static void
finish_job (GstClipScheduler *self, GstClipJob *job, gint64 now)
{
  GstClipSlot *slot = gst_clip_slot_ref (job->slot);
  gst_clip_slot_finish (slot, now);
  gboolean awaited = job->awaited; /* whoever has waited may use it again from here on */
  self->delivering = awaited ? NULL : slot;
  g_cond_broadcast (&self->job_ended);
  g_mutex_unlock (&self->lock);

  if (!awaited)
    slot->done (job, slot->user_data);

  g_mutex_lock (&self->lock);
  self->delivering = NULL;
  g_cond_broadcast (&self->job_ended);
  gst_clip_slot_unref (slot);
}

/* A picture's result, and what it cost, to its job if that was not abandoned. first: of this job in this batch. */
static void
hand_over_result (GstClipScheduler *self, GstClipPart part, const gfloat *embedding, gint64 start, gint64 now,
    gint64 cpu_time, gboolean first)
{
  GstClipJob *job = part.job;
  if (!job->slot) {
    GST_LOG ("job %" G_GUINT64_FORMAT " was abandoned meanwhile, its result is dropped", job->number);
    return;
  }
  memcpy (job->embeddings + part.index * self->dim, embedding, self->dim * sizeof (gfloat));
  job->cpu_time += cpu_time;
  job->busy += first ? now - start : 0;
  gst_clip_slot_charge (job->slot, start, cpu_time);
  if (++job->n_done == job->n)
    finish_job (self, job, now);
}

/* Ends the batch. Unlocks in between. */
static void
end_batch (GstClipScheduler *self, gint64 start, gint64 cpu_time, const GError *error)
{
  gint64 now = g_get_monotonic_time ();
  GstClipPart parts[GST_CLIP_MAX_BATCH];
  guint n = self->n_batch;
  GST_DEBUG ("scheduler %p: batch of %u pictures, %.1f ms, %.1f ms of CPU time%s%s", self, n, (now - start) / 1000.0,
      cpu_time / 1e6, error ? ", failed: " : "", error ? error->message : "");
  memcpy (parts, self->batch, n * sizeof *parts);
  self->n_batch = 0;

  for (guint i = 0; i < n; i++) {
    gboolean first = TRUE;
    for (guint k = 0; k < i; k++)
      first &= parts[k].job != parts[i].job;
    if (error && first && parts[i].job->slot && !parts[i].job->error)
      parts[i].job->error = g_error_copy (error);
    hand_over_result (self, parts[i], self->embeddings + i * self->dim, start, now, cpu_time / n, first);
  }
  for (guint i = 0; i < n; i++)
    gst_clip_job_unref (parts[i].job);
}

static void
scheduler_free (GstClipScheduler *self)
{
  clip_context_free (self->context);
  g_clear_pointer (&self->model, clip_model_unref);
  g_free (self->pixels);
  g_free (self->embeddings);
  g_free (self->model_key);
  g_free (self->instance);
  g_mutex_clear (&self->loading_lock);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->job_submitted);
  g_cond_clear (&self->job_ended);
  g_free (self);
}

static gpointer
scheduler_main (gpointer data)
{
  GstClipScheduler *self = data;
  g_mutex_lock (&self->lock);
  while (!self->quit) {
    gint64 wake = G_MAXINT64;
    gather_batch (self, &wake);
    if (self->n_batch) {
      g_autoptr (GError) error = NULL;
      gint64 start = g_get_monotonic_time (), cpu_time;
      g_mutex_unlock (&self->lock);
      encode_batch (self, &cpu_time, &error);
      g_mutex_lock (&self->lock);
      end_batch (self, start, cpu_time, error);
    } else if (wake < G_MAXINT64) {
      g_cond_wait_until (&self->job_submitted, &self->lock, wake);
    } else if (!self->quit) {
      g_cond_wait (&self->job_submitted, &self->lock);
    }
  }
  gboolean orphaned = self->orphaned;
  g_mutex_unlock (&self->lock);
  if (orphaned)
    scheduler_free (self);
  return NULL;
}

/* ---- Which schedulers there are --------------------------------------------------------------------------- */

static GMutex schedulers_lock;
static GList *schedulers;

/* With schedulers_lock. n_threads: NULL = any. */
static GstClipScheduler *
find_scheduler (const gchar *model_key, ClipPrecision precision, const gchar *instance, const guint *n_threads)
{
  for (GList *link = schedulers; link; link = link->next) {
    GstClipScheduler *self = link->data;
    if (self->precision == precision && g_str_equal (self->model_key, model_key)
        && g_strcmp0 (self->instance, instance) == 0 && (!n_threads || self->wanted_threads == *n_threads)) {
      self->n_refs++;
      return self;
    }
  }
  return NULL;
}

static ClipModel *
load_model (const gchar *path, ClipPrecision precision, GError **error)
{
  g_autoptr (ClipModel) model = clip_model_load_full (path, precision, error);
  if (model && !clip_model_get_info (model)->has_vision) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_NO_TOWER,
        "%s is a text-only model: pictures cannot be encoded without an image tower", path);
    return NULL;
  }
  return g_steal_pointer (&model);
}

/* sibling: one with the same weights, or NULL. */
static gboolean
start_scheduler (GstClipScheduler *self, GstClipScheduler *sibling, const gchar *model_path, GError **error)
{
  g_autoptr (ClipModel) model = NULL;
  if (sibling) {
    g_mutex_lock (&sibling->loading_lock);
    model = sibling->model ? clip_model_ref (sibling->model) : NULL;
    g_mutex_unlock (&sibling->loading_lock);
  }
  GST_DEBUG ("scheduler %p: %s", self, model ? "shares another one's weights" : "loads weights of its own");
  if (!model && !(model = load_model (model_path, self->precision, error)))
    return FALSE;

  const ClipModelInfo *info = clip_model_get_info (model);
  self->n_pixels = (gsize)3 * info->image_size * info->image_size;
  self->dim = info->embedding_dim;
  self->model = g_steal_pointer (&model);
  if (make_context (self, 1, error)) {
    self->n_threads = clip_context_get_n_threads (self->context);
    self->max_capacity = MIN (GST_CLIP_MAX_BATCH, self->n_threads);
    self->thread = g_thread_try_new ("cliptagger", scheduler_main, self, error);
  }
  if (self->thread)
    GST_INFO ("scheduler %p: model %s, threads: %u, at most %u pictures at once", self, info->name, self->n_threads,
        self->max_capacity);
  else
    g_clear_pointer (&self->model, clip_model_unref);
  return self->thread != NULL;
}

static GstClipScheduler *
scheduler_new (const gchar *model_key, ClipPrecision precision, guint n_threads, const gchar *instance)
{
  GstClipScheduler *self = g_new0 (GstClipScheduler, 1);
  self->n_refs = 1;
  self->model_key = g_strdup (model_key);
  self->instance = g_strdup (instance);
  self->precision = precision;
  self->wanted_threads = n_threads;
  g_mutex_init (&self->loading_lock);
  g_mutex_init (&self->lock);
  g_cond_init (&self->job_submitted);
  g_cond_init (&self->job_ended);
  return self;
}

GstClipScheduler *
gst_clip_scheduler_get (
    const gchar *model_path, ClipPrecision precision, guint n_threads, const gchar *instance, GError **error)
{
  g_autofree gchar *model_key = gst_clip_model_key (model_path);
  for (;;) {
    g_autoptr (GstClipScheduler) sibling = NULL;
    g_mutex_lock (&schedulers_lock);
    g_autoptr (GstClipScheduler) self = find_scheduler (model_key, precision, instance, &n_threads);
    gboolean is_new = !self;
    if (is_new) {
      sibling = find_scheduler (model_key, precision, instance, NULL);
      self = scheduler_new (model_key, precision, n_threads, instance);
      g_mutex_lock (&self->loading_lock);
      schedulers = g_list_prepend (schedulers, self);
    }
    g_mutex_unlock (&schedulers_lock);

    if (!is_new)
      g_mutex_lock (&self->loading_lock);
    gboolean ready = is_new ? start_scheduler (self, sibling, model_path, error) : self->model != NULL;
    g_mutex_unlock (&self->loading_lock);
    if (ready) {
      GST_DEBUG ("scheduler %p: is %s", self, is_new ? "new" : "shared");
      return g_steal_pointer (&self);
    }

    /* Nobody should find it any more; those who have waited for it make one of their own, to get their own error. */
    g_mutex_lock (&schedulers_lock);
    schedulers = g_list_remove (schedulers, self);
    g_mutex_unlock (&schedulers_lock);
    if (is_new)
      return NULL;
  }
}

GstClipScheduler *
gst_clip_scheduler_ref (GstClipScheduler *self)
{
  g_mutex_lock (&schedulers_lock);
  self->n_refs++;
  g_mutex_unlock (&schedulers_lock);
  return self;
}

void
gst_clip_scheduler_unref (GstClipScheduler *self)
{
  if (!self)
    return;
  g_mutex_lock (&schedulers_lock);
  gboolean is_last = --self->n_refs == 0;
  if (is_last)
    schedulers = g_list_remove (schedulers, self);
  g_mutex_unlock (&schedulers_lock);
  if (!is_last)
    return;

  GThread *thread = self->thread;
  g_mutex_lock (&self->lock);
  self->quit = TRUE;
  self->orphaned = thread == g_thread_self ();
  gboolean orphaned = self->orphaned;
  g_cond_signal (&self->job_submitted);
  g_mutex_unlock (&self->lock);
  if (orphaned) {
    g_thread_unref (thread);
    return;
  }
  if (thread)
    g_thread_join (thread);
  scheduler_free (self);
}

ClipModel *
gst_clip_scheduler_get_model (GstClipScheduler *self)
{
  return self->model;
}

gsize
gst_clip_scheduler_get_n_pixels (GstClipScheduler *self)
{
  return self->n_pixels;
}

gsize
gst_clip_scheduler_get_embedding_dim (GstClipScheduler *self)
{
  return self->dim;
}

guint
gst_clip_scheduler_get_n_threads (GstClipScheduler *self)
{
  return self->n_threads;
}

guint
gst_clip_scheduler_get_n_streams (GstClipScheduler *self)
{
  g_mutex_lock (&self->lock);
  guint n = g_list_length (self->slots);
  g_mutex_unlock (&self->lock);
  return n;
}
