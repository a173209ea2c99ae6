/* SPDX-License-Identifier: MIT
 *
 * test-labels.c: prompts to classifier, embedding to ranked labels, against the formulas computed here in double.
 */
#include <math.h>
#include <glib/gstdio.h>
#include <string.h>

#include "goldencontext.h"

#define MAX_DIM 512

static ClipLabels *
new_labels (ClipContext *context, const char *prompts, const char *templates)
{
  GError *error = NULL;
  g_autoptr (ClipPrompts) with = make_prompts (prompts, templates);
  ClipLabels *labels = clip_labels_new (context, with, NULL, &error);
  g_assert_no_error (error);
  return labels;
}

static void
embed (ClipContext *context, const char *text, float *ret)
{
  GError *error = NULL;
  clip_context_encode_texts (context, &text, 1, ret, &error);
  g_assert_no_error (error);
}

static double
dot (const float *a, const float *b, guint n)
{
  double sum = 0;
  for (guint i = 0; i < n; i++)
    sum += (double)a[i] * b[i];
  return sum;
}

static const ClipRankParams cosine = { CLIP_SCORE_COSINE, 1, -2 };
static const ClipRankParams softmax = { CLIP_SCORE_SOFTMAX, 1, 0 };
static const ClipRankParams sigmoid_params = { CLIP_SCORE_SIGMOID, 1, 0 };

/* A text's own embedding finds that text first, with cosine 1; scores are the softmax of scaled cosines. */
static void
test_rank (void)
{
  static const char *const texts[] = { "a red van", "an empty yard", "a person with a ladder" };
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  g_autoptr (ClipLabels) labels = new_labels (context, "a red van;an empty yard; a person with a ladder ", NULL);
  double scale = clip_model_get_info (clip_context_get_model (context))->logit_scale;
  guint dim = dim_of (context);
  float embeddings[3][MAX_DIM];
  for (guint i = 0; i < 3; i++)
    embed (context, texts[i], embeddings[i]);

  for (guint i = 0; i < 3; i++) {
    ClipMatch matches[3];
    double sum = 0, total = 0;
    for (guint j = 0; j < 3; j++)
      sum += exp (scale * dot (embeddings[i], embeddings[j], dim));
    g_assert_cmpuint (clip_labels_rank (labels, embeddings[i], &softmax, matches, 3), ==, 3);
    g_assert_cmpuint (matches[0].index, ==, i);
    g_assert_cmpfloat (fabs (matches[0].cosine - 1), <, 1e-5);
    for (guint j = 0; j < 3; j++) {
      double expected = exp (scale * dot (embeddings[i], embeddings[matches[j].index], dim)) / sum;
      g_assert_cmpfloat (fabs (matches[j].score - expected), <, 1e-4);
      g_assert_true (j == 0 || matches[j].score <= matches[j - 1].score);
      total += matches[j].score;
    }
    g_assert_cmpfloat (fabs (total - 1), <, 1e-6);

    ClipMatch best[2];
    g_assert_cmpuint (clip_labels_rank (labels, embeddings[i], &softmax, best, 2), ==, 2);
    g_assert_cmpmem (best, sizeof best, matches, sizeof best);
    g_assert_cmpuint (clip_labels_rank (labels, embeddings[i], &softmax, NULL, 0), ==, 0);
  }
}

static void
test_temperature_and_threshold (void)
{
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  g_autoptr (ClipLabels) labels = new_labels (context, "a red van;an empty yard;a ladder", NULL);
  float embedding[MAX_DIM];
  ClipMatch sharp[3], flat[3], cut[3];
  embed (context, "a red van", embedding);
  clip_labels_rank (labels, embedding, &softmax, sharp, 3);
  ClipRankParams warm = { CLIP_SCORE_SOFTMAX, 1000, 0 };
  clip_labels_rank (labels, embedding, &warm, flat, 3);
  g_assert_cmpfloat (flat[0].score, <, sharp[0].score);
  g_assert_cmpfloat (fabs (flat[0].score - 1.0 / 3), <, 0.02);

  ClipRankParams high = { CLIP_SCORE_COSINE, 1, 0.9999f };
  g_assert_cmpuint (clip_labels_rank (labels, embedding, &high, cut, 3), ==, 1);
  g_assert_cmpuint (cut[0].index, ==, 0);
}

