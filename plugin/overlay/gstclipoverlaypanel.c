/* SPDX-License-Identifier: MIT
 *
 * gstclipoverlaypanel.c: see gstclipoverlaypanel.h. All lengths are the view's.
 */
#include "overlay/gstclipoverlaypanel.h"

#include <math.h>
#include <string.h>

#include "overlay/gstclipoverlayboxes.h"

/* The cosine of a full bar: CLIP models' matches seldom exceed it, and a better one sets the scale. */
#define FULL_COSINE 0.35

static PangoLayout *
text_layout (const GstClipOverlayPanel *panel, const gchar *text, gboolean bold)
{
  PangoFontDescription *font = pango_font_description_from_string (bold ? "Sans Bold" : "Sans");
  PangoLayout *layout = pango_layout_new (panel->pango);
  g_autofree gchar *shown = gst_clip_overlay_shorten (text);

  pango_font_description_set_absolute_size (font, panel->font * PANGO_SCALE);
  pango_layout_set_font_description (layout, font);
  pango_layout_set_single_paragraph_mode (layout, TRUE);
  pango_layout_set_text (layout, shown, -1); /* not markup: a prompt may hold '<' and '&' */
  pango_font_description_free (font);
  return layout;
}

static gdouble
layout_width (PangoLayout *layout)
{
  PangoRectangle logical;

  pango_layout_get_extents (layout, NULL, &logical);
  return (gdouble)logical.width / PANGO_SCALE;
}

static gchar *
number_text (const GstClipOverlayPanel *panel, gdouble value)
{
  if (panel->cosines)
    return g_strdup_printf ("%.3f", value);
  return g_strdup_printf ("%.0f %%", CLAMP (value, 0.0, 1.0) * 100.0);
}

/* Scores are cosines where both numbers of every label agree: the metadata does not name the score mode. */
static void
panel_find_scale (GstClipOverlayPanel *panel, GstClipTags *tags, guint n)
{
  gdouble best = 0.0;

  panel->cosines = TRUE;
  for (guint i = 0; i < n; i++) {
    const GstClipTagLabel *label = gst_clip_tags_get_label (tags, i);

    panel->cosines &= label->confidence == label->cosine;
    best = MAX (best, label->confidence);
  }
  panel->full = panel->cosines ? MAX (best, FULL_COSINE) : 1.0;
}

gboolean
gst_clip_overlay_panel_measure (
    GstClipOverlayPanel *panel, GstClipTags *tags, const gchar *title, guint n, gdouble taken)
{
  const GstClipOverlayView *view = panel->view;
  gdouble side = MIN (view->width, view->height), widest = 0.0, limit;

  /* 4 % of the height, but letters below 11 pixels cannot be read, and small frames have little room. */
  panel->font = MAX (0.036 * side, MIN (11.0, 0.1 * side));
  panel->margin = 0.6 * panel->font;
  panel->pad = 0.7 * panel->font;
  panel->bar = MAX (3.0, round (0.22 * panel->font));
  panel->row = round (1.4 * panel->font) + panel->bar + round (0.45 * panel->font);

  panel->title = title;
  panel->head = title ? round (1.4 * panel->font) : 0.0;

  limit = view->height - taken - panel->head - 2.0 * (panel->margin + panel->pad);
  if (panel->font < 4.0 || limit < panel->row)
    return FALSE;
  panel->n_rows = MIN (n, (guint)(limit / panel->row));
  panel_find_scale (panel, tags, panel->n_rows);

  for (guint i = 0; i < panel->n_rows; i++) {
    const GstClipTagLabel *label = gst_clip_tags_get_label (tags, i);
    g_autofree gchar *number = number_text (panel, label->confidence);
    g_autoptr (PangoLayout) text_size = text_layout (panel, label->label, i == 0);
    g_autoptr (PangoLayout) number_size = text_layout (panel, number, i == 0);

    widest = MAX (widest, layout_width (text_size));
    panel->number_width = MAX (panel->number_width, layout_width (number_size));
  }

  if (panel->title) {
    g_autoptr (PangoLayout) title_size = text_layout (panel, panel->title, FALSE);
    widest = MAX (widest, layout_width (title_size));
  }

  /* Wide enough for the longest label, in steps so that the panel seldom changes its width from result to result. */
  panel->width = widest + panel->number_width + 1.0 * panel->font + 2.0 * panel->pad;
  panel->width = ceil (panel->width / (2.0 * panel->font)) * 2.0 * panel->font;
  panel->width = MAX (panel->width, 12.0 * panel->font);
  limit = view->width - 2.0 * panel->margin;
  panel->width = MIN (panel->width, MIN (limit, MAX (0.5 * view->width, 20.0 * panel->font)));
  panel->height = panel->head + panel->n_rows * panel->row + 2.0 * panel->pad - round (0.45 * panel->font);
  return panel->width > panel->number_width + 2.0 * panel->pad;
}

