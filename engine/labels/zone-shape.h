/* SPDX-License-Identifier: MIT
 *
 * zone-shape.h: names and shapes of zones, checked: what a file or a property gives becomes a polygon within the
 * picture that does not cross itself. Any thread.
 *
 * All of these return NULL, or what is wrong, newly allocated, on one line.
 */
#ifndef CLIP_ZONE_SHAPE_H
#define CLIP_ZONE_SHAPE_H

#include "clip.h"

#define CLIP_ZONE_NAME_CHARS 100  /* at most, of a zone's or a group's name */
#define CLIP_ZONE_SLACK      1e-6 /* by which coordinates may lie outside the picture, as sums of rounded ones do */
#define CLIP_ZONE_MIN_AREA   1e-4 /* of a polygon, as a share of the picture */

/* name: trimmed. A zone's has no '=', ';' and ',', which separate in the property. */
char *clip_zone_check_name (const char *name);

/* box: x, y, width, height. ret_points: its corners, clockwise from the upper left. */
char *clip_zone_shape_from_box (const double box[4], ClipPoint ret_points[4]);

/* points: x and y of each; ret_points: [n], if nothing is wrong. */
char *clip_zone_shape_from_polygon (const double *points, guint n, ClipPoint *ret_points);

/* "x,y,width,height", or "x1,y1,x2,y2,x3,y3" and so on. ret_points: [CLIP_MAX_ZONE_POINTS] */
char *clip_zone_shape_parse (const char *text, gsize length, ClipPoint *ret_points, guint *ret_n);

#endif
