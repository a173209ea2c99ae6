/* SPDX-License-Identifier: MIT
 *
 * gstclipoverlay.c: the element that draws cliptagger's labels into the frame.
 *
 * A frame with nothing to draw leaves as the very buffer that came in. Otherwise a panel is drawn once per result with
 * cairo and pango, kept, and blended into each frame that carries that result; blending maps the frame for writing,
 * which copies memory that others (the branches of a tee) hold too. The panel is kept until the result, the frame's
 * size or a property changes. Everything but the properties belongs to the streaming thread.
 */
/**
 * SECTION:element-clipoverlay
 * @title: clipoverlay
 * @see_also: cliptagger, cliplog
 *
 * Draws the labels that cliptagger attached to the frame, best first, each with its confidence as a number and a bar.
 * Each tagger of a frame, up to four, has its own panel, titled with the tagger's name where there are several. Each
 * labelled region of interest gets a box with its best label.
 *
 * The panel scales with the frame and is readable on light and dark pictures. All raw formats that GStreamer can blend
 * on are accepted, in system memory. Frames without labels pass untouched.
 *
 * Everything is drawn upright for the viewer of the final picture: by #GstClipOverlay:orientation, in the display shape
 * that pixel-aspect-ratio gives, and inside #GstVideoCropMeta.
 *
 * Frames padded by their producer (#GstVideoMeta) are drawn on where they are, without a copy. The allocation query is
 * answered by downstream, which gets the very buffers that upstream made. Labels are always blended into the frame, not
 * attached as #GstVideoOverlayCompositionMeta.
 *
 * A frame that cannot be mapped for writing passes without labels; a warning tells of the first one in a row.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! cliptagger prompts="a person;an empty room" ! clipoverlay ! \
 *     videoconvert ! autovideosink
 * ]| Shows the camera's picture with labels.
 */
#include "overlay/gstclipoverlay.h"

#include <gst/video/video.h>
#include <pango/pangocairo.h>

#include "common/gstcliporientation.h"
#include "common/gstclipproperty.h"
#include "overlay/gstclipoverlaypanel.h"
#include "overlay/gstclipoverlayboxes.h"
#include "overlay/gstclipoverlayview.h"
#include "gstcliptagmeta.h"

GST_DEBUG_CATEGORY (gst_clip_overlay_debug);
#define GST_CAT_DEFAULT gst_clip_overlay_debug

#define DEFAULT_MAX_LABELS     5
#define DEFAULT_POSITION       GST_CLIP_OVERLAY_TOP_LEFT
#define DEFAULT_MIN_CONFIDENCE 0.0
#define MAX_LABELS             50

/* Taggers shown; there is no room for more. */
#define MAX_PANELS 4

/* Panel corners lie on this grid, so that no chroma sample of a subsampled format is half inside. */
#define GRID 4

enum
{
  PROP_0,
  PROP_MAX_LABELS,
  PROP_POSITION,
  PROP_MIN_CONFIDENCE,
  PROP_ORIENTATION
};

typedef struct
{
  guint max_labels;
  GstClipOverlayPosition position;
  gdouble min_confidence;
  GstVideoOrientationMethod orientation;
} Settings;

/* A tagger's result. */
typedef struct
{
  GstClipTags *tags;
  gchar *title; /* the tagger's name; NULL where there is one tagger only */
} Shown;

struct _GstClipOverlay
{
  GstBaseTransform parent;

  Settings settings; /* object lock */

  GstVideoInfo info;
  GstClipOrientation orientation;
  GstClipOverlayView view; /* of this frame, if there is something to draw */
  PangoContext *pango;     /* with a font map of its own: threads must not share pango objects */
  gboolean complained;     /* about the last frame that was to be drawn on */

  /* The panels and their sources. The tags are referenced so that their address is not reused. */
  GstVideoOverlayComposition *composition; /* NULL: nothing to draw */
  Shown drawn[MAX_PANELS];
  guint n_drawn;
  Settings drawn_settings;
  GstClipOverlayView drawn_view;

  GstClipOverlayBoxes *boxes;                /* NULL before caps */
  GstVideoOverlayComposition *boxes_drawing; /* this frame's; NULL: no region has a label */
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_VIDEO_OVERLAY_COMPOSITION_BLEND_FORMATS)));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_VIDEO_OVERLAY_COMPOSITION_BLEND_FORMATS)));

