/* SPDX-License-Identifier: MIT
 *
 * test-cancel.c: a cancellation is noticed inside a long product. The flag lies where the first part's results go, so
 * it is set when the first part is done, whatever the machine and its load: nothing else may be done after that.
 */
#include <glib.h>
#include <string.h>

#include "nn/attention.h"
#include "cpumask.h"
#include "nn/linear.h"
#include "kernels/pack.h"
#include "randommodel.h"
#include "testdata.h"

/* How many of n values are not 0. */
static gsize
count (const float *values, gsize n)
{
  gsize found = 0;
  for (gsize i = 0; i < n; i++)
    found += values[i] != 0;
  return found;
}

static float *
ones (gsize n)
{
  float *values = g_new (float, n);
  for (gsize i = 0; i < n; i++)
    values[i] = 1;
  return values;
}

static void
test_attention (gconstpointer data)
{
  enum
  {
    TOKENS = 700,
    SIZE = 8
  };
  ClipLayout layout = GPOINTER_TO_UINT (data);
  guint outputs = clip_qkv_outputs (SIZE, 1);
  gsize size = clip_attention_scratch (TOKENS, SIZE), n = (gsize)TOKENS * SIZE;
  g_autofree float *x = ones ((gsize)TOKENS * outputs), *ret = g_new0 (float, n);
  float *scratch = g_aligned_alloc0 (size, sizeof (float), 64);
  ClipPackedLhs qkv = { .data = g_malloc (clip_packed_lhs_size (TOKENS, outputs)), .block_rows = G_MAXUINT };
  ClipSequences sequences = { .n = 1, .length = TOKENS, .rows = TOKENS, .longest = TOKENS };
  clip_packed_lhs_fill (&qkv, layout, NULL, x, outputs, TOKENS, outputs);
  qkv.cancel = (const gint *)(gpointer)ret;
  clip_attention_run (&sequences, 1, SIZE, NULL, &qkv, NULL, ret, scratch);
  g_assert_cmpuint (count (ret, n), >, 0);
  g_assert_cmpuint (count (ret, n), <=, CLIP_TILE_ROWS * SIZE);
  g_aligned_free (scratch);
  g_free (qkv.data);
}

/* Of the layer's outputs only those of its first task, or of OpenBLAS's first call, are there. */
static void
test_linear (gconstpointer data)
{
  enum
  {
    ROWS = 2500,
    SIZE = 512
  };
  ClipPrecision precision = GPOINTER_TO_UINT (data);
  ClipLinear linear;
  g_assert_true (clip_linear_init (&linear, SIZE, SIZE, FALSE));
  for (gsize i = 0; i < (gsize)SIZE * SIZE; i++)
    linear.weight[i] = 1;
  g_assert_true (clip_linear_pack (&linear, precision, NULL));

  gsize n = (gsize)ROWS * SIZE;
  g_autofree float *x = ones (n), *y = g_new0 (float, n);
  g_autofree ClipQuantRow *quant = g_new (ClipQuantRow, ROWS);
  ClipPackedLhs lhs
      = { .data = g_malloc (clip_packed_lhs_size (ROWS, SIZE)), .quant = quant, .block_rows = CLIP_BLOCK_ROWS };
  clip_packed_lhs_fill (&lhs, linear.layout, NULL, x, SIZE, ROWS, SIZE);
  lhs.cancel = (const gint *)(gpointer)y;
  clip_linear_run (&linear, NULL, &lhs, y, SIZE, CLIP_ACTIVATION_NONE, FALSE);
  gsize most = linear.layout == CLIP_LAYOUT_PLAIN ? n / 2 : CLIP_BLOCK_ROWS * CLIP_PANEL;
  g_assert_cmpuint (count (y, n), >, 0);
  g_assert_cmpuint (count (y, n), <=, most);
  g_free (lhs.data);
  clip_linear_clear (&linear);
}

static void
make_one (gconstpointer data, guint row, float *to)
{
  *to = 1;
  *(gint *)data += 1;
}

static void
test_fill (void)
{
  float rows[1000] = { 0 };
  gint made = 0;
  ClipPackedLhs lhs = { .data = (guint8 *)rows, .block_rows = G_MAXUINT, .cancel = &made };
  clip_packed_lhs_fill_made (&lhs, CLIP_LAYOUT_PLAIN, NULL, G_N_ELEMENTS (rows), 1, make_one, &made);
  g_assert_cmpint (made, >, 0);
  g_assert_cmpint (made, <=, 16);
}

