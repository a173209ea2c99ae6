/* SPDX-License-Identifier: MIT
 *
 * gstcliplogline.c: see gstcliplogline.h. Everything is appended to one string, the caller's.
 *
 * The JSON is put together here, its strings by clip_json_append_string(), and not by json-glib's generator, which
 * cannot do it without loss: it leaves U+0085, U+2028, U+2029 and the C1 controls as they are, writes NaN and
 * infinities as words that are not JSON, gives every number seventeen digits (0.1f becomes 0.10000000149011612), and
 * wants a tree of nodes for each line: for an embedding of 768 floats that is 768 allocations.
 */
#include "log/gstcliplogline.h"

#include <math.h>

#include "clip-json.h"
#include "common/gstclipproperty.h"
#include "common/gstcliproi.h"
#include "common/gstcliptimes.h"

static const gchar *const level_names[] = { "frames", "samples", "changes", "events", "both" };
static const gchar *const state_names[] = { "start", "update", "end" };

GType
gst_clip_log_level_get_type (void)
{
  static const GEnumValue values[] = {
    { GST_CLIP_LOG_FRAMES, "Every frame with labels", "frames" },
    { GST_CLIP_LOG_SAMPLES, "Each result, once", "samples" },
    { GST_CLIP_LOG_CHANGES, "A result whose best label, of the frame, a region or a group, is not the last one written",
        "changes" },
    { GST_CLIP_LOG_EVENTS, "News of events: start, update, end", "events" },
    { GST_CLIP_LOG_BOTH, "Each result, and news of events", "both" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;
  return gst_clip_property_register_enum (&type, "GstClipLogLevel", values);
}

/* ---- Values ------------------------------------------------------------------------------------------------ */

/* Nine digits restore a float exactly; printf alone would use the locale's decimal comma. */
static void
append_number (GString *line, gdouble value)
{
  gchar buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (line, isfinite (value) ? g_ascii_formatd (buffer, sizeof buffer, "%.9g", value) : "null");
}

static void
append_time (GString *line, const gchar *key, GstClockTime time)
{
  if (GST_CLOCK_TIME_IS_VALID (time))
    g_string_append_printf (line, "\"%s\":%" G_GUINT64_FORMAT ",", key, time);
  else
    g_string_append_printf (line, "\"%s\":null,", key);
}

static void
append_size (GString *line, const gchar *key, gint size)
{
  if (size > 0)
    g_string_append_printf (line, "\"%s\":%d,", key, size);
  else
    g_string_append_printf (line, "\"%s\":null,", key);
}

/* null where no calendar has it. */
static void
append_date (GString *line, gint64 utc)
{
  gint64 microseconds = (utc % G_USEC_PER_SEC + G_USEC_PER_SEC) % G_USEC_PER_SEC;
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc ((utc - microseconds) / G_USEC_PER_SEC);

  if (!date) {
    g_string_append (line, "null");
    return;
  }
  g_string_append_printf (line, "\"%04d-%02d-%02dT%02d:%02d:%02d.%06dZ\"", g_date_time_get_year (date),
      g_date_time_get_month (date), g_date_time_get_day_of_month (date), g_date_time_get_hour (date),
      g_date_time_get_minute (date), g_date_time_get_second (date), (gint)microseconds);
}

static void
append_utc (GString *line, GstBuffer *buffer)
{
  gboolean by_reference;
  gint64 utc = gst_clip_times_get_utc (buffer, &by_reference);

  g_string_append (line, "\"utc\":");
  append_date (line, utc);
  g_string_append_printf (line, ",\"utc_from\":\"%s\",", by_reference ? "reference" : "log");
}

/* Absent where NULL. */
static void
append_string_member (GString *line, const gchar *key, const gchar *value)
{
  if (!value)
    return;
  g_string_append_printf (line, ",\"%s\":", key);
  clip_json_append_string (line, value);
}

static void
append_labels (GString *line, const GstClipTags *tags)
{
  guint n = gst_clip_tags_get_n_labels (tags);

  g_string_append (line, "\"labels\":[");
  for (guint i = 0; i < n; i++) {
    const GstClipTagLabel *label = gst_clip_tags_get_label (tags, i);

    g_string_append (line, i ? ",{\"label\":" : "{\"label\":");
    clip_json_append_string (line, label->label);
    g_string_append_printf (line, ",\"label_id\":%u,\"confidence\":", label->id);
    append_number (line, label->confidence);
    g_string_append (line, ",\"cosine\":");
    append_number (line, label->cosine);
    append_string_member (line, "group", label->group);
    g_string_append_c (line, '}');
  }
  g_string_append_c (line, ']');
}

static void
append_embedding (GString *line, const GstClipTags *tags)
{
  guint n;
  const gfloat *embedding = gst_clip_tags_get_embedding (tags, &n);

  if (!embedding) {
    g_string_append (line, ",\"embedding\":null");
    return;
  }
  g_string_append (line, ",\"embedding\":");
  for (guint i = 0; i < n; i++) {
    g_string_append_c (line, i ? ',' : '[');
    append_number (line, embedding[i]);
  }
  g_string_append_c (line, ']');
}

/* ---- Lines ------------------------------------------------------------------------------------------------- */

static void
append_head (
    GString *line, const GstClipLogContext *context, GstBuffer *buffer, const GstClipRoiLabels *labels, gboolean reused)
{
  const GstSegment *segment = context->segment;
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  GstClockTime stream_time = GST_CLOCK_TIME_NONE, running_time = GST_CLOCK_TIME_NONE;

  if (segment->format == GST_FORMAT_TIME && GST_CLOCK_TIME_IS_VALID (pts)) {
    stream_time = gst_segment_to_stream_time (segment, GST_FORMAT_TIME, pts);
    running_time = gst_segment_to_running_time (segment, GST_FORMAT_TIME, pts);
  }

  g_string_append_c (line, '{');
  append_time (line, "stream_time", stream_time);
  append_time (line, "running_time", running_time);
  append_time (line, "pts", pts);
  append_utc (line, buffer);
  append_time (line, "age", labels->age);
  g_string_append_printf (line, "\"sampled\":%s,", labels->sampled ? "true" : "false");
  if (reused)
    g_string_append (line, "\"reused\":true,");
  g_string_append_printf (line, "\"level\":\"%s\",\"source\":", level_names[context->level]);
  clip_json_append_string (line, context->source);
  append_string_member (line, "tagger", labels->tagger);
  g_string_append (line, ",\"model\":");
  clip_json_append_string (line, gst_clip_tags_get_model_name (labels->tags));
  g_string_append (line, ",\"fingerprint\":");
  clip_json_append_string (line, gst_clip_tags_get_fingerprint (labels->tags));
  g_string_append_c (line, ',');
  append_size (line, "width", context->width);
  append_size (line, "height", context->height);
}

static gboolean
is_new (const GstClipLogContext *context, guint64 serial, gboolean sampled)
{
  return serial ? gst_clip_serials_add (context->serials, serial) : sampled;
}

/* Whether the log is to have this result. is_first: it is new to the log. */
static gboolean
is_wanted (const GstClipLogContext *context, const GstClipTags *tags, const gchar *subject, gboolean is_first)
{
  switch (context->level) {
  case GST_CLIP_LOG_FRAMES:
    return TRUE;
  case GST_CLIP_LOG_CHANGES:
    return is_first && gst_clip_log_changes_take (context->changes, subject, tags);
  case GST_CLIP_LOG_EVENTS:
    return FALSE;
  default:
    return is_first;
  }
}

gboolean
gst_clip_log_line_from_frame (
    const GstClipLogContext *context, GstBuffer *buffer, const GstClipTagMeta *meta, GString *ret_line)
{
  GstClipRoiLabels labels = { .tags = meta->tags, .age = meta->age, .tagger = meta->tagger };

  labels.sampled = is_new (context, meta->serial, meta->sampled);
  if (!is_wanted (context, meta->tags, meta->tagger ? meta->tagger : "", labels.sampled))
    return FALSE;
  g_string_truncate (ret_line, 0);
  append_head (ret_line, context, buffer, &labels, meta->reused);
  append_labels (ret_line, meta->tags);
  if (context->embedding)
    append_embedding (ret_line, meta->tags);
  g_string_append (ret_line, "}\n");
  return TRUE;
}

/* Tells a region from the others of its frame, and knows it again on the next one: by a tracker's number, else by its
 * type and which of these it is. */
static gchar *
name_region (GstVideoRegionOfInterestMeta *region, const GstClipRoiLabels *labels, GHashTable *n_of_type)
{
  const gchar *type = g_quark_to_string (region->roi_type);
  gint id = gst_clip_roi_get_object_id (region);
  g_autofree gchar *name
      = g_strdup_printf ("%s\n%s\n%d", labels->tagger ? labels->tagger : "", type ? type : "", labels->zone != NULL);

  if (id > 0)
    return g_strdup_printf ("%s\n#%d", name, id);
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (n_of_type, name));
  gchar *numbered = g_strdup_printf ("%s\n%u", name, n);
  g_hash_table_insert (n_of_type, g_steal_pointer (&name), GUINT_TO_POINTER (n + 1));
  return numbered;
}

static void
append_region (
    GString *line, GstVideoRegionOfInterestMeta *region, const GstClipRoiLabels *labels, gboolean with_embedding)
{
  const gchar *type = g_quark_to_string (region->roi_type);

  g_string_append_printf (
      line, "{\"x\":%d,\"y\":%d,\"w\":%u,\"h\":%u,\"type\":", (gint)region->x, (gint)region->y, region->w, region->h);
  clip_json_append_string (line, type ? type : "");
  append_string_member (line, "zone", labels->zone);
  g_string_append_printf (line, ",\"id\":%d,", gst_clip_roi_get_object_id (region));
  append_time (line, "age", labels->age);
  g_string_append_printf (line, "\"sampled\":%s,", labels->sampled ? "true" : "false");
  if (labels->reused)
    g_string_append (line, "\"reused\":true,");
  append_labels (line, labels->tags);
  if (with_embedding)
    append_embedding (line, labels->tags);
  g_string_append_c (line, '}');
}

gboolean
gst_clip_log_line_from_rois (const GstClipLogContext *context, GstBuffer *buffer, GString *ret_line)
{
  g_autoptr (GString) list = g_string_new (NULL);
  g_autoptr (GHashTable) n_of_type = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gboolean wanted = FALSE;
  GstClipRoiLabels all = { .age = GST_CLOCK_TIME_NONE }, labels;
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    GstVideoRegionOfInterestMeta *region = (GstVideoRegionOfInterestMeta *)meta;

    for (GList *param = region->params; param; param = param->next) {
      if (!gst_clip_roi_parse_labels (param->data, &labels))
        continue;
      labels.sampled = is_new (context, labels.serial, labels.sampled);
      g_autofree gchar *subject = name_region (region, &labels, n_of_type);
      wanted |= is_wanted (context, labels.tags, subject, labels.sampled);
      if (all.tags)
        g_string_append_c (list, ',');
      append_region (list, region, &labels, context->embedding);
      all.tags = labels.tags;
      all.tagger = labels.tagger;
      all.age = MIN (all.age, labels.age);
      all.sampled |= labels.sampled;
    }
  }
  if (!wanted)
    return FALSE;
  g_string_truncate (ret_line, 0);
  append_head (ret_line, context, buffer, &all, FALSE);
  g_string_append_printf (ret_line, "\"labels\":[],\"regions\":[%s]}\n", list->str);
  return TRUE;
}

