/* SPDX-License-Identifier: MIT
 *
 * gstclipstats.c: what a tagger counts, and how long things take.
 *
 * Percentiles are those of the last GST_CLIP_STATS_WINDOW values: they follow a camera through the day. Not locked.
 */
#include "tagger/gstclipstats.h"

#include <stdlib.h>
#include <string.h>

void
gst_clip_stats_reset (GstClipStats *self)
{
  memset (self, 0, sizeof *self);
  self->started = g_get_monotonic_time ();
}

void
gst_clip_window_add (GstClipWindow *self, gdouble value)
{
  self->values[self->n++ % GST_CLIP_STATS_WINDOW] = value;
}

static int
compare_floats (const void *a, const void *b)
{
  gfloat x = *(const gfloat *)a, y = *(const gfloat *)b;
  return (x > y) - (x < y);
}

gdouble
gst_clip_window_get_percentile (const GstClipWindow *self, gdouble fraction)
{
  guint n = MIN (self->n, GST_CLIP_STATS_WINDOW);
  if (n == 0)
    return 0;

  gfloat sorted[GST_CLIP_STATS_WINDOW];
  memcpy (sorted, self->values, n * sizeof *sorted);
  qsort (sorted, n, sizeof *sorted, compare_floats);
  return sorted[(guint)(fraction * (n - 1) + 0.5)];
}
