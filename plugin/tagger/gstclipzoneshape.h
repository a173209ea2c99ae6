/* SPDX-License-Identifier: MIT
 *
 * gstclipzoneshape.h: where a zone is: in the upright picture in its display shape, as the user has it; in the frame's
 * pixels; and in the picture that is made of its part of the frame.
 */
#ifndef __GST_CLIP_ZONE_SHAPE_H__
#define __GST_CLIP_ZONE_SHAPE_H__

#include "common/gstclippicture.h"
#include "common/gstcliproi.h"

G_BEGIN_DECLS

typedef struct
{
  GstClipOutline corners; /* in the upright picture */
  ClipPoint from, to;     /* of the box around it, the same */
  gboolean is_box;        /* it is that box */
} GstClipZoneShape;

/* n: 3 to CLIP_MAX_ZONE_POINTS */
void gst_clip_zone_shape_init (GstClipZoneShape *self, const ClipPoint *points, guint n);
gboolean gst_clip_zone_shape_is (const GstClipZoneShape *self, const ClipPoint *points, guint n);

/* The box around it in a picture with these bounds, in the frame's pixels, to the nearest: zones that touch share none.
 * At least one pixel, inside of the picture. */
void gst_clip_zone_shape_place (
    const GstClipZoneShape *self, const GstClipBox *bounds, ClipOrientation orientation, GstClipBox *ret_box);

/* Its corners, 0..1 of that box as it lies in the frame. */
void gst_clip_zone_shape_get_outline (const GstClipZoneShape *self, const GstClipBox *bounds,
    ClipOrientation orientation, const GstClipBox *box, GstClipOutline *ret_outline);

/* Its corners, 0..1 of what gst_clip_picture_get_image() has for that box, which may be more than the box, upright. */
void gst_clip_zone_shape_get_mask (
    const GstClipZoneShape *self, const GstClipPicture *picture, const GstClipBox *box, GstClipOutline *ret_mask);

G_END_DECLS

#endif /* __GST_CLIP_ZONE_SHAPE_H__ */
