/* SPDX-License-Identifier: MIT
 *
 * identity.c: see identity.h.
 */
#include "model/identity.h"

static void
checksum_value (GChecksum *checksum, const char *name, double value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *line = g_strdup_printf ("%s=%s\n", name, g_ascii_dtostr (number, sizeof number, value));
  g_checksum_update (checksum, (const guchar *)line, -1);
}

static void
checksum_tower (GChecksum *checksum, const char *name, const ClipTowerConfig *config)
{
  checksum_value (checksum, name, config->n_layers);
  checksum_value (checksum, "heads", config->n_heads);
  checksum_value (checksum, "activation", config->activation);
  checksum_value (checksum, "eps", config->eps);
}

char *
clip_model_make_fingerprint (const ClipModel *self, const ClipSafetensors *tensors, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  if (self->vision) {
    const ClipPreprocessConfig *preprocess = &self->vision->preprocess;
    checksum_tower (checksum, "vision", &self->vision->config);
    checksum_value (checksum, "image", self->vision->image_size);
    checksum_value (checksum, "edge", preprocess->do_resize ? preprocess->shortest_edge : 0);
    checksum_value (checksum, "width", preprocess->do_resize ? preprocess->resize_width : 0);
    checksum_value (checksum, "height", preprocess->do_resize ? preprocess->resize_height : 0);
    checksum_value (checksum, "resample", preprocess->resample);
    checksum_value (checksum, "crop", preprocess->do_center_crop);
    checksum_value (checksum, "rescale", preprocess->do_rescale ? preprocess->rescale_factor : 1);
    for (guint i = 0; i < 3; i++) {
      checksum_value (checksum, "mean", preprocess->do_normalize ? preprocess->mean[i] : 0);
      checksum_value (checksum, "std", preprocess->do_normalize ? preprocess->std[i] : 1);
    }
  }
  if (self->text) {
    checksum_tower (checksum, "text", &self->text->config);
    checksum_value (checksum, "eos", self->text->eos_token_id);
    clip_tokenizer_fingerprint (self->text->tokenizer, checksum);
  }
  if (self->vision && self->text && !clip_safetensors_find (tensors, "logit_scale"))
    checksum_value (checksum, "scale", self->info.logit_scale);
  if (!clip_safetensors_fingerprint (tensors, checksum, error) || !clip_safetensors_check (tensors, error))
    return NULL;
  return g_strndup (g_checksum_get_string (checksum), 16);
}

/* "clip-vit-base-patch32" of a plain folder; of a download cache's "models--openai--NAME/snapshots/HASH" the NAME. */
char *
clip_model_make_name (const char *path)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autofree char *parent = g_path_get_dirname (absolute);
  g_autofree char *parent_name = g_path_get_basename (parent);
  if (g_str_equal (parent_name, "snapshots")) {
    g_autofree char *repository = g_path_get_dirname (parent);
    g_autofree char *repository_name = g_path_get_basename (repository);
    const char *name = g_strrstr (repository_name, "--");
    if (name)
      return g_utf8_make_valid (name + 2, -1);
  }
  g_autofree char *name = g_path_get_basename (absolute);
  return g_utf8_make_valid (name, -1);
}
