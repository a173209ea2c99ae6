/* SPDX-License-Identifier: MIT
 *
 * bench.c: cliptag-bench, which `cliptag bench` runs: how fast a model encodes on this machine, beside what the machine
 * could do. For each tower: ms and inputs per second (medians and 95th percentiles over runs, because machines are
 * noisy), arithmetic per second and its share of the peak that peak.c measures with as many threads, and where the time
 * goes. As a table, or as one JSON object a line (--json).
 * With --pixels it encodes a file instead, and with --serve it answers another program (serve.h).
 */
#include <locale.h>
#include <math.h>
#include <stdio.h>

#include "clip-json.h"
#include "clip-message.h"
#include "clip.h"
#include "context.h"
#include "cost.h"
#include "measure.h"
#include "model/random.h"
#include "peak.h"
#include "runtime/profile.h"
#include "serve.h"

#define PROGRAM  "cliptag bench"
#define MIN_RUNS 7

enum
{
  EXIT_OK = 0,
  EXIT_ERROR = 1,
  EXIT_USAGE = 2
};

typedef struct
{
  char *folder, *random, *precision, *pixels, *embeddings;
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
  ClipPeak f32, bf16, int8; /* peaks; of the last two only those that the model makes use of */
  gboolean json;
} Bench;

/* What was found for one tower. */
typedef struct
{
  const char *tower;
  ClipCost cost; /* of one picture or text */
  ClipTimes times;
  double rate;  /* pictures or texts a second */
  double share; /* of the peak, 0..1; 0 when there is none for this arithmetic */
  const char *const *stages;
  double stage_ms[CLIP_PROFILE_N_PARTS]; /* of one picture or text */
} Row;

/* ---- Inputs -------------------------------------------------------------------------------------------- */

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

/* As a JSON string. Newly allocated. */
static char *
quote (const char *text)
{
  GString *json = g_string_new (NULL);
  clip_json_append_string (json, text);
  return g_string_free (json, FALSE);
}

static void
print_header (const Bench *bench)
{
  printf ("%s: %.1f M parameters, %u threads, %s by %s", bench->info->name, (double)bench->info->n_parameters / 1e6,
      clip_context_get_n_threads (bench->context), bench->precision, bench->kernels);
  if (bench->info->n_int8_layers > 0)
    printf (", %u of %u layers int8", bench->info->n_int8_layers, bench->info->n_layers);
  if (bench->info->n_bf16_layers > 0)
    printf (", %u of %u layers bf16", bench->info->n_bf16_layers, bench->info->n_layers);
  printf ("\n");
  if (bench->f32.instruction)
    printf ("peak of f32: %.0f GFLOP/s (%s)\n", bench->f32.gops, bench->f32.instruction);
  if (bench->bf16.instruction)
    printf ("peak of bf16: %.0f GFLOP/s (%s)\n", bench->bf16.gops, bench->bf16.instruction);
  if (bench->int8.instruction)
    printf ("peak of int8: %.0f GFLOP/s (%s)\n", bench->int8.gops, bench->int8.instruction);
  printf ("%-7s %6s %9s %9s %9s %9s %9s\n", "tower", "batch", "ms p50", "ms p95", "each/s", "GFLOP/s", "of peak");
}

static double
total_cost (const Row *row)
{
  return row->cost.f32 + row->cost.bf16 + row->cost.int8;
}

/* Times are a picture's or a text's share of its batch. */
static void
print_row (const Bench *bench, const Row *row)
{
  double n = bench->batch, total = 0;
  printf ("%-7s %6u %9.2f %9.2f %9.1f %9.1f", row->tower, bench->batch, row->times.p50 / n, row->times.p95 / n,
      row->rate, total_cost (row) * row->rate);
  if (row->share > 0)
    printf (" %7.1f %%", 100 * row->share);
  printf ("\n");
  for (guint i = 0; i < CLIP_PROFILE_N_PARTS; i++)
    total += row->stage_ms[i];
  for (guint i = 0; i < CLIP_PROFILE_N_PARTS; i++)
    printf ("  %-30s %9.3f ms %7.1f %%\n", row->stages[i], row->stage_ms[i], 100 * row->stage_ms[i] / total);
}

static void
print_json_peak (const char *arithmetic, const ClipPeak *peak)
{
  if (peak->instruction)
    printf (",\"peak_%s_gflops\":%.7g,\"peak_%s_instruction\":\"%s\"", arithmetic, peak->gops, arithmetic,
        peak->instruction);
}

