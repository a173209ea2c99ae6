/* SPDX-License-Identifier: MIT
 *
 * gstcliplogevents.c: see gstcliplogevents.h.
 *
 * An event's number is unique in its process only; with the time of its start it is in a log of several, too. Behind an
 * encoder frames are out of order: an end may come before the news of what it ends.
 */
#include "log/gstcliplogevents.h"

typedef struct
{
  guint64 id;
  gint64 start_utc;
  GstClockTime start;
  GstClipEventState state;
  gint64 end_utc; /* of an update, else 0 */
  GstClockTime end;
} News;

struct _GstClipLogEvents
{
  GHashTable *seen; /* News, owned */
  GQueue order;     /* the same, the oldest first; borrowed */

  GHashTable *open;  /* News of a start, owned -> link of the queue */
  GQueue open_order; /* GstClipEvent: what is known of each, the oldest first */
};

static guint
hash_news (gconstpointer key)
{
  const News *news = key;
  guint64 mixed = news->id * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) + (guint64)news->start_utc * 31 + news->start * 17
                  + (guint64)news->end_utc * 7 + news->end * 3 + news->state;
  return (guint)(mixed ^ mixed >> 32);
}

static gboolean
equal_news (gconstpointer key, gconstpointer other)
{
  const News *a = key, *b = other;
  return a->id == b->id && a->start_utc == b->start_utc && a->start == b->start && a->state == b->state
         && a->end_utc == b->end_utc && a->end == b->end;
}

static News
news_of (const GstClipEvent *event, GstClipEventState state)
{
  News news = { .id = event->id, .start_utc = event->start.utc, .start = event->start.timestamp, .state = state };
  if (state == GST_CLIP_EVENT_UPDATE) {
    news.end_utc = event->end.utc;
    news.end = event->end.timestamp;
  }
  return news;
}

GstClipLogEvents *
gst_clip_log_events_new (void)
{
  GstClipLogEvents *self = g_new0 (GstClipLogEvents, 1);
  self->seen = g_hash_table_new_full (hash_news, equal_news, g_free, NULL);
  self->open = g_hash_table_new_full (hash_news, equal_news, g_free, NULL);
  return self;
}

void
gst_clip_log_events_free (GstClipLogEvents *self)
{
  g_hash_table_unref (self->open);
  g_queue_clear_full (&self->open_order, (GDestroyNotify)gst_clip_event_unref);
  g_queue_clear (&self->order);
  g_hash_table_unref (self->seen);
  g_free (self);
}

static gboolean
has_seen (GstClipLogEvents *self, const GstClipEvent *event, GstClipEventState state)
{
  const News news = news_of (event, state);
  return g_hash_table_contains (self->seen, &news);
}

static GList *
find_open (GstClipLogEvents *self, const GstClipEvent *event)
{
  const News news = news_of (event, GST_CLIP_EVENT_START);
  return g_hash_table_lookup (self->open, &news);
}

gboolean
gst_clip_log_events_wants (GstClipLogEvents *self, const GstClipEvent *event, gboolean of_events)
{
  if (has_seen (self, event, event->state) || has_seen (self, event, GST_CLIP_EVENT_END))
    return FALSE;
  return of_events || (event->state == GST_CLIP_EVENT_END && find_open (self, event));
}

static void
remember (GstClipLogEvents *self, const GstClipEvent *event)
{
  const News news = news_of (event, event->state);
  if (g_hash_table_contains (self->seen, &news))
    return;
  if (self->order.length == GST_CLIP_LOG_EVENTS_SEEN)
    g_hash_table_remove (self->seen, g_queue_pop_head (&self->order));
  News *copy = g_new (News, 1);
  *copy = news;
  g_hash_table_add (self->seen, copy);
  g_queue_push_tail (&self->order, copy);
}

static void
close_event (GstClipLogEvents *self, const GstClipEvent *event)
{
  const News news = news_of (event, GST_CLIP_EVENT_START);
  GList *link = g_hash_table_lookup (self->open, &news);
  if (!link)
    return;
  gst_clip_event_unref (link->data);
  g_queue_delete_link (&self->open_order, link);
  g_hash_table_remove (self->open, &news);
}

/* Of two pieces of news the one that tells of more samples is the later one. */
static void
open_event (GstClipLogEvents *self, GstClipEvent *event)
{
  GList *link = find_open (self, event);
  if (!link) {
    News *news = g_new (News, 1);
    *news = news_of (event, GST_CLIP_EVENT_START);
    g_queue_push_tail (&self->open_order, gst_clip_event_ref (event));
    g_hash_table_insert (self->open, news, self->open_order.tail);
  } else if (event->n_samples >= ((const GstClipEvent *)link->data)->n_samples) {
    gst_clip_event_unref (link->data);
    link->data = gst_clip_event_ref (event);
  }
}

void
gst_clip_log_events_add (GstClipLogEvents *self, GstClipEvent *event, gboolean written)
{
  gboolean over = has_seen (self, event, GST_CLIP_EVENT_END);
  remember (self, event);
  if (event->state == GST_CLIP_EVENT_END)
    close_event (self, event);
  else if (!over && (written || find_open (self, event)))
    open_event (self, event);
}

GstClipEvent *
gst_clip_log_events_close_next (GstClipLogEvents *self, gboolean all)
{
  if (g_queue_is_empty (&self->open_order) || (!all && self->open_order.length <= GST_CLIP_LOG_EVENTS_OPEN))
    return NULL;
  GstClipEvent values = *(const GstClipEvent *)g_queue_peek_head (&self->open_order);
  values.state = GST_CLIP_EVENT_END;
  values.reason = (gchar *)GST_CLIP_LOG_EVENTS_REASON;
  GstClipEvent *end = gst_clip_event_new (&values);
  remember (self, end);
  close_event (self, end);
  return end;
}
