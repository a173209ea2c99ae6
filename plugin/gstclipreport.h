/* SPDX-License-Identifier: MIT
 *
 * gstclipreport.h: what a tagger tells the application, as structures: its results and its statistics.
 */
#ifndef __GST_CLIP_REPORT_H__
#define __GST_CLIP_REPORT_H__

#include "gstclipclassifier.h"
#include "gstclipstats.h"
#include "meta/gstcliptagmeta.h"

G_BEGIN_DECLS

/* The `clip-tags` of a bus message, with times as `level` has them. rescored: from new prompts or settings alone. */
GstStructure *gst_clip_report_tags (const GstClipTags *tags, const GstClipTimes *times, gboolean rescored);

/* GstClipTagger:stats. last_error: may be NULL. */
GstStructure *gst_clip_report_stats (
    const GstClipStats *stats, const GstClipDescription *description, const gchar *last_error);

G_END_DECLS

#endif /* __GST_CLIP_REPORT_H__ */
