/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-event-ends.c: what ends the events of cliptagger, those of objects too, and how the news of it gets
 * out.
 */
#include "news.h"
#include "regions.h"

/* ---- A gate ------------------------------------------------------------------------------------------------ */

static GMutex gate_lock;
static GCond gate_changed;
static gboolean gate_shut, at_gate;

static void
wait_at_gate (void)
{
  g_mutex_lock (&gate_lock);
  at_gate = TRUE;
  g_cond_broadcast (&gate_changed);
  while (gate_shut)
    g_cond_wait (&gate_changed, &gate_lock);
  g_mutex_unlock (&gate_lock);
}

static void
shut_gate (void)
{
  gate_shut = TRUE;
  at_gate = FALSE;
}

static void
await_somebody_at_gate (void)
{
  g_mutex_lock (&gate_lock);
  while (!at_gate)
    g_cond_wait (&gate_changed, &gate_lock);
  g_mutex_unlock (&gate_lock);
}

static void
open_gate (void)
{
  g_mutex_lock (&gate_lock);
  gate_shut = FALSE;
  g_cond_broadcast (&gate_changed);
  g_mutex_unlock (&gate_lock);
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

/* A frame without a duration lasts for as long as the caps say. */
static void
test_segment_after_no_duration (void)
{
  for (guint late = 0; late < 2; late++) {
    Fixture f = { 0 };
    news_start (&f, news_element ());
    GstBuffer *buffer = news_frame (f.seeds[0], 0);
    GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
    g_assert_cmpint (gst_harness_push (f.tagger.harness, buffer), ==, GST_FLOW_OK);
    push_segment (&f, 1, 50 * STEP, -1, STEP + MS (100) + late, STEP);
    g_assert_cmpuint (f.messages->len, ==, late ? 2 : 1);
    news_stop (&f);
  }
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

static GstBusSyncReply
hold_first_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Fixture *f = data;
  if (gst_message_has_name (message, GST_CLIP_EVENT_NAME) && f->messages->len == 0)
    wait_at_gate ();
  return news_on_message (bus, message, data);
}

/* An application that is slow to take a message holds up nobody, and gets the next one after it. */
static void
test_slow_handler (void)
{
  Fixture f = { 0 };
  gboolean ok = FALSE;
  GstElement *element = news_element ();
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "async");
  news_start (&f, element);
  gst_bus_set_sync_handler (f.tagger.bus, NULL, NULL, NULL);
  gst_bus_set_sync_handler (f.tagger.bus, hold_first_message, &f, NULL);
  shut_gate ();
  news_push (&f, 0, 0, 1);
  await_somebody_at_gate ();
  g_signal_emit_by_name (element, "set-prompts", "one thing;another", &ok);
  g_assert_true (ok);
  g_assert_cmpuint (f.messages->len, ==, 0);
  open_gate ();
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
  g_assert_cmpstr (nth (&f, 1)->reason, ==, "prompts");
  news_assert_messages (&f, 2);
  news_stop (&f);
}

static GstBusSyncReply
stop_at_end (GstBus *bus, GstMessage *message, gpointer data)
{
  Fixture *f = data;
  news_on_message (bus, message, data);
  if (gst_message_has_name (message, GST_CLIP_EVENT_NAME) && f->messages->len == 2)
    gst_element_set_state (f->tagger.element, GST_STATE_NULL);
  return GST_BUS_PASS;
}

/* One that stops the element as it takes the message, in a thread of the element's own. */
static void
test_stopping_handler (void)
{
  Fixture f = { 0 };
  gboolean ok;
  news_start (&f, news_element ());
  gst_bus_set_sync_handler (f.tagger.bus, NULL, NULL, NULL);
  gst_bus_set_sync_handler (f.tagger.bus, stop_at_end, &f, NULL);
  news_push (&f, 0, 0, 1);
  g_signal_emit_by_name (f.tagger.element, "set-prompts", "one thing;another", &ok);
  g_assert_cmpuint (f.messages->len, ==, 2);
  g_assert_cmpstr (nth (&f, 1)->reason, ==, "prompts");
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

/* ---- Ends of async streams ----------------------------------------------------------------------------------- */

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

/* Holds up whoever says that an event starts, in the middle of the ranking. */
static void
hold_at_gate (GstDebugCategory *category, GstDebugLevel level, const gchar *file, const gchar *function, gint line,
    GObject *object, GstDebugMessage *message, gpointer data)
{
  if (!strstr (gst_debug_message_get (message), ": start"))
    return;
  wait_at_gate ();
}

/* A frame that comes while the first labels of its object are being made has none yet, and does not wait. */
static void
test_object_being_ranked (void)
{
  static const Region region = { "car", 0, 0, 64, 48, 7 };
  Fixture f = { 0 };
  GstElement *element = news_element ();
  gst_util_set_object_arg (G_OBJECT (element), "inference-region", "roi-list");
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "async");
  news_start (&f, element);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (hold_at_gate, NULL, NULL);
  gst_debug_set_threshold_for_name ("cliptagger", GST_LEVEL_DEBUG);
  shut_gate ();

  push_objects (&f, 0, 0, &region, 1);
  await_somebody_at_gate ();
  push_objects (&f, 0, 1, &region, 1);
  gst_buffer_unref (gst_harness_pull (f.tagger.harness));
  g_autoptr (GstBuffer) buffer = gst_harness_pull (f.tagger.harness);
  g_assert_null (labels_of (buffer, 0));

  open_gate ();
  gst_debug_unset_threshold_for_name ("cliptagger");
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
  gst_debug_remove_log_function (hold_at_gate);
  gst_debug_add_log_function (gst_debug_log_default, NULL, NULL);
  news_assert_messages (&f, 2);
  news_stop (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/cliptagger-events/async-end", test_async_end);
  g_test_add_func ("/cliptagger-events/async-end/limited", test_async_end_limited);
  g_test_add_func ("/cliptagger-events/flush", test_flush);
  g_test_add_func ("/cliptagger-events/flush/batch", test_flush_batch);
  g_test_add_data_func ("/cliptagger-events/flush/refuses-frame", GUINT_TO_POINTER (1), test_flush_refuses_frame);
  g_test_add_data_func ("/cliptagger-events/flush/refuses-batch", GUINT_TO_POINTER (2), test_flush_refuses_frame);
  g_test_add_func ("/cliptagger-events/segments", test_segments);
  g_test_add_func ("/cliptagger-events/segment-goes-on", test_segment_goes_on);
  g_test_add_func ("/cliptagger-events/segment-after-no-duration", test_segment_after_no_duration);
  g_test_add_func ("/cliptagger-events/segment-async", test_segment_async);
  g_test_add_func ("/cliptagger-events/stream-start", test_stream_start);
  g_test_add_func ("/cliptagger-events/prompts", test_prompts);
  g_test_add_func ("/cliptagger-events/slow-handler", test_slow_handler);
  g_test_add_func ("/cliptagger-events/stopping-handler", test_stopping_handler);
  g_test_add_func ("/cliptagger-events/stop", test_stop);
  g_test_add_func ("/cliptagger-events/restart", test_restart);
  g_test_add_func ("/cliptagger-events/objects", test_objects);
  g_test_add_func ("/cliptagger-events/objects/end", test_objects_end);
  g_test_add_func ("/cliptagger-events/objects/held", test_objects_held);
  g_test_add_func ("/cliptagger-events/objects/being-ranked", test_object_being_ranked);
  return g_test_run ();
}
