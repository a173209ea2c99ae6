/* SPDX-License-Identifier: MIT
 *
 * datatar.c: WebDataset: tar files in which a sample's files follow each other and differ in their extension: KEY.jpg
 * with KEY.cls, KEY.json or KEY.txt, in this order of precedence.
 *
 * .cls has a number: the index of a class, in classnames.txt where the shards or the folder above them have one, as
 * CLIP_benchmark's sets do. .json has "label" (a name, a number or a list of them) or "labels". .txt has a name, or
 * several separated by '|'. Names and numbers do not mix.
 */
#include <string.h>

#include "clip-json.h"
#include "clip-message.h"
#include "data/datalist.h"
#include "data/tarreader.h"

#define MAX_LABEL   ((gsize)1 << 20) /* bytes of a label's file */
#define CLASS_NAMES "classnames.txt"
#define MAX_NUMBER  1000000

typedef enum
{
  PART_NONE,
  PART_TXT, /* labels, from the least preferred on */
  PART_JSON,
  PART_CLS,
  PART_PICTURE
} Part;

typedef struct
{
  DataSet *set;
  DataNames *names;
  GPtrArray *class_names; /* NULL: none */
  gboolean has_names, has_numbers;

  const char *path; /* of the tar */
  guint64 n_entries;
  char *key;        /* of the sample being read; NULL = none */
  char *picture;    /* its file's name */
  guint64 position; /* its index among the tar's files */
  Part label_part;  /* where its labels are from */
  GArray *labels;   /* of guint: in names */
  GError **error;
} Tar;

static gboolean refuse_part (Tar *self, const char *name, const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
refuse_part (Tar *self, const char *name, const char *format, ...)
{
  va_list values;
  va_start (values, format);
  g_autofree char *what = g_strdup_vprintf (format, values);
  va_end (values);
  g_autofree char *place = g_strdup_printf ("%s: %s", self->path, name);
  return data_refuse (self->error, place, "%s", what);
}

/* ---- Names --------------------------------------------------------------------------------------------- */

/* "a/b.c.jpg" is the key "a/b" with "c.jpg". */
static const char *
find_extension (const char *name)
{
  const char *slash = strrchr (name, '/');
  return strchr (slash ? slash + 1 : name, '.');
}

static Part
find_part (const char *extension)
{
  static const struct
  {
    const char *extension;
    Part part;
  } parts[] = {
    { ".jpg", PART_PICTURE },
    { ".jpeg", PART_PICTURE },
    { ".png", PART_PICTURE },
    { ".webp", PART_PICTURE },
    { ".gif", PART_PICTURE },
    { ".bmp", PART_PICTURE },
    { ".tif", PART_PICTURE },
    { ".tiff", PART_PICTURE },
    { ".ppm", PART_PICTURE },
    { ".pgm", PART_PICTURE },
    { ".heic", PART_PICTURE },
    { ".avif", PART_PICTURE },
    { ".cls", PART_CLS },
    { ".json", PART_JSON },
    { ".txt", PART_TXT },
  };
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (g_ascii_strcasecmp (extension, parts[i].extension) == 0)
      return parts[i].part;
  return PART_NONE;
}

/* ---- Labels -------------------------------------------------------------------------------------------- */

static gboolean
add_name (Tar *self, const char *name, const char *label)
{
  g_autofree char *stripped = g_strstrip (g_strdup (label));
  if (!*stripped || !g_utf8_validate (stripped, -1, NULL) || strchr (stripped, '\n'))
    return refuse_part (self, name, "expected a label of one line in UTF-8");
  g_autofree char *place = g_strdup_printf ("%s: %s", self->path, name);
  guint index = data_names_get (self->names, stripped, place);
  self->has_names = TRUE;
  g_array_append_val (self->labels, index);
  return TRUE;
}

static gboolean
add_number (Tar *self, const char *name, gint64 number)
{
  gint64 limit = self->class_names ? self->class_names->len : MAX_NUMBER;
  if (number < 0 || number >= limit)
    return refuse_part (self, name, "class %" G_GINT64_FORMAT ": expected 0 to %" G_GINT64_FORMAT, number, limit - 1);
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, number);
  g_autofree char *place = g_strdup_printf ("%s: %s", self->path, name);
  guint index = data_names_get (self->names, text, place);
  self->has_numbers = TRUE;
  g_array_append_val (self->labels, index);
  return TRUE;
}

static gboolean
read_cls (Tar *self, const char *name, const char *text)
{
  gint64 number;
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  if (!g_ascii_string_to_signed (stripped, 10, 0, MAX_NUMBER, &number, NULL)) {
    g_autofree char *shown = clip_printable (stripped, -1, CLIP_MESSAGE_VALUE);
    return refuse_part (self, name, "\"%s\": expected the index of a class, 0 to %d", shown, MAX_NUMBER);
  }
  return add_number (self, name, number);
}

