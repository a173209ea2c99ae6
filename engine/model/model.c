/* SPDX-License-Identifier: MIT
 *
 * model.c: loads a Hugging Face CLIP folder: configuration, then every tensor by name and shape, then preprocessing and
 * tokenizer. Every shape is checked before use; an unused tensor is an error, too, because it means that the
 * configuration belongs to other weights.
 */
#include "model/model.h"

#include <math.h>
#include <string.h>

#include "clip-message.h"
#include "model/folder.h"
#include "model/identity.h"
#include "model/precision.h"
#include "model/safetensors.h"

/* The longest prompt in the longest template; and the bytes of scratch that the tokenizer needs per byte of text. */
#define MAX_TEXT_BYTES (2 * CLIP_MAX_PROMPT_BYTES)
#define TEXT_SCRATCH   64

/* ---- Taking tensors out of the files ------------------------------------------------------------------- */

typedef struct
{
  const char *folder; /* printable */
  ClipSafetensors *tensors;
  guint8 *taken; /* [tensors] */
  ClipPrecision precision;
  ClipModelInfo *info; /* counts layers */
  ClipPages *pages;
  GPtrArray *warnings;
  gboolean non_finite;
  gsize n_parameters;
  GError **error;
} Loader;

static gboolean
fail_weights_memory (Loader *loader)
{
  g_set_error (loader->error, CLIP_ERROR, CLIP_ERROR_MEMORY, "%s: not enough memory for its weights", loader->folder);
  return FALSE;
}

/* What kind of model the tensors look like, for a file that lacks some; "" if unknown. */
static const char *
describe_tensors (const Loader *loader)
{
  static const struct
  {
    const char *start, *what;
  } known[] = {
    { "classifier.", ": this is a CLIPForImageClassification, which has no projection to embeddings" },
    { "visual.", ": these are open_clip's tensor names; expected transformers' names" },
    { "base_model.model.", ": this is an adapter (PEFT) without its model" },
  };
  gboolean vision = FALSE, text = FALSE;
  for (guint i = 0; i < clip_safetensors_count (loader->tensors); i++) {
    const char *name = clip_safetensors_get (loader->tensors, i)->name;
    for (guint k = 0; k < G_N_ELEMENTS (known); k++)
      if (g_str_has_prefix (name, known[k].start))
        return known[k].what;
    vision |= g_str_has_prefix (name, "vision_model.");
    text |= g_str_has_prefix (name, "text_model.");
  }
  if (vision != text && loader->info->has_vision && loader->info->has_text)
    return vision ? ": this is an image tower alone, but config.json describes a whole CLIP"
                  : ": this is a text tower alone, but config.json describes a whole CLIP";
  return "";
}

/* The tensor `prefix``name` if it has this shape (n_dims values); an error that shows both shapes otherwise. */
static const ClipTensor *
find_tensor (Loader *loader, const char *prefix, const char *name, guint n_dims, const guint64 *shape)
{
  g_autofree char *full = g_strconcat (prefix, name, NULL);
  const ClipTensor *tensor = clip_safetensors_find (loader->tensors, full);
  if (!tensor) {
    g_set_error (loader->error, CLIP_ERROR, CLIP_ERROR_MODEL, "%s: tensor '%s' is missing%s", loader->folder, full,
        describe_tensors (loader));
    return NULL;
  }
  loader->taken[clip_safetensors_index (loader->tensors, tensor)] = TRUE;

  gboolean same = tensor->n_dims == n_dims;
  for (guint i = 0; same && i < n_dims; i++)
    same = tensor->shape[i] == shape[i];
  if (!same) {
    ClipTensor expected = { .n_dims = n_dims };
    memcpy (expected.shape, shape, n_dims * sizeof *shape);
    g_autofree char *found_text = clip_tensor_shape_string (tensor);
    g_autofree char *expected_text = clip_tensor_shape_string (&expected);
    g_set_error (loader->error, CLIP_ERROR, CLIP_ERROR_MODEL, "%s: tensor '%s' has shape %s, config.json asks for %s",
        tensor->file, tensor->name, found_text, expected_text);
    return NULL;
  }
  return tensor;
}

