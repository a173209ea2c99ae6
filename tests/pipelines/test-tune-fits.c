/* SPDX-License-Identifier: MIT
 *
 * test-tune-fits.c: the fits of `cliptag tune` against scikit-learn's and scipy's (tests/golden/make_tune.py), and
 * where there is nothing to fit.
 */
#include <math.h>

#include "clip-json.h"
#include "tune/calibration.h"
#include "tune/logistic.h"

static ClipJson *golden;

static double
as_double (const ClipJsonValue *value)
{
  double number = NAN;
  g_assert_true (clip_json_as_double (value, &number));
  return number;
}

static guint
as_uint (const ClipJsonValue *value)
{
  return (guint)as_double (value);
}

static guint *
read_classes (const ClipJsonValue *list)
{
  guint n = clip_json_length (list), *classes = g_new (guint, n);
  for (guint i = 0; i < n; i++)
    classes[i] = as_uint (clip_json_element (list, i));
  return classes;
}

/* Both stop where the gradient is some 1e-5 of the weights; the objective is at least 1-strongly convex in these. */
static void
test_probe (gconstpointer data)
{
  const ClipJsonValue *root = data, *rows = clip_json_member (root, "rows");
  guint n = clip_json_length (rows), dim = clip_json_length (clip_json_element (rows, 0));
  guint n_classes = as_uint (clip_json_member (root, "n_classes"));
  g_autofree float *values = g_new (float, n *dim), *weights = g_new (float, n_classes *dim);
  g_autofree float *biases = g_new (float, n_classes);
  g_autofree const float **pointers = g_new (const float *, n);
  g_autofree guint *classes = read_classes (clip_json_member (root, "classes"));
  for (guint i = 0; i < n; i++) {
    pointers[i] = values + i * dim;
    for (guint d = 0; d < dim; d++)
      values[i * dim + d] = (float)as_double (clip_json_element (clip_json_element (rows, i), d));
  }
  g_autoptr (GError) error = NULL;
  const LogisticData input = { n, dim, n_classes, pointers, classes };
  g_assert_true (logistic_fit (&input, as_double (clip_json_member (root, "strength")), weights, biases, &error));
  g_assert_no_error (error);
  double length = 0, difference = 0;
  for (guint k = 0; k < n_classes; k++) {
    for (guint d = 0; d < dim; d++) {
      double expected = as_double (clip_json_element (clip_json_element (clip_json_member (root, "weights"), k), d));
      length += expected * expected;
      difference += (weights[k * dim + d] - expected) * (weights[k * dim + d] - expected);
    }
    double expected = as_double (clip_json_element (clip_json_member (root, "biases"), k));
    length += expected * expected;
    difference += (biases[k] - expected) * (biases[k] - expected);
  }
  g_test_message ("differs by %g of %g", sqrt (difference), sqrt (length));
  g_assert_cmpfloat (sqrt (difference), <, 1e-4 * sqrt (length));
}

static void
test_temperature (gconstpointer data)
{
  const ClipJsonValue *root = data, *rows = clip_json_member (root, "logits");
  guint n = clip_json_length (rows), n_classes = as_uint (clip_json_member (root, "n_classes"));
  g_autofree double *logits = g_new (double, n *n_classes);
  g_autofree guint *classes = read_classes (clip_json_member (root, "classes"));
  for (guint i = 0; i < n * n_classes; i++)
    logits[i] = as_double (clip_json_element (clip_json_element (rows, i / n_classes), i % n_classes));
  const CalibrationData input = { n, n_classes, logits, classes };
  double temperature = calibration_fit_temperature (&input);
  g_assert_cmpfloat_with_epsilon (temperature, as_double (clip_json_member (root, "temperature")), 1e-4 * temperature);
  g_assert_cmpfloat_with_epsilon (
      calibration_loss (&input, temperature), as_double (clip_json_member (root, "loss")), 1e-8);
  g_assert_cmpfloat_with_epsilon (calibration_loss (&input, 1), as_double (clip_json_member (root, "loss_at_1")), 1e-8);
}

