/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-sampling.c: which frames cliptagger looks at, and how old the labels of the others are.
 */
#include "tagger.h"

static Tagger
start (const char *caps, gdouble rate, guint interval)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "frame-rate", rate, "inference-interval", interval, NULL);
  return tagger_start (element, caps);
}

static GstClockTime
frame_time (guint64 index, guint fps_n, guint fps_d)
{
  return gst_util_uint64_scale (index, GST_SECOND * fps_d, fps_n);
}

/* Pushes n frames at a steady rate and asserts which are sampled: those at `expected`, by index. */
static void
check_grid (Tagger *t, guint n, guint fps_n, guint fps_d, const guint *expected, guint n_expected)
{
  guint found = 0;
  for (guint i = 0; i < n; i++) {
    if (!tagger_samples (t, frame_time (i, fps_n, fps_d), 0))
      continue;
    g_assert_cmpuint (found, <, n_expected);
    g_assert_cmpuint (i, ==, expected[found++]);
  }
  g_assert_cmpuint (found, ==, n_expected);
}

static void
test_one_a_second (void)
{
  Tagger t = start (TINY_CAPS ("30/1"), 1.0, 1);
  check_grid (&t, 90, 30, 1, (const guint[]){ 0, 30, 60 }, 3);
  g_assert_cmpuint (tagger_count (t.element, "frames"), ==, 90);
  g_assert_cmpuint (tagger_count (t.element, "sampled"), ==, 3);
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 3);
  tagger_stop (&t);
}

static void
test_every_frame (void)
{
  Tagger t = start (TINY_CAPS ("30/1"), 0.0, 1);
  for (guint i = 0; i < 10; i++)
    g_assert_true (tagger_samples (&t, frame_time (i, 30, 1), 0));
  /* A rate beyond the stream's is every frame as well, */
  g_object_set (t.element, "frame-rate", 100.0, NULL);
  for (guint i = 10; i < 20; i++)
    g_assert_true (tagger_samples (&t, frame_time (i, 30, 1), 0));
  /* and so is the stream's own, although its times are rounded down. */
  g_object_set (t.element, "frame-rate", 30.0, NULL);
  for (guint i = 20; i < 60; i++)
    g_assert_true (tagger_samples (&t, frame_time (i, 30, 1), 0));
  tagger_stop (&t);
}

/* An hour of 29.97 fps: each sample is the first frame that is not more than a millisecond early, and none is missed.
 */
static void
test_no_drift (void)
{
  Tagger t = start (TINY_CAPS ("30000/1001"), 0.1, 1);
  guint64 k = 0;
  for (guint64 i = 0; i < 107892; i += 3) {
    GstClockTime pts = frame_time (i, 30000, 1001);
    gboolean due = pts + GST_MSECOND >= k * 10 * GST_SECOND;
    g_assert_true (tagger_samples (&t, pts, 0) == due);
    k += due;
  }
  g_assert_cmpuint (k, ==, 360);
  tagger_stop (&t);
}

/* As Matroska has them. */
static void
test_millisecond_times (void)
{
  Tagger t = start (TINY_CAPS ("30/1"), 10.0, 1);
  for (guint i = 0; i < 300; i++) {
    GstClockTime pts = (frame_time (i, 30, 1) + GST_MSECOND / 2) / GST_MSECOND * GST_MSECOND;
    g_assert_true (tagger_samples (&t, pts, 0) == (i % 3 == 0));
  }
  tagger_stop (&t);
}

static void
test_interval (void)
{
  Tagger t = start (TINY_CAPS ("30/1"), 0.0, 4);
  check_grid (&t, 14, 30, 1, (const guint[]){ 0, 4, 8, 12 }, 4);
  tagger_stop (&t);

  /* Both: the rate chooses among every seventh frame. */
  t = start (TINY_CAPS ("30/1"), 2.0, 7);
  check_grid (&t, 62, 30, 1, (const guint[]){ 0, 21, 35, 49 }, 4);
  tagger_stop (&t);
}

