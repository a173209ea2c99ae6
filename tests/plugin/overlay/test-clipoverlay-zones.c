/* SPDX-License-Identifier: MIT
 *
 * test-clipoverlay-zones.c: clipoverlay draws the user's zones: a box or the polygon's outline, along the inside of its
 * edges, and the zone's name before the label.
 */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "gstcliptagmeta.h"

#define WIDTH  640
#define HEIGHT 360

/* A frame of one grey in I420, and of it the luma. */
static GstBuffer *
new_frame (void)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, WIDTH * HEIGHT * 3 / 2, NULL);
  gst_buffer_memset (buffer, 0, 128, gst_buffer_get_size (buffer));
  GST_BUFFER_PTS (buffer) = 0;
  return buffer;
}

/* points: n values, or none. */
static void
add_zone (GstBuffer *buffer, guint x, guint y, guint w, guint h, const char *zone, const gdouble *points, guint n)
{
  static const GstClipTagLabel label = { 0, (gchar *)"open", 0.8, 0.3 };
  g_autoptr (GstClipTags) tags = gst_clip_tags_new ("model", "0123456789abcdef", 0, &label, 1, NULL, 0);
  GstStructure *param = gst_structure_new ("clip-tags", "tags", GST_TYPE_CLIP_TAGS, tags, NULL);
  if (zone)
    gst_structure_set (param, "zone", G_TYPE_STRING, zone, NULL);
  if (n) {
    GValue list = G_VALUE_INIT;
    g_value_init (&list, GST_TYPE_ARRAY);
    for (guint i = 0; i < n; i++) {
      GValue value = G_VALUE_INIT;
      g_value_init (&value, G_TYPE_DOUBLE);
      g_value_set_double (&value, points[i]);
      gst_value_array_append_and_take_value (&list, &value);
    }
    gst_structure_take_value (param, "points", &list);
  }
  gst_video_region_of_interest_meta_add_param (
      gst_buffer_add_video_region_of_interest_meta (buffer, zone ? zone : "car", x, y, w, h), param);
}

static guint8 *
draw (GstBuffer *buffer)
{
  GstHarness *h = gst_harness_new ("clipoverlay");
  gst_harness_set_src_caps_str (h, "video/x-raw,format=I420,width=640,height=360,framerate=30/1");
  g_autoptr (GstBuffer) out = gst_harness_push_and_pull (h, buffer);
  guint8 *luma = g_malloc (WIDTH * HEIGHT);
  gst_buffer_extract (out, 0, luma, WIDTH * HEIGHT);
  gst_harness_teardown (h);
  return luma;
}

#define AT(x, y) luma[(y)*WIDTH + (x)]

static void
test_polygon (void)
{
  /* 100,150 to 500,150 to 100,350; the text is above 150. */
  const gdouble points[] = { 0, 0, 1, 0, 0, 1 };
  GstBuffer *buffer = new_frame ();
  add_zone (buffer, 100, 150, 400, 200, "yard", points, G_N_ELEMENTS (points));
  g_autofree guint8 *luma = draw (buffer);
  g_assert_cmpuint (AT (300, 150), !=, 128); /* the edges, */
  g_assert_cmpuint (AT (100, 250), !=, 128);
  g_assert_cmpuint (AT (298, 249), !=, 128);
  g_assert_cmpuint (AT (304, 253), ==, 128); /* from inside, */
  g_assert_cmpuint (AT (99, 250), ==, 128);
  g_assert_cmpuint (AT (200, 200), ==, 128); /* not what is within */
  g_assert_cmpuint (AT (499, 300), ==, 128); /* nor the box around it. */
  g_assert_cmpuint (AT (400, 349), ==, 128);
  for (guint y = 152; y < 340; y++) { /* without gaps: at each line two edges */
    guint n = 0;
    for (guint x = 0; x < WIDTH; x++)
      n += AT (x, y) != 128;
    g_assert_cmpuint (n, >=, 4);
    g_assert_cmpuint (n, <, 20);
  }
}

static void
test_box (void)
{
  GstBuffer *buffer = new_frame ();
  add_zone (buffer, 100, 150, 400, 200, "gate", NULL, 0);
  g_autofree guint8 *luma = draw (buffer);
  g_assert_cmpuint (AT (499, 300), !=, 128);
  g_assert_cmpuint (AT (300, 349), !=, 128);
  g_assert_cmpuint (AT (300, 249), ==, 128);
}

/* The text is wider by the name. */
static guint
find_text_end (const char *zone)
{
  guint end = 0;
  GstBuffer *buffer = new_frame ();
  add_zone (buffer, 100, 150, 400, 200, zone, NULL, 0);
  g_autofree guint8 *luma = draw (buffer);
  for (guint x = 0; x < WIDTH; x++)
    if (AT (x, 140) != 128)
      end = x;
  return end;
}

static void
test_name (void)
{
  guint plain = find_text_end (NULL), gate = find_text_end ("gate"), longer = find_text_end ("the other gate");
  g_assert_cmpuint (gate, >, plain + 20);
  g_assert_cmpuint (longer, >, gate + 20);
}

/* Metadata may say anything: what is no polygon is a box, as is one of a region that is partly outside. */
static void
test_odd_points (void)
{
  const gdouble outside[] = { 0, 0, 1.5, 0, 0, 1 }, nan[] = { 0, 0, 1, 0, 0, 0.0 / 0.0 };
  gdouble many[2 * 65] = { 0 };
  const struct
  {
    const gdouble *points;
    guint n;
  } cases[] = { { outside, 6 }, { nan, 6 }, { outside, 4 }, { many, 5 }, { many, 130 } };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstBuffer *buffer = new_frame ();
    add_zone (buffer, 100, 150, 400, 200, "yard", cases[i].points, cases[i].n);
    g_autofree guint8 *luma = draw (buffer);
    g_assert_cmpuint (AT (499, 300), !=, 128);
  }
  const gdouble points[] = { 0, 0, 1, 0, 0, 1 };
  GstBuffer *buffer = new_frame ();
  add_zone (buffer, 400, 150, 400, 200, "yard", points, 6);
  g_autofree guint8 *luma = draw (buffer);
  g_assert_cmpuint (AT (639, 300), !=, 128);
}

/* Any size and place, of odd pixels and a single one. */
static void
test_sizes (void)
{
  const gdouble points[] = { 0.5, 0, 1, 1, 0, 0.5 };
  for (guint i = 0; i < 12; i++) {
    GstBuffer *buffer = new_frame ();
    for (guint k = 1; k < 20; k++)
      add_zone (buffer, k * 31 % 600, k * 17 % 340, 1 + k * i % 40, 1 + k * i % 20, "z", points, 6);
    g_free (draw (buffer));
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/clipoverlay-zones/polygon", test_polygon);
  g_test_add_func ("/clipoverlay-zones/box", test_box);
  g_test_add_func ("/clipoverlay-zones/name", test_name);
  g_test_add_func ("/clipoverlay-zones/odd-points", test_odd_points);
  g_test_add_func ("/clipoverlay-zones/sizes", test_sizes);
  return g_test_run ();
}
