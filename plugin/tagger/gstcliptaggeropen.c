/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggeropen.c: cliptagger's model, loaded and given its prompts beside everything else.
 *
 * A thread of its own, the opener, does what may take minutes, so that no state change and no property does. Stopping
 * does not wait for it: the opener is told to stop encoding prompts, and whatever it still brings (a model cannot be
 * loaded by half) is dropped. So more than one may be about, of which the element knows the last; they have
 * prompts_lock one after the other. Each holds a reference to the element. The process does not end before them:
 * libraries that they compute with are taken down at its exit.
 */
#include "tagger/gstcliptaggerprivate.h"

#include <stdlib.h>

#define GST_CAT_DEFAULT gst_clip_tagger_debug

/* How long a start waits for what goes wrong at once, in us: what is wrong with a path or with prompts takes a
 * millisecond or two. gst-launch-1.0 needs it: an error message that comes before its main loop runs does not end it, a
 * state change that fails does. */
#define PATIENCE (30 * G_TIME_SPAN_MILLISECOND)

/* ---- How many openers there are, for the end of the process ------------------------------------------------ */

static GMutex openers_lock;
static GCond openers_gone;
static guint n_openers;

static void
await_openers (void)
{
  g_mutex_lock (&openers_lock);
  while (n_openers > 0)
    g_cond_wait (&openers_gone, &openers_lock);
  g_mutex_unlock (&openers_lock);
}

static void
count_opener (gint change)
{
  static gsize registered = 0;
  if (g_once_init_enter (&registered)) {
    atexit (await_openers);
    g_once_init_leave (&registered, 1);
  }
  g_mutex_lock (&openers_lock);
  n_openers += change;
  g_cond_broadcast (&openers_gone);
  g_mutex_unlock (&openers_lock);
}

/* ---- Opening; the opener's --------------------------------------------------------------------------------- */

/* What it is opened with; of the settings, those that are frozen. */
typedef struct
{
  gchar *path;
  ClipFit fit;
  guint n_threads;
  GstClipScheduler *scheduler;
  ClipPreprocessor *preprocessor;
} Opening;

static void
opening_clear (Opening *self)
{
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->scheduler, gst_clip_scheduler_unref);
  g_clear_pointer (&self->preprocessor, clip_preprocessor_free);
}

