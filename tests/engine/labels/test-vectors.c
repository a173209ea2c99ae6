/* SPDX-License-Identifier: MIT
 *
 * test-vectors.c: files of embeddings and probes: their exact form, what is read of them, and what is refused.
 */
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "clip.h"
#include "labels/vectors.h"
#include "tempfolder.h"

#define DIM   3
#define PRINT "0123456789abcdef"

#define META(kind)                                                                                                     \
  "{\"__metadata__\":{\"cliptag.version\":\"1\",\"cliptag.kind\":\"" kind "\",\"cliptag.fingerprint\":\"" PRINT "\"}"

static char *folder;

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* A file with this header and these floats. */
static void
write_floats (const char *name, const char *header, const float *values, guint n)
{
  g_autoptr (GString) content = g_string_new (NULL);
  guint64 length = strlen (header);
  g_string_append_len (content, (const char *)&length, sizeof length);
  g_string_append (content, header);
  g_string_append_len (content, (const char *)values, n * sizeof *values);
  test_write (folder, name, content->str, (gssize)content->len);
  test_seed ("vectors", content->str, content->len);
}

static gboolean
save (const char *name, ClipVectorsKind kind, const char *const *names, guint n, const float *values,
    const float *biases, GError **error)
{
  g_autofree char *path = in_folder (name);
  return clip_vectors_save (path, PRINT, kind, names, n, DIM, values, biases, error);
}

static void
read_ok (const char *name, const char *tensor, const char *label, float *ret, float *ret_scale, float *ret_bias)
{
  GError *error = NULL;
  g_autofree char *path = in_folder (name);
  g_autoptr (ClipVectors) file = clip_vectors_open (path, PRINT, &error);
  g_assert_no_error (error);
  clip_vectors_read (file, tensor, label, DIM, ret, ret_scale, ret_bias, &error);
  g_assert_no_error (error);
}

static void
assert_near (const float *x, double a, double b, double c)
{
  g_assert_cmpfloat (fabs (x[0] - a), <, 1e-6);
  g_assert_cmpfloat (fabs (x[1] - b), <, 1e-6);
  g_assert_cmpfloat (fabs (x[2] - c), <, 1e-6);
}

/* ---- What is written ------------------------------------------------------------------------------------- */

static void
test_form (void)
{
  static const char *const names[] = { "a \"van\"", "yard", "yard" };
  static const float values[] = { 0, 0, 2, 3, 0, 0, 0, 1, 0 };
  GError *error = NULL;
  g_assert_true (save ("v.safetensors", CLIP_VECTORS_EMBEDDING, names, 3, values, NULL, &error));
  g_assert_no_error (error);
  gsize length;
  guint64 header;
  g_autofree char *content = test_read (folder, "v.safetensors", &length);
  memcpy (&header, content, sizeof header);
  g_autofree char *text = g_strndup (content + 8, header);
  g_assert_cmpuint (header % 8, ==, 0);
  g_assert_cmpstr (g_strchomp (text), ==,
      META ("embedding") ",\"a \\\"van\\\"\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]},"
                         "\"yard\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[12,36]}}");
  g_assert_cmpmem (content + 8 + header, length - 8 - header, values, sizeof values);

  float x[DIM], scale = 7, bias = 8;
  read_ok ("v.safetensors", "a \"van\"", "other", x, &scale, &bias);
  assert_near (x, 0, 0, 1);
  read_ok ("v.safetensors", NULL, "yard", x, &scale, &bias); /* the mean of directions, not of vectors */
  assert_near (x, sqrt (0.5), sqrt (0.5), 0);
  g_assert_cmpfloat (scale, ==, 7);
  g_assert_cmpfloat (bias, ==, 8);
  g_assert_cmpuint (test_count_files (folder), ==, 1);
}

static void
test_probe (void)
{
  static const char *const names[] = { "gate open" };
  static const float weights[] = { 3, 0, -4 }, biases[] = { -1.5f };
  GError *error = NULL;
  float x[DIM], scale, bias;
  g_assert_true (save ("p.safetensors", CLIP_VECTORS_PROBE, names, 1, weights, biases, &error));
  g_assert_no_error (error);
  read_ok ("p.safetensors", NULL, "its label", x, &scale, &bias);
  assert_near (x, 0.6, 0, -0.8);
  g_assert_cmpfloat (scale, ==, 5);
  g_assert_cmpfloat (bias, ==, -1.5f);
}

/* As other programs write them. */
static void
test_half_floats (void)
{
  static const guint16 halves[] = { 0x0000, 0xc200, 0x4400, 0 }; /* 0, -3, 4 */
  float x[DIM];
  write_floats ("h.safetensors",
      META ("embedding") ",\"v\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[0,6]},"
                         "\"w\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[6,8]}}",
      (const float *)halves, 2);
  read_ok ("h.safetensors", "v", NULL, x, NULL, NULL);
  assert_near (x, 0, -0.6, 0.8);
}

