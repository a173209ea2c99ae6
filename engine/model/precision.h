/* SPDX-License-Identifier: MIT
 *
 * precision.h: the choice of precision: f32, bf16 or int8 for each layer.
 */
#ifndef CLIP_PRECISION_H
#define CLIP_PRECISION_H

#include "clip.h"
#include "nn/block.h"
#include "runtime/pages.h"

/* Whether this CPU has an instruction that makes bf16 or int8 faster than f32. */
gboolean clip_precision_is_fast (ClipPrecision precision);

/* Packs a block's linear layers into `pages`, each in the precision chosen for it, and counts them in `info`.
 * FALSE when memory runs out. */
gboolean clip_precision_pack_block (ClipModelInfo *info, ClipPrecision precision, ClipPages *pages, ClipBlock *block);

/* The same for the patch embedding: f32, or bf16 beside int8 where this CPU is fast at it, whose error is a tenth of
 * what int8 costs in the layers after it. Beside bf16 it would be most of the tower's error. */
gboolean clip_precision_pack_patches (ClipPrecision precision, ClipPages *pages, ClipLinear *patch);

#endif
