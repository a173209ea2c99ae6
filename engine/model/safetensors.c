/* SPDX-License-Identifier: MIT
 *
 * safetensors.c: see safetensors.h. The checks and their order are those of the reference's SafeTensors::read_metadata
 * and Metadata::validate (huggingface/safetensors, safetensors/src/tensor.rs). Files stay open until
 * clip_safetensors_free(), for tensors are read from them; nothing changes after opening, so any thread may read.
 */
#include "model/safetensors.h"

#include "clip.h"
#include "base/file.h"
#include "clip-json.h"
#include "clip-message.h"
#include "base/names.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX 8 /* bytes that hold the header's length */

/* One file. */
typedef struct
{
  ClipFile file;
  ClipJson *header; /* the tensors' names are its own */
  gsize data_start; /* offset of the first byte after the header */
} Shard;

struct _ClipSafetensors
{
  GPtrArray *shards;   /* Shard */
  ClipTensor *tensors; /* [n], in the order of their data, shard by shard */
  guint n;
  ClipNames by_name; /* index in tensors */
};

static const struct
{
  const char *name;
  ClipDtype dtype;
  guint size; /* bytes */
} dtypes[] = {
  { "F32", CLIP_DTYPE_F32, 4 },
  { "F16", CLIP_DTYPE_F16, 2 },
  { "BF16", CLIP_DTYPE_BF16, 2 },
  { "I64", CLIP_DTYPE_I64, 8 },
  { "U8", CLIP_DTYPE_U8, 1 },
  { "F64", CLIP_DTYPE_OTHER, 8 },
  { "I32", CLIP_DTYPE_OTHER, 4 },
  { "I16", CLIP_DTYPE_OTHER, 2 },
  { "I8", CLIP_DTYPE_OTHER, 1 },
  { "U64", CLIP_DTYPE_OTHER, 8 },
  { "U32", CLIP_DTYPE_OTHER, 4 },
  { "U16", CLIP_DTYPE_OTHER, 2 },
  { "BOOL", CLIP_DTYPE_OTHER, 1 },
  { "F8_E4M3", CLIP_DTYPE_OTHER, 1 },
  { "F8_E5M2", CLIP_DTYPE_OTHER, 1 },
};

/* A tensor as the header gives it, before its range is known to lie in the file. */
typedef struct
{
  ClipTensor tensor;
  guint64 begin, end; /* bytes from the data's start */
} Entry;

/* What the visitor of the header's members works on. */
typedef struct
{
  const Shard *shard;
  Entry *entries; /* [as many as the header has members] */
  guint n;
  GError **error;
} HeaderReader;

static void
shard_free (Shard *shard)
{
  clip_file_close (&shard->file);
  clip_json_free (shard->header);
  g_free (shard);
}

/* Always FALSE: "FILE: tensor 'NAME': …". */
G_GNUC_PRINTF (5, 6)
static gboolean
fail_tensor (const Shard *shard, const char *name, ClipErrorCode code, GError **error, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  g_autofree char *shown = clip_printable (name, -1, CLIP_MESSAGE_NAME);
  g_set_error (error, CLIP_ERROR, code, "%s: tensor '%s': %s", shard->file.shown, shown, what);
  return FALSE;
}

/* Always FALSE. */
static gboolean
fail_header_memory (const Shard *shard, GError **error)
{
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "%s: not enough memory to read its header", shard->file.shown);
  return FALSE;
}

/* ---- The header ---------------------------------------------------------------------------------------- */

/* A size or offset. Those that no gint64 holds are numbers all the same, only too large for any file. */
static gboolean
read_size (
    const HeaderReader *reader, const char *name, const char *field, const ClipJsonValue *value, guint64 *ret_size)
{
  gint64 number;
  double magnitude;
  if (clip_json_as_int (value, &number) && number >= 0) {
    *ret_size = (guint64)number;
    return TRUE;
  }
  if (clip_json_as_double (value, &magnitude) && magnitude > 9e18)
    return fail_tensor (reader->shard, name, CLIP_ERROR_FORMAT, reader->error, "a size in '%s' overflows", field);
  return fail_tensor (
      reader->shard, name, CLIP_ERROR_FORMAT, reader->error, "'%s': expected whole numbers >= 0", field);
}

