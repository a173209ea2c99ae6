/* SPDX-License-Identifier: MIT
 *
 * test-file.c: regular files are opened; everything else is refused without waiting for it.
 */
#include "clip.h"
#include "base/file.h"
#include "clip-json.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char *folder;

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* Neither opened nor read nor loaded, each with the same words. A fifo would be waited for until the test is stopped.
 */
static void
assert_refused (const char *path, ClipErrorCode code, const char *expected)
{
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GError) error = NULL;
    ClipFile file = { .length = 9 };
    gsize length = 42;
    if (i == 0)
      g_assert_false (clip_file_open (path, &file, &error));
    else if (i == 1)
      g_assert_null (clip_file_read (path, 1000, &length, &error));
    else
      g_assert_null (clip_json_load (path, 1000, &error));
    g_assert_error (error, CLIP_ERROR, (int)code);
    g_assert_nonnull (strstr (error->message, expected));
    g_assert_cmpuint (file.length, ==, 9);
    g_assert_cmpuint (length, ==, 42);
  }
}

static void
test_not_files (void)
{
  g_autofree char *missing = in_folder ("missing"), *fifo = in_folder ("fifo"), *inside = in_folder ("fifo/x");
  g_autofree char *socket_path = in_folder ("socket"), *dangling = in_folder ("dangling");
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_cmpint (symlink ("nowhere", dangling), ==, 0);

  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_strlcpy (address.sun_path, socket_path, sizeof address.sun_path);
  int fd = socket (AF_UNIX, SOCK_STREAM, 0);
  g_assert_cmpint (bind (fd, (struct sockaddr *)&address, sizeof address), ==, 0);

  assert_refused (missing, CLIP_ERROR_NOT_FOUND, "cannot open it");
  assert_refused (dangling, CLIP_ERROR_NOT_FOUND, "cannot open it");
  assert_refused ("", CLIP_ERROR_NOT_FOUND, "cannot open it");
  assert_refused (inside, CLIP_ERROR_NOT_FOUND, "cannot open it");
  assert_refused (socket_path, CLIP_ERROR_FILE, "cannot open it");
  assert_refused (folder, CLIP_ERROR_FILE, "this is a folder");
  assert_refused (fifo, CLIP_ERROR_FILE, "this is a fifo");
  assert_refused ("/dev/zero", CLIP_ERROR_FILE, "this is a device");
  assert_refused ("/dev/null", CLIP_ERROR_FILE, "this is a device");
  assert_refused ("/tmp/a\nb\xff", CLIP_ERROR_NOT_FOUND, "/tmp/a\\nb\\xff: cannot open it");

  close (fd);
  g_unlink (fifo);
  g_unlink (socket_path);
  g_unlink (dangling);
}

static void
test_contents (void)
{
  g_autofree char *path = in_folder ("contents");
  static const gsize sizes[] = { 0, 1, 2, 999, 1000, 4094, 4095, 4096, 4097, 100000 };
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    gsize size = sizes[i], length;
    g_autofree char *bytes = g_malloc (size + 1);
    for (gsize j = 0; j < size; j++)
      bytes[j] = (char)(j * 31 % 251);
    GError *error = NULL;
    g_file_set_contents (path, bytes, (gssize)size, &error);
    g_assert_no_error (error);

    g_autofree char *text = clip_file_read (path, size, &length, &error);
    g_assert_no_error (error);
    g_assert_cmpmem (text, length, bytes, size);
    g_assert_cmpint (text[length], ==, 0);

    ClipFile file;
    g_assert_true (clip_file_open (path, &file, &error));
    g_assert_cmpuint (file.length, ==, size);
    memset (text, 0, size);
    g_assert_true (clip_file_read_at (&file, size / 2, text + size / 2, size - size / 2, &error));
    g_assert_true (clip_file_read_at (&file, 0, text, size / 2, &error));
    g_assert_true (clip_file_check (&file, &error));
    g_assert_cmpmem (text, size, bytes, size);
    g_assert_false (clip_file_read_at (&file, size, text, 1, &error));
    g_assert_error (error, CLIP_ERROR, CLIP_ERROR_FILE);
    g_clear_error (&error);
    clip_file_close (&file);
    clip_file_close (&file);

    if (size > 0) {
      g_assert_null (clip_file_read (path, size - 1, &length, &error));
      g_assert_error (error, CLIP_ERROR, CLIP_ERROR_FILE);
      g_assert_nonnull (strstr (error->message, "larger than"));
      g_clear_error (&error);
    }
  }
  g_unlink (path);
}

