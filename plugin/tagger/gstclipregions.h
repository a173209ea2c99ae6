/* SPDX-License-Identifier: MIT
 *
 * gstclipregions.h: the regions of a frame that are to be labelled: what a detector attached
 * (GstVideoRegionOfInterestMeta, or where GstAnalytics is built in a detection of it).
 */
#ifndef __GST_CLIP_REGIONS_H__
#define __GST_CLIP_REGIONS_H__

#include <gst/video/gstvideometa.h>

#include "common/gstclipimage.h"

G_BEGIN_DECLS

#define GST_CLIP_MAX_ROIS 256 /* of a frame that are labelled, the largest first */

/* Added to an object's number if it is of a detection of GstAnalytics, which is numbered apart from regions. */
#define GST_CLIP_KEY_DETECTED (G_GUINT64_CONSTANT (1) << 63)

/* A region of the frame at hand: a region of interest, a detection of GstAnalytics, or both of one object. */
typedef struct
{
  GstVideoRegionOfInterestMeta *meta; /* or NULL */
  gboolean detected;
  guint detection; /* its id */
  GstClipBox box;
  GQuark type;
  gint id;     /* the tracker's number of the object; 0 where there is none */
  guint64 key; /* 0: nobody numbers it */
} GstClipFoundRegion;

/* Finds those of the types (NULL = all) whose part inside of the picture is at least min_side pixels high and wide.
 * ret_found: [GST_CLIP_MAX_ROIS], the largest first, those of one size as they come. Returns how many. ret_n_more: how
 * many there are beyond. */
guint gst_clip_regions_find (GstBuffer *buffer, const GstVideoInfo *info, gchar *const *types, guint min_side,
    GstClipFoundRegion *ret_found, guint *ret_n_more);

G_END_DECLS

#endif /* __GST_CLIP_REGIONS_H__ */
