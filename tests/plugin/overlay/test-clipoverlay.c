/* SPDX-License-Identifier: MIT
 *
 * test-clipoverlay.c: the overlay changes the pixels of its panel and no others, in every format, and touches neither
 * frames without labels nor memory that somebody else holds.
 */
#include <string.h>

#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "common/debuglog.h"
#include "gstcliptagmeta.h"

static const GstClipTagLabel some_labels[] = {
  { 0, (gchar *)"a delivery van", 0.8, 0.30 },
  { 1, (gchar *)"<b>a person & a ladder", 0.15, 0.25 },
  { 2, (gchar *)"caf\xc3\xa9", 0.05, 0.20 },
};

static GstClipTags *
new_tags (guint n)
{
  return gst_clip_tags_new ("model", "0123456789abcdef", 0, some_labels, n, NULL, 0);
}

static GstHarness *
new_overlay (GstVideoInfo *info, GstVideoFormat format, guint width, guint height)
{
  GstHarness *h = gst_harness_new ("clipoverlay");

  gst_video_info_set_format (info, format, width, height);
  gst_harness_set_caps (h, gst_video_info_to_caps (info), gst_video_info_to_caps (info));
  return h;
}

/* Mid grey or thereabouts in every format, but no two neighbouring bytes alike. */
static GstBuffer *
new_frame (const GstVideoInfo *info)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < map.size; i++)
    map.data[i] = 0x80 + (i & 1);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = 0;
  return buffer;
}

static GstBuffer *
new_tagged_frame (const GstVideoInfo *info, guint n_labels)
{
  GstBuffer *buffer = new_frame (info);
  g_autoptr (GstClipTags) tags = new_tags (n_labels);

  gst_buffer_add_clip_tag_meta (buffer, tags, 0, TRUE);
  return buffer;
}

static void
assert_same_bytes (GstBuffer *a, GstBuffer *b)
{
  GstMapInfo map;

  g_assert_cmpuint (gst_buffer_get_size (a), ==, gst_buffer_get_size (b));
  gst_buffer_map (a, &map, GST_MAP_READ);
  g_assert_cmpint (gst_buffer_memcmp (b, 0, map.data, map.size), ==, 0);
  gst_buffer_unmap (a, &map);
}

typedef struct
{
  gint left, top, right, bottom; /* the last two beyond the box; right = 0: nothing changed */
} Box;

/* The box of frame pixels of which any component changed. For formats of whole bytes. */
static Box
changed_box (const GstVideoInfo *info, GstBuffer *before, GstBuffer *after)
{
  Box box = { G_MAXINT, G_MAXINT, 0, 0 };
  GstVideoFrame a, b;

  g_assert_true (gst_video_frame_map (&a, info, before, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&b, info, after, GST_MAP_READ));
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&a); c++) {
    gint step_x = 1 << GST_VIDEO_FORMAT_INFO_W_SUB (info->finfo, c);
    gint step_y = 1 << GST_VIDEO_FORMAT_INFO_H_SUB (info->finfo, c);

    for (gint y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&a, c); y++)
      for (gint x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (&a, c); x++) {
        const guint8 *p = GST_VIDEO_FRAME_COMP_DATA (&a, c);
        const guint8 *q = GST_VIDEO_FRAME_COMP_DATA (&b, c);

        p += y * GST_VIDEO_FRAME_COMP_STRIDE (&a, c) + x * GST_VIDEO_FRAME_COMP_PSTRIDE (&a, c);
        q += y * GST_VIDEO_FRAME_COMP_STRIDE (&b, c) + x * GST_VIDEO_FRAME_COMP_PSTRIDE (&b, c);
        if (*p == *q)
          continue;
        box.left = MIN (box.left, x * step_x);
        box.top = MIN (box.top, y * step_y);
        box.right = MAX (box.right, (x + 1) * step_x);
        box.bottom = MAX (box.bottom, (y + 1) * step_y);
      }
  }
  gst_video_frame_unmap (&b);
  gst_video_frame_unmap (&a);
  return box;
}

