/* SPDX-License-Identifier: MIT
 *
 * test-terms.c: prompts of texts, pictures, vectors and sums of them, against the same computed here in double.
 */
#include <math.h>
#include <string.h>

#include "goldencontext.h"
#include "labels/label-cache.h"
#include "labels/prompt-reader.h"
#include "tempfolder.h"

#define MODEL     "patch32-quick"
#define MAX_DIM   512
#define MAX_TERMS 3

typedef struct
{
  const char *label;
  ClipTerm terms[MAX_TERMS]; /* without a value: no more */
} Prompt;

static const ClipRankParams cosine_params = { CLIP_SCORE_COSINE, 1, -2 }, softmax = { CLIP_SCORE_SOFTMAX, 1, 0 };
static char *folder;

static ClipPrompts *
build (const Prompt *prompts, guint n)
{
  GError *error = NULL;
  g_auto (ClipPromptReader) reader = { 0 };
  clip_prompt_reader_init (&reader, NULL, &error);
  for (guint i = 0; i < n; i++) {
    ClipPrompt prompt = { .label = prompts[i].label, .timing = CLIP_TIMING_UNSET, .prior = 1, .event = TRUE };
    prompt.terms = prompts[i].terms;
    while (prompt.n_terms < MAX_TERMS && prompts[i].terms[prompt.n_terms].value)
      prompt.n_terms++;
    clip_prompt_reader_add (&reader, NULL, prompts[i].label, strlen (prompts[i].label), &prompt);
    g_assert_no_error (error);
  }
  ClipPrompts *built = clip_prompt_reader_finish (&reader);
  g_assert_no_error (error);
  return built;
}

/* A picture of one colour, which the file's name gives. */
static gboolean
encode_colour (ClipContext *context, const char *path, float *ret, gpointer user_data, GError **error)
{
  guint8 pixels[32 * 32 * 3];
  if (user_data)
    ++*(guint *)user_data;
  if (g_str_has_suffix (path, "missing")) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_NOT_FOUND, "%s: no such picture", path);
    return FALSE;
  }
  memset (pixels, g_str_has_suffix (path, "dark") ? 20 : 200, sizeof pixels);
  pixels[0] = 255;
  const ClipImage image = { .format = CLIP_FORMAT_RGB,
    .width = 32,
    .height = 32,
    .planes = { pixels },
    .strides = { 32 * 3 },
    .full_range = TRUE };
  return clip_context_encode_images (context, &image, 1, ret, error);
}

