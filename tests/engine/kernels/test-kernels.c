/* SPDX-License-Identifier: MIT
 *
 * test-kernels.c: the loops of kernels.h, for every instruction set of this CPU, against double precision, over awkward
 * sizes, with guard values around. The micro-kernels are tested in test-gemm.c.
 */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "runtime/cpu-features.h"
#include "cpumask.h"
#include "kernels/pack.h"

static const guint sizes[] = { 1, 2, 7, 15, 16, 17, 31, 33, 64, 77, 127, 257, 768, 3072 };
#define MAX_SIZE 3072
#define GUARD    12345.0f

/* One kernel table, and an activation where the test is of one. */
typedef struct
{
  const ClipKernels *kernels;
  ClipActivation activation;
} Case;

static guint32 state;

static float
random_value (float scale)
{
  state = state * 1664525u + 1013904223u;
  return ((float)(state >> 8) / (float)(1 << 23) - 1.0f) * scale;
}

/* What libm says, in double. */
static double
activate (double x, ClipActivation activation)
{
  switch (activation) {
  case CLIP_ACTIVATION_QUICK_GELU:
    return x / (1 + exp (-1.702 * x));
  case CLIP_ACTIVATION_GELU:
    return 0.5 * x * erfc (-x / sqrt (2));
  case CLIP_ACTIVATION_GELU_TANH:
    return 0.5 * x * (1 + tanh (sqrt (2 / G_PI) * (x + 0.044715 * x * x * x)));
  default:
    return x;
  }
}

/* Every 1/512 from -60 to 60, which has all that an activation does. Returns the worst error. */
static double
scan_activation (const Case *test)
{
  enum
  {
    STEPS = 512,
    N = 60
  };
  double worst = 0;
  float x[STEPS], y[STEPS];
  for (int whole = -N; whole < N; whole++) {
    for (guint i = 0; i < STEPS; i++)
      x[i] = y[i] = (float)whole + (float)i / STEPS;
    test->kernels->activate (y, STEPS, test->activation);
    for (guint i = 0; i < STEPS; i++) {
      double error = fabs (y[i] - activate (x[i], test->activation)) / MAX (1, fabsf (x[i]));
      g_assert_false (isnan (error));
      worst = MAX (worst, error);
    }
  }
  return worst;
}

static void
test_activation (gconstpointer data)
{
  const Case *test = data;
  ClipActivation activation = test->activation;
  float row[MAX_SIZE + 2];
  double worst = scan_activation (test);
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    guint n = sizes[s];
    float x[MAX_SIZE];
    row[0] = row[n + 1] = GUARD;
    for (guint i = 0; i < n; i++)
      x[i] = row[i + 1] = random_value (s % 2 ? 4 : 40);
    test->kernels->activate (row + 1, n, activation);
    for (guint i = 0; i < n; i++)
      worst = MAX (worst, fabs (row[i + 1] - activate (x[i], activation)) / MAX (1, fabsf (x[i])));
    g_assert_cmpfloat (row[0], ==, GUARD);
    g_assert_cmpfloat (row[n + 1], ==, GUARD);
  }
  g_test_message ("worst error %.3g", worst);
  g_assert_cmpfloat (worst, <=, 1.5e-7);

  float extremes[] = { -1e30f, -200, 200, 1e30f, NAN, -NAN };
  test->kernels->activate (extremes, 6, activation);
  g_assert_cmpfloat (extremes[2], ==, 200);
  g_assert_cmpfloat (extremes[3], ==, 1e30f);
  g_assert_true (isnan (extremes[4]) && isnan (extremes[5]));
  if (activation != CLIP_ACTIVATION_NONE) {
    g_assert_cmpfloat (fabs (extremes[0]), <=, 1e-6);
    g_assert_cmpfloat (fabs (extremes[1]), <=, 1e-6);
  }
}