/* Pushes a labelled frame and returns where the outcome differs from it. */
static Box
draw (GstHarness *h, const GstVideoInfo *info, guint n_labels)
{
  g_autoptr (GstBuffer) before = new_frame (info);
  g_autoptr (GstBuffer) after = gst_harness_push_and_pull (h, new_tagged_frame (info, n_labels));

  g_assert_nonnull (after);
  return changed_box (info, before, after);
}

static void
test_inside_only (gconstpointer data)
{
  GstVideoFormat format = gst_video_format_from_string (data);
  GstVideoInfo info;
  GstHarness *h = new_overlay (&info, format, 320, 240);
  Box box = draw (h, &info, 3);

  g_assert_cmpint (box.right, >, 100);
  g_assert_cmpint (box.right, <, 240);
  g_assert_cmpint (box.bottom, >, 40);
  g_assert_cmpint (box.bottom, <, 120);

  gst_util_set_object_arg (G_OBJECT (h->element), "position", "bottom-right");
  box = draw (h, &info, 3);
  g_assert_cmpint (box.left, >, 80);
  g_assert_cmpint (box.right, >, 300);
  g_assert_cmpint (box.top, >, 120);
  g_assert_cmpint (box.bottom, >, 220);
  gst_harness_teardown (h);
}

static void
test_every_format (void)
{
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_make ("clipoverlay", NULL));
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "sink");
  g_autoptr (GstCaps) caps = gst_pad_get_pad_template_caps (pad);
  const GValue *formats = gst_structure_get_value (gst_caps_get_structure (caps, 0), "format");

  g_assert_cmpuint (gst_value_list_get_size (formats), >, 50);
  for (guint i = 0; i < gst_value_list_get_size (formats); i++) {
    const gchar *name = g_value_get_string (gst_value_list_get_value (formats, i));
    GstVideoInfo info;
    GstHarness *h = new_overlay (&info, gst_video_format_from_string (name), 322, 242);
    g_autoptr (GstBuffer) before = new_frame (&info);
    g_autoptr (GstBuffer) after = gst_harness_push_and_pull (h, new_tagged_frame (&info, 3));
    GstMapInfo map;

    gst_buffer_map (before, &map, GST_MAP_READ);
    if (gst_buffer_memcmp (after, 0, map.data, map.size) == 0)
      g_test_fail_printf ("nothing was drawn into %s", name);
    gst_buffer_unmap (before, &map);
    gst_harness_teardown (h);
  }
}

static void
test_nothing_to_draw (void)
{
  GstVideoInfo info;
  GstHarness *h = new_overlay (&info, GST_VIDEO_FORMAT_I420, 320, 240);
  GstBuffer *frames[] = { new_frame (&info), new_tagged_frame (&info, 0), new_tagged_frame (&info, 3) };

  g_object_set (h->element, "min-confidence", 0.9, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (frames); i++) {
    g_autoptr (GstBuffer) before = new_frame (&info);
    /* A second reference makes the buffer unwritable: no reason to copy it either. */
    GstBuffer *out = gst_harness_push_and_pull (h, gst_buffer_ref (frames[i]));

    g_assert_true (out == frames[i]);
    assert_same_bytes (before, out);
    gst_buffer_unref (out);
    gst_buffer_unref (frames[i]);
  }
  gst_harness_teardown (h);
}

static void
test_shared_buffer (void)
{
  GstVideoInfo info;
  GstHarness *h = new_overlay (&info, GST_VIDEO_FORMAT_NV12, 320, 240);
  g_autoptr (GstBuffer) before = new_frame (&info);
  g_autoptr (GstBuffer) held = new_tagged_frame (&info, 3);
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, gst_buffer_ref (held));

  g_assert_true (out != held);
  assert_same_bytes (before, held);
  g_assert_cmpint (changed_box (&info, before, out).right, >, 0);
  g_assert_nonnull (gst_buffer_get_clip_tag_meta (out));
  gst_harness_teardown (h);
}

