/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-analytics.c: detections by GstAnalytics are labelled as regions of interest are, and the labels are
 * classifications related to them.
 */
#include <gst/analytics/analytics.h>

#include "tagger.h"

#define CAPS     "video/x-raw,format=RGB,width=64,height=48,framerate=30/1"
#define RELATION (GST_ANALYTICS_REL_TYPE_CONTAIN | GST_ANALYTICS_REL_TYPE_RELATE_TO)

typedef struct
{
  const char *type;
  gint x, y, width, height;
  gint64 number; /* -1: not tracked */
} Detection;

static Tagger
start (const char *first_property, ...)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "frame-rate", 0.0, "top-k", 0, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "inference-region", "roi-list");
  va_list arguments;
  va_start (arguments, first_property);
  g_object_set_valist (G_OBJECT (element), first_property, arguments);
  va_end (arguments);
  return tagger_start (element, CAPS);
}

static GstBuffer *
new_frame (guint index, const Detection *detections, guint n)
{
  GstBuffer *buffer = tagger_frame_for_caps (CAPS, 1);
  GST_BUFFER_PTS (buffer) = index * GST_SECOND;
  for (guint i = 0; i < n; i++) {
    const Detection *d = &detections[i];
    GstAnalyticsRelationMeta *meta = gst_buffer_add_analytics_relation_meta (buffer);
    GstAnalyticsODMtd found;
    GstAnalyticsTrackingMtd track;
    g_assert_true (gst_analytics_relation_meta_add_od_mtd (
        meta, g_quark_from_string (d->type), d->x, d->y, d->width, d->height, 0.9f, &found));
    if (d->number < 0)
      continue;
    g_assert_true (gst_analytics_relation_meta_add_tracking_mtd (meta, d->number, 0, &track));
    g_assert_true (
        gst_analytics_relation_meta_set_relation (meta, GST_ANALYTICS_REL_TYPE_RELATE_TO, found.id, track.id));
  }
  return buffer;
}

/* The labels of the buffer's i-th detection. FALSE when it has none. */
static gboolean
get_labels (GstBuffer *buffer, guint i, GstAnalyticsClsMtd *ret_labels)
{
  GstAnalyticsRelationMeta *meta = gst_buffer_get_analytics_relation_meta (buffer);
  GstAnalyticsMtdType type = gst_analytics_cls_mtd_get_mtd_type ();
  GstAnalyticsODMtd found;
  gpointer state = NULL;
  do
    g_assert_true (gst_analytics_relation_meta_iterate (meta, &state, gst_analytics_od_mtd_get_mtd_type (), &found));
  while (i-- > 0);

  if (!gst_analytics_relation_meta_get_direct_related (
          meta, found.id, GST_ANALYTICS_REL_TYPE_RELATE_TO, type, NULL, ret_labels))
    return FALSE;
  g_assert_cmpint (gst_analytics_relation_meta_get_relation (meta, found.id, ret_labels->id), ==, RELATION);
  GstAnalyticsClsMtd contained;
  g_assert_true (gst_analytics_relation_meta_get_direct_related (
      meta, found.id, GST_ANALYTICS_REL_TYPE_CONTAIN, type, NULL, &contained));
  g_assert_cmpuint (contained.id, ==, ret_labels->id);
  return TRUE;
}

static void
assert_labelled (GstBuffer *buffer, guint i, gboolean expected)
{
  GstAnalyticsClsMtd labels;
  g_assert_cmpint (get_labels (buffer, i, &labels), ==, expected);
}

static void
assert_same (GstBuffer *buffer, guint i, GstClipTags *tags)
{
  GstAnalyticsClsMtd labels;
  guint n = gst_clip_tags_get_n_labels (tags);
  g_assert_true (get_labels (buffer, i, &labels));
  g_assert_cmpuint (gst_analytics_cls_mtd_get_length (&labels), ==, n);
  for (guint k = 0; k < n; k++) {
    const GstClipTagLabel *label = gst_clip_tags_get_label (tags, k);
    g_assert_cmpstr (g_quark_to_string (gst_analytics_cls_mtd_get_quark (&labels, k)), ==, label->label);
    g_assert_true (gst_analytics_cls_mtd_get_level (&labels, k) == (gfloat)label->confidence);
  }
}

