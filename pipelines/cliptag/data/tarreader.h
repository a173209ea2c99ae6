/* SPDX-License-Identifier: MIT
 *
 * tarreader.h: the files of a tar, one after another. A tar whose end is missing is an error, wherever it was cut.
 */
#ifndef TAR_READER_H
#define TAR_READER_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct _TarReader TarReader;

/* Compressed ones, too. NULL with `error` set; messages name the file. */
TarReader *tar_reader_new (const char *path, GError **error);
void tar_reader_free (TarReader *self);

/* The name of the next regular file, NULL at the end or with `error` set. The reader's, until the next call. */
const char *tar_reader_next (TarReader *self, GError **error);

/* Its size and its content. NULL with `error` set where it has more than max_bytes. */
guint64 tar_reader_get_size (const TarReader *self);
GBytes *tar_reader_read (TarReader *self, gsize max_bytes, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TarReader, tar_reader_free)

G_END_DECLS

#endif
