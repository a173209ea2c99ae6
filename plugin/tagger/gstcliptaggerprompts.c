/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerprompts.c: prompts and scores of cliptagger that change while frames flow.
 *
 * Setters count what they ask for and return; the worker encodes the latest and counts what it has tried. A set of
 * prompts that is overtaken by another while it is encoded is given up, unless it is nearly there: each set that was
 * given up in a row gives the next one twice the time, so that whoever changes them all the time still sees some.
 */
#include "tagger/gstcliptaggerprompts.h"

#include "tagger/gstcliperror.h"
#include "tagger/gstclipprogress.h"
#include "tagger/gstclipreport.h"
#include "tagger/gstcliptaggerobjects.h"

#include <glib/gstdio.h>

#define GST_CAT_DEFAULT gst_clip_tagger_debug

/* How long an encoding may go on, in us, after it was overtaken. */
#define OVERTAKEN_PATIENCE (G_USEC_PER_SEC / 2)
#define MAX_DOUBLINGS      10

/* ---- Encoding; the worker's -------------------------------------------------------------------------------- */

/* One try of the latest prompts. */
typedef struct
{
  GstClipTagger *tagger;
  GstClipProgress progress;
  guint n_set; /* `n_sources_set` as it was */
  GstClipPromptSource source;
} Attempt;

/* With the object lock. */
static void
cancel_if_overtaken (GstClipTagger *self, guint n_set)
{
  gint64 patience = OVERTAKEN_PATIENCE << MIN (self->n_overtaken, MAX_DOUBLINGS);
  if (self->attempt_start && self->n_sources_set != n_set && g_get_monotonic_time () - self->attempt_start > patience) {
    GST_DEBUG_OBJECT (self, "prompts that are being encoded are cancelled for newer ones");
    gst_clip_classifier_cancel (self->classifier);
  }
}

static void
report_progress (guint64 done, guint64 total, gpointer data)
{
  Attempt *attempt = data;
  GstClipTagger *self = attempt->tagger;
  gst_clip_progress_update (&attempt->progress, g_get_monotonic_time (), done, total);
  GST_OBJECT_LOCK (self);
  if (gst_clip_tagger_is_worker (self))
    cancel_if_overtaken (self, attempt->n_set);
  GST_OBJECT_UNLOCK (self);
}

/* What changes when a file is written to or replaced; all 0 where there is none. */
static GstClipFileStamp
stamp_file (const GstClipPromptSource *source, const gchar *model)
{
  GstClipFileStamp stamp = { 0 };
  g_autofree gchar *folder = model && *model ? g_strdup (model) : clip_default_model_path (NULL);
  g_autofree gchar *file = folder ? gst_clip_prompt_source_get_file (source, folder) : NULL;
  GStatBuf info;
  if (file && g_stat (file, &info) == 0)
    stamp = (GstClipFileStamp){ info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec };
  return stamp;
}

static gboolean
same_stamp (const GstClipFileStamp *a, const GstClipFileStamp *b)
{
  return a->device == b->device && a->inode == b->inode && a->size == b->size && a->seconds == b->seconds
         && a->nanoseconds == b->nanoseconds;
}

/* With encoding_lock. FALSE: nobody wants it any more. */
static gboolean
begin_attempt (GstClipTagger *self, Attempt *attempt, GstClipEncoding *ret_encoding, guint *ret_ticket)
{
  GST_OBJECT_LOCK (self);
  gboolean wanted = gst_clip_tagger_is_worker (self);
  *ret_ticket = gst_clip_classifier_get_ticket (self->classifier);
  *ret_encoding = (GstClipEncoding){
    .without_zones = self->settings.region == GST_CLIP_INFERENCE_ROI_LIST ? "inference-region=roi-list"
                     : self->settings.batch_size > 1                      ? "batch-size above 1"
                                                                          : NULL,
    .cache = self->settings.cache,
    .progress = report_progress,
    .user_data = attempt,
  };
  attempt->n_set = self->n_sources_set;
  gst_clip_prompt_source_copy (&attempt->source, &self->settings.source);
  self->attempt_start = wanted ? g_get_monotonic_time () : self->attempt_start;
  g_autofree gchar *model = g_strdup (self->settings.model);
  GST_OBJECT_UNLOCK (self);
  if (!wanted)
    return FALSE;

  /* Before the file is read: whatever changes it later is another change. */
  GstClipFileStamp stamp = stamp_file (&attempt->source, model);
  GST_OBJECT_LOCK (self);
  if ((wanted = gst_clip_tagger_is_worker (self)))
    self->file_read = self->file_seen = stamp;
  GST_OBJECT_UNLOCK (self);
  return wanted;
}

