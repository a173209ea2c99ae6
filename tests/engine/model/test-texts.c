/* SPDX-License-Identifier: MIT
 *
 * test-texts.c: a common prefix of texts is computed once without changing results: random texts that share prefixes
 * with the previous one, in any batch and on any number of threads, against each text alone, bit for bit.
 */
#include <math.h>
#include <string.h>

#include "clip.h"
#include "context.h"
#include "cpumask.h"
#include "kernels/kernels.h"
#include "model/model.h"
#include "slowly.h"
#include "testdata.h"

#define N     120 /* at most */
#define WHERE 8   /* ids that random texts draw from, so that some begin alike by chance */

static guint32 state;
static guint n_texts = N;

static guint
random_below (guint n)
{
  state = state * 1664525u + 1013904223u;
  return (guint)((guint64)(state >> 8) * n >> 24);
}

typedef struct
{
  ClipModel *model;
  const ClipText *text;
  guint32 *ids;
  guint lengths[N], offsets[N];
  float *alone; /* [N][dim] */
  guint dim;
} Case;

/* Of every kind: equal ones, one that goes on where another ends, common beginnings of any length, none at all, and end
 * tokens at the end, in the part in common, behind it, twice or nowhere. */
static void
make_texts (Case *self)
{
  guint longest = self->text->context_length, used = 0;
  self->ids = g_new (guint32, n_texts * longest);
  for (guint i = 0; i < n_texts; i++) {
    guint32 *ids = self->ids + used;
    guint before = i ? self->lengths[i - 1] : 0, length = 1 + random_below (i % 4 ? longest : 6);
    guint common = i && random_below (5) ? MIN (random_below (before + 1), length) : 0;
    if (i && i % 10 == 0)
      length = common = before;
    for (guint j = 0; j < length; j++)
      ids[j] = j < common ? ids[(gint)j - (gint)before] : random_below (WHERE);
    if (length > common && random_below (8))
      ids[length - 1] = self->text->eos_token_id;
    if (length > common && !random_below (8))
      ids[common + random_below (length - common)] = self->text->eos_token_id;
    self->lengths[i] = length;
    self->offsets[i] = used;
    used += length;
  }
}

static void
encode (ClipContext *context, const Case *self, guint first, guint n, float *ret)
{
  GError *error = NULL;
  clip_context_encode_tokens (
      context, self->ids + self->offsets[first], self->lengths + first, n, ret + (gsize)first * self->dim, &error);
  g_assert_no_error (error);
}

static ClipContext *
open_context (const Case *self, guint n_threads)
{
  GError *error = NULL;
  ClipContextParams params;
  clip_context_params_init (&params);
  params.n_threads = n_threads;
  ClipContext *context = clip_context_new (self->model, &params, &error);
  g_assert_no_error (error);
  return context;
}

static void
open_case (Case *self, const char *name, ClipPrecision precision)
{
  GError *error = NULL;
  g_autofree char *folder = test_golden (name);
  self->model = clip_model_load_full (folder, precision, &error);
  g_assert_no_error (error);
  self->text = self->model->text;
  self->dim = clip_model_get_info (self->model)->embedding_dim;
  state = 5;
  make_texts (self);
  self->alone = g_new (float, n_texts * self->dim);
  g_autoptr (ClipContext) context = open_context (self, 1);
  for (guint i = 0; i < n_texts; i++)
    encode (context, self, i, 1, self->alone);
}

static void
close_case (Case *self)
{
  g_free (self->ids);
  g_free (self->alone);
  clip_model_unref (self->model);
}

static void
assert_same (const Case *self, const float *found)
{
  gsize n = (gsize)n_texts * self->dim;
  if (clip_kernels ()->is_fast_f32)
    g_assert_cmpmem (found, n * sizeof *found, self->alone, n * sizeof *found);
  else /* OpenBLAS's sums depend on how many rows there are: some float steps of values below 1 */
    for (gsize i = 0; i < n; i++)
      g_assert_cmpfloat (fabsf (found[i] - self->alone[i]), <, 1e-5f);
}

