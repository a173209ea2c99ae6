/* SPDX-License-Identifier: MIT
 *
 * vision.c: the image tower, CLIP's ViT: patches -> linear, class token first, positions, layer norm, blocks, layer
 * norm of the class token, projection, unit length. Between steps a picture may move to another thread.
 */
#include "model/vision.h"

#include <string.h>

#include "runtime/profile.h"

typedef struct
{
  const ClipVision *vision;
  const float *pixels; /* of one picture */
  float *x;            /* its rows, the class token's first */
} PatchJob;

/* One patch of a picture [3][side][side] as [3 * patch * patch], the order of a convolution's weights; and its position
 * into the row that the product will be added to. */
static void
make_patch (gconstpointer data, guint number, float *to)
{
  const PatchJob *job = data;
  const ClipVision *self = job->vision;
  guint patch = self->patch_size, per_row = self->image_size / patch;
  gsize side = self->image_size, width = self->config.width;
  const float *pixels = job->pixels + number / per_row * patch * side + number % per_row * patch;
  for (guint channel = 0; channel < 3; channel++, pixels += side * side)
    for (guint y = 0; y < patch; y++, to += patch)
      memcpy (to, pixels + y * side, patch * sizeof *to);
  memcpy (job->x + (1 + number) * width, self->position + (1 + number) * width, width * sizeof *job->x);
}

static void
embed_patches (const ClipVision *self, ClipPool *pool, const float *pixels, guint n, float *x, ClipPackedLhs *lhs)
{
  gsize side = self->image_size, width = self->config.width;
  for (guint image = 0; image < n && !clip_is_cancelled (lhs->cancel);
       image++, pixels += 3 * side * side, x += self->n_tokens * width) {
    PatchJob job = { self, pixels, x };
    for (guint i = 0; i < width; i++)
      x[i] = self->class_embedding[i] + self->position[i];
    clip_packed_lhs_fill_made (lhs, self->patch.layout, pool, self->n_patches, self->patch.n_in, make_patch, &job);
    clip_linear_run (&self->patch, pool, lhs, x + width, width, CLIP_ACTIVATION_NONE, TRUE);
  }
}

guint
clip_vision_n_steps (const ClipVision *self)
{
  return self->config.n_layers + 2;
}

gboolean
clip_vision_step (const ClipVision *self, ClipPool *pool, guint step, const float *pixels, guint n, float *x,
    ClipBlockScratch *scratch, const gint *cancel, float *ret)
{
  const ClipTowerConfig *config = &self->config;
  guint tokens = self->n_tokens, dim = self->projection.n_out;
  ClipSequences sequences = { .n = n, .length = tokens, .rows = n * tokens, .longest = tokens };

  clip_profile_mark (CLIP_PROFILE_N_PARTS);
  if (step == 0) {
    embed_patches (self, pool, pixels, n, x, &scratch->lhs);
    clip_norm_run (&self->pre_norm, pool, x, sequences.rows, config->eps);
    clip_profile_mark (CLIP_PROFILE_EMBED);
  } else if (step <= config->n_layers) {
    gboolean is_last = step == config->n_layers;
    for (guint image = 0; is_last && image < n; image++) /* the class tokens */
      scratch->pooled[image] = image * tokens;
    return clip_block_run (&self->blocks[step - 1], pool, &sequences, config->n_heads, config->activation, config->eps,
        x, is_last ? scratch->pooled : NULL, scratch, cancel);
  } else {
    clip_norm_pack (&self->post_norm, pool, x, n, config->eps, self->projection.layout, &scratch->lhs);
    clip_linear_run (&self->projection, pool, &scratch->lhs, ret, dim, CLIP_ACTIVATION_NONE, FALSE);
    for (guint image = 0; image < n; image++)
      clip_normalize (ret + (gsize)image * dim, dim);
    clip_profile_mark (CLIP_PROFILE_PROJECT);
  }
  return !clip_is_cancelled (cancel); /* then nothing was skipped */
}
