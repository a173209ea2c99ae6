/* SPDX-License-Identifier: MIT
 *
 * command.h: the subcommands of cliptag, and what they share: option words, messages, exit status.
 *
 * A new subcommand is a file that defines command_NAME() and a line in the table below; completion.bash has its options
 * and man1/cliptag-NAME.h2m what its man page has beyond --help. Only those that need GStreamer initialise it.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <glib.h>

#include "clip.h"

/* In the order of `cliptag --help`. Summaries are lines of it and of the man pages' headings. */
#define COMMANDS(COMMAND)                                                                                              \
  COMMAND (embed, "Embed texts, pictures and videos, as JSON lines")                                                   \
  COMMAND (timeline, "Turn a log into a timeline")                                                                     \
  COMMAND (eval, "Measure how well prompts tell labelled pictures and recordings apart")                               \
  COMMAND (tune, "Find templates, examples and thresholds on labelled recordings")                                     \
  COMMAND (prompts, "Compare wordings and templates on pictures and recordings")                                       \
  COMMAND (cameras, "Label many live streams in one process")                                                          \
  COMMAND (bench, "Measure how fast a model encodes on this machine")

/* argv[0] is the subcommand. Returns the exit status. */
typedef int (*CommandFunction) (int argc, char **argv);
#define COMMAND_DECLARE(name, summary) int command_##name (int argc, char **argv);
COMMANDS (COMMAND_DECLARE)
#undef COMMAND_DECLARE

enum
{
  EXIT_OK = 0,
  EXIT_ERROR = 1,
  EXIT_USAGE = 2
};

/* ---- Options that mean the same in every subcommand ------------------------------------------------------ */

typedef struct
{
  char *model, *prompts, *prompts_file, *background, *precision_name; /* NULL = not given */
  ClipPrecision precision; /* set by common_options_check() if precision_name is */
  double frame_rate;
  int threads;
  gboolean json;
} CommonOptions;

/* Rows of a GOptionEntry table. `standard`: the default, as text. */
#define COMMON_MODEL(common)                                                                                           \
  {                                                                                                                    \
    "model", 'm', 0, G_OPTION_ARG_FILENAME, &(common)->model,                                                          \
        "Hugging Face CLIP folder (default: the built-in model)", "DIR"                                                \
  }
#define COMMON_PROMPTS(common)                                                                                         \
  {                                                                                                                    \
    "prompts", 'P', 0, G_OPTION_ARG_STRING, &(common)->prompts,                                                        \
        "Prompts, separated by ';' (default: the model's own)", "\"A;B\""                                              \
  }
#define COMMON_PROMPTS_FILE(common)                                                                                    \
  {                                                                                                                    \
    "prompts-file", 0, 0, G_OPTION_ARG_FILENAME, &(common)->prompts_file,                                              \
        "File of prompts, one per line or JSON; overrides --prompts", "FILE"                                           \
  }
#define COMMON_BACKGROUND(common)                                                                                      \
  {                                                                                                                    \
    "background", 0, 0, G_OPTION_ARG_FILENAME, &(common)->background,                                                  \
        "File of captions that sigmoid and single prompts compete with, or off (default: the model's)", "FILE"         \
  }
#define COMMON_FRAME_RATE(common, standard)                                                                            \
  {                                                                                                                    \
    "frame-rate", 'r', 0, G_OPTION_ARG_DOUBLE, &(common)->frame_rate,                                                  \
        "Frames to sample per second of video, 0 = every frame (default " standard ")", "R"                            \
  }
#define COMMON_PRECISION(common, standard)                                                                             \
  {                                                                                                                    \
    "precision", 'p', 0, G_OPTION_ARG_STRING, &(common)->precision_name,                                               \
        "Arithmetic of the model's layers (default " standard ")", "auto|f32|bf16|int8"                                \
  }
#define COMMON_THREADS(common)                                                                                         \
  {                                                                                                                    \
    "threads", 't', 0, G_OPTION_ARG_INT, &(common)->threads, "Threads to encode with, 0 = all CPUs (default 0)", "N"   \
  }
#define COMMON_JSON(common)                                                                                            \
  {                                                                                                                    \
    "json", 'j', 0, G_OPTION_ARG_NONE, &(common)->json, "Print JSON lines instead of a table", NULL                    \
  }

/* Returns what is wrong with the values, or NULL. */
const char *common_options_check (CommonOptions *self);

/* As clip_labels_new() wants it: NULL = off. */
const char *common_options_get_background (const CommonOptions *self);

void common_options_clear (CommonOptions *self);

/* ---- What each subcommand does first and last ------------------------------------------------------------ */

/* Prints "cliptag COMMAND: MESSAGE" on standard error, as one line whatever is in the message. */
void command_complain (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* The same for wrong usage, with a pointer to --help. Returns EXIT_USAGE. */
int command_refuse (const char *what);

/* "5s", "250 ms", "1.5min" and the like, or a bare number of nanoseconds. */
gboolean command_parse_duration (const char *text, guint64 *ret_ns);

/* Takes the options off argc and argv; --help prints and exits. FALSE after a complaint. arguments: those that follow
 * the options, for the usage line. */
gboolean command_parse (
    const char *arguments, const char *description, const GOptionEntry *entries, int *argc, char ***argv);

#endif
