/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-arrival.c: live frames whose PTS stands still are sampled by when they arrive, and their labels age.
 * Clocks are the test's.
 */
#include "common/gstcliptimes.h"
#include <gst/check/gsttestclock.h>

#include "tagger.h"

/* ---- Positions ------------------------------------------------------------------------------------------------- */

typedef struct
{
  GstClockTimeDiff given;
  GstClockTime arrival;
  GstClockTimeDiff position; /* that comes of it */
} Frame;

static void
check (const Frame *frames, guint n)
{
  GstClipArrivals arrivals = { FALSE };
  for (guint i = 0; i < n; i++) {
    GstClipTimes times = { .position = frames[i].given };
    gst_clip_arrivals_take (&arrivals, &times, frames[i].arrival);
    g_test_message ("%u", i);
    g_assert_cmpint (times.position, ==, frames[i].position);
    g_assert_cmpint (times.by_arrival, ==, frames[i].position > frames[i].given);
  }
}

static void
test_positions (void)
{
  const Frame steady[] = { { 100, 7000, 100 }, { 140, 7040, 140 }, { 180, 7300, 180 }, { 220, 7300, 220 } };
  const Frame standing[] = { { 100, 7000, 100 }, { 100, 7040, 140 }, { 100, 7040, 140 }, { 100, 7100, 200 } };
  /* Time that goes on counts from there, and time that makes up for it does not count twice. */
  const Frame going_on[] = { { 0, 0, 0 }, { 0, 500, 500 }, { 40, 540, 540 }, { 80, 580, 580 } };
  const Frame catching_up[] = { { 0, 0, 0 }, { 0, 500, 500 }, { 540, 540, 540 }, { 580, 580, 580 } };
  const Frame half[] = { { 0, 0, 0 }, { 0, 500, 500 }, { 300, 540, 540 }, { 340, 580, 580 }, { 900, 600, 900 } };
  /* A jump back is one, as without a standstill. */
  const Frame back[] = { { 700, 0, 700 }, { 700, 500, 1200 }, { 300, 540, 300 }, { 340, 580, 340 } };
  /* Backwards playback: positions are negative and grow. */
  const Frame backwards[] = { { -700, 0, -700 }, { -700, 40, -660 }, { -660, 80, -620 } };
  const Frame clock_back[] = { { 100, 7000, 100 }, { 100, 6000, 100 }, { 100, 6050, 150 } };
  const Frame unknown[] = { { 100, 7000, 100 }, { 100, GST_CLOCK_TIME_NONE, 100 }, { 100, 7100, 100 },
    { GST_CLOCK_STIME_NONE, 7200, GST_CLOCK_STIME_NONE }, { 100, 7300, 100 }, { 100, 7310, 110 } };
  check (steady, G_N_ELEMENTS (steady));
  check (standing, G_N_ELEMENTS (standing));
  check (going_on, G_N_ELEMENTS (going_on));
  check (catching_up, G_N_ELEMENTS (catching_up));
  check (half, G_N_ELEMENTS (half));
  check (back, G_N_ELEMENTS (back));
  check (backwards, G_N_ELEMENTS (backwards));
  check (clock_back, G_N_ELEMENTS (clock_back));
  check (unknown, G_N_ELEMENTS (unknown));
}

/* ---- The element ------------------------------------------------------------------------------------------------ */

static Tagger
start (const char *mode, gboolean live)
{
  GstElement *element = tagger_element (TINY_MODEL);
  Tagger t = { .element = element, .bus = gst_bus_new () };
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", mode);
  g_object_set (element, "frame-rate", 2.0, NULL);
  gst_element_set_bus (element, t.bus);
  t.harness = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_use_testclock (t.harness);
  gst_harness_set_live (t.harness, live);
  gst_harness_set_src_caps_str (t.harness, TINY_CAPS ("30/1"));
  return t;
}

/* Frames at one PTS, 100 ms apart by the clock. Returns how many have labels of their own. */
static guint
push_standing (Tagger *t, guint n, GstClockTime pts, GstClockTime *ret_age)
{
  guint n_sampled = 0;
  for (guint i = 0; i < n; i++) {
    g_autoptr (GstBuffer) buffer = tagger_push (t, pts, 0);
    GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
    n_sampled += meta && meta->sampled;
    *ret_age = meta ? meta->age : GST_CLOCK_TIME_NONE;
    g_autoptr (GstTestClock) clock = gst_harness_get_testclock (t->harness);
    gst_test_clock_advance_time (clock, 100 * GST_MSECOND);
  }
  return n_sampled;
}

