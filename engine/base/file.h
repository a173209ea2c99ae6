/* SPDX-License-Identifier: MIT
 *
 * file.h: opening what users name. A directory, device, fifo or socket where a file is expected is an error, found
 * out without blocking on it (O_NONBLOCK, then fstat).
 */
#ifndef CLIP_FILE_H
#define CLIP_FILE_H

#include <glib.h>

/* A regular file that is read in parts, never mapped: others may shorten or rewrite it meanwhile. */
typedef struct
{
  int fd;
  gsize length;
  char *shown; /* the path, fit for messages */

  /* when it was opened */
  gint64 mtime, ctime; /* ns */
  guint64 n_links;
} ClipFile;

gboolean clip_file_open (const char *path, ClipFile *ret_file, GError **error);

/* All of it, or an error; a file that has become shorter is one that has changed. Any thread. */
gboolean clip_file_read_at (const ClipFile *self, guint64 offset, gpointer ret, gsize size, GError **error);

/* Two writes within one tick of the clock that file times are taken from look like one. This waits for the end of the
 * tick, some milliseconds, in which the file was written last, if it is not over: what is written from then on is seen
 * by clip_file_check(). What was read before has to be read again where *ret_waited. */
gboolean clip_file_settle (const ClipFile *self, gboolean *ret_waited, GError **error);

/* That nothing was written to the file since it was opened, so that all that was read belongs together. One that was
 * put in its place by renaming does not matter. */
gboolean clip_file_check (const ClipFile *self, GError **error);
void clip_file_close (ClipFile *self); /* harmless on a zeroed or closed one */

/* Whole content with a terminating NUL (not counted); larger than max_bytes is an error, and so is one that changes
 * while it is read. Newly allocated. */
char *clip_file_read (const char *path, gsize max_bytes, gsize *ret_length, GError **error);

#endif
