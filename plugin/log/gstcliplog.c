/* SPDX-License-Identifier: MIT
 *
 * gstcliplog.c: writes the labels of passing buffers, of frames and of regions, as json-lines.
 *
 * Invariants: buffers pass untouched, the same pointers; after the first write error nothing is written and no second
 * error is posted until the element is restarted.
 * Threads: what properties set is under the object lock; the rest belongs to the streaming thread. The writer is made
 * and freed while no data flows.
 */

/**
 * SECTION:element-cliplog
 * @title: cliplog
 * @short_description: writes CLIP labels as json-lines
 *
 * Passes everything through and writes one line for each result of cliptagger, when it comes first, however often
 * frames are repeated, reordered or cut up in between (with #GstClipLog:all-frames one for each frame that carries
 * labels). It takes any caps, so it also stands behind an encoder or a decoder, as long as these pass the metadata on.
 * A line holds:
 *
 * * `stream_time`, `running_time`, `pts`: nanoseconds, null where unknown
 * * `utc`: date and time with microseconds, ISO 8601. `utc_from` says whose: "reference" when the buffer carries a
 *   #GstReferenceTimestampMeta with timestamp/x-unix or timestamp/x-ntp (rtspsrc add-reference-timestamp-meta=true),
 *   else "log", the wall clock at the time of writing
 * * `age`: nanoseconds since the frame that the labels were made from, and `sampled`: whether the result is new here
 * * `source`: #GstClipLog:source, or the stream's id
 * * `tagger`: name of the element that made the labels, where it is known
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
 * Numbers that are not finite are null. A frame tagged by several elements gives a line for each. Each line is handed
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
#include "log/gstcliplog.h"

#include "log/gstcliplogline.h"
#include "log/gstcliplogwriter.h"
#include "common/gstclipproperty.h"

GST_DEBUG_CATEGORY_STATIC (clip_log_debug);
#define GST_CAT_DEFAULT clip_log_debug

#define DEFAULT_LOCATION "-"

struct _GstClipLog
{
  GstBaseTransform parent;

  gboolean started; /* from start() to stop() */
  gchar *location;
  gchar *source; /* NULL: the stream's id */
  gboolean append;
  gboolean follow_links;
  gboolean all_frames;
  gboolean embedding;
  GstClipLogWriter *writer; /* NULL unless started */
  gboolean stopping;        /* the writer stays interrupted */

  gchar *stream_id;
  gint width, height; /* 0: unknown */
  GString *line;      /* kept for its memory */
  GstClipSerials serials;
  gboolean failed;
};

enum
{
  PROP_0,
  PROP_LOCATION,
  PROP_SOURCE,
  PROP_APPEND,
  PROP_FOLLOW_LINKS,
  PROP_ALL_FRAMES,
  PROP_EMBEDDING
};

static GstStaticPadTemplate sink_template
    = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template
    = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

G_DEFINE_TYPE_WITH_CODE (GstClipLog, gst_clip_log, GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (clip_log_debug, "cliplog", 0, "CLIP labels as json-lines"))
GST_ELEMENT_REGISTER_DEFINE (cliplog, "cliplog", GST_RANK_NONE, GST_TYPE_CLIP_LOG);

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

/* Writes self->line. */
static GstFlowReturn
write_line (GstClipLog *self)
{
  g_autoptr (GError) error = NULL;

  if (gst_clip_log_writer_write (self->writer, self->line->str, self->line->len, &error))
    return GST_FLOW_OK;
  return fail_write (self, error);
}

static GstFlowReturn
gst_clip_log_transform_ip (GstBaseTransform *trans, GstBuffer *buffer)
{
  GstClipLog *self = GST_CLIP_LOG (trans);
  GstClipLogContext context
      = { .segment = &trans->segment, .width = self->width, .height = self->height, .serials = &self->serials };
  g_autofree gchar *source = NULL;
  GstFlowReturn flow = GST_FLOW_OK;
  gpointer state = NULL;
  GstMeta *meta;

  if (self->failed)
    return GST_FLOW_ERROR;

  GST_OBJECT_LOCK (self);
  context.source = source = g_strdup (self->source ? self->source : self->stream_id);
  context.all_frames = self->all_frames;
  context.embedding = self->embedding;
  GST_OBJECT_UNLOCK (self);

  while (
      flow == GST_FLOW_OK && (meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_CLIP_TAG_META_API_TYPE))) {
    if (gst_clip_tag_meta_is_newest ((GstClipTagMeta *)meta, buffer)
        && gst_clip_log_line_from_frame (&context, buffer, (const GstClipTagMeta *)meta, self->line))
      flow = write_line (self);
  }
  if (flow == GST_FLOW_OK && gst_clip_log_line_from_regions (&context, buffer, self->line))
    flow = write_line (self);
  return flow;
}

/* A reader that has stopped reading must not hold up a flushing seek, whose events come from another thread. */
static void
set_flushing (GstClipLog *self, gboolean flushing)
{
  GST_OBJECT_LOCK (self);
  if (self->writer)
    gst_clip_log_writer_set_interrupted (self->writer, flushing || self->stopping);
  GST_OBJECT_UNLOCK (self);
}

static gboolean
gst_clip_log_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstClipLog *self = GST_CLIP_LOG (trans);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START)
    set_flushing (self, TRUE);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    set_flushing (self, FALSE);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START) {
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
  location = g_strdup (self->location);
  if (self->append)
    mode |= GST_CLIP_LOG_APPEND;
  if (self->follow_links)
    mode |= GST_CLIP_LOG_FOLLOW_LINKS;
  self->stopping = FALSE;
  self->started = TRUE;
  GST_OBJECT_UNLOCK (self);

  writer = gst_clip_log_writer_new (location, mode, &error);
  if (!writer) {
    set_stopped (self);
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
  return GST_ELEMENT_CLASS (gst_clip_log_parent_class)->change_state (element, transition);
}

/* ---- Properties and set-up ----------------------------------------------------------------------------- */

static void
gst_clip_log_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstClipLog *self = GST_CLIP_LOG (object);

  GST_OBJECT_LOCK (self);
  if (!gst_clip_property_may_change (pspec, self->started)) {
    GST_OBJECT_UNLOCK (self);
    gst_clip_property_refuse (self, pspec);
    return;
  }
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
  case PROP_FOLLOW_LINKS:
    self->follow_links = g_value_get_boolean (value);
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
  case PROP_FOLLOW_LINKS:
    g_value_set_boolean (value, self->follow_links);
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
  gst_clip_serials_clear (&self->serials);
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
   * element goes to PAUSED. A new file has the mode 0640, less the umask.
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
   * GstClipLog:follow-links:
   *
   * Write to what #GstClipLog:location points at if it is a symbolic link. In a folder that others may write to they
   * could make the log overwrite any file by such a link. /dev/stdout and its like are followed in any case.
   */
  g_object_class_install_property (class, PROP_FOLLOW_LINKS,
      g_param_spec_boolean ("follow-links", "Follow links", "The file may be a symbolic link", FALSE, ready));
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
  gst_clip_serials_init (&self->serials);
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), TRUE);
}
