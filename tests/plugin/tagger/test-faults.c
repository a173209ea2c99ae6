/* SPDX-License-Identifier: MIT
 *
 * test-faults.c: the elements, built in with some of the functions that they call exchanged for these here, so that
 * what fails seldom fails at will, and what takes long takes as long as the test wants.
 */
#include "faults.h"

#include "overlay/gstclipoverlay.h"
#include "tagger/gstcliptagger.h"
#include "regions.h"

/* ---- What is exchanged ---------------------------------------------------------------------------------- */

static GMutex lock;
static GCond changed;
static gboolean gate_shut;
static guint n_at_gate, n_failing_encodings, n_failing_maps, n_texts_too_long, n_texts;

ClipLabels *
fault_labels_new (ClipContext *context, ClipPrompts *prompts, ClipProgress progress, gpointer user_data,
    const char *cache_dir, GError **error)
{
  g_mutex_lock (&lock);
  n_at_gate++;
  g_cond_broadcast (&changed);
  while (gate_shut)
    g_cond_wait (&changed, &lock);
  n_at_gate--;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
  return clip_labels_new_full (context, prompts, progress, user_data, cache_dir, error);
}

gboolean
fault_encode_pixels (ClipContext *context, const float *pixels, guint n, float *ret_embeddings, GError **error)
{
  g_mutex_lock (&lock);
  gboolean fails = n_failing_encodings > 0;
  n_failing_encodings -= fails;
  g_mutex_unlock (&lock);
  if (!fails)
    return clip_context_encode_pixels (context, pixels, n, ret_embeddings, error);
  g_set_error_literal (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "no memory for this test");
  return FALSE;
}

static void
fail_encodings (guint n)
{
  g_mutex_lock (&lock);
  n_failing_encodings = n;
  g_mutex_unlock (&lock);
}

static guint
n_encodings_to_fail (void)
{
  g_mutex_lock (&lock);
  guint n = n_failing_encodings;
  g_mutex_unlock (&lock);
  return n;
}

gboolean
fault_buffer_map (GstBuffer *buffer, GstMapInfo *info, GstMapFlags flags)
{
  if (!n_failing_maps)
    return gst_buffer_map (buffer, info, flags);
  n_failing_maps--;
  return FALSE;
}

void
fault_set_text (PangoLayout *layout, const char *text, int length)
{
  n_texts++;
  n_texts_too_long += strlen (text) > 4096 || !g_utf8_validate (text, -1, NULL);
  pango_layout_set_text (layout, text, length);
}

static void
set_gate (gboolean shut)
{
  g_mutex_lock (&lock);
  gate_shut = shut;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

static void
await_at_gate (guint n)
{
  g_mutex_lock (&lock);
  while (n_at_gate != n)
    g_cond_wait (&changed, &lock);
  g_mutex_unlock (&lock);
}

/* ---- The model is opened beside everything else ---------------------------------------------------------- */

/* Whatever waited for the gate here would wait for ever. */
static Tagger
start_gated (const char *mode, gboolean live)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "frame-rate", 0.0, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", mode);
  set_gate (TRUE);
  Tagger t = { .element = element, .bus = gst_bus_new () };
  gst_element_set_bus (element, t.bus);
  t.harness = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_set_live (t.harness, live);
  gst_harness_set_src_caps_str (t.harness, TINY_CAPS ("30/1"));
  await_at_gate (1);
  return t;
}

static gpointer
push_one (gpointer harness)
{
  return GINT_TO_POINTER (gst_harness_push (harness, tagger_frame_for_caps (TINY_CAPS ("30/1"), 1)));
}

static void
assert_no_error (Tagger *t)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (t->bus, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  g_assert_null (message);
}

