/* SPDX-License-Identifier: MIT
 *
 * gstclipoverlay.c: draws what cliptagger found into the frame.
 *
 * A frame with nothing to draw passes as the very buffer that came in. Otherwise a panel is drawn once per result with
 * cairo and pango, kept, and blended into each frame that carries that result; blending maps the frame for writing,
 * which copies its memory where others (the branches of a tee) hold it too. The panel is kept until the result, the
 * frame's size or a property changes. Everything but the properties belongs to the streaming thread.
 */
/**
 * SECTION:element-clipoverlay
 * @title: clipoverlay
 * @see_also: cliptagger, cliplog
 *
 * Draws the labels that cliptagger attached to the frame, best first, each with its confidence as a number and a bar.
 * Where several elements tagged it, up to four, each has a panel with its name.
 * Where it labelled regions of interest, each has a box with its best label.
 * The panel's size follows the frame's, and it is readable on light and dark pictures. Every raw format in system
 * memory will do. Frames without labels pass untouched.
 *
 * What is drawn is upright, and stands in its corner, for those who see the frame as it is meant: turned by
 * #GstClipOverlay:orientation, in the display shape by pixel-aspect-ratio, without what #GstVideoCropMeta cuts off.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! cliptagger prompts="a person;an empty room" ! clipoverlay ! \
 *     videoconvert ! autovideosink
 * ]|
 */
#include "overlay/gstclipoverlay.h"

#include <gst/video/video.h>
#include <pango/pangocairo.h>

#include "common/gstcliporientation.h"
#include "overlay/gstclipoverlaypanel.h"
#include "overlay/gstclipoverlayboxes.h"
#include "overlay/gstclipoverlayview.h"
#include "gstcliptagmeta.h"

GST_DEBUG_CATEGORY_STATIC (clip_overlay_debug);
#define GST_CAT_DEFAULT clip_overlay_debug

#define DEFAULT_MAX_LABELS     5
#define DEFAULT_POSITION       GST_CLIP_OVERLAY_TOP_LEFT
#define DEFAULT_MIN_CONFIDENCE 0.0
#define MAX_LABELS             50

/* Taggers whose results are shown; no more have room. */
#define MAX_PANELS 4

/* Panel corners stand on this grid, so that no chroma sample of a subsampled format lies half inside. */
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
  gchar *title; /* who says so, where there are several; else NULL */
} Shown;

struct _GstClipOverlay
{
  GstBaseTransform parent;

  Settings settings; /* object lock */

  GstVideoInfo info;
  GstClipOrientation orientation;
  GstClipOverlayView view; /* of this frame, where there is something to draw */
  PangoContext *pango;     /* of its own font map: pango objects must not be shared by threads */

  /* The panels, and what they were drawn from. A reference to the tags is held, so that their address is not reused. */
  GstVideoOverlayComposition *composition; /* NULL: nothing to draw */
  Shown drawn[MAX_PANELS];
  guint n_drawn;
  Settings drawn_settings;
  GstClipOverlayView drawn_view;

  GstClipOverlayRegions *regions;              /* NULL before caps */
  GstVideoOverlayComposition *regions_drawing; /* this frame's; NULL: no region has a label */
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_VIDEO_OVERLAY_COMPOSITION_BLEND_FORMATS)));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_VIDEO_OVERLAY_COMPOSITION_BLEND_FORMATS)));

G_DEFINE_FINAL_TYPE_WITH_CODE (GstClipOverlay, gst_clip_overlay, GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (clip_overlay_debug, "clipoverlay", 0, "labels drawn into video"))
GST_ELEMENT_REGISTER_DEFINE (clipoverlay, "clipoverlay", GST_RANK_NONE, GST_TYPE_CLIP_OVERLAY)

#define GST_TYPE_CLIP_OVERLAY_POSITION (gst_clip_overlay_position_get_type ())
static GType
gst_clip_overlay_position_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_CLIP_OVERLAY_TOP_LEFT, "Top left corner", "top-left" },
    { GST_CLIP_OVERLAY_TOP_RIGHT, "Top right corner", "top-right" },
    { GST_CLIP_OVERLAY_BOTTOM_LEFT, "Bottom left corner", "bottom-left" },
    { GST_CLIP_OVERLAY_BOTTOM_RIGHT, "Bottom right corner", "bottom-right" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstClipOverlayPosition", values));
  return type;
}

