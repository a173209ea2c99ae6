/* SPDX-License-Identifier: MIT
 *
 * random.c: see random.h. Weights are distributed as CLIP's before training (CLIP.initialize_parameters in
 * openai/CLIP): the branches added to the residual are damped by the depth, so that errors do not grow from layer to
 * layer as in a chaotic network.
 */
#include "model/random.h"

#include <math.h>
#include <string.h>

#include "clip-message.h"
#include "model/model.h"
#include "model/precision.h"

typedef struct
{
  const char *name;
  ClipConfig config;
} Architecture;

#define TEXT(width, heads)           .text = { width, 4 * (width), 12, heads, CLIP_ACTIVATION_QUICK_GELU, 1e-5f }
#define VISION(width, layers, heads) .vision = { width, 4 * (width), layers, heads, CLIP_ACTIVATION_QUICK_GELU, 1e-5f }
#define COMMON                                                                                                         \
  .has_vision = TRUE, .has_text = TRUE, .image_size = 224, .context_length = 77, .vocab_size = 49408,                  \
  .eos_token_id = 49407, .logit_scale = 4.6052f

static const Architecture architectures[] = {
  { "vit-b-32", { COMMON, VISION (768, 12, 12), TEXT (512, 8), .patch_size = 32, .projection_dim = 512 } },
  { "vit-b-16", { COMMON, VISION (768, 12, 12), TEXT (512, 8), .patch_size = 16, .projection_dim = 512 } },
  { "vit-l-14", { COMMON, VISION (1024, 24, 16), TEXT (768, 12), .patch_size = 14, .projection_dim = 768 } },
};

typedef struct
{
  guint64 state;
  gsize n_parameters;
  ClipPrecision precision;
  ClipModelInfo *info;
  ClipPages *pages;
  gboolean outliers;
} Random;

#define OUTLIERS   "-outliers"
#define N_OUTLIERS 6

