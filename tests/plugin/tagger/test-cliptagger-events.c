/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-events.c: events of cliptagger: what is said of them and when, on the bus and in the stream behind,
 * whatever ends them, and the properties that make them.
 */
#include <math.h>

#include "news.h"
#include "regions.h"
#include "tempfolder.h"

#define MS(n) ((guint64)(n)*GST_MSECOND)

static void
set_times (GstElement *element, guint min_duration, guint hold_time, guint update_interval)
{
  g_object_set (element, "min-duration", MS (min_duration), "hold-time", MS (hold_time), "update-interval",
      MS (update_interval), NULL);
}

static const GstClipEvent *
nth (Fixture *f, guint index)
{
  g_assert_cmpuint (index, <, f->messages->len);
  return f->messages->pdata[index];
}

static void
assert_time (const GstClipEventTime *time, guint frame, gint64 offset)
{
  g_assert_cmpuint (time->timestamp, ==, frame * STEP);
  g_assert_cmpuint (time->stream_time, ==, frame * STEP + 7 * GST_SECOND);
  g_assert_cmpuint (time->running_time, ==, frame * STEP + 11 * GST_SECOND);
  g_assert_cmpint (time->utc, ==, (gint64)(frame * STEP / GST_USECOND) + offset);
}

/* ---- The life of an event --------------------------------------------------------------------------------- */

static void
add_reference_time (GstBuffer *buffer, const gchar *clock, guint64 offset)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple (clock);
  gst_buffer_add_reference_timestamp_meta (buffer, caps, GST_BUFFER_PTS (buffer) + offset, GST_CLOCK_TIME_NONE);
}

static void
push_segment (Fixture *f, gdouble rate, guint64 start, guint64 stop, guint64 time, guint64 base)
{
  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = rate;
  segment.start = segment.position = start;
  segment.stop = stop;
  segment.time = time;
  segment.base = base;
  g_assert_true (gst_harness_push_event (f->tagger.harness, gst_event_new_segment (&segment)));
}

/* Ten frames of one picture and ten of the other. Async: frames wait here for the news of the one before. */
static void
push_life (Fixture *f, gboolean async)
{
  push_segment (f, 1, 0, -1, 7 * GST_SECOND, 11 * GST_SECOND);
  for (guint i = 0; i < 20; i++) {
    GstBuffer *buffer = news_frame (f->seeds[i / 10], i * STEP);
    add_reference_time (buffer, "timestamp/x-unix", 1000 * GST_SECOND);
    g_assert_cmpint (gst_harness_push (f->tagger.harness, buffer), ==, GST_FLOW_OK);
    if (async)
      tagger_await_message (&f->tagger, "clip-tags");
  }
}

static void
check_life (Fixture *f)
{
  const gint64 second = 1000 * G_USEC_PER_SEC;
  static const struct
  {
    GstClipEventState state;
    guint label, start, end, n;
    const gchar *reason;
  } expected[] = {
    { GST_CLIP_EVENT_START, 0, 0, 3, 4, NULL },
    { GST_CLIP_EVENT_UPDATE, 0, 0, 8, 9, NULL },
    { GST_CLIP_EVENT_END, 0, 0, 9, 10, "over" },
    { GST_CLIP_EVENT_START, 1, 10, 13, 4, NULL },
    { GST_CLIP_EVENT_UPDATE, 1, 10, 18, 9, NULL },
    { GST_CLIP_EVENT_END, 1, 10, 19, 10, "eos" },
  };
  g_assert_cmpuint (f->messages->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    const GstClipEvent *event = nth (f, i);
    g_assert_cmpint (event->state, ==, expected[i].state);
    g_assert_cmpuint (event->id, ==, nth (f, i / 3 * 3)->id);
    g_assert_cmpuint (event->label_id, ==, f->label_ids[expected[i].label]);
    g_assert_cmpstr (event->reason, ==, expected[i].reason);
    g_assert_cmpuint (event->n_samples, ==, expected[i].n);
    g_assert_cmpfloat (event->confidence, >, 0.99);
    g_assert_cmpfloat (event->mean, >, 0.99);
    g_assert_cmpstr (event->tagger, ==, GST_OBJECT_NAME (f->tagger.element));
    g_assert_null (event->group);
    g_assert_null (event->zone);
    g_assert_null (event->roi_type);
    g_assert_cmpint (event->object_id, ==, 0);
    assert_time (&event->start, expected[i].start, second);
    assert_time (&event->end, expected[i].end, second);
    assert_time (&event->peak, expected[i].start, second); /* all the same picture */
  }
  g_assert_cmpuint (nth (f, 0)->id, !=, nth (f, 3)->id);
  g_assert_cmpuint (tagger_count (f->tagger.element, "events"), ==, 2);
  news_assert_messages (f, G_N_ELEMENTS (expected));
}

/* On the very frames that brought them about, also where these were held back. */
static void
test_life (gconstpointer data)
{
  Fixture f = { 0 };
  GstElement *element = news_element ();
  set_times (element, 300, 200, 500);
  g_object_set (element, "batch-size", GPOINTER_TO_UINT (data), NULL);
  news_start (&f, element);
  push_life (&f, FALSE);
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
  check_life (&f);
  news_assert_stream (&f, "SEGMENT\nstart 1 at 3\nupdate 1 at 8\nend 1 (over) at 12\nstart 2 at 13\nupdate 2 at 18\n"
                          "end 2 (eos) by event\nEOS\n");
  news_stop (&f);
}

/* The same times; the news comes with the frame itself or with the next one. */
static void
test_async (void)
{
  static const guint frames[] = { 3, 8, 12, 13, 18 };
  Fixture f = { 0 };
  GstElement *element = news_element ();
  set_times (element, 300, 200, 500);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "async");
  news_start (&f, element);
  push_life (&f, TRUE);
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
  check_life (&f);
  g_assert_cmpuint (f.stream->len, ==, 8); /* with SEGMENT and EOS */
  for (guint i = 0; i < G_N_ELEMENTS (frames); i++) {
    const News *news = &g_array_index (f.stream, News, 1 + i);
    g_assert_cmpint (news->type, ==, GST_EVENT_UNKNOWN);
    g_assert_cmpuint (news->pts, >=, frames[i] * STEP);
    g_assert_cmpuint (news->pts, <=, (frames[i] + 1) * STEP);
  }
  news_stop (&f);
}