static gboolean
read_txt (Tar *self, const char *name, const char *text)
{
  g_auto (GStrv) labels = g_strsplit (text, "|", -1);
  for (guint i = 0; labels[i]; i++)
    if (!add_name (self, name, labels[i]))
      return FALSE;
  return TRUE;
}

static gboolean
read_value (Tar *self, const char *name, const ClipJsonValue *value)
{
  gint64 number;
  if (clip_json_type (value) == CLIP_JSON_STRING)
    return add_name (self, name, clip_json_as_string (value));
  if (clip_json_as_int (value, &number))
    return add_number (self, name, number);
  return refuse_part (self, name, "field 'label': expected a name, the index of a class, or a list of them");
}

/* Without a label it may be there for something else. */
static gboolean
read_json (Tar *self, const char *name, const char *text, gsize length, gboolean *ret_found)
{
  g_autofree char *place = g_strdup_printf ("%s: %s", self->path, name);
  g_autoptr (ClipJson) json = clip_json_parse_object (place, text, length, self->error);
  if (!json)
    return FALSE;
  const ClipJsonValue *label = clip_json_member (clip_json_root (json), "label");
  if (!label)
    label = clip_json_member (clip_json_root (json), "labels");
  *ret_found = label != NULL;
  if (clip_json_type (label) != CLIP_JSON_ARRAY)
    return !label || read_value (self, name, label);
  for (guint i = 0; i < clip_json_length (label); i++)
    if (!read_value (self, name, clip_json_element (label, i)))
      return FALSE;
  return TRUE;
}

static gboolean
read_label (Tar *self, TarReader *reader, const char *name, Part part)
{
  gsize length;
  gboolean found = TRUE;
  if (part <= self->label_part)
    return TRUE;
  g_autoptr (GBytes) bytes = tar_reader_read (reader, MAX_LABEL, self->error);
  if (!bytes)
    return FALSE;
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, &length), g_bytes_get_size (bytes));
  g_autoptr (GArray) before = g_steal_pointer (&self->labels);
  self->labels = g_array_new (FALSE, FALSE, sizeof (guint));
  gboolean ok = part == PART_CLS   ? read_cls (self, name, text)
                : part == PART_TXT ? read_txt (self, name, text)
                                   : read_json (self, name, text, length, &found);
  if (found) {
    self->label_part = part;
  } else {
    g_array_unref (self->labels);
    self->labels = g_steal_pointer (&before);
  }
  return ok;
}

/* ---- Samples ------------------------------------------------------------------------------------------- */

static gboolean
finish_sample (Tar *self)
{
  if (!self->key)
    return TRUE;
  if (!self->picture)
    return refuse_part (self, self->key, "no picture: expected .jpg, .png or .webp");
  if (self->label_part == PART_NONE)
    return refuse_part (self, self->key, "no label: expected .cls, .txt or .json with \"label\"");
  g_autofree char *base = g_path_get_basename (self->path);
  DataItem *item = data_add_item (self->set, g_strdup_printf ("%s: %s", base, self->picture), NULL);
  item->source = self->set->sources->len;
  item->position = self->position;
  for (guint i = 0; i < self->labels->len; i++)
    data_add_span (self->set, g_array_index (self->labels, guint, i), 0, G_MAXINT64);
  g_clear_pointer (&self->key, g_free);
  g_clear_pointer (&self->picture, g_free);
  self->label_part = PART_NONE;
  g_array_set_size (self->labels, 0);
  return TRUE;
}

static gboolean
add_entry (Tar *self, TarReader *reader, const char *name)
{
  const char *extension = find_extension (name), *slash = strrchr (name, '/');
  const char *base = slash ? slash + 1 : name;
  /* "__index__" and the like are not samples, nor is what macOS leaves. */
  if (!extension || *base == '.' || g_str_has_prefix (base, "__"))
    return TRUE;
  g_autofree char *key = g_strndup (name, (gsize)(extension - name));
  if (self->key && !g_str_equal (key, self->key) && !finish_sample (self))
    return FALSE;
  Part part = find_part (extension);
  if (!self->key)
    self->key = g_steal_pointer (&key);
  if (part == PART_NONE)
    return TRUE;
  if (part != PART_PICTURE)
    return read_label (self, reader, name, part);
  if (self->picture)
    return refuse_part (self, name, "a second picture of one sample");
  self->picture = g_strdup (name);
  self->position = self->n_entries;
  return TRUE;
}

