/* SPDX-License-Identifier: MIT
 *
 * timeline.c: `cliptag timeline`: reads cliplog's lines and prints from when to when there was what (logspans.h). A
 * pipe is followed as a live stream.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clip-message.h"
#include "command.h"
#include "logspans.h"

#define MAX_LINE    (16u << 20) /* bytes; a line with 100,000 labels has 10 MB */
#define MAX_SECONDS 1e6

/* ---- Options --------------------------------------------------------------------------------------------- */

typedef struct
{
  double threshold, off_threshold, smoothing, min_duration, hold_time;
  gboolean best, json;
} Options;

#define NOT_GIVEN (-G_MAXDOUBLE)

static gboolean
is_given (double value)
{
  return value != NOT_GIVEN;
}

static gboolean
parse_options (Options *self, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "threshold", 0, 0, G_OPTION_ARG_DOUBLE, &self->threshold, "Score with which a span begins (default 0.5)", "X" },
    { "off-threshold", 0, 0, G_OPTION_ARG_DOUBLE, &self->off_threshold,
        "Score with which it goes on (default 0.7 x threshold)", "X" },
    { "smoothing", 0, 0, G_OPTION_ARG_DOUBLE, &self->smoothing,
        "Time constant of more smoothing than the log has already (default 0)", "S" },
    { "min-duration", 0, 0, G_OPTION_ARG_DOUBLE, &self->min_duration,
        "Leave out spans shorter than this (default 1; of a log of events 0)", "S" },
    { "hold-time", 0, 0, G_OPTION_ARG_DOUBLE, &self->hold_time, "Bridge pauses up to this (default 1)", "S" },
    { "best", 0, 0, G_OPTION_ARG_NONE, &self->best, "Each group's best label, whatever its score", NULL },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &self->json, "Print JSON lines instead of a table", NULL },
    G_OPTION_ENTRY_NULL,
  };
  return command_parse ("[FILE]",
      "Prints a line for each span of time in a log of cliplog: start, end, confidence at the peak and in the mean, "
      "and\n"
      "the label. Without FILE, or with \"-\", it reads standard input. A pipe is followed as it grows, each span "
      "printed "
      "as\n"
      "it ends; a file's spans are printed in order of their start.\n"
      "\n"
      "  0:00:00.000 - 0:00:04.200   97.1 %   91.3 %  a van\n"
      "\n"
      "The spans of a log with level=events or both are its events. Otherwise they are made of its scores by "
      "cliptagger's\n"
      "own rules; --threshold, --off-threshold, --smoothing, --hold-time and --best ask for that wherever there are "
      "scores.\n"
      "A log with level=changes gives the spans of each group's best label, as --best does. \"[SOURCE GROUP ZONE]\" "
      "or\n"
      "\"[SOURCE GROUP TYPE #NUMBER]\" follows the label where there are such; \"(open)\" is what had not ended.",
      entries, argc, argv);
}

/* Returns what is wrong, or NULL. */
static const char *
check_options (const Options *self)
{
  double on = !is_given (self->threshold) ? CLIP_EVENT_THRESHOLD : self->threshold;
  if (is_given (self->threshold) && !(self->threshold > 0 && self->threshold <= 1000))
    return "--threshold: expected more than 0 and at most 1000";
  if (is_given (self->off_threshold) && !(self->off_threshold > 0 && self->off_threshold <= on))
    return "--off-threshold: expected more than 0 and at most the threshold";
  if (is_given (self->smoothing) && !(self->smoothing >= 0 && self->smoothing <= MAX_SECONDS))
    return "--smoothing: expected 0 to 1000000 seconds";
  if (is_given (self->min_duration) && !(self->min_duration >= 0 && self->min_duration <= MAX_SECONDS))
    return "--min-duration: expected 0 to 1000000 seconds";
  if (is_given (self->hold_time) && !(self->hold_time >= 0 && self->hold_time <= MAX_SECONDS))
    return "--hold-time: expected 0 to 1000000 seconds";
  if (self->best && (is_given (self->off_threshold) || is_given (self->smoothing)))
    return "--best: not with --off-threshold or --smoothing";
  return NULL;
}

static gint64
to_ns (double seconds, gint64 standard)
{
  return is_given (seconds) ? (gint64)(seconds * 1e9 + 0.5) : standard;
}

