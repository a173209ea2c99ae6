/* SPDX-License-Identifier: MIT
 *
 * test-frame-formats.c: what videoconvert makes of the raw formats that the engine does not read, as cliptag embed uses
 * it.
 *
 * It may repack them, but transfer curve, primaries, matrix and range stay, and so does depth.
 */
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include "common/gstclipimage.h"

static GstSample *
convert (GstCaps *from, GstCaps *to, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "appsrc name=source format=time ! videoconvert dither=none ! appsink name=sink sync=false", &error);
  g_assert_no_error (error);
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_object_set (source, "caps", from, NULL);
  g_object_set (sink, "caps", to, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  gst_buffer_memset (buffer, 0, 64, size);
  gst_app_src_push_buffer (GST_APP_SRC (source), buffer);
  gst_app_src_end_of_stream (GST_APP_SRC (source));
  GstSample *sample = gst_app_sink_pull_sample (GST_APP_SINK (sink));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return sample;
}

static void
check (GstVideoFormat format, GstCaps *readable)
{
  const GstVideoFormatInfo *info = gst_video_format_get_info (format);
  gboolean is_rgb = GST_VIDEO_FORMAT_INFO_IS_RGB (info);
  g_autofree char *text = g_strdup_printf ("video/x-raw, format = %s, width = 64, height = 64, framerate = 25/1, "
                                           "pixel-aspect-ratio = 4/3, colorimetry = %s",
      info->name, is_rgb ? "1:1:14:7" : "bt2100-pq");
  g_autoptr (GstCaps) from = gst_caps_from_string (text);
  if (gst_caps_can_intersect (from, readable))
    return;
  GstVideoInfo before, after;
  g_assert_true (gst_video_info_from_caps (&before, from));
  g_autoptr (GstSample) sample = convert (from, readable, before.size);
  g_test_message ("%s", info->name);
  g_assert_nonnull (sample);
  g_assert_true (gst_video_info_from_caps (&after, gst_sample_get_caps (sample)));
  g_assert_true (gst_video_colorimetry_is_equal (&before.colorimetry, &after.colorimetry));
  g_assert_cmpint (GST_VIDEO_INFO_PAR_N (&after) * 3, ==, GST_VIDEO_INFO_PAR_D (&after) * 4);
  guint depth_before = GST_VIDEO_FORMAT_INFO_DEPTH (info, 0), depth_after = GST_VIDEO_INFO_COMP_DEPTH (&after, 0);
  g_assert_cmpuint (depth_after, >=, MIN (depth_before, 12));
}

static void
test_kept (void)
{
  g_autoptr (GstCaps) readable = gst_clip_image_make_caps ();
  guint n;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);
  g_assert_cmpuint (n, >, 50);
  for (guint i = 0; i < n; i++) {
    const GstVideoFormatInfo *info = gst_video_format_get_info (formats[i]);
    if (!GST_VIDEO_FORMAT_INFO_HAS_PALETTE (info) && info->unpack_func)
      check (formats[i], readable);
  }
}

int
main (int argc, char **argv)
{
  gst_init (NULL, NULL);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/frame-formats/kept", test_kept);
  return g_test_run ();
}
