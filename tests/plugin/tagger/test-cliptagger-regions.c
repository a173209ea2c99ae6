/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-regions.c: cliptagger looks at the regions that a detector attached, labels them as it would label
 * their pictures, and survives whatever the metadata says. What becomes of a region from frame to frame is in
 * test-cliptagger-objects.c.
 */
#include "regions.h"

/* ---- What is looked at ------------------------------------------------------------------------------------ */

/* region: any; box: what is to be looked at for it. */
static void
check_crop (const char *caps, const Region *region, const gint *box)
{
  GstElement *element = new_tagger ();
  gst_util_set_object_arg (G_OBJECT (element), "inference-region", "roi-list");
  Tagger t = tagger_start (element, caps);
  g_autoptr (GstCaps) parsed = gst_caps_from_string (caps);
  GstVideoInfo info, cut_info;
  g_assert_true (gst_video_info_from_caps (&info, parsed));

  GstBuffer *buffer = tagger_frame (&info, 3);
  add_region (buffer, region);
  g_autoptr (GstBuffer) out = tagger_pass (&t, buffer);
  const GstStructure *labels = labels_of (out, 0);
  GstBuffer *cut = cut_out (&info, out, box[0], box[1], box[2], box[3], &cut_info);
  g_autoptr (GstClipTags) expected = label_whole (new_tagger (), &cut_info, cut);
  assert_same_tags (tags_of (labels), expected);
  g_assert_null (gst_buffer_get_clip_tag_meta (out));
  tagger_stop (&t);
}

static void
test_same_as_cropped (void)
{
  static const char *const formats[] = { "I420", "YV12", "NV12", "NV21", "YUY2", "UYVY", "Y42B", "Y444", "RGB", "BGR",
    "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA", "ARGB", "ABGR", "GRAY8" };
  const gint box[] = { 10, 6, 34, 22 };
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    const char *colours = strchr ("RBxAG", formats[i][0]) ? "" : ",colorimetry=bt601,chroma-site=jpeg";
    g_autofree char *caps
        = g_strdup_printf ("video/x-raw,format=%s,width=64,height=48,framerate=30/1%s", formats[i], colours);
    check_crop (caps, &(Region){ "car", 10, 6, 34, 22 }, box);
  }
  /* Without chroma samples for several pixels, to the pixel; otherwise to the next whole ones. */
  check_crop (CAPS ("RGB"), &(Region){ "car", 11, 7, 33, 21 }, (gint[]){ 11, 7, 33, 21 });
  check_crop (CAPS ("NV12"), &(Region){ "car", 11, 7, 32, 20 }, (gint[]){ 10, 6, 34, 22 });
  check_crop (CAPS ("YUY2"), &(Region){ "car", 11, 7, 32, 20 }, (gint[]){ 10, 7, 34, 20 });
}

static void
test_clipping (void)
{
  check_crop (CAPS ("RGB"), &(Region){ "car", -5, -6, 25, 27 }, (gint[]){ 0, 0, 20, 21 });
  check_crop (CAPS ("RGB"), &(Region){ "car", 40, 20, 1000, 1000 }, (gint[]){ 40, 20, 24, 28 });
  check_crop (CAPS ("I420"), &(Region){ "car", -10, 5, G_MAXUINT, G_MAXUINT }, (gint[]){ 0, 4, 64, 44 });
  /* An odd frame's last chroma sample covers one pixel. */
  const char *odd = "video/x-raw,format=I420,width=63,height=47,framerate=30/1,colorimetry=bt601,chroma-site=jpeg";
  check_crop (odd, &(Region){ "car", 33, 21, 500, 500 }, (gint[]){ 32, 20, 31, 27 });
}

