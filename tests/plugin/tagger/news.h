/* SPDX-License-Identifier: MIT
 *
 * news.h: what a tagger (tagger.h) says of events: on the bus, and in the stream behind it, in order.
 *
 * With temperature=0.001 the tiny model is sure of one label for each picture: two pictures that differ in it make
 * events to order.
 */
#ifndef NEWS_H
#define NEWS_H

#include "gstclipeventmeta.h"
#include "tagger.h"

#define NEWS_CAPS "video/x-raw,format=RGB,width=64,height=48,framerate=10/1"
#define STEP      (100 * GST_MSECOND) /* from frame to frame */

/* One thing that left by the source pad. */
typedef struct
{
  GstClipEvent *event; /* NULL: an event of the pad, of this type */
  GstEventType type;   /* of what carried it; GST_EVENT_UNKNOWN = a frame */
  GstClockTime pts;    /* the frame's */
} News;

typedef struct
{
  Tagger tagger;
  guint seeds[2]; /* pictures of two labels */
  guint label_ids[2];
  GMutex lock;
  GArray *stream;      /* of News: events, and the EOS, SEGMENT and STREAM_START between them */
  GPtrArray *messages; /* of GstClipEvent */
} Fixture;

static inline void
news_clear (gpointer data)
{
  gst_clip_event_unref (((News *)data)->event);
}

static inline GstPadProbeReturn
news_on_source (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Fixture *f = data;
  g_mutex_lock (&f->lock);
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
    gpointer state = NULL;
    GstMeta *meta;
    while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_CLIP_EVENT_META_API_TYPE))) {
      News news
          = { gst_clip_event_ref (((GstClipEventMeta *)meta)->event), GST_EVENT_UNKNOWN, GST_BUFFER_PTS (buffer) };
      g_array_append_val (f->stream, news);
    }
  } else {
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
    News news = { NULL, GST_EVENT_TYPE (event), GST_CLOCK_TIME_NONE };
    if (news.type == GST_EVENT_CUSTOM_DOWNSTREAM && gst_event_has_name (event, GST_CLIP_EVENT_NAME)) {
      news.event = gst_clip_event_new_from_structure (gst_event_get_structure (event));
      g_assert_nonnull (news.event);
    }
    if (news.event || news.type == GST_EVENT_EOS || news.type == GST_EVENT_SEGMENT
        || news.type == GST_EVENT_STREAM_START)
      g_array_append_val (f->stream, news);
  }
  g_mutex_unlock (&f->lock);
  return GST_PAD_PROBE_OK;
}

static inline GstBusSyncReply
news_on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Fixture *f = data;
  if (gst_message_has_name (message, GST_CLIP_EVENT_NAME)) {
    GstClipEvent *event = gst_clip_event_new_from_structure (gst_message_get_structure (message));
    g_assert_nonnull (event);
    g_mutex_lock (&f->lock);
    g_ptr_array_add (f->messages, event);
    g_mutex_unlock (&f->lock);
  }
  return GST_BUS_PASS;
}

/* Every frame is sampled; scores are 0 or 1, and events come at once and are over at once. */
static inline GstElement *
news_element (void)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "frame-rate", 0.0, "temperature", 0.001, "smoothing", G_GUINT64_CONSTANT (0), "min-duration",
      G_GUINT64_CONSTANT (0), "hold-time", G_GUINT64_CONSTANT (0), "update-interval", G_MAXUINT64, NULL);
  return element;
}

static inline GstBuffer *
news_frame (guint seed, GstClockTime pts)
{
  GstBuffer *buffer = tagger_frame_for_caps (NEWS_CAPS, seed);
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = STEP;
  return buffer;
}

/* Once for all tests: the pictures. */
static inline void
news_find_pictures (Fixture *f)
{
  static guint seeds[2], ids[2];
  static gboolean found;
  if (!found) {
    Tagger t = tagger_start (news_element (), NEWS_CAPS);
    guint n = 0;
    for (guint seed = 0; seed < 64 && n < 2; seed++) {
      g_autoptr (GstBuffer) buffer = tagger_pass (&t, news_frame (seed, seed * STEP));
      const GstClipTagLabel *best = gst_clip_tags_get_label (gst_buffer_get_clip_tag_meta (buffer)->tags, 0);
      if (best->confidence < 0.99 || (n == 1 && best->id == ids[0]))
        continue;
      ids[n] = best->id;
      seeds[n++] = seed;
    }
    g_assert_cmpuint (n, ==, 2);
    tagger_stop (&t);
    found = TRUE;
  }
  memcpy (f->seeds, seeds, sizeof seeds);
  memcpy (f->label_ids, ids, sizeof ids);
}