static void
print_json (const Bench *bench, const Row *row)
{
  g_autofree char *name = quote (bench->info->name), *kernels = quote (bench->kernels);
  double n = bench->batch;
  printf ("{\"model\":%s,\"tower\":\"%s\",\"precision\":\"%s\",\"layers\":%u,\"int8_layers\":%u,"
          "\"bf16_layers\":%u,\"kernels\":%s,"
          "\"threads\":%u,\"batch\":%u,\"runs\":%u,\"ms_p50\":%.7g,\"ms_p95\":%.7g,\"per_second\":%.7g,"
          "\"gflop_f32\":%.7g,\"gflop_bf16\":%.7g,\"gflop_int8\":%.7g,\"gflops\":%.7g",
      name, row->tower, bench->precision, bench->info->n_layers, bench->info->n_int8_layers, bench->info->n_bf16_layers,
      kernels, clip_context_get_n_threads (bench->context), bench->batch, row->times.runs, row->times.p50 / n,
      row->times.p95 / n, row->rate, row->cost.f32, row->cost.bf16, row->cost.int8, total_cost (row) * row->rate);
  print_json_peak ("f32", &bench->f32);
  print_json_peak ("bf16", &bench->bf16);
  print_json_peak ("int8", &bench->int8);
  if (row->share > 0)
    printf (",\"percent_of_peak\":%.7g", 100 * row->share);
  for (guint i = 0; i < CLIP_PROFILE_N_PARTS; i++) {
    g_autofree char *stage = quote (row->stages[i]);
    printf ("%s%s:%.7g", i == 0 ? ",\"stages_ms\":{" : ",", stage, row->stage_ms[i]);
  }
  printf ("}}\n");
}

/* Runs again with the stages' clock on, so that it costs the times above nothing. */
static gboolean
measure_stages (const Bench *bench, ClipMeasured encode, Inputs *inputs, Row *row, GError **error)
{
  ClipTimes times;
  const gint64 *nanoseconds;
  clip_profile_enable (TRUE);
  gboolean done = clip_measure (encode, inputs, MIN_RUNS, bench->seconds / 4, &times, error);
  guint n_stages = clip_profile_get (&row->stages, &nanoseconds);
  for (guint i = 0; done && i < n_stages; i++)
    row->stage_ms[i] = (double)nanoseconds[i] / 1e6 / (times.runs + 1) / bench->batch; /* one was to warm up */
  clip_profile_enable (FALSE);
  return done;
}

static double
seconds_at (double cost, const ClipPeak *peak)
{
  return cost > 0 ? cost / peak->gops : 0;
}