/* ---- The panels ---------------------------------------------------------------------------------------- */

/* How many of the tags' labels, which stand best first, are to be drawn. */
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

/* Adds a panel as one rectangle of premultiplied BGRA, if there is something to draw and room for it. taken: the height
 * that other panels have; grows. FALSE: memory is short. */
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

  if (n == 0 || !gst_clip_overlay_panel_measure (&panel, shown->tags, shown->title, n, *taken))
    return TRUE;

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
  GST_LOG_OBJECT (self, "drew %u labels at %u,%u, %ux%u", panel.n_rows, box.x, box.y, box.width, box.height);
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

/* The newest result of each tagger, the first ones. What it returns is borrowed from the buffer. */
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

/* Sets self->composition to what this buffer needs. What there was no memory for is tried again with the next frame. */
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
    GST_WARNING_OBJECT (self, "no memory to draw labels in");
    return;
  }
  for (guint i = 0; i < n; i++)
    self->drawn[i] = (Shown){ gst_clip_tags_ref (shown[i].tags), g_strdup (shown[i].title) };
  self->n_drawn = n;
  self->drawn_settings = *settings;
  self->drawn_view = self->view;
}

/* Makes both drawings what this buffer needs. */
static void
update_drawings (GstClipOverlay *self, GstBuffer *buffer)
{
  Shown shown[MAX_PANELS];
  guint n = find_results (buffer, shown);
  ClipOrientation orientation;
  Settings settings;

  g_clear_pointer (&self->regions_drawing, gst_video_overlay_composition_unref);
  if (n == 0 && !gst_buffer_get_meta (buffer, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) {
    forget_panels (self);
    return;
  }

  GST_OBJECT_LOCK (self);
  settings = self->settings;
  GST_OBJECT_UNLOCK (self);
  orientation = gst_clip_orientation_get (&self->orientation, settings.orientation, GST_BASE_TRANSFORM_SINK_PAD (self));
  if (!gst_clip_overlay_view_init (&self->view, &self->info, orientation, buffer)) {
    forget_panels (self);
    return;
  }
  update_panels (self, &settings, shown, n);
  self->regions_drawing = gst_clip_overlay_regions_draw (self->regions, &self->view, buffer, settings.min_confidence);
}

/* ---- The element --------------------------------------------------------------------------------------- */

/* The base class would copy every buffer that is not writable; here only one that is drawn on is. The copy shares the
 * memory until the frame is mapped for writing. */
static GstFlowReturn
gst_clip_overlay_prepare_output_buffer (GstBaseTransform *trans, GstBuffer *inbuf, GstBuffer **outbuf)
{
  GstClipOverlay *self = GST_CLIP_OVERLAY (trans);

  update_drawings (self, inbuf);
  if ((self->composition == NULL && self->regions_drawing == NULL) || gst_buffer_is_writable (inbuf))
    *outbuf = inbuf;
  else
    *outbuf = gst_buffer_copy (inbuf);
  return *outbuf != NULL ? GST_FLOW_OK : GST_FLOW_ERROR;
}

static GstFlowReturn
gst_clip_overlay_transform_ip (GstBaseTransform *trans, GstBuffer *buffer)
{
  GstClipOverlay *self = GST_CLIP_OVERLAY (trans);
  GstVideoFrame frame;
  gboolean blended = TRUE;

  if (self->composition == NULL && self->regions_drawing == NULL)
    return GST_FLOW_OK;

  if (!gst_video_frame_map (&frame, &self->info, buffer, GST_MAP_READWRITE)) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("The frame cannot be drawn on."),
        ("mapping a buffer for writing failed: %" GST_PTR_FORMAT, buffer));
    return GST_FLOW_ERROR;
  }
  if (self->regions_drawing)
    blended = gst_video_overlay_composition_blend (self->regions_drawing, &frame);
  if (self->composition)
    blended &= gst_video_overlay_composition_blend (self->composition, &frame);
  gst_video_frame_unmap (&frame);
  if (!blended)
    GST_WARNING_OBJECT (
        self, "blending into %s failed", gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (&self->info)));
  return GST_FLOW_OK;
}

