/* SPDX-License-Identifier: MIT
 *
 * preprocess.c: the image processor's settings, over CLIP's defaults. See preprocess.h.
 *
 * They are in "image_processor" of processor_config.json (transformers 5), else in preprocessor_config.json. Accepts
 * what transformers' CLIPImageProcessor does, and sizes as plain numbers as in the older CLIPFeatureExtractor. Other
 * keys are ignored: real files have many. Bounds: sizes to CLIP_INPUT_MAX_SIDE, numbers to a million.
 */
#include "image/preprocess.h"
#include "clip-json.h"
#include "clip-message.h"

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

/* The object with the settings; `where` is its name in the document, "" for the root. */
typedef struct
{
  ClipJson *doc;
  const ClipJsonValue *object;
  const char *where;
} Source;

static gboolean fail_field (const Source *source, ClipErrorCode code, const char *name, GError **error,
    const char *format, ...) G_GNUC_PRINTF (5, 6);

/* "FILE: field 'NAME': …"; always FALSE. */
static gboolean
fail_field (const Source *source, ClipErrorCode code, const char *name, GError **error, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, CLIP_ERROR, code, "%s: field '%s%s%s': %s", clip_json_name (source->doc), source->where,
      *source->where ? "." : "", name, what);
  return FALSE;
}

static gboolean
read_pair (
    const Source *source, const char *name, const ClipJsonValue *array, guint *height, guint *width, GError **error)
{
  guint *sides[] = { height, width };
  if (clip_json_length (array) != 2)
    return fail_field (source, CLIP_ERROR_FORMAT, name, error, "expected [height, width], found an array of %u",
        clip_json_length (array));
  for (guint i = 0; i < 2; i++) {
    gint64 side;
    if (!clip_json_as_int (clip_json_element (array, i), &side) || side < 1 || side > CLIP_INPUT_MAX_SIDE)
      return fail_field (
          source, CLIP_ERROR_FORMAT, name, error, "element %u: expected a whole number 1..%d", i, CLIP_INPUT_MAX_SIDE);
    *sides[i] = (guint)side;
  }
  return TRUE;
}

/* "size" and "crop_size": a number, [height, width], or an object with shortest_edge or with height and width. Outputs
 * that the file does not name become 0; without the member all are untouched. */
static gboolean
read_size (const Source *source, const char *name, guint *edge, guint *width, guint *height, GError **error)
{
  const ClipJson *doc = source->doc;
  const ClipJsonValue *value = clip_json_member (source->object, name);
  if (clip_json_type (value) == CLIP_JSON_NULL) /* absent or null */
    return TRUE;

  guint new_edge = 0, new_width = 0, new_height = 0;
  if (clip_json_type (value) == CLIP_JSON_NUMBER) {
    if (!clip_json_get_uint (doc, source->object, source->where, name, 1, CLIP_INPUT_MAX_SIDE, &new_edge, error))
      return FALSE;
  } else if (clip_json_type (value) == CLIP_JSON_ARRAY) {
    if (!read_pair (source, name, value, &new_height, &new_width, error))
      return FALSE;
  } else if (clip_json_type (value) == CLIP_JSON_OBJECT) {
    g_autofree char *where = g_strconcat (source->where, *source->where ? "." : "", name, NULL);
    if (!clip_json_get_uint (doc, value, where, "shortest_edge", 1, CLIP_INPUT_MAX_SIDE, &new_edge, error)
        || !clip_json_get_uint (doc, value, where, "width", 1, CLIP_INPUT_MAX_SIDE, &new_width, error)
        || !clip_json_get_uint (doc, value, where, "height", 1, CLIP_INPUT_MAX_SIDE, &new_height, error))
      return FALSE;
    /* transformers would bound the long side, too, and make the short one smaller than requested. */
    if (clip_json_type (clip_json_member (value, "longest_edge")) != CLIP_JSON_NULL)
      return fail_field (source, CLIP_ERROR_UNSUPPORTED, name, error, "'longest_edge' is not supported%s",
          new_edge ? " beside 'shortest_edge'" : "");
    if (new_edge && (new_width || new_height))
      return fail_field (
          source, CLIP_ERROR_FORMAT, name, error, "expected 'shortest_edge' or 'height' and 'width', found both");
  }
  if (!new_edge && !(new_width && new_height))
    return fail_field (source, CLIP_ERROR_FORMAT, name, error,
        "expected a number, [height, width], or an object with 'shortest_edge' or with 'height' and 'width'");
  *edge = new_edge;
  *width = new_width;
  *height = new_height;
  return TRUE;
}

