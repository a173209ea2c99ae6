/* SPDX-License-Identifier: MIT
 *
 * embed.c: `cliptag embed`: embeddings of texts, pictures and the sampled frames of videos, one JSON line each.
 *
 * With --vectors they go to one safetensors file instead, which prompts files refer to.
 *
 * No line is ever cut: each is written at once, a part that went out before the disk was full is taken back, and an
 * interrupt waits for the end of the line. An input that fails costs one line on standard error; the others are still
 * embedded.
 */
#include <errno.h>
#include <fcntl.h>
#include <gst/gst.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clip-json.h"
#include "clip-message.h"
#include "command.h"
#include "framereader.h"

#define MAX_SHOWN          200 /* characters of an input in a message */
#define MAX_SHOWN_PROGRESS 40
#define MAX_MESSAGE        1024
#define MAX_TIMEOUT        1e9
#define DEFAULT_TIMEOUT    30.0
#define PROGRESS_AFTER     (2 * G_USEC_PER_SEC)
#define PROGRESS_EVERY     (G_USEC_PER_SEC / 5)

typedef struct
{
  CommonOptions common;
  char *fit, *crop_rule, *output, *vectors;
  char **texts, **files;
  gdouble timeout;
} Options;

typedef struct
{
  const Options *options;
  ClipContext *context;
  const ClipModelInfo *info;
  float *embedding; /* [info->embedding_dim] */
  guint32 *tokens;  /* [info->context_length] */
  GString *line;
  GPtrArray *names; /* with --vectors: of each embedding, its input; and the embeddings */
  GArray *vectors;
  int fd; /* -1: no lines */
  const char *output_name;
  guint n_inputs, n_done;
  gboolean failed;   /* an input did */
  gboolean no_tower; /* for inputs of this kind */
  gboolean give_up;  /* nothing more can be written */

  gboolean shows_progress, progress_on_screen;
  gint64 started, shown; /* monotonic, us */
} Embed;

static volatile sig_atomic_t interrupted;

static void
interrupt (int number)
{
  interrupted = 1;
}

/* ---- Messages ------------------------------------------------------------------------------------------ */

static void
clear_progress (Embed *self)
{
  if (self->progress_on_screen)
    fputs ("\r\033[K", stderr);
  self->progress_on_screen = FALSE;
}

static void
show_progress (Embed *self, const char *input, GstClockTime time)
{
  gint64 now = g_get_monotonic_time ();
  if (!self->shows_progress || now - self->started < PROGRESS_AFTER || now - self->shown < PROGRESS_EVERY)
    return;
  clear_progress (self);
  g_autofree char *name = g_path_get_basename (input);
  g_autofree char *shown = clip_printable (name, -1, MAX_SHOWN_PROGRESS);
  fprintf (stderr, "%s: %u of %u: %s", g_get_prgname (), self->n_done + 1, self->n_inputs, shown);
  if (GST_CLOCK_TIME_IS_VALID (time))
    fprintf (stderr, " %u:%02u:%02u", (guint)(time / GST_SECOND / 3600), (guint)(time / GST_SECOND / 60 % 60),
        (guint)(time / GST_SECOND % 60));
  fflush (stderr);
  self->progress_on_screen = TRUE;
  self->shown = now;
}

/* input: what it is about, NULL = all. kind: "", or a word before the message. */
static void
say (Embed *self, const char *input, const char *kind, const char *message)
{
  g_autofree char *stripped = g_strstrip (g_strdup (message));
  g_strdelimit (stripped, "\r\n", ' ');
  g_autofree char *what = clip_printable (input, -1, MAX_SHOWN);
  g_autofree char *why = clip_printable (stripped, -1, MAX_MESSAGE);
  clear_progress (self);
  command_complain ("%s%s%s%s", what, input ? ": " : "", kind, why);
}

static void
report (Embed *self, const char *input, const char *message)
{
  say (self, input, "", message);
  self->failed = TRUE;
}

/* A text that is too long for the model is embedded up to its limit. */
static void
warn_of_cut (Embed *self, const char *input)
{
  guint n = clip_model_count_tokens (clip_context_get_model (self->context), input, NULL);
  if (n <= self->info->context_length)
    return;
  g_autofree char *message
      = g_strdup_printf ("has %u tokens, the model reads %u: the rest is ignored", n, self->info->context_length);
  say (self, input, "warning: ", message);
}

/* ---- Lines --------------------------------------------------------------------------------------------- */

