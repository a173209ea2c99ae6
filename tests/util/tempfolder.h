/* SPDX-License-Identifier: MIT
 *
 * tempfolder.h: temporary folders, and the files that tests put into them.
 */
#ifndef TEMPFOLDER_H
#define TEMPFOLDER_H

#include <glib.h>
#include <glib/gstdio.h>

#include "seed.h"

static inline char *
test_temporary_folder (void)
{
  char *folder = g_dir_make_tmp ("cliptag-test-XXXXXX", NULL);
  g_assert_nonnull (folder);
  return folder;
}

/* With all that is in it. */
static inline void
test_remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name (dir));) {
    g_autofree char *inside = g_build_filename (path, name, NULL);
    test_remove_folder (inside);
  }
  g_assert_cmpint (g_remove (path), ==, 0);
}

static inline guint
test_count_files (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;
  while (dir && g_dir_read_name (dir))
    n++;
  return n;
}

/* length -1 = NUL-terminated */
static inline void
test_write (const char *folder, const char *name, const char *content, gssize length)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  /* Without the fsync of g_file_set_contents(): thousands of these are written. Removed first, because GLib 2.74 leaves
   * the end of a longer old content in place. */
  g_remove (path);
  g_assert_true (g_file_set_contents_full (path, content, length, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  test_seed_file (name, content, length < 0 ? strlen (content) : (gsize)length);
}

static inline char *
test_read (const char *folder, const char *name, gsize *ret_length)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *content = NULL;
  g_assert_true (g_file_get_contents (path, &content, ret_length, NULL));
  return content;
}

#endif
