/* SPDX-License-Identifier: MIT
 *
 * test-stills.c: stills against what Pillow reads of them (tests/golden/stills), what is no still, and what is damaged.
 *
 * Everything is exact: files come from tests/golden/make_stills.py, damaged ones are made of them here.
 */
#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "common/stills/still.h"
#include "testdata.h"

static char *
stills_path (const char *name)
{
  g_autofree char *dir = test_golden ("stills");
  return g_build_filename (dir, name, NULL);
}

static GBytes *
load (const char *name)
{
  g_autofree char *path = stills_path (name);
  g_autoptr (GError) error = NULL;
  char *data;
  gsize size;
  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);
  return g_bytes_new_take (data, size);
}

static StillKind
recognise (const guint8 *data, gsize size)
{
  return still_recognise (data, MIN (size, STILL_HEAD), size);
}

/* Of R, G, B alone. */
static char *
hash_pixels (const Still *still)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  for (guint y = 0; y < still->height; y++) {
    const guint8 *row = still->pixels + y * still->stride;
    if (still->depth == 8)
      g_checksum_update (checksum, row, (gssize)still->width * 3);
    for (guint x = 0; still->depth == 16 && x < still->width; x++)
      g_checksum_update (checksum, row + 8 * x, 6);
  }
  return g_strdup (g_checksum_get_string (checksum));
}

typedef void (*CheckFile) (const char *name, JsonObject *expected);

static void
for_each_file (CheckFile check)
{
  g_autofree char *path = stills_path ("stills.json");
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  JsonObject *files = json_object_get_object_member (json_node_get_object (json_parser_get_root (parser)), "files");
  g_autoptr (GList) names = json_object_get_members (files);
  g_assert_cmpuint (g_list_length (names), >, 60);
  for (GList *name = names; name; name = name->next)
    check (name->data, json_object_get_object_member (files, name->data));
}

static gboolean
decode (const guint8 *data, gsize size, Still *still, GError **error)
{
  return still_decode (recognise (data, size), data, size, still, error);
}

static void
check_golden (const char *name, JsonObject *expected)
{
  g_autoptr (GBytes) bytes = load (name);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  g_auto (Still) still = { 0 };
  g_autoptr (GError) error = NULL;
  g_test_message ("%s", name);
  g_assert_cmpint (recognise (data, size), !=, STILL_NONE);
  decode (data, size, &still, &error);
  g_assert_no_error (error);
  g_assert_null (still.warning);
  g_assert_cmpint (still.width, ==, json_object_get_int_member (expected, "width"));
  g_assert_cmpint (still.height, ==, json_object_get_int_member (expected, "height"));
  g_assert_cmpint (still.depth, ==, json_object_get_int_member (expected, "depth"));
  g_assert_cmpint (still.orientation, ==, json_object_get_int_member (expected, "orientation"));
  g_autofree char *hash = hash_pixels (&still);
  g_assert_cmpstr (hash, ==, json_object_get_string_member (expected, "sha256"));
}

static void
test_golden_files (void)
{
  for_each_file (check_golden);
}

/* ---- Damaged files ----------------------------------------------------------------------------------------- */

/* Whatever is missing: an error of one line, or the whole picture. JPEG and PNG files are checked before, too. */
static void
check_cut (const char *name, JsonObject *expected)
{
  g_autoptr (GBytes) bytes = load (name);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  for (guint part = 1; part < 20; part++) {
    gsize left = size * part / 20;
    g_autofree guint8 *copy = g_memdup2 (data, left); /* so that valgrind and ASan see its end */
    g_auto (Still) still = { 0 };
    g_autoptr (GError) error = NULL;
    g_test_message ("%s, %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " bytes", name, left, size);
    if (recognise (copy, left) == STILL_NONE)
      continue;
    if (decode (copy, left, &still, &error)) {
      g_autofree char *hash = hash_pixels (&still);
      g_assert_cmpstr (hash, ==, json_object_get_string_member (expected, "sha256"));
    } else {
      g_assert_nonnull (error);
      g_assert_null (strchr (error->message, '\n'));
      g_assert_null (still.pixels);
    }
  }
}

static void
test_cut (void)
{
  for_each_file (check_cut);
}

/* What a picture is does not hang on what is said about it. */
static void
test_broken_exif (void)
{
  static const char *const names[] = { "turned-6.jpg", "turned-6.webp" };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GBytes) bytes = load (names[i]);
    gsize size;
    const guint8 *data = g_bytes_get_data (bytes, &size);
    const guint8 *tiff = memmem (data, size, "MM\0*\0\0\0\10", 8);
    g_assert_nonnull (tiff);
    gsize start = (gsize)(tiff - data);
    g_auto (Still) whole = { 0 };
    g_assert_true (decode (data, size, &whole, NULL));
    g_autofree char *hash = hash_pixels (&whole);
    guint n_kept = 0;
    for (gsize at = start; at < start + 26; at++) {
      for (guint value = 0; value < 256; value += 51) {
        g_autofree guint8 *copy = g_memdup2 (data, size);
        copy[at] = (guint8)value;
        g_auto (Still) still = { 0 };
        g_autoptr (GError) error = NULL;
        decode (copy, size, &still, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (still.orientation, >=, 1);
        g_assert_cmpuint (still.orientation, <=, 8);
        n_kept += still.orientation == 6;
        g_autofree char *again = hash_pixels (&still);
        g_assert_cmpstr (again, ==, hash);
      }
    }
    g_assert_cmpuint (n_kept, >, 0);
    g_assert_cmpuint (n_kept, <, 26 * 6);
  }
}