static ClipLabels *
encode (ClipContext *context, const Prompt *prompts, guint n, const ClipLabelsParams *params)
{
  GError *error = NULL;
  g_autoptr (ClipPrompts) set = build (prompts, n);
  ClipLabels *labels = clip_labels_new (context, set, params, &error);
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

/* cos (probe, sum of weight x part) */
static double
cosine_of_sum (const float *probe, guint dim, guint n, float parts[][MAX_DIM], const double *weights)
{
  double dot = 0, square = 0;
  for (guint d = 0; d < dim; d++) {
    double sum = 0;
    for (guint i = 0; i < n; i++)
      sum += weights[i] * parts[i][d];
    dot += probe[d] * sum;
    square += sum * sum;
  }
  return dot / sqrt (square);
}

static char *
save (ClipContext *context, const char *name, ClipVectorsKind kind, const float *values, float bias)
{
  GError *error = NULL;
  char *path = g_build_filename (folder, name, NULL);
  clip_vectors_save (path, clip_model_get_info (clip_context_get_model (context))->fingerprint, kind, &name, 1,
      dim_of (context), values, &bias, &error);
  g_assert_no_error (error);
  return path;
}

static void
test_sums (void)
{
  g_autoptr (ClipContext) context = open_context (MODEL);
  guint dim = dim_of (context), n_pictures = 0;
  float parts[3][MAX_DIM], probe[MAX_DIM], vector[MAX_DIM];
  embed (context, "a red van", parts[0]);
  encode_colour (context, "dark", parts[1], NULL, NULL);
  embed (context, "an empty yard", parts[2]);
  for (guint d = 0; d < dim; d++)
    vector[d] = 3 * parts[2][d]; /* only its direction counts */
  g_autofree char *path = save (context, "yard", CLIP_VECTORS_EMBEDDING, vector, 0);
  embed (context, "a van by night", probe);

  const Prompt prompts[] = {
    { "van", { { CLIP_TERM_TEXT, "a red van", NULL, 1 } } },
    { "picture", { { CLIP_TERM_IMAGE, "dark", NULL, 1 } } },
    { "yard", { { CLIP_TERM_VECTOR, path, NULL, 1 } } },
    { "all", { { CLIP_TERM_TEXT, "a red van", NULL, 1 }, { CLIP_TERM_IMAGE, "dark", NULL, 0.5f },
                 { CLIP_TERM_VECTOR, path, "yard", -0.25f } } },
    { "less", { { CLIP_TERM_TEXT, "a red van", NULL, -1 } } },
    { "other text", { { CLIP_TERM_TEXT, "an empty yard", NULL, 2 }, { CLIP_TERM_TEXT, "a red van", NULL, -1 } } },
  };
  const ClipLabelsParams params = { .encode_image = encode_colour, .user_data = &n_pictures };
  g_autoptr (ClipLabels) labels = encode (context, prompts, G_N_ELEMENTS (prompts), &params);
  g_assert_cmpuint (n_pictures, ==, 1);

  float scores[G_N_ELEMENTS (prompts)], cosines[G_N_ELEMENTS (prompts)];
  clip_labels_score (labels, CLIP_FRAME, probe, &cosine_params, NULL, scores, cosines);
  const double weights[][3] = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 }, { 1, 0.5, -0.25 }, { -1, 0, 0 }, { -1, 0, 2 } };
  for (guint i = 0; i < G_N_ELEMENTS (prompts); i++)
    g_assert_cmpfloat (fabs (cosines[i] - cosine_of_sum (probe, dim, 3, parts, weights[i])), <, 2e-6);
}

/* Its own logit takes part as it is, whatever the model's scale. */
static void
test_probe (void)
{
  g_autoptr (ClipContext) context = open_context (MODEL);
  guint dim = dim_of (context);
  double scale = clip_model_get_info (clip_context_get_model (context))->logit_scale, dot = 0, cosine = 0;
  float weights[MAX_DIM], van[MAX_DIM], probe[MAX_DIM];
  embed (context, "a red van", van);
  embed (context, "a van by night", probe);
  for (guint d = 0; d < dim; d++) {
    weights[d] = (float)sin (d + 1.0);
    dot += weights[d] * probe[d];
    cosine += van[d] * probe[d];
  }
  g_autofree char *path = save (context, "gate", CLIP_VECTORS_PROBE, weights, 1.25f);
  const Prompt prompts[] = {
    { "van", { { CLIP_TERM_TEXT, "a red van", NULL, 1 } } },
    { "gate", { { CLIP_TERM_VECTOR, path, NULL, 1 } } },
  };
  g_autoptr (ClipLabels) labels = encode (context, prompts, 2, NULL);
  float scores[2], cosines[2];
  clip_labels_score (labels, CLIP_FRAME, probe, &softmax, NULL, scores, cosines);
  double expected = 1 / (1 + exp (scale * cosine - (dot + 1.25)));
  g_assert_cmpfloat (fabs (scores[1] - expected), <, 1e-5);
}

/* ---- What is refused ------------------------------------------------------------------------------------- */

static void
assert_fails (
    ClipContext *context, const Prompt *prompts, guint n, const ClipLabelsParams *params, int code, const char *message)
{
  GError *error = NULL;
  g_autoptr (ClipPrompts) set = build (prompts, n);
  g_assert_null (clip_labels_new (context, set, params, &error));
  g_assert_error (error, CLIP_ERROR, code);
  if (!g_str_has_suffix (error->message, message))
    g_error ("\"%s\" is not \"%s\"", error->message, message);
  g_clear_error (&error);
}

