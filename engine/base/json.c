/* SPDX-License-Identifier: MIT
 *
 * json.c: see clip-json.h.
 */
#include "clip-json.h"

#include "clip.h"
#include "base/file.h"
#include "base/json-scan.h"
#include "clip-message.h"

#include <math.h>
#include <string.h>

struct _ClipJson
{
  char *name; /* printable */
  ClipJsonTree tree;
};

static ClipJson *
parse_document (const char *name, const char *text, gsize length, gboolean strict, GError **error)
{
  g_autoptr (ClipJson) self = g_new0 (ClipJson, 1);
  self->name = clip_printable (name, -1, CLIP_MESSAGE_PATH);
  return clip_json_scan (self->name, text, length, strict, &self->tree, error) ? g_steal_pointer (&self) : NULL;
}

ClipJson *
clip_json_parse (const char *name, const char *text, gsize length, GError **error)
{
  return parse_document (name, text, length, FALSE, error);
}

ClipJson *
clip_json_parse_strict (const char *name, const char *text, gsize length, GError **error)
{
  return parse_document (name, text, length, TRUE, error);
}

ClipJson *
clip_json_parse_object (const char *name, const char *text, gsize length, GError **error)
{
  g_autoptr (ClipJson) self = parse_document (name, text, length, TRUE, error);
  if (self && clip_json_type (clip_json_root (self)) != CLIP_JSON_OBJECT) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: expected an object {…} at the top level", self->name);
    return NULL;
  }
  return g_steal_pointer (&self);
}

ClipJson *
clip_json_load (const char *path, gsize max_bytes, GError **error)
{
  gsize length;
  g_autofree char *text = clip_file_read (path, max_bytes, &length, error);
  return text ? clip_json_parse_object (path, text, length, error) : NULL;
}

void
clip_json_free (ClipJson *self)
{
  if (!self)
    return;
  clip_json_tree_clear (&self->tree);
  g_free (self->name);
  g_free (self);
}

const ClipJsonValue *
clip_json_root (const ClipJson *self)
{
  return self->tree.values;
}

const char *
clip_json_name (const ClipJson *self)
{
  return self->name;
}

/* ---- Values -------------------------------------------------------------------------------------------- */

ClipJsonType
clip_json_type (const ClipJsonValue *value)
{
  return value ? value->type : CLIP_JSON_NULL;
}

guint
clip_json_length (const ClipJsonValue *value)
{
  return value ? value->n : 0;
}

const ClipJsonValue *
clip_json_element (const ClipJsonValue *array, guint index)
{
  return clip_json_type (array) == CLIP_JSON_ARRAY && index < array->n ? array->children[index] : NULL;
}

const ClipJsonValue *
clip_json_member (const ClipJsonValue *object, const char *name)
{
  if (clip_json_type (object) != CLIP_JSON_OBJECT)
    return NULL;
  const ClipName *found = clip_names_find_item (object->names, object->n, name);
  return found ? object->children[object->n - 1 - found->value] : NULL;
}

const char *
clip_json_as_string (const ClipJsonValue *value)
{
  return clip_json_type (value) == CLIP_JSON_STRING ? value->string : NULL;
}

gboolean
clip_json_as_int (const ClipJsonValue *value, gint64 *ret_value)
{
  if (clip_json_type (value) != CLIP_JSON_NUMBER || !value->is_whole)
    return FALSE;
  *ret_value = value->whole;
  return TRUE;
}

gboolean
clip_json_as_double (const ClipJsonValue *value, double *ret_value)
{
  if (clip_json_type (value) != CLIP_JSON_NUMBER)
    return FALSE;
  double number = value->is_whole ? (double)value->whole : value->number;
  if (!isfinite (number))
    return FALSE;
  *ret_value = number;
  return TRUE;
}

gboolean
clip_json_as_boolean (const ClipJsonValue *value, gboolean *ret_value)
{
  if (clip_json_type (value) != CLIP_JSON_BOOLEAN)
    return FALSE;
  *ret_value = value->truth;
  return TRUE;
}

gboolean
clip_json_foreach (const ClipJsonValue *object, ClipJsonVisit visit, gpointer user_data)
{
  gboolean more = TRUE;
  for (guint i = 0; clip_json_type (object) == CLIP_JSON_OBJECT && i < object->n && more; i++)
    more = visit (object->children[i]->name, object->children[i], user_data);
  return more;
}

/* ---- Checked readers ----------------------------------------------------------------------------------- */

