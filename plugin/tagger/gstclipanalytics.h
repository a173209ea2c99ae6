/* SPDX-License-Identifier: MIT
 *
 * gstclipanalytics.h: what detectors and trackers say by GstAnalytics, and labels in its terms.
 *
 * A build without GstAnalytics finds no detections.
 */
#ifndef __GST_CLIP_ANALYTICS_H__
#define __GST_CLIP_ANALYTICS_H__

#include <gst/gst.h>

#include "gstcliptagmeta.h"

G_BEGIN_DECLS

typedef struct
{
  guint id; /* among all that the frame's GstAnalyticsRelationMeta holds */
  GQuark type;
  gint x, y, width, height;
  gboolean tracked;
  guint64 number; /* of the object, while tracked; 0 is one, too */
} GstClipDetection;

#ifdef CLIPTAG_HAVE_ANALYTICS
/* state: a NULL to begin with. FALSE after the last one. */
gboolean gst_clip_detection_next (GstBuffer *buffer, gpointer *state, GstClipDetection *ret_detection);

/* Relates a classification to the detection of this id. The buffer is writable. */
void gst_clip_detection_add_labels (GstBuffer *buffer, guint id, GstClipTags *tags);
#else
static inline gboolean
gst_clip_detection_next (GstBuffer *buffer, gpointer *state, GstClipDetection *ret_detection)
{
  return FALSE;
}

static inline void
gst_clip_detection_add_labels (GstBuffer *buffer, guint id, GstClipTags *tags)
{
}
#endif

G_END_DECLS

#endif /* __GST_CLIP_ANALYTICS_H__ */
