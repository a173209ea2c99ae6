/* SPDX-License-Identifier: MIT
 *
 * test-label-cache.c: what is stored comes back bit for bit; a damaged, foreign or unusable file is a miss.
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clip.h"
#include "labels/label-cache.h"
#include "process.h"
#include "tempfolder.h"
#include "testdata.h"

#define ROWS 3
#define DIM  5
#define SIZE (8 + 12 + 64 + ROWS * DIM * 4 + 32)

#define KEY   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static const float values[ROWS * DIM] = { 1, -2.5f, 3e-30f, -0.0f, 5, 6, INFINITY, 8, 9, 10, 11, 12, -13, 14, 15 };

static gboolean
exists (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static mode_t
mode_of (const char *path)
{
  struct stat info;
  g_assert_cmpint (stat (path, &info), ==, 0);
  return info.st_mode & 07777;
}

static gboolean
hits (const char *folder)
{
  float loaded[ROWS * DIM];
  if (!clip_label_cache_load (folder, KEY, ROWS, DIM, loaded))
    return FALSE;
  g_assert_cmpmem (loaded, sizeof loaded, values, sizeof values);
  return TRUE;
}

/* ---- Files ---------------------------------------------------------------------------------------------- */

static void
test_round_trip (void)
{
  g_autofree char *parent = test_temporary_folder (), *folder = g_build_filename (parent, "a", "b", NULL);
  g_autofree char *path = g_build_filename (folder, KEY, NULL);
  g_assert_false (hits (folder));
  clip_label_cache_store (folder, KEY, ROWS, DIM, values);
  g_assert_true (hits (folder));
  g_assert_cmpuint (mode_of (folder), ==, 0700);
  g_assert_cmpuint (mode_of (path), ==, 0600);
  g_assert_cmpuint (test_count_files (folder), ==, 1);

  /* The format is the same on every machine. */
  gsize length;
  g_autofree char *content = test_read (folder, KEY, &length);
  static const guint8 numbers[] = { 1, 0, 0, 0, ROWS, 0, 0, 0, DIM, 0, 0, 0 },
                      minus_two_and_a_half[] = { 0, 0, 0x20, 0xc0 };
  g_assert_cmpuint (length, ==, SIZE);
  g_assert_cmpmem (content, 8, "cliptagL", 8);
  g_assert_cmpmem (content + 8, 12, numbers, 12);
  g_assert_cmpmem (content + 20, 64, KEY, 64);
  g_assert_cmpmem (content + 88, 4, minus_two_and_a_half, 4);
  g_autofree char *digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guchar *)content, SIZE - 32);
  for (guint i = 0; i < 32; i++) {
    g_autofree char *hex = g_strdup_printf ("%02x", (guint8)content[SIZE - 32 + i]);
    g_assert_cmpmem (hex, 2, digest + 2 * i, 2);
  }
  test_remove_folder (parent);
}

/* More than is read at once. */
static void
test_large (void)
{
  g_autofree char *folder = test_temporary_folder ();
  guint rows = 301, dim = 517;
  g_autofree float *large = g_new (float, rows *dim), *loaded = g_new0 (float, rows *dim);
  for (guint i = 0; i < rows * dim; i++)
    large[i] = (float)i * 0.37f;
  clip_label_cache_store (folder, KEY, rows, dim, large);
  g_assert_true (clip_label_cache_load (folder, KEY, rows, dim, loaded));
  g_assert_cmpmem (loaded, rows * dim * sizeof *loaded, large, rows * dim * sizeof *large);
  test_remove_folder (folder);
}

/* The stored file, longer than it should be, then ever shorter. */
static void
test_any_length (void)
{
  g_autofree char *folder = test_temporary_folder (), *path = g_build_filename (folder, KEY, NULL);
  clip_label_cache_store (folder, KEY, ROWS, DIM, values);
  for (gssize n = SIZE + 100; n >= 0; n--) {
    g_assert_cmpint (truncate (path, n), ==, 0);
    g_assert_true (hits (folder) == (n == SIZE));
  }
  clip_label_cache_store (folder, KEY, ROWS, DIM, values);
  g_assert_true (hits (folder));
  test_remove_folder (folder);
}

static void
overwrite (int fd, gconstpointer content, gsize length, gsize offset)
{
  g_assert_cmpint (pwrite (fd, content, length, (off_t)offset), ==, (gssize)length);
}

