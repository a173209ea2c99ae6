/* SPDX-License-Identifier: MIT
 *
 * test-safetensors.c: files and shards, well-formed and malformed; what the fingerprint covers.
 */
#include "clip.h"
#include "model/safetensors.h"
#include "seed.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder, *file_path;

/* As a new file: one that replaces another (g_file_set_contents(), or ext4 for one cut to 0) waits for the disk. */
static void
write_bytes (const char *path, const void *bytes, gsize length)
{
  g_unlink (path);
  FILE *file = fopen (path, "wb");
  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (bytes, 1, length, file), ==, length);
  g_assert_cmpint (fclose (file), ==, 0);
  test_seed ("safetensors", bytes, length);
}

/* Writes FOLDER/name: the given length field, the header, n_data bytes counted up from 0. */
static void
write_raw (const char *name, guint64 header_length, const char *header, gsize n_data)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_byte_array_append (bytes, (const guint8 *)&header_length, 8);
  g_byte_array_append (bytes, (const guint8 *)header, (guint)strlen (header));
  for (gsize i = 0; i < n_data; i++) {
    guint8 byte = (guint8)i;
    g_byte_array_append (bytes, &byte, 1);
  }
  write_bytes (path, bytes->data, bytes->len);
}

static void
write_file (const char *name, const char *header, gsize n_data)
{
  write_raw (name, strlen (header), header, n_data);
}

static void
write_text (const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  write_bytes (path, text, strlen (text));
}

static void
remove_file (const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_unlink (path);
}

static void
check_message (const GError *error, gint code, const char *expected)
{
  g_assert_error (error, CLIP_ERROR, code);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  for (const char *p = error->message; *p; p++)
    g_assert_cmpint ((guchar)*p, >=, 0x20);
  if (!strstr (error->message, expected))
    g_error ("\"%s\" lacks \"%s\"", error->message, expected);
}

static void
assert_file_refused (gint code, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (clip_safetensors_open (file_path, &error));
  check_message (error, code, expected);
  g_assert_true (g_str_has_prefix (error->message, file_path));
}

static ClipSafetensors *
assert_file_opens (void)
{
  GError *error = NULL;
  ClipSafetensors *self = clip_safetensors_open (file_path, &error);
  g_assert_no_error (error);
  g_assert_nonnull (self);
  return self;
}

#define TWO_TENSORS                                                                                                    \
  "{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\"dtype\":\"F16\",\"shape\":[2,3],\"data_offsets\":[4,16]},"           \
  "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}"