#define assert_inferred(t, n) g_assert_cmpuint (tagger_count ((t)->element, "inferred"), ==, n)

static GstClipTags *
tags_of (GstVideoRegionOfInterestMeta *region)
{
  const GstStructure *labels = gst_video_region_of_interest_meta_get_param (region, "clip-tags");
  g_assert_nonnull (labels);
  return g_value_get_boxed (gst_structure_get_value (labels, "tags"));
}

/* What a region of interest in the same place says; a new reference. */
static GstClipTags *
label_region (gint x, gint y, guint width, guint height)
{
  Tagger t = start (NULL, NULL);
  GstBuffer *buffer = new_frame (0, NULL, 0);
  gst_buffer_add_video_region_of_interest_meta (buffer, "car", x, y, width, height);
  g_autoptr (GstBuffer) out = tagger_pass (&t, buffer);
  GstClipTags *tags = gst_clip_tags_ref (tags_of (gst_buffer_get_video_region_of_interest_meta_id (out, 0)));
  tagger_stop (&t);
  return tags;
}

static void
test_same_as_regions (void)
{
  const Detection detections[] = { { "car", 10, 6, 34, 22, -1 }, { "bus", -5, -6, 25, 27, -1 } };
  g_autoptr (GstClipTags) car = label_region (10, 6, 34, 22), bus = label_region (0, 0, 20, 21);
  Tagger t = start (NULL, NULL);
  g_autoptr (GstBuffer) out = tagger_pass (&t, new_frame (0, detections, 2));
  g_assert_cmpuint (gst_clip_tags_get_n_labels (car), ==, 3);
  assert_same (out, 0, car);
  assert_same (out, 1, bus);
  assert_inferred (&t, 2);
  g_assert_null (gst_buffer_get_clip_tag_meta (out));
  tagger_stop (&t);
}

static void
test_filters (void)
{
  const Detection detections[] = { { "car", 0, 0, 20, 20, -1 }, { "person", 0, 0, 21, 20, -1 },
    { "car", 10, 10, 15, 30, -1 }, { "car", -8, 0, 20, 20, -1 }, { "car", 40, 40, -30, -30, -1 },
    { "car", G_MAXINT, G_MAXINT, G_MAXINT, G_MAXINT, -1 }, { "car", 30, 10, G_MAXINT, G_MAXINT, -1 } };
  Tagger t = start ("object-class", "car", "min-crop-size", 16, NULL);
  g_autoptr (GstBuffer) out = tagger_pass (&t, new_frame (0, detections, G_N_ELEMENTS (detections)));
  for (guint i = 0; i < G_N_ELEMENTS (detections); i++)
    assert_labelled (out, i, i == 0 || i == 6);
  assert_inferred (&t, 2);
  tagger_stop (&t);
}

/* Numbers are of detections alone, and any: 0 and those that a region's number has no room for, too. */
static void
test_tracked (void)
{
  Tagger t = start ("reclassify-interval", 0, NULL);
  GstClipTags *tags[3];
  const Detection before[] = { { "car", 0, 0, 20, 20, 0 }, { "car", 22, 0, 21, 20, G_MAXINT64 },
    { "car", 0, 24, 22, 20, G_GINT64_CONSTANT (1) << 32 } };
  const Detection after[] = { { "car", 40, 26, 18, 20, G_MAXINT64 }, { "car", 20, 26, 18, 20, 0 },
    { "car", 0, 0, 22, 20, G_GINT64_CONSTANT (1) << 32 } };
  for (guint i = 0; i < 3; i++)
    tags[i] = label_region (before[i].x, before[i].y, before[i].width, before[i].height);

  g_autoptr (GstBuffer) first = tagger_pass (&t, new_frame (0, before, 3));
  g_autoptr (GstBuffer) second = tagger_pass (&t, new_frame (1, after, 3));
  for (guint i = 0; i < 3; i++)
    assert_same (first, i, tags[i]);
  assert_same (second, 0, tags[1]);
  assert_same (second, 1, tags[0]);
  assert_same (second, 2, tags[2]);
  assert_inferred (&t, 3);

  /* A region of the same number is another object. */
  GstBuffer *buffer = new_frame (2, NULL, 0);
  gst_buffer_add_video_region_of_interest_meta (buffer, "person", 0, 0, 20, 20)->id = G_MAXINT;
  gst_buffer_unref (tagger_pass (&t, buffer));
  gst_buffer_unref (tagger_pass (&t, new_frame (3, &(Detection){ "person", 40, 0, 20, 20, G_MAXINT }, 1)));
  assert_inferred (&t, 5);
  for (guint i = 0; i < 3; i++)
    gst_clip_tags_unref (tags[i]);
  tagger_stop (&t);
}

