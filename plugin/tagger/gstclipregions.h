/* SPDX-License-Identifier: MIT
 *
 * gstclipregions.h: regions of frames. Some are found: a detector attached them (GstVideoRegionOfInterestMeta, or where
 * GstAnalytics is built in a detection of it). Others are the user's zones.
 */
#ifndef __GST_CLIP_REGIONS_H__
#define __GST_CLIP_REGIONS_H__

#include <gst/video/gstvideometa.h>

#include "common/gstclipimage.h"
#include "gstcliptagmeta.h"

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

/* A region that is labelled, or is to be. */
typedef struct
{
  GstClipBox box; /* the part inside of the picture, in the frame's pixels */
  GQuark type;
  guint zone;        /* its index in the prompts; 0 = a detection */
  gboolean reused;   /* of a zone: it is like the one that was encoded */
  gint id;           /* the tracker's number of the object; 0 where there is none */
  GstClipTags *tags; /* NULL until it is encoded */
} GstClipRegion;

void gst_clip_region_clear (gpointer region);

/* Of GstClipRegion. */
GArray *gst_clip_region_list_new (void);
void gst_clip_region_list_add (GArray *list, const GstClipRegion *region); /* with a reference of its own to the tags */
GArray *gst_clip_region_list_end (GArray *list);                           /* NULL instead of an empty one */

G_END_DECLS

#endif /* __GST_CLIP_REGIONS_H__ */