/* The first that asks for spans of scores, or NULL. */
static const char *
find_score_option (const Options *self)
{
  return self->best                       ? "--best"
         : is_given (self->threshold)     ? "--threshold"
         : is_given (self->off_threshold) ? "--off-threshold"
         : is_given (self->smoothing)     ? "--smoothing"
         : is_given (self->hold_time)     ? "--hold-time"
                                          : NULL;
}

/* ---- The command ----------------------------------------------------------------------------------------- */

typedef struct
{
  const char *name; /* of the file, for messages */
  FILE *file;
  LogSpans *log;
  SpanPrinter *printer;
} Timeline;

static gboolean
read_all (Timeline *self)
{
  g_autofree char *line = NULL;
  size_t room = 0;
  guint n = 0;
  ssize_t length;

  errno = 0;
  while ((length = getline (&line, &room, self->file)) >= 0) {
    n++;
    if (length > (ssize_t)MAX_LINE) {
      g_autofree char *name = clip_printable (self->name, -1, CLIP_MESSAGE_PATH);
      command_complain ("%s:%u: this line is too long", name, n);
      return FALSE;
    }
    while (length > 0 && strchr (" \t\r\n", line[length - 1]) && line[length - 1] != '\0')
      length--;
    if (length > 0 && !log_spans_add (self->log, n, line, (gsize)length))
      return FALSE;
    if (span_printer_get_error (self->printer))
      return FALSE; /* is told of at the end */
  }
  if (ferror (self->file)) {
    g_autofree char *name = clip_printable (self->name, -1, CLIP_MESSAGE_PATH);
    command_complain ("%s: %s", name, g_strerror (errno));
    return FALSE;
  }
  return TRUE;
}

/* score_option: for which there must be scores. */
static gboolean
run (Timeline *self, const LogSpansOptions *options, gboolean json, const char *score_option)
{
  struct stat info;
  gboolean in_order = fstat (fileno (self->file), &info) == 0 && S_ISREG (info.st_mode);
  self->printer = span_printer_new (json, in_order);
  self->log = log_spans_new (self->name, options, self->printer);
  gboolean ok = read_all (self);
  log_spans_finish (self->log);
  span_printer_finish (self->printer);
  int code = span_printer_get_error (self->printer);
  if (code) {
    command_complain ("cannot write the timeline: %s", g_strerror (code));
    ok = FALSE;
  } else if (ok && score_option && log_spans_lacks_scores (self->log)) {
    g_autofree char *name = clip_printable (self->name, -1, CLIP_MESSAGE_PATH);
    command_complain (
        "%s: %s needs the scores, and this log has events only (cliplog's level=both has both)", name, score_option);
    ok = FALSE;
  }
  log_spans_free (self->log);
  span_printer_free (self->printer);
  return ok;
}

int
command_timeline (int argc, char **argv)
{
  Options options = { NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, FALSE, FALSE };
  Timeline self = { .name = "standard input", .file = stdin };
  if (!parse_options (&options, &argc, &argv))
    return EXIT_USAGE;
  if (argc > 2)
    return command_refuse ("expected one FILE at most");
  const char *wrong = check_options (&options), *score_option = find_score_option (&options);
  if (wrong)
    return command_refuse (wrong);

  if (argc == 2 && !g_str_equal (argv[1], "-")) {
    self.name = argv[1];
    self.file = fopen (argv[1], "re");
    if (!self.file) {
      g_autofree char *name = clip_printable (argv[1], -1, CLIP_MESSAGE_PATH);
      command_complain ("%s: %s", name, g_strerror (errno));
      return EXIT_ERROR;
    }
  }
  const LogSpansOptions log_options = {
    .rules = { .threshold = is_given (options.threshold) ? (float)options.threshold : NAN,
        .off_threshold = is_given (options.off_threshold) ? (float)options.off_threshold : NAN,
        .smoothing = to_ns (options.smoothing, 0),
        .min_duration = to_ns (options.min_duration, CLIP_EVENT_MIN_DURATION),
        .hold_time = to_ns (options.hold_time, CLIP_EVENT_HOLD_TIME),
        .best = options.best },
    .from_scores = score_option != NULL,
    .min_duration = to_ns (options.min_duration, 0),
  };
  gboolean ok = run (&self, &log_options, options.json, score_option);
  if (self.file != stdin)
    fclose (self.file);
  return ok ? EXIT_OK : EXIT_ERROR;
}