static void
test_any_byte (void)
{
  g_autofree char *folder = test_temporary_folder (), *path = g_build_filename (folder, KEY, NULL);
  clip_label_cache_store (folder, KEY, ROWS, DIM, values);
  gsize length;
  g_autofree char *content = test_read (folder, KEY, &length);
  int fd = open (path, O_WRONLY);
  g_assert_cmpint (fd, >=, 0);
  for (gsize i = 0; i < length; i++) {
    for (guint bit = 0; bit < 8; bit++) {
      char flipped = (char)(content[i] ^ (1 << bit));
      overwrite (fd, &flipped, 1, i);
      g_assert_false (hits (folder));
    }
    overwrite (fd, &content[i], 1, i);
  }
  g_assert_true (hits (folder));

  GRand *random = g_rand_new_with_seed (1);
  for (guint round = 0; round < 100; round++) {
    for (gsize i = 0; i < length; i++)
      content[i] = (char)g_rand_int (random);
    overwrite (fd, content, length, 0);
    g_assert_false (hits (folder));
  }
  g_rand_free (random);
  close (fd);
  test_remove_folder (folder);
}

/* A whole file under another name, or of another shape with as many values. */
static void
test_mistaken (void)
{
  g_autofree char *folder = test_temporary_folder ();
  float loaded[ROWS * DIM];
  clip_label_cache_store (folder, OTHER, ROWS, DIM, values);
  gsize length;
  g_autofree char *content = test_read (folder, OTHER, &length);
  test_write (folder, KEY, content, length);
  g_assert_false (hits (folder));
  clip_label_cache_store (folder, KEY, ROWS, DIM, values);
  g_assert_true (hits (folder));
  g_assert_false (clip_label_cache_load (folder, KEY, DIM, ROWS, loaded));
  g_assert_false (clip_label_cache_load (folder, KEY, ROWS - 1, DIM, loaded));
  g_assert_false (clip_label_cache_load (folder, KEY, ROWS, DIM - 1, loaded));
  test_remove_folder (folder);
}

static void
test_not_a_file (void)
{
  g_autofree char *folder = test_temporary_folder (), *path = g_build_filename (folder, KEY, NULL);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  g_assert_false (hits (folder));
  clip_label_cache_store (folder, KEY, ROWS, DIM, values);
  g_assert_false (hits (folder));
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_DIR));
  g_assert_cmpuint (test_count_files (folder), ==, 1); /* nothing half written stays */
  g_assert_cmpint (g_rmdir (path), ==, 0);

  /* These are replaced. */
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  g_assert_false (hits (folder));
  clip_label_cache_store (folder, KEY, ROWS, DIM, values);
  g_assert_true (hits (folder));
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_autofree char *missing = g_build_filename (folder, "missing", NULL);
  g_assert_cmpint (symlink (missing, path), ==, 0);
  g_assert_false (hits (folder));
  clip_label_cache_store (folder, KEY, ROWS, DIM, values);
  g_assert_true (hits (folder));
  test_remove_folder (folder);
}

/* A folder, or a file in it, that others may write to is not believed; a folder of ours is closed to them. */
static void
test_private (void)
{
  g_autofree char *outer = test_temporary_folder (), *folder = g_build_filename (outer, "a", "labels", NULL);
  g_autofree char *path = g_build_filename (folder, KEY, NULL), *parent = g_path_get_dirname (folder);
  mode_t mask = umask (0);
  clip_label_cache_store (folder, KEY, ROWS, DIM, values);
  umask (mask);
  g_assert_true (hits (folder));
  g_assert_cmpuint (mode_of (folder), ==, 0700);
  g_assert_cmpuint (mode_of (parent), ==, 0700);
  g_assert_cmpuint (mode_of (path), ==, 0600);

  static const guint shared[] = { 0770, 0707, 0777 };
  for (guint i = 0; i < G_N_ELEMENTS (shared); i++) {
    g_assert_cmpint (g_chmod (folder, (int)shared[i]), ==, 0);
    g_assert_false (hits (folder));
    clip_label_cache_store (folder, KEY, ROWS, DIM, values);
    g_assert_cmpuint (mode_of (folder), ==, 0700);
    g_assert_true (hits (folder));
    g_assert_cmpint (g_chmod (path, (int)shared[i] & 0666), ==, 0);
    g_assert_false (hits (folder));
    clip_label_cache_store (folder, KEY, ROWS, DIM, values);
    g_assert_true (hits (folder));
  }

  /* Another's, where this test may give things away. */
  if (chown (path, 12345, (gid_t)-1) == 0) {
    g_assert_cmpint (geteuid (), !=, 12345);
    g_assert_false (hits (folder));
    clip_label_cache_store (folder, KEY, ROWS, DIM, values);
    g_assert_true (hits (folder));
    g_assert_cmpint (chown (folder, 12345, (gid_t)-1), ==, 0);
    g_assert_false (hits (folder));
    guint before = test_count_files (folder);
    clip_label_cache_store (folder, OTHER, ROWS, DIM, values);
    g_assert_cmpuint (test_count_files (folder), ==, before);
  }
  test_remove_folder (outer);
}