static char *
describe_number (const ClipJsonValue *value)
{
  gint64 whole;
  if (clip_json_as_int (value, &whole))
    return g_strdup_printf ("%" G_GINT64_FORMAT, whole);
  double number;
  if (!clip_json_as_double (value, &number))
    return g_strdup ("a number out of range");

  char digits[G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_formatd (digits, sizeof digits, "%.9g", number);
  /* 12.0 is refused where 12 is not: show the difference. */
  return g_strconcat (digits, strpbrk (digits, ".e") ? "" : ".0", NULL);
}

/* What was found, for messages. */
static char *
describe_value (const ClipJsonValue *value)
{
  switch (clip_json_type (value)) {
  case CLIP_JSON_NULL:
    return g_strdup ("null");
  case CLIP_JSON_BOOLEAN:
    return g_strdup (value->truth ? "true" : "false");
  case CLIP_JSON_NUMBER:
    return describe_number (value);
  case CLIP_JSON_STRING: {
    g_autofree char *text = clip_printable (clip_json_as_string (value), -1, CLIP_MESSAGE_VALUE);
    return g_strdup_printf ("\"%s\"", text);
  }
  case CLIP_JSON_ARRAY:
    return g_strdup_printf ("an array of %u", clip_json_length (value));
  case CLIP_JSON_OBJECT:
    break;
  }
  return g_strdup ("an object");
}

/* Always FALSE. */
static gboolean
fail_field (const ClipJson *doc, const char *where, const char *name, const ClipJsonValue *value, const char *expected,
    GError **error)
{
  g_autofree char *path = g_strconcat (where, *where ? "." : "", name, NULL);
  g_autofree char *field = clip_printable (path, -1, CLIP_MESSAGE_NAME);
  g_autofree char *found = describe_value (value);
  g_set_error (
      error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: field '%s': expected %s, found %s", doc->name, field, expected, found);
  return FALSE;
}

/* The member, or NULL when it is absent or null. */
static const ClipJsonValue *
present_member (const ClipJsonValue *object, const char *name)
{
  const ClipJsonValue *value = clip_json_member (object, name);
  return clip_json_type (value) == CLIP_JSON_NULL ? NULL : value;
}

gboolean
clip_json_get_uint (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name, guint min,
    guint max, guint *value, GError **error)
{
  const ClipJsonValue *member = present_member (object, name);
  if (!member)
    return TRUE;
  gint64 number;
  if (!clip_json_as_int (member, &number) || number < min || number > max) {
    g_autofree char *expected = g_strdup_printf ("a whole number %u..%u", min, max);
    return fail_field (doc, where, name, member, expected, error);
  }
  *value = (guint)number;
  return TRUE;
}

gboolean
clip_json_get_double (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name, double min,
    double max, double *value, GError **error)
{
  const ClipJsonValue *member = present_member (object, name);
  if (!member)
    return TRUE;
  double number;
  if (!clip_json_as_double (member, &number) || !(number >= min && number <= max)) {
    char low[G_ASCII_DTOSTR_BUF_SIZE], high[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd (low, sizeof low, "%.9g", min);
    g_ascii_formatd (high, sizeof high, "%.9g", max);
    g_autofree char *expected = g_strdup_printf ("a number %s..%s", low, high);
    return fail_field (doc, where, name, member, expected, error);
  }
  *value = number;
  return TRUE;
}

gboolean
clip_json_get_float (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name, double min,
    double max, float *value, GError **error)
{
  double number = NAN;
  if (!clip_json_get_double (doc, object, where, name, min, max, &number, error))
    return FALSE;
  if (!isnan (number))
    *value = (float)number;
  return TRUE;
}

gboolean
clip_json_get_boolean (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name,
    gboolean *value, GError **error)
{
  const ClipJsonValue *member = present_member (object, name);
  if (member && !clip_json_as_boolean (member, value))
    return fail_field (doc, where, name, member, "true or false", error);
  return TRUE;
}

gboolean
clip_json_get_string (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name,
    const char **value, GError **error)
{
  const ClipJsonValue *member = present_member (object, name);
  if (!member)
    return TRUE;
  if (clip_json_type (member) != CLIP_JSON_STRING)
    return fail_field (doc, where, name, member, "a string", error);
  *value = clip_json_as_string (member);
  return TRUE;
}

gboolean
clip_json_get_object (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name,
    const ClipJsonValue **value, GError **error)
{
  const ClipJsonValue *member = present_member (object, name);
  if (!member)
    return TRUE;
  if (clip_json_type (member) != CLIP_JSON_OBJECT)
    return fail_field (doc, where, name, member, "an object", error);
  *value = member;
  return TRUE;
}
