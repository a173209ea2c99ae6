/* SPDX-License-Identifier: MIT
 *
 * gstclipreport.c: see gstclipreport.h. Field names are part of the plugin's interface.
 */
#include "gstclipreport.h"

static void
append_labels (GstStructure *structure, const GstClipTags *tags)
{
  GValue list = G_VALUE_INIT;
  g_value_init (&list, GST_TYPE_LIST);

  for (guint i = 0; i < gst_clip_tags_get_n_labels (tags); i++) {
    const GstClipTagLabel *label = gst_clip_tags_get_label (tags, i);
    if (i == 0)
      gst_structure_set (
          structure, "label", G_TYPE_STRING, label->label, "confidence", G_TYPE_DOUBLE, label->confidence, NULL);

    GValue value = G_VALUE_INIT;
    g_value_init (&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed (
        &value, gst_structure_new ("clip-label", "label", G_TYPE_STRING, label->label, "id", G_TYPE_UINT, label->id,
                    "confidence", G_TYPE_DOUBLE, label->confidence, "cosine", G_TYPE_DOUBLE, label->cosine, NULL));
    gst_value_list_append_and_take_value (&list, &value);
  }
  gst_structure_take_value (structure, "labels", &list);
}

GstStructure *
gst_clip_report_tags (const GstClipTags *tags, const GstClipTimes *times, gboolean rescored)
{
  GstStructure *structure = gst_structure_new ("clip-tags", "timestamp", G_TYPE_UINT64, times->pts, "stream-time",
      G_TYPE_UINT64, times->stream_time, "running-time", G_TYPE_UINT64, times->running_time, "duration", G_TYPE_UINT64,
      times->duration, "model", G_TYPE_STRING, gst_clip_tags_get_model_name (tags), "rescored", G_TYPE_BOOLEAN,
      rescored, NULL);
  append_labels (structure, tags);
  return structure;
}

GstStructure *
gst_clip_report_stats (const GstClipStats *stats, const GstClipDescription *description, const gchar *last_error)
{
  return gst_structure_new ("application/x-cliptag-stats", "frames", G_TYPE_UINT64, stats->n_frames, "sampled",
      G_TYPE_UINT64, stats->n_sampled, "inferred", G_TYPE_UINT64, stats->n_inferred, "failed", G_TYPE_UINT64,
      stats->n_failed, "rescored", G_TYPE_UINT64, stats->n_rescored, "encode-ms-p50", G_TYPE_DOUBLE,
      gst_clip_stats_get_percentile (stats, 0.50), "encode-ms-p95", G_TYPE_DOUBLE,
      gst_clip_stats_get_percentile (stats, 0.95), "prompts", G_TYPE_UINT, description->n_prompts, "n-threads",
      G_TYPE_UINT, description->n_threads, "model", G_TYPE_STRING, description->model, "fingerprint", G_TYPE_STRING,
      description->fingerprint, "precision", G_TYPE_STRING, description->precision, "kernels", G_TYPE_STRING,
      clip_kernels_description (), "last-error", G_TYPE_STRING, last_error, NULL);
}
