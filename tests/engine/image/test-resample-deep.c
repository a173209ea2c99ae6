/* SPDX-License-Identifier: MIT
 *
 * test-resample-deep.c: the resize of words by each of this CPU's instruction sets, and in plain C, against its
 * definition in double arithmetic: edge sizes, every layout, rotated and mirrored. Sources are between inaccessible
 * pages, results between guards.
 */
#include "image/resample-deep.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD (-77.0f)

static guint32 state;

static guint
random_below (guint n)
{
  state = state * 1664525u + 1013904223u;
  return (guint)(((guint64)(state >> 4) * n) >> 28);
}

/* n bytes, the first or the last of them next to an inaccessible page. */
static guint8 *
fenced_new (gsize n, gboolean at_start, guint8 **ret_map, gsize *ret_size)
{
  gsize page = sysconf (_SC_PAGESIZE), inner = (n + page - 1) / page * page;
  guint8 *map = mmap (NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  g_assert_true (map != MAP_FAILED);
  g_assert_cmpint (mprotect (map + page, inner, PROT_READ | PROT_WRITE), ==, 0);
  *ret_map = map;
  *ret_size = inner + 2 * page;
  return map + page + (at_start ? 0 : inner - n);
}

typedef struct
{
  guint width, height, out_width, out_height;
  ClipResample filter;
  guint depth, shift, step, offset;
  gboolean transposed, x_back, y_back, at_start;
} Case;

static double
weigh (const ClipDeepAxis *axis, guint out, const double *samples, gsize step, double max)
{
  double sum = 0;
  for (guint t = 0; t < axis->taps && axis->offsets[out] + t < axis->n_in; t++)
    sum += (double)axis->weights[(gsize)out * axis->taps + t] * samples[(axis->offsets[out] + t) * step];
  return CLAMP (sum, 0, max);
}

static void
check (const Case *it, ClipCpuFeatures flags)
{
  enum
  {
    MARGIN = 13
  };
  /* In memory: columns x rows. */
  guint columns = it->transposed ? it->height : it->width, rows = it->transposed ? it->width : it->height;
  gsize row = (gsize)(columns - 1) * it->step + it->offset + 2, stride = row + 1; /* odd addresses, too */
  gsize size = (rows - 1) * stride + row, map_size;
  guint8 *map, *bytes = fenced_new (size, it->at_start, &map, &map_size);
  for (gsize i = 0; i < size; i++)
    bytes[i] = random_below (256);

  gssize by_column = it->step, by_row = stride;
  const guint8 *data = bytes + it->offset;
  if (it->x_back) {
    data += (gssize)(columns - 1) * by_column;
    by_column = -by_column;
  }
  if (it->y_back) {
    data += (gssize)(rows - 1) * by_row;
    by_row = -by_row;
  }
  ClipDeepSamples in
      = { data, it->transposed ? by_column : by_row, it->transposed ? by_row : by_column, it->shift, it->depth };

  ClipResampleSpan horizontal = { it->width, 0, it->width, it->out_width, 0, it->out_width };
  ClipResampleSpan vertical = { it->height, 0, it->height, it->out_height, 0, it->out_height };
  if (it->out_width > 8) { /* not all of it */
    horizontal.first = 3;
    horizontal.n_out -= 5;
  }
  ClipDeepResampler resampler;
  g_assert_true (clip_deep_resampler_init_for (&resampler, &horizontal, &vertical, it->filter, 1, flags));

  const ClipDeepAxis *x_axis = &resampler.horizontal, *y_axis = &resampler.vertical;
  guint max = (1u << it->depth) - 1 - random_below (20);
  g_autofree double *line = g_new0 (double, x_axis->n_in);
  g_autofree double *between = g_new0 (double, (gsize)y_axis->n_in * x_axis->n_out);
  for (guint y = 0; y < y_axis->n_in; y++) {
    for (guint x = 0; x < x_axis->n_in; x++) {
      const guint8 *sample
          = in.data + (gssize)(y + y_axis->first) * in.row_stride + (gssize)(x + x_axis->first) * in.step;
      line[x] = (sample[0] | sample[1] << 8) >> it->shift & ((1u << it->depth) - 1);
    }
    for (guint x = 0; x < x_axis->n_out; x++)
      between[(gsize)y * x_axis->n_out + x] = weigh (x_axis, x, line, 1, max);
  }

  guint w = x_axis->n_out, h = y_axis->n_out;
  gsize ret_stride = w + MARGIN;
  g_autofree float *out = g_new (float, h *ret_stride + MARGIN);
  for (guint run = 0; run < 2; run++) { /* scratch left by the first run must not affect the second */
    for (gsize i = 0; i < h * ret_stride + MARGIN; i++)
      out[i] = GUARD;
    clip_deep_resampler_run (&resampler, &in, max, (float *[]){ out + MARGIN }, ret_stride);
    for (guint y = 0; y < h; y++)
      for (guint x = 0; x < w; x++) {
        double want = weigh (y_axis, y, between + x, w, max), got = out[MARGIN + y * ret_stride + x];
        /* Each pass: eight sums of taps / 8 products, each off by 2^-24 of the largest sum; weights below 1.5 in
         * magnitude. */
        double bound = (x_axis->taps / 8.0 + y_axis->taps + 8) * max * 1.5 / (1 << 24);
        g_assert_cmpfloat (fabs (got - want), <=, bound);
        g_assert_cmpfloat (got, >=, 0);
        g_assert_cmpfloat (got, <=, max);
      }
    for (gsize i = 0; i < h * ret_stride + MARGIN; i++)
      if (i < MARGIN || (i - MARGIN) % ret_stride >= w)
        g_assert_true (out[i] == GUARD);
  }
  clip_deep_resampler_clear (&resampler);
  g_assert_cmpint (munmap (map, map_size), ==, 0);
}

static void
test_edges (gconstpointer data)
{
  static const guint steps[] = { 2, 4, 6, 8 };
  state = 1;
  for (guint size = 1; size < 75; size += size < 35 ? 1 : 7)
    for (guint s = 0; s < G_N_ELEMENTS (steps); s++)
      for (guint turn = 0; turn < 8; turn++) {
        Case it = {
          .width = size,
          .height = 1 + random_below (40),
          .out_width = 1 + random_below (40),
          .out_height = 1 + random_below (20),
          .filter = CLIP_RESAMPLE_BICUBIC,
          .step = steps[s],
          .offset = steps[s] - 2 - 2 * random_below (steps[s] / 2),
          .transposed = turn & 1,
          .x_back = turn >> 1 & 1,
          .y_back = turn >> 2,
          .at_start = random_below (2),
        };
        it.depth = 10 + 2 * random_below (4);
        it.shift = random_below (2) * (16 - it.depth);
        check (&it, GPOINTER_TO_UINT (data));
      }
}

static void
test_random (gconstpointer data)
{
  state = 2;
  for (guint i = 0; i < 60; i++) {
    Case it = {
      .width = 1 + random_below (400),
      .height = 1 + random_below (300),
      .out_width = 1 + random_below (120),
      .out_height = 1 + random_below (120),
      .filter = random_below (6),
      .depth = 16,
      .step = 2 * (1 + random_below (2)),
      .transposed = random_below (2),
      .x_back = random_below (2),
      .y_back = random_below (2),
    };
    check (&it, GPOINTER_TO_UINT (data));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/resample-deep/c/edges", GUINT_TO_POINTER (0), test_edges);
  g_test_add_data_func ("/resample-deep/c/random", GUINT_TO_POINTER (0), test_random);
  if (clip_cpu_features () & CLIP_CPU_AVX2) {
    g_test_add_data_func ("/resample-deep/avx2/edges", GUINT_TO_POINTER (CLIP_CPU_AVX2), test_edges);
    g_test_add_data_func ("/resample-deep/avx2/random", GUINT_TO_POINTER (CLIP_CPU_AVX2), test_random);
  } else {
    g_test_message ("no AVX2 here: its kernels are not tried");
  }
  return g_test_run ();
}
