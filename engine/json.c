/* SPDX-License-Identifier: MIT
 *
 * json.c: see json.h. The only file that includes json-glib. A ClipJsonValue is a JsonNode; nothing is changed after
 * parsing, and reading an unchanged JsonNode is safe from any thread.
 */
#include "json.h"

#include "clip.h"
#include "file.h"
#include "json-scan.h"
#include "message.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

struct _ClipJson
{
  char *name; /* fit for messages */
  JsonParser *parser;
};

static JsonNode *
node_of (const ClipJsonValue *value)
{
  return (JsonNode *)value;
}

/* json-glib wraps whole numbers that no gint64 holds: 18446744073709551615 becomes -1. With ".0" behind them it reads
 * them as doubles. Returns a new text, or NULL when memory runs out. */
static char *
with_large_ints_as_doubles (const char *text, const ClipJsonScan *scan, gsize *ret_length)
{
  gsize length = scan->end - scan->start + 2 * scan->large_ints->len;
  char *copy = g_try_malloc (length), *out = copy;
  if (!copy)
    return NULL;

  gsize done = scan->start;
  for (guint i = 0; i < scan->large_ints->len; i++) {
    gsize at = g_array_index (scan->large_ints, gsize, i);
    memcpy (out, text + done, at - done);
    out += at - done;
    *out++ = '.';
    *out++ = '0';
    done = at;
  }
  memcpy (out, text + done, scan->end - done);
  *ret_length = length;
  return copy;
}

/* json-glib's own parse; it only sees texts that the scanner accepted. */
static gboolean
build (ClipJson *self, const char *text, const ClipJsonScan *scan, GError **error)
{
  const char *value = text + scan->start;
  gsize length = scan->end - scan->start;
  g_autofree char *copy = NULL;
  if (scan->large_ints) {
    value = copy = with_large_ints_as_doubles (text, scan, &length);
    if (!copy) {
      g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "%s: no memory left to parse it", self->name);
      return FALSE;
    }
  }

  g_autoptr (GError) local = NULL;
  self->parser = json_parser_new ();
  if (!json_parser_load_from_data (self->parser, value, (gssize)length, &local)) {
    g_autofree char *what = clip_printable (local->message, -1, CLIP_MESSAGE_NAME);
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: %s", self->name, what);
    return FALSE;
  }
  return TRUE;
}

static ClipJson *
parse (const char *name, const char *text, gsize length, gboolean ours, GError **error)
{
  g_autoptr (ClipJson) self = g_new0 (ClipJson, 1);
  self->name = clip_printable (name, -1, CLIP_MESSAGE_PATH);

  ClipJsonScan scan;
  if (!clip_json_scan (self->name, text, length, ours, &scan, error))
    return NULL;
  gboolean ok = build (self, text, &scan, error);
  clip_json_scan_clear (&scan);
  return ok ? g_steal_pointer (&self) : NULL;
}

ClipJson *
clip_json_parse (const char *name, const char *text, gsize length, GError **error)
{
  return parse (name, text, length, FALSE, error);
}

ClipJson *
clip_json_parse_strict (const char *name, const char *text, gsize length, GError **error)
{
  return parse (name, text, length, TRUE, error);
}

ClipJson *
clip_json_parse_object (const char *name, const char *text, gsize length, GError **error)
{
  g_autoptr (ClipJson) self = parse (name, text, length, TRUE, error);
  if (self && clip_json_type (clip_json_root (self)) != CLIP_JSON_OBJECT) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: expected an object {…} around everything", self->name);
    return NULL;
  }
  return g_steal_pointer (&self);
}

ClipJson *
clip_json_load (const char *path, GError **error)
{
  gsize length;
  g_autofree char *text = clip_file_read (path, CLIP_JSON_MAX_FILE, &length, error);
  return text ? clip_json_parse_object (path, text, length, error) : NULL;
}

void
clip_json_free (ClipJson *self)
{
  if (!self)
    return;
  g_clear_object (&self->parser);
  g_free (self->name);
  g_free (self);
}

const ClipJsonValue *
clip_json_root (const ClipJson *self)
{
  return (const ClipJsonValue *)json_parser_get_root (self->parser);
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
  if (!value)
    return CLIP_JSON_NULL;
  switch (json_node_get_node_type (node_of (value))) {
  case JSON_NODE_OBJECT:
    return CLIP_JSON_OBJECT;
  case JSON_NODE_ARRAY:
    return CLIP_JSON_ARRAY;
  case JSON_NODE_NULL:
    return CLIP_JSON_NULL;
  case JSON_NODE_VALUE:
    break;
  }
  switch (json_node_get_value_type (node_of (value))) {
  case G_TYPE_BOOLEAN:
    return CLIP_JSON_BOOLEAN;
  case G_TYPE_STRING:
    return CLIP_JSON_STRING;
  default:
    return CLIP_JSON_NUMBER;
  }
}

guint
clip_json_length (const ClipJsonValue *value)
{
  switch (clip_json_type (value)) {
  case CLIP_JSON_ARRAY:
    return json_array_get_length (json_node_get_array (node_of (value)));
  case CLIP_JSON_OBJECT:
    return json_object_get_size (json_node_get_object (node_of (value)));
  default:
    return 0;
  }
}

