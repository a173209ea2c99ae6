/* SPDX-License-Identifier: MIT
 *
 * test-zone-shape.c: where zones lie in frames of any orientation, crop and format, and where their corners are in the
 * pictures that are made of them.
 */
#include <math.h>

#include "common/turned.h"
#include "common/gstcliporientation.h"
#include "tagger/gstclipzoneshape.h"
#include "tagger/tagger.h"

static const ClipPoint box_points[] = { { 0.25, 0.125 }, { 0.75, 0.125 }, { 0.75, 0.5 }, { 0.25, 0.5 } };
static const ClipPoint arrow[] = { { 0.21, 0.11 }, { 0.83, 0.35 }, { 0.27, 0.77 }, { 0.4, 0.3 } };

static GstClipBox
place (const ClipPoint *points, guint n, const GstClipBox *bounds, ClipOrientation orientation)
{
  GstClipZoneShape shape;
  GstClipBox box;
  gst_clip_zone_shape_init (&shape, points, n);
  gst_clip_zone_shape_place (&shape, bounds, orientation, &box);
  return box;
}

static void
assert_box (GstClipBox box, guint x, guint y, guint width, guint height)
{
  g_test_message ("%u,%u %ux%u", box.x, box.y, box.width, box.height);
  g_assert_true (box.x == x && box.y == y && box.width == width && box.height == height);
}

static void
test_orientations (void)
{
  for (ClipOrientation turn = 0; turn < N_ORIENTATIONS; turn++) {
    gboolean sideways = is_sideways (turn);
    const GstClipBox bounds = { 10, 20, sideways ? 32 : 64, sideways ? 64 : 32 };
    guint x1, y1, x2, y2;
    find_stored (turn, 64, 32, 16, 4, &x1, &y1);
    find_stored (turn, 64, 32, 47, 15, &x2, &y2);
    assert_box (place (box_points, 4, &bounds, turn), 10 + MIN (x1, x2), 20 + MIN (y1, y2),
        MAX (x1, x2) - MIN (x1, x2) + 1, MAX (y1, y2) - MIN (y1, y2) + 1);
  }
}

static void
test_pixels (void)
{
  const GstClipBox bounds = { 0, 0, 101, 77 };
  /* A grid of zones shares out all pixels. */
  for (guint n = 1; n <= 110; n += 7) {
    guint next = 0;
    for (guint i = 0; i < MIN (n, 101); i++) {
      gfloat from = (gfloat)i / MIN (n, 101), to = (gfloat)(i + 1) / MIN (n, 101);
      const ClipPoint strip[] = { { from, 0 }, { to, 0 }, { to, 1 }, { from, 1 } };
      GstClipBox box = place (strip, 4, &bounds, CLIP_ORIENTATION_IDENTITY);
      g_assert_cmpuint (box.x, ==, next);
      g_assert_cmpuint (box.height, ==, 77);
      next = box.x + box.width;
    }
    g_assert_cmpuint (next, ==, 101);
  }
  /* At least one, also where it would be beyond the edge. */
  const ClipPoint corner[] = { { 0.9999, 0.9999 }, { 1, 0.9999 }, { 1, 1 }, { 0.9999, 1 } };
  assert_box (place (corner, 4, &bounds, CLIP_ORIENTATION_IDENTITY), 100, 76, 1, 1);
  assert_box (place (corner, 4, &bounds, CLIP_ORIENTATION_180), 0, 0, 1, 1);
  const GstClipBox single = { 5, 6, 1, 1 };
  assert_box (place (box_points, 4, &single, CLIP_ORIENTATION_90L), 5, 6, 1, 1);
  /* Clipped. */
  const ClipPoint large[] = { { -1, -0.5 }, { 3, -0.5 }, { 3, 9 }, { -1, 9 } };
  assert_box (place (large, 4, &bounds, CLIP_ORIENTATION_90R), 0, 0, 101, 77);
}

static void
test_boxes (void)
{
  static const ClipPoint reverse[] = { { 0.25, 0.5 }, { 0.75, 0.5 }, { 0.75, 0.125 }, { 0.25, 0.125 } };
  static const ClipPoint downwards[] = { { 0.25, 0.125 }, { 0.25, 0.5 }, { 0.75, 0.5 }, { 0.75, 0.125 } };
  static const ClipPoint bow[] = { { 0.25, 0.125 }, { 0.75, 0.5 }, { 0.75, 0.125 }, { 0.25, 0.5 } };
  GstClipZoneShape shape;
  gst_clip_zone_shape_init (&shape, box_points, 4);
  g_assert_true (shape.is_box);
  g_assert_true (gst_clip_zone_shape_is (&shape, box_points, 4));
  g_assert_false (gst_clip_zone_shape_is (&shape, box_points, 3));
  g_assert_false (gst_clip_zone_shape_is (&shape, reverse, 4));
  gst_clip_zone_shape_init (&shape, reverse, 4);
  g_assert_true (shape.is_box);
  gst_clip_zone_shape_init (&shape, downwards, 4);
  g_assert_true (shape.is_box);
  gst_clip_zone_shape_init (&shape, bow, 4);
  g_assert_false (shape.is_box);
  gst_clip_zone_shape_init (&shape, box_points, 3);
  g_assert_false (shape.is_box);
  gst_clip_zone_shape_init (&shape, arrow, 4);
  g_assert_false (shape.is_box);
}

