/* SPDX-License-Identifier: MIT
 *
 * datacsv.c: lines of file,start,end,label: what is in a picture, or in a recording from one second to another.
 *
 * A file may have several rows and a row several labels, separated by '|'. Without start a label holds from the
 * beginning, without end to the end. A row without label says that no class is in the file.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clip-message.h"
#include "data/csv.h"
#include "data/datalist.h"

#define MAX_CSV     ((gsize)256 << 20)
#define MAX_SECONDS 1e9

enum
{
  FILE_COLUMN,
  START_COLUMN,
  END_COLUMN,
  LABEL_COLUMN,
  N_COLUMNS
};

static const char *const column_names[N_COLUMNS] = { "file", "start", "end", "label" };

typedef struct
{
  guint item; /* of `rows` */
  DataSpan span;
} Row;

typedef struct
{
  DataSet *set;
  int columns[N_COLUMNS]; /* -1 = not there */
  guint n_columns;
  CsvReader reader;
  char *folder; /* that names are relative to */

  DataNames *names;
  GPtrArray *files;    /* in the order in which they came; owned by the table */
  GHashTable *by_file; /* file -> index + 1 */
  GArray *rows;
  GError **error;
} Csv;

static gboolean refuse_row (Csv *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse_row (Csv *self, const char *format, ...)
{
  va_list values;
  va_start (values, format);
  g_autofree char *what = g_strdup_vprintf (format, values);
  va_end (values);
  g_autofree char *place = g_strdup_printf ("%s:%u", self->set->path, self->reader.line);
  return data_refuse (self->error, place, "%s", what);
}

static gboolean
read_header (Csv *self, const GPtrArray *fields)
{
  for (guint i = 0; i < N_COLUMNS; i++)
    self->columns[i] = -1;
  for (guint i = 0; i < fields->len; i++) {
    g_autofree char *name = g_strstrip (g_strdup (g_ptr_array_index (fields, i)));
    guint column = 0;
    while (column < N_COLUMNS && !g_str_equal (name, column_names[column]))
      column++;
    g_autofree char *shown = clip_printable (name, -1, CLIP_MESSAGE_VALUE);
    if (column == N_COLUMNS)
      return refuse_row (self, "column \"%s\": expected a header line of file,start,end,label", shown);
    if (self->columns[column] >= 0)
      return refuse_row (self, "column \"%s\" is there twice", shown);
    self->columns[column] = (int)i;
  }
  self->n_columns = fields->len;
  if (self->columns[FILE_COLUMN] < 0 || self->columns[LABEL_COLUMN] < 0)
    return refuse_row (self, "column \"%s\" is missing: expected a header line of file,start,end,label",
        column_names[self->columns[FILE_COLUMN] < 0 ? FILE_COLUMN : LABEL_COLUMN]);
  return TRUE;
}

static const char *
get_field (const Csv *self, const GPtrArray *fields, guint column)
{
  return self->columns[column] < 0 ? "" : g_ptr_array_index (fields, (guint)self->columns[column]);
}

/* Empty: unchanged. */
static gboolean
read_seconds (Csv *self, const GPtrArray *fields, guint column, gint64 *ret_time)
{
  g_autofree char *text = g_strstrip (g_strdup (get_field (self, fields, column)));
  char *end;
  if (!*text)
    return TRUE;
  double seconds = g_ascii_strtod (text, &end);
  if (*end || end == text || !(seconds >= 0 && seconds <= MAX_SECONDS)) {
    g_autofree char *shown = clip_printable (text, -1, CLIP_MESSAGE_VALUE);
    return refuse_row (self, "%s \"%s\": expected seconds from 0 to %.0f", column_names[column], shown, MAX_SECONDS);
  }
  *ret_time = (gint64)round (seconds * 1e9);
  return TRUE;
}

/* A path that is there, or a URI. */
static gboolean
find_file (Csv *self, const char *file, guint *ret_index)
{
  gpointer known = g_hash_table_lookup (self->by_file, file);
  if (known) {
    *ret_index = GPOINTER_TO_UINT (known) - 1;
    return TRUE;
  }
  g_autofree char *shown = clip_printable (file, -1, CLIP_MESSAGE_NAME);
  if (!*file)
    return refuse_row (self, "the file's name is empty");
  if (!strstr (file, "://")) {
    g_autofree char *path = g_canonicalize_filename (file, self->folder);
    struct stat status;
    if (stat (path, &status) != 0)
      return refuse_row (self, "file \"%s\": %s", shown, g_strerror (errno));
    if (!S_ISREG (status.st_mode))
      return refuse_row (self, "file \"%s\": expected a regular file", shown);
  }
  char *copy = g_strdup (file);
  g_ptr_array_add (self->files, copy);
  g_hash_table_insert (self->by_file, copy, GUINT_TO_POINTER (self->files->len));
  *ret_index = self->files->len - 1;
  return TRUE;
}

static gboolean
read_row (Csv *self, const GPtrArray *fields)
{
  Row row = { .span = { .start = 0, .end = G_MAXINT64 } };
  if (fields->len != self->n_columns)
    return refuse_row (self, "%u fields: expected %u, as in the header line", fields->len, self->n_columns);
  if (!find_file (self, get_field (self, fields, FILE_COLUMN), &row.item)
      || !read_seconds (self, fields, START_COLUMN, &row.span.start)
      || !read_seconds (self, fields, END_COLUMN, &row.span.end))
    return FALSE;
  if (row.span.end <= row.span.start)
    return refuse_row (self, "end %g s: expected it after the start, %g s", row.span.end / 1e9, row.span.start / 1e9);

  const char *text = get_field (self, fields, LABEL_COLUMN);
  if (!g_utf8_validate (text, -1, NULL))
    return refuse_row (self, "the label: expected text in UTF-8");
  g_auto (GStrv) labels = g_strsplit (text, "|", -1);
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  if (!*stripped)
    return (row.span.start == 0 && row.span.end == G_MAXINT64)
           || refuse_row (self, "a start or end without a label: expected a label");
  for (guint i = 0; labels[i]; i++) {
    const char *label = g_strstrip (labels[i]);
    if (!*label)
      return refuse_row (self, "an empty label between \"|\"");
    g_autofree char *place = g_strdup_printf ("%s:%u", self->set->path, self->reader.line);
    row.span.label = data_names_get (self->names, label, place);
    g_array_append_val (self->rows, row);
  }
  return TRUE;
}

static gboolean
read_rows (Csv *self)
{
  g_autoptr (GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);
  const char *wrong;
  gboolean first = TRUE;
  for (; csv_reader_next (&self->reader, fields, &wrong); first = FALSE)
    if (!(first ? read_header (self, fields) : read_row (self, fields)))
      return FALSE;
  if (wrong)
    return refuse_row (self, "%s", wrong);
  if (first || self->files->len == 0)
    return refuse_row (
        self, first ? "it is empty: expected a header line of file,start,end,label" : "no row behind the header line");
  return TRUE;
}

/* Rows in the order of the files, which have to be contiguous in the set. */
static void
add_items (Csv *self)
{
  guint n = self->files->len;
  g_autofree guint *counts = g_new0 (guint, n + 1);
  g_autofree Row *sorted = g_new (Row, self->rows->len + 1);
  for (guint i = 0; i < self->rows->len; i++)
    counts[g_array_index (self->rows, Row, i).item + 1]++;
  for (guint i = 0; i < n; i++)
    counts[i + 1] += counts[i];
  for (guint i = 0; i < self->rows->len; i++) {
    const Row *row = &g_array_index (self->rows, Row, i);
    sorted[counts[row->item]++] = *row;
  }
  for (guint i = 0, k = 0; i < n; i++) {
    const char *file = g_ptr_array_index (self->files, i);
    char *path = strstr (file, "://") ? g_strdup (file) : g_canonicalize_filename (file, self->folder);
    data_add_item (self->set, g_strdup (file), path);
    for (; k < self->rows->len && sorted[k].item == i; k++)
      data_add_span (self->set, sorted[k].span.label, sorted[k].span.start, sorted[k].span.end);
  }
}

gboolean
data_list_csv (DataSet *set, GError **error)
{
  g_autofree char *text = NULL;
  gsize length;
  if (!data_read_file (set->path, MAX_CSV, &text, &length, error))
    return FALSE;
  Csv self = { .set = set, .error = error };
  g_autofree char *parent = g_path_get_dirname (set->path);
  g_autofree char *folder = self.folder = g_canonicalize_filename (parent, NULL);
  g_autoptr (DataNames) names = self.names = data_names_new ();
  g_autoptr (GPtrArray) files = self.files = g_ptr_array_new ();
  g_autoptr (GHashTable) by_file = self.by_file = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GArray) rows = self.rows = g_array_new (FALSE, FALSE, sizeof (Row));
  csv_reader_init (&self.reader, text, length);
  if (!read_rows (&self))
    return FALSE;
  add_items (&self);
  data_names_finish (names, set);
  return TRUE;
}
