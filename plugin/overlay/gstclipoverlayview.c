/* SPDX-License-Identifier: MIT
 *
 * gstclipoverlayview.c: the viewer's picture and its place in the frame. See gstclipoverlayview.h.
 */
#include "overlay/gstclipoverlayview.h"

#include <math.h>

static gboolean
is_turned (ClipOrientation orientation)
{
  return orientation == CLIP_ORIENTATION_90R || orientation == CLIP_ORIENTATION_90L
         || orientation == CLIP_ORIENTATION_UL_LR || orientation == CLIP_ORIENTATION_UR_LL;
}

/* From an upright area of this size to its place in memory, in square pixels; inverse of the transform to upright. */
static void
get_matrix (ClipOrientation orientation, gdouble width, gdouble height, cairo_matrix_t *ret)
{
  switch (orientation) {
  case CLIP_ORIENTATION_90R:
    cairo_matrix_init (ret, 0, -1, 1, 0, 0, width);
    break;
  case CLIP_ORIENTATION_180:
    cairo_matrix_init (ret, -1, 0, 0, -1, width, height);
    break;
  case CLIP_ORIENTATION_90L:
    cairo_matrix_init (ret, 0, 1, -1, 0, height, 0);
    break;
  case CLIP_ORIENTATION_HORIZ:
    cairo_matrix_init (ret, -1, 0, 0, 1, width, 0);
    break;
  case CLIP_ORIENTATION_VERT:
    cairo_matrix_init (ret, 1, 0, 0, -1, 0, height);
    break;
  case CLIP_ORIENTATION_UL_LR:
    cairo_matrix_init (ret, 0, 1, 1, 0, 0, 0);
    break;
  case CLIP_ORIENTATION_UR_LL:
    cairo_matrix_init (ret, 0, -1, -1, 0, height, width);
    break;
  default:
    cairo_matrix_init_identity (ret);
    break;
  }
}

gboolean
gst_clip_overlay_view_init (
    GstClipOverlayView *self, const GstVideoInfo *video, ClipOrientation orientation, GstBuffer *buffer)
{
  gint par_n = GST_VIDEO_INFO_PAR_N (video), par_d = GST_VIDEO_INFO_PAR_D (video);
  *self = (GstClipOverlayView){ .orientation = orientation };
  if (!gst_clip_picture_get_bounds (video, buffer, &self->bounds))
    return FALSE;
  self->stretch = par_n > 0 && par_d > 0 ? (gdouble)par_d / par_n : 1;
  gdouble width = self->bounds.width / self->stretch, height = self->bounds.height;
  self->width = is_turned (orientation) ? height : width;
  self->height = is_turned (orientation) ? width : height;
  return TRUE;
}

gboolean
gst_clip_overlay_view_equal (const GstClipOverlayView *a, const GstClipOverlayView *b)
{
  return a->bounds.x == b->bounds.x && a->bounds.y == b->bounds.y && a->bounds.width == b->bounds.width
         && a->bounds.height == b->bounds.height && a->stretch == b->stretch && a->orientation == b->orientation;
}

/* From the view to the picture's pixels, relative to the picture's corner. */
static void
get_view_matrix (const GstClipOverlayView *self, cairo_matrix_t *ret)
{
  cairo_matrix_t scale;
  get_matrix (self->orientation, self->width, self->height, ret);
  cairo_matrix_init_scale (&scale, self->stretch, 1);
  cairo_matrix_multiply (ret, ret, &scale);
}

static void
transform_area (const cairo_matrix_t *matrix, const GstClipOverlayArea *area, GstClipOverlayArea *ret)
{
  gdouble x1 = area->x, y1 = area->y, x2 = area->x + area->width, y2 = area->y + area->height;
  cairo_matrix_transform_point (matrix, &x1, &y1);
  cairo_matrix_transform_point (matrix, &x2, &y2);
  *ret = (GstClipOverlayArea){ MIN (x1, x2), MIN (y1, y2), fabs (x2 - x1), fabs (y2 - y1) };
}

void
gst_clip_overlay_view_find (const GstClipOverlayView *self, const GstClipBox *box, GstClipOverlayArea *ret_area)
{
  cairo_matrix_t matrix;
  GstClipOverlayArea area = {
    (gdouble)box->x - self->bounds.x,
    (gdouble)box->y - self->bounds.y,
    box->width,
    box->height,
  };
  get_view_matrix (self, &matrix);
  cairo_matrix_invert (&matrix);
  transform_area (&matrix, &area, ret_area);
}

/* A span of pixels along one axis of the frame, where the picture has those from `start` to `end`. */
static void
place_axis (gdouble at, gdouble length, guint start, guint end, guint grid, guint *ret_at, guint *ret_length)
{
  guint first = (start + grid - 1) / grid * grid, last = end / grid * grid;
  if (first >= last) { /* no room for a cell of the grid */
    *ret_at = start;
    *ret_length = end - start;
    return;
  }
  guint n = (guint)ceil (CLAMP (length - 1e-6, 1, last - first));
  guint to = (guint)MAX (start + at, first) / grid * grid;
  *ret_at = MIN (to, (last - n) / grid * grid);
  *ret_length = n;
}

void
gst_clip_overlay_view_place (
    const GstClipOverlayView *self, const GstClipOverlayArea *area, guint grid, GstClipBox *ret_box)
{
  const GstClipBox *bounds = &self->bounds;
  cairo_matrix_t matrix;
  GstClipOverlayArea at;
  get_view_matrix (self, &matrix);
  transform_area (&matrix, area, &at);
  place_axis (at.x, at.width, bounds->x, bounds->x + bounds->width, grid, &ret_box->x, &ret_box->width);
  place_axis (at.y, at.height, bounds->y, bounds->y + bounds->height, grid, &ret_box->y, &ret_box->height);
}

void
gst_clip_overlay_view_transform (const GstClipOverlayView *self, gdouble width, gdouble height, cairo_t *cr)
{
  cairo_matrix_t matrix;
  get_matrix (self->orientation, width, height, &matrix);
  cairo_scale (cr, self->stretch, 1);
  cairo_transform (cr, &matrix);
}
