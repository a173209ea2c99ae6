/* SPDX-License-Identifier: MIT
 *
 * gstclipoverlayboxes.c: the best label of each region of interest, drawn at its box.
 *
 * Boxes move with every frame while their texts seldom change: pictures of texts are kept, a box is four small
 * rectangles. Zones stand still: an outline that is no box is drawn once and kept, as tiles without the empty ones.
 * One caller at a time.
 */
#include "overlay/gstclipoverlayboxes.h"

#include <math.h>
#include <string.h>

#include "common/gstcliproi.h"

GST_DEBUG_CATEGORY_EXTERN (gst_clip_overlay_debug);
#define GST_CAT_DEFAULT gst_clip_overlay_debug

#define MAX_DRAWN 64  /* boxes of a frame; more cannot be told apart */
#define MAX_TEXTS 256 /* pictures kept */
#define TILE      64  /* side of an outline's tiles, in pixels; on the grid */

/* Everything lies on this grid, so that no chroma sample of a subsampled format is half inside. */
#define GRID 2

/* Of a text: more than fit into the widest frame. A byte that is not UTF-8 becomes three. */
#define MAX_BYTES 1024

#define INK 0xff4dd98c /* of boxes, as ARGB: the green of the best label's bar */

/* What is drawn; all zero where it has nothing. */
typedef struct
{
  GstClipBox box;
  GstClipOutline outline; /* of a polygon */
} Shape;

/* Of an outline. */
typedef struct
{
  GstBuffer *pixels;
  guint x, y;
} Piece;

struct _GstClipOverlayBoxes
{
  PangoContext *pango;
  GstClipOverlayView view; /* the following are for this one */
  gdouble font;
  guint line_width, line_height; /* of the box, in the frame's pixels; even, for subsampled chroma */
  GHashTable *texts;             /* text -> GstBuffer */
  GHashTable *outlines;          /* Shape, as GBytes -> GArray of Piece */
};

static void
piece_clear (gpointer data)
{
  Piece *piece = data;
  gst_clear_buffer (&piece->pixels);
}

GstClipOverlayBoxes *
gst_clip_overlay_boxes_new (PangoContext *pango)
{
  GstClipOverlayBoxes *self = g_new0 (GstClipOverlayBoxes, 1);
  self->pango = g_object_ref (pango);
  self->texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)gst_buffer_unref);
  self->outlines = g_hash_table_new_full (
      g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, (GDestroyNotify)g_array_unref);
  return self;
}

void
gst_clip_overlay_boxes_free (GstClipOverlayBoxes *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->texts);
  g_hash_table_unref (self->outlines);
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
  g_hash_table_remove_all (self->outlines);
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

/* Along the inside of its edges. pixels: premultiplied, from x, y of the frame on. */
static void
draw_outline (
    const GstClipOverlayBoxes *self, const Shape *shape, guint x, guint y, guint width, guint height, guint8 *pixels)
{
  cairo_surface_t *surface
      = cairo_image_surface_create_for_data (pixels, CAIRO_FORMAT_ARGB32, width, height, 4 * width);
  cairo_t *cr = cairo_create (surface);
  cairo_translate (cr, (gdouble)shape->box.x - x, (gdouble)shape->box.y - y);
  for (guint i = 0; i < shape->outline.n; i++)
    cairo_line_to (cr, shape->outline.points[i].x * shape->box.width, shape->outline.points[i].y * shape->box.height);
  cairo_close_path (cr);
  cairo_set_fill_rule (cr, CAIRO_FILL_RULE_EVEN_ODD);
  cairo_clip_preserve (cr);
  cairo_set_source_rgb (cr, (INK >> 16 & 0xff) / 255.0, (INK >> 8 & 0xff) / 255.0, (INK & 0xff) / 255.0);
  cairo_scale (cr, self->line_width, self->line_height);
  cairo_set_line_width (cr, 2); /* half of it is clipped */
  cairo_stroke (cr);
  cairo_destroy (cr);
  cairo_surface_finish (surface);
  cairo_surface_destroy (surface);
}

/* A tile of a larger picture; NULL where that is empty, or without memory. */
static GstBuffer *
cut_tile (const guint32 *pixels, guint stride, guint width, guint height)
{
  guint32 any = 0;
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++)
      any |= pixels[(gsize)y * stride + x];
  GstBuffer *tile = any ? new_pixels (width, height) : NULL;
  for (guint y = 0; tile && y < height; y++)
    gst_buffer_fill (tile, (gsize)4 * y * width, pixels + (gsize)y * stride, (gsize)4 * width);
  return tile;
}