static void
test_bad (void)
{
  g_autoptr (ClipContext) context = open_context (MODEL);
  g_autoptr (ClipContext) text_only = open_context ("text-only");
  const ClipLabelsParams with_images = { .encode_image = encode_colour };
  float values[MAX_DIM] = { 1 };
  g_autofree char *probe = save (context, "probe", CLIP_VECTORS_PROBE, values, 0);
  g_autofree char *other = save (text_only, "other", CLIP_VECTORS_EMBEDDING, values, 0);

  const Prompt cancels = { "nothing", { { CLIP_TERM_TEXT, "a van", NULL, 1 }, { CLIP_TERM_TEXT, "a van", NULL, -1 } } };
  const char *left = "prompt 'nothing': the terms of its sum cancel each other out, so that nothing is left to compare "
                     "with";
  assert_fails (context, &cancels, 1, NULL, CLIP_ERROR_PROMPTS, left);
  const Prompt weightless = { "nothing", { { CLIP_TERM_TEXT, "a van", NULL, 0 } } };
  assert_fails (context, &weightless, 1, NULL, CLIP_ERROR_PROMPTS, left);

  const Prompt picture = { "p", { { CLIP_TERM_IMAGE, "x.png", NULL, 1 } } };
  assert_fails (
      context, &picture, 1, NULL, CLIP_ERROR_UNSUPPORTED, "x.png: prompts with the key 'image' are not supported here");
  const Prompt missing = { "p", { { CLIP_TERM_IMAGE, "missing", NULL, 1 } } };
  assert_fails (context, &missing, 1, &with_images, CLIP_ERROR_NOT_FOUND, "missing: no such picture");
  assert_fails (text_only, &picture, 1, &with_images, CLIP_ERROR_NO_TOWER, "");

  const Prompt in_sum = { "p", { { CLIP_TERM_VECTOR, probe, NULL, 1 }, { CLIP_TERM_TEXT, "a van", NULL, 1 } } };
  assert_fails (context, &in_sum, 1, NULL, CLIP_ERROR_PROMPTS, "probe: a probe, which cannot be part of a sum");
  const Prompt weighted = { "p", { { CLIP_TERM_VECTOR, probe, NULL, 2 } } };
  assert_fails (context, &weighted, 1, NULL, CLIP_ERROR_PROMPTS, "probe: a probe, which cannot be part of a sum");
  const Prompt foreign = { "p", { { CLIP_TERM_VECTOR, other, NULL, 1 } } };
  g_autofree char *expected
      = g_strdup_printf ("this one is %s", clip_model_get_info (clip_context_get_model (context))->fingerprint);
  assert_fails (context, &foreign, 1, NULL, CLIP_ERROR_MODEL, expected);
  const Prompt gone = { "p", { { CLIP_TERM_VECTOR, "/no/such/file", NULL, 1 } } };
  assert_fails (
      context, &gone, 1, NULL, CLIP_ERROR_NOT_FOUND, "/no/such/file: cannot open it: No such file or directory");
  const Prompt text = { "p", { { CLIP_TERM_TEXT, "a van", NULL, 1 } } };
  g_autoptr (ClipContext) vision_only = open_context ("vision-only");
  assert_fails (vision_only, &text, 1, NULL, CLIP_ERROR_NO_TOWER, "");
}

/* Pictures need no text tower. */
static void
test_vision_only (void)
{
  g_autoptr (ClipContext) context = open_context ("vision-only");
  const ClipLabelsParams params = { .encode_image = encode_colour, .background = "default" };
  const Prompt prompts[] = {
    { "dark", { { CLIP_TERM_IMAGE, "dark", NULL, 1 } } },
    { "light", { { CLIP_TERM_IMAGE, "light", NULL, 1 } } },
  };
  g_autoptr (ClipLabels) labels = encode (context, prompts, 2, &params);
  g_assert_false (clip_labels_has_background (labels));
  float probe[MAX_DIM];
  ClipMatch best;
  encode_colour (context, "light", probe, NULL, NULL);
  g_assert_cmpuint (clip_labels_rank (labels, probe, &softmax, &best, 1), ==, 1);
  g_assert_cmpuint (best.index, ==, 1);
  g_assert_cmpfloat (fabs (best.cosine - 1), <, 1e-6);
}

