/* SPDX-License-Identifier: MIT
 *
 * prompts.c: `cliptag prompts --try`: wordings and templates side by side on the user's own pictures, so that finding
 * the right one is not trial and error.
 */
#include "toolrun.h"
#include "try/tryreport.h"

#define DEFAULT_TEMPLATES "{}|a photo of {}.|a frame of a video of {}."
#define MAX_MOMENTS       20
#define MAX_WORDINGS      50

typedef struct
{
  CommonOptions common;
  char *wordings, *templates, *html;
  int n_moments;
} Options;

static void
options_clear (Options *options)
{
  common_options_clear (&options->common);
  g_free (options->wordings);
  g_free (options->templates);
  g_free (options->html);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* ---- Work ------------------------------------------------------------------------------------------------ */

/* All wordings' moments, one after the other. */
static GPtrArray *
list_moments (const TryScores *scores)
{
  GPtrArray *moments = g_ptr_array_new ();
  for (guint w = 0; w < scores->wordings->len; w++) {
    const TryWording *wording = &g_array_index (scores->wordings, TryWording, w);
    for (guint m = 0; m < wording->moments->len; m++)
      g_ptr_array_add (moments, &g_array_index (wording->moments, TryMoment, m));
  }
  return moments;
}

static gboolean
write_html (ToolRun *run, const char *path, TryScores *scores, GError **error)
{
  g_autoptr (GPtrArray) moments = list_moments (scores);
  g_autofree guint *samples = g_new (guint, moments->len);
  g_autofree char **pictures = g_new0 (char *, moments->len);
  for (guint i = 0; i < moments->len; i++)
    samples[i] = ((TryMoment *)g_ptr_array_index (moments, i))->sample;
  gboolean ok = tool_run_make_thumbnails (run, scores->set, scores->embeddings, samples, moments->len, pictures, error);
  for (guint i = 0; i < moments->len; i++)
    ((TryMoment *)g_ptr_array_index (moments, i))->picture = pictures[i];
  g_autoptr (GString) html = g_string_new (NULL);
  if (ok)
    try_report_html (scores, html);
  return ok && tool_run_write (path, html, error);
}

static gboolean
print_report (const TryScores *scores, gboolean json, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  (json ? try_report_json : try_report_table) (scores, text);
  return tool_run_print (text, error);
}

static void
show_progress (const char *what, guint64 done, guint64 total, gpointer run)
{
  tool_run_show (run, what, done, total);
}

static ClipPrompts *
read_wordings (const Options *options, GError **error)
{
  g_autoptr (ClipPrompts) wordings = clip_prompts_new_from_string (options->wordings, error);
  if (!wordings) {
    g_prefix_error (error, "--try: ");
    return NULL;
  }
  if (clip_prompts_get_size (wordings) > MAX_WORDINGS) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_PROMPTS, "--try: expected at most %d wordings", MAX_WORDINGS);
    return NULL;
  }
  ClipPrompts *prompts
      = clip_prompts_with_templates (wordings, options->templates ? options->templates : DEFAULT_TEMPLATES, error);
  if (!prompts)
    g_prefix_error (error, "--templates: ");
  return prompts;
}

static gboolean
try (const Options *options, char **files, ToolRun *run, gboolean *ret_failed, GError **error)
{
  if (options->html && !tool_run_check_writable (options->html, error))
    return FALSE;
  g_autoptr (ClipPrompts) prompts = read_wordings (options, error);
  g_autoptr (DataSet) set = prompts ? data_set_open_files ((const char *const *)files, error) : NULL;
  const DataEmbedFuncs funcs = { tool_run_tell_problem, tool_run_show_items, run };
  if (!set || !tool_run_load_model (run, options->common.model, CLIP_FIT_CROP, error))
    return FALSE;
  g_autoptr (DataEmbeddings) embeddings = data_embed (set, run->context, &run->read, &funcs, error);
  if (!embeddings)
    return FALSE;
  *ret_failed = embeddings->n_failed > 0;
  const TryParams params = {
    .context = run->context,
    .background = common_options_get_background (&options->common),
    .n_moments = (guint)options->n_moments,
    .warning = tool_run_warn,
    .progress = show_progress,
    .user_data = run,
  };
  g_auto (TryScores) scores = { 0 };
  if (!try_scores_init (&scores, set, embeddings, prompts, &params, error))
    return FALSE;
  tool_run_clear_progress (run);
  return (!options->html || write_html (run, options->html, &scores, error))
         && print_report (&scores, options->common.json, error);
}

/* ---- Options --------------------------------------------------------------------------------------------- */

static const char *
read_values (Options *options)
{
  const char *wrong = common_options_check (&options->common);
  if (wrong)
    return wrong;
  if (!options->wordings)
    return "expected --try \"A;B\"";
  return options->n_moments < 1 || options->n_moments > MAX_MOMENTS ? "--moments: expected 1 to 20" : NULL;
}

static gboolean
parse_options (Options *options, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "try", 0, 0, G_OPTION_ARG_STRING, &options->wordings, "Wordings to compare, separated by ';'", "\"A;B\"" },
    { "templates", 0, 0, G_OPTION_ARG_STRING, &options->templates,
        "Templates to compare, separated by '|' (default \"" DEFAULT_TEMPLATES "\")", "\"A {}|B {}\"" },
    { "moments", 'n', 0, G_OPTION_ARG_INT, &options->n_moments,
        "Strongest and weakest moments to show of each wording (default 4)", "N" },
    COMMON_BACKGROUND (&options->common),
    COMMON_MODEL (&options->common),
    COMMON_FRAME_RATE (&options->common, "2"),
    COMMON_PRECISION (&options->common, "auto"),
    COMMON_THREADS (&options->common),
    COMMON_JSON (&options->common),
    { "html", 0, 0, G_OPTION_ARG_FILENAME, &options->html, "Write a page, too, with the moments' pictures", "FILE" },
    G_OPTION_ENTRY_NULL,
  };
  return command_parse ("FILE…",
      "Shows what several wordings say about recordings, pictures or folders of pictures: the score of each wording "
      "in\n"
      "each template on the moments where it is strongest and weakest. The best wording is the one that is high where\n"
      "it is right and low elsewhere, not the one with the highest score.",
      entries, argc, argv);
}

int
command_prompts (int argc, char **argv)
{
  g_auto (Options) options = { .common = { .frame_rate = 2, .precision = CLIP_PRECISION_AUTO }, .n_moments = 4 };
  ToolRun run = { NULL };
  g_autoptr (GError) error = NULL;
  gboolean failed = FALSE;
  if (!parse_options (&options, &argc, &argv))
    return EXIT_USAGE;
  const char *wrong = read_values (&options);
  if (!wrong && argc < 2)
    wrong = "expected at least one FILE";
  if (wrong)
    return command_refuse (wrong);
  gboolean done = tool_run_init (&run, &options.common, &error) && try (&options, argv + 1, &run, &failed, &error);
  return tool_run_finish (&run, done, failed, error);
}