static gboolean
read_tensor (Loader *loader, const char *prefix, const char *name, guint n_dims, const guint64 *shape, float *ret)
{
  const ClipTensor *tensor = find_tensor (loader, prefix, name, n_dims, shape);
  if (!tensor)
    return FALSE;
  gboolean non_finite = FALSE;
  if (!clip_tensor_to_f32 (tensor, ret, &non_finite, loader->error))
    return FALSE;
  if (non_finite && !loader->non_finite)
    g_ptr_array_add (
        loader->warnings, g_strdup_printf ("%s: tensor '%s' has weights that are NaN or infinite: every score may be 0",
                              tensor->file, tensor->name));
  loader->non_finite |= non_finite;
  loader->n_parameters += tensor->n_elements;
  return TRUE;
}

static gboolean
read_vector (Loader *loader, const char *prefix, const char *name, guint n, float *ret)
{
  return read_tensor (loader, prefix, name, 1, (guint64[]){ n }, ret);
}

/* Allocates; rows x n, or a vector of n where rows is 0. Shapes are checked before memory is asked for: a configuration
 * of absurd size is an error about its tensors. */
static float *
read_table (Loader *loader, const char *prefix, const char *name, guint rows, guint n)
{
  guint64 matrix[] = { rows, n }, vector[] = { n };
  guint n_dims = rows ? 2 : 1;
  const guint64 *shape = rows ? matrix : vector;
  if (!find_tensor (loader, prefix, name, n_dims, shape))
    return NULL;
  g_autofree float *table = g_try_new (float, (gsize)MAX (rows, 1) * n);
  if (!table) {
    fail_weights_memory (loader);
    return NULL;
  }
  return read_tensor (loader, prefix, name, n_dims, shape, table) ? g_steal_pointer (&table) : NULL;
}

static gboolean
read_norm (Loader *loader, const char *prefix, const char *name, guint n, ClipNorm *ret)
{
  g_autofree char *weight = g_strconcat (name, ".weight", NULL);
  g_autofree char *bias = g_strconcat (name, ".bias", NULL);
  if (!clip_norm_init (ret, n))
    return fail_weights_memory (loader);
  return read_vector (loader, prefix, weight, n, ret->weight) && read_vector (loader, prefix, bias, n, ret->bias);
}

static gboolean
read_weights (Loader *loader, const char *prefix, const char *name, ClipLinear *linear)
{
  g_autofree char *weight = g_strconcat (name, ".weight", NULL);
  g_autofree char *bias = g_strconcat (name, ".bias", NULL);
  return read_tensor (loader, prefix, weight, 2, (guint64[]){ linear->n_out, linear->n_in }, linear->weight)
         && (!linear->bias || read_vector (loader, prefix, bias, linear->n_out, linear->bias));
}

static gboolean
read_linear (
    Loader *loader, const char *prefix, const char *name, guint n_out, guint n_in, gboolean has_bias, ClipLinear *ret)
{
  g_autofree char *weight = g_strconcat (name, ".weight", NULL);
  if (!find_tensor (loader, prefix, weight, 2, (guint64[]){ n_out, n_in }))
    return FALSE;
  if (!clip_linear_init (ret, n_out, n_in, has_bias))
    return fail_weights_memory (loader);
  return read_weights (loader, prefix, name, ret);
}

/* One of a tower's projections: f32 always. A tower without one gives its pooled output as it is. */
static gboolean
read_projection (Loader *loader, const ClipConfig *config, const char *name, guint n_in, ClipLinear *ret)
{
  if (config->no_projection) {
    g_ptr_array_add (loader->warnings,
        g_strdup_printf ("%s: no '%s.weight', as %s saves it: embeddings are the tower's own pooled output and cannot "
                         "be compared with those of a whole CLIP",
            loader->folder, name, config->has_vision ? "CLIPVisionModel" : "CLIPTextModel"));
    if (!clip_linear_init (ret, n_in, n_in, FALSE))
      return fail_weights_memory (loader);
    for (gsize i = 0; i < (gsize)n_in * n_in; i++)
      ret->weight[i] = i % ((gsize)n_in + 1) == 0;
  } else if (!read_linear (loader, "", name, config->projection_dim, n_in, FALSE, ret)) {
    return FALSE;
  }
  return clip_linear_pack (ret, CLIP_PRECISION_F32, loader->pages) || fail_weights_memory (loader);
}