static gboolean
read_dtype (
    const HeaderReader *reader, const char *name, const ClipJsonValue *info, ClipTensor *tensor, guint *ret_size)
{
  const char *text = clip_json_as_string (clip_json_member (info, "dtype"));
  if (!text)
    return fail_tensor (reader->shard, name, CLIP_ERROR_FORMAT, reader->error, "expected a string 'dtype'");
  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++) {
    if (strcmp (dtypes[i].name, text) == 0) {
      tensor->dtype = dtypes[i].dtype;
      tensor->dtype_name = dtypes[i].name;
      *ret_size = dtypes[i].size;
      return TRUE;
    }
  }
  g_autofree char *shown = clip_printable (text, -1, CLIP_MESSAGE_VALUE);
  return fail_tensor (reader->shard, name, CLIP_ERROR_UNSUPPORTED, reader->error, "unknown dtype \"%s\"", shown);
}

static gboolean
read_shape (const HeaderReader *reader, const char *name, const ClipJsonValue *info, guint element_size,
    ClipTensor *tensor, guint64 *ret_bytes)
{
  const ClipJsonValue *shape = clip_json_member (info, "shape");
  if (clip_json_type (shape) != CLIP_JSON_ARRAY)
    return fail_tensor (reader->shard, name, CLIP_ERROR_FORMAT, reader->error, "expected an array 'shape'");
  guint n_dims = clip_json_length (shape);
  if (n_dims > CLIP_TENSOR_MAX_DIMS)
    return fail_tensor (reader->shard, name, CLIP_ERROR_UNSUPPORTED, reader->error,
        "%u dimensions, at most %d are supported", n_dims, CLIP_TENSOR_MAX_DIMS);

  tensor->n_dims = n_dims;
  tensor->n_elements = 1;
  gboolean fits = TRUE;
  for (guint i = 0; i < n_dims; i++) {
    if (!read_size (reader, name, "shape", clip_json_element (shape, i), &tensor->shape[i]))
      return FALSE;
    fits = fits && g_uint64_checked_mul (&tensor->n_elements, tensor->n_elements, tensor->shape[i]);
  }
  if (!fits || !g_uint64_checked_mul (ret_bytes, tensor->n_elements, element_size)) {
    g_autofree char *text = clip_tensor_shape_string (tensor);
    return fail_tensor (reader->shard, name, CLIP_ERROR_FORMAT, reader->error, "the size of shape %s overflows", text);
  }
  return TRUE;
}

static gboolean
read_offsets (const HeaderReader *reader, const char *name, const ClipJsonValue *info, Entry *entry)
{
  const ClipJsonValue *offsets = clip_json_member (info, "data_offsets");
  if (clip_json_type (offsets) != CLIP_JSON_ARRAY || clip_json_length (offsets) != 2)
    return fail_tensor (reader->shard, name, CLIP_ERROR_FORMAT, reader->error, "expected 'data_offsets' [begin, end]");
  return read_size (reader, name, "data_offsets", clip_json_element (offsets, 0), &entry->begin)
         && read_size (reader, name, "data_offsets", clip_json_element (offsets, 1), &entry->end);
}

static gboolean
visit_metadata (const char *key, const ClipJsonValue *value, gpointer user_data)
{
  return clip_json_as_string (value) != NULL;
}