/* As behind a tee whose branch made the buffer, but not its memory, its own. */
static void
test_shared_memory (void)
{
  GstVideoInfo info;
  GstHarness *h = new_overlay (&info, GST_VIDEO_FORMAT_RGB, 320, 240);
  g_autoptr (GstBuffer) before = new_frame (&info);
  g_autoptr (GstBuffer) held = new_tagged_frame (&info, 3);
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, gst_buffer_copy (held));

  assert_same_bytes (before, held);
  g_assert_cmpint (changed_box (&info, before, out).right, >, 0);
  gst_harness_teardown (h);
}

static void
test_tee (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch ("appsrc name=src ! tee name=t "
                                                      "t. ! queue ! clipoverlay ! fakesink name=drawn sync=false "
                                                      "t. ! queue ! fakesink name=plain sync=false",
      &error);
  g_autoptr (GstElement) src = NULL;
  g_autoptr (GstElement) drawn = NULL;
  g_autoptr (GstElement) plain = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GstSample) drawn_sample = NULL;
  g_autoptr (GstSample) plain_sample = NULL;
  g_autoptr (GstBuffer) before = NULL;
  GstVideoInfo info;
  GstBuffer *buffer;
  GstFlowReturn ret;

  g_assert_no_error (error);
  src = gst_bin_get_by_name (GST_BIN (pipeline), "src");
  drawn = gst_bin_get_by_name (GST_BIN (pipeline), "drawn");
  plain = gst_bin_get_by_name (GST_BIN (pipeline), "plain");
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_YUY2, 320, 240);
  caps = gst_video_info_to_caps (&info);
  g_object_set (src, "caps", caps, "format", GST_FORMAT_TIME, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);

  before = new_frame (&info);
  buffer = new_tagged_frame (&info, 3);
  g_signal_emit_by_name (src, "push-buffer", buffer, &ret);
  gst_buffer_unref (buffer);
  g_signal_emit_by_name (src, "end-of-stream", &ret);
  bus = gst_element_get_bus (pipeline);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);

  g_object_get (drawn, "last-sample", &drawn_sample, NULL);
  g_object_get (plain, "last-sample", &plain_sample, NULL);
  assert_same_bytes (before, gst_sample_get_buffer (plain_sample));
  g_assert_cmpint (changed_box (&info, before, gst_sample_get_buffer (drawn_sample)).right, >, 0);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* Rows longer than the picture, as decoders and cameras give them: their ends stay what they were. */
static void
test_padded_rows (void)
{
  enum
  {
    STRIDE = 1024,
    ROWS = 240
  };
  GstVideoInfo info;
  GstHarness *h = new_overlay (&info, GST_VIDEO_FORMAT_RGB, 320, ROWS);
  gsize offsets[GST_VIDEO_MAX_PLANES] = { 0 };
  gint strides[GST_VIDEO_MAX_PLANES] = { STRIDE };
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, STRIDE * ROWS, NULL);
  g_autoptr (GstBuffer) out = NULL;
  g_autoptr (GstClipTags) tags = new_tags (3);
  GstMapInfo map;
  guint drawn = 0;

  gst_buffer_memset (buffer, 0, 0x55, STRIDE * ROWS);
  gst_buffer_add_video_meta_full (
      buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, 320, ROWS, 1, offsets, strides);
  gst_buffer_add_clip_tag_meta (buffer, tags, 0, TRUE);
  out = gst_harness_push_and_pull (h, buffer);
  gst_buffer_map (out, &map, GST_MAP_READ);
  for (guint y = 0; y < ROWS; y++)
    for (guint x = 0; x < STRIDE; x++) {
      if (x >= 3 * 320)
        g_assert_cmpuint (map.data[y * STRIDE + x], ==, 0x55);
      else
        drawn += map.data[y * STRIDE + x] != 0x55;
    }
  g_assert_cmpuint (drawn, >, 1000);
  gst_buffer_unmap (out, &map);
  gst_harness_teardown (h);
}

