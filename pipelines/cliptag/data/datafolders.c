/* SPDX-License-Identifier: MIT
 *
 * datafolders.c: a folder for each class, as torchvision's ImageFolder has it: its pictures and recordings, at any
 * depth below it. Hidden files, and files beside the classes' folders, are none.
 */
#include <string.h>

#include "data/datalist.h"

#define MAX_DEPTH 16 /* a link may lead back up */

/* name: relative to the set. */
static gboolean
list_folder (DataSet *self, const char *name, guint label, guint depth, GError **error)
{
  g_autofree char *path = g_build_filename (self->path, name, NULL);
  if (depth > MAX_DEPTH)
    return data_refuse (error, path, "more than %d folders in one another", MAX_DEPTH);
  g_autoptr (GPtrArray) names = data_list_folder (path, error);
  if (!names)
    return FALSE;
  for (guint i = 0; i < names->len; i++) {
    g_autofree char *entry = g_build_filename (name, g_ptr_array_index (names, i), NULL);
    g_autofree char *entry_path = g_build_filename (self->path, entry, NULL);
    if (g_file_test (entry_path, G_FILE_TEST_IS_DIR)) {
      if (!list_folder (self, entry, label, depth + 1, error))
        return FALSE;
    } else {
      data_add_item (self, g_steal_pointer (&entry), g_steal_pointer (&entry_path));
      data_add_span (self, label, 0, G_MAXINT64);
    }
  }
  return TRUE;
}

gboolean
data_list_folders (DataSet *self, GError **error)
{
  g_autoptr (GPtrArray) names = data_list_folder (self->path, error);
  if (!names)
    return FALSE;
  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    g_autofree char *path = g_build_filename (self->path, name, NULL);
    if (!g_file_test (path, G_FILE_TEST_IS_DIR))
      continue;
    if (!g_utf8_validate (name, -1, NULL))
      return data_refuse (error, path, "a class's name: expected text in UTF-8");
    guint before = self->items->len;
    if (!list_folder (self, name, self->labels->len, 1, error))
      return FALSE;
    if (self->items->len == before)
      return data_refuse (error, path, "no files of this class in it");
    g_ptr_array_add (self->labels, g_strdup (name));
    g_ptr_array_add (self->places, g_steal_pointer (&path));
  }
  return self->labels->len > 0 || data_refuse (error, self->path, "expected a folder for each class");
}
