/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-zones.c: cliptagger labels each zone as it would label its part of the picture by itself, wherever
 * that lies in memory, and says so in metadata, messages and the log. From sample to sample:
 * test-cliptagger-zones-live.c.
 */
#include <glib/gstdio.h>
#include <unistd.h>

#include "common/turned.h"
#include "zones.h"

/* ---- Pictures --------------------------------------------------------------------------------------------- */

static GstElement *
new_element (ClipOrientation turn, const char *zones)
{
  GstElement *element = new_tagger ();
  g_object_set (element, "zones", zones, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "orientation", orientations[turn].nick);
  return element;
}

/* The zone is pixels x, y, w, h of the upright picture; box: what is looked at for it, in the frame. */
static void
check_crop (const char *caps, ClipOrientation turn, GstVideoBufferFlags flags, const guint *zone, const guint *box)
{
  g_autoptr (GstCaps) parsed = gst_caps_from_string (caps);
  GstVideoInfo info, cut_info;
  g_assert_true (gst_video_info_from_caps (&info, parsed));
  gdouble width = is_sideways (turn) ? info.height : info.width, height = is_sideways (turn) ? info.width : info.height;
  char numbers[4][G_ASCII_DTOSTR_BUF_SIZE];
  for (guint i = 0; i < 4; i++)
    g_ascii_dtostr (numbers[i], sizeof numbers[i], zone[i] / (i % 2 ? height : width));
  g_autofree char *zones
      = g_strdup_printf ("other=0,0,0.5,0.5;gate=%s,%s,%s,%s", numbers[0], numbers[1], numbers[2], numbers[3]);

  Tagger t = tagger_start (new_element (turn, zones), caps);
  GstBuffer *buffer = tagger_frame (&info, 3);
  GST_BUFFER_FLAG_SET (buffer, flags);
  g_autoptr (GstBuffer) out = tagger_pass (&t, buffer);
  g_assert_cmpuint (count_regions (out), ==, 2);
  GstBuffer *cut = cut_out (&info, out, box[0], box[1], box[2], box[3], &cut_info);
  g_autoptr (GstClipTags) expected = label_whole (new_element (turn, NULL), &cut_info, cut);
  g_autoptr (GstClipTags) whole = label_whole (new_element (turn, NULL), &info, gst_buffer_ref (out));
  assert_same_tags (zone_tags (out, "gate"), expected);
  assert_same_tags (gst_buffer_get_clip_tag_meta (out)->tags, whole);
  g_assert_cmpfloat (tagger_cosine (expected, whole), <, 1 - 1e-7);
  assert_inferred (&t, 3);
  tagger_stop (&t);
}

#define FORMAT(format, size)     "video/x-raw,format=" format "," size ",framerate=30/1"
#define YUV_FORMAT(format, size) FORMAT (format, size) ",colorimetry=bt601,chroma-site=jpeg"

static void
test_orientations (void)
{
  for (ClipOrientation turn = 0; turn < N_ORIENTATIONS; turn++) {
    const guint zone[] = { 10, 6, 34, 22 };
    guint x1, y1, x2, y2;
    find_stored (turn, 64, 48, zone[0], zone[1], &x1, &y1);
    find_stored (turn, 64, 48, zone[0] + zone[2] - 1, zone[1] + zone[3] - 1, &x2, &y2);
    const guint box[]
        = { MIN (x1, x2), MIN (y1, y2), MAX (x1, x2) - MIN (x1, x2) + 1, MAX (y1, y2) - MIN (y1, y2) + 1 };
    const char *size = is_sideways (turn) ? "width=48,height=64" : "width=64,height=48";
    static const char *const formats[] = { "RGB", "I420", "NV12" };
    for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
      g_autofree char *caps = g_strdup_printf ("video/x-raw,format=%s,%s,framerate=30/1%s", formats[f], size,
          f ? ",colorimetry=bt601,chroma-site=jpeg" : "");
      check_crop (caps, turn, 0, zone, box);
    }
  }
}

