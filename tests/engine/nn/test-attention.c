/* SPDX-License-Identifier: MIT
 *
 * test-attention.c: attention in either layout against its definition in double, over awkward sizes: full and causal
 * sequences, of one length and of several, with shared tokens; scratch full of NaN, so that reading uninitialised
 * memory shows. The same bits for any number of threads.
 */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "nn/attention.h"
#include "cpumask.h"
#include "kernels/pack.h"

static guint32 state = 3;

static float
random_value (float scale)
{
  state = state * 1664525u + 1013904223u;
  return ((float)(state >> 8) / (float)(1 << 23) - 1.0f) * scale;
}

typedef struct
{
  guint n_heads, head_size;
  ClipSequences sequences;
  float *parts[3]; /* queries, keys, values: [rows][width] */
  ClipPackedLhs qkv;
} Case;

static float
rounded (float x, ClipLayout layout)
{
  guint32 bits = (guint32)clip_to_bf16 (x) << 16;
  float value;
  memcpy (&value, &bits, sizeof value);
  return layout == CLIP_LAYOUT_BF16 ? value : x;
}

static Case
case_new (guint n_heads, guint head_size, ClipLayout layout, const ClipSequences *sequences)
{
  Case self = { n_heads, head_size, *sequences };
  guint width = n_heads * head_size, rows = sequences->rows, outputs = clip_qkv_outputs (width, n_heads);
  g_autofree float *line = g_new0 (float, (gsize)rows *outputs);
  for (guint part = 0; part < 3; part++) {
    self.parts[part] = g_new (float, (gsize)rows *width);
    for (guint row = 0; row < rows; row++)
      for (guint i = 0; i < width; i++) {
        /* Scores of some units, so that some tokens count more than others. */
        float value = rounded (random_value (part < 2 ? 3 / sqrtf (sqrtf ((float)head_size)) : 1), layout);
        guint to = clip_qkv_output (width, n_heads, i / head_size, part) + i % head_size;
        self.parts[part][row * width + i] = line[(gsize)row * outputs + to] = value;
      }
  }
  self.qkv = (ClipPackedLhs){ .data = g_malloc (clip_packed_lhs_size (rows, outputs)), .block_rows = G_MAXUINT };
  clip_packed_lhs_fill (&self.qkv, layout, NULL, line, outputs, rows, outputs);
  return self;
}

static void
case_clear (Case *self)
{
  for (guint part = 0; part < 3; part++)
    g_free (self->parts[part]);
  g_free (self->qkv.data);
}

/* The row of a sequence's token: its own, or that of the sequence before where it is shared. */
static guint
row_of (const ClipSequences *sequences, guint sequence, guint place)
{
  guint first = 0;
  while (sequences->shared && place < sequences->shared[sequence])
    sequence--;
  for (guint i = 0; i < sequence; i++)
    first += (sequences->lengths ? sequences->lengths[i] : sequences->length)
             - (sequences->shared ? sequences->shared[i] : 0);
  return first + place - (sequences->shared ? sequences->shared[sequence] : 0);
}

/* ret: [head_size]. */
static void
attend (const Case *self, guint sequence, guint place, guint head, double *ret)
{
  guint width = self->n_heads * self->head_size,
        length = self->sequences.lengths ? self->sequences.lengths[sequence] : self->sequences.length;
  guint seen = self->sequences.causal ? place + 1 : length;
  const float *query = self->parts[0] + row_of (&self->sequences, sequence, place) * width + head * self->head_size;
  double sum = 0;
  memset (ret, 0, self->head_size * sizeof *ret);
  for (guint token = 0; token < seen; token++) {
    gsize at = row_of (&self->sequences, sequence, token) * width + head * self->head_size;
    double score = 0;
    for (guint i = 0; i < self->head_size; i++)
      score += (double)query[i] * (double)self->parts[1][at + i];
    sum += exp (score);
    for (guint i = 0; i < self->head_size; i++)
      ret[i] += exp (score) * (double)self->parts[2][at + i];
  }
  for (guint i = 0; i < self->head_size; i++)
    ret[i] /= sum;
}

static float *
run (const Case *self, guint n_threads, const guint *pooled)
{
  ClipPool *pool = clip_pool_get (n_threads);
  guint width = self->n_heads * self->head_size;
  gsize n = (gsize)self->sequences.rows * width;
  gsize scratch_size = clip_attention_scratch (self->sequences.longest, self->head_size) * n_threads;
  float *scratch = g_aligned_alloc (scratch_size, sizeof (float), 64), *ret = g_new (float, n);
  for (gsize i = 0; i < scratch_size; i++)
    scratch[i] = NAN;
  for (gsize i = 0; i < n; i++)
    ret[i] = NAN;
  clip_attention_run (&self->sequences, self->n_heads, self->head_size, pool, &self->qkv, pooled, ret, scratch);
  g_aligned_free (scratch);
  clip_pool_unref (pool);
  return ret;
}

