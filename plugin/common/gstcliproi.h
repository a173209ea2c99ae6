/* SPDX-License-Identifier: MIT
 *
 * gstcliproi.h: what a region of interest says: its place, its object's number, and its labels, which are a
 * parameter of it, a structure `clip-tags`, described in gstcliptagger.c.
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
} GstClipRegionLabels;

void gst_clip_region_add_labels (GstVideoRegionOfInterestMeta *region, const GstClipRegionLabels *labels);

/* Of a structure among the region's parameters. FALSE if it holds no labels. The tags and the name are borrowed from
 * it. */
gboolean gst_clip_region_parse_labels (const GstStructure *param, GstClipRegionLabels *ret_labels);

/* The part of it inside of the picture, as gst_clip_picture_get_bounds() has it. FALSE if its shorter side is less than
 * min_side pixels, or nothing. */
gboolean gst_clip_region_get_box (
    const GstVideoRegionOfInterestMeta *region, const GstClipBox *bounds, guint min_side, GstClipBox *ret_box);

/* The same of any place. */
gboolean gst_clip_region_clip (
    gint x, gint y, gint64 width, gint64 height, const GstClipBox *bounds, guint min_side, GstClipBox *ret_box);

/* What tells the object in a region from others for as long as it is tracked; 0 where upstream does not track. */
gint gst_clip_region_get_object_id (GstVideoRegionOfInterestMeta *region);

guint64 gst_clip_box_area (const GstClipBox *box);

/* What they have in common as a share of what they cover together: 0..1. */
gdouble gst_clip_box_overlap (const GstClipBox *a, const GstClipBox *b);

G_END_DECLS

#endif /* __GST_CLIP_ROI_H__ */
