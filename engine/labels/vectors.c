/* SPDX-License-Identifier: MIT
 *
 * vectors.c: see vectors.h.
 *
 * A file is written beside its place and renamed, so that it is there whole or not at all; readers that have the old
 * one open keep it.
 */
#include "labels/vectors.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/names.h"
#include "clip-json.h"
#include "clip-message.h"
#include "model/model.h"
#include "model/safetensors.h"

#define VERSION     "1"
#define BIAS_SUFFIX ".bias"
#define PREFIX      8 /* bytes that hold the header's length */
#define ALIGNMENT   8 /* of the data, as the reference's writer has it */

/* A mean of unit vectors, or a probe's weights, shorter than this has no direction to speak of. */
#define LEAST_LENGTH 1e-3
#define LEAST_WEIGHT 1e-20

static const char *const kind_names[] = { [CLIP_VECTORS_EMBEDDING] = "embedding", [CLIP_VECTORS_PROBE] = "probe" };

struct _ClipVectors
{
  ClipSafetensors *file;
  char *shown; /* the path, printable */
  ClipVectorsKind kind;
  const ClipTensor *only; /* beside biases; NULL = there are several, or none */
};

/* ---- Reading ------------------------------------------------------------------------------------------- */

/* Always FALSE: "FILE: PLACE 'KEY': …". */
G_GNUC_PRINTF (6, 7)
static gboolean
fail (const ClipVectors *self, ClipErrorCode code, const char *place, const char *key, GError **error,
    const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  g_autofree char *shown = clip_printable (key, -1, CLIP_MESSAGE_NAME);
  g_set_error (error, CLIP_ERROR, code, "%s: %s '%s': %s", self->shown, place, shown, what);
  return FALSE;
}

static gboolean
fail_metadata (const ClipVectors *self, const char *key, const char *expected, const char *found, GError **error)
{
  g_autofree char *shown = clip_printable (found, -1, CLIP_MESSAGE_VALUE);
  if (!found)
    return fail (self, CLIP_ERROR_FORMAT, "metadata", key, error, "missing: expected %s", expected);
  return fail (self, CLIP_ERROR_FORMAT, "metadata", key, error, "expected %s, found \"%s\"", expected, shown);
}

static gboolean
read_metadata (ClipVectors *self, const char *fingerprint, GError **error)
{
  const char *version = clip_safetensors_metadata (self->file, "cliptag.version");
  const char *kind = clip_safetensors_metadata (self->file, "cliptag.kind");
  const char *model = clip_safetensors_metadata (self->file, "cliptag.fingerprint");
  if (g_strcmp0 (version, VERSION) != 0)
    return fail_metadata (self, "cliptag.version", "\"" VERSION "\"", version, error);
  if (g_strcmp0 (kind, kind_names[CLIP_VECTORS_EMBEDDING]) == 0)
    self->kind = CLIP_VECTORS_EMBEDDING;
  else if (g_strcmp0 (kind, kind_names[CLIP_VECTORS_PROBE]) == 0)
    self->kind = CLIP_VECTORS_PROBE;
  else
    return fail_metadata (self, "cliptag.kind", "\"embedding\" or \"probe\"", kind, error);
  if (!model)
    return fail_metadata (self, "cliptag.fingerprint", "the model's", model, error);
  if (!g_str_equal (model, fingerprint)) {
    g_autofree char *shown = clip_printable (model, -1, CLIP_MESSAGE_NAME);
    return fail (self, CLIP_ERROR_MODEL, "metadata", "cliptag.fingerprint", error,
        "made with another model, %s; this one is %s", shown, fingerprint);
  }
  return TRUE;
}

static gboolean
is_bias (const ClipVectors *self, const ClipTensor *tensor)
{
  return self->kind == CLIP_VECTORS_PROBE && g_str_has_suffix (tensor->name, BIAS_SUFFIX);
}

static void
find_only (ClipVectors *self)
{
  guint n = 0;
  for (guint i = 0; i < clip_safetensors_count (self->file); i++) {
    const ClipTensor *tensor = clip_safetensors_get (self->file, i);
    if (!is_bias (self, tensor) && n++ == 0)
      self->only = tensor;
  }
  if (n != 1)
    self->only = NULL;
}

ClipVectors *
clip_vectors_open (const char *path, const char *fingerprint, GError **error)
{
  g_autoptr (ClipVectors) self = g_new0 (ClipVectors, 1);
  self->shown = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  self->file = clip_safetensors_open (path, error);
  if (!self->file || !read_metadata (self, fingerprint, error))
    return NULL;
  find_only (self);
  return g_steal_pointer (&self);
}