static void
test_shapes (void)
{
  const guint zone[] = { 11, 7, 33, 21 };
  check_crop (FORMAT ("RGB", "width=64,height=48"), 0, 0, zone, zone);
  check_crop (FORMAT ("RGB", "width=64,height=48,pixel-aspect-ratio=2/1"), 0, 0, zone, zone);
  /* To whole chroma samples, the last of which may cover one pixel. */
  check_crop (YUV_FORMAT ("NV12", "width=64,height=48"), 0, 0, zone, (guint[]){ 10, 6, 34, 22 });
  check_crop (YUV_FORMAT ("I420", "width=63,height=47"), 0, 0, zone, (guint[]){ 10, 6, 34, 22 });
  check_crop (
      YUV_FORMAT ("I420", "width=63,height=47"), 0, 0, (guint[]){ 33, 21, 30, 26 }, (guint[]){ 32, 20, 31, 27 });
  check_crop (YUV_FORMAT ("NV12", "width=63,height=47,pixel-aspect-ratio=2/1"), CLIP_ORIENTATION_180, 0,
      (guint[]){ 0, 0, 30, 26 }, (guint[]){ 32, 20, 31, 27 });
  /* One field of it. */
  GstVideoBufferFlags fields = GST_VIDEO_BUFFER_FLAG_INTERLACED | GST_VIDEO_BUFFER_FLAG_TFF;
  check_crop (FORMAT ("RGB", "width=64,height=48,interlace-mode=interleaved"), 0, fields, (guint[]){ 11, 8, 33, 20 },
      (guint[]){ 11, 8, 33, 20 });
  check_crop (YUV_FORMAT ("NV12", "width=64,height=48,interlace-mode=interleaved"), CLIP_ORIENTATION_HORIZ, fields,
      (guint[]){ 10, 8, 34, 20 }, (guint[]){ 20, 8, 34, 20 });
}

/* Places are those of what the crop leaves. */
static void
test_crop_meta (void)
{
  Tagger t = tagger_start (new_element (0, "gate=0.25,0.5,0.5,0.25"), CAPS ("RGB"));
  GstBuffer *buffer = new_frame (0);
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);
  crop->x = 8;
  crop->y = 4;
  crop->width = 40;
  crop->height = 32;
  g_autoptr (GstBuffer) out = tagger_pass (&t, buffer);
  GstVideoRegionOfInterestMeta *region = NULL;
  g_assert_nonnull (find_zone (out, "gate", &region));
  g_assert_true (region->x == 18 && region->y == 20 && region->w == 20 && region->h == 8);
  tagger_stop (&t);
}

/* ---- Polygons --------------------------------------------------------------------------------------------- */

/* Of the upright picture of 96 x 64, pixels with this level, outside of a triangle (with a margin of `margin` pixels)
 * other ones. */
static GstBuffer *
triangle_frame (ClipOrientation turn, guint seed, gdouble margin)
{
  guint width = is_sideways (turn) ? 64 : 96, height = is_sideways (turn) ? 96 : 64, stride = 3 * width;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, stride * height, NULL);
  GstMapInfo map;
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (guint v = 0; v < 64; v++)
    for (guint u = 0; u < 96; u++) {
      guint x, y;
      find_stored (turn, 96, 64, u, v, &x, &y);
      /* 12,8 to 84,8 to 12,56 */
      gboolean outside = u + margin < 12 || v + margin < 8 || (u - 12.0) / 72 + (v - 8.0) / 48 > 1 + margin / 30;
      guint level = outside ? (u * 31 + v * 17 + seed * 101) % 256 : (u * 2 + v * 3) % 256;
      memset (map.data + y * stride + 3 * x, level, 3);
      map.data[y * stride + 3 * x + 1] = 255 - level;
    }
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = 0;
  return buffer;
}

static GstClipTags *
label_triangle (ClipOrientation turn, const char *fit, const char *zone, GstBuffer *buffer)
{
  g_autofree char *caps = g_strdup_printf ("video/x-raw,format=RGB,width=%u,height=%u,framerate=30/1",
      is_sideways (turn) ? 64 : 96, is_sideways (turn) ? 96 : 64);
  GstElement *element = new_element (turn, zone);
  gst_util_set_object_arg (G_OBJECT (element), "fit", fit);
  Tagger t = tagger_start (element, caps);
  g_autoptr (GstBuffer) out = tagger_pass (&t, buffer);
  GstClipTags *tags = gst_clip_tags_ref (zone_tags (out, "yard"));
  tagger_stop (&t);
  return tags;
}

