/* SPDX-License-Identifier: MIT
 *
 * known-words.c: see known-words.h.
 */
#include "model/known-words.h"

#include <string.h>

#include "base/file.h"
#include "clip-message.h"
#include "clip.h"
#include "tokenizer/pre-tokenizer.h"

#define FILE_NAME "words.txt"
#define MAX_BYTES ((gsize)1 << 20)
#define MAX_WORD  64 /* bytes; a longer one in a prompt is unknown */

static gboolean
is_word (const char *word, gsize length)
{
  for (const char *p = word; p < word + length; p = g_utf8_next_char (p))
    if (!g_unichar_isalpha (g_utf8_get_char (p)))
      return FALSE;
  return length > 0;
}

static gboolean
refuse_line (const char *path, guint number, const char *line, GError **error)
{
  g_autofree char *shown_path = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  g_autofree char *shown = clip_printable (line, -1, CLIP_MESSAGE_VALUE);
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: line %u: expected a word of lower-case letters, found \"%s\"",
      shown_path, number, shown);
  return FALSE;
}

/* Cuts the text into lines, which it keeps. */
static gboolean
add_lines (ClipKnownWords *self, const char *path, GError **error)
{
  guint number = 0;
  for (char *line = self->text, *end; *line; line = end) {
    end = strchr (line, '\n');
    if (end)
      *end++ = 0;
    else
      end = line + strlen (line);
    number++;
    if (!*line)
      continue;
    g_autofree char *cleaned = g_utf8_validate (line, -1, NULL) ? clip_pre_tokenizer_clean (line) : NULL;
    if (!cleaned || strcmp (cleaned, line) != 0 || !is_word (line, strlen (line)))
      return refuse_line (path, number, line, error);
    if (!clip_names_add (&self->names, line, number)) {
      g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for the words of %s", FILE_NAME);
      return FALSE;
    }
  }
  clip_names_sort (&self->names);
  return TRUE;
}

gboolean
clip_known_words_load (ClipKnownWords *self, const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, FILE_NAME, NULL);
  GError *local = NULL;
  gsize length;
  self->text = clip_file_read (path, MAX_BYTES, &length, &local);
  if (g_error_matches (local, CLIP_ERROR, CLIP_ERROR_NOT_FOUND)) {
    g_error_free (local);
    return TRUE;
  }
  if (!self->text) {
    g_propagate_error (error, local);
    return FALSE;
  }
  if (strlen (self->text) != length) {
    g_autofree char *shown = clip_printable (path, -1, CLIP_MESSAGE_PATH);
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: a NUL byte, expected text", shown);
    return FALSE;
  }
  return add_lines (self, path, error);
}

void
clip_known_words_clear (ClipKnownWords *self)
{
  clip_names_clear (&self->names);
  g_clear_pointer (&self->text, g_free);
}

char *
clip_known_words_find_unknown (const ClipKnownWords *self, const char *text)
{
  if (!self->text)
    return NULL;
  g_autofree char *cleaned = clip_pre_tokenizer_clean (text);
  const char *cursor = cleaned, *word;
  gsize length;
  while (clip_pre_tokenizer_next (&cursor, &word, &length)) {
    if (!is_word (word, length))
      continue;
    char copy[MAX_WORD + 1];
    if (length > MAX_WORD)
      return g_strndup (word, length);
    memcpy (copy, word, length);
    copy[length] = 0;
    if (!clip_names_find (&self->names, copy))
      return g_strdup (copy);
  }
  return NULL;
}