void
clip_vectors_free (ClipVectors *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->file, clip_safetensors_free);
  g_free (self->shown);
  g_free (self);
}

ClipVectorsKind
clip_vectors_get_kind (const ClipVectors *self)
{
  return self->kind;
}

static double
length_of (const float *x, guint dim)
{
  double sum = 0;
  for (guint d = 0; d < dim; d++)
    sum += (double)x[d] * x[d];
  return sqrt (sum);
}

static gboolean
check_shape (const ClipVectors *self, const ClipTensor *tensor, guint dim, GError **error)
{
  gboolean is_probe = self->kind == CLIP_VECTORS_PROBE;
  g_autofree char *shape = clip_tensor_shape_string (tensor);
  if (tensor->dtype != CLIP_DTYPE_F32 && tensor->dtype != CLIP_DTYPE_F16)
    return fail (self, CLIP_ERROR_UNSUPPORTED, "tensor", tensor->name, error, "expected F32 or F16, found %s",
        tensor->dtype_name);
  if (tensor->n_dims < 1 || tensor->n_dims > (is_probe ? 1 : 2) || tensor->shape[tensor->n_dims - 1] != dim)
    return fail (self, CLIP_ERROR_MODEL, "tensor", tensor->name, error,
        "has shape %s, expected [%u]%s: the model's embeddings have %u values", shape, dim,
        is_probe ? "" : " or [n, …]", dim);
  if (tensor->n_dims == 2 && (tensor->shape[0] == 0 || tensor->shape[0] > CLIP_MAX_VECTORS))
    return fail (self, CLIP_ERROR_MODEL, "tensor", tensor->name, error, "has shape %s, expected 1 to %d vectors", shape,
        CLIP_MAX_VECTORS);
  return TRUE;
}

/* All of it, finite. Newly allocated. */
static float *
read_values (const ClipVectors *self, const ClipTensor *tensor, GError **error)
{
  gboolean non_finite = FALSE;
  g_autofree float *values = g_try_new (float, tensor->n_elements);
  if (!values)
    fail (self, CLIP_ERROR_MEMORY, "tensor", tensor->name, error, "not enough memory for its values");
  else if (clip_tensor_to_f32 (tensor, values, &non_finite, error) && clip_safetensors_check (self->file, error)) {
    if (!non_finite)
      return g_steal_pointer (&values);
    fail (self, CLIP_ERROR_FORMAT, "tensor", tensor->name, error, "has NaN or infinite values");
  }
  return NULL;
}

/* The mean of the vectors' directions. ret: [dim], unit length. */
static gboolean
read_embedding (const ClipVectors *self, const ClipTensor *tensor, guint dim, float *ret, GError **error)
{
  g_autofree float *values = read_values (self, tensor, error);
  if (!values)
    return FALSE;
  guint n = tensor->n_dims == 2 ? (guint)tensor->shape[0] : 1;
  g_autofree double *sum = g_new0 (double, dim);
  for (guint i = 0; i < n; i++) {
    const float *row = values + (gsize)i * dim;
    double length = length_of (row, dim);
    if (length < LEAST_WEIGHT)
      return fail (self, CLIP_ERROR_FORMAT, "tensor", tensor->name, error, "vector %u is zero", i);
    for (guint d = 0; d < dim; d++)
      sum[d] += row[d] / length;
  }
  double square = 0;
  for (guint d = 0; d < dim; d++)
    square += sum[d] * sum[d];
  if (sqrt (square) / n < LEAST_LENGTH)
    return fail (self, CLIP_ERROR_FORMAT, "tensor", tensor->name, error, "its %u vectors cancel each other out", n);
  for (guint d = 0; d < dim; d++)
    ret[d] = (float)(sum[d] / sqrt (square));
  return TRUE;
}

static gboolean
read_probe (const ClipVectors *self, const ClipTensor *tensor, guint dim, float *ret, float *ret_scale, float *ret_bias,
    GError **error)
{
  g_autofree char *name = g_strconcat (tensor->name, BIAS_SUFFIX, NULL);
  const ClipTensor *bias = clip_safetensors_find (self->file, name);
  if (!bias)
    return fail (self, CLIP_ERROR_MODEL, "tensor", name, error, "missing: a probe has one");
  if ((bias->dtype != CLIP_DTYPE_F32 && bias->dtype != CLIP_DTYPE_F16) || bias->n_elements != 1 || bias->n_dims > 1) {
    g_autofree char *shape = clip_tensor_shape_string (bias);
    return fail (self, CLIP_ERROR_MODEL, "tensor", name, error, "is %s %s, expected F32 [1]", bias->dtype_name, shape);
  }
  g_autofree float *weights = read_values (self, tensor, error), *b = weights ? read_values (self, bias, error) : NULL;
  if (!b)
    return FALSE;
  double length = length_of (weights, dim);
  if (!(length > LEAST_WEIGHT) || !isfinite ((float)length))
    return fail (self, CLIP_ERROR_FORMAT, "tensor", tensor->name, error, "its weights are all zero, or too large");
  for (guint d = 0; d < dim; d++)
    ret[d] = (float)(weights[d] / length);
  *ret_scale = (float)length;
  *ret_bias = b[0];
  return TRUE;
}

