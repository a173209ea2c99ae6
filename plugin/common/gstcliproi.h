/* SPDX-License-Identifier: MIT
 *
 * gstcliproi.h: regions of interest (GstVideoRegionOfInterestMeta): place, object's number, and labels, which are a
 * parameter of the region, a structure `clip-tags`; docs/elements.md lists its fields.
 */
#ifndef __GST_CLIP_ROI_H__
#define __GST_CLIP_ROI_H__

#include <gst/video/video.h>

#include "common/gstclipimage.h"
#include "gstcliptagmeta.h"

G_BEGIN_DECLS

typedef struct
{
  GstClipTags *tags;
  GstClockTime age;
  gboolean sampled;    /* this is the first frame that carries them */
  guint64 serial;      /* of the result, as GstClipTagMeta has it */
  const gchar *tagger; /* the same */
  gboolean reused;     /* the same */
  const gchar *zone;   /* its name where the region is one of the user's zones, not a detection; else NULL */
} GstClipRoiLabels;

/* Of a zone that is a polygon: corners, 0..1 of the region as it lies in the frame. */
typedef struct
{
  guint n;
  ClipPoint points[CLIP_MAX_ZONE_POINTS];
} GstClipOutline;

/* outline: or NULL */
void gst_clip_roi_add_labels (
    GstVideoRegionOfInterestMeta *region, const GstClipRoiLabels *labels, const GstClipOutline *outline);

/* From one of the region's parameters. FALSE if it holds no labels. Tags and strings are borrowed from it. */
gboolean gst_clip_roi_parse_labels (const GstStructure *param, GstClipRoiLabels *ret_labels);

/* The same. FALSE if it has none, or what it has is no polygon. */
gboolean gst_clip_roi_parse_outline (const GstStructure *param, GstClipOutline *ret_outline);

/* Whether a tagger attached it as a zone. */
gboolean gst_clip_roi_is_zone (const GstVideoRegionOfInterestMeta *region);

/* The part of it inside of the picture, as gst_clip_picture_get_bounds() has it. FALSE if its shorter side is less than
 * min_side pixels, or nothing. */
gboolean gst_clip_roi_get_box (
    const GstVideoRegionOfInterestMeta *region, const GstClipBox *bounds, guint min_side, GstClipBox *ret_box);

/* The same for any rectangle. */
gboolean gst_clip_roi_clip (
    gint x, gint y, gint64 width, gint64 height, const GstClipBox *bounds, guint min_side, GstClipBox *ret_box);

/* The number that the object keeps while it is tracked; 0 where upstream does not track. */
gint gst_clip_roi_get_object_id (GstVideoRegionOfInterestMeta *region);

guint64 gst_clip_box_area (const GstClipBox *box);

/* Intersection over union: 0..1. */
gdouble gst_clip_box_overlap (const GstClipBox *a, const GstClipBox *b);

G_END_DECLS

#endif /* __GST_CLIP_ROI_H__ */
