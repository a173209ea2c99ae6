/* SPDX-License-Identifier: MIT
 *
 * toolrun.c: see toolrun.h.
 */
#include "toolrun.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clip-message.h"
#include "report/thumbnail.h"

#define DEFAULT_TIMEOUT 30.0
#define PROGRESS_AFTER  (2 * G_USEC_PER_SEC)
#define PROGRESS_EVERY  (G_USEC_PER_SEC / 5)

static volatile sig_atomic_t interrupted;

static void
interrupt (int number)
{
  interrupted = 1;
}

const volatile sig_atomic_t *
tool_run_get_stop (void)
{
  return &interrupted;
}

gboolean
tool_run_init (ToolRun *self, const CommonOptions *common, GError **error)
{
  *self = (ToolRun){ .common = common, .started = g_get_monotonic_time (), .shows_progress = isatty (STDERR_FILENO) };
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
  struct sigaction action = { .sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND };
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  return gst_init_check (NULL, NULL, error);
}

int
tool_run_finish (ToolRun *self, gboolean done, gboolean failed, const GError *error)
{
  tool_run_clear_progress (self);
  if (!done)
    command_complain ("%s", interrupted ? "interrupted" : error->message);
  g_clear_pointer (&self->context, clip_context_free);
  return done && !failed ? EXIT_OK : EXIT_ERROR;
}

gboolean
tool_run_load_model (ToolRun *self, const char *folder, ClipFit fit, GError **error)
{
  ClipContextParams params;
  g_autofree char *built_in = folder ? NULL : clip_default_model_path (error);
  if (!folder && !built_in)
    return FALSE;
  g_autoptr (ClipModel) model = clip_model_load_full (folder ? folder : built_in, self->common->precision, error);
  if (!model)
    return FALSE;
  for (const char *const *warning = clip_model_get_warnings (model); *warning; warning++)
    tool_run_warn (*warning, self);
  clip_context_params_init (&params);
  params.n_threads = (guint)self->common->threads;
  params.fit = fit;
  params.max_batch = params.n_threads > 0 ? params.n_threads : g_get_num_processors ();
  self->context = clip_context_new (model, &params, error);
  if (!self->context)
    return FALSE;
  self->read = (DataReadParams){
    .reader = { self->common->frame_rate, DEFAULT_TIMEOUT, &interrupted },
    .n_threads = clip_context_get_n_threads (self->context),
  };
  return TRUE;
}

/* ---- Messages ------------------------------------------------------------------------------------------ */

void
tool_run_clear_progress (ToolRun *self)
{
  if (self->on_screen)
    fputs ("\r\033[K", stderr);
  self->on_screen = FALSE;
}

void
tool_run_show (ToolRun *self, const char *what, guint64 done, guint64 total)
{
  gint64 now = g_get_monotonic_time ();
  if (!self->shows_progress || now - self->started < PROGRESS_AFTER || now - self->shown < PROGRESS_EVERY)
    return;
  tool_run_clear_progress (self);
  fprintf (stderr, "%s: %s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT, g_get_prgname (), what, done, total);
  fflush (stderr);
  self->on_screen = TRUE;
  self->shown = now;
}

void
tool_run_show_items (guint item, guint n_items, gpointer self)
{
  tool_run_show (self, "pictures", item, n_items);
}

void
tool_run_tell_problem (const DataItem *item, const char *message, gboolean failed, gpointer self)
{
  g_autofree char *name = clip_printable (item->name, -1, CLIP_MESSAGE_PATH);
  tool_run_clear_progress (self);
  command_complain ("%s: %s%s", name, failed ? "" : "warning: ", message);
}

void
tool_run_warn (const char *message, gpointer self)
{
  tool_run_clear_progress (self);
  command_complain ("warning: %s", message);
}

/* ---- Pictures ------------------------------------------------------------------------------------------ */

static int
compare_uints (gconstpointer a, gconstpointer b)
{
  guint x = *(const guint *)a, y = *(const guint *)b;
  return (x > y) - (x < y);
}

typedef struct
{
  ToolRun *run;
  const DataSet *set;
  const DataEmbeddings *embeddings;
  const guint *samples; /* [n] */
  char **pictures;      /* [n] */
  guint n;
} Thumbnails;

static gboolean
take_thumbnail (guint item, ReaderFrame *frame, gpointer user_data)
{
  Thumbnails *self = user_data;
  gint64 time = frame->is_still || !GST_CLOCK_TIME_IS_VALID (frame->time) ? -1 : (gint64)frame->time;
  g_autoptr (GError) error = NULL;
  g_autofree char *picture = NULL;
  for (guint i = 0; i < self->n && !error; i++) {
    const DataSample *sample = &g_array_index (self->embeddings->samples, DataSample, self->samples[i]);
    if (sample->item != item || sample->time != time || self->pictures[i])
      continue;
    if (!picture)
      picture = thumbnail_make (frame, &error);
    self->pictures[i] = g_strdup (picture);
  }
  if (error)
    tool_run_tell_problem (&g_array_index (self->set->items, DataItem, item), error->message, FALSE, self->run);
  return TRUE;
}

static gboolean
end_thumbnails (guint item, const char *message, gpointer user_data)
{
  return TRUE; /* its problem was reported when it was embedded */
}

gboolean
tool_run_make_thumbnails (ToolRun *self, const DataSet *set, const DataEmbeddings *embeddings, const guint *samples,
    guint n, char **ret_pictures, GError **error)
{
  Thumbnails thumbnails = { self, set, embeddings, samples, ret_pictures, n };
  const DataReadFuncs funcs = { take_thumbnail, end_thumbnails, &thumbnails };
  g_autofree guint *items = g_new (guint, MAX (n, 1));
  guint n_items = 0;
  for (guint i = 0; i < n; i++)
    items[i] = g_array_index (embeddings->samples, DataSample, samples[i]).item;
  qsort (items, n, sizeof *items, compare_uints);
  for (guint i = 0; i < n; i++)
    if (i == 0 || items[i] != items[n_items - 1])
      items[n_items++] = items[i];
  data_read (set, items, n_items, &self->read, &funcs);
  if (!interrupted)
    return TRUE;
  g_set_error_literal (error, CLIP_ERROR, CLIP_ERROR_CANCELLED, "interrupted");
  return FALSE;
}

gboolean
tool_run_encode_image (ClipContext *context, const char *path, float *ret_embedding, gpointer user_data, GError **error)
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

/* ---- Files --------------------------------------------------------------------------------------------- */

gboolean
tool_run_fail_write (const char *path, const char *wrong, GError **error)
{
  g_autofree char *shown = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: cannot be written: %s", shown, wrong);
  return FALSE;
}

gboolean
tool_run_check_writable (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  if (g_file_test (path, G_FILE_TEST_EXISTS) && !g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return tool_run_fail_write (path, "expected a regular file", error);
  if (access (folder, W_OK | X_OK) != 0)
    return tool_run_fail_write (path, g_strerror (errno), error);
  return TRUE;
}

gboolean
tool_run_write (const char *path, const GString *text, GError **error)
{
  g_autoptr (GError) reason = NULL;
  return g_file_set_contents_full (path, text->str, (gssize)text->len, G_FILE_SET_CONTENTS_CONSISTENT, 0666, &reason)
         || tool_run_fail_write (path, reason->message, error);
}

gboolean
tool_run_print (const GString *text, GError **error)
{
  if (fwrite (text->str, 1, text->len, stdout) == text->len && fflush (stdout) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "cannot write the report: %s", g_strerror (errno));
  return FALSE;
}