static void
check_batches (const char *name, ClipPrecision precision)
{
  const guint batches[] = { 2, 17, n_texts };
  Case self;
  open_case (&self, name, precision);
  for (guint n_threads = 1; n_threads <= 3; n_threads++) {
    g_autoptr (ClipContext) context = open_context (&self, n_threads);
    for (guint b = 0; b < G_N_ELEMENTS (batches); b++) {
      g_autofree float *found = g_new0 (float, n_texts *self.dim);
      for (guint first = 0; first < n_texts; first += batches[b])
        encode (context, &self, first, MIN (batches[b], n_texts - first), found);
      assert_same (&self, found);
    }
  }
  close_case (&self);
}

static void
test_f32 (gconstpointer name)
{
  check_batches (name, CLIP_PRECISION_F32);
}

static void
test_int8 (gconstpointer name)
{
  check_batches (name, CLIP_PRECISION_INT8);
}

/* That they share at all: batches hold every row once, own rows are what is not in common, and each text's end token,
 * which its embedding comes from, is always among them. */
static void
test_gather (void)
{
  Case self;
  open_case (&self, "defaults", CLIP_PRECISION_F32);
  guint32 ids[256];
  guint shared[256], pooled[256], n_rows = 0, n_ids = 0, n_batches = 0;
  ClipTextBatch batch = { .ids = ids, .shared = shared, .pooled = pooled };
  for (guint first = 0; first < n_texts; n_batches++) {
    const guint32 *from = self.ids + self.offsets[first];
    guint n = clip_text_gather (self.text, from, self.lengths + first, n_texts - first, G_N_ELEMENTS (ids), &batch);
    guint rows = 0;
    g_assert_cmpuint (n, >, 0);
    g_assert_cmpuint (n, ==, batch.sequences.n);
    for (guint i = 0; i < n; i++) {
      const guint32 *text = self.ids + self.offsets[first + i];
      guint length = self.lengths[first + i], end = 0, own = length - shared[i];
      while (end < length && text[end] != self.text->eos_token_id)
        end++;
      end = end < length ? end : 0;
      g_assert_cmpuint (pooled[i], ==, rows + end - shared[i]);
      g_assert_cmpuint (shared[i], <=, end);
      g_assert_true (shared[i] == 0 || memcmp (text, text - self.lengths[first + i - 1], shared[i] * 4) == 0);
      if (i > 0 && shared[i] < end && shared[i] < self.lengths[first + i - 1])
        g_assert_cmpuint (text[shared[i]], !=, text[(gint)shared[i] - (gint)self.lengths[first + i - 1]]);
      g_assert_cmpmem (ids + rows, own * 4, text + shared[i], own * 4);
      rows += own;
      n_ids += length;
    }
    g_assert_cmpuint (rows, ==, batch.sequences.rows);
    g_assert_cmpuint (rows, <=, G_N_ELEMENTS (ids));
    n_rows += rows;
    first += n;
  }
  g_assert_cmpuint (n_batches, >, 3);
  g_assert_cmpuint (n_rows, <, n_ids * 9 / 10);
  close_case (&self);
}

static void
add (const char *name)
{
  g_autofree char *f32 = g_strdup_printf ("/texts/f32/%s", name), *int8 = g_strdup_printf ("/texts/int8/%s", name);
  g_test_add_data_func (f32, name, test_f32);
  g_test_add_data_func (int8, name, test_int8);
}

int
main (int argc, char **argv)
{
  test_need_cpu ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/texts/gather", test_gather);
  if (test_slowly ())
    n_texts = 36; /* more than the larger batch, and enough to fill several */
  else
    add ("defaults");       /* 77 tokens, twelve layers */
  add ("old-eos");          /* the largest id ends; heads of 6 */
  add ("patch16-oddheads"); /* five heads of 4 */
  add ("text-only");
  return g_test_run ();
}
