/* SPDX-License-Identifier: MIT
 *
 * random.h: models of random weights, for benchmarks and tests.
 */
#ifndef CLIP_RANDOM_H
#define CLIP_RANDOM_H

#include "clip.h"

/* Seeded random weights of a real architecture, for measuring speed without a download: "vit-b-32", "vit-b-16" or
 * "vit-l-14" (OpenAI's shapes). With the suffix "-outliers" the function is the same, but a few channels after the
 * layer norms are huge, which is what makes int8 hard. Both towers, no tokenizer. NULL with `error` set for another
 * name or when memory runs out. */
ClipModel *clip_model_new_random (const char *architecture, guint32 seed, ClipPrecision precision, GError **error);

#endif
