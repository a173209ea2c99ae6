/* SPDX-License-Identifier: MIT
 *
 * polygon.h: what is inside of a polygon, by the even-odd rule. An edge's upper end belongs to it, the lower one does
 * not; a point on a left edge is inside, one on a right edge is not: polygons with a common edge share no point.
 */
#ifndef CLIP_POLYGON_H
#define CLIP_POLYGON_H

#include "clip.h"

/* Where the line at `y` crosses the edges, from left to right: what follows an odd number of crossings is inside.
 * n: at most CLIP_MAX_ZONE_POINTS. ret_x: [n]. Returns how many. */
guint clip_polygon_cross (const ClipPoint *points, guint n, double y, double *ret_x);

#endif
