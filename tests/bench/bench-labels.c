/* SPDX-License-Identifier: MIT
 *
 * bench-labels.c: how long many prompts take, the first time and from the cache.
 *
 * bench-labels MODEL CLASSES TEMPLATES [int8]: a model folder, a file with a class a line, a file with a template ("{}"
 * is the class) a line; in f32, or in int8. Encodes all of them into a temporary cache, then takes them from there, and
 * checks that both rank the same. The speed of a text tower does not depend on its weights: random ones do.
 */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clip.h"

static void
show_progress (guint64 done, guint64 total, gpointer user_data)
{
  gint64 *shown = user_data, now = g_get_monotonic_time ();
  if (now - *shown < G_USEC_PER_SEC / 4 && done < total)
    return;
  *shown = now;
  fprintf (stderr, "\r%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " texts%s", done, total, done < total ? "" : "\n");
}

static double
peak_mib (void)
{
  struct rusage usage;
  getrusage (RUSAGE_SELF, &usage);
  return (double)usage.ru_maxrss / 1024;
}

/* A fresh context each time, as a start has it. */
static ClipLabels *
make_labels (ClipModel *model, ClipPrompts *prompts, const char *cache_dir, double *ret_seconds, GError **error)
{
  gint64 start = g_get_monotonic_time (), shown = start;
  g_autoptr (ClipContext) context = clip_context_new (model, NULL, error);
  if (!context)
    return NULL;
  const ClipLabelsParams params
      = { .progress = isatty (STDERR_FILENO) ? show_progress : NULL, .user_data = &shown, .cache_dir = cache_dir };
  ClipLabels *labels = clip_labels_new (context, prompts, &params, error);
  *ret_seconds = (double)(g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  return labels;
}

static gboolean
same_ranks (ClipLabels *a, ClipLabels *b, guint n, guint dim)
{
  g_autofree float *embedding = g_new (float, dim);
  g_autofree ClipMatch *x = g_new0 (ClipMatch, n), *y = g_new0 (ClipMatch, n);
  static const ClipRankParams cosine = { CLIP_SCORE_COSINE, 1, -2 };
  for (guint i = 0; i < dim; i++)
    embedding[i] = (float)(i % 7) - 3;
  return clip_labels_rank (a, embedding, &cosine, x, n) == clip_labels_rank (b, embedding, &cosine, y, n)
         && memcmp (x, y, n * sizeof *x) == 0;
}

static ClipPrompts *
load_prompts (const char *classes, const char *templates, GError **error)
{
  g_autofree char *lines = NULL;
  g_autoptr (ClipPrompts) plain = clip_prompts_new_from_file (classes, error);
  if (!plain || !g_file_get_contents (templates, &lines, NULL, error))
    return NULL;
  return clip_prompts_with_templates (plain, g_strdelimit (g_strchomp (lines), "\n", '|'), error);
}

static gboolean
bench (const char *folder, const char *classes, const char *templates, ClipPrecision precision, const char *cache_dir,
    GError **error)
{
  g_autoptr (ClipPrompts) prompts = load_prompts (classes, templates, error);
  g_autoptr (ClipModel) model = prompts ? clip_model_load_full (folder, precision, error) : NULL;
  if (!model)
    return FALSE;

  const ClipModelInfo *info = clip_model_get_info (model);
  guint n = clip_prompts_get_size (prompts),
        n_texts = n * g_strv_length ((char **)clip_prompts_get_templates (prompts));
  double first, second, loaded = peak_mib ();
  g_autoptr (ClipLabels) made = make_labels (model, prompts, cache_dir, &first, error);
  double peak = peak_mib ();
  g_autoptr (ClipLabels) cached = made ? make_labels (model, prompts, cache_dir, &second, error) : NULL;
  if (!cached)
    return FALSE;

  printf ("%s, %s by %s\n", info->name, precision == CLIP_PRECISION_INT8 ? "int8" : "f32", clip_kernels_description ());
  printf ("%u prompts in templates: %u texts\n", n, n_texts);
  printf ("first start   %9.3f s  (%.1f texts/s; peak memory %.0f MiB, %.0f of them before)\n", first, n_texts / first,
      peak, loaded);
  printf ("second start  %9.3f s\n", second);
  if (same_ranks (made, cached, n, info->embedding_dim))
    return TRUE;
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT, "the cached embeddings are not those that were made");
  return FALSE;
}

int
main (int argc, char **argv)
{
  gboolean int8 = argc == 5 && g_str_equal (argv[4], "int8");
  if (argc != 4 + int8) {
    fprintf (stderr, "usage: bench-labels MODEL CLASSES TEMPLATES [int8]\n");
    return 2;
  }
  g_autoptr (GError) error = NULL;
  g_autofree char *cache_dir = g_dir_make_tmp ("bench-labels-XXXXXX", &error);
  gboolean ok
      = cache_dir
        && bench (argv[1], argv[2], argv[3], int8 ? CLIP_PRECISION_INT8 : CLIP_PRECISION_F32, cache_dir, &error);
  if (!ok)
    fprintf (stderr, "bench-labels: %s\n", error->message);

  g_autoptr (GDir) dir = cache_dir ? g_dir_open (cache_dir, 0, NULL) : NULL;
  for (const char *name; dir && (name = g_dir_read_name (dir));) {
    g_autofree char *path = g_build_filename (cache_dir, name, NULL);
    g_unlink (path);
  }
  if (cache_dir)
    g_rmdir (cache_dir);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
