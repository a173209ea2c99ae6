/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-edges.c: where one stream ends and another begins, frames that are held back when upstream asks for
 * them, and numbers at the ends of their ranges.
 */
#include "tagger.h"

#include <glib/gstdio.h>

static GstElement *
batching (guint batch_size)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "batch-size", batch_size, "frame-rate", 0.0, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "sync");
  return element;
}

static GstBuffer *
frame (GstClockTime pts, guint seed)
{
  GstBuffer *buffer = tagger_frame_for_caps (TINY_CAPS ("30/1"), seed);
  GST_BUFFER_PTS (buffer) = pts;
  return buffer;
}

static void
push (Tagger *t, GstBuffer *buffer)
{
  g_assert_cmpint (gst_harness_push (t->harness, buffer), ==, GST_FLOW_OK);
}

/* ---- Held frames --------------------------------------------------------------------------------------- */

static void
test_drain (void)
{
  Tagger t = tagger_start (batching (8), TINY_CAPS ("30/1"));
  for (guint i = 0; i < 3; i++)
    push (&t, frame (i, i));
  g_assert_cmpuint (gst_harness_buffers_in_queue (t.harness), ==, 0);

  g_autoptr (GstQuery) query = gst_query_new_drain ();
  gst_pad_peer_query (t.harness->srcpad, query);
  g_assert_cmpuint (gst_harness_buffers_in_queue (t.harness), ==, 3);
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (t.harness);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, i);
    g_assert_nonnull (gst_buffer_get_clip_tag_meta (buffer));
  }
  tagger_stop (&t);
}

/* Each frame that comes out has the flag if it had it, whether it was held back or not. */
static void
test_discont (void)
{
  Tagger t = tagger_start (batching (4), TINY_CAPS ("30/1"));
  static const gboolean had[] = { TRUE, FALSE, TRUE, FALSE, FALSE, FALSE, FALSE, TRUE, TRUE, FALSE, FALSE, FALSE };
  for (guint i = 0; i < G_N_ELEMENTS (had); i++) {
    GstBuffer *buffer = frame (i, i);
    if (had[i])
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    if (i == 10)
      gst_util_set_object_arg (G_OBJECT (t.element), "inference-mode", "async");
    push (&t, buffer);
  }
  for (guint i = 0; i < G_N_ELEMENTS (had); i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (t.harness);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, i);
    g_assert_cmpint (GST_BUFFER_IS_DISCONT (buffer), ==, had[i]);
  }
  tagger_stop (&t);
}

/* ---- Ends of ranges ------------------------------------------------------------------------------------ */

/* Later than anything can be: every frame is late, and none is by wrapping round. */
static void
test_qos_far_out (void)
{
  Tagger t = tagger_start (batching (1), TINY_CAPS ("30/1"));
  static const struct
  {
    GstClockTimeDiff diff;
    GstClockTime timestamp;
    gboolean late;
  } cases[] = {
    { G_MAXINT64, 0, TRUE },
    { G_MAXINT64, G_MAXINT64, TRUE },
    { G_MAXINT64 / 2 + 1, 0, TRUE },
    { 0, G_MAXUINT64 - 1, TRUE },
    { 1, G_MAXUINT64 - 1, TRUE },
    { -G_MAXINT64, G_MAXINT64, FALSE },
    { -1, 1, FALSE },
  };
  guint64 n_late = 0;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_assert_true (gst_harness_push_upstream_event (
        t.harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1.0, cases[i].diff, cases[i].timestamp)));
    gst_buffer_unref (tagger_push (&t, i * GST_SECOND, 0));
    n_late += cases[i].late;
    g_test_message ("case %u", i);
    g_assert_cmpuint (tagger_count (t.element, "skipped-qos"), ==, n_late);
  }
  tagger_stop (&t);
}

