/* SPDX-License-Identifier: MIT
 *
 * test-int8.c: how far int8 embeddings are from f32's, with random weights of OpenAI's shapes, as they are and with
 * channels of 20 to 60 times the rest planted behind every layer norm, as trained transformers have them. Promised:
 * cosine >= 0.999 at the first percentile.
 *
 * With architectures as arguments it prints figures for them; as a test it takes vit-b-32 and few pictures.
 */
#include <glib.h>
#include <math.h>

#include "model.h"

static guint64 state = 1;

static float
random_value (void)
{
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (float)(state >> 40) / (float)(1 << 23) - 1.0f;
}

/* Smooth waves and noise of many sizes: pictures that differ. */
static void
draw (float *pixels, guint side)
{
  float fx[3], fy[3], noise = random_value (), offset = random_value ();
  for (guint i = 0; i < 3; i++) {
    fx[i] = random_value () * 0.3f;
    fy[i] = random_value () * 0.3f;
  }
  for (guint channel = 0; channel < 3; channel++)
    for (guint y = 0; y < side; y++)
      for (guint x = 0; x < side; x++)
        *pixels++ = sinf (fx[channel] * (float)x + fy[channel] * (float)y) + noise * random_value () + offset;
}

static int
compare_floats (gconstpointer a, gconstpointer b)
{
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

typedef struct
{
  float first_percentile, mean;
} Cosines;

static Cosines
measure (const char *architecture, guint n, guint *ret_int8_layers)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipModel) exact = clip_model_new_random (architecture, 5, CLIP_PRECISION_F32, &error);
  g_assert_no_error (error);
  g_autoptr (ClipModel) model = clip_model_new_random (architecture, 5, CLIP_PRECISION_INT8, &error);
  g_assert_no_error (error);
  *ret_int8_layers = clip_model_get_info (model)->n_int8_layers;
  g_autoptr (ClipContext) exact_context = clip_context_new (exact, NULL, &error);
  g_autoptr (ClipContext) context = clip_context_new (model, NULL, &error);
  guint side = exact->info.image_size, dim = exact->info.embedding_dim;
  g_autofree float *pixels = g_new (float, 3 * side * side), *a = g_new (float, dim), *b = g_new (float, dim);
  g_autofree float *cosines = g_new (float, n);
  Cosines result = { 0 };
  for (guint i = 0; i < n; i++) {
    draw (pixels, side);
    g_assert_true (clip_context_encode_pixels (exact_context, pixels, 1, a, &error));
    g_assert_true (clip_context_encode_pixels (context, pixels, 1, b, &error));
    cosines[i] = clip_dot (a, b, dim);
    result.mean += cosines[i] / (float)n;
  }
  qsort (cosines, n, sizeof *cosines, compare_floats);
  result.first_percentile = cosines[n / 100];
  return result;
}

static void
test_cosines (gconstpointer data)
{
  guint layers;
  Cosines cosines = measure (data, 12, &layers);
  g_test_message ("first percentile %.6f, mean %.6f", cosines.first_percentile, cosines.mean);
  g_assert_cmpuint (layers, ==, (12 + 12) * 4);
  g_assert_cmpfloat (cosines.first_percentile, >=, 0.999f);
  g_assert_cmpfloat (cosines.first_percentile, <, 0.9999999f); /* else this compared f32 with itself */
}

static void
fill_layer (ClipLinear *layer, guint n_out, guint n_in)
{
  g_assert_true (clip_linear_init (layer, n_out, n_in, TRUE));
  for (guint i = 0; i < n_out * n_in; i++)
    layer->weight[i] = random_value ();
}

/* Of a block with one layer that 8 bits cannot hold, "auto" takes the other three, and "int8" all four. */
static void
test_auto_refuses (void)
{
  enum
  {
    WIDTH = 256
  };
  static const ClipPrecision precisions[] = { CLIP_PRECISION_F32, CLIP_PRECISION_AUTO, CLIP_PRECISION_INT8 };
  static const guint expected[] = { 0, 3, 4 };
  for (guint i = 0; i < G_N_ELEMENTS (precisions); i++) {
    ClipModelInfo info = { 0 };
    ClipBlock block = { 0 };
    g_assert_true (clip_norm_init (&block.ln1, WIDTH) && clip_norm_init (&block.ln2, WIDTH));
    for (guint j = 0; j < WIDTH; j++)
      block.ln1.weight[j] = block.ln2.weight[j] = 1;
    fill_layer (&block.qkv, 3 * WIDTH, WIDTH);
    fill_layer (&block.out, WIDTH, WIDTH);
    fill_layer (&block.fc1, WIDTH, WIDTH);
    fill_layer (&block.fc2, WIDTH, WIDTH);
    for (guint row = 0; row < WIDTH; row++) /* one weight a row that leaves no codes for the others */
      block.out.weight[row * WIDTH + row] = 200;
    g_assert_true (clip_model_pack_block (&info, precisions[i], &block));
    g_assert_cmpuint (info.n_layers, ==, 4);
    g_assert_cmpuint (info.n_int8_layers, ==, expected[i]);
    g_assert_cmpuint (block.out.layout, ==, precisions[i] == CLIP_PRECISION_INT8 ? CLIP_LAYOUT_S8 : CLIP_LAYOUT_F32);
    clip_block_clear (&block);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (argc > 1) {
    for (int i = 1; i < argc; i++) {
      guint layers;
      Cosines cosines = measure (argv[i], 100, &layers);
      g_print ("%s: cosine to f32 of 100: first percentile %.6f, mean %.6f\n", argv[i], cosines.first_percentile,
          cosines.mean);
    }
    return 0;
  }
  if (!clip_linear_has_int8 ()) {
    g_print ("1..0 # SKIP this CPU has no int8 kernel, and the C reference takes minutes\n"); /* TAP's way to skip */
    return 0;
  }
  g_test_add_func ("/int8/auto-refuses", test_auto_refuses);
  g_test_add_data_func ("/int8/vit-b-32", "vit-b-32", test_cosines);
  g_test_add_data_func ("/int8/vit-b-32-outliers", "vit-b-32-outliers", test_cosines);
  return g_test_run ();
}