static void
check (guint n_heads, guint head_size, ClipLayout layout, const ClipSequences *sequences)
{
  Case self = case_new (n_heads, head_size, layout, sequences);
  guint width = n_heads * head_size;
  gsize n = (gsize)sequences->rows * width;
  g_autofree float *found = run (&self, 1, NULL), *again = run (&self, 3, NULL);
  g_autofree double *expected = g_new (double, head_size);
  g_assert_cmpmem (found, n * sizeof *found, again, n * sizeof *again);
  /* In bf16 a weight is off by 2^-9 of itself at most, so that a mean of values up to 1 is off by no more. */
  double tolerance = layout == CLIP_LAYOUT_BF16 ? 0x1p-9 + 1e-5 : 1e-5;
  for (guint sequence = 0; sequence < sequences->n; sequence++) {
    guint place = sequences->shared ? sequences->shared[sequence] : 0;
    guint length = sequences->lengths ? sequences->lengths[sequence] : sequences->length;
    for (; place < length; place++)
      for (guint head = 0; head < n_heads; head++) {
        gsize at = row_of (sequences, sequence, place) * width + head * head_size;
        attend (&self, sequence, place, head, expected);
        for (guint i = 0; i < head_size; i++)
          g_assert_cmpfloat (fabs ((double)found[at + i] - expected[i]), <=, tolerance);
      }
  }

  g_autofree guint *pooled = g_new (guint, sequences->n);
  for (guint i = 0; i < sequences->n; i++)
    pooled[i] = row_of (sequences, i, sequences->lengths ? sequences->lengths[i] - 1 : i % sequences->length);
  g_autofree float *alone = run (&self, 2, pooled);
  for (guint i = 0; i < sequences->n; i++)
    g_assert_cmpmem (alone + i * width, width * sizeof *alone, found + pooled[i] * width, width * sizeof *found);
  case_clear (&self);
}

static const guint head_sizes[] = { 1, 5, 8, 12, 32, 64, 80 };

static void
test_whole (gconstpointer data)
{
  static const guint lengths[] = { 1, 2, 7, 13, 14, 15, 31, 32, 33, 50, 113 };
  ClipLayout layout = GPOINTER_TO_UINT (data);
  for (guint l = 0; l < G_N_ELEMENTS (lengths); l++)
    for (guint h = 0; h < G_N_ELEMENTS (head_sizes); h++) {
      guint length = lengths[l], n = 1 + l % 3;
      ClipSequences sequences = { .n = n, .length = length, .rows = n * length, .longest = length };
      check (1 + h % 3, head_sizes[h], layout, &sequences);
    }
}

static void
test_causal (gconstpointer data)
{
  /* Those of a task's first sequence that are shared lie in another task's: there are 16 to a task. */
  static const guint lengths[] = { 9, 9, 16, 3, 77, 40, 40, 1, 2, 15, 33, 34, 35, 36, 8, 8, 9, 20, 21, 5 };
  static const guint shared[] = { 0, 8, 5, 2, 2, 39, 7, 0, 1, 1, 14, 33, 32, 7, 7, 7, 7, 8, 19, 4 };
  ClipLayout layout = GPOINTER_TO_UINT (data);
  for (guint h = 0; h < G_N_ELEMENTS (head_sizes); h++)
    for (gboolean sharing = FALSE; sharing <= TRUE; sharing++) {
      ClipSequences sequences = { .n = G_N_ELEMENTS (lengths), .lengths = lengths, .longest = 77, .causal = TRUE };
      sequences.shared = sharing ? shared : NULL;
      for (guint i = 0; i < sequences.n; i++)
        sequences.rows += lengths[i] - (sharing ? shared[i] : 0);
      check (1 + h % 2, head_sizes[h], layout, &sequences);
    }
}

int
main (int argc, char **argv)
{
  test_need_cpu ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/attention/f32/whole", GUINT_TO_POINTER (CLIP_LAYOUT_F32), test_whole);
  g_test_add_data_func ("/attention/f32/causal", GUINT_TO_POINTER (CLIP_LAYOUT_F32), test_causal);
  g_test_add_data_func ("/attention/bf16/whole", GUINT_TO_POINTER (CLIP_LAYOUT_BF16), test_whole);
  g_test_add_data_func ("/attention/bf16/causal", GUINT_TO_POINTER (CLIP_LAYOUT_BF16), test_causal);
  return g_test_run ();
}
