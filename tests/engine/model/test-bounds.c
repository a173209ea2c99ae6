/* SPDX-License-Identifier: MIT
 *
 * test-bounds.c: callers' mistakes are refused before anything is done, with outputs untouched; impossible sizes are
 * CLIP_ERROR_MEMORY; the built-in model is found relative to the program.
 */
#include <string.h>

#include "context.h"
#include "goldencontext.h"
#include "model/random.h"
#include "nn/linear.h"
#include "nn/packed-lhs.h"
#include "process.h"
#include "runtime/arena.h"
#include "tempfolder.h"

static void
check_error (GError **error, int code, const char *words)
{
  g_assert_error (*error, CLIP_ERROR, code);
  if (!strstr ((*error)->message, words))
    g_error ("\"%s\" does not say \"%s\"", (*error)->message, words);
  g_clear_error (error);
}

/* ---- Calls ---------------------------------------------------------------------------------------------- */

static void
test_tokens (void)
{
  g_autoptr (ClipContext) context = open_context ("text-only");
  const ClipModelInfo *info = clip_model_get_info (clip_context_get_model (context));
  guint dim = info->embedding_dim, length = info->context_length;
  g_autofree guint32 *ids = g_new0 (guint32, length + 1);
  g_autofree float *found = g_new (float, 2 * dim), *before = g_new (float, 2 * dim);
  memset (found, 0x5a, 2 * dim * sizeof *found);
  memcpy (before, found, 2 * dim * sizeof *found);
  const struct
  {
    guint lengths[2], bad_id;
    const char *words;
  } cases[] = {
    { { 0, 1 }, 0, "text 0 has 0 tokens, expected 1 to 32" },
    { { 1, length + 1 }, 0, "text 1 has 33 tokens, expected 1 to 32" },
    { { 2, 3 }, 4, "text 1 has token 576, the vocabulary has 576" },
    { { 2, 3 }, 1, "text 0 has token 576" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GError *error = NULL;
    memset (ids, 0, (length + 1) * sizeof *ids);
    ids[cases[i].bad_id] = cases[i].bad_id ? info->vocab_size : 0;
    g_assert_false (clip_context_encode_tokens (context, ids, cases[i].lengths, 2, found, &error));
    check_error (&error, CLIP_ERROR_PROMPTS, cases[i].words);
    g_assert_cmpmem (found, 2 * dim * sizeof *found, before, 2 * dim * sizeof *before);
  }
  GError *error = NULL;
  g_assert_true (clip_context_encode_tokens (context, ids, (const guint[]){ 1 }, 1, found, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (found + dim, dim * sizeof *found, before + dim, dim * sizeof *before); /* n = 1 */
}

static void
test_other_tower (void)
{
  GError *error = NULL;
  float found[512];
  guint32 id = 0;
  g_autoptr (ClipContext) pictures = open_context ("vision-only"), texts = open_context ("text-only");
  guint8 rgb[3] = { 0 };
  const ClipImage image = { CLIP_FORMAT_RGB, 1, 1, { rgb }, { 3 } };
  g_assert_false (clip_context_encode_tokens (pictures, &id, (const guint[]){ 1 }, 1, found, &error));
  check_error (&error, CLIP_ERROR_NO_TOWER, "vision-only");
  g_assert_false (clip_context_encode_texts (pictures, (const char *const[]){ "a" }, 1, found, &error));
  check_error (&error, CLIP_ERROR_NO_TOWER, "vision-only");
  g_assert_false (clip_context_encode_images (texts, &image, 1, found, &error));
  check_error (&error, CLIP_ERROR_NO_TOWER, "text-only");
  g_assert_null (clip_preprocessor_new (clip_context_get_model (texts), CLIP_FIT_CROP, CLIP_CROP_FLOOR, &error));
  check_error (&error, CLIP_ERROR_NO_TOWER, "text-only");
}

static void
test_long_text (void)
{
  g_autoptr (ClipContext) context = open_context ("text-only");
  g_autofree char *text = g_strnfill (2 * CLIP_MAX_PROMPT_BYTES + 1, 'a');
  guint32 ids[32];
  GError *error = NULL;
  g_assert_cmpuint (clip_model_tokenize (clip_context_get_model (context), text, ids, &error), ==, 0);
  check_error (&error, CLIP_ERROR_PROMPTS, "longer than");
}

static void
test_random_model (void)
{
  static const char *const names[] = { "", "vit-b-33", "vit-b-32-", "-outliers", "vit-b-32-outliers-outliers" };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    GError *error = NULL;
    g_assert_null (clip_model_new_random (names[i], 1, CLIP_PRECISION_F32, &error));
    check_error (&error, CLIP_ERROR_UNSUPPORTED, "is not one of vit-b-32, vit-b-16, vit-l-14");
  }
}

static void
test_references (void)
{
  g_autoptr (ClipContext) context = open_context ("text-only");
  g_autoptr (ClipPrompts) prompts = make_prompts ("a;b", NULL);
  GError *error = NULL;
  ClipLabels *labels = clip_labels_new (context, prompts, NULL, &error);
  g_assert_no_error (error);
  ClipLabels *again = clip_labels_ref (labels);
  g_assert_true (again == labels);
  clip_labels_unref (labels);
  g_assert_cmpuint (clip_prompts_get_size (clip_labels_get_prompts (again)), ==, 2); /* still there */
  clip_labels_unref (again);
  clip_labels_unref (NULL);
  clip_model_unref (NULL);
  clip_prompts_unref (NULL);
  clip_context_free (NULL);
  clip_preprocessor_free (NULL);
}

/* ---- Sizes ---------------------------------------------------------------------------------------------- */

static void
test_arena (void)
{
  GError *error = NULL;
  ClipArena arena = { 0 };
  gsize first = clip_arena_reserve (&arena, 3), second = clip_arena_reserve (&arena, 17);
  g_assert_true (clip_arena_allocate (&arena, &error));
  g_assert_no_error (error);
  g_assert_cmpuint ((guintptr)clip_arena_get (&arena, first) % 64, ==, 0);
  g_assert_cmpuint ((guintptr)clip_arena_get (&arena, second) % 64, ==, 0);
  g_assert_cmpuint (second - first, ==, 16);
  memset (clip_arena_get (&arena, second), 1, 17 * sizeof (float));
  clip_arena_clear (&arena);
  g_assert_null (arena.memory);

  /* too much for a size, for the sum of sizes, for any machine */
  const gsize sizes[][2] = { { G_MAXSIZE, 1 }, { G_MAXSIZE / 8, G_MAXSIZE / 5 }, { G_MAXSIZE / 16, 1 } };
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    clip_arena_reserve (&arena, sizes[i][0]);
    clip_arena_reserve (&arena, sizes[i][1]);
    g_assert_false (clip_arena_allocate (&arena, &error));
    check_error (&error, CLIP_ERROR_MEMORY, "bytes of scratch");
    clip_arena_clear (&arena);
  }
}

static void
test_linear (void)
{
  ClipLinear linear;
  g_assert_false (clip_linear_init (&linear, G_MAXUINT, G_MAXUINT, TRUE));     /* overflows */
  g_assert_false (clip_linear_init (&linear, G_MAXUINT, G_MAXUINT / 8, TRUE)); /* does not, but who has it */
  g_assert_false (clip_linear_init (&linear, 0, 8, TRUE));
  g_assert_null (linear.weight);
  g_assert_null (linear.bias);
  clip_linear_clear (&linear);
  g_assert_cmpuint (clip_packed_lhs_size (G_MAXSIZE, 64), ==, 0);
  g_assert_cmpuint (clip_packed_lhs_size (1, G_MAXSIZE), ==, 0);
  g_assert_cmpuint (clip_packed_lhs_size (2, 64), >=, 2 * 64 * sizeof (float));
}

/* ---- Where the default model is ---------------------------------------------------------------------------- */

/* What the program at `path` says of it, run without CLIPTAG_DEFAULT_MODEL but with `chosen` for it. */
static char *
ask (const char *path, const char *chosen)
{
  char *argv[] = { (char *)path, (char *)"--default-model", NULL }, *out = NULL;
  g_auto (GStrv) envp = g_get_environ ();
  envp = chosen ? g_environ_setenv (g_steal_pointer (&envp), "CLIPTAG_DEFAULT_MODEL", chosen, TRUE)
                : g_environ_unsetenv (g_steal_pointer (&envp), "CLIPTAG_DEFAULT_MODEL");
  GError *error = NULL;
  int status;
  g_assert_true (g_spawn_sync (NULL, argv, envp, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL, &status, &error));
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, NULL));
  return out;
}

