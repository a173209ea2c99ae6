/* SPDX-License-Identifier: MIT
 *
 * block.c: see block.h. Reads like the paper's figure: norm, attention, residual, norm, MLP, residual.
 */
#include "nn/block.h"

#include <string.h>

#include "runtime/profile.h"

void
clip_block_clear (ClipBlock *self)
{
  clip_norm_clear (&self->ln1);
  clip_norm_clear (&self->ln2);
  clip_linear_clear (&self->qkv);
  clip_linear_clear (&self->out);
  clip_linear_clear (&self->fc1);
  clip_linear_clear (&self->fc2);
}

/* Moves the rows up to the front. */
static void
keep_rows (float *x, gsize width, const guint *rows, guint n)
{
  for (guint i = 0; i < n; i++)
    memmove (x + i * width, x + rows[i] * width, width * sizeof *x);
}

gboolean
clip_block_run (const ClipBlock *self, ClipPool *pool, const ClipSequences *sequences, guint n_heads,
    ClipActivation activation, float eps, float *x, const guint *pooled, ClipBlockScratch *scratch, const gint *cancel)
{
  guint rows = sequences->rows, width = self->ln1.n, intermediate = self->fc1.n_out;
  ClipPackedLhs *lhs = &scratch->lhs;

  if (clip_is_cancelled (cancel))
    return FALSE;
  clip_norm_pack (&self->ln1, pool, x, rows, eps, self->qkv.layout, lhs);
  clip_profile_mark (CLIP_PROFILE_PACK);
  clip_linear_run_packed (&self->qkv, pool, lhs, &scratch->qkv, self->attention, CLIP_ACTIVATION_NONE, scratch->wide);
  clip_profile_mark (CLIP_PROFILE_QKV);
  if (clip_is_cancelled (cancel))
    return FALSE;
  clip_attention_run (
      sequences, n_heads, width / n_heads, pool, &scratch->qkv, pooled, scratch->heads, scratch->attention);
  if (pooled) {
    rows = sequences->n;
    keep_rows (x, width, pooled, rows);
  }
  clip_profile_mark (CLIP_PROFILE_ATTENTION);
  clip_packed_lhs_fill (lhs, self->out.layout, pool, scratch->heads, width, rows, width);
  clip_profile_mark (CLIP_PROFILE_PACK);
  clip_linear_run (&self->out, pool, lhs, x, width, CLIP_ACTIVATION_NONE, TRUE);
  clip_profile_mark (CLIP_PROFILE_OUT);
  if (clip_is_cancelled (cancel))
    return FALSE;

  clip_norm_pack (&self->ln2, pool, x, rows, eps, self->fc1.layout, lhs);
  clip_profile_mark (CLIP_PROFILE_PACK);
  gboolean direct = self->fc2.layout == CLIP_LAYOUT_F32 || self->fc2.layout == CLIP_LAYOUT_BF16;
  if (direct)
    clip_linear_run_packed (&self->fc1, pool, lhs, &scratch->hidden, self->fc2.layout, activation, scratch->wide);
  else
    clip_linear_run (&self->fc1, pool, lhs, scratch->wide, intermediate, activation, FALSE);
  clip_profile_mark (CLIP_PROFILE_FC1);
  if (clip_is_cancelled (cancel))
    return FALSE;
  if (!direct)
    clip_packed_lhs_fill (lhs, self->fc2.layout, pool, scratch->wide, intermediate, rows, intermediate);
  clip_profile_mark (CLIP_PROFILE_PACK);
  clip_linear_run (&self->fc2, pool, direct ? &scratch->hidden : lhs, x, width, CLIP_ACTIVATION_NONE, TRUE);
  clip_profile_mark (CLIP_PROFILE_FC2);
  return !clip_is_cancelled (cancel);
}