/* What has become of it. Bad prompts of a running element are replaced by those in use. */
static GstClipOutcome
end_attempt (GstClipTagger *self, Attempt *attempt, const GError *error, GstClipPromptSource *ret_refused)
{
  GstClipOutcome outcome = GST_CLIP_DONE;
  gboolean cancelled = g_error_matches (error, CLIP_ERROR, CLIP_ERROR_CANCELLED);
  GST_OBJECT_LOCK (self);
  if (!gst_clip_tagger_is_worker (self)) {
    GST_OBJECT_UNLOCK (self);
    return GST_CLIP_UNWANTED;
  }
  self->attempt_start = 0;
  self->n_overtaken = cancelled ? self->n_overtaken + 1 : 0;
  if (!error) {
    gst_clip_prompt_source_clear (&self->source_in_use);
    self->source_in_use = attempt->source;
    attempt->source = (GstClipPromptSource){ NULL };
    self->n_sources_taken = attempt->n_set;
  } else if (cancelled || self->n_sources_set != attempt->n_set) {
    outcome = GST_CLIP_OVERTAKEN;
  } else {
    outcome = GST_CLIP_FAILED;
    if (self->open_state == GST_CLIP_OPEN) {
      *ret_refused = self->settings.source;
      gst_clip_prompt_source_copy (&self->settings.source, &self->source_in_use);
    }
  }
  GST_OBJECT_UNLOCK (self);
  return outcome;
}

static void
post_prompt_warnings (GstClipTagger *self)
{
  g_auto (GstClipDescription) description = { NULL };
  gst_clip_classifier_describe (self->classifier, &description);
  GST_DEBUG_OBJECT (self, "%u prompts are in use", description.n_prompts);
  for (guint i = 0; description.prompt_warnings && description.prompt_warnings[i]; i++)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, ("%s", description.prompt_warnings[i]), (NULL));
}

/* Once for a set of prompts. */
static void
post_score_problem (GstClipTagger *self)
{
  g_autofree gchar *problem = self->warned_of_scores ? NULL : gst_clip_classifier_find_score_problem (self->classifier);
  if (!problem)
    return;
  self->warned_of_scores = TRUE;
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, ("%s", problem), (NULL));
}

/* The latest picture has new labels, and nobody should have to wait for a frame to see them. */
static void
post_rescored (GstClipTagger *self)
{
  gst_clip_tagger_rescore_objects (self);
  g_auto (GstClipResult) result = { NULL };
  GstClipTimes times;
  g_autoptr (GArray) zones = gst_clip_zones_rescore (self->zones, &times);
  gst_clip_tagger_post_events (self, FALSE);
  if (gst_clip_classifier_get_latest (self->classifier, &result))
    times = result.times;
  else if (!zones)
    return;

  GST_OBJECT_LOCK (self);
  self->stats.n_rescored++;
  GST_OBJECT_UNLOCK (self);
  gst_clip_tagger_post_sample (self, &times, &result, zones, TRUE);
}

static void
notify_refused (GstClipTagger *self, const GstClipPromptSource *refused)
{
  GST_OBJECT_LOCK (self);
  const GstClipPromptSource *source = &self->source_in_use;
  gboolean text = g_strcmp0 (source->text, refused->text) != 0, file = g_strcmp0 (source->file, refused->file) != 0;
  gboolean templates = g_strcmp0 (source->templates, refused->templates) != 0;
  gboolean background = g_strcmp0 (source->background, refused->background) != 0;
  gboolean zones = g_strcmp0 (source->zones, refused->zones) != 0;
  GST_OBJECT_UNLOCK (self);
  if (text)
    g_object_notify (G_OBJECT (self), "prompts");
  if (file)
    g_object_notify (G_OBJECT (self), "prompts-file");
  if (templates)
    g_object_notify (G_OBJECT (self), "prompt-template");
  if (background)
    g_object_notify (G_OBJECT (self), "background");
  if (zones)
    g_object_notify (G_OBJECT (self), "zones");
}

