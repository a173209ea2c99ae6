/* SPDX-License-Identifier: MIT
 *
 * test-clipoverlay-orientation.c: what the overlay draws is upright, undistorted and in its corner for who sees the
 * frame as it is meant.
 *
 * Each drawing is turned upright pixel by pixel and held against the one on a plain frame. Glyphs are hinted and the
 * panel stands on a grid, so they are not the same to the bit: the right way to turn it has to be a far better match
 * than any other.
 */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <string.h>

#include "gstcliptagmeta.h"
#include "common/turned.h"

#define WIDTH  320 /* of what is seen */
#define HEIGHT 240
#define GRID   4 /* the panel's corners may be off by this */
#define GREY   0x80

typedef struct
{
  guint8 luma[HEIGHT][WIDTH];
} View;

static void
add_tags (GstBuffer *buffer)
{
  static const GstClipTagLabel labels[] = {
    { 0, (gchar *)"a delivery van", 0.8, 0.30 },
    { 1, (gchar *)"a person with a ladder", 0.15, 0.25 },
    { 2, (gchar *)"caf\xc3\xa9", 0.05, 0.20 },
  };
  g_autoptr (GstClipTags) tags = gst_clip_tags_new ("model", "0123456789abcdef", 0, labels, 3, NULL, 0);
  gst_buffer_add_clip_tag_meta (buffer, tags, 0, TRUE);
}

static GstBuffer *
new_frame (const GstVideoInfo *info)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);
  gst_buffer_memset (buffer, 0, GREY, GST_VIDEO_INFO_SIZE (info));
  GST_BUFFER_PTS (buffer) = 0;
  return buffer;
}

/* Frames as they are stored for a view of WIDTH x HEIGHT. */
static GstHarness *
new_overlay (GstVideoInfo *info, ClipOrientation orientation, guint par_n, guint par_d)
{
  GstHarness *h = gst_harness_new ("clipoverlay");
  guint width = is_sideways (orientation) ? HEIGHT : WIDTH, height = is_sideways (orientation) ? WIDTH : HEIGHT;
  gst_video_info_set_format (info, GST_VIDEO_FORMAT_RGB, width * par_d / par_n, height);
  info->par_n = par_n;
  info->par_d = par_d;
  gst_harness_set_caps (h, gst_video_info_to_caps (info), gst_video_info_to_caps (info));
  return h;
}

/* A stored frame as somebody sees it who takes it to be turned so. */
static void
look (GstBuffer *buffer, const GstVideoInfo *info, ClipOrientation orientation, View *ret)
{
  GstVideoFrame frame;
  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  for (guint v = 0; v < HEIGHT; v++)
    for (guint u = 0; u < WIDTH; u++) {
      guint x, y;
      find_stored (orientation, WIDTH, HEIGHT, u, v, &x, &y);
      x = MIN (x * info->par_d / info->par_n, (guint)info->width - 1);
      const guint8 *row = GST_VIDEO_FRAME_PLANE_DATA (&frame, 0);
      ret->luma[v][u] = row[y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0) + 3 * x + 1];
    }
  gst_video_frame_unmap (&frame);
}

/* The mean difference where the panel may be, shifted so that they match best. */
static gdouble
differ (const View *a, const View *b)
{
  guint64 least = G_MAXUINT64;
  for (gint dy = -GRID; dy <= GRID; dy++)
    for (gint dx = -GRID; dx <= GRID; dx++) {
      guint64 sum = 0;
      for (gint y = GRID; y < HEIGHT - GRID; y++)
        for (gint x = GRID; x < WIDTH - GRID; x++)
          sum += ABS ((gint)a->luma[y][x] - b->luma[y + dy][x + dx]);
      least = MIN (least, sum);
    }
  return (gdouble)least / ((HEIGHT - 2 * GRID) * (WIDTH - 2 * GRID));
}

static GstBuffer *
draw (GstHarness *h, const GstVideoInfo *info)
{
  GstBuffer *buffer = new_frame (info);
  add_tags (buffer);
  return gst_harness_push_and_pull (h, buffer);
}

