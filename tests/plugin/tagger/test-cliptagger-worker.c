/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-worker.c: what takes long in cliptagger is done beside everything else. Encodings of prompts are held
 * at a gate: whatever waited for one that should not would wait for ever.
 */
#include "faults.h"

#include "regions.h"
#include "tagger/gstcliptagger.h"
#include "tempfolder.h"

#include <stdlib.h>

/* ---- Tools ------------------------------------------------------------------------------------------------ */

#define TROUBLE (GST_MESSAGE_ERROR | GST_MESSAGE_WARNING)

static void
assert_no_message (Tagger *t, GstMessageType types)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (t->bus, types);
  g_assert_null (message);
}

static void
assert_message (Tagger *t, GstMessageType type)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (t->bus, 60 * GST_SECOND, type);
  g_assert_nonnull (message);
}

/* Waits for the message, with no trouble before it; returns how many prompts it tells of. */
static guint
await_ready_message (Tagger *t)
{
  for (;;) {
    g_autoptr (GstMessage) message
        = gst_bus_timed_pop_filtered (t->bus, 60 * GST_SECOND, GST_MESSAGE_ELEMENT | TROUBLE);
    guint n = 0;
    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);
    if (!gst_message_has_name (message, "clip-ready"))
      continue;
    const GstStructure *structure = gst_message_get_structure (message);
    g_assert_cmpstr (gst_structure_get_string (structure, "model"), ==, TINY_MODEL);
    g_assert_true (gst_structure_has_field (structure, "fingerprint"));
    g_assert_cmpstr (gst_structure_get_string (structure, "precision"), ==, "f32");
    g_assert_true (gst_structure_has_field (structure, "kernels"));
    g_assert_true (gst_structure_get_uint (structure, "prompts", &n));
    return n;
  }
}

static GstElement *
new_element (const char *mode)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "frame-rate", 0.0, "cache", FALSE, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", mode);
  return element;
}

static Tagger
start_element (GstElement *element, gboolean live)
{
  Tagger t = { .element = element, .bus = gst_bus_new () };
  gst_element_set_bus (element, t.bus);
  t.harness = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_set_live (t.harness, live);
  gst_harness_set_src_caps_str (t.harness, TINY_CAPS ("30/1"));
  return t;
}

/* The prompts that it was started with are held at the gate. */
static Tagger
start_gated (const char *mode, gboolean live)
{
  fault_set_gate (TRUE);
  Tagger t = start_element (new_element (mode), live);
  fault_await_at_gate (1);
  return t;
}

/* It is ready; prompts that are set from here on are held at the gate. */
static Tagger
start_then_shut (GstElement *element, gboolean live)
{
  Tagger t = start_element (element, live);
  tagger_await_ready (t.element);
  g_assert_cmpuint (await_ready_message (&t), ==, 3);
  fault_set_gate (TRUE);
  return t;
}

static void
stop_open (Tagger *t)
{
  fault_set_gate (FALSE);
  tagger_stop (t);
  fault_await_at_gate (0); /* a worker may have been left behind there */
}

static void
set_prompts (Tagger *t, const char *prompts)
{
  g_object_set (t->element, "prompts", prompts, NULL);
}

static void
assert_prompts (Tagger *t, const char *expected)
{
  g_autofree char *prompts = NULL;
  g_object_get (t->element, "prompts", &prompts, NULL);
  g_assert_cmpstr (prompts, ==, expected);
}

static gpointer
push_one (gpointer harness)
{
  return GINT_TO_POINTER (gst_harness_push (harness, tagger_frame_for_caps (TINY_CAPS ("30/1"), 1)));
}

static GThread *
push_in_thread (Tagger *t)
{
  GThread *thread = g_thread_new ("push", push_one, t->harness);
  g_usleep (20000); /* it waits by now, or will not; either is tested */
  return thread;
}

static GstFlowReturn
join_push (GThread *thread)
{
  return GPOINTER_TO_INT (g_thread_join (thread));
}

static guint
labels_on (GstBuffer *buffer)
{
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
  return meta ? gst_clip_tags_get_n_labels (meta->tags) : 0;
}

static guint
push_and_count_labels (Tagger *t, GstClockTime pts)
{
  g_autoptr (GstBuffer) buffer = tagger_push (t, pts, 0);
  return labels_on (buffer);
}

