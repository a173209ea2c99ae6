/* SPDX-License-Identifier: MIT
 *
 * gstclipevents.c: see gstclipevents.h.
 *
 * `lock` is held for moments and never while anything is posted, pushed or called. One thread posts at a time, the
 * `poster`: that keeps the order without a lock that a handler of messages could run into.
 */
#include "tagger/gstclipevents.h"

GST_DEBUG_CATEGORY_EXTERN (gst_clip_tagger_debug);
#define GST_CAT_DEFAULT gst_clip_tagger_debug

/* How long the end of a stream waits for another thread's handlers of messages, in us: one of them may itself be
 * stopping this element, and wait for us. */
#define POSTER_PATIENCE G_TIME_SPAN_SECOND

struct _GstClipEvents
{
  GMutex lock;
  gchar *tagger;
  guint64 n_started;
  GQueue to_post;   /* of GstClipEvent, like the other two */
  GQueue to_attach; /* to the next frame */
  gint n_to_attach; /* atomic: its length */
  GThread *poster;  /* NULL = nobody is posting */
  GCond posted;     /* the poster is done */

  /* The streaming thread's. */
  GQueue attached; /* to frames that have not left yet, in their order */
  gulong probe;    /* on the source pad while there are any; 0 = none */
};

static void
clear_queue (GQueue *queue)
{
  g_queue_clear_full (queue, (GDestroyNotify)gst_clip_event_unref);
}

GstClipEvents *
gst_clip_events_new (void)
{
  GstClipEvents *self = g_new0 (GstClipEvents, 1);
  g_mutex_init (&self->lock);
  g_cond_init (&self->posted);
  return self;
}

void
gst_clip_events_free (GstClipEvents *self)
{
  clear_queue (&self->to_post);
  clear_queue (&self->to_attach);
  clear_queue (&self->attached);
  g_free (self->tagger);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->posted);
  g_free (self);
}

/* With the lock. */
static void
note_length (GstClipEvents *self)
{
  g_atomic_int_set (&self->n_to_attach, (gint)MIN (self->to_attach.length, G_MAXINT));
}

void
gst_clip_events_start (GstClipEvents *self, const gchar *tagger)
{
  g_mutex_lock (&self->lock);
  g_free (self->tagger);
  self->tagger = g_strdup (tagger);
  self->n_started = 0;
  clear_queue (&self->to_post);
  clear_queue (&self->to_attach);
  clear_queue (&self->attached);
  note_length (self);
  g_mutex_unlock (&self->lock);
}

void
gst_clip_events_add (GstClipEvents *self, const GstClipEvent *values)
{
  GstClipEvent complete = *values;
  g_mutex_lock (&self->lock);
  complete.tagger = self->tagger;
  GstClipEvent *event = gst_clip_event_new (&complete);
  self->n_started += event->state == GST_CLIP_EVENT_START;
  g_queue_push_tail (&self->to_post, gst_clip_event_ref (event));
  g_queue_push_tail (&self->to_attach, event);
  note_length (self);
  g_mutex_unlock (&self->lock);
}

guint64
gst_clip_events_get_n_started (GstClipEvents *self)
{
  g_mutex_lock (&self->lock);
  guint64 n = self->n_started;
  g_mutex_unlock (&self->lock);
  return n;
}

/* ---- Messages ------------------------------------------------------------------------------------------------ */

/* With the lock, but not while posting. A handler may come back here and posts the next ones itself. */
static void
post_all (GstClipEvents *self, GstElement *element, gboolean wanted)
{
  GThread *outer = self->poster;
  GstClipEvent *event;
  self->poster = g_thread_self ();
  while ((event = g_queue_pop_head (&self->to_post))) {
    g_mutex_unlock (&self->lock);
    if (wanted)
      gst_element_post_message (
          element, gst_message_new_element (GST_OBJECT (element), gst_clip_event_to_structure (event)));
    gst_clip_event_unref (event);
    g_mutex_lock (&self->lock);
  }
  self->poster = outer;
  g_cond_broadcast (&self->posted);
}

