/* SPDX-License-Identifier: MIT
 *
 * gstcliplog.c: writes the labels of passing buffers, of frames and of regions, as json-lines.
 *
 * Invariants: buffers pass untouched, the same pointers; one line is one JSON object of valid UTF-8 whatever the labels
 * hold, and no character in it is a line break to anybody; after the first write error nothing is written and no
 * second error is posted until the element is restarted.
 * Threads: what properties set is under the object lock; the rest belongs to the streaming thread. The writer is made
 * and freed while no data flows.
 */

/**
 * SECTION:element-cliplog
 * @title: cliplog
 * @short_description: writes CLIP labels as json-lines
 *
 * Passes everything through and writes one line for each frame that cliptagger looked at (with #GstClipLog:all-frames
 * for each that carries labels). It takes any caps, so it also stands behind an encoder or a decoder, as long as these
 * pass the metadata on. A line holds:
 *
 * * `stream_time`, `running_time`, `pts`: nanoseconds, null where unknown
 * * `utc`: date and time with microseconds, ISO 8601. `utc_from` says whose: "reference" when the buffer carries a
 *   #GstReferenceTimestampMeta with timestamp/x-unix or timestamp/x-ntp (rtspsrc add-reference-timestamp-meta=true),
 *   else "log", the wall clock at the time of writing
 * * `age`: nanoseconds since the frame that the labels were made from, and `sampled`: whether this is that frame
 * * `source`: #GstClipLog:source, or the stream's id
 * * `model`, `fingerprint`: what made the labels
 * * `width`, `height`: as the caps say, null where they do not
 * * `labels`: the best first, each with `label`, `label_id` (its index in the list of prompts), `confidence`, `cosine`
 * * `embedding`: with #GstClipLog:embedding, an array of numbers, or null where the frame has none
 *
 * Where cliptagger labelled regions of interest, the frame gives a line for these, with no `labels` but with
 *
 * * `regions`: each with `x`, `y`, `w`, `h`, `type`, `id` (number of a tracked object, else 0), and `age`, `sampled`,
 *   `labels` and `embedding` of its own; the line's `age` is the least of theirs
 *
 * Numbers that are not finite are null. A frame tagged by several elements gives several lines. Each line is handed
 * to the kernel before its frame passes on.
 *
 * gst-launch-1.0 writes messages of its own to standard output: use its option -q with the default location.
 *
 * ## Example
 *
 * |[
 * gst-launch-1.0 -q filesrc location=yard.mp4 ! decodebin ! videoconvert ! \
 *     cliptagger prompts="a delivery van;an empty yard" ! cliplog ! fakesink | jq -r '.labels[0].label'
 * ]|
 */
#include "gstcliplog.h"

#include "gstcliplogwriter.h"
#include "gstclipregion.h"
#include "meta/gstcliptagmeta.h"

#include <math.h>

GST_DEBUG_CATEGORY_STATIC (clip_log_debug);
#define GST_CAT_DEFAULT clip_log_debug

#define DEFAULT_LOCATION "-"

struct _GstClipLog
{
  GstBaseTransform parent;

  gchar *location;
  gchar *source; /* NULL: the stream's id */
  gboolean append;
  gboolean all_frames;
  gboolean embedding;
  GstClipLogWriter *writer; /* NULL unless started */

  gchar *stream_id;
  gint width, height; /* 0: unknown */
  GString *line;      /* kept for its memory */
  gboolean failed;
};

enum
{
  PROP_0,
  PROP_LOCATION,
  PROP_SOURCE,
  PROP_APPEND,
  PROP_ALL_FRAMES,
  PROP_EMBEDDING
};

static GstStaticPadTemplate sink_template
    = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template
    = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticCaps unix_time = GST_STATIC_CAPS ("timestamp/x-unix");
static GstStaticCaps ntp_time = GST_STATIC_CAPS ("timestamp/x-ntp");

G_DEFINE_TYPE_WITH_CODE (GstClipLog, gst_clip_log, GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (clip_log_debug, "cliplog", 0, "CLIP labels as json-lines"))
GST_ELEMENT_REGISTER_DEFINE (cliplog, "cliplog", GST_RANK_NONE, GST_TYPE_CLIP_LOG);

/* ---- A line -------------------------------------------------------------------------------------------- */