/* Everything that was to be said about it is on the bus: whoever waits for it may go on. */
static void
settle_attempt (GstClipTagger *self, const Attempt *attempt)
{
  GST_OBJECT_LOCK (self);
  gboolean open = gst_clip_tagger_is_worker (self) && self->open_state == GST_CLIP_OPEN;
  if (gst_clip_tagger_is_worker (self))
    self->n_sources_tried = attempt->n_set;
  g_cond_broadcast (&self->changed);
  GST_OBJECT_UNLOCK (self);
  if (open)
    gst_clip_tagger_post_ready (self);
}

static GstClipOutcome
finish_attempt (GstClipTagger *self, Attempt *attempt, const GError *error)
{
  g_auto (GstClipPromptSource) refused = { NULL };
  GstClipOutcome outcome = end_attempt (self, attempt, error, &refused);
  GST_OBJECT_LOCK (self);
  gboolean running = self->open_state == GST_CLIP_OPEN;
  GST_OBJECT_UNLOCK (self);

  if (outcome == GST_CLIP_DONE) {
    gst_clip_zones_update (self->zones);
    if (running)
      post_rescored (self);
    post_prompt_warnings (self);
    gst_clip_tagger_post_baseline_problem (self);
    self->warned_of_scores = FALSE;
    post_score_problem (self);
  } else if (outcome == GST_CLIP_FAILED && running) {
    gst_clip_tagger_remember_error (self, error);
    GST_WARNING_OBJECT (self, "the prompts in use stay as they are: %s", error->message);
    gst_clip_error_post (GST_ELEMENT (self), GST_MESSAGE_WARNING, error, "the prompts in use stay as they are");
    notify_refused (self, &refused);
  }
  if (outcome == GST_CLIP_DONE || outcome == GST_CLIP_FAILED)
    settle_attempt (self, attempt);
  return outcome;
}

GstClipOutcome
gst_clip_tagger_try_prompts (GstClipTagger *self, GError **error)
{
  Attempt attempt = { .tagger = self };
  g_autoptr (GError) failure = NULL;
  GstClipEncoding encoding;
  guint ticket;
  g_mutex_lock (&self->encoding_lock);
  g_atomic_pointer_set (&self->encoder, g_thread_self ());
  gst_clip_progress_init (&attempt.progress, GST_ELEMENT (self));
  gboolean wanted = begin_attempt (self, &attempt, &encoding, &ticket);
  if (wanted)
    gst_clip_classifier_set_prompts (self->classifier, ticket, &attempt.source, &encoding, &failure);
  g_atomic_pointer_set (&self->encoder, NULL);
  g_mutex_unlock (&self->encoding_lock);

  gst_clip_progress_end (&attempt.progress, failure);
  if (wanted)
    gst_clip_tagger_post_events (self, FALSE);
  GstClipOutcome outcome = wanted ? finish_attempt (self, &attempt, failure) : GST_CLIP_UNWANTED;
  gst_clip_prompt_source_clear (&attempt.source);
  if (outcome == GST_CLIP_FAILED)
    g_propagate_error (error, g_steal_pointer (&failure));
  return outcome;
}

void
gst_clip_tagger_apply_ranking (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  gboolean running = self->open_state == GST_CLIP_OPEN;
  GstClipRanking ranking = gst_clip_settings_get_ranking (&self->settings);
  guint n = self->n_rankings_set;
  GST_OBJECT_UNLOCK (self);
  gst_clip_classifier_set_ranking (self->classifier, &ranking);
  if (running) {
    post_rescored (self);
    post_score_problem (self);
  }
  GST_OBJECT_LOCK (self);
  if (gst_clip_tagger_is_worker (self))
    self->n_rankings_applied = n;
  g_cond_broadcast (&self->changed);
  GST_OBJECT_UNLOCK (self);
}

