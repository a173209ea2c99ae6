/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-frames.c: whatever frames come, cliptagger reads them right and never copies them.
 */
#include <math.h>

#include "tagger.h"

static const char *const formats[] = { "I420", "YV12", "NV12", "NV21", "YUY2", "UYVY", "Y42B", "Y444", "RGB", "BGR",
  "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA", "ARGB", "ABGR", "GRAY8" };

/* Every frame, with its embedding. */
static Tagger
start_embedding (const char *caps)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "frame-rate", 0.0, "attach-embedding", TRUE, "top-k", 0, NULL);
  return tagger_start (element, caps);
}

/* Takes the buffer. */
static GstClipTags *
label (Tagger *t, GstBuffer *buffer)
{
  g_autoptr (GstBuffer) out = tagger_pass (t, buffer);
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (out);
  g_assert_nonnull (meta);
  g_assert_true (meta->sampled);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (meta->tags), ==, 3);
  return gst_clip_tags_ref (meta->tags);
}

static gdouble
dot (GstClipTags *a, GstClipTags *b)
{
  guint n, m;
  const gfloat *x = gst_clip_tags_get_embedding (a, &n), *y = gst_clip_tags_get_embedding (b, &m);
  g_assert_cmpuint (n, >, 0);
  g_assert_cmpuint (n, ==, m);
  gdouble sum = 0;
  for (guint i = 0; i < n; i++)
    sum += (gdouble)x[i] * y[i];
  return sum;
}

static char *
make_caps (const char *format, gint width, gint height)
{
  return g_strdup_printf ("video/x-raw,format=%s,width=%d,height=%d,framerate=30/1", format, width, height);
}

static void
test_sizes (void)
{
  static const gint sizes[][2]
      = { { 1, 1 }, { 2, 1 }, { 1, 7 }, { 3, 5 }, { 17, 31 }, { 33, 2 }, { 720, 3 }, { 321, 241 } };
  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    g_autofree char *first = make_caps (formats[f], 4, 4);
    Tagger t = start_embedding (first);
    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
      g_autofree char *caps = make_caps (formats[f], sizes[s][0], sizes[s][1]);
      gst_harness_set_src_caps_str (t.harness, caps);
      g_autoptr (GstClipTags) tags = label (&t, tagger_frame_for_caps (caps, 1));
      g_assert_cmpfloat (fabs (dot (tags, tags) - 1), <, 1e-5); /* unit length in 32-bit floats */
    }
    tagger_stop (&t);
  }
}

/* The frame with padding around every plane, described by GstVideoMeta. */
static GstBuffer *
padded_frame (const GstVideoInfo *info, guint seed)
{
  GstVideoInfo padded = *info;
  GstVideoAlignment align;
  gst_video_alignment_reset (&align);
  align.padding_left = 16;
  align.padding_right = 22;
  align.padding_top = 4;
  align.padding_bottom = 6;
  g_assert_true (gst_video_info_align (&padded, &align));

  GstBuffer *buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&padded), NULL);
  gst_buffer_memset (buffer, 0, 0xa5, GST_VIDEO_INFO_SIZE (&padded));
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT (&padded),
      GST_VIDEO_INFO_WIDTH (&padded), GST_VIDEO_INFO_HEIGHT (&padded), GST_VIDEO_INFO_N_PLANES (&padded), padded.offset,
      padded.stride);

  tagger_fill (buffer, info, seed);
  return buffer;
}

static void
test_padding (void)
{
  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    g_autofree char *caps = make_caps (formats[f], 45, 27);
    g_autoptr (GstCaps) parsed = gst_caps_from_string (caps);
    GstVideoInfo info;
    g_assert_true (gst_video_info_from_caps (&info, parsed));

    Tagger t = start_embedding (caps);
    g_autoptr (GstClipTags) expected = label (&t, tagger_frame (&info, 2));
    g_autoptr (GstClipTags) tags = label (&t, padded_frame (&info, 2));
    assert_same_tags (expected, tags);
    tagger_stop (&t);
  }
}

/* One picture in all formats, by GStreamer's converter. It is soft, so that subsampling its chroma loses little. */
static GstBuffer *
convert_frame (const GstVideoInfo *from_info, GstBuffer *from, const GstVideoInfo *to_info)
{
  GstBuffer *to = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (to_info), NULL);
  GstVideoConverter *converter = gst_video_converter_new (from_info, to_info, NULL);
  GstVideoFrame a, b;
  g_assert_true (gst_video_frame_map (&a, from_info, from, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&b, to_info, to, GST_MAP_WRITE));
  gst_video_converter_frame (converter, &a, &b);
  gst_video_frame_unmap (&a);
  gst_video_frame_unmap (&b);
  gst_video_converter_free (converter);
  return to;
}

