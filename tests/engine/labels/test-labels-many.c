/* SPDX-License-Identifier: MIT
 *
 * test-labels-many.c: many prompts: progress, cancelling, and the same embeddings from the cache as without.
 */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "goldencontext.h"
#include "labels/label-cache.h"
#include "process.h"
#include "tempfolder.h"

#define N         40
#define TEMPLATES "a photo of {}.|{}|the {} at night"
#define N_TEXTS   ((N + 1) * 3)

static ClipPrompts *
many_prompts (guint n)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "van %u;", i);
  return make_prompts (text->str, TEMPLATES);
}

/* [n][dim]: each value is the cosine with the axis it lies on. A repeated prompt has its class's. */
static float *
embeddings_of (ClipLabels *labels, guint dim)
{
  static const ClipRankParams cosine = { CLIP_SCORE_COSINE, 1, -2 };
  ClipPrompts *prompts = clip_labels_get_prompts (labels);
  guint n = clip_prompts_get_size (prompts), n_classes = clip_prompts_get_n_classes (prompts);
  float *embeddings = g_new (float, n *dim);
  g_autofree ClipMatch *matches = g_new (ClipMatch, n);
  g_autofree float *axis = g_new0 (float, dim);
  for (guint d = 0; d < dim; d++) {
    axis[d] = 1;
    g_assert_cmpuint (clip_labels_rank (labels, axis, &cosine, matches, n), ==, n_classes);
    for (guint i = 0; i < n_classes; i++)
      for (guint p = matches[i].index;
           p < n && (p == matches[i].index || clip_prompts_get (prompts, matches[i].index)->next); p++)
        if (g_str_equal (clip_prompts_get (prompts, p)->label, clip_prompts_get (prompts, matches[i].index)->label))
          embeddings[p * dim + d] = matches[i].cosine;
    axis[d] = 0;
  }
  return embeddings;
}

static void
assert_same_labels (ClipLabels *a, ClipLabels *b, guint dim)
{
  guint n = clip_prompts_get_size (clip_labels_get_prompts (a));
  guint n_classes = clip_prompts_get_n_classes (clip_labels_get_prompts (a));
  g_autofree float *x = embeddings_of (a, dim), *y = embeddings_of (b, dim);
  g_assert_cmpmem (x, n * dim * sizeof *x, y, n * dim * sizeof *y);

  /* The empty text's, too: what sigmoid weighs against. */
  static const ClipRankParams sigmoid_params = { CLIP_SCORE_SIGMOID, 1, 0 };
  g_autofree ClipMatch *p = g_new0 (ClipMatch, n), *q = g_new0 (ClipMatch, n);
  g_assert_cmpuint (clip_labels_rank (a, x, &sigmoid_params, p, n), ==, n_classes);
  g_assert_cmpuint (clip_labels_rank (b, x, &sigmoid_params, q, n), ==, n_classes);
  g_assert_cmpmem (p, n * sizeof *p, q, n * sizeof *q);
}

/* ---- Progress and cancelling ---------------------------------------------------------------------------- */

typedef struct
{
  guint n_calls;
  guint64 done, total;
  ClipContext *cancel; /* at the fourth call */
  gboolean at_end;     /* or instead when all is encoded */
} Seen;

static void
see (guint64 done, guint64 total, gpointer user_data)
{
  Seen *seen = user_data;
  g_assert_true (done > seen->done || (seen->n_calls == 0 && done == 0));
  g_assert_cmpuint (done, <=, total);
  g_assert_true (seen->n_calls == 0 || total == seen->total);
  seen->done = done;
  seen->total = total;
  seen->n_calls++;
  if (seen->cancel && (seen->at_end ? done == total : seen->n_calls == 4))
    clip_context_cancel (seen->cancel);
}

static ClipLabels *
label (ClipContext *context, ClipPrompts *prompts, Seen *ret_seen, const char *cache_dir)
{
  GError *error = NULL;
  *ret_seen = (Seen){ 0 };
  const ClipLabelsParams params = { .progress = see, .user_data = ret_seen, .cache_dir = cache_dir };
  ClipLabels *labels = clip_labels_new (context, prompts, &params, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ret_seen->done, ==, ret_seen->total);
  return labels;
}

static void
test_progress (void)
{
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  g_autoptr (ClipPrompts) many = many_prompts (300), one = make_prompts ("a van", NULL);
  Seen seen;
  g_autoptr (ClipLabels) a = label (context, many, &seen, NULL);
  g_assert_cmpuint (seen.total, ==, 301 * 3);
  g_assert_cmpuint (seen.n_calls, >, 10);
  g_autoptr (ClipLabels) b = label (context, one, &seen, NULL);
  g_assert_cmpuint (seen.total, ==, 2);
  g_autoptr (ClipLabels) c = clip_labels_new (context, many, NULL, NULL);
  assert_same_labels (a, c, dim_of (context));
}