static void
test_threshold (gconstpointer data)
{
  const ClipJsonValue *root = data, *list = clip_json_member (root, "scores");
  guint n = clip_json_length (list), found = 0, right = 0, n_positive = 0;
  g_autofree float *scores = g_new (float, n);
  g_autofree gboolean *positive = g_new (gboolean, n);
  for (guint i = 0; i < n; i++) {
    scores[i] = (float)as_double (clip_json_element (list, i));
    g_assert_true (clip_json_as_boolean (clip_json_element (clip_json_member (root, "positive"), i), &positive[i]));
  }
  double f1, threshold = calibration_fit_threshold (scores, positive, n, &f1);
  g_assert_cmpfloat_with_epsilon (f1, as_double (clip_json_member (root, "f1")), 1e-12);
  /* And the threshold has it. */
  for (guint i = 0; i < n; i++) {
    found += scores[i] >= threshold;
    right += scores[i] >= threshold && positive[i];
    n_positive += positive[i] ? 1 : 0;
  }
  g_assert_cmpfloat_with_epsilon (2.0 * right / (found + n_positive), f1, 1e-12);
}

static void
test_intervals (void)
{
  const ClipJsonValue *list = clip_json_member (clip_json_root (golden), "intervals");
  g_assert_cmpuint (clip_json_length (list), >, 5);
  for (guint i = 0; i < clip_json_length (list); i++) {
    const ClipJsonValue *row = clip_json_element (list, i);
    double low, high, expected = as_double (clip_json_element (row, 2));
    calibration_poisson_interval (as_uint (clip_json_element (row, 0)), &low, &high);
    g_assert_cmpfloat_with_epsilon (low, as_double (clip_json_element (row, 1)), 1e-8 * expected);
    g_assert_cmpfloat_with_epsilon (high, expected, 1e-8 * expected);
  }
}

/* Nothing to fit, and classes that are parted for good. */
static void
test_edges (void)
{
  static const double logits[] = { 1, 0, 0, 1 };
  static const guint none[] = { 2, 7 }, both[] = { 0, 1 };
  const CalibrationData nothing = { 2, 2, logits, none }, perfect = { 2, 2, logits, both };
  g_assert_cmpfloat (calibration_fit_temperature (&nothing), ==, 1);
  g_assert_true (isnan (calibration_loss (&nothing, 1)));
  /* exp (1 / t) = 3: each has its class by 1 to 0, and keeps a quarter for the other. */
  g_assert_cmpfloat_with_epsilon (calibration_fit_temperature (&perfect), 1 / log (3), 1e-6);

  static const float scores[] = { 0.2f, 0.9f, 0.9f };
  static const gboolean no[] = { FALSE, FALSE, FALSE }, yes[] = { TRUE, TRUE, TRUE }, one[] = { FALSE, TRUE, TRUE };
  double f1;
  g_assert_true (isnan (calibration_fit_threshold (scores, no, 3, &f1)) && isnan (f1));
  g_assert_cmpfloat (calibration_fit_threshold (scores, yes, 3, &f1), <=, 0.2f);
  g_assert_cmpfloat_with_epsilon (calibration_fit_threshold (scores, one, 3, &f1), 0.55, 1e-6);
  g_assert_cmpfloat (f1, ==, 1);

  /* A class without samples; one value for all. */
  static const float a[] = { 1, 0 }, b[] = { 1, 0 };
  static const float *const rows[] = { a, b };
  float weights[6], biases[3];
  g_autoptr (GError) error = NULL;
  const LogisticData same = { 2, 2, 3, rows, both };
  g_assert_true (logistic_fit (&same, 10, weights, biases, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < 6; i++)
    g_assert_true (isfinite (weights[i]));
  g_assert_cmpfloat (biases[2], <, biases[0]);
}

static void
add_cases (const char *name, GTestDataFunc function)
{
  const ClipJsonValue *list = clip_json_member (clip_json_root (golden), name);
  g_assert_cmpuint (clip_json_length (list), >, 0);
  for (guint i = 0; i < clip_json_length (list); i++) {
    g_autofree char *path = g_strdup_printf ("/tune/%s/%u", name, i);
    g_test_add_data_func (path, clip_json_element (list, i), function);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (g_getenv ("CLIPTAG_GOLDEN"), "tune.json", NULL);
  golden = clip_json_load (path, CLIP_JSON_MAX_INDEX, &error);
  g_assert_no_error (error);
  add_cases ("probes", test_probe);
  add_cases ("temperatures", test_temperature);
  add_cases ("thresholds", test_threshold);
  g_test_add_func ("/tune/intervals", test_intervals);
  g_test_add_func ("/tune/edges", test_edges);
  int result = g_test_run ();
  clip_json_free (golden);
  return result;
}