static void
test_live (void)
{
  GstClockTime age;
  Tagger t = start ("sync", TRUE);
  g_assert_cmpuint (push_standing (&t, 21, GST_SECOND, &age), ==, 5); /* at 0, 0.5, ... 2 s */
  g_assert_cmpuint (age, ==, 0);
  g_assert_cmpuint (push_standing (&t, 4, GST_SECOND, &age), ==, 0);
  g_assert_cmpuint (age, ==, 400 * GST_MSECOND);
  /* The message says what the stream says. */
  g_autoptr (GstMessage) first = tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags");
  g_autoptr (GstMessage) second = tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags");
  guint64 timestamp;
  g_assert_true (gst_structure_get_uint64 (gst_message_get_structure (second), "timestamp", &timestamp));
  g_assert_cmpuint (timestamp, ==, GST_SECOND);
  tagger_stop (&t);
}

/* A sink that shows frames at their time finds all of them late. */
static void
test_qos (void)
{
  GstClockTime age;
  Tagger t = start ("sync", TRUE);
  g_assert_cmpuint (push_standing (&t, 1, GST_SECOND, &age), ==, 1);
  g_assert_true (gst_harness_push_upstream_event (
      t.harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, GST_SECOND, GST_SECOND)));
  g_assert_cmpuint (push_standing (&t, 20, GST_SECOND, &age), ==, 4);
  tagger_stop (&t);
}

/* Until all of the sampled frames have come to a result that the next frame carries, or were replaced. */
static void
wait_for_results (Tagger *t, guint n_sampled, guint *n_results)
{
  while (*n_results + tagger_count (t->element, "skipped-newer") < n_sampled) {
    g_autoptr (GstMessage) message = tagger_message (t, GST_MESSAGE_ELEMENT, "clip-tags");
    if (message)
      ++*n_results;
    else
      g_thread_yield ();
  }
}

static void
test_async (void)
{
  GstClockTime age;
  Tagger t = start ("async", FALSE);
  push_standing (&t, 21, GST_SECOND, &age);
  g_assert_cmpuint (tagger_count (t.element, "sampled"), ==, 5);

  /* Labels age until they are too old. */
  guint n_results = 0;
  wait_for_results (&t, 5, &n_results);
  g_object_set (t.element, "frame-rate", 0.001, NULL);
  push_standing (&t, 1, GST_SECOND, &age); /* a new rate is a new grid */
  wait_for_results (&t, 6, &n_results);
  push_standing (&t, 10, GST_SECOND, &age);
  g_object_set (t.element, "max-age", 2 * GST_SECOND, NULL);
  push_standing (&t, 1, GST_SECOND, &age);
  g_assert_cmpuint (age, ==, 1100 * GST_MSECOND);
  push_standing (&t, 10, GST_SECOND, &age);
  g_assert_cmpuint (age, ==, GST_CLOCK_TIME_NONE);
  tagger_stop (&t);
}

/* Frames of a file may share a PTS: they do not go by any clock. */
static void
test_not_live (void)
{
  GstClockTime age;
  Tagger t = start ("sync", FALSE);
  g_assert_cmpuint (push_standing (&t, 21, GST_SECOND, &age), ==, 1);
  g_assert_cmpuint (age, ==, 0);
  tagger_stop (&t);
}

/* Time goes on after a standstill: on the same grid, whether it has made up for it or not. */
static void
test_going_on (void)
{
  for (guint makes_up = 0; makes_up < 2; makes_up++) {
    GstClockTime age;
    Tagger t = start ("sync", TRUE);
    push_standing (&t, 10, GST_SECOND, &age); /* up to 0.9 s */
    guint n = 0;
    for (guint i = 0; i < 20; i++)
      n += push_standing (&t, 1, GST_SECOND * (1 + makes_up) + (i + 1 - makes_up) * 100 * GST_MSECOND, &age);
    g_assert_cmpuint (n, ==, 4);
    tagger_stop (&t);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cliptagger/arrival/positions", test_positions);
  g_test_add_func ("/cliptagger/arrival/live", test_live);
  g_test_add_func ("/cliptagger/arrival/qos", test_qos);
  g_test_add_func ("/cliptagger/arrival/async", test_async);
  g_test_add_func ("/cliptagger/arrival/not-live", test_not_live);
  g_test_add_func ("/cliptagger/arrival/going-on", test_going_on);
  return g_test_run ();
}
