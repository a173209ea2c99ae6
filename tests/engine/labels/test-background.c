/* SPDX-License-Identifier: MIT
 *
 * test-background.c: what a prompt competes with when there is nothing else: where the captions come from, which of
 * them do not count, and the scores, against the formulas computed here in double.
 */
#include <math.h>
#include <string.h>

#include "goldencontext.h"
#include "tempmodel.h"

#define MODEL   "patch32-quick"
#define MAX_DIM 512

static const ClipRankParams softmax = { CLIP_SCORE_SOFTMAX, 1, 0, TRUE }, sigmoid = { CLIP_SCORE_SIGMOID, 1, 0, TRUE },
                            without = { CLIP_SCORE_SOFTMAX, 1, 0, FALSE };

static void
embed (ClipContext *context, const char *text, float *ret)
{
  GError *error = NULL;
  clip_context_encode_texts (context, &text, 1, ret, &error);
  g_assert_no_error (error);
}

static ClipContext *
open_folder (const char *folder)
{
  GError *error = NULL;
  g_autoptr (ClipModel) model = clip_model_load (folder, &error);
  g_assert_no_error (error);
  ClipContext *context = clip_context_new (model, NULL, &error);
  g_assert_no_error (error);
  return context;
}

static ClipLabels *
encode (ClipContext *context, const char *text, const char *background)
{
  GError *error = NULL;
  g_autoptr (ClipPrompts) prompts = make_prompts (text, NULL);
  const ClipLabelsParams params = { .background = background };
  ClipLabels *labels = clip_labels_new (context, prompts, &params, &error);
  g_assert_no_error (error);
  return labels;
}

static float
score (const ClipLabels *labels, guint class, const float *probe, const ClipRankParams *params)
{
  float scores[8], cosines[8];
  g_assert_cmpuint (clip_prompts_get_n_classes (clip_labels_get_prompts (labels)), <=, 8);
  clip_labels_score (labels, CLIP_FRAME, probe, params, NULL, scores, cosines);
  return scores[class];
}

/* exp (logit) of a text times a prior. */
static double
share (ClipContext *context, const char *text, const float *probe, double prior)
{
  float x[MAX_DIM];
  double dot = 0;
  embed (context, text, x);
  for (guint d = 0; d < dim_of (context); d++)
    dot += (double)x[d] * probe[d];
  return prior * exp (clip_model_get_info (clip_context_get_model (context))->logit_scale * (dot - 1));
}

/* A file's captions with their priors and templates, not with its labels and thresholds. */
static void
test_file (void)
{
  char *folder = test_temporary_folder ();
  test_write (folder, "b.json",
      "{\"templates\": [\"a photo of {}.\"], \"prompts\": [\"an empty yard\", {\"text\": \"a ladder\", \"prior\": 3, "
      "\"label\": \"x\", \"threshold\": 1}]}",
      -1);
  g_autofree char *path = g_build_filename (folder, "b.json", NULL);
  g_autoptr (ClipContext) context = open_context (MODEL);
  g_autoptr (ClipLabels) one = encode (context, "a red van", path), two = encode (context, "a red van;a dog", path);
  g_assert_true (clip_labels_has_background (one));
  float probe[MAX_DIM];
  embed (context, "a van by night", probe);
  double van = share (context, "a red van", probe, 1), dog = share (context, "a dog", probe, 1);
  double others
      = share (context, "a photo of an empty yard.", probe, 1) + share (context, "a photo of a ladder.", probe, 3);
  g_assert_cmpfloat (fabs (score (one, 0, probe, &softmax) - van / (van + others)), <, 1e-5);
  g_assert_cmpfloat (fabs (score (one, 0, probe, &sigmoid) - van / (van + others)), <, 1e-5);
  g_assert_cmpfloat (score (one, 0, probe, &without), ==, 1);
  g_assert_cmpfloat (fabs (score (two, 0, probe, &softmax) - van / (van + dog)), <, 1e-5);
  g_assert_cmpfloat (fabs (score (two, 1, probe, &sigmoid) - dog / (dog + others)), <, 1e-5);

  GError *error = NULL;
  g_autoptr (ClipPrompts) prompts = make_prompts ("a van", NULL);
  const ClipLabelsParams params = { .background = "/no/such/file" };
  g_assert_null (clip_labels_new (context, prompts, &params, &error));
  g_assert_error (error, CLIP_ERROR, CLIP_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "background: /no/such/file: cannot open it: No such file or directory");
  g_clear_error (&error);
  temp_model_remove (folder);
}

