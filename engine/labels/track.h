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

/* ---- track-leaders.c: which class comes first of each group ---- */

#define CLIP_NO_LEADER G_MAXUINT

/* leaders: [zone's n_groups], indices into the zone's classes or CLIP_NO_LEADER. scores, holds: [zone's n_classes];
 * holds: whether a class keeps the first place while it has CLIP_EVENT_OFF_SHARE of the best score. */
void clip_leaders_follow (
    guint *leaders, const ClipPrompts *prompts, guint zone, const float *scores, const guint8 *holds);

/* Brings each group's leader, if it reaches its threshold, to the place of the group's first match. matches: [max], n
 * of them there. Returns how many there are then. */
guint clip_leaders_put_first (const guint *leaders, const ClipPrompts *prompts, guint zone, const float *scores,
    const float *cosines, float threshold, ClipMatch *matches, guint n, guint max);

#endif
