/* SPDX-License-Identifier: MIT
 *
 * zones.h: a tagger (tagger.h) with zones, and what it said of them.
 */
#ifndef ZONES_H
#define ZONES_H

#include "regions.h"

/* ret: the region's; may be NULL. Returns NULL where no region is this zone. */
static inline const GstStructure *
find_zone (GstBuffer *buffer, const char *name, GstVideoRegionOfInterestMeta **ret_region)
{
  gpointer state = NULL;
  GstMeta *meta;
  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    GstVideoRegionOfInterestMeta *region = (GstVideoRegionOfInterestMeta *)meta;
    const GstStructure *param = gst_video_region_of_interest_meta_get_param (region, "clip-tags");
    if (!param || g_strcmp0 (gst_structure_get_string (param, "zone"), name) != 0)
      continue;
    g_assert_cmpstr (g_quark_to_string (region->roi_type), ==, name);
    if (ret_region)
      *ret_region = region;
    return param;
  }
  return NULL;
}

static inline GstClipTags *
zone_tags (GstBuffer *buffer, const char *name)
{
  return tags_of (find_zone (buffer, name, NULL));
}

static inline gboolean
is_reused (const GstStructure *labels)
{
  gboolean reused = FALSE;
  g_assert_nonnull (labels);
  g_assert_true (gst_structure_get_boolean (labels, "reused", &reused));
  return reused;
}

static inline guint
count_regions (GstBuffer *buffer)
{
  return gst_buffer_get_n_meta (buffer, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
}

/* The line of the next error or warning. */
static inline char *
await_problem (Tagger *t, GstMessageType type)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (t->bus, 60 * GST_SECOND, type);
  g_autoptr (GError) error = NULL;
  g_assert_nonnull (message);
  if (type == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  else
    gst_message_parse_warning (message, &error, NULL);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
  g_assert_null (strchr (error->message, '\n'));
  g_test_message ("%s", error->message);
  return g_strdup (error->message);
}

#endif
