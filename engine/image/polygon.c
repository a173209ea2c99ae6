/* SPDX-License-Identifier: MIT
 *
 * polygon.c: see polygon.h.
 */
#include "image/polygon.h"

guint
clip_polygon_cross (const ClipPoint *points, guint n, double y, double *ret_x)
{
  guint n_crossings = 0;
  for (guint i = 0; i < n; i++) {
    const ClipPoint *a = &points[i], *b = &points[i + 1 < n ? i + 1 : 0];
    if ((a->y <= y) == (b->y <= y))
      continue;
    double x = a->x + (y - a->y) * ((double)b->x - a->x) / ((double)b->y - a->y);
    guint at = n_crossings++;
    for (; at > 0 && ret_x[at - 1] > x; at--)
      ret_x[at] = ret_x[at - 1];
    ret_x[at] = x;
  }
  return n_crossings;
}