gboolean
clip_vectors_read (const ClipVectors *self, const char *name, const char *label, guint dim, float *ret,
    float *ret_scale, float *ret_bias, GError **error)
{
  const char *wanted = name ? name : label;
  const ClipTensor *tensor = name || !self->only ? clip_safetensors_find (self->file, wanted) : self->only;
  if (!tensor)
    return fail (self, CLIP_ERROR_MODEL, "tensor", wanted, error,
        name ? "missing"
             : "missing: of several, the "
               "prompt's label names one, unless the key 'tensor' does");
  if (is_bias (self, tensor))
    return fail (self, CLIP_ERROR_MODEL, "tensor", wanted, error, "is the bias of a probe, not a probe");
  if (!check_shape (self, tensor, dim, error))
    return FALSE;
  if (self->kind == CLIP_VECTORS_PROBE)
    return read_probe (self, tensor, dim, ret, ret_scale, ret_bias, error);
  return read_embedding (self, tensor, dim, ret, error);
}

/* ---- Writing ------------------------------------------------------------------------------------------- */

/* What is to be written. */
typedef struct
{
  char *shown; /* the path, printable */
  ClipVectorsKind kind;
  const char *const *names;
  guint n, dim;
  const float *values, *biases;
  GError **error;
} Writer;

/* Always FALSE. */
G_GNUC_PRINTF (3, 4)
static gboolean
refuse (const Writer *self, ClipErrorCode code, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (self->error, CLIP_ERROR, code, "%s: %s", self->shown, what);
  return FALSE;
}

/* How many vectors from `first` on have its name. */
static guint
count_same (const Writer *self, guint first)
{
  guint n = 1;
  while (first + n < self->n && g_str_equal (self->names[first], self->names[first + n]))
    n++;
  return n;
}

static gboolean
check_name (const Writer *self, ClipNameTable *known, const char *name)
{
  g_autofree char *shown = clip_printable (name, -1, CLIP_MESSAGE_NAME);
  gboolean is_new;
  if (!*name || !g_utf8_validate (name, -1, NULL) || strlen (name) > CLIP_MAX_PROMPT_BYTES)
    return refuse (
        self, CLIP_ERROR_PROMPTS, "name '%s': expected 1 to %d bytes of UTF-8", shown, CLIP_MAX_PROMPT_BYTES);
  if (g_str_equal (name, "__metadata__") || (self->kind == CLIP_VECTORS_PROBE && g_str_has_suffix (name, BIAS_SUFFIX)))
    return refuse (self, CLIP_ERROR_PROMPTS, "name '%s': reserved", shown);
  if (!clip_name_table_add (known, name, 0, &is_new))
    return refuse (self, CLIP_ERROR_MEMORY, "not enough memory for %u names", self->n);
  return is_new || refuse (self, CLIP_ERROR_PROMPTS, "name '%s': given twice, not in a row", shown);
}

static gboolean
check_names (const Writer *self)
{
  ClipNameTable known = { 0 };
  gboolean ok = TRUE;
  for (guint i = 0, n; ok && i < self->n; i += n) {
    n = count_same (self, i);
    ok = check_name (self, &known, self->names[i]);
    if (ok && n > 1 && self->kind == CLIP_VECTORS_PROBE) {
      g_autofree char *shown = clip_printable (self->names[i], -1, CLIP_MESSAGE_NAME);
      ok = refuse (self, CLIP_ERROR_PROMPTS, "name '%s': given twice", shown);
    }
  }
  clip_name_table_clear (&known);
  return ok;
}

static gboolean
check_values (const Writer *self)
{
  if (self->n == 0 || self->dim == 0)
    return refuse (self, CLIP_ERROR_PROMPTS, "there are no vectors to write");
  for (gsize i = 0; i < (gsize)self->n * self->dim; i++)
    if (!isfinite (self->values[i])) {
      g_autofree char *shown = clip_printable (self->names[i / self->dim], -1, CLIP_MESSAGE_NAME);
      return refuse (self, CLIP_ERROR_PROMPTS, "'%s' has NaN or infinite values", shown);
    }
  for (guint i = 0; i < self->n && self->kind == CLIP_VECTORS_PROBE; i++)
    if (!isfinite (self->biases[i]))
      return refuse (self, CLIP_ERROR_PROMPTS, "a bias is NaN or infinite");
  return TRUE;
}