/* The place of a corner in the frame, by way of the mask: the image's own pixels, found in the frame's memory. */
static void
check_mask (const char *caps_string, ClipOrientation turn, GstVideoBufferFlags flags, gboolean cropped)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_string);
  g_autoptr (GstBuffer) buffer = tagger_frame_for_caps (caps_string, 1);
  GstClipPictureInfo info;
  GstClipPicture picture;
  GstClipZoneShape shape;
  GstClipBox box, bounds = { 0, 0, 63, 47 };
  GstClipOutline mask, outline;
  ClipImage image;
  GST_BUFFER_FLAG_SET (buffer, flags);
  if (cropped) {
    GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);
    crop->x = bounds.x = 7;
    crop->y = bounds.y = 3;
    crop->width = bounds.width = 51;
    crop->height = bounds.height = 40;
  }
  g_assert_true (gst_clip_picture_info_from_caps (&info, caps));
  g_assert_true (gst_clip_picture_map (&picture, &info, turn, buffer, NULL));
  gst_clip_zone_shape_init (&shape, arrow, 4);
  gst_clip_zone_shape_place (&shape, &picture.bounds, turn, &box);
  gst_clip_picture_get_image (&picture, &box, &image);
  gst_clip_zone_shape_get_mask (&shape, &picture, &box, &mask);
  gst_clip_zone_shape_get_outline (&shape, &picture.bounds, turn, &box, &outline);
  g_assert_cmpuint (mask.n, ==, 4);
  g_assert_cmpuint (outline.n, ==, 4);

  /* Where the image begins in the frame. */
  gsize offset = image.planes[0] - (const guint8 *)GST_VIDEO_FRAME_PLANE_DATA (&picture.frame, 0);
  guint stride = GST_VIDEO_FRAME_PLANE_STRIDE (&picture.frame, 0);
  guint left = offset % stride / GST_VIDEO_FRAME_COMP_PSTRIDE (&picture.frame, 0), top = offset / stride;
  guint lines_each = image.strides[0] / stride;
  for (guint i = 0; i < 4; i++) {
    /* In the frame as the user means it, and as the mask has it. */
    gdouble x = arrow[i].x, y = arrow[i].y, u = mask.points[i].x, v = mask.points[i].y;
    gst_clip_orientation_to_stored (turn, &x, &y);
    gst_clip_orientation_to_stored (turn, &u, &v);
    x = bounds.x + x * bounds.width;
    y = bounds.y + y * bounds.height;
    u = left + u * image.width;
    v = top + v * image.height * lines_each;
    g_assert_cmpfloat (fabs (x - u), <, 1e-4);
    g_assert_cmpfloat (fabs (y - v), <, 1e-4);
    /* And as the outline has it: to the nearest pixel. */
    g_assert_cmpfloat (fabs (box.x + outline.points[i].x * box.width - x), <=, 0.5 + 1e-4);
    g_assert_cmpfloat (fabs (box.y + outline.points[i].y * box.height - y), <=, 0.5 + 1e-4);
    g_assert_true (outline.points[i].x >= 0 && outline.points[i].x <= 1);
    g_assert_true (outline.points[i].y >= 0 && outline.points[i].y <= 1);
  }
  gst_clip_picture_unmap (&picture);
}

static void
test_masks (void)
{
  static const char *const formats[] = { "RGB", "I420", "NV12", "YUY2", "Y41B" };
  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    g_autofree char *caps = g_strdup_printf ("video/x-raw,format=%s,width=63,height=47,framerate=30/1", formats[f]);
    g_autofree char *interlaced = g_strconcat (caps, ",interlace-mode=interleaved", NULL);
    for (ClipOrientation turn = 0; turn < N_ORIENTATIONS; turn++)
      for (guint cropped = 0; cropped < 2; cropped++) {
        check_mask (caps, turn, 0, cropped);
        check_mask (interlaced, turn, GST_VIDEO_BUFFER_FLAG_INTERLACED | GST_VIDEO_BUFFER_FLAG_TFF, cropped);
      }
  }
}

/* They undo one another. */
static void
test_turns (void)
{
  for (ClipOrientation turn = 0; turn < N_ORIENTATIONS; turn++) {
    guint x, y;
    gdouble u = 3.5 / 8, v = 1.5 / 4;
    find_stored (turn, 8, 4, 3, 1, &x, &y);
    gst_clip_orientation_to_stored (turn, &u, &v);
    g_assert_cmpfloat (u, ==, (x + 0.5) / (is_sideways (turn) ? 4 : 8));
    g_assert_cmpfloat (v, ==, (y + 0.5) / (is_sideways (turn) ? 8 : 4));
    gst_clip_orientation_to_upright (turn, &u, &v);
    g_assert_cmpfloat (u, ==, 3.5 / 8);
    g_assert_cmpfloat (v, ==, 1.5 / 4);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/zone-shape/turns", test_turns);
  g_test_add_func ("/zone-shape/orientations", test_orientations);
  g_test_add_func ("/zone-shape/pixels", test_pixels);
  g_test_add_func ("/zone-shape/boxes", test_boxes);
  g_test_add_func ("/zone-shape/masks", test_masks);
  return g_test_run ();
}
