/* SPDX-License-Identifier: MIT
 *
 * gstcliproi.c: see gstcliproi.h. Field names are part of the plugin's interface; those of the best label and of the
 * object's number are DL Streamer's.
 */
#include "common/gstcliproi.h"

#define PARAM "clip-tags"

static void
set_points (GstStructure *param, const GstClipOutline *outline)
{
  GValue list = G_VALUE_INIT;
  g_value_init (&list, GST_TYPE_ARRAY);
  for (guint i = 0; i < 2 * outline->n; i++) {
    GValue value = G_VALUE_INIT;
    g_value_init (&value, G_TYPE_DOUBLE);
    g_value_set_double (&value, i % 2 ? outline->points[i / 2].y : outline->points[i / 2].x);
    gst_value_array_append_and_take_value (&list, &value);
  }
  gst_structure_take_value (param, "points", &list);
}

void
gst_clip_roi_add_labels (
    GstVideoRegionOfInterestMeta *region, const GstClipRoiLabels *labels, const GstClipOutline *outline)
{
  GstClipTagMeta meta = {
    .tags = labels->tags,
    .age = labels->age,
    .sampled = labels->sampled,
    .serial = labels->serial,
    .tagger = labels->tagger,
  };
  GstStructure *param = gst_clip_tag_meta_to_structure (&meta);
  if (labels->zone)
    gst_structure_set (param, "zone", G_TYPE_STRING, labels->zone, "reused", G_TYPE_BOOLEAN, labels->reused, NULL);
  if (outline)
    set_points (param, outline);
  gst_video_region_of_interest_meta_add_param (region, param);
}

gboolean
gst_clip_roi_parse_labels (const GstStructure *param, GstClipRoiLabels *ret_labels)
{
  if (!gst_structure_has_name (param, PARAM) || !gst_structure_has_field_typed (param, "tags", GST_TYPE_CLIP_TAGS))
    return FALSE;
  *ret_labels = (GstClipRoiLabels){
    .tags = g_value_get_boxed (gst_structure_get_value (param, "tags")),
    .age = GST_CLOCK_TIME_NONE,
    .tagger = gst_structure_get_string (param, "tagger"),
    .zone = gst_structure_get_string (param, "zone"),
  };
  gst_structure_get_uint64 (param, "serial", &ret_labels->serial);
  gst_structure_get_uint64 (param, "age", &ret_labels->age);
  gst_structure_get_boolean (param, "sampled", &ret_labels->sampled);
  gst_structure_get_boolean (param, "reused", &ret_labels->reused);
  return ret_labels->tags != NULL;
}

gboolean
gst_clip_roi_parse_outline (const GstStructure *param, GstClipOutline *ret_outline)
{
  const GValue *list = gst_structure_get_value (param, "points");
  guint n = list && GST_VALUE_HOLDS_ARRAY (list) ? gst_value_array_get_size (list) : 0;
  if (n < 6 || n % 2 || n > 2 * CLIP_MAX_ZONE_POINTS)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    const GValue *value = gst_value_array_get_value (list, i);
    gdouble number = G_VALUE_HOLDS_DOUBLE (value) ? g_value_get_double (value) : -1;
    if (!(number >= 0 && number <= 1))
      return FALSE;
    *(i % 2 ? &ret_outline->points[i / 2].y : &ret_outline->points[i / 2].x) = number;
  }
  ret_outline->n = n / 2;
  return TRUE;
}

gboolean
gst_clip_roi_is_zone (const GstVideoRegionOfInterestMeta *region)
{
  for (const GList *param = region->params; param; param = param->next)
    if (gst_structure_has_name (param->data, PARAM)
        && gst_structure_has_field_typed (param->data, "zone", G_TYPE_STRING))
      return TRUE;
  return FALSE;
}

gint
gst_clip_roi_get_object_id (GstVideoRegionOfInterestMeta *region)
{
  const GstStructure *param = gst_video_region_of_interest_meta_get_param (region, "object_id");
  gint id = 0;
  if (!param || !gst_structure_get_int (param, "id", &id) || id <= 0)
    id = region->id;
  return MAX (id, 0);
}

gboolean
gst_clip_roi_get_box (
    const GstVideoRegionOfInterestMeta *region, const GstClipBox *bounds, guint min_side, GstClipBox *ret_box)
{
  /* Detections that begin beyond the frame's edge have negative places, stored in these unsigned fields. */
  return gst_clip_roi_clip ((gint32)region->x, (gint32)region->y, region->w, region->h, bounds, min_side, ret_box);
}

gboolean
gst_clip_roi_clip (
    gint x, gint y, gint64 width, gint64 height, const GstClipBox *bounds, guint min_side, GstClipBox *ret_box)
{
  gint64 left = x, top = y;
  gint64 right = MIN (left + width, (gint64)bounds->x + bounds->width);
  gint64 bottom = MIN (top + height, (gint64)bounds->y + bounds->height);
  left = MAX (left, bounds->x);
  top = MAX (top, bounds->y);
  if (MIN (right - left, bottom - top) < MAX (min_side, 1))
    return FALSE;
  *ret_box = (GstClipBox){ left, top, right - left, bottom - top };
  return TRUE;
}

guint64
gst_clip_box_area (const GstClipBox *box)
{
  return (guint64)box->width * box->height;
}

gdouble
gst_clip_box_overlap (const GstClipBox *a, const GstClipBox *b)
{
  gint64 width = MIN ((gint64)a->x + a->width, (gint64)b->x + b->width) - (gint64)MAX (a->x, b->x);
  gint64 height = MIN ((gint64)a->y + a->height, (gint64)b->y + b->height) - (gint64)MAX (a->y, b->y);
  if (width <= 0 || height <= 0)
    return 0;
  gdouble common = (gdouble)width * height;
  return common / ((gdouble)gst_clip_box_area (a) + gst_clip_box_area (b) - common);
}
