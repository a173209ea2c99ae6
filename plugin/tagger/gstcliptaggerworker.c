/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerworker.c: everything of cliptagger that may take long, done beside the frames.
 *
 * One thread from start to stop, the worker: it loads the model, encodes the prompts, scores again for new settings and
 * watches the prompts' file. Setters only say what they want (gstcliptaggerprompts.c) and return. A stop joins a worker
 * that has nothing to do; it does not wait for a busy one, which is told to stop encoding and drops whatever it still
 * brings (a model cannot be loaded by half). So several may be about, of which the element knows the last; each holds a
 * reference to the element. The process does not end while one is at work: libraries that it computes with are taken
 * down at its exit.
 */
#include "tagger/gstcliptaggerworker.h"

#include "tagger/gstcliperror.h"
#include "tagger/gstcliptaggerprompts.h"
#include "tagger/gstcliptaggersample.h"

#include <stdlib.h>

#define GST_CAT_DEFAULT gst_clip_tagger_debug

/* How long a start waits for what goes wrong at once, in us: what is wrong with a path or with prompts takes a
 * millisecond or two. gst-launch-1.0 needs it: an error message that comes before its main loop runs does not end it, a
 * state change that fails does. */
#define REFUSAL_PATIENCE (30 * G_TIME_SPAN_MILLISECOND)

/* How often a watched file is checked. It is read when it has changed and stood still for as long. */
#define WATCH_INTERVAL (250 * G_TIME_SPAN_MILLISECOND)

/* How often baselines are written. A power cut costs no more of them. */
#define SAVE_INTERVAL (5 * G_TIME_SPAN_MINUTE)

/* ---- Busy workers, and the end of the process --------------------------------------------------------------- */

static GMutex busy_lock;
static GCond busy_changed;
static GSList *busy; /* the elements of workers that are at work; each worker holds a reference to its own */
static gboolean process_ends;

/* An application may exit with elements that play: what is under way is cancelled, and idle workers stay where they
 * are. */
static void
end_busy_workers (void)
{
  g_autoptr (GPtrArray) elements = g_ptr_array_new_with_free_func (gst_object_unref);
  g_mutex_lock (&busy_lock);
  process_ends = TRUE;
  for (GSList *item = busy; item; item = item->next)
    g_ptr_array_add (elements, gst_object_ref (item->data));
  g_mutex_unlock (&busy_lock);

  for (guint i = 0; i < elements->len; i++)
    gst_clip_tagger_let_go (elements->pdata[i]);
  g_mutex_lock (&busy_lock);
  while (busy)
    g_cond_wait (&busy_changed, &busy_lock);
  g_mutex_unlock (&busy_lock);
}

/* FALSE: nothing may be begun any more. */
static gboolean
begin_work (GstClipTagger *self)
{
  static gsize registered = 0;
  if (g_once_init_enter (&registered)) {
    atexit (end_busy_workers);
    g_once_init_leave (&registered, 1);
  }
  g_mutex_lock (&busy_lock);
  gboolean may_begin = !process_ends;
  if (may_begin)
    busy = g_slist_prepend (busy, self);
  g_mutex_unlock (&busy_lock);
  return may_begin;
}

static void
end_work (GstClipTagger *self)
{
  g_mutex_lock (&busy_lock);
  busy = g_slist_remove (busy, self);
  g_cond_broadcast (&busy_changed);
  g_mutex_unlock (&busy_lock);
}

/* ---- Opening ------------------------------------------------------------------------------------------------ */

/* What it is opened with; of the settings, those that are frozen. */
typedef struct
{
  gchar *path;
  gchar *baseline_file; /* or NULL */
  ClipFit fit;
  guint n_threads;
  GstClipScheduler *scheduler;
  ClipPreprocessor *preprocessor;
} Opening;

static void
opening_clear (Opening *self)
{
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->baseline_file, g_free);
  g_clear_pointer (&self->scheduler, gst_clip_scheduler_unref);
  g_clear_pointer (&self->preprocessor, clip_preprocessor_free);
}

