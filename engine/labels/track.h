/* SPDX-License-Identifier: MIT
 *
 * track.h: what the rest of the engine sees of a ClipTrack beyond clip-track.h.
 */
#ifndef CLIP_TRACK_DATA_H
#define CLIP_TRACK_DATA_H

#include "clip.h"

ClipLabels *clip_track_get_labels (const ClipTrack *self); /* borrowed */
guint clip_track_get_zone (const ClipTrack *self);

/* The one there is, or an empty one that the next sample gives its half-life. NULL when memory runs out. */
ClipBaseline *clip_track_make_baseline (ClipTrack *self);

#endif