static GstBuffer *
soft_rgb (const GstVideoInfo *info)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);
  GstVideoFrame frame;
  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  gint width = GST_VIDEO_INFO_WIDTH (info), height = GST_VIDEO_INFO_HEIGHT (info);
  for (gint y = 0; y < height; y++) {
    guint8 *row = (guint8 *)GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) + y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);
    for (gint x = 0; x < width; x++) {
      row[3 * x] = 30 + 200 * x / width;
      row[3 * x + 1] = 30 + 200 * y / height;
      row[3 * x + 2] = 220 - 150 * (x + y) / (width + height);
    }
  }
  gst_video_frame_unmap (&frame);
  return buffer;
}

/* BT.709's colours by the numbers that BT.2020's primaries have for them (ITU-R BT.2087, at BT.1886's gamma), which
 * GStreamer's converter does not do by itself. */
static GstBuffer *
widen_primaries (const GstVideoInfo *info, GstBuffer *rgb)
{
  static const gdouble matrix[3][3]
      = { { 0.6274, 0.3293, 0.0433 }, { 0.0691, 0.9195, 0.0114 }, { 0.0164, 0.0880, 0.8956 } };
  GstBuffer *wide = gst_buffer_copy_deep (rgb);
  GstVideoFrame frame;
  g_assert_true (gst_video_frame_map (&frame, info, wide, GST_MAP_READWRITE));
  for (gint y = 0; y < GST_VIDEO_INFO_HEIGHT (info); y++) {
    guint8 *pixel = (guint8 *)GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) + y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);
    for (gint x = 0; x < GST_VIDEO_INFO_WIDTH (info); x++, pixel += 3) {
      gdouble light[3];
      for (guint c = 0; c < 3; c++)
        light[c] = pow (pixel[c] / 255.0, 2.4);
      for (guint c = 0; c < 3; c++) {
        gdouble sum = matrix[c][0] * light[0] + matrix[c][1] * light[1] + matrix[c][2] * light[2];
        pixel[c] = (guint8)(255 * pow (sum, 1 / 2.4) + 0.5);
      }
    }
  }
  gst_video_frame_unmap (&frame);
  return wide;
}

static void
check_same_picture (const char *format, const char *colorimetry, GstBuffer *rgb, GstClipTags *expected)
{
  g_autofree char *rgb_caps = make_caps ("RGB", 96, 64);
  g_autofree char *caps = g_strdup_printf ("video/x-raw,format=%s,width=96,height=64,framerate=30/1%s%s", format,
      *colorimetry ? ",colorimetry=" : "", colorimetry);
  g_autoptr (GstCaps) rgb_parsed = gst_caps_from_string (rgb_caps), parsed = gst_caps_from_string (caps);
  GstVideoInfo rgb_info, info;
  g_assert_true (gst_video_info_from_caps (&rgb_info, rgb_parsed) && gst_video_info_from_caps (&info, parsed));

  Tagger t = start_embedding (caps);
  gboolean is_wide = info.colorimetry.primaries == GST_VIDEO_COLOR_PRIMARIES_BT2020;
  g_autoptr (GstBuffer) source = is_wide ? widen_primaries (&rgb_info, rgb) : gst_buffer_ref (rgb);
  g_autoptr (GstClipTags) tags = label (&t, convert_frame (&rgb_info, source, &info));
  gdouble cosine = dot (expected, tags);
  g_test_message ("%s %s: cosine %.6f", format, colorimetry, cosine);
  if (GST_VIDEO_INFO_IS_RGB (&info))
    assert_same_tags (expected, tags);
  else
    g_assert_cmpfloat (cosine, >, 0.999);
  tagger_stop (&t);
}

static void
test_same_picture (void)
{
  static const char *const colorimetries[]
      = { "bt601", "bt709", "bt2020", "2:6:5:1", "smpte240m", "1:4:0:0", "2:4:0:0" };
  g_autofree char *caps = make_caps ("RGB", 96, 64);
  g_autoptr (GstCaps) parsed = gst_caps_from_string (caps);
  GstVideoInfo info;
  g_assert_true (gst_video_info_from_caps (&info, parsed));
  g_autoptr (GstBuffer) rgb = soft_rgb (&info);
  Tagger t = start_embedding (caps);
  g_autoptr (GstClipTags) expected = label (&t, gst_buffer_ref (rgb));

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    if (g_str_equal (formats[f], "GRAY8"))
      continue;
    check_same_picture (formats[f], "", rgb, expected);
  }
  for (guint c = 0; c < G_N_ELEMENTS (colorimetries); c++)
    check_same_picture ("I420", colorimetries[c], rgb, expected);
  tagger_stop (&t);
}