static void
draw_plain (View *ret, const char *position)
{
  GstVideoInfo info;
  GstHarness *h = new_overlay (&info, CLIP_ORIENTATION_IDENTITY, 1, 1);
  gst_util_set_object_arg (G_OBJECT (h->element), "position", position);
  g_autoptr (GstBuffer) buffer = draw (h, &info);
  look (buffer, &info, CLIP_ORIENTATION_IDENTITY, ret);
  gst_harness_teardown (h);
}

/* Asserts that the drawing is seen as the plain one by those who turn it so, and by nobody else. */
static void
assert_seen (GstBuffer *drawn, const GstVideoInfo *info, ClipOrientation orientation, const View *plain)
{
  View view;
  look (drawn, info, orientation, &view);
  gdouble right = differ (plain, &view);
  for (guint other = 0; other < N_ORIENTATIONS; other++) {
    if (other == orientation || is_sideways (other) != is_sideways (orientation))
      continue;
    look (drawn, info, other, &view);
    gdouble wrong = differ (plain, &view);
    g_test_message ("%s: %.2f, as %s %.2f", orientations[orientation].nick, right, orientations[other].nick, wrong);
    g_assert_cmpfloat (4 * right, <, wrong);
  }
}

typedef struct
{
  const char *position;
  guint par_n, par_d;
} Case;

static void
test_upright (gconstpointer data)
{
  const Case *c = data;
  View plain;
  draw_plain (&plain, c->position);
  for (guint i = 0; i < N_ORIENTATIONS; i++) {
    GstVideoInfo info;
    GstHarness *h = new_overlay (&info, i, c->par_n, c->par_d);
    gst_util_set_object_arg (G_OBJECT (h->element), "position", c->position);
    g_assert_true (gst_harness_push_event (h, orientation_event (i, GST_TAG_SCOPE_STREAM)));
    g_autoptr (GstBuffer) by_tag = draw (h, &info);
    assert_seen (by_tag, &info, i, &plain);
    gst_harness_teardown (h);

    h = new_overlay (&info, i, c->par_n, c->par_d);
    gst_util_set_object_arg (G_OBJECT (h->element), "position", c->position);
    gst_util_set_object_arg (G_OBJECT (h->element), "orientation", orientations[i].nick);
    g_autoptr (GstBuffer) by_property = draw (h, &info);
    GstMapInfo map;
    gst_buffer_map (by_property, &map, GST_MAP_READ);
    g_assert_cmpint (gst_buffer_memcmp (by_tag, 0, map.data, map.size), ==, 0);
    gst_buffer_unmap (by_property, &map);
    gst_harness_teardown (h);
  }
}

#define LETTER 190 /* brighter than all but letters and bars */

/* Columns from the first to the last of the best label's letters, which a gap parts from its number. */
static guint
measure_label (const View *view)
{
  guint top = 0, first = 0, last = 0;
  for (guint i = 0; i < HEIGHT * WIDTH && !top; i++)
    if (view->luma[i / WIDTH][i % WIDTH] >= LETTER)
      top = i / WIDTH;
  for (guint x = 0; x < WIDTH && (!last || x < last + 16); x++) {
    guint8 brightest = 0;
    for (guint y = top; y < top + 7; y++) /* above the bar */
      brightest = MAX (brightest, view->luma[y][x]);
    if (brightest < LETTER)
      continue;
    first = last ? first : x;
    last = x;
  }
  return last - first;
}

/* Letters are neither pressed together nor drawn apart where pixels are not square. */
static void
test_letters (void)
{
  const guint pars[][2] = { { 24, 11 }, { 16, 11 }, { 2, 1 }, { 1, 2 } };
  View plain, view;
  draw_plain (&plain, "top-left");
  guint expected = measure_label (&plain);
  g_assert_cmpuint (expected, >, 60);
  for (guint i = 0; i < N_ORIENTATIONS * G_N_ELEMENTS (pars); i++) {
    ClipOrientation orientation = i % N_ORIENTATIONS;
    const guint *par = pars[i / N_ORIENTATIONS];
    GstVideoInfo info;
    GstHarness *h = new_overlay (&info, orientation, par[0], par[1]);
    g_object_set (h->element, "orientation", orientation, NULL);
    g_autoptr (GstBuffer) drawn = draw (h, &info);
    look (drawn, &info, orientation, &view);
    guint found = measure_label (&view);
    g_test_message ("%s, %u/%u: %u of %u", orientations[orientation].nick, par[0], par[1], found, expected);
    g_assert_cmpuint (ABS ((gint)found - (gint)expected), <=, 6); /* two pixels of 24/11 and one of the plain view */
    gst_harness_teardown (h);
  }
}

