/* SPDX-License-Identifier: MIT
 *
 * tune.c: `cliptag tune`: finds templates, examples, thresholds and times for prompts on the user's own labelled
 * recordings, and says what they are worth on those it did not learn from.
 */
#include <glib/gstdio.h>

#include "toolrun.h"
#include "tune/tunefile.h"
#include "tune/tunereport.h"

typedef struct
{
  CommonOptions common;
  char *data, *layout_name, *output, *method;
  DataLayout layout;
  int limit;
  guint methods;
} Options;

static void
options_clear (Options *options)
{
  common_options_clear (&options->common);
  g_free (options->data);
  g_free (options->layout_name);
  g_free (options->output);
  g_free (options->method);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* ---- Work ------------------------------------------------------------------------------------------------ */

static void
show_fold (guint fold, guint n_folds, gpointer run)
{
  tool_run_show (run, "tests", fold, n_folds);
}

/* What is left of a folder for files in between. */
static void
remove_folder (char *folder)
{
  g_autofree char *prompts = g_build_filename (folder, "fold.json", NULL);
  g_autofree char *vectors = tune_file_vectors_path (prompts);
  g_unlink (prompts);
  g_unlink (vectors);
  g_rmdir (folder);
  g_free (folder);
}

static gboolean
measure (const TuneBank *bank, const TuneParams *params, ToolRun *run, TuneResult *ret_result, GError **error)
{
  char *folder = g_dir_make_tmp ("cliptag-tune-XXXXXX", error);
  if (!folder)
    return FALSE;
  gboolean ok = tune_result_measure (bank, params, folder, show_fold, run, ret_result, error);
  remove_folder (folder);
  return ok;
}

static gboolean
report (const TuneReport *what, gboolean json, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  (json ? tune_report_json : tune_report_text) (what, text);
  return tool_run_print (text, error);
}

/* The set is embedded and belongs to the prompts. */
static gboolean
tune_embedded (const TuneSet *set, const Options *options, ToolRun *run, GError **error)
{
  const TuneParams params = {
    .context = run->context,
    .encode_image = tool_run_encode_image,
    .background = common_options_get_background (&options->common),
    .methods = options->methods,
    .stop = tool_run_get_stop (),
  };
  g_auto (TunePart) all = { set->n, g_new (guint, set->n) };
  for (guint i = 0; i < set->n; i++)
    all.samples[i] = i;
  g_auto (TuneBank) bank = { 0 };
  g_auto (Tuned) tuned = { 0 };
  g_auto (TuneResult) result = { 0 };
  const char *fingerprint = clip_model_get_info (clip_context_get_model (run->context))->fingerprint;
  if (!tune_bank_init (&bank, set, &params, error) || !measure (&bank, &params, run, &result, error)
      || !tune_fit (&bank, &all, &params, &tuned, error)
      || !tune_file_write (options->output, &bank, &tuned, fingerprint, error))
    return FALSE;
  tool_run_clear_progress (run);
  const TuneReport what = { &bank, &tuned, &result, options->output };
  return report (&what, options->common.json, error);
}

static gboolean
tune (const Options *options, ToolRun *run, gboolean *ret_failed, GError **error)
{
  const CommonOptions *common = &options->common;
  g_autofree char *vectors = tune_file_vectors_path (options->output);
  if (!tool_run_check_writable (options->output, error) || !tool_run_check_writable (vectors, error))
    return FALSE;
  g_autoptr (DataSet) set = data_set_open (options->data, options->layout, error);
  g_autofree char *folder = common->model ? g_strdup (common->model) : set ? clip_default_model_path (error) : NULL;
  if (!set || !folder)
    return FALSE;
  if (options->limit > 0)
    data_set_limit (set, (guint)options->limit);
  g_auto (DataClasses) classes = { 0 };
  const DataClassesParams params
      = { .prompts_file = common->prompts_file, .prompts = common->prompts, .model = folder };
  const DataEmbedFuncs funcs = { tool_run_tell_problem, tool_run_show_items, run };
  if (!data_classes_init (&classes, set, &params, error) || !tool_run_load_model (run, folder, CLIP_FIT_CROP, error))
    return FALSE;
  g_autoptr (DataEmbeddings) embeddings = data_embed (set, run->context, &run->read, &funcs, error);
  if (!embeddings)
    return FALSE;
  *ret_failed = embeddings->n_failed > 0;
  g_auto (TuneSet) tune_set = { 0 };
  return tune_set_init (&tune_set, set, &classes, embeddings, error) && tune_embedded (&tune_set, options, run, error);
}

/* ---- Options --------------------------------------------------------------------------------------------- */

static gboolean
read_method (Options *options)
{
  static const struct
  {
    const char *name;
    guint methods;
  } known[] = { { "auto", TUNE_ALL }, { "text", 1 << TUNE_TEXT }, { "examples", 1 << TUNE_SUM },
    { "probe", 1 << TUNE_PROBE } };
  for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
    if (g_str_equal (options->method, known[i].name)) {
      options->methods = known[i].methods;
      return TRUE;
    }
  }
  return FALSE;
}