/* Beyond what JSON asks for, DEL and the C1 controls are escaped because a terminal obeys them, U+0085, U+2028 and
 * U+2029 because they are line breaks to some readers of json-lines (Python's str.splitlines() is one). */
static void
append_string (GString *line, const gchar *text)
{
  g_autofree gchar *valid = NULL;

  if (!text) {
    g_string_append (line, "null");
    return;
  }
  if (!g_utf8_validate (text, -1, NULL))
    text = valid = g_utf8_make_valid (text, -1);

  g_string_append_c (line, '"');
  while (*text) {
    const gchar *next = g_utf8_next_char (text);
    gunichar c = g_utf8_get_char (text);

    if (c == '"' || c == '\\')
      g_string_append_printf (line, "\\%c", (gchar)c);
    else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
      g_string_append_printf (line, "\\u%04x", c);
    else
      g_string_append_len (line, text, next - text);
    text = next;
  }
  g_string_append_c (line, '"');
}

/* Nine digits bring a float back exactly; printf alone would write the locale's decimal comma. */
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

static GstReferenceTimestampMeta *
get_reference_timestamp (GstBuffer *buffer, GstStaticCaps *reference)
{
  g_autoptr (GstCaps) caps = gst_static_caps_get (reference);

  return gst_buffer_get_reference_timestamp_meta (buffer, caps);
}

/* Microseconds since 1970. ret_from: whose clock said so. */
static gint64
get_utc (GstBuffer *buffer, const gchar **ret_from)
{
  const gint64 ntp_to_unix = G_GINT64_CONSTANT (2208988800) * G_USEC_PER_SEC; /* 1900 to 1970, RFC 5905 */
  GstReferenceTimestampMeta *meta;

  *ret_from = "reference";
  if ((meta = get_reference_timestamp (buffer, &unix_time)) && GST_CLOCK_TIME_IS_VALID (meta->timestamp))
    return meta->timestamp / GST_USECOND;
  if ((meta = get_reference_timestamp (buffer, &ntp_time)) && GST_CLOCK_TIME_IS_VALID (meta->timestamp))
    return (gint64)(meta->timestamp / GST_USECOND) - ntp_to_unix;
  *ret_from = "log";
  return g_get_real_time ();
}

static void
append_utc (GString *line, GstBuffer *buffer)
{
  const gchar *from;
  gint64 utc = get_utc (buffer, &from);
  gint64 microseconds = (utc % G_USEC_PER_SEC + G_USEC_PER_SEC) % G_USEC_PER_SEC;
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc ((utc - microseconds) / G_USEC_PER_SEC);

  g_string_append_printf (line, "\"utc\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06dZ\",\"utc_from\":\"%s\",",
      g_date_time_get_year (date), g_date_time_get_month (date), g_date_time_get_day_of_month (date),
      g_date_time_get_hour (date), g_date_time_get_minute (date), g_date_time_get_second (date), (gint)microseconds,
      from);
}

