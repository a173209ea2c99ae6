/* SPDX-License-Identifier: MIT
 *
 * file.h: opening what users name. A directory, device, fifo or socket where a file is expected is an error, found
 * out without blocking on it (O_NONBLOCK, then fstat).
 */
#ifndef CLIP_FILE_H
#define CLIP_FILE_H

#include <glib.h>

/* A regular file mapped read-only and private; an empty file has data NULL and length 0. Another process that shortens
 * the file in place while it is mapped makes reading it fatal (SIGBUS): replace model files by renaming new ones over
 * them. */
typedef struct
{
  const guint8 *data;
  gsize length;
} ClipFileMap;

gboolean clip_file_map (const char *path, ClipFileMap *ret_map, GError **error);
/* The pages that lie whole within [data, data + length) of a map will not be needed soon: gives their memory back. Reading
 * them later reads the file again. */
void clip_file_forget (gconstpointer data, gsize length);
void clip_file_unmap (ClipFileMap *map); /* harmless on a zeroed or unmapped one */

/* Whole content with a terminating NUL (not counted); larger than max_bytes is an error. Newly allocated. */
char *clip_file_read (const char *path, gsize max_bytes, gsize *ret_length, GError **error);

#endif
