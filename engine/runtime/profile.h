/* SPDX-License-Identifier: MIT
 *
 * profile.h: wall time of each part of the towers' work, summed over the threads that run a tower (one, or one for each
 * picture of a large batch). Off unless a benchmark enables it; then it reads the clock once per part.
 */
#ifndef CLIP_PROFILE_H
#define CLIP_PROFILE_H

#include <glib.h>

typedef enum
{
  CLIP_PROFILE_EMBED, /* patches or tokens to rows, projection of patches, first norm */
  CLIP_PROFILE_PACK,  /* layer norms, quantising and packing of left-hand sides */
  CLIP_PROFILE_QKV,
  CLIP_PROFILE_ATTENTION,
  CLIP_PROFILE_OUT,
  CLIP_PROFILE_FC1, /* with the activation */
  CLIP_PROFILE_FC2,
  CLIP_PROFILE_PROJECT, /* last norm, projection, unit length */
  CLIP_PROFILE_N_PARTS
} ClipProfilePart;

void clip_profile_enable (gboolean enable); /* also resets the times to zero */
/* Counts the time since this thread's last mark for `part`; CLIP_PROFILE_N_PARTS: for none. */
void clip_profile_mark (ClipProfilePart part);
/* Returns the length of both arrays, CLIP_PROFILE_N_PARTS; borrowed. */
guint clip_profile_get (const char *const **ret_names, const gint64 **ret_nanoseconds);

#endif