static void
append_embedding (GString *line, const float *embedding, guint n)
{
  for (guint i = 0; i < n; i++) {
    char number[G_ASCII_DTOSTR_BUF_SIZE] = "null";
    if (isfinite (embedding[i]))
      g_ascii_formatd (number, sizeof number, "%.9g", embedding[i]);
    if (i > 0)
      g_string_append_c (line, ',');
    g_string_append (line, number);
  }
}

/* Whatever of a line is in a file already goes out again; from a pipe there is no taking back. */
static void
take_back (int fd, gsize n)
{
  struct stat status;
  off_t end = n > 0 ? lseek (fd, 0, SEEK_CUR) : -1;
  if (end >= (off_t)n && fstat (fd, &status) == 0 && S_ISREG (status.st_mode) && status.st_size == end
      && ftruncate (fd, end - (off_t)n) == 0)
    lseek (fd, end - (off_t)n, SEEK_SET);
}

static gboolean
write_line (Embed *self)
{
  gsize done = 0;
  while (done < self->line->len) {
    ssize_t n = write (self->fd, self->line->str + done, self->line->len - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      g_autofree char *message = g_strdup_printf ("cannot write: %s", g_strerror (n < 0 ? errno : ENOSPC));
      take_back (self->fd, done);
      report (self, self->output_name, message);
      self->give_up = TRUE;
      return FALSE;
    }
    done += (gsize)n;
  }
  return TRUE;
}

/* Inputs are bytes; names in files of vectors are UTF-8. */
static void
keep_vector (Embed *self, const char *input)
{
  g_ptr_array_add (self->names, g_utf8_make_valid (input, -1));
  g_array_append_vals (self->vectors, self->embedding, self->info->embedding_dim);
}

/* n_tokens: 0 = not a text. */
static gboolean
put_embedding (Embed *self, const char *input, const char *type, GstClockTime time, guint n_tokens)
{
  GString *line = g_string_truncate (self->line, 0);
  if (self->vectors)
    keep_vector (self, input);
  if (self->fd < 0)
    return TRUE;
  g_string_append (line, "{\"input\":");
  clip_json_append_string (line, input);
  g_string_append_printf (line, ",\"type\":\"%s\",\"pts\":", type);
  if (GST_CLOCK_TIME_IS_VALID (time))
    g_string_append_printf (line, "%" G_GUINT64_FORMAT, time);
  else
    g_string_append (line, "null");
  if (n_tokens > 0) {
    g_string_append (line, ",\"tokens\":[");
    for (guint i = 0; i < n_tokens; i++)
      g_string_append_printf (line, "%s%u", i > 0 ? "," : "", self->tokens[i]);
    g_string_append_c (line, ']');
  }
  g_string_append (line, ",\"embedding\":[");
  append_embedding (line, self->embedding, self->info->embedding_dim);
  g_string_append (line, "]}\n");
  return write_line (self);
}

/* ---- Inputs -------------------------------------------------------------------------------------------- */

/* A model that lacks the tower lacks it for all inputs of the kind: one message for them together. */
static void
report_error (Embed *self, const char *input, const GError *error)
{
  self->no_tower = g_error_matches (error, CLIP_ERROR, CLIP_ERROR_NO_TOWER);
  report (self, self->no_tower ? NULL : input, error->message);
}

static void
embed_text (Embed *self, const char *argument)
{
  /* Bytes that are UTF-8 are taken as such in any locale; what is neither is for the engine to refuse. */
  g_autofree char *text
      = g_utf8_validate (argument, -1, NULL) ? NULL : g_locale_to_utf8 (argument, -1, NULL, NULL, NULL);
  const char *input = text ? text : argument;
  g_autoptr (GError) error = NULL;
  guint n = clip_model_tokenize (clip_context_get_model (self->context), input, self->tokens, &error);
  if (n == 0 || !clip_context_encode_texts (self->context, &input, 1, self->embedding, &error))
    report_error (self, input, error);
  else if (put_embedding (self, input, "text", GST_CLOCK_TIME_NONE, n))
    warn_of_cut (self, input);
}

static gboolean
encode_frame (Embed *self, const char *input, ReaderFrame *frame, GError **error)
{
  ClipImage image;
  if (!reader_frame_map (frame, &image, error)
      || !clip_context_encode_images (self->context, &image, 1, self->embedding, error))
    return FALSE;
  if (reader_frame_get_warning (frame))
    say (self, input, "warning: ", reader_frame_get_warning (frame));
  return TRUE;
}

