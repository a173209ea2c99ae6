/* SPDX-License-Identifier: MIT
 *
 * prompts.c: `cliptag prompts --try`: wordings and templates side by side on the user's own pictures, so that finding
 * the right one is not trial and error.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clip-message.h"
#include "eval/thumbnail.h"
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

/* ---- Thumbnails ------------------------------------------------------------------------------------------ */

static gboolean
take_thumbnail (guint item, ReaderFrame *frame, gpointer user_data)
{
  const TryScores *scores = user_data;
  gint64 time = frame->is_still || !GST_CLOCK_TIME_IS_VALID (frame->time) ? -1 : (gint64)frame->time;
  g_autofree char *picture = NULL;
  for (guint w = 0; w < scores->wordings->len; w++) {
    const TryWording *wording = &g_array_index (scores->wordings, TryWording, w);
    for (guint m = 0; m < wording->moments->len; m++) {
      TryMoment *moment = &g_array_index (wording->moments, TryMoment, m);
      const DataSample *sample = &g_array_index (scores->embeddings->samples, DataSample, moment->sample);
      if (sample->item != item || sample->time != time || moment->picture)
        continue;
      if (!picture)
        picture = thumbnail_make (frame, NULL); /* the page says as much without it */
      moment->picture = g_strdup (picture);
    }
  }
  return TRUE;
}

static gboolean
end_thumbnails (guint item, const char *message, gpointer user_data)
{
  return TRUE; /* it was told of when it was embedded */
}

/* Decodes what the moments are of once more. */
static void
make_thumbnails (ToolRun *run, TryScores *scores)
{
  g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint w = 0; w < scores->wordings->len; w++) {
    const TryWording *wording = &g_array_index (scores->wordings, TryWording, w);
    for (guint m = 0; m < wording->moments->len; m++) {
      guint sample = g_array_index (wording->moments, TryMoment, m).sample;
      g_array_append_val (items, g_array_index (scores->embeddings->samples, DataSample, sample).item);
    }
  }
  const DataReadFuncs funcs = { take_thumbnail, end_thumbnails, scores };
  tool_run_read_again (run, scores->set, items, &funcs);
}

/* ---- Work ------------------------------------------------------------------------------------------------ */

static gboolean
write_html (ToolRun *run, const char *path, TryScores *scores, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GString) html = g_string_new (NULL);
  make_thumbnails (run, scores);
  if (*tool_run_get_stop ()) {
    g_set_error_literal (error, CLIP_ERROR, CLIP_ERROR_CANCELLED, "interrupted");
    return FALSE;
  }
  try_report_html (scores, html);
  return g_file_set_contents_full (path, html->str, (gssize)html->len, G_FILE_SET_CONTENTS_CONSISTENT, 0666, &reason)
         || tool_run_fail_write (path, reason->message, error);
}

static gboolean
print_report (const TryScores *scores, gboolean json, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  (json ? try_report_json : try_report_table) (scores, text);
  if (fwrite (text->str, 1, text->len, stdout) == text->len && fflush (stdout) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "cannot write the report: %s", g_strerror (errno));
  return FALSE;
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
  const char *background = options->common.background ? options->common.background : "default";
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
    .background = g_str_equal (background, "off") ? NULL : background,
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
  tool_run_clear_progress (&run);
  if (!done)
    command_complain ("%s", *tool_run_get_stop () ? "interrupted" : error->message);
  tool_run_clear (&run);
  return done && !failed ? EXIT_OK : EXIT_ERROR;
}