static void
test_no_pts (void)
{
  /* Counted by the caps' rate, */
  Tagger t = start (TINY_CAPS ("10/1"), 2.0, 1);
  for (guint i = 0; i < 31; i++)
    g_assert_true (tagger_samples (&t, GST_CLOCK_TIME_NONE, 0) == (i % 5 == 0));
  g_autoptr (GstBuffer) buffer = tagger_push (&t, GST_CLOCK_TIME_NONE, 0);
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
  g_assert_cmpuint (meta->age, ==, GST_CLOCK_TIME_NONE);
  g_assert_cmpuint (gst_clip_tags_get_source_pts (meta->tags), ==, GST_CLOCK_TIME_NONE);
  tagger_stop (&t);

  /* which may be missing; */
  t = start (TINY_CAPS ("0/1"), 2.0, 1);
  for (guint i = 0; i < 5; i++)
    g_assert_true (tagger_samples (&t, GST_CLOCK_TIME_NONE, 0));
  tagger_stop (&t);

  /* and frames without PTS may stand among others. */
  t = start (TINY_CAPS ("10/1"), 2.0, 1);
  for (guint i = 0; i < 30; i++)
    g_assert_true (tagger_samples (&t, i % 3 ? GST_CLOCK_TIME_NONE : frame_time (i, 10, 1), 0) == (i % 5 == 0));
  tagger_stop (&t);
}

static void
test_back_and_forth (void)
{
  Tagger t = start (TINY_CAPS ("30/1"), 1.0, 1);
  g_assert_true (tagger_samples (&t, 5000 * GST_MSECOND, 0));
  g_assert_false (tagger_samples (&t, 5900 * GST_MSECOND, 0));
  /* Back: a new grid. */
  g_assert_true (tagger_samples (&t, 3300 * GST_MSECOND, 0));
  g_assert_false (tagger_samples (&t, 4200 * GST_MSECOND, 0));
  g_assert_true (tagger_samples (&t, 4300 * GST_MSECOND, 0));
  /* Forth without a word: the grid stays. */
  g_assert_true (tagger_samples (&t, 20000 * GST_MSECOND, 0));
  g_assert_true (tagger_samples (&t, 20300 * GST_MSECOND, 0));
  /* A discontinuity that skips nothing costs nothing; one that does starts a new grid. */
  g_assert_false (tagger_samples (&t, 20400 * GST_MSECOND, GST_BUFFER_FLAG_DISCONT));
  g_assert_true (tagger_samples (&t, 30000 * GST_MSECOND, GST_BUFFER_FLAG_DISCONT));
  g_assert_false (tagger_samples (&t, 30300 * GST_MSECOND, 0));
  g_assert_true (tagger_samples (&t, 31000 * GST_MSECOND, 0));
  /* A new rate is a new grid. */
  g_object_set (t.element, "frame-rate", 4.0, NULL);
  g_assert_true (tagger_samples (&t, 31100 * GST_MSECOND, 0));
  g_assert_false (tagger_samples (&t, 31300 * GST_MSECOND, 0));
  g_assert_true (tagger_samples (&t, 31350 * GST_MSECOND, 0));
  tagger_stop (&t);
}

static void
push_segment (Tagger *t, gdouble rate, GstClockTime start_time, GstClockTime stop_time, GstClockTime time)
{
  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = rate;
  segment.start = start_time;
  segment.stop = stop_time;
  segment.time = time;
  g_assert_true (gst_harness_push_event (t->harness, gst_event_new_segment (&segment)));
}

static void
flush (Tagger *t)
{
  g_assert_true (gst_harness_push_event (t->harness, gst_event_new_flush_start ()));
  g_assert_true (gst_harness_push_event (t->harness, gst_event_new_flush_stop (TRUE)));
}

static void
test_flush (void)
{
  Tagger t = start (TINY_CAPS ("30/1"), 1.0, 1);
  g_assert_true (tagger_samples (&t, 0, 0));
  g_assert_false (tagger_samples (&t, 500 * GST_MSECOND, 0));
  flush (&t);
  push_segment (&t, 1.0, 600 * GST_MSECOND, GST_CLOCK_TIME_NONE, 600 * GST_MSECOND);

  /* What was seen before the seek is not there any more: a gap has no labels. */
  g_autoptr (GstBuffer) gap = tagger_push (&t, 600 * GST_MSECOND, GST_BUFFER_FLAG_GAP);
  g_assert_null (gst_buffer_get_clip_tag_meta (gap));
  g_assert_true (GST_BUFFER_FLAG_IS_SET (gap, GST_BUFFER_FLAG_GAP));

  g_assert_true (tagger_samples (&t, 700 * GST_MSECOND, 0));
  g_assert_false (tagger_samples (&t, 1600 * GST_MSECOND, 0));
  g_assert_true (tagger_samples (&t, 1700 * GST_MSECOND, 0));
  tagger_stop (&t);
}