/* Texts that are there twice are encoded once and stand where they stood. */
static void
test_duplicates (void)
{
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  g_autoptr (ClipPrompts) prompts = make_prompts ("a van;a yard;a van;a ladder;a yard;a van", "{}|the {}");
  Seen seen;
  g_autoptr (ClipLabels) labels = label (context, prompts, &seen, NULL);
  g_assert_cmpuint (seen.total, ==, 4 * 2);

  static const char *const alone[] = { "a van", "a yard", "a van", "a ladder", "a yard", "a van" };
  guint dim = dim_of (context);
  g_autofree float *all = embeddings_of (labels, dim);
  for (guint i = 0; i < G_N_ELEMENTS (alone); i++) {
    g_autoptr (ClipPrompts) single = make_prompts (alone[i], "{}|the {}");
    g_autoptr (ClipLabels) expected = clip_labels_new (context, single, NULL, NULL);
    g_autofree float *embedding = embeddings_of (expected, dim);
    for (guint d = 0; d < dim; d++)
      g_assert_cmpfloat_with_epsilon (all[i * dim + d], embedding[d], 1e-6);
  }
}

static void
assert_cancelled (ClipContext *context, ClipPrompts *prompts, Seen *seen, const char *cache_dir)
{
  g_autoptr (GError) error = NULL;
  const ClipLabelsParams params = { .progress = see, .user_data = seen, .cache_dir = cache_dir };
  g_assert_null (clip_labels_new (context, prompts, &params, &error));
  g_assert_error (error, CLIP_ERROR, CLIP_ERROR_CANCELLED);
}

/* The one file in the folder; NULL when there is none. */
static char *
only_file (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  char *name = g_strdup (g_dir_read_name (dir));
  g_assert_true (!name || !g_dir_read_name (dir));
  return name;
}