/* Bits of a JPEG's pixels that make no sense: the picture with a warning, as other programs show it. */
static void
test_damaged_jpeg (void)
{
  g_autoptr (GBytes) bytes = load ("q90-444.jpg");
  gsize size;
  g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (bytes, &size), g_bytes_get_size (bytes));
  memset (data + size - 200, 0x55, 150);
  data[size - 120] = 0xff;
  data[size - 119] = 0xd0; /* a restart where there is none */
  g_auto (Still) still = { 0 };
  g_autoptr (GError) error = NULL;
  decode (data, size, &still, &error);
  g_assert_no_error (error);
  g_assert_nonnull (still.warning);
  g_assert_true (g_str_has_prefix (still.warning, "JPEG: Corrupt JPEG data"));
}

/* Huge by their headers alone. */
static void
test_too_large (void)
{
  g_autoptr (GBytes) png = load ("rgb-key.png"), tga = load ("rgba.tga"), bmp = load ("rgb.bmp");
  const struct
  {
    GBytes *bytes;
    gsize at;
    const char *size;
    gsize n;
  } cases[] = {
    { tga, 12, "\xff\xff\xff\xff", 4 },
    { bmp, 18, "\xff\xff\x0f\x00\xff\xff\x0f\x00", 8 },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gsize size;
    g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (cases[i].bytes, &size), g_bytes_get_size (cases[i].bytes));
    memcpy (data + cases[i].at, cases[i].size, cases[i].n);
    g_auto (Still) still = { 0 };
    g_autoptr (GError) error = NULL;
    g_assert_false (decode (data, size, &still, &error));
    g_assert_nonnull (error);
    g_test_message ("%s", error->message);
    g_assert_null (strchr (error->message, '\n'));
  }
}

/* ---- What is what ------------------------------------------------------------------------------------------ */

#define HEAD(bytes, kind)                                                                                              \
  {                                                                                                                    \
    bytes "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", sizeof (bytes) + 23, kind                                \
  }

static void
test_kinds (void)
{
  static const struct
  {
    const char *head;
    gsize size;
    StillKind kind;
  } cases[] = {
    HEAD ("\0\0\0\x18"
          "ftypheic\0\0\0\0mif1heic",
        STILL_HEIC),
    HEAD ("\0\0\0\x18"
          "ftypmif1\0\0\0\0mif1heic",
        STILL_HEIC),
    HEAD ("\0\0\0\x1c"
          "ftypmif1\0\0\0\0mif1avifmiaf",
        STILL_AVIF),
    HEAD ("\0\0\0\x18"
          "ftypavif\0\0\0\0mif1miaf",
        STILL_AVIF),
    HEAD ("\0\0\0\x18"
          "ftypisom\0\0\0\0isomavc1",
        STILL_NONE),
    HEAD ("\0\0\0\x18"
          "ftypmp42\0\0\0\0mp42heic",
        STILL_NONE), /* a film with a picture in it */
    HEAD ("\0\0\0\x18"
          "ftypavis\0\0\0\0avisavif",
        STILL_NONE), /* a sequence is a film */
    HEAD ("\0\0\0\x14"
          "ftypqt  \0\0\0\0qt  ",
        STILL_NONE),
    HEAD ("\0\0\1\0\0\0\1\x20", STILL_NONE),     /* MPEG-4 elementary stream, not an icon */
    HEAD ("\0\0\1\xba\x44\0\4\0", STILL_NONE),   /* MPEG program stream */
    HEAD ("\0\0\0\1\x67\x42\0\x1e", STILL_NONE), /* H.264 */
    HEAD ("\0\0\2\x1c"
          "ftypisom",
        STILL_NONE),                     /* not TGA */
    HEAD ("\x47\x40\0\x10", STILL_NONE), /* MPEG transport stream */
    HEAD ("RIFF\0\0\0\0AVI ", STILL_NONE),
    HEAD ("RIFF\0\0\0\0WEBP", STILL_WEBP),
    HEAD ("BMnothing of the kind", STILL_NONE),
    HEAD ("P6 is a name", STILL_PNM),
    HEAD ("P5suffix", STILL_NONE),
    HEAD ("<svg xmlns=", STILL_NONE),
    HEAD ("", STILL_NONE),
    { "", 0, STILL_NONE },
    { "\xff\xd8", 2, STILL_NONE },
    { "\0\0\0\x18"
      "ftyp",
        8, STILL_NONE },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree guint8 *copy = g_memdup2 (cases[i].head, cases[i].size);
    g_test_message ("case %u", i);
    g_assert_cmpint (recognise (copy, cases[i].size), ==, cases[i].kind);
  }
}

int
main (int argc, char **argv)
{
  gst_init (NULL, NULL);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stills/golden", test_golden_files);
  g_test_add_func ("/stills/kinds", test_kinds);
  g_test_add_func ("/stills/cut", test_cut);
  g_test_add_func ("/stills/broken-exif", test_broken_exif);
  g_test_add_func ("/stills/damaged-jpeg", test_damaged_jpeg);
  g_test_add_func ("/stills/too-large", test_too_large);
  return g_test_run ();
}
