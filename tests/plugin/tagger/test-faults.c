/* SPDX-License-Identifier: MIT
 *
 * test-faults.c: the elements where what seldom fails does: pictures that cannot be encoded or mapped, labels that are
 * far too long to draw.
 */
#include "faults.h"

#include "overlay/gstclipoverlay.h"
#include "tagger/gstcliptagger.h"
#include "regions.h"

static void
assert_no_error (Tagger *t)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (t->bus, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  g_assert_null (message);
}

/* Memory ran out. */
static void
pop_the_error (Tagger *t)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (t->bus, 20 * GST_SECOND, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_autoptr (GError) error = NULL;
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
}

/* ---- Pictures that cannot be encoded --------------------------------------------------------------------- */

static void
test_failing_jobs_async (void)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "frame-rate", 0.0, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "async");
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  fault_fail_encodings (5);
  for (guint i = 0; fault_n_failing_encodings () > 0; i++) {
    gst_buffer_unref (tagger_push (&t, i, 0));
    g_usleep (1000);
  }
  pop_the_error (&t);
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
  fault_fail_encodings (1);
  g_assert_cmpint (gst_harness_push (t.harness, buffer), ==, GST_FLOW_ERROR);
  pop_the_error (&t);
  g_assert_cmpuint (fault_n_failing_encodings (), ==, 0);
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
    fault_n_failing_maps = n;
    g_autoptr (GstBuffer) failed = gst_harness_push_and_pull (h, overlay_frame (&info, "a van", TRUE));
    g_assert_nonnull (failed);
    fault_n_failing_maps = 0;
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
  fault_n_texts = fault_n_texts_too_long = 0;
  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    for (guint shift = 0; shift < 4; shift++) {
      g_autoptr (GString) label = g_string_new (NULL);
      for (guint k = 0; k < shift; k++)
        g_string_append_c (label, 'a');
      while (label->len < 1 << 20)
        g_string_append (label, pieces[i]);
      gst_buffer_unref (gst_harness_push_and_pull (h, overlay_frame (&info, label->str, TRUE)));
    }
  g_assert_cmpuint (fault_n_texts, >, 0);
  g_assert_cmpuint (fault_n_texts_too_long, ==, 0);
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

  g_test_add_func ("/faults/encoding/async", test_failing_jobs_async);
  g_test_add_func ("/faults/encoding/regions", test_failing_regions_sync);
  g_test_add_func ("/faults/overlay/maps", test_failing_maps);
  g_test_add_func ("/faults/overlay/long-texts", test_long_texts);
  return g_test_run ();
}
