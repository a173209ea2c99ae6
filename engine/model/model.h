/* SPDX-License-Identifier: MIT
 *
 * model.h: a loaded CLIP: configuration and weights of both towers. Immutable after loading; shared by reference.
 *
 * Weights are copied out of the files (converted to f32, queries scaled, q/k/v joined), which are then closed: they may
 * be replaced or truncated while the model is in use. Changing them during loading is an error.
 */
#ifndef CLIP_MODEL_H
#define CLIP_MODEL_H

#include "clip.h"
#include "model/text.h"
#include "model/vision.h"
#include "runtime/pages.h"

struct _ClipModel
{
  gatomicrefcount ref_count;
  ClipModelInfo info;  /* info.name and .fingerprint are owned here */
  ClipVision *vision;  /* NULL when absent */
  ClipText *text;      /* NULL when absent */
  char *folder;        /* absolute; NULL for a random model */
  ClipPages pages;     /* both towers' packed weights */
  GPtrArray *warnings; /* lines, NULL-terminated; empty for a random model */
};

/* Both towers' shapes without weights, which the caller fills in. */
ClipModel *clip_model_new_empty (const ClipConfig *config);

#endif