#define gst_clip_overlay_parent_class parent_class
G_DEFINE_FINAL_TYPE (GstClipOverlay, gst_clip_overlay, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE (clipoverlay, "clipoverlay", GST_RANK_NONE, GST_TYPE_CLIP_OVERLAY)

static GType
position_get_type (void)
{
  static const GEnumValue values[] = {
    { GST_CLIP_OVERLAY_TOP_LEFT, "Top left corner", "top-left" },
    { GST_CLIP_OVERLAY_TOP_RIGHT, "Top right corner", "top-right" },
    { GST_CLIP_OVERLAY_BOTTOM_LEFT, "Bottom left corner", "bottom-left" },
    { GST_CLIP_OVERLAY_BOTTOM_RIGHT, "Bottom right corner", "bottom-right" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;
  return gst_clip_property_register_enum (&type, "GstClipOverlayPosition", values);
}

/* ---- The panels ---------------------------------------------------------------------------------------- */

/* How many of the tags' labels, best first, to draw. */
static guint
count_labels (const Settings *settings, GstClipTags *tags)
{
  guint n = MIN (gst_clip_tags_get_n_labels (tags), settings->max_labels);
  guint i;

  for (i = 0; i < n; i++)
    if (gst_clip_tags_get_label (tags, i)->confidence < settings->min_confidence)
      break;
  return i;
}

/* Adds a panel as one rectangle of premultiplied BGRA, if there are labels and room for it. taken: height of the panels
 * so far; grows. FALSE: out of memory. */
static gboolean
add_panel (GstClipOverlay *self, const Settings *settings, const Shown *shown, gdouble *taken)
{
  GstClipOverlayPanel panel = { .pango = self->pango, .view = &self->view };
  guint n = count_labels (settings, shown->tags);
  gboolean right, bottom;
  GstClipOverlayArea area;
  GstClipBox box;
  g_autoptr (GstBuffer) pixels = NULL;
  GstVideoOverlayRectangle *rectangle;

  if (n == 0)
    return TRUE;
  if (!gst_clip_overlay_panel_measure (&panel, shown->tags, shown->title, n, *taken)) {
    GST_DEBUG_OBJECT (self, "no room for a panel in a picture of %.0fx%.0f, %.0f of it taken", self->view.width,
        self->view.height, *taken);
    return TRUE;
  }

  right = settings->position == GST_CLIP_OVERLAY_TOP_RIGHT || settings->position == GST_CLIP_OVERLAY_BOTTOM_RIGHT;
  bottom = settings->position == GST_CLIP_OVERLAY_BOTTOM_LEFT || settings->position == GST_CLIP_OVERLAY_BOTTOM_RIGHT;
  area.x = right ? self->view.width - panel.width - panel.margin : panel.margin;
  area.y = bottom ? self->view.height - *taken - panel.height - panel.margin : *taken + panel.margin;
  area.width = panel.width;
  area.height = panel.height;
  gst_clip_overlay_view_place (&self->view, &area, GRID, &box);
  *taken += panel.height + panel.margin;

  pixels = gst_clip_overlay_panel_paint (&panel, shown->tags, &box);
  if (!pixels)
    return FALSE;
  rectangle = gst_video_overlay_rectangle_new_raw (
      pixels, box.x, box.y, box.width, box.height, GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
  if (self->composition)
    gst_video_overlay_composition_add_rectangle (self->composition, rectangle);
  else
    self->composition = gst_video_overlay_composition_new (rectangle);
  gst_video_overlay_rectangle_unref (rectangle);
  GST_DEBUG_OBJECT (
      self, "drew a panel of %u labels at %u,%u, %ux%u", panel.n_rows, box.x, box.y, box.width, box.height);
  return TRUE;
}

static void
forget_panels (GstClipOverlay *self)
{
  g_clear_pointer (&self->composition, gst_video_overlay_composition_unref);
  for (guint i = 0; i < self->n_drawn; i++) {
    gst_clip_tags_unref (self->drawn[i].tags);
    g_free (self->drawn[i].title);
  }
  self->n_drawn = 0;
}

/* The newest result of each of the first taggers, borrowed from the buffer. */
static guint
find_results (GstBuffer *buffer, Shown *ret_shown)
{
  guint n = 0;
  gpointer state = NULL;
  GstMeta *meta;

  while (n < MAX_PANELS && (meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_CLIP_TAG_META_API_TYPE))) {
    GstClipTagMeta *result = (GstClipTagMeta *)meta;
    gboolean known = !result->tags || !gst_clip_tag_meta_is_newest (result, buffer);

    for (guint i = 0; i < n; i++)
      known |= ret_shown[i].tags == result->tags;
    if (!known)
      ret_shown[n++] = (Shown){ result->tags,
        (gchar *)(result->tagger ? result->tagger : gst_clip_tags_get_model_name (result->tags)) };
  }
  if (n == 1)
    ret_shown[0].title = NULL;
  return n;
}

static gboolean
is_drawn (const GstClipOverlay *self, const Settings *settings, const Shown *shown, guint n)
{
  const Settings *drawn = &self->drawn_settings;

  for (guint i = 0; i < n && n == self->n_drawn; i++)
    if (shown[i].tags != self->drawn[i].tags || g_strcmp0 (shown[i].title, self->drawn[i].title) != 0)
      return FALSE;
  return n == self->n_drawn && settings->max_labels == drawn->max_labels && settings->position == drawn->position
         && settings->min_confidence == drawn->min_confidence
         && gst_clip_overlay_view_equal (&self->view, &self->drawn_view);
}

/* Makes self->composition this buffer's. After running out of memory the next frame tries again. */
static void
update_panels (GstClipOverlay *self, const Settings *settings, const Shown *shown, guint n)
{
  gboolean complete = TRUE;
  gdouble taken = 0.0;

  if (n > 0 && is_drawn (self, settings, shown, n))
    return;
  forget_panels (self);
  for (guint i = 0; i < n; i++)
    complete &= add_panel (self, settings, &shown[i], &taken);
  if (!complete) {
    GST_WARNING_OBJECT (self, "out of memory: drawing %s", self->composition ? "some panels only" : "no panel");
    return;
  }
  for (guint i = 0; i < n; i++)
    self->drawn[i] = (Shown){ gst_clip_tags_ref (shown[i].tags), g_strdup (shown[i].title) };
  self->n_drawn = n;
  self->drawn_settings = *settings;
  self->drawn_view = self->view;
}

static guint
count_rectangles (GstVideoOverlayComposition *composition)
{
  return composition ? gst_video_overlay_composition_n_rectangles (composition) : 0;
}

static gboolean
has_drawing (const GstClipOverlay *self)
{
  return self->composition != NULL || self->boxes_drawing != NULL;
}

/* Makes both drawings this buffer's. */
static void
update_drawings (GstClipOverlay *self, GstBuffer *buffer)
{
  Shown shown[MAX_PANELS];
  guint n = find_results (buffer, shown);
  ClipOrientation orientation;
  Settings settings;

  g_clear_pointer (&self->boxes_drawing, gst_video_overlay_composition_unref);
  if (n == 0 && !gst_buffer_get_meta (buffer, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) {
    forget_panels (self);
    GST_LOG_OBJECT (self, "frame at %" GST_TIME_FORMAT ": no labels", GST_TIME_ARGS (GST_BUFFER_PTS (buffer)));
    return;
  }

  GST_OBJECT_LOCK (self);
  settings = self->settings;
  GST_OBJECT_UNLOCK (self);
  orientation = gst_clip_orientation_get (&self->orientation, settings.orientation, GST_BASE_TRANSFORM_SINK_PAD (self));
  if (!gst_clip_overlay_view_init (&self->view, &self->info, orientation, buffer)) {
    forget_panels (self);
    GST_LOG_OBJECT (self, "frame at %" GST_TIME_FORMAT ": nothing of the frame is inside of its crop",
        GST_TIME_ARGS (GST_BUFFER_PTS (buffer)));
    return;
  }
  update_panels (self, &settings, shown, n);
  self->boxes_drawing = gst_clip_overlay_boxes_draw (self->boxes, &self->view, buffer, settings.min_confidence);
  GST_LOG_OBJECT (self, "frame at %" GST_TIME_FORMAT ": %u results, %u panels, %u pieces of boxes",
      GST_TIME_ARGS (GST_BUFFER_PTS (buffer)), n, count_rectangles (self->composition),
      count_rectangles (self->boxes_drawing));
}

/* ---- Data flow ----------------------------------------------------------------------------------------- */

/* The base class would copy every buffer that is not writable; this copies those that are drawn on. The copy shares
 * memory with the original until it is mapped for writing. */
static GstFlowReturn
gst_clip_overlay_prepare_output_buffer (GstBaseTransform *trans, GstBuffer *inbuf, GstBuffer **outbuf)
{
  GstClipOverlay *self = GST_CLIP_OVERLAY (trans);

  update_drawings (self, inbuf);
  if (!has_drawing (self) || gst_buffer_is_writable (inbuf))
    *outbuf = inbuf;
  else
    *outbuf = gst_buffer_copy (inbuf);
  return *outbuf != NULL ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* A frame that cannot be drawn on does not end the stream. Warns of the first one in a row. */
static void
complain (GstClipOverlay *self, const gchar *reason)
{
  GST_WARNING_OBJECT (self, "a frame passes without labels: %s", reason);
  if (!self->complained)
    GST_ELEMENT_WARNING (self, STREAM, FORMAT, ("%s", reason), ("the frame passes without labels"));
  self->complained = TRUE;
}

static GstFlowReturn
gst_clip_overlay_transform_ip (GstBaseTransform *trans, GstBuffer *buffer)
{
  GstClipOverlay *self = GST_CLIP_OVERLAY (trans);
  const GstVideoInfo *info = &self->info;
  GstVideoFrame frame;
  gboolean blended = TRUE;

  if (!has_drawing (self))
    return GST_FLOW_OK;

  if (!gst_video_frame_map (&frame, info, buffer, GST_MAP_READWRITE)) {
    g_autofree gchar *reason
        = g_strdup_printf ("a buffer of %" G_GSIZE_FORMAT " bytes cannot be mapped for writing as a %dx%d %s frame of "
                           "%" G_GSIZE_FORMAT " bytes",
            gst_buffer_get_size (buffer), GST_VIDEO_INFO_WIDTH (info), GST_VIDEO_INFO_HEIGHT (info),
            GST_VIDEO_INFO_NAME (info), GST_VIDEO_INFO_SIZE (info));
    complain (self, reason);
    return GST_FLOW_OK;
  }
  if (self->boxes_drawing)
    blended = gst_video_overlay_composition_blend (self->boxes_drawing, &frame);
  if (self->composition)
    blended &= gst_video_overlay_composition_blend (self->composition, &frame);
  gst_video_frame_unmap (&frame);
  if (!blended) {
    g_autofree gchar *reason = g_strdup_printf ("labels cannot be blended into a %s frame", GST_VIDEO_INFO_NAME (info));
    complain (self, reason);
    return GST_FLOW_OK;
  }
  self->complained = FALSE;
  return GST_FLOW_OK;
}

static gboolean
gst_clip_overlay_set_caps (GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps)
{
  GstClipOverlay *self = GST_CLIP_OVERLAY (trans);
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, incaps)) {
    GST_ERROR_OBJECT (self, "not raw video: %" GST_PTR_FORMAT, incaps);
    return FALSE;
  }
  GST_DEBUG_OBJECT (self, "caps: %" GST_PTR_FORMAT, incaps);
  self->info = info;
  self->complained = FALSE;
  forget_panels (self);
  gst_clip_overlay_boxes_free (self->boxes);
  self->boxes = gst_clip_overlay_boxes_new (self->pango);
  return TRUE;
}

static gboolean
gst_clip_overlay_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstClipOverlay *self = GST_CLIP_OVERLAY (trans);

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_SEGMENT:
  case GST_EVENT_FLUSH_START:
  case GST_EVENT_FLUSH_STOP:
  case GST_EVENT_STREAM_START:
  case GST_EVENT_TAG:
  case GST_EVENT_EOS:
    GST_DEBUG_OBJECT (self, "%" GST_PTR_FORMAT, event);
    break;
  default:
    break;
  }
  gst_clip_orientation_take_event (&self->orientation, event);
  return GST_BASE_TRANSFORM_CLASS (parent_class)->sink_event (trans, event);
}

/* ---- Starting and stopping ----------------------------------------------------------------------------- */

static gboolean
gst_clip_overlay_start (GstBaseTransform *trans)
{
  GstClipOverlay *self = GST_CLIP_OVERLAY (trans);
  g_autoptr (PangoFontMap) font_map = pango_cairo_font_map_new ();
  cairo_font_options_t *options = cairo_font_options_create ();

  /* There is no screen whose resolution or subpixels could matter. */
  cairo_font_options_set_antialias (options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style (options, CAIRO_HINT_STYLE_SLIGHT);
  cairo_font_options_set_hint_metrics (options, CAIRO_HINT_METRICS_OFF);
  self->pango = pango_font_map_create_context (font_map);
  pango_cairo_context_set_font_options (self->pango, options);
  cairo_font_options_destroy (options);
  return TRUE;
}

static gboolean
gst_clip_overlay_stop (GstBaseTransform *trans)
{
  GstClipOverlay *self = GST_CLIP_OVERLAY (trans);

  forget_panels (self);
  gst_clip_orientation_clear (&self->orientation);
  g_clear_pointer (&self->boxes_drawing, gst_video_overlay_composition_unref);
  g_clear_pointer (&self->boxes, gst_clip_overlay_boxes_free);
  g_clear_object (&self->pango);
  return TRUE;
}

/* ---- Properties and class ------------------------------------------------------------------------------ */

static void
gst_clip_overlay_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  GstClipOverlay *self = GST_CLIP_OVERLAY (object);

  if (prop_id == PROP_ORIENTATION && !gst_clip_orientation_check (GST_ELEMENT (self), g_value_get_enum (value)))
    return;
  GST_OBJECT_LOCK (self);
  switch (prop_id) {
  case PROP_MAX_LABELS:
    self->settings.max_labels = g_value_get_uint (value);
    break;
  case PROP_POSITION:
    self->settings.position = g_value_get_enum (value);
    break;
  case PROP_MIN_CONFIDENCE:
    self->settings.min_confidence = g_value_get_double (value);
    break;
  case PROP_ORIENTATION:
    self->settings.orientation = g_value_get_enum (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_clip_overlay_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  GstClipOverlay *self = GST_CLIP_OVERLAY (object);

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
  case PROP_MAX_LABELS:
    g_value_set_uint (value, self->settings.max_labels);
    break;
  case PROP_POSITION:
    g_value_set_enum (value, self->settings.position);
    break;
  case PROP_MIN_CONFIDENCE:
    g_value_set_double (value, self->settings.min_confidence);
    break;
  case PROP_ORIENTATION:
    g_value_set_enum (value, self->settings.orientation);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
install_properties (GObjectClass *klass)
{
  /**
   * GstClipOverlay:max-labels:
   *
   * The best labels are drawn. Fewer are where the frame has no room for more.
   */
  g_object_class_install_property (klass, PROP_MAX_LABELS,
      g_param_spec_uint ("max-labels", "Max labels", "Maximum number of labels in a panel", 1, MAX_LABELS,
          DEFAULT_MAX_LABELS, GST_CLIP_PROPERTY_PLAYING));
  g_object_class_install_property (klass, PROP_POSITION,
      g_param_spec_enum ("position", "Position", "Corner of the frame for the panel", position_get_type (),
          DEFAULT_POSITION, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipOverlay:min-confidence:
   *
   * In the units of the tagger's score-mode: 0 to 1, or -1 to 1 for cosines.
   */
  g_object_class_install_property (klass, PROP_MIN_CONFIDENCE,
      g_param_spec_double ("min-confidence", "Min confidence", "Minimum confidence for a label to be drawn", -1.0, 1.0,
          DEFAULT_MIN_CONFIDENCE, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipOverlay:orientation:
   *
   * The transform that players apply to show the frame upright. auto: the stream's image-orientation tag, unless a
   * videoflip upstream has applied it. `custom` is refused with a warning.
   */
  g_object_class_install_property (klass, PROP_ORIENTATION,
      g_param_spec_enum ("orientation", "Orientation", "Transform that makes frames upright",
          GST_TYPE_VIDEO_ORIENTATION_METHOD, GST_CLIP_ORIENTATION_DEFAULT, GST_CLIP_PROPERTY_PLAYING));
}

static void
gst_clip_overlay_class_init (GstClipOverlayClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_clip_overlay_debug, "clipoverlay", 0, "CLIP labels drawn into video");

  object_class->set_property = gst_clip_overlay_set_property;
  object_class->get_property = gst_clip_overlay_get_property;
  install_properties (object_class);

  gst_element_class_set_static_metadata (element_class, "CLIP label overlay", "Filter/Editor/Video",
      "Draws the labels attached by cliptagger, with their confidence, into the video", "The gst-cliptag authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);

  transform_class->start = GST_DEBUG_FUNCPTR (gst_clip_overlay_start);
  transform_class->stop = GST_DEBUG_FUNCPTR (gst_clip_overlay_stop);
  transform_class->set_caps = GST_DEBUG_FUNCPTR (gst_clip_overlay_set_caps);
  transform_class->sink_event = GST_DEBUG_FUNCPTR (gst_clip_overlay_sink_event);
  transform_class->prepare_output_buffer = GST_DEBUG_FUNCPTR (gst_clip_overlay_prepare_output_buffer);
  transform_class->transform_ip = GST_DEBUG_FUNCPTR (gst_clip_overlay_transform_ip);
}

static void
gst_clip_overlay_init (GstClipOverlay *self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);

  self->settings.max_labels = DEFAULT_MAX_LABELS;
  self->settings.position = DEFAULT_POSITION;
  self->settings.min_confidence = DEFAULT_MIN_CONFIDENCE;
  self->settings.orientation = GST_CLIP_ORIENTATION_DEFAULT;

  gst_base_transform_set_in_place (trans, TRUE);
  gst_base_transform_set_passthrough (trans, FALSE);
  gst_base_transform_set_gap_aware (trans, TRUE);
  gst_base_transform_set_qos_enabled (trans, FALSE);
}
