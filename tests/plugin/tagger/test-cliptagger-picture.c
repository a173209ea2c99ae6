/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-picture.c: cliptagger looks at the picture as it is meant: what lies turned, out of shape, cropped,
 * in fields or in other colours in memory has the embedding of its plain twin.
 */
#include "tagger.h"
#include "common/turned.h"

#define WIDTH  96 /* of the upright picture */
#define HEIGHT 64
#define PLAIN  "video/x-raw,format=RGB,width=96,height=64,framerate=30/1"

/* Small differences are those of another order of resizing. */
#define SAME 0.9999

/* ---- Pictures ---------------------------------------------------------------------------------------------------- */

/* No two corners alike, and pairs of columns and of lines that are the same, so that half of them are the picture. */
static void
colour_at (guint x, guint y, guint8 *ret_rgb)
{
  x &= ~1u;
  y &= ~1u;
  ret_rgb[0] = 20 + x * 2 + (x > 60 && y < 20 ? 40 : 0);
  ret_rgb[1] = 250 - y * 3;
  ret_rgb[2] = (x - 30) * (x - 30) + (y - 40) * (y - 40) < 200 ? 240 : 30 + (x * y) % 50;
}

/* An RGB frame of which each pixel comes from the upright picture. */
typedef void (*FindPixel) (guint x, guint y, gpointer data, guint *ret_u, guint *ret_v);

static GstBuffer *
new_frame (guint width, guint height, FindPixel find, gpointer data)
{
  gsize stride = GST_ROUND_UP_4 (3 * width);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, stride * height, NULL);
  GstMapInfo map;
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++) {
      guint u = x, v = y;
      if (find)
        find (x, y, data, &u, &v);
      colour_at (u, v, map.data + y * stride + 3 * x);
    }
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = 0;
  return buffer;
}

static GstBuffer *
plain_frame (void)
{
  return new_frame (WIDTH, HEIGHT, NULL, NULL);
}

/* As it is stored to be treated so. */
static GstBuffer *
turned_frame (ClipOrientation orientation)
{
  guint width = is_sideways (orientation) ? HEIGHT : WIDTH, height = is_sideways (orientation) ? WIDTH : HEIGHT;
  GstBuffer *buffer = new_frame (width, height, NULL, NULL);
  gsize stride = GST_ROUND_UP_4 (3 * width);
  GstMapInfo map;
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (guint v = 0; v < HEIGHT; v++)
    for (guint u = 0; u < WIDTH; u++) {
      guint x, y;
      find_stored (orientation, WIDTH, HEIGHT, u, v, &x, &y);
      colour_at (u, v, map.data + y * stride + 3 * x);
    }
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

static char *
turned_caps (ClipOrientation orientation)
{
  gboolean sideways = is_sideways (orientation);
  return g_strdup_printf (
      "video/x-raw,format=RGB,width=%u,height=%u,framerate=30/1", sideways ? HEIGHT : WIDTH, sideways ? WIDTH : HEIGHT);
}

/* ---- Embeddings -------------------------------------------------------------------------------------------------- */

static GstElement *
new_element (void)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "attach-embedding", TRUE, "frame-rate", 0.0, NULL);
  return element;
}

static GstClipTags *
tags_of (GstBuffer *buffer)
{
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
  g_assert_nonnull (meta);
  return meta->tags;
}

/* Takes the buffer. */
static GstClipTags *
look (Tagger *t, GstBuffer *buffer)
{
  g_autoptr (GstBuffer) out = tagger_pass (t, buffer);
  return gst_clip_tags_ref (tags_of (out));
}

static GstClipTags *
look_once (const char *caps, GstBuffer *buffer)
{
  Tagger t = tagger_start (new_element (), caps);
  GstClipTags *tags = look (&t, buffer);
  tagger_stop (&t);
  return tags;
}

static void
assert_same (GstClipTags *a, GstClipTags *b)
{
  gdouble c = tagger_cosine (a, b);
  g_test_message ("cosine %.6f", c);
  g_assert_cmpfloat (c, >, SAME);
}

static void
assert_different (GstClipTags *a, GstClipTags *b)
{
  gdouble c = tagger_cosine (a, b);
  g_test_message ("another picture: cosine %.6f", c);
  g_assert_cmpfloat (c, <, SAME);
}

