/* SPDX-License-Identifier: MIT
 *
 * test-baseline.c: ClipBaseline against weighted means and variances summed directly, and what its half-life means.
 */
#include <math.h>

#include "clip.h"

#define SECOND G_GINT64_CONSTANT (1000000000)

/* All samples so far with their times, weighted anew for each check. */
typedef struct
{
  double half_life;
  GArray *times, *values; /* double, float */
} Direct;

static void
sum_direct (const Direct *self, double *ret_mean, double *ret_deviation, double *ret_weight)
{
  guint n = self->times->len;
  double last = g_array_index (self->times, double, n - 1), weights = 0, mean = 0, variance = 0;
  for (guint i = 0; i < n; i++) {
    double weight = exp2 ((g_array_index (self->times, double, i) - last) / self->half_life);
    weights += weight;
    mean += weight * g_array_index (self->values, float, i);
  }
  mean /= weights;
  for (guint i = 0; i < n; i++) {
    double weight = exp2 ((g_array_index (self->times, double, i) - last) / self->half_life);
    double difference = g_array_index (self->values, float, i) - mean;
    variance += weight * difference * difference;
  }
  *ret_mean = mean;
  *ret_deviation = sqrt (variance / weights);
  *ret_weight = weights;
}

static void
check_direct (const Direct *direct, const ClipBaseline *baseline)
{
  double mean, deviation, weight;
  float got_mean, got_deviation;
  guint n;
  sum_direct (direct, &mean, &deviation, &weight);
  clip_baseline_get (baseline, 1, &got_mean, &got_deviation, &n);
  g_assert_cmpfloat (fabs (got_mean - mean), <=, 0x1p-24 * fabs (mean) + 1e-12);
  g_assert_cmpfloat (fabs (got_deviation - deviation), <=, 0x1p-24 * deviation + 1e-9); /* of 0 only a root is left */
  g_assert_cmpfloat (fabs (n - weight), <=, 0.5 + 1e-6);
  float z = clip_baseline_get_z (baseline, 1, 0.4f);
  double expected = weight < CLIP_BASELINE_SAMPLES - 0.5 ? 0 : (0.4f - mean) / MAX (deviation, 0.002);
  g_assert_cmpfloat (fabs (z - expected), <=, 1e-6 * fabs (expected) + 1e-12);
}

/* Irregular times, pauses and repeated times included. */
static void
test_direct (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1979);
  for (guint round = 0; round < 40; round++) {
    gint64 half_life = (gint64)(exp (g_rand_double_range (random, -2, 8)) * (double)SECOND), time = 0;
    Direct direct = { (double)half_life, g_array_new (FALSE, FALSE, sizeof (double)),
      g_array_new (FALSE, FALSE, sizeof (float)) };
    g_autoptr (ClipBaseline) baseline = clip_baseline_new (3, half_life);
    float mean, deviation, level = 0.25f;
    guint n;
    clip_baseline_get (baseline, 1, &mean, &deviation, &n);
    g_assert_true (mean == 0 && deviation == 0 && n == 0);
    for (guint i = 0; i < 150; i++) {
      gint64 elapsed = g_rand_int_range (random, 0, 30) == 0 ? 60 * SECOND
                       : g_rand_int_range (random, 0, 30) == 0
                           ? 0
                           : (gint64)(g_rand_double_range (random, 0.02, 0.5) * (double)SECOND);
      if (g_rand_int_range (random, 0, 40) == 0)
        level = (float)g_rand_double_range (random, 0, 0.5);
      float values[3] = { 1, level + (float)g_rand_double_range (random, -0.02, 0.02), -1 };
      time += elapsed;
      double now = (double)time;
      g_array_append_val (direct.times, now);
      g_array_append_val (direct.values, values[1]);
      clip_baseline_add (baseline, values, elapsed);
      check_direct (&direct, baseline);
    }
    g_array_unref (direct.times);
    g_array_unref (direct.values);
  }
}

/* Long after the start, a step of the cosine is half in the mean after one half-life, and three quarters after two. */
static void
test_half_life (void)
{
  const gint64 step = SECOND / 5, half_life = 600 * SECOND;
  g_autoptr (ClipBaseline) baseline = clip_baseline_new (1, half_life);
  float low = 0.2f, high = 0.3f, mean, deviation;
  guint n;
  for (guint i = 0; i < 20 * 3000; i++)
    clip_baseline_add (baseline, &low, step);
  for (guint i = 0; i < 3000; i++)
    clip_baseline_add (baseline, &high, step);
  clip_baseline_get (baseline, 0, &mean, &deviation, &n);
  g_assert_cmpfloat (fabs (mean - 0.25), <, 1e-6); /* 2^-20 of the time before the first sample */
  g_assert_cmpfloat (fabs (deviation - 0.05), <, 1e-6);
  for (guint i = 0; i < 3000; i++)
    clip_baseline_add (baseline, &high, step);
  clip_baseline_get (baseline, 0, &mean, &deviation, &n);
  g_assert_cmpfloat (fabs (mean - 0.275), <, 1e-6);
}

