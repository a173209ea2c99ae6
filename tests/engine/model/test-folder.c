/* SPDX-License-Identifier: MIT
 *
 * test-folder.c: paths that are no model's folder, or contain another library's model: the error says what to do. And
 * the warnings of a folder that loads in spite of an oddity.
 */
#include <math.h>

#include "tempmodel.h"

/* PATH with all parts made as folders; newly allocated. */
static char *
make_folder (const char *path, const char *inside)
{
  char *folder = g_build_filename (path, inside, NULL);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  return folder;
}

static void
test_paths (void)
{
  g_autofree char *home = g_build_filename (g_get_home_dir (), "models/clip", NULL);
  assert_refused ("~/models/clip", "~/models/clip: does not exist", "write ", home, NULL);
  assert_refused ("~", "does not exist", "write ", g_get_home_dir (), NULL);
  assert_refused ("~other/clip", "does not exist", "the whole path", NULL);
  static const char *const names[] = { "openai/clip-vit-base-patch32", "hf://openai/clip-vit-base-patch32",
    "https://huggingface.co/openai/clip-vit-base-patch32",
    "https://huggingface.co/openai/clip-vit-base-patch32/tree/main" };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    assert_refused (names[i], names[i],
        "\"hf download openai/clip-vit-base-patch32 --local-dir clip-vit-base-patch32\", then name the folder "
        "clip-vit-base-patch32",
        NULL);
  /* not a name on the hub */
  assert_refused ("./openai/clip", "does not exist; expected a folder with config.json and model.safetensors", NULL);
  assert_refused ("no\nsuch", "no\\nsuch: does not exist; expected a folder", NULL);

  char *folder = temp_model ("v5-text");
  g_autofree char *weights = g_build_filename (folder, "model.safetensors", NULL);
  assert_refused (weights, "not a folder; name the folder that contains it", NULL);
  temp_model_remove (folder);
}

static void
test_download_cache (void)
{
  g_autofree char *home = test_temporary_folder ();
  g_autofree char *repository = make_folder (home, "hub/models--me--my-clip");
  g_autofree char *snapshots = make_folder (repository, "snapshots");
  assert_refused (repository, "a download cache without a complete model", NULL);

  g_autofree char *old = make_folder (snapshots, "aaaa"), *new = make_folder (snapshots, "bbbb");
  test_write (old, "config.json", "{}", -1);
  assert_refused (repository, "name the folder", "snapshots/aaaa", NULL);
  test_write (new, "config.json", "{}", -1);
  assert_refused (repository, "name one of its snapshots/", NULL); /* which of them is not known */
  g_autofree char *refs = make_folder (repository, "refs");
  test_write (refs, "main", "bbbb\n", -1);
  assert_refused (repository, "name the folder", "snapshots/bbbb", NULL);
  assert_refused (snapshots, "name the folder", "snapshots/bbbb", NULL);
  test_write (refs, "main", "../../../x", -1);
  assert_refused (repository, "name one of its snapshots/", NULL);

  /* a name on the hub that has been downloaded */
  g_setenv ("HF_HOME", home, TRUE);
  test_write (refs, "main", "bbbb", -1);
  assert_refused ("me/my-clip", "It has been downloaded to", new, NULL);
  g_autofree char *hub = g_build_filename (home, "hub", NULL);
  g_setenv ("HF_HUB_CACHE", hub, TRUE);
  g_setenv ("HF_HOME", "/dev/null", TRUE);
  assert_refused ("me/my-clip", "It has been downloaded to", new, NULL);
  assert_refused ("me/other", "hf download me/other", NULL);
  g_unsetenv ("HF_HUB_CACHE");
  g_unsetenv ("HF_HOME");
  test_remove_folder (home);
}

