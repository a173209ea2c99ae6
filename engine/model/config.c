/* SPDX-License-Identifier: MIT
 *
 * config.c: see config.h. The defaults are those of transformers' CLIPConfig, CLIPTextConfig and CLIPVisionConfig.
 * Bounds are far beyond any known model; they keep all derived sizes within 64 bits.
 */
#include "model/config.h"

#include "clip.h"
#include "clip-json.h"
#include "clip-message.h"

#define MAX_WIDTH  65536
#define MAX_LAYERS 1024

/* Of a picture. Attention's time grows with their square: some minutes a layer for so many. */
#define MAX_TOKENS 65536

/* A file may omit any field that equals these, as files written by transformers 4 do. */
static const ClipConfig class_defaults = {
  .vision = { 768, 3072, 12, 12, CLIP_ACTIVATION_QUICK_GELU, 1e-5f },
  .text = { 512, 2048, 12, 8, CLIP_ACTIVATION_QUICK_GELU, 1e-5f },
  .image_size = 224,
  .patch_size = 32,
  .context_length = 77,
  .vocab_size = 49408,
  .eos_token_id = 49407,
  .projection_dim = 512,
  .logit_scale = 2.6592f,
};

static gboolean fail_config (GError **error, ClipErrorCode code, const ClipJson *doc, const char *where,
    const char *name, const char *format, ...) G_GNUC_PRINTF (6, 7);

static gboolean
fail_config (GError **error, ClipErrorCode code, const ClipJson *doc, const char *where, const char *name,
    const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *detail = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (
      error, CLIP_ERROR, code, "%s: field '%s%s%s': %s", clip_json_name (doc), where, *where ? "." : "", name, detail);
  return FALSE;
}

