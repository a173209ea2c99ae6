/* SPDX-License-Identifier: MIT
 *
 * truncation.h: prompts that have more tokens than the text tower reads.
 */
#ifndef CLIP_TRUNCATION_H
#define CLIP_TRUNCATION_H

#include "labels/labels.h"
#include "labels/terms.h"

/* Adds to self->warnings: a line for each of the first few, one for the rest. Also runs for a set from the cache, so it
 * tokenizes only what may be too long. FALSE with `error` set when the context was cancelled. */
gboolean clip_labels_find_truncated (ClipLabels *self, ClipContext *context, const ClipSources *texts, GError **error);

#endif