static void
check_bytes (const ClipTensor *tensor, const char *expected, gsize n)
{
  GError *error = NULL;
  guint8 bytes[16];
  g_assert_cmpuint (n, <=, sizeof bytes);
  g_assert_cmpuint (tensor->n_bytes, ==, n);
  g_assert_true (clip_tensor_read (tensor, bytes, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (bytes, n, expected, n);
}

static void
test_views (void)
{
  write_file ("file", TWO_TENSORS, 16);
  g_autoptr (ClipSafetensors) self = assert_file_opens ();
  g_assert_cmpuint (clip_safetensors_count (self), ==, 2);
  const ClipTensor *a = clip_safetensors_find (self, "a"), *b = clip_safetensors_find (self, "b");
  g_assert_true (clip_safetensors_get (self, 0) == a && clip_safetensors_get (self, 1) == b); /* by place */
  g_assert_null (clip_safetensors_find (self, "__metadata__"));
  g_assert_null (clip_safetensors_find (self, "c"));

  g_assert_cmpstr (a->name, ==, "a");
  g_assert_cmpstr (a->file, ==, file_path);
  g_assert_cmpint (a->dtype, ==, CLIP_DTYPE_F32);
  g_assert_cmpuint (a->n_dims, ==, 0);
  g_assert_cmpuint (a->n_elements, ==, 1);
  check_bytes (a, "\0\1\2\3", 4);
  g_autofree char *scalar = clip_tensor_shape_string (a);
  g_assert_cmpstr (scalar, ==, "[]");

  g_assert_cmpint (b->dtype, ==, CLIP_DTYPE_F16);
  g_assert_cmpstr (b->dtype_name, ==, "F16");
  g_assert_cmpuint (b->n_dims, ==, 2);
  g_assert_cmpuint (b->shape[0], ==, 2);
  g_assert_cmpuint (b->shape[1], ==, 3);
  g_assert_cmpuint (b->n_elements, ==, 6);
  check_bytes (b, "\4\5\6\7\10\11\12\13\14\15\16\17", 12);
  g_autofree char *shape = clip_tensor_shape_string (b);
  g_assert_cmpstr (shape, ==, "[2, 3]");
}

static void
test_dtypes (void)
{
  static const struct
  {
    const char *name;
    ClipDtype dtype;
    guint size;
  } dtypes[] = {
    { "F64", CLIP_DTYPE_OTHER, 8 },
    { "F32", CLIP_DTYPE_F32, 4 },
    { "F16", CLIP_DTYPE_F16, 2 },
    { "BF16", CLIP_DTYPE_BF16, 2 },
    { "I64", CLIP_DTYPE_I64, 8 },
    { "I32", CLIP_DTYPE_OTHER, 4 },
    { "I16", CLIP_DTYPE_OTHER, 2 },
    { "I8", CLIP_DTYPE_OTHER, 1 },
    { "U64", CLIP_DTYPE_OTHER, 8 },
    { "U32", CLIP_DTYPE_OTHER, 4 },
    { "U16", CLIP_DTYPE_OTHER, 2 },
    { "U8", CLIP_DTYPE_U8, 1 },
    { "BOOL", CLIP_DTYPE_OTHER, 1 },
    { "F8_E4M3", CLIP_DTYPE_OTHER, 1 },
    { "F8_E5M2", CLIP_DTYPE_OTHER, 1 },
  };
  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++) {
    g_autofree char *header = g_strdup_printf (
        "{\"t\":{\"dtype\":\"%s\",\"shape\":[3],\"data_offsets\":[0,%u]}}", dtypes[i].name, 3 * dtypes[i].size);
    write_file ("file", header, 3 * dtypes[i].size);
    g_autoptr (ClipSafetensors) self = assert_file_opens ();
    const ClipTensor *tensor = clip_safetensors_find (self, "t");
    g_assert_cmpint (tensor->dtype, ==, dtypes[i].dtype);
    g_assert_cmpstr (tensor->dtype_name, ==, dtypes[i].name);
    g_assert_cmpuint (tensor->n_bytes, ==, 3 * dtypes[i].size);

    write_file ("file", header, 3 * dtypes[i].size - 1);
    assert_file_refused (CLIP_ERROR_FORMAT, "incomplete");
  }
}

static void
test_accepted (void)
{
  static const struct
  {
    const char *header;
    gsize n_data;
    guint count;
  } cases[] = {
    { "{}", 0, 0 },
    { " \n\t{}\r ", 0, 0 },
    { "{\"__metadata__\":null}", 0, 0 },
    { "{\"__metadata__\":{}}", 0, 0 },
    { "{\"t\":{\"dtype\":\"U8\",\"shape\":[0,5],\"data_offsets\":[0,0]}}", 0, 1 },
    { "{\"t\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,2],\"data_offsets\":[0,2]}}", 2, 1 },
    { "{\"t\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2],\"extra\":[{}]}}", 2, 1 },
    { "{\"\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 2, 1 },
    /* empty ones before, between and behind */
    { "{\"d\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[4,4]},\"c\":{\"dtype\":\"U8\",\"shape\":[0],\"data_"
      "offsets\":[0,0]},"
      "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_"
      "offsets\":[0,0]}}",
        4, 4 },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    write_file ("file", cases[i].header, cases[i].n_data);
    g_autoptr (ClipSafetensors) self = assert_file_opens ();
    g_assert_cmpuint (clip_safetensors_count (self), ==, cases[i].count);
  }
}

#define TENSOR(dtype, shape, offsets) "{\"t\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

static void
test_refused (void)
{
  static const struct
  {
    const char *header, *expected;
    gint code;
  } cases[] = {
    { "", "header: line 1", CLIP_ERROR_FORMAT },
    { "[]", "expected an object", CLIP_ERROR_FORMAT },
    { "{} x", "expected the end", CLIP_ERROR_FORMAT },
    { "\xef\xbb\xbf{}", "byte order mark", CLIP_ERROR_FORMAT },
    { "{\"t\":1}", "tensor 't': expected an object", CLIP_ERROR_FORMAT },
    { "{\"t\":{}}", "tensor 't': expected a string 'dtype'", CLIP_ERROR_FORMAT },
    { "{\"t\":{\"dtype\":\"U8\"}}", "tensor 't': expected an array 'shape'", CLIP_ERROR_FORMAT },
    { "{\"t\":{\"dtype\":\"U8\",\"shape\":[16]}}", "tensor 't': expected 'data_offsets'", CLIP_ERROR_FORMAT },
    { "{\"__metadata__\":1}", "'__metadata__'", CLIP_ERROR_FORMAT },
    { "{\"__metadata__\":{\"a\":1}}", "'__metadata__'", CLIP_ERROR_FORMAT },
    { "{\"__metadata__\":{\"a\":null}}", "'__metadata__'", CLIP_ERROR_FORMAT },
    { TENSOR ("\"F4\"", "[16]", "[0,16]"), "tensor 't': unknown dtype \"F4\"", CLIP_ERROR_UNSUPPORTED },
    { TENSOR ("\"f32\"", "[4]", "[0,16]"), "unknown dtype \"f32\"", CLIP_ERROR_UNSUPPORTED },
    { TENSOR ("\"a\\nb\"", "[4]", "[0,16]"), "unknown dtype \"a\\nb\"", CLIP_ERROR_UNSUPPORTED },
    { TENSOR ("8", "[16]", "[0,16]"), "expected a string 'dtype'", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "16", "[0,16]"), "expected an array 'shape'", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[1,1,1,1,1,1,1,1,16]", "[0,16]"), "9 dimensions", CLIP_ERROR_UNSUPPORTED },
    { TENSOR ("\"U8\"", "[-16]", "[0,16]"), "'shape': expected whole numbers", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[16.0]", "[0,16]"), "'shape': expected whole numbers", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[\"16\"]", "[0,16]"), "'shape': expected whole numbers", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[null]", "[0,16]"), "'shape': expected whole numbers", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[16]", "[0]"), "expected 'data_offsets'", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[16]", "[0,8,16]"), "expected 'data_offsets'", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[16]", "{\"0\":16}"), "expected 'data_offsets'", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[16]", "[-1,15]"), "'data_offsets': expected whole numbers", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[16]", "[0,16.0]"), "'data_offsets': expected whole numbers", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[16]", "[16,0]"), "ends before it begins", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[16]", "[0,18446744073709551632]"), "'data_offsets' overflows", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[15]", "[0,16]"), "U8 [15] takes 15 bytes, but its data has 16", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[16]", "[1,17]"), "begins at 1, the previous ends at 0", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[15]", "[0,15]"), "take 15 bytes, the file has 16 after its header", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[17]", "[0,17]"), "take 17 bytes, the file has 16 after its header", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[9223372036854775807]", "[0,9223372036854775807]"), "take 9223372036854775807",
        CLIP_ERROR_FORMAT },
    { TENSOR ("\"F32\"", "[4611686018427387904]", "[0,0]"), "overflows", CLIP_ERROR_FORMAT }, /* x 4 = 2^64 */
    { TENSOR ("\"U8\"", "[4294967296,4294967296]", "[0,0]"), "overflows", CLIP_ERROR_FORMAT },
    { TENSOR ("\"U8\"", "[4294967296,4294967296,0]", "[0,0]"), "overflows", CLIP_ERROR_FORMAT },
    { TENSOR ("\"F32\"", "[4294967297,4294967297]", "[0,16]"), "overflows", CLIP_ERROR_FORMAT },
    { "{\"t\":{\"dtype\":\"U8\",\"shape\":[16],\"data_offsets\":[0,16]},\"t\":{\"dtype\":\"U8\",\"shape\":[0],"
      "\"data_offsets\":[16,16]}}",
        "duplicate key 't'", CLIP_ERROR_FORMAT },
    { "{\"s\":{\"dtype\":\"U8\",\"shape\":[10],\"data_offsets\":[0,10]},\"t\":{\"dtype\":\"U8\",\"shape\":[10],"
      "\"data_offsets\":[6,16]}}",
        "tensor 't': invalid offset: its data begins at 6, the previous ends at 10", CLIP_ERROR_FORMAT },
    { "{\"s\":{\"dtype\":\"U8\",\"shape\":[16],\"data_offsets\":[0,16]},\"t\":{\"dtype\":\"U8\",\"shape\":[16],"
      "\"data_offsets\":[0,16]}}",
        "tensor 't': invalid offset", CLIP_ERROR_FORMAT },
    { "{\"s\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"a\\nb\\u0007\":{\"dtype\":\"U8\",\"shape\":[8],"
      "\"data_offsets\":[8,16]}}",
        "tensor 'a\\nb\\u0007': invalid offset: its data begins at 8, the previous ends at 4", CLIP_ERROR_FORMAT },
    { "{\"t\\u0000\":{\"dtype\":\"U8\",\"shape\":[16],\"data_offsets\":[0,16]}}", "\\u0000", CLIP_ERROR_FORMAT },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    write_file ("file", cases[i].header, 16);
    assert_file_refused (cases[i].code, cases[i].expected);
  }
}

