/* SPDX-License-Identifier: MIT
 *
 * gstcliplog.c: the element that writes the labels of passing buffers, of frames and of regions, and the news of
 * events, as JSON lines.
 *
 * Invariants: buffers pass untouched, the same pointers; after the first write error nothing is written and no second
 * error is posted until the element is restarted.
 * Threads: properties are under the object lock; the rest belongs to the streaming thread. The writer is made and freed
 * while no data flows.
 */
/**
 * SECTION:element-cliplog
 * @title: cliplog
 * @see_also: cliptagger, clipoverlay
 *
 * Passes all buffers on and writes one line for each result of cliptagger, on the first frame that carries it, and, by
 * #GstClipLog:level, for the news of events, however often frames are repeated, reordered or cut up in between. All
 * caps are accepted: cliplog also works behind an encoder or a decoder, as long as these pass the metadata on. Each
 * line is one JSON object; that of a result:
 *
 * * `stream_time`, `running_time`, `pts`: nanoseconds, null where unknown
 * * `utc`: date and time with microseconds, ISO 8601. `utc_from` names its source: "reference" for a
 *   #GstReferenceTimestampMeta with timestamp/x-unix or timestamp/x-ntp (rtspsrc add-reference-timestamp-meta=true),
 *   else "log", the wall clock at the time of writing
 * * `age`: nanoseconds since the frame that the labels were made from; `sampled`: whether the result is new to the log
 * * `reused`: true where the labels of a similar frame were kept (cliptagger's min-change), else absent
 * * `level`: #GstClipLog:level
 * * `source`: #GstClipLog:source, or the stream's id
 * * `tagger`: name of the element that made the labels, absent where unknown
 * * `model`, `fingerprint`: of the model that made the labels
 * * `width`, `height`: in pixels by the caps, null where unknown
 * * `labels`: best first, each with `label`, `label_id` (index in the list of prompts), `confidence`, `cosine`, and
 *   `group` if the label is in one that has a name
 * * `embedding`: with #GstClipLog:embedding, an array of numbers, or null where the frame has none
 *
 * A frame with labelled regions of interest gives a line for these, with empty `labels` and
 *
 * * `regions`: each with `x`, `y`, `w`, `h`, `type`, `id` (number of a tracked object, else 0), and `age`, `sampled`,
 *   `labels` and `embedding` of its own; `zone` (its name) and where it has them `reused` of the user's zones; the
 *   line's `age` is the least of these
 *
 * The news of an event:
 *
 * * `event`: start, update or end; `id`: number of the event
 * * `label`, `label_id`; `group`, `zone`, `roi_type` and `object_id` where the event has them
 * * `start`, `end` (so far) and `peak`: each with `stream_time`, `running_time`, `pts` and `utc`, of sampled frames
 * * `confidence` at the peak, `mean` from start to end, `samples`: how many these are
 * * `reason` of an end: cliptagger's, or "log-stop" where the log stopped, or the stream ended, without having seen it
 * * `source`, `tagger`
 *
 * Numbers that are not finite are null. A frame tagged by several elements gives a line for each. Each line is in the
 * hands of the kernel before its frame passes on.
 *
 * gst-launch-1.0 prints messages to standard output: use its option -q with the default location.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -q filesrc location=yard.mp4 ! decodebin ! videoconvert ! \
 *     cliptagger prompts="a delivery van;an empty yard" ! cliplog ! fakesink | jq -r '.labels[0].label'
 * ]| Prints the best label of each sampled frame.
 */
#include "log/gstcliplog.h"

#include "log/gstcliplogevents.h"
#include "log/gstcliplogline.h"
#include "log/gstcliplogsettings.h"
#include "log/gstcliplogwriter.h"
#include "common/gstclipproperty.h"

GST_DEBUG_CATEGORY (gst_clip_log_debug);
#define GST_CAT_DEFAULT gst_clip_log_debug

struct _GstClipLog
{
  GstBaseTransform parent;

  gboolean started; /* from start() to stop() */
  GstClipLogSettings settings;
  GstClipLogWriter *writer; /* NULL unless started */
  gboolean stopping;        /* the writer stays interrupted */

  gchar *stream_id;
  gint width, height; /* 0: unknown */
  GString *line;      /* kept for its memory */
  guint64 n_lines;    /* written since the start */
  GstClipSerials serials;
  GstClipLogChanges changes;
  GstClipLogEvents *events;
  gboolean failed;
};

static GstStaticPadTemplate sink_template
    = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template
    = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