/* A number per channel, or one for all. */
static gboolean
read_channels (const Source *source, const char *name, double min, float *values, GError **error)
{
  const ClipJsonValue *value = clip_json_member (source->object, name);
  if (clip_json_type (value) != CLIP_JSON_ARRAY) {
    if (!clip_json_get_float (source->doc, source->object, source->where, name, min, MAX_NUMBER, &values[0], error))
      return FALSE;
    if (clip_json_type (value) == CLIP_JSON_NUMBER)
      values[1] = values[2] = values[0];
    return TRUE;
  }

  if (clip_json_length (value) != 3)
    return fail_field (
        source, CLIP_ERROR_FORMAT, name, error, "expected 3 numbers, found an array of %u", clip_json_length (value));
  for (guint c = 0; c < 3; c++) {
    double number;
    gboolean is_number = clip_json_as_double (clip_json_element (value, c), &number);
    if (!is_number || number < min || number > MAX_NUMBER) {
      char low[G_ASCII_DTOSTR_BUF_SIZE], found[G_ASCII_DTOSTR_BUF_SIZE] = "something else";
      if (is_number)
        g_ascii_formatd (found, sizeof found, "%.9g", number);
      g_autofree char *element = g_strdup_printf ("%s[%u]", name, c);
      return fail_field (source, CLIP_ERROR_FORMAT, element, error, "expected a number %s..1000000, found %s",
          g_ascii_formatd (low, sizeof low, "%.9g", min), found);
    }
    values[c] = (float)number;
  }
  return TRUE;
}

/* clip_json_get_float() checks and reports; the value is needed in double. */
static gboolean
read_rescale_factor (const Source *source, double *factor, GError **error)
{
  float rounded;
  if (!clip_json_get_float (
          source->doc, source->object, source->where, "rescale_factor", MIN_DIVISOR, MAX_NUMBER, &rounded, error))
    return FALSE;
  clip_json_as_double (clip_json_member (source->object, "rescale_factor"), factor);
  return TRUE;
}

static gboolean
read_flag (const Source *source, const char *name, gboolean *value, GError **error)
{
  return clip_json_get_boolean (source->doc, source->object, source->where, name, value, error);
}

static gboolean
read_flags (const Source *source, ClipPreprocessConfig *config, GError **error)
{
  gboolean pad = FALSE;
  if (!read_flag (source, "do_resize", &config->do_resize, error)
      || !read_flag (source, "do_center_crop", &config->do_center_crop, error)
      || !read_flag (source, "do_rescale", &config->do_rescale, error)
      || !read_flag (source, "do_normalize", &config->do_normalize, error)
      || !read_flag (source, "do_pad", &pad, error))
    return FALSE;
  return !pad || fail_field (source, CLIP_ERROR_UNSUPPORTED, "do_pad", error, "padding is not supported");
}

/* Other classes read the same keys differently and have other defaults for missing ones. */
static gboolean
check_class (const Source *source, GError **error)
{
  static const char *const names[] = { "image_processor_type", "feature_extractor_type" };
  static const char *const known[]
      = { "CLIPImageProcessor", "CLIPImageProcessorFast", "CLIPImageProcessorPil", "CLIPFeatureExtractor" };
  for (guint n = 0; n < G_N_ELEMENTS (names); n++) {
    const char *type = known[0];
    gboolean is_known = FALSE;
    if (!clip_json_get_string (source->doc, source->object, source->where, names[n], &type, error))
      return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS (known) && !is_known; i++)
      is_known = g_str_equal (type, known[i]);
    if (!is_known) {
      g_autofree char *shown = clip_printable (type, -1, CLIP_MESSAGE_VALUE);
      return fail_field (source, CLIP_ERROR_UNSUPPORTED, names[n], error, "\"%s\" is not CLIPImageProcessor", shown);
    }
    if (clip_json_member (source->object, names[n])) /* the newer key overrides a stale older one */
      break;
  }
  return TRUE;
}

