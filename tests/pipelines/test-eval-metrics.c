/* SPDX-License-Identifier: MIT
 *
 * test-eval-metrics.c: the metrics of `cliptag eval` against scikit-learn's (tests/golden/make_eval.py), and where
 * nothing is defined.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "clip-json.h"
#include "eval/metrics.h"

/* Both sum some hundred doubles, in orders of their own. */
#define TOLERANCE (1000 * DBL_EPSILON)

static ClipJson *golden;

static guint
as_uint (const ClipJsonValue *value)
{
  gint64 number = -1;
  g_assert_true (clip_json_as_int (value, &number));
  g_assert_cmpint (number, >=, 0);
  return (guint)number;
}

static void
check_number (const char *what, const ClipJsonValue *expected, double found)
{
  double number;
  g_test_message ("%s: %.17g", what, found);
  g_assert_nonnull (expected);
  if (clip_json_as_double (expected, &number))
    g_assert_cmpfloat_with_epsilon (found, number, TOLERANCE);
  else
    g_assert_true (isnan (found));
}

static void
test_case (gconstpointer data)
{
  const ClipJsonValue *root = data, *scores = clip_json_member (root, "scores");
  const ClipJsonValue *labels = clip_json_member (root, "labels"), *confusion = clip_json_member (root, "confusion");
  guint n = clip_json_length (scores), n_classes = clip_json_length (clip_json_element (scores, 0));
  g_autofree float *values = g_new (float, (gsize)n *n_classes);
  g_autofree guint *first = g_new0 (guint, n + 1);
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < n; i++) {
    for (guint c = 0; c < n_classes; c++) {
      double value;
      g_assert_true (clip_json_as_double (clip_json_element (clip_json_element (scores, i), c), &value));
      values[i * n_classes + c] = (float)value;
    }
    const ClipJsonValue *some = clip_json_element (labels, i);
    for (guint k = 0; k < clip_json_length (some); k++) {
      guint label = as_uint (clip_json_element (some, k));
      g_array_append_val (all, label);
    }
    first[i + 1] = all->len;
  }

  const MetricsInput input = { n, n_classes, values, first, (const guint *)(gpointer)all->data, TRUE, TRUE };
  g_auto (Metrics) metrics = { 0 };
  g_assert_true (metrics_compute (&input, &metrics));
  check_number ("top1", clip_json_member (root, "top1"), metrics.top1);
  check_number ("top5", clip_json_member (root, "top5"), metrics.top5);
  check_number ("mean_recall", clip_json_member (root, "mean_recall"), metrics.mean_recall);
  check_number ("map", clip_json_member (root, "map"), metrics.map);
  check_number ("ece", clip_json_member (root, "ece"), metrics.ece);
  for (guint c = 0; c < n_classes; c++) {
    check_number ("recall", clip_json_element (clip_json_member (root, "recall"), c), metrics.recall[c]);
    check_number ("ap", clip_json_element (clip_json_member (root, "ap"), c), metrics.ap[c]);
    for (guint k = 0; k < n_classes; k++)
      g_assert_cmpuint (
          metrics.confusion[c * n_classes + k], ==, as_uint (clip_json_element (clip_json_element (confusion, c), k)));
  }
  guint n_binned = 0;
  for (guint i = 0; i < METRICS_BINS; i++) {
    n_binned += metrics.bins[i].n;
    g_assert_true (metrics.bins[i].n == 0
                   || (metrics.bins[i].confidence >= (double)i / METRICS_BINS
                       && metrics.bins[i].confidence <= (i + 1.0) / METRICS_BINS + FLT_EPSILON));
  }
  g_assert_cmpuint (n_binned, ==, metrics.n_labelled);
}

/* No sample has a label: nothing is defined, and nothing is divided by 0. */
static void
test_nothing (void)
{
  const float scores[] = { 0.5f, 0.25f, 0.5f, 0.25f };
  const guint first[] = { 0, 0, 0 };
  for (guint n = 0; n <= 2; n++) {
    const MetricsInput input = { n, 2, scores, first, NULL, TRUE, TRUE };
    g_auto (Metrics) metrics = { 0 };
    g_assert_true (metrics_compute (&input, &metrics));
    g_assert_cmpuint (metrics.n_labelled, ==, 0);
    g_assert_true (isnan (metrics.top1) && isnan (metrics.top5) && isnan (metrics.mean_recall));
    g_assert_true (isnan (metrics.map) && isnan (metrics.ece) && isnan (metrics.recall[0]) && isnan (metrics.ap[1]));
  }
}

/* Cosines are no probabilities, and average precision is optional. */
static void
test_left_out (void)
{
  const float scores[] = { -0.5f, 0.25f };
  const guint first[] = { 0, 1 }, label = 1;
  const MetricsInput input = { 1, 2, scores, first, &label, FALSE, FALSE };
  g_auto (Metrics) metrics = { 0 };
  g_assert_true (metrics_compute (&input, &metrics));
  g_assert_cmpfloat (metrics.top1, ==, 1);
  g_assert_true (isnan (metrics.ece) && isnan (metrics.map));
  for (guint i = 0; i < METRICS_BINS; i++)
    g_assert_cmpuint (metrics.bins[i].n, ==, 0);
}

/* Bins are open below and closed above, as Guo et al. have them. */
static void
test_bins (void)
{
  const float scores[] = { 0, 1, 0.2f, 1 / 15.f };
  const guint first[] = { 0, 1, 2, 3, 4 }, labels[] = { 0, 0, 0, 0 };
  const MetricsInput input = { 4, 1, scores, first, labels, TRUE, FALSE };
  g_auto (Metrics) metrics = { 0 };
  g_assert_true (metrics_compute (&input, &metrics));
  g_assert_cmpuint (metrics.bins[0].n, ==, 1 + ((double)(1 / 15.f) <= 1 / 15.0));
  g_assert_cmpuint (metrics.bins[2].n + metrics.bins[3].n, ==, 1);
  g_assert_cmpuint (metrics.bins[14].n, ==, 1);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (g_getenv ("CLIPTAG_GOLDEN"), "eval.json", NULL);
  g_test_init (&argc, &argv, NULL);
  golden = clip_json_load (path, CLIP_JSON_MAX_INDEX, &error);
  g_assert_no_error (error);
  const ClipJsonValue *cases = clip_json_member (clip_json_root (golden), "cases");
  g_assert_cmpuint (clip_json_length (cases), >=, 10);
  for (guint i = 0; i < clip_json_length (cases); i++) {
    const ClipJsonValue *root = clip_json_element (cases, i);
    g_autofree char *name = g_strdup_printf ("/eval/metrics/%s", clip_json_as_string (clip_json_member (root, "name")));
    g_test_add_data_func (name, root, test_case);
  }
  g_test_add_func ("/eval/metrics/nothing", test_nothing);
  g_test_add_func ("/eval/metrics/left-out", test_left_out);
  g_test_add_func ("/eval/metrics/bins", test_bins);
  int status = g_test_run ();
  clip_json_free (golden);
  return status;
}