/* The same result is drawn anew when the tag or the property changes. */
static void
test_changes (void)
{
  View plain;
  GstVideoInfo info;
  draw_plain (&plain, "top-left");
  GstHarness *h = new_overlay (&info, CLIP_ORIENTATION_IDENTITY, 1, 1);
  GstBuffer *first = new_frame (&info);
  add_tags (first);
  for (guint step = 0; step < 4; step++) {
    static const ClipOrientation seen[]
        = { CLIP_ORIENTATION_IDENTITY, CLIP_ORIENTATION_180, CLIP_ORIENTATION_VERT, CLIP_ORIENTATION_HORIZ };
    if (step == 1)
      g_assert_true (gst_harness_push_event (h, orientation_event (seen[1], GST_TAG_SCOPE_STREAM)));
    else if (step > 1)
      g_object_set (h->element, "orientation", seen[step], NULL);
    g_autoptr (GstBuffer) drawn = gst_harness_push_and_pull (h, gst_buffer_ref (first)); /* the same tags */
    assert_seen (drawn, &info, seen[step], &plain);
  }
  gst_buffer_unref (first);
  gst_harness_teardown (h);
}

static void
test_custom_is_refused (void)
{
  GstElement *element = gst_element_factory_make ("clipoverlay", NULL);
  g_autoptr (GstBus) bus = gst_bus_new ();
  gst_element_set_bus (element, bus);
  GstVideoOrientationMethod method;
  g_object_get (element, "orientation", &method, NULL);
  g_assert_cmpint (method, ==, GST_VIDEO_ORIENTATION_AUTO);
  g_object_set (element, "orientation", GST_VIDEO_ORIENTATION_180, NULL);
  g_object_set (element, "orientation", GST_VIDEO_ORIENTATION_CUSTOM, NULL);
  g_object_get (element, "orientation", &method, NULL);
  g_assert_cmpint (method, ==, GST_VIDEO_ORIENTATION_180);
  g_autoptr (GstMessage) warning = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (warning);
  gst_element_set_bus (element, NULL);
  gst_object_unref (gst_object_ref_sink (element));
}

/* ---- Crop ------------------------------------------------------------------------------------------------------- */

/* Where the drawing is; all zero if nowhere. */
static GstVideoRectangle
find_drawing (GstBuffer *buffer, guint width, guint height)
{
  GstMapInfo map;
  gint left = G_MAXINT, top = G_MAXINT, right = 0, bottom = 0;
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  gsize stride = GST_ROUND_UP_4 (3 * width);
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++)
      if (memcmp (map.data + y * stride + 3 * x, "\x80\x80\x80", 3) != 0) {
        left = MIN (left, (gint)x);
        top = MIN (top, (gint)y);
        right = MAX (right, (gint)x + 1);
        bottom = MAX (bottom, (gint)y + 1);
      }
  gst_buffer_unmap (buffer, &map);
  return right ? (GstVideoRectangle){ left, top, right - left, bottom - top } : (GstVideoRectangle){ 0 };
}

static void
add_region (GstBuffer *buffer, guint x, guint y, guint width, guint height)
{
  static const GstClipTagLabel label = { 0, (gchar *)"a van", 0.9, 0.3 };
  GstClipTags *tags = gst_clip_tags_new ("model", "0123456789abcdef", 0, &label, 1, NULL, 0);
  GstVideoRegionOfInterestMeta *region
      = gst_buffer_add_video_region_of_interest_meta (buffer, "car", x, y, width, height);
  gst_video_region_of_interest_meta_add_param (
      region, gst_structure_new ("clip-tags", "tags", GST_TYPE_CLIP_TAGS, tags, NULL));
  gst_clip_tags_unref (tags);
}

