/* SPDX-License-Identifier: MIT
 *
 * safetensors.c: see safetensors.h. The checks and their order are those of the reference's SafeTensors::read_metadata
 * and Metadata::validate (huggingface/safetensors, safetensors/src/tensor.rs). A file whose views have been handed out
 * stays mapped until clip_safetensors_free(); nothing changes after opening, so any thread may read.
 */
#include "safetensors.h"

#include "clip.h"
#include "file.h"
#include "json.h"
#include "message.h"

#include <string.h>

#define PREFIX 8 /* bytes that hold the header's length */

/* One mapped file. */
typedef struct
{
  char *path;
  char *shown; /* the path, fit for messages */
  ClipFileMap map;
  gsize data_start; /* offset of the first byte behind the header */
} Shard;

struct _ClipSafetensors
{
  GPtrArray *shards;   /* Shard */
  GArray *tensors;     /* ClipTensor, in the order of their data, shard by shard */
  GHashTable *by_name; /* name -> index + 1 */
  GStringChunk *names;
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
  ClipSafetensors *self;
  const Shard *shard;
  GArray *entries; /* Entry */
  GError **error;
} HeaderReader;

static void
shard_free (Shard *shard)
{
  clip_file_unmap (&shard->map);
  g_free (shard->path);
  g_free (shard->shown);
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
  g_set_error (error, CLIP_ERROR, code, "%s: tensor '%s': %s", shard->shown, shown, what);
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
  return fail_tensor (reader->shard, name, CLIP_ERROR_FORMAT, reader->error,
      "'%s' holds something that is not a whole number >= 0", field);
}

static gboolean
read_dtype (
    const HeaderReader *reader, const char *name, const ClipJsonValue *info, ClipTensor *tensor, guint *ret_size)
{
  const char *text = clip_json_as_string (clip_json_member (info, "dtype"));
  if (!text)
    return fail_tensor (reader->shard, name, CLIP_ERROR_FORMAT, reader->error, "no string 'dtype'");
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
    return fail_tensor (reader->shard, name, CLIP_ERROR_FORMAT, reader->error, "no array 'shape'");
  guint n_dims = clip_json_length (shape);
  if (n_dims > CLIP_TENSOR_MAX_DIMS)
    return fail_tensor (reader->shard, name, CLIP_ERROR_UNSUPPORTED, reader->error,
        "%u dimensions, at most %d are read", n_dims, CLIP_TENSOR_MAX_DIMS);

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
    return fail_tensor (reader->shard, name, CLIP_ERROR_FORMAT, reader->error, "no 'data_offsets' [begin, end]");
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
        reader->shard->shown);
    return FALSE;
  }
  if (clip_json_type (value) != CLIP_JSON_OBJECT)
    return fail_tensor (
        reader->shard, name, CLIP_ERROR_FORMAT, reader->error, "described by something else than an object");

  Entry entry = { .tensor.file = reader->shard->shown };
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
  entry.tensor.name = g_string_chunk_insert (reader->self->names, name);
  g_array_append_val (reader->entries, entry);
  return TRUE;
}

static gint
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *x = a, *y = b;
  if (x->begin != y->begin)
    return x->begin < y->begin ? -1 : 1;
  if (x->end != y->end)
    return x->end < y->end ? -1 : 1;
  return strcmp (x->tensor.name, y->tensor.name);
}

/* The ranges, sorted, must tile the data; then they become views. */
static gboolean
place_entries (ClipSafetensors *self, const Shard *shard, GArray *entries, GError **error)
{
  guint64 data_size = shard->map.length - shard->data_start, at = 0;
  g_array_sort (entries, compare_entries);
  for (guint i = 0; i < entries->len; i++) {
    const Entry *entry = &g_array_index (entries, Entry, i);
    if (entry->begin != at)
      return fail_tensor (shard, entry->tensor.name, CLIP_ERROR_FORMAT, error,
          "invalid offset: its data begins at %" G_GUINT64_FORMAT ", the previous ends at %" G_GUINT64_FORMAT,
          entry->begin, at);
    at = entry->end;
  }
  if (at != data_size) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT,
        "%s: incomplete or overlong: its tensors take %" G_GUINT64_FORMAT
        " bytes, behind the header are %" G_GUINT64_FORMAT,
        shard->shown, at, data_size);
    return FALSE;
  }

  for (guint i = 0; i < entries->len; i++) {
    Entry *entry = &g_array_index (entries, Entry, i);
    const ClipTensor *other = clip_safetensors_find (self, entry->tensor.name);
    if (other)
      return fail_tensor (shard, entry->tensor.name, CLIP_ERROR_FORMAT, error, "it is in %s as well", other->file);
    entry->tensor.data = shard->map.data + shard->data_start + entry->begin;
    entry->tensor.n_bytes = (gsize)(entry->end - entry->begin);
    g_array_append_val (self->tensors, entry->tensor);
    g_hash_table_insert (self->by_name, (gpointer)entry->tensor.name, GUINT_TO_POINTER (self->tensors->len));
  }
  return TRUE;
}

