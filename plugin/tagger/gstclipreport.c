/* SPDX-License-Identifier: MIT
 *
 * gstclipreport.c: see gstclipreport.h. Field names are part of the plugin's interface.
 */
#include "tagger/gstclipreport.h"

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

    GstStructure *entry = gst_structure_new ("clip-label", "label", G_TYPE_STRING, label->label, "id", G_TYPE_UINT,
        label->id, "confidence", G_TYPE_DOUBLE, label->confidence, "cosine", G_TYPE_DOUBLE, label->cosine, NULL);
    if (label->group)
      gst_structure_set (entry, "group", G_TYPE_STRING, label->group, NULL);
    GValue value = G_VALUE_INIT;
    g_value_init (&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&value, entry);
    gst_value_list_append_and_take_value (&list, &value);
  }
  gst_structure_take_value (structure, "labels", &list);
}

static GstStructure *
new_report (const GstClipTimes *times, const GstClipTags *tags, gboolean rescored, gboolean reused)
{
  return gst_structure_new ("clip-tags", "timestamp", G_TYPE_UINT64, times->pts, "stream-time", G_TYPE_UINT64,
      times->stream_time, "running-time", G_TYPE_UINT64, times->running_time, "duration", G_TYPE_UINT64,
      times->duration, "model", G_TYPE_STRING, gst_clip_tags_get_model_name (tags), "rescored", G_TYPE_BOOLEAN,
      rescored, "reused", G_TYPE_BOOLEAN, reused, NULL);
}

GstStructure *
gst_clip_report_tags (const GstClipResult *result, gboolean rescored)
{
  GstStructure *structure = new_report (&result->times, result->tags, rescored, result->reused);
  append_labels (structure, result->tags);
  return structure;
}

static gboolean
are_reused (const GArray *regions)
{
  for (guint i = 0; i < regions->len; i++)
    if (!g_array_index (regions, GstClipRegion, i).reused)
      return FALSE;
  return TRUE;
}

GstStructure *
gst_clip_report_regions (const GstClipTimes *times, const GArray *regions, gboolean rescored)
{
  GstStructure *structure
      = new_report (times, g_array_index (regions, GstClipRegion, 0).tags, rescored, !rescored && are_reused (regions));
  gst_clip_report_add_regions (structure, regions);
  return structure;
}

void
gst_clip_report_add_regions (GstStructure *structure, const GArray *regions)
{
  GValue list = G_VALUE_INIT;
  g_value_init (&list, GST_TYPE_LIST);
  for (guint i = 0; i < regions->len; i++) {
    const GstClipRegion *region = &g_array_index (regions, GstClipRegion, i);
    const gchar *type = g_quark_to_string (region->type);
    GstStructure *entry = gst_structure_new ("clip-region", "x", G_TYPE_UINT, region->box.x, "y", G_TYPE_UINT,
        region->box.y, "w", G_TYPE_UINT, region->box.width, "h", G_TYPE_UINT, region->box.height, "roi-type",
        G_TYPE_STRING, type ? type : "", "roi-id", G_TYPE_INT, region->id, "timestamp", G_TYPE_UINT64,
        gst_clip_tags_get_source_pts (region->tags), NULL);
    if (region->zone)
      gst_structure_set (entry, "zone", G_TYPE_STRING, type, "reused", G_TYPE_BOOLEAN, region->reused, NULL);
    append_labels (entry, region->tags);

    GValue value = G_VALUE_INIT;
    g_value_init (&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&value, entry);
    gst_value_list_append_and_take_value (&list, &value);
  }
  gst_structure_take_value (structure, "regions", &list);
}

static void
set_window (GstStructure *structure, const gchar *name, const GstClipWindow *window)
{
  g_autofree gchar *p50 = g_strconcat (name, "-p50", NULL), *p95 = g_strconcat (name, "-p95", NULL);
  gst_structure_set (structure, p50, G_TYPE_DOUBLE, gst_clip_window_get_percentile (window, 0.50), p95, G_TYPE_DOUBLE,
      gst_clip_window_get_percentile (window, 0.95), NULL);
}

GstStructure *
gst_clip_report_stats (const GstClipState *state)
{
  const GstClipStats *stats = state->stats;
  const GstClipDescription *description = state->description;
  gint64 elapsed = stats->started ? g_get_monotonic_time () - stats->started : 0;

  GstStructure *structure = gst_structure_new ("application/x-cliptag-stats", "frames", G_TYPE_UINT64, stats->n_frames,
      "sampled", G_TYPE_UINT64, stats->n_sampled, "inferred", G_TYPE_UINT64, stats->n_inferred, "reused", G_TYPE_UINT64,
      stats->n_reused, "skipped-newer", G_TYPE_UINT64, stats->n_replaced, "skipped-qos", G_TYPE_UINT64, stats->n_late,
      "skipped-cpu", G_TYPE_UINT64, stats->n_over_budget, "skipped-regions", G_TYPE_UINT64, stats->n_skipped, "failed",
      G_TYPE_UINT64, stats->n_failed, "rescored", G_TYPE_UINT64, stats->n_rescored, "events", G_TYPE_UINT64,
      state->n_events, NULL);
  set_window (structure, "encode-ms", &stats->encode);
  set_window (structure, "queue-ms", &stats->queue);
  set_window (structure, "age-ms", &stats->age);
  gst_structure_set (structure, "duty-cycle", G_TYPE_DOUBLE, elapsed > 0 ? (gdouble)stats->busy / elapsed : 0.0,
      "cpu-ms", G_TYPE_DOUBLE, stats->cpu_time / 1e6, "cpu-percent", G_TYPE_DOUBLE,
      elapsed > 0 ? stats->cpu_time / 10.0 / elapsed : 0.0, NULL);
  gst_structure_set (structure, "ready", G_TYPE_BOOLEAN, state->ready, "mode", G_TYPE_STRING,
      state->async ? "async" : "sync", "streams", G_TYPE_UINT, state->n_streams, "prompts", G_TYPE_UINT,
      description->n_prompts, "n-threads", G_TYPE_UINT, state->n_threads, "model", G_TYPE_STRING, description->model,
      "fingerprint", G_TYPE_STRING, description->fingerprint, "precision", G_TYPE_STRING, description->precision,
      "kernels", G_TYPE_STRING, clip_kernels_description (), "last-error", G_TYPE_STRING, state->last_error, NULL);
  return structure;
}

GstStructure *
gst_clip_report_ready (const GstClipDescription *description)
{
  return gst_structure_new ("clip-ready", "model", G_TYPE_STRING, description->model, "fingerprint", G_TYPE_STRING,
      description->fingerprint, "precision", G_TYPE_STRING, description->precision, "kernels", G_TYPE_STRING,
      clip_kernels_description (), "prompts", G_TYPE_UINT, description->n_prompts, NULL);
}
