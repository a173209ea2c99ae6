/* SPDX-License-Identifier: MIT
 *
 * identity.c: see identity.h.
 */
#include "model/identity.h"

static void
add_number (GChecksum *checksum, const char *name, double value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *line = g_strdup_printf ("%s=%s\n", name, g_ascii_dtostr (number, sizeof number, value));
  g_checksum_update (checksum, (const guchar *)line, -1);
}

static void
add_tower (GChecksum *checksum, const char *name, const ClipTowerConfig *config)
{
  add_number (checksum, name, config->n_layers);
  add_number (checksum, "heads", config->n_heads);
  add_number (checksum, "activation", config->activation);
  add_number (checksum, "eps", config->eps);
}

char *
clip_model_make_fingerprint (const ClipModel *self, const ClipSafetensors *tensors, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  if (self->vision) {
    const ClipPreprocessConfig *preprocess = &self->vision->preprocess;
    add_tower (checksum, "vision", &self->vision->config);
    add_number (checksum, "image", self->vision->image_size);
    add_number (checksum, "edge", preprocess->do_resize ? preprocess->shortest_edge : 0);
    add_number (checksum, "width", preprocess->do_resize ? preprocess->resize_width : 0);
    add_number (checksum, "height", preprocess->do_resize ? preprocess->resize_height : 0);
    add_number (checksum, "resample", preprocess->resample);
    add_number (checksum, "crop", preprocess->do_center_crop);
    add_number (checksum, "rescale", preprocess->do_rescale ? preprocess->rescale_factor : 1);
    for (guint i = 0; i < 3; i++) {
      add_number (checksum, "mean", preprocess->do_normalize ? preprocess->mean[i] : 0);
      add_number (checksum, "std", preprocess->do_normalize ? preprocess->std[i] : 1);
    }
  }
  if (self->text) {
    add_tower (checksum, "text", &self->text->config);
    add_number (checksum, "eos", self->text->eos_token_id);
    clip_tokenizer_fingerprint (self->text->tokenizer, checksum);
  }
  if (self->vision && self->text && !clip_safetensors_find (tensors, "logit_scale"))
    add_number (checksum, "scale", self->info.logit_scale);
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
