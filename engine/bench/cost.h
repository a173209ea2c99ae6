/* SPDX-License-Identifier: MIT
 *
 * cost.h: how much arithmetic a tower does for one picture or text, by the precision of its layers.
 *
 * Products alone, a multiply-add counting two, attention's included; norms, activations and softmax are not. Work that
 * the engine skips is not counted: the last block continues with the pooled rows only (block.h).
 */
#ifndef CLIP_COST_H
#define CLIP_COST_H

#include "model/model.h"

typedef struct
{
  double f32, bf16, int8; /* 1e9 operations */
} ClipCost;

/* Of what is missing nothing. */
ClipCost clip_cost_of_picture (const ClipVision *vision);
/* A text as long as the model reads. */
ClipCost clip_cost_of_text (const ClipText *text);

#endif
