/* SPDX-License-Identifier: MIT
 *
 * gstclipstats.h: what a tagger counts, and how long its encoding takes.
 */
#ifndef __GST_CLIP_STATS_H__
#define __GST_CLIP_STATS_H__

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_CLIP_STATS_WINDOW 256

typedef struct
{
  guint64 n_frames;                        /* that went through */
  guint64 n_sampled;                       /* that were to be encoded */
  guint64 n_inferred;                      /* that were encoded */
  guint64 n_failed;                        /* that could not be read */
  guint64 n_rescored;                      /* results that came from new prompts or settings alone */
  gfloat durations[GST_CLIP_STATS_WINDOW]; /* of the last encodings, in milliseconds; a ring */
} GstClipStats;

void gst_clip_stats_reset (GstClipStats *self);
void gst_clip_stats_add_encoding (GstClipStats *self, gdouble milliseconds);

/* The duration that `fraction` (0..1) of the last encodings did not exceed, in milliseconds; 0 before the first. */
gdouble gst_clip_stats_get_percentile (const GstClipStats *self, gdouble fraction);

G_END_DECLS

#endif /* __GST_CLIP_STATS_H__ */