/* What is under way at the end of an async stream counts. */
static void
test_async_end (void)
{
  Fixture f = { 0 };
  GstElement *element = news_element ();
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "async");
  news_start (&f, element);
  news_push (&f, 0, 0, 30);
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
  const GstClipEvent *last = nth (&f, f.messages->len - 1);
  g_assert_cmpint (last->state, ==, GST_CLIP_EVENT_END);
  g_assert_cmpstr (last->reason, ==, "eos");
  g_assert_cmpuint (last->end.timestamp, ==, 29 * STEP);
  news_assert_messages (&f, f.messages->len);
  news_stop (&f);
}

/* A picture that max-cpu would have wait for minutes is given up then. */
static void
test_async_end_limited (void)
{
  Fixture f = { 0 };
  GstElement *element = news_element ();
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "async");
  g_object_set (element, "max-cpu", 0.000001, NULL);
  news_start (&f, element);
  news_push (&f, 0, 0, 1); /* making its picture was dear enough */
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
  news_assert_stream (&f, "EOS\n");
  g_assert_cmpuint (tagger_count (element, "skipped-cpu"), ==, 1);
  g_assert_cmpuint (tagger_count (element, "inferred"), ==, 0);
  news_stop (&f);
}

static void
test_no_messages (void)
{
  Fixture f = { 0 };
  GstElement *element = news_element ();
  g_object_set (element, "post-messages", FALSE, NULL);
  news_start (&f, element);
  news_push (&f, 0, 0, 2);
  news_push (&f, 1, 2, 3);
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
  g_assert_cmpuint (f.messages->len, ==, 0);
  news_assert_stream (&f, "start 1 at 0\nend 1 (over) at 2\nstart 2 at 2\nend 2 (eos) by event\nEOS\n");
  news_stop (&f);
}

/* A frame whose sampling was skipped or that is a gap carries the news all the same. */
static void
test_unsampled_frames (void)
{
  Fixture f = { 0 };
  GstElement *element = news_element ();
  g_object_set (element, "frame-rate", 2.0, NULL);
  news_start (&f, element);
  news_push (&f, 0, 0, 6);
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_flush_start ()));
  tagger_end_flush (&f.tagger);
  GstBuffer *gap = news_frame (f.seeds[0], 0);
  GST_BUFFER_FLAG_SET (gap, GST_BUFFER_FLAG_GAP);
  g_assert_cmpint (gst_harness_push (f.tagger.harness, gap), ==, GST_FLOW_OK);
  news_assert_stream (&f, "start 1 at 0\nSEGMENT\nend 1 (flush) at 0\n");
  news_stop (&f);
}

/* ---- Times ------------------------------------------------------------------------------------------------- */

static void
test_utc (void)
{
  Fixture f = { 0 };
  gint64 before = g_get_real_time ();
  news_start (&f, news_element ());
  GstBuffer *buffer = news_frame (f.seeds[0], 0);
  add_reference_time (buffer, "timestamp/x-ntp", (guint64)(2208988800 + 5) * GST_SECOND);
  g_assert_cmpint (gst_harness_push (f.tagger.harness, buffer), ==, GST_FLOW_OK);
  g_assert_cmpint (nth (&f, 0)->start.utc, ==, 5 * G_USEC_PER_SEC);
  news_push (&f, 1, 1, 2);
  g_assert_cmpint (nth (&f, 1)->end.utc, ==, 5 * G_USEC_PER_SEC);
  g_assert_cmpint (nth (&f, 2)->start.utc, >=, before);
  g_assert_cmpint (nth (&f, 2)->start.utc, <=, g_get_real_time ());
  news_stop (&f);
}

/* Frames without timestamps are counted by the frame rate. */
static void
test_untimed (void)
{
  Fixture f = { 0 };
  GstElement *element = news_element ();
  set_times (element, 300, 200, 100000);
  news_start (&f, element);
  for (guint i = 0; i < 8; i++) {
    GstBuffer *buffer = news_frame (f.seeds[i / 5], 0);
    GST_BUFFER_PTS (buffer) = GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
    g_assert_cmpint (gst_harness_push (f.tagger.harness, buffer), ==, GST_FLOW_OK);
    g_assert_cmpuint (f.messages->len, ==, i < 3 ? 0 : i < 7 ? 1 : 2);
  }
  g_assert_cmpuint (nth (&f, 1)->n_samples, ==, 5);
  g_assert_cmpuint (nth (&f, 1)->start.timestamp, ==, GST_CLOCK_TIME_NONE);
  g_assert_cmpuint (nth (&f, 1)->end.stream_time, ==, GST_CLOCK_TIME_NONE);
  news_stop (&f);
}

/* Timestamps as far apart as they can be. */
static void
test_extreme_times (void)
{
  static const guint64 times[] = { 0, G_MAXUINT64 - 1, 1, G_MAXINT64, 0, (guint64)G_MAXINT64 + 1, G_MAXUINT64, 2 };
  Fixture f = { 0 };
  news_start (&f, news_element ());
  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    g_assert_cmpint (gst_harness_push (f.tagger.harness, news_frame (f.seeds[0], times[i])), ==, GST_FLOW_OK);
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
  news_assert_messages (&f, f.messages->len);
  g_assert_cmpint (nth (&f, f.messages->len - 1)->state, ==, GST_CLIP_EVENT_END);
  news_stop (&f);
}