const ClipJsonValue *
clip_json_element (const ClipJsonValue *array, guint index)
{
  if (clip_json_type (array) != CLIP_JSON_ARRAY || index >= clip_json_length (array))
    return NULL;
  return (const ClipJsonValue *)json_array_get_element (json_node_get_array (node_of (array)), index);
}

const ClipJsonValue *
clip_json_member (const ClipJsonValue *object, const char *name)
{
  if (clip_json_type (object) != CLIP_JSON_OBJECT)
    return NULL;
  return (const ClipJsonValue *)json_object_get_member (json_node_get_object (node_of (object)), name);
}

const char *
clip_json_as_string (const ClipJsonValue *value)
{
  return clip_json_type (value) == CLIP_JSON_STRING ? json_node_get_string (node_of (value)) : NULL;
}

gboolean
clip_json_as_int (const ClipJsonValue *value, gint64 *ret_value)
{
  if (clip_json_type (value) != CLIP_JSON_NUMBER || json_node_get_value_type (node_of (value)) != G_TYPE_INT64)
    return FALSE;
  *ret_value = json_node_get_int (node_of (value));
  return TRUE;
}

gboolean
clip_json_as_double (const ClipJsonValue *value, double *ret_value)
{
  if (clip_json_type (value) != CLIP_JSON_NUMBER)
    return FALSE;
  double number = json_node_get_double (node_of (value)); /* of either kind */
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
  *ret_value = json_node_get_boolean (node_of (value));
  return TRUE;
}

gboolean
clip_json_foreach (const ClipJsonValue *object, ClipJsonVisit visit, gpointer user_data)
{
  if (clip_json_type (object) != CLIP_JSON_OBJECT)
    return TRUE;

  JsonObjectIter iter;
  const char *name;
  JsonNode *node;
  json_object_iter_init_ordered (&iter, json_node_get_object (node_of (object)));
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    if (!visit (name, (const ClipJsonValue *)node, user_data))
      return FALSE;
  }
  return TRUE;
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
    return g_strdup ("a number beyond all bounds");

  char digits[G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_formatd (digits, sizeof digits, "%.9g", number);
  /* 12.0 is refused where 12 is not: show the difference. */
  return g_strconcat (digits, strpbrk (digits, ".e") ? "" : ".0", NULL);
}

/* What was found, for messages. */
static char *
describe (const ClipJsonValue *value)
{
  switch (clip_json_type (value)) {
  case CLIP_JSON_NULL:
    return g_strdup ("null");
  case CLIP_JSON_BOOLEAN:
    return g_strdup (json_node_get_boolean (node_of (value)) ? "true" : "false");
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
fail (const ClipJson *doc, const char *where, const char *name, const ClipJsonValue *value, const char *expected,
    GError **error)
{
  g_autofree char *path = g_strconcat (where, *where ? "." : "", name, NULL);
  g_autofree char *field = clip_printable (path, -1, CLIP_MESSAGE_NAME);
  g_autofree char *found = describe (value);
  g_set_error (
      error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: field '%s': expected %s, found %s", doc->name, field, expected, found);
  return FALSE;
}

/* The member, or NULL when it is absent or null. */
static const ClipJsonValue *
present (const ClipJsonValue *object, const char *name)
{
  const ClipJsonValue *value = clip_json_member (object, name);
  return clip_json_type (value) == CLIP_JSON_NULL ? NULL : value;
}

gboolean
clip_json_get_uint (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name, guint min,
    guint max, guint *value, GError **error)
{
  const ClipJsonValue *member = present (object, name);
  if (!member)
    return TRUE;
  gint64 number;
  if (!clip_json_as_int (member, &number) || number < min || number > max) {
    g_autofree char *expected = g_strdup_printf ("a whole number %u..%u", min, max);
    return fail (doc, where, name, member, expected, error);
  }
  *value = (guint)number;
  return TRUE;
}

gboolean
clip_json_get_float (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name, double min,
    double max, float *value, GError **error)
{
  const ClipJsonValue *member = present (object, name);
  if (!member)
    return TRUE;
  double number;
  if (!clip_json_as_double (member, &number) || !(number >= min && number <= max)) {
    char low[G_ASCII_DTOSTR_BUF_SIZE], high[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd (low, sizeof low, "%.9g", min);
    g_ascii_formatd (high, sizeof high, "%.9g", max);
    g_autofree char *expected = g_strdup_printf ("a number %s..%s", low, high);
    return fail (doc, where, name, member, expected, error);
  }
  *value = (float)number;
  return TRUE;
}

gboolean
clip_json_get_boolean (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name,
    gboolean *value, GError **error)
{
  const ClipJsonValue *member = present (object, name);
  if (member && !clip_json_as_boolean (member, value))
    return fail (doc, where, name, member, "true or false", error);
  return TRUE;
}

gboolean
clip_json_get_string (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name,
    const char **value, GError **error)
{
  const ClipJsonValue *member = present (object, name);
  if (!member)
    return TRUE;
  if (clip_json_type (member) != CLIP_JSON_STRING)
    return fail (doc, where, name, member, "a string", error);
  *value = clip_json_as_string (member);
  return TRUE;
}

gboolean
clip_json_get_object (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name,
    const ClipJsonValue **value, GError **error)
{
  const ClipJsonValue *member = present (object, name);
  if (!member)
    return TRUE;
  if (clip_json_type (member) != CLIP_JSON_OBJECT)
    return fail (doc, where, name, member, "an object", error);
  *value = member;
  return TRUE;
}
