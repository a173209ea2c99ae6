/* SPDX-License-Identifier: MIT
 *
 * profile.h: where the time goes: wall time of each kind of work in the towers, summed over the threads that run a
 * tower (one, or one for each picture of a large batch). Off unless a benchmark turns it on; then one clock reading a
 * stage.
 */
#ifndef CLIP_PROFILE_H
#define CLIP_PROFILE_H

#include <glib.h>

typedef enum
{
  CLIP_PROFILE_EMBED, /* patches or tokens to rows, projection of patches, first norm */
  CLIP_PROFILE_PACK,  /* layer norms, quantising and laying out of left-hand sides */
  CLIP_PROFILE_QKV,
  CLIP_PROFILE_ATTENTION,
  CLIP_PROFILE_OUT,
  CLIP_PROFILE_FC1, /* with the activation */
  CLIP_PROFILE_FC2,
  CLIP_PROFILE_PROJECT, /* last norm, projection, unit length */
  CLIP_PROFILE_N_PARTS
} ClipProfilePart;

void clip_profile_enable (gboolean enable); /* and back to zero */
/* The time since the last call belongs to this stage; CLIP_PROFILE_N_PARTS: to none. */
void clip_profile_mark (ClipProfilePart stage);
/* Both CLIP_PROFILE_N_PARTS long; borrowed. */
guint clip_profile_get (const char *const **ret_names, const gint64 **ret_nanoseconds);

#endif