/* ClipJsonVisit for the header's members. */
static gboolean
visit_member (const char *name, const ClipJsonValue *value, gpointer user_data)
{
  HeaderReader *reader = user_data;
  if (strcmp (name, "__metadata__") == 0) {
    gboolean is_map = clip_json_type (value) == CLIP_JSON_OBJECT && clip_json_foreach (value, visit_metadata, NULL);
    if (is_map || clip_json_type (value) == CLIP_JSON_NULL)
      return TRUE;
    g_set_error (reader->error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: '__metadata__' is not an object of strings",
        reader->shard->file.shown);
    return FALSE;
  }
  if (clip_json_type (value) != CLIP_JSON_OBJECT)
    return fail_tensor (reader->shard, name, CLIP_ERROR_FORMAT, reader->error, "expected an object that describes it");

  Entry entry = { .tensor.file = reader->shard->file.shown };
  guint element_size = 0;
  guint64 bytes = 0;
  if (!read_dtype (reader, name, value, &entry.tensor, &element_size)
      || !read_shape (reader, name, value, element_size, &entry.tensor, &bytes)
      || !read_offsets (reader, name, value, &entry))
    return FALSE;
  if (entry.end < entry.begin)
    return fail_tensor (reader->shard, name, CLIP_ERROR_FORMAT, reader->error,
        "its data ends before it begins (invalid offset %" G_GUINT64_FORMAT ")", entry.end);
  if (entry.end - entry.begin != bytes) {
    g_autofree char *shape = clip_tensor_shape_string (&entry.tensor);
    return fail_tensor (reader->shard, name, CLIP_ERROR_FORMAT, reader->error,
        "%s %s takes %" G_GUINT64_FORMAT " bytes, but its data has %" G_GUINT64_FORMAT, entry.tensor.dtype_name, shape,
        bytes, entry.end - entry.begin);
  }
  entry.tensor.name = name;
  reader->entries[reader->n++] = entry;
  return TRUE;
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *x = a, *y = b;
  if (x->begin != y->begin)
    return x->begin < y->begin ? -1 : 1;
  if (x->end != y->end)
    return x->end < y->end ? -1 : 1;
  return strcmp (x->tensor.name, y->tensor.name);
}

/* The ranges, sorted, must tile the data; then they become tensors of the file. */
static gboolean
place_entries (ClipSafetensors *self, const Shard *shard, Entry *entries, guint n, GError **error)
{
  guint64 data_size = shard->file.length - shard->data_start, at = 0;
  if (n)
    qsort (entries, n, sizeof *entries, compare_entries);
  for (guint i = 0; i < n; i++) {
    const Entry *entry = &entries[i];
    if (entry->begin != at)
      return fail_tensor (shard, entry->tensor.name, CLIP_ERROR_FORMAT, error,
          "invalid offset: its data begins at %" G_GUINT64_FORMAT ", the previous ends at %" G_GUINT64_FORMAT,
          entry->begin, at);
    at = entry->end;
  }
  if (at != data_size) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT,
        "%s: incomplete or overlong: its tensors take %" G_GUINT64_FORMAT " bytes, the file has %" G_GUINT64_FORMAT
        " after its header",
        shard->file.shown, at, data_size);
    return FALSE;
  }

  ClipTensor *tensors = g_try_renew (ClipTensor, self->tensors, MAX ((gsize)self->n + n, 1));
  if (!tensors)
    return fail_header_memory (shard, error);
  self->tensors = tensors;
  for (guint i = 0; i < n; i++) {
    ClipTensor *tensor = &tensors[self->n++];
    *tensor = entries[i].tensor;
    tensor->in = &shard->file;
    tensor->offset = shard->data_start + entries[i].begin;
    tensor->n_bytes = (gsize)(entries[i].end - entries[i].begin);
  }
  return TRUE;
}

/* When all files are in. */
static gboolean
sort_tensors (ClipSafetensors *self, GError **error)
{
  for (guint i = 0; i < self->n; i++)
    if (!clip_names_add (&self->by_name, self->tensors[i].name, i))
      return fail_header_memory (g_ptr_array_index (self->shards, 0), error);
  const ClipName *same = clip_names_sort (&self->by_name);
  if (!same)
    return TRUE;
  const ClipTensor *first = &self->tensors[same[0].value], *second = &self->tensors[same[1].value];
  g_autofree char *shown = clip_printable (second->name, -1, CLIP_MESSAGE_NAME);
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: tensor '%s': also in %s", second->file, shown, first->file);
  return FALSE;
}

