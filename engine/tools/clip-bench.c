/* SPDX-License-Identifier: MIT
 *
 * clip-bench.c: how fast a model encodes on this machine: ms per picture and pictures per second, the same for texts.
 * Medians over rounds, because machines are noisy; the first round of each is not counted.
 */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "clip.h"
#include "linear.h"
#include "stage.h"

enum
{
  EXIT_OK = 0,
  EXIT_ERROR = 1,
  EXIT_USAGE = 2
};

static int
compare_doubles (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Runs `encode` once to warm up, then until `seconds` have passed and at least `MIN_ROUNDS` times; median in ms. */
#define MIN_ROUNDS 7
#define MAX_ROUNDS 1000

typedef gboolean (*Encode) (ClipContext *context, gconstpointer input, guint n, float *ret, GError **error);

static double
measure (Encode encode, ClipContext *context, gconstpointer input, guint n, float *ret, double seconds, GError **error)
{
  static double times[MAX_ROUNDS];
  guint rounds = 0;
  if (!encode (context, input, n, ret, error))
    return -1;
  gint64 start = g_get_monotonic_time ();
  while (rounds < MAX_ROUNDS
         && (rounds < MIN_ROUNDS || (double)(g_get_monotonic_time () - start) < seconds * G_USEC_PER_SEC)) {
    gint64 before = g_get_monotonic_time ();
    if (!encode (context, input, n, ret, error))
      return -1;
    times[rounds++] = (double)(g_get_monotonic_time () - before) / 1e3;
  }
  if (g_getenv ("STAGES")) {
    const char *const *names;
    const gint64 *ns;
    clip_stages_enable (TRUE);
    for (guint i = 0; i < 20; i++)
      if (!encode (context, input, n, ret, error))
        return -1;
    guint c = clip_stages_get (&names, &ns);
    for (guint i = 0; i < c; i++)
      printf ("  %s %.3f", names[i], ns[i] / 20e6 / n);
    printf ("\n");
    clip_stages_enable (FALSE);
  }
  qsort (times, rounds, sizeof *times, compare_doubles);
  return times[rounds / 2];
}

static gboolean
encode_pixels (ClipContext *context, gconstpointer input, guint n, float *ret, GError **error)
{
  return clip_context_encode_pixels (context, input, n, ret, error);
}

static gboolean
encode_tokens (ClipContext *context, gconstpointer input, guint n, float *ret, GError **error)
{
  const guint32 *ids = input;
  g_autofree guint *lengths = g_new (guint, n);
  guint length = clip_model_get_info (clip_context_get_model (context))->context_length;
  for (guint i = 0; i < n; i++)
    lengths[i] = length;
  return clip_context_encode_tokens (context, ids, lengths, n, ret, error);
}

/* Multiply-adds count two. Attention's two products included; norms and activations are not. */
static double
tower_gflop (double tokens, double width, double intermediate, double layers, double patch_values, double dim)
{
  double block = tokens * (4 * width * width + 2 * width * intermediate) + 2 * tokens * tokens * width;
  return 2e-9 * (layers * block + tokens * patch_values * width + width * dim);
}

static void
print_row (const char *what, double ms, guint n, double gflop)
{
  printf ("%-7s %6u %10.2f %10.1f %10.1f\n", what, n, ms / n, 1e3 * n / ms, gflop * n / (ms / 1e3));
}

static gboolean
bench (ClipModel *model, const ClipContextParams *params, double seconds, GError **error)
{
  const ClipModelInfo *info = clip_model_get_info (model);
  g_autoptr (ClipContext) context = clip_context_new (model, params, error);
  if (!context)
    return FALSE;
  guint n = params->max_batch;
  g_autofree float *embeddings = g_new (float, (gsize)n * info->embedding_dim);

  printf ("%s: %.1f M parameters, %u threads, f32 by %s\n", info->name, (double)info->n_parameters / 1e6,
      clip_context_get_n_threads (context), clip_kernels_description ());
  printf ("%-7s %6s %10s %10s %10s\n", "tower", "batch", "ms each", "each/s", "GFLOP/s");
  if (info->has_vision) {
    gsize n_pixels = (gsize)n * 3 * info->image_size * info->image_size;
    g_autofree float *pixels = g_new (float, n_pixels);
    for (gsize i = 0; i < n_pixels; i++)
      pixels[i] = sinf ((float)i * 0.37f) * 1.5f;
    double ms = measure (encode_pixels, context, pixels, n, embeddings, seconds, error);
    if (ms < 0)
      return FALSE;
    double per_side = info->image_size / info->patch_size;
    print_row ("image", ms, n,
        tower_gflop (per_side * per_side + 1, info->vision_width, 4.0 * info->vision_width, info->vision_layers,
            3.0 * info->patch_size * info->patch_size, info->embedding_dim));
  }
  if (info->has_text) {
    gsize n_ids = (gsize)n * info->context_length;
    g_autofree guint32 *ids = g_new (guint32, n_ids);
    for (gsize i = 0; i < n_ids; i++)
      ids[i] = (guint32)(i * 7919 % info->vocab_size);
    double ms = measure (encode_tokens, context, ids, n, embeddings, seconds, error);
    if (ms < 0)
      return FALSE;
    print_row ("text", ms, n,
        tower_gflop (
            info->context_length, info->text_width, 4.0 * info->text_width, info->text_layers, 0, info->embedding_dim));
  }
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autofree char *folder = NULL, *random = NULL, *precision_name = NULL;
  gint threads = 0, batch = 1;
  gdouble seconds = 3;
  gboolean version = FALSE;
  const GOptionEntry entries[] = {
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &folder, "Hugging Face CLIP folder (default: the embedded model)",
        "DIR" },
    { "random", 'r', 0, G_OPTION_ARG_STRING, &random, "Random weights of this shape instead of a folder",
        "vit-b-32|vit-b-16|vit-l-14" },
    { "threads", 't', 0, G_OPTION_ARG_INT, &threads, "Threads, 0 = all CPUs (default 0)", "N" },
    { "batch", 'b', 0, G_OPTION_ARG_INT, &batch, "Pictures or texts encoded at once (default 1)", "N" },
    { "precision", 'p', 0, G_OPTION_ARG_STRING, &precision_name, "Arithmetic (default f32)", "auto|f32|int8" },
    { "seconds", 's', 0, G_OPTION_ARG_DOUBLE, &seconds, "How long to measure each tower (default 3)", "S" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit", NULL },
    G_OPTION_ENTRY_NULL,
  };

  setlocale (LC_ALL, "");
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) options = g_option_context_new ("- measure a CLIP model's speed on this machine");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error)) {
    fprintf (stderr, "clip-bench: %s\n", error->message);
    return EXIT_USAGE;
  }
  if (version) {
    printf ("clip-bench %s\n", clip_version ());
    return EXIT_OK;
  }
  if (argc > 1 || (folder && random) || threads < 0 || threads > 1024 || batch < 1 || batch > 4096 || !(seconds >= 0)) {
    fprintf (stderr, "clip-bench: %s\n",
        argc > 1             ? "unexpected argument, try --help"
        : (folder && random) ? "--model and --random exclude each other"
                             : "expected --threads 0..1024, --batch 1..4096, --seconds >= 0");
    return EXIT_USAGE;
  }

  ClipPrecision precision = !g_strcmp0 (precision_name, "int8")   ? CLIP_PRECISION_INT8
                            : !g_strcmp0 (precision_name, "auto") ? CLIP_PRECISION_AUTO
                                                                  : CLIP_PRECISION_F32;
  if (!folder && !random)
    folder = clip_default_model_path (&error);
  g_autoptr (ClipModel) model = NULL;
  if (random)
    model = clip_model_new_random (random, 1, precision, &error);
  else if (folder)
    model = clip_model_load_full (folder, precision, &error);

  ClipContextParams params;
  clip_context_params_init (&params);
  params.n_threads = (guint)threads;
  params.max_batch = (guint)batch;
  if (!model || !bench (model, &params, seconds, &error)) {
    fprintf (stderr, "clip-bench: %s\n", error->message);
    return EXIT_ERROR;
  }
  return EXIT_OK;
}
