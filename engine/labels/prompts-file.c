/* SPDX-License-Identifier: MIT
 *
 * prompts-file.c: reads a prompts file, text or JSON.
 */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "clip-json.h"
#include "clip-message.h"
#include "labels/prompt-reader.h"

#define BOM "\xef\xbb\xbf" /* UTF-8's byte order mark */

static gboolean
read_lines (ClipPromptReader *self, const char *text, gsize length)
{
  const char *end = text + length;
  ClipPromptPlace place = { "line ", 0, "" };
  while (text < end) {
    const char *newline = memchr (text, '\n', (gsize)(end - text));
    const char *line = text;
    gsize n = (gsize)((newline ? newline : end) - text);
    place.number++;
    clip_prompt_trim (&line, &n);
    if (n && *line != '#' && !clip_prompt_reader_add (self, &place, line, n, NULL))
      return FALSE;
    text = newline ? newline + 1 : end;
  }
  return TRUE;
}

typedef struct
{
  ClipPromptReader *reader;
  const ClipPromptPlace *place; /* NULL for the file's own object */
  const char *const *known;     /* NULL-terminated */
} KeyCheck;

static gboolean
check_key (const char *name, const ClipJsonValue *value, gpointer check)
{
  const KeyCheck *self = check;
  if (g_strv_contains (self->known, name))
    return TRUE;
  g_autofree char *shown = clip_printable (name, -1, CLIP_MESSAGE_NAME);
  g_autofree char *known = g_strjoinv ("', '", (char **)self->known);
  return clip_prompt_reader_refuse (self->reader, self->place, "unknown key '%s': expected one of '%s'", shown, known);
}

/* An object that is a prompt. */
static gboolean
read_prompt (ClipPromptReader *self, const ClipJson *doc, const ClipJsonValue *value, const ClipPromptPlace *place)
{
  static const char *const known[] = { "text", "label", "threshold", "negative", "prior", NULL };
  KeyCheck check = { self, place, known };
  if (!clip_json_foreach (value, check_key, &check))
    return FALSE;

  /* The place without "field '" and "'". */
  g_autofree char *where = g_strdup_printf ("%s%u]", strchr (place->before, '\'') + 1, place->number);
  ClipPrompt prompt = { .timing = CLIP_TIMING_UNSET, .prior = 1, .event = TRUE };
  if (!clip_json_get_string (doc, value, where, "text", &prompt.text, self->error)
      || !clip_json_get_string (doc, value, where, "label", &prompt.label, self->error)
      || !clip_json_get_float (doc, value, where, "threshold", -1, 1, &prompt.timing.threshold, self->error)
      || !clip_json_get_boolean (doc, value, where, "negative", &prompt.negative, self->error)
      || !clip_json_get_float (doc, value, where, "prior", 1e-6, 1e6, &prompt.prior, self->error))
    return FALSE;
  if (!prompt.text)
    return clip_prompt_reader_refuse (self, place, "the key 'text' is missing");

  if (prompt.label) {
    const char *label = prompt.label;
    gsize length = strlen (label);
    clip_prompt_trim (&label, &length);
    if (length == 0)
      return clip_prompt_reader_refuse (self, place, "the label is empty");
    if (length > CLIP_MAX_PROMPT_BYTES)
      return clip_prompt_reader_refuse (self, place, "the label has %" G_GSIZE_FORMAT " bytes, at most %d are allowed",
          length, CLIP_MAX_PROMPT_BYTES);
  }
  const char *text = prompt.text;
  gsize length = strlen (text);
  clip_prompt_trim (&text, &length);
  return clip_prompt_reader_add (self, place, text, length, &prompt);
}

/* before: what stands before an element's number in messages. */
static gboolean
read_array (ClipPromptReader *self, const ClipJson *doc, const ClipJsonValue *prompts, const char *before)
{
  guint n = clip_json_length (prompts);
  for (guint i = 0; i < n; i++) {
    const ClipJsonValue *value = clip_json_element (prompts, i);
    const char *text = clip_json_as_string (value);
    const ClipPromptPlace place = { before, i, "]'" };
    if (text) {
      gsize length = strlen (text);
      clip_prompt_trim (&text, &length);
      if (!clip_prompt_reader_add (self, &place, text, length, NULL))
        return FALSE;
    } else if (clip_json_type (value) != CLIP_JSON_OBJECT) {
      return clip_prompt_reader_refuse (self, &place, "expected a string or an object");
    } else if (!read_prompt (self, doc, value, &place)) {
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
read_prompts (ClipPromptReader *self, const ClipJson *doc, const ClipJsonValue *prompts)
{
  if (!prompts)
    return clip_prompt_reader_refuse (self, NULL, "the key 'prompts' is missing");
  if (clip_json_type (prompts) != CLIP_JSON_ARRAY)
    return clip_prompt_reader_refuse (self, NULL, "field 'prompts': expected an array");
  return read_array (self, doc, prompts, "field 'prompts[");
}

static gboolean
read_templates (ClipPromptReader *self, const ClipJsonValue *templates)
{
  if (!templates)
    return TRUE;
  guint n = clip_json_length (templates);
  if (clip_json_type (templates) != CLIP_JSON_ARRAY || n == 0)
    return clip_prompt_reader_refuse (self, NULL, "field 'templates': expected an array of at least one string");
  for (guint i = 0; i < n; i++) {
    const char *text = clip_json_as_string (clip_json_element (templates, i));
    const ClipPromptPlace place = { "field 'templates[", i, "]'" };
    if (!text)
      return clip_prompt_reader_refuse (self, &place, "expected a string");
    if (!clip_prompt_reader_add_template (self, &place, text, strlen (text)))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_json (ClipPromptReader *self, const char *path, const char *text, gsize length)
{
  static const char *const known[] = { "prompts", "templates", NULL };
  g_autoptr (ClipJson) doc = clip_json_parse_strict (path, text, length, self->error);
  if (!doc)
    return FALSE;
  const ClipJsonValue *root = clip_json_root (doc);
  if (clip_json_type (root) == CLIP_JSON_ARRAY)
    return read_array (self, doc, root, "field '[");
  KeyCheck check = { self, NULL, known };
  return clip_json_foreach (root, check_key, &check) && read_templates (self, clip_json_member (root, "templates"))
         && read_prompts (self, doc, clip_json_member (root, "prompts"));
}

ClipPrompts *
clip_prompts_new_from_file (const char *path, GError **error)
{
  gsize length;
  g_autofree char *content = clip_file_read (path, CLIP_JSON_MAX_PROMPTS, &length, error);
  if (!content)
    return NULL;

  g_auto (ClipPromptReader) reader = { 0 };
  g_autofree char *source = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  clip_prompt_reader_init (&reader, source, error);
  if (!clip_prompt_reader_check_utf8 (&reader, content, length, TRUE))
    return NULL;

  const char *text = content;
  if (g_str_has_prefix (text, BOM)) {
    text += strlen (BOM);
    length -= strlen (BOM);
  }
  const char *first = text;
  gsize rest = length;
  clip_prompt_trim (&first, &rest);
  /* Text hardly ever begins like this, and reading JSON as a prompt would be a silent mistake. */
  gboolean is_json = rest > 0 && (*first == '{' || *first == '[');
  gboolean ok = is_json ? read_json (&reader, path, text, length) : read_lines (&reader, text, length);
  return ok ? clip_prompt_reader_finish (&reader) : NULL;
}