static void
test_filters (void)
{
  const Region regions[] = { { "car", 0, 0, 20, 20 }, { "person", 0, 0, 21, 20 }, { "bus", 0, 0, 22, 20 },
    { "car", 10, 10, 15, 30 }, { "car", -8, 0, 20, 20 } };
  Tagger t = start ("object-class", " car; bus ;", "min-crop-size", 16, NULL);
  g_autoptr (GstBuffer) out = push (&t, 0, regions, G_N_ELEMENTS (regions));
  g_assert_nonnull (labels_of (out, 0));
  g_assert_null (labels_of (out, 1));
  g_assert_nonnull (labels_of (out, 2));
  g_assert_null (labels_of (out, 3));
  g_assert_null (labels_of (out, 4)); /* 12 pixels of it are inside */
  assert_inferred (&t, 2);

  g_object_set (t.element, "object-class", NULL, "min-crop-size", 12, NULL);
  g_autoptr (GstBuffer) all = push (&t, 1, regions, G_N_ELEMENTS (regions));
  for (guint i = 0; i < G_N_ELEMENTS (regions); i++)
    g_assert_nonnull (labels_of (all, i));
  assert_inferred (&t, 7);
  tagger_stop (&t);
}

static void
test_fields (void)
{
  const Region region = { "car", 2, 4, 30, 20, 7 };
  Tagger t = start (NULL, NULL);
  g_autoptr (GstBuffer) out = push (&t, 3, &region, 1);
  const GstStructure *labels = labels_of (out, 0);
  const GstClipTagLabel *best = gst_clip_tags_get_label (tags_of (labels), 0);
  g_autofree char *label = NULL, *model = NULL;
  gint id;
  gdouble confidence, cosine;
  guint64 pts;
  g_assert_true (gst_structure_get (labels, "label", G_TYPE_STRING, &label, "label_id", G_TYPE_INT, &id, "confidence",
      G_TYPE_DOUBLE, &confidence, "cosine", G_TYPE_DOUBLE, &cosine, "model_name", G_TYPE_STRING, &model, "source_pts",
      G_TYPE_UINT64, &pts, NULL));
  g_assert_cmpstr (label, ==, best->label);
  g_assert_cmpint (id, ==, best->id);
  g_assert_true (confidence == best->confidence && cosine == best->cosine);
  g_assert_cmpstr (model, ==, TINY_MODEL);
  g_assert_cmpuint (pts, ==, 3 * GST_SECOND);
  g_assert_cmpuint (age_of (labels), ==, 0);
  g_assert_true (is_sampled (labels));

  g_autoptr (GstMessage) message = tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags");
  g_assert_nonnull (message);
  const GstStructure *report = gst_message_get_structure (message);
  const GValue *list = gst_structure_get_value (report, "regions");
  g_assert_cmpuint (gst_value_list_get_size (list), ==, 1);
  const GstStructure *entry = g_value_get_boxed (gst_value_list_get_value (list, 0));
  guint x, y, w, h;
  gint roi_id;
  g_assert_true (gst_structure_get (entry, "x", G_TYPE_UINT, &x, "y", G_TYPE_UINT, &y, "w", G_TYPE_UINT, &w, "h",
      G_TYPE_UINT, &h, "roi-id", G_TYPE_INT, &roi_id, "timestamp", G_TYPE_UINT64, &pts, NULL));
  g_assert_true (x == 2 && y == 4 && w == 30 && h == 20 && roi_id == 7 && pts == 3 * GST_SECOND);
  g_assert_cmpstr (gst_structure_get_string (entry, "roi-type"), ==, "car");
  g_assert_cmpstr (gst_structure_get_string (entry, "label"), ==, best->label);
  g_assert_cmpuint (gst_value_list_get_size (gst_structure_get_value (entry, "labels")), ==, 3);
  g_assert_false (gst_structure_has_field (report, "labels"));
  g_assert_null (tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags"));
  tagger_stop (&t);
}

/* ---- Whatever the metadata says --------------------------------------------------------------------------- */

static void
test_nothing_inside (void)
{
  const Region regions[] = { { "car", 0, 0, 0, 0 }, { "car", 64, 0, 100, 100 }, { "car", 0, 48, 100, 100 },
    { "car", -30, 0, 30, 30 }, { "car", G_MININT, G_MININT, 100, 100 }, { "car", G_MAXINT, 0, G_MAXUINT, 100 },
    { "car", 10, 10, 1, 0 }, { "car", -1, -1, 1, 1 }, { "car", 5, 5, 20, 0, 3 } };
  Tagger t = start ("min-crop-size", 1, NULL);
  g_autoptr (GstBuffer) out = push (&t, 0, regions, G_N_ELEMENTS (regions));
  for (guint i = 0; i < G_N_ELEMENTS (regions); i++)
    g_assert_null (labels_of (out, i));
  assert_inferred (&t, 0);
  g_assert_cmpuint (tagger_count (t.element, "skipped-regions"), ==, 0);
  g_assert_null (tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags"));
  tagger_stop (&t);
}

static void
test_many (void)
{
  enum
  {
    N = 10000
  };
  Tagger t = start ("min-crop-size", 1, "post-messages", FALSE, "attach-embedding", FALSE, NULL);
  GstBuffer *buffer = new_frame (0);
  for (guint i = 0; i < N; i++)
    add_region (buffer, &(Region){ "car", i % 7, i % 5, 1 + i % 50, 1 + i % 43, i + 1 });
  GstVideoRegionOfInterestMeta *largest = add_region (buffer, &(Region){ "bus", 0, 0, 64, 48 });
  g_autoptr (GstBuffer) out = tagger_pass (&t, buffer);
  assert_inferred (&t, 64);
  g_assert_cmpuint (tagger_count (t.element, "skipped-regions"), ==, N + 1 - 64);
  g_assert_cmpuint (count_labelled (out), >=, 64);
  g_assert_cmpuint (count_labelled (out), <=, 256);
  g_assert_nonnull (gst_video_region_of_interest_meta_get_param (largest, "clip-tags"));

  /* One number for all of them is one object. */
  GstBuffer *same = new_frame (1);
  for (guint i = 0; i < N; i++)
    add_region (same, &(Region){ "tram", 0, 0, 30, 20, G_MAXINT });
  g_autoptr (GstBuffer) labelled = tagger_pass (&t, same);
  assert_inferred (&t, 65);
  g_assert_cmpuint (count_labelled (labelled), ==, 256);
  tagger_stop (&t);
}

static void
test_odd_params (void)
{
  Tagger t = start ("reclassify-interval", 0, NULL);
  for (guint i = 0; i < 2; i++) {
    GstBuffer *buffer = new_frame (i);
    for (guint k = 0; k < 4; k++) {
      GstVideoRegionOfInterestMeta *meta = add_region (buffer, &(Region){ "car", k * 10, 0, 20, 20, k == 3 ? -1 : 0 });
      GstStructure *param = k == 0   ? gst_structure_new ("object_id", "id", G_TYPE_STRING, "seven", NULL)
                            : k == 1 ? gst_structure_new_empty ("object_id")
                            : k == 2 ? gst_structure_new ("object_id", "id", G_TYPE_INT, -5, NULL)
                                     : gst_structure_new ("clip-tags", "tags", G_TYPE_INT, 1, NULL);
      gst_video_region_of_interest_meta_add_param (meta, param);
    }
    g_autoptr (GstBuffer) out = tagger_pass (&t, buffer);
    g_assert_cmpuint (count_labelled (out), ==, 4);
  }
  assert_inferred (&t, 8); /* none is a number */
  tagger_stop (&t);
}

/* A frame whose memory is too short passes without. */
static void
test_unreadable (void)
{
  Tagger t = start (NULL, NULL);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 100, NULL);
  GST_BUFFER_PTS (buffer) = 0;
  add_region (buffer, &(Region){ "car", 0, 0, 20, 20, 1 });
  g_autoptr (GstBuffer) a = tagger_pass (&t, buffer);
  g_assert_null (labels_of (a, 0));
  g_assert_cmpuint (tagger_count (t.element, "failed"), ==, 1);
  g_autoptr (GstBuffer) b = push (&t, 1, (Region[]){ { "car", 0, 0, 20, 20, 1 } }, 1);
  g_assert_nonnull (labels_of (b, 0));
  tagger_stop (&t);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cliptagger-regions/same-as-cropped", test_same_as_cropped);
  g_test_add_func ("/cliptagger-regions/clipping", test_clipping);
  g_test_add_func ("/cliptagger-regions/filters", test_filters);
  g_test_add_func ("/cliptagger-regions/fields", test_fields);
  g_test_add_func ("/cliptagger-regions/nothing-inside", test_nothing_inside);
  g_test_add_func ("/cliptagger-regions/many", test_many);
  g_test_add_func ("/cliptagger-regions/odd-params", test_odd_params);
  g_test_add_func ("/cliptagger-regions/unreadable", test_unreadable);
  return g_test_run ();
}
