/* SPDX-License-Identifier: MIT
 *
 * clip-bench.c: how fast a model encodes on this machine, beside what the machine could do. For each tower: ms and
 * things per second (medians and 95th percentiles over runs, because machines are noisy), arithmetic per second, and
 * its share of the peak that peak.c measures with as many threads. As a table, or as JSON, one object a line (--json).
 * With --pixels it encodes a file instead, and with --serve it answers another program (serve.h).
 */
#include <locale.h>
#include <math.h>
#include <stdio.h>

#include "clip.h"
#include "linear.h"
#include "measure.h"
#include "model.h"
#include "peak.h"
#include "serve.h"

#define MIN_RUNS 7

enum
{
  EXIT_OK = 0,
  EXIT_ERROR = 1,
  EXIT_USAGE = 2
};

typedef struct
{
  char *folder, *random, *pixels, *embeddings;
  gint threads, batch;
  gdouble seconds;
  gboolean json, serve, version;
} Options;

/* What all rows have in common. */
typedef struct
{
  ClipContext *context;
  const ClipModelInfo *info;
  guint batch;
  double seconds;
  const char *precision, *kernels;
  ClipPeak peak;
  gboolean json;
} Bench;

/* ---- Inputs and their cost ----------------------------------------------------------------------------- */

/* Multiply-adds count two. Attention's two products included; norms and activations are not. 1e9 operations. */
static double
tower_gflop (const ClipTowerConfig *tower, double tokens, double patches, double patch_values, double dim)
{
  double width = tower->width, intermediate = tower->intermediate;
  double block = tokens * (4 * width * width + 2 * width * intermediate) + 2 * tokens * tokens * width;
  return 2e-9 * (tower->n_layers * block + patches * patch_values * width + width * dim);
}

/* One batch of inputs and where its embeddings go. */
typedef struct
{
  ClipContext *context;
  guint n;
  float *pixels;     /* [n][3][image_size][image_size], or NULL */
  guint32 *ids;      /* [n][context_length], or NULL */
  guint *lengths;    /* [n] */
  float *embeddings; /* [n][embedding_dim] */
} Inputs;

static gboolean
encode_pixels (gpointer data, GError **error)
{
  Inputs *inputs = data;
  return clip_context_encode_pixels (inputs->context, inputs->pixels, inputs->n, inputs->embeddings, error);
}

static gboolean
encode_tokens (gpointer data, GError **error)
{
  Inputs *inputs = data;
  return clip_context_encode_tokens (
      inputs->context, inputs->ids, inputs->lengths, inputs->n, inputs->embeddings, error);
}

static float *
make_pixels (const ClipModelInfo *info, guint n)
{
  gsize n_values = (gsize)n * 3 * info->image_size * info->image_size;
  float *pixels = g_new (float, n_values);
  for (gsize i = 0; i < n_values; i++)
    pixels[i] = sinf ((float)i * 0.37f) * 1.5f;
  return pixels;
}

/* Texts as long as the model reads them. */
static guint32 *
make_ids (const ClipModelInfo *info, guint n)
{
  gsize n_ids = (gsize)n * info->context_length;
  guint32 *ids = g_new (guint32, n_ids);
  for (gsize i = 0; i < n_ids; i++)
    ids[i] = (guint32)(i * 7919 % info->vocab_size);
  return ids;
}

/* ---- Results ------------------------------------------------------------------------------------------- */

/* A JSON string in quotes. What is not UTF-8 in a folder's name becomes replacement characters. */
static char *
quote (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *out = g_string_new ("\"");
  for (const char *p = valid; *p; p++) {
    if (*p == '"' || *p == '\\')
      g_string_append_printf (out, "\\%c", *p);
    else if ((guchar)*p < 0x20)
      g_string_append_printf (out, "\\u%04x", *p);
    else
      g_string_append_c (out, *p);
  }
  g_string_append_c (out, '"');
  return g_string_free (out, FALSE);
}