static void
test_layer_norm (gconstpointer data)
{
  const ClipKernels *kernels = ((const Case *)data)->kernels;
  static float x[2 * MAX_SIZE], y[2 * MAX_SIZE + 1], weight[MAX_SIZE], bias[MAX_SIZE];
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    guint n = sizes[s];
    for (guint i = 0; i < n; i++) {
      weight[i] = 1 + random_value (0.5f);
      bias[i] = random_value (1);
    }
    for (guint i = 0; i < 2 * n; i++)
      x[i] = 3 + random_value (5);
    y[2 * n] = GUARD;
    for (guint row = 0; row < 2; row++)
      kernels->layer_norm (x + row * n, y + row * n, n, weight, bias, 1e-5f);
    g_assert_cmpfloat (y[2 * n], ==, GUARD);
    for (guint row = 0; row < 2; row++) {
      double mean = 0, variance = 0;
      for (guint i = 0; i < n; i++)
        mean += x[row * n + i] / (double)n;
      for (guint i = 0; i < n; i++)
        variance += (x[row * n + i] - mean) * (x[row * n + i] - mean) / n;
      for (guint i = 0; i < n; i++) {
        double expected = (x[row * n + i] - mean) / sqrt (variance + (double)1e-5f) * weight[i] + bias[i];
        /* A mean of n floats in 16 lanes: n / 16 + 16 roundings of 2^-24 relative to |x| <= 8, over a deviation of ~3.
         */
        double tolerance = n == 1 ? 1e-3 : (n / 16 + 32) * 6e-8 * 8;
        g_assert_cmpfloat (fabs (y[row * n + i] - expected), <=, tolerance);
      }
    }
  }
}

static void
test_exp_sum (gconstpointer data)
{
  const ClipKernels *kernels = ((const Case *)data)->kernels;
  static float x[MAX_SIZE + 1], in[MAX_SIZE];
  double worst = 0;
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    guint n = sizes[s];
    double sum = 0;
    float top = -INFINITY;
    for (guint i = 0; i < n; i++) {
      in[i] = x[i] = random_value (20) + (s % 2 ? -500 : 500); /* far from 0: only differences count */
      top = MAX (top, in[i]);
    }
    x[n] = GUARD;
    float found = kernels->exp_sum (x, n);
    g_assert_cmpfloat (x[n], ==, GUARD);
    for (guint i = 0; i < n; i++) {
      double expected = exp ((double)in[i] - top);
      worst = MAX (worst, fabs (x[i] - expected) / expected);
      sum += expected;
    }
    g_assert_cmpfloat (fabs (found - sum), <=, 5e-7 * sum);
  }
  g_test_message ("worst relative error %.3g", worst);
  g_assert_cmpfloat (worst, <=, 5e-7);

  for (guint i = 0; i < 87; i++) /* the greatest of negative ones, and down to where 0 begins */
    x[i] = -1 - (float)i;
  x[87] = -88.5f;
  x[88] = -1e30f;
  x[89] = -INFINITY;
  g_assert_cmpfloat (fabs (kernels->exp_sum (x, 90) * (1 - exp (-1)) - 1), <=, 5e-7);
  for (guint i = 0; i < 87; i++)
    g_assert_cmpfloat (fabs (x[i] / exp (-(double)i) - 1), <=, 5e-7);
  g_assert_true (x[87] == 0 && x[88] == 0 && x[89] == 0);

  for (guint i = 0; i < 4; i++) {
    float with_nan[20];
    for (guint j = 0; j < 20; j++)
      with_nan[j] = i % 2 ? -1 : 1;
    with_nan[i * 5 + 2] = i < 2 ? NAN : -NAN;
    g_assert_true (isnan (kernels->exp_sum (with_nan, 20)));
  }
}

/* One row through pack_row_s8: every value comes back within half a step, outliers exactly; codes beyond the row are 0.
 */
static void
check_pack_row_s8 (const ClipKernels *kernels, const float *x, guint n, guint n_outliers)
{
  enum
  {
    STRIDE = 48
  };
  static guint8 q[(MAX_SIZE / 16 + 1) * STRIDE];
  static ClipQuantRow row;
  guint padded = (n + 15) / 16 * 16;
  float low = 0, high = 0;
  g_autofree double *back = g_new (double, padded);
  memset (q, 0xa5, sizeof q);
  kernels->pack_row_s8 (x, n, q, STRIDE, &row);
  g_assert_cmpuint (row.n_outliers, ==, n_outliers);
  for (guint i = 0; i < padded; i++) {
    guint8 code = q[i / 16 * STRIDE + i % 16];
    back[i] = (double)row.scale * (code - row.zero_point);
    if (i >= n)
      g_assert_cmpuint (code, ==, 0);
  }
  for (guint i = 0; i < padded / 16; i++)
    for (guint j = 16; j < STRIDE; j++)
      g_assert_cmpuint (q[i * STRIDE + j], ==, 0xa5);
  for (guint i = 0; i < row.n_outliers; i++)
    back[row.outliers[i].index] += row.outliers[i].rest;
  for (guint i = 0; i < n; i++) {
    low = MIN (low, x[i]);
    high = MAX (high, x[i]);
    g_assert_cmpfloat (fabs (back[i] - x[i]), <=, row.scale * 0.5001 + 1e-6 * fabsf (x[i]));
  }
  g_assert_cmpfloat (row.scale, <=, (high - low) / 254 * 1.0001f);
}