static void
test_default_model (void)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL), *chosen = ask (self, "/a b");
  g_assert_cmpstr (chosen, ==, "/a b");
  g_autofree char *built = ask (self, NULL), *config = g_build_filename (built, "config.json", NULL);
  g_assert_true (g_file_test (config, G_FILE_TEST_EXISTS)); /* the build tree's or the source tree's */
  g_autofree char *empty = ask (self, "");
  g_assert_cmpstr (empty, ==, built);

  /* From anywhere else it is the installed one, or none. */
  g_autofree char *folder = test_temporary_folder (), *copy = g_build_filename (folder, "program", NULL), *bytes = NULL;
  gsize length;
  g_assert_true (g_file_get_contents (self, &bytes, &length, NULL));
  test_write (folder, "program", bytes, (gssize)length);
  g_assert_cmpint (g_chmod (copy, 0700), ==, 0);
  g_autofree char *elsewhere = ask (copy, NULL), *installed = g_build_filename (elsewhere, "config.json", NULL);
  if (!g_file_test (installed, G_FILE_TEST_EXISTS))
    g_assert_nonnull (strstr (elsewhere, "the default model is not installed in /"));
  test_remove_folder (folder);
}

/* ---- After a fork ------------------------------------------------------------------------------------------ */

static int
encode_in_child (const char *folder)
{
  g_autoptr (ClipContext) context = open_context ("text-only");
  g_autofree float *found = g_new (float, dim_of (context));
  return clip_context_encode_texts (context, (const char *const[]){ "a" }, 1, found, NULL) ? 0 : 1;
}

static void
test_fork (void)
{
  g_autoptr (ClipContext) context = open_context ("text-only"); /* whose threads the child does not have */
  g_autofree char *none = g_strdup ("");
  process_fork (1, encode_in_child, none);
}

int
main (int argc, char **argv)
{
  if (argc == 2 && g_str_equal (argv[1], "--default-model")) {
    GError *error = NULL;
    g_autofree char *path = clip_default_model_path (&error);
    g_print ("%s", path ? path : error->message);
    g_clear_error (&error);
    return 0;
  }
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bounds/tokens", test_tokens);
  g_test_add_func ("/bounds/other-tower", test_other_tower);
  g_test_add_func ("/bounds/long-text", test_long_text);
  g_test_add_func ("/bounds/random-model", test_random_model);
  g_test_add_func ("/bounds/references", test_references);
  g_test_add_func ("/bounds/arena", test_arena);
  g_test_add_func ("/bounds/linear", test_linear);
  g_test_add_func ("/bounds/default-model", test_default_model);
  g_test_add_func ("/bounds/fork", test_fork);
  return g_test_run ();
}
