/* SPDX-License-Identifier: MIT
 *
 * vision.c: the image tower, a ViT as CLIP has it: patches -> linear, class token in front, positions, layer norm,
 * blocks, layer norm of the class token, projection, unit length; in steps, between which a picture may change threads.
 */
#include <string.h>

#include "model.h"
#include "stage.h"

typedef struct
{
  const ClipVision *vision;
  const float *pixels;
  float *patches, *x;
} PatchJob;

/* One row of patches of one picture: [3][side][side] -> [patch][3 * patch * patch], the order of a convolution's
 * weights; and the positions into the rows that the product will be added to. */
static void
gather_patches (gpointer data, guint task, guint worker)
{
  const PatchJob *job = data;
  const ClipVision *self = job->vision;
  guint side = self->image_size, patch = self->patch_size, per_row = side / patch;
  guint image = task / per_row, patch_row = task % per_row;
  gsize width = self->config.width, first = (gsize)patch_row * per_row;
  const float *pixels = job->pixels + (gsize)image * 3 * side * side + (gsize)patch_row * patch * side;
  float *to = job->patches + ((gsize)image * self->n_patches + first) * 3 * patch * patch;

  for (guint column = 0; column < per_row; column++)
    for (guint channel = 0; channel < 3; channel++)
      for (guint y = 0; y < patch; y++, to += patch)
        memcpy (to, pixels + ((gsize)channel * side + y) * side + column * patch, patch * sizeof (float));
  memcpy (job->x + ((gsize)image * self->n_tokens + 1 + first) * width, self->position + (1 + first) * width,
      per_row * width * sizeof (float));
}

static void
embed_patches (const ClipVision *self, ClipPool *pool, const float *pixels, guint n, float *patches, float *x,
    ClipOperand *operand)
{
  guint width = self->config.width, patch_values = self->patch.n_in;
  PatchJob job = { self, pixels, patches, x };
  clip_pool_run (pool, gather_patches, &job, n * (self->image_size / self->patch_size));

  for (guint image = 0; image < n; image++) {
    float *rows = x + (gsize)image * self->n_tokens * width;
    for (guint i = 0; i < width; i++)
      rows[i] = self->class_embedding[i] + self->position[i];
    clip_operand_fill (operand, self->patch.layout, pool, patches + (gsize)image * self->n_patches * patch_values,
        patch_values, self->n_patches, patch_values);
    clip_linear_run (&self->patch, pool, operand, rows + width, width, CLIP_ACTIVATION_NONE, TRUE);
  }
}

guint
clip_vision_n_steps (const ClipVision *self)
{
  return self->config.n_layers + 2;
}

gboolean
clip_vision_step (const ClipVision *self, ClipPool *pool, guint step, const float *pixels, guint n, float *patches,
    float *x, ClipBlockScratch *scratch, const gint *cancel, float *ret)
{
  const ClipTowerConfig *config = &self->config;
  guint tokens = self->n_tokens, dim = self->projection.n_out;
  ClipSequences sequences = { .n = n, .length = tokens, .rows = n * tokens, .longest = tokens };

  clip_stage_done (CLIP_N_STAGES);
  if (step == 0) {
    embed_patches (self, pool, pixels, n, patches, x, &scratch->operand);
    clip_norm_run (&self->pre_norm, pool, x, sequences.rows, config->eps);
    clip_stage_done (CLIP_STAGE_EMBED);
  } else if (step <= config->n_layers) {
    gboolean is_last = step == config->n_layers;
    for (guint image = 0; is_last && image < n; image++) /* the class tokens */
      scratch->pooled[image] = image * tokens;
    return clip_block_run (&self->blocks[step - 1], pool, &sequences, config->n_heads, config->activation, config->eps,
        x, is_last ? scratch->pooled : NULL, scratch, cancel);
  } else {
    clip_operand_fill_norm (&scratch->operand, self->projection.layout, pool, x, n, &self->post_norm, config->eps);
    clip_linear_run (&self->projection, pool, &scratch->operand, ret, dim, CLIP_ACTIVATION_NONE, FALSE);
    for (guint image = 0; image < n; image++)
      clip_normalize (ret + (gsize)image * dim, dim);
    clip_stage_done (CLIP_STAGE_PROJECT);
  }
  return TRUE;
}