/* ---- Towers -------------------------------------------------------------------------------------------- */

/* Queries, keys and values as one layer, head by head. */
static gboolean
read_qkv (Loader *loader, const char *prefix, const ClipTowerConfig *config, ClipLinear *ret)
{
  static const char *const names[] = { "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj" };
  guint width = config->width, head_size = width / config->n_heads;
  if (!find_tensor (loader, prefix, "self_attn.q_proj.weight", 2, (guint64[]){ width, width }))
    return FALSE;
  ClipLinear part;
  gboolean done = clip_linear_init (ret, clip_qkv_outputs (width, config->n_heads), width, TRUE);
  if (!clip_linear_init (&part, width, width, TRUE) || !done) {
    clip_linear_clear (&part);
    return fail_weights_memory (loader);
  }
  for (guint i = 0; done && i < G_N_ELEMENTS (names); i++) {
    done = read_weights (loader, prefix, names[i], &part);
    /* softmax (q k^T / sqrt (head size)): the factor goes into the queries once, here. */
    float factor = i == 0 ? 1.0f / sqrtf ((float)head_size) : 1.0f;
    for (guint row = 0; done && row < width; row++) {
      guint to = clip_qkv_output (width, config->n_heads, row / head_size, i) + row % head_size;
      const float *from = part.weight + (gsize)row * width;
      for (guint j = 0; j < width; j++)
        ret->weight[(gsize)to * width + j] = from[j] * factor;
      ret->bias[to] = part.bias[row] * factor;
    }
  }
  clip_linear_clear (&part);
  return done;
}

static gboolean
read_block (Loader *loader, const char *tower, guint layer, const ClipTowerConfig *config, ClipBlock *ret)
{
  guint width = config->width;
  g_autofree char *prefix = g_strdup_printf ("%sencoder.layers.%u.", tower, layer);
  return read_qkv (loader, prefix, config, &ret->qkv) && read_norm (loader, prefix, "layer_norm1", width, &ret->ln1)
         && read_norm (loader, prefix, "layer_norm2", width, &ret->ln2)
         && read_linear (loader, prefix, "self_attn.out_proj", width, width, TRUE, &ret->out)
         && read_linear (loader, prefix, "mlp.fc1", config->intermediate, width, TRUE, &ret->fc1)
         && read_linear (loader, prefix, "mlp.fc2", width, config->intermediate, TRUE, &ret->fc2)
         && (clip_precision_pack_block (loader->info, loader->precision, loader->pages, ret)
             || fail_weights_memory (loader));
}

static gboolean
read_blocks (Loader *loader, const char *tower, const ClipTowerConfig *config, ClipBlock **ret)
{
  *ret = g_try_new0 (ClipBlock, config->n_layers);
  if (!*ret)
    return fail_weights_memory (loader);
  for (guint layer = 0; layer < config->n_layers; layer++)
    if (!read_block (loader, tower, layer, config, &(*ret)[layer]))
      return FALSE;
  return TRUE;
}

static void
free_blocks (ClipBlock *blocks, guint n)
{
  for (guint i = 0; blocks && i < n; i++)
    clip_block_clear (&blocks[i]);
  g_free (blocks);
}

/* The prefix of a tower's tensor names: transformers 5 saves a lone CLIPVisionModel or CLIPTextModel without. */
static const char *
find_prefix (const Loader *loader, const ClipConfig *config, const char *prefix, const char *first)
{
  g_autofree char *full = g_strconcat (prefix, first, NULL);
  gboolean one_tower = !config->has_vision || !config->has_text;
  return one_tower && !clip_safetensors_find (loader->tensors, full) && clip_safetensors_find (loader->tensors, first)
             ? ""
             : prefix;
}

