/* SPDX-License-Identifier: MIT
 *
 * precision.c: in which precision a layer is kept, and packing it so.
 *
 * What was asked for is obeyed. CLIP_PRECISION_AUTO tries each layer by itself: the fastest that this CPU is fast at
 * and whose outputs differ little from f32's.
 */
#include "nn/int8.h"
#include "model/model.h"

/* The largest relative error of a layer's outputs that CLIP_PRECISION_AUTO takes. Measured in int8: 0.007 to 0.023 in
 * the built-in model and in random ones, with planted outlier channels or without; 0.03 to 0.09 where each output has
 * one weight of 20 to 60 times its others, which coarsens all the rest. In bf16: at most 0.003. */
#define MAX_ERROR 0.03f

/* norm: what the layer reads, NULL if no layer norm. FALSE when memory runs out, which must not decide this. */
static gboolean
choose_precision (
    ClipModelInfo *info, ClipPrecision asked, ClipNorm *norm, ClipLinear *linear, ClipPrecision *ret_precision)
{
  static const ClipPrecision fastest_first[] = { CLIP_PRECISION_INT8, CLIP_PRECISION_BF16 };
  *ret_precision = CLIP_PRECISION_F32;
  for (guint i = 0; i < G_N_ELEMENTS (fastest_first); i++) {
    ClipPrecision precision = fastest_first[i];
    float error;
    if (asked != precision && !(asked == CLIP_PRECISION_AUTO && clip_linear_is_fast (precision)))
      continue;
    if (precision == CLIP_PRECISION_INT8 && norm && !clip_int8_equalize (norm, linear))
      return FALSE;
    if (!clip_linear_try (linear, norm, precision, &error))
      return FALSE;
    if (asked == precision || error <= MAX_ERROR) { /* not a number: no */
      info->worst_error = MAX (info->worst_error, error);
      *ret_precision = precision;
      return TRUE;
    }
  }
  return TRUE;
}

static gboolean
pack_layer (ClipModelInfo *info, ClipPrecision asked, ClipPages *pages, ClipNorm *norm, ClipLinear *linear)
{
  ClipPrecision precision;
  if (!choose_precision (info, asked, norm, linear, &precision))
    return FALSE;
  info->n_layers++;
  info->n_int8_layers += precision == CLIP_PRECISION_INT8;
  info->n_bf16_layers += precision == CLIP_PRECISION_BF16;
  info->precision = MAX (info->precision, precision);
  return clip_linear_pack (linear, precision, pages);
}

gboolean
clip_model_pack_block (ClipModelInfo *info, ClipPrecision precision, ClipPages *pages, ClipBlock *block)
{
  if (!pack_layer (info, precision, pages, &block->ln1, &block->qkv)
      || !pack_layer (info, precision, pages, NULL, &block->out)
      || !pack_layer (info, precision, pages, &block->ln2, &block->fc1)
      || !pack_layer (info, precision, pages, NULL, &block->fc2))
    return FALSE;
  /* Eight bits are too few for products of activations with each other. bf16 is chosen by its layer, on any CPU. */
  gboolean bf16 = block->qkv.layout == CLIP_LAYOUT_BF16
                  || (block->qkv.layout == CLIP_LAYOUT_S8 && clip_linear_is_fast (CLIP_PRECISION_BF16));
  block->attention = bf16 ? CLIP_LAYOUT_BF16 : CLIP_LAYOUT_F32;
  return TRUE;
}

gboolean
clip_model_pack_patches (ClipPrecision precision, ClipPages *pages, ClipLinear *patch)
{
  gboolean bf16 = (precision == CLIP_PRECISION_INT8 || precision == CLIP_PRECISION_AUTO)
                  && clip_linear_is_fast (CLIP_PRECISION_BF16);
  return clip_linear_pack (patch, bf16 ? CLIP_PRECISION_BF16 : CLIP_PRECISION_F32, pages);
}