static void
test_size_follows_frame (void)
{
  GstVideoInfo info, larger;
  GstHarness *h = new_overlay (&info, GST_VIDEO_FORMAT_I420, 640, 360);
  Box small = draw (h, &info, 1), large;

  /* The same stream goes on at twice the size. */
  gst_video_info_set_format (&larger, GST_VIDEO_FORMAT_I420, 1280, 720);
  gst_harness_set_caps (h, gst_video_info_to_caps (&larger), gst_video_info_to_caps (&larger));
  large = draw (h, &larger, 1);
  g_assert_cmpint (large.right, >=, small.right * 19 / 10);
  g_assert_cmpint (large.right, <=, small.right * 21 / 10);
  g_assert_cmpint (large.bottom, >=, small.bottom * 18 / 10);
  g_assert_cmpint (large.bottom, <=, small.bottom * 22 / 10);
  gst_harness_teardown (h);
}

static void
test_odd_sizes (void)
{
  static const guint sizes[][2] = { { 1, 1 }, { 2, 2 }, { 3, 1 }, { 16, 16 }, { 17, 5 }, { 40, 33 }, { 64, 48 },
    { 161, 121 }, { 5, 900 }, { 900, 5 }, { 4095, 64 } };
  static const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_RGB };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint f = 0; f < G_N_ELEMENTS (formats); f++)
      for (gint position = 0; position < 4; position++) {
        GstVideoInfo info;
        GstHarness *h = new_overlay (&info, formats[f], sizes[i][0], sizes[i][1]);

        g_object_set (h->element, "position", position, "max-labels", 50, NULL);
        draw (h, &info, 3);
        gst_harness_teardown (h);
      }
}

/* Each tagger has a panel, in the same corner, and all the room that one leaves; of one tagger the newest is shown. */
static void
test_taggers (void)
{
  static const char *const positions[] = { "top-left", "top-right", "bottom-left", "bottom-right" };

  for (guint i = 0; i < G_N_ELEMENTS (positions); i++) {
    GstVideoInfo info;
    GstHarness *h = new_overlay (&info, GST_VIDEO_FORMAT_RGB, 640, 480);
    g_autoptr (GstBuffer) before = new_frame (&info), two = new_tagged_frame (&info, 2), old = NULL, drawn = NULL;
    g_autoptr (GstBuffer) again = NULL;
    g_autoptr (GstClipTags) tags = new_tags (3);
    gboolean bottom = g_str_has_prefix (positions[i], "bottom");
    Box one, both;

    gst_util_set_object_arg (G_OBJECT (h->element), "position", positions[i]);
    one = draw (h, &info, 2);
    gst_clip_tag_meta_set_result (gst_buffer_get_clip_tag_meta (two), "faces", 5);
    gst_clip_tag_meta_set_result (gst_buffer_add_clip_tag_meta (two, tags, 0, TRUE), "weather", 6);
    old = gst_buffer_copy_deep (two);
    drawn = gst_harness_push_and_pull (h, g_steal_pointer (&two));
    both = changed_box (&info, before, drawn);
    if (bottom)
      g_assert_cmpint (both.bottom, ==, one.bottom);
    else
      g_assert_cmpint (both.top, ==, one.top);
    g_assert_cmpint (both.bottom - both.top, >, 2 * (one.bottom - one.top));

    /* An older result of the same tagger, also where it comes last. */
    g_autoptr (GstClipTags) outdated = new_tags (1);
    gst_clip_tag_meta_set_result (gst_buffer_add_clip_tag_meta (old, outdated, 0, TRUE), "faces", 4);
    again = gst_harness_push_and_pull (h, g_steal_pointer (&old));
    assert_same_bytes (again, drawn);
    gst_harness_teardown (h);
  }
}

