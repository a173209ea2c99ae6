/* SPDX-License-Identifier: MIT
 *
 * test-cliplog-events.c: the news of events in a log: each piece once, and an end for whatever was begun.
 */
#include "cliplogfixture.h"
#include "log/gstcliplogevents.h"

#include <fcntl.h>
#include <sys/stat.h>

/* An event of 0.2 seconds a sample. */
static GstClipEvent *
make_event (guint64 id, GstClipEventState state, guint n_samples)
{
  GstClockTime end = (n_samples - 1) * 200 * GST_MSECOND;
  const gint64 utc = G_GINT64_CONSTANT (1700000000123456);
  const GstClipEvent values = {
    .id = id,
    .state = state,
    .label_id = 3,
    .label = (gchar *)"a \"van\"",
    .start = { 5 * GST_SECOND, 1 * GST_SECOND, 2 * GST_SECOND, utc },
    .end = { 5 * GST_SECOND + end, 1 * GST_SECOND + end, 2 * GST_SECOND + end, utc + (gint64)(end / 1000) },
    .peak = { 5 * GST_SECOND, 1 * GST_SECOND, 2 * GST_SECOND, utc },
    .confidence = 0.9375,
    .mean = 0.75,
    .n_samples = n_samples,
    .reason = state == GST_CLIP_EVENT_END ? (gchar *)"over" : NULL,
  };
  return gst_clip_event_new (&values);
}

static GstBuffer *
make_news (GstClockTime pts, guint64 id, GstClipEventState state, guint n_samples)
{
  g_autoptr (GstClipEvent) event = make_event (id, state, n_samples);
  GstBuffer *buffer = make_buffer (pts, NULL, FALSE);
  gst_buffer_add_clip_event_meta (buffer, event);
  return buffer;
}

static void
push_news (Fixture *f, guint64 id, GstClipEventState state, guint n_samples)
{
  g_assert_cmpint (gst_harness_push (f->harness, make_news (0, id, state, n_samples)), ==, GST_FLOW_OK);
}

static gboolean
push_event (Fixture *f, guint64 id, GstClipEventState state, guint n_samples)
{
  g_autoptr (GstClipEvent) event = make_event (id, state, n_samples);
  return gst_harness_push_event (
      f->harness, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, gst_clip_event_to_structure (event)));
}

/* "start 1, end 1": what the lines are, in short. */
static gchar *
summarize (const gchar *path)
{
  g_autoptr (GPtrArray) lines = read_log (path);
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < lines->len; i++) {
    JsonObject *line = nth (lines, i);
    g_string_append (text, i ? ", " : "");
    if (!json_object_has_member (line, "event")) {
      g_string_append (text, "sample");
      continue;
    }
    g_string_append_printf (
        text, "%s %d", json_object_get_string_member (line, "event"), (gint)json_object_get_int_member (line, "id"));
    if (json_object_has_member (line, "reason"))
      g_string_append_printf (text, " %s", json_object_get_string_member (line, "reason"));
  }
  return g_string_free (text, FALSE);
}

static void
check_log (Fixture *f, const gchar *expected)
{
  g_autofree gchar *found = summarize (f->path);
  g_assert_cmpstr (found, ==, expected);
}

/* ---- A line -------------------------------------------------------------------------------------------- */

static void
check_moment (JsonObject *line, const gchar *name, gint64 stream_time, const gchar *utc)
{
  JsonObject *moment = json_object_get_object_member (line, name);
  g_assert_cmpuint (json_object_get_size (moment), ==, 4);
  g_assert_cmpint (json_object_get_int_member (moment, "stream_time"), ==, stream_time);
  g_assert_cmpint (json_object_get_int_member (moment, "running_time"), ==, stream_time + (gint64)GST_SECOND);
  g_assert_cmpint (json_object_get_int_member (moment, "pts"), ==, stream_time + 4 * (gint64)GST_SECOND);
  g_assert_cmpstr (json_object_get_string_member (moment, "utc"), ==, utc);
}