static void
test_caps_change (void)
{
  static const char *const caps[] = {
    TINY_CAPS ("30/1"),
    "video/x-raw,format=I420,width=1,height=1,framerate=25/1",
    "video/x-raw,format=GRAY8,width=321,height=3,framerate=0/1",
    "video/x-raw,format=NV12,width=7680,height=4320,framerate=30/1",
    "video/x-raw,format=I420,width=720,height=576,framerate=25/1,interlace-mode=interleaved",
  };
  Tagger t = start_embedding (caps[0]);
  for (guint round = 0; round < 2; round++) {
    for (guint i = 0; i < G_N_ELEMENTS (caps); i++) {
      gst_harness_set_src_caps_str (t.harness, caps[i]);
      g_autoptr (GstClipTags) tags = label (&t, tagger_frame_for_caps (caps[i], 3));
    }
  }
  tagger_stop (&t);
}

/* Shared frames keep their memory and come out with metadata of their own; frames that are not pass as they are. */
static void
test_sharing (void)
{
  Tagger t = start_embedding (TINY_CAPS ("30/1"));

  g_autoptr (GstBuffer) shared = tagger_frame_for_caps (TINY_CAPS ("30/1"), 1);
  g_autoptr (GstBuffer) out = tagger_pass (&t, gst_buffer_ref (shared));
  g_assert_true (out != shared);
  g_assert_true (gst_buffer_peek_memory (out, 0) == gst_buffer_peek_memory (shared, 0));
  g_assert_null (gst_buffer_get_clip_tag_meta (shared));
  g_assert_nonnull (gst_buffer_get_clip_tag_meta (out));

  GstBuffer *alone = tagger_frame_for_caps (TINY_CAPS ("30/1"), 1);
  g_autoptr (GstBuffer) same = tagger_pass (&t, alone);
  g_assert_true (same == alone);
  tagger_stop (&t);
}

static void
collect_memory (GstElement *sink, GstBuffer *buffer, GstPad *pad, GPtrArray *memories)
{
  g_ptr_array_add (memories, gst_memory_ref (gst_buffer_peek_memory (buffer, 0)));
}

static void
test_tee (void)
{
  g_autofree char *model = test_golden (TINY_MODEL);
  g_autofree char *line = g_strdup_printf (
      "videotestsrc num-buffers=20 ! video/x-raw,format=I420,width=64,height=48 ! tee name=t "
      "t. ! queue ! fakesink name=plain signal-handoffs=true "
      "t. ! queue ! cliptagger model=%s prompts=\"a;b\" frame-rate=0 ! fakesink name=tagged signal-handoffs=true",
      model);
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) plain = gst_bin_get_by_name (GST_BIN (pipeline), "plain");
  g_autoptr (GstElement) tagged = gst_bin_get_by_name (GST_BIN (pipeline), "tagged");
  g_autoptr (GPtrArray) a = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_memory_unref);
  g_autoptr (GPtrArray) b = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_memory_unref);
  g_signal_connect (plain, "handoff", G_CALLBACK (collect_memory), a);
  g_signal_connect (tagged, "handoff", G_CALLBACK (collect_memory), b);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) end = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_true (end && GST_MESSAGE_TYPE (end) == GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  g_assert_cmpuint (a->len, ==, 20);
  g_assert_cmpuint (b->len, ==, 20);
  for (guint i = 0; i < a->len; i++)
    g_assert_true (a->pdata[i] == b->pdata[i]);
}

/* A frame that lies about its planes, or is too short, passes without labels; one warning for a row of them. */
static void
test_broken_frames (void)
{
  Tagger t = start_embedding ("video/x-raw,format=I420,width=64,height=48,framerate=30/1");
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0, 3072, 3840 };
  gint stride[GST_VIDEO_MAX_PLANES] = { 64, 80, 32 }; /* 24 rows of 80 do not fit behind byte 3072 */

  for (guint i = 0; i < 3; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, i == 1 ? 100 : 64 * 48 * 3 / 2, NULL);
    if (i != 1)
      gst_buffer_add_video_meta_full (
          buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_I420, 64, 48, 3, offset, stride);
    g_autoptr (GstBuffer) out = tagger_pass (&t, buffer);
    g_assert_null (gst_buffer_get_clip_tag_meta (out));
  }
  g_autoptr (GstMessage) warning = tagger_message (&t, GST_MESSAGE_WARNING, NULL);
  g_assert_nonnull (warning);
  g_assert_null (tagger_message (&t, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR, NULL));
  g_assert_cmpuint (tagger_count (t.element, "failed"), ==, 3);

  g_autoptr (GstClipTags) tags
      = label (&t, tagger_frame_for_caps ("video/x-raw,format=I420,width=64,height=48,framerate=30/1", 1));
  tagger_stop (&t);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cliptagger/frames/sizes", test_sizes);
  g_test_add_func ("/cliptagger/frames/padding", test_padding);
  g_test_add_func ("/cliptagger/frames/same-picture", test_same_picture);
  g_test_add_func ("/cliptagger/frames/caps-change", test_caps_change);
  g_test_add_func ("/cliptagger/frames/sharing", test_sharing);
  g_test_add_func ("/cliptagger/frames/tee", test_tee);
  g_test_add_func ("/cliptagger/frames/broken", test_broken_frames);
  return g_test_run ();
}
