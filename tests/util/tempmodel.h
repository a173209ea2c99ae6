/* SPDX-License-Identifier: MIT
 *
 * tempmodel.h: a copy of a golden model folder that a test may spoil.
 */
#ifndef TEMPMODEL_H
#define TEMPMODEL_H

#include <string.h>

#include "clip.h"
#include "tempfolder.h"
#include "testdata.h"

/* A new temporary folder with the files of tests/golden/NAME. */
static inline char *
temp_model (const char *name)
{
  g_autofree char *from = test_golden (name);
  char *to = test_temporary_folder ();
  g_autoptr (GDir) dir = g_dir_open (from, 0, NULL);
  g_assert_nonnull (dir);
  for (const char *file; (file = g_dir_read_name (dir));) {
    gsize length;
    g_autofree char *content = test_read (from, file, &length);
    test_write (to, file, content, (gssize)length);
  }
  return to;
}

static inline void
temp_model_remove (char *folder)
{
  test_remove_folder (folder);
  g_free (folder);
}

/* Replaces the first `old` in a file by `new` (of equal length in binary files, where offsets must stay). */
static inline void
temp_model_replace (const char *folder, const char *file, const char *old, const char *new)
{
  gsize length;
  g_autofree char *content = test_read (folder, file, &length);
  char *place = memmem (content, length, old, strlen (old));
  g_assert_nonnull (place);
  g_autoptr (GString) changed = g_string_new_len (content, place - content);
  g_string_append (changed, new);
  g_string_append_len (changed, place + strlen (old), (gssize)(content + length - place - strlen (old)));
  test_write (folder, file, changed->str, (gssize)changed->len);
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