static GArray *
make_pieces (const GstClipOverlayBoxes *self, const Shape *shape)
{
  GArray *pieces = g_array_new (FALSE, FALSE, sizeof (Piece));
  g_array_set_clear_func (pieces, piece_clear);
  guint left = MAX (shape->box.x / GRID * GRID, self->view.bounds.x);
  guint top = MAX (shape->box.y / GRID * GRID, self->view.bounds.y);
  guint width = shape->box.x + shape->box.width - left, height = shape->box.y + shape->box.height - top;
  guint32 *pixels = g_try_malloc0_n (height, (gsize)4 * width);
  if (!pixels) {
    GST_WARNING ("out of memory: a zone has no outline");
    return pieces;
  }
  draw_outline (self, shape, left, top, width, height, (guint8 *)pixels);
  for (guint y = 0; y < height; y += TILE)
    for (guint x = 0; x < width; x += TILE) {
      Piece piece = { .x = left + x, .y = top + y };
      piece.pixels = cut_tile (pixels + (gsize)y * width + x, width, MIN (TILE, width - x), MIN (TILE, height - y));
      if (piece.pixels)
        g_array_append_val (pieces, piece);
    }
  g_free (pixels);
  return pieces;
}

static void
add_outline (GstClipOverlayBoxes *self, GstVideoOverlayComposition **composition, const Shape *shape)
{
  g_autoptr (GBytes) key = g_bytes_new (shape, sizeof *shape);
  GArray *pieces = g_hash_table_lookup (self->outlines, key);
  if (!pieces) {
    if (g_hash_table_size (self->outlines) >= MAX_DRAWN)
      g_hash_table_remove_all (self->outlines);
    pieces = make_pieces (self, shape);
    g_hash_table_insert (self->outlines, g_bytes_ref (key), pieces);
  }
  for (guint i = 0; i < pieces->len; i++) {
    const Piece *piece = &g_array_index (pieces, Piece, i);
    add (composition, piece->pixels, piece->x, piece->y);
  }
}

/* A score is a cosine where both numbers agree: the labels do not name the score mode. */
static gchar *
format_label (const GstClipTagLabel *label, const gchar *zone)
{
  g_autofree gchar *whole = zone ? g_strconcat (zone, ": ", label->label, NULL) : NULL;
  g_autofree gchar *text = gst_clip_overlay_shorten (whole ? whole : label->label);
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
    const GstClipTagLabel *label, const gchar *zone)
{
  g_autofree gchar *text = format_label (label, zone);
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
    Shape shape;
    const GstClipTagLabel *label;
    const gchar *zone; /* or NULL */
  } drawn[MAX_DRAWN];
  guint n = 0;
  gpointer state = NULL;
  set_view (self, view);
  GstMeta *meta;
  while (n < MAX_DRAWN
         && (meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    GstVideoRegionOfInterestMeta *region = (GstVideoRegionOfInterestMeta *)meta;
    GstClipRoiLabels labels = { NULL };
    const GstStructure *source = NULL;
    for (GList *param = region->params; param && !labels.tags; param = param->next)
      if (gst_clip_roi_parse_labels (param->data, &labels))
        source = param->data;
    if (!labels.tags || !gst_clip_tags_get_n_labels (labels.tags))
      continue;
    memset (&drawn[n], 0, sizeof drawn[n]);
    drawn[n].label = gst_clip_tags_get_label (labels.tags, 0);
    drawn[n].zone = labels.zone;
    Shape *shape = &drawn[n].shape;
    if (drawn[n].label->confidence < min_confidence || !gst_clip_roi_get_box (region, &view->bounds, 1, &shape->box))
      continue;
    /* Of a region that is cut off the outline would have another place. */
    gboolean whole = shape->box.width == region->w && shape->box.height == region->h;
    if (!labels.zone || !whole || !gst_clip_roi_parse_outline (source, &shape->outline))
      memset (&shape->outline, 0, sizeof shape->outline);
    n++;
  }

  if (n == MAX_DRAWN)
    GST_LOG (
        "frame at %" GST_TIME_FORMAT ": boxes for the first %u regions", GST_TIME_ARGS (GST_BUFFER_PTS (buffer)), n);
  GstVideoOverlayComposition *composition = NULL;
  for (guint i = 0; i < n; i++)
    if (drawn[i].shape.outline.n)
      add_outline (self, &composition, &drawn[i].shape);
    else
      add_box (self, &composition, &drawn[i].shape.box);
  for (guint i = 0; i < n; i++)
    add_text (self, &composition, &drawn[i].shape.box, drawn[i].label, drawn[i].zone);
  return composition;
}