static void
remove_folder (const char *folder)
{
  g_autofree char *name = only_file (folder), *path = name ? g_build_filename (folder, name, NULL) : NULL;
  g_assert_true (!path || g_unlink (path) == 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_cancel (void)
{
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  g_autoptr (ClipPrompts) prompts = many_prompts (300);
  g_autofree char *folder = test_temporary_folder ();
  Seen seen = { .cancel = context };
  assert_cancelled (context, prompts, &seen, folder);
  g_assert_cmpuint (seen.n_calls, ==, 4); /* not a batch more */
  g_assert_null (only_file (folder));

  /* Before it begins, with and without anything to encode. */
  Seen nothing = { 0 };
  clip_context_cancel (context);
  assert_cancelled (context, prompts, &nothing, NULL);
  g_autoptr (ClipLabels) labels = label (context, prompts, &seen, folder);
  clip_context_cancel (context);
  assert_cancelled (context, prompts, &nothing, folder);
  g_assert_cmpuint (nothing.done, ==, 0);
  g_autoptr (ClipLabels) cached = label (context, prompts, &seen, folder);
  g_assert_cmpuint (seen.n_calls, ==, 1);

  /* When all is encoded, or was: looking for texts that are cut can take long, too. */
  for (guint stored = 0; stored < 2; stored++) {
    Seen all = { .cancel = context, .at_end = TRUE };
    assert_cancelled (context, prompts, &all, stored ? folder : NULL);
    g_assert_cmpuint (all.done, ==, all.total);
  }
  remove_folder (folder);
}

static void
test_no_text_tower (void)
{
  g_autoptr (ClipContext) context = open_context ("vision-only");
  g_autoptr (ClipPrompts) prompts = many_prompts (N);
  g_autofree char *folder = test_temporary_folder ();
  for (guint cached = 0; cached < 2; cached++) {
    g_autoptr (GError) error = NULL;
    const ClipLabelsParams params = { .cache_dir = cached ? folder : NULL };
    g_assert_null (clip_labels_new (context, prompts, &params, &error));
    g_assert_error (error, CLIP_ERROR, CLIP_ERROR_NO_TOWER);
  }
  remove_folder (folder);
}

/* ---- The cache ------------------------------------------------------------------------------------------ */

static void
test_hit (void)
{
  g_autofree char *folder = test_temporary_folder ();
  static const char *const models[] = { "patch32-quick", "text-only", "patch32-quick", "text-only" };
  for (guint m = 0; m < G_N_ELEMENTS (models); m++) {
    g_autoptr (ClipContext) context = open_context (models[m]);
    g_autoptr (ClipPrompts) prompts = many_prompts (N);
    Seen seen;
    g_autoptr (ClipLabels) plain = label (context, prompts, &seen, NULL);
    g_assert_cmpuint (seen.total, ==, N_TEXTS);
    g_autoptr (ClipLabels) first = label (context, prompts, &seen, folder);
    g_assert_true (seen.n_calls > 1 || m >= 2);
    g_autoptr (ClipLabels) second = label (context, prompts, &seen, folder);
    g_assert_cmpuint (seen.n_calls, ==, 1);
    g_assert_cmpuint (seen.total, ==, N_TEXTS);
    assert_same_labels (plain, first, dim_of (context));
    assert_same_labels (plain, second, dim_of (context));
  }
  g_assert_cmpuint (test_count_files (folder), ==, 2);
  test_remove_folder (folder);
}

/* What is read are the file's numbers, until they do not fit what the model says of the first text. */
static void
test_believed (void)
{
  g_autofree char *folder = test_temporary_folder ();
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  g_autoptr (ClipPrompts) prompts = many_prompts (N);
  guint dim = dim_of (context), rows = N + 2;
  Seen seen;
  g_autoptr (ClipLabels) labels = label (context, prompts, &seen, folder);
  g_autofree char *key = only_file (folder);
  g_autofree float *stored = g_new (float, rows *dim);
  g_assert_true (clip_label_cache_load (folder, key, rows, dim, stored));
  g_autofree float *expected = embeddings_of (labels, dim);
  g_assert_cmpmem (stored, N * dim * sizeof *stored, expected, N * dim * sizeof *expected);

  for (guint d = 0; d < dim; d++)
    stored[7 * dim + d] = d == 3;
  clip_label_cache_store (folder, key, rows, dim, stored);
  g_autoptr (ClipLabels) planted = label (context, prompts, &seen, folder);
  g_autofree float *found = embeddings_of (planted, dim);
  g_assert_cmpmem (stored, N * dim * sizeof *stored, found, N * dim * sizeof *found);

  stored[(rows - 1) * dim] += 1e-6f;
  clip_label_cache_store (folder, key, rows, dim, stored);
  g_autoptr (ClipLabels) doubted = label (context, prompts, &seen, folder);
  g_assert_cmpuint (seen.n_calls, >, 1);
  assert_same_labels (labels, doubted, dim);
  g_autoptr (ClipLabels) again = label (context, prompts, &seen, folder);
  g_assert_cmpuint (seen.n_calls, ==, 1);
  assert_same_labels (labels, again, dim);
  remove_folder (folder);
}

static void
test_damaged (void)
{
  g_autofree char *folder = test_temporary_folder ();
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  g_autoptr (ClipPrompts) prompts = many_prompts (N);
  Seen seen;
  g_autoptr (ClipLabels) labels = label (context, prompts, &seen, folder);
  g_autofree char *key = only_file (folder), *path = g_build_filename (folder, key, NULL), *content = NULL;
  gsize length;
  g_assert_true (g_file_get_contents (path, &content, &length, NULL));
  for (guint damage = 0; damage < 4; damage++) {
    g_autofree char *spoilt = g_memdup2 (content, length);
    spoilt[length / 2] ^= (char)(damage == 3);
    gsize kept = damage == 3 ? length : damage * (length / 2 - 1);
    g_assert_true (g_file_set_contents (path, spoilt, (gssize)kept, NULL));
    g_autoptr (ClipLabels) made = label (context, prompts, &seen, folder);
    g_assert_cmpuint (seen.n_calls, >, 1);
    assert_same_labels (labels, made, dim_of (context));
    g_autofree char *mended = NULL;
    gsize mended_length;
    g_assert_true (g_file_get_contents (path, &mended, &mended_length, NULL));
    g_assert_cmpmem (mended, mended_length, content, length);
  }
  remove_folder (folder);
}

/* Labels, thresholds and negatives are not what was encoded: the same file serves. */
static void
test_other_labels (void)
{
  g_autofree char *folder = test_temporary_folder (), *file = g_build_filename (folder, "prompts.json", NULL);
  g_autofree char *cache = g_build_filename (folder, "cache", NULL);
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  for (guint round = 0; round < 2; round++) {
    g_autoptr (GString) json = g_string_new ("{\"templates\":[\"{}\"],\"prompts\":[");
    for (guint i = 0; i < 100; i++)
      g_string_append_printf (json, "%s{\"text\":\"van %u\",\"label\":\"%u\",\"negative\":%s}", i ? "," : "", i,
          i + round, i % 2 == round ? "true" : "false");
    g_string_append (json, "]}");
    g_assert_true (g_file_set_contents (file, json->str, -1, NULL));
    g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_file (file, NULL);
    Seen seen;
    g_autoptr (ClipLabels) labels = label (context, prompts, &seen, cache);
    g_assert_true ((seen.n_calls == 1) == (round == 1));
    g_autoptr (ClipLabels) plain = clip_labels_new (context, prompts, NULL, NULL);
    static const ClipRankParams softmax = { CLIP_SCORE_SOFTMAX, 1, 0 };
    g_autofree float *probe = g_new0 (float, dim_of (context));
    ClipMatch a[50], b[50];
    memset (a, 0, sizeof a);
    memset (b, 0, sizeof b);
    probe[0] = 1;
    g_assert_cmpuint (clip_labels_rank (labels, probe, &softmax, a, 50), ==, 50);
    g_assert_cmpuint (clip_labels_rank (plain, probe, &softmax, b, 50), ==, 50);
    g_assert_cmpmem (a, sizeof a, b, sizeof b);
  }
  g_assert_cmpint (g_unlink (file), ==, 0);
  remove_folder (cache);
  remove_folder (folder);
}

/* Few texts leave no file behind. */
static void
test_few (void)
{
  g_autofree char *folder = test_temporary_folder ();
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  g_autoptr (ClipPrompts) few = many_prompts (20), enough = many_prompts (21); /* 63 and 66 texts */
  Seen seen;
  g_autoptr (ClipLabels) a = label (context, few, &seen, folder);
  g_assert_null (only_file (folder));
  g_autoptr (ClipLabels) b = label (context, enough, &seen, folder);
  g_autofree char *file = only_file (folder);
  g_assert_nonnull (file);
  remove_folder (folder);
}

static void
test_unusable_folder (void)
{
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  g_autoptr (ClipPrompts) prompts = many_prompts (N);
  g_autoptr (ClipLabels) plain = clip_labels_new (context, prompts, NULL, NULL);
  for (guint round = 0; round < 2; round++) {
    Seen seen;
    g_autoptr (ClipLabels) labels = label (context, prompts, &seen, "/dev/null/cliptag");
    g_assert_cmpuint (seen.n_calls, >, 1);
    assert_same_labels (plain, labels, dim_of (context));
  }
}

static int
label_in_process (const char *folder)
{
  g_autoptr (ClipContext) context = open_context ("patch32-quick");
  for (guint round = 0; round < 5; round++) {
    g_autoptr (ClipPrompts) prompts = many_prompts (N + round);
    g_autoptr (ClipLabels) plain = clip_labels_new (context, prompts, NULL, NULL);
    Seen seen;
    g_autoptr (ClipLabels) first = label (context, prompts, &seen, folder);
    g_autoptr (ClipLabels) second = label (context, prompts, &seen, folder);
    assert_same_labels (plain, first, dim_of (context));
    assert_same_labels (plain, second, dim_of (context));
    if (seen.n_calls != 1)
      return 1;
  }
  return 0;
}

static void
test_two_processes (void)
{
  g_autofree char *folder = test_temporary_folder ();
  process_fork (2, label_in_process, folder);
  g_assert_cmpuint (test_count_files (folder), ==, 5);
  test_remove_folder (folder);
}

static void
test_cache_dir (void)
{
  g_autofree char *folder = clip_labels_cache_dir ();
  g_autofree char *expected = g_build_filename (g_get_user_cache_dir (), "cliptag", "labels", NULL);
  g_assert_cmpstr (folder, ==, expected);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/labels-many/two-processes", test_two_processes); /* forks: while there is one thread */
  g_test_add_func ("/labels-many/progress", test_progress);
  g_test_add_func ("/labels-many/duplicates", test_duplicates);
  g_test_add_func ("/labels-many/cancel", test_cancel);
  g_test_add_func ("/labels-many/no-text-tower", test_no_text_tower);
  g_test_add_func ("/labels-many/hit", test_hit);
  g_test_add_func ("/labels-many/believed", test_believed);
  g_test_add_func ("/labels-many/damaged", test_damaged);
  g_test_add_func ("/labels-many/other-labels", test_other_labels);
  g_test_add_func ("/labels-many/few", test_few);
  g_test_add_func ("/labels-many/unusable-folder", test_unusable_folder);
  g_test_add_func ("/labels-many/cache-dir", test_cache_dir);
  return g_test_run ();
}
