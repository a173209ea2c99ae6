/* SPDX-License-Identifier: MIT
 *
 * measure.c: see measure.h.
 */
#include "measure.h"

#include <math.h>

static gint
compare_doubles (gconstpointer a, gconstpointer b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The smallest time that at least `part` of the runs did not exceed. */
static double
quantile (const GArray *sorted, double part)
{
  guint index = (guint)ceil (part * sorted->len);
  return g_array_index (sorted, double, MAX (index, 1) - 1);
}

gboolean
clip_measure (ClipMeasured run, gpointer data, guint min_runs, double seconds, ClipTimes *ret_times, GError **error)
{
  g_return_val_if_fail (min_runs > 0, FALSE);

  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (double));
  if (!run (data, error))
    return FALSE;
  gint64 start = g_get_monotonic_time (), now = start;
  while (times->len < min_runs || (double)(now - start) < seconds * G_USEC_PER_SEC) {
    gint64 before = now;
    if (!run (data, error))
      return FALSE;
    now = g_get_monotonic_time ();
    double ms = (double)(now - before) / 1e3;
    g_array_append_val (times, ms);
  }
  g_array_sort (times, compare_doubles);
  *ret_times = (ClipTimes){ times->len, quantile (times, 0.5), quantile (times, 0.95) };
  return TRUE;
}