/* Scores go over to another picture's bit by bit, by the time constant, whatever the sampling rate. */
static void
test_smoothing (void)
{
  static const guint steps[] = { 1, 2, 5 };
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    Fixture f = { 0 };
    GstElement *element = news_element ();
    g_object_set (element, "smoothing", MS (500), "top-k", 0, NULL);
    news_start (&f, element);
    gst_harness_push (f.tagger.harness, news_frame (f.seeds[0], 0));
    for (guint n = steps[i]; n <= 10; n += steps[i])
      gst_harness_push (f.tagger.harness, news_frame (f.seeds[1], n * STEP));
    while (gst_harness_buffers_in_queue (f.tagger.harness) > 1)
      gst_buffer_unref (gst_harness_pull (f.tagger.harness));
    g_autoptr (GstBuffer) buffer = gst_harness_pull (f.tagger.harness);
    const GstClipTagLabel *best = gst_clip_tags_get_label (gst_buffer_get_clip_tag_meta (buffer)->tags, 0);
    g_assert_cmpuint (best->id, ==, f.label_ids[1]);
    g_assert_cmpfloat_with_epsilon (best->confidence, 1 - exp (-2.0), 1e-5); /* one second */
    news_stop (&f);
  }
}

/* ---- Ends -------------------------------------------------------------------------------------------------- */

static void
test_flush (void)
{
  Fixture f = { 0 };
  news_start (&f, news_element ());
  news_push (&f, 0, 0, 3);
  tagger_flush (&f.tagger);
  g_assert_cmpuint (f.messages->len, ==, 2);
  g_assert_cmpstr (nth (&f, 1)->reason, ==, "flush");
  g_assert_cmpuint (nth (&f, 1)->end.timestamp, ==, 2 * STEP);
  news_push (&f, 0, 0, 1);
  tagger_flush (&f.tagger);
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
  news_assert_stream (&f, "start 1 at 0\nSEGMENT\nend 1 (flush) at 0\nstart 2 at 0\nSEGMENT\nend 2 (flush) by event\n"
                          "EOS\n");
  news_assert_messages (&f, 4);
  news_stop (&f);
}

/* Frames that a flush catches in the batch have not been seen; those that it catches on their way out have. */
static void
test_flush_batch (void)
{
  Fixture f = { 0 };
  GstElement *element = news_element ();
  g_object_set (element, "batch-size", 4, NULL);
  news_start (&f, element);
  news_push (&f, 0, 0, 4);
  news_push (&f, 1, 4, 6);
  tagger_flush (&f.tagger);
  news_push (&f, 1, 0, 4);
  news_assert_stream (&f, "start 1 at 0\nSEGMENT\nend 1 (flush) at 0\nstart 2 at 0\n");
  news_assert_messages (&f, 3);
  news_stop (&f);
}

static GstBusSyncReply
flush_at_news (GstBus *bus, GstMessage *message, gpointer data)
{
  Fixture *f = data;
  news_on_message (bus, message, data);
  if (gst_message_has_name (message, GST_CLIP_EVENT_NAME) && f->messages->len == 1) {
    g_autoptr (GstPad) sink = gst_element_get_static_pad (f->tagger.element, "sink");
    g_assert_true (gst_pad_send_event (sink, gst_event_new_flush_start ()));
  }
  return GST_BUS_PASS;
}

/* A flush that begins while a frame with news is on its way out: the frame does not get through, the news does. */
static void
test_flush_refuses_frame (gconstpointer data)
{
  guint batch_size = GPOINTER_TO_UINT (data);
  Fixture f = { 0 };
  GstElement *element = news_element ();
  g_object_set (element, "batch-size", batch_size, NULL);
  news_start (&f, element);
  gst_bus_set_sync_handler (f.tagger.bus, NULL, NULL, NULL);
  gst_bus_set_sync_handler (f.tagger.bus, flush_at_news, &f, NULL);
  for (guint i = 0; i < batch_size; i++)
    g_assert_cmpint (gst_harness_push (f.tagger.harness, news_frame (f.seeds[i % 2], i * STEP)), ==,
        i + 1 < batch_size ? GST_FLOW_OK : GST_FLOW_FLUSHING);
  tagger_end_flush (&f.tagger);
  news_push (&f, 0, 0, batch_size);
  if (batch_size == 1)
    news_assert_stream (&f, "SEGMENT\nstart 1 at 0\nend 1 (flush) at 0\nstart 2 at 0\n");
  else
    news_assert_stream (
        &f, "SEGMENT\nstart 1 at 0\nend 1 (over) at 0\nstart 2 at 0\nend 2 (flush) at 0\nstart 3 at 0\n");
  news_assert_messages (&f, batch_size == 1 ? 3 : 5);
  news_stop (&f);
}

/* One segment after another, the first of them the harness's own, with three frames in it. */
static void
test_segments (void)
{
  static const struct
  {
    gdouble rate;
    gint start, stop, time; /* in frames; -1 = open */
    gboolean is_break;
  } cases[] = {
    { 1, 0, -1, 0, FALSE },                         /* the same again */
    { 1, 0, 9, 0, FALSE },                          /* another stop */
    { 2, 0, -1, 0, FALSE },                         /* another rate */
    { 1, 3, -1, 3, FALSE },                         /* where the last frame ended */
    { 1, 4, -1, 4, FALSE },                         /* a gap as muxers leave them */
    { 1, 50, -1, 3, FALSE },                        /* other timestamps for the stream time that comes next */
    { 1, 5, -1, 5, TRUE },                          /* a jump */
    { 1, 2, -1, 2, FALSE },                         /* the last frame again: time stands still */
    { 1, 1, -1, 1, TRUE },                          /* back */
    { 1, 0, -1, 3, FALSE },                         /* the same from the start again */
    { 1, 0, -1, 30, TRUE },                         /* the timestamps of before for another time */
    { 1, 50, -1, 50, TRUE }, { -1, 0, 3, 0, TRUE }, /* backwards */
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fixture f = { 0 };
    g_test_message ("case %u", i);
    news_start (&f, news_element ());
    news_push (&f, 0, 0, 3);
    push_segment (&f, cases[i].rate, cases[i].start * STEP, cases[i].stop < 0 ? -1 : cases[i].stop * STEP,
        cases[i].time * STEP, 3 * STEP);
    g_assert_cmpuint (f.messages->len, ==, cases[i].is_break ? 2 : 1);
    if (cases[i].is_break) {
      g_assert_cmpstr (nth (&f, 1)->reason, ==, "segment");
      g_assert_cmpuint (nth (&f, 1)->end.timestamp, ==, 2 * STEP);
      news_assert_stream (&f, "start 1 at 0\nend 1 (segment) by event\nSEGMENT\n");
    } else {
      news_assert_stream (&f, "start 1 at 0\nSEGMENT\n");
    }
    news_stop (&f);
  }
}

