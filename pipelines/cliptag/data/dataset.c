/* SPDX-License-Identifier: MIT
 *
 * dataset.c: a labelled set's items, and which reader lists them.
 */
#include "data/dataset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clip-message.h"
#include "data/datalist.h"

static const char *const layout_names[] = { "auto", "folders", "csv", "cifar", "webdataset" };

const char *
data_layout_name (DataLayout layout)
{
  return layout_names[layout];
}

gboolean
data_layout_from_name (const char *name, DataLayout *ret_layout)
{
  for (guint i = 0; i < G_N_ELEMENTS (layout_names); i++)
    if (g_str_equal (name, layout_names[i])) {
      *ret_layout = (DataLayout)i;
      return TRUE;
    }
  return FALSE;
}

/* ---- Opening ------------------------------------------------------------------------------------------- */

/* "x.tar", "x.tar.gz", "x.tgz", … */
static gboolean
is_tar (const char *name)
{
  g_autofree char *base = g_path_get_basename (name);
  g_autofree char *lower = g_ascii_strdown (base, -1);
  return g_str_has_suffix (lower, ".tgz") || g_str_has_suffix (lower, ".tar") || strstr (lower, ".tar.") != NULL;
}

static gboolean
has_folder (const char *path)
{
  g_autoptr (GPtrArray) names = data_list_folder (path, NULL);
  for (guint i = 0; names && i < names->len; i++) {
    g_autofree char *entry = g_build_filename (path, g_ptr_array_index (names, i), NULL);
    if (g_file_test (entry, G_FILE_TEST_IS_DIR))
      return TRUE;
  }
  return FALSE;
}

/* By what a folder holds and how a file is called. */
static gboolean
find_layout (DataSet *self, GError **error)
{
  struct stat status;
  if (stat (self->path, &status) != 0)
    return data_refuse (error, self->path, "%s", g_strerror (errno));
  if (self->layout != DATA_AUTO)
    return TRUE;
  if (S_ISDIR (status.st_mode)) {
    self->layout = data_is_cifar (self->path)   ? DATA_CIFAR
                   : data_has_tars (self->path) ? DATA_WEBDATASET
                   : has_folder (self->path)    ? DATA_FOLDERS
                                                : DATA_AUTO;
    return self->layout != DATA_AUTO
           || data_refuse (error, self->path,
               "nothing labelled in it: expected a folder for each class, tar files, or CIFAR's batches and names");
  }
  self->layout = data_has_extension (self->path, ".csv")   ? DATA_CSV
                 : data_has_extension (self->path, ".bin") ? DATA_CIFAR
                 : is_tar (self->path)                     ? DATA_WEBDATASET
                                                           : DATA_AUTO;
  return self->layout != DATA_AUTO
         || data_refuse (error, self->path, "expected a folder, or a file called .csv, .tar or .bin (or --layout)");
}

static int
compare_spans (gconstpointer a, gconstpointer b)
{
  const DataSpan *x = a, *y = b;
  if (x->label != y->label)
    return (x->label > y->label) - (x->label < y->label);
  return (x->start > y->start) - (x->start < y->start);
}

/* Of each item: in order, with those of one label that overlap or touch made one. */
static void
tidy_spans (DataSet *self)
{
  DataSpan *spans = (DataSpan *)(gpointer)self->spans->data;
  guint done = 0;
  for (guint i = 0; i < self->items->len; i++) {
    DataItem *item = &g_array_index (self->items, DataItem, i);
    guint first = done;
    if (item->n_spans > 0)
      qsort (spans + item->first_span, item->n_spans, sizeof *spans, compare_spans);
    for (guint k = 0; k < item->n_spans; k++) {
      DataSpan span = spans[item->first_span + k];
      if (done > first && spans[done - 1].label == span.label && span.start <= spans[done - 1].end)
        spans[done - 1].end = MAX (spans[done - 1].end, span.end);
      else
        spans[done++] = span;
    }
    item->first_span = first;
    item->n_spans = done - first;
  }
  g_array_set_size (self->spans, done);
}

static void
clear_item (gpointer data)
{
  DataItem *item = data;
  g_free (item->name);
  g_free (item->path);
}