#define gst_clip_log_parent_class parent_class
G_DEFINE_FINAL_TYPE (GstClipLog, gst_clip_log, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE (cliplog, "cliplog", GST_RANK_NONE, GST_TYPE_CLIP_LOG)

/* ---- Data flow ----------------------------------------------------------------------------------------- */

static gchar *
dup_display_name (GstClipLog *self)
{
  GST_OBJECT_LOCK (self);
  gchar *name = g_filename_display_name (self->settings.location);
  GST_OBJECT_UNLOCK (self);
  return name;
}

/* Posts the one error of this run, unless the pipeline is being stopped or flushed. */
static GstFlowReturn
fail_write (GstClipLog *self, const GError *error)
{
  g_autofree gchar *name = NULL;

  if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_INTR)) {
    GST_DEBUG_OBJECT (self, "flushing: interrupted while writing");
    return GST_FLOW_FLUSHING;
  }
  self->failed = TRUE;
  name = dup_display_name (self);
  if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC))
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT, ("%s: writing failed: %s", name, error->message), (NULL));
  else
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("%s: writing failed: %s", name, error->message), (NULL));
  return GST_FLOW_ERROR;
}

/* Writes self->line. */
static GstFlowReturn
write_line (GstClipLog *self)
{
  g_autoptr (GError) error = NULL;

  if (!gst_clip_log_writer_write (self->writer, self->line->str, self->line->len, &error))
    return fail_write (self, error);
  self->n_lines++;
  return GST_FLOW_OK;
}

/* ret_source: holds the context's; to be freed. */
static GstClipLogContext
get_context (GstClipLog *self, gchar **ret_source)
{
  GstClipLogContext context = { .segment = &GST_BASE_TRANSFORM (self)->segment,
    .width = self->width,
    .height = self->height,
    .serials = &self->serials,
    .changes = &self->changes };

  GST_OBJECT_LOCK (self);
  context.source = *ret_source = g_strdup (self->settings.source ? self->settings.source : self->stream_id);
  context.level = self->settings.level;
  context.embedding = self->settings.embedding;
  GST_OBJECT_UNLOCK (self);
  return context;
}

/* Ends what is open in the log, all of it or as much as is too much. */
static GstFlowReturn
close_events (GstClipLog *self, const GstClipLogContext *context, gboolean all)
{
  GstFlowReturn flow = GST_FLOW_OK;
  GstClipEvent *end;

  while (flow == GST_FLOW_OK && (end = gst_clip_log_events_close_next (self->events, all))) {
    gst_clip_log_line_from_event (context, end, self->line);
    flow = write_line (self);
    gst_clip_event_unref (end);
  }
  return flow;
}

static GstFlowReturn
log_event (GstClipLog *self, const GstClipLogContext *context, GstClipEvent *event)
{
  gboolean of_events = context->level == GST_CLIP_LOG_EVENTS || context->level == GST_CLIP_LOG_BOTH;
  gboolean wanted = gst_clip_log_events_wants (self->events, event, of_events);

  if (wanted) {
    gst_clip_log_line_from_event (context, event, self->line);
    GstFlowReturn flow = write_line (self);
    if (flow != GST_FLOW_OK)
      return flow;
  }
  gst_clip_log_events_add (self->events, event, wanted);
  return close_events (self, context, FALSE);
}

static GstFlowReturn
gst_clip_log_transform_ip (GstBaseTransform *trans, GstBuffer *buffer)
{
  GstClipLog *self = GST_CLIP_LOG (trans);
  g_autofree gchar *source = NULL;
  GstClipLogContext context = get_context (self, &source);
  GstFlowReturn flow = GST_FLOW_OK;
  guint64 n_before = self->n_lines;
  guint n_results = 0, n_events = 0;
  gpointer state = NULL;
  GstMeta *meta;

  if (self->failed)
    return GST_FLOW_ERROR;
  if (context.level != GST_CLIP_LOG_CHANGES)
    gst_clip_log_changes_reset (&self->changes);

  while (
      flow == GST_FLOW_OK && (meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_CLIP_TAG_META_API_TYPE))) {
    n_results++;
    if (gst_clip_tag_meta_is_newest ((GstClipTagMeta *)meta, buffer)
        && gst_clip_log_line_from_frame (&context, buffer, (const GstClipTagMeta *)meta, self->line))
      flow = write_line (self);
  }
  if (flow == GST_FLOW_OK && gst_clip_log_line_from_rois (&context, buffer, self->line))
    flow = write_line (self);
  state = NULL;
  while (
      flow == GST_FLOW_OK && (meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_CLIP_EVENT_META_API_TYPE))) {
    n_events++;
    flow = log_event (self, &context, ((GstClipEventMeta *)meta)->event);
  }
  GST_LOG_OBJECT (self, "buffer at %" GST_TIME_FORMAT ": %u results, %u events, %" G_GUINT64_FORMAT " lines: %s",
      GST_TIME_ARGS (GST_BUFFER_PTS (buffer)), n_results, n_events, self->n_lines - n_before, gst_flow_get_name (flow));
  return flow;
}