static gboolean
read_vision_tower (Loader *loader, const ClipConfig *config, ClipVision *self)
{
  const char *tower = find_prefix (loader, config, "vision_model.", "embeddings.patch_embedding.weight");
  guint width = self->config.width, patch = self->patch_size;
  guint64 patch_shape[] = { width, 3, patch, patch };

  if (!find_tensor (loader, tower, "embeddings.patch_embedding.weight", 4, patch_shape))
    return FALSE;
  if (!clip_linear_init (&self->patch, width, 3 * patch * patch, FALSE))
    return fail_weights_memory (loader);
  return read_tensor (loader, tower, "embeddings.patch_embedding.weight", 4, patch_shape, self->patch.weight)
         && (clip_precision_pack_patches (loader->precision, loader->pages, &self->patch)
             || fail_weights_memory (loader))
         && (self->class_embedding = read_table (loader, tower, "embeddings.class_embedding", 0, width))
         && (self->position = read_table (loader, tower, "embeddings.position_embedding.weight", self->n_tokens, width))
         && read_norm (loader, tower, "pre_layrnorm", width, &self->pre_norm) /* sic, in every checkpoint */
         && read_blocks (loader, tower, &self->config, &self->blocks)
         && read_norm (loader, tower, "post_layernorm", width, &self->post_norm)
         && read_projection (loader, config, "visual_projection", width, &self->projection);
}

static gboolean
read_text_tower (Loader *loader, const ClipConfig *config, ClipText *self)
{
  const char *tower = find_prefix (loader, config, "text_model.", "embeddings.token_embedding.weight");
  guint width = self->config.width;

  return (self->token = read_table (loader, tower, "embeddings.token_embedding.weight", self->vocab_size, width))
         && (self->position
             = read_table (loader, tower, "embeddings.position_embedding.weight", self->context_length, width))
         && read_blocks (loader, tower, &self->config, &self->blocks)
         && read_norm (loader, tower, "final_layer_norm", width, &self->final_norm)
         && read_projection (loader, config, "text_projection", width, &self->projection);
}

static void
vision_free (ClipVision *self)
{
  if (!self)
    return;
  clip_linear_clear (&self->patch);
  clip_linear_clear (&self->projection);
  clip_norm_clear (&self->pre_norm);
  clip_norm_clear (&self->post_norm);
  free_blocks (self->blocks, self->config.n_layers);
  g_free (self->class_embedding);
  g_free (self->position);
  g_free (self);
}

static void
text_free (ClipText *self)
{
  if (!self)
    return;
  clip_linear_clear (&self->projection);
  clip_norm_clear (&self->final_norm);
  free_blocks (self->blocks, self->config.n_layers);
  clip_tokenizer_free (self->tokenizer);
  clip_known_words_clear (&self->known_words);
  g_free (self->token);
  g_free (self->position);
  g_free (self);
}

/* ---- The whole model ----------------------------------------------------------------------------------- */

/* exp() of the file's parameter (shape [] or [1]), or of the configuration's where the file has none. */
static gboolean
read_logit_scale (Loader *loader, const ClipConfig *config, float *ret)
{
  float value = config->logit_scale;
  const ClipTensor *tensor = clip_safetensors_find (loader->tensors, "logit_scale");
  if (tensor && !read_tensor (loader, "", "logit_scale", tensor->n_dims ? 1 : 0, (guint64[]){ 1 }, &value))
    return FALSE;
  *ret = expf (value);
  return TRUE;
}

