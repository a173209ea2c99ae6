/* SPDX-License-Identifier: MIT
 *
 * advice.h: what is likely to be a mistake in a set of prompts that can be used all the same.
 */
#ifndef CLIP_ADVICE_H
#define CLIP_ADVICE_H

#include "labels/labels.h"
#include "labels/terms.h"

/* Adds lines to self->warnings: prompts repeated within a group, a group's only one that looks like a comma-separated
 * list, a '#' that begins no comment, words that the model never learned. For each kind the first few prompts have a
 * line of their own, the rest share one. texts: of the prompts. FALSE with `error` set when memory runs out or the
 * context was cancelled. */
gboolean clip_labels_advise (ClipLabels *self, ClipContext *context, const ClipSources *texts, GError **error);

#endif