static void
test_polygons (void)
{
  const char *polygon = "yard=0.125,0.125,0.875,0.125,0.125,0.875", *box = "yard=0.125,0.125,0.75,0.75";
  static const char *const fits[] = { "crop", "stretch", "pad" };
  for (guint f = 0; f < G_N_ELEMENTS (fits); f++) {
    g_autoptr (GstClipTags) upright = label_triangle (0, fits[f], polygon, triangle_frame (0, 1, 8));
    for (ClipOrientation turn = 0; turn < N_ORIENTATIONS; turn++) {
      /* Beyond what the resize reaches, anything may be. */
      g_autoptr (GstClipTags) a = label_triangle (turn, fits[f], polygon, triangle_frame (turn, 1, 8));
      g_autoptr (GstClipTags) b = label_triangle (turn, fits[f], polygon, triangle_frame (turn, 2, 8));
      assert_same_tags (a, upright);
      assert_same_tags (b, upright);
    }
    g_autoptr (GstClipTags) a = label_triangle (0, fits[f], box, triangle_frame (0, 1, 8));
    g_autoptr (GstClipTags) b = label_triangle (0, fits[f], box, triangle_frame (0, 2, 8));
    g_assert_cmpfloat (tagger_cosine (a, b), <, 1 - 1e-7);
    g_assert_cmpfloat (tagger_cosine (a, upright), <, 1 - 1e-7);
  }
}

static void
test_outline (void)
{
  Tagger t = tagger_start (new_element (CLIP_ORIENTATION_90R, "yard=0.25,0.25,0.75,0.25,0.5,0.75;box=0,0,0.5,0.5"),
      FORMAT ("RGB", "width=64,height=48"));
  GstBuffer *buffer = new_frame (0);
  g_autoptr (GstBuffer) out = tagger_pass (&t, buffer);
  GstVideoRegionOfInterestMeta *region = NULL;
  const GstStructure *yard = find_zone (out, "yard", &region);
  /* The upright picture is of 48 x 64; its left is the frame's bottom. */
  g_assert_true (region->x == 16 && region->y == 12 && region->w == 32 && region->h == 24);
  const GValue *points = gst_structure_get_value (yard, "points");
  const gdouble expected[] = { 0, 1, 0, 0, 1, 0.5 };
  g_assert_cmpuint (gst_value_array_get_size (points), ==, 6);
  for (guint i = 0; i < 6; i++)
    g_assert_cmpfloat (g_value_get_double (gst_value_array_get_value (points, i)), ==, expected[i]);
  g_assert_false (gst_structure_has_field (find_zone (out, "box", NULL), "points"));
  tagger_stop (&t);
}

/* ---- What is said of them --------------------------------------------------------------------------------- */