static gboolean
load_model (GstClipTagger *self, Opening *opening, GError **error)
{
  GST_OBJECT_LOCK (self);
  g_autofree gchar *model = g_strdup (self->settings.model), *instance = g_strdup (self->settings.instance);
  ClipPrecision precision = self->settings.precision;
  opening->baseline_file = g_strdup (self->settings.baseline_file);
  opening->fit = self->settings.fit;
  opening->n_threads = self->settings.n_threads;
  GST_OBJECT_UNLOCK (self);

  GST_DEBUG_OBJECT (self, "loads the model %s", model && *model ? model : "that is built in");
  opening->path = model && *model ? g_steal_pointer (&model) : clip_default_model_path (error);
  if (!opening->path)
    return FALSE;
  opening->scheduler = gst_clip_scheduler_get (opening->path, precision, opening->n_threads, instance, error);
  if (!opening->scheduler)
    return FALSE;
  ClipModel *weights = gst_clip_scheduler_get_model (opening->scheduler);
  opening->preprocessor = clip_preprocessor_new (weights, opening->fit, CLIP_CROP_FLOOR, error);
  if (!opening->preprocessor)
    return FALSE;
  for (const char *const *warning = clip_model_get_warnings (weights); *warning; warning++)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, ("%s", *warning), (NULL));
  return TRUE;
}

static gboolean
is_wanted (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  gboolean wanted = gst_clip_tagger_is_worker (self);
  GST_OBJECT_UNLOCK (self);
  return wanted;
}

/* Gives the classifier its model. One that is not wanted any more leaves it closed for the next worker. */
static GstClipOutcome
open_classifier (GstClipTagger *self, const Opening *opening, GError **error)
{
  GstClipOutcome outcome = GST_CLIP_UNWANTED;
  g_mutex_lock (&self->encoding_lock);
  if (is_wanted (self)) {
    gboolean ok = gst_clip_classifier_open (self->classifier, gst_clip_scheduler_get_model (opening->scheduler),
        opening->path, opening->n_threads, opening->baseline_file, error);
    outcome = ok ? GST_CLIP_DONE : GST_CLIP_FAILED;
    if (!is_wanted (self)) {
      gst_clip_classifier_close (self->classifier);
      outcome = GST_CLIP_UNWANTED;
    }
  }
  g_mutex_unlock (&self->encoding_lock);
  return outcome;
}

/* Frames may be labelled from here on. */
static GstClipOutcome
publish_model (GstClipTagger *self, Opening *opening)
{
  GST_OBJECT_LOCK (self);
  gboolean wanted = gst_clip_tagger_is_worker (self);
  if (wanted) {
    self->stream = gst_clip_stream_new (opening->scheduler, gst_clip_tagger_job_done, self);
    gst_clip_stream_set_max_cpu (self->stream, self->settings.max_cpu);
    self->scheduler = gst_clip_scheduler_ref (opening->scheduler);
    self->flow.preprocessor = g_steal_pointer (&opening->preprocessor);
    self->open_state = GST_CLIP_OPEN;
    g_cond_broadcast (&self->changed);
  }
  GST_OBJECT_UNLOCK (self);
  return wanted ? GST_CLIP_DONE : GST_CLIP_UNWANTED;
}

static GstClipOutcome
open_model (GstClipTagger *self, Opening *opening, GError **error)
{
  if (!load_model (self, opening, error))
    return GST_CLIP_FAILED;
  GstClipOutcome outcome = open_classifier (self, opening, error);
  if (outcome != GST_CLIP_DONE)
    return outcome;
  gst_clip_tagger_apply_ranking (self);
  do
    outcome = gst_clip_tagger_try_prompts (self, error);
  while (outcome == GST_CLIP_OVERTAKEN);
  return outcome == GST_CLIP_DONE ? publish_model (self, opening) : outcome;
}

/* Only auto falls back. */
static void
log_precision (GstClipTagger *self, GstClipScheduler *scheduler)
{
  const ClipModelInfo *info = clip_model_get_info (gst_clip_scheduler_get_model (scheduler));
  GST_OBJECT_LOCK (self);
  ClipPrecision asked = self->settings.precision;
  GST_OBJECT_UNLOCK (self);
  guint n = info->n_int8_layers ? info->n_int8_layers : info->n_bf16_layers;
  if (asked != CLIP_PRECISION_AUTO || n == info->n_layers)
    return;
  if (n == 0)
    GST_INFO_OBJECT (self, "precision=auto means f32: this CPU is fast at neither int8 nor bf16, or a check failed");
  else
    GST_WARNING_OBJECT (self, "%u of %u layers fall back from %s: the check at load found them too inexact in it",
        info->n_layers - n, info->n_layers, info->n_int8_layers ? "int8" : "bf16");
}

static void
log_model (GstClipTagger *self, GstClipScheduler *scheduler)
{
  g_auto (GstClipDescription) description = { NULL };
  gst_clip_classifier_describe (self->classifier, &description);
  GST_INFO_OBJECT (self, "model %s (%s): %s by %s, threads: %u, streams: %u", description.model,
      description.fingerprint, description.precision, clip_kernels_description (),
      gst_clip_scheduler_get_n_threads (scheduler), gst_clip_scheduler_get_n_streams (scheduler));
  log_precision (self, scheduler);
}

