/* SPDX-License-Identifier: MIT
 *
 * eval.c: `cliptag eval`: how well prompts tell the pictures and recordings of a labelled set apart.
 *
 * The set is listed and the prompts are read before any picture is decoded, so that what is wrong with either is told
 * at once. Pictures are embedded once, whatever is measured of them. A report is written whole or not at all.
 */
#include "eval/report.h"
#include "eval/result.h"
#include "toolrun.h"

typedef struct
{
  CommonOptions common;
  char *data, *layout_name, *classes, *templates, *html;
  char **settings;
  DataLayout layout;
  int limit;
  gboolean by_order;
} Options;

typedef struct
{
  const Options *options;
  ToolRun run;
} Eval;

static void
show_texts (const char *step, guint64 done, guint64 total, gpointer run)
{
  tool_run_show (run, "prompts", done, total);
}

/* ---- Output -------------------------------------------------------------------------------------------- */

/* With pictures of the worst mistakes. */
static gboolean
write_html (Eval *self, EvalResult *result, GError **error)
{
  guint n = result->mistakes->len;
  g_autofree guint *samples = g_new (guint, n);
  g_autofree char **pictures = g_new0 (char *, n);
  for (guint i = 0; i < n; i++)
    samples[i] = g_array_index (result->mistakes, EvalMistake, i).sample;
  gboolean ok = tool_run_make_thumbnails (&self->run, result->set, result->embeddings, samples, n, pictures, error);
  for (guint i = 0; i < n; i++)
    g_array_index (result->mistakes, EvalMistake, i).picture = pictures[i];
  g_autoptr (GString) html = g_string_new (NULL);
  if (ok)
    eval_report_html (result, html);
  return ok && tool_run_write (self->options->html, html, error);
}

static gboolean
print_report (const Eval *self, const EvalResult *result, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  (self->options->common.json ? eval_report_json : eval_report_table) (result, text);
  return tool_run_print (text, error);
}

/* ---- All of it ----------------------------------------------------------------------------------------- */

/* Zones are other pictures than the frame. */
static void
warn_of_zones (Eval *self, const DataClasses *classes)
{
  if (clip_prompts_get_n_zones (classes->prompts) > 1)
    tool_run_warn ("the prompts' zones are not evaluated, the data's labels being of the whole picture", &self->run);
}

static gboolean
evaluate (Eval *self, const EvalSettings *settings, gboolean *ret_failed, GError **error)
{
  const Options *options = self->options;
  ToolRun *run = &self->run;
  if (options->html && !tool_run_check_writable (options->html, error))
    return FALSE;
  g_autoptr (DataSet) set = data_set_open (options->data, options->layout, error);
  g_autofree char *folder = options->common.model ? g_strdup (options->common.model)
                            : set                 ? clip_default_model_path (error)
                                                  : NULL;
  if (!set || !folder)
    return FALSE;
  if (options->limit > 0)
    data_set_limit (set, (guint)options->limit);

  g_auto (DataClasses) classes = { 0 };
  const DataClassesParams classes_params = {
    .classes_file = options->classes,
    .prompts_file = options->common.prompts_file,
    .prompts = options->common.prompts,
    .model = folder,
    .templates_file = options->templates,
    .by_order = options->by_order,
  };
  if (!data_classes_init (&classes, set, &classes_params, error)
      || !tool_run_load_model (run, folder, settings->fit, error))
    return FALSE;
  warn_of_zones (self, &classes);

  const DataEmbedFuncs embed_funcs = { tool_run_tell_problem, tool_run_show_items, run };
  g_autoptr (DataEmbeddings) embeddings = data_embed (set, run->context, &run->read, &embed_funcs, error);
  if (!embeddings)
    return FALSE;
  *ret_failed = embeddings->n_failed > 0;
  g_auto (EvalResult) result = { 0 };
  const EvalSteps steps = {
    .context = run->context,
    .stop = tool_run_get_stop (),
    .encode_image = tool_run_encode_image,
    .warning = tool_run_warn,
    .progress = show_texts,
    .user_data = run,
  };
  if (!eval_result_measure (set, &classes, embeddings, settings, &steps, &result, error))
    return FALSE;
  result.frame_rate = options->common.frame_rate;
  tool_run_clear_progress (run);
  return (!options->html || write_html (self, &result, error)) && print_report (self, &result, error);
}

/* ---- Options ------------------------------------------------------------------------------------------- */