/* Nothing is said of the first samples; then a picture that never changes has the least deviation there is. */
static void
test_warm_up (void)
{
  g_autoptr (ClipBaseline) baseline = clip_baseline_new (1, 3600 * SECOND);
  float value = 0.25f;
  for (guint i = 0; i < CLIP_BASELINE_SAMPLES; i++) {
    g_assert_cmpfloat (clip_baseline_get_z (baseline, 0, 0.3f), ==, 0);
    clip_baseline_add (baseline, &value, SECOND / 5);
  }
  g_assert_cmpfloat (fabs (clip_baseline_get_z (baseline, 0, 0.254f) - 2), <, 1e-4);
  g_assert_cmpfloat (fabs (clip_baseline_get_z (baseline, 0, 0.25f)), <, 1e-4);
  g_assert_cmpfloat (clip_baseline_get_z (baseline, 0, NAN), ==, 0);
}

/* A half-life of a few samples never knows what is usual; after a long pause nothing is usual any more. */
static void
test_too_few (void)
{
  float value = 0.25f;
  g_autoptr (ClipBaseline) brief = clip_baseline_new (1, SECOND);
  for (guint i = 0; i < 1000; i++) {
    clip_baseline_add (brief, &value, SECOND / 5);
    g_assert_cmpfloat (clip_baseline_get_z (brief, 0, 0.5f), ==, 0);
  }
  g_autoptr (ClipBaseline) paused = clip_baseline_new (1, 60 * SECOND);
  for (guint i = 0; i < 100; i++)
    clip_baseline_add (paused, &value, SECOND / 5);
  g_assert_cmpfloat (clip_baseline_get_z (paused, 0, 0.5f), >, 0);
  clip_baseline_add (paused, &value, 600 * SECOND);
  g_assert_cmpfloat (clip_baseline_get_z (paused, 0, 0.5f), ==, 0);
}

/* What is put back counts on as what it was got from. */
static void
test_set (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (2);
  g_autoptr (ClipBaseline) one = clip_baseline_new (2, 60 * SECOND), two = clip_baseline_new (2, 60 * SECOND);
  float mean, deviation, other_mean, other_deviation, values[2];
  guint n, other_n;
  for (guint i = 0; i < 5000; i++) { /* many more than it stands for */
    values[0] = values[1] = (float)g_rand_double_range (random, 0.2, 0.3);
    clip_baseline_add (one, values, SECOND / 5);
  }
  clip_baseline_get (one, 1, &mean, &deviation, &n);
  g_assert_cmpuint (n, ==, 433); /* 1 / (1 - 2^(-0.2 / 60)) */
  g_assert_true (clip_baseline_set (two, 1, mean, deviation, n));
  clip_baseline_get (two, 1, &other_mean, &other_deviation, &other_n);
  g_assert_cmpfloat (other_mean, ==, mean);
  g_assert_cmpfloat (other_deviation, ==, deviation);
  g_assert_cmpuint (other_n, ==, n);
  for (guint i = 0; i < 500; i++) {
    values[0] = values[1] = (float)g_rand_double_range (random, 0.4, 0.5);
    clip_baseline_add (one, values, SECOND / 5);
    clip_baseline_add (two, values, SECOND / 5);
    clip_baseline_get (one, 1, &mean, &deviation, &n);
    clip_baseline_get (two, 1, &other_mean, &other_deviation, &other_n);
    g_assert_cmpfloat (fabs (mean - other_mean), <, 2e-4); /* n is a whole number: 0.5 of 433 of a step of 0.2 */
    g_assert_cmpfloat (fabs (deviation - other_deviation), <, 2e-4);
  }

  static const float bad[] = { NAN, INFINITY, -INFINITY };
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_assert_false (clip_baseline_set (two, 1, bad[i], 0.1f, 30));
    g_assert_false (clip_baseline_set (two, 1, 0.1f, bad[i], 30));
  }
  g_assert_false (clip_baseline_set (two, 1, 0.1f, -0.001f, 30));
  clip_baseline_get (two, 1, &mean, &deviation, &n);
  g_assert_cmpfloat (mean, ==, other_mean);
  g_assert_true (clip_baseline_set (two, 0, 0.1f, 0, G_MAXUINT));
  clip_baseline_get (two, 0, &mean, &deviation, &n);
  g_assert_true (mean == 0.1f && deviation == 0 && n == G_MAXUINT);
}

/* Values that are not finite change nothing; times that are extreme do no harm. */
static void
test_extremes (void)
{
  g_autoptr (ClipBaseline) baseline = clip_baseline_new (2, 60 * SECOND);
  float good[2] = { 0.25f, 0.5f }, bad[2] = { NAN, INFINITY }, mean, deviation;
  guint n;
  for (guint i = 0; i < 30; i++) {
    clip_baseline_add (baseline, good, 1);
    clip_baseline_add (baseline, bad, SECOND);
  }
  clip_baseline_get (baseline, 0, &mean, &deviation, &n);
  g_assert_true (mean == 0.25f && deviation == 0 && n == 30);
  clip_baseline_add (baseline, good, G_MININT64);
  clip_baseline_get (baseline, 1, &mean, &deviation, &n);
  g_assert_true (mean == 0.5f && n == 31);
  clip_baseline_add (baseline, good, G_MAXINT64);
  clip_baseline_get (baseline, 1, &mean, &deviation, &n);
  g_assert_true (mean == 0.5f && deviation == 0 && n == 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/baseline/direct", test_direct);
  g_test_add_func ("/baseline/half-life", test_half_life);
  g_test_add_func ("/baseline/warm-up", test_warm_up);
  g_test_add_func ("/baseline/too-few", test_too_few);
  g_test_add_func ("/baseline/set", test_set);
  g_test_add_func ("/baseline/extremes", test_extremes);
  return g_test_run ();
}
