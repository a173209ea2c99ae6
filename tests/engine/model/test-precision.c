/* SPDX-License-Identifier: MIT
 *
 * test-precision.c: the error of int8 and bf16 embeddings against f32's, with random weights of OpenAI's shapes,
 * unchanged and with channels of 20 to 60 times the rest planted after every layer norm, as in trained transformers.
 * Promised: cosine >= 0.999 at the first percentile in int8, 0.9999 in bf16, and the same bits in any batch on any
 * threads.
 *
 * With architectures as arguments it prints figures for them; as a test it uses vit-b-32 and few pictures.
 */
#include <glib.h>
#include <math.h>

#include "cpumask.h"
#include "model/model.h"
#include "model/precision.h"
#include "model/random.h"
#include "slowly.h"

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
measure (const char *architecture, ClipPrecision precision, guint n, ClipModelInfo *ret_info)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipModel) exact = clip_model_new_random (architecture, 5, CLIP_PRECISION_F32, &error);
  g_assert_no_error (error);
  g_autoptr (ClipModel) model = clip_model_new_random (architecture, 5, precision, &error);
  g_assert_no_error (error);
  g_assert_null (clip_model_get_warnings (model)[0]);
  *ret_info = *clip_model_get_info (model);
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
check_cosines (const char *architecture, ClipPrecision precision, float least)
{
  ClipModelInfo info;
  Cosines cosines = measure (architecture, precision, 12, &info);
  g_test_message ("first percentile %.6f, mean %.6f", cosines.first_percentile, cosines.mean);
  g_assert_cmpuint (info.precision, ==, precision);
  g_assert_cmpuint (info.n_layers, ==, (12 + 12) * 4);
  g_assert_cmpuint (precision == CLIP_PRECISION_INT8 ? info.n_int8_layers : info.n_bf16_layers, ==, info.n_layers);
  g_assert_cmpfloat (info.worst_error, >, 0);
  g_assert_cmpfloat (cosines.first_percentile, >=, least);
  g_assert_cmpfloat (cosines.first_percentile, <, 0.9999999f); /* else this compared f32 with itself */
}

static void
test_int8 (gconstpointer architecture)
{
  check_cosines (architecture, CLIP_PRECISION_INT8, 0.999f);
}

static void
test_bf16 (gconstpointer architecture)
{
  check_cosines (architecture, CLIP_PRECISION_BF16, 0.9999f);
}

/* Four pictures one by one on one thread, and three at once on three. */
static void
test_same_bits (gconstpointer name)
{
  enum
  {
    N = 4
  };
  ClipPrecision precision;
  g_assert_true (clip_precision_from_name (name, &precision));
  g_autoptr (GError) error = NULL;
  const char *rows_577 = "patch14-336", *rows_26 = "patch16-oddheads"; /* the latter where the C reference runs */
  g_autofree char *folder = g_build_filename (
      g_getenv ("CLIPTAG_GOLDEN"), clip_precision_is_fast (CLIP_PRECISION_INT8) ? rows_577 : rows_26, NULL);
  g_autoptr (ClipModel) model = clip_model_load_full (folder, precision, &error);
  g_assert_no_error (error);
  const ClipModelInfo *info = clip_model_get_info (model);
  gsize n_pixels = (gsize)3 * info->image_size * info->image_size, size = N * info->embedding_dim;
  g_autofree float *pixels = g_new (float, N *n_pixels), *found = g_new (float, 2 * size);
  for (guint i = 0; i < N; i++)
    draw (pixels + i * n_pixels, info->image_size);
  for (guint round = 0; round < 2; round++) {
    ClipContextParams params;
    clip_context_params_init (&params);
    params.n_threads = params.max_batch = round ? 3 : 1;
    g_autoptr (ClipContext) context = clip_context_new (model, &params, &error);
    g_assert_no_error (error);
    for (guint i = 0, n = 0; i < N; i += n) {
      n = MIN (params.max_batch, N - i);
      g_assert_true (clip_context_encode_pixels (
          context, pixels + i * n_pixels, n, found + round * size + i * info->embedding_dim, &error));
    }
  }
  g_assert_cmpmem (found + size, size * sizeof *found, found, size * sizeof *found);
}