/* Sets shard->data_start; FALSE when the header does not fit. */
static gboolean
measure_header (Shard *shard, GError **error)
{
  gsize size = shard->map.length;
  guint64 header = 0;
  static const char lfs[] = "version https://git-lfs";
  if (size >= sizeof lfs - 1 && memcmp (shard->map.data, lfs, sizeof lfs - 1) == 0) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT,
        "%s: this is a Git LFS pointer in place of the file; fetch it with \"git lfs pull\"", shard->shown);
    return FALSE;
  }
  if (size < PREFIX) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT,
        "%s: not a safetensors file: header too small, the file has only %" G_GSIZE_FORMAT " bytes", shard->shown,
        size);
    return FALSE;
  }
  memcpy (&header, shard->map.data, PREFIX);
  if (header > CLIP_SAFETENSORS_MAX_HEADER) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT,
        "%s: not a safetensors file: header too large, %" G_GUINT64_FORMAT " bytes of at most %u", shard->shown, header,
        CLIP_SAFETENSORS_MAX_HEADER);
    return FALSE;
  }
  if (header > size - PREFIX) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT,
        "%s: invalid header length: %" G_GUINT64_FORMAT " bytes in a file of %" G_GSIZE_FORMAT, shard->shown, header,
        size);
    return FALSE;
  }
  shard->data_start = PREFIX + (gsize)header;
  return TRUE;
}

static gboolean
add_file (ClipSafetensors *self, const char *path, GError **error)
{
  Shard *shard = g_new0 (Shard, 1);
  g_ptr_array_add (self->shards, shard);
  shard->path = g_strdup (path);
  shard->shown = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  if (!clip_file_map (path, &shard->map, error) || !measure_header (shard, error))
    return FALSE;

  g_autofree char *header_name = g_strconcat (path, ": header", NULL);
  g_autoptr (ClipJson) header
      = clip_json_parse_object (header_name, (const char *)shard->map.data + PREFIX, shard->data_start - PREFIX, error);
  if (!header)
    return FALSE;

  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  HeaderReader reader = { .self = self, .shard = shard, .entries = entries, .error = error };
  return clip_json_foreach (clip_json_root (header), visit_member, &reader)
         && place_entries (self, shard, entries, error);
}

/* ---- Opening ------------------------------------------------------------------------------------------- */

static ClipSafetensors *
new_empty (void)
{
  ClipSafetensors *self = g_new0 (ClipSafetensors, 1);
  self->shards = g_ptr_array_new_with_free_func ((GDestroyNotify)shard_free);
  self->tensors = g_array_new (FALSE, FALSE, sizeof (ClipTensor));
  self->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  self->names = g_string_chunk_new (4096);
  return self;
}

ClipSafetensors *
clip_safetensors_open (const char *path, GError **error)
{
  g_autoptr (ClipSafetensors) self = new_empty ();
  return add_file (self, path, error) ? g_steal_pointer (&self) : NULL;
}

/* The index file's weight_map: tensor name -> shard's file name. */
typedef struct
{
  const ClipJson *doc;
  ClipSafetensors *self;
  GHashTable *shards; /* file name, owned by the document -> Shard, owned by self; NULL until it is open */
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
    return fail_index (reader, tensor, CLIP_ERROR_FORMAT, "expected a file's name", NULL);
  if (!*name || strchr (name, '/') || strstr (name, "..") || strcmp (name, ".") == 0)
    return fail_index (reader, tensor, CLIP_ERROR_FORMAT, "expected the name of a file in this folder, found", name);
  g_hash_table_insert (reader->shards, (gpointer)name, NULL);
  return TRUE;
}