void
gst_clip_events_post (GstClipEvents *self, GstElement *element, gboolean wanted, gboolean wait)
{
  gint64 end = g_get_monotonic_time () + POSTER_PATIENCE;
  g_mutex_lock (&self->lock);
  while (
      wait && self->poster && self->poster != g_thread_self () && g_cond_wait_until (&self->posted, &self->lock, end))
    ;
  /* One that is at work sees to the rest before it goes. */
  if (!g_queue_is_empty (&self->to_post) && (wait || !self->poster || self->poster == g_thread_self ()))
    post_all (self, element, wanted);
  g_mutex_unlock (&self->lock);
}

/* ---- The stream ---------------------------------------------------------------------------------------------- */

/* Runs for what the pad lets through, before anybody else's probe. */
static GstPadProbeReturn
on_frame_leaves (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstClipEvents *self = data;
  gpointer state = NULL;
  GstMeta *meta;
  while ((meta = gst_buffer_iterate_meta_filtered (
              GST_PAD_PROBE_INFO_BUFFER (info), &state, GST_CLIP_EVENT_META_API_TYPE))) {
    GstClipEvent *event = ((GstClipEventMeta *)meta)->event;
    if (g_queue_remove (&self->attached, event))
      gst_clip_event_unref (event);
  }
  if (!g_queue_is_empty (&self->attached))
    return GST_PAD_PROBE_OK;
  self->probe = 0;
  return GST_PAD_PROBE_REMOVE;
}

gboolean
gst_clip_events_attach (GstClipEvents *self, GstBuffer *buffer, GstPad *src)
{
  if (!g_atomic_int_get (&self->n_to_attach))
    return FALSE;
  GQueue waiting = G_QUEUE_INIT;
  GstClipEvent *event;
  g_mutex_lock (&self->lock);
  while ((event = g_queue_pop_head (&self->to_attach)))
    g_queue_push_tail (&waiting, event);
  note_length (self);
  g_mutex_unlock (&self->lock);

  while ((event = g_queue_pop_head (&waiting))) {
    gst_buffer_add_clip_event_meta (buffer, event);
    g_queue_push_tail (&self->attached, event);
  }
  if (!self->probe)
    self->probe = gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, on_frame_leaves, self, NULL);
  return TRUE;
}

void
gst_clip_events_recover (GstClipEvents *self, GstPad *src)
{
  GstClipEvent *event;
  if (self->probe)
    gst_pad_remove_probe (src, self->probe);
  self->probe = 0;
  g_mutex_lock (&self->lock);
  while ((event = g_queue_pop_tail (&self->attached)))
    g_queue_push_head (&self->to_attach, event);
  note_length (self);
  g_mutex_unlock (&self->lock);
}

static GstPadProbeReturn
on_event_leaves (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstEvent **pushed = data;
  if (GST_PAD_PROBE_INFO_EVENT (info) == *pushed)
    *pushed = NULL;
  return GST_PAD_PROBE_OK;
}

/* FALSE: the pad is flushing. What an element behind makes of it is its own affair. */
static gboolean
push_one (GstPad *src, const GstClipEvent *event)
{
  GstEvent *pushed = gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, gst_clip_event_to_structure (event)),
           *left = pushed;
  gulong probe = gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event_leaves, &left, NULL);
  gst_pad_push_event (src, pushed);
  gst_pad_remove_probe (src, probe);
  return left == NULL;
}

void
gst_clip_events_push (GstClipEvents *self, GstPad *src)
{
  for (gboolean ok = TRUE; ok && g_atomic_int_get (&self->n_to_attach);) {
    g_mutex_lock (&self->lock);
    GstClipEvent *event = g_queue_pop_head (&self->to_attach);
    note_length (self);
    g_mutex_unlock (&self->lock);

    ok = push_one (src, event);
    if (ok) {
      gst_clip_event_unref (event);
      continue;
    }
    g_mutex_lock (&self->lock);
    g_queue_push_head (&self->to_attach, event);
    note_length (self);
    g_mutex_unlock (&self->lock);
  }
}