/* As many tokens as a model may have: attention alone takes seconds, and the stop comes from elsewhere. */
static gpointer
cancel_context (gpointer context)
{
  clip_context_cancel (context);
  return NULL;
}

static void
test_context (void)
{
  g_autofree char *folder = random_model ("most-tokens");
  GError *error = NULL;
  ClipModel *model = clip_model_load (folder, &error);
  g_assert_no_error (error);
  ClipContextParams params;
  clip_context_params_init (&params);
  params.n_threads = 2;
  ClipContext *context = clip_context_new (model, &params, &error);
  g_assert_no_error (error);
  gsize side = clip_model_get_info (model)->image_size;
  g_autofree float *pixels = g_new0 (float, 3 * side * side);
  float embedding[8] = { -7 };
  GThread *thread = g_thread_new ("cancel", cancel_context, context);
  g_assert_false (clip_context_encode_pixels (context, pixels, 1, embedding, &error));
  g_assert_error (error, CLIP_ERROR, CLIP_ERROR_CANCELLED);
  g_assert_cmpfloat (embedding[0], ==, -7);
  g_clear_error (&error);
  g_thread_join (thread);
  clip_context_free (context);

  params.max_batch = 1 << 16; /* more rows than 32 bits count */
  g_assert_null (clip_context_new (model, &params, &error));
  g_assert_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY);
  g_assert_nonnull (strstr (error->message, "rows is too large"));
  g_clear_error (&error);
  clip_model_unref (model);
  test_remove_folder (folder);
}

typedef struct
{
  ClipContext *context;
  gboolean texts;
  GError *error;
} Encoding;

static gpointer
encode (gpointer data)
{
  static const float pixels[3 * 64 * 64];
  Encoding *self = data;
  const char *text = "a van";
  float embedding[64];
  gboolean ok = self->texts ? clip_context_encode_texts (self->context, &text, 1, embedding, &self->error)
                            : clip_context_encode_pixels (self->context, pixels, 1, embedding, &self->error);
  g_assert_false (ok);
  return NULL;
}

/* This thread has the pool's turn all the time, as another context with a long section would. */
static void
test_turn (gconstpointer data)
{
  g_autofree char *path = test_golden ("patch32-quick");
  GError *error = NULL;
  ClipModel *model = clip_model_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (clip_model_get_info (model)->image_size, <=, 64);
  g_assert_cmpuint (clip_model_get_info (model)->embedding_dim, <=, 64);
  ClipContextParams params;
  clip_context_params_init (&params);
  params.n_threads = 2;
  Encoding encoding = { clip_context_new (model, &params, &error), GPOINTER_TO_UINT (data), NULL };
  g_assert_no_error (error);
  ClipPool *pool = clip_pool_get (2);
  g_assert_true (clip_pool_enter (pool, NULL));
  GThread *thread = g_thread_new ("encode", encode, &encoding);
  clip_context_cancel (encoding.context);
  g_thread_join (thread);
  g_assert_error (encoding.error, CLIP_ERROR, CLIP_ERROR_CANCELLED);
  clip_pool_leave (pool);
  g_clear_error (&encoding.error);
  clip_pool_unref (pool);
  clip_context_free (encoding.context);
  clip_model_unref (model);
}

int
main (int argc, char **argv)
{
  test_need_cpu ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/cancel/attention/f32", GUINT_TO_POINTER (CLIP_LAYOUT_F32), test_attention);
  g_test_add_data_func ("/cancel/attention/bf16", GUINT_TO_POINTER (CLIP_LAYOUT_BF16), test_attention);
  g_test_add_data_func ("/cancel/linear/f32", GUINT_TO_POINTER (CLIP_PRECISION_F32), test_linear);
  g_test_add_data_func ("/cancel/linear/bf16", GUINT_TO_POINTER (CLIP_PRECISION_BF16), test_linear);
  g_test_add_data_func ("/cancel/linear/int8", GUINT_TO_POINTER (CLIP_PRECISION_INT8), test_linear);
  g_test_add_func ("/cancel/fill", test_fill);
  g_test_add_func ("/cancel/context", test_context);
  g_test_add_data_func ("/cancel/turn/image", GUINT_TO_POINTER (FALSE), test_turn);
  g_test_add_data_func ("/cancel/turn/text", GUINT_TO_POINTER (TRUE), test_turn);
  return g_test_run ();
}