/* ---- Orientation ------------------------------------------------------------------------------------------------- */

static void
test_orientation (void)
{
  g_autoptr (GstClipTags) upright = look_once (PLAIN, plain_frame ());
  for (guint i = 0; i < N_ORIENTATIONS; i++) {
    g_autofree char *caps = turned_caps (i);
    g_test_message ("%s", orientations[i].nick);
    Tagger t = tagger_start (new_element (), caps);
    g_autoptr (GstClipTags) lying = look (&t, turned_frame (i));
    if (i != CLIP_ORIENTATION_IDENTITY)
      assert_different (lying, upright);
    g_assert_true (gst_harness_push_event (t.harness, orientation_event (i, GST_TAG_SCOPE_STREAM)));
    g_autoptr (GstBuffer) before = turned_frame (i);
    g_autoptr (GstBuffer) out = tagger_pass (&t, gst_buffer_copy_deep (before));
    assert_same (tags_of (out), upright);
    /* the frame is as it was */
    GstMapInfo map;
    gst_buffer_map (before, &map, GST_MAP_READ);
    g_assert_cmpint (gst_buffer_memcmp (out, 0, map.data, map.size), ==, 0);
    gst_buffer_unmap (before, &map);

    /* by the user's word, which overrides the tag's and may change while frames flow */
    g_object_set (t.element, "orientation", GST_VIDEO_ORIENTATION_IDENTITY, NULL);
    g_autoptr (GstClipTags) as_it_lies = look (&t, turned_frame (i));
    assert_same (as_it_lies, lying);
    gst_util_set_object_arg (G_OBJECT (t.element), "orientation", orientations[i].nick);
    g_autoptr (GstClipTags) by_property = look (&t, turned_frame (i));
    assert_same (by_property, upright);
    tagger_stop (&t);
  }
}

static void
test_custom_is_refused (void)
{
  Tagger t = tagger_start (new_element (), PLAIN);
  GstVideoOrientationMethod method;
  g_object_get (t.element, "orientation", &method, NULL);
  g_assert_cmpint (method, ==, GST_VIDEO_ORIENTATION_AUTO);
  g_object_set (t.element, "orientation", GST_VIDEO_ORIENTATION_CUSTOM, NULL);
  g_object_get (t.element, "orientation", &method, NULL);
  g_assert_cmpint (method, ==, GST_VIDEO_ORIENTATION_AUTO);
  g_autoptr (GstMessage) warning = tagger_message (&t, GST_MESSAGE_WARNING, NULL);
  g_assert_nonnull (warning);
  tagger_stop (&t);
}

/* Frames that are held back for a batch are looked at as the tag before them has it. */
static void
test_tags_in_order (void)
{
  g_autoptr (GstClipTags) upright = look_once (PLAIN, plain_frame ());
  GstElement *element = new_element ();
  g_object_set (element, "batch-size", 4, NULL);
  Tagger t = tagger_start (element, PLAIN);
  static const ClipOrientation order[] = { CLIP_ORIENTATION_180, CLIP_ORIENTATION_VERT, CLIP_ORIENTATION_IDENTITY };
  for (guint i = 0; i < G_N_ELEMENTS (order); i++) {
    g_assert_true (gst_harness_push_event (t.harness, orientation_event (order[i], GST_TAG_SCOPE_STREAM)));
    GstBuffer *buffer = turned_frame (order[i]);
    GST_BUFFER_PTS (buffer) = i * GST_SECOND;
    g_assert_cmpint (gst_harness_push (t.harness, buffer), ==, GST_FLOW_OK);
  }
  /* Another stream begins upright. */
  g_assert_true (gst_harness_push_event (t.harness, orientation_event (CLIP_ORIENTATION_90R, GST_TAG_SCOPE_STREAM)));
  g_assert_true (gst_harness_push_event (t.harness, gst_event_new_stream_start ("another")));
  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_autoptr (GstCaps) caps = gst_caps_from_string (PLAIN);
  g_assert_true (gst_harness_push_event (t.harness, gst_event_new_caps (caps)));
  g_assert_true (gst_harness_push_event (t.harness, gst_event_new_segment (&segment)));
  g_assert_cmpint (gst_harness_push (t.harness, plain_frame ()), ==, GST_FLOW_OK);
  g_assert_true (gst_harness_push_event (t.harness, gst_event_new_eos ()));
  for (guint i = 0; i < 4; i++) {
    g_autoptr (GstBuffer) out = gst_harness_pull (t.harness);
    assert_same (tags_of (out), upright);
  }
  tagger_stop (&t);
}

