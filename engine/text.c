/* SPDX-License-Identifier: MIT
 *
 * text.c: the text tower: tokens + positions, causal blocks, layer norm and projection of the end token's row.
 *
 * Attention is causal, so what follows the end token cannot change it: texts run at their own length, unpadded, which
 * gives the reference's numbers at a fraction of its work.
 */
#include <string.h>

#include "model.h"
#include "stage.h"

#define LEGACY_EOS 2 /* configurations written before transformers 4.31 say 2 and mean "the largest id" */

/* The row that is pooled: the end token's first place, as transformers' CLIPTextTransformer finds it; 0 without one. */
static guint
find_end (const ClipText *self, const guint32 *ids, guint length)
{
  guint found = 0;
  if (self->eos_token_id == LEGACY_EOS) {
    for (guint i = 1; i < length; i++)
      if (ids[i] > ids[found])
        found = i;
    return found;
  }
  for (guint i = 0; i < length; i++)
    if (ids[i] == self->eos_token_id)
      return i;
  return 0;
}

gboolean
clip_text_run (const ClipText *self, ClipPool *pool, const guint32 *ids, const ClipSequences *sequences, float *x,
    ClipBlockScratch *scratch, const gint *cancel, float *ret)
{
  const ClipTowerConfig *config = &self->config;
  guint width = config->width, dim = self->projection.n_out;

  clip_stage_done (CLIP_N_STAGES);
  float *row = x;
  for (guint text = 0, token = 0; text < sequences->n; text++)
    for (guint place = 0; place < sequences->lengths[text]; place++, token++, row += width) {
      const float *embedding = self->token + (gsize)ids[token] * width;
      const float *position = self->position + (gsize)place * width;
      for (guint i = 0; i < width; i++)
        row[i] = embedding[i] + position[i];
    }

  clip_stage_done (CLIP_STAGE_EMBED);
  for (guint text = 0, first = 0; text < sequences->n; first += sequences->lengths[text++])
    scratch->pooled[text] = first + find_end (self, ids + first, sequences->lengths[text]);
  for (guint layer = 0; layer < config->n_layers; layer++) {
    if (g_atomic_int_get (cancel))
      return FALSE;
    clip_block_run (&self->blocks[layer], pool, sequences, config->n_heads, config->activation, config->eps, x,
        layer + 1 < config->n_layers ? NULL : scratch->pooled, scratch);
  }

  clip_operand_fill_norm (
      &scratch->operand, self->projection.layout, pool, x, sequences->n, &self->final_norm, config->eps);
  clip_linear_run (&self->projection, pool, &scratch->operand, ret, dim, CLIP_ACTIVATION_NONE, FALSE);
  for (guint text = 0; text < sequences->n; text++)
    clip_normalize (ret + (gsize)text * dim, dim);
  clip_stage_done (CLIP_STAGE_PROJECT);
  return TRUE;
}