static void
test_line (Fixture *f, gconstpointer data)
{
  start (f, make_element (f, f->path, "source", "gate 3", "level", EVENTS, NULL));
  push_news (f, 7, GST_CLIP_EVENT_END, 6);
  g_autoptr (GPtrArray) lines = read_log (f->path); /* no need to wait for the end */
  g_assert_cmpuint (lines->len, ==, 1);
  JsonObject *line = nth (lines, 0);
  g_assert_cmpstr (json_object_get_string_member (line, "event"), ==, "end");
  g_assert_cmpint (json_object_get_int_member (line, "id"), ==, 7);
  g_assert_cmpstr (json_object_get_string_member (line, "label"), ==, "a \"van\"");
  g_assert_cmpint (json_object_get_int_member (line, "label_id"), ==, 3);
  check_moment (line, "start", GST_SECOND, "2023-11-14T22:13:20.123456Z");
  check_moment (line, "end", 2 * GST_SECOND, "2023-11-14T22:13:21.123456Z");
  check_moment (line, "peak", GST_SECOND, "2023-11-14T22:13:20.123456Z");
  g_assert_cmpfloat (json_object_get_double_member (line, "confidence"), ==, 0.9375);
  g_assert_cmpfloat (json_object_get_double_member (line, "mean"), ==, 0.75);
  g_assert_cmpint (json_object_get_int_member (line, "samples"), ==, 6);
  g_assert_cmpstr (json_object_get_string_member (line, "reason"), ==, "over");
  g_assert_cmpstr (json_object_get_string_member (line, "source"), ==, "gate 3");
  g_assert_cmpuint (json_object_get_size (line), ==, 12);
}

/* What an event may have, and what it may not know. */
static void
test_all_members (Fixture *f, gconstpointer data)
{
  const GstClipEventTime unknown = { GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, G_MAXINT64 };
  const GstClipEvent values = {
    .id = G_MAXUINT64 / 2,
    .label = (gchar *)"bad \377",
    .group = (gchar *)"weather",
    .zone = (gchar *)"gate\n",
    .roi_type = (gchar *)"car",
    .object_id = 12,
    .start = unknown,
    .end = unknown,
    .peak = unknown,
    .confidence = NAN,
    .mean = INFINITY,
    .tagger = (gchar *)"faces",
  };
  g_autoptr (GstClipEvent) event = gst_clip_event_new (&values);
  GstBuffer *buffer = make_buffer (0, NULL, FALSE);
  gst_buffer_add_clip_event_meta (buffer, event);
  start (f, make_element (f, f->path, "level", EVENTS, NULL));
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);

  g_autoptr (GPtrArray) lines = read_log (f->path);
  JsonObject *line = nth (lines, 0), *moment = json_object_get_object_member (line, "start");
  g_assert_cmpint (json_object_get_int_member (line, "id"), ==, G_MAXINT64);
  g_assert_cmpstr (json_object_get_string_member (line, "label"), ==, "bad \357\277\275");
  g_assert_cmpstr (json_object_get_string_member (line, "group"), ==, "weather");
  g_assert_cmpstr (json_object_get_string_member (line, "zone"), ==, "gate\n");
  g_assert_cmpstr (json_object_get_string_member (line, "roi_type"), ==, "car");
  g_assert_cmpint (json_object_get_int_member (line, "object_id"), ==, 12);
  g_assert_cmpstr (json_object_get_string_member (line, "tagger"), ==, "faces");
  g_assert_nonnull (json_object_get_string_member (line, "source")); /* the stream's id */
  g_assert_true (json_object_get_null_member (line, "confidence"));
  g_assert_true (json_object_get_null_member (line, "mean"));
  g_assert_true (json_object_get_null_member (moment, "stream_time"));
  g_assert_true (json_object_get_null_member (moment, "running_time"));
  g_assert_true (json_object_get_null_member (moment, "pts"));
  g_assert_true (json_object_get_null_member (moment, "utc"));
}

/* ---- Which --------------------------------------------------------------------------------------------- */