/* A picture that is turned anew has to be encoded anew, however much it looks like the last one. */
static void
test_min_change (void)
{
  GstElement *element = new_element ();
  g_object_set (element, "min-change", 1.5, NULL);
  Tagger t = tagger_start (element, PLAIN);
  for (guint i = 0; i < 3; i++)
    gst_clip_tags_unref (look (&t, plain_frame ()));
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 1);
  g_object_set (t.element, "orientation", GST_VIDEO_ORIENTATION_180, NULL);
  for (guint i = 0; i < 3; i++)
    gst_clip_tags_unref (look (&t, plain_frame ()));
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 2);
  tagger_stop (&t);
}

/* ---- Elements that turn ------------------------------------------------------------------------------------------ */

/* A frame that is stored turned, through a cliptagger and what stands before and behind it. */
static GstClipTags *
run (const char *before, const char *behind, ClipOrientation orientation)
{
  g_autofree char *path = test_golden (TINY_MODEL);
  g_autofree char *launch = g_strdup_printf (
      "%s ! cliptagger model=%s prompts=a;b attach-embedding=true precision=f32 ! %s", before, path, behind);
  g_autofree char *caps = turned_caps (orientation);
  GstHarness *h = gst_harness_new_parse (launch);
  gst_harness_set_live (h, FALSE);
  gst_harness_set_src_caps_str (h, caps);
  g_assert_true (gst_harness_push_event (h, orientation_event (orientation, GST_TAG_SCOPE_STREAM)));
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, turned_frame (orientation));
  GstClipTags *tags = gst_clip_tags_ref (tags_of (out));
  gst_harness_teardown (h);
  return tags;
}

static void
test_videoflip (void)
{
  g_autoptr (GstClipTags) upright = look_once (PLAIN, plain_frame ());
  for (guint i = 0; i < N_ORIENTATIONS; i++) {
    g_test_message ("%s", orientations[i].nick);
    g_autoptr (GstClipTags) before = run ("videoflip video-direction=auto", "identity", i);
    assert_same (before, upright);
    g_autoptr (GstClipTags) farther = run ("videoflip video-direction=auto ! videoconvert ! identity", "identity", i);
    assert_same (farther, upright);
    g_autoptr (GstClipTags) behind = run ("identity", "videoflip video-direction=auto", i);
    assert_same (behind, upright);
    g_autofree char *by_hand = g_strdup_printf ("videoflip video-direction=%s", orientations[i].nick);
    g_autoptr (GstClipTags) turned_by_hand = run (by_hand, "identity", i);
    assert_same (turned_by_hand, upright);
  }
}

/* ---- Regions ------------------------------------------------------------------------------------------------------
 */

