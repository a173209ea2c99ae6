/* SPDX-License-Identifier: MIT
 *
 * config.h: a folder's config.json, with the defaults that transformers fills in for what is missing.
 */
#ifndef CLIP_CONFIG_H
#define CLIP_CONFIG_H

#include <glib.h>

#include "nn/linear.h"

/* Common to both towers. */
typedef struct
{
  guint width, intermediate, n_layers, n_heads;
  ClipActivation activation;
  float eps; /* of every layer norm */
} ClipTowerConfig;

typedef struct
{
  gboolean has_vision, has_text;
  ClipTowerConfig vision, text;
  guint image_size, patch_size;
  guint context_length, vocab_size, eos_token_id;
  guint projection_dim;
  gboolean no_projection; /* CLIPVisionModel or CLIPTextModel; projection_dim is its width */
  float logit_scale;      /* the parameter before exp(); a logit_scale tensor takes precedence */
} ClipConfig;

gboolean clip_config_load (ClipConfig *config, const char *path, GError **error);

#endif
