/* SPDX-License-Identifier: MIT
 *
 * dataset.h: labelled pictures and recordings in the layouts that people keep them in, listed before any is decoded.
 *
 * An item is one picture or one file; what it is labelled with holds for all of it or from one time to another. Listing
 * reads every name, row and label and finds what is wrong with them; dataread.h decodes the pictures.
 * Errors are one line that names the file, the row or entry, what was found and what was expected.
 */
#ifndef DATA_SET_H
#define DATA_SET_H

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  DATA_AUTO,
  DATA_FOLDERS,   /* a folder a class */
  DATA_CSV,       /* lines of file,start,end,label */
  DATA_CIFAR,     /* CIFAR-10's and CIFAR-100's binary version */
  DATA_WEBDATASET /* tar files of KEY.jpg and KEY.cls, .txt or .json */
} DataLayout;

/* "auto", "folders", …, and back; FALSE for any other name. */
const char *data_layout_name (DataLayout layout);
gboolean data_layout_from_name (const char *name, DataLayout *ret_layout);

typedef struct
{
  guint label;       /* index into the set's labels */
  gint64 start, end; /* ns, [start, end); 0 and G_MAXINT64: all of it */
} DataSpan;

typedef struct
{
  char *name; /* for people: relative to the set, or as the CSV has it */
  char *path; /* what to open; NULL: it is in a source */

  /* Private: where it is in sources[source]. */
  guint source;
  guint64 position;

  guint first_span, n_spans; /* none: no class is in it */
} DataItem;

typedef struct
{
  DataLayout layout;  /* what it is */
  char *path;         /* as given */
  GPtrArray *labels;  /* of char: names; sorted, or if they are numbered in the order of their numbers */
  GPtrArray *places;  /* of char: where each label was first found, for messages */
  gboolean numbered;  /* labels are indices of a list of classes … */
  gboolean nameless;  /* … that did not come with the data: labels[i] is "i" */
  GArray *items;      /* of DataItem */
  GArray *spans;      /* of DataSpan; of an item: in order of label and time, not overlapping */
  GPtrArray *sources; /* of char: paths of the files that hold several items */
} DataSet;

/* path: a file or folder in the file system's encoding. NULL with `error` set, also where nothing is in it. */
DataSet *data_set_open (const char *path, DataLayout layout, GError **error);

/* Files, and files of folders, without labels. paths: NULL-terminated, at least one; URIs, too. */
DataSet *data_set_open_files (const char *const *paths, GError **error);
void data_set_free (DataSet *self);

/* Keeps at most `limit` items, spread evenly over the set. */
void data_set_limit (DataSet *self, guint limit);

/* The labels of an item at a time (ns; -1: a still), ascending. Appends them to `ret_labels`, of guint. */
void data_set_labels_at (const DataSet *self, guint item, gint64 time, GArray *ret_labels);

/* Whether a label of it has a start or an end. */
gboolean data_set_has_times (const DataSet *self, guint item);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DataSet, data_set_free)

G_END_DECLS

#endif