/* ClipJsonVisit: the tensor must be in the shard that the index gives. */
static gboolean
visit_placement (const char *tensor, const ClipJsonValue *value, gpointer user_data)
{
  IndexReader *reader = user_data;
  const char *name = clip_json_as_string (value);
  const ClipTensor *found = clip_safetensors_find (reader->self, tensor);
  const Shard *shard = g_hash_table_lookup (reader->shards, name);
  if (!found || found->file != shard->shown)
    return fail_index (reader, tensor, CLIP_ERROR_MODEL, "there is no such tensor in", name);
  return TRUE;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
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

  g_autoptr (GHashTable) shards = g_hash_table_new (g_str_hash, g_str_equal);
  IndexReader reader = { .doc = doc, .self = self, .shards = shards, .error = error };
  if (!clip_json_foreach (map, visit_shard_name, &reader))
    return NULL;

  guint n;
  g_autofree char **names = (char **)g_hash_table_get_keys_as_array (shards, &n);
  qsort (names, n, sizeof *names, compare_names); /* one order on every machine */
  for (guint i = 0; i < n; i++) {
    g_autofree char *path = g_build_filename (folder, names[i], NULL);
    if (!add_file (self, path, error))
      return NULL;
    g_hash_table_insert (shards, names[i], g_ptr_array_index (self->shards, i));
  }
  return clip_json_foreach (map, visit_placement, &reader) ? g_steal_pointer (&self) : NULL;
}

/* A dangling link is there too: opening it says what is wrong. */
static gboolean
is_there (const char *path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS) || g_file_test (path, G_FILE_TEST_IS_SYMLINK);
}

ClipSafetensors *
clip_safetensors_open_folder (const char *folder, GError **error)
{
  g_autofree char *single = g_build_filename (folder, "model.safetensors", NULL);
  if (is_there (single))
    return clip_safetensors_open (single, error);
  g_autofree char *index = g_build_filename (folder, "model.safetensors.index.json", NULL);
  if (is_there (index))
    return open_shards (folder, index, error);

  g_autofree char *shown = clip_printable (folder, -1, CLIP_MESSAGE_PATH);
  g_autofree char *pickle = g_build_filename (folder, "pytorch_model.bin", NULL);
  if (is_there (pickle))
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_UNSUPPORTED,
        "%s: there is a pytorch_model.bin, but only model.safetensors can be read", shown);
  else
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FILE,
        "%s: neither model.safetensors nor model.safetensors.index.json is there", shown);
  return NULL;
}

void
clip_safetensors_free (ClipSafetensors *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->by_name);
  g_array_unref (self->tensors);
  g_string_chunk_free (self->names);
  g_ptr_array_unref (self->shards);
  g_free (self);
}

/* ---- Reading ------------------------------------------------------------------------------------------- */

guint
clip_safetensors_count (const ClipSafetensors *self)
{
  return self->tensors->len;
}

const ClipTensor *
clip_safetensors_get (const ClipSafetensors *self, guint index)
{
  g_return_val_if_fail (index < self->tensors->len, NULL);
  return &g_array_index (self->tensors, ClipTensor, index);
}

const ClipTensor *
clip_safetensors_find (const ClipSafetensors *self, const char *name)
{
  guint index = GPOINTER_TO_UINT (g_hash_table_lookup (self->by_name, name));
  return index ? &g_array_index (self->tensors, ClipTensor, index - 1) : NULL;
}

void
clip_safetensors_fingerprint (const ClipSafetensors *self, GChecksum *checksum)
{
  for (guint i = 0; i < self->shards->len; i++) {
    const Shard *shard = g_ptr_array_index (self->shards, i);
    guint64 length = GUINT64_TO_LE ((guint64)shard->map.length);
    g_checksum_update (checksum, (const guchar *)&length, sizeof length);
    g_checksum_update (checksum, shard->map.data, (gssize)shard->data_start);
    for (gsize at = shard->data_start; at < shard->map.length; at += 1 << 20)
      g_checksum_update (checksum, shard->map.data + at, (gssize)MIN (64, shard->map.length - at));
  }
}