/* Returns what is wrong with the values, newly allocated, or NULL. */
static char *
read_values (Options *options, EvalSettings *settings)
{
  const char *wrong = common_options_check (&options->common);
  if (!wrong && !options->data)
    wrong = "expected --data";
  else if (!wrong && options->layout_name && !data_layout_from_name (options->layout_name, &options->layout))
    wrong = "--layout: expected auto, folders, csv, cifar or webdataset";
  else if (!wrong && options->limit < 0)
    wrong = "--limit: expected 0 or more";
  else if (!wrong && options->classes && (options->common.prompts || options->common.prompts_file))
    wrong = "--classes, --prompts-file: expected one of the two";
  else if (!wrong && options->by_order && !options->classes)
    wrong = "--by-order: expected --classes, too";
  if (wrong)
    return g_strdup (wrong);
  for (char **setting = options->settings; setting && *setting; setting++) {
    char *what = eval_settings_set (settings, *setting);
    if (what)
      return what;
  }
  return NULL;
}

static gboolean
parse_options (Options *options, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "data", 'd', 0, G_OPTION_ARG_FILENAME, &options->data, "The labelled set: a folder or file, as above", "FILE" },
    { "layout", 0, 0, G_OPTION_ARG_STRING, &options->layout_name, "What --data is (default auto: what it looks like)",
        "auto|folders|csv|cifar|webdataset" },
    COMMON_MODEL (&options->common),
    { "prompts", 'P', 0, G_OPTION_ARG_STRING, &options->common.prompts,
        "Prompts, separated by ';' (default: the model's own if they have the data's labels, else those labels)",
        "\"A;B\"" },
    COMMON_PROMPTS_FILE (&options->common),
    { "classes", 0, 0, G_OPTION_ARG_FILENAME, &options->classes,
        "File of class names instead of prompts, one per line, or LABEL<tab>NAME where the data has other labels",
        "FILE" },
    { "by-order", 0, 0, G_OPTION_ARG_NONE, &options->by_order,
        "The data's classes in alphabetical order are the lines of --classes, whatever they are called", NULL },
    { "templates", 0, 0, G_OPTION_ARG_FILENAME, &options->templates,
        "File of templates, one per line, each with {}; overrides the prompts' own", "FILE" },
    { "limit", 0, 0, G_OPTION_ARG_INT, &options->limit,
        "At most so many files or pictures, spread evenly over the set, 0 = all (default 0)", "N" },
    COMMON_FRAME_RATE (&options->common, "2"),
    COMMON_PRECISION (&options->common, "auto"),
    COMMON_THREADS (&options->common),
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->settings,
        "Set a property of cliptagger that decides about scores or events; may be repeated", "PROPERTY=VALUE" },
    COMMON_JSON (&options->common),
    { "html", 0, 0, G_OPTION_ARG_FILENAME, &options->html,
        "Write a page, too, with confusion matrix, calibration and the worst mistakes", "FILE" },
    G_OPTION_ENTRY_NULL,
  };
  return command_parse (NULL,
      "Compares what prompts say of pictures and recordings with what is known of them. --data is\n"
      "\n"
      "  folders     a folder with a folder of pictures or recordings for each class\n"
      "  csv         a file with the header line file,start,end,label; start and end are seconds, or empty\n"
      "  cifar       CIFAR-10 or CIFAR-100, binary version: its folder, of which the test set counts, or a batch\n"
      "  webdataset  a .tar or a folder of them, with KEY.jpg and KEY.cls, .txt or .json\n"
      "\n"
      "Each picture and each sampled frame of a recording is a sample. Reported are top-1 and top-5, mean per-class\n"
      "recall, mean average precision, calibration error (ECE), confusion, each template by itself, and of recordings\n"
      "in a .csv the precision, recall and boundary errors of events.",
      entries, argc, argv);
}

static void
options_clear (Options *options)
{
  common_options_clear (&options->common);
  g_free (options->data);
  g_free (options->layout_name);
  g_free (options->classes);
  g_free (options->templates);
  g_free (options->html);
  g_strfreev (options->settings);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

int
command_eval (int argc, char **argv)
{
  g_auto (Options) options = { .common = { .frame_rate = 2, .precision = CLIP_PRECISION_AUTO } };
  g_auto (EvalSettings) settings = { 0 };
  Eval self = { .options = &options };
  g_autoptr (GError) error = NULL;
  gboolean failed = FALSE;

  eval_settings_init (&settings);
  if (!parse_options (&options, &argc, &argv))
    return EXIT_USAGE;
  g_autofree char *wrong = read_values (&options, &settings);
  if (!wrong && argc > 1)
    wrong = g_strdup ("expected options only: the set is named by --data");
  if (wrong)
    return command_refuse (wrong);

  gboolean done = tool_run_init (&self.run, &options.common, &error) && evaluate (&self, &settings, &failed, &error);
  return tool_run_finish (&self.run, done, failed, error);
}
