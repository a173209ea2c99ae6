/* SPDX-License-Identifier: MIT
 *
 * gstclipreport.h: what a tagger tells the application, as structures: its results and its statistics.
 */
#ifndef __GST_CLIP_REPORT_H__
#define __GST_CLIP_REPORT_H__

#include "tagger/gstclipclassifier.h"
#include "tagger/gstclipregions.h"
#include "tagger/gstclipstats.h"
#include "gstcliptagmeta.h"

G_BEGIN_DECLS

/* The `clip-tags` of a bus message, with times as `level` has them. rescored: from new prompts or settings alone. */
GstStructure *gst_clip_report_tags (const GstClipResult *result, gboolean rescored);

/* The same for regions of a frame at `times`, each with its tags. regions: of GstClipRegion. */
GstStructure *gst_clip_report_regions (const GstClipTimes *times, const GArray *regions, gboolean rescored);

/* Zones to a frame's report. */
void gst_clip_report_add_regions (GstStructure *structure, const GArray *regions);

/* What GstClipTagger:stats has besides counts. */
typedef struct
{
  const GstClipStats *stats;
  const GstClipDescription *description;
  const gchar *last_error; /* or NULL */
  gboolean async, ready;
  guint64 n_events;           /* that began */
  guint n_threads, n_streams; /* of the scheduler */
} GstClipState;

GstStructure *gst_clip_report_stats (const GstClipState *state);

/* The `clip-ready` of a bus message. */
GstStructure *gst_clip_report_ready (const GstClipDescription *description);

G_END_DECLS

#endif /* __GST_CLIP_REPORT_H__ */
