/* SPDX-License-Identifier: MIT
 *
 * eval.c: `cliptag eval`: how well prompts tell the pictures and recordings of a labelled set apart.
 *
 * The set is listed and the prompts are read before any picture is decoded, so that what is wrong with either is told
 * at once. Pictures are embedded once, whatever is measured of them. A report is written whole or not at all.
 */
#include <errno.h>
#include <gst/gst.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clip-message.h"
#include "command.h"
#include "eval/report.h"
#include "eval/result.h"
#include "eval/thumbnail.h"

#define DEFAULT_TIMEOUT 30.0
#define PROGRESS_AFTER  (2 * G_USEC_PER_SEC)
#define PROGRESS_EVERY  (G_USEC_PER_SEC / 5)

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
  ClipContext *context;
  DataReadParams read;

  gboolean shows_progress, progress_on_screen;
  gint64 started, shown; /* monotonic, us */
  EvalResult *result;    /* while thumbnails are made */
} Eval;

static volatile sig_atomic_t interrupted;

static void
interrupt (int number)
{
  interrupted = 1;
}

/* ---- Messages ------------------------------------------------------------------------------------------ */

static void
clear_progress (Eval *self)
{
  if (self->progress_on_screen)
    fputs ("\r\033[K", stderr);
  self->progress_on_screen = FALSE;
}

static void
show_progress (Eval *self, const char *what, guint64 done, guint64 total)
{
  gint64 now = g_get_monotonic_time ();
  if (!self->shows_progress || now - self->started < PROGRESS_AFTER || now - self->shown < PROGRESS_EVERY)
    return;
  clear_progress (self);
  fprintf (stderr, "%s: %s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT, g_get_prgname (), what, done, total);
  fflush (stderr);
  self->progress_on_screen = TRUE;
  self->shown = now;
}

static void
show_items (guint item, guint n_items, gpointer user_data)
{
  show_progress (user_data, "pictures", item, n_items);
}

static void
show_texts (const char *step, guint64 done, guint64 total, gpointer user_data)
{
  show_progress (user_data, "prompts", done, total);
}

static void
tell_problem (const DataItem *item, const char *message, gboolean failed, gpointer user_data)
{
  g_autofree char *name = clip_printable (item->name, -1, CLIP_MESSAGE_PATH);
  clear_progress (user_data);
  command_complain ("%s: %s%s", name, failed ? "" : "warning: ", message);
}

static void
warn (const char *message, gpointer user_data)
{
  clear_progress (user_data);
  command_complain ("warning: %s", message);
}

/* ---- Pictures ------------------------------------------------------------------------------------------ */

/* A prompt's picture: a file like any other. */
static gboolean
encode_prompt_image (ClipContext *context, const char *path, float *ret_embedding, gpointer user_data, GError **error)
{
  const FrameReaderParams params = { .timeout = DEFAULT_TIMEOUT, .stop = &interrupted };
  g_autoptr (GError) reason = NULL;
  g_autoptr (FrameReader) reader = frame_reader_new (path, &params, &reason);
  g_auto (ReaderFrame) frame = { 0 };
  ClipImage image;
  if (reader && frame_reader_next (reader, &frame, &reason) && reader_frame_map (&frame, &image, &reason)
      && clip_context_encode_images (context, &image, 1, ret_embedding, &reason))
    return TRUE;
  g_autofree char *shown = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE, "%s: %s", shown, reason ? reason->message : "no picture in it");
  return FALSE;
}

static gboolean
take_thumbnail (guint item, ReaderFrame *frame, gpointer user_data)
{
  Eval *self = user_data;
  gint64 time = frame->is_still || !GST_CLOCK_TIME_IS_VALID (frame->time) ? -1 : (gint64)frame->time;
  g_autofree char *picture = NULL;
  for (guint i = 0; i < self->result->mistakes->len; i++) {
    EvalMistake *mistake = &g_array_index (self->result->mistakes, EvalMistake, i);
    const DataSample *sample = &g_array_index (self->result->embeddings->samples, DataSample, mistake->sample);
    if (sample->item != item || sample->time != time || mistake->picture)
      continue;
    g_autoptr (GError) error = NULL;
    if (!picture)
      picture = thumbnail_make (frame, &error);
    if (error)
      tell_problem (&g_array_index (self->result->set->items, DataItem, item), error->message, FALSE, self);
    mistake->picture = g_strdup (picture);
  }
  return TRUE;
}

static gboolean
end_thumbnails (guint item, const char *message, gpointer user_data)
{
  return TRUE; /* it was told of when it was embedded */
}

static int
compare_uints (gconstpointer a, gconstpointer b)
{
  guint x = *(const guint *)a, y = *(const guint *)b;
  return (x > y) - (x < y);
}

