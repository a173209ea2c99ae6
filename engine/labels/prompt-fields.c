/* SPDX-License-Identifier: MIT
 *
 * prompt-fields.c: see prompt-fields.h. What clip-json.h refuses is read twice, the second time for the message with
 * the field's path.
 */
#include "labels/prompt-fields.h"

#include <string.h>

#include "clip-message.h"

typedef struct
{
  const ClipPromptFields *fields;
  const ClipPromptPlace *place;
  const char *const *known;
  guint32 present;
} KeyCheck;

static gboolean
check_key (const char *name, const ClipJsonValue *value, gpointer check)
{
  KeyCheck *self = check;
  for (guint i = 0; self->known[i]; i++) {
    if (strcmp (self->known[i], name) == 0) {
      self->present |= clip_json_type (value) == CLIP_JSON_NULL ? 0 : 1u << i;
      return TRUE;
    }
  }
  g_autofree char *shown = clip_printable (name, -1, CLIP_MESSAGE_NAME);
  g_autofree char *known = g_strjoinv ("', '", (char **)self->known);
  return clip_prompt_reader_refuse (
      self->fields->reader, self->place, "unknown key '%s': expected one of '%s'", shown, known);
}

gboolean
clip_prompt_fields_check_keys (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place,
    const char *const *known, guint32 *ret_present)
{
  KeyCheck check = { self, place, known, 0 };
  gboolean ok = clip_json_foreach (object, check_key, &check);
  if (ret_present)
    *ret_present = check.present;
  return ok;
}

gboolean
clip_prompt_fields_get_double (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place,
    const char *key, double min, double max, double *value)
{
  if (clip_json_get_double (self->doc, object, "", key, min, max, value, NULL))
    return TRUE;
  g_autofree char *where = clip_prompt_place_path (place);
  return clip_json_get_double (self->doc, object, where, key, min, max, value, self->reader->error);
}

gboolean
clip_prompt_fields_get_float (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place,
    const char *key, double min, double max, float *value)
{
  double number = *value;
  if (!clip_prompt_fields_get_double (self, object, place, key, min, max, &number))
    return FALSE;
  *value = (float)number;
  return TRUE;
}

gboolean
clip_prompt_fields_get_boolean (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place,
    const char *key, gboolean *value)
{
  if (clip_json_get_boolean (self->doc, object, "", key, value, NULL))
    return TRUE;
  g_autofree char *where = clip_prompt_place_path (place);
  return clip_json_get_boolean (self->doc, object, where, key, value, self->reader->error);
}

gboolean
clip_prompt_fields_get_string (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place,
    const char *key, const char **value)
{
  if (clip_json_get_string (self->doc, object, "", key, value, NULL))
    return TRUE;
  g_autofree char *where = clip_prompt_place_path (place);
  return clip_json_get_string (self->doc, object, where, key, value, self->reader->error);
}

gboolean
clip_prompt_fields_get_label (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place,
    const char *key, char **value)
{
  const char *text = NULL;
  if (!clip_prompt_fields_get_string (self, object, place, key, &text))
    return FALSE;
  if (!text)
    return TRUE;
  gsize length = strlen (text);
  clip_prompt_trim (&text, &length);
  const ClipPromptPlace field = { .up = place, .key = key };
  const char *what = g_str_equal (key, "name") ? "name" : "label";
  if (length == 0)
    return clip_prompt_reader_refuse (self->reader, &field, "the %s is empty", what);
  if (length > CLIP_MAX_PROMPT_BYTES)
    return clip_prompt_reader_refuse (self->reader, &field,
        "the %s has %" G_GSIZE_FORMAT " bytes, at most %d are allowed", what, length, CLIP_MAX_PROMPT_BYTES);
  *value = clip_prompt_copy (text, length);
  return *value || clip_prompt_reader_fail_memory (self->reader);
}

gboolean
clip_prompt_fields_get_array (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place,
    const char *key, const ClipJsonValue **value)
{
  const ClipJsonValue *member = clip_json_member (object, key);
  if (member && clip_json_type (member) != CLIP_JSON_ARRAY) {
    const ClipPromptPlace field = { .up = place, .key = key };
    return clip_prompt_reader_refuse (self->reader, &field, "expected an array");
  }
  *value = member;
  return TRUE;
}