/* Negative prompts and the background together. */
static void
test_negatives (void)
{
  char *folder = test_temporary_folder ();
  test_write (folder, "b.txt", "an empty yard\n", -1);
  test_write (folder, "p.json", "[\"a red van\", {\"text\": \"a ladder\", \"negative\": true}]", -1);
  g_autofree char *path = g_build_filename (folder, "b.txt", NULL), *file = g_build_filename (folder, "p.json", NULL);
  g_autoptr (ClipContext) context = open_context (MODEL);
  GError *error = NULL;
  g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_file (file, &error);
  g_assert_no_error (error);
  const ClipLabelsParams params = { .background = path };
  g_autoptr (ClipLabels) labels = clip_labels_new (context, prompts, &params, &error);
  g_assert_no_error (error);
  float probe[MAX_DIM];
  embed (context, "a van by night", probe);
  double van = share (context, "a red van", probe, 1), ladder = share (context, "a ladder", probe, 1),
         yard = share (context, "an empty yard", probe, 1);
  g_assert_cmpfloat (fabs (score (labels, 0, probe, &softmax) - van / (van + ladder + yard)), <, 1e-5);
  g_assert_cmpfloat (fabs (score (labels, 0, probe, &without) - van / (van + ladder)), <, 1e-5);
  temp_model_remove (folder);
}

/* Captions that say what a prompt says, in its words and more, do not compete with it; but with the others. */
static void
test_same (void)
{
  char *folder = test_temporary_folder ();
  test_write (folder, "b.txt", "Red vans in the rain\nan empty yard\nvan\n", -1);
  test_write (folder, "only.txt", "the red van\n", -1);
  g_autofree char *path = g_build_filename (folder, "b.txt", NULL), *only = g_build_filename (folder, "only.txt", NULL);
  g_autoptr (ClipContext) context = open_context (MODEL);
  g_autoptr (ClipLabels) labels = encode (context, "a red van;a dog;a photo", path);
  float probe[MAX_DIM];
  embed (context, "a van by night", probe);
  double red = share (context, "a red van", probe, 1), dog = share (context, "a dog", probe, 1),
         photo = share (context, "a photo", probe, 1);
  double rain = share (context, "Red vans in the rain", probe, 1), yard = share (context, "an empty yard", probe, 1),
         van = share (context, "van", probe, 1);
  g_assert_cmpfloat (fabs (score (labels, 0, probe, &sigmoid) - red / (red + yard + van)), <, 1e-5);
  g_assert_cmpfloat (fabs (score (labels, 1, probe, &sigmoid) - dog / (dog + rain + yard + van)), <, 1e-5);
  g_assert_cmpfloat (fabs (score (labels, 2, probe, &sigmoid) - photo / (photo + rain + yard + van)), <, 1e-5);

  /* Where that leaves nothing, the empty text stands in for it. */
  g_autoptr (ClipLabels) alone = encode (context, "a red van", only);
  double empty = share (context, "", probe, 1);
  g_assert_cmpfloat (fabs (score (alone, 0, probe, &softmax) - red / (red + empty)), <, 1e-5);
  g_assert_cmpfloat (fabs (score (alone, 0, probe, &sigmoid) - red / (red + empty)), <, 1e-5);
  temp_model_remove (folder);
}

/* Another wording, which only its vector shows. */
static void
test_same_meaning (void)
{
  GError *error = NULL;
  g_autofree char *folder = g_build_filename (g_getenv ("CLIPTAG_SOURCE_ROOT"), "engine", "camera-health", NULL);
  g_autoptr (ClipContext) context = open_folder (folder);
  g_autoptr (ClipLabels) labels = encode (context, "a blurry photo", "default");
  float probe[MAX_DIM];
  embed (context, "a blurred picture", probe);
  g_assert_cmpfloat (score (labels, 0, probe, &softmax), >, 0.9);
  g_assert_no_error (error);
}

/* ---- Where it comes from --------------------------------------------------------------------------------- */

static void
test_shipped (void)
{
  g_autoptr (ClipContext) context = open_context (MODEL);
  g_autoptr (ClipLabels) with = encode (context, "a red van", "default"), off = encode (context, "a red van", NULL);
  g_assert_true (clip_labels_has_background (with));
  g_assert_false (clip_labels_has_background (off));
  float probe[MAX_DIM];
  embed (context, "a van by night", probe);
  g_assert_cmpfloat (score (with, 0, probe, &softmax), <, 0.5);
  g_assert_cmpfloat (score (off, 0, probe, &softmax), ==, 1);
  /* Each is used as it is: none is too long, none repeats. */
  g_assert_cmpuint (g_strv_length ((char **)clip_labels_get_warnings (with)), ==, 0);
}