static const char *
read_values (Options *options)
{
  const char *wrong = common_options_check (&options->common);
  if (wrong)
    return wrong;
  if (!options->data)
    return "expected --data";
  if (!options->output)
    return "expected --output";
  if (options->layout_name && !data_layout_from_name (options->layout_name, &options->layout))
    return "--layout: expected auto, folders, csv, cifar or webdataset";
  options->methods = TUNE_ALL;
  if (options->method && !read_method (options))
    return "--method: expected auto, text, examples or probe";
  return options->limit < 0 ? "--limit: expected 0 or more" : NULL;
}

static gboolean
parse_options (Options *options, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "data", 'd', 0, G_OPTION_ARG_FILENAME, &options->data, "The labelled set, as for cliptag eval", "FILE" },
    { "layout", 0, 0, G_OPTION_ARG_STRING, &options->layout_name, "What --data is (default auto: what it looks like)",
        "auto|folders|csv|cifar|webdataset" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output,
        "Prompts file to write; vectors go beside it into a .safetensors file", "FILE" },
    COMMON_MODEL (&options->common),
    COMMON_PROMPTS (&options->common),
    COMMON_PROMPTS_FILE (&options->common),
    COMMON_BACKGROUND (&options->common),
    { "method", 0, 0, G_OPTION_ARG_STRING, &options->method,
        "text: templates alone; examples: their means are added to texts; probe: in place of texts; auto: the best "
        "(default auto)",
        "auto|text|examples|probe" },
    { "limit", 0, 0, G_OPTION_ARG_INT, &options->limit,
        "At most so many files or pictures, spread evenly over the set, 0 = all (default 0)", "N" },
    COMMON_FRAME_RATE (&options->common, "2"),
    COMMON_PRECISION (&options->common, "auto"),
    COMMON_THREADS (&options->common),
    COMMON_JSON (&options->common),
    G_OPTION_ENTRY_NULL,
  };
  return command_parse (NULL,
      "Learns from labelled pictures and recordings how prompts should be used on footage like this: templates, the\n"
      "mean of examples or a probe, temperature, a threshold for each label, smoothing. What is reported was measured\n"
      "on recordings and pictures that were left out, all others having been learnt from; pictures whose files have\n"
      "one name are of one origin and are never on both sides. The output is for cliptagger's prompts-file.\n"
      "\n"
      "Data without any label (in a .csv, a row with an empty one) shows what is none of these.",
      entries, argc, argv);
}

int
command_tune (int argc, char **argv)
{
  g_auto (Options) options = { .common = { .frame_rate = 2, .precision = CLIP_PRECISION_AUTO } };
  ToolRun run = { NULL };
  g_autoptr (GError) error = NULL;
  gboolean failed = FALSE;
  if (!parse_options (&options, &argc, &argv))
    return EXIT_USAGE;
  const char *wrong = read_values (&options);
  if (!wrong && argc > 1)
    wrong = "expected options only: the set is named by --data";
  if (wrong)
    return command_refuse (wrong);
  gboolean done = tool_run_init (&run, &options.common, &error) && tune (&options, &run, &failed, &error);
  return tool_run_finish (&run, done, failed, error);
}
