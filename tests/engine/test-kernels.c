/* SPDX-License-Identifier: MIT
 *
 * test-kernels.c: the arithmetic of kernels.h against double precision, over awkward sizes, with guard values around.
 */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "kernels.h"

static const guint sizes[] = { 1, 2, 7, 15, 16, 17, 31, 33, 64, 77, 127, 257, 768, 3072 };
#define MAX_SIZE 3072
#define GUARD    12345.0f

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

static void
test_activation (gconstpointer data)
{
  ClipActivation activation = (ClipActivation)GPOINTER_TO_INT (data);
  float row[MAX_SIZE + 2], bias[MAX_SIZE];
  double worst = 0;
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    guint n = sizes[s];
    float x[MAX_SIZE];
    row[0] = row[n + 1] = GUARD;
    for (guint i = 0; i < n; i++) {
      x[i] = row[i + 1] = random_value (s % 2 ? 4 : 40);
      bias[i] = random_value (1);
    }
    clip_bias_activation (row + 1, n, 1, n, bias, activation);
    for (guint i = 0; i < n; i++) {
      double in = (double)(x[i] + bias[i]);
      worst = MAX (worst, fabs (row[i + 1] - activate (in, activation)) / MAX (1, fabs (in)));
    }
    g_assert_cmpfloat (row[0], ==, GUARD);
    g_assert_cmpfloat (row[n + 1], ==, GUARD);
  }
  g_test_message ("worst error %.3g", worst);
  g_assert_cmpfloat (worst, <=, 2e-7);

  float extremes[] = { -1e30f, -200, 200, 1e30f, NAN };
  clip_bias_activation (extremes, 5, 1, 5, NULL, activation);
  g_assert_cmpfloat (extremes[2], ==, 200);
  g_assert_cmpfloat (extremes[3], ==, 1e30f);
  g_assert_true (isnan (extremes[4]));
  if (activation != CLIP_ACTIVATION_NONE) {
    g_assert_cmpfloat (fabs (extremes[0]), <=, 1e-6);
    g_assert_cmpfloat (fabs (extremes[1]), <=, 1e-6);
  }
}

static void
test_layer_norm (void)
{
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
    clip_layer_norm (x, y, 2, n, weight, bias, 1e-5f);
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
test_softmax (void)
{
  static float x[MAX_SIZE + 1], in[MAX_SIZE];
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    guint n = sizes[s];
    double sum = 0, total = 0;
    for (guint i = 0; i < n; i++)
      in[i] = x[i] = random_value (20) + 500; /* far from 0: only differences count */
    x[n] = GUARD;
    clip_softmax (x, n);
    g_assert_cmpfloat (x[n], ==, GUARD);
    for (guint i = 0; i < n; i++)
      sum += exp ((double)in[i] - 520);
    for (guint i = 0; i < n; i++) {
      double expected = exp ((double)in[i] - 520) / sum;
      g_assert_cmpfloat (fabs (x[i] - expected), <=, 1e-6 * expected + 1e-37);
      total += x[i];
    }
    g_assert_cmpfloat (fabs (total - 1), <=, 1e-5);
  }
  float with_nan[] = { 1, NAN, 2 };
  clip_softmax (with_nan, 3);
  g_assert_true (isnan (with_nan[0]) && isnan (with_nan[1]) && isnan (with_nan[2]));
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/kernels/none", GINT_TO_POINTER (CLIP_ACTIVATION_NONE), test_activation);
  g_test_add_data_func ("/kernels/quick-gelu", GINT_TO_POINTER (CLIP_ACTIVATION_QUICK_GELU), test_activation);
  g_test_add_data_func ("/kernels/gelu", GINT_TO_POINTER (CLIP_ACTIVATION_GELU), test_activation);
  g_test_add_data_func ("/kernels/gelu-tanh", GINT_TO_POINTER (CLIP_ACTIVATION_GELU_TANH), test_activation);
  g_test_add_func ("/kernels/layer-norm", test_layer_norm);
  g_test_add_func ("/kernels/softmax", test_softmax);
  g_test_add_func ("/kernels/normalize", test_normalize);
  return g_test_run ();
}