static GstClipTags *
look_at_region (const char *caps, GstBuffer *buffer, GstEvent *event, guint x, guint y, guint width, guint height)
{
  GstElement *element = new_element ();
  gst_util_set_object_arg (G_OBJECT (element), "inference-region", "roi-list");
  Tagger t = tagger_start (element, caps);
  if (event)
    g_assert_true (gst_harness_push_event (t.harness, event));
  gst_buffer_add_video_region_of_interest_meta (buffer, "thing", x, y, width, height);
  g_autoptr (GstBuffer) out = tagger_pass (&t, buffer);
  GstVideoRegionOfInterestMeta *region
      = (GstVideoRegionOfInterestMeta *)gst_buffer_get_meta (out, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
  /* in the frame's own pixels */
  g_assert_cmpuint (region->x, ==, x);
  g_assert_cmpuint (region->y, ==, y);
  g_assert_cmpuint (region->w, ==, width);
  g_assert_cmpuint (region->h, ==, height);
  GstStructure *param = gst_video_region_of_interest_meta_get_param (region, "clip-tags");
  g_assert_nonnull (param);
  GstClipTags *tags = gst_clip_tags_ref (g_value_get_boxed (gst_structure_get_value (param, "tags")));
  tagger_stop (&t);
  return tags;
}

static void
test_regions (void)
{
  g_autoptr (GstClipTags) upright = look_at_region (PLAIN, plain_frame (), NULL, 16, 20, 40, 32);
  for (guint i = 0; i < N_ORIENTATIONS; i++) {
    g_autofree char *caps = turned_caps (i);
    guint x1, y1, x2, y2;
    find_stored (i, WIDTH, HEIGHT, 16, 20, &x1, &y1);
    find_stored (i, WIDTH, HEIGHT, 55, 51, &x2, &y2);
    g_autoptr (GstClipTags) turned
        = look_at_region (caps, turned_frame (i), orientation_event (i, GST_TAG_SCOPE_STREAM), MIN (x1, x2),
            MIN (y1, y2), MAX (x1, x2) - MIN (x1, x2) + 1, MAX (y1, y2) - MIN (y1, y2) + 1);
    assert_same (turned, upright);
  }

  /* What is outside of the crop is not looked at. */
  g_autoptr (GstClipTags) inside = look_at_region (PLAIN, plain_frame (), NULL, 30, 20, 40, 30);
  GstBuffer *cropped = plain_frame ();
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (cropped);
  crop->x = 30;
  crop->y = 10;
  crop->width = 40;
  crop->height = 40;
  g_autoptr (GstClipTags) clipped = look_at_region (PLAIN, cropped, NULL, 0, 20, 90, 44);
  assert_same_tags (clipped, inside);
}

/* ---- Shape, crop, padding -----------------------------------------------------------------------------------------
 */

static void
every_other (guint x, guint y, gpointer data, guint *ret_u, guint *ret_v)
{
  *ret_u = data ? x : 2 * x;
  *ret_v = data ? 2 * y : y;
}

static void
test_pixel_shape (void)
{
  g_autoptr (GstClipTags) square = look_once (PLAIN, plain_frame ());
  GstBuffer *narrow = new_frame (WIDTH / 2, HEIGHT, every_other, NULL);
  GstBuffer *flat = new_frame (WIDTH, HEIGHT / 2, every_other, GINT_TO_POINTER (TRUE));
  g_autoptr (GstClipTags) wide_pixels
      = look_once ("video/x-raw,format=RGB,width=48,height=64,pixel-aspect-ratio=2/1", gst_buffer_ref (narrow));
  g_autoptr (GstClipTags) tall_pixels
      = look_once ("video/x-raw,format=RGB,width=96,height=32,pixel-aspect-ratio=1/2", flat);
  g_autoptr (GstClipTags) pressed = look_once ("video/x-raw,format=RGB,width=48,height=64", narrow);
  gdouble right = MIN (tagger_cosine (square, wide_pixels), tagger_cosine (square, tall_pixels)),
          wrong = tagger_cosine (square, pressed);
  g_test_message ("cosine %.5f, of the picture out of shape %.5f", right, wrong);
  g_assert_cmpfloat (1 - right, <, (1 - wrong) / 10);
}

static void
shifted (guint x, guint y, gpointer data, guint *ret_u, guint *ret_v)
{
  gboolean inside = x >= 16 && x < 16 + WIDTH && y >= 8 && y < 8 + HEIGHT;
  *ret_u = inside ? x - 16 : (x * 7) % 96;
  *ret_v = inside ? y - 8 : (y * 13) % 64;
}

static void
test_crop (void)
{
  g_autoptr (GstClipTags) plain = look_once (PLAIN, plain_frame ());
  const char *caps = "video/x-raw,format=RGB,width=128,height=80,framerate=30/1";
  GstBuffer *buffer = new_frame (128, 80, shifted, NULL);
  g_autoptr (GstClipTags) all = look_once (caps, gst_buffer_ref (buffer));
  assert_different (all, plain);
  buffer = gst_buffer_make_writable (buffer);
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);
  crop->x = 16;
  crop->y = 8;
  crop->width = WIDTH;
  crop->height = HEIGHT;
  g_autoptr (GstClipTags) cropped = look_once (caps, gst_buffer_ref (buffer));
  assert_same_tags (cropped, plain);

  /* The same with caps of the cropped size, as videocrop makes them. */
  GstVideoInfo info;
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, 128, 80);
  buffer = gst_buffer_make_writable (buffer);
  gst_buffer_add_video_meta (buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, 128, 80);
  g_autoptr (GstClipTags) by_videocrop = look_once (PLAIN, buffer);
  assert_same_tags (by_videocrop, plain);
}

