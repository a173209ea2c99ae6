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
  CLIP_STAGE_EMBED, /* patches or tokens to rows, projection of patches, first norm */
  CLIP_STAGE_FILL,  /* layer norms, quantising and laying out of left-hand sides */
  CLIP_STAGE_QKV,
  CLIP_STAGE_ATTENTION,
  CLIP_STAGE_OUT,
  CLIP_STAGE_FC1, /* with the activation */
  CLIP_STAGE_FC2,
  CLIP_STAGE_PROJECT, /* last norm, projection, unit length */
  CLIP_N_STAGES
} ClipStage;

void clip_stages_enable (gboolean enable); /* and back to zero */
/* The time since the last call belongs to this stage; CLIP_N_STAGES: to none. */
void clip_stage_done (ClipStage stage);
/* Both CLIP_N_STAGES long; borrowed. */
guint clip_stages_get (const char *const **ret_names, const gint64 **ret_nanoseconds);

#endif
