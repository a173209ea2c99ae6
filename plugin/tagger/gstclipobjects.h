/* SPDX-License-Identifier: MIT
 *
 * gstclipobjects.h: what is known about the objects in the regions of a frame (gstclipregions.h).
 *
 * An object is what a region shows, from frame to frame: the same one where a tracker says so by its number, else the
 * one that covers most of the same place. Regions that are encoded for one frame are one job.
 */
#ifndef __GST_CLIP_OBJECTS_H__
#define __GST_CLIP_OBJECTS_H__

#include "tagger/gstclipclassifier.h"
#include "common/gstclipimage.h"
#include "tagger/gstclipjob.h"
#include "tagger/gstclipregions.h"
#include "tagger/gstclipsettings.h"

G_BEGIN_DECLS

#define GST_CLIP_MAX_ENCODED_ROIS 64 /* of a frame that are encoded, the largest first */

typedef struct _GstClipObjects GstClipObjects;

GstClipObjects *gst_clip_objects_new (GstClipClassifier *classifier); /* borrows it */
void gst_clip_objects_free (GstClipObjects *self);

/* `;`-separated types of region to label; NULL or "" = all. Any thread, like all that follow unless
 * they say otherwise. */
void gst_clip_objects_set_classes (GstClipObjects *self, const gchar *classes);

/* Streaming thread. The regions of a sampled frame that are to be encoded, as GstClipRegion, at least one; NULL
 * when there is nothing to encode. Known objects that are not to be encoded again keep their labels for one more
 * sample. ret_n_skipped: how many were too many. */
GArray *gst_clip_objects_choose (GstClipObjects *self, GstBuffer *buffer, const GstVideoInfo *info,
    const GstClipTimes *times, const GstClipSettings *settings, guint *ret_n_skipped);

/* The job is about to be encoded; its pictures are these regions, chosen last. */
void gst_clip_objects_begin (GstClipObjects *self, GstClipJob *job, GArray *regions, gsize embedding_dim);
void gst_clip_objects_abandon (GstClipObjects *self, GstClipJob *job);

/* The job is encoded. Returns its regions with their tags. NULL when all was forgotten meanwhile. */
GArray *gst_clip_objects_finish (GstClipObjects *self, GstClipJob *job);

/* Streaming thread, every frame: labels the regions of known objects. tagger: the name of the element. Returns how
 * many. ret_age: of the oldest labels, GST_CLOCK_TIME_NONE where unknown. */
guint gst_clip_objects_label (GstClipObjects *self, GstBuffer *buffer, const GstVideoInfo *info,
    const GstClipTimes *times, const GstClipSettings *settings, const gchar *tagger, GstClockTime *ret_age);

/* Ranks all known objects again, for new prompts or settings. Returns those that were in the last frame as regions,
 * where they were encoded, NULL when there are none. ret_times: of the frame that was encoded last. */
GArray *gst_clip_objects_rescore (GstClipObjects *self, GstClipTimes *ret_times);

/* All events of objects end. */
void gst_clip_objects_close (GstClipObjects *self, ClipEventEnd reason);

/* The same, and when this returns nothing is being ranked, and jobs under way have no result. */
void gst_clip_objects_forget (GstClipObjects *self, ClipEventEnd reason);

G_END_DECLS

#endif /* __GST_CLIP_OBJECTS_H__ */