static void
append_labels (GString *line, const GstClipTags *tags)
{
  guint n = gst_clip_tags_get_n_labels (tags);

  g_string_append (line, "\"labels\":[");
  for (guint i = 0; i < n; i++) {
    const GstClipTagLabel *label = gst_clip_tags_get_label (tags, i);

    g_string_append (line, i ? ",{\"label\":" : "{\"label\":");
    append_string (line, label->label);
    g_string_append_printf (line, ",\"label_id\":%u,\"confidence\":", label->id);
    append_number (line, label->confidence);
    g_string_append (line, ",\"cosine\":");
    append_number (line, label->cosine);
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

/* What a line starts with. */
static void
append_head (GstClipLog *self, GstBuffer *buffer, const GstClipRegionLabels *labels, gboolean reused)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  GstClockTime stream_time = GST_CLOCK_TIME_NONE, running_time = GST_CLOCK_TIME_NONE;
  GString *line = self->line;

  if (segment->format == GST_FORMAT_TIME && GST_CLOCK_TIME_IS_VALID (pts)) {
    stream_time = gst_segment_to_stream_time (segment, GST_FORMAT_TIME, pts);
    running_time = gst_segment_to_running_time (segment, GST_FORMAT_TIME, pts);
  }

  g_string_assign (line, "{");
  append_time (line, "stream_time", stream_time);
  append_time (line, "running_time", running_time);
  append_time (line, "pts", pts);
  append_utc (line, buffer);
  append_time (line, "age", labels->age);
  g_string_append_printf (line, "\"sampled\":%s,", labels->sampled ? "true" : "false");
  if (reused)
    g_string_append (line, "\"reused\":true,");
  g_string_append (line, "\"source\":");
  GST_OBJECT_LOCK (self);
  append_string (line, self->source ? self->source : self->stream_id);
  GST_OBJECT_UNLOCK (self);
  g_string_append (line, ",\"model\":");
  append_string (line, gst_clip_tags_get_model_name (labels->tags));
  g_string_append (line, ",\"fingerprint\":");
  append_string (line, gst_clip_tags_get_fingerprint (labels->tags));
  g_string_append_c (line, ',');
  append_size (line, "width", self->width);
  append_size (line, "height", self->height);
}

static void
build_line (GstClipLog *self, GstBuffer *buffer, const GstClipTagMeta *meta, gboolean with_embedding)
{
  append_head (self, buffer, &(GstClipRegionLabels){ meta->tags, meta->age, meta->sampled }, meta->reused);
  append_labels (self->line, meta->tags);
  if (with_embedding)
    append_embedding (self->line, meta->tags);
  g_string_append (self->line, "}\n");
}

static void
append_region (
    GString *line, GstVideoRegionOfInterestMeta *region, const GstClipRegionLabels *labels, gboolean with_embedding)
{
  const gchar *type = g_quark_to_string (region->roi_type);

  g_string_append_printf (
      line, "{\"x\":%d,\"y\":%d,\"w\":%u,\"h\":%u,\"type\":", (gint)region->x, (gint)region->y, region->w, region->h);
  append_string (line, type ? type : "");
  g_string_append_printf (line, ",\"id\":%d,", gst_clip_region_get_object_id (region));
  append_time (line, "age", labels->age);
  g_string_append_printf (line, "\"sampled\":%s,", labels->sampled ? "true" : "false");
  append_labels (line, labels->tags);
  if (with_embedding)
    append_embedding (line, labels->tags);
  g_string_append_c (line, '}');
}

/* The line of all labelled regions. FALSE: there are none, or none of them was sampled, but for all_frames. */
static gboolean
build_regions_line (GstClipLog *self, GstBuffer *buffer, gboolean all_frames, gboolean with_embedding)
{
  g_autoptr (GString) list = g_string_new (NULL);
  GstClipRegionLabels all = { .age = GST_CLOCK_TIME_NONE }, labels;
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    GstVideoRegionOfInterestMeta *region = (GstVideoRegionOfInterestMeta *)meta;

    for (GList *param = region->params; param; param = param->next) {
      if (!gst_clip_region_parse_labels (param->data, &labels))
        continue;
      if (all.tags)
        g_string_append_c (list, ',');
      append_region (list, region, &labels, with_embedding);
      all.tags = labels.tags;
      all.age = MIN (all.age, labels.age);
      all.sampled |= labels.sampled;
    }
  }
  if (!all.tags || (!all.sampled && !all_frames))
    return FALSE;
  append_head (self, buffer, &all, FALSE);
  g_string_append_printf (self->line, "\"labels\":[],\"regions\":[%s]}\n", list->str);
  return TRUE;
}

/* ---- Data flow ----------------------------------------------------------------------------------------- */

/* Posts the one error of this run, unless the pipeline is only being stopped. */
static GstFlowReturn
fail_write (GstClipLog *self, const GError *error)
{
  g_autofree gchar *name = NULL;

  if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_INTR))
    return GST_FLOW_FLUSHING;

  self->failed = TRUE;
  GST_OBJECT_LOCK (self);
  name = g_filename_display_name (self->location);
  GST_OBJECT_UNLOCK (self);
  if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC))
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT, ("Could not write to \"%s\": %s.", name, error->message), (NULL));
  else
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("Could not write to \"%s\": %s.", name, error->message), (NULL));
  return GST_FLOW_ERROR;
}