static void
test_pack_row_s8 (gconstpointer data)
{
  const ClipKernels *kernels = ((const Case *)data)->kernels;
  float x[MAX_SIZE];
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    guint n = sizes[s];
    for (guint kind = 0; kind < 4; kind++) {
      for (guint i = 0; i < n; i++)
        x[i] = random_value (3) + (kind == 1 ? 10 : kind == 2 ? -10 : 0); /* one sign alone has its zero at an end */
      if (kind == 3)
        memset (x, 0, sizeof x);
      check_pack_row_s8 (kernels, x, n, 0);
    }
    if (n < 257)
      continue;
    guint n_outliers = 0;
    for (guint i = 5; i < n; i += n / 3, n_outliers++)
      x[i] = i % 2 ? 150 : -90;
    check_pack_row_s8 (kernels, x, n, n_outliers);
    /* Where they are more than the list holds the range widens instead. */
    for (guint i = 0; i < n; i++)
      x[i] = i % 16 ? 0.01f : 100;
    guint large = (n + 15) / 16;
    check_pack_row_s8 (kernels, x, n, large > CLIP_MAX_OUTLIERS ? 0 : large);
  }
  /* The ends of a range are the last codes, wherever its zero falls between two. */
  for (guint i = 0; i < 5000; i++) {
    for (guint j = 0; j < 48; j++)
      x[j] = random_value (1);
    x[i % 48] = -1 - (float)i / 5000;
    x[(i + 5) % 48] = 1 + random_value (1) / 2;
    check_pack_row_s8 (kernels, x, 48, 0);
  }

  static guint8 q[MAX_SIZE];
  static ClipQuantRow row;
  x[3] = NAN;
  kernels->pack_row_s8 (x, 64, q, 16, &row);
  g_assert_true (isnan (row.scale) && row.n_outliers == 0);
  x[3] = -INFINITY;
  kernels->pack_row_s8 (x, 64, q, 16, &row);
  g_assert_true (isnan (row.scale) && row.n_outliers == 0);
}

static guint16
round_one (const ClipKernels *kernels, guint32 bits)
{
  float x;
  guint16 group[CLIP_GROUP_BF16];
  memcpy (&x, &bits, sizeof x);
  kernels->pack_row_bf16 (&x, 1, (guint8 *)group, CLIP_GROUP_BYTES);
  return group[0];
}

