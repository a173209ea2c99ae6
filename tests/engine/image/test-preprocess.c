/* SPDX-License-Identifier: MIT
 *
 * test-preprocess.c: preprocessor_config.json as found in real folders, refusals, and its effect on pixels.
 */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "image/image.h"
#include "seed.h"
#include "testdata.h"

static char *folder;        /* made for this run */
static GPtrArray *warnings; /* of the last load */

static gboolean
load (const char *text, guint image_size, ClipPreprocessConfig *config, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "preprocessor_config.json", NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  test_seed_file ("preprocessor_config.json", text, strlen (text));
  g_ptr_array_set_size (warnings, 0);
  gboolean ok = clip_preprocess_config_load (config, folder, image_size, warnings, error);
  g_unlink (path);
  return ok;
}

static ClipPreprocessConfig
load_ok (const char *text, guint image_size)
{
  ClipPreprocessConfig config;
  GError *error = NULL;
  gboolean ok = load (text, image_size, &config, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
  g_assert_cmpuint (warnings->len, ==, 0);
  return config;
}

static void
assert_default (const ClipPreprocessConfig *config, guint size)
{
  static const float mean[] = { 0.48145466f, 0.4578275f, 0.40821073f },
                     std[] = { 0.26862954f, 0.26130258f, 0.27577711f };
  g_assert_true (config->do_resize && config->do_center_crop && config->do_rescale && config->do_normalize);
  g_assert_cmpuint (config->shortest_edge, ==, size);
  g_assert_cmpuint (config->crop_width, ==, size);
  g_assert_cmpuint (config->crop_height, ==, size);
  g_assert_cmpuint (config->resample, ==, CLIP_RESAMPLE_BICUBIC);
  g_assert_true (config->rescale_factor == 1.0 / 255.0);
  g_assert_cmpmem (config->mean, sizeof config->mean, mean, sizeof mean);
  g_assert_cmpmem (config->std, sizeof config->std, std, sizeof std);
}

static void
test_defaults (void)
{
  ClipPreprocessConfig config;
  memset (&config, 0xff, sizeof config);
  g_ptr_array_set_size (warnings, 0);
  g_assert_true (clip_preprocess_config_load (&config, folder, 336, warnings, NULL));
  assert_default (&config, 336);
  /* no file: a warning says that these are CLIP's */
  g_assert_cmpuint (warnings->len, ==, 1);
  static const char *const words[]
      = { "preprocessor_config.json", "defaults", "336", "bicubic", "0.48145466", "0.26862954" };
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    g_assert_nonnull (strstr (warnings->pdata[0], words[i]));

  config = load_ok ("{}", 224);
  assert_default (&config, 224);
  config = load_ok ("{\"size\":null, \"resample\":null, \"image_mean\":null, \"do_resize\":null}", 224);
  assert_default (&config, 224);
}

static void
test_forms (void)
{
  static const char *const equal[] = {
    /* CLIPImageProcessor, as transformers writes it */
    "{\"crop_size\":{\"height\":224,\"width\":224},\"do_center_crop\":true,\"do_convert_rgb\":true,\"do_normalize\":"
    "true,"
    "\"do_rescale\":true,\"do_resize\":true,\"image_mean\":[0.48145466,0.4578275,0.40821073],"
    "\"image_processor_type\":\"CLIPImageProcessor\",\"image_std\":[0.26862954,0.26130258,0.27577711],\"resample\":3,"
    "\"rescale_factor\":0.00392156862745098,\"size\":{\"shortest_edge\":224}}",
    /* CLIPFeatureExtractor, as OpenAI's first folders have it */
    "{\"crop_size\":224,\"do_center_crop\":true,\"do_normalize\":true,\"do_resize\":true,"
    "\"feature_extractor_type\":\"CLIPFeatureExtractor\",\"image_mean\":[0.48145466,0.4578275,0.40821073],"
    "\"image_std\":[0.26862954,0.26130258,0.27577711],\"resample\":3,\"size\":224}",
    "{\"unknown\":{\"deep\":[1,[2]]},\"size\":{\"shortest_edge\":224,\"longest_edge\":null},\"_valid_processor_keys\":["
    "]}",
  };
  for (guint i = 0; i < G_N_ELEMENTS (equal); i++) {
    ClipPreprocessConfig config = load_ok (equal[i], 224);
    assert_default (&config, 224);
  }

  ClipPreprocessConfig config = load_ok ("{\"size\":{\"height\":48,\"width\":40},\"crop_size\":32,\"resample\":2,"
                                         "\"image_mean\":0.5,\"image_std\":[1,2,4],\"do_rescale\":false}",
      32);
  g_assert_cmpuint (config.shortest_edge, ==, 0);
  g_assert_cmpuint (config.resize_width, ==, 40);
  g_assert_cmpuint (config.resize_height, ==, 48);
  g_assert_cmpuint (config.crop_width, ==, 32);
  g_assert_cmpuint (config.resample, ==, CLIP_RESAMPLE_BILINEAR);
  g_assert_true (config.mean[0] == 0.5f && config.mean[1] == 0.5f && config.mean[2] == 0.5f);
  g_assert_true (config.std[0] == 1 && config.std[1] == 2 && config.std[2] == 4);
  g_assert_false (config.do_rescale);

  config = load_ok ("{\"size\":{\"height\":32,\"width\":32},\"do_center_crop\":false}", 32);
  g_assert_false (config.do_center_crop);
  config = load_ok ("{\"size\":[48,40],\"crop_size\":[32,32]}", 32);
  g_assert_cmpuint (config.shortest_edge, ==, 0);
  g_assert_cmpuint (config.resize_width, ==, 40);
  g_assert_cmpuint (config.resize_height, ==, 48);
}

/* transformers 5: the settings are in processor_config.json, which overrides the older file. */
static void
test_nested (void)
{
  static const char nested[] = "{\"image_processor\":{\"do_center_crop\":false,\"image_mean\":[0.5,0.5,0.5],"
                               "\"image_processor_type\":\"CLIPImageProcessor\",\"image_std\":[0.5,0.25,0.5],"
                               "\"resample\":2,\"size\":{\"height\":32,\"width\":32}},"
                               "\"processor_class\":\"CLIPProcessor\"}";
  static const char *const not_nested[] = { "{\"processor_class\":\"CLIPProcessor\"}", "{\"image_processor\":null}" };
  g_autofree char *path = g_build_filename (folder, "processor_config.json", NULL);
  g_assert_true (g_file_set_contents (path, nested, -1, NULL));
  ClipPreprocessConfig config;
  for (guint both = 0; both < 2; both++) {
    g_ptr_array_set_size (warnings, 0);
    if (both)
      config = load_ok ("{\"size\":224,\"crop_size\":32}", 32);
    else
      g_assert_true (clip_preprocess_config_load (&config, folder, 32, warnings, NULL));
    g_assert_cmpuint (warnings->len, ==, 0);
    g_assert_false (config.do_center_crop);
    g_assert_true (config.mean[0] == 0.5f && config.std[1] == 0.25f);
    g_assert_cmpuint (config.resample, ==, CLIP_RESAMPLE_BILINEAR);
    g_assert_cmpuint (config.shortest_edge, ==, 0);
    g_assert_cmpuint (config.resize_width, ==, 32);
  }

  /* the file of transformers 4 has no image settings */
  for (guint i = 0; i < G_N_ELEMENTS (not_nested); i++) {
    g_assert_true (g_file_set_contents (path, not_nested[i], -1, NULL));
    config = load_ok ("{\"image_mean\":[0.25,0.25,0.25]}", 224);
    g_assert_true (config.mean[0] == 0.25f);
    g_ptr_array_set_size (warnings, 0);
    g_assert_true (clip_preprocess_config_load (&config, folder, 224, warnings, NULL));
    assert_default (&config, 224);
    g_assert_cmpuint (warnings->len, ==, 1);
  }

  static const struct
  {
    const char *text, *expected;
  } bad[] = {
    { "{\"image_processor\":[]}", "processor_config.json: field 'image_processor': expected an object" },
    { "{\"image_processor\":{\"size\":0}}", "processor_config.json: field 'image_processor.size'" },
    { "{\"image_processor\":{\"size\":{\"shortest_edge\":0}}}", "field 'image_processor.size.shortest_edge'" },
    { "{\"image_processor\":{\"image_mean\":[1,2,null]}}", "field 'image_processor.image_mean[2]'" },
    { "{\"image_processor\":{\"crop_size\":225}}", "field 'image_processor.crop_size': found 225x225" },
    { "{", "processor_config.json" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    g_assert_true (g_file_set_contents (path, bad[i].text, -1, NULL));
    g_assert_false (load ("{}", 224, &config, &error));
    if (!strstr (error->message, bad[i].expected))
      g_error ("expected '%s' in: %s", bad[i].expected, error->message);
  }
  g_unlink (path);
}

static void
test_refusals (void)
{
  static const struct
  {
    const char *text;
    ClipErrorCode code;
    const char *expected; /* in the message, besides the file's name */
  } cases[] = {
    { "{\"size\":[224]}", CLIP_ERROR_FORMAT, "field 'size': expected [height, width], found an array of 1" },
    { "{\"size\":[224,\"x\"]}", CLIP_ERROR_FORMAT, "field 'size': element 1: expected a whole number 1..4096" },
    { "{\"size\":[0,224]}", CLIP_ERROR_FORMAT, "field 'size': element 0" },
    { "{\"size\":{\"shortest_edge\":224,\"longest_edge\":300}}", CLIP_ERROR_UNSUPPORTED,
        "field 'size': 'longest_edge' is not supported beside 'shortest_edge'" },
    { "{\"size\":{\"longest_edge\":224}}", CLIP_ERROR_UNSUPPORTED, "field 'size': 'longest_edge' is not supported" },
    { "{\"size\":{\"shortest_edge\":224,\"height\":224,\"width\":224}}", CLIP_ERROR_FORMAT, "found both" },
    { "{\"do_pad\":true}", CLIP_ERROR_UNSUPPORTED, "field 'do_pad'" },
    { "{\"image_processor_type\":\"ViTImageProcessor\"}", CLIP_ERROR_UNSUPPORTED,
        "field 'image_processor_type': \"ViTImageProcessor\" is not CLIPImageProcessor" },
    { "{\"feature_extractor_type\":\"ViTFeatureExtractor\"}", CLIP_ERROR_UNSUPPORTED,
        "field 'feature_extractor_type'" },
    { "{\"size\":{\"height\":224}}", CLIP_ERROR_FORMAT, "field 'size': expected a number" },
    { "{\"size\":{\"shortest_edge\":0}}", CLIP_ERROR_FORMAT, "field 'size.shortest_edge'" },
    { "{\"size\":{\"shortest_edge\":4097}}", CLIP_ERROR_FORMAT, "field 'size.shortest_edge'" },
    { "{\"size\":224.5}", CLIP_ERROR_FORMAT, "field 'size'" },
    { "{\"size\":-1}", CLIP_ERROR_FORMAT, "field 'size'" },
    { "{\"crop_size\":\"224\"}", CLIP_ERROR_FORMAT, "field 'crop_size': expected a number" },
    { "{\"crop_size\":{\"height\":224,\"width\":1e9}}", CLIP_ERROR_FORMAT, "field 'crop_size.width'" },
    { "{\"crop_size\":336}", CLIP_ERROR_MODEL, "field 'crop_size': found 336x336, the image tower takes 224x224" },
    { "{\"crop_size\":{\"height\":224,\"width\":225}}", CLIP_ERROR_MODEL, "field 'crop_size': found 225x224" },
    { "{\"do_center_crop\":false,\"size\":{\"height\":32,\"width\":224}}", CLIP_ERROR_MODEL,
        "field 'size': found 224x32" },
    { "{\"do_center_crop\":false}", CLIP_ERROR_UNSUPPORTED, "field 'do_center_crop'" },
    { "{\"do_center_crop\":false,\"do_resize\":false}", CLIP_ERROR_UNSUPPORTED, "field 'do_center_crop'" },
    { "{\"do_resize\":1}", CLIP_ERROR_FORMAT, "field 'do_resize'" },
    { "{\"resample\":6}", CLIP_ERROR_FORMAT, "field 'resample'" },
    { "{\"resample\":\"bicubic\"}", CLIP_ERROR_FORMAT, "field 'resample'" },
    { "{\"image_mean\":[0.5,0.5]}", CLIP_ERROR_FORMAT, "field 'image_mean': expected 3 numbers, found an array of 2" },
    { "{\"image_mean\":[0.5,0.5,\"x\"]}", CLIP_ERROR_FORMAT, "field 'image_mean[2]'" },
    { "{\"image_mean\":\"x\"}", CLIP_ERROR_FORMAT, "field 'image_mean'" },
    { "{\"image_mean\":[0.5,0.5,1e300]}", CLIP_ERROR_FORMAT, "field 'image_mean[2]'" },
    { "{\"image_std\":[0.5,0,0.5]}", CLIP_ERROR_FORMAT,
        "field 'image_std[1]': expected a number 1e-06..1000000, found 0" },
    { "{\"image_std\":[0.5,-1,0.5]}", CLIP_ERROR_FORMAT, "field 'image_std[1]'" },
    { "{\"image_std\":1e-30}", CLIP_ERROR_FORMAT, "field 'image_std'" },
    { "{\"rescale_factor\":0}", CLIP_ERROR_FORMAT, "field 'rescale_factor'" },
    { "[]", CLIP_ERROR_FORMAT, "" },
    { "{", CLIP_ERROR_FORMAT, "" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    ClipPreprocessConfig config, before;
    memset (&config, 0x5a, sizeof config);
    before = config;
    g_assert_false (load (cases[i].text, 224, &config, &error));
    g_test_message ("%s", error->message);
    g_assert_error (error, CLIP_ERROR, (gint)cases[i].code);
    g_assert_nonnull (strstr (error->message, "preprocessor_config.json: "));
    g_assert_nonnull (strstr (error->message, cases[i].expected));
    g_assert_null (strchr (error->message, '\n'));
    g_assert_cmpmem (&config, sizeof config, &before, sizeof before);
  }

  g_autoptr (GError) error = NULL;
  ClipPreprocessConfig config;
  g_autofree char *path = g_build_filename (folder, "preprocessor_config.json", NULL);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0); /* a folder where a file should be */
  g_assert_false (clip_preprocess_config_load (&config, folder, 224, warnings, &error));
  g_assert_error (error, CLIP_ERROR, CLIP_ERROR_FILE);
  g_rmdir (path);
}

/* transformers: float32 (float64 (value) * factor), then (value - mean) / std in float32. */
static void
test_values (void)
{
  static const char *const texts[] = {
    "{\"size\":16,\"crop_size\":16}",
    "{\"size\":16,\"crop_size\":16,\"do_rescale\":false,\"image_mean\":[100,128,3],\"image_std\":[7,50,64]}",
    "{\"size\":16,\"crop_size\":16,\"do_normalize\":false}",
    "{\"size\":16,\"crop_size\":16,\"do_normalize\":false,\"do_rescale\":false}",
    "{\"size\":16,\"crop_size\":16,\"rescale_factor\":0.0078125,\"image_mean\":1,\"image_std\":1}",
  };
  guint8 rgb[16 * 16 * 3];
  for (guint i = 0; i < sizeof rgb; i++)
    rgb[i] = (guint8)(i / 3 + i % 3 * 85); /* each channel has all 256 values */
  ClipImage image = { CLIP_FORMAT_RGB, 16, 16, { rgb }, { 48 } };
  for (guint t = 0; t < G_N_ELEMENTS (texts); t++) {
    ClipPreprocessConfig config = load_ok (texts[t], 16);
    g_autoptr (ClipImagePipe) pipe = clip_image_pipe_new (&config, 16, CLIP_FIT_CROP, CLIP_CROP_FLOOR);
    float pixels[3 * 16 * 16];
    g_assert_true (clip_image_pipe_run (pipe, &image, pixels, NULL));
    for (guint c = 0; c < 3; c++)
      for (guint i = 0; i < 256; i++) {
        double exact = rgb[3 * i + c] * (config.do_rescale ? config.rescale_factor : 1.0);
        if (config.do_normalize)
          exact = (exact - config.mean[c]) / config.std[c];
        g_assert_cmpfloat (fabs (pixels[c * 256 + i] - exact), <=, 1e-6 * MAX (1, fabs (exact)));
      }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("cliptag-preprocess-XXXXXX", NULL);
  g_assert_nonnull (folder);
  warnings = g_ptr_array_new_with_free_func (g_free);
  g_test_add_func ("/preprocess/defaults", test_defaults);
  g_test_add_func ("/preprocess/nested", test_nested);
  g_test_add_func ("/preprocess/forms", test_forms);
  g_test_add_func ("/preprocess/refusals", test_refusals);
  g_test_add_func ("/preprocess/values", test_values);
  gint result = g_test_run ();
  g_rmdir (folder);
  g_free (folder);
  g_ptr_array_unref (warnings);
  return result;
}