/* Sets shard->data_start; FALSE when the header does not fit. */
static gboolean
measure_header (Shard *shard, GError **error)
{
  static const char lfs[] = "version https://git-lfs";
  gsize size = shard->file.length;
  guint8 start[sizeof lfs - 1] = { 0 };
  guint64 header = 0;
  if (!clip_file_read_at (&shard->file, 0, start, MIN (size, sizeof start), error))
    return FALSE;
  if (memcmp (start, lfs, sizeof start) == 0) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT,
        "%s: this is a Git LFS pointer in place of the file; fetch it with \"git lfs pull\"", shard->file.shown);
    return FALSE;
  }
  if (size < PREFIX) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT,
        "%s: not a safetensors file: header too small, the file has only %" G_GSIZE_FORMAT " bytes", shard->file.shown,
        size);
    return FALSE;
  }
  memcpy (&header, start, PREFIX);
  if (header > CLIP_SAFETENSORS_MAX_HEADER) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT,
        "%s: not a safetensors file: header too large, %" G_GUINT64_FORMAT " bytes of at most %u", shard->file.shown,
        header, CLIP_SAFETENSORS_MAX_HEADER);
    return FALSE;
  }
  if (header > size - PREFIX) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT,
        "%s: invalid header length: %" G_GUINT64_FORMAT " bytes in a file of %" G_GSIZE_FORMAT, shard->file.shown,
        header, size);
    return FALSE;
  }
  shard->data_start = PREFIX + (gsize)header;
  return TRUE;
}

/* The header's text; NULL with `error` set. */
static char *
read_header (const Shard *shard, GError **error)
{
  gsize length = shard->data_start - PREFIX;
  g_autofree char *text = g_try_malloc (MAX (length, 1));
  if (!text)
    fail_header_memory (shard, error);
  else if (clip_file_read_at (&shard->file, PREFIX, text, length, error))
    return g_steal_pointer (&text);
  return NULL;
}

static gboolean
parse_header (ClipSafetensors *self, Shard *shard, const char *text, GError **error)
{
  g_autofree char *name = g_strconcat (shard->file.shown, ": header", NULL);
  shard->header = clip_json_parse_object (name, text, shard->data_start - PREFIX, error);
  if (!shard->header)
    return FALSE;
  const ClipJsonValue *root = clip_json_root (shard->header);
  g_autofree Entry *entries = g_try_new (Entry, MAX (clip_json_length (root), 1));
  if (!entries)
    return fail_header_memory (shard, error);
  HeaderReader reader = { .shard = shard, .entries = entries, .error = error };
  return clip_json_foreach (root, visit_member, &reader) && place_entries (self, shard, entries, reader.n, error);
}

/* From here on everything read belongs together, and to this header, if clip_file_check() confirms it in the end. */
static gboolean
settle_shard (const Shard *shard, const char *text, GError **error)
{
  gboolean waited;
  if (!clip_file_settle (&shard->file, &waited, error))
    return FALSE;
  g_autofree char *again = waited ? read_header (shard, error) : NULL;
  if (!waited || (again && memcmp (text, again, shard->data_start - PREFIX) == 0))
    return TRUE;
  if (again)
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FILE, "%s: changed while it was being read", shard->file.shown);
  return FALSE;
}

static gboolean
add_shard_file (ClipSafetensors *self, const char *path, GError **error)
{
  Shard *shard = g_new0 (Shard, 1);
  g_ptr_array_add (self->shards, shard);
  if (!clip_file_open (path, &shard->file, error) || !measure_header (shard, error))
    return FALSE;
  g_autofree char *text = read_header (shard, error);
  return text && parse_header (self, shard, text, error) && settle_shard (shard, text, error);
}

/* ---- Opening ------------------------------------------------------------------------------------------- */

static ClipSafetensors *
new_empty (void)
{
  ClipSafetensors *self = g_new0 (ClipSafetensors, 1);
  self->shards = g_ptr_array_new_with_free_func ((GDestroyNotify)shard_free);
  return self;
}

ClipSafetensors *
clip_safetensors_open (const char *path, GError **error)
{
  g_autoptr (ClipSafetensors) self = new_empty ();
  return add_shard_file (self, path, error) && sort_tensors (self, error) ? g_steal_pointer (&self) : NULL;
}