static GstFlowReturn
gst_clip_log_transform_ip (GstBaseTransform *trans, GstBuffer *buffer)
{
  GstClipLog *self = GST_CLIP_LOG (trans);
  g_autoptr (GError) error = NULL;
  gboolean all_frames, with_embedding;
  gpointer state = NULL;
  GstMeta *meta;

  if (self->failed)
    return GST_FLOW_ERROR;

  GST_OBJECT_LOCK (self);
  all_frames = self->all_frames;
  with_embedding = self->embedding;
  GST_OBJECT_UNLOCK (self);

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_CLIP_TAG_META_API_TYPE))) {
    const GstClipTagMeta *tag_meta = (const GstClipTagMeta *)meta;

    if (!tag_meta->sampled && !all_frames)
      continue;
    build_line (self, buffer, tag_meta, with_embedding);
    if (!gst_clip_log_writer_write (self->writer, self->line->str, self->line->len, &error))
      return fail_write (self, error);
  }
  if (build_regions_line (self, buffer, all_frames, with_embedding)
      && !gst_clip_log_writer_write (self->writer, self->line->str, self->line->len, &error))
    return fail_write (self, error);
  return GST_FLOW_OK;
}

static gboolean
gst_clip_log_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstClipLog *self = GST_CLIP_LOG (trans);

  if (GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START) {
    const gchar *stream_id;

    gst_event_parse_stream_start (event, &stream_id);
    g_free (self->stream_id);
    self->stream_id = g_strdup (stream_id);
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    const GstStructure *structure;
    GstCaps *caps;

    gst_event_parse_caps (event, &caps);
    structure = gst_caps_get_structure (caps, 0);
    /* Not through GstVideoInfo: an encoded stream's caps name the size as well. */
    if (!gst_structure_get_int (structure, "width", &self->width))
      self->width = 0;
    if (!gst_structure_get_int (structure, "height", &self->height))
      self->height = 0;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_clip_log_parent_class)->sink_event (trans, event);
}

static gboolean
gst_clip_log_start (GstBaseTransform *trans)
{
  GstClipLog *self = GST_CLIP_LOG (trans);
  g_autofree gchar *location = NULL, *name = NULL;
  g_autoptr (GError) error = NULL;
  GstClipLogWriter *writer;
  gboolean append;

  GST_OBJECT_LOCK (self);
  location = g_strdup (self->location);
  append = self->append;
  GST_OBJECT_UNLOCK (self);

  writer = gst_clip_log_writer_new (location, append, &error);
  if (!writer) {
    name = g_filename_display_name (location);
    GST_ELEMENT_ERROR (
        self, RESOURCE, OPEN_WRITE, ("Could not open \"%s\" for writing: %s.", name, error->message), (NULL));
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  self->writer = writer;
  GST_OBJECT_UNLOCK (self);
  self->failed = FALSE;
  self->width = self->height = 0;
  return TRUE;
}

static gboolean
gst_clip_log_stop (GstBaseTransform *trans)
{
  GstClipLog *self = GST_CLIP_LOG (trans);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *name = NULL;
  GstClipLogWriter *writer;

  GST_OBJECT_LOCK (self);
  writer = g_steal_pointer (&self->writer);
  name = g_filename_display_name (self->location);
  GST_OBJECT_UNLOCK (self);

  if (writer && !gst_clip_log_writer_close (writer, &error) && !self->failed)
    GST_ELEMENT_WARNING (self, RESOURCE, CLOSE, ("Could not close \"%s\": %s.", name, error->message), (NULL));
  g_clear_pointer (&self->stream_id, g_free);
  return TRUE;
}

static GstStateChangeReturn
gst_clip_log_change_state (GstElement *element, GstStateChange transition)
{
  GstClipLog *self = GST_CLIP_LOG (element);

  /* Chaining up waits for the streaming thread, which may wait for a reader that has stopped reading. */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    GST_OBJECT_LOCK (self);
    if (self->writer)
      gst_clip_log_writer_interrupt (self->writer);
    GST_OBJECT_UNLOCK (self);
  }
  return GST_ELEMENT_CLASS (gst_clip_log_parent_class)->change_state (element, transition);
}

/* ---- Properties and set-up ----------------------------------------------------------------------------- */

/* Tells whether `name` may be set now, and the user if not. */
static gboolean
check_stopped (GstClipLog *self, const gchar *name)
{
  gboolean stopped;

  GST_OBJECT_LOCK (self);
  stopped = self->writer == NULL;
  GST_OBJECT_UNLOCK (self);
  if (!stopped)
    GST_ELEMENT_WARNING (
        self, RESOURCE, SETTINGS, ("The property \"%s\" cannot be changed while the log is open.", name), (NULL));
  return stopped;
}