/* Uniform in [-scale, scale), SplitMix64. */
static void
fill_random (Random *random, float *values, gsize n, float scale)
{
  for (gsize i = 0; i < n; i++) {
    guint64 z = (random->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    values[i] = ((float)(z >> 40) / (float)(1 << 23) - 1.0f) * scale;
  }
  random->n_parameters += n;
}

static float *
new_random_table (Random *random, gsize n, float scale)
{
  float *table = g_try_new (float, n);
  if (table)
    fill_random (random, table, n, scale);
  return table;
}

static gboolean
fill_linear (Random *random, ClipLinear *linear, guint n_out, guint n_in, float deviation, gboolean has_bias)
{
  if (!clip_linear_init (linear, n_out, n_in, has_bias))
    return FALSE;
  fill_random (random, linear->weight, (gsize)n_out * n_in, sqrtf (3.0f) * deviation);
  if (has_bias)
    fill_random (random, linear->bias, n_out, 0.1f);
  return TRUE;
}

/* Some channels of a norm's output 20 to 60 times as large, which the layer that reads them takes back: the same
 * function, but with the outliers that trained transformers have, always in the same channels. */
static void
plant_outliers (Random *random, ClipNorm *norm, ClipLinear *reader)
{
  for (guint i = 0; random->outliers && i < N_OUTLIERS; i++) {
    guint channel = (i * 2 + 1) * norm->n / (2 * N_OUTLIERS) + i;
    float size;
    fill_random (random, &size, 1, 20);
    size += 40;
    norm->weight[channel] *= size;
    norm->bias[channel] *= size;
    for (guint row = 0; row < reader->n_out; row++)
      reader->weight[(gsize)row * reader->n_in + channel] /= size;
  }
}

static gboolean
make_projection (Random *random, ClipLinear *linear, guint n_out, guint n_in)
{
  return fill_linear (random, linear, n_out, n_in, 1 / sqrtf ((float)n_in), FALSE)
         && clip_linear_pack (linear, CLIP_PRECISION_F32, random->pages);
}

static gboolean
make_norm (Random *random, ClipNorm *norm, guint n)
{
  if (!clip_norm_init (norm, n))
    return FALSE;
  fill_random (random, norm->bias, n, 0.1f);
  fill_random (random, norm->weight, n, 0.2f);
  for (guint i = 0; i < n; i++)
    norm->weight[i] += 1.0f;
  return TRUE;
}

/* What fills heads up to whole groups is zero. */
static void
clear_padding (ClipLinear *qkv, guint n_heads, guint head_size)
{
  guint size = qkv->n_out / (3 * n_heads);
  for (guint row = 0; row < qkv->n_out; row++)
    if (row % size >= head_size) {
      memset (qkv->weight + (gsize)row * qkv->n_in, 0, qkv->n_in * sizeof (float));
      qkv->bias[row] = 0;
    }
}

static gboolean
make_blocks (Random *random, const ClipTowerConfig *config, ClipBlock **ret)
{
  guint width = config->width;
  float attention = 1 / sqrtf ((float)width), residual = attention / sqrtf (2 * (float)config->n_layers);
  float fc = attention / sqrtf (2);
  *ret = g_try_new0 (ClipBlock, config->n_layers);
  if (!*ret)
    return FALSE;
  for (guint layer = 0; layer < config->n_layers; layer++) {
    ClipBlock *block = &(*ret)[layer];
    if (!make_norm (random, &block->ln1, width) || !make_norm (random, &block->ln2, width)
        || !fill_linear (random, &block->qkv, clip_qkv_outputs (width, config->n_heads), width, attention, TRUE)
        || !fill_linear (random, &block->out, width, width, residual, TRUE)
        || !fill_linear (random, &block->fc1, config->intermediate, width, fc, TRUE)
        || !fill_linear (random, &block->fc2, width, config->intermediate, residual, TRUE))
      return FALSE;
    clear_padding (&block->qkv, config->n_heads, width / config->n_heads);
    plant_outliers (random, &block->ln1, &block->qkv);
    plant_outliers (random, &block->ln2, &block->fc1);
    if (!clip_precision_pack_block (random->info, random->precision, random->pages, block))
      return FALSE;
  }
  return TRUE;
}

static gboolean
make_vision (Random *random, const ClipConfig *config, ClipVision *self)
{
  guint width = self->config.width, patch_values = 3 * self->patch_size * self->patch_size;
  clip_preprocess_config_init (&self->preprocess, self->image_size);
  return fill_linear (random, &self->patch, width, patch_values, 1 / sqrtf ((float)patch_values), FALSE)
         && clip_precision_pack_patches (random->precision, random->pages, &self->patch)
         && (self->class_embedding = new_random_table (random, width, 1))
         && (self->position = new_random_table (random, (gsize)self->n_tokens * width, 0.5f))
         && make_norm (random, &self->pre_norm, width) && make_blocks (random, &self->config, &self->blocks)
         && make_norm (random, &self->post_norm, width)
         && make_projection (random, &self->projection, config->projection_dim, width);
}

static gboolean
make_text (Random *random, const ClipConfig *config, ClipText *self)
{
  guint width = self->config.width;
  return (self->token = new_random_table (random, (gsize)self->vocab_size * width, 1))
         && (self->position = new_random_table (random, (gsize)self->context_length * width, 0.5f))
         && make_blocks (random, &self->config, &self->blocks) && make_norm (random, &self->final_norm, width)
         && make_projection (random, &self->projection, config->projection_dim, width);
}

ClipModel *
clip_model_new_random (const char *architecture, guint32 seed, ClipPrecision precision, GError **error)
{
  const ClipConfig *config = NULL;
  gboolean outliers = g_str_has_suffix (architecture, OUTLIERS);
  g_autofree char *name = g_strndup (architecture, strlen (architecture) - (outliers ? strlen (OUTLIERS) : 0));
  for (guint i = 0; i < G_N_ELEMENTS (architectures); i++)
    if (g_str_equal (name, architectures[i].name))
      config = &architectures[i].config;
  if (!config) {
    g_autofree char *shown = clip_printable (architecture, -1, CLIP_MESSAGE_VALUE);
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_UNSUPPORTED,
        "architecture '%s' is not one of vit-b-32, vit-b-16, vit-l-14", shown);
    return NULL;
  }

  g_autoptr (ClipModel) self = clip_model_new_empty (config);
  Random random
      = { .state = seed, .precision = precision, .info = &self->info, .pages = &self->pages, .outliers = outliers };
  if (!make_vision (&random, config, self->vision) || !make_text (&random, config, self->text)) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for random weights of %s", architecture);
    return NULL;
  }
  self->info.logit_scale = expf (config->logit_scale);
  self->info.n_parameters = random.n_parameters;
  self->info.name = g_strdup_printf ("random-%s", architecture);
  self->info.fingerprint = g_strdup_printf ("%016x", seed);
  return g_steal_pointer (&self);
}
