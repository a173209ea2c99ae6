/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerprompts.c: prompts of cliptagger that change while frames flow: set, read anew from their file, watched.
 *
 * Whoever changes them encodes them, in its own thread; frames go on with the old ones until the new ones are there.
 */
#include "tagger/gstcliptaggerprivate.h"

#include <glib/gstdio.h>

#define GST_CAT_DEFAULT gst_clip_tagger_debug

/* How often a watched file is looked at. It is read when it has changed and stood still for as long. */
#define WATCH_US (250 * G_TIME_SPAN_MILLISECOND)

static void
report_progress (guint64 done, guint64 total, gpointer progress)
{
  gst_clip_progress_update (progress, g_get_monotonic_time (), done, total);
}

GstClipEncoding
gst_clip_tagger_begin_encoding (GstClipTagger *self, GstClipProgress *progress)
{
  g_mutex_lock (&self->prompts_lock);
  g_atomic_pointer_set (&self->encoder, g_thread_self ());
  gst_clip_progress_init (progress, GST_ELEMENT (self));
  GST_OBJECT_LOCK (self);
  GstClipEncoding encoding = { .cache = self->settings.cache, .progress = report_progress, .user_data = progress };
  GST_OBJECT_UNLOCK (self);
  return encoding;
}

void
gst_clip_tagger_end_encoding (GstClipTagger *self)
{
  g_atomic_pointer_set (&self->encoder, NULL);
  g_mutex_unlock (&self->prompts_lock);
}

void
gst_clip_tagger_post_rescored (GstClipTagger *self)
{
  gst_clip_tagger_rescore_regions (self);
  g_auto (GstClipResult) result = { NULL };
  if (!gst_clip_classifier_get_latest (self->classifier, &result))
    return;

  GST_OBJECT_LOCK (self);
  self->stats.n_rescored++;
  GST_OBJECT_UNLOCK (self);
  gst_clip_tagger_post_tags (self, &result, TRUE);
}

void
gst_clip_tagger_post_prompt_warnings (GstClipTagger *self)
{
  g_auto (GstClipDescription) description = { NULL };
  gst_clip_classifier_describe (self->classifier, &description);
  for (guint i = 0; description.prompt_warnings && description.prompt_warnings[i]; i++)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, ("%s", description.prompt_warnings[i]), (NULL));
}

/* ---- Changing them -------------------------------------------------------------------------------------- */

static gboolean
waits_for_itself (GstClipTagger *self)
{
  if (g_atomic_pointer_get (&self->encoder) != g_thread_self ())
    return FALSE;
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, ("prompts cannot be set while handling their own progress"),
      ("the prompts that are being encoded stay as they are"));
  return TRUE;
}

/* Tries a source while running, takes it otherwise; `source` is the element's then. With prompts_lock. */
static gboolean
try_source (
    GstClipTagger *self, GstClipPromptSource *source, gboolean running, GstClipEncoding *encoding, GError **error)
{
  g_autoptr (GError) failure = NULL;
  if (running && !gst_clip_classifier_set_prompts (self->classifier, source, encoding, &failure)
      && !g_error_matches (failure, CLIP_ERROR, CLIP_ERROR_CANCELLED)) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  GstClipPromptSource old = self->settings.source;
  self->settings.source = *source;
  *source = old;
  GST_OBJECT_UNLOCK (self);
  if (failure)
    g_propagate_error (error, g_steal_pointer (&failure));
  return TRUE;
}

/* property: GST_CLIP_PROP_STATS = none, all stays as it is. */
static void
change_source (GstClipPromptSource *source, GstClipProperty property, const gchar *value)
{
  if (property == GST_CLIP_PROP_STATS)
    return;
  gchar **field = gst_clip_prompt_source_field (source, property);
  g_free (*field);
  *field = g_strdup (value);
}

/* FALSE: the model is not being opened, or is by now. Whoever opens it begins again, with the new source. */
static gboolean
change_while_opening (GstClipTagger *self, GstClipProperty property, const gchar *value)
{
  GST_OBJECT_LOCK (self);
  gboolean opening = self->open_state == GST_CLIP_OPENING;
  if (opening) {
    change_source (&self->settings.source, property, value);
    self->n_sources++;
  }
  GST_OBJECT_UNLOCK (self);
  if (opening)
    gst_clip_classifier_cancel (self->classifier);
  return opening;
}

/* property: as for change_source(); without one they are read again. */
static gboolean
change (GstClipTagger *self, GstClipProperty property, const gchar *value)
{
  g_auto (GstClipPromptSource) source = { NULL };
  g_autoptr (GError) error = NULL;
  gboolean file_gone = FALSE;

  if (change_while_opening (self, property, value))
    return TRUE;
  if (waits_for_itself (self))
    return FALSE;

  GstClipProgress progress;
  GstClipEncoding encoding = gst_clip_tagger_begin_encoding (self, &progress);
  gboolean running = gst_clip_classifier_is_open (self->classifier);
  GST_OBJECT_LOCK (self);
  gst_clip_prompt_source_copy (&source, &self->settings.source);
  GST_OBJECT_UNLOCK (self);

  change_source (&source, property, value);
  /* A file goes before prompts at the start, but who sets prompts later wants them. */
  if (running && property == GST_CLIP_PROP_PROMPTS && value && *value && source.file) {
    g_clear_pointer (&source.file, g_free);
    file_gone = TRUE;
  }

  gboolean ok = try_source (self, &source, running, &encoding, &error);
  gst_clip_tagger_end_encoding (self);
  gst_clip_progress_end (&progress, error);

  if (!ok) {
    gst_clip_tagger_remember_error (self, error);
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, ("%s", error->message), ("the prompts in use stay as they are"));
  } else if (running && !error) {
    gst_clip_tagger_post_rescored (self);
    gst_clip_tagger_post_prompt_warnings (self);
    if (file_gone)
      g_object_notify (G_OBJECT (self), "prompts-file");
  }
  return ok;
}