/* The index file's weight_map: tensor name -> shard's file name. */
typedef struct
{
  const ClipJson *doc;
  const ClipJsonValue *map;
  ClipSafetensors *self;
  ClipNames
      names; /* the shards' files, owned by the document; in self's order once they are sorted and each is there once */
  GError **error;
} IndexReader;

/* Always FALSE. */
static gboolean
fail_index (const IndexReader *reader, const char *tensor, ClipErrorCode code, const char *what, const char *value)
{
  g_autofree char *shown = clip_printable (tensor, -1, CLIP_MESSAGE_NAME);
  g_autofree char *shown_value = clip_printable (value, -1, CLIP_MESSAGE_NAME);
  g_set_error (reader->error, CLIP_ERROR, code, "%s: field 'weight_map.%s': %s%s%s%s", clip_json_name (reader->doc),
      shown, what, value ? " \"" : "", shown_value, value ? "\"" : "");
  return FALSE;
}

/* ClipJsonVisit: collects the shards' names. */
static gboolean
visit_shard_name (const char *tensor, const ClipJsonValue *value, gpointer user_data)
{
  IndexReader *reader = user_data;
  const char *name = clip_json_as_string (value);
  if (!name)
    return fail_index (reader, tensor, CLIP_ERROR_FORMAT, "expected a file name", NULL);
  if (!*name || strchr (name, '/') || strstr (name, "..") || strcmp (name, ".") == 0)
    return fail_index (reader, tensor, CLIP_ERROR_FORMAT, "expected the name of a file in this folder, found", name);
  if (clip_names_add (&reader->names, name, 0))
    return TRUE;
  g_set_error (reader->error, CLIP_ERROR, CLIP_ERROR_MEMORY, "%s: not enough memory for its %u tensors",
      clip_json_name (reader->doc), clip_json_length (reader->map));
  return FALSE;
}

/* ClipJsonVisit: the tensor must be in the shard that the index gives. */
static gboolean
visit_placement (const char *tensor, const ClipJsonValue *value, gpointer user_data)
{
  IndexReader *reader = user_data;
  const char *name = clip_json_as_string (value);
  const ClipTensor *found = clip_safetensors_find (reader->self, tensor);
  const ClipName *file = clip_names_find (&reader->names, name);
  const Shard *shard = g_ptr_array_index (reader->self->shards, file - reader->names.items);
  if (!found || found->file != shard->file.shown)
    return fail_index (reader, tensor, CLIP_ERROR_MODEL, "there is no such tensor in", name);
  return TRUE;
}

/* One order on every machine, each file once. */
static void
sort_files (ClipNames *names)
{
  gsize n = 0;
  clip_names_sort (names);
  for (gsize i = 0; i < names->n; i++)
    if (n == 0 || strcmp (names->items[n - 1].name, names->items[i].name) != 0)
      names->items[n++] = names->items[i];
  names->n = n;
}

static gboolean
add_shards (IndexReader *reader, const char *folder)
{
  if (!clip_json_foreach (reader->map, visit_shard_name, reader))
    return FALSE;
  sort_files (&reader->names);
  for (gsize i = 0; i < reader->names.n; i++) {
    g_autofree char *path = g_build_filename (folder, reader->names.items[i].name, NULL);
    if (!add_shard_file (reader->self, path, reader->error))
      return FALSE;
  }
  return sort_tensors (reader->self, reader->error) && clip_json_foreach (reader->map, visit_placement, reader);
}

static ClipSafetensors *
open_shards (const char *folder, const char *index_path, GError **error)
{
  g_autoptr (ClipSafetensors) self = new_empty ();
  g_autoptr (ClipJson) doc = clip_json_load (index_path, CLIP_JSON_MAX_INDEX, error);
  const ClipJsonValue *map = NULL;
  if (!doc || !clip_json_get_object (doc, clip_json_root (doc), "", "weight_map", &map, error))
    return NULL;
  if (!map || clip_json_length (map) == 0) {
    g_set_error (
        error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: field 'weight_map': missing or empty", clip_json_name (doc));
    return NULL;
  }

  IndexReader reader = { .doc = doc, .map = map, .self = self, .error = error };
  gboolean ok = add_shards (&reader, folder);
  clip_names_clear (&reader.names);
  return ok ? g_steal_pointer (&self) : NULL;
}

/* A dangling link exists, too: opening it reports the reason. */
static gboolean
path_exists (const char *path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS) || g_file_test (path, G_FILE_TEST_IS_SYMLINK);
}