static gboolean
load_model (GstClipTagger *self, Opening *opening, GError **error)
{
  GST_OBJECT_LOCK (self);
  g_autofree gchar *model = g_strdup (self->settings.model), *instance = g_strdup (self->settings.instance);
  ClipPrecision precision = self->settings.precision;
  opening->fit = self->settings.fit;
  opening->n_threads = self->settings.n_threads;
  GST_OBJECT_UNLOCK (self);

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

typedef enum
{
  DONE,
  FAILED,
  UNWANTED, /* the element was stopped */
  OUTDATED  /* there are other prompts by now */
} Outcome;

/* With the object lock. */
static gboolean
is_wanted (const GstClipTagger *self)
{
  return self->opener == g_thread_self () && !self->stopping;
}

/* Hands everything over, if it is what is wanted still. */
static Outcome
publish (GstClipTagger *self, Opening *opening, guint n_sources)
{
  GST_OBJECT_LOCK (self);
  Outcome outcome = !is_wanted (self) ? UNWANTED : n_sources != self->n_sources ? OUTDATED : DONE;
  if (outcome == DONE) {
    self->stream = gst_clip_stream_new (opening->scheduler, gst_clip_tagger_job_done, self);
    gst_clip_stream_set_max_cpu (self->stream, self->settings.max_cpu);
    self->scheduler = gst_clip_scheduler_ref (opening->scheduler);
    self->flow.preprocessor = g_steal_pointer (&opening->preprocessor);
    self->open_state = GST_CLIP_OPEN;
    g_cond_broadcast (&self->open_changed);
  }
  GST_OBJECT_UNLOCK (self);
  return outcome;
}

/* With prompts_lock: nobody else opens or closes the classifier, but for stop(), after which this is unwanted. */
static Outcome
encode_prompts (GstClipTagger *self, Opening *opening, const GstClipEncoding *encoding, GError **error)
{
  g_auto (GstClipPromptSource) source = { NULL };
  GST_OBJECT_LOCK (self);
  gboolean wanted = is_wanted (self);
  guint n_sources = self->n_sources, ticket = gst_clip_classifier_get_ticket (self->classifier);
  gst_clip_prompt_source_copy (&source, &self->settings.source);
  GST_OBJECT_UNLOCK (self);
  if (!wanted)
    return UNWANTED;

  gboolean ok = gst_clip_classifier_open (self->classifier, ticket, gst_clip_scheduler_get_model (opening->scheduler),
      opening->path, opening->n_threads, &source, encoding, error);
  if (ok) {
    gst_clip_tagger_post_prompt_warnings (self); /* before there are labels by them */
    Outcome outcome = publish (self, opening, n_sources);
    if (outcome != DONE)
      gst_clip_classifier_close (self->classifier);
    return outcome;
  }
  GST_OBJECT_LOCK (self);
  Outcome outcome = !is_wanted (self) ? UNWANTED : n_sources != self->n_sources ? OUTDATED : FAILED;
  GST_OBJECT_UNLOCK (self);
  return outcome;
}

static Outcome
open_model (GstClipTagger *self, Opening *opening, GError **error)
{
  if (!load_model (self, opening, error))
    return FAILED;

  for (;;) {
    GstClipProgress progress;
    g_autoptr (GError) failure = NULL;
    GstClipEncoding encoding = gst_clip_tagger_begin_encoding (self, &progress);
    Outcome outcome = encode_prompts (self, opening, &encoding, &failure);
    gst_clip_tagger_end_encoding (self);
    gst_clip_progress_end (&progress, failure);
    if (outcome == OUTDATED)
      continue;
    if (outcome == FAILED)
      g_propagate_error (error, g_steal_pointer (&failure));
    return outcome;
  }
}

static void
report_model (GstClipTagger *self, GstClipScheduler *scheduler)
{
  g_auto (GstClipDescription) description = { NULL };
  gst_clip_classifier_describe (self->classifier, &description);
  GST_INFO_OBJECT (self, "model %s (%s): %s by %s, %u threads, %u streams", description.model, description.fingerprint,
      description.precision, clip_kernels_description (), gst_clip_scheduler_get_n_threads (scheduler),
      gst_clip_scheduler_get_n_streams (scheduler));
}

/* The error comes before anything else that frames come to by it. */
static void
report_failure (GstClipTagger *self, const GError *error)
{
  GST_OBJECT_LOCK (self);
  gboolean wanted = is_wanted (self);
  GST_OBJECT_UNLOCK (self);
  if (!wanted)
    return;
  gst_clip_tagger_remember_error (self, error);
  GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s", error->message), (NULL));

  GST_OBJECT_LOCK (self);
  if (is_wanted (self)) {
    self->open_state = GST_CLIP_FAILED;
    g_cond_broadcast (&self->open_changed);
  }
  GST_OBJECT_UNLOCK (self);
}

static gpointer
opener (gpointer data)
{
  GstClipTagger *self = data;
  g_autoptr (GError) error = NULL;
  Opening opening = { NULL };
  Outcome outcome = open_model (self, &opening, &error);
  if (outcome == DONE)
    report_model (self, opening.scheduler);
  else if (outcome == FAILED)
    report_failure (self, error);
  opening_clear (&opening);
  gst_object_unref (self);
  count_opener (-1);
  return NULL;
}

/* ---- Everybody else's -------------------------------------------------------------------------------------- */

gboolean
gst_clip_tagger_start_opening (GstClipTagger *self, GError **error)
{
  count_opener (1);
  GST_OBJECT_LOCK (self);
  self->open_state = GST_CLIP_OPENING;
  self->flushing = self->stopping = FALSE;
  gst_object_ref (self);
  self->opener = g_thread_try_new ("cliptag-open", opener, self, error);
  gboolean ok = self->opener != NULL;
  if (!ok)
    self->open_state = GST_CLIP_CLOSED;
  GST_OBJECT_UNLOCK (self);
  if (!ok) {
    gst_object_unref (self);
    count_opener (-1);
  }
  return ok;
}

gboolean
gst_clip_tagger_await_refusal (GstClipTagger *self)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  GST_OBJECT_LOCK (self);
  while (
      self->open_state == GST_CLIP_OPENING && g_cond_wait_until (&self->open_changed, GST_OBJECT_GET_LOCK (self), end))
    ;
  gboolean refused = self->open_state == GST_CLIP_FAILED;
  GST_OBJECT_UNLOCK (self);
  return refused;
}

void
gst_clip_tagger_let_go (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  self->stopping = TRUE;
  g_cond_broadcast (&self->open_changed);
  GST_OBJECT_UNLOCK (self);
}

void
gst_clip_tagger_stop_opening (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  GThread *thread = g_steal_pointer (&self->opener);
  self->open_state = GST_CLIP_CLOSED;
  GST_OBJECT_UNLOCK (self);
  gst_clip_classifier_cancel (self->classifier);
  if (thread)
    g_thread_unref (thread);
}

/* With the object lock. A file has all the time there is, and every frame of it is to be looked at. */
static gboolean
goes_on_without (GstClipTagger *self)
{
  return g_atomic_int_get (&self->live) && self->settings.mode != GST_CLIP_INFERENCE_SYNC;
}

GstFlowReturn
gst_clip_tagger_await_open (GstClipTagger *self, gboolean *ret_open)
{
  GST_OBJECT_LOCK (self);
  while (self->open_state == GST_CLIP_OPENING && !self->flushing && !self->stopping && !goes_on_without (self))
    g_cond_wait (&self->open_changed, GST_OBJECT_GET_LOCK (self));
  *ret_open = self->open_state == GST_CLIP_OPEN;
  gboolean goes_on = *ret_open || (self->open_state == GST_CLIP_OPENING && goes_on_without (self));
  GST_OBJECT_UNLOCK (self);
  /* After its error; sources would add one of their own to any other answer. */
  return goes_on ? GST_FLOW_OK : GST_FLOW_FLUSHING;
}

void
gst_clip_tagger_set_flushing (GstClipTagger *self, gboolean flushing)
{
  GST_OBJECT_LOCK (self);
  self->flushing = flushing;
  g_cond_broadcast (&self->open_changed);
  GST_OBJECT_UNLOCK (self);
}

void
gst_clip_tagger_wake (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  g_cond_broadcast (&self->open_changed);
  GST_OBJECT_UNLOCK (self);
}