gboolean
gst_clip_tagger_set_prompts (GstClipTagger *self, GstClipProperty property, const gchar *value)
{
  return change (self, property, value);
}

gboolean
gst_clip_tagger_reload_prompts (GstClipTagger *self)
{
  return change (self, GST_CLIP_PROP_STATS, NULL);
}

/* ---- Watching their file -------------------------------------------------------------------------------- */

/* What changes when a file is written to or replaced; all 0 where there is none. */
typedef struct
{
  guint64 device, inode, size;
  gint64 seconds, nanoseconds;
} FileStamp;

static FileStamp
stamp_file (GstClipTagger *self)
{
  FileStamp stamp = { 0 };
  g_auto (GstClipPromptSource) source = { NULL };
  GST_OBJECT_LOCK (self);
  gst_clip_prompt_source_copy (&source, &self->settings.source);
  g_autofree gchar *model = g_strdup (self->settings.model);
  GST_OBJECT_UNLOCK (self);
  g_autofree gchar *folder = model && *model ? g_steal_pointer (&model) : clip_default_model_path (NULL);
  g_autofree gchar *file = folder ? gst_clip_prompt_source_get_file (&source, folder) : NULL;

  GStatBuf info;
  if (file && g_stat (file, &info) == 0)
    stamp = (FileStamp){ info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec };
  return stamp;
}

static gboolean
same_stamp (const FileStamp *a, const FileStamp *b)
{
  return a->device == b->device && a->inode == b->inode && a->size == b->size && a->seconds == b->seconds
         && a->nanoseconds == b->nanoseconds;
}

typedef struct
{
  GstClipTagger *tagger; /* its own reference */
  FileStamp read;        /* the file as it was when the prompts were read, or before */
} Watch;

static gpointer
watch (gpointer data)
{
  g_autofree Watch *task = data;
  GstClipTagger *self = task->tagger;
  FileStamp read = task->read, last = read;

  g_mutex_lock (&self->watch_lock);
  while (self->watcher == g_thread_self ()) {
    if (g_cond_wait_until (&self->watch_wake, &self->watch_lock, g_get_monotonic_time () + WATCH_US))
      continue;
    g_mutex_unlock (&self->watch_lock);

    FileStamp now = stamp_file (self);
    /* One that is gone for a moment is being replaced. */
    if (now.inode && same_stamp (&now, &last) && !same_stamp (&now, &read)) {
      read = now;
      GST_INFO_OBJECT (self, "the prompts' file has changed");
      gst_clip_tagger_reload_prompts (self);
    }
    last = now;
    g_mutex_lock (&self->watch_lock);
  }
  g_mutex_unlock (&self->watch_lock);
  gst_object_unref (self);
  return NULL;
}

/* Whether to watch is decided with the lock that starting and stopping take, too: a property that is set while the
 * element stops must not leave a thread behind. */
static void
update_watching (GstClipTagger *self, const gboolean *may_watch)
{
  GThread *ended = NULL;
  g_autoptr (GError) error = NULL;
  g_mutex_lock (&self->watch_lock);
  if (may_watch)
    self->may_watch = *may_watch;
  GST_OBJECT_LOCK (self);
  gboolean watching = self->may_watch && self->settings.watch_prompts;
  GST_OBJECT_UNLOCK (self);
  if (watching && !self->watcher) {
    Watch *task = g_new (Watch, 1);
    *task = (Watch){ gst_object_ref (self), stamp_file (self) };
    self->watcher = g_thread_try_new ("cliptag-watch", watch, task, &error);
    if (!self->watcher) {
      gst_object_unref (self);
      g_free (task);
    }
  } else if (!watching && self->watcher) {
    ended = g_steal_pointer (&self->watcher);
    g_cond_signal (&self->watch_wake);
  }
  g_mutex_unlock (&self->watch_lock);
  if (error)
    GST_ELEMENT_WARNING (self, RESOURCE, FAILED, ("the prompts' file is not watched: %s", error->message), (NULL));

  /* It may be itself that ends it, in a handler of what it posts. */
  if (ended == g_thread_self ())
    g_thread_unref (ended);
  else if (ended)
    g_thread_join (ended);
}

void
gst_clip_tagger_let_watch (GstClipTagger *self, gboolean may_watch)
{
  update_watching (self, &may_watch);
}

void
gst_clip_tagger_update_watching (GstClipTagger *self)
{
  update_watching (self, NULL);
}