/* The mean over templates of unit embeddings, brought to unit length again. */
static void
test_templates (void)
{
  g_autoptr (ClipContext) context = open_context ("text-only");
  g_autoptr (ClipLabels) labels = new_labels (context, "van;yard", "a {} at night|the {}|{}");
  guint dim = dim_of (context);
  float parts[3][MAX_DIM], mean[MAX_DIM] = { 0 }, probe[MAX_DIM];
  embed (context, "a yard at night", parts[0]);
  embed (context, "the yard", parts[1]);
  embed (context, "yard", parts[2]);
  for (guint d = 0; d < dim; d++)
    mean[d] = parts[0][d] + parts[1][d] + parts[2][d];
  embed (context, "somewhere else", probe);
  double expected = dot (mean, probe, dim) / sqrt (dot (mean, mean, dim));

  ClipMatch matches[2];
  g_assert_cmpuint (clip_labels_rank (labels, probe, &cosine, matches, 2), ==, 2);
  const ClipMatch *yard = matches[0].index == 1 ? &matches[0] : &matches[1];
  g_assert_cmpfloat (fabs (yard->cosine - expected), <, 1e-6);
  g_assert_cmpfloat (yard->score, ==, yard->cosine);
}

/* Sigmoid: a label's score does not change with the other labels, only against the neutral text. */
static void
test_sigmoid (void)
{
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  g_autoptr (ClipLabels) few = new_labels (context, "a red van", NULL);
  g_autoptr (ClipLabels) many = new_labels (context, "an empty yard;a red van;a ladder", NULL);
  double scale = clip_model_get_info (clip_context_get_model (context))->logit_scale;
  guint dim = dim_of (context);
  float probe[MAX_DIM], van[MAX_DIM], neutral[MAX_DIM];
  embed (context, "a van by night", probe);
  embed (context, "a red van", van);
  embed (context, "", neutral);
  double expected = 1 / (1 + exp (-scale * (dot (probe, van, dim) - dot (probe, neutral, dim))));

  ClipMatch one, all[3];
  g_assert_cmpuint (clip_labels_rank (few, probe, &sigmoid_params, &one, 1), ==, 1);
  g_assert_cmpfloat (fabs (one.score - expected), <, 1e-4);
  g_assert_cmpuint (clip_labels_rank (many, probe, &sigmoid_params, all, 3), ==, 3);
  for (guint i = 0; i < 3; i++)
    if (all[i].index == 1)
      g_assert_cmpfloat (fabs (all[i].score - one.score), <, 1e-6);
}

static ClipLabels *
labels_from_json (ClipContext *context, const char *json)
{
  GError *error = NULL;
  g_autofree char *path = NULL;
  gint fd = g_file_open_tmp ("prompts-XXXXXX.json", &path, &error);
  g_assert_no_error (error);
  g_close (fd, NULL);
  g_file_set_contents (path, json, -1, &error);
  g_assert_no_error (error);
  g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_file (path, &error);
  g_assert_no_error (error);
  g_unlink (path);
  ClipLabels *labels = clip_labels_new (context, prompts, NULL, &error);
  g_assert_no_error (error);
  return labels;
}

/* A prior multiplies a prompt's share of the softmax and its odds in the sigmoid, and leaves cosines alone. */
static void
test_prior (void)
{
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  g_autoptr (ClipLabels) even
      = labels_from_json (context, "{\"prompts\":[\"a red van\",{\"text\":\"no\",\"negative\":true},\"a ladder\"]}");
  g_autoptr (ClipLabels) uneven = labels_from_json (
      context, "{\"prompts\":[\"a red van\",{\"text\":\"no\",\"negative\":true},{\"text\":\"a ladder\",\"prior\":8}]}");
  ClipRankParams modes[] = { cosine, softmax, sigmoid_params };
  float embedding[MAX_DIM];
  embed (context, "a red van", embedding);
  for (guint mode = 0; mode < G_N_ELEMENTS (modes); mode++) {
    ClipMatch before[2], after[2];
    modes[mode].temperature = 300; /* flat, so that no share is near 0 or 1 */
    g_assert_cmpuint (clip_labels_rank (even, embedding, &modes[mode], before, 2), ==, 2);
    g_assert_cmpuint (clip_labels_rank (uneven, embedding, &modes[mode], after, 2), ==, 2);
    double van = 0, ladder = 0, raised = 0;
    for (guint i = 0; i < 2; i++) {
      *(before[i].index == 0 ? &van : &ladder) = before[i].score;
      if (after[i].index == 2)
        raised = after[i].score;
    }
    double expected = mode == 0 ? ladder : 8 * ladder / (8 * ladder + 1 - ladder);
    g_assert_cmpfloat (fabs (raised - expected), <, 1e-5);
    g_assert_cmpfloat (van, >, 0);
  }
}

/* A negative prompt takes its share of the softmax and is never reported; a prompt's own threshold beats the common. */
static void
test_negative (void)
{
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  g_autoptr (ClipLabels) labels = labels_from_json (context,
      "{\"templates\":[\"{}\"],\"prompts\":[{\"text\":\"a red van\",\"label\":\"van\"},"
      "{\"text\":\"an empty yard\",\"negative\":true},{\"text\":\"a ladder\",\"threshold\":1.0}]}");
  ClipPrompts *prompts = clip_labels_get_prompts (labels);
  g_assert_cmpstr (clip_prompts_get (prompts, 0)->label, ==, "van");
  float yard[MAX_DIM];
  ClipMatch matches[3];
  embed (context, "an empty yard", yard);
  g_assert_cmpuint (clip_labels_rank (labels, yard, &softmax, matches, 3), ==, 1);
  g_assert_cmpuint (matches[0].index, ==, 0);
  g_assert_cmpfloat (matches[0].score, <, 0.5);
  g_assert_cmpuint (clip_labels_rank (labels, yard, &sigmoid_params, matches, 3), ==, 1);
  g_assert_cmpfloat (matches[0].score, <, 0.5);
}

