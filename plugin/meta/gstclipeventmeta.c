/* SPDX-License-Identifier: MIT
 *
 * gstclipeventmeta.c: see gstclipeventmeta.h. Events never change once made, so any number of threads and buffers share
 * one by reference.
 */
#include "gstclipeventmeta.h"

static const gchar *const state_names[] = { "start", "update", "end" };

G_DEFINE_BOXED_TYPE (GstClipEvent, gst_clip_event, gst_clip_event_ref, gst_clip_event_unref)

/**
 * gst_clip_event_new: (skip)
 * @values: what the event has
 *
 * Makes an event, a copy of @values with its strings.
 *
 * Returns: (transfer full): the event
 *
 * Since: 0.1
 */
GstClipEvent *
gst_clip_event_new (const GstClipEvent *values)
{
  g_return_val_if_fail (values != NULL && values->label != NULL, NULL);
  GstClipEvent *self = g_new (GstClipEvent, 1);
  *self = *values;
  g_atomic_ref_count_init (&self->ref_count);
  self->label = g_strdup (values->label);
  self->group = g_strdup (values->group);
  self->zone = g_strdup (values->zone);
  self->roi_type = g_strdup (values->roi_type);
  self->reason = g_strdup (values->reason);
  self->tagger = g_strdup (values->tagger);
  return self;
}

/**
 * gst_clip_event_ref: (skip)
 * @event: an event
 *
 * Takes a reference; from any thread.
 *
 * Returns: (transfer full): @event
 *
 * Since: 0.1
 */
GstClipEvent *
gst_clip_event_ref (GstClipEvent *event)
{
  g_return_val_if_fail (event != NULL, NULL);
  g_atomic_ref_count_inc (&event->ref_count);
  return event;
}

/**
 * gst_clip_event_unref: (skip)
 * @event: (transfer full) (nullable): an event
 *
 * Gives up a reference; from any thread.
 *
 * Since: 0.1
 */
void
gst_clip_event_unref (GstClipEvent *event)
{
  if (!event || !g_atomic_ref_count_dec (&event->ref_count))
    return;
  g_free (event->label);
  g_free (event->group);
  g_free (event->zone);
  g_free (event->roi_type);
  g_free (event->reason);
  g_free (event->tagger);
  g_free (event);
}

/* ---- As a structure ---------------------------------------------------------------------------------------- */

/* Absent where NULL. Structures hold no invalid UTF-8. */
static void
set_string (GstStructure *structure, const gchar *name, const gchar *value)
{
  if (!value)
    return;
  g_autofree gchar *valid = g_utf8_make_valid (value, -1);
  gst_structure_set (structure, name, G_TYPE_STRING, valid, NULL);
}

static void
set_time (GstStructure *structure, const gchar *name, const GstClipEventTime *time)
{
  g_autofree gchar *timestamp = g_strconcat (name, "-timestamp", NULL), *utc = g_strconcat (name, "-utc", NULL);
  g_autofree gchar *stream = g_strconcat (name, "-stream-time", NULL);
  g_autofree gchar *running = g_strconcat (name, "-running-time", NULL);
  gst_structure_set (structure, timestamp, G_TYPE_UINT64, time->timestamp, stream, G_TYPE_UINT64, time->stream_time,
      running, G_TYPE_UINT64, time->running_time, utc, G_TYPE_INT64, time->utc, NULL);
}

static gboolean
get_time (const GstStructure *structure, const gchar *name, GstClipEventTime *ret)
{
  g_autofree gchar *timestamp = g_strconcat (name, "-timestamp", NULL), *utc = g_strconcat (name, "-utc", NULL);
  g_autofree gchar *stream = g_strconcat (name, "-stream-time", NULL);
  g_autofree gchar *running = g_strconcat (name, "-running-time", NULL);
  return gst_structure_get (structure, timestamp, G_TYPE_UINT64, &ret->timestamp, stream, G_TYPE_UINT64,
      &ret->stream_time, running, G_TYPE_UINT64, &ret->running_time, utc, G_TYPE_INT64, &ret->utc, NULL);
}

/**
 * gst_clip_event_to_structure:
 * @event: an event
 *
 * Makes the `clip-event` structure that messages and events of pads have.
 *
 * Returns: (transfer full): the structure
 *
 * Since: 0.1
 */
GstStructure *
gst_clip_event_to_structure (const GstClipEvent *event)
{
  g_return_val_if_fail (event != NULL, NULL);
  GstStructure *structure = gst_structure_new (GST_CLIP_EVENT_NAME, "id", G_TYPE_UINT64, event->id, "state",
      G_TYPE_STRING, state_names[event->state], "label-id", G_TYPE_UINT, event->label_id, NULL);
  set_string (structure, "label", event->label);
  set_string (structure, "group", event->group);
  set_string (structure, "zone", event->zone);
  set_string (structure, "roi-type", event->roi_type);
  if (event->object_id)
    gst_structure_set (structure, "object-id", G_TYPE_INT, event->object_id, NULL);
  set_time (structure, "start", &event->start);
  set_time (structure, "end", &event->end);
  set_time (structure, "peak", &event->peak);
  gst_structure_set (structure, "confidence", G_TYPE_DOUBLE, event->confidence, "mean", G_TYPE_DOUBLE, event->mean,
      "samples", G_TYPE_UINT, event->n_samples, NULL);
  set_string (structure, "reason", event->reason);
  set_string (structure, "tagger", event->tagger);
  return structure;
}

/**
 * gst_clip_event_new_from_structure:
 * @structure: a structure
 *
 * Reads what [method@GstClipTag.ClipEvent.to_structure] made.
 *
 * Returns: (transfer full) (nullable): the event, `NULL` if @structure is no `clip-event` or misses a field
 *
 * Since: 0.1
 */