static void
test_header_lengths (void)
{
  static const struct
  {
    guint64 length;
    const char *expected;
  } cases[] = {
    { 0, "found the end" },
    { 1, "found the end" },
    { 2, "take 0 bytes, the file has 4 after its header" },
    { 6, "a NUL byte" },
    { 7, "invalid header length: 7 bytes in a file of 14" },
    { 100000000, "invalid header length" },
    { 100000001, "header too large" },
    { G_GUINT64_CONSTANT (1) << 32, "header too large" },
    { G_GUINT64_CONSTANT (1) << 63, "header too large" },
    { G_MAXUINT64 - 7, "header too large" },
    { G_MAXUINT64, "header too large" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    write_raw ("file", cases[i].length, "{}", 4);
    assert_file_refused (CLIP_ERROR_FORMAT, cases[i].expected);
  }
  write_text ("file", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 605247071\n");
  assert_file_refused (CLIP_ERROR_FORMAT, "Git LFS pointer");
}

/* The good file cut at every byte, then with every byte changed. */
static void
test_damage (void)
{
  write_file ("file", TWO_TENSORS, 16);
  g_autofree char *good = NULL;
  gsize length;
  g_assert_true (g_file_get_contents (file_path, &good, &length, NULL));
  g_assert_cmpuint (length, >, 100);

  for (gsize n = 0; n < length; n++) {
    write_bytes (file_path, good, n);
    assert_file_refused (CLIP_ERROR_FORMAT, n < 8             ? "header too small"
                                            : n < length - 16 ? "invalid header length"
                                                              : "incomplete");
  }
  guint refused = 0;
  for (gsize n = 0; n < length; n++) {
    static const guint8 flips[] = { 1, 0x10, 0x80, 0xff };
    for (guint i = 0; i < G_N_ELEMENTS (flips); i++) {
      g_autofree char *bad = g_memdup2 (good, length);
      bad[n] ^= (char)flips[i];
      write_bytes (file_path, bad, length);
      g_autoptr (GError) error = NULL;
      g_autoptr (ClipSafetensors) self = clip_safetensors_open (file_path, &error);
      g_assert_true ((self == NULL) == (error != NULL));
      refused += self == NULL;
    }
  }
  g_assert_cmpuint (refused, >, 2 * length); /* names and data may change, little else */
}

/* ---- Folders and shards -------------------------------------------------------------------------------- */

static void
assert_folder_refused (gint code, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (clip_safetensors_open_folder (folder, &error));
  check_message (error, code, expected);
}

#define SHARD(name, dtype) "{\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":[4],\"data_offsets\":[0,4]}}"
#define INDEX              "model.safetensors.index.json"

static void
test_folder (void)
{
  g_autofree char *single = g_build_filename (folder, "model.safetensors", NULL);
  assert_folder_refused (CLIP_ERROR_NOT_FOUND, "neither model.safetensors nor model.safetensors.index.json");
  write_text ("pytorch_model.bin", "");
  assert_folder_refused (CLIP_ERROR_UNSUPPORTED, "pytorch_model.bin");
  remove_file ("pytorch_model.bin");

  g_assert_cmpint (symlink ("nowhere", single), ==, 0);
  assert_folder_refused (CLIP_ERROR_NOT_FOUND, "model.safetensors: cannot open it");
  remove_file ("model.safetensors");
  g_assert_cmpint (mkfifo (single, 0600), ==, 0);
  assert_folder_refused (CLIP_ERROR_FILE, "model.safetensors: expected a file, but this is a fifo");
  remove_file ("model.safetensors");
  g_assert_cmpint (g_mkdir (single, 0700), ==, 0);
  assert_folder_refused (CLIP_ERROR_FILE, "model.safetensors: expected a file, but this is a folder");
  g_rmdir (single);

  write_text (INDEX, "not read when there is a single file");
  write_file ("model.safetensors", SHARD ("t", "U8"), 4);
  g_autoptr (ClipSafetensors) self = clip_safetensors_open_folder (folder, NULL);
  g_assert_nonnull (self);
  g_assert_cmpstr (clip_safetensors_find (self, "t")->file, ==, single);
  remove_file ("model.safetensors");
  remove_file (INDEX);
}

static void
test_shards (void)
{
  write_file ("s-1", SHARD ("b", "U8"), 4);
  write_file ("s-2", SHARD ("a", "BOOL"), 4);
  write_text (INDEX, "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"s-2\",\"b\":\"s-1\"}}");
  GError *error = NULL;
  g_autoptr (ClipSafetensors) self = clip_safetensors_open_folder (folder, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (clip_safetensors_count (self), ==, 2);
  const ClipTensor *a = clip_safetensors_find (self, "a"), *b = clip_safetensors_find (self, "b");
  g_assert_true (clip_safetensors_get (self, 0) == b && clip_safetensors_get (self, 1) == a);
  g_assert_true (g_str_has_suffix (a->file, "/s-2") && g_str_has_suffix (b->file, "/s-1"));
  check_bytes (a, "\0\1\2\3", 4);

  static const struct
  {
    const char *index, *expected;
    gint code;
  } cases[] = {
    { "{", "index.json: line 1", CLIP_ERROR_FORMAT },
    { "{}", "field 'weight_map': missing", CLIP_ERROR_FORMAT },
    { "{\"weight_map\":{}}", "field 'weight_map': missing or empty", CLIP_ERROR_FORMAT },
    { "{\"weight_map\":[]}", "field 'weight_map': expected an object, found an array of 0", CLIP_ERROR_FORMAT },
    { "{\"weight_map\":{\"a\":1}}", "field 'weight_map.a': expected a file name", CLIP_ERROR_FORMAT },
    { "{\"weight_map\":{\"a\":\"\"}}", "field 'weight_map.a': expected the name", CLIP_ERROR_FORMAT },
    { "{\"weight_map\":{\"a\":\".\"}}", "field 'weight_map.a': expected the name", CLIP_ERROR_FORMAT },
    { "{\"weight_map\":{\"a\":\"..\"}}", "in this folder, found \"..\"", CLIP_ERROR_FORMAT },
    { "{\"weight_map\":{\"a\":\"../s-2\"}}", "in this folder, found \"../s-2\"", CLIP_ERROR_FORMAT },
    { "{\"weight_map\":{\"a\":\"/etc/passwd\"}}", "found \"/etc/passwd\"", CLIP_ERROR_FORMAT },
    { "{\"weight_map\":{\"a\":\"./s-2\"}}", "found \"./s-2\"", CLIP_ERROR_FORMAT },
    { "{\"weight_map\":{\"a\":\"absent\"}}", "/absent: cannot open it", CLIP_ERROR_NOT_FOUND },
    { "{\"weight_map\":{\"a\":\"s-1\"}}", "field 'weight_map.a': there is no such tensor in \"s-1\"",
        CLIP_ERROR_MODEL },
    { "{\"weight_map\":{\"a\":\"s-1\",\"b\":\"s-2\"}}", "there is no such tensor in", CLIP_ERROR_MODEL },
    { "{\"weight_map\":{\"a\":\"s-2\",\"c\":\"s-2\"}}", "field 'weight_map.c': there is no such", CLIP_ERROR_MODEL },
    { "{\"weight_map\":{\"a\":\"s-2\",\"a\":\"s-2\"}}", "duplicate key 'a'", CLIP_ERROR_FORMAT },
    { "{\"weight_map\":{\"a\":\"" INDEX "\"}}", "header too large", CLIP_ERROR_FORMAT },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    write_text (INDEX, cases[i].index);
    assert_folder_refused (cases[i].code, cases[i].expected);
  }

  write_file ("s-2",
      "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],"
      "\"data_offsets\":[2,4]}}",
      4);
  write_text (INDEX, "{\"weight_map\":{\"a\":\"s-2\",\"b\":\"s-1\"}}");
  assert_folder_refused (CLIP_ERROR_FORMAT, "s-2: tensor 'b': also in ");
  remove_file ("s-1");
  remove_file ("s-2");
  remove_file (INDEX);
}

static char *
fingerprint (void)
{
  g_autoptr (ClipSafetensors) self = assert_file_opens ();
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_assert_true (clip_safetensors_fingerprint (self, checksum, NULL));
  char *text = g_strdup (g_checksum_get_string (checksum));
  g_checksum_free (checksum);
  return text;
}

static void
test_fingerprint (void)
{
  enum
  {
    SIZE = (2 << 20) + 10
  };
  static const char header[] = "{\"t\":{\"dtype\":\"U8\",\"shape\":[2097162],\"data_offsets\":[0,2097162]}}";
  g_autofree char *bytes = g_malloc0 (8 + sizeof header - 1 + SIZE);
  gsize length = 8 + sizeof header - 1 + SIZE;
  guint64 header_length = sizeof header - 1;
  memcpy (bytes, &header_length, 8);
  memcpy (bytes + 8, header, sizeof header - 1);
  char *data = bytes + 8 + sizeof header - 1;

  write_bytes (file_path, bytes, length);
  g_autofree char *first = fingerprint (), *again = fingerprint ();
  g_assert_cmpstr (first, ==, again);
  static const gsize seen[] = { 0, 63, 1 << 20, (1 << 20) + 63, SIZE - 10, SIZE - 1 };
  for (guint i = 0; i < G_N_ELEMENTS (seen); i++) {
    data[seen[i]] ^= 1;
    write_bytes (file_path, bytes, length);
    data[seen[i]] ^= 1;
    g_autofree char *changed = fingerprint ();
    g_assert_cmpstr (first, !=, changed);
  }
  bytes[10] = 'u'; /* the tensor's name */
  write_bytes (file_path, bytes, length);
  g_autofree char *renamed = fingerprint ();
  g_assert_cmpstr (first, !=, renamed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("cliptag-safetensors-XXXXXX", NULL);
  g_assert_nonnull (folder);
  file_path = g_build_filename (folder, "file", NULL);
  g_test_add_func ("/safetensors/views", test_views);
  g_test_add_func ("/safetensors/dtypes", test_dtypes);
  g_test_add_func ("/safetensors/accepted", test_accepted);
  g_test_add_func ("/safetensors/refused", test_refused);
  g_test_add_func ("/safetensors/header-lengths", test_header_lengths);
  g_test_add_func ("/safetensors/damage", test_damage);
  g_test_add_func ("/safetensors/folder", test_folder);
  g_test_add_func ("/safetensors/shards", test_shards);
  g_test_add_func ("/safetensors/fingerprint", test_fingerprint);
  int result = g_test_run ();
  g_unlink (file_path);
  g_rmdir (folder);
  g_free (file_path);
  g_free (folder);
  return result;
}