/* The model's own comes before the one that is shipped, of which a small model takes what it understands. */
static void
test_own (void)
{
  char *folder = temp_model (MODEL);
  test_write (folder, "words.txt", "a\nfloor\nwall\n", -1);
  float probe[MAX_DIM];
  double van = 0, wall = 0, floor = 0;
  {
    g_autoptr (ClipContext) context = open_folder (folder);
    embed (context, "a van by night", probe);
    van = share (context, "a red van", probe, 1);
    wall = share (context, "a wall", probe, 1);
    floor = share (context, "a floor", probe, 1);
    g_autoptr (ClipLabels) labels = encode (context, "a red van", "default");
    g_assert_cmpfloat (fabs (score (labels, 0, probe, &softmax) - van / (van + wall + floor)), <, 1e-5);
    test_write (folder, "background.txt", "# mine\na wall\n", -1);
    g_autoptr (ClipLabels) own = encode (context, "a red van", "default");
    g_assert_cmpfloat (fabs (score (own, 0, probe, &softmax) - van / (van + wall)), <, 1e-5);

    GError *error = NULL;
    test_write (folder, "background.txt", "[3]", -1);
    g_autoptr (ClipPrompts) prompts = make_prompts ("a van", NULL);
    const ClipLabelsParams params = { .background = "default" };
    g_assert_null (clip_labels_new (context, prompts, &params, &error));
    g_assert_error (error, CLIP_ERROR, CLIP_ERROR_PROMPTS);
    g_assert_true (strstr (error->message, "background.txt: "));
    g_clear_error (&error);
  }
  g_autofree char *own = g_build_filename (folder, "background.txt", NULL);
  g_assert_cmpint (g_remove (own), ==, 0);
  test_write (folder, "words.txt", "none\nof\nthem\n", -1);
  g_autoptr (ClipContext) context = open_folder (folder);
  g_autoptr (ClipLabels) labels = encode (context, "a red van", "default");
  g_assert_false (clip_labels_has_background (labels));
  temp_model_remove (folder);
}

/* ---- Encoding -------------------------------------------------------------------------------------------- */

typedef struct
{
  guint n_calls;
  guint64 first, last, total;
} Progress;

static void
note_progress (guint64 done, guint64 total, gpointer data)
{
  Progress *self = data;
  if (self->n_calls++ == 0) {
    self->first = done;
    self->total = total;
  }
  g_assert_cmpuint (total, ==, self->total);
  g_assert_cmpuint (done, >=, self->last);
  self->last = done;
}

/* It is kept by itself, for whatever prompts come. */
static void
test_cache (void)
{
  char *folder = test_temporary_folder ();
  g_autofree char *cache = g_build_filename (folder, "cache", NULL);
  g_autoptr (ClipContext) context = open_context (MODEL);
  float probe[MAX_DIM], fresh = 0;
  embed (context, "a van by night", probe);
  static const char *const texts[] = { "a red van", "a green van", "a red van" };
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    GError *error = NULL;
    Progress progress = { 0 };
    const ClipLabelsParams params
        = { .background = "default", .cache_dir = cache, .progress = note_progress, .user_data = &progress };
    g_autoptr (ClipPrompts) prompts = make_prompts (texts[i], NULL);
    g_autoptr (ClipLabels) labels = clip_labels_new (context, prompts, &params, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (test_count_files (cache), ==, 1);
    g_assert_cmpuint (progress.first, ==, 0);
    g_assert_cmpuint (progress.last, ==, progress.total);
    g_assert_cmpuint (progress.total, >, 64);
    if (i > 0)
      g_assert_cmpuint (progress.n_calls, ==, 3); /* 0; the prompts; all */
    if (i == 0)
      fresh = score (labels, 0, probe, &softmax);
    else if (i == 2)
      g_assert_cmpfloat (score (labels, 0, probe, &softmax), ==, fresh);
  }
  temp_model_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/background/file", test_file);
  g_test_add_func ("/background/negatives", test_negatives);
  g_test_add_func ("/background/same", test_same);
  g_test_add_func ("/background/same-meaning", test_same_meaning);
  g_test_add_func ("/background/shipped", test_shipped);
  g_test_add_func ("/background/own", test_own);
  g_test_add_func ("/background/cache", test_cache);
  return g_test_run ();
}