/* Decodes what the worst mistakes are about once more. */
static void
make_thumbnails (Eval *self, EvalResult *result)
{
  g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < result->mistakes->len; i++) {
    guint sample = g_array_index (result->mistakes, EvalMistake, i).sample;
    g_array_append_val (items, g_array_index (result->embeddings->samples, DataSample, sample).item);
  }
  g_array_sort (items, compare_uints);
  guint n = 0;
  for (guint i = 0; i < items->len; i++)
    if (i == 0 || g_array_index (items, guint, i) != g_array_index (items, guint, n - 1))
      g_array_index (items, guint, n++) = g_array_index (items, guint, i);
  const DataReadFuncs funcs = { take_thumbnail, end_thumbnails, self };
  self->result = result;
  data_read (result->set, (const guint *)(gpointer)items->data, n, &self->read, &funcs);
}

/* ---- Output -------------------------------------------------------------------------------------------- */

/* What would only fail after an hour's work. */
static gboolean
check_html (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  const char *wrong = NULL;
  if (g_file_test (path, G_FILE_TEST_EXISTS) && !g_file_test (path, G_FILE_TEST_IS_REGULAR))
    wrong = "expected a regular file";
  else if (access (folder, W_OK | X_OK) != 0)
    wrong = g_strerror (errno);
  if (!wrong)
    return TRUE;
  g_autofree char *shown = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: cannot be written: %s", shown, wrong);
  return FALSE;
}

static gboolean
write_html (Eval *self, EvalResult *result, GError **error)
{
  const char *path = self->options->html;
  g_autoptr (GError) reason = NULL;
  g_autoptr (GString) html = g_string_new (NULL);
  make_thumbnails (self, result);
  if (interrupted) {
    g_set_error_literal (error, CLIP_ERROR, CLIP_ERROR_CANCELLED, "interrupted");
    return FALSE;
  }
  eval_report_html (result, html);
  if (g_file_set_contents_full (path, html->str, (gssize)html->len, G_FILE_SET_CONTENTS_CONSISTENT, 0666, &reason))
    return TRUE;
  g_autofree char *shown = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: cannot be written: %s", shown, reason->message);
  return FALSE;
}

static gboolean
print_report (const Eval *self, const EvalResult *result, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  (self->options->common.json ? eval_report_json : eval_report_table) (result, text);
  if (fwrite (text->str, 1, text->len, stdout) == text->len && fflush (stdout) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "cannot write the report: %s", g_strerror (errno));
  return FALSE;
}

/* ---- All of it ----------------------------------------------------------------------------------------- */

static gboolean
load_model (Eval *self, const char *folder, const EvalSettings *settings, GError **error)
{
  ClipContextParams params;
  const CommonOptions *common = &self->options->common;
  g_autoptr (ClipModel) model = clip_model_load_full (folder, common->precision, error);
  if (!model)
    return FALSE;
  for (const char *const *warning = clip_model_get_warnings (model); *warning; warning++)
    warn (*warning, self);
  clip_context_params_init (&params);
  params.n_threads = (guint)common->threads;
  params.fit = settings->fit;
  params.max_batch = params.n_threads > 0 ? params.n_threads : g_get_num_processors ();
  self->context = clip_context_new (model, &params, error);
  if (!self->context)
    return FALSE;
  self->read = (DataReadParams){
    .reader = { common->frame_rate, DEFAULT_TIMEOUT, &interrupted },
    .n_threads = clip_context_get_n_threads (self->context),
  };
  return TRUE;
}

/* Zones are other pictures than the frame. */
static void
warn_of_zones (Eval *self, const DataClasses *classes)
{
  if (clip_prompts_get_n_zones (classes->prompts) > 1)
    warn ("the prompts' zones are not evaluated, the data's labels being of the whole picture", self);
}

static gboolean
evaluate (Eval *self, const EvalSettings *settings, gboolean *ret_failed, GError **error)
{
  const Options *options = self->options;
  if (options->html && !check_html (options->html, error))
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
  if (!data_classes_init (&classes, set, &classes_params, error) || !load_model (self, folder, settings, error))
    return FALSE;
  warn_of_zones (self, &classes);

  const DataEmbedFuncs embed_funcs = { tell_problem, show_items, self };
  g_autoptr (DataEmbeddings) embeddings = data_embed (set, self->context, &self->read, &embed_funcs, error);
  if (!embeddings)
    return FALSE;
  *ret_failed = embeddings->n_failed > 0;
  g_auto (EvalResult) result = { 0 };
  const EvalSteps steps = {
    .context = self->context,
    .stop = &interrupted,
    .encode_image = encode_prompt_image,
    .warning = warn,
    .progress = show_texts,
    .user_data = self,
  };
  if (!eval_result_measure (set, &classes, embeddings, settings, &steps, &result, error))
    return FALSE;
  result.frame_rate = options->common.frame_rate;
  clear_progress (self);
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

  self.started = g_get_monotonic_time ();
  self.shows_progress = isatty (STDERR_FILENO);
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
  /* The second one ends the program at once. */
  struct sigaction action = { .sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND };
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  gboolean done = gst_init_check (NULL, NULL, &error) && evaluate (&self, &settings, &failed, &error);
  clear_progress (&self);
  if (!done)
    command_complain ("%s", interrupted ? "interrupted" : error->message);
  g_clear_pointer (&self.context, clip_context_free);
  return done && !failed ? EXIT_OK : EXIT_ERROR;
}