/* A detector that says the same by both kinds of metadata has each object encoded once. */
static void
test_both (void)
{
  const Detection detections[] = { { "car", 10, 6, 34, 22, 5 }, { "car", 0, 0, 20, 20, -1 } };
  Tagger t = start ("reclassify-interval", 0, NULL);
  for (guint i = 0; i < 2; i++) {
    GstBuffer *buffer = new_frame (i, detections, 2);
    gst_buffer_add_video_region_of_interest_meta (buffer, "car", 10, 6, 34, 22);
    g_autoptr (GstBuffer) out = tagger_pass (&t, buffer);
    assert_same (out, 0, tags_of (gst_buffer_get_video_region_of_interest_meta_id (out, 0)));
    assert_labelled (out, 1, TRUE);
    assert_inferred (&t, 2 + i); /* the one that is tracked is not encoded again */
  }
  tagger_stop (&t);
}

/* Where no label reaches its threshold nothing is said. */
static void
test_no_labels (void)
{
  Tagger t = start ("threshold", 1.0, NULL);
  g_autoptr (GstBuffer) out = tagger_pass (&t, new_frame (0, &(Detection){ "car", 0, 0, 20, 20, -1 }, 1));
  assert_labelled (out, 0, FALSE);
  assert_inferred (&t, 1);
  tagger_stop (&t);
}

/* Another branch's frame, behind a tee. */
static void
test_shared_frame (void)
{
  Tagger t = start (NULL, NULL);
  g_autoptr (GstBuffer) other = new_frame (0, &(Detection){ "car", 0, 0, 20, 20, 1 }, 1);
  g_autoptr (GstBuffer) out = tagger_pass (&t, gst_buffer_ref (other));
  assert_labelled (out, 0, TRUE);
  assert_labelled (other, 0, FALSE);
  tagger_stop (&t);
}

static void
test_full_frame (void)
{
  Tagger t = tagger_start (tagger_element (TINY_MODEL), CAPS);
  g_autoptr (GstBuffer) out = tagger_pass (&t, new_frame (0, &(Detection){ "car", 0, 0, 20, 20, 1 }, 1));
  assert_labelled (out, 0, FALSE);
  g_assert_nonnull (gst_buffer_get_clip_tag_meta (out));
  tagger_stop (&t);
}

/* Far more than are looked at; the largest come first. */
static void
test_many (void)
{
  Detection detections[400];
  for (guint i = 0; i < G_N_ELEMENTS (detections); i++)
    detections[i] = (Detection){ "car", 0, 0, 10 + i % 50, 10 + i / 50, -1 };
  Tagger t = start (NULL, NULL);
  g_autoptr (GstBuffer) out = tagger_pass (&t, new_frame (0, detections, G_N_ELEMENTS (detections)));
  assert_labelled (out, 0, FALSE);
  assert_labelled (out, 399, TRUE);
  assert_inferred (&t, 64);
  tagger_stop (&t);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cliptagger-analytics/same-as-regions", test_same_as_regions);
  g_test_add_func ("/cliptagger-analytics/filters", test_filters);
  g_test_add_func ("/cliptagger-analytics/tracked", test_tracked);
  g_test_add_func ("/cliptagger-analytics/both", test_both);
  g_test_add_func ("/cliptagger-analytics/no-labels", test_no_labels);
  g_test_add_func ("/cliptagger-analytics/shared-frame", test_shared_frame);
  g_test_add_func ("/cliptagger-analytics/full-frame", test_full_frame);
  g_test_add_func ("/cliptagger-analytics/many", test_many);
  return g_test_run ();
}
