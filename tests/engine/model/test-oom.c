/* SPDX-License-Identifier: MIT
 *
 * test-oom.c: running out of memory, at every place where it can happen: a child loads a model, makes a context,
 * encodes pictures and texts and makes labels while its n-th allocation of 4 KB or more, its n-th mapping or thread
 * fails, for every n until there are no more. Each ends with CLIP_ERROR_MEMORY, or, if it can do without, with the same
 * bits.
 *
 * One model here, all of them for tests/oom.sh (CLIPTAG_OOM=all). GLib's smaller allocations, for names, messages and
 * structures, are not tested: they abort the process.
 */
#include "failalloc.h"
#include "lcg-image.h"
#include "tempmodel.h"

#define MAX_DIM 64

enum
{
  WRONG_ERROR = FAIL_FAULTS,
  WRONG_RESULT
};

typedef struct
{
  const char *name, *model;
  ClipPrecision precision;
  guint n_threads;
} Case;

/* What the children come to when nothing fails. */
typedef struct
{
  float image[MAX_DIM], text[MAX_DIM], score;
} Result;

static char *folder;
static guint8 *rgb;

static gboolean
encode (ClipContext *context, Result *ret, GError **error)
{
  ClipImage image = { CLIP_FORMAT_RGB, 90, 70, { rgb }, { 270 } };
  const char *text = "a photo of a cat";
  return clip_context_encode_images (context, &image, 1, ret->image, error)
         && clip_context_encode_texts (context, &text, 1, ret->text, error);
}

/* Enough prompts for the cache, and for tables to grow. */
static gboolean
label (ClipContext *context, Result *ret, GError **error)
{
  g_autofree char *file = g_build_filename (folder, "prompts.txt", NULL);
  g_autofree char *cache = g_build_filename (folder, "cache", NULL);
  ClipMatch match = { 0 };
  ClipRankParams params = { .mode = CLIP_SCORE_COSINE, .temperature = 1, .threshold = -1 };
  const ClipLabelsParams with = { .cache_dir = cache };
  ClipPrompts *prompts = clip_prompts_new_from_file (file, error);
  ClipLabels *labels = prompts ? clip_labels_new (context, prompts, &with, error) : NULL;
  if (labels)
    clip_labels_rank (labels, ret->image, &params, &match, 1);
  ret->score = match.score;
  clip_labels_unref (labels);
  clip_prompts_unref (prompts);
  return labels != NULL;
}

static gboolean
run (const Case *test, Result *ret, GError **error)
{
  g_autofree char *path = test_golden (test->model);
  ClipContextParams params;
  clip_context_params_init (&params);
  params.n_threads = test->n_threads;
  ClipModel *model = clip_model_load_full (path, test->precision, error);
  ClipContext *context = model ? clip_context_new (model, &params, error) : NULL;
  gboolean ok = context && encode (context, ret, error) && label (context, ret, error);
  clip_context_free (context);
  clip_model_unref (model);
  return ok;
}

static Result expected;

static int
child (gconstpointer data, guint n)
{
  const Case *test = data;
  Result result = { 0 };
  GError *error = NULL;
  g_autofree char *cache = g_build_filename (folder, "cache", NULL);
  if (g_file_test (cache, G_FILE_TEST_EXISTS))
    test_remove_folder (cache);
  fail_state->n = 0;
  fail_state->kind = "none";
  fail_state->fail_at = (gint)n;
  gboolean ok = run (test, &result, &error);
  fail_state->fail_at = 0;
  if (ok != (error == NULL) || (error && !g_error_matches (error, CLIP_ERROR, CLIP_ERROR_MEMORY))) {
    g_printerr ("%s\n", error ? error->message : "neither result nor error");
    return WRONG_ERROR;
  }
  if (ok && memcmp (&result, &expected, sizeof result) != 0)
    return WRONG_RESULT;
  return !ok ? FAIL_REFUSED : (guint)fail_state->n >= n ? FAIL_SURVIVED : FAIL_DONE;
}

static void
test_sweep (gconstpointer data)
{
  static const char *const faults[] = { "another error", "another result" };
  GError *error = NULL;
  expected = (Result){ 0 };
  g_assert_true (run (data, &expected, &error));
  test_fail_sweep (child, data, 1, faults, G_N_ELEMENTS (faults));
}

int
main (int argc, char **argv)
{
  static const Case cases[] = {
    { "f32", "patch32-quick", CLIP_PRECISION_F32, 2 },
    { "auto", "patch32-quick", CLIP_PRECISION_AUTO, 1 },
    { "int8", "patch16-oddheads", CLIP_PRECISION_INT8, 1 },
    { "shards", "bf16-sharded", CLIP_PRECISION_BF16, 1 },
  };
  g_setenv ("G_SLICE", "always-malloc", TRUE); /* whose pages would be GLib's own allocations of 4 KB */
  g_test_init (&argc, &argv, NULL);
  test_fail_share ();
  folder = test_temporary_folder ();
  rgb = lcg_image (90, 70, 1);
  g_autoptr (GString) prompts = g_string_new (NULL);
  for (guint i = 0; i < 300; i++)
    g_string_append_printf (prompts, "thing %u\n", i);
  test_write (folder, "prompts.txt", prompts->str, -1);
  guint n = g_strcmp0 (g_getenv ("CLIPTAG_OOM"), "all") == 0 ? G_N_ELEMENTS (cases) : 1;
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strconcat ("/oom/", cases[i].name, NULL);
    g_test_add_data_func (name, &cases[i], test_sweep);
  }
  int result = g_test_run ();
  test_remove_folder (folder);
  g_free (folder);
  g_free (rgb);
  return result;
}