/* ---- Events ------------------------------------------------------------------------------------------------ */

static void
append_moment (GString *line, const gchar *key, const GstClipEventTime *time)
{
  g_string_append_printf (line, ",\"%s\":{", key);
  append_time (line, "stream_time", time->stream_time);
  append_time (line, "running_time", time->running_time);
  append_time (line, "pts", time->timestamp);
  g_string_append (line, "\"utc\":");
  append_date (line, time->utc);
  g_string_append_c (line, '}');
}

void
gst_clip_log_line_from_event (const GstClipLogContext *context, const GstClipEvent *event, GString *ret_line)
{
  g_string_printf (
      ret_line, "{\"event\":\"%s\",\"id\":%" G_GUINT64_FORMAT ",\"label\":", state_names[event->state], event->id);
  clip_json_append_string (ret_line, event->label);
  g_string_append_printf (ret_line, ",\"label_id\":%u", event->label_id);
  append_string_member (ret_line, "group", event->group);
  append_string_member (ret_line, "zone", event->zone);
  append_string_member (ret_line, "roi_type", event->roi_type);
  if (event->object_id)
    g_string_append_printf (ret_line, ",\"object_id\":%d", event->object_id);
  append_moment (ret_line, "start", &event->start);
  append_moment (ret_line, "end", &event->end);
  append_moment (ret_line, "peak", &event->peak);
  g_string_append (ret_line, ",\"confidence\":");
  append_number (ret_line, event->confidence);
  g_string_append (ret_line, ",\"mean\":");
  append_number (ret_line, event->mean);
  g_string_append_printf (ret_line, ",\"samples\":%u", event->n_samples);
  append_string_member (ret_line, "reason", event->reason);
  g_string_append (ret_line, ",\"source\":");
  clip_json_append_string (ret_line, context->source);
  append_string_member (ret_line, "tagger", event->tagger);
  g_string_append (ret_line, "}\n");
}