ClipSafetensors *
clip_safetensors_open_folder (const char *folder, GError **error)
{
  g_autofree char *single = g_build_filename (folder, "model.safetensors", NULL);
  if (path_exists (single))
    return clip_safetensors_open (single, error);
  g_autofree char *index = g_build_filename (folder, "model.safetensors.index.json", NULL);
  if (path_exists (index))
    return open_shards (folder, index, error);

  g_autofree char *shown = clip_printable (folder, -1, CLIP_MESSAGE_PATH);
  g_autofree char *pickle = g_build_filename (folder, "pytorch_model.bin", NULL);
  if (path_exists (pickle))
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_UNSUPPORTED,
        "%s: found pytorch_model.bin, but only model.safetensors is supported", shown);
  else
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_NOT_FOUND,
        "%s: neither model.safetensors nor model.safetensors.index.json is there", shown);
  return NULL;
}

void
clip_safetensors_free (ClipSafetensors *self)
{
  if (!self)
    return;
  clip_names_clear (&self->by_name);
  g_free (self->tensors);
  g_ptr_array_unref (self->shards);
  g_free (self);
}

/* ---- Reading ------------------------------------------------------------------------------------------- */

guint
clip_safetensors_count (const ClipSafetensors *self)
{
  return self->n;
}

const ClipTensor *
clip_safetensors_get (const ClipSafetensors *self, guint index)
{
  g_return_val_if_fail (index < self->n, NULL);
  return &self->tensors[index];
}

const ClipTensor *
clip_safetensors_find (const ClipSafetensors *self, const char *name)
{
  const ClipName *found = clip_names_find (&self->by_name, name);
  return found ? &self->tensors[found->value] : NULL;
}

const char *
clip_safetensors_metadata (const ClipSafetensors *self, const char *key)
{
  const Shard *shard = g_ptr_array_index (self->shards, 0);
  const ClipJsonValue *map = clip_json_member (clip_json_root (shard->header), "__metadata__");
  return clip_json_type (map) == CLIP_JSON_OBJECT ? clip_json_as_string (clip_json_member (map, key)) : NULL;
}

guint
clip_safetensors_index (const ClipSafetensors *self, const ClipTensor *tensor)
{
  return (guint)(tensor - self->tensors);
}

/* size bytes from `at` on. */
static gboolean
checksum_bytes (const Shard *shard, gsize at, gsize size, GChecksum *checksum, GError **error)
{
  guint8 bytes[4096];
  for (gsize end = at + size, n; at < end; at += n) {
    n = MIN (sizeof bytes, end - at);
    if (!clip_file_read_at (&shard->file, at, bytes, n, error))
      return FALSE;
    g_checksum_update (checksum, bytes, (gssize)n);
  }
  return TRUE;
}

gboolean
clip_safetensors_fingerprint (const ClipSafetensors *self, GChecksum *checksum, GError **error)
{
  for (guint i = 0; i < self->shards->len; i++) {
    const Shard *shard = g_ptr_array_index (self->shards, i);
    guint64 length = (guint64)shard->file.length;
    g_checksum_update (checksum, (const guchar *)&length, sizeof length);
    if (!checksum_bytes (shard, 0, shard->data_start, checksum, error))
      return FALSE;
    for (gsize at = shard->data_start; at < shard->file.length; at += 1 << 20)
      if (!checksum_bytes (shard, at, MIN (64, shard->file.length - at), checksum, error))
        return FALSE;
  }
  return TRUE;
}

gboolean
clip_safetensors_check (const ClipSafetensors *self, GError **error)
{
  for (guint i = 0; i < self->shards->len; i++)
    if (!clip_file_check (&((const Shard *)g_ptr_array_index (self->shards, i))->file, error))
      return FALSE;
  return TRUE;
}