/* An event lasts through a segment that goes on where the last one ended, with one set of timestamps or two. */
static void
test_segment_goes_on (void)
{
  Fixture f = { 0 };
  news_start (&f, news_element ());
  news_push (&f, 0, 0, 3);
  push_segment (&f, 1, 50 * STEP, -1, 3 * STEP, 3 * STEP);
  news_push (&f, 0, 50, 53);
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
  news_assert_stream (&f, "start 1 at 0\nSEGMENT\nend 1 (eos) by event\nEOS\n");
  g_assert_cmpuint (nth (&f, 1)->n_samples, ==, 6);
  g_assert_cmpuint (nth (&f, 1)->end.timestamp, ==, 52 * STEP);
  g_assert_cmpuint (nth (&f, 1)->end.stream_time, ==, 5 * STEP);
  news_stop (&f);
}

/* What was sampled before a break and is encoded after it begins nothing. */
static void
test_segment_async (void)
{
  Fixture f = { 0 };
  GstElement *element = news_element ();
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "async");
  g_object_set (element, "max-cpu", 0.000001, NULL);
  news_start (&f, element);
  news_push (&f, 1, 1, 2); /* waits for minutes: making its picture was dear enough */
  push_segment (&f, 1, 50 * STEP, -1, 50 * STEP, STEP);
  g_object_set (element, "max-cpu", 0.0, NULL);
  tagger_await_message (&f.tagger, "clip-tags");
  g_assert_cmpuint (f.messages->len, ==, 0);
  news_push (&f, 1, 50, 51);
  tagger_await_message (&f.tagger, "clip-tags");
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
  g_assert_cmpuint (f.messages->len, ==, 2);
  g_assert_cmpuint (nth (&f, 0)->start.timestamp, ==, 50 * STEP);
  g_assert_cmpuint (nth (&f, 1)->n_samples, ==, 1);
  news_assert_messages (&f, 2);
  news_stop (&f);
}

static void
test_stream_start (void)
{
  Fixture f = { 0 };
  news_start (&f, news_element ());
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_stream_start ("one")));
  news_push (&f, 0, 0, 3);
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_stream_start ("one")));
  push_segment (&f, 1, 0, -1, 0, 0);
  g_assert_cmpuint (f.messages->len, ==, 1);
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_stream_start ("two")));
  g_assert_cmpuint (f.messages->len, ==, 2);
  g_assert_cmpstr (nth (&f, 1)->reason, ==, "segment");
  news_assert_stream (
      &f, "STREAM_START\nstart 1 at 0\nSTREAM_START\nSEGMENT\nend 1 (segment) by event\nSTREAM_START\n");
  news_stop (&f);
}

static void
test_prompts (void)
{
  Fixture f = { 0 };
  gboolean ok = FALSE;
  news_start (&f, news_element ());
  news_push (&f, 0, 0, 3);
  g_signal_emit_by_name (f.tagger.element, "set-prompts", "one thing;another", &ok);
  g_assert_true (ok);
  g_assert_cmpuint (f.messages->len, ==, 2);
  g_assert_cmpstr (nth (&f, 1)->reason, ==, "prompts");
  g_assert_cmpuint (nth (&f, 1)->end.timestamp, ==, 2 * STEP);
  news_push (&f, 0, 3, 4);
  news_assert_stream (&f, "start 1 at 0\nend 1 (prompts) at 3\nstart 2 at 3\n");
  g_assert_cmpuint (nth (&f, 2)->label_id, <, 2);

  /* Bad ones end nothing. */
  g_object_set (f.tagger.element, "prompts-file", "/no/such/file", NULL);
  tagger_await_ready (f.tagger.element);
  g_assert_cmpuint (f.messages->len, ==, 3);
  news_stop (&f);
}

/* Messages alone: no frame and no event follows any more. */
static void
test_stop (void)
{
  Fixture f = { 0 };
  news_start (&f, news_element ());
  news_push (&f, 0, 0, 3);
  gst_element_set_state (f.tagger.element, GST_STATE_READY);
  g_assert_cmpuint (f.messages->len, ==, 2);
  g_assert_cmpstr (nth (&f, 1)->reason, ==, "stop");
  g_assert_cmpuint (nth (&f, 1)->end.timestamp, ==, 2 * STEP);
  g_assert_cmpstr (nth (&f, 1)->tagger, ==, GST_OBJECT_NAME (f.tagger.element));
  news_assert_stream (&f, "start 1 at 0\n");
  news_stop (&f);
}

/* A second start has nothing of the first. */
static void
test_restart (void)
{
  Fixture f = { 0 };
  news_start (&f, news_element ());
  news_push (&f, 0, 0, 3);
  guint64 id = nth (&f, 0)->id;
  gst_element_set_state (f.tagger.element, GST_STATE_NULL);
  g_assert_cmpuint (tagger_count (f.tagger.element, "events"), ==, 1);
  g_array_set_size (f.stream, 0);
  gst_element_set_state (f.tagger.element, GST_STATE_PLAYING);
  g_assert_cmpuint (tagger_count (f.tagger.element, "events"), ==, 0);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (f.tagger.element, "sink");
  g_autoptr (GstCaps) caps = gst_caps_from_string (NEWS_CAPS);
  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_send_event (sink, gst_event_new_stream_start ("again"));
  gst_pad_send_event (sink, gst_event_new_caps (caps));
  gst_pad_send_event (sink, gst_event_new_segment (&segment));
  g_assert_cmpint (gst_pad_chain (sink, news_frame (f.seeds[0], 0)), ==, GST_FLOW_OK);
  news_assert_stream (&f, "STREAM_START\nSEGMENT\nstart 1 at 0\n");
  g_assert_cmpuint (nth (&f, 2)->id, >, id);
  news_stop (&f);
}