/* The change measure does not see what is cut off. */
static void
test_change_outside_of_crop (void)
{
  GstElement *element = new_element ();
  g_object_set (element, "min-change", 1.5, NULL);
  Tagger t = tagger_start (element, "video/x-raw,format=RGB,width=128,height=80,framerate=30/1");
  for (guint i = 0; i < 3; i++) {
    GstBuffer *buffer = new_frame (128, 80, shifted, NULL);
    gst_buffer_memset (buffer, 0, 100 * i, 8 * 3 * 128);
    gst_buffer_memset (buffer, 72 * 3 * 128, 100 * i, 8 * 3 * 128);
    GST_BUFFER_PTS (buffer) = i * GST_SECOND;
    GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);
    crop->x = 16;
    crop->y = 8;
    crop->width = WIDTH;
    crop->height = HEIGHT;
    gst_clip_tags_unref (look (&t, buffer));
  }
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 1);
  tagger_stop (&t);
}

/* Lines below the caps' height are a decoder's own business, for the change measure, too. */
static void
test_padded_meta (void)
{
  g_autoptr (GstClipTags) plain = look_once (PLAIN, plain_frame ());
  GstElement *element = new_element ();
  g_object_set (element, "min-change", 1.5, NULL);
  Tagger t = tagger_start (element, PLAIN);
  for (guint i = 0; i < 3; i++) {
    gsize stride = 3 * WIDTH, size = stride * (HEIGHT + 40);
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
    g_autoptr (GstBuffer) visible = plain_frame ();
    GstMapInfo map;
    gst_buffer_memset (buffer, 0, 100 * i, size);
    gst_buffer_map (visible, &map, GST_MAP_READ);
    gst_buffer_fill (buffer, 0, map.data, map.size);
    gst_buffer_unmap (visible, &map);
    gst_buffer_add_video_meta (buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT + 40);
    GST_BUFFER_PTS (buffer) = i * GST_SECOND;
    g_autoptr (GstClipTags) padded = look (&t, buffer);
    assert_same_tags (padded, plain);
  }
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 1);
  tagger_stop (&t);
}

/* ---- Fields, colour, alpha ----------------------------------------------------------------------------------------
 */

static void
combed (guint x, guint y, gpointer data, guint *ret_u, guint *ret_v)
{
  *ret_u = y % 2 ? (x + 37 * GPOINTER_TO_UINT (data)) % WIDTH : x;
  *ret_v = y;
}

/* The second field moves and the first one does not: nothing has changed, and it is the first one's picture. */
static void
test_fields (void)
{
  GstBuffer *flat = new_frame (WIDTH, HEIGHT / 2, every_other, GINT_TO_POINTER (TRUE));
  g_autoptr (GstClipTags) field = look_once ("video/x-raw,format=RGB,width=96,height=32,pixel-aspect-ratio=1/2", flat);
  GstElement *element = new_element ();
  g_object_set (element, "min-change", 1.5, NULL);
  Tagger t = tagger_start (element, PLAIN ",interlace-mode=mixed");
  for (guint i = 0; i < 3; i++) {
    GstBuffer *buffer = new_frame (WIDTH, HEIGHT, combed, GUINT_TO_POINTER (i));
    GST_BUFFER_FLAG_SET (buffer, GST_VIDEO_BUFFER_FLAG_INTERLACED);
    GST_BUFFER_PTS (buffer) = i * GST_SECOND;
    g_autoptr (GstClipTags) tags = look (&t, buffer);
    assert_same_tags (tags, field);
  }
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 1);
  /* A frame of one piece, of the same picture: no change either. */
  GstBuffer *progressive = plain_frame ();
  GST_BUFFER_PTS (progressive) = 3 * GST_SECOND;
  gst_clip_tags_unref (look (&t, progressive));
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 1);
  tagger_stop (&t);
}

