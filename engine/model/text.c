/* SPDX-License-Identifier: MIT
 *
 * text.c: the text tower: tokens + positions, causal blocks, layer norm and projection of the end token's row.
 *
 * Attention is causal, so later tokens cannot change a token: texts run at their own length, unpadded, and a prefix in
 * common with the previous text ("a photo of a") is not computed again, which gives the reference's numbers at a
 * fraction of its work.
 */
#include "model/text.h"

#include <string.h>

#include "runtime/profile.h"

#define LEGACY_EOS 2 /* configurations written before transformers 4.31 have 2 and mean "the largest id" */

/* The pooled row: the end token's first place, as in transformers' CLIPTextTransformer; 0 without one. */
static guint
find_end_token (const ClipText *self, const guint32 *ids, guint length)
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

guint
clip_text_common (const guint32 *a, guint a_length, const guint32 *b, guint b_length)
{
  guint n = 0;
  while (n < MIN (a_length, b_length) && a[n] == b[n])
    n++;
  return n;
}

guint
clip_text_gather (
    const ClipText *self, const guint32 *ids, const guint *lengths, guint n, guint max_rows, ClipTextBatch *batch)
{
  ClipSequences *sequences = &batch->sequences;
  *sequences = (ClipSequences){ .lengths = lengths, .shared = batch->shared, .causal = TRUE };
  const guint32 *before = NULL;
  for (guint text = 0; text < n; before = ids, ids += lengths[text++]) {
    guint length = lengths[text], end = find_end_token (self, ids, length);
    guint shared = text ? clip_text_common (before, lengths[text - 1], ids, end) : 0; /* the end's row is its own */
    if (sequences->rows + length - shared > max_rows)
      break;
    memcpy (batch->ids + sequences->rows, ids + shared, (length - shared) * sizeof *ids);
    batch->shared[text] = shared;
    batch->pooled[text] = sequences->rows + end - shared;
    sequences->rows += length - shared;
    sequences->longest = MAX (sequences->longest, length);
    sequences->n++;
  }
  return sequences->n;
}

gboolean
clip_text_run (const ClipText *self, ClipPool *pool, const ClipTextBatch *batch, float *x, ClipBlockScratch *scratch,
    const gint *cancel, float *ret)
{
  const ClipTowerConfig *config = &self->config;
  const ClipSequences *sequences = &batch->sequences;
  guint width = config->width, dim = self->projection.n_out;

  clip_profile_mark (CLIP_PROFILE_N_PARTS);
  float *row = x;
  const guint32 *id = batch->ids;
  for (guint text = 0; text < sequences->n; text++)
    for (guint place = batch->shared[text]; place < sequences->lengths[text]; place++, id++, row += width) {
      const float *embedding = self->token + (gsize)*id * width;
      const float *position = self->position + (gsize)place * width;
      for (guint i = 0; i < width; i++)
        row[i] = embedding[i] + position[i];
    }

  clip_profile_mark (CLIP_PROFILE_EMBED);
  for (guint layer = 0; layer < config->n_layers; layer++)
    if (!clip_block_run (&self->blocks[layer], pool, sequences, config->n_heads, config->activation, config->eps, x,
            layer + 1 < config->n_layers ? NULL : batch->pooled, scratch, cancel))
      return FALSE;

  clip_norm_pack (&self->final_norm, pool, x, sequences->n, config->eps, self->projection.layout, &scratch->lhs);
  clip_linear_run (&self->projection, pool, &scratch->lhs, ret, dim, CLIP_ACTIVATION_NONE, FALSE);
  for (guint text = 0; text < sequences->n; text++)
    clip_normalize (ret + (gsize)text * dim, dim);
  clip_profile_mark (CLIP_PROFILE_PROJECT);
  return !clip_is_cancelled (cancel);
}