static void
print_header (const Bench *bench)
{
  printf ("%s: %.1f M parameters, %u threads, %s by %s\n", bench->info->name, (double)bench->info->n_parameters / 1e6,
      clip_context_get_n_threads (bench->context), bench->precision, bench->kernels);
  if (bench->peak.instruction)
    printf ("peak: %.0f GFLOP/s (%s)\n", bench->peak.gops, bench->peak.instruction);
  printf ("%-7s %6s %9s %9s %9s %9s %7s\n", "tower", "batch", "ms p50", "ms p95", "each/s", "GFLOP/s", "of peak");
}

/* Times are a picture's or a text's share of its batch. */
static void
print_row (const Bench *bench, const char *tower, const ClipTimes *times, double gflop)
{
  double n = bench->batch, rate = 1e3 * n / times->p50;
  printf ("%-7s %6u %9.2f %9.2f %9.1f %9.1f", tower, bench->batch, times->p50 / n, times->p95 / n, rate, gflop * rate);
  if (bench->peak.instruction)
    printf (" %5.1f %%", 100 * gflop * rate / bench->peak.gops);
  printf ("\n");
}

static void
print_json (const Bench *bench, const char *tower, const ClipTimes *times, double gflop)
{
  g_autofree char *name = quote (bench->info->name), *kernels = quote (bench->kernels);
  double n = bench->batch, rate = 1e3 * n / times->p50;
  printf ("{\"model\":%s,\"tower\":\"%s\",\"precision\":\"%s\",\"kernels\":%s,\"threads\":%u,\"batch\":%u,\"runs\":%u,"
          "\"ms_p50\":%.7g,\"ms_p95\":%.7g,\"per_second\":%.7g,\"gflops\":%.7g",
      name, tower, bench->precision, kernels, clip_context_get_n_threads (bench->context), bench->batch, times->runs,
      times->p50 / n, times->p95 / n, rate, gflop * rate);
  if (bench->peak.instruction)
    printf (",\"peak_gflops\":%.7g,\"peak_instruction\":\"%s\",\"percent_of_peak\":%.7g", bench->peak.gops,
        bench->peak.instruction, 100 * gflop * rate / bench->peak.gops);
  printf ("}\n");
}

static gboolean
bench_tower (const Bench *bench, const char *tower, ClipMeasured encode, Inputs *inputs, double gflop, GError **error)
{
  ClipTimes times;
  if (!clip_measure (encode, inputs, MIN_RUNS, bench->seconds, &times, error))
    return FALSE;
  (bench->json ? print_json : print_row) (bench, tower, &times, gflop);
  return TRUE;
}