static void
test_properties (void)
{
  GstVideoInfo info;
  GstHarness *h = new_overlay (&info, GST_VIDEO_FORMAT_I420, 320, 240);
  g_autoptr (GstClipTags) tags = new_tags (3);
  Box three = draw (h, &info, 3), one;

  g_object_set (h->element, "max-labels", 1, NULL);
  one = draw (h, &info, 3);
  g_assert_cmpint (one.bottom, <, three.bottom);
  g_object_set (h->element, "max-labels", 5, "min-confidence", 0.5, NULL);
  g_assert_cmpint (draw (h, &info, 3).bottom, ==, one.bottom);

  /* One result on several frames is drawn alike on all, and a property set between them takes effect. */
  g_object_set (h->element, "min-confidence", 0.0, NULL);
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GstBuffer) before = new_frame (&info);
    GstBuffer *buffer = new_frame (&info);
    g_autoptr (GstBuffer) out = NULL;
    Box box;

    gst_buffer_add_clip_tag_meta (buffer, tags, i * GST_SECOND / 25, i == 0);
    if (i == 2)
      g_object_set (h->element, "max-labels", 1, NULL);
    out = gst_harness_push_and_pull (h, buffer);
    box = changed_box (&info, before, out);
    g_assert_cmpint (box.bottom, ==, i == 2 ? one.bottom : three.bottom);
  }
  gst_harness_teardown (h);
}

static void
add_region (GstBuffer *buffer, guint x, guint y, guint w, guint h)
{
  g_autoptr (GstClipTags) tags = new_tags (1);

  gst_video_region_of_interest_meta_add_param (gst_buffer_add_video_region_of_interest_meta (buffer, "car", x, y, w, h),
      gst_structure_new ("clip-tags", "tags", GST_TYPE_CLIP_TAGS, tags, NULL));
}

static void
test_regions (gconstpointer data)
{
  GstVideoInfo info;
  GstHarness *h = new_overlay (&info, gst_video_format_from_string (data), 640, 360);
  g_autoptr (GstBuffer) before = new_frame (&info);
  g_autoptr (GstBuffer) drawn = NULL;
  GstBuffer *buffer = new_frame (&info), *plain = new_frame (&info), *out;
  Box box;

  add_region (buffer, 300, 160, 200, 100);
  drawn = gst_harness_push_and_pull (h, buffer);
  box = changed_box (&info, before, drawn);
  g_assert_cmpint (box.left, ==, 300);
  g_assert_cmpint (box.top, <, 150); /* the text is above */
  g_assert_cmpint (box.top, >, 120);
  g_assert_cmpint (box.right, ==, 500);
  g_assert_cmpint (box.bottom, ==, 260);

  /* Below the confidence that was asked for, and without labels, nothing is drawn nor copied. */
  g_object_set (h->element, "min-confidence", 0.9, NULL);
  add_region (plain, 300, 160, 200, 100);
  out = gst_harness_push_and_pull (h, gst_buffer_ref (plain));
  g_assert_true (out == plain);
  assert_same_bytes (before, out);
  gst_buffer_unref (out);
  gst_buffer_unref (plain);
  gst_harness_teardown (h);
}

/* Wherever regions lie, and on frames of any size. */
static void
test_odd_regions (void)
{
  static const guint sizes[][2] = { { 1, 1 }, { 3, 1 }, { 17, 5 }, { 64, 48 }, { 161, 121 }, { 5, 900 } };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    GstVideoInfo info;
    GstHarness *h = new_overlay (&info, GST_VIDEO_FORMAT_I420, sizes[i][0], sizes[i][1]);
    GstBuffer *buffer = new_frame (&info);

    for (gint k = 0; k < 200; k++)
      add_region (buffer, k - 10, k * 7 - 30, k * k, k % 11 ? (guint)k : G_MAXUINT);
    gst_buffer_unref (gst_harness_push_and_pull (h, buffer));
    gst_harness_teardown (h);
  }
}

static GError *
pop_warning (GstBus *bus)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);
  GError *error = NULL;

  if (!message)
    return NULL;
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_WARNING);
  gst_message_parse_warning (message, &error, NULL);
  return error;
}