static gboolean
gst_clip_overlay_set_caps (GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps)
{
  GstClipOverlay *self = GST_CLIP_OVERLAY (trans);
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, incaps)) {
    GST_ERROR_OBJECT (self, "these caps describe no raw video: %" GST_PTR_FORMAT, incaps);
    return FALSE;
  }
  self->info = info;
  forget_panels (self);
  gst_clip_overlay_regions_free (self->regions);
  self->regions = gst_clip_overlay_regions_new (self->pango);
  return TRUE;
}

static gboolean
gst_clip_overlay_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstClipOverlay *self = GST_CLIP_OVERLAY (trans);

  gst_clip_orientation_take_event (&self->orientation, event);
  return GST_BASE_TRANSFORM_CLASS (gst_clip_overlay_parent_class)->sink_event (trans, event);
}

static gboolean
gst_clip_overlay_propose_allocation (GstBaseTransform *trans, GstQuery *decide_query, GstQuery *query)
{
  if (!GST_BASE_TRANSFORM_CLASS (gst_clip_overlay_parent_class)->propose_allocation (trans, decide_query, query))
    return FALSE;
  if (!gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL))
    gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return TRUE;
}

static gboolean
gst_clip_overlay_start (GstBaseTransform *trans)
{
  GstClipOverlay *self = GST_CLIP_OVERLAY (trans);
  g_autoptr (PangoFontMap) font_map = pango_cairo_font_map_new ();
  cairo_font_options_t *options = cairo_font_options_create ();

  /* Neither the screen's resolution nor its subpixels matter here. */
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
  g_clear_pointer (&self->regions_drawing, gst_video_overlay_composition_unref);
  g_clear_pointer (&self->regions, gst_clip_overlay_regions_free);
  g_clear_object (&self->pango);
  return TRUE;
}

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
gst_clip_overlay_class_init (GstClipOverlayClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  object_class->set_property = gst_clip_overlay_set_property;
  object_class->get_property = gst_clip_overlay_get_property;

  g_object_class_install_property (object_class, PROP_MAX_LABELS,
      g_param_spec_uint ("max-labels", "Max labels", "Draw at most this many labels, the best first", 1, MAX_LABELS,
          DEFAULT_MAX_LABELS, flags));
  g_object_class_install_property (object_class, PROP_POSITION,
      g_param_spec_enum ("position", "Position", "The corner in which the panel stands", GST_TYPE_CLIP_OVERLAY_POSITION,
          DEFAULT_POSITION, flags));
  g_object_class_install_property (object_class, PROP_MIN_CONFIDENCE,
      g_param_spec_double ("min-confidence", "Minimum confidence", "Leave out labels below this confidence", -1.0, 1.0,
          DEFAULT_MIN_CONFIDENCE, flags));
  /**
   * GstClipOverlay:orientation:
   *
   * What players do to the frames to show them upright. auto: what the stream's image-orientation tag says, unless a
   * videoflip upstream has done it. `custom` is refused with a warning.
   */
  g_object_class_install_property (object_class, PROP_ORIENTATION,
      g_param_spec_enum ("orientation", "Orientation", "How frames have to be turned to be seen upright",
          GST_TYPE_VIDEO_ORIENTATION_METHOD, GST_CLIP_ORIENTATION_DEFAULT, flags));

  gst_element_class_set_static_metadata (element_class, "CLIP label overlay", "Filter/Editor/Video",
      "Draws the labels that cliptagger found, with their confidence, into the video", "The gst-cliptag authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_type_mark_as_plugin_api (GST_TYPE_CLIP_OVERLAY_POSITION, 0);

  trans_class->start = gst_clip_overlay_start;
  trans_class->stop = gst_clip_overlay_stop;
  trans_class->set_caps = gst_clip_overlay_set_caps;
  trans_class->sink_event = gst_clip_overlay_sink_event;
  trans_class->propose_allocation = gst_clip_overlay_propose_allocation;
  trans_class->prepare_output_buffer = gst_clip_overlay_prepare_output_buffer;
  trans_class->transform_ip = gst_clip_overlay_transform_ip;
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