/* ---- Objects ----------------------------------------------------------------------------------------------- */

static void
push_objects (Fixture *f, guint picture, guint index, const Region *regions, guint n)
{
  GstBuffer *buffer = news_frame (f->seeds[picture], index * STEP);
  for (guint i = 0; i < n; i++)
    add_region (buffer, &regions[i]);
  g_assert_cmpint (gst_harness_push (f->tagger.harness, buffer), ==, GST_FLOW_OK);
}

static void
start_objects (Fixture *f)
{
  GstElement *element = news_element ();
  gst_util_set_object_arg (G_OBJECT (element), "inference-region", "roi-list");
  news_start (f, element);
}

/* Those with a tracker's number have events, until nobody has seen them for 300 frames. */
static void
test_objects (void)
{
  static const Region regions[] = { { "car", 0, 0, 64, 48, 7 }, { "person", 0, 0, 64, 48, 0 } };
  Fixture f = { 0 };
  start_objects (&f);
  for (guint i = 0; i < 4; i++)
    push_objects (&f, 0, i, regions, 2);
  g_assert_cmpuint (f.messages->len, ==, 1);
  g_assert_cmpint (nth (&f, 0)->object_id, ==, 7);
  g_assert_cmpstr (nth (&f, 0)->roi_type, ==, "car");
  for (guint i = 4; f.messages->len < 2 && i < 1000; i++)
    push_objects (&f, 0, i, NULL, 0);
  g_assert_cmpuint (f.messages->len, ==, 2);
  g_assert_cmpstr (nth (&f, 1)->reason, ==, "lost");
  g_assert_cmpint (nth (&f, 1)->object_id, ==, 7);
  g_assert_cmpuint (nth (&f, 1)->end.timestamp, ==, 3 * STEP);
  news_assert_messages (&f, 2);
  news_stop (&f);
}

/* Each ends what objects have, too; events of one object come in order. */
static void
test_objects_end (void)
{
  static const Region regions[] = { { "car", 0, 0, 64, 48, 7 }, { "car", 0, 0, 64, 48, 8 } };
  static const gchar *const reasons[] = { "segment", "flush", "prompts", "eos", "stop" };
  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++) {
    Fixture f = { 0 };
    gboolean ok;
    start_objects (&f);
    push_objects (&f, 0, 0, regions, 2);
    if (i == 0)
      push_segment (&f, 1, 50 * STEP, -1, 50 * STEP, 0);
    else if (i == 1)
      tagger_flush (&f.tagger);
    else if (i == 2)
      g_signal_emit_by_name (f.tagger.element, "set-prompts", "one thing;another", &ok);
    else if (i == 3)
      gst_harness_push_event (f.tagger.harness, gst_event_new_eos ());
    else
      gst_element_set_state (f.tagger.element, GST_STATE_READY);
    g_assert_cmpuint (f.messages->len, ==, 4);
    for (guint k = 2; k < 4; k++) {
      const GstClipEvent *event = nth (&f, k);
      g_assert_cmpint (event->state, ==, GST_CLIP_EVENT_END);
      g_assert_cmpstr (event->reason, ==, reasons[i]);
      g_assert_true (
          (event->object_id == 7 || event->object_id == 8) && event->object_id != nth (&f, 5 - k)->object_id);
    }
    if (i == 1 || i == 2)
      push_objects (&f, 0, 60, NULL, 0);
    if (i < 4)
      news_assert_messages (&f, 4);
    news_stop (&f);
  }
}

/* An object that is encoded once or now and then is still there in between. */
static void
test_objects_held (void)
{
  static const Region region = { "car", 0, 0, 64, 48, 7 };
  for (guint interval = 0; interval < 5; interval += 2) {
    Fixture f = { 0 };
    GstElement *element = news_element ();
    gst_util_set_object_arg (G_OBJECT (element), "inference-region", "roi-list");
    g_object_set (element, "reclassify-interval", interval, NULL);
    set_times (element, 300, 0, 100000);
    news_start (&f, element);
    for (guint i = 0; i < 6; i++)
      push_objects (&f, 0, i, &region, 1);
    g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
    news_assert_stream (&f, "start 1 at 3\nend 1 (eos) by event\nEOS\n");
    g_assert_cmpuint (nth (&f, 1)->n_samples, ==, 6);
    g_assert_cmpuint (nth (&f, 1)->end.timestamp, ==, 5 * STEP);
    g_assert_cmpuint (tagger_count (f.tagger.element, "inferred"), ==, interval == 0 ? 1 : interval == 2 ? 3 : 2);
    news_stop (&f);
  }
}

/* ---- Static pictures --------------------------------------------------------------------------------------- */

static void
test_min_change (gconstpointer data)
{
  guint batch_size = GPOINTER_TO_UINT (data);
  Fixture f = { 0 };
  GstElement *element = news_element ();
  set_times (element, 300, 0, 100000);
  g_object_set (element, "min-change", 0.1, "batch-size", batch_size, NULL);
  news_start (&f, element);
  news_push (&f, 0, 0, 6);
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
  g_assert_cmpuint (tagger_count (f.tagger.element, "inferred"), ==, 1);
  news_assert_stream (&f, "start 1 at 3\nend 1 (eos) by event\nEOS\n");
  g_assert_cmpuint (nth (&f, 1)->n_samples, ==, 6);
  news_stop (&f);
}

