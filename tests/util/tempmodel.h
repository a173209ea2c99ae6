/* SPDX-License-Identifier: MIT
 *
 * tempmodel.h: a copy of a golden model folder that a test may spoil.
 */
#ifndef TEMPMODEL_H
#define TEMPMODEL_H

#include <glib/gstdio.h>
#include <string.h>

#include "clip.h"
#include "testdata.h"

/* A new temporary folder with the files of tests/golden/NAME. */
static inline char *
temp_model (const char *name)
{
  GError *error = NULL;
  g_autofree char *from = test_golden (name);
  char *to = g_dir_make_tmp ("cliptag-test-XXXXXX", &error);
  g_assert_no_error (error);
  g_autoptr (GDir) dir = g_dir_open (from, 0, &error);
  g_assert_no_error (error);
  for (const char *entry; (entry = g_dir_read_name (dir));) {
    g_autofree char *source = g_build_filename (from, entry, NULL), *target = g_build_filename (to, entry, NULL);
    g_autofree char *content = NULL;
    gsize length;
    g_file_get_contents (source, &content, &length, &error);
    g_assert_no_error (error);
    g_file_set_contents (target, content, (gssize)length, &error);
    g_assert_no_error (error);
  }
  return to;
}

static inline void
temp_model_remove (char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  for (const char *entry; dir && (entry = g_dir_read_name (dir));) {
    g_autofree char *path = g_build_filename (folder, entry, NULL);
    if (g_remove (path) != 0)
      g_rmdir (path);
  }
  g_rmdir (folder);
  g_free (folder);
}

static inline char *
temp_model_read (const char *folder, const char *file, gsize *ret_length)
{
  g_autofree char *path = g_build_filename (folder, file, NULL);
  char *content = NULL;
  g_assert_true (g_file_get_contents (path, &content, ret_length, NULL));
  return content;
}

static inline void
temp_model_write (const char *folder, const char *file, const char *content, gssize length)
{
  g_autofree char *path = g_build_filename (folder, file, NULL);
  /* Without the fsync of g_file_set_contents(): thousands of these are written. Removed first, because GLib 2.74 leaves
   * the end of a longer old content in place. */
  g_remove (path);
  g_assert_true (g_file_set_contents_full (path, content, length, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

/* Replaces the first `old` in a file by `new` (of equal length in binary files, where offsets must stay). */
static inline void
temp_model_replace (const char *folder, const char *file, const char *old, const char *new)
{
  gsize length;
  g_autofree char *content = temp_model_read (folder, file, &length);
  char *place = memmem (content, length, old, strlen (old));
  g_assert_nonnull (place);
  g_autoptr (GString) changed = g_string_new_len (content, place - content);
  g_string_append (changed, new);
  g_string_append_len (changed, place + strlen (old), (gssize)(content + length - place - strlen (old)));
  temp_model_write (folder, file, changed->str, (gssize)changed->len);
}

/* Loading must fail with one line that holds each of the words (NULL-terminated list). */
static inline void
assert_refused (const char *folder, ...)
{
  GError *error = NULL;
  ClipModel *model = clip_model_load (folder, &error);
  g_assert_null (model);
  g_assert_nonnull (error);
  g_assert_true (error->domain == CLIP_ERROR);
  g_test_message ("%s", error->message);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strchr (error->message, '\n'));
  va_list words;
  va_start (words, folder);
  for (const char *word; (word = va_arg (words, const char *));)
    if (!strstr (error->message, word))
      g_error ("\"%s\" does not say \"%s\"", error->message, word);
  va_end (words);
  g_error_free (error);
}

#endif