static void
embed_file (Embed *self, const char *input)
{
  g_autoptr (GError) error = NULL;
  const FrameReaderParams params = { self->options->common.frame_rate, self->options->timeout, &interrupted };
  g_autoptr (FrameReader) reader = frame_reader_new (input, &params, &error);
  gboolean more = reader != NULL;
  while (more && !interrupted) {
    g_auto (ReaderFrame) frame = { 0 };
    more = frame_reader_next (reader, &frame, &error) && encode_frame (self, input, &frame, &error)
           && put_embedding (self, input, frame.is_still ? "image" : "frame", frame.time, 0);
    show_progress (self, input, frame.time);
  }
  if (error)
    report_error (self, input, error);
}

static void
embed_each (Embed *self, char **inputs, void (*embed) (Embed *, const char *))
{
  self->no_tower = FALSE;
  for (; inputs && *inputs && !self->no_tower && !self->give_up && !interrupted; inputs++, self->n_done++) {
    show_progress (self, *inputs, GST_CLOCK_TIME_NONE);
    embed (self, *inputs);
  }
}

/* All inputs that could be embedded, or no file. */
static void
save_vectors (Embed *self)
{
  g_autoptr (GError) error = NULL;
  guint n = self->names->len;
  if (n == 0 || interrupted || self->give_up)
    return;
  if (!clip_vectors_save (self->options->vectors, self->info->fingerprint, CLIP_VECTORS_EMBEDDING,
          (const char *const *)self->names->pdata, n, self->info->embedding_dim, (const float *)self->vectors->data,
          NULL, &error))
    report (self, NULL, error->message);
}

static void
embed_all (Embed *self)
{
  const Options *options = self->options;
  self->n_inputs
      = (options->texts ? g_strv_length (options->texts) : 0) + (options->files ? g_strv_length (options->files) : 0);
  embed_each (self, options->texts, embed_text);
  embed_each (self, options->files, embed_file);
  clear_progress (self);
  if (interrupted)
    report (self, NULL, "interrupted");
  if (self->vectors)
    save_vectors (self);
}

/* ---- Setting up ---------------------------------------------------------------------------------------- */

static gboolean
open_output (Embed *self, GError **error)
{
  const char *path = self->options->output;
  if (self->options->vectors && !path)
    return TRUE;
  self->fd = STDOUT_FILENO;
  self->output_name = path ? path : "standard output";
  if (path && (self->fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) < 0) {
    int number = errno;
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "%s: %s", path, g_strerror (number));
    return FALSE;
  }
  return TRUE;
}

/* The output is opened last, so that a model that does not load leaves an old one as it is. */
static gboolean
set_up (Embed *self, const ClipContextParams *params, GError **error)
{
  const CommonOptions *common = &self->options->common;
  g_autofree char *folder = common->model ? g_strdup (common->model) : clip_default_model_path (error);
  g_autoptr (ClipModel) model = folder ? clip_model_load_full (folder, common->precision, error) : NULL;
  self->context = model ? clip_context_new (model, params, error) : NULL;
  if (!self->context)
    return FALSE;
  self->info = clip_model_get_info (model);
  for (const char *const *warning = clip_model_get_warnings (model); *warning; warning++)
    say (self, NULL, "warning: ", *warning);
  self->embedding = g_new (float, self->info->embedding_dim);
  self->tokens = g_new (guint32, MAX (self->info->context_length, 2));
  self->line = g_string_new (NULL);
  if (self->options->vectors) {
    self->names = g_ptr_array_new_with_free_func (g_free);
    self->vectors = g_array_new (FALSE, FALSE, sizeof (float));
  }
  if (!open_output (self, error))
    return FALSE;

  self->started = g_get_monotonic_time ();
  self->shows_progress = isatty (STDERR_FILENO) && (self->fd < 0 || !isatty (self->fd));
  /* A reader that goes away and a file that may not grow are errors like any other. */
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
  /* The second one ends the program at once. */
  struct sigaction action = { .sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND };
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  return TRUE;
}

static void
tear_down (Embed *self)
{
  if (self->fd > STDOUT_FILENO && close (self->fd) != 0)
    report (self, self->output_name, g_strerror (errno)); /* network file systems tell only now */
  g_clear_pointer (&self->context, clip_context_free);
  g_free (self->embedding);
  g_free (self->tokens);
  if (self->line)
    g_string_free (self->line, TRUE);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_clear_pointer (&self->vectors, g_array_unref);
}