/* News that no frame carries. A failure to write is told of already, and ends the stream with the next frame. */
static void
take_news (GstClipLog *self, const GstStructure *structure)
{
  g_autofree gchar *source = NULL;
  GstClipLogContext context = get_context (self, &source);
  g_autoptr (GstClipEvent) event = gst_clip_event_new_from_structure (structure);

  if (!event)
    GST_WARNING_OBJECT (self, "no news of an event: %" GST_PTR_FORMAT, structure);
  else if (!self->failed)
    log_event (self, &context, event);
}

static void
end_events (GstClipLog *self)
{
  g_autofree gchar *source = NULL;
  GstClipLogContext context = get_context (self, &source);

  if (!self->failed && close_events (self, &context, TRUE) != GST_FLOW_OK)
    GST_WARNING_OBJECT (self, "the ends of open events were not written");
}

/* A reader that has stopped reading must not hold up a flushing seek; its events come from another thread. */
static void
set_flushing (GstClipLog *self, gboolean flushing)
{
  GST_OBJECT_LOCK (self);
  if (self->writer)
    gst_clip_log_writer_set_interrupted (self->writer, flushing || self->stopping);
  GST_OBJECT_UNLOCK (self);
}

static void
take_stream_start (GstClipLog *self, GstEvent *event)
{
  const gchar *stream_id;

  gst_event_parse_stream_start (event, &stream_id);
  GST_OBJECT_LOCK (self);
  g_free (self->stream_id);
  self->stream_id = g_strdup (stream_id);
  GST_OBJECT_UNLOCK (self);
}

static void
take_caps (GstClipLog *self, GstEvent *event)
{
  const GstStructure *structure;
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  structure = gst_caps_get_structure (caps, 0);
  /* Not through GstVideoInfo: an encoded stream's caps have the size too. */
  if (!gst_structure_get_int (structure, "width", &self->width))
    self->width = 0;
  if (!gst_structure_get_int (structure, "height", &self->height))
    self->height = 0;
  GST_DEBUG_OBJECT (self, "caps: %" GST_PTR_FORMAT, caps);
}

static gboolean
gst_clip_log_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstClipLog *self = GST_CLIP_LOG (trans);

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_FLUSH_START:
    set_flushing (self, TRUE);
    break;
  case GST_EVENT_FLUSH_STOP:
    set_flushing (self, FALSE);
    break;
  case GST_EVENT_STREAM_START:
    take_stream_start (self, event);
    break;
  case GST_EVENT_CAPS:
    take_caps (self, event);
    return GST_BASE_TRANSFORM_CLASS (parent_class)->sink_event (trans, event);
  case GST_EVENT_CUSTOM_DOWNSTREAM:
    if (!gst_event_has_name (event, GST_CLIP_EVENT_NAME))
      return GST_BASE_TRANSFORM_CLASS (parent_class)->sink_event (trans, event);
    take_news (self, gst_event_get_structure (event));
    break;
  case GST_EVENT_EOS:
    end_events (self);
    break;
  case GST_EVENT_SEGMENT:
    break;
  default:
    return GST_BASE_TRANSFORM_CLASS (parent_class)->sink_event (trans, event);
  }
  GST_DEBUG_OBJECT (self, "%" GST_PTR_FORMAT, event);
  return GST_BASE_TRANSFORM_CLASS (parent_class)->sink_event (trans, event);
}

/* ---- Starting and stopping ----------------------------------------------------------------------------- */

static void
set_stopped (GstClipLog *self)
{
  GST_OBJECT_LOCK (self);
  self->started = FALSE;
  GST_OBJECT_UNLOCK (self);
}

static gboolean
gst_clip_log_start (GstBaseTransform *trans)
{
  GstClipLog *self = GST_CLIP_LOG (trans);
  g_autofree gchar *location = NULL, *name = NULL;
  g_autoptr (GError) error = NULL;
  GstClipLogWriter *writer;
  GstClipLogMode mode = 0;

  GST_OBJECT_LOCK (self);
  location = g_strdup (self->settings.location);
  if (self->settings.append)
    mode |= GST_CLIP_LOG_APPEND;
  if (self->settings.follow_links)
    mode |= GST_CLIP_LOG_FOLLOW_LINKS;
  self->stopping = FALSE;
  self->started = TRUE;
  GST_OBJECT_UNLOCK (self);

  name = g_filename_display_name (location);
  writer = gst_clip_log_writer_new (location, mode, &error);
  if (!writer) {
    set_stopped (self);
    if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
      GST_ELEMENT_ERROR (
          self, RESOURCE, NOT_FOUND, ("%s: opening for writing failed: %s", name, error->message), (NULL));
    else if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC))
      GST_ELEMENT_ERROR (
          self, RESOURCE, NO_SPACE_LEFT, ("%s: opening for writing failed: %s", name, error->message), (NULL));
    else
      GST_ELEMENT_ERROR (
          self, RESOURCE, OPEN_WRITE, ("%s: opening for writing failed: %s", name, error->message), (NULL));
    return FALSE;
  }
  GST_INFO_OBJECT (self, "%s: opened for %s", name, mode & GST_CLIP_LOG_APPEND ? "appending" : "writing");
  GST_OBJECT_LOCK (self);
  self->writer = writer;
  GST_OBJECT_UNLOCK (self);
  self->failed = FALSE;
  self->width = self->height = 0;
  self->n_lines = 0;
  return TRUE;
}

