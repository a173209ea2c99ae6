/* SPDX-License-Identifier: MIT
 *
 * randommodel.h: Hugging Face folders with seeded random weights in BF16, for what loads a folder and does not care
 * what the labels are: the image tower has a real architecture's shape, the text tower is tiny, so that prompts cost
 * nothing. Spread as engine/model/random.c has it, so that numbers stay in their usual range through all layers.
 */
#ifndef RANDOMMODEL_H
#define RANDOMMODEL_H

#include <math.h>
#include <stdio.h>

#include "tempfolder.h"
#include "testvocab.h"

typedef struct
{
  const char *name;
  guint width, n_layers, n_heads, patch_size, image_size, projection_dim;
} RandomShape;

static const RandomShape random_shapes[] = {
  { "vit-b-32", 768, 12, 12, 32, 224, 512 },
  { "vit-l-14", 1024, 24, 16, 14, 224, 768 },
  { "tiny", 32, 2, 2, 16, 64, 32 },
  { "most-tokens", 8, 1, 1, 1, 255, 8 },
};

#define RANDOM_TEXT_WIDTH   32u
#define RANDOM_TEXT_LAYERS  2u
#define RANDOM_TEXT_CONTEXT 77u

typedef struct
{
  char *name;
  guint64 shape[4];
  guint n_dims;
  gsize n;
  float centre, deviation;
} RandomTensor;

static inline void
random_tensor_clear (gpointer data)
{
  g_free (((RandomTensor *)data)->name);
}

/* Up to four dimensions, 0 = there is none. */
static inline void
random_add (
    GArray *tensors, float centre, float deviation, const guint64 shape[4], const char *prefix, const char *name)
{
  RandomTensor tensor = { g_strconcat (prefix, name, NULL), .n = 1, .centre = centre, .deviation = deviation };
  for (; tensor.n_dims < 4 && shape[tensor.n_dims]; tensor.n_dims++) {
    tensor.shape[tensor.n_dims] = shape[tensor.n_dims];
    tensor.n *= shape[tensor.n_dims];
  }
  g_array_append_val (tensors, tensor);
}

#define RANDOM_SHAPE(...) ((const guint64[4]){ __VA_ARGS__ })

static inline void
random_add_norm (GArray *tensors, const char *prefix, guint n)
{
  random_add (tensors, 1, 0.1f, RANDOM_SHAPE (n), prefix, ".weight");
  random_add (tensors, 0, 0.05f, RANDOM_SHAPE (n), prefix, ".bias");
}

static inline void
random_add_linear (GArray *tensors, const char *prefix, guint n_out, guint n_in, float deviation)
{
  random_add (tensors, 0, deviation, RANDOM_SHAPE (n_out, n_in), prefix, ".weight");
  random_add (tensors, 0, 0.05f, RANDOM_SHAPE (n_out), prefix, ".bias");
}

static inline void
random_add_blocks (GArray *tensors, const char *tower, guint width, guint n_layers)
{
  static const char *const attention_parts[] = { "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj" };
  float attention = 1 / sqrtf ((float)width), residual = attention / sqrtf (2 * (float)n_layers);
  for (guint layer = 0; layer < n_layers; layer++) {
    g_autofree char *prefix = g_strdup_printf ("%s.encoder.layers.%u.", tower, layer);
    for (guint i = 0; i < G_N_ELEMENTS (attention_parts); i++) {
      g_autofree char *name = g_strconcat (prefix, attention_parts[i], NULL);
      random_add_linear (tensors, name, width, width, attention);
    }
    g_autofree char *out = g_strconcat (prefix, "self_attn.out_proj", NULL);
    g_autofree char *fc1 = g_strconcat (prefix, "mlp.fc1", NULL), *fc2 = g_strconcat (prefix, "mlp.fc2", NULL);
    g_autofree char *ln1 = g_strconcat (prefix, "layer_norm1", NULL), *ln2 = g_strconcat (prefix, "layer_norm2", NULL);
    random_add_linear (tensors, out, width, width, residual);
    random_add_linear (tensors, fc1, 4 * width, width, attention / sqrtf (2));
    random_add_linear (tensors, fc2, width, 4 * width, residual);
    random_add_norm (tensors, ln1, width);
    random_add_norm (tensors, ln2, width);
  }
}

static inline GArray *
random_tensors (const RandomShape *shape, guint vocab_size)
{
  GArray *tensors = g_array_new (FALSE, TRUE, sizeof (RandomTensor));
  g_array_set_clear_func (tensors, random_tensor_clear);
  guint width = shape->width, patch = shape->patch_size, side = shape->image_size / patch, text = RANDOM_TEXT_WIDTH;
  const char *vision = "vision_model.", *words = "text_model.";

  random_add (tensors, 0, 1, RANDOM_SHAPE (width), vision, "embeddings.class_embedding");
  random_add (tensors, 0, 1 / sqrtf (3.0f * (float)(patch * patch)), RANDOM_SHAPE (width, 3, patch, patch), vision,
      "embeddings.patch_embedding.weight");
  random_add (tensors, 0, 0.3f, RANDOM_SHAPE (side * side + 1, width), vision, "embeddings.position_embedding.weight");
  random_add_norm (tensors, "vision_model.pre_layrnorm", width);
  random_add_blocks (tensors, "vision_model", width, shape->n_layers);
  random_add_norm (tensors, "vision_model.post_layernorm", width);
  random_add (tensors, 0, 1 / sqrtf ((float)width), RANDOM_SHAPE (shape->projection_dim, width), "",
      "visual_projection.weight");

  random_add (tensors, 0, 1, RANDOM_SHAPE (vocab_size, text), words, "embeddings.token_embedding.weight");
  random_add (
      tensors, 0, 0.3f, RANDOM_SHAPE (RANDOM_TEXT_CONTEXT, text), words, "embeddings.position_embedding.weight");
  random_add_blocks (tensors, "text_model", text, RANDOM_TEXT_LAYERS);
  random_add_norm (tensors, "text_model.final_layer_norm", text);
  random_add (
      tensors, 0, 1 / sqrtf ((float)text), RANDOM_SHAPE (shape->projection_dim, text), "", "text_projection.weight");
  random_add (tensors, 4.6f, 0, RANDOM_SHAPE (1), "", "logit_scale");
  ((RandomTensor *)(void *)tensors->data)[tensors->len - 1].n_dims = 0;
  return tensors;
}