static void
assert_save_fails (const char *name, ClipVectorsKind kind, const char *const *names, guint n, const float *values,
    const float *biases, const char *message)
{
  GError *error = NULL;
  guint n_files = test_count_files (folder);
  g_assert_false (save (name, kind, names, n, values, biases, &error));
  g_assert_nonnull (error);
  g_autofree char *path = in_folder (name), *expected = g_strconcat (path, ": ", message, NULL);
  g_assert_cmpstr (error->message, ==, expected);
  g_clear_error (&error);
  g_assert_cmpuint (test_count_files (folder), ==, n_files);
}

static void
test_save_bad (void)
{
  static const float values[] = { 1, 0, 0, 0, 1, 0, 1, 0, 0 }, bad[] = { 1, NAN, 0 }, bias[] = { INFINITY, 0, 0 };
  static const char *const twice[] = { "a", "b", "a" }, *const empty[] = { "" }, *const reserved[] = { "__metadata__" },
                           *const not_utf8[] = { "\xff" }, *const suffix[] = { "a.bias" }, *const row[] = { "a", "a" };
  assert_save_fails ("x", CLIP_VECTORS_EMBEDDING, twice, 0, values, NULL, "there are no vectors to write");
  assert_save_fails ("x", CLIP_VECTORS_EMBEDDING, twice, 3, values, NULL, "name 'a': given twice, not in a row");
  assert_save_fails ("x", CLIP_VECTORS_EMBEDDING, twice, 1, bad, NULL, "'a' has NaN or infinite values");
  assert_save_fails ("x", CLIP_VECTORS_PROBE, twice, 1, values, bias, "a bias is NaN or infinite");
  assert_save_fails ("x", CLIP_VECTORS_PROBE, row, 2, values, values, "name 'a': given twice");
  assert_save_fails ("x", CLIP_VECTORS_PROBE, suffix, 1, values, values, "name 'a.bias': reserved");
  assert_save_fails ("x", CLIP_VECTORS_EMBEDDING, reserved, 1, values, NULL, "name '__metadata__': reserved");
  assert_save_fails (
      "x", CLIP_VECTORS_EMBEDDING, empty, 1, values, NULL, "name '': expected 1 to 1048576 bytes of UTF-8");
  assert_save_fails (
      "x", CLIP_VECTORS_EMBEDDING, not_utf8, 1, values, NULL, "name '\\xff': expected 1 to 1048576 bytes of UTF-8");
  assert_save_fails (".", CLIP_VECTORS_EMBEDDING, twice, 1, values, NULL, "exists and is not a file");
  assert_save_fails (
      "no/such/x", CLIP_VECTORS_EMBEDDING, twice, 1, values, NULL, "cannot write it: No such file or directory");
}