static gboolean
read_activation (
    const ClipJson *doc, const ClipJsonValue *object, const char *where, ClipActivation *ret_activation, GError **error)
{
  static const struct
  {
    const char *name;
    ClipActivation activation;
  } known[] = {
    { "quick_gelu", CLIP_ACTIVATION_QUICK_GELU },
    { "gelu", CLIP_ACTIVATION_GELU },
    { "gelu_python", CLIP_ACTIVATION_GELU },
    { "gelu_new", CLIP_ACTIVATION_GELU_TANH },
    { "gelu_fast", CLIP_ACTIVATION_GELU_TANH },
    { "gelu_accurate", CLIP_ACTIVATION_GELU_TANH },
    { "gelu_pytorch_tanh", CLIP_ACTIVATION_GELU_TANH },
  };
  const char *name = "quick_gelu";
  if (!clip_json_get_string (doc, object, where, "hidden_act", &name, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (name, known[i].name)) {
      *ret_activation = known[i].activation;
      return TRUE;
    }
  g_autofree char *shown = clip_printable (name, -1, CLIP_MESSAGE_VALUE);
  return fail_config (error, CLIP_ERROR_UNSUPPORTED, doc, where, "hidden_act",
      "\"%s\" is not one of quick_gelu, gelu and its tanh forms gelu_new, gelu_fast, gelu_pytorch_tanh", shown);
}

/* What both towers have in common, read over the defaults in `tower`. */
static gboolean
read_tower_config (
    const ClipJson *doc, const ClipJsonValue *object, const char *where, ClipTowerConfig *tower, GError **error)
{
  if (!clip_json_get_uint (doc, object, where, "hidden_size", 1, MAX_WIDTH, &tower->width, error)
      || !clip_json_get_uint (doc, object, where, "intermediate_size", 1, 16 * MAX_WIDTH, &tower->intermediate, error)
      || !clip_json_get_uint (doc, object, where, "num_hidden_layers", 1, MAX_LAYERS, &tower->n_layers, error)
      || !clip_json_get_uint (doc, object, where, "num_attention_heads", 1, MAX_WIDTH, &tower->n_heads, error)
      || !clip_json_get_float (doc, object, where, "layer_norm_eps", 0, 1, &tower->eps, error)
      || !read_activation (doc, object, where, &tower->activation, error))
    return FALSE;
  if (tower->width % tower->n_heads)
    return fail_config (error, CLIP_ERROR_MODEL, doc, where, "num_attention_heads", "%u does not divide hidden_size %u",
        tower->n_heads, tower->width);
  return TRUE;
}

/* A number that transformers 5 lets be a list as well: of one value, or of the same one twice (height and width). */
static gboolean
get_uint_or_list (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name, guint min,
    guint max, guint *value, GError **error)
{
  const ClipJsonValue *list = clip_json_member (object, name);
  if (clip_json_type (list) != CLIP_JSON_ARRAY)
    return clip_json_get_uint (doc, object, where, name, min, max, value, error);

  gint64 first = 0;
  guint n = clip_json_length (list);
  for (guint i = 0; i < n; i++) {
    gint64 each;
    if (!clip_json_as_int (clip_json_element (list, i), &each) || each < min || each > max)
      return fail_config (
          error, CLIP_ERROR_FORMAT, doc, where, name, "element %u: expected a whole number %u..%u", i, min, max);
    if (i && each != first)
      return fail_config (error, CLIP_ERROR_UNSUPPORTED, doc, where, name,
          "a list of different values, %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT "; expected one", first, each);
    first = each;
  }
  if (!n)
    return fail_config (
        error, CLIP_ERROR_FORMAT, doc, where, name, "an empty list; expected a whole number %u..%u", min, max);
  *value = (guint)first;
  return TRUE;
}

static gboolean
read_text_config (
    const ClipJson *doc, const ClipJsonValue *object, const char *where, ClipConfig *config, GError **error)
{
  config->text = class_defaults.text;
  config->vocab_size = class_defaults.vocab_size;
  config->context_length = class_defaults.context_length;
  config->eos_token_id = class_defaults.eos_token_id;
  return read_tower_config (doc, object, where, &config->text, error)
         && clip_json_get_uint (doc, object, where, "vocab_size", 2, 1 << 24, &config->vocab_size, error)
         && clip_json_get_uint (
             doc, object, where, "max_position_embeddings", 2, 1 << 16, &config->context_length, error)
         && get_uint_or_list (doc, object, where, "eos_token_id", 0, 1 << 24, &config->eos_token_id, error);
}

static gboolean
read_vision_config (
    const ClipJson *doc, const ClipJsonValue *object, const char *where, ClipConfig *config, GError **error)
{
  guint channels = 3;
  config->vision = class_defaults.vision;
  config->image_size = class_defaults.image_size;
  config->patch_size = class_defaults.patch_size;
  if (!read_tower_config (doc, object, where, &config->vision, error)
      || !get_uint_or_list (doc, object, where, "image_size", 1, 4096, &config->image_size, error)
      || !get_uint_or_list (doc, object, where, "patch_size", 1, 4096, &config->patch_size, error)
      || !clip_json_get_uint (doc, object, where, "num_channels", 1, 4096, &channels, error))
    return FALSE;
  if (config->patch_size > config->image_size)
    return fail_config (error, CLIP_ERROR_MODEL, doc, where, "patch_size", "%u is larger than image_size %u",
        config->patch_size, config->image_size);
  guint per_side = config->image_size / config->patch_size;
  if (per_side * per_side >= MAX_TOKENS)
    return fail_config (error, CLIP_ERROR_UNSUPPORTED, doc, where, "image_size",
        "%u with patch_size %u makes %u patches; at most %u tokens, the class token included, are supported",
        config->image_size, config->patch_size, per_side * per_side, MAX_TOKENS);
  if (channels != 3)
    return fail_config (error, CLIP_ERROR_UNSUPPORTED, doc, where, "num_channels", "expected 3, found %u", channels);
  return TRUE;
}

/* CLIPVisionModel and CLIPTextModel have no projection, unlike those …WithProjection. */
static gboolean
read_architecture (const ClipJson *doc, ClipConfig *config, GError **error)
{
  const ClipJsonValue *list = clip_json_member (clip_json_root (doc), "architectures");
  if (clip_json_type (list) == CLIP_JSON_NULL)
    return TRUE;
  if (clip_json_type (list) != CLIP_JSON_ARRAY)
    return fail_config (error, CLIP_ERROR_FORMAT, doc, "", "architectures", "expected an array of strings");
  for (guint i = 0; i < clip_json_length (list); i++)
    if (!g_strcmp0 (clip_json_as_string (clip_json_element (list, i)),
            config->has_vision ? "CLIPVisionModel" : "CLIPTextModel")) {
      config->no_projection = TRUE;
      config->projection_dim = config->has_vision ? config->vision.width : config->text.width;
    }
  return TRUE;
}

typedef gboolean (*ReadPart) (const ClipJson *, const ClipJsonValue *, const char *, ClipConfig *, GError **);

/* A nested configuration, then its deprecated "…_dict" twin. Where there is one, transformers' CLIPConfig makes a whole
 * configuration of it, with the class's defaults for what it lacks, and lets all of that override the other: nothing of
 * the other is left, even what the twin does not name. */
static gboolean
read_nested (
    const ClipJson *doc, const char *name, const char *dict_name, ReadPart read, ClipConfig *config, GError **error)
{
  const ClipJsonValue *root = clip_json_root (doc), *nested = NULL, *dict = NULL;
  if (!clip_json_get_object (doc, root, "", name, &nested, error)
      || !clip_json_get_object (doc, root, "", dict_name, &dict, error))
    return FALSE;
  return (!nested || read (doc, nested, name, config, error)) && (!dict || read (doc, dict, dict_name, config, error));
}

/* Whether it describes a CLIP at all: with defaults alone any weights of the base model's shapes would load. The file
 * beside open_clip's configuration is timm's. */
static gboolean
check_is_clip (const ClipJson *doc, const char *path, GError **error)
{
  static const char *const ours[]
      = { "model_type", "vision_config", "vision_config_dict", "text_config", "text_config_dict" };
  const ClipJsonValue *root = clip_json_root (doc);
  for (guint i = 0; i < G_N_ELEMENTS (ours); i++)
    if (clip_json_member (root, ours[i]))
      return TRUE;

  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *open_clip = g_build_filename (folder, "open_clip_config.json", NULL);
  gboolean is_open_clip = g_file_test (open_clip, G_FILE_TEST_EXISTS);
  if (is_open_clip || clip_json_member (root, "architecture"))
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_UNSUPPORTED,
        "%s: a timm configuration (no 'model_type')%s; expected a folder in transformers' format, as its "
        "save_pretrained() writes it",
        clip_json_name (doc), is_open_clip ? " beside open_clip_config.json: a model in open_clip's format" : "");
  else
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MODEL,
        "%s: not a CLIP configuration: found none of 'model_type', 'vision_config' and 'text_config'",
        clip_json_name (doc));
  return FALSE;
}