/* A frame that cannot be drawn on passes as it is, with a warning for the first one in a row. */
static void
test_unmappable (void)
{
  GstVideoInfo info;
  GstHarness *h = new_overlay (&info, GST_VIDEO_FORMAT_RGB, 320, 240);
  g_autoptr (GstBus) bus = gst_bus_new ();

  gst_element_set_bus (h->element, bus);
  for (guint row = 0; row < 2; row++) {
    for (guint i = 0; i < 3; i++) {
      GstBuffer *cut = new_tagged_frame (&info, 3);
      g_autoptr (GError) warning = NULL;

      gst_buffer_set_size (cut, 1000);
      gst_buffer_unref (gst_harness_push_and_pull (h, cut));
      warning = pop_warning (bus);
      if (i == 0)
        g_assert_error (warning, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
      else
        g_assert_no_error (warning);
    }
    g_assert_cmpint (draw (h, &info, 3).right, >, 0);
    g_assert_null (pop_warning (bus));
  }
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

static void
test_bad_orientation (void)
{
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_make ("clipoverlay", NULL));
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GError) warning = NULL;

  gst_element_set_bus (element, bus);
  gst_util_set_object_arg (G_OBJECT (element), "orientation", "custom");
  warning = pop_warning (bus);
  g_assert_error (warning, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
  gst_element_set_bus (element, NULL);
}

/* GST_DEBUG=clipoverlay:6 tells of caps, segment and flush, of each drawing, and of each frame. */
static void
test_debug (void)
{
  GstVideoInfo info;
  GstHarness *h;
  GstBuffer *cut;
  g_autoptr (GPtrArray) log = NULL;

  debug_log_start ("clipoverlay");
  h = new_overlay (&info, GST_VIDEO_FORMAT_RGB, 320, 240);
  draw (h, &info, 3);
  gst_buffer_unref (gst_harness_push_and_pull (h, new_frame (&info)));
  cut = new_tagged_frame (&info, 1);
  gst_buffer_set_size (cut, 1000);
  gst_buffer_unref (gst_harness_push_and_pull (h, cut));
  g_assert_true (gst_harness_push_event (h, gst_event_new_flush_start ()));
  g_assert_true (gst_harness_push_event (h, gst_event_new_flush_stop (TRUE)));
  gst_harness_teardown (h);
  log = debug_log_end ();

  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_DEBUG, "caps: "), ==, 1);
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_DEBUG, "segment event"), ==, 1);
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_DEBUG, "flush-start"), ==, 1);
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_DEBUG, "flush-stop"), ==, 1);
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_DEBUG, "drew a panel of 3 labels"), ==, 1);
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_LOG, "1 results, 1 panels"), ==, 2);
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_LOG, "no labels"), ==, 1);
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_WARNING, "cannot be mapped for writing"), >=, 1);
}

int
main (int argc, char **argv)
{
  static const gchar *const formats[] = { "I420", "YV12", "NV12", "NV21", "YUY2", "UYVY", "Y42B", "Y444", "GRAY8",
    "RGB", "BGR", "RGBx", "BGRx", "xRGB", "ARGB" };

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree gchar *path = g_strdup_printf ("/clipoverlay/inside-only/%s", formats[i]);

    g_test_add_data_func (path, formats[i], test_inside_only);
    g_free (path);
    path = g_strdup_printf ("/clipoverlay/regions/%s", formats[i]);
    g_test_add_data_func (path, formats[i], test_regions);
  }
  g_test_add_func ("/clipoverlay/every-format", test_every_format);
  g_test_add_func ("/clipoverlay/nothing-to-draw", test_nothing_to_draw);
  g_test_add_func ("/clipoverlay/shared-buffer", test_shared_buffer);
  g_test_add_func ("/clipoverlay/shared-memory", test_shared_memory);
  g_test_add_func ("/clipoverlay/tee", test_tee);
  g_test_add_func ("/clipoverlay/padded-rows", test_padded_rows);
  g_test_add_func ("/clipoverlay/size-follows-frame", test_size_follows_frame);
  g_test_add_func ("/clipoverlay/odd-sizes", test_odd_sizes);
  g_test_add_func ("/clipoverlay/odd-regions", test_odd_regions);
  g_test_add_func ("/clipoverlay/taggers", test_taggers);
  g_test_add_func ("/clipoverlay/properties", test_properties);
  g_test_add_func ("/clipoverlay/unmappable", test_unmappable);
  g_test_add_func ("/clipoverlay/bad-orientation", test_bad_orientation);
  g_test_add_func ("/clipoverlay/debug", test_debug);
  return g_test_run ();
}