/* Uniform around `centre`; xorshift64*. */
static inline guint16
random_bf16 (guint64 *state, float centre, float deviation)
{
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  guint64 bits = *state * 0x2545f4914f6cdd1du;
  float value = centre + ((float)(bits >> 40) / (float)(1 << 23) - 1) * 1.7320508f * deviation;
  guint32 word;
  memcpy (&word, &value, sizeof word);
  return (guint16)((word + 0x8000) >> 16);
}

static inline gboolean
random_write_tensors (const char *path, GArray *tensors)
{
  GString *header = g_string_new ("{");
  gsize offset = 0;
  for (guint i = 0; i < tensors->len; i++) {
    const RandomTensor *tensor = &g_array_index (tensors, RandomTensor, i);
    g_string_append_printf (header, "%s\"%s\":{\"dtype\":\"BF16\",\"shape\":[", i ? "," : "", tensor->name);
    for (guint d = 0; d < tensor->n_dims; d++)
      g_string_append_printf (header, "%s%" G_GUINT64_FORMAT, d ? "," : "", tensor->shape[d]);
    g_string_append_printf (
        header, "],\"data_offsets\":[%" G_GSIZE_FORMAT ",%" G_GSIZE_FORMAT "]}", offset, offset + 2 * tensor->n);
    offset += 2 * tensor->n;
  }
  g_string_append_c (header, '}');

  guint64 length = GUINT64_TO_LE (header->len), state = 1;
  FILE *file = fopen (path, "wb");
  gboolean ok = file && fwrite (&length, sizeof length, 1, file) == 1
                && fwrite (header->str, 1, header->len, file) == header->len;
  guint16 block[4096];
  for (guint i = 0; ok && i < tensors->len; i++) {
    const RandomTensor *tensor = &g_array_index (tensors, RandomTensor, i);
    for (gsize done = 0; ok && done < tensor->n;) {
      gsize n = MIN (G_N_ELEMENTS (block), tensor->n - done);
      for (gsize k = 0; k < n; k++)
        block[k] = GUINT16_TO_LE (random_bf16 (&state, tensor->centre, tensor->deviation));
      ok = fwrite (block, sizeof *block, n, file) == n;
      done += n;
    }
  }
  ok = file && fclose (file) == 0 && ok;
  g_string_free (header, TRUE);
  return ok;
}

/* A new temporary folder with a model of this shape (random_shapes); test_remove_folder() takes it
 * away. NULL where it cannot be written. */
static inline char *
random_model (const char *name)
{
  const RandomShape *shape = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (random_shapes); i++)
    if (g_str_equal (random_shapes[i].name, name))
      shape = &random_shapes[i];
  g_assert_nonnull (shape);

  g_autoptr (GPtrArray) pieces = test_vocab_pieces (NULL, 0);
  g_autoptr (GArray) tensors = random_tensors (shape, pieces->len);
  g_autofree char *folder = test_temporary_folder (), *vocab = test_vocab_json (pieces);
  g_autofree char *merges = test_merges_txt (NULL, 0);
  g_autofree char *config = g_strdup_printf (
      "{\"model_type\":\"clip\",\"projection_dim\":%u,"
      "\"vision_config\":{\"hidden_size\":%u,\"intermediate_size\":%u,\"num_hidden_layers\":%u,"
      "\"num_attention_heads\":%u,\"image_size\":%u,\"patch_size\":%u},"
      "\"text_config\":{\"hidden_size\":%u,\"intermediate_size\":%u,\"num_hidden_layers\":%u,"
      "\"num_attention_heads\":2,\"vocab_size\":%u,\"max_position_embeddings\":%u,\"eos_token_id\":%u}}",
      shape->projection_dim, shape->width, 4 * shape->width, shape->n_layers, shape->n_heads, shape->image_size,
      shape->patch_size, RANDOM_TEXT_WIDTH, 4 * RANDOM_TEXT_WIDTH, RANDOM_TEXT_LAYERS, pieces->len, RANDOM_TEXT_CONTEXT,
      pieces->len - 1);
  g_autofree char *preprocessor
      = g_strdup_printf ("{\"size\":{\"shortest_edge\":%u},\"crop_size\":{\"height\":%u,\"width\":%u}}",
          shape->image_size, shape->image_size, shape->image_size);
  g_autofree char *weights = g_build_filename (folder, "model.safetensors", NULL);
  test_write (folder, "config.json", config, -1);
  test_write (folder, "preprocessor_config.json", preprocessor, -1);
  test_write (folder, "vocab.json", vocab, -1);
  test_write (folder, "merges.txt", merges, -1);
  if (random_write_tensors (weights, tensors))
    return g_steal_pointer (&folder);
  test_remove_folder (folder);
  return NULL;
}

#endif