/* Times on the grid and ages are stream times; the segment says what a PTS is in those. */
static void
test_segment (void)
{
  Tagger t = start (TINY_CAPS ("30/1"), 1.0, 1);
  g_assert_true (tagger_samples (&t, 200 * GST_MSECOND, 0));
  push_segment (&t, 2.0, 10 * GST_SECOND, GST_CLOCK_TIME_NONE, 500 * GST_SECOND);
  g_assert_true (tagger_samples (&t, 10 * GST_SECOND, 0));
  g_assert_false (tagger_samples (&t, 10 * GST_SECOND + 900 * GST_MSECOND, 0));

  g_autoptr (GstMessage) first = tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags");
  g_autoptr (GstMessage) second = tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags");
  guint64 stream_time, running_time;
  g_assert_true (gst_structure_get (gst_message_get_structure (second), "stream-time", G_TYPE_UINT64, &stream_time,
      "running-time", G_TYPE_UINT64, &running_time, NULL));
  g_assert_cmpuint (stream_time, ==, 500 * GST_SECOND);
  g_assert_cmpuint (running_time, ==, 0);
  tagger_stop (&t);
}

static void
test_reverse (void)
{
  Tagger t = start (TINY_CAPS ("30/1"), 1.0, 1);
  flush (&t);
  push_segment (&t, -1.0, 0, 10 * GST_SECOND, 0);
  guint n = 0;
  for (guint i = 0; i < 90; i++) {
    g_autoptr (GstBuffer) buffer = tagger_push (&t, 10 * GST_SECOND - frame_time (i, 30, 1), 0);
    GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
    g_assert_true (meta->sampled == (i % 30 == 0));
    g_assert_cmpuint (meta->age, <, GST_SECOND);
    n += meta->sampled;
  }
  g_assert_cmpuint (n, ==, 3);
  tagger_stop (&t);
}

/* appsrc without format=time makes such streams. */
static void
test_byte_segment (void)
{
  Tagger t = start (TINY_CAPS ("30/1"), 1.0, 1);
  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  g_assert_true (gst_harness_push_event (t.harness, gst_event_new_segment (&segment)));
  check_grid (&t, 61, 30, 1, (const guint[]){ 0, 30, 60 }, 3);
  tagger_stop (&t);
}

static void
test_age (void)
{
  Tagger t = start (TINY_CAPS ("30/1"), 1.0, 1);
  GstClipTags *latest = NULL;
  for (guint i = 0; i < 75; i++) {
    GstClockTime pts = 7 * GST_SECOND + frame_time (i, 30, 1);
    GstBuffer *buffer = tagger_push (&t, pts, 0);
    GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
    g_assert_nonnull (meta);
    g_assert_true (meta->sampled == (i % 30 == 0));
    g_assert_cmpuint (meta->age, ==, pts - gst_clip_tags_get_source_pts (meta->tags));
    if (meta->sampled)
      g_assert_cmpuint (meta->age, ==, 0);
    else
      g_assert_true (meta->tags == latest); /* the same result, not a copy of it */
    latest = meta->tags;
    gst_buffer_unref (buffer); /* the element keeps the latest one alive */
  }
  tagger_stop (&t);
}

static void
test_gap (void)
{
  Tagger t = start (TINY_CAPS ("30/1"), 1.0, 1);
  g_assert_true (tagger_samples (&t, 0, 0));
  g_assert_false (tagger_samples (&t, 1000 * GST_MSECOND, GST_BUFFER_FLAG_GAP));
  g_assert_true (tagger_samples (&t, 1033 * GST_MSECOND, 0));
  g_assert_true (tagger_samples (&t, 2000 * GST_MSECOND, 0));
  tagger_stop (&t);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cliptagger/sampling/one-a-second", test_one_a_second);
  g_test_add_func ("/cliptagger/sampling/every-frame", test_every_frame);
  g_test_add_func ("/cliptagger/sampling/no-drift", test_no_drift);
  g_test_add_func ("/cliptagger/sampling/millisecond-times", test_millisecond_times);
  g_test_add_func ("/cliptagger/sampling/interval", test_interval);
  g_test_add_func ("/cliptagger/sampling/no-pts", test_no_pts);
  g_test_add_func ("/cliptagger/sampling/back-and-forth", test_back_and_forth);
  g_test_add_func ("/cliptagger/sampling/flush", test_flush);
  g_test_add_func ("/cliptagger/sampling/segment", test_segment);
  g_test_add_func ("/cliptagger/sampling/reverse", test_reverse);
  g_test_add_func ("/cliptagger/sampling/byte-segment", test_byte_segment);
  g_test_add_func ("/cliptagger/sampling/age", test_age);
  g_test_add_func ("/cliptagger/sampling/gap", test_gap);
  return g_test_run ();
}
