/* SPDX-License-Identifier: MIT
 *
 * datalist.h: the readers behind data_set_open(), and what they share. Each adds labels, items and spans to a set that
 * is empty but for its path and layout.
 */
#ifndef DATA_LIST_H
#define DATA_LIST_H

#include "data/dataset.h"

G_BEGIN_DECLS

gboolean data_list_folders (DataSet *self, GError **error);
gboolean data_list_csv (DataSet *self, GError **error);
gboolean data_list_cifar (DataSet *self, GError **error);
gboolean data_list_tars (DataSet *self, GError **error);

/* Whether a folder has what the layout needs. */
gboolean data_is_cifar (const char *folder);
gboolean data_has_tars (const char *folder);

/* What is in a source. */
#define DATA_CIFAR_SIDE 32
gboolean data_read_cifar (const char *source, guint64 position, guint8 *ret_rgb, GError **error); /* [32][32][3] */

/* ---- Shared -------------------------------------------------------------------------------------------- */

/* "PLACE: …", on one line; always FALSE. place: a path, or a path with a row or entry. */
gboolean data_refuse (GError **error, const char *place, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* Names of a folder's entries, sorted by their bytes, without hidden ones. NULL with `error` set. */
GPtrArray *data_list_folder (const char *path, GError **error);

/* Whether a name ends so, in upper or lower case. extension: with its dot. */
gboolean data_has_extension (const char *name, const char *extension);

/* Whole content of a file of at most max_bytes. NUL-terminated. */
gboolean data_read_file (const char *path, gsize max_bytes, char **ret_text, gsize *ret_length, GError **error);

/* Lines of a text file, trimmed, without blank ones; UTF-8. NULL with `error` set, also where there are none. numbers:
 * NULL, or where to put an array of guint: the number of each line in the file. */
GPtrArray *data_read_lines (const char *path, GArray **ret_numbers, GError **error);

/* Begins an item; takes both strings. The spans added next are its own. */
DataItem *data_add_item (DataSet *self, char *name, char *path);
void data_add_span (DataSet *self, guint label, gint64 start, gint64 end);

/* Labels that come by name while the set is read: their index, in the order in which they came. */
typedef struct _DataNames DataNames;
DataNames *data_names_new (void);
void data_names_free (DataNames *self);
guint data_names_get (DataNames *self, const char *name, const char *place); /* place: where it is */

/* Sorts the names, makes them the set's labels and puts the spans' labels right. */
void data_names_finish (DataNames *self, DataSet *set);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DataNames, data_names_free)

G_END_DECLS

#endif