/* The error comes before anything that frames return for it. */
static void
report_failure (GstClipTagger *self, const GError *error)
{
  if (!is_wanted (self))
    return;
  gst_clip_tagger_remember_error (self, error);
  GST_WARNING_OBJECT (self, "the model is not opened: %s", error->message);
  gst_clip_error_post (GST_ELEMENT (self), GST_MESSAGE_ERROR, error, NULL);

  GST_OBJECT_LOCK (self);
  if (gst_clip_tagger_is_worker (self)) {
    self->open_state = GST_CLIP_FAILED_TO_OPEN;
    g_cond_broadcast (&self->changed);
  }
  GST_OBJECT_UNLOCK (self);
}

/* ---- The thread --------------------------------------------------------------------------------------------- */

typedef enum
{
  LEAVE,
  TRY_PROMPTS,
  APPLY_RANKING,
  SAVE_BASELINES,
  CHECK_FILE
} Task;

/* With the object lock. When there is something to do though nobody asks. */
static gint64
next_time (GstClipTagger *self, gint64 check_at)
{
  return self->settings.watch_prompts ? MIN (check_at, self->save_at) : self->save_at;
}

static Task
next_task (GstClipTagger *self)
{
  Task task = LEAVE;
  end_work (self);
  gint64 check_at = g_get_monotonic_time () + WATCH_INTERVAL;
  GST_OBJECT_LOCK (self);
  self->worker_is_idle |= self->worker == g_thread_self ();
  while (gst_clip_tagger_is_worker (self) && task == LEAVE) {
    if (self->n_sources_set != self->n_sources_tried)
      task = TRY_PROMPTS;
    else if (self->n_rankings_set != self->n_rankings_applied)
      task = APPLY_RANKING;
    else if (g_get_monotonic_time () >= self->save_at)
      task = SAVE_BASELINES;
    else if (self->settings.watch_prompts && g_get_monotonic_time () >= check_at)
      task = CHECK_FILE;
    else if (next_time (self, check_at) == G_MAXINT64)
      g_cond_wait (&self->changed, GST_OBJECT_GET_LOCK (self));
    else
      g_cond_wait_until (&self->changed, GST_OBJECT_GET_LOCK (self), next_time (self, check_at));
  }
  if (task == SAVE_BASELINES)
    self->save_at = g_get_monotonic_time () + SAVE_INTERVAL;
  if (task != LEAVE && !begin_work (self))
    task = LEAVE;
  if (task != LEAVE)
    self->worker_is_idle = FALSE;
  GST_OBJECT_UNLOCK (self);
  return task;
}

/* Returns idle. */
static void
run_tasks (GstClipTagger *self)
{
  for (;;) {
    g_autoptr (GError) error = NULL;
    switch (next_task (self)) {
    case LEAVE:
      return;
    case TRY_PROMPTS:
      gst_clip_tagger_try_prompts (self, &error);
      break;
    case APPLY_RANKING:
      gst_clip_tagger_apply_ranking (self);
      break;
    case SAVE_BASELINES:
      gst_clip_tagger_save_baselines (self);
      break;
    case CHECK_FILE:
      gst_clip_tagger_check_prompts_file (self);
      break;
    }
  }
}

static gpointer
worker_main (gpointer data)
{
  GstClipTagger *self = data;
  g_autoptr (GError) error = NULL;
  Opening opening = { NULL };
  GstClipOutcome outcome = open_model (self, &opening, &error);
  if (outcome == GST_CLIP_DONE)
    log_model (self, opening.scheduler);
  else if (outcome == GST_CLIP_FAILED)
    report_failure (self, error);
  opening_clear (&opening);
  if (outcome == GST_CLIP_DONE) {
    gst_clip_tagger_log_mode (self, "as the model is ready");
    gst_clip_tagger_post_ready (self);
    run_tasks (self);
  } else {
    end_work (self);
  }
  gst_object_unref (self);
  return NULL;
}

/* ---- Everybody else's --------------------------------------------------------------------------------------- */

