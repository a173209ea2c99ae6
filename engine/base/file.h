/* SPDX-License-Identifier: MIT
 *
 * file.h: opens files that users name. A directory, device, fifo or socket instead of a file is an error, detected
 * without blocking on it (O_NONBLOCK, then fstat).
 */
#ifndef CLIP_FILE_H
#define CLIP_FILE_H

#include <glib.h>

/* A regular file, read in parts and never mapped, because others may shorten or rewrite it meanwhile. */
typedef struct
{
  int fd;
  gsize length;
  char *shown; /* the path, printable */

  /* when it was opened */
  gint64 mtime, ctime; /* ns */
  guint64 n_links;
} ClipFile;

gboolean clip_file_open (const char *path, ClipFile *ret_file, GError **error);

/* Reads all `size` bytes or fails; a file that has become shorter counts as changed. Any thread. */
gboolean clip_file_read_at (const ClipFile *self, guint64 offset, gpointer ret, gsize size, GError **error);

/* Two writes within one tick of the clock behind file times look like one. If the tick of the file's last write is not
 * over, this waits for its end, some milliseconds: later writes are seen by clip_file_check(). If *ret_waited, read
 * again what was read before. */
gboolean clip_file_settle (const ClipFile *self, gboolean *ret_waited, GError **error);

/* FALSE if the file was written to since it was opened, so what was read may not belong together. Another file renamed
 * over it does not matter. */
gboolean clip_file_check (const ClipFile *self, GError **error);
void clip_file_close (ClipFile *self); /* harmless on a zeroed or closed one */

/* The whole file with a terminating NUL (not counted). One larger than max_bytes, or that changes while it is being
 * read, is an error. Newly allocated. */
char *clip_file_read (const char *path, gsize max_bytes, gsize *ret_length, GError **error);

#endif