static void
test_levels (Fixture *f, gconstpointer data)
{
  static const gchar *const expected[] = { [FRAMES] = "sample, sample",
    [SAMPLES] = "sample",
    [CHANGES] = "sample",
    [EVENTS] = "start 1, end 1 log-stop",
    [BOTH] = "sample, start 1, end 1 log-stop" };
  for (gint level = FRAMES; level <= BOTH; level++) {
    g_autoptr (GstClipTags) tags = make_tags ("x", 0.75);
    GstBuffer *buffer = make_news (0, 1, GST_CLIP_EVENT_START, 6);
    gst_buffer_add_clip_tag_meta (buffer, tags, 0, TRUE);
    start (f, make_element (f, f->path, "level", level, NULL));
    g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
    push (f, 1, "x", FALSE);
    stop (f);
    check_log (f, expected[level]);
  }
}

static void
test_default (Fixture *f, gconstpointer data)
{
  GstElement *element = gst_object_ref_sink (make_element (f, f->path, NULL));
  gint level;
  g_object_get (element, "level", &level, NULL);
  g_assert_cmpint (level, ==, SAMPLES);
  gst_object_unref (element);
}

/* Frames repeated, copied, and news that comes as an event of the pad besides. */
static void
test_repeated (Fixture *f, gconstpointer data)
{
  static const struct
  {
    GstClipEventState state;
    guint n_samples;
  } news[] = { { GST_CLIP_EVENT_START, 6 }, { GST_CLIP_EVENT_UPDATE, 9 }, { GST_CLIP_EVENT_UPDATE, 12 },
    { GST_CLIP_EVENT_END, 12 } };
  start (f, make_element (f, f->path, "level", EVENTS, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (news); i++) {
    GstBuffer *buffer = make_news (i, 5, news[i].state, news[i].n_samples);
    g_autoptr (GstClipEvent) other = make_event (6, news[i].state, news[i].n_samples);
    gst_buffer_add_clip_event_meta (buffer, other);
    gst_buffer_add_clip_event_meta (buffer, other);
    g_assert_cmpint (gst_harness_push (f->harness, gst_buffer_ref (buffer)), ==, GST_FLOW_OK);
    g_assert_cmpint (gst_harness_push (f->harness, gst_buffer_copy_deep (buffer)), ==, GST_FLOW_OK);
    g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
    g_assert_true (push_event (f, 5, news[i].state, news[i].n_samples));
    push_news (f, 5, GST_CLIP_EVENT_START, 6);
  }
  stop (f);
  check_log (f, "start 5, start 6, update 5, update 6, update 5, update 6, end 5 over, end 6 over");
}

/* The same number in another process is another event. */
static void
test_other_process (Fixture *f, gconstpointer data)
{
  start (f, make_element (f, f->path, "level", EVENTS, NULL));
  push_news (f, 5, GST_CLIP_EVENT_END, 6);
  g_autoptr (GstClipEvent) event = make_event (5, GST_CLIP_EVENT_END, 6);
  event->start.utc += 1; /* still ours alone */
  GstBuffer *buffer = make_buffer (0, NULL, FALSE);
  gst_buffer_add_clip_event_meta (buffer, event);
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  check_log (f, "end 5 over, end 5 over");
}

/* Behind an encoder: after its end there is nothing more of an event. */
static void
test_reordered (Fixture *f, gconstpointer data)
{
  start (f, make_element (f, f->path, "level", EVENTS, NULL));
  push_news (f, 1, GST_CLIP_EVENT_END, 12);
  push_news (f, 1, GST_CLIP_EVENT_UPDATE, 9);
  push_news (f, 1, GST_CLIP_EVENT_START, 6);
  push_news (f, 2, GST_CLIP_EVENT_UPDATE, 9);
  push_news (f, 2, GST_CLIP_EVENT_START, 6);
  stop (f);
  check_log (f, "end 1 over, update 2, start 2, end 2 log-stop");
  g_autoptr (GPtrArray) lines = read_log (f->path);
  g_assert_cmpint (json_object_get_int_member (nth (lines, 3), "samples"), ==, 9); /* the most that is known */
}

/* News without a frame, in its place in the stream; others' events are none. */
static void
test_pad_events (Fixture *f, gconstpointer data)
{
  g_autoptr (GstEvent) other = gst_event_new_custom (
      GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new (GST_CLIP_EVENT_NAME, "state", G_TYPE_STRING, "start", NULL));
  start (f, make_element (f, f->path, "level", BOTH, NULL));
  g_assert_true (push_event (f, 1, GST_CLIP_EVENT_START, 6));
  push (f, 0, "x", TRUE);
  g_assert_true (push_event (f, 1, GST_CLIP_EVENT_END, 8));
  g_assert_true (gst_harness_push_event (f->harness, gst_event_ref (other)));
  g_assert_true (gst_harness_push_event (
      f->harness, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty ("other"))));
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_eos ()));
  stop (f);
  check_log (f, "start 1, sample, end 1 over");
}

