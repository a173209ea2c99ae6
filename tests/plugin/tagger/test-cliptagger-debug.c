/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-debug.c: GST_DEBUG=clip*:6 tells what happened to each frame, and why.
 */
#include "tagger.h"

/* ---- The log ------------------------------------------------------------------------------------------------ */

static GMutex lock;
static GPtrArray *lines; /* "CATEGORY LEVEL TEXT" */

static void
take_line (GstDebugCategory *category, GstDebugLevel level, const gchar *file, const gchar *function, gint line,
    GObject *object, GstDebugMessage *message, gpointer data)
{
  const char *name = gst_debug_category_get_name (category);
  if (!g_str_has_prefix (name, "clip"))
    return;
  g_autofree char *level_name = g_strchomp (g_strdup (gst_debug_level_get_name (level)));
  char *text = g_strdup_printf ("%s %s %s", name, level_name, gst_debug_message_get (message));
  g_mutex_lock (&lock);
  g_ptr_array_add (lines, text);
  g_mutex_unlock (&lock);
}

static gboolean
is_logged (const char *pattern)
{
  gboolean found = FALSE;
  g_mutex_lock (&lock);
  for (guint i = 0; i < lines->len && !found; i++)
    found = g_pattern_match_simple (pattern, g_ptr_array_index (lines, i));
  g_mutex_unlock (&lock);
  return found;
}

/* Some lines come from other threads, a moment after what they tell of. */
static void
await_line (const char *pattern)
{
  for (guint i = 0; !is_logged (pattern); i++) {
    if (i == 60 * 1000)
      g_error ("no line \"%s\"", pattern);
    g_usleep (1000);
  }
}

static void
await_lines (const char *const *patterns)
{
  for (; *patterns; patterns++)
    await_line (*patterns);
}

static void
forget_lines (void)
{
  g_mutex_lock (&lock);
  g_ptr_array_set_size (lines, 0);
  g_mutex_unlock (&lock);
}

#define AWAIT_LINES(...) await_lines ((const char *const[]){ __VA_ARGS__, NULL })

/* ---- What it says -------------------------------------------------------------------------------------------- */

static void
test_sync (void)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "min-change", 50.0, NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  gst_buffer_unref (tagger_push (&t, 0, 0));
  gst_buffer_unref (tagger_push (&t, 100 * GST_MSECOND, 0));
  gst_buffer_unref (tagger_push (&t, 200 * GST_MSECOND, GST_BUFFER_FLAG_GAP));
  gst_buffer_unref (tagger_push (&t, 600 * GST_MSECOND, 0));
  AWAIT_LINES ("cliptagger DEBUG loads the model *patch32-quick",
      "cliptagger INFO model patch32-quick (*): f32 by *, threads: *, streams: 1",
      "cliptagger DEBUG 3 prompts are in use", "clipscheduler INFO scheduler *: model patch32-quick, threads: *",
      "clipscheduler DEBUG slot *: joins scheduler *", "cliptagger DEBUG caps: video/x-raw*",
      "cliptagger DEBUG sampling starts again: time segment *",
      "cliptagger LOG frame at 0:00:00.000000000: sampled, encoded at once as picture 1",
      "clipscheduler LOG slot *: picture 1 of 1 of job 1 is taken up", "clipscheduler DEBUG scheduler *: batch of 1 *",
      "cliptagger LOG picture 1: 1 encoded in * ms after * ms of waiting",
      "cliptagger LOG frame at 0:00:00.000000000: new labels of picture 1, age 0:00:00.000000000",
      "cliptagger LOG frame at 0:00:00.100000000: not sampled: not due",
      "cliptagger LOG frame at 0:00:00.100000000: known labels of picture 1, age 0:00:00.100000000",
      "cliptagger LOG frame at 0:00:00.200000000: not sampled: a gap",
      "cliptagger LOG frame at 0:00:00.600000000: sampled, not encoded: differs by * % from picture 1",
      "cliptagger LOG frame at 0:00:00.600000000: reused labels of picture 1, age 0:00:00.000000000");

  g_assert_true (gst_harness_push_upstream_event (
      t.harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, GST_SECOND, 2 * GST_SECOND)));
  gst_buffer_unref (tagger_push (&t, 2 * GST_SECOND, 0));
  g_object_set (element, "prompts", "one;two", NULL);
  gst_buffer_unref (tagger_push (&t, 6 * GST_SECOND, 0));
  g_object_set (element, "prompts", ";", NULL);
  gst_buffer_unref (tagger_push (&t, 7 * GST_SECOND, 0));
  tagger_flush (&t);
  AWAIT_LINES ("cliptagger LOG frame at 0:00:02.000000000: sampled, not encoded: the sink is behind by *",
      "cliptagger DEBUG prompts are asked for, request 2", "cliptagger DEBUG 2 prompts are in use",
      "cliptagger WARN* the prompts in use stay as they are: prompts: *", "cliptagger DEBUG flush: *",
      "cliptagger DEBUG end of flush: *", "clipscheduler DEBUG slot *: flushes", "clipscheduler DEBUG slot *: goes on");
  tagger_stop (&t);
  AWAIT_LINES ("cliptagger DEBUG stops: *", "clipscheduler DEBUG slot *: leaves scheduler *, streams: 0");
  forget_lines ();
}