static gboolean
gst_clip_log_stop (GstBaseTransform *trans)
{
  GstClipLog *self = GST_CLIP_LOG (trans);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *name = NULL;
  GstClipLogWriter *writer;

  if (self->writer) {
    gst_clip_log_writer_set_last (self->writer);
    end_events (self);
  }
  GST_OBJECT_LOCK (self);
  writer = g_steal_pointer (&self->writer);
  GST_OBJECT_UNLOCK (self);

  name = dup_display_name (self);
  if (writer && !gst_clip_log_writer_close (writer, &error) && !self->failed)
    GST_ELEMENT_WARNING (self, RESOURCE, CLOSE, ("%s: closing failed: %s", name, error->message), (NULL));
  else
    GST_INFO_OBJECT (self, "%s: closed after %" G_GUINT64_FORMAT " lines", name, self->n_lines);
  g_clear_pointer (&self->stream_id, g_free);
  set_stopped (self);
  return TRUE;
}

static GstStateChangeReturn
gst_clip_log_change_state (GstElement *element, GstStateChange transition)
{
  GstClipLog *self = GST_CLIP_LOG (element);

  /* Chaining up waits for the streaming thread, which may wait for a reader that has stopped reading. */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    GST_OBJECT_LOCK (self);
    self->stopping = TRUE;
    if (self->writer)
      gst_clip_log_writer_set_interrupted (self->writer, TRUE);
    GST_OBJECT_UNLOCK (self);
  }
  return GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);
}

/* ---- Properties and class ------------------------------------------------------------------------------ */

static void
gst_clip_log_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  GstClipLog *self = GST_CLIP_LOG (object);

  GST_OBJECT_LOCK (self);
  if (!gst_clip_property_may_change (pspec, self->started)) {
    GST_OBJECT_UNLOCK (self);
    gst_clip_property_refuse (self, pspec);
    return;
  }
  if (!gst_clip_log_settings_set (&self->settings, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_clip_log_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  GstClipLog *self = GST_CLIP_LOG (object);

  GST_OBJECT_LOCK (self);
  if (!gst_clip_log_settings_get (&self->settings, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_clip_log_finalize (GObject *object)
{
  GstClipLog *self = GST_CLIP_LOG (object);

  gst_clip_log_settings_clear (&self->settings);
  g_free (self->stream_id);
  g_string_free (self->line, TRUE);
  gst_clip_serials_clear (&self->serials);
  gst_clip_log_changes_clear (&self->changes);
  gst_clip_log_events_free (self->events);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_clip_log_class_init (GstClipLogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_clip_log_debug, "cliplog", 0, "CLIP labels and events as JSON lines");

  object_class->finalize = gst_clip_log_finalize;
  object_class->set_property = gst_clip_log_set_property;
  object_class->get_property = gst_clip_log_get_property;
  gst_clip_log_settings_install_properties (object_class);

  gst_element_class_set_static_metadata (element_class, "CLIP label log", "Filter/Metadata",
      "Writes the labels and events of cliptagger as JSON lines", "The gst-cliptag authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_clip_log_change_state);

  transform_class->start = GST_DEBUG_FUNCPTR (gst_clip_log_start);
  transform_class->stop = GST_DEBUG_FUNCPTR (gst_clip_log_stop);
  transform_class->sink_event = GST_DEBUG_FUNCPTR (gst_clip_log_sink_event);
  transform_class->transform_ip = GST_DEBUG_FUNCPTR (gst_clip_log_transform_ip);
  transform_class->passthrough_on_same_caps = TRUE;
}

static void
gst_clip_log_init (GstClipLog *self)
{
  gst_clip_log_settings_init (&self->settings);
  self->line = g_string_sized_new (1024);
  gst_clip_serials_init (&self->serials);
  gst_clip_log_changes_init (&self->changes);
  self->events = gst_clip_log_events_new ();
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), TRUE);
}
