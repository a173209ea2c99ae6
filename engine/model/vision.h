/* SPDX-License-Identifier: MIT
 *
 * vision.h: the image tower. Immutable once loaded; use from any thread, each with its own scratch (block.h).
 */
#ifndef CLIP_VISION_H
#define CLIP_VISION_H

#include "image/preprocess.h"
#include "model/config.h"
#include "nn/block.h"

typedef struct
{
  ClipTowerConfig config;
  guint image_size, patch_size, n_patches, n_tokens; /* tokens = patches + 1 (class) */
  ClipPreprocessConfig preprocess;
  ClipLinear patch;       /* [width][3 * patch * patch] */
  float *class_embedding; /* [width] */
  float *position;        /* [n_tokens][width] */
  ClipNorm pre_norm, post_norm;
  ClipBlock *blocks;     /* [n_layers] */
  ClipLinear projection; /* [embedding_dim][width] */
} ClipVision;

/* One step for n pictures, 0..clip_vision_n_steps() - 1: patches, each block, projection. pixels:
 * [n][3][image_size][image_size], read by the first; x: [n * n_tokens][width], all that is kept between steps; ret:
 * [n][embedding_dim], unit length, written by the last. cancel: checked between products, and within them if
 * scratch->lhs.cancel is the same; FALSE, and the results undefined, when it is not 0. */
guint clip_vision_n_steps (const ClipVision *self);
gboolean clip_vision_step (const ClipVision *self, ClipPool *pool, guint step, const float *pixels, guint n, float *x,
    ClipBlockScratch *scratch, const gint *cancel, float *ret);

#endif
