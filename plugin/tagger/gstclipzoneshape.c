/* SPDX-License-Identifier: MIT
 *
 * gstclipzoneshape.c: see gstclipzoneshape.h. Pixel shape does not matter: all is relative to the picture's sides.
 */
#include "tagger/gstclipzoneshape.h"

#include <math.h>

#include "common/gstcliporientation.h"

/* Four corners, each edge along an axis. */
static gboolean
is_box (const ClipPoint *p, guint n)
{
  return n == 4
         && ((p[0].y == p[1].y && p[1].x == p[2].x && p[2].y == p[3].y && p[3].x == p[0].x)
             || (p[0].x == p[1].x && p[1].y == p[2].y && p[2].x == p[3].x && p[3].y == p[0].y));
}

void
gst_clip_zone_shape_init (GstClipZoneShape *self, const ClipPoint *points, guint n)
{
  *self = (GstClipZoneShape){ .corners.n = n, .from = points[0], .to = points[0], .is_box = is_box (points, n) };
  for (guint i = 0; i < n; i++) {
    const ClipPoint *p = &self->corners.points[i];
    self->corners.points[i] = points[i];
    self->from = (ClipPoint){ MIN (self->from.x, p->x), MIN (self->from.y, p->y) };
    self->to = (ClipPoint){ MAX (self->to.x, p->x), MAX (self->to.y, p->y) };
  }
}

gboolean
gst_clip_zone_shape_is (const GstClipZoneShape *self, const ClipPoint *points, guint n)
{
  for (guint i = 0; i < n && n == self->corners.n; i++)
    if (self->corners.points[i].x != points[i].x || self->corners.points[i].y != points[i].y)
      return FALSE;
  return n == self->corners.n;
}

static void
place_axis (gdouble from, gdouble to, guint start, guint length, guint *ret_start, guint *ret_length)
{
  guint first = (guint)CLAMP (round (MIN (from, to) * length), 0, length - 1);
  guint end = (guint)CLAMP (round (MAX (from, to) * length), first + 1, length);
  *ret_start = start + first;
  *ret_length = end - first;
}

void
gst_clip_zone_shape_place (
    const GstClipZoneShape *self, const GstClipBox *bounds, ClipOrientation orientation, GstClipBox *ret_box)
{
  gdouble x1 = self->from.x, y1 = self->from.y, x2 = self->to.x, y2 = self->to.y;
  gst_clip_orientation_to_stored (orientation, &x1, &y1);
  gst_clip_orientation_to_stored (orientation, &x2, &y2);
  place_axis (x1, x2, bounds->x, bounds->width, &ret_box->x, &ret_box->width);
  place_axis (y1, y2, bounds->y, bounds->height, &ret_box->y, &ret_box->height);
}

/* In a box of the frame's pixels as it lies there. */
static void
find_corners (const GstClipZoneShape *self, const GstClipBox *bounds, ClipOrientation orientation,
    const GstClipBox *box, GstClipOutline *ret_outline)
{
  ret_outline->n = self->corners.n;
  for (guint i = 0; i < self->corners.n; i++) {
    gdouble x = self->corners.points[i].x, y = self->corners.points[i].y;
    gst_clip_orientation_to_stored (orientation, &x, &y);
    x = (bounds->x + x * bounds->width - box->x) / box->width;
    y = (bounds->y + y * bounds->height - box->y) / box->height;
    ret_outline->points[i] = (ClipPoint){ x, y };
  }
}

void
gst_clip_zone_shape_get_outline (const GstClipZoneShape *self, const GstClipBox *bounds, ClipOrientation orientation,
    const GstClipBox *box, GstClipOutline *ret_outline)
{
  find_corners (self, bounds, orientation, box, ret_outline);
  for (guint i = 0; i < ret_outline->n; i++) { /* the box ends at whole pixels */
    ClipPoint *p = &ret_outline->points[i];
    *p = (ClipPoint){ CLAMP (p->x, 0, 1), CLAMP (p->y, 0, 1) };
  }
}

void
gst_clip_zone_shape_get_mask (
    const GstClipZoneShape *self, const GstClipPicture *picture, const GstClipBox *box, GstClipOutline *ret_mask)
{
  GstClipBox extent;
  gst_clip_picture_get_extent (picture, box, &extent);
  find_corners (self, &picture->bounds, picture->whole.orientation, &extent, ret_mask);
  for (guint i = 0; i < ret_mask->n; i++) {
    gdouble x = ret_mask->points[i].x, y = ret_mask->points[i].y;
    gst_clip_orientation_to_upright (picture->whole.orientation, &x, &y);
    ret_mask->points[i] = (ClipPoint){ x, y };
  }
}