/* Biases follow all vectors. */
static void
append_tensor (GString *json, const char *name, const char *shape, gsize *offset, gsize size)
{
  g_string_append_c (json, ',');
  clip_json_append_string (json, name);
  g_string_append_printf (json,
      ":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%" G_GSIZE_FORMAT ",%" G_GSIZE_FORMAT "]}", shape, *offset,
      *offset + size);
  *offset += size;
}

static GString *
make_header (const Writer *self, const char *fingerprint)
{
  GString *json = g_string_new ("{\"__metadata__\":{\"cliptag.version\":\"" VERSION "\",\"cliptag.kind\":");
  clip_json_append_string (json, kind_names[self->kind]);
  g_string_append (json, ",\"cliptag.fingerprint\":");
  clip_json_append_string (json, fingerprint);
  g_string_append_c (json, '}');
  gsize offset = 0;
  for (guint i = 0, n; i < self->n; i += n) {
    n = count_same (self, i);
    g_autofree char *shape = n > 1 ? g_strdup_printf ("[%u,%u]", n, self->dim) : g_strdup_printf ("[%u]", self->dim);
    append_tensor (json, self->names[i], shape, &offset, (gsize)n * self->dim * sizeof (float));
  }
  for (guint i = 0; i < self->n && self->kind == CLIP_VECTORS_PROBE; i++) {
    g_autofree char *name = g_strconcat (self->names[i], BIAS_SUFFIX, NULL);
    append_tensor (json, name, "[1]", &offset, sizeof (float));
  }
  g_string_append_c (json, '}');
  while (json->len % ALIGNMENT)
    g_string_append_c (json, ' ');
  return json;
}

static gboolean
write_all (int fd, gconstpointer data, gsize size)
{
  for (gsize done = 0; done < size;) {
    ssize_t n = write (fd, (const char *)data + done, size - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n == 0)
      errno = ENOSPC;
    if (n <= 0)
      return FALSE;
    done += (gsize)n;
  }
  return TRUE;
}

static gboolean
write_content (const Writer *self, int fd, const GString *header)
{
  guint64 length = GUINT64_TO_LE (header->len);
  G_STATIC_ASSERT (sizeof length == PREFIX);
  return write_all (fd, &length, sizeof length) && write_all (fd, header->str, header->len)
         && write_all (fd, self->values, (gsize)self->n * self->dim * sizeof (float))
         && (self->kind == CLIP_VECTORS_EMBEDDING || write_all (fd, self->biases, self->n * sizeof (float)))
         && fsync (fd) == 0;
}

/* Where a link leads to, so that it stays one. FALSE for what a file must not replace. */
static gboolean
find_place (const Writer *self, const char *path, char **ret_place)
{
  struct stat info;
  if (stat (path, &info) == 0 && !S_ISREG (info.st_mode))
    return refuse (self, CLIP_ERROR_FILE, "exists and is not a file");
  g_autofree char *target = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? realpath (path, NULL) : NULL;
  *ret_place = g_strdup (target ? target : path);
  return TRUE;
}

gboolean
clip_vectors_save (const char *path, const char *fingerprint, ClipVectorsKind kind, const char *const *names, guint n,
    guint dim, const float *values, const float *biases, GError **error)
{
  g_autofree char *shown = clip_printable (path, -1, CLIP_MESSAGE_PATH), *place = NULL;
  const Writer self = { shown, kind, names, n, dim, values, biases, error };
  if (!check_values (&self) || !check_names (&self) || !find_place (&self, path, &place))
    return FALSE;

  g_autofree char *half_written = g_strconcat (place, ".XXXXXX", NULL);
  int fd = g_mkstemp_full (half_written, O_WRONLY | O_CLOEXEC, 0666);
  if (fd < 0)
    return refuse (&self, CLIP_ERROR_FILE, "cannot write it: %s", g_strerror (errno));
  GString *header = make_header (&self, fingerprint);
  gboolean ok = write_content (&self, fd, header);
  int number = errno;
  g_string_free (header, TRUE);
  if (close (fd) != 0 && ok) {
    ok = FALSE;
    number = errno;
  }
  if (ok && rename (half_written, place) != 0) {
    ok = FALSE;
    number = errno;
  }
  if (ok)
    return TRUE;
  unlink (half_written);
  return refuse (&self, CLIP_ERROR_FILE, "cannot write it: %s", g_strerror (number));
}
