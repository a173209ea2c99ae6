/* SPDX-License-Identifier: MIT
 *
 * test-allocation.c: all elements work in place, so downstream gets the buffers that upstream makes: upstream may pad
 * and crop them (GstVideoMeta, GstVideoCropMeta) if, and only if, downstream copes with that.
 */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "tagger/tagger.h"

#define CAPS "video/x-raw,format=NV12,width=320,height=240,framerate=25/1"

static void
test_allocation (gconstpointer name)
{
  for (guint offered = 0; offered < 4; offered++) {
    g_autoptr (GstElement) element = g_str_equal (name, "cliptagger")
                                         ? tagger_element (TINY_MODEL)
                                         : gst_object_ref_sink (gst_element_factory_make (name, NULL));
    gboolean video = offered & 1, crop = (offered & 2) != 0;
    GstHarness *h = gst_harness_new_with_element (element, "sink", "src");
    g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
    g_autoptr (GstQuery) query = gst_query_new_allocation (caps, TRUE);

    if (video)
      gst_harness_add_propose_allocation_meta (h, GST_VIDEO_META_API_TYPE, NULL);
    if (crop)
      gst_harness_add_propose_allocation_meta (h, GST_VIDEO_CROP_META_API_TYPE, NULL);
    gst_harness_set_caps_str (h, CAPS, CAPS);
    g_assert_true (gst_pad_peer_query (h->srcpad, query));
    g_assert_cmpint (gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL), ==, video);
    g_assert_cmpint (gst_query_find_allocation_meta (query, GST_VIDEO_CROP_META_API_TYPE, NULL), ==, crop);
    gst_harness_teardown (h);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/allocation/cliptagger", "cliptagger", test_allocation);
  g_test_add_data_func ("/allocation/clipoverlay", "clipoverlay", test_allocation);
  g_test_add_data_func ("/allocation/cliplog", "cliplog", test_allocation);
  return g_test_run ();
}