/* New prompts do not wait for the picture to change. */
static void
test_min_change_prompts (void)
{
  Fixture f = { 0 };
  gboolean ok;
  GstElement *element = news_element ();
  g_object_set (element, "min-change", 0.1, NULL);
  news_start (&f, element);
  news_push (&f, 0, 0, 2);
  g_signal_emit_by_name (f.tagger.element, "set-prompts", "one thing;another", &ok);
  news_push (&f, 0, 2, 4);
  g_assert_cmpuint (tagger_count (f.tagger.element, "inferred"), ==, 1);
  news_assert_stream (&f, "start 1 at 0\nend 1 (prompts) at 2\nstart 2 at 2\n");
  news_stop (&f);
}

/* ---- Properties --------------------------------------------------------------------------------------------- */

static void
test_times_properties (void)
{
  static const struct
  {
    const gchar *name;
    guint64 initial, max;
  } cases[] = {
    { "smoothing", 500 * GST_MSECOND, G_MAXINT64 },
    { "min-duration", GST_SECOND, G_MAXINT64 },
    { "hold-time", GST_SECOND, G_MAXINT64 },
    { "cool-down", 0, G_MAXINT64 },
    { "update-interval", 5 * GST_SECOND, G_MAXUINT64 },
    { "baseline", 0, G_MAXINT64 },
  };
  GstElement *element = tagger_element (TINY_MODEL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint64 value = 1;
    GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (element), cases[i].name);
    g_assert_true (G_IS_PARAM_SPEC_UINT64 (spec));
    g_assert_true (spec->flags & GST_PARAM_MUTABLE_PLAYING);
    g_assert_cmpuint (G_PARAM_SPEC_UINT64 (spec)->minimum, ==, 0);
    g_assert_cmpuint (G_PARAM_SPEC_UINT64 (spec)->maximum, ==, cases[i].max);
    g_object_get (element, cases[i].name, &value, NULL);
    g_assert_cmpuint (value, ==, cases[i].initial);
    const guint64 values[] = { 0, 1, 12345, G_MAXINT64, cases[i].max };
    for (guint k = 0; k < G_N_ELEMENTS (values); k++) {
      g_object_set (element, cases[i].name, values[k], NULL);
      g_object_get (element, cases[i].name, &value, NULL);
      g_assert_cmpuint (value, ==, values[k]);
    }
  }
  gst_object_unref (element);
}

static void
test_threshold_properties (void)
{
  static const gchar *const names[] = { "threshold", "off-threshold" };
  static const gdouble values[] = { -1, -0.5, 0, 0.25, 1, 3.5, 1000 };
  GstElement *element = tagger_element (TINY_MODEL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    gdouble value = 7;
    g_object_get (element, names[i], &value, NULL);
    g_assert_cmpfloat (value, ==, i == 0 ? 0 : -1);
    for (guint k = 0; k < G_N_ELEMENTS (values); k++) {
      g_object_set (element, names[i], values[k], NULL);
      g_object_get (element, names[i], &value, NULL);
      g_assert_cmpfloat (value, ==, values[k]);
    }
  }
  gst_object_unref (element);
}

/* Each at its extremes, and between, on five frames of one picture and five of another, then five of the first. */
static void
test_properties_at_work (void)
{
  static const struct
  {
    const gchar *set, *expected;
  } cases[] = {
    { "min-duration=0", "start 1 at 0\nend 1 (over) at 5\nstart 2 at 5\nstart 3 at 10\nend 2 (over) at 10\n" },
    { "min-duration=400000000", "start 1 at 4\nend 1 (over) at 5\nstart 2 at 9\nend 2 (over) at 10\nstart 3 at 14\n" },
    { "min-duration=400000001", "" }, { "min-duration=9223372036854775807", "" },
    { "hold-time=499999999", "start 1 at 0\nstart 2 at 5\nend 1 (over) at 9\nstart 3 at 10\nend 2 (over) at 14\n" },
    { "hold-time=600000000", "start 1 at 0\nstart 2 at 5\n" },
    { "hold-time=9223372036854775807", "start 1 at 0\nstart 2 at 5\n" },
    { "cool-down=600000000", "start 1 at 0\nend 1 (over) at 5\nstart 2 at 5\nstart 3 at 10\nend 2 (over) at 10\n" },
    { "cool-down=600000001", "start 1 at 0\nend 1 (over) at 5\nstart 2 at 5\nend 2 (over) at 10\nstart 3 at 11\n" },
    { "cool-down=9223372036854775807", "start 1 at 0\nend 1 (over) at 5\nstart 2 at 5\nend 2 (over) at 10\n" },
    { "update-interval=0",
        "start 1 at 0\nupdate 1 at 1\nupdate 1 at 2\nupdate 1 at 3\nupdate 1 at 4\nend 1 (over) at 5\nstart 2 at 5\n"
        "update 2 at 6\nupdate 2 at 7\nupdate 2 at 8\nupdate 2 at 9\nstart 3 at 10\nend 2 (over) at 10\nupdate 3 at "
        "11\n"
        "update 3 at 12\nupdate 3 at 13\nupdate 3 at 14\n" },
    { "update-interval=300000000", "start 1 at 0\nupdate 1 at 3\nend 1 (over) at 5\nstart 2 at 5\nupdate 2 at 8\nstart "
                                   "3 at 10\nend 2 (over) at 10\n"
                                   "update 3 at 13\n" },
    { "threshold=1.5", "" }, /* no softmax is that large */
    { "threshold=0.9", "start 1 at 0\nend 1 (over) at 5\nstart 2 at 5\nstart 3 at 10\nend 2 (over) at 10\n" },
    { "off-threshold=0", "start 1 at 0\nstart 2 at 5\n" },
    { "off-threshold=1000", "start 1 at 0\nend 1 (over) at 5\nstart 2 at 5\nstart 3 at 10\nend 2 (over) at 10\n" },
    { "score-mode=cosine", "" }, { "smoothing=9223372036854775807", "start 1 at 0\n" }, /* as the first one was */
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GStrv) parts = g_strsplit (cases[i].set, "=", 2);
    Fixture f = { 0 };
    GstElement *element = news_element ();
    g_test_message ("%s", cases[i].set);
    gst_util_set_object_arg (G_OBJECT (element), parts[0], parts[1]);
    news_start (&f, element);
    news_push (&f, 0, 0, 5);
    news_push (&f, 1, 5, 10);
    news_push (&f, 0, 10, 15);
    news_assert_stream (&f, cases[i].expected);
    news_stop (&f);
  }
}