static void
test_crop (void)
{
  static const char *const positions[] = { "top-left", "top-right", "bottom-left", "bottom-right" };
  const GstVideoRectangle crop = { 70, 31, 190, 171 };
  for (guint i = 0; i < N_ORIENTATIONS * G_N_ELEMENTS (positions); i++) {
    GstVideoInfo info;
    GstHarness *h = new_overlay (&info, CLIP_ORIENTATION_IDENTITY, 1, 1);
    gst_util_set_object_arg (G_OBJECT (h->element), "position", positions[i / N_ORIENTATIONS]);
    g_object_set (h->element, "orientation", i % N_ORIENTATIONS, NULL);
    GstBuffer *buffer = new_frame (&info);
    GstVideoCropMeta *meta = gst_buffer_add_video_crop_meta (buffer);
    meta->x = crop.x;
    meta->y = crop.y;
    meta->width = crop.w;
    meta->height = crop.h;
    add_tags (buffer);
    add_region (buffer, 0, 0, 100, 100);    /* half outside, */
    add_region (buffer, 0, 0, 60, 20);      /* all outside, */
    add_region (buffer, 200, 150, 110, 80); /* and at the other corner */
    g_autoptr (GstBuffer) drawn = gst_harness_push_and_pull (h, buffer);
    GstVideoRectangle found = find_drawing (drawn, WIDTH, HEIGHT);
    g_test_message ("%s, %s: %d,%d %dx%d", positions[i / N_ORIENTATIONS], orientations[i % N_ORIENTATIONS].nick,
        found.x, found.y, found.w, found.h);
    g_assert_cmpint (found.x, >=, crop.x);
    g_assert_cmpint (found.y, >=, crop.y);
    g_assert_cmpint (found.x + found.w, <=, crop.x + crop.w);
    g_assert_cmpint (found.y + found.h, <=, crop.y + crop.h);
    g_assert_cmpint (found.w * found.h, >, crop.w * crop.h / 2);
    gst_harness_teardown (h);
  }
}

/* Lines that a decoder has below the picture are not drawn on. */
static void
test_padded_meta (void)
{
  GstVideoInfo info, padded;
  GstHarness *h = new_overlay (&info, CLIP_ORIENTATION_IDENTITY, 1, 1);
  gst_util_set_object_arg (G_OBJECT (h->element), "position", "bottom-right");
  gst_video_info_set_format (&padded, GST_VIDEO_FORMAT_RGB, WIDTH + 64, HEIGHT + 64);
  GstBuffer *buffer = new_frame (&padded);
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB, WIDTH + 64, HEIGHT + 64, 1,
      padded.offset, padded.stride);
  add_tags (buffer);
  g_autoptr (GstBuffer) drawn = gst_harness_push_and_pull (h, buffer);
  GstVideoRectangle found = find_drawing (drawn, WIDTH + 64, HEIGHT + 64);
  g_assert_cmpint (found.x + found.w, <=, WIDTH);
  g_assert_cmpint (found.y + found.h, <=, HEIGHT);
  g_assert_cmpint (found.x + found.w, >, WIDTH - 20);
  g_assert_cmpint (found.y + found.h, >, HEIGHT - 20);
  gst_harness_teardown (h);
}

/* ---- Regions ------------------------------------------------------------------------------------------------------
 */