/* An old file is replaced as a whole, one behind a link too. */
static void
test_replace (void)
{
  static const char *const names[] = { "a" };
  static const float values[] = { 1, 0, 0 }, others[] = { 0, 1, 0 };
  GError *error = NULL;
  float x[DIM];
  g_autofree char *link = in_folder ("link");
  g_assert_true (save ("real", CLIP_VECTORS_EMBEDDING, names, 1, values, NULL, &error));
  g_assert_cmpint (symlink ("real", link), ==, 0);
  g_assert_true (save ("link", CLIP_VECTORS_EMBEDDING, names, 1, others, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  read_ok ("real", NULL, NULL, x, NULL, NULL);
  assert_near (x, 0, 1, 0);
}

/* ---- What is refused ------------------------------------------------------------------------------------- */

#define VECTOR(name, shape, bytes)                                                                                     \
  ",\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[0," #bytes "]}}"

static const struct
{
  const char *header;
  float values[7];
  guint n;
  const char *tensor, *message;
} bad_files[] = {
  { "{" /* no metadata */ "\"v\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}", { 1 }, 3, NULL,
      "metadata 'cliptag.version': missing: expected \"1\"" },
  { "{\"__metadata__\":{\"cliptag.version\":\"2\"}}", { 0 }, 0, NULL,
      "metadata 'cliptag.version': expected \"1\", found \"2\"" },
  { META ("matrix") "}", { 0 }, 0, NULL,
      "metadata 'cliptag.kind': expected \"embedding\" or \"probe\", found \"matrix\"" },
  { "{\"__metadata__\":{\"cliptag.version\":\"1\"}}", { 0 }, 0, NULL,
      "metadata 'cliptag.kind': missing: expected \"embedding\" or \"probe\"" },
  { "{\"__metadata__\":{\"cliptag.version\":\"1\",\"cliptag.kind\":\"probe\"}}", { 0 }, 0, NULL,
      "metadata 'cliptag.fingerprint': missing: expected the model's" },
  { "{\"__metadata__\":{\"cliptag.version\":\"1\",\"cliptag.kind\":\"probe\",\"cliptag.fingerprint\":\"x\"}}", { 0 }, 0,
      NULL, "metadata 'cliptag.fingerprint': made with another model, x; this one is " PRINT },
  { META ("embedding") "}", { 0 }, 0, "v", "tensor 'v': missing" },
  { META ("embedding") "}", { 0 }, 0, NULL,
      "tensor 'label': missing: of several, the prompt's label names one, unless the key 'tensor' does" },
  { META ("embedding") VECTOR ("v", "[2]", 8), { 1 }, 2, NULL,
      "tensor 'v': has shape [2], expected [3] or [n, …]: the model's embeddings have 3 values" },
  { META ("embedding") VECTOR ("v", "[]", 4), { 1 }, 1, NULL,
      "tensor 'v': has shape [], expected [3] or [n, …]: the model's embeddings have 3 values" },
  { META ("embedding") VECTOR ("v", "[1,1,3]", 12), { 1 }, 3, NULL,
      "tensor 'v': has shape [1, 1, 3], expected [3] or [n, …]: the model's embeddings have 3 values" },
  { META ("embedding") VECTOR ("v", "[0,3]", 0), { 1 }, 0, NULL,
      "tensor 'v': has shape [0, 3], expected 1 to 1000000 vectors" },
  { META ("embedding") ",\"v\":{\"dtype\":\"I32\",\"shape\":[3],\"data_offsets\":[0,12]}}", { 1 }, 3, NULL,
      "tensor 'v': expected F32 or F16, found I32" },
  { META ("embedding") VECTOR ("v", "[3]", 12), { 1, NAN, 0 }, 3, NULL, "tensor 'v': has NaN or infinite values" },
  { META ("embedding") VECTOR ("v", "[3]", 12), { 0 }, 3, NULL, "tensor 'v': vector 0 is zero" },
  { META ("embedding") VECTOR ("v", "[2,3]", 24), { 1, 0, 0, -2, 0, 0 }, 6, NULL,
      "tensor 'v': its 2 vectors cancel each other out" },
  { META ("probe") VECTOR ("v", "[3]", 12), { 1, 0, 0 }, 3, NULL, "tensor 'v.bias': missing: a probe has one" },
  { META ("probe") VECTOR ("v.bias", "[1]", 4), { 1 }, 1, "v.bias",
      "tensor 'v.bias': is the bias of a probe, not a probe" },
  { META ("probe") VECTOR ("v", "[1,3]", 12), { 1 }, 3, NULL,
      "tensor 'v': has shape [1, 3], expected [3]: the model's embeddings have 3 values" },
  { META ("probe") ",\"v\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]},"
                   "\"v.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[12,20]}}",
      { 1 }, 5, NULL, "tensor 'v.bias': is F32 [2], expected F32 [1]" },
  { META ("probe") ",\"v\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]},"
                   "\"v.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]}}",
      { 0 }, 4, NULL, "tensor 'v': its weights are all zero, or too large" },
  { META ("probe") ",\"v\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]},"
                   "\"v.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]}}",
      { 1, 0, 0, NAN }, 4, NULL, "tensor 'v.bias': has NaN or infinite values" },
};

static void
test_bad_files (void)
{
  g_autofree char *path = in_folder ("bad.safetensors");
  for (guint i = 0; i < G_N_ELEMENTS (bad_files); i++) {
    GError *error = NULL;
    float x[DIM] = { 5, 5, 5 }, scale, bias;
    write_floats ("bad.safetensors", bad_files[i].header, bad_files[i].values, bad_files[i].n);
    g_autoptr (ClipVectors) file = clip_vectors_open (path, PRINT, &error);
    if (file)
      g_assert_false (clip_vectors_read (file, bad_files[i].tensor, "label", DIM, x, &scale, &bias, &error));
    g_assert_nonnull (error);
    g_autofree char *expected = g_strconcat (path, ": ", bad_files[i].message, NULL);
    g_assert_cmpstr (error->message, ==, expected);
    g_assert_cmpfloat (x[0], ==, 5);
    g_clear_error (&error);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  folder = test_temporary_folder ();
  g_test_add_func ("/vectors/form", test_form);
  g_test_add_func ("/vectors/probe", test_probe);
  g_test_add_func ("/vectors/half-floats", test_half_floats);
  g_test_add_func ("/vectors/save-bad", test_save_bad);
  g_test_add_func ("/vectors/replace", test_replace);
  g_test_add_func ("/vectors/bad-files", test_bad_files);
  int status = g_test_run ();
  test_remove_folder (folder);
  g_free (folder);
  return status;
}