/* While frames flow: from the next frame on. */
static void
test_property_changes (void)
{
  Fixture f = { 0 };
  news_start (&f, news_element ());
  g_object_set (f.tagger.element, "min-duration", (guint64)G_MAXINT64, NULL);
  news_push (&f, 0, 0, 3);
  g_assert_cmpuint (f.messages->len, ==, 0);
  g_object_set (f.tagger.element, "min-duration", G_GUINT64_CONSTANT (0), NULL);
  news_push (&f, 0, 3, 4);
  news_assert_stream (&f, "start 1 at 3\n");
  g_assert_cmpuint (nth (&f, 0)->start.timestamp, ==, 0);
  news_stop (&f);
}

/* Against what is usual in the stream: 0 while that is not known, and nothing without a baseline. */
static void
test_z_score (gconstpointer data)
{
  guint64 baseline = data ? 3600 * GST_SECOND : 0;
  Fixture f = { 0 };
  GstElement *element = news_element ();
  gst_util_set_object_arg (G_OBJECT (element), "score-mode", "z-score");
  g_object_set (element, "baseline", baseline, "threshold", 2.0, NULL);
  news_start (&f, element);
  tagger_await_ready (element);
  g_autoptr (GstMessage) warning = tagger_message (&f.tagger, GST_MESSAGE_WARNING, NULL);
  g_assert_true ((warning != NULL) == !baseline);
  news_push (&f, 0, 0, 40);
  g_assert_cmpuint (f.messages->len, ==, 0);
  news_push (&f, 1, 40, 41);
  g_assert_cmpuint (f.messages->len > 0, ==, baseline != 0);
  for (guint i = 0; i < f.messages->len; i++)
    g_assert_cmpfloat (nth (&f, i)->confidence, >=, 2);
  news_stop (&f);
}

/* ---- Baselines over restarts -------------------------------------------------------------------------------- */

static GstElement *
baseline_element (const gchar *file)
{
  GstElement *element = news_element ();
  gst_util_set_object_arg (G_OBJECT (element), "score-mode", "z-score");
  g_object_set (element, "baseline", 3600 * GST_SECOND, "threshold", 2.0, "baseline-file", file, NULL);
  return element;
}

static void
start_with_baselines (Fixture *f, const gchar *file)
{
  news_start (f, baseline_element (file));
  tagger_await_ready (f->tagger.element);
}

static guint
count_warnings (Fixture *f, const gchar *expected)
{
  guint n = 0;
  GstMessage *message;
  while ((message = tagger_message (&f->tagger, GST_MESSAGE_WARNING, NULL))) {
    g_autoptr (GError) error = NULL;
    gst_message_parse_warning (message, &error, NULL);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, expected));
    g_assert_null (strchr (error->message, '\n'));
    gst_message_unref (message);
    n++;
  }
  return n;
}

/* What was usual before the restart is usual after it: a picture that is not makes an event at once. */
static void
test_baseline_file (gconstpointer by_eos)
{
  g_autofree gchar *folder = test_temporary_folder (), *file = g_build_filename (folder, "baselines.json", NULL);
  Fixture f = { 0 };
  start_with_baselines (&f, file);
  news_push (&f, 0, 0, 40);
  g_assert_cmpuint (f.messages->len, ==, 0);
  if (by_eos) {
    g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
    while (!g_file_test (file, G_FILE_TEST_EXISTS))
      g_usleep (1000);
  } else {
    gst_element_set_state (f.tagger.element, GST_STATE_READY);
    g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
  }
  g_assert_cmpuint (count_warnings (&f, ""), ==, 0);
  news_stop (&f);

  Fixture g = { 0 };
  start_with_baselines (&g, file);
  news_push (&g, 1, 0, 1);
  g_assert_cmpuint (g.messages->len, >, 0);
  g_assert_cmpuint (count_warnings (&g, ""), ==, 0);
  news_stop (&g);
  test_remove_folder (folder);
}

/* Nothing is known, nothing is written. */
static void
test_baseline_file_unused (void)
{
  g_autofree gchar *folder = test_temporary_folder (), *file = g_build_filename (folder, "baselines.json", NULL);
  Fixture f = { 0 };
  GstElement *element = baseline_element (file);
  g_object_set (element, "baseline", G_GUINT64_CONSTANT (0), NULL);
  news_start (&f, element);
  news_push (&f, 0, 0, 40);
  gst_element_set_state (element, GST_STATE_READY);
  g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
  news_stop (&f);
  test_remove_folder (folder);
}