static void
test_stop_while_opening (void)
{
  Tagger t = start_gated ("sync", FALSE);
  GThread *thread = g_thread_new ("push", push_one, t.harness);
  g_usleep (20000); /* it waits by now, or will not */
  g_assert_cmpint (gst_element_set_state (t.element, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_FLUSHING);
  assert_no_error (&t);

  /* A new start does not wait for what is left of the old one either. */
  g_assert_cmpint (gst_element_set_state (t.element, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_SUCCESS);
  gst_harness_set_src_caps_str (t.harness, TINY_CAPS ("30/1"));
  set_gate (FALSE);
  g_autoptr (GstBuffer) buffer = tagger_push (&t, 0, 0);
  g_assert_nonnull (gst_buffer_get_clip_tag_meta (buffer));
  assert_no_error (&t);
  tagger_stop (&t);
  await_at_gate (0);
}

static void
test_flush_while_opening (void)
{
  Tagger t = start_gated ("sync", FALSE);
  GThread *thread = g_thread_new ("push", push_one, t.harness);
  g_usleep (20000);
  g_assert_true (gst_harness_push_event (t.harness, gst_event_new_flush_start ()));
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_FLUSHING);
  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_assert_true (gst_harness_push_event (t.harness, gst_event_new_flush_stop (TRUE)));
  g_assert_true (gst_harness_push_event (t.harness, gst_event_new_segment (&segment)));
  set_gate (FALSE);
  g_autoptr (GstBuffer) buffer = tagger_push (&t, 0, 0);
  g_assert_nonnull (gst_buffer_get_clip_tag_meta (buffer));
  tagger_stop (&t);
}

/* Nobody watches a still picture: a live stream goes on, and labels begin when they are there. */
static void
test_live_while_opening (gconstpointer mode)
{
  Tagger t = start_gated (mode, TRUE);
  for (guint i = 0; i < 5; i++) {
    g_autoptr (GstBuffer) buffer = tagger_push (&t, i * GST_MSECOND, 0);
    g_assert_null (gst_buffer_get_clip_tag_meta (buffer));
  }
  g_assert_cmpuint (tagger_count (t.element, "frames"), ==, 5);
  set_gate (FALSE);
  tagger_await_model (t.element);
  for (GstClipTagMeta *meta = NULL; !meta; g_usleep (1000)) {
    g_autoptr (GstBuffer) buffer = tagger_push (&t, GST_SECOND, 0);
    meta = gst_buffer_get_clip_tag_meta (buffer);
  }
  assert_no_error (&t);
  tagger_stop (&t);
}

/* The property does not wait, and the last prompts are the ones that count. */
static void
test_prompts_while_opening (void)
{
  Tagger t = start_gated ("sync", FALSE);
  g_object_set (t.element, "prompts", "one;two", NULL);
  g_object_set (t.element, "prompts", "three;four", NULL);
  set_gate (FALSE);
  g_autoptr (GstBuffer) buffer = tagger_push (&t, 0, 0);
  GstClipTags *tags = gst_buffer_get_clip_tag_meta (buffer)->tags;
  g_assert_cmpuint (gst_clip_tags_get_n_labels (tags), ==, 2);
  const char *best = gst_clip_tags_get_label (tags, 0)->label;
  g_assert_true (g_str_equal (best, "three") || g_str_equal (best, "four"));
  assert_no_error (&t);
  tagger_stop (&t);
}

static GstMessage *
pop_the_error (Tagger *t)
{
  GstMessage *message = gst_bus_timed_pop_filtered (t->bus, 20 * GST_SECOND, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  return message;
}

static void
test_bad_prompts_while_opening (void)
{
  Tagger t = start_gated ("auto", TRUE);
  g_object_set (t.element, "prompts", ";;", NULL);
  set_gate (FALSE);
  g_autoptr (GstMessage) message = pop_the_error (&t);
  assert_no_error (&t);
  tagger_stop (&t);
}

/* ---- Prompts that are set while frames flow --------------------------------------------------------------- */

static gpointer
set_prompts (gpointer element)
{
  g_object_set (element, "prompts", "four;five;six;seven", NULL);
  return NULL;
}

/* However long whoever sets them is about to encode them, a stop does not wait for it. */
static void
test_stop_while_setting (void)
{
  Tagger t = tagger_start (tagger_element (TINY_MODEL), TINY_CAPS ("30/1"));
  gst_buffer_unref (tagger_push (&t, 0, 0));
  set_gate (TRUE);
  GThread *thread = g_thread_new ("setter", set_prompts, t.element);
  await_at_gate (1);
  g_assert_cmpint (gst_element_set_state (t.element, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  set_gate (FALSE);
  g_thread_join (thread);
  assert_no_error (&t);
  tagger_stop (&t);
}

/* ---- Pictures that cannot be encoded --------------------------------------------------------------------- */

static void
test_failing_jobs_async (void)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "frame-rate", 0.0, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "async");
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  fail_encodings (5);
  for (guint i = 0; n_encodings_to_fail () > 0; i++) {
    gst_buffer_unref (tagger_push (&t, i, 0));
    g_usleep (1000);
  }
  g_autoptr (GstMessage) message = pop_the_error (&t);
  /* One that is encoded comes after all that were not. */
  for (guint i = 0; tagger_count (element, "inferred") == 0; i++) {
    gst_buffer_unref (tagger_push (&t, GST_SECOND + i, 0));
    g_usleep (1000);
  }
  assert_no_error (&t);
  tagger_stop (&t);
}

/* The tracked object is tried again. */
static void
test_failing_regions_sync (void)
{
  const Region region = { "car", 4, 4, 40, 40, 5 };
  Tagger t = start ("inference-mode", 0, "reclassify-interval", 0, NULL);
  GstBuffer *buffer = new_frame (0);
  add_region (buffer, &region);
  fail_encodings (1);
  g_assert_cmpint (gst_harness_push (t.harness, buffer), ==, GST_FLOW_ERROR);
  g_assert_cmpuint (n_encodings_to_fail (), ==, 0);
  g_autoptr (GstBuffer) next = push (&t, 1, &region, 1);
  g_assert_cmpuint (count_labelled (next), ==, 1);
  tagger_stop (&t);
}

/* ---- What is drawn ---------------------------------------------------------------------------------------- */

static GstBuffer *
overlay_frame (const GstVideoInfo *info, const char *label, gboolean region)
{
  GstClipTagLabel labels[] = { { 0, (char *)label, 0.9, 0.3 } };
  g_autoptr (GstClipTags) tags = gst_clip_tags_new ("model", "", 0, labels, 1, NULL, 0);
  GstBuffer *buffer = tagger_frame (info, 1);
  gst_buffer_add_clip_tag_meta (buffer, tags, 0, TRUE);
  if (region)
    gst_video_region_of_interest_meta_add_param (
        gst_buffer_add_video_region_of_interest_meta (buffer, "car", 50, 50, 100, 90),
        gst_structure_new ("clip-tags", "tags", GST_TYPE_CLIP_TAGS, tags, NULL));
  return buffer;
}

static GstHarness *
start_overlay (GstVideoInfo *info)
{
  GstHarness *h = gst_harness_new ("clipoverlay");
  gst_video_info_set_format (info, GST_VIDEO_FORMAT_RGB, 320, 240);
  gst_harness_set_caps (h, gst_video_info_to_caps (info), gst_video_info_to_caps (info));
  return h;
}

/* Whichever buffer cannot be mapped, the frame passes; with the next one all is well. */
static void
test_failing_maps (void)
{
  GstVideoInfo info;
  GstHarness *h = start_overlay (&info);
  g_autoptr (GstBuffer) whole = gst_harness_push_and_pull (h, overlay_frame (&info, "a van", TRUE));
  g_autoptr (GstBuffer) plain = tagger_frame (&info, 1);
  GstMapInfo map;
  gst_harness_teardown (h);
  for (guint n = 1; n <= 6; n++) {
    h = start_overlay (&info);
    n_failing_maps = n;
    g_autoptr (GstBuffer) failed = gst_harness_push_and_pull (h, overlay_frame (&info, "a van", TRUE));
    g_assert_nonnull (failed);
    n_failing_maps = 0;
    g_autoptr (GstBuffer) next = gst_harness_push_and_pull (h, overlay_frame (&info, "a van", TRUE));
    g_assert_true (gst_buffer_map (whole, &map, GST_MAP_READ));
    g_assert_cmpint (gst_buffer_memcmp (next, 0, map.data, map.size), ==, 0);
    g_assert_cmpint (gst_buffer_memcmp (plain, 0, map.data, map.size), !=, 0);
    gst_buffer_unmap (whole, &map);
    gst_harness_teardown (h);
  }
}

/* A label of a megabyte is cut, between two characters, before anybody shapes it. */
static void
test_long_texts (void)
{
  static const char *const pieces[] = { "x", "\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x9a\x9a", "\xff", "\x80", "\n" };
  GstVideoInfo info;
  GstHarness *h = start_overlay (&info);
  n_texts = n_texts_too_long = 0;
  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    for (guint shift = 0; shift < 4; shift++) {
      g_autoptr (GString) label = g_string_new (NULL);
      for (guint k = 0; k < shift; k++)
        g_string_append_c (label, 'a');
      while (label->len < 1 << 20)
        g_string_append (label, pieces[i]);
      gst_buffer_unref (gst_harness_push_and_pull (h, overlay_frame (&info, label->str, TRUE)));
    }
  g_assert_cmpuint (n_texts, >, 0);
  g_assert_cmpuint (n_texts_too_long, ==, 0);
  gst_harness_teardown (h);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  /* Under the names of the real ones, which are nowhere to be found here. */
  gst_element_register (NULL, "cliptagger", GST_RANK_NONE, GST_TYPE_CLIP_TAGGER);
  gst_element_register (NULL, "clipoverlay", GST_RANK_NONE, GST_TYPE_CLIP_OVERLAY);

  g_test_add_func ("/faults/opening/stop", test_stop_while_opening);
  g_test_add_func ("/faults/opening/flush", test_flush_while_opening);
  g_test_add_data_func ("/faults/opening/live/async", "async", test_live_while_opening);
  g_test_add_data_func ("/faults/opening/live/auto", "auto", test_live_while_opening);
  g_test_add_func ("/faults/opening/prompts", test_prompts_while_opening);
  g_test_add_func ("/faults/opening/bad-prompts", test_bad_prompts_while_opening);
  g_test_add_func ("/faults/setting/stop", test_stop_while_setting);
  g_test_add_func ("/faults/encoding/async", test_failing_jobs_async);
  g_test_add_func ("/faults/encoding/regions", test_failing_regions_sync);
  g_test_add_func ("/faults/overlay/maps", test_failing_maps);
  g_test_add_func ("/faults/overlay/long-texts", test_long_texts);
  return g_test_run ();
}