/* ---- Ends ---------------------------------------------------------------------------------------------- */

static void
test_eos (Fixture *f, gconstpointer data)
{
  start (f, make_element (f, f->path, "level", EVENTS, NULL));
  push_news (f, 1, GST_CLIP_EVENT_START, 6);
  push_news (f, 2, GST_CLIP_EVENT_START, 6);
  push_news (f, 1, GST_CLIP_EVENT_UPDATE, 11);
  push_news (f, 3, GST_CLIP_EVENT_START, 6);
  push_news (f, 2, GST_CLIP_EVENT_END, 7);
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_eos ()));
  check_log (f, "start 1, start 2, update 1, start 3, end 2 over, end 1 log-stop, end 3 log-stop");

  g_autoptr (GPtrArray) lines = read_log (f->path);
  JsonObject *line = nth (lines, 5);
  check_moment (line, "start", GST_SECOND, "2023-11-14T22:13:20.123456Z");
  check_moment (line, "end", 3 * GST_SECOND, "2023-11-14T22:13:22.123456Z");
  g_assert_cmpint (json_object_get_int_member (line, "samples"), ==, 11);
  g_assert_cmpfloat (json_object_get_double_member (line, "mean"), ==, 0.75);

  /* What comes afterwards changes nothing. */
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_flush_start ()));
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE)));
  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_segment (&segment)));
  push_news (f, 1, GST_CLIP_EVENT_UPDATE, 12);
  push_news (f, 1, GST_CLIP_EVENT_END, 12);
  push_news (f, 4, GST_CLIP_EVENT_START, 6);
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_eos ()));
  stop (f);
  check_log (f, "start 1, start 2, update 1, start 3, end 2 over, end 1 log-stop, end 3 log-stop, start 4, "
                "end 4 log-stop");
}

static void
test_stop (Fixture *f, gconstpointer data)
{
  start (f, make_element (f, f->path, "append", TRUE, "level", EVENTS, NULL));
  push_news (f, 1, GST_CLIP_EVENT_START, 6);
  gst_element_set_state (f->harness->element, GST_STATE_READY);
  check_log (f, "start 1, end 1 log-stop");
  gst_element_set_state (f->harness->element, GST_STATE_PLAYING);
  stop (f);
  check_log (f, "start 1, end 1 log-stop");
}