static void
test_other_layouts (void)
{
  g_autofree char *folder = test_temporary_folder ();
  assert_refused (folder, "no config.json in it; expected a folder with config.json", NULL);
  g_autofree char *pooling = make_folder (folder, "1_Pooling"), *clip = make_folder (folder, "0_CLIPModel");
  test_write (pooling, "config.json", "{}", -1);
  test_write (clip, "config.json", "{}", -1);
  assert_refused (folder, "no config.json in it; a sub-folder has one: name", "0_CLIPModel", NULL);
  test_write (folder, "open_clip_config.json", "{}", -1);
  assert_refused (folder, "no config.json in it; it is a model in open_clip's format", NULL);
  test_remove_folder (folder);
}

static void
test_other_weights (void)
{
  static const char *const names[][2] = {
    { "open_clip_model.safetensors", "in open_clip's format" },
    { "open_clip_pytorch_model.safetensors", "in open_clip's format" },
    { "open_clip_pytorch_model.bin", "pickled" },
    { "pytorch_model.bin", "pickled" },
    { "pytorch_model.bin.index.json", "pickled" },
    { "tf_model.h5", "TensorFlow's" },
    { "flax_model.msgpack", "Flax's" },
    { "adapter_model.safetensors", "an adapter" },
  };
  char *folder = temp_model ("v5-text");
  g_autofree char *weights = g_build_filename (folder, "model.safetensors", NULL);
  g_remove (weights);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    test_write (folder, names[i][0], "x", 1);
    assert_refused (folder, folder, names[i][0], names[i][1], "expected model.safetensors", NULL);
    g_autofree char *path = g_build_filename (folder, names[i][0], NULL);
    g_remove (path);
  }
  assert_refused (folder, folder, "model.safetensors", NULL);

  /* one that is there and broken is what the message is about */
  test_write (folder, "pytorch_model.bin", "x", 1);
  test_write (folder, "model.safetensors", "x", 1);
  assert_refused (folder, "model.safetensors: ", NULL);
  temp_model_remove (folder);
}

/* Tensors of something else. Names of the same length, so that offsets stay. */
static void
test_other_tensors (void)
{
  static const char *const cases[][4] = {
    /* from, to, golden folder, expected */
    { "\"visual_projection.weight\"", "\"classifier.weight_______\"", "patch32-quick", "CLIPForImageClassification" },
    { "\"vision_model.embeddings.class_embedding\"", "\"visual.class_embedding_________________\"", "patch32-quick",
        "open_clip's tensor names" },
    { "\"text_projection.weight\"", "\"base_model.model.weigh\"", "patch32-quick", "adapter" },
    { "\"visual_projection.weight\"", "\"visual_projection.weighs\"", "vision-only",
        "tensor 'visual_projection.weight' is missing" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    char *folder = temp_model (cases[i][2]);
    temp_model_replace (folder, "model.safetensors", cases[i][0], cases[i][1]);
    assert_refused (folder, folder, "is missing", cases[i][3], NULL);
    temp_model_remove (folder);
  }

  char *folder = temp_model ("patch32-quick");
  temp_model_replace (folder, "model.safetensors", "\"logit_scale\"", "\"logit\\nscal\"");
  assert_refused (folder, "tensor 'logit\\nscal' is not part of the model", NULL);
  temp_model_remove (folder);

  /* one tower under the whole model's configuration */
  folder = temp_model ("patch32-quick");
  g_autofree char *other = test_golden ("vision-only");
  gsize length;
  g_autofree char *weights = test_read (other, "model.safetensors", &length);
  test_write (folder, "model.safetensors", weights, (gssize)length);
  temp_model_replace (folder, "config.json", "\"vision_config\": {", "\"x\": {");
  temp_model_replace (folder, "config.json", "\"model_type\": \"clip\"",
      "\"model_type\": \"clip\", \"vision_config\": {\"hidden_size\": 24, \"intermediate_size\": 80, \"image_size\": "
      "32, "
      "\"num_attention_heads\": 3, \"num_hidden_layers\": 2, \"patch_size\": 8}");
  temp_model_replace (folder, "config.json", "\"projection_dim\": 28", "\"projection_dim\": 12");
  assert_refused (folder, "is missing", "an image tower alone, but config.json describes a whole CLIP", NULL);
  temp_model_remove (folder);
}

/* ---- Warnings ------------------------------------------------------------------------------------------ */

/* The folder loads with one warning, of these words (NULL-terminated); with none where the first is NULL. */
static void
assert_warns (const char *folder, ...)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipModel) model = clip_model_load (folder, &error);
  g_assert_no_error (error);
  const char *const *warnings = clip_model_get_warnings (model);
  va_list words;
  va_start (words, folder);
  const char *word = va_arg (words, const char *);
  g_assert_cmpuint (g_strv_length ((char **)warnings), ==, word ? 1 : 0);
  for (; word; word = va_arg (words, const char *))
    if (!strstr (warnings[0], word))
      g_error ("\"%s\" does not say \"%s\"", warnings[0], word);
  va_end (words);
  if (warnings[0])
    g_assert_null (strchr (warnings[0], '\n'));
}