static char *
very_many_prompts (void)
{
  GString *text = g_string_new ("a van");
  for (guint i = 1; i < CLIP_MAX_PROMPTS; i++)
    g_string_append_printf (text, ";a van with the number %u on its door, seen from behind in the rain", i);
  return g_string_free (text, FALSE);
}

/* ---- Opening ---------------------------------------------------------------------------------------------- */

static void
test_stop_while_opening (void)
{
  Tagger t = start_gated ("sync", FALSE);
  GThread *thread = push_in_thread (&t);
  g_assert_cmpint (gst_element_set_state (t.element, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (join_push (thread), ==, GST_FLOW_FLUSHING);
  assert_no_message (&t, TROUBLE);

  /* A new start does not wait for what is left of the old one either. */
  g_assert_cmpint (gst_element_set_state (t.element, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_SUCCESS);
  gst_harness_set_src_caps_str (t.harness, TINY_CAPS ("30/1"));
  fault_set_gate (FALSE);
  g_assert_cmpuint (push_and_count_labels (&t, 0), ==, 3);
  assert_no_message (&t, TROUBLE);
  stop_open (&t);
}

static void
test_flush_while_opening (void)
{
  Tagger t = start_gated ("sync", FALSE);
  GThread *thread = push_in_thread (&t);
  g_assert_true (gst_harness_push_event (t.harness, gst_event_new_flush_start ()));
  g_assert_cmpint (join_push (thread), ==, GST_FLOW_FLUSHING);
  tagger_end_flush (&t);
  fault_set_gate (FALSE);
  g_assert_cmpuint (push_and_count_labels (&t, 0), ==, 3);
  stop_open (&t);
}

/* Nobody watches a still picture: a live stream goes on, and labels begin when they are there. */
static void
test_live_while_opening (gconstpointer mode)
{
  Tagger t = start_gated (mode, TRUE);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpuint (push_and_count_labels (&t, i * GST_MSECOND), ==, 0);
  g_assert_cmpuint (tagger_count (t.element, "frames"), ==, 5);
  g_assert_false (tagger_is_ready (t.element));
  assert_no_message (&t, GST_MESSAGE_ELEMENT | TROUBLE);
  fault_set_gate (FALSE);
  g_assert_cmpuint (await_ready_message (&t), ==, 3);
  g_assert_true (tagger_is_ready (t.element));
  while (!push_and_count_labels (&t, GST_SECOND))
    g_usleep (1000);
  assert_no_message (&t, TROUBLE);
  stop_open (&t);
}

/* The property does not wait, and the last prompts are the ones that count. */
static void
test_prompts_while_opening (void)
{
  Tagger t = start_gated ("sync", FALSE);
  set_prompts (&t, "one;two");
  set_prompts (&t, "four;five;six;seven");
  fault_set_gate (FALSE);
  g_assert_cmpuint (push_and_count_labels (&t, 0), ==, 4);
  assert_no_message (&t, TROUBLE);
  stop_open (&t);
}

/* Those that were good stay in use. */
static void
test_bad_prompts_while_opening (void)
{
  Tagger t = start_gated ("auto", TRUE);
  set_prompts (&t, ";;");
  fault_set_gate (FALSE);
  assert_message (&t, GST_MESSAGE_WARNING);
  g_assert_cmpuint (await_ready_message (&t), ==, 3);
  assert_prompts (&t, PROMPTS);
  assert_no_message (&t, TROUBLE);
  stop_open (&t);
}

/* Bad ones that others have taken the place of by then are nobody's business. */
static void
test_bad_prompts_overtaken (void)
{
  Tagger t = start_then_shut (new_element ("sync"), FALSE);
  set_prompts (&t, "one;two");
  fault_await_at_gate (1);
  set_prompts (&t, ";;");
  set_prompts (&t, "four;five;six;seven");
  fault_set_gate (FALSE);
  g_assert_cmpuint (push_and_count_labels (&t, 0), ==, 4);
  assert_no_message (&t, TROUBLE);
  stop_open (&t);
}

/* ---- As many prompts as there may be ------------------------------------------------------------------------ */

static void
test_many_at_start (void)
{
  g_autofree char *many = very_many_prompts ();
  GstElement *element = new_element ("sync");
  g_object_set (element, "prompts", many, NULL);
  fault_set_gate (TRUE);
  Tagger t = start_element (element, FALSE);
  fault_await_at_gate (1);
  g_assert_cmpint (gst_element_set_state (t.element, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  g_object_set (element, "prompts", PROMPTS, NULL);
  stop_open (&t);
}

static void
test_many_while_playing (void)
{
  g_autofree char *many = very_many_prompts ();
  Tagger t = start_then_shut (new_element ("async"), FALSE);
  set_prompts (&t, many);
  assert_prompts (&t, many);
  fault_await_at_gate (1);
  g_assert_false (tagger_is_ready (t.element));
  set_prompts (&t, "one;two");
  fault_set_gate (FALSE);
  tagger_await_ready (t.element);
  g_assert_cmpuint (tagger_stat (t.element, "prompts"), ==, 2);
  assert_no_message (&t, TROUBLE);
  stop_open (&t);
}

/* ---- Prompts that are set while frames flow ------------------------------------------------------------------ */

/* The last ones count, and nobody encodes those in between. */
static void
test_last_wins (void)
{
  Tagger t = start_then_shut (new_element ("sync"), FALSE);
  guint n_passed = fault_n_passed_gate ();
  set_prompts (&t, "one;two");
  fault_await_at_gate (1);
  set_prompts (&t, "one;two;three;four;five");
  set_prompts (&t, "four;five;six;seven");
  assert_prompts (&t, "four;five;six;seven");
  fault_set_gate (FALSE);
  g_assert_cmpuint (push_and_count_labels (&t, 0), ==, 4);
  g_assert_cmpuint (fault_n_passed_gate (), ==, n_passed + 2);
  stop_open (&t);
}

/* Bad ones leave everything as it was before them. */
static void
test_bad_ones (void)
{
  Tagger t = start_then_shut (new_element ("sync"), FALSE);
  set_prompts (&t, "one;two");
  fault_await_at_gate (1);
  g_object_set (t.element, "prompts-file", "/nowhere/to/be/found", "prompt-template", "of no use", NULL);
  fault_set_gate (FALSE);
  assert_message (&t, GST_MESSAGE_WARNING);
  g_assert_cmpuint (await_ready_message (&t), ==, 2);
  assert_no_message (&t, TROUBLE);
  assert_prompts (&t, "one;two");
  g_autofree char *file = NULL, *templates = NULL;
  g_object_get (t.element, "prompts-file", &file, "prompt-template", &templates, NULL);
  g_assert_null (file);
  g_assert_null (templates);
  g_assert_cmpuint (push_and_count_labels (&t, 0), ==, 2);
  stop_open (&t);
}

/* A frame of sync mode has the labels that were asked for before it came. */
static void
test_sync_waits (void)
{
  Tagger t = start_then_shut (new_element ("sync"), FALSE);
  set_prompts (&t, "one;two");
  GThread *thread = push_in_thread (&t);
  g_assert_cmpuint (gst_harness_buffers_received (t.harness), ==, 0);
  fault_set_gate (FALSE);
  g_assert_cmpint (join_push (thread), ==, GST_FLOW_OK);
  g_autoptr (GstBuffer) buffer = gst_harness_pull (t.harness);
  g_assert_cmpuint (labels_on (buffer), ==, 2);
  g_object_set (t.element, "top-k", 1, NULL);
  g_assert_cmpuint (push_and_count_labels (&t, 1), ==, 1);
  stop_open (&t);
}

/* Async: frames go on with the old ones. */
static void
test_async_goes_on (void)
{
  Tagger t = start_then_shut (new_element ("async"), FALSE);
  while (!push_and_count_labels (&t, 0))
    g_usleep (1000);
  set_prompts (&t, "one;two");
  fault_await_at_gate (1);
  for (guint i = 1; i < 5; i++)
    g_assert_cmpuint (push_and_count_labels (&t, i), ==, 3);
  fault_set_gate (FALSE);
  tagger_await_ready (t.element);
  g_assert_cmpuint (push_and_count_labels (&t, 5), ==, 2);
  stop_open (&t);
}

static void
test_flush_while_pending (void)
{
  Tagger t = start_then_shut (new_element ("sync"), FALSE);
  set_prompts (&t, "one;two");
  GThread *thread = push_in_thread (&t);
  g_assert_true (gst_harness_push_event (t.harness, gst_event_new_flush_start ()));
  g_assert_cmpint (join_push (thread), ==, GST_FLOW_FLUSHING);
  tagger_end_flush (&t);
  fault_set_gate (FALSE);
  g_assert_cmpuint (push_and_count_labels (&t, 0), ==, 2);
  assert_no_message (&t, TROUBLE);
  stop_open (&t);
}

/* The prompts are those of the next start. */
static void
test_stop_while_pending (void)
{
  Tagger t = start_then_shut (new_element ("sync"), FALSE);
  set_prompts (&t, "one;two");
  GThread *thread = push_in_thread (&t);
  fault_await_at_gate (1);
  g_assert_cmpint (gst_element_set_state (t.element, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (join_push (thread), ==, GST_FLOW_FLUSHING);
  assert_prompts (&t, "one;two");
  g_assert_cmpint (gst_element_set_state (t.element, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_SUCCESS);
  gst_harness_set_src_caps_str (t.harness, TINY_CAPS ("30/1"));
  fault_set_gate (FALSE);
  g_assert_cmpuint (push_and_count_labels (&t, 0), ==, 2);
  assert_no_message (&t, TROUBLE);
  stop_open (&t);
}

static gpointer
set_by_signal (gpointer element)
{
  gboolean taken = TRUE;
  g_signal_emit_by_name (element, "set-prompts", "one;two", &taken);
  return GINT_TO_POINTER (taken);
}

/* The signal waits, but not for ever. */
static void
test_signal (void)
{
  Tagger t = start_then_shut (new_element ("sync"), FALSE);
  GThread *thread = g_thread_new ("signal", set_by_signal, t.element);
  fault_await_at_gate (1);
  fault_set_gate (FALSE);
  g_assert_true (GPOINTER_TO_INT (g_thread_join (thread)));
  fault_set_gate (TRUE);
  thread = g_thread_new ("signal", set_by_signal, t.element);
  fault_await_at_gate (1);
  g_assert_cmpint (gst_element_set_state (t.element, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_false (GPOINTER_TO_INT (g_thread_join (thread)));
  assert_no_message (&t, TROUBLE);
  stop_open (&t);
}

/* ---- The prompts' file ---------------------------------------------------------------------------------------- */

static void
test_watched_file (void)
{
  g_autofree char *folder = test_temporary_folder ();
  g_autofree char *file = g_build_filename (folder, "prompts.txt", NULL);
  g_assert_true (g_file_set_contents (file, "one\ntwo\nthree\n", -1, NULL));
  GstElement *element = new_element ("async");
  g_object_set (element, "prompts", NULL, "prompts-file", file, "watch-prompts", TRUE, NULL);
  Tagger t = start_then_shut (element, FALSE);
  g_assert_true (g_file_set_contents (file, "one\ntwo\n", -1, NULL));
  fault_await_at_gate (1);
  g_assert_false (tagger_is_ready (t.element));
  gst_buffer_unref (tagger_push (&t, 0, 0));
  g_object_set (element, "watch-prompts", FALSE, NULL);
  g_object_set (element, "watch-prompts", TRUE, NULL);
  fault_set_gate (FALSE);
  g_assert_cmpuint (await_ready_message (&t), ==, 2);

  fault_set_gate (TRUE);
  g_assert_true (g_file_set_contents (file, "one\ntwo\nthree\nfour\n", -1, NULL));
  fault_await_at_gate (1);
  g_assert_cmpint (gst_element_set_state (t.element, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  assert_no_message (&t, TROUBLE);
  stop_open (&t);
  test_remove_folder (folder);
}

/* One that is changed while nobody watches is read as soon as somebody does. */
static void
test_watched_late (void)
{
  g_autofree char *folder = test_temporary_folder ();
  g_autofree char *file = g_build_filename (folder, "prompts.txt", NULL);
  g_assert_true (g_file_set_contents (file, "one\ntwo\nthree\n", -1, NULL));
  GstElement *element = new_element ("sync");
  g_object_set (element, "prompts", NULL, "prompts-file", file, NULL);
  Tagger t = start_element (element, FALSE);
  g_assert_cmpuint (await_ready_message (&t), ==, 3);
  g_assert_true (g_file_set_contents (file, "one\ntwo\n", -1, NULL));
  g_object_set (element, "watch-prompts", TRUE, NULL);
  g_assert_cmpuint (await_ready_message (&t), ==, 2);
  stop_open (&t);
  test_remove_folder (folder);
}

/* ---- Batches and regions of interest --------------------------------------------------------------------------- */

static void
test_batches (gconstpointer flush)
{
  GstElement *element = new_element ("sync");
  g_object_set (element, "batch-size", 3, NULL);
  Tagger t = start_then_shut (element, FALSE);
  for (guint i = 0; i < 2; i++)
    g_assert_cmpint (gst_harness_push (t.harness, tagger_frame_for_caps (TINY_CAPS ("30/1"), i)), ==, GST_FLOW_OK);
  set_prompts (&t, "one;two");
  GThread *thread = push_in_thread (&t);
  if (flush) {
    g_assert_true (gst_harness_push_event (t.harness, gst_event_new_flush_start ()));
    g_assert_cmpint (join_push (thread), ==, GST_FLOW_FLUSHING);
    tagger_end_flush (&t);
    fault_set_gate (FALSE);
    for (guint i = 0; i < 3; i++)
      g_assert_cmpint (gst_harness_push (t.harness, tagger_frame_for_caps (TINY_CAPS ("30/1"), i)), ==, GST_FLOW_OK);
  } else {
    fault_set_gate (FALSE);
    g_assert_cmpint (join_push (thread), ==, GST_FLOW_OK);
  }
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (t.harness);
    g_assert_cmpuint (labels_on (buffer), ==, 2);
  }
  g_assert_cmpuint (gst_harness_buffers_in_queue (t.harness), ==, 0);
  stop_open (&t);
}

static gpointer
push_region (gpointer harness)
{
  const Region region = { "car", 4, 4, 40, 40, 5 };
  GstBuffer *buffer = new_frame (1);
  add_region (buffer, &region);
  return GINT_TO_POINTER (gst_harness_push (harness, buffer));
}

static void
test_regions (void)
{
  const Region region = { "car", 4, 4, 40, 40, 5 };
  Tagger t = start ("inference-mode", 0, "reclassify-interval", 0, NULL);
  g_autoptr (GstBuffer) first = push (&t, 0, &region, 1);
  g_assert_cmpuint (count_labelled (first), ==, 1);
  fault_set_gate (TRUE);
  set_prompts (&t, "one;two");
  GThread *thread = g_thread_new ("push", push_region, t.harness);
  fault_await_at_gate (1);
  g_assert_cmpuint (gst_harness_buffers_in_queue (t.harness), ==, 0);
  fault_set_gate (FALSE);
  g_assert_cmpint (join_push (thread), ==, GST_FLOW_OK);
  g_autoptr (GstBuffer) second = gst_harness_pull (t.harness);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (tags_of (labels_of (second, 0))), ==, 2);
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 1);
  stop_open (&t);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  /* Under the name of the real one, which is nowhere to be found here. */
  gst_element_register (NULL, "cliptagger", GST_RANK_NONE, GST_TYPE_CLIP_TAGGER);

  g_test_add_func ("/cliptagger-worker/opening/stop", test_stop_while_opening);
  g_test_add_func ("/cliptagger-worker/opening/flush", test_flush_while_opening);
  g_test_add_data_func ("/cliptagger-worker/opening/live/async", "async", test_live_while_opening);
  g_test_add_data_func ("/cliptagger-worker/opening/live/auto", "auto", test_live_while_opening);
  g_test_add_func ("/cliptagger-worker/opening/prompts", test_prompts_while_opening);
  g_test_add_func ("/cliptagger-worker/opening/bad-prompts", test_bad_prompts_while_opening);
  g_test_add_func ("/cliptagger-worker/many/start", test_many_at_start);
  g_test_add_func ("/cliptagger-worker/many/playing", test_many_while_playing);
  g_test_add_func ("/cliptagger-worker/prompts/last-wins", test_last_wins);
  g_test_add_func ("/cliptagger-worker/prompts/bad", test_bad_ones);
  g_test_add_func ("/cliptagger-worker/prompts/bad-overtaken", test_bad_prompts_overtaken);
  g_test_add_func ("/cliptagger-worker/prompts/sync-waits", test_sync_waits);
  g_test_add_func ("/cliptagger-worker/prompts/async-goes-on", test_async_goes_on);
  g_test_add_func ("/cliptagger-worker/prompts/flush", test_flush_while_pending);
  g_test_add_func ("/cliptagger-worker/prompts/stop", test_stop_while_pending);
  g_test_add_func ("/cliptagger-worker/prompts/signal", test_signal);
  g_test_add_func ("/cliptagger-worker/file/watched", test_watched_file);
  g_test_add_func ("/cliptagger-worker/file/watched-late", test_watched_late);
  g_test_add_data_func ("/cliptagger-worker/batches/go-on", NULL, test_batches);
  g_test_add_data_func ("/cliptagger-worker/batches/flush", "flush", test_batches);
  g_test_add_func ("/cliptagger-worker/regions", test_regions);
  return g_test_run ();
}