gboolean
gst_clip_tagger_start_worker (GstClipTagger *self, GError **error)
{
  if (!begin_work (self)) {
    g_set_error_literal (error, CLIP_ERROR, CLIP_ERROR_CANCELLED, "the process is ending");
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  self->open_state = GST_CLIP_OPENING;
  self->flushing = self->stopping = self->worker_is_idle = FALSE;
  self->n_sources_tried = self->n_sources_taken = 0;
  self->n_sources_set = 1;
  const gchar *baseline_file = self->settings.baseline_file;
  self->save_at = baseline_file && *baseline_file ? g_get_monotonic_time () + SAVE_INTERVAL : G_MAXINT64;
  gst_object_ref (self);
  self->worker = g_thread_try_new ("cliptag-worker", worker_main, self, error);
  gboolean ok = self->worker != NULL;
  if (!ok)
    self->open_state = GST_CLIP_CLOSED;
  GST_OBJECT_UNLOCK (self);
  if (!ok) {
    end_work (self);
    gst_object_unref (self);
  }
  return ok;
}

gboolean
gst_clip_tagger_await_refusal (GstClipTagger *self)
{
  gint64 end = g_get_monotonic_time () + REFUSAL_PATIENCE;
  GST_OBJECT_LOCK (self);
  while (self->open_state == GST_CLIP_OPENING && g_cond_wait_until (&self->changed, GST_OBJECT_GET_LOCK (self), end))
    ;
  gboolean refused = self->open_state == GST_CLIP_FAILED_TO_OPEN;
  GST_OBJECT_UNLOCK (self);
  return refused;
}

void
gst_clip_tagger_let_go (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  self->stopping = TRUE;
  GST_DEBUG_OBJECT (self, "stops: whatever is under way is cancelled");
  g_cond_broadcast (&self->changed);
  GST_OBJECT_UNLOCK (self);
  gst_clip_classifier_cancel (self->classifier);
}

void
gst_clip_tagger_stop_worker (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  GThread *thread = g_steal_pointer (&self->worker);
  gboolean idle = self->worker_is_idle;
  self->open_state = GST_CLIP_CLOSED;
  g_cond_broadcast (&self->changed);
  GST_OBJECT_UNLOCK (self);
  gst_clip_classifier_cancel (self->classifier);
  if (thread && idle)
    g_thread_join (thread);
  else if (thread)
    g_thread_unref (thread);
}

/* Both with the object lock. A file has all the time there is, and every frame of it is to be sampled; in sync mode a
 * frame has the labels that were asked for before it came. */
static gboolean
waits_for_model (GstClipTagger *self)
{
  return self->open_state == GST_CLIP_OPENING
         && !(g_atomic_int_get (&self->live) && self->settings.mode != GST_CLIP_INFERENCE_SYNC);
}

static gboolean
waits_for_changes (GstClipTagger *self, guint n_sources, guint n_rankings)
{
  return self->open_state == GST_CLIP_OPEN && !gst_clip_tagger_is_async_locked (self)
         && ((gint)(n_sources - self->n_sources_tried) > 0 || (gint)(n_rankings - self->n_rankings_applied) > 0);
}

GstFlowReturn
gst_clip_tagger_await_worker (GstClipTagger *self, gboolean *ret_open)
{
  gboolean waits;
  GST_OBJECT_LOCK (self);
  guint n_sources = self->n_sources_set, n_rankings = self->n_rankings_set;
  if (waits_for_model (self) || waits_for_changes (self, n_sources, n_rankings))
    GST_DEBUG_OBJECT (self, "a frame waits for %s", self->open_state == GST_CLIP_OPEN ? "new prompts" : "the model");
  while ((waits = waits_for_model (self) || waits_for_changes (self, n_sources, n_rankings)) && !self->flushing
         && !self->stopping)
    g_cond_wait (&self->changed, GST_OBJECT_GET_LOCK (self));
  *ret_open = self->open_state == GST_CLIP_OPEN;
  gboolean goes_on = !waits && (*ret_open || self->open_state == GST_CLIP_OPENING);
  GST_OBJECT_UNLOCK (self);
  /* After its error; sources would add one of their own to any other answer. */
  return goes_on ? GST_FLOW_OK : GST_FLOW_FLUSHING;
}

void
gst_clip_tagger_set_flushing (GstClipTagger *self, gboolean flushing)
{
  GST_OBJECT_LOCK (self);
  self->flushing = flushing;
  g_cond_broadcast (&self->changed);
  GST_OBJECT_UNLOCK (self);
}

void
gst_clip_tagger_save_soon (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  if (self->save_at != G_MAXINT64)
    self->save_at = 0;
  g_cond_broadcast (&self->changed);
  GST_OBJECT_UNLOCK (self);
}

void
gst_clip_tagger_wake (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  g_cond_broadcast (&self->changed);
  GST_OBJECT_UNLOCK (self);
}