static void
test_fields (void)
{
  GstElement *element = new_element (0, "gate=0.25,0,0.5,0.5;yard=0,0.5,1,0.5");
  g_object_set (element, "frame-rate", 0.1, NULL);
  Tagger t = tagger_start (element, CAPS ("RGB"));
  g_autoptr (GstBuffer) out = push (&t, 3, NULL, 0);
  const GstStructure *labels = find_zone (out, "gate", NULL);
  const GstClipTagLabel *best = gst_clip_tags_get_label (tags_of (labels), 0);
  g_assert_cmpstr (gst_structure_get_string (labels, "label"), ==, best->label);
  g_assert_cmpuint (gst_clip_tags_get_source_pts (tags_of (labels)), ==, 3 * GST_SECOND);
  g_assert_cmpuint (age_of (labels), ==, 0);
  g_assert_true (is_sampled (labels));
  g_assert_false (is_reused (labels));

  /* One message for the frame and its zones. */
  g_autoptr (GstMessage) message = tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags");
  const GstStructure *report = gst_message_get_structure (message);
  const GValue *list = gst_structure_get_value (report, "regions");
  g_assert_cmpuint (gst_value_list_get_size (gst_structure_get_value (report, "labels")), ==, 3);
  g_assert_cmpuint (gst_value_list_get_size (list), ==, 2);
  static const char *const names[] = { "gate", "yard" };
  static const guint boxes[][4] = { { 16, 0, 32, 24 }, { 0, 24, 64, 24 } };
  for (guint i = 0; i < 2; i++) {
    const GstStructure *entry = g_value_get_boxed (gst_value_list_get_value (list, i));
    guint x, y, w, h;
    gint id = -1;
    guint64 pts;
    gboolean reused = TRUE;
    g_assert_true (
        gst_structure_get (entry, "x", G_TYPE_UINT, &x, "y", G_TYPE_UINT, &y, "w", G_TYPE_UINT, &w, "h", G_TYPE_UINT,
            &h, "roi-id", G_TYPE_INT, &id, "timestamp", G_TYPE_UINT64, &pts, "reused", G_TYPE_BOOLEAN, &reused, NULL));
    g_assert_true (x == boxes[i][0] && y == boxes[i][1] && w == boxes[i][2] && h == boxes[i][3] && id == 0);
    g_assert_true (pts == 3 * GST_SECOND && !reused);
    g_assert_cmpstr (gst_structure_get_string (entry, "zone"), ==, names[i]);
    g_assert_cmpstr (gst_structure_get_string (entry, "roi-type"), ==, names[i]);
    GstClipTags *tags = zone_tags (out, names[i]);
    g_assert_cmpstr (gst_structure_get_string (entry, "label"), ==, gst_clip_tags_get_label (tags, 0)->label);
    g_assert_cmpuint (gst_value_list_get_size (gst_structure_get_value (entry, "labels")), ==, 3);
  }
  g_assert_null (tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags"));

  /* A frame that is not sampled carries them on. */
  g_autoptr (GstBuffer) next = push (&t, 4, NULL, 0);
  g_assert_cmpuint (count_regions (next), ==, 2);
  g_assert_cmpuint (age_of (find_zone (next, "gate", NULL)), ==, GST_SECOND);
  g_assert_false (is_sampled (find_zone (next, "gate", NULL)));
  g_object_set (t.element, "max-age", GST_SECOND, NULL);
  g_autoptr (GstBuffer) old = push (&t, 6, NULL, 0);
  g_assert_cmpuint (count_regions (old), ==, 0);
  tagger_stop (&t);
}

/* Zones are nobody's detections: a second tagger that labels those leaves them alone. */
static void
test_not_detections (void)
{
  Tagger first = tagger_start (new_element (0, "gate=0.25,0,0.5,0.5"), CAPS ("RGB"));
  Tagger second = start (NULL, NULL);
  GstBuffer *buffer = new_frame (0);
  add_region (buffer, &(Region){ "car", 4, 4, 30, 30, 1 });
  g_autoptr (GstBuffer) out = tagger_pass (&second, tagger_pass (&first, buffer));
  assert_inferred (&second, 1);
  g_assert_cmpuint (count_labelled (out), ==, 2);
  g_assert_nonnull (labels_of (out, 0)); /* the car's */
  GstVideoRegionOfInterestMeta *gate = NULL;
  g_assert_nonnull (find_zone (out, "gate", &gate));
  g_assert_cmpuint (g_list_length (gate->params), ==, 1);
  tagger_stop (&first);
  tagger_stop (&second);
}

static void
test_log (void)
{
  g_autofree char *path = NULL, *text = NULL;
  close (g_file_open_tmp ("zones-XXXXXX", &path, NULL));
  GstElement *log = gst_object_ref_sink (gst_element_factory_make ("cliplog", NULL));
  g_object_set (log, "location", path, NULL);
  Tagger tagger = tagger_start (new_element (0, "gate=0.25,0,0.5,0.5"), CAPS ("RGB"));
  Tagger logger = tagger_start (log, CAPS ("RGB"));
  GstBuffer *buffer = new_frame (0);
  gst_buffer_unref (tagger_pass (&logger, tagger_pass (&tagger, buffer)));
  tagger_stop (&logger);
  tagger_stop (&tagger);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 3); /* the frame's and the zones' */
  g_assert_null (strstr (lines[0], "\"zone\""));
  g_assert_nonnull (strstr (
      lines[1], "\"regions\":[{\"x\":16,\"y\":0,\"w\":32,\"h\":24,\"type\":\"gate\",\"zone\":\"gate\",\"id\":0,"));
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cliptagger-zones/orientations", test_orientations);
  g_test_add_func ("/cliptagger-zones/shapes", test_shapes);
  g_test_add_func ("/cliptagger-zones/crop-meta", test_crop_meta);
  g_test_add_func ("/cliptagger-zones/polygons", test_polygons);
  g_test_add_func ("/cliptagger-zones/outline", test_outline);
  g_test_add_func ("/cliptagger-zones/fields", test_fields);
  g_test_add_func ("/cliptagger-zones/not-detections", test_not_detections);
  g_test_add_func ("/cliptagger-zones/log", test_log);
  return g_test_run ();
}