static void
test_async (void)
{
  GstElement *element = tagger_element (TINY_MODEL);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "async");
  g_object_set (element, "frame-rate", 0.0, "max-cpu", 0.001, "max-age", GST_SECOND, NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  for (guint i = 0; i < 3; i++)
    gst_buffer_unref (tagger_push (&t, i, 0));
  AWAIT_LINES ("cliptagger DEBUG inference mode: async, asked for",
      "cliptagger LOG frame at 0:00:00.000000000: sampled, waits for the encoder as picture 1",
      "cliptagger LOG frame at 0:00:00.000000000: no labels yet",
      "cliptagger LOG frame at 0:00:00.000000002: sampled, not encoded: max-cpu=0.001 is spent");
  g_object_set (element, "max-cpu", 0.0, NULL);
  for (guint i = 3; !is_logged ("clipscheduler LOG slot *: job * is dropped for it"); i++)
    gst_buffer_unref (tagger_push (&t, i, 0));
  await_line ("cliptagger LOG picture * took the place of one that waited, which is dropped");
  await_line ("cliptagger LOG picture *: 1 encoded in *");
  for (guint i = 1; !is_logged ("cliptagger LOG frame at *: no labels, the latest are * old"); i++) {
    g_object_set (element, "frame-rate", 0.0001, NULL);
    gst_buffer_unref (tagger_push (&t, i * 10 * GST_SECOND, 0));
  }
  tagger_stop (&t);
  forget_lines ();
}

/* Upstream's pool has room for fewer frames than the batch. */
static void
test_batches (void)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "frame-rate", 0.0, "batch-size", 8, NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  g_autoptr (GstBufferPool) pool = gst_buffer_pool_new ();
  GstStructure *config = gst_buffer_pool_get_config (pool);
  g_autoptr (GstCaps) caps = gst_caps_from_string (TINY_CAPS ("30/1"));
  gst_buffer_pool_config_set_params (config, caps, 16 * 12 * 3, 4, 4);
  g_assert_true (gst_buffer_pool_set_config (pool, config));
  g_assert_true (gst_buffer_pool_set_active (pool, TRUE));
  for (guint i = 0; i < 2; i++) {
    GstBuffer *buffer = NULL;
    g_assert_cmpint (gst_buffer_pool_acquire_buffer (pool, &buffer, NULL), ==, GST_FLOW_OK);
    GST_BUFFER_PTS (buffer) = i;
    g_assert_cmpint (gst_harness_push (t.harness, buffer), ==, GST_FLOW_OK);
  }
  AWAIT_LINES ("cliptagger LOG frame at *: sampled, held for the batch as picture 1",
      "cliptagger WARN* batches are smaller than batch-size=8: upstream's pool has no more than 4 buffers",
      "cliptagger DEBUG batch of 2 pictures for 2 frames");
  for (guint i = 0; i < 2; i++)
    gst_buffer_unref (gst_harness_pull (t.harness));
  gst_buffer_pool_set_active (pool, FALSE);
  tagger_stop (&t);
  forget_lines ();
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  lines = g_ptr_array_new_with_free_func (g_free);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (take_line, NULL, NULL);
  gst_debug_set_active (TRUE);
  gst_debug_set_threshold_for_name ("clip*", GST_LEVEL_LOG);
  g_test_add_func ("/cliptagger-debug/sync", test_sync);
  g_test_add_func ("/cliptagger-debug/async", test_async);
  g_test_add_func ("/cliptagger-debug/batches", test_batches);
  int status = g_test_run ();
  gst_debug_remove_log_function (take_line);
  g_ptr_array_unref (lines);
  return status;
}