static void
test_unwritable (void)
{
  clip_label_cache_store ("/dev/null/cliptag", KEY, ROWS, DIM, values);
  g_assert_false (hits ("/dev/null/cliptag"));
  clip_label_cache_store ("", KEY, ROWS, DIM, values);

  /* A folder for reading alone; root may write everywhere, so it becomes somebody else for this. */
  g_autofree char *parent = test_temporary_folder (), *folder = g_build_filename (parent, "labels", NULL);
  g_autofree char *path = g_build_filename (folder, KEY, NULL), *wider = g_strdup (parent);
  clip_label_cache_store (folder, KEY, ROWS, DIM, values);
  g_assert_cmpint (g_chmod (path, 0444), ==, 0);
  g_assert_cmpint (g_chmod (folder, 0555), ==, 0);
  g_assert_cmpint (g_chmod (wider, 0755), ==, 0);
  gboolean root = geteuid () == 0;
  g_assert_true (!root || seteuid (65534) == 0);
  g_assert_true (hits (folder));
  clip_label_cache_store (folder, OTHER, ROWS, DIM, values);
  g_assert_true (!root || seteuid (0) == 0);
  g_assert_cmpuint (test_count_files (folder), ==, 1);
  g_assert_cmpint (g_chmod (folder, 0700), ==, 0);
  test_remove_folder (parent);
}

/* ---- Room ----------------------------------------------------------------------------------------------- */

/* A file of `size` bytes that was last used at `time`. */
static void
age (const char *folder, const char *name, off_t size, time_t time)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  const struct timespec times[2] = { { time, 0 }, { time, 0 } };
  int fd = open (path, O_WRONLY | O_CREAT, 0600);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (ftruncate (fd, size), ==, 0);
  g_assert_cmpint (futimens (fd, times), ==, 0);
  close (fd);
}

static char *
numbered (guint i)
{
  return g_strdup_printf ("%064x", i);
}

static void
test_number_of_files (void)
{
  g_autofree char *folder = test_temporary_folder ();
  time_t now = time (NULL);
  test_write (folder, "README", "not ours", 8);
  g_autofree char *young = g_strconcat (OTHER, ".abcDEF", NULL), *old = g_strconcat (KEY, ".XyZ012", NULL);
  age (folder, young, 10, now - 60);
  age (folder, old, 10, now - 7200);
  /* The clock may have been wrong once. */
  for (guint i = 0; i < 80; i++) {
    g_autofree char *name = numbered (i);
    age (folder, name, 100, i == 79 ? now + 1000000 : now - 1000 + (time_t)i);
  }

  clip_label_cache_store (folder, KEY, ROWS, DIM, values);
  g_assert_true (hits (folder));
  for (guint i = 0; i < 80; i++) {
    g_autofree char *name = numbered (i);
    g_assert_true (exists (folder, name) == (i >= 80 - (CLIP_LABEL_CACHE_MAX_FILES - 1)));
  }
  g_assert_true (exists (folder, "README"));
  g_assert_true (exists (folder, young)); /* somebody may be at it */
  g_assert_false (exists (folder, old));
  test_remove_folder (folder);
}

/* What was used is younger than what was written after it. */
static void
test_used_lately (void)
{
  g_autofree char *folder = test_temporary_folder ();
  time_t now = time (NULL);
  clip_label_cache_store (folder, KEY, ROWS, DIM, values);
  age (folder, KEY, SIZE, now - 5000);
  for (guint i = 0; i < CLIP_LABEL_CACHE_MAX_FILES - 1; i++) {
    g_autofree char *name = numbered (i);
    age (folder, name, 100, now - 1000 + (time_t)i);
  }
  g_assert_true (hits (folder));
  clip_label_cache_store (folder, OTHER, ROWS, DIM, values);
  g_autofree char *oldest = numbered (0), *next = numbered (1);
  g_assert_true (hits (folder));
  g_assert_false (exists (folder, oldest));
  g_assert_true (exists (folder, next));
  test_remove_folder (folder);
}

