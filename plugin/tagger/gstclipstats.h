/* SPDX-License-Identifier: MIT
 *
 * gstclipstats.h: what a tagger counts, and how long things take.
 */
#ifndef __GST_CLIP_STATS_H__
#define __GST_CLIP_STATS_H__

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_CLIP_STATS_WINDOW 256

/* The last values of something; a ring. */
typedef struct
{
  guint64 n; /* that there ever were */
  gfloat values[GST_CLIP_STATS_WINDOW];
} GstClipWindow;

typedef struct
{
  guint64 n_frames;      /* that went through */
  guint64 n_sampled;     /* that were sampled */
  guint64 n_inferred;    /* that were encoded */
  guint64 n_reused;      /* that were like the last encoded one */
  guint64 n_replaced;    /* that waited to be encoded until a newer one took their place */
  guint64 n_late;        /* that were not encoded because the sink was behind */
  guint64 n_over_budget; /* that were not encoded because max-cpu was spent */
  guint64 n_skipped;     /* regions that were too many for their frame */
  guint64 n_failed;      /* that could not be read */
  guint64 n_rescored;    /* results that came from new prompts or settings alone */
  GstClipWindow encode;  /* ms from being taken up to the result */
  GstClipWindow queue;   /* ms until being taken up */
  GstClipWindow age;     /* ms, of labels on frames */
  gint64 started;        /* by g_get_monotonic_time() */
  gint64 busy;           /* microseconds in which a picture was being encoded */
  gint64 cpu_time;       /* nanoseconds spent on encoding and preparing pictures */
} GstClipStats;

void gst_clip_stats_reset (GstClipStats *self);
void gst_clip_window_add (GstClipWindow *self, gdouble value);

/* The value that `fraction` (0..1) of the last ones did not exceed; 0 before the first. */
gdouble gst_clip_window_get_percentile (const GstClipWindow *self, gdouble fraction);

G_END_DECLS

#endif /* __GST_CLIP_STATS_H__ */
