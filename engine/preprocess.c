/* SPDX-License-Identifier: MIT
 *
 * preprocess.c: preprocessor_config.json, over CLIP's defaults.
 *
 * Takes what CLIPImageProcessor of transformers takes, and the older CLIPFeatureExtractor's plain numbers for sizes.
 * Other keys are ignored: real files have many. Bounded: sizes to CLIP_INPUT_MAX_SIDE, numbers to a million.
 */
#include "image.h"
#include "json.h"

#include <errno.h>
#include <unistd.h>
#include <glib/gstdio.h>

#define MAX_NUMBER  1e6
#define MIN_DIVISOR 1e-6

void
clip_preprocess_config_init (ClipPreprocessConfig *config, guint image_size)
{
  *config = (ClipPreprocessConfig){
    .do_resize = TRUE,
    .shortest_edge = image_size,
    .resample = CLIP_RESAMPLE_BICUBIC,
    .do_center_crop = TRUE,
    .crop_width = image_size,
    .crop_height = image_size,
    .do_rescale = TRUE,
    .rescale_factor = 1.0 / 255.0,
    .do_normalize = TRUE,
    .mean = { 0.48145466f, 0.4578275f, 0.40821073f },
    .std = { 0.26862954f, 0.26130258f, 0.27577711f },
  };
}

/* "size" and "crop_size": a number, or an object with shortest_edge or with height and width. Of the three outputs
 * those that the file does not name become 0; all stay as they are when it has no such member. */
static gboolean
read_size (const ClipJson *doc, const char *name, guint *edge, guint *width, guint *height, GError **error)
{
  const ClipJsonValue *root = clip_json_root (doc);
  const ClipJsonValue *value = clip_json_member (root, name);
  if (clip_json_type (value) == CLIP_JSON_NULL) /* absent or null */
    return TRUE;

  guint new_edge = 0, new_width = 0, new_height = 0;
  if (clip_json_type (value) == CLIP_JSON_NUMBER) {
    if (!clip_json_get_uint (doc, root, "", name, 1, CLIP_INPUT_MAX_SIDE, &new_edge, error))
      return FALSE;
  } else if (clip_json_type (value) == CLIP_JSON_OBJECT) {
    if (!clip_json_get_uint (doc, value, name, "shortest_edge", 1, CLIP_INPUT_MAX_SIDE, &new_edge, error)
        || !clip_json_get_uint (doc, value, name, "width", 1, CLIP_INPUT_MAX_SIDE, &new_width, error)
        || !clip_json_get_uint (doc, value, name, "height", 1, CLIP_INPUT_MAX_SIDE, &new_height, error))
      return FALSE;
  }
  if (!new_edge && !(new_width && new_height)) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT,
        "%s: field '%s': expected a number, or an object with 'shortest_edge' or with 'height' and 'width'",
        clip_json_name (doc), name);
    return FALSE;
  }
  *edge = new_edge;
  *width = new_edge ? 0 : new_width;
  *height = new_edge ? 0 : new_height;
  return TRUE;
}

/* One number for each channel, or one for all. */
static gboolean
read_channels (const ClipJson *doc, const char *name, double min, float *values, GError **error)
{
  const ClipJsonValue *value = clip_json_member (clip_json_root (doc), name);
  if (clip_json_type (value) != CLIP_JSON_ARRAY) {
    if (!clip_json_get_float (doc, clip_json_root (doc), "", name, min, MAX_NUMBER, &values[0], error))
      return FALSE;
    if (clip_json_type (value) == CLIP_JSON_NUMBER)
      values[1] = values[2] = values[0];
    return TRUE;
  }

  if (clip_json_length (value) != 3) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: field '%s': expected 3 numbers, found an array of %u",
        clip_json_name (doc), name, clip_json_length (value));
    return FALSE;
  }
  for (guint c = 0; c < 3; c++) {
    double number;
    gboolean is_number = clip_json_as_double (clip_json_element (value, c), &number);
    if (!is_number || number < min || number > MAX_NUMBER) {
      char low[G_ASCII_DTOSTR_BUF_SIZE], found[G_ASCII_DTOSTR_BUF_SIZE] = "something else";
      if (is_number)
        g_ascii_formatd (found, sizeof found, "%.9g", number);
      g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: field '%s[%u]': expected a number %s..1000000, found %s",
          clip_json_name (doc), name, c, g_ascii_formatd (low, sizeof low, "%.9g", min), found);
      return FALSE;
    }
    values[c] = (float)number;
  }
  return TRUE;
}