static inline void
news_watch (Fixture *f)
{
  g_autoptr (GstPad) src = gst_element_get_static_pad (f->tagger.element, "src");
  g_mutex_init (&f->lock);
  f->stream = g_array_new (FALSE, FALSE, sizeof (News));
  g_array_set_clear_func (f->stream, news_clear);
  f->messages = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_clip_event_unref);
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, news_on_source, f, NULL);
  gst_bus_set_sync_handler (f->tagger.bus, news_on_message, f, NULL);
}

/* Takes the element. */
static inline void
news_start (Fixture *f, GstElement *element)
{
  news_find_pictures (f);
  f->tagger = tagger_start (element, NEWS_CAPS);
  news_watch (f);
}

static inline void
news_stop (Fixture *f)
{
  tagger_stop (&f->tagger);
  g_array_unref (f->stream);
  g_ptr_array_unref (f->messages);
  g_mutex_clear (&f->lock);
}

/* Frames of one of the pictures, `from` to before `to`; what comes out is dropped. */
static inline void
news_push (Fixture *f, guint picture, guint from, guint to)
{
  for (guint i = from; i < to; i++)
    g_assert_cmpint (gst_harness_push (f->tagger.harness, news_frame (f->seeds[picture], i * STEP)), ==, GST_FLOW_OK);
}

/* "start 2 at 5" for event 2 on frame 5, "end 1 (eos) by event" for one that came as an event, "EOS", "SEGMENT",
 * "STREAM_START"; events are numbered as they come; one line each. */
static inline gchar *
news_describe (Fixture *f)
{
  static const gchar *const states[] = { "start", "update", "end" };
  GString *text = g_string_new (NULL);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_mutex_lock (&f->lock);
  for (guint i = 0; i < f->stream->len; i++) {
    const News *news = &g_array_index (f->stream, News, i);
    if (!news->event) {
      g_string_append_printf (text, "%s\n",
          news->type == GST_EVENT_EOS       ? "EOS"
          : news->type == GST_EVENT_SEGMENT ? "SEGMENT"
                                            : "STREAM_START");
      continue;
    }
    guint number = 0;
    while (number < ids->len && g_array_index (ids, guint64, number) != news->event->id)
      number++;
    if (number == ids->len)
      g_array_append_val (ids, news->event->id);
    g_string_append_printf (text, "%s %u", states[news->event->state], number + 1);
    if (news->event->reason)
      g_string_append_printf (text, " (%s)", news->event->reason);
    if (news->type == GST_EVENT_UNKNOWN)
      g_string_append_printf (text, " at %d\n", (gint)(news->pts / STEP));
    else
      g_string_append (text, " by event\n");
  }
  g_mutex_unlock (&f->lock);
  return g_string_free (text, FALSE);
}

static inline void
news_assert_same (const GstClipEvent *a, const GstClipEvent *b)
{
  g_autoptr (GstStructure) x = gst_clip_event_to_structure (a), y = gst_clip_event_to_structure (b);
  g_autofree gchar *s = gst_structure_to_string (x), *t = gst_structure_to_string (y);
  g_assert_cmpstr (s, ==, t);
}

/* The first `n` messages are what the stream had, and all of that. */
static inline void
news_assert_messages (Fixture *f, guint n)
{
  guint at = 0;
  for (guint i = 0; i < f->stream->len; i++) {
    const News *news = &g_array_index (f->stream, News, i);
    if (!news->event)
      continue;
    g_assert_cmpuint (at, <, f->messages->len);
    news_assert_same (f->messages->pdata[at++], news->event);
  }
  g_assert_cmpuint (at, ==, n);
}

/* What the stream had since it was last asked. */
#define news_assert_stream(f, expected)                                                                                \
  G_STMT_START                                                                                                         \
  {                                                                                                                    \
    g_autofree gchar *description = news_describe (f);                                                                 \
    g_assert_cmpstr (description, ==, expected);                                                                       \
  }                                                                                                                    \
  G_STMT_END

#endif
