/* SPDX-License-Identifier: MIT
 *
 * background.h: what everyday pictures show: captions that compete with the user's prompts, so that a score means
 * something even where there is but one prompt. No state; any thread.
 */
#ifndef CLIP_BACKGROUND_H
#define CLIP_BACKGROUND_H

#include "labels/labels.h"

/* Loads what ClipLabelsParams.background names. *ret_prompts: NULL = none. */
gboolean clip_background_load (
    const ClipModel *model, const char *background, ClipPrompts **ret_prompts, GError **error);

/* Fills self->same_first and self->same, when all rows are there. FALSE with `error` set when memory runs out or the
 * context was cancelled. */
gboolean clip_background_find_same (ClipLabels *self, ClipContext *context, ClipPrompts *background, GError **error);

#endif
