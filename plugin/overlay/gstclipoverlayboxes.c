/* SPDX-License-Identifier: MIT
 *
 * gstclipoverlayboxes.c: the best label of each region of interest, drawn at its box.
 *
 * Boxes move with every frame while their texts seldom change: pictures of texts are kept, a box is four small
 * rectangles. One caller at a time.
 */
#include "overlay/gstclipoverlayboxes.h"

#include <math.h>
#include <string.h>

#include "common/gstcliproi.h"

GST_DEBUG_CATEGORY_EXTERN (gst_clip_overlay_debug);
#define GST_CAT_DEFAULT gst_clip_overlay_debug

#define MAX_DRAWN 64  /* boxes of a frame; more cannot be told apart */
#define MAX_TEXTS 256 /* pictures kept */

/* Everything lies on this grid, so that no chroma sample of a subsampled format is half inside. */
#define GRID 2

/* Of a text: more than fit into the widest frame. A byte that is not UTF-8 becomes three. */
#define MAX_BYTES 1024

#define INK 0xff4dd98c /* of boxes, as ARGB: the green of the best label's bar */

struct _GstClipOverlayBoxes
{
  PangoContext *pango;
  GstClipOverlayView view; /* the following are for this one */
  gdouble font;
  guint line_width, line_height; /* of the box, in the frame's pixels; even, for subsampled chroma */
  GHashTable *texts;             /* text -> GstBuffer */
};

GstClipOverlayBoxes *
gst_clip_overlay_boxes_new (PangoContext *pango)
{
  GstClipOverlayBoxes *self = g_new0 (GstClipOverlayBoxes, 1);
  self->pango = g_object_ref (pango);
  self->texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)gst_buffer_unref);
  return self;
}

void
gst_clip_overlay_boxes_free (GstClipOverlayBoxes *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->texts);
  g_object_unref (self->pango);
  g_free (self);
}

static void
set_view (GstClipOverlayBoxes *self, const GstClipOverlayView *view)
{
  if (gst_clip_overlay_view_equal (view, &self->view))
    return;
  gdouble side = MIN (view->width, view->height);
  self->view = *view;
  self->font = MAX (0.028 * side, 11.0);
  self->line_height = MAX (2 * (guint)round (side / 540), 2);
  self->line_width = MAX (2 * (guint)round (self->line_height * view->stretch / 2), 2);
  g_hash_table_remove_all (self->texts);
}

gchar *
gst_clip_overlay_shorten (const gchar *text)
{
  gsize n = strnlen (text, MAX_BYTES + 1);
  if (n <= MAX_BYTES)
    return g_utf8_make_valid (text, n);
  /* Not in the middle of a character, which has at most three bytes that continue it. */
  for (n = MAX_BYTES; n > MAX_BYTES - 3 && ((guchar)text[n] & 0xc0) == 0x80;)
    n--;
  g_autofree gchar *valid = g_utf8_make_valid (text, n);
  return g_strconcat (valid, "\xe2\x80\xa6", NULL);
}

/* NULL: out of memory. */
static GstBuffer *
new_pixels (guint width, guint height)
{
  gsize size = (gsize)4 * width * height;
  GstBuffer *pixels = gst_buffer_new_allocate (NULL, size, NULL);
  if (!pixels)
    return NULL;
  gst_buffer_memset (pixels, 0, 0, size);
  gst_buffer_add_video_meta (
      pixels, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, width, height);
  return pixels;
}

