/* SPDX-License-Identifier: MIT
 *
 * test-hostile.c: broken model folders. Each is refused with one line that names the file and what is wrong with it.
 */
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

#include "model/random.h"
#include "slowly.h"
#include "tempmodel.h"

static const char weights[] = "model.safetensors";

static void
test_missing_files (void)
{
  char *folder = temp_model ("patch32-quick");
  static const char *const needed[] = { "config.json", "model.safetensors", "vocab.json" };
  for (guint i = 0; i < G_N_ELEMENTS (needed); i++) {
    g_autofree char *path = g_build_filename (folder, needed[i], NULL), *aside = g_strconcat (path, ".aside", NULL);
    g_assert_cmpint (g_rename (path, aside), ==, 0);
    assert_refused (folder, folder, i == 2 ? "tokenizer" : needed[i], NULL);
    g_assert_cmpint (g_rename (aside, path), ==, 0);
  }
  g_autofree char *missing = g_build_filename (folder, "missing", NULL);
  assert_refused (missing, missing, "does not exist", NULL);
  assert_refused ("/dev/null", "/dev/null", "not a folder", NULL);

  g_autofree char *path = g_build_filename (folder, weights, NULL);
  g_remove (path);
  test_write (folder, "pytorch_model.bin", "x", 1);
  assert_refused (folder, "pytorch_model.bin", "safetensors", NULL);
  temp_model_remove (folder);
}

/* A directory, a fifo (which must not be waited on) and a device where a file belongs. */
static void
test_not_files (void)
{
  static const char *const files[]
      = { "config.json", "model.safetensors", "preprocessor_config.json", "vocab.json", "merges.txt" };
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    char *folder = temp_model ("patch32-quick");
    g_autofree char *path = g_build_filename (folder, files[i], NULL);
    g_remove (path);
    g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
    assert_refused (folder, files[i], NULL);
    g_rmdir (path);
    g_assert_cmpint (mkfifo (path, 0600), ==, 0);
    assert_refused (folder, files[i], NULL);
    g_remove (path);
    g_assert_cmpint (symlink ("/dev/zero", path), ==, 0);
    assert_refused (folder, files[i], NULL);
    temp_model_remove (folder);
  }
}

typedef struct
{
  const char *old, *new;
  const char *words[3]; /* what the message must hold beside config.json's own name */
} ConfigCase;

static void
test_config (void)
{
  static const ConfigCase cases[] = {
    { "\"hidden_size\": 24", "\"hidden_size\": 0", { "text_config.hidden_size", "0" } },
    { "\"hidden_size\": 24", "\"hidden_size\": -24", { "text_config.hidden_size", "-24" } },
    { "\"hidden_size\": 24", "\"hidden_size\": 24.5", { "text_config.hidden_size", "24.5" } },
    { "\"hidden_size\": 24", "\"hidden_size\": 1e99", { "text_config.hidden_size" } },
    { "\"hidden_size\": 24", "\"hidden_size\": \"24\"", { "text_config.hidden_size", "\"24\"" } },
    { "\"hidden_size\": 24", "\"hidden_size\": 26", { "tensor", "26]", "24]" } },
    { "\"num_attention_heads\": 2", "\"num_attention_heads\": 5", { "num_attention_heads", "5", "24" } },
    { "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", { "layers.1", "not part of the model" } },
    { "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", { "layers.2", "missing" } },
    { "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 4000000000", { "num_hidden_layers" } },
    { "\"vocab_size\": 576", "\"vocab_size\": 577", { "token_embedding", "[576, 24]", "[577, 24]" } },
    { "\"projection_dim\": 28", "\"projection_dim\": 29", { "projection.weight", "[28, ", "[29, " } },
    { "\"image_size\": 64", "\"image_size\": 16", { "patch_size", "16" } },
    { "\"image_size\": 64", "\"image_size\": 96", { "position_embedding", "[10, 16]" } },
    { "\"image_size\": 64", "\"image_size\": 64, \"image_size\": 64", { "image_size", "duplicate key" } },
    { "\"image_size\": 64", "\"image_size\": 64, \"num_channels\": 1", { "num_channels" } },
    { "\"image_size\": 64", "\"image_size\": 64, \"hidden_act\": \"relu\"", { "hidden_act", "relu", "quick_gelu" } },
    { "\"image_size\": 64", "\"image_size\": 64, \"layer_norm_eps\": NaN", { "config.json" } },
    { "\"model_type\": \"clip\"", "\"model_type\": \"siglip\"", { "model_type", "siglip" } },
    { "\"text_config\": {", "\"text_config\": [], \"x\": {", { "text_config", "array" } },
    { "\"model_type\": \"clip\"", "\"model_type\": \"clip_text_model\"", { "tensor" } },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const ConfigCase *one = &cases[i];
    char *folder = temp_model ("patch32-quick");
    temp_model_replace (folder, "config.json", one->old, one->new);
    assert_refused (folder, folder, one->words[0], one->words[1], one->words[2], NULL);
    temp_model_remove (folder);
  }
}