/* The least rate there is lets the first frame be looked at, and adds a latency that is no more than a year. */
static void
test_least_rate (void)
{
  GstElement *element = batching (2);
  g_object_set (element, "frame-rate", 5e-324, NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  gst_harness_set_live (t.harness, TRUE);
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  g_assert_true (gst_pad_peer_query (t.harness->sinkpad, query));
  GstClockTime min;
  gst_query_parse_latency (query, NULL, &min, NULL);
  g_assert_cmpuint (min, ==, 365 * 24 * 3600 * GST_SECOND);
  for (guint i = 0; i < 5; i++)
    push (&t, frame (i * 3600 * GST_SECOND, i));
  g_assert_cmpuint (tagger_count (t.element, "sampled"), ==, 1);
  tagger_stop (&t);

  /* One frame holds nobody up. */
  element = batching (1);
  g_object_set (element, "frame-rate", 5e-324, NULL);
  t = tagger_start (element, TINY_CAPS ("30/1"));
  gst_harness_set_live (t.harness, TRUE);
  g_autoptr (GstQuery) again = gst_query_new_latency ();
  g_assert_true (gst_pad_peer_query (t.harness->sinkpad, again));
  gst_query_parse_latency (again, NULL, &min, NULL);
  g_assert_cmpuint (min, ==, 0);
  tagger_stop (&t);
}

/* The least budget there is is spent by the first picture for good; the greatest is no limit. */
static void
test_least_budget (void)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "frame-rate", 0.0, "max-cpu", 5e-324, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "async");
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  for (guint i = 0; i < 20; i++) {
    gst_buffer_unref (tagger_push (&t, i, 0));
    g_usleep (1000);
  }
  g_assert_cmpuint (tagger_count (t.element, "inferred"), <=, 1);
  tagger_stop (&t);
}

/* ---- Another stream ------------------------------------------------------------------------------------ */

static void
begin_stream (Tagger *t, const char *id)
{
  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_assert_true (gst_harness_push_event (t->harness, gst_event_new_stream_start (id)));
  g_autoptr (GstCaps) caps = gst_caps_from_string (TINY_CAPS ("30/1"));
  g_assert_true (gst_harness_push_event (t->harness, gst_event_new_caps (caps)));
  g_assert_true (gst_harness_push_event (t->harness, gst_event_new_segment (&segment)));
}

static gboolean
is_labelled (Tagger *t, GstBuffer *buffer)
{
  g_autoptr (GstBuffer) passed = tagger_pass (t, buffer);
  return gst_buffer_get_clip_tag_meta (passed) != NULL;
}

/* A frame that need not be looked at shows what is remembered of those before. */
static GstBuffer *
unseen (GstClockTime pts)
{
  GstBuffer *buffer = frame (pts, 1);
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
  return buffer;
}

static void
test_new_stream_sync (void)
{
  GstElement *element = batching (1);
  g_object_set (element, "min-change", 50.0, NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  begin_stream (&t, "camera A");
  g_assert_true (is_labelled (&t, frame (0, 1)));
  g_assert_true (is_labelled (&t, unseen (1)));

  begin_stream (&t, "camera A"); /* the same one goes on */
  g_assert_true (is_labelled (&t, unseen (2)));

  begin_stream (&t, "camera B");
  g_assert_false (is_labelled (&t, unseen (3)));
  /* Nor is a picture like camera A's last one taken for that. */
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 1);
  g_assert_true (is_labelled (&t, frame (4, 1)));
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 2);
  g_assert_cmpuint (tagger_count (t.element, "reused"), ==, 0);
  tagger_stop (&t);
}

static GstBusSyncReply
hold_results (GstBus *bus, GstMessage *message, gpointer gate)
{
  if (gst_message_has_name (message, "clip-tags")) {
    g_mutex_lock (gate);
    g_mutex_unlock (gate);
  }
  return GST_BUS_DROP;
}

/* What is under way, or waits, is of the stream before. The first result is held up in its message, so that all
 * others are still to come when the stream changes. */
