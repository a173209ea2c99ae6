/* SPDX-License-Identifier: MIT
 *
 * test-config.c: config.json in the forms that transformers 4 and 5 write and read, and those of other libraries, which
 * are recognised.
 */
#include <string.h>

#include "clip.h"
#include "model/config.h"
#include "tempfolder.h"

static char *folder; /* made for this run */

static gboolean
load (const char *text, ClipConfig *config, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);
  test_write (folder, "config.json", text, -1);
  return clip_config_load (config, path, error);
}

static ClipConfig
load_ok (const char *text)
{
  ClipConfig config;
  GError *error = NULL;
  gboolean ok = load (text, &config, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
  return config;
}

static void
test_lists (void)
{
  ClipConfig config = load_ok ("{\"model_type\":\"clip\",\"text_config\":{\"eos_token_id\":[7]},"
                               "\"vision_config\":{\"image_size\":[64,64],\"patch_size\":[16]}}");
  g_assert_cmpuint (config.eos_token_id, ==, 7);
  g_assert_cmpuint (config.image_size, ==, 64);
  g_assert_cmpuint (config.patch_size, ==, 16);
  config = load_ok ("{\"model_type\":\"clip_vision_model\",\"image_size\":[96,96],\"patch_size\":[8,8]}");
  g_assert_cmpuint (config.image_size, ==, 96);
  g_assert_cmpuint (config.patch_size, ==, 8);
}

/* transformers fills a "…_dict" with its class's defaults and lets all of that override the other; an empty one, too.
 */
static void
test_dicts (void)
{
  static const char vision[] = "\"vision_config\":{\"hidden_act\":\"gelu\",\"layer_norm_eps\":0.1,\"patch_size\":16}";
  static const char text[] = "\"text_config\":{\"hidden_act\":\"gelu\",\"num_hidden_layers\":3,\"eos_token_id\":9}";
  static const struct
  {
    const char *more;
    gboolean vision_goes, text_goes;
  } cases[] = {
    { "\"vision_config_dict\":null,\"text_config_dict\":null", FALSE, FALSE },
    { "\"vision_config_dict\":{\"image_size\":96}", TRUE, FALSE },
    { "\"text_config_dict\":{\"vocab_size\":99}", FALSE, TRUE },
    { "\"vision_config_dict\":{},\"text_config_dict\":{}", TRUE, TRUE },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *json = g_strdup_printf ("{\"model_type\":\"clip\",%s,%s,%s}", vision, text, cases[i].more);
    ClipConfig config = load_ok (json);
    gboolean goes = cases[i].vision_goes;
    g_assert_cmpint (config.vision.activation, ==, goes ? CLIP_ACTIVATION_QUICK_GELU : CLIP_ACTIVATION_GELU);
    g_assert_cmpfloat (config.vision.eps, ==, goes ? 1e-5f : 0.1f);
    g_assert_cmpuint (config.patch_size, ==, goes ? 32 : 16);
    g_assert_cmpuint (config.image_size, ==, i == 1 ? 96 : 224);
    goes = cases[i].text_goes;
    g_assert_cmpint (config.text.activation, ==, goes ? CLIP_ACTIVATION_QUICK_GELU : CLIP_ACTIVATION_GELU);
    g_assert_cmpuint (config.text.n_layers, ==, goes ? 12 : 3);
    g_assert_cmpuint (config.eos_token_id, ==, goes ? 49407 : 9);
    g_assert_cmpuint (config.vocab_size, ==, i == 2 ? 99 : 49408);
  }
}

static void
test_towers (void)
{
  static const struct
  {
    const char *json;
    gboolean no_projection;
    guint dim;
  } cases[] = {
    { "{\"model_type\":\"clip_vision_model\",\"projection_dim\":7}", FALSE, 7 },
    { "{\"model_type\":\"clip_vision_model\",\"projection_dim\":7,\"hidden_size\":24,"
      "\"architectures\":[\"CLIPVisionModelWithProjection\"]}",
        FALSE, 7 },
    { "{\"model_type\":\"clip_vision_model\",\"projection_dim\":7,\"hidden_size\":24,"
      "\"architectures\":[\"CLIPVisionModel\"]}",
        TRUE, 24 },
    { "{\"model_type\":\"clip_text_model\",\"projection_dim\":7,\"hidden_size\":16,"
      "\"architectures\":[\"CLIPTextModel\"]}",
        TRUE, 16 },
    { "{\"model_type\":\"clip\",\"projection_dim\":7,\"architectures\":[\"CLIPModel\"]}", FALSE, 7 },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    ClipConfig config = load_ok (cases[i].json);
    g_assert_cmpint (config.no_projection, ==, cases[i].no_projection);
    g_assert_cmpuint (config.projection_dim, ==, cases[i].dim);
  }
}

typedef struct
{
  const char *json;
  ClipErrorCode code;
  const char *expected;
} Refusal;

static void
check_refusal (const Refusal *one)
{
  ClipConfig config;
  g_autoptr (GError) error = NULL;
  g_assert_false (load (one->json, &config, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, CLIP_ERROR, (gint)one->code);
  g_assert_nonnull (strstr (error->message, "config.json: "));
  g_assert_null (strchr (error->message, '\n'));
  if (!strstr (error->message, one->expected))
    g_error ("expected '%s' in: %s", one->expected, error->message);
}

static void
test_refusals (void)
{
  static const Refusal cases[] = {
    { "{\"vision_config\":{\"image_size\":[]}}", CLIP_ERROR_FORMAT, "field 'vision_config.image_size': an empty list" },
    { "{\"vision_config\":{\"image_size\":[224,336]}}", CLIP_ERROR_UNSUPPORTED,
        "field 'vision_config.image_size': a list of different values, 224 and 336" },
    { "{\"vision_config\":{\"image_size\":[224,4097]}}", CLIP_ERROR_FORMAT, "'vision_config.image_size': element 1" },
    { "{\"vision_config\":{\"patch_size\":[0]}}", CLIP_ERROR_FORMAT, "'vision_config.patch_size': element 0" },
    { "{\"vision_config\":{\"patch_size\":[\"16\"]}}", CLIP_ERROR_FORMAT, "'vision_config.patch_size': element 0" },
    { "{\"vision_config\":{\"patch_size\":[16.5]}}", CLIP_ERROR_FORMAT, "'vision_config.patch_size': element 0" },
    { "{\"vision_config\":{\"patch_size\":[[16]]}}", CLIP_ERROR_FORMAT, "'vision_config.patch_size': element 0" },
    { "{\"text_config\":{\"eos_token_id\":[2,7]}}", CLIP_ERROR_UNSUPPORTED, "field 'text_config.eos_token_id'" },
    { "{\"text_config\":{\"eos_token_id\":[-1]}}", CLIP_ERROR_FORMAT, "'text_config.eos_token_id': element 0" },
    { "{\"text_config_dict\":{\"vocab_size\":0}}", CLIP_ERROR_FORMAT, "field 'text_config_dict.vocab_size'" },
    { "{\"text_config_dict\":[]}", CLIP_ERROR_FORMAT, "field 'text_config_dict'" },
    { "{\"vision_config_dict\":{\"hidden_act\":\"relu\"}}", CLIP_ERROR_UNSUPPORTED,
        "field 'vision_config_dict.hidden_act': \"relu\"" },
    { "{\"model_type\":\"clip_vision_model\",\"architectures\":\"CLIPVisionModel\"}", CLIP_ERROR_FORMAT,
        "field 'architectures'" },
    { "{\"model_type\":\"si\\nglip\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
      "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}",
        CLIP_ERROR_UNSUPPORTED, "field 'model_type': \"si\\nglip" },
    /* not a word of CLIP: with the defaults alone any weights of the base model's shapes would do */
    { "{}", CLIP_ERROR_MODEL, "not a CLIP configuration" },
    { "{\"_name_or_path\":\"x\",\"projection_dim\":512}", CLIP_ERROR_MODEL, "not a CLIP configuration" },
    { "{\"architecture\":\"vit_base_patch32_clip_224\",\"num_classes\":512}", CLIP_ERROR_UNSUPPORTED,
        "a timm configuration (no 'model_type'); expected a folder in transformers' format" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    check_refusal (&cases[i]);

  test_write (folder, "open_clip_config.json", "{}", -1);
  check_refusal (&(Refusal){ "{\"architecture\":\"vit_base_patch32_clip_224\"}", CLIP_ERROR_UNSUPPORTED,
      "a timm configuration (no 'model_type') beside open_clip_config.json: a model in open_clip's format" });
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  folder = test_temporary_folder ();
  g_test_add_func ("/config/lists", test_lists);
  g_test_add_func ("/config/dicts", test_dicts);
  g_test_add_func ("/config/towers", test_towers);
  g_test_add_func ("/config/refusals", test_refusals);
  gint result = g_test_run ();
  test_remove_folder (folder);
  g_free (folder);
  return result;
}