static void
rounded_rectangle (cairo_t *cr, gdouble x, gdouble y, gdouble width, gdouble height, gdouble radius)
{
  radius = MIN (radius, MIN (width, height) / 2.0);
  cairo_new_sub_path (cr);
  cairo_arc (cr, x + width - radius, y + radius, radius, -G_PI_2, 0.0);
  cairo_arc (cr, x + width - radius, y + height - radius, radius, 0.0, G_PI_2);
  cairo_arc (cr, x + radius, y + height - radius, radius, G_PI_2, G_PI);
  cairo_arc (cr, x + radius, y + radius, radius, G_PI, 3.0 * G_PI_2);
  cairo_close_path (cr);
}

static void
draw_row (const GstClipOverlayPanel *panel, cairo_t *cr, const GstClipTagLabel *label, guint index)
{
  gdouble left = panel->pad, inner = panel->width - 2.0 * panel->pad;
  gdouble top = panel->pad + panel->head + index * panel->row, bar_top = top + round (1.4 * panel->font);
  gdouble share = label->confidence / panel->full;
  gdouble room = inner - panel->number_width - panel->font;
  g_autofree gchar *number = number_text (panel, label->confidence);
  g_autoptr (PangoLayout) number_layout = text_layout (panel, number, index == 0);
  /* The best stands out; the others recede. */
  gdouble ink = index == 0 ? 1.0 : 0.90;

  cairo_set_source_rgb (cr, ink, ink, ink);
  if (room > panel->font) {
    g_autoptr (PangoLayout) layout = text_layout (panel, label->label, index == 0);

    pango_layout_set_width (layout, (int)(room * PANGO_SCALE));
    pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
    pango_layout_set_auto_dir (layout, FALSE);
    cairo_move_to (cr, left, top);
    pango_cairo_show_layout (cr, layout);
  }
  cairo_move_to (cr, left + inner - layout_width (number_layout), top);
  pango_cairo_show_layout (cr, number_layout);

  cairo_set_source_rgba (cr, 1.0, 1.0, 1.0, 0.22);
  rounded_rectangle (cr, left, bar_top, inner, panel->bar, panel->bar / 2.0);
  cairo_fill (cr);

  share = CLAMP (share, 0.0, 1.0); /* NaN draws no bar */
  if (!(share * inner >= 0.5))
    return;
  if (index == 0)
    cairo_set_source_rgb (cr, 0.30, 0.85, 0.55);
  else
    cairo_set_source_rgb (cr, 0.47, 0.68, 0.86);
  cairo_save (cr);
  rounded_rectangle (cr, left, bar_top, inner, panel->bar, panel->bar / 2.0);
  cairo_clip (cr);
  rounded_rectangle (cr, left, bar_top, share * inner, panel->bar, panel->bar / 2.0);
  cairo_fill (cr);
  cairo_restore (cr);
}

static void
draw_title (const GstClipOverlayPanel *panel, cairo_t *cr)
{
  g_autoptr (PangoLayout) layout = text_layout (panel, panel->title, FALSE);

  pango_layout_set_width (layout, (int)((panel->width - 2.0 * panel->pad) * PANGO_SCALE));
  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
  cairo_set_source_rgb (cr, 0.68, 0.70, 0.74);
  cairo_move_to (cr, panel->pad, panel->pad);
  pango_cairo_show_layout (cr, layout);
}

static void
draw_panel (const GstClipOverlayPanel *panel, cairo_t *cr, GstClipTags *tags)
{
  /* The light rim sets the panel off from a dark picture, the dark fill from a light one. */
  rounded_rectangle (cr, 0.5, 0.5, panel->width - 1.0, panel->height - 1.0, 0.6 * panel->font);
  cairo_set_source_rgba (cr, 0.05, 0.06, 0.08, 0.78);
  cairo_fill_preserve (cr);
  cairo_set_source_rgba (cr, 1.0, 1.0, 1.0, 0.25);
  cairo_set_line_width (cr, 1.0);
  cairo_stroke (cr);

  if (panel->title)
    draw_title (panel, cr);
  for (guint i = 0; i < panel->n_rows; i++)
    draw_row (panel, cr, gst_clip_tags_get_label (tags, i), i);
}

GstBuffer *
gst_clip_overlay_panel_paint (const GstClipOverlayPanel *panel, GstClipTags *tags, const GstClipBox *box)
{
  gint stride = cairo_format_stride_for_width (CAIRO_FORMAT_ARGB32, box->width);
  GstBuffer *pixels = gst_buffer_new_allocate (NULL, (gsize)stride * box->height, NULL);
  GstMapInfo map;
  cairo_surface_t *surface;
  cairo_t *cr;

  if (!pixels || !gst_buffer_map (pixels, &map, GST_MAP_READWRITE)) {
    gst_clear_buffer (&pixels);
    return NULL;
  }
  memset (map.data, 0, map.size);
  surface = cairo_image_surface_create_for_data (map.data, CAIRO_FORMAT_ARGB32, box->width, box->height, stride);
  cr = cairo_create (surface);
  gst_clip_overlay_view_transform (panel->view, panel->width, panel->height, cr);
  draw_panel (panel, cr, tags);
  cairo_destroy (cr);
  cairo_surface_finish (surface);
  cairo_surface_destroy (surface);
  gst_buffer_unmap (pixels, &map);
  gst_buffer_add_video_meta (
      pixels, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, box->width, box->height);
  return pixels;
}