/* Nearest, ties to even, by arithmetic alone; zeros behind, nothing touched between groups. */
static void
test_round_bf16 (gconstpointer data)
{
  enum
  {
    STRIDE = 12 /* in units of two bytes: a group and a gap */
  };
  const ClipKernels *kernels = ((const Case *)data)->kernels;
  static guint16 to[(MAX_SIZE / CLIP_GROUP_BF16 + 1) * STRIDE];
  float x[MAX_SIZE];
  guint ties = 0;
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    guint n = sizes[s], groups = (n + CLIP_GROUP_BF16 - 1) / CLIP_GROUP_BF16;
    for (guint i = 0; i < n; i++) {
      guint32 bits;
      x[i] = random_value (i % 2 ? 1e-3f : 300);
      memcpy (&bits, &x[i], sizeof bits);
      if (i % 3 == 0) { /* halfway between two */
        bits = (bits & 0xffff0000u) | 0x8000;
        ties++;
      }
      memcpy (&x[i], &bits, sizeof bits);
    }
    memset (to, 0xa5, sizeof to);
    kernels->pack_row_bf16 (x, n, (guint8 *)to, STRIDE * sizeof *to);
    for (guint i = 0; i < groups * STRIDE; i++) {
      guint within = i % STRIDE, index = i / STRIDE * CLIP_GROUP_BF16 + within;
      if (within >= CLIP_GROUP_BF16) {
        g_assert_cmpuint (to[i], ==, 0xa5a5);
      } else if (index >= n) {
        g_assert_cmpuint (to[i], ==, 0);
      } else {
        int exponent;
        double mantissa = frexp (x[index], &exponent);
        guint32 bits = (guint32)to[i] << 16;
        float found;
        memcpy (&found, &bits, sizeof found);
        g_assert_cmpfloat (found, ==, ldexp (rint (ldexp (mantissa, 8)), exponent - 8));
      }
    }
    g_assert_cmpuint (to[groups * STRIDE], ==, 0xa5a5);
  }
  g_assert_cmpuint (ties, >, 1000);

  static const struct
  {
    guint32 from;
    guint16 to;
  } extremes[] = { { 0x00000000, 0x0000 }, { 0x80000000, 0x8000 }, { 0x00018001, 0x0002 }, { 0x7f7fffff, 0x7f80 },
    { 0xff7f7fff, 0xff7f }, { 0x7f800000, 0x7f80 }, { 0xff800000, 0xff80 } };
  for (guint i = 0; i < G_N_ELEMENTS (extremes); i++)
    g_assert_cmphex (round_one (kernels, extremes[i].from), ==, extremes[i].to);
  static const guint32 not_numbers[] = { 0x7f800001, 0x7fffffff, 0xff800001, 0xffffffff, 0x7fc00000 };
  for (guint i = 0; i < G_N_ELEMENTS (not_numbers); i++)
    g_assert_cmphex (round_one (kernels, not_numbers[i]) & 0x7fff, >, 0x7f80);
}

/* A small product from end to end: quantised weights and rows, acc, bias, activation, residual. */
static void
check_finish (const ClipKernels *kernels, guint n, gboolean residual)
{
  enum
  {
    K = 40,
    ROWS = 3,
    STRIDE = CLIP_PANEL + 3
  };
  static ClipQuantRow quant[ROWS];
  float x[ROWS * K], weight[CLIP_PANEL * K], bias[CLIP_PANEL], y[ROWS * STRIDE], before[ROWS * STRIDE];
  gint8 panel[(K + 15) / 16 * 16 * CLIP_PANEL];
  guint8 lhs[(K + 15) / 16 * ROWS * 16];
  float scale[CLIP_PANEL];
  gint32 column_sum[CLIP_PANEL], acc[ROWS * CLIP_PANEL];
  for (guint i = 0; i < ROWS * K; i++)
    x[i] = random_value (1);
  for (guint i = 0; i < n * K; i++)
    weight[i] = random_value (1);
  for (guint i = 0; i < n; i++)
    bias[i] = random_value (1);
  for (guint i = 0; i < ROWS * STRIDE; i++)
    y[i] = before[i] = random_value (1);
  clip_pack_panels_s8 (panel, scale, column_sum, weight, K, n, K);
  for (guint row = 0; row < ROWS; row++)
    kernels->pack_row_s8 (x + row * K, K, lhs + 16 * row, 16 * ROWS, &quant[row]);
  /* Forced, because few values cannot hold one that is eight times their root mean square. */
  quant[2].outliers[quant[2].n_outliers++] = (ClipOutlier){ 21, 5.0f };
  x[2 * K + 21] += 5.0f;
  kernels->micro_kernel_s8 (ROWS, (K + 15) / 16, lhs, 16 * ROWS, panel, panel, FALSE, acc, CLIP_PANEL);
  ClipActivation activation = residual ? CLIP_ACTIVATION_NONE : CLIP_ACTIVATION_GELU;
  ClipEpilogue epilogue = { n, bias, activation, residual, y, STRIDE, quant, scale, column_sum, panel };
  kernels->epilogue_s8 (&epilogue, ROWS, acc);
  for (guint row = 0; row < ROWS; row++) {
    for (guint j = 0; j < n; j++) {
      /* Against the weights as quantised: what is left is the rows' rounding, half a step for each of 40 weights. */
      double expected = bias[j], slack = 1e-4;
      for (guint i = 0; i < K; i++) {
        double w = (double)scale[j] * panel[i / 4 * 4 * CLIP_PANEL + 4 * j + i % 4];
        expected += x[row * K + i] * w;
        slack += 0.5 * (double)quant[row].scale * fabs (w);
      }
      expected = residual ? expected + before[row * STRIDE + j] : activate (expected, activation);
      g_assert_cmpfloat (fabs (y[row * STRIDE + j] - expected), <=, slack * 1.13); /* GELU's slope is at most 1.13 */
    }
    for (guint j = n; j < STRIDE; j++)
      g_assert_cmpfloat (y[row * STRIDE + j], ==, before[row * STRIDE + j]);
  }
}