/* A pipe gets them too, where there is room, and never holds up who stops. */
static void
test_stop_fifo (Fixture *f, gconstpointer full)
{
  gchar text[8192];
  g_assert_cmpint (mkfifo (f->path, 0600), ==, 0);
  gint fd = open (f->path, O_RDWR | O_NONBLOCK);
  g_assert_cmpint (fd, >=, 0);
  start (f, make_element (f, f->path, "level", EVENTS, NULL));
  push_news (f, 1, GST_CLIP_EVENT_START, 6);
  gssize n = read (fd, text, sizeof text);
  g_assert_cmpint (n, >, 0);
  while (full && write (fd, text, 1) == 1)
    ;
  g_assert_cmpint (gst_element_set_state (f->harness->element, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  if (!full) {
    n = read (fd, text, sizeof text);
    g_assert_cmpint (n, >, 0);
    g_autoptr (GPtrArray) lines = parse_lines (text, n);
    g_assert_cmpuint (lines->len, ==, 1);
    g_assert_cmpstr (json_object_get_string_member (nth (lines, 0), "reason"), ==, "log-stop");
  }
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_ERROR);
  g_assert_null (message);
  close (fd);
}

/* What the log began it ends, whatever its level is by then. */
static void
test_level_changes (Fixture *f, gconstpointer data)
{
  GstElement *element = make_element (f, f->path, "level", EVENTS, NULL);
  start (f, element);
  push_news (f, 1, GST_CLIP_EVENT_START, 6);
  push_news (f, 2, GST_CLIP_EVENT_START, 6);
  g_object_set (element, "level", SAMPLES, NULL);
  push_news (f, 1, GST_CLIP_EVENT_UPDATE, 8);
  push_news (f, 2, GST_CLIP_EVENT_UPDATE, 8);
  push_news (f, 3, GST_CLIP_EVENT_START, 6);
  push_news (f, 1, GST_CLIP_EVENT_END, 9);
  push_news (f, 3, GST_CLIP_EVENT_END, 9);
  stop (f);
  check_log (f, "start 1, start 2, end 1 over, end 2 log-stop");
  g_autoptr (GPtrArray) lines = read_log (f->path);
  g_assert_cmpint (json_object_get_int_member (nth (lines, 3), "samples"), ==, 8);
}

/* However much news there is, each event has one start and one end. */
static void
test_many (Fixture *f, gconstpointer data)
{
  const guint n = GST_CLIP_LOG_EVENTS_OPEN + 2000; /* more than a log can remember */
  g_autofree guint8 *n_starts = g_new0 (guint8, n + 1), *n_ends = g_new0 (guint8, n + 1);
  start (f, make_element (f, f->path, "level", EVENTS, NULL));
  gst_harness_set_drop_buffers (f->harness, TRUE);
  for (guint i = 1; i <= n; i++)
    for (guint k = 0; k < 2; k++)
      push_news (f, i, GST_CLIP_EVENT_START, 6);
  g_autoptr (GPtrArray) before = read_log (f->path); /* the oldest have had to end */
  g_assert_cmpuint (before->len, ==, n + (n - GST_CLIP_LOG_EVENTS_OPEN));
  for (guint i = n - 100; i <= n; i++)
    for (guint k = 0; k < 2; k++)
      push_news (f, i, GST_CLIP_EVENT_END, 7);
  stop (f);
  g_autoptr (GPtrArray) lines = read_log (f->path);
  for (guint i = 0; i < lines->len; i++) {
    gint64 id = json_object_get_int_member (nth (lines, i), "id");
    g_assert_true (id >= 1 && id <= n);
    if (g_str_equal (json_object_get_string_member (nth (lines, i), "event"), "start"))
      n_starts[id]++;
    else
      n_ends[id]++;
  }
  for (guint i = 1; i <= n; i++)
    g_assert_true (n_starts[i] == 1 && n_ends[i] == 1);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  ADD_TEST ("events/line", NULL, test_line);
  ADD_TEST ("events/all-members", NULL, test_all_members);
  ADD_TEST ("events/levels", NULL, test_levels);
  ADD_TEST ("events/default", NULL, test_default);
  ADD_TEST ("events/repeated", NULL, test_repeated);
  ADD_TEST ("events/other-process", NULL, test_other_process);
  ADD_TEST ("events/reordered", NULL, test_reordered);
  ADD_TEST ("events/pad-events", NULL, test_pad_events);
  ADD_TEST ("events/eos", NULL, test_eos);
  ADD_TEST ("events/stop", NULL, test_stop);
  ADD_TEST ("events/stop-fifo", NULL, test_stop_fifo);
  ADD_TEST ("events/stop-fifo/full", "full", test_stop_fifo);
  ADD_TEST ("events/level-changes", NULL, test_level_changes);
  ADD_TEST ("events/many", NULL, test_many);
  return g_test_run ();
}
