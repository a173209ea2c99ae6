/* SPDX-License-Identifier: MIT
 *
 * dataread.c: the pictures of a labelled set, decoded.
 *
 * Items are taken in chunks of as many as there are threads. What is a still by its first bytes is decoded by a thread;
 * a recording has threads of its own in GStreamer and is read when its turn comes.
 */
#include "data/dataread.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/datalist.h"
#include "data/tarreader.h"

#define MAX_PICTURE ((gsize)512 << 20) /* bytes of a file in a tar */

/* One item of a chunk. */
typedef struct
{
  const DataSet *set;
  const DataReadParams *params;
  guint index;
  GBytes *bytes; /* what a tar has of it */
  gboolean is_recording;

  ReaderFrame frame;
  gboolean has_frame;
  GError *error;
} Job;

/* The tar that is open, as the next item is likely to be in it. */
typedef struct
{
  TarReader *reader;
  guint source;
  guint64 next; /* index of its next file */
} OpenTar;

static gboolean
is_still (const char *path)
{
  guint8 head[STILL_HEAD];
  struct stat status;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  ssize_t n = fd < 0 || fstat (fd, &status) != 0 ? -1 : read (fd, head, sizeof head);
  if (fd >= 0)
    close (fd);
  return n > 0 && still_recognise (head, (gsize)n, (guint64)status.st_size) != STILL_NONE;
}

/* ---- On several threads -------------------------------------------------------------------------------- */

static gboolean
decode_bytes (Job *self)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (self->bytes, &size);
  StillKind kind = still_recognise (data, MIN (size, STILL_HEAD), size);
  if (kind == STILL_NONE) {
    g_set_error_literal (&self->error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "expected a picture: JPEG, PNG, WebP …");
    return FALSE;
  }
  self->frame = (ReaderFrame){ .is_still = TRUE, .time = GST_CLOCK_TIME_NONE };
  return still_decode (kind, data, size, &self->frame.still, &self->error);
}

static gboolean
decode_cifar (Job *self, const DataItem *item)
{
  guint8 *pixels = g_malloc (3 * DATA_CIFAR_SIDE * DATA_CIFAR_SIDE);
  self->frame = (ReaderFrame){ .is_still = TRUE, .time = GST_CLOCK_TIME_NONE };
  self->frame.still = (Still){ .width = DATA_CIFAR_SIDE,
    .height = DATA_CIFAR_SIDE,
    .depth = 8,
    .stride = 3 * DATA_CIFAR_SIDE,
    .pixels = pixels,
    .orientation = 1 };
  return data_read_cifar (g_ptr_array_index (self->set->sources, item->source), item->position, pixels, &self->error);
}

static void
run_job (gpointer data, gpointer user_data)
{
  Job *self = data;
  const DataItem *item = &g_array_index (self->set->items, DataItem, self->index);
  if (self->error)
    return;
  if (self->bytes) {
    self->has_frame = decode_bytes (self);
  } else if (!item->path) {
    self->has_frame = decode_cifar (self, item);
  } else if (is_still (item->path)) {
    g_autoptr (FrameReader) reader = frame_reader_new (item->path, &self->params->reader, &self->error);
    self->has_frame = reader && frame_reader_next (reader, &self->frame, &self->error);
  } else {
    self->is_recording = TRUE;
  }
}

/* ---- In order ------------------------------------------------------------------------------------------ */

static void
read_from_tar (Job *job, OpenTar *tar)
{
  const DataItem *item = &g_array_index (job->set->items, DataItem, job->index);
  if (tar->reader && (tar->source != item->source || tar->next > item->position))
    g_clear_pointer (&tar->reader, tar_reader_free);
  if (!tar->reader) {
    tar->reader = tar_reader_new (g_ptr_array_index (job->set->sources, item->source), &job->error);
    tar->source = item->source;
    tar->next = 0;
  }
  while (tar->reader && !job->error && tar->next <= item->position && tar_reader_next (tar->reader, &job->error))
    tar->next++;
  if (tar->reader && !job->error && tar->next == item->position + 1)
    job->bytes = tar_reader_read (tar->reader, MAX_PICTURE, &job->error);
  else if (!job->error)
    data_refuse (&job->error, item->name, "the tar has changed meanwhile");
}

/* Returns FALSE if nothing more is wanted. */
static gboolean
read_recording (Job *job, const DataReadFuncs *funcs)
{
  const DataItem *item = &g_array_index (job->set->items, DataItem, job->index);
  g_autoptr (FrameReader) reader = frame_reader_new (item->path, &job->params->reader, &job->error);
  for (gboolean more = reader != NULL; more;) {
    g_auto (ReaderFrame) frame = { 0 };
    more = frame_reader_next (reader, &frame, &job->error);
    if (more && !funcs->picture (job->index, &frame, funcs->user_data))
      return FALSE;
  }
  return TRUE;
}

static gboolean
deliver (Job *job, const DataReadFuncs *funcs)
{
  const volatile sig_atomic_t *stop = job->params->reader.stop;
  gboolean go_on = !stop || !*stop;
  if (go_on && job->is_recording)
    go_on = read_recording (job, funcs);
  else if (go_on && job->has_frame)
    go_on = funcs->picture (job->index, &job->frame, funcs->user_data);
  return go_on && (!stop || !*stop)
         && funcs->item_end (job->index, job->error ? job->error->message : NULL, funcs->user_data);
}

static void
job_clear (Job *job)
{
  g_clear_pointer (&job->bytes, g_bytes_unref);
  reader_frame_clear (&job->frame);
  g_clear_error (&job->error);
}

void
data_read (const DataSet *self, const guint *items, guint n, const DataReadParams *params, const DataReadFuncs *funcs)
{
  guint n_all = items ? n : self->items->len, size = MAX (params->n_threads, 1);
  g_autofree Job *jobs = g_new0 (Job, size);
  OpenTar tar = { 0 };
  gboolean go_on = TRUE;
  for (guint first = 0; first < n_all && go_on; first += size) {
    guint n_jobs = MIN (size, n_all - first);
    GThreadPool *pool = g_thread_pool_new (run_job, NULL, (gint)size, FALSE, NULL);
    for (guint i = 0; i < n_jobs; i++) {
      guint index = items ? items[first + i] : first + i;
      jobs[i] = (Job){ .set = self, .params = params, .index = index };
      if (self->layout == DATA_WEBDATASET)
        read_from_tar (&jobs[i], &tar);
      g_thread_pool_push (pool, &jobs[i], NULL);
    }
    g_thread_pool_free (pool, FALSE, TRUE);
    for (guint i = 0; i < n_jobs; i++) {
      go_on = go_on && deliver (&jobs[i], funcs);
      job_clear (&jobs[i]);
    }
  }
  g_clear_pointer (&tar.reader, tar_reader_free);
}