/* Returns what is wrong with the values, or NULL. */
static const char *
read_values (Options *options, ClipContextParams *params)
{
  const char *wrong = common_options_check (&options->common);
  if (wrong)
    return wrong;
  clip_context_params_init (params);
  params->n_threads = (guint)options->common.threads;
  if (!options->texts && !options->files)
    return "expected --text or a FILE";
  if (!(options->timeout >= 0 && options->timeout <= MAX_TIMEOUT))
    return "--timeout: expected 0 to 1000000000";

  if (!options->fit || g_str_equal (options->fit, "crop"))
    params->fit = CLIP_FIT_CROP;
  else if (g_str_equal (options->fit, "stretch"))
    params->fit = CLIP_FIT_STRETCH;
  else if (g_str_equal (options->fit, "pad"))
    params->fit = CLIP_FIT_PAD;
  else
    return "--fit: expected crop, stretch or pad";

  if (!options->crop_rule || g_str_equal (options->crop_rule, "floor"))
    params->crop_rule = CLIP_CROP_FLOOR;
  else if (g_str_equal (options->crop_rule, "half-even") || g_str_equal (options->crop_rule, "openai"))
    params->crop_rule = CLIP_CROP_HALF_EVEN;
  else
    return "--crop-rule: expected floor or half-even";
  return NULL;
}

static gboolean
parse_options (Options *options, int *argc, char ***argv)
{
  /* Texts are FILENAMEs to GLib, which then leaves their bytes alone in every locale. */
  const GOptionEntry entries[] = {
    COMMON_MODEL (&options->common),
    { "text", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->texts, "Embed this text; may be repeated", "STR" },
    COMMON_FRAME_RATE (&options->common, "1"),
    { "timeout", 0, 0, G_OPTION_ARG_DOUBLE, &options->timeout,
        "Seconds to wait for a stream's next frame before going on with the next FILE, 0 = forever (default 30)", "S" },
    { "fit", 0, 0, G_OPTION_ARG_STRING, &options->fit, "How a picture is fitted to the square input (default crop)",
        "crop|stretch|pad" },
    { "crop-rule", 0, 0, G_OPTION_ARG_STRING, &options->crop_rule,
        "Rounding of a crop's offset: floor as transformers, half-even as OpenAI's code (default floor)",
        "floor|half-even" },
    COMMON_PRECISION (&options->common, "f32"),
    COMMON_THREADS (&options->common),
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output, "Write to a file (default: standard output)", "FILE" },
    { "vectors", 0, 0, G_OPTION_ARG_FILENAME, &options->vectors,
        "Write all embeddings to a safetensors file for prompts, and lines only with --output", "FILE" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->files, NULL, "[FILE...]" },
    G_OPTION_ENTRY_NULL,
  };
  return command_parse (NULL,
      "Prints one JSON line for each --text, then for each picture and each sampled frame of each video FILE, which "
      "is\n"
      "a path or URI of anything that GStreamer decodes:\n"
      "\n"
      "  input      the text, path or URI\n"
      "  type       \"text\", \"image\" or \"frame\"\n"
      "  pts        stream time in nanoseconds; null for texts and pictures\n"
      "  tokens     of a text\n"
      "  embedding  of unit length",
      entries, argc, argv);
}

static void
options_clear (Options *options)
{
  common_options_clear (&options->common);
  g_free (options->fit);
  g_free (options->crop_rule);
  g_free (options->output);
  g_free (options->vectors);
  g_strfreev (options->texts);
  g_strfreev (options->files);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

int
command_embed (int argc, char **argv)
{
  g_auto (Options) options = { .common.frame_rate = 1, .timeout = DEFAULT_TIMEOUT };
  Embed self = { .options = &options, .fd = -1 };
  ClipContextParams params;
  g_autoptr (GError) error = NULL;

  if (!parse_options (&options, &argc, &argv))
    return EXIT_USAGE;
  const char *wrong = read_values (&options, &params);
  if (wrong)
    return command_refuse (wrong);

  if (gst_init_check (NULL, NULL, &error) && set_up (&self, &params, &error))
    embed_all (&self);
  else
    report (&self, NULL, error->message);
  tear_down (&self);
  return self.failed ? EXIT_ERROR : EXIT_OK;
}