void
gst_clip_tagger_check_prompts_file (GstClipTagger *self)
{
  g_auto (GstClipPromptSource) source = { NULL };
  GST_OBJECT_LOCK (self);
  gst_clip_prompt_source_copy (&source, &self->settings.source);
  g_autofree gchar *model = g_strdup (self->settings.model);
  GST_OBJECT_UNLOCK (self);

  GstClipFileStamp now = stamp_file (&source, model);
  GST_OBJECT_LOCK (self);
  gboolean changed = FALSE;
  if (gst_clip_tagger_is_worker (self)) {
    /* One that is gone for a moment is being replaced. */
    changed = now.inode && same_stamp (&now, &self->file_seen) && !same_stamp (&now, &self->file_read);
    self->file_seen = now;
  }
  GST_OBJECT_UNLOCK (self);
  if (!changed)
    return;
  GST_DEBUG_OBJECT (self, "the prompts' file has changed");
  gst_clip_tagger_request_prompts (self, GST_CLIP_PROP_STATS, NULL);
}

/* ---- Asking for them; anyone's ----------------------------------------------------------------------------- */

guint
gst_clip_tagger_request_prompts (GstClipTagger *self, GstClipProperty property, const gchar *value)
{
  gchar *text = g_strdup (value), *file = NULL;
  GST_OBJECT_LOCK (self);
  if (property != GST_CLIP_PROP_STATS) {
    gchar **field = gst_clip_prompt_source_field (&self->settings.source, property);
    gchar *old = *field;
    *field = text;
    text = old;
  }
  /* A file overrides prompts at the start, but whoever sets prompts later wants them. */
  if (self->open_state == GST_CLIP_OPEN && property == GST_CLIP_PROP_PROMPTS && value && *value)
    file = g_steal_pointer (&self->settings.source.file);
  guint n_set = self->n_sources_set++;
  if (self->open_state != GST_CLIP_CLOSED)
    GST_DEBUG_OBJECT (self, "prompts are asked for, request %u", n_set + 1);
  cancel_if_overtaken (self, n_set);
  g_cond_broadcast (&self->changed);
  GST_OBJECT_UNLOCK (self);
  g_free (text);
  if (file)
    g_object_notify (G_OBJECT (self), "prompts-file");
  g_free (file);
  return n_set + 1;
}

/* The worker would wait for itself, or for a worker that was left behind and handles a message here. */
static gboolean
waits_for_itself (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  gboolean itself = self->worker == g_thread_self () || g_atomic_pointer_get (&self->encoder) == g_thread_self ();
  GST_OBJECT_UNLOCK (self);
  if (itself)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("a handler of the element's own messages cannot wait for prompts: set the property instead"),
        ("the prompts in use stay as they are"));
  return itself;
}

gboolean
gst_clip_tagger_set_prompts_and_wait (GstClipTagger *self, GstClipProperty property, const gchar *value)
{
  if (waits_for_itself (self))
    return FALSE;
  guint n = gst_clip_tagger_request_prompts (self, property, value);
  GST_OBJECT_LOCK (self);
  GThread *worker = self->worker;
  gboolean open = self->open_state == GST_CLIP_OPEN;
  while (open && (gint)(n - self->n_sources_tried) > 0 && self->worker == worker && !self->stopping)
    g_cond_wait (&self->changed, GST_OBJECT_GET_LOCK (self));
  gboolean taken = !open || (gint)(self->n_sources_taken - n) >= 0;
  GST_OBJECT_UNLOCK (self);
  return taken;
}

void
gst_clip_tagger_request_ranking (GstClipTagger *self, GstClipProperty property, const GValue *value)
{
  GST_OBJECT_LOCK (self);
  gst_clip_settings_set (&self->settings, property, value);
  self->n_rankings_set++;
  g_cond_broadcast (&self->changed);
  GST_OBJECT_UNLOCK (self);
}

void
gst_clip_tagger_post_ready (GstClipTagger *self)
{
  GST_OBJECT_LOCK (self);
  gboolean wanted = gst_clip_tagger_is_worker (self);
  GST_OBJECT_UNLOCK (self);
  if (!wanted || !gst_clip_tagger_is_ready (self))
    return;
  g_auto (GstClipDescription) description = { NULL };
  gst_clip_classifier_describe (self->classifier, &description);
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), gst_clip_report_ready (&description)));
}