static void
add (GstVideoOverlayComposition **composition, GstBuffer *pixels, gint x, gint y)
{
  const GstVideoMeta *meta = gst_buffer_get_video_meta (pixels);
  GstVideoOverlayRectangle *rectangle = gst_video_overlay_rectangle_new_raw (
      pixels, x, y, meta->width, meta->height, GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
  if (*composition)
    gst_video_overlay_composition_add_rectangle (*composition, rectangle);
  else
    *composition = gst_video_overlay_composition_new (rectangle);
  gst_video_overlay_rectangle_unref (rectangle);
}

static void
add_line (GstVideoOverlayComposition **composition, guint x, guint y, guint width, guint height)
{
  g_autoptr (GstBuffer) pixels = new_pixels (width, height);
  GstMapInfo map;
  if (!pixels || !gst_buffer_map (pixels, &map, GST_MAP_WRITE)) {
    GST_WARNING ("out of memory: a box of a region is not whole");
    return;
  }
  for (guint i = 0; i < width * height; i++)
    ((guint32 *)map.data)[i] = INK;
  gst_buffer_unmap (pixels, &map);
  add (composition, pixels, x, y);
}

static void
add_box (GstClipOverlayBoxes *self, GstVideoOverlayComposition **composition, const GstClipBox *box)
{
  guint across = self->line_width, down = self->line_height;
  guint x = MAX (box->x / 2 * 2, self->view.bounds.x), y = MAX (box->y / 2 * 2, self->view.bounds.y);
  guint width = box->x + box->width - x, height = box->y + box->height - y;
  if (width <= 2 * across || height <= 2 * down)
    return;
  add_line (composition, x, y, width, down);
  add_line (composition, x, y + height - down, width, down);
  add_line (composition, x, y + down, across, height - 2 * down);
  add_line (composition, x + width - across, y + down, across, height - 2 * down);
}

/* A score is a cosine where both numbers agree: the labels do not name the score mode. */
static gchar *
format_label (const GstClipTagLabel *label)
{
  g_autofree gchar *text = gst_clip_overlay_shorten (label->label);
  if (label->confidence == label->cosine)
    return g_strdup_printf ("%s  %.3f", text, label->cosine);
  return g_strdup_printf ("%s  %.0f %%", text, CLAMP (label->confidence, 0.0, 1.0) * 100.0);
}

/* NULL: out of memory. */
static GstBuffer *
draw_text (GstClipOverlayBoxes *self, const gchar *text)
{
  g_autoptr (PangoLayout) layout = pango_layout_new (self->pango);
  PangoFontDescription *font = pango_font_description_from_string ("Sans Bold");
  pango_font_description_set_absolute_size (font, self->font * PANGO_SCALE);
  pango_layout_set_font_description (layout, font);
  pango_font_description_free (font);
  pango_layout_set_single_paragraph_mode (layout, TRUE);
  pango_layout_set_text (layout, text, -1);

  gint text_width, text_height, pad = ceil (0.35 * self->font);
  pango_layout_get_pixel_size (layout, &text_width, &text_height);
  GstClipOverlayArea area = { .width = MIN (text_width + 2.0 * pad, self->view.width), .height = text_height + pad };
  GstClipBox box;
  pango_layout_set_width (layout, (gint)(MAX (area.width - 2 * pad, 1) * PANGO_SCALE));
  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_MIDDLE);
  gst_clip_overlay_view_place (&self->view, &area, GRID, &box);

  GstBuffer *pixels = new_pixels (box.width, box.height);
  GstMapInfo map;
  if (!pixels || !gst_buffer_map (pixels, &map, GST_MAP_READWRITE)) {
    gst_clear_buffer (&pixels);
    return NULL;
  }
  cairo_surface_t *surface
      = cairo_image_surface_create_for_data (map.data, CAIRO_FORMAT_ARGB32, box.width, box.height, 4 * box.width);
  cairo_t *cr = cairo_create (surface);
  cairo_set_source_rgba (cr, 0.05, 0.06, 0.08, 0.78);
  cairo_paint (cr);
  gst_clip_overlay_view_transform (&self->view, area.width, area.height, cr);
  cairo_set_source_rgb (cr, 1.0, 1.0, 1.0);
  cairo_move_to (cr, pad, pad / 2.0);
  pango_cairo_show_layout (cr, layout);
  cairo_destroy (cr);
  cairo_surface_finish (surface);
  cairo_surface_destroy (surface);
  gst_buffer_unmap (pixels, &map);
  return pixels;
}

/* On top of the box, or inside where there is no room above. */
static void
add_text (GstClipOverlayBoxes *self, GstVideoOverlayComposition **composition, const GstClipBox *box,
    const GstClipTagLabel *label)
{
  g_autofree gchar *text = format_label (label);
  GstBuffer *pixels = g_hash_table_lookup (self->texts, text);
  if (!pixels) {
    if (g_hash_table_size (self->texts) >= MAX_TEXTS)
      g_hash_table_remove_all (self->texts);
    pixels = draw_text (self, text);
    if (!pixels) {
      GST_WARNING ("out of memory: a region has no text");
      return;
    }
    g_hash_table_insert (self->texts, g_steal_pointer (&text), pixels);
  }
  const GstVideoMeta *meta = gst_buffer_get_video_meta (pixels);
  GstClipBox own = { self->view.bounds.x, self->view.bounds.y, meta->width, meta->height }, place;
  GstClipOverlayArea area, object;
  gst_clip_overlay_view_find (&self->view, &own, &area);
  gst_clip_overlay_view_find (&self->view, box, &object);
  area.x = object.x;
  area.y = object.y >= area.height ? object.y - area.height : object.y;
  gst_clip_overlay_view_place (&self->view, &area, GRID, &place);
  add (composition, pixels, place.x, place.y);
}

GstVideoOverlayComposition *
gst_clip_overlay_boxes_draw (
    GstClipOverlayBoxes *self, const GstClipOverlayView *view, GstBuffer *buffer, gdouble min_confidence)
{
  struct
  {
    GstClipBox box;
    const GstClipTagLabel *label;
  } drawn[MAX_DRAWN];
  guint n = 0;
  gpointer state = NULL;
  set_view (self, view);
  GstMeta *meta;
  while (n < MAX_DRAWN
         && (meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    GstVideoRegionOfInterestMeta *region = (GstVideoRegionOfInterestMeta *)meta;
    GstClipRoiLabels labels = { NULL };
    for (GList *param = region->params; param && !labels.tags; param = param->next)
      gst_clip_roi_parse_labels (param->data, &labels);
    if (!labels.tags || !gst_clip_tags_get_n_labels (labels.tags))
      continue;
    drawn[n].label = gst_clip_tags_get_label (labels.tags, 0);
    n += drawn[n].label->confidence >= min_confidence && gst_clip_roi_get_box (region, &view->bounds, 1, &drawn[n].box);
  }

  if (n == MAX_DRAWN)
    GST_LOG (
        "frame at %" GST_TIME_FORMAT ": boxes for the first %u regions", GST_TIME_ARGS (GST_BUFFER_PTS (buffer)), n);
  GstVideoOverlayComposition *composition = NULL;
  for (guint i = 0; i < n; i++)
    add_box (self, &composition, &drawn[i].box);
  for (guint i = 0; i < n; i++)
    add_text (self, &composition, &drawn[i].box, drawn[i].label);
  return composition;
}