static gboolean
bench_tower (const Bench *bench, Row *row, ClipMeasured encode, Inputs *inputs, GError **error)
{
  if (!clip_measure (encode, inputs, MIN_RUNS, bench->seconds, &row->times, error)
      || !measure_stages (bench, encode, inputs, row, error))
    return FALSE;
  row->rate = 1e3 * bench->batch / row->times.p50;
  /* The time that the peaks allow, of the time that it takes. */
  if (bench->f32.instruction && (row->cost.int8 == 0 || bench->int8.instruction))
    row->share = row->rate
                 * (seconds_at (row->cost.f32, &bench->f32) + seconds_at (row->cost.bf16, &bench->bf16)
                     + seconds_at (row->cost.int8, &bench->int8));
  (bench->json ? print_json : print_row) (bench, row);
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
    Row row = { "image", clip_cost_of_picture (model->vision) };
    if (!bench_tower (bench, &row, encode_pixels, &inputs, error))
      return FALSE;
  }
  if (info->has_text) {
    g_autofree guint32 *ids = make_ids (info, n);
    g_autofree guint *lengths = g_new (guint, n);
    for (guint i = 0; i < n; i++)
      lengths[i] = info->context_length;
    Inputs inputs = { bench->context, n, .ids = ids, .lengths = lengths, .embeddings = embeddings };
    Row row = { "text", clip_cost_of_text (model->text) };
    if (!bench_tower (bench, &row, encode_tokens, &inputs, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- Program ------------------------------------------------------------------------------------------- */

static ClipModel *
load_model (const Options *options, GError **error)
{
  ClipPrecision precision = CLIP_PRECISION_F32;
  if (options->precision)
    clip_precision_from_name (options->precision, &precision); /* checked by find_fault() */
  if (options->random)
    return clip_model_new_random (options->random, 1, precision, error);
  g_autofree char *folder = options->folder ? g_strdup (options->folder) : clip_default_model_path (error);
  return folder ? clip_model_load_full (folder, precision, error) : NULL;
}

static gboolean
run_bench (const Options *options, GError **error)
{
  g_autoptr (ClipModel) model = load_model (options, error);
  if (!model)
    return FALSE;
  for (const char *const *warning = clip_model_get_warnings (model); *warning; warning++)
    fprintf (stderr, PROGRAM ": warning: %s\n", *warning);
  ClipContextParams params;
  clip_context_params_init (&params);
  params.n_threads = (guint)options->threads;
  params.max_batch = (guint)options->batch;
  g_autoptr (ClipContext) context = clip_context_new (model, &params, error);
  if (!context)
    return FALSE;

  const ClipModelInfo *info = clip_model_get_info (model);
  Bench bench = {
    .context = context,
    .info = info,
    .batch = params.max_batch,
    .seconds = options->seconds,
    .precision = clip_precision_name (info->precision),
    .kernels = clip_kernels_description (),
    .json = options->json,
  };
  if (options->pixels) {
    g_autofree char *description = g_strdup_printf ("%s by %s", bench.precision, bench.kernels);
    return clip_serve (
        context, bench.batch, options->pixels, options->embeddings, options->serve ? description : NULL, error);
  }
  ClipCost picture = clip_cost_of_picture (model->vision), text = clip_cost_of_text (model->text);
  guint n_threads = clip_context_get_n_threads (context);
  bench.f32 = clip_peak_measure (CLIP_PEAK_F32, n_threads);
  if (picture.bf16 + text.bf16 > 0)
    bench.bf16 = clip_peak_measure (CLIP_PEAK_BF16, n_threads);
  if (picture.int8 + text.int8 > 0)
    bench.int8 = clip_peak_measure (CLIP_PEAK_INT8, n_threads);
  return bench_model (&bench, error);
}

/* NULL when they go together. */
static const char *
find_fault (const Options *options)
{
  ClipPrecision precision;
  if (options->precision && !clip_precision_from_name (options->precision, &precision))
    return "--precision: expected auto, f32, bf16 or int8";
  if (options->folder && options->random)
    return "--model and --random exclude each other";
  if (options->threads < 0 || options->threads > 1024)
    return "--threads: expected 0 to 1024";
  if (options->batch < 1 || options->batch > 4096)
    return "--batch: expected 1 to 4096";
  if (!(options->seconds >= 0))
    return "--seconds: expected 0 or more";
  if (!options->pixels && (options->serve || options->embeddings))
    return "--serve and --embeddings need --pixels";
  return NULL;
}

static void
options_clear (Options *options)
{
  g_free (options->folder);
  g_free (options->random);
  g_free (options->precision);
  g_free (options->pixels);
  g_free (options->embeddings);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

int
main (int argc, char **argv)
{
  g_auto (Options) options = { .batch = 1, .seconds = 3 };
  const GOptionEntry entries[] = {
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &options.folder, "Hugging Face CLIP folder (default: the built-in model)",
        "DIR" },
    { "random", 0, 0, G_OPTION_ARG_STRING, &options.random, "Random weights of this shape instead of a folder",
        "vit-b-32|vit-b-16|vit-l-14" },
    { "precision", 'p', 0, G_OPTION_ARG_STRING, &options.precision, "Arithmetic of the model's layers (default f32)",
        "auto|f32|bf16|int8" },
    { "threads", 't', 0, G_OPTION_ARG_INT, &options.threads, "Threads to encode with, 0 = all CPUs (default 0)", "N" },
    { "batch", 'b', 0, G_OPTION_ARG_INT, &options.batch, "Pictures or texts to encode at once (default 1)", "N" },
    { "seconds", 's', 0, G_OPTION_ARG_DOUBLE, &options.seconds, "Measure each tower for this time (default 3)", "S" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &options.json, "Print JSON lines instead of a table", NULL },
    { "pixels", 0, 0, G_OPTION_ARG_FILENAME, &options.pixels,
        "Encode this file's pictures, [any][3][size][size] raw floats, instead of measuring", "FILE" },
    { "embeddings", 0, 0, G_OPTION_ARG_FILENAME, &options.embeddings,
        "Write their embeddings to this file, [any][dim] raw floats", "FILE" },
    { "serve", 0, 0, G_OPTION_ARG_NONE, &options.serve,
        "Then print \"ready\" and answer each line \"run N\" with the median of N batches in ms a picture", NULL },
    /* For this program by itself; cliptag has its own. */
    { "version", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options.version, "Print the version and exit", NULL },
    G_OPTION_ENTRY_NULL,
  };

  setlocale (LC_ALL, "");
  setlocale (LC_NUMERIC, "C"); /* other programs read these numbers */
  g_set_prgname (PROGRAM);
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) parser = g_option_context_new (NULL);
  g_option_context_set_summary (parser,
      "Prints, for each tower of a model, the median and 95th percentile of its times, pictures or texts per second,\n"
      "GFLOP/s, their share of the peak that this CPU reaches on as many threads, and where the time goes.");
  g_option_context_add_main_entries (parser, entries, NULL);
  if (!g_option_context_parse (parser, &argc, &argv, &error)) {
    g_autofree char *what = clip_printable (error->message, -1, CLIP_MESSAGE_PATH);
    fprintf (stderr, PROGRAM ": %s (see " PROGRAM " --help)\n", what);
    return EXIT_USAGE;
  }
  if (options.version) {
    printf (PROGRAM " %s\n", clip_version ());
    return EXIT_OK;
  }
  const char *fault = find_fault (&options);
  if (!fault && argc > 1)
    fault = "expected no arguments but options";
  if (fault) {
    fprintf (stderr, PROGRAM ": %s (see " PROGRAM " --help)\n", fault);
    return EXIT_USAGE;
  }
  if (!run_bench (&options, &error)) {
    g_autofree char *what = clip_printable (error->message, -1, CLIP_MESSAGE_PATH);
    fprintf (stderr, PROGRAM ": %s\n", what);
    return EXIT_ERROR;
  }
  return EXIT_OK;
}