/* One warning, and the file stays as it is. */
static void
test_baseline_file_bad (void)
{
  static const struct
  {
    const gchar *content, *expected;
  } cases[] = {
    { "", "baselines.json" },
    { "{\"version\":1,", "baselines.json: line 1" },
    { "{\"version\":2,\"model\":\"0123456789abcdef\",\"subjects\":[]}", "version" },
    { "{\"version\":1,\"model\":\"0123456789abcdef\",\"subjects\":[]}", "0123456789abcdef" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *folder = test_temporary_folder (), *file = g_build_filename (folder, "baselines.json", NULL);
    g_autofree gchar *content = NULL;
    Fixture f = { 0 };
    g_assert_true (g_file_set_contents (file, cases[i].content, -1, NULL));
    start_with_baselines (&f, file);
    news_push (&f, 0, 0, 40);
    gst_element_set_state (f.tagger.element, GST_STATE_READY);
    g_assert_cmpuint (count_warnings (&f, cases[i].expected), ==, 1);
    g_assert_true (g_file_get_contents (file, &content, NULL, NULL));
    g_assert_cmpstr (content, ==, cases[i].content);
    news_stop (&f);
    test_remove_folder (folder);
  }
}

/* Without its folder from the start, or by the time it is written. */
static void
test_baseline_file_no_folder (gconstpointer from_the_start)
{
  g_autofree gchar *folder = test_temporary_folder (), *file = g_build_filename (folder, "baselines.json", NULL);
  Fixture f = { 0 };
  if (from_the_start)
    test_remove_folder (folder);
  start_with_baselines (&f, file);
  news_push (&f, 0, 0, 2);
  if (!from_the_start)
    test_remove_folder (folder);
  gst_element_set_state (f.tagger.element, GST_STATE_READY);
  g_assert_cmpuint (count_warnings (&f, folder), ==, 1);
  g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
  news_stop (&f);
}

static void
test_baseline_file_property (void)
{
  Fixture f = { 0 };
  g_autofree gchar *value = NULL;
  GstElement *element = news_element ();
  g_object_get (element, "baseline-file", &value, NULL);
  g_assert_null (value);
  news_start (&f, element);
  g_object_set (element, "baseline-file", "/no/where", NULL);
  g_assert_cmpuint (count_warnings (&f, "baseline-file"), ==, 1);
  g_object_get (element, "baseline-file", &value, NULL);
  g_assert_null (value);
  news_stop (&f);
}

/* A label that stays has its baseline with other prompts, too. */
static void
test_baseline_prompts (void)
{
  Fixture f = { 0 };
  gboolean ok;
  news_start (&f, baseline_element (NULL));
  news_push (&f, 0, 0, 40);
  g_signal_emit_by_name (f.tagger.element, "set-prompts", PROMPTS ";a dog", &ok);
  g_assert_true (ok);
  news_push (&f, 1, 40, 41);
  g_assert_cmpuint (f.messages->len, >, 0);
  g_assert_cmpuint (nth (&f, 0)->label_id, <, 3);
  news_stop (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_data_func ("/cliptagger-events/life", GUINT_TO_POINTER (1), test_life);
  g_test_add_data_func ("/cliptagger-events/life/batch", GUINT_TO_POINTER (3), test_life);
  g_test_add_func ("/cliptagger-events/life/async", test_async);
  g_test_add_func ("/cliptagger-events/async-end", test_async_end);
  g_test_add_func ("/cliptagger-events/async-end/limited", test_async_end_limited);
  g_test_add_func ("/cliptagger-events/no-messages", test_no_messages);
  g_test_add_func ("/cliptagger-events/unsampled-frames", test_unsampled_frames);
  g_test_add_func ("/cliptagger-events/utc", test_utc);
  g_test_add_func ("/cliptagger-events/untimed", test_untimed);
  g_test_add_func ("/cliptagger-events/extreme-times", test_extreme_times);
  g_test_add_func ("/cliptagger-events/smoothing", test_smoothing);
  g_test_add_func ("/cliptagger-events/flush", test_flush);
  g_test_add_func ("/cliptagger-events/flush/batch", test_flush_batch);
  g_test_add_data_func ("/cliptagger-events/flush/refuses-frame", GUINT_TO_POINTER (1), test_flush_refuses_frame);
  g_test_add_data_func ("/cliptagger-events/flush/refuses-batch", GUINT_TO_POINTER (2), test_flush_refuses_frame);
  g_test_add_func ("/cliptagger-events/segments", test_segments);
  g_test_add_func ("/cliptagger-events/segment-goes-on", test_segment_goes_on);
  g_test_add_func ("/cliptagger-events/segment-async", test_segment_async);
  g_test_add_func ("/cliptagger-events/stream-start", test_stream_start);
  g_test_add_func ("/cliptagger-events/prompts", test_prompts);
  g_test_add_func ("/cliptagger-events/stop", test_stop);
  g_test_add_func ("/cliptagger-events/restart", test_restart);
  g_test_add_func ("/cliptagger-events/objects", test_objects);
  g_test_add_func ("/cliptagger-events/objects/end", test_objects_end);
  g_test_add_func ("/cliptagger-events/objects/held", test_objects_held);
  g_test_add_data_func ("/cliptagger-events/min-change", GUINT_TO_POINTER (1), test_min_change);
  g_test_add_data_func ("/cliptagger-events/min-change/batch", GUINT_TO_POINTER (2), test_min_change);
  g_test_add_func ("/cliptagger-events/min-change/prompts", test_min_change_prompts);
  g_test_add_func ("/cliptagger-events/properties/times", test_times_properties);
  g_test_add_func ("/cliptagger-events/properties/thresholds", test_threshold_properties);
  g_test_add_func ("/cliptagger-events/properties/at-work", test_properties_at_work);
  g_test_add_func ("/cliptagger-events/properties/changes", test_property_changes);
  g_test_add_data_func ("/cliptagger-events/z-score", GUINT_TO_POINTER (1), test_z_score);
  g_test_add_data_func ("/cliptagger-events/z-score/no-baseline", NULL, test_z_score);
  g_test_add_data_func ("/cliptagger-events/baseline-file/stop", NULL, test_baseline_file);
  g_test_add_data_func ("/cliptagger-events/baseline-file/eos", GUINT_TO_POINTER (1), test_baseline_file);
  g_test_add_func ("/cliptagger-events/baseline-file/unused", test_baseline_file_unused);
  g_test_add_func ("/cliptagger-events/baseline-file/bad", test_baseline_file_bad);
  g_test_add_data_func (
      "/cliptagger-events/baseline-file/no-folder", GUINT_TO_POINTER (1), test_baseline_file_no_folder);
  g_test_add_data_func ("/cliptagger-events/baseline-file/folder-goes", NULL, test_baseline_file_no_folder);
  g_test_add_func ("/cliptagger-events/baseline-file/property", test_baseline_file_property);
  g_test_add_func ("/cliptagger-events/baseline-prompts", test_baseline_prompts);
  return g_test_run ();
}