static DataSet *
new_set (const char *path, DataLayout layout)
{
  DataSet *self = g_new0 (DataSet, 1);
  self->layout = layout;
  self->path = g_strdup (path);
  self->labels = g_ptr_array_new_with_free_func (g_free);
  self->places = g_ptr_array_new_with_free_func (g_free);
  self->items = g_array_new (FALSE, TRUE, sizeof (DataItem));
  g_array_set_clear_func (self->items, clear_item);
  self->spans = g_array_new (FALSE, TRUE, sizeof (DataSpan));
  self->sources = g_ptr_array_new_with_free_func (g_free);
  return self;
}

DataSet *
data_set_open (const char *path, DataLayout layout, GError **error)
{
  g_autoptr (DataSet) self = new_set (path, layout);
  if (!find_layout (self, error))
    return NULL;

  gboolean ok = self->layout == DATA_FOLDERS ? data_list_folders (self, error)
                : self->layout == DATA_CSV   ? data_list_csv (self, error)
                : self->layout == DATA_CIFAR ? data_list_cifar (self, error)
                                             : data_list_tars (self, error);
  if (ok && self->items->len == 0)
    ok = data_refuse (error, path, "nothing in it to label");
  if (!ok)
    return NULL;
  tidy_spans (self);
  return g_steal_pointer (&self);
}

DataSet *
data_set_open_files (const char *const *paths, GError **error)
{
  g_autoptr (DataSet) self = new_set (paths[0], DATA_FOLDERS);
  for (; *paths; paths++) {
    if (!g_file_test (*paths, G_FILE_TEST_IS_DIR)) {
      data_add_item (self, g_strdup (*paths), g_strdup (*paths));
      continue;
    }
    g_autoptr (GPtrArray) names = data_list_folder (*paths, error);
    if (!names)
      return NULL;
    for (guint i = 0; i < names->len; i++) {
      g_autofree char *path = g_build_filename (*paths, g_ptr_array_index (names, i), NULL);
      if (!g_file_test (path, G_FILE_TEST_IS_DIR))
        data_add_item (self, g_strdup (path), g_strdup (path));
    }
  }
  if (self->items->len == 0) {
    data_refuse (error, self->path, "no picture or recording in it");
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
data_set_free (DataSet *self)
{
  g_free (self->path);
  g_ptr_array_unref (self->labels);
  g_ptr_array_unref (self->places);
  g_array_unref (self->items);
  g_array_unref (self->spans);
  g_ptr_array_unref (self->sources);
  g_free (self);
}

void
data_set_limit (DataSet *self, guint limit)
{
  guint n = self->items->len;
  if (limit >= n)
    return;
  g_autoptr (GArray) kept = g_array_sized_new (FALSE, TRUE, sizeof (DataItem), limit);
  g_array_set_clear_func (kept, clear_item);
  for (guint i = 0; i < limit; i++) {
    DataItem *item = &g_array_index (self->items, DataItem, (guint)((guint64)i * n / limit));
    g_array_append_val (kept, *item);
    *item = (DataItem){ 0 };
  }
  g_array_unref (self->items);
  self->items = g_steal_pointer (&kept);
}

/* ---- Labels -------------------------------------------------------------------------------------------- */

void
data_set_labels_at (const DataSet *self, guint item, gint64 time, GArray *ret_labels)
{
  const DataItem *it = &g_array_index (self->items, DataItem, item);
  guint last = G_MAXUINT;
  for (guint i = 0; i < it->n_spans; i++) {
    const DataSpan *span = &g_array_index (self->spans, DataSpan, it->first_span + i);
    gboolean covers = time < 0 || (time >= span->start && time < span->end);
    if (!covers || span->label == last)
      continue;
    last = span->label;
    g_array_append_val (ret_labels, last);
  }
}

gboolean
data_set_has_times (const DataSet *self, guint item)
{
  const DataItem *it = &g_array_index (self->items, DataItem, item);
  for (guint i = 0; i < it->n_spans; i++) {
    const DataSpan *span = &g_array_index (self->spans, DataSpan, it->first_span + i);
    if (span->start > 0 || span->end < G_MAXINT64)
      return TRUE;
  }
  return FALSE;
}