static gboolean
read_crop (const Source *source, ClipPreprocessConfig *config, GError **error)
{
  guint edge = 0;
  if (!read_size (source, "crop_size", &edge, &config->crop_width, &config->crop_height, error))
    return FALSE;
  if (edge)
    config->crop_width = config->crop_height = edge;
  return TRUE;
}

/* Frames of any size must become image_size x image_size. */
static gboolean
check_result (const Source *source, const ClipPreprocessConfig *config, guint image_size, GError **error)
{
  if (config->do_center_crop) {
    if (config->crop_width == image_size && config->crop_height == image_size)
      return TRUE;
    return fail_field (source, CLIP_ERROR_MODEL, "crop_size", error, "found %ux%u, the image tower takes %ux%u",
        config->crop_width, config->crop_height, image_size, image_size);
  }
  if (config->do_resize && !config->shortest_edge) {
    if (config->resize_width == image_size && config->resize_height == image_size)
      return TRUE;
    return fail_field (source, CLIP_ERROR_MODEL, "size", error, "found %ux%u, the image tower takes %ux%u",
        config->resize_width, config->resize_height, image_size, image_size);
  }
  return fail_field (source, CLIP_ERROR_UNSUPPORTED, "do_center_crop", error,
      "false leaves pictures of any shape; the image tower takes %ux%u", image_size, image_size);
}

static gboolean
read_settings (const Source *source, ClipPreprocessConfig *config, guint image_size, GError **error)
{
  guint resample = config->resample;
  if (!check_class (source, error) || !read_flags (source, config, error)
      || !read_size (source, "size", &config->shortest_edge, &config->resize_width, &config->resize_height, error)
      || !read_crop (source, config, error)
      || !clip_json_get_uint (
          source->doc, source->object, source->where, "resample", 0, CLIP_RESAMPLE_HAMMING, &resample, error)
      || !read_rescale_factor (source, &config->rescale_factor, error)
      || !read_channels (source, "image_mean", -MAX_NUMBER, config->mean, error)
      || !read_channels (source, "image_std", MIN_DIVISOR, config->std, error)
      || !check_result (source, config, image_size, error))
    return FALSE;
  config->resample = resample;
  return TRUE;
}

/* ---- Files --------------------------------------------------------------------------------------------- */

static void
warn_of_defaults (GPtrArray *warnings, const char *folder, guint image_size)
{
  g_autofree char *shown = clip_printable (folder, -1, CLIP_MESSAGE_PATH);
  g_ptr_array_add (warnings,
      g_strdup_printf (
          "%s: no preprocessor_config.json, nor processor_config.json with 'image_processor': taking CLIP's defaults, "
          "short side to %u bicubic, centre crop, mean 0.48145466 0.4578275 0.40821073, "
          "deviation 0.26862954 0.26130258 0.27577711",
          shown, image_size));
}

/* Sets source->doc to the document with the settings, or leaves it NULL if no file has any. */
static gboolean
open_source (Source *source, const char *folder, GError **error)
{
  static const char *const files[] = { "processor_config.json", "preprocessor_config.json" };
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_build_filename (folder, files[i], NULL);
    if (g_access (path, F_OK) != 0 && errno == ENOENT)
      continue;
    g_autoptr (ClipJson) doc = clip_json_load (path, CLIP_JSON_MAX_CONFIG, error);
    if (!doc)
      return FALSE;
    const ClipJsonValue *object = clip_json_root (doc);
    /* processor_config.json of transformers 4 has no image settings. */
    if (i == 0 && !clip_json_get_object (doc, clip_json_root (doc), "", "image_processor", &object, error))
      return FALSE;
    if (i == 0 && object == clip_json_root (doc))
      continue;
    *source = (Source){ .doc = g_steal_pointer (&doc), .object = object, .where = i == 0 ? "image_processor" : "" };
    return TRUE;
  }
  return TRUE;
}

gboolean
clip_preprocess_config_load (
    ClipPreprocessConfig *config, const char *folder, guint image_size, GPtrArray *warnings, GError **error)
{
  ClipPreprocessConfig new_config;
  clip_preprocess_config_init (&new_config, image_size);
  Source source = { NULL };
  if (!open_source (&source, folder, error))
    return FALSE;
  if (!source.doc)
    warn_of_defaults (warnings, folder, image_size);
  gboolean ok = !source.doc || read_settings (&source, &new_config, image_size, error);
  clip_json_free (source.doc);
  if (ok)
    *config = new_config;
  return ok;
}