/* ---- The cache ------------------------------------------------------------------------------------------- */

static char *
key_of (const Prompt *prompts, guint n)
{
  g_autoptr (ClipPrompts) set = build (prompts, n);
  return clip_label_cache_key ("model", "arithmetic", set);
}

static void
test_cache_key (void)
{
  static const Prompt variants[] = {
    { "l", { { CLIP_TERM_TEXT, "a", NULL, 1 }, { CLIP_TERM_TEXT, "b", NULL, 1 } } },
    { "l", { { CLIP_TERM_TEXT, "a", NULL, 1 }, { CLIP_TERM_TEXT, "b", NULL, 2 } } },
    { "l", { { CLIP_TERM_TEXT, "b", NULL, 1 }, { CLIP_TERM_TEXT, "a", NULL, 1 } } },
    { "l", { { CLIP_TERM_TEXT, "a", NULL, 1 } } },
    { "l", { { CLIP_TERM_IMAGE, "a", NULL, 1 } } },
    { "a", { { CLIP_TERM_VECTOR, "l", NULL, 1 } } },
  };
  char *keys[G_N_ELEMENTS (variants)];
  for (guint i = 0; i < G_N_ELEMENTS (variants); i++) {
    keys[i] = key_of (&variants[i], 1);
    for (guint j = 0; j < i; j++)
      g_assert_cmpstr (keys[i], !=, keys[j]);
  }
  for (guint i = 0; i < G_N_ELEMENTS (variants); i++)
    g_free (keys[i]);
}

/* Sums of texts are cached; sets with pictures and vectors, whose files may change, never are. */
static void
test_cache (void)
{
  g_autoptr (ClipContext) context = open_context (MODEL);
  g_autofree char *cache = g_build_filename (folder, "cache", NULL);
  const ClipLabelsParams params = { .encode_image = encode_colour, .cache_dir = cache };
  Prompt prompts[80];
  char texts[80][8];
  for (guint i = 0; i < 80; i++) {
    g_snprintf (texts[i], sizeof texts[i], "van %u", i);
    prompts[i] = (Prompt){ texts[i], { { CLIP_TERM_TEXT, texts[i], NULL, 1 }, { CLIP_TERM_TEXT, "a", NULL, 0.5f } } };
  }
  float probe[MAX_DIM], a[80], b[80], cosines[80];
  embed (context, "a van by night", probe);
  g_autoptr (ClipLabels) first = encode (context, prompts, 80, &params);
  g_assert_cmpuint (test_count_files (cache), ==, 1);
  g_autoptr (ClipLabels) second = encode (context, prompts, 80, &params);
  g_assert_cmpuint (test_count_files (cache), ==, 1);
  clip_labels_score (first, CLIP_FRAME, probe, &cosine_params, NULL, a, cosines);
  clip_labels_score (second, CLIP_FRAME, probe, &cosine_params, NULL, b, cosines);
  g_assert_cmpmem (a, sizeof a, b, sizeof b);

  prompts[3].terms[1].kind = CLIP_TERM_IMAGE;
  g_autoptr (ClipLabels) third = encode (context, prompts, 80, &params);
  g_assert_cmpuint (test_count_files (cache), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  folder = test_temporary_folder ();
  g_test_add_func ("/terms/sums", test_sums);
  g_test_add_func ("/terms/probe", test_probe);
  g_test_add_func ("/terms/bad", test_bad);
  g_test_add_func ("/terms/vision-only", test_vision_only);
  g_test_add_func ("/terms/cache-key", test_cache_key);
  g_test_add_func ("/terms/cache", test_cache);
  int status = g_test_run ();
  test_remove_folder (folder);
  g_free (folder);
  return status;
}