GstClipEvent *
gst_clip_event_new_from_structure (const GstStructure *structure)
{
  g_return_val_if_fail (structure != NULL, NULL);
  GstClipEvent values = { .id = 0 };
  const gchar *state = gst_structure_get_string (structure, "state");
  guint n = 0;
  while (n < G_N_ELEMENTS (state_names) && g_strcmp0 (state, state_names[n]) != 0)
    n++;
  values.label = (gchar *)gst_structure_get_string (structure, "label");
  if (!gst_structure_has_name (structure, GST_CLIP_EVENT_NAME) || n == G_N_ELEMENTS (state_names) || !values.label
      || !gst_structure_get (structure, "id", G_TYPE_UINT64, &values.id, "label-id", G_TYPE_UINT, &values.label_id,
          "confidence", G_TYPE_DOUBLE, &values.confidence, "mean", G_TYPE_DOUBLE, &values.mean, "samples", G_TYPE_UINT,
          &values.n_samples, NULL)
      || !get_time (structure, "start", &values.start) || !get_time (structure, "end", &values.end)
      || !get_time (structure, "peak", &values.peak))
    return NULL;
  values.state = (GstClipEventState)n;
  values.group = (gchar *)gst_structure_get_string (structure, "group");
  values.zone = (gchar *)gst_structure_get_string (structure, "zone");
  values.roi_type = (gchar *)gst_structure_get_string (structure, "roi-type");
  values.reason = (gchar *)gst_structure_get_string (structure, "reason");
  values.tagger = (gchar *)gst_structure_get_string (structure, "tagger");
  gst_structure_get_int (structure, "object-id", &values.object_id);
  return gst_clip_event_new (&values);
}

/* ---- The metadata ------------------------------------------------------------------------------------------ */

/**
 * gst_clip_event_meta_api_get_type:
 *
 * Gets the type of the metadata's API, to find all events on a buffer with `gst_buffer_iterate_meta_filtered()`.
 *
 * Returns: the type
 *
 * Since: 0.1
 */
GType
gst_clip_event_meta_api_get_type (void)
{
  static gsize type = 0;

  if (g_once_init_enter (&type)) {
    static const gchar *no_tags[] = { NULL };
    g_once_init_leave (&type, gst_meta_api_type_register ("GstClipEventMetaAPI", no_tags));
  }
  return type;
}

static gboolean
clip_event_meta_init (GstMeta *meta, gpointer params, GstBuffer *buffer)
{
  ((GstClipEventMeta *)meta)->event = NULL;
  return TRUE;
}

static void
clip_event_meta_free (GstMeta *meta, GstBuffer *buffer)
{
  g_clear_pointer (&((GstClipEventMeta *)meta)->event, gst_clip_event_unref);
}

/* News stays news whatever becomes of the picture; a frame cut into packets and put together again has it once. */
static gboolean
clip_event_meta_transform (GstBuffer *dest, GstMeta *meta, GstBuffer *source, GQuark type, gpointer data)
{
  GstClipEventMeta *self = (GstClipEventMeta *)meta;
  gpointer state = NULL;
  GstMeta *present;

  while ((present = gst_buffer_iterate_meta_filtered (dest, &state, GST_CLIP_EVENT_META_API_TYPE)))
    if (((GstClipEventMeta *)present)->event == self->event)
      return TRUE;
  return gst_buffer_add_clip_event_meta (dest, self->event) != NULL;
}

/**
 * gst_clip_event_meta_get_info: (skip)
 *
 * Gets the metadata's implementation, registered with GStreamer.
 *
 * Returns: (transfer none): the implementation
 *
 * Since: 0.1
 */
const GstMetaInfo *
gst_clip_event_meta_get_info (void)
{
  static const GstMetaInfo *info = NULL;

  if (g_once_init_enter ((GstMetaInfo **)&info)) {
    const GstMetaInfo *registered = gst_meta_register (GST_CLIP_EVENT_META_API_TYPE, "GstClipEventMeta",
        sizeof (GstClipEventMeta), clip_event_meta_init, clip_event_meta_free, clip_event_meta_transform);
    g_once_init_leave ((GstMetaInfo **)&info, (GstMetaInfo *)registered);
  }
  return info;
}

/**
 * gst_buffer_add_clip_event_meta:
 * @buffer: a writable buffer
 * @event: the news
 *
 * Attaches news of an event.
 *
 * Returns: (transfer none): the metadata on the buffer
 *
 * Since: 0.1
 */
GstClipEventMeta *
gst_buffer_add_clip_event_meta (GstBuffer *buffer, GstClipEvent *event)
{
  g_return_val_if_fail (GST_IS_BUFFER (buffer) && gst_buffer_is_writable (buffer), NULL);
  g_return_val_if_fail (event != NULL, NULL);
  GstClipEventMeta *self = (GstClipEventMeta *)gst_buffer_add_meta (buffer, GST_CLIP_EVENT_META_INFO, NULL);
  if (self)
    self->event = gst_clip_event_ref (event);
  return self;
}

/**
 * gst_buffer_get_clip_event:
 * @buffer: a buffer
 * @index: 0 for the first
 *
 * Gets one of the pieces of news on a buffer, in the order in which they came.
 *
 * Returns: (transfer none) (nullable): the news, `NULL` beyond the last
 *
 * Since: 0.1
 */
GstClipEvent *
gst_buffer_get_clip_event (GstBuffer *buffer, guint index)
{
  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);
  gpointer state = NULL;
  GstMeta *meta;
  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_CLIP_EVENT_META_API_TYPE)))
    if (index-- == 0)
      return ((GstClipEventMeta *)meta)->event;
  return NULL;
}
