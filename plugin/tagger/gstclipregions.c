/* SPDX-License-Identifier: MIT
 *
 * gstclipregions.c: finds the regions of a frame that are to be labelled, and keeps lists of labelled ones.
 *
 * Metadata may say anything: regions are clipped to the frame, and only the largest GST_CLIP_MAX_ROIS count. Not
 * locked.
 */
#include "tagger/gstclipregions.h"

#include <string.h>

#include "common/gstclippicture.h"
#include "common/gstcliproi.h"
#include "tagger/gstclipanalytics.h"

static gboolean
is_wanted (gchar *const *types, GQuark type)
{
  const gchar *name = g_quark_to_string (type);
  return !types || g_strv_contains ((const gchar *const *)types, name ? name : "");
}

static void
insert_region (const GstClipFoundRegion *found, GstClipFoundRegion *regions, guint *n, guint *n_more)
{
  guint at = *n;
  while (at > 0 && gst_clip_box_area (&regions[at - 1].box) < gst_clip_box_area (&found->box))
    at--;
  gboolean full = *n == GST_CLIP_MAX_ROIS;
  *n_more += full;
  if (at == GST_CLIP_MAX_ROIS)
    return;
  memmove (&regions[at + 1], &regions[at], (*n - full - at) * sizeof *regions);
  regions[at] = *found;
  *n += !full;
}

/* Some detectors say the same by both kinds of metadata. */
static gboolean
join_region (const GstClipFoundRegion *detection, GstClipFoundRegion *regions, guint n)
{
  for (guint i = 0; i < n; i++) {
    GstClipFoundRegion *region = &regions[i];
    if (region->detected || region->type != detection->type
        || memcmp (&region->box, &detection->box, sizeof region->box) != 0)
      continue;
    region->detected = TRUE;
    region->detection = detection->detection;
    if (!region->key) {
      region->id = detection->id;
      region->key = detection->key;
    }
    return TRUE;
  }
  return FALSE;
}

guint
gst_clip_regions_find (GstBuffer *buffer, const GstVideoInfo *info, gchar *const *types, guint min_side,
    GstClipFoundRegion *ret_found, guint *ret_n_more)
{
  guint n = 0;
  gpointer state = NULL;
  GstMeta *meta;
  GstClipBox bounds;
  *ret_n_more = 0;
  if (!gst_clip_picture_get_bounds (info, buffer, &bounds))
    return 0;
  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    GstClipFoundRegion found = { .meta = (GstVideoRegionOfInterestMeta *)meta };
    found.type = found.meta->roi_type;
    if (gst_clip_roi_is_zone (found.meta) || !is_wanted (types, found.type)
        || !gst_clip_roi_get_box (found.meta, &bounds, min_side, &found.box))
      continue;
    found.id = gst_clip_roi_get_object_id (found.meta);
    found.key = found.id;
    insert_region (&found, ret_found, &n, ret_n_more);
  }

  GstClipDetection detection;
  state = NULL;
  while (gst_clip_detection_next (buffer, &state, &detection)) {
    GstClipFoundRegion found = { .detected = TRUE, .detection = detection.id, .type = detection.type };
    if (!is_wanted (types, found.type)
        || !gst_clip_roi_clip (
            detection.x, detection.y, detection.width, detection.height, &bounds, min_side, &found.box))
      continue;
    if (detection.tracked) {
      found.id = detection.number <= G_MAXINT ? (gint)detection.number : 0;
      found.key = GST_CLIP_KEY_DETECTED | detection.number;
    }
    if (!join_region (&found, ret_found, n))
      insert_region (&found, ret_found, &n, ret_n_more);
  }
  return n;
}

/* ---- Lists ------------------------------------------------------------------------------------------------- */

void
gst_clip_region_clear (gpointer region)
{
  g_clear_pointer (&((GstClipRegion *)region)->tags, gst_clip_tags_unref);
}

GArray *
gst_clip_region_list_new (void)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (GstClipRegion));
  g_array_set_clear_func (list, gst_clip_region_clear);
  return list;
}

void
gst_clip_region_list_add (GArray *list, const GstClipRegion *region)
{
  g_array_append_val (list, *region);
  if (region->tags)
    gst_clip_tags_ref (region->tags);
}

GArray *
gst_clip_region_list_end (GArray *list)
{
  if (!list->len)
    g_clear_pointer (&list, g_array_unref);
  return list;
}