static void
test_finish (gconstpointer data)
{
  const ClipKernels *kernels = ((const Case *)data)->kernels;
  for (guint n = 1; n <= CLIP_PANEL; n++) {
    check_finish (kernels, n, FALSE);
    check_finish (kernels, n, TRUE);
  }

  float acc[2 * CLIP_PANEL], y[2 * CLIP_PANEL], bias[CLIP_PANEL];
  for (guint i = 0; i < 2 * CLIP_PANEL; i++)
    acc[i] = random_value (3);
  for (guint i = 0; i < CLIP_PANEL; i++)
    bias[i] = random_value (1);
  ClipEpilogue epilogue
      = { CLIP_PANEL, bias, CLIP_ACTIVATION_QUICK_GELU, FALSE, y, CLIP_PANEL, NULL, NULL, NULL, NULL };
  kernels->epilogue_f32 (&epilogue, 2, acc);
  for (guint i = 0; i < 2 * CLIP_PANEL; i++)
    g_assert_cmpfloat (
        fabs (y[i] - activate ((double)acc[i] + bias[i % CLIP_PANEL], CLIP_ACTIVATION_QUICK_GELU)), <=, 1e-6);
}

static void
test_normalize (void)
{
  float x[] = { 3e30f, 4e30f }, zero[] = { 0, 0 }, bad[] = { 1, INFINITY };
  clip_normalize (x, 2);
  g_assert_cmpfloat (fabsf (x[0] - 0.6f), <=, 1e-7);
  g_assert_cmpfloat (fabsf (x[1] - 0.8f), <=, 1e-7);
  clip_normalize (zero, 2);
  g_assert_cmpfloat (zero[0], ==, 0);
  clip_normalize (bad, 2);
  g_assert_true (isnan (bad[0]) && isnan (bad[1]));
  g_assert_cmpfloat (clip_dot (x, x, 2), >, 0.999999);
}

static void
add (const ClipKernels *kernels, const char *what, ClipActivation activation, GTestDataFunc test)
{
  g_autofree char *path = g_strdup_printf ("/kernels/%s/%s", kernels->name, what);
  Case *data = g_new (Case, 1);
  *data = (Case){ kernels, activation };
  g_test_add_data_func_full (path, data, test, g_free);
}

int
main (int argc, char **argv)
{
  test_need_cpu ();
  g_test_init (&argc, &argv, NULL);
  const ClipKernels *all[CLIP_MAX_KERNELS];
  gsize n = clip_kernels_all (all);
  g_assert_cmpuint (n, >, clip_cpu_features () ? 1 : 0);
  for (gsize i = 0; i < n; i++) {
    add (all[i], "none", CLIP_ACTIVATION_NONE, test_activation);
    add (all[i], "quick-gelu", CLIP_ACTIVATION_QUICK_GELU, test_activation);
    add (all[i], "gelu", CLIP_ACTIVATION_GELU, test_activation);
    add (all[i], "gelu-tanh", CLIP_ACTIVATION_GELU_TANH, test_activation);
    add (all[i], "layer-norm", CLIP_ACTIVATION_NONE, test_layer_norm);
    add (all[i], "exp-sum", CLIP_ACTIVATION_NONE, test_exp_sum);
    add (all[i], "pack_row_s8", CLIP_ACTIVATION_NONE, test_pack_row_s8);
    add (all[i], "round-bf16", CLIP_ACTIVATION_NONE, test_round_bf16);
    add (all[i], "epilogue", CLIP_ACTIVATION_NONE, test_finish);
  }
  test_add_missing_kernels ("/kernels");
  g_test_add_func ("/kernels/normalize", test_normalize);
  return g_test_run ();
}