static gboolean
check_nothing_left (Loader *loader)
{
  for (guint i = 0; i < clip_safetensors_count (loader->tensors); i++) {
    const ClipTensor *tensor = clip_safetensors_get (loader->tensors, i);
    /* Buffers of old checkpoints: 0, 1, 2, … */
    if (g_str_has_suffix (tensor->name, ".position_ids") || loader->taken[i])
      continue;
    g_autofree char *shown = clip_printable (tensor->name, -1, CLIP_MESSAGE_NAME);
    g_set_error (loader->error, CLIP_ERROR, CLIP_ERROR_MODEL,
        "%s: tensor '%s' is not part of the model that config.json describes", tensor->file, shown);
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_model (Loader *loader, const ClipConfig *config, ClipModel *self)
{
  if ((self->vision && !read_vision_tower (loader, config, self->vision))
      || (self->text && !read_text_tower (loader, config, self->text))
      || !read_logit_scale (loader, config, &self->info.logit_scale) || !check_nothing_left (loader))
    return FALSE;
  self->info.non_finite = loader->non_finite;
  self->info.n_parameters = loader->n_parameters;
  return TRUE;
}

/* The files beside the weights: preprocessing and tokenizer. */
static gboolean
read_companions (ClipModel *self, const char *folder, GError **error)
{
  if (self->vision
      && !clip_preprocess_config_load (
          &self->vision->preprocess, folder, self->vision->image_size, self->warnings, error))
    return FALSE;
  if (self->text) {
    self->text->tokenizer = clip_tokenizer_load (folder, self->text->vocab_size, self->warnings, error);
    if (!self->text->tokenizer || !clip_known_words_load (&self->text->known_words, folder, error))
      return FALSE;
  }
  return TRUE;
}

static ClipSafetensors *
open_weights (const char *folder, GError **error)
{
  GError *local = NULL;
  ClipSafetensors *tensors = clip_safetensors_open_folder (folder, &local);
  if (tensors)
    return tensors;
  g_autofree char *instead = clip_folder_describe_weights (folder);
  /* Those codes alone say that the files are not there; what is wrong with one that is there comes first. */
  gboolean absent = g_error_matches (local, CLIP_ERROR, CLIP_ERROR_NOT_FOUND)
                    || g_error_matches (local, CLIP_ERROR, CLIP_ERROR_UNSUPPORTED);
  g_autofree char *single = g_build_filename (folder, "model.safetensors", NULL);
  g_autofree char *index = g_build_filename (folder, "model.safetensors.index.json", NULL);
  if (!instead || !absent || g_file_test (single, G_FILE_TEST_EXISTS) || g_file_test (index, G_FILE_TEST_EXISTS)) {
    g_propagate_error (error, local);
    return NULL;
  }
  g_clear_error (&local);
  g_autofree char *shown = clip_printable (folder, -1, CLIP_MESSAGE_PATH);
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_UNSUPPORTED, "%s: %s", shown, instead);
  return NULL;
}

ClipModel *
clip_model_new_empty (const ClipConfig *config)
{
  ClipModel *self = g_new0 (ClipModel, 1);
  ClipModelInfo *info = &self->info;
  g_atomic_ref_count_init (&self->ref_count);
  self->warnings = g_ptr_array_new_with_free_func (g_free);
  info->embedding_dim = config->projection_dim;

  if ((info->has_vision = config->has_vision)) {
    guint per_side = config->image_size / config->patch_size;
    self->vision = g_new0 (ClipVision, 1);
    self->vision->config = config->vision;
    self->vision->image_size = info->image_size = config->image_size;
    self->vision->patch_size = info->patch_size = config->patch_size;
    self->vision->n_patches = per_side * per_side;
    self->vision->n_tokens = self->vision->n_patches + 1;
    info->vision_width = config->vision.width;
    info->vision_layers = config->vision.n_layers;
    info->vision_heads = config->vision.n_heads;
  }
  if ((info->has_text = config->has_text)) {
    self->text = g_new0 (ClipText, 1);
    self->text->config = config->text;
    self->text->context_length = info->context_length = config->context_length;
    self->text->vocab_size = info->vocab_size = config->vocab_size;
    self->text->eos_token_id = config->eos_token_id;
    info->text_width = config->text.width;
    info->text_layers = config->text.n_layers;
    info->text_heads = config->text.n_heads;
  }
  return self;
}

ClipModel *
clip_model_load (const char *path, GError **error)
{
  return clip_model_load_full (path, CLIP_PRECISION_F32, error);
}

ClipModel *
clip_model_load_full (const char *path, ClipPrecision precision, GError **error)
{
  ClipConfig config;
  g_autofree char *config_path = g_build_filename (path, "config.json", NULL);
  g_autofree char *shown = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  if (!clip_folder_check (path, error) || !clip_config_load (&config, config_path, error))
    return NULL;
  g_autoptr (ClipSafetensors) tensors = open_weights (path, error);
  if (!tensors)
    return NULL;

  g_autofree guint8 *taken = g_try_new0 (guint8, MAX (clip_safetensors_count (tensors), 1));
  g_autoptr (ClipModel) self = clip_model_new_empty (&config);
  Loader loader = {
    .folder = shown,
    .tensors = tensors,
    .taken = taken,
    .precision = precision,
    .info = &self->info,
    .pages = &self->pages,
    .warnings = self->warnings,
    .error = error,
  };
  if (!taken) {
    fail_weights_memory (&loader);
    return NULL;
  }
  if (!read_model (&loader, &config, self) || !read_companions (self, path, error))
    return NULL;
  self->folder = g_canonicalize_filename (path, NULL);
  self->info.name = clip_model_make_name (path);
  self->info.fingerprint = clip_model_make_fingerprint (self, tensors, error);
  if (!self->info.fingerprint)
    return NULL;
  g_ptr_array_add (self->warnings, NULL);
  return g_steal_pointer (&self);
}

ClipModel *
clip_model_ref (ClipModel *model)
{
  g_atomic_ref_count_inc (&model->ref_count);
  return model;
}

void
clip_model_unref (ClipModel *model)
{
  if (!model || !g_atomic_ref_count_dec (&model->ref_count))
    return;
  vision_free (model->vision);
  text_free (model->text);
  clip_pages_clear (&model->pages);
  g_ptr_array_unref (model->warnings);
  g_free (model->folder);
  g_free ((char *)model->info.name);
  g_free ((char *)model->info.fingerprint);
  g_free (model);
}

const ClipModelInfo *
clip_model_get_info (const ClipModel *model)
{
  return &model->info;
}

const char *const *
clip_model_get_warnings (const ClipModel *model)
{
  static const char *const none[] = { NULL };
  return model->warnings->len ? (const char *const *)model->warnings->pdata : none;
}

/* Whether the tokenizer can read it. */
static gboolean
check_text (const ClipModel *model, const char *text, GError **error)
{
  if (!model->text || !model->text->tokenizer) {
    g_autofree char *name = clip_printable (model->info.name, -1, CLIP_MESSAGE_NAME);
    g_autofree char *shown = clip_printable (text, -1, CLIP_MESSAGE_VALUE);
    g_set_error (
        error, CLIP_ERROR, CLIP_ERROR_NO_TOWER, "%s: no text tower with a tokenizer to read \"%s\"", name, shown);
    return FALSE;
  }
  const char *bad;
  if (strnlen (text, MAX_TEXT_BYTES + 1) > MAX_TEXT_BYTES) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_PROMPTS, "the text is longer than %d bytes", MAX_TEXT_BYTES);
    return FALSE;
  }
  if (!g_utf8_validate (text, -1, &bad)) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_PROMPTS, "the text is not valid UTF-8 at byte %" G_GSIZE_FORMAT,
        (gsize)(bad - text));
    return FALSE;
  }
  /* The memory that cleaning and splitting will need, tried here because GLib aborts the process when it gets none. */
  g_autofree char *reserve = g_try_malloc (TEXT_SCRATCH * strlen (text) + 1);
  if (!reserve) {
    g_set_error_literal (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory to split a text into tokens");
    return FALSE;
  }
  return TRUE;
}

guint
clip_model_tokenize (const ClipModel *model, const char *text, guint32 *ret_ids, GError **error)
{
  if (!check_text (model, text, error))
    return 0;
  return clip_tokenizer_encode (model->text->tokenizer, text, ret_ids, model->text->context_length, NULL);
}

guint
clip_model_count_tokens (const ClipModel *model, const char *text, GError **error)
{
  return check_text (model, text, error) ? (guint)clip_tokenizer_count (model->text->tokenizer, text) : 0;
}
