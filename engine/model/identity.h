/* SPDX-License-Identifier: MIT
 *
 * identity.h: a loaded model's name and fingerprint.
 */
#ifndef CLIP_IDENTITY_H
#define CLIP_IDENTITY_H

#include "model/model.h"
#include "model/safetensors.h"

/* Newly allocated. The name is the folder's, or the repository's of a download cache. The fingerprint is of
 * all that decides the results, but not of how the JSON files spell it: equal models get equal ones. It is the last
 * that reads the weights' files: NULL with `error` set where they were changed meanwhile. */
char *clip_model_make_name (const char *path);
char *clip_model_make_fingerprint (const ClipModel *self, const ClipSafetensors *tensors, GError **error);

#endif