/* Its matrix unknown, a range is still one. */
static void
test_range (void)
{
  const struct
  {
    const char *partly, *fully;
  } cases[] = {
    { "1:0:0:0", "1:4:0:0" },
    { "2:0:0:0", "2:4:0:0" },
    { "0:3:0:0", "2:3:0:0" },
  };
  const char *format
      = "video/x-raw,format=I420,width=96,height=64,framerate=30/1,chroma-site=mpeg2,colorimetry=(string)";
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *partly = g_strconcat (format, cases[i].partly, NULL);
    g_autofree char *fully = g_strconcat (format, cases[i].fully, NULL);
    g_autoptr (GstClipTags) a = look_once (partly, tagger_frame_for_caps (partly, 3));
    g_autoptr (GstClipTags) b = look_once (fully, tagger_frame_for_caps (fully, 3));
    assert_same_tags (a, b);
  }
  g_autofree char *full = g_strconcat (format, "1:4:0:0", NULL), *limited = g_strconcat (format, "2:4:0:0", NULL);
  g_autoptr (GstClipTags) a = look_once (full, tagger_frame_for_caps (full, 3));
  g_autoptr (GstClipTags) b = look_once (limited, tagger_frame_for_caps (limited, 3));
  g_assert_cmpfloat (tagger_cosine (a, b), <, 1 - 1e-7);
}

/* Alpha is dropped, never laid over anything. */
static void
test_alpha (void)
{
  static const char *const formats[] = { "RGBA", "BGRA", "ARGB", "ABGR", "AYUV", "VUYA", "A420", "GBRA", "AV12" };
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    const GstVideoFormatInfo *format = gst_video_format_get_info (gst_video_format_from_string (formats[i]));
    g_autofree char *caps
        = g_strdup_printf ("video/x-raw,format=%s,width=%u,height=%u,framerate=30/1", formats[i], WIDTH, HEIGHT);
    g_autoptr (GstCaps) parsed = gst_caps_from_string (caps);
    g_autoptr (GstClipTags) opaque = NULL;
    g_test_message ("%s", formats[i]);
    for (guint alpha = 0; alpha < 256; alpha += 85) {
      GstBuffer *buffer = tagger_frame_for_caps (caps, 5);
      GstVideoInfo info;
      GstVideoFrame frame;
      gst_video_info_from_caps (&info, parsed);
      gst_video_frame_map (&frame, &info, buffer, GST_MAP_WRITE);
      for (guint y = 0; y < HEIGHT; y++)
        for (guint x = 0; x < WIDTH; x++) {
          guint8 *data = GST_VIDEO_FRAME_COMP_DATA (&frame, 3);
          data[y * GST_VIDEO_FRAME_COMP_STRIDE (&frame, 3) + x * GST_VIDEO_FORMAT_INFO_PSTRIDE (format, 3)] = alpha;
        }
      gst_video_frame_unmap (&frame);
      g_autoptr (GstClipTags) tags = look_once (caps, buffer);
      if (opaque)
        assert_same_tags (tags, opaque);
      else
        opaque = gst_clip_tags_ref (tags);
    }
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cliptagger/picture/orientation", test_orientation);
  g_test_add_func ("/cliptagger/picture/custom-is-refused", test_custom_is_refused);
  g_test_add_func ("/cliptagger/picture/tags-in-order", test_tags_in_order);
  g_test_add_func ("/cliptagger/picture/min-change", test_min_change);
  g_test_add_func ("/cliptagger/picture/videoflip", test_videoflip);
  g_test_add_func ("/cliptagger/picture/regions", test_regions);
  g_test_add_func ("/cliptagger/picture/pixel-shape", test_pixel_shape);
  g_test_add_func ("/cliptagger/picture/crop", test_crop);
  g_test_add_func ("/cliptagger/picture/change-outside-of-crop", test_change_outside_of_crop);
  g_test_add_func ("/cliptagger/picture/padded-meta", test_padded_meta);
  g_test_add_func ("/cliptagger/picture/fields", test_fields);
  g_test_add_func ("/cliptagger/picture/range", test_range);
  g_test_add_func ("/cliptagger/picture/alpha", test_alpha);
  return g_test_run ();
}
