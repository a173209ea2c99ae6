/* SPDX-License-Identifier: MIT
 *
 * gstclipscoreproblem.h: what the way of scoring makes of prompts, where that says nothing about pictures.
 */
#ifndef __GST_CLIP_SCORE_PROBLEM_H__
#define __GST_CLIP_SCORE_PROBLEM_H__

#include "clip.h"

G_BEGIN_DECLS

/* A line for a warning: newly allocated, usually NULL. */
gchar *gst_clip_score_problem_find (ClipLabels *labels, const ClipModelInfo *model, const ClipTrackParams *params);

G_END_DECLS

#endif /* __GST_CLIP_SCORE_PROBLEM_H__ */