static gboolean
bench_model (const Bench *bench, GError **error)
{
  const ClipModelInfo *info = bench->info;
  const ClipModel *model = clip_context_get_model (bench->context);
  guint n = bench->batch;
  g_autofree float *embeddings = g_new (float, (gsize)n * info->embedding_dim);
  if (!bench->json)
    print_header (bench);
  if (info->has_vision) {
    g_autofree float *pixels = make_pixels (info, n);
    Inputs inputs = { bench->context, n, .pixels = pixels, .embeddings = embeddings };
    double per_side = info->image_size / info->patch_size, patches = per_side * per_side;
    double gflop = tower_gflop (
        &model->vision->config, patches + 1, patches, 3.0 * info->patch_size * info->patch_size, info->embedding_dim);
    if (!bench_tower (bench, "image", encode_pixels, &inputs, gflop, error))
      return FALSE;
  }
  if (info->has_text) {
    g_autofree guint32 *ids = make_ids (info, n);
    g_autofree guint *lengths = g_new (guint, n);
    for (guint i = 0; i < n; i++)
      lengths[i] = info->context_length;
    Inputs inputs = { bench->context, n, .ids = ids, .lengths = lengths, .embeddings = embeddings };
    double gflop = tower_gflop (&model->text->config, info->context_length, 0, 0, info->embedding_dim);
    if (!bench_tower (bench, "text", encode_tokens, &inputs, gflop, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- Program ------------------------------------------------------------------------------------------- */

static gboolean
run (const Options *options, GError **error)
{
  g_autofree char *fallback = NULL;
  if (!options->folder && !options->random) {
    fallback = clip_default_model_path (error);
    if (!fallback)
      return FALSE;
  }
  g_autoptr (ClipModel) model = options->random ? clip_model_new_random (options->random, 1, error)
                                                : clip_model_load (options->folder ? options->folder : fallback, error);
  if (!model)
    return FALSE;
  ClipContextParams params;
  clip_context_params_init (&params);
  params.n_threads = (guint)options->threads;
  params.max_batch = (guint)options->batch;
  g_autoptr (ClipContext) context = clip_context_new (model, &params, error);
  if (!context)
    return FALSE;

  Bench bench = {
    .context = context,
    .info = clip_model_get_info (model),
    .batch = params.max_batch,
    .seconds = options->seconds,
    .precision = "f32",
    .kernels = clip_linear_description (),
    .json = options->json,
  };
  if (options->pixels) {
    g_autofree char *description = g_strdup_printf ("%s by %s", bench.precision, bench.kernels);
    return clip_serve (
        context, bench.batch, options->pixels, options->embeddings, options->serve ? description : NULL, error);
  }
  bench.peak = clip_peak_measure (CLIP_PEAK_F32, clip_context_get_n_threads (context));
  return bench_model (&bench, error);
}

/* NULL when they go together. */
static const char *
find_fault (const Options *options)
{
  if (options->folder && options->random)
    return "--model and --random exclude each other";
  if (options->threads < 0 || options->threads > 1024 || options->batch < 1 || options->batch > 4096
      || !(options->seconds >= 0))
    return "expected --threads 0..1024, --batch 1..4096, --seconds >= 0";
  if (!options->pixels && (options->serve || options->embeddings))
    return "--serve and --embeddings need --pixels";
  return NULL;
}

int
main (int argc, char **argv)
{
  Options options = { .batch = 1, .seconds = 3 };
  const GOptionEntry entries[] = {
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &options.folder, "Hugging Face CLIP folder (default: the embedded model)",
        "DIR" },
    { "random", 'r', 0, G_OPTION_ARG_STRING, &options.random, "Random weights of this shape instead of a folder",
        "vit-b-32|vit-b-16|vit-l-14" },
    { "threads", 't', 0, G_OPTION_ARG_INT, &options.threads, "Threads, 0 = all CPUs (default 0)", "N" },
    { "batch", 'b', 0, G_OPTION_ARG_INT, &options.batch, "Pictures or texts encoded at once (default 1)", "N" },
    { "seconds", 's', 0, G_OPTION_ARG_DOUBLE, &options.seconds, "How long to measure each tower (default 3)", "S" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON, one object a line for each tower", NULL },
    { "pixels", 0, 0, G_OPTION_ARG_FILENAME, &options.pixels,
        "Encode this file's pictures, [any][3][size][size] raw floats, instead of measuring", "FILE" },
    { "embeddings", 0, 0, G_OPTION_ARG_FILENAME, &options.embeddings,
        "Write their embeddings here, [any][dim] raw floats", "FILE" },
    { "serve", 0, 0, G_OPTION_ARG_NONE, &options.serve,
        "Then print \"ready\" and answer each line \"run N\" with the median of N batches in ms a picture", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options.version, "Print the version and exit", NULL },
    G_OPTION_ENTRY_NULL,
  };

  setlocale (LC_ALL, "");
  setlocale (LC_NUMERIC, "C"); /* other programs read these numbers */
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) parser = g_option_context_new ("- measure a CLIP model's speed on this machine");
  g_option_context_add_main_entries (parser, entries, NULL);
  if (!g_option_context_parse (parser, &argc, &argv, &error)) {
    fprintf (stderr, "clip-bench: %s\n", error->message);
    return EXIT_USAGE;
  }
  if (options.version) {
    printf ("clip-bench %s\n", clip_version ());
    return EXIT_OK;
  }
  const char *fault = argc > 1 ? "unexpected argument, try --help" : find_fault (&options);
  if (fault) {
    fprintf (stderr, "clip-bench: %s\n", fault);
    return EXIT_USAGE;
  }
  if (!run (&options, &error)) {
    fprintf (stderr, "clip-bench: %s\n", error->message);
    return EXIT_ERROR;
  }
  return EXIT_OK;
}
