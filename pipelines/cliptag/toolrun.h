/* SPDX-License-Identifier: MIT
 *
 * toolrun.h: what the subcommands for labelled data share: a model with a context, progress on a terminal, complaints
 * that do not run into it, and SIGINT.
 */
#ifndef TOOL_RUN_H
#define TOOL_RUN_H

#include "command.h"
#include "data/dataread.h"
#include "data/embeddings.h"

G_BEGIN_DECLS

typedef struct
{
  const CommonOptions *common;
  ClipContext *context; /* NULL until the model is loaded */
  DataReadParams read;

  /* Private. */
  gboolean shows_progress, on_screen;
  gint64 started, shown; /* monotonic, us */
} ToolRun;

/* Initialises GStreamer; from now on SIGINT and SIGTERM are noticed, the second one ends the program. */
gboolean tool_run_init (ToolRun *self, const CommonOptions *common, GError **error);

/* Frees what it holds, too. Returns the exit status. done: FALSE = complain of the error; failed: of some of the data.
 */
int tool_run_finish (ToolRun *self, gboolean done, gboolean failed, const GError *error);

/* Set by a signal. */
const volatile sig_atomic_t *tool_run_get_stop (void);

/* Tells the model's warnings. folder: NULL = the built-in one. */
gboolean tool_run_load_model (ToolRun *self, const char *folder, ClipFit fit, GError **error);

/* On one line of a terminal, after the first seconds. */
void tool_run_show (ToolRun *self, const char *what, guint64 done, guint64 total);
void tool_run_clear_progress (ToolRun *self);
void tool_run_warn (const char *message, gpointer self); /* a ToolRun */

/* For data_embed(), with a ToolRun. */
void tool_run_show_items (guint item, guint n_items, gpointer self);
void tool_run_tell_problem (const DataItem *item, const char *message, gboolean failed, gpointer self);

/* Decodes what these samples are of once more. FALSE where it was interrupted. ret_pictures: [n], all NULL before;
 * JPEGs in base64, newly allocated, and NULL where none can be made. */
gboolean tool_run_make_thumbnails (ToolRun *self, const DataSet *set, const DataEmbeddings *embeddings,
    const guint *samples, guint n, char **ret_pictures, GError **error);

/* A ClipImageEncoder: a prompt's picture is a file like any other. */
gboolean tool_run_encode_image (
    ClipContext *context, const char *path, float *ret_embedding, gpointer user_data, GError **error);

/* Always FALSE: with "PATH: cannot be written: …". */
gboolean tool_run_fail_write (const char *path, const char *wrong, GError **error);

/* Whether a file can be written there, before hours of work. */
gboolean tool_run_check_writable (const char *path, GError **error);

/* A file appears whole or not at all. */
gboolean tool_run_write (const char *path, const GString *text, GError **error);
gboolean tool_run_print (const GString *text, GError **error); /* to standard output */

G_END_DECLS

#endif
