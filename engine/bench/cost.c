/* SPDX-License-Identifier: MIT
 *
 * cost.c: see cost.h.
 */
#include "cost.h"

static void
add (ClipCost *cost, ClipLayout layout, double operations)
{
  if (layout == CLIP_LAYOUT_S8)
    cost->int8 += operations;
  else if (layout == CLIP_LAYOUT_BF16)
    cost->bf16 += operations;
  else
    cost->f32 += operations;
}

static void
add_linear (ClipCost *cost, const ClipLinear *linear, double rows)
{
  add (cost, linear->layout, 2e-9 * rows * linear->n_out * linear->n_in);
}

static void
add_blocks (ClipCost *cost, const ClipTowerConfig *config, const ClipBlock *blocks, double tokens)
{
  for (guint layer = 0; layer < config->n_layers; layer++) {
    const ClipBlock *block = &blocks[layer];
    double rows = layer + 1 < config->n_layers ? tokens : 1, width = config->width;
    add (cost, block->qkv.layout, 2e-9 * tokens * 3 * width * width); /* what fills heads up does not count */
    add (cost, block->attention, 2e-9 * 2 * tokens * tokens * width);
    add_linear (cost, &block->out, rows);
    add_linear (cost, &block->fc1, rows);
    add_linear (cost, &block->fc2, rows);
  }
}

ClipCost
clip_cost_of_picture (const ClipVision *vision)
{
  ClipCost cost = { 0 };
  if (!vision)
    return cost;
  add_linear (&cost, &vision->patch, vision->n_patches);
  add_blocks (&cost, &vision->config, vision->blocks, vision->n_tokens);
  add_linear (&cost, &vision->projection, 1);
  return cost;
}

ClipCost
clip_cost_of_text (const ClipText *text)
{
  ClipCost cost = { 0 };
  if (!text)
    return cost;
  add_blocks (&cost, &text->config, text->blocks, text->context_length);
  add_linear (&cost, &text->projection, 1);
  return cost;
}
