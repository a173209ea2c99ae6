/* SPDX-License-Identifier: MIT
 *
 * gstclipanalytics.c: see gstclipanalytics.h. Built only where GstAnalytics is.
 */
#include "tagger/gstclipanalytics.h"

#include <gst/analytics/analytics.h>

gboolean
gst_clip_detection_next (GstBuffer *buffer, gpointer *state, GstClipDetection *ret_detection)
{
  GstAnalyticsRelationMeta *meta = gst_buffer_get_analytics_relation_meta (buffer);
  GstAnalyticsODMtd found;
  if (!meta || !gst_analytics_relation_meta_iterate (meta, state, gst_analytics_od_mtd_get_mtd_type (), &found))
    return FALSE;

  GstClipDetection detection = { .id = found.id, .type = gst_analytics_od_mtd_get_obj_type (&found) };
  gfloat confidence;
  gst_analytics_od_mtd_get_location (
      &found, &detection.x, &detection.y, &detection.width, &detection.height, &confidence);

  GstAnalyticsTrackingMtd track;
  GstClockTime first_seen, last_seen;
  gboolean lost;
  detection.tracked
      = gst_analytics_relation_meta_get_direct_related (
            meta, found.id, GST_ANALYTICS_REL_TYPE_ANY, gst_analytics_tracking_mtd_get_mtd_type (), NULL, &track)
        && gst_analytics_tracking_mtd_get_info (&track, &detection.number, &first_seen, &last_seen, &lost);
  *ret_detection = detection;
  return TRUE;
}

/* Quarks are for ever, but there are no more of them than prompts. */
void
gst_clip_detection_add_labels (GstBuffer *buffer, guint id, GstClipTags *tags)
{
  GstAnalyticsRelationMeta *meta = gst_buffer_get_analytics_relation_meta (buffer);
  guint n = gst_clip_tags_get_n_labels (tags);
  if (!n)
    return;

  g_autofree gfloat *confidences = g_new (gfloat, n);
  g_autofree GQuark *labels = g_new (GQuark, n);
  for (guint i = 0; i < n; i++) {
    const GstClipTagLabel *label = gst_clip_tags_get_label (tags, i);
    confidences[i] = label->confidence;
    labels[i] = g_quark_from_string (label->label);
  }
  GstAnalyticsClsMtd classification;
  if (gst_analytics_relation_meta_add_cls_mtd (meta, n, confidences, labels, &classification))
    gst_analytics_relation_meta_set_relation (
        meta, GST_ANALYTICS_REL_TYPE_CONTAIN | GST_ANALYTICS_REL_TYPE_RELATE_TO, id, classification.id);
}