gboolean
clip_config_load (ClipConfig *config, const char *path, GError **error)
{
  g_autoptr (ClipJson) doc = clip_json_load (path, CLIP_JSON_MAX_CONFIG, error);
  if (!doc)
    return FALSE;
  const ClipJsonValue *root = clip_json_root (doc);

  if (!check_is_clip (doc, path, error))
    return FALSE;

  *config = class_defaults;
  const char *type = "clip";
  if (!clip_json_get_string (doc, root, "", "model_type", &type, error)
      || !clip_json_get_uint (doc, root, "", "projection_dim", 1, MAX_WIDTH, &config->projection_dim, error)
      || !clip_json_get_float (doc, root, "", "logit_scale_init_value", -50, 50, &config->logit_scale, error))
    return FALSE;

  if (g_str_equal (type, "clip")) {
    config->has_vision = config->has_text = TRUE;
    return read_nested (doc, "vision_config", "vision_config_dict", read_vision_config, config, error)
           && read_nested (doc, "text_config", "text_config_dict", read_text_config, config, error);
  }
  if (g_str_equal (type, "clip_vision_model")) {
    config->has_vision = TRUE;
    return read_vision_config (doc, root, "", config, error) && read_architecture (doc, config, error);
  }
  if (g_str_equal (type, "clip_text_model")) {
    config->has_text = TRUE;
    return read_text_config (doc, root, "", config, error) && read_architecture (doc, config, error);
  }
  g_autofree char *shown = clip_printable (type, -1, CLIP_MESSAGE_VALUE);
  return fail_config (error, CLIP_ERROR_UNSUPPORTED, doc, "", "model_type",
      "\"%s\" is not one of clip, clip_vision_model, clip_text_model", shown);
}