/* Same-length edits of the header, so that the offsets stay. */
static void
test_tensors (void)
{
  static const char *const cases[][4] = {
    { "post_layernorm.bias", "post_layernorm.bia5", "post_layernorm.bias", "missing" },
    { "\"dtype\":\"F32\",\"shape\":[16]", "\"dtype\":\"I32\",\"shape\":[16]", "I32", "F32" },
    { "\"dtype\":\"F32\",\"shape\":[16]", "\"dtype\":\"Q32\",\"shape\":[16]", "Q32", "dtype" },
    { "\"dtype\":\"F32\",\"shape\":[16]", "\"dtype\":\"F16\",\"shape\":[16]", weights, "" },
    { "\"shape\":[16]", "\"shape\":[17]", weights, "" },
    { "\"shape\":[16]", "\"shape\":[1]}", weights, "" },
    { "\"data_offsets\":[", "\"data_offset5\":[", weights, "data_offsets" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    char *folder = temp_model ("patch32-quick");
    temp_model_replace (folder, weights, cases[i][0], cases[i][1]);
    assert_refused (folder, folder, cases[i][2], cases[i][3], NULL);
    temp_model_remove (folder);
  }
}

/* Every length of the header, then every 97th of the data. */
static void
test_truncated (void)
{
  char *folder = temp_model ("vision-only");
  gsize length;
  g_autofree char *content = test_read (folder, weights, &length);
  guint64 header;
  memcpy (&header, content, sizeof header);
  g_autofree char *path = g_build_filename (folder, weights, NULL);
  FILE *file = fopen (path, "r+");
  g_assert_nonnull (file);
  guint tried = 0;
  for (gsize cut = length - 1; cut > 0; cut -= cut > header + 8 + 97 || (test_slowly () && cut > 97) ? 97 : 1) {
    g_assert_cmpint (ftruncate (fileno (file), (off_t)cut), ==, 0);
    GError *error = NULL;
    g_assert_null (clip_model_load (folder, &error));
    g_assert_nonnull (strstr (error->message, weights));
    g_clear_error (&error);
    tried++;
  }
  fclose (file);
  g_assert_cmpuint (tried, >, test_slowly () ? length / 100 : header);
  temp_model_remove (folder);
}

/* NaN in the weights: it loads, says so, and scores are numbers. */
static void
test_not_a_number (void)
{
  char *folder = temp_model ("patch32-quick");
  gsize length;
  GError *error = NULL;
  g_autofree char *content = test_read (folder, weights, &length);
  for (gsize i = length - 4096; i + 4 <= length; i += 4)
    memcpy (content + i, &(float){ NAN }, 4);
  test_write (folder, weights, content, (gssize)length);

  g_autoptr (ClipModel) model = clip_model_load (folder, &error);
  g_assert_no_error (error);
  g_assert_true (clip_model_get_info (model)->non_finite);
  g_autoptr (ClipContext) context = clip_context_new (model, NULL, &error);
  g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_string ("a van;a yard", &error);
  g_autoptr (ClipLabels) labels = clip_labels_new (context, prompts, NULL, &error);
  g_assert_no_error (error);
  float embedding[512];
  guint8 pixels[64 * 64 * 3] = { 0 };
  ClipImage image = { CLIP_FORMAT_RGB, 64, 64, { pixels }, { 64 * 3 } };
  g_assert_true (clip_context_encode_images (context, &image, 1, embedding, &error));
  ClipMatch matches[2];
  ClipRankParams params = { CLIP_SCORE_SOFTMAX, 1, 0 };
  guint n = clip_labels_rank (labels, embedding, &params, matches, 2);
  g_assert_cmpuint (n, ==, 2);
  for (guint i = 0; i < n; i++)
    g_assert_true (isfinite (matches[i].score) && isfinite (matches[i].cosine));
  temp_model_remove (folder);
}

/* Seeded byte flips all over the folder's files: whatever happens, no crash, and an error when it does not load. */
static void
test_flipped_bytes (void)
{
  static const char *const files[]
      = { "config.json", "model.safetensors", "preprocessor_config.json", "vocab.json", "merges.txt" };
  char *folder = temp_model ("patch32-quick");
  guint32 state = 1;
  guint refused = 0, rounds = test_slowly () ? 150 : 1500;
  for (guint round = 0; round < rounds; round++) {
    const char *file = files[round % G_N_ELEMENTS (files)];
    gsize length;
    g_autofree char *original = test_read (folder, file, &length);
    g_autofree char *changed = g_memdup2 (original, length);
    guint flips = 1 + round % 4;
    for (guint i = 0; i < flips; i++) {
      state = state * 1664525u + 1013904223u;
      /* The weights' values may be anything; their header is what can be wrong. */
      gsize place = (state >> 4) % MIN (length, 12000);
      state = state * 1664525u + 1013904223u;
      changed[place] = (char)(state >> 24);
    }
    test_write (folder, file, changed, (gssize)length);
    GError *error = NULL;
    ClipModel *model = clip_model_load (folder, &error);
    g_assert_true ((model == NULL) == (error != NULL));
    refused += model == NULL;
    clip_model_unref (model);
    g_clear_error (&error);
    test_write (folder, file, original, (gssize)length);
  }
  temp_model_remove (folder);
  g_test_message ("%u of %u refused", refused, rounds);
  g_assert_cmpuint (refused, >, rounds / 10 * 4);
}

/* Attention takes time with the square of the tokens: beyond some nobody could wait for it. One patch less is a matter
 * of the tensors. */
static void
test_tokens (void)
{
  static const struct
  {
    const char *image_size, *words[3];
  } cases[] = {
    { "\"image_size\": 4096, \"patch_size\": 16", { "image_size", "patch_size 16", "65536" } },
    { "\"image_size\": 4095, \"patch_size\": 16", { "patch_embedding", "[16, 3, 16, 16]" } },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    char *folder = temp_model ("patch32-quick");
    temp_model_replace (folder, "config.json", "\"image_size\": 64", cases[i].image_size);
    assert_refused (folder, cases[i].words[0], cases[i].words[1], cases[i].words[2], NULL);
    temp_model_remove (folder);
  }
}

/* Whatever stands in names, a message is one line that a terminal can show. */
static void
check_shown (GError *error)
{
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  for (const char *p = error->message; *p; p = g_utf8_next_char (p))
    g_assert_false (g_unichar_iscntrl (g_utf8_get_char (p)));
  g_error_free (error);
}

static void
test_names (void)
{
  static const struct
  {
    const char *old, *new;
  } cases[] = {
    { "\"model_type\": \"clip\"", "\"model_type\": "
                                  "\"\\u001b["
                                  "2J\\u009b\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
                                  "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\"" },
    { "\"image_size\": 64", "\"image_size\": 64, \"hidden_act\": "
                            "\"x\\n\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
                            "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\"" },
    { "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3" },
  };
  g_autofree char *text_only = temp_model ("text-only"), *whole = temp_model ("patch32-quick");
  g_autofree char *odd = g_strconcat (text_only, "\n\x1b[2J\xff\xc2\x9b", NULL), *gone = g_strconcat (odd, "/x", NULL);
  g_assert_cmpint (g_rename (text_only, odd), ==, 0);
  GError *error = NULL;
  ClipModel *model = clip_model_load (odd, &error);
  g_assert_no_error (error);
  g_assert_null (clip_preprocessor_new (model, CLIP_FIT_CROP, CLIP_CROP_FLOOR, &error));
  check_shown (g_steal_pointer (&error));
  clip_model_unref (model);
  g_assert_null (clip_model_load (gone, &error));
  check_shown (g_steal_pointer (&error));

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *config = g_build_filename (whole, "config.json", NULL), *before = NULL;
    g_assert_true (g_file_get_contents (config, &before, NULL, NULL));
    temp_model_replace (whole, "config.json", cases[i].old, cases[i].new);
    g_assert_null (clip_model_load (whole, &error));
    check_shown (g_steal_pointer (&error));
    test_write (whole, "config.json", before, -1);
  }
  g_assert_null (clip_model_new_random ("\x1b\xff\n", 1, CLIP_PRECISION_F32, &error));
  g_assert_cmpstr (g_quark_to_string (error->domain), ==, "clip-error-quark");
  check_shown (g_steal_pointer (&error));
  test_remove_folder (odd);
  test_remove_folder (whole);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hostile/missing-files", test_missing_files);
  g_test_add_func ("/hostile/not-files", test_not_files);
  g_test_add_func ("/hostile/config", test_config);
  g_test_add_func ("/hostile/names", test_names);
  g_test_add_func ("/hostile/tokens", test_tokens);
  g_test_add_func ("/hostile/tensors", test_tensors);
  g_test_add_func ("/hostile/truncated", test_truncated);
  g_test_add_func ("/hostile/not-a-number", test_not_a_number);
  g_test_add_func ("/hostile/flipped-bytes", test_flipped_bytes);
  return g_test_run ();
}
