/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-events.c: events of cliptagger: what is said of them and when, on the bus and in the stream behind,
 * whatever ends them, and the properties that make them.
 */
#include "news.h"
#include "regions.h"

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

/* The same times; the news comes a frame later. */
static void
test_async (void)
{
  Fixture f = { 0 };
  GstElement *element = news_element ();
  set_times (element, 300, 200, 500);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "async");
  news_start (&f, element);
  push_life (&f, TRUE);
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
  check_life (&f);
  news_assert_stream (&f, "SEGMENT\nstart 1 at 4\nupdate 1 at 9\nend 1 (over) at 13\nstart 2 at 14\nupdate 2 at 19\n"
                          "end 2 (eos) by event\nEOS\n");
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
  return g_test_run ();
}