static void
test_warnings (void)
{
  char *folder = temp_model ("v5-processor");
  assert_warns (folder, NULL);

  g_autofree char *processor = g_build_filename (folder, "processor_config.json", NULL);
  g_remove (processor);
  assert_warns (folder, folder, "no preprocessor_config.json, nor processor_config.json", "CLIP's defaults",
      "short side to 32 bicubic", "mean 0.48145466", "deviation 0.26862954", NULL);
  temp_model_remove (folder);

  /* NaN: once, with the first tensor's name */
  folder = temp_model ("v5-processor");
  gsize length;
  g_autofree char *content = test_read (folder, "model.safetensors", &length);
  for (gsize i = length - 4096; i + 4 <= length; i += 4)
    memcpy (content + i, &(float){ NAN }, 4);
  test_write (folder, "model.safetensors", content, (gssize)length);
  assert_warns (folder, "model.safetensors: tensor '", "NaN or infinite", NULL);
  temp_model_remove (folder);

  /* steps that CLIP's own class replaces, and a class that does not */
  folder = temp_model ("v5-processor");
  temp_model_replace (folder, "tokenizer.json", "\"Lowercase\"", "\"NFKC\"");
  assert_warns (folder, "tokenizer.json: field 'normalizer': not CLIP's", NULL);
  temp_model_replace (folder, "tokenizer_config.json", "\"CLIPTokenizer\"", "\"TokenizersBackend\"");
  assert_refused (folder, "tokenizer.json: field 'normalizer': not CLIP's", "tokenizer_config.json", NULL);
  temp_model_remove (folder);
}

/* What changes the numbers changes the fingerprint, whichever file it stands in. */
static void
test_fingerprint (void)
{
  static const char *const edits[][3] = {
    { "processor_config.json", "\"resample\": 2", "\"resample\": 3" },
    { "processor_config.json", "0.25", "0.26" },
    { "config.json", "\"layer_norm_eps\": 1e-05", "\"layer_norm_eps\": 1e-04" },
    { "tokenizer.json", "\"normalized\":false", "\"normalized\":true" },
  };
  g_autofree char *golden = test_golden ("v5-processor");
  g_autoptr (ClipModel) model = clip_model_load (golden, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (edits); i++) {
    char *folder = temp_model ("v5-processor");
    temp_model_replace (folder, edits[i][0], edits[i][1], edits[i][2]);
    g_autoptr (GError) error = NULL;
    g_autoptr (ClipModel) other = clip_model_load (folder, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (clip_model_get_info (model)->fingerprint, !=, clip_model_get_info (other)->fingerprint);
    temp_model_remove (folder);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/folder/paths", test_paths);
  g_test_add_func ("/folder/download-cache", test_download_cache);
  g_test_add_func ("/folder/other-layouts", test_other_layouts);
  g_test_add_func ("/folder/other-weights", test_other_weights);
  g_test_add_func ("/folder/other-tensors", test_other_tensors);
  g_test_add_func ("/folder/warnings", test_warnings);
  g_test_add_func ("/folder/fingerprint", test_fingerprint);
  return g_test_run ();
}