static void
test_not_a_number (void)
{
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  g_autoptr (ClipLabels) labels = new_labels (context, "a red van;an empty yard", NULL);
  float embedding[MAX_DIM];
  ClipMatch matches[2];
  for (guint i = 0; i < MAX_DIM; i++)
    embedding[i] = NAN;
  static const ClipRankParams *const modes[] = { &cosine, &softmax, &sigmoid_params };
  for (guint m = 0; m < G_N_ELEMENTS (modes); m++) {
    g_assert_cmpuint (clip_labels_rank (labels, embedding, modes[m], matches, 2), ==, 2);
    for (guint i = 0; i < 2; i++) {
      g_assert_cmpuint (matches[i].index, ==, i); /* equal scores keep the prompts' order */
      g_assert_cmpfloat (matches[i].score, ==, 0);
      g_assert_cmpfloat (matches[i].cosine, ==, 0);
    }
  }
}

/* More prompts than are encoded at once, and than are kept. */
static void
test_many (void)
{
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  g_autoptr (GString) prompts = g_string_new (NULL);
  for (guint i = 0; i < 10000; i++)
    g_string_append_printf (prompts, "van %u;", i);
  g_autoptr (ClipLabels) labels = new_labels (context, prompts->str, NULL);
  g_assert_cmpuint (clip_prompts_get_size (clip_labels_get_prompts (labels)), ==, 10000);
  float embedding[MAX_DIM];
  ClipMatch matches[5];
  embed (context, "van 7777", embedding);
  g_assert_cmpuint (clip_labels_rank (labels, embedding, &softmax, matches, 5), ==, 5);
  g_assert_cmpfloat (matches[0].cosine, >, 0.99999);
}

/* Prompts that are longer than the model reads are told with their number of tokens, from the cache, too; a context of
 * 24 has room for 22. */
static void
test_cut (void)
{
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  g_autoptr (ClipLabels) whole
      = labels_from_json (context, "{\"templates\":[\"a van, {}\"],\"prompts\":[\"red van\",\"\u4e00\u8f66\"]}");
  g_assert_null (clip_labels_get_warnings (whole)[0]);

  g_autoptr (ClipLabels) fits = labels_from_json (context, "{\"prompts\":[\"1234567890123456789012\"]}");
  g_assert_null (clip_labels_get_warnings (fits)[0]);
  g_autoptr (ClipLabels) cut = labels_from_json (
      context, "{\"prompts\":[\"a van\",\"12345678901234567890123\",\"12345678901234567890123\",\"a yard\"]}");
  const char *const *warnings = clip_labels_get_warnings (cut);
  g_assert_cmpuint (g_strv_length ((char **)warnings), ==, 2); /* the same prompt twice is one, and is reported */
  g_assert_nonnull (strstr (warnings[1], "more than once"));
  g_assert_cmpstr (
      warnings[0], ==, "prompt '12345678901234567890123' has 25 tokens, the model reads 24: the rest is ignored");

  /* the longest of the templates counts, and a few are shown */
  g_autoptr (GString) json
      = g_string_new ("{\"templates\":[\"{}\",\"12345678901234567890 {}\",\"a {}\"],\"prompts\":[");
  for (guint i = 0; i < 8; i++)
    g_string_append_printf (json, "%s\"%u99\"", i ? "," : "", i);
  g_string_append (json, "]}");
  g_autoptr (ClipLabels) many = labels_from_json (context, json->str);
  warnings = clip_labels_get_warnings (many);
  g_assert_cmpuint (g_strv_length ((char **)warnings), ==, 6);
  g_assert_cmpstr (warnings[0], ==, "prompt '099' has 25 tokens, the model reads 24: the rest is ignored");
  g_assert_cmpstr (warnings[5], ==, "3 more prompts are longer than the model reads");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/labels/rank", test_rank);
  g_test_add_func ("/labels/temperature-and-threshold", test_temperature_and_threshold);
  g_test_add_func ("/labels/templates", test_templates);
  g_test_add_func ("/labels/sigmoid", test_sigmoid);
  g_test_add_func ("/labels/prior", test_prior);
  g_test_add_func ("/labels/negative", test_negative);
  g_test_add_func ("/labels/not-a-number", test_not_a_number);
  g_test_add_func ("/labels/many", test_many);
  g_test_add_func ("/labels/cut", test_cut);
  return g_test_run ();
}