static void
gst_clip_log_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstClipLog *self = GST_CLIP_LOG (object);

  if ((id == PROP_LOCATION || id == PROP_APPEND) && !check_stopped (self, pspec->name))
    return;

  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_LOCATION:
    g_free (self->location);
    self->location = g_value_dup_string (value);
    if (!self->location || !*self->location) {
      g_free (self->location);
      self->location = g_strdup (DEFAULT_LOCATION);
    }
    break;
  case PROP_SOURCE:
    g_free (self->source);
    self->source = g_value_dup_string (value);
    break;
  case PROP_APPEND:
    self->append = g_value_get_boolean (value);
    break;
  case PROP_ALL_FRAMES:
    self->all_frames = g_value_get_boolean (value);
    break;
  case PROP_EMBEDDING:
    self->embedding = g_value_get_boolean (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_clip_log_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstClipLog *self = GST_CLIP_LOG (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_LOCATION:
    g_value_set_string (value, self->location);
    break;
  case PROP_SOURCE:
    g_value_set_string (value, self->source);
    break;
  case PROP_APPEND:
    g_value_set_boolean (value, self->append);
    break;
  case PROP_ALL_FRAMES:
    g_value_set_boolean (value, self->all_frames);
    break;
  case PROP_EMBEDDING:
    g_value_set_boolean (value, self->embedding);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_clip_log_finalize (GObject *object)
{
  GstClipLog *self = GST_CLIP_LOG (object);

  g_free (self->location);
  g_free (self->source);
  g_free (self->stream_id);
  g_string_free (self->line, TRUE);
  G_OBJECT_CLASS (gst_clip_log_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *class)
{
  const GParamFlags ready = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;
  const GParamFlags playing = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  /**
   * GstClipLog:location:
   *
   * The file to write, "-" for standard output, which %NULL and "" mean as well. A fifo must have a reader when the
   * element goes to PAUSED.
   */
  g_object_class_install_property (class, PROP_LOCATION,
      g_param_spec_string ("location", "Location", "File to write; - is standard output", DEFAULT_LOCATION, ready));
  /**
   * GstClipLog:append:
   *
   * Write behind what the file holds already, instead of emptying it.
   */
  g_object_class_install_property (
      class, PROP_APPEND, g_param_spec_boolean ("append", "Append", "Keep what the file holds already", FALSE, ready));
  /**
   * GstClipLog:all-frames:
   *
   * Write a line for every frame that carries tags, not only for those that were looked at.
   */
  g_object_class_install_property (class, PROP_ALL_FRAMES,
      g_param_spec_boolean ("all-frames", "All frames",
          "Log every tagged frame, not only those that inference looked at", FALSE, playing));
  /**
   * GstClipLog:source:
   *
   * What the lines say as `source`; by default the stream's id.
   */
  g_object_class_install_property (class, PROP_SOURCE,
      g_param_spec_string (
          "source", "Source", "Name of the source in the log (default: the stream's id)", NULL, playing));
  /**
   * GstClipLog:embedding:
   *
   * Write embeddings, where frames carry them (cliptagger attach-embedding=true).
   */
  g_object_class_install_property (class, PROP_EMBEDDING,
      g_param_spec_boolean ("embedding", "Embedding", "Log the embedding too, where frames carry it", FALSE, playing));
}

static void
gst_clip_log_class_init (GstClipLogClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GstElementClass *element_class = GST_ELEMENT_CLASS (class);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (class);

  object_class->set_property = gst_clip_log_set_property;
  object_class->get_property = gst_clip_log_get_property;
  object_class->finalize = gst_clip_log_finalize;
  install_properties (object_class);

  element_class->change_state = GST_DEBUG_FUNCPTR (gst_clip_log_change_state);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "CLIP label log", "Filter/Metadata",
      "Writes the labels that cliptagger put on frames as json-lines", "The gst-cliptag authors");

  trans_class->start = GST_DEBUG_FUNCPTR (gst_clip_log_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_clip_log_stop);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_clip_log_sink_event);
  trans_class->transform_ip = GST_DEBUG_FUNCPTR (gst_clip_log_transform_ip);
  trans_class->passthrough_on_same_caps = TRUE;
}

static void
gst_clip_log_init (GstClipLog *self)
{
  self->location = g_strdup (DEFAULT_LOCATION);
  self->line = g_string_sized_new (1024);
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), TRUE);
}