/* The box is where the region is in the frame; its label stands on top of it for who sees it upright. */
static void
test_region (void)
{
  const GstVideoRectangle seen = { 40, 100, 200, 80 };
  View plain = { 0 };
  for (guint i = 0; i < N_ORIENTATIONS; i++) {
    GstVideoInfo info;
    GstHarness *h = new_overlay (&info, i, 1, 1);
    g_assert_true (gst_harness_push_event (h, orientation_event (i, GST_TAG_SCOPE_GLOBAL)));
    GstBuffer *buffer = new_frame (&info);
    guint x1, y1, x2, y2;
    find_stored (i, WIDTH, HEIGHT, seen.x, seen.y, &x1, &y1);
    find_stored (i, WIDTH, HEIGHT, seen.x + seen.w - 1, seen.y + seen.h - 1, &x2, &y2);
    add_region (buffer, MIN (x1, x2), MIN (y1, y2), MAX (x1, x2) - MIN (x1, x2) + 1, MAX (y1, y2) - MIN (y1, y2) + 1);
    g_autoptr (GstBuffer) drawn = gst_harness_push_and_pull (h, buffer);
    View view;
    look (drawn, &info, i, &view);
    g_assert_cmpuint (view.luma[seen.y][seen.x + 150], !=, GREY);
    g_assert_cmpuint (view.luma[seen.y + seen.h - 1][seen.x + 150], !=, GREY);
    g_assert_cmpuint (view.luma[seen.y + 40][seen.x], !=, GREY);
    g_assert_cmpuint (view.luma[seen.y + 40][seen.x + 40], ==, GREY);
    if (i == 0)
      plain = view;
    else
      assert_seen (drawn, &info, i, &plain);
    gst_harness_teardown (h);
  }
}

/* ---- Other elements -----------------------------------------------------------------------------------------------
 */

/* A stored picture of 90R, in a pipeline; what comes out at its end. */
static GstBuffer *
run (const char *elements, GstVideoInfo *ret_info)
{
  GstHarness *h = gst_harness_new_parse (elements);
  GstVideoInfo stored;
  gst_video_info_set_format (&stored, GST_VIDEO_FORMAT_RGB, HEIGHT, WIDTH);
  gst_harness_set_src_caps (h, gst_video_info_to_caps (&stored));
  g_assert_true (gst_harness_push_event (h, orientation_event (CLIP_ORIENTATION_90R, GST_TAG_SCOPE_STREAM)));
  GstBuffer *buffer = new_frame (&stored);
  add_tags (buffer);
  GstBuffer *out = gst_harness_push_and_pull (h, buffer);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (h->sinkpad);
  g_assert_true (gst_video_info_from_caps (ret_info, caps));
  gst_harness_teardown (h);
  return out;
}

static void
test_videoflip (void)
{
  View plain;
  GstVideoInfo info;
  draw_plain (&plain, "top-left");
  /* The viewer's own, behind the overlay; */
  g_autoptr (GstBuffer) behind = run ("clipoverlay ! videoflip video-direction=auto", &info);
  g_assert_cmpint (info.width, ==, WIDTH);
  assert_seen (behind, &info, CLIP_ORIENTATION_IDENTITY, &plain);
  /* one before it, which has turned the frame already, whether it says so in the tag or, as in GStreamer 1.22, not; */
  g_autoptr (GstBuffer) before = run ("videoflip video-direction=auto ! identity ! clipoverlay", &info);
  g_assert_cmpint (info.width, ==, WIDTH);
  assert_seen (before, &info, CLIP_ORIENTATION_IDENTITY, &plain);
  g_autoptr (GstBuffer) by_hand = run ("videoflip video-direction=90r ! clipoverlay", &info);
  assert_seen (by_hand, &info, CLIP_ORIENTATION_IDENTITY, &plain);
}

int
main (int argc, char **argv)
{
  static const Case cases[] = {
    { "top-left", 1, 1 },
    { "top-right", 1, 1 },
    { "bottom-left", 1, 1 },
    { "bottom-right", 1, 1 },
    { "top-left", 2, 1 },
    { "bottom-right", 1, 2 },
  };
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path
        = g_strdup_printf ("/clipoverlay/upright/%s-%u-%u", cases[i].position, cases[i].par_n, cases[i].par_d);
    g_test_add_data_func (path, &cases[i], test_upright);
  }
  g_test_add_func ("/clipoverlay/orientation/letters", test_letters);
  g_test_add_func ("/clipoverlay/orientation/changes", test_changes);
  g_test_add_func ("/clipoverlay/orientation/custom-is-refused", test_custom_is_refused);
  g_test_add_func ("/clipoverlay/orientation/crop", test_crop);
  g_test_add_func ("/clipoverlay/orientation/padded-meta", test_padded_meta);
  g_test_add_func ("/clipoverlay/orientation/region", test_region);
  g_test_add_func ("/clipoverlay/orientation/videoflip", test_videoflip);
  return g_test_run ();
}