/* The reader checks and reports; the value is wanted in double. */
static gboolean
read_rescale_factor (const ClipJson *doc, double *factor, GError **error)
{
  float rounded;
  if (!clip_json_get_float (doc, clip_json_root (doc), "", "rescale_factor", MIN_DIVISOR, MAX_NUMBER, &rounded, error))
    return FALSE;
  clip_json_as_double (clip_json_member (clip_json_root (doc), "rescale_factor"), factor);
  return TRUE;
}

static gboolean
read_flags (const ClipJson *doc, ClipPreprocessConfig *config, GError **error)
{
  const ClipJsonValue *root = clip_json_root (doc);
  return clip_json_get_boolean (doc, root, "", "do_resize", &config->do_resize, error)
         && clip_json_get_boolean (doc, root, "", "do_center_crop", &config->do_center_crop, error)
         && clip_json_get_boolean (doc, root, "", "do_rescale", &config->do_rescale, error)
         && clip_json_get_boolean (doc, root, "", "do_normalize", &config->do_normalize, error);
}

static gboolean
read_crop (const ClipJson *doc, ClipPreprocessConfig *config, GError **error)
{
  guint edge = 0;
  if (!read_size (doc, "crop_size", &edge, &config->crop_width, &config->crop_height, error))
    return FALSE;
  if (edge)
    config->crop_width = config->crop_height = edge;
  return TRUE;
}

/* Whatever frame comes in, image_size x image_size must come out. */
static gboolean
check_result (const ClipJson *doc, const ClipPreprocessConfig *config, guint image_size, GError **error)
{
  if (config->do_center_crop) {
    if (config->crop_width == image_size && config->crop_height == image_size)
      return TRUE;
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MODEL, "%s: field 'crop_size': found %ux%u, the image tower takes %ux%u",
        clip_json_name (doc), config->crop_width, config->crop_height, image_size, image_size);
    return FALSE;
  }
  if (config->do_resize && !config->shortest_edge) {
    if (config->resize_width == image_size && config->resize_height == image_size)
      return TRUE;
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MODEL, "%s: field 'size': found %ux%u, the image tower takes %ux%u",
        clip_json_name (doc), config->resize_width, config->resize_height, image_size, image_size);
    return FALSE;
  }
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_UNSUPPORTED,
      "%s: field 'do_center_crop': false leaves pictures of any shape; the image tower takes %ux%u",
      clip_json_name (doc), image_size, image_size);
  return FALSE;
}

gboolean
clip_preprocess_config_load (ClipPreprocessConfig *config, const char *path, guint image_size, GError **error)
{
  ClipPreprocessConfig new_config;
  clip_preprocess_config_init (&new_config, image_size);
  if (g_access (path, F_OK) != 0 && errno == ENOENT) {
    *config = new_config;
    return TRUE;
  }

  g_autoptr (ClipJson) doc = clip_json_load (path, CLIP_JSON_MAX_CONFIG, error);
  guint resample = new_config.resample;
  if (!doc || !read_flags (doc, &new_config, error)
      || !read_size (doc, "size", &new_config.shortest_edge, &new_config.resize_width, &new_config.resize_height, error)
      || !read_crop (doc, &new_config, error)
      || !clip_json_get_uint (doc, clip_json_root (doc), "", "resample", 0, CLIP_RESAMPLE_HAMMING, &resample, error)
      || !read_rescale_factor (doc, &new_config.rescale_factor, error)
      || !read_channels (doc, "image_mean", -MAX_NUMBER, new_config.mean, error)
      || !read_channels (doc, "image_std", MIN_DIVISOR, new_config.std, error)
      || !check_result (doc, &new_config, image_size, error))
    return FALSE;

  new_config.resample = resample;
  *config = new_config;
  return TRUE;
}