static gboolean
list_tar (Tar *self, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TarReader) reader = tar_reader_new (path, self->error);
  const char *name;
  self->path = path;
  self->n_entries = 0;
  if (!reader)
    return FALSE;
  for (; (name = tar_reader_next (reader, &error)); self->n_entries++)
    if (!add_entry (self, reader, name))
      return FALSE;
  if (error) {
    g_propagate_error (self->error, g_steal_pointer (&error));
    return FALSE;
  }
  if (!finish_sample (self))
    return FALSE;
  g_ptr_array_add (self->set->sources, g_strdup (path));
  return TRUE;
}

/* ---- Shards -------------------------------------------------------------------------------------------- */

static GPtrArray *
find_tars (const char *folder)
{
  GPtrArray *tars = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) names = data_list_folder (folder, NULL);
  for (guint i = 0; names && i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    if (data_has_extension (name, ".tar") || data_has_extension (name, ".tgz") || strstr (name, ".tar."))
      g_ptr_array_add (tars, g_build_filename (folder, name, NULL));
  }
  return tars;
}

/* CLIP_benchmark keeps the shards of the test set in a folder of this name. */
static char *
find_shards (const char *path)
{
  g_autoptr (GPtrArray) tars = find_tars (path);
  return tars->len > 0 ? g_strdup (path) : g_build_filename (path, "test", NULL);
}

gboolean
data_has_tars (const char *folder)
{
  g_autofree char *shards = find_shards (folder);
  g_autoptr (GPtrArray) tars = find_tars (shards);
  return tars->len > 0;
}

/* NULL without an error where there are none. */
static GPtrArray *
find_class_names (const char *shards, GError **error)
{
  g_autofree char *above = g_path_get_dirname (shards);
  const char *folders[] = { shards, above };
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree char *path = g_build_filename (folders[i], CLASS_NAMES, NULL);
    if (g_file_test (path, G_FILE_TEST_EXISTS))
      return data_read_lines (path, NULL, error);
  }
  return NULL;
}

/* Labels that are numbers become indices: of the class names, or of as many numbers as it takes. */
static void
name_numbers (Tar *self)
{
  DataSet *set = self->set;
  if (!self->has_numbers)
    return;
  set->numbered = TRUE;
  set->nameless = self->class_names == NULL;
  guint n = 0;
  for (guint i = 0; i < set->spans->len; i++) {
    DataSpan *span = &g_array_index (set->spans, DataSpan, i);
    span->label = (guint)g_ascii_strtoull (g_ptr_array_index (set->labels, span->label), NULL, 10);
    n = MAX (n, span->label + 1);
  }
  GPtrArray *places = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_set_size (places, (gint)MAX (n, self->class_names ? self->class_names->len : 0));
  for (guint i = 0; i < set->labels->len; i++)
    g_ptr_array_index (places, g_ascii_strtoull (g_ptr_array_index (set->labels, i), NULL, 10))
        = g_strdup (g_ptr_array_index (set->places, i));
  g_ptr_array_unref (set->places);
  set->places = places;
  g_ptr_array_unref (set->labels);
  set->labels = self->class_names ? g_steal_pointer (&self->class_names) : g_ptr_array_new_with_free_func (g_free);
  for (guint i = set->labels->len; i < n; i++)
    g_ptr_array_add (set->labels, g_strdup_printf ("%u", i));
}

gboolean
data_list_tars (DataSet *set, GError **error)
{
  g_autoptr (GError) reason = NULL;
  gboolean is_folder = g_file_test (set->path, G_FILE_TEST_IS_DIR);
  g_autofree char *shards = is_folder ? find_shards (set->path) : g_path_get_dirname (set->path);
  g_autoptr (GPtrArray) tars = is_folder ? find_tars (shards) : g_ptr_array_new_with_free_func (g_free);
  if (!is_folder)
    g_ptr_array_add (tars, g_strdup (set->path));
  if (tars->len == 0)
    return data_refuse (error, set->path, "expected .tar files in it");

  Tar self = { .set = set, .error = error };
  g_autoptr (DataNames) names = self.names = data_names_new ();
  self.labels = g_array_new (FALSE, FALSE, sizeof (guint));
  self.class_names = find_class_names (shards, &reason);
  gboolean ok = reason == NULL;
  if (reason)
    g_propagate_error (error, g_steal_pointer (&reason));
  for (guint i = 0; ok && i < tars->len; i++)
    ok = list_tar (&self, g_ptr_array_index (tars, i));
  if (ok && self.has_names && self.has_numbers)
    ok = data_refuse (error, set->path, "some samples have a class's name, some its index: expected one of the two");
  if (ok) {
    data_names_finish (names, set);
    name_numbers (&self);
  }
  g_clear_pointer (&self.class_names, g_ptr_array_unref);
  g_array_unref (self.labels);
  g_free (self.key);
  g_free (self.picture);
  return ok;
}