static void
fill_layer (ClipLinear *layer, guint n_out, guint n_in)
{
  g_assert_true (clip_linear_init (layer, n_out, n_in, TRUE));
  for (guint i = 0; i < n_out * n_in; i++)
    layer->weight[i] = random_value ();
}

/* Of a block with one layer that 8 bits cannot hold, "auto" takes the other three in int8 and this one in bf16, where
 * the CPU is fast at it, and "int8" all four. One that nothing can hold stays f32. */
static void
test_auto (void)
{
  enum
  {
    WIDTH = 256
  };
  gboolean fast_bf16 = clip_precision_is_fast (CLIP_PRECISION_BF16);
  static const ClipPrecision precisions[]
      = { CLIP_PRECISION_F32, CLIP_PRECISION_BF16, CLIP_PRECISION_INT8, CLIP_PRECISION_AUTO, CLIP_PRECISION_AUTO };
  const struct
  {
    guint n_int8, n_bf16;
    ClipLayout out;
  } expected[] = { { 0, 0, CLIP_LAYOUT_F32 }, { 0, 4, CLIP_LAYOUT_BF16 }, { 4, 0, CLIP_LAYOUT_S8 },
    { 3, fast_bf16, fast_bf16 ? CLIP_LAYOUT_BF16 : CLIP_LAYOUT_F32 }, { 3, 0, CLIP_LAYOUT_F32 } };
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
      block.out.weight[row * WIDTH + row] = i < 4 ? 200 : NAN;
    g_assert_true (clip_precision_pack_block (&info, precisions[i], NULL, &block));
    g_assert_cmpuint (info.n_layers, ==, 4);
    g_assert_cmpuint (info.n_int8_layers, ==, expected[i].n_int8);
    g_assert_cmpuint (info.n_bf16_layers, ==, expected[i].n_bf16);
    g_assert_cmpuint (block.out.layout, ==, expected[i].out);
    clip_block_clear (&block);
  }
}

int
main (int argc, char **argv)
{
  test_need_cpu ();
  g_test_init (&argc, &argv, NULL);
  for (int i = 1; i < argc; i++) {
    static const ClipPrecision precisions[] = { CLIP_PRECISION_BF16, CLIP_PRECISION_INT8 };
    for (guint p = 0; p < G_N_ELEMENTS (precisions); p++) {
      ClipModelInfo info;
      Cosines cosines = measure (argv[i], precisions[p], 100, &info);
      g_print ("%s, %s: cosine to f32 of 100: first percentile %.6f, mean %.6f; worst layer's error %.4f\n", argv[i],
          clip_precision_name (precisions[p]), cosines.first_percentile, cosines.mean, info.worst_error);
    }
  }
  if (argc > 1)
    return 0;

  g_test_add_data_func ("/same-bits/bf16", "bf16", test_same_bits);
  g_test_add_data_func ("/same-bits/int8", "int8", test_same_bits);
  if (clip_kernels ()->is_fast_f32) /* OpenBLAS promises no bits */
    g_test_add_data_func ("/same-bits/f32", "f32", test_same_bits);
  /* Large models only where they are fast: elsewhere they take minutes, and test-gemm holds those kernels to the same.
   */
  if (clip_precision_is_fast (CLIP_PRECISION_BF16) && !test_slowly ())
    g_test_add_data_func ("/bf16/vit-b-32", "vit-b-32", test_bf16);
  if (clip_precision_is_fast (CLIP_PRECISION_INT8))
    g_test_add_func ("/int8/auto", test_auto);
  if (clip_precision_is_fast (CLIP_PRECISION_INT8) && !test_slowly ()) {
    g_test_add_data_func ("/int8/vit-b-32", "vit-b-32", test_int8);
    g_test_add_data_func ("/int8/vit-b-32-outliers", "vit-b-32-outliers", test_int8);
  }
  return g_test_run ();
}