static void
test_new_stream_async (void)
{
  GMutex gate;
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "frame-rate", 0.0, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "async");
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  begin_stream (&t, "camera A");
  g_mutex_init (&gate);
  gst_bus_set_sync_handler (t.bus, hold_results, &gate, NULL);

  g_mutex_lock (&gate);
  gst_buffer_unref (tagger_pass (&t, frame (0, 1)));
  while (!is_labelled (&t, unseen (1)))
    g_usleep (100);
  gst_buffer_unref (tagger_pass (&t, frame (2, 2))); /* it waits */

  /* The event waits until the delivery is over, which needs the gate. */
  g_mutex_unlock (&gate);
  begin_stream (&t, "camera B");
  g_assert_false (is_labelled (&t, unseen (3)));
  guint64 n = tagger_count (t.element, "inferred");
  for (guint i = 0; i < 50; i++) {
    g_usleep (1000);
    g_assert_false (is_labelled (&t, unseen (4 + i)));
  }
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, n);
  tagger_stop (&t);
  g_mutex_clear (&gate);
}

/* ---- Watching ------------------------------------------------------------------------------------------ */

static gpointer
toggle_watching (gpointer data)
{
  Tagger *t = data;
  while (!g_object_get_data (G_OBJECT (t->bus), "end"))
    g_object_set (t->element, "watch-prompts", TRUE, NULL);
  return NULL;
}

static guint
count_threads (const char *name)
{
  guint n = 0;
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  for (const char *id; dir && (id = g_dir_read_name (dir));) {
    g_autofree char *path = g_build_filename ("/proc/self/task", id, "comm", NULL), *comm = NULL;
    if (g_file_get_contents (path, &comm, NULL, NULL))
      n += g_str_has_prefix (comm, name);
  }
  return n;
}

/* Nobody watches for an element that is stopped, whenever it was asked for. */
static void
test_watch_and_stop (void)
{
  GstElement *element = tagger_element (TINY_MODEL);
  Tagger t = { .element = element, .bus = gst_bus_new () };
  GThread *threads[3];
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("toggle", toggle_watching, &t);
  guint n_left = 0;
  for (guint i = 0; i < 40 && !n_left; i++) {
    gst_element_set_state (element, GST_STATE_PAUSED);
    gst_element_set_state (element, GST_STATE_NULL);
    /* One that was busy ends soon; a thread that was joined is seen for a moment longer. */
    for (guint k = 0; k < 20000 && (n_left = count_threads ("cliptag-worker")); k++)
      g_usleep (1000);
  }
  g_object_set_data (G_OBJECT (t.bus), "end", &t);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (n_left, ==, 0);
  gst_object_unref (element);
  gst_object_unref (t.bus);
}

/* The prompts come with the model that is in use, and that is the file to watch. */
static void
test_watched_folder (void)
{
  g_autofree char *other = g_dir_make_tmp ("cliptagger-XXXXXX", NULL), *file = NULL, *model = NULL;
  file = g_build_filename (other, "prompts.json", NULL);
  g_assert_true (g_file_set_contents (file, "{\"prompts\": [\"of another model\"]}", -1, NULL));
  GstElement *element = gst_object_ref_sink (gst_element_factory_make ("cliptagger", NULL));
  g_object_set (element, "watch-prompts", TRUE, NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  gst_buffer_unref (tagger_push (&t, 0, 0));
  guint n = tagger_stat (element, "prompts");

  g_object_set (element, "model", other, NULL);
  g_object_get (element, "model", &model, NULL);
  g_assert_null (model);
  g_usleep (1200 * 1000); /* four looks at it */
  g_assert_cmpuint (tagger_stat (element, "prompts"), ==, n);
  tagger_stop (&t);
  g_unlink (file);
  g_rmdir (other);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cliptagger/edges/drain", test_drain);
  g_test_add_func ("/cliptagger/edges/discont", test_discont);
  g_test_add_func ("/cliptagger/edges/qos-far-out", test_qos_far_out);
  g_test_add_func ("/cliptagger/edges/least-rate", test_least_rate);
  g_test_add_func ("/cliptagger/edges/least-budget", test_least_budget);
  g_test_add_func ("/cliptagger/edges/new-stream/sync", test_new_stream_sync);
  g_test_add_func ("/cliptagger/edges/new-stream/async", test_new_stream_async);
  g_test_add_func ("/cliptagger/edges/watch-and-stop", test_watch_and_stop);
  g_test_add_func ("/cliptagger/edges/watched-folder", test_watched_folder);
  return g_test_run ();
}
