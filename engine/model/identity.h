/* SPDX-License-Identifier: MIT
 *
 * identity.h: a loaded model's name and fingerprint.
 */
#ifndef CLIP_IDENTITY_H
#define CLIP_IDENTITY_H

#include "model/model.h"
#include "model/safetensors.h"

/* Newly allocated. The name is the folder's, or the repository's in a download cache. The fingerprint covers everything
 * that determines the results, but not how the JSON files spell it: equal models have equal ones. It is the last to
 * read the weights' files: NULL with `error` set if they were changed meanwhile. */
char *clip_model_make_name (const char *path);
char *clip_model_make_fingerprint (const ClipModel *self, const ClipSafetensors *tensors, GError **error);

#endif
