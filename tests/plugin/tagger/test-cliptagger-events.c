/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-events.c: events of cliptagger: what is said of them and when, on the bus and in the stream behind.
 */
#include <math.h>

#include "news.h"

static void
assert_time (const GstClipEventTime *time, guint frame, gint64 offset)
{
  g_assert_cmpuint (time->timestamp, ==, frame * STEP);
  g_assert_cmpuint (time->stream_time, ==, frame * STEP + 7 * GST_SECOND);
  g_assert_cmpuint (time->running_time, ==, frame * STEP + 11 * GST_SECOND);
  g_assert_cmpint (time->utc, ==, (gint64)(frame * STEP / GST_USECOND) + offset);
}

static void
add_reference_time (GstBuffer *buffer, const gchar *clock, guint64 offset)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple (clock);
  gst_buffer_add_reference_timestamp_meta (buffer, caps, GST_BUFFER_PTS (buffer) + offset, GST_CLOCK_TIME_NONE);
}

/* ---- The life of an event --------------------------------------------------------------------------------- */

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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_data_func ("/cliptagger-events/life", GUINT_TO_POINTER (1), test_life);
  g_test_add_data_func ("/cliptagger-events/life/batch", GUINT_TO_POINTER (3), test_life);
  g_test_add_func ("/cliptagger-events/life/async", test_async);
  g_test_add_func ("/cliptagger-events/no-messages", test_no_messages);
  g_test_add_func ("/cliptagger-events/unsampled-frames", test_unsampled_frames);
  g_test_add_func ("/cliptagger-events/utc", test_utc);
  g_test_add_func ("/cliptagger-events/untimed", test_untimed);
  g_test_add_func ("/cliptagger-events/extreme-times", test_extreme_times);
  g_test_add_func ("/cliptagger-events/smoothing", test_smoothing);
  g_test_add_data_func ("/cliptagger-events/min-change", GUINT_TO_POINTER (1), test_min_change);
  g_test_add_data_func ("/cliptagger-events/min-change/batch", GUINT_TO_POINTER (2), test_min_change);
  g_test_add_func ("/cliptagger-events/min-change/prompts", test_min_change_prompts);
  return g_test_run ();
}