typedef void (*Change) (const char *path);

static void
write_again (const char *path)
{
  int fd = open (path, O_WRONLY);
  g_assert_cmpint (write (fd, "x", 1), ==, 1);
  close (fd);
}

/* As who copies times does: what was written shows in ctime alone. */
static void
write_in_secret (const char *path)
{
  struct stat info;
  g_assert_cmpint (stat (path, &info), ==, 0);
  write_again (path);
  g_assert_cmpint (utimensat (AT_FDCWD, path, (struct timespec[]){ info.st_atim, info.st_mtim }, 0), ==, 0);
}

static void
shorten (const char *path)
{
  g_assert_cmpint (truncate (path, 1), ==, 0);
}

static void
lengthen (const char *path)
{
  g_assert_cmpint (truncate (path, 100), ==, 0);
}

static void
replace (const char *path)
{
  g_autofree char *other = g_strconcat (path, ".new", NULL);
  g_assert_true (g_file_set_contents (other, "other", -1, NULL));
  g_assert_cmpint (rename (other, path), ==, 0);
}

static void
remove_name (const char *path)
{
  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* At once after it was opened, and after it was made: within one tick of the clock that file times are taken from. */
static void
test_changes (void)
{
  static const struct
  {
    Change change;
    gboolean matters;
  } cases[] = { { write_again, TRUE }, { write_in_secret, TRUE }, { shorten, TRUE }, { lengthen, TRUE },
    { replace, FALSE }, { remove_name, FALSE } };
  g_autofree char *path = in_folder ("changing");
  for (guint round = 0; round < 5; round++)
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
      GError *error = NULL;
      ClipFile file;
      char text[8] = "";
      g_assert_true (g_file_set_contents (path, "content", -1, NULL));
      gboolean waited;
      g_assert_true (clip_file_open (path, &file, &error));
      g_assert_true (clip_file_settle (&file, &waited, &error));
      cases[i].change (path);
      g_assert_true (clip_file_check (&file, &error) == !cases[i].matters);
      if (cases[i].matters) {
        g_assert_error (error, CLIP_ERROR, CLIP_ERROR_FILE);
        g_assert_nonnull (strstr (error->message, "changed while it was being read"));
        g_clear_error (&error);
      }
      g_assert_true (clip_file_read_at (&file, 0, text, 7, &error) == (cases[i].change != shorten));
      g_clear_error (&error);
      if (!cases[i].matters)
        g_assert_cmpstr (text, ==, "content");
      clip_file_close (&file);
    }
  g_unlink (path);
}

/* Files in /proc are regular and say that they have 0 bytes. */
static void
test_proc (void)
{
  GError *error = NULL;
  gsize length = 0;
  g_autofree char *text = clip_file_read ("/proc/self/stat", 4096, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (length, >, 0);
  g_assert_null (clip_file_read ("/proc/self/stat", 1, &length, &error));
  g_assert_nonnull (strstr (error->message, "larger than 1 bytes"));
  g_clear_error (&error);
}

/* Each kind of file has its limit, and the error names both. */
static void
test_too_large (void)
{
  static const struct
  {
    gsize limit;
    const char *words;
  } kinds[] = {
    { CLIP_JSON_MAX_CONFIG, "large.json: larger than 1048576 bytes" },
    { CLIP_JSON_MAX_INDEX, "large.json: larger than 16777216 bytes" },
    { CLIP_JSON_MAX_PROMPTS, "large.json: larger than 67108864 bytes" },
    { CLIP_JSON_MAX_TOKENIZER, "large.json: larger than 134217728 bytes" },
  };
  g_autofree char *path = in_folder ("large.json");
  g_assert_true (g_file_set_contents (path, "{}", -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_assert_cmpint (truncate (path, (off_t)kinds[i].limit + 1), ==, 0); /* sparse */
    g_autoptr (GError) error = NULL;
    g_assert_null (clip_json_load (path, kinds[i].limit, &error));
    g_assert_error (error, CLIP_ERROR, CLIP_ERROR_FILE);
    g_assert_nonnull (strstr (error->message, kinds[i].words));
  }
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("cliptag-file-XXXXXX", NULL);
  g_assert_nonnull (folder);
  g_test_add_func ("/file/not-files", test_not_files);
  g_test_add_func ("/file/contents", test_contents);
  g_test_add_func ("/file/changes", test_changes);
  g_test_add_func ("/file/proc", test_proc);
  g_test_add_func ("/file/too-large", test_too_large);
  int result = g_test_run ();
  g_rmdir (folder);
  g_free (folder);
  return result;
}