static void
test_number_of_bytes (void)
{
  g_autofree char *folder = test_temporary_folder ();
  time_t now = time (NULL);
  g_autofree char *a = numbered (1), *b = numbered (2), *c = numbered (3);
  age (folder, a, 100 << 20, now - 30); /* holes, not bytes */
  age (folder, b, 100 << 20, now - 20);
  age (folder, c, 100 << 20, now - 10);
  clip_label_cache_store (folder, KEY, ROWS, DIM, values);
  g_assert_true (hits (folder));
  g_assert_false (exists (folder, a));
  g_assert_true (exists (folder, b) && exists (folder, c));

  /* Too large for the whole cache: not even tried. */
  clip_label_cache_store (folder, OTHER, 1 << 16, 1 << 16, values);
  g_assert_false (exists (folder, OTHER));
  g_assert_cmpuint (test_count_files (folder), ==, 3);
  test_remove_folder (folder);
}

/* ---- Keys ----------------------------------------------------------------------------------------------- */

static char *
key_of (const char *fingerprint, const char *arithmetic, const char *prompts, const char *templates)
{
  g_autoptr (ClipPrompts) plain = clip_prompts_new_from_string (prompts, NULL);
  g_autoptr (ClipPrompts) with = clip_prompts_with_templates (plain, templates, NULL);
  g_assert_nonnull (with);
  return clip_label_cache_key (fingerprint, arithmetic, with);
}

static void
test_key (void)
{
  static const char *const different[][4] = {
    { "0011", "AVX2", "a;b", "{}|{}." },
    { "0012", "AVX2", "a;b", "{}|{}." },
    { "001", "1AVX2", "a;b", "{}|{}." },
    { "0011", "C", "a;b", "{}|{}." },
    { "0011", "AVX2", "b;a", "{}|{}." },
    { "0011", "AVX2", "a;b", "{}.|{}" },
    { "0011", "AVX2", "a;b", "{}" },
    { "0011", "AVX2", "ab", "{}|{}." },
    { "0011", "AVX2", "a;b;b", "{}|{}." },
  };
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (different); i++) {
    char *key = key_of (different[i][0], different[i][1], different[i][2], different[i][3]);
    g_assert_cmpuint (strlen (key), ==, 64);
    g_assert_cmpuint (strspn (key, "0123456789abcdef"), ==, 64);
    g_assert_true (g_hash_table_add (seen, key));
  }
  char *again = key_of ("0011", "AVX2", " a ;b", "{}|{}.");
  g_assert_false (g_hash_table_add (seen, again));
}

/* ---- Processes ------------------------------------------------------------------------------------------ */

static int
store_and_load (const char *folder)
{
  float loaded[ROWS * DIM];
  for (guint round = 0; round < 300; round++) {
    clip_label_cache_store (folder, KEY, ROWS, DIM, values);
    if (!clip_label_cache_load (folder, KEY, ROWS, DIM, loaded) || memcmp (loaded, values, sizeof values) != 0)
      return 1;
  }
  return 0;
}

/* Writers and readers of one file at once: once it is there, it is always whole. */
static void
test_processes (void)
{
  g_autofree char *folder = test_temporary_folder ();
  clip_label_cache_store (folder, KEY, ROWS, DIM, values);
  process_fork (3, store_and_load, folder);
  g_assert_cmpuint (test_count_files (folder), ==, 1);
  test_remove_folder (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/labelcache/round-trip", test_round_trip);
  g_test_add_func ("/labelcache/large", test_large);
  g_test_add_func ("/labelcache/any-length", test_any_length);
  g_test_add_func ("/labelcache/any-byte", test_any_byte);
  g_test_add_func ("/labelcache/mistaken", test_mistaken);
  g_test_add_func ("/labelcache/not-a-file", test_not_a_file);
  g_test_add_func ("/labelcache/private", test_private);
  g_test_add_func ("/labelcache/unwritable", test_unwritable);
  g_test_add_func ("/labelcache/number-of-files", test_number_of_files);
  g_test_add_func ("/labelcache/used-lately", test_used_lately);
  g_test_add_func ("/labelcache/number-of-bytes", test_number_of_bytes);
  g_test_add_func ("/labelcache/key", test_key);
  g_test_add_func ("/labelcache/processes", test_processes);
  return g_test_run ();
}
