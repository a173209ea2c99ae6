/* SPDX-License-Identifier: MIT
 *
 * datalist.c: what the readers of labelled sets share: messages, folders, text files, labels by name.
 */
#include "data/datalist.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clip-message.h"

#define MAX_TEXT ((gsize)64 << 20)
#define BOM      "\xef\xbb\xbf" /* UTF-8's byte order mark */

gboolean
data_refuse (GError **error, const char *place, const char *format, ...)
{
  va_list values;
  va_start (values, format);
  g_autofree char *what = g_strdup_vprintf (format, values);
  va_end (values);
  g_autofree char *shown = clip_printable (place, -1, CLIP_MESSAGE_PATH);
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s", shown, what);
  return FALSE;
}

/* ---- Files --------------------------------------------------------------------------------------------- */

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
data_list_folder (const char *path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &reason);
  const char *name;
  if (!dir) {
    data_refuse (error, path, "cannot be listed: %s", g_strerror (errno));
    return NULL;
  }
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (dir)))
    if (*name != '.')
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return g_steal_pointer (&names);
}

gboolean
data_has_extension (const char *name, const char *extension)
{
  gsize n = strlen (name), length = strlen (extension);
  return n > length && g_ascii_strcasecmp (name + n - length, extension) == 0;
}

gboolean
data_read_file (const char *path, gsize max_bytes, char **ret_text, gsize *ret_length, GError **error)
{
  struct stat status = { 0 };
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0 || fstat (fd, &status) != 0) {
    int number = errno;
    if (fd >= 0)
      close (fd);
    return data_refuse (error, path, "%s", g_strerror (number));
  }
  gsize size = (gsize)status.st_size, done = 0;
  const char *wrong = !S_ISREG (status.st_mode) ? "expected a regular file"
                      : size > max_bytes        ? "it is too large"
                                                : NULL;
  g_autofree char *text = wrong ? NULL : g_try_malloc (size + 1);
  ssize_t n = 1;
  while (text && done < size && ((n = read (fd, text + done, size - done)) > 0 || (n < 0 && errno == EINTR)))
    done += (gsize)MAX (n, 0);
  if (!wrong)
    wrong = !text ? g_strerror (ENOMEM) : n < 0 ? g_strerror (errno) : NULL;
  close (fd);
  if (wrong)
    return data_refuse (error, path, "%s", wrong);
  text[done] = 0;
  *ret_text = g_steal_pointer (&text);
  *ret_length = done;
  return TRUE;
}

GPtrArray *
data_read_lines (const char *path, GArray **ret_numbers, GError **error)
{
  g_autofree char *text = NULL;
  gsize length;
  guint number = 0;
  if (!data_read_file (path, MAX_TEXT, &text, &length, error))
    return NULL;
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (guint));
  for (char *p = g_str_has_prefix (text, BOM) ? text + 3 : text; p <= text + length; number++) {
    char *end = memchr (p, '\n', (gsize)(text + length - p));
    gsize n = (gsize)((end ? end : text + length) - p);
    guint line_number = number + 1;
    if (!g_utf8_validate_len (p, n, NULL)) {
      g_autofree char *place = g_strdup_printf ("%s:%u", path, line_number);
      data_refuse (error, place, "expected text in UTF-8");
      return NULL;
    }
    char *line = g_strstrip (g_strndup (p, n));
    if (*line) {
      g_ptr_array_add (lines, line);
      g_array_append_val (numbers, line_number);
    } else {
      g_free (line);
    }
    if (!end)
      break;
    p = end + 1;
  }
  if (lines->len == 0) {
    data_refuse (error, path, "it is empty: expected a line each");
    return NULL;
  }
  if (ret_numbers)
    *ret_numbers = g_steal_pointer (&numbers);
  return g_steal_pointer (&lines);
}

/* ---- Items --------------------------------------------------------------------------------------------- */

DataItem *
data_add_item (DataSet *self, char *name, char *path)
{
  const DataItem item = { .name = name, .path = path, .first_span = self->spans->len };
  g_array_append_val (self->items, item);
  return &g_array_index (self->items, DataItem, self->items->len - 1);
}

void
data_add_span (DataSet *self, guint label, gint64 start, gint64 end)
{
  const DataSpan span = { label, start, end };
  g_array_append_val (self->spans, span);
  g_array_index (self->items, DataItem, self->items->len - 1).n_spans++;
}

struct _DataNames
{
  GPtrArray *names; /* owned by the table */
  GPtrArray *places;
  GHashTable *indices;
};

DataNames *
data_names_new (void)
{
  DataNames *self = g_new0 (DataNames, 1);
  self->names = g_ptr_array_new ();
  self->places = g_ptr_array_new_with_free_func (g_free);
  self->indices = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
data_names_free (DataNames *self)
{
  g_ptr_array_unref (self->names);
  g_ptr_array_unref (self->places);
  g_hash_table_unref (self->indices);
  g_free (self);
}

guint
data_names_get (DataNames *self, const char *name, const char *place)
{
  gpointer index;
  if (g_hash_table_lookup_extended (self->indices, name, NULL, &index))
    return GPOINTER_TO_UINT (index);
  char *copy = g_strdup (name);
  g_hash_table_insert (self->indices, copy, GUINT_TO_POINTER (self->names->len));
  g_ptr_array_add (self->names, copy);
  g_ptr_array_add (self->places, g_strdup (place));
  return self->names->len - 1;
}

void
data_names_finish (DataNames *self, DataSet *set)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_copy (self->names, NULL, NULL);
  g_autofree guint *places = g_new0 (guint, self->names->len + 1);
  g_ptr_array_sort (sorted, compare_names);
  for (guint i = 0; i < sorted->len; i++) {
    const char *name = g_ptr_array_index (sorted, i);
    guint index = data_names_get (self, name, NULL);
    places[index] = i;
    g_ptr_array_add (set->labels, g_strdup (name));
    g_ptr_array_add (set->places, g_strdup (g_ptr_array_index (self->places, index)));
  }
  for (guint i = 0; i < set->spans->len; i++) {
    DataSpan *span = &g_array_index (set->spans, DataSpan, i);
    span->label = places[span->label];
  }
}
