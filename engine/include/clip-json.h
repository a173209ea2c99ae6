/* SPDX-License-Identifier: MIT
 *
 * clip-json.h: bounded, strict reading of untrusted JSON, and writing of its strings.
 *
 * RFC 8259 and nothing else (json-scan.c): depth at most CLIP_JSON_MAX_DEPTH, valid UTF-8 without a byte order mark, no
 * lone surrogates, no whole number that wraps. Time is n log n in the length of the text whatever its keys are, and
 * running out of memory is an error. json-glib promises none of this: its objects are hash tables with a known hash
 * function, and it would have to be guarded against depth, sizes and the non-JSON that it accepts.
 * Errors read "FILE: field 'a.b': expected …, found …". A document is immutable: read it from any thread.
 */
#ifndef CLIP_JSON_H
#define CLIP_JSON_H

#include <glib.h>

#define CLIP_JSON_MAX_DEPTH  64
#define CLIP_JSON_MAX_VALUES 1000000 /* per document; a CLIP tokenizer.json has at most 200,000 */

/* Maximum file sizes in bytes, by kind: real ones have 5 KB, 100 KB, some MB, and 2 to 20 MB. */
#define CLIP_JSON_MAX_CONFIG    ((gsize)1 << 20)
#define CLIP_JSON_MAX_INDEX     ((gsize)16 << 20)
#define CLIP_JSON_MAX_PROMPTS   ((gsize)64 << 20)
#define CLIP_JSON_MAX_TOKENIZER ((gsize)128 << 20)

typedef struct _ClipJson ClipJson;           /* a parsed document; owns all its values */
typedef struct _ClipJsonValue ClipJsonValue; /* borrowed from the document */

typedef enum
{
  CLIP_JSON_NULL,
  CLIP_JSON_BOOLEAN,
  CLIP_JSON_NUMBER,
  CLIP_JSON_STRING,
  CLIP_JSON_ARRAY,
  CLIP_JSON_OBJECT
} ClipJsonType;

/* Parses by RFC 8259 alone: the last of duplicate keys counts, a string ends at its first \u0000. For tests; input from
 * users goes to the functions below. `name` stands for the file in messages. The text need not be NUL-terminated and is
 * not kept. NULL with `error` set on failure. */
ClipJson *clip_json_parse (const char *name, const char *text, gsize length, GError **error);

/* The same, but duplicate keys and \u0000 are errors, too, and the root must be an object. */
ClipJson *clip_json_parse_object (const char *name, const char *text, gsize length, GError **error);

/* clip_json_parse_object() with any root. */
ClipJson *clip_json_parse_strict (const char *name, const char *text, gsize length, GError **error);

/* Reads a regular file of at most max_bytes (one of the above) as clip_json_parse_object() does. */
ClipJson *clip_json_load (const char *path, gsize max_bytes, GError **error);

void clip_json_free (ClipJson *self);
const ClipJsonValue *clip_json_root (const ClipJson *self);
const char *clip_json_name (const ClipJson *self); /* printable */

ClipJsonType clip_json_type (const ClipJsonValue *value);
guint clip_json_length (const ClipJsonValue *value);                                   /* array or object, else 0 */
const ClipJsonValue *clip_json_element (const ClipJsonValue *array, guint index);      /* NULL outside */
const ClipJsonValue *clip_json_member (const ClipJsonValue *object, const char *name); /* NULL when absent */
const char *clip_json_as_string (const ClipJsonValue *value);                          /* NULL unless a string */
gboolean clip_json_as_int (const ClipJsonValue *value, gint64 *ret_value);             /* 12, not 12.0 or 12e0 */
gboolean clip_json_as_double (const ClipJsonValue *value, double *ret_value);          /* any finite number */
gboolean clip_json_as_boolean (const ClipJsonValue *value, gboolean *ret_value);

/* For all of these a NULL value is an absent one: type CLIP_JSON_NULL, length 0, FALSE. */

/* Calls `visit` for each member in the file's order until it returns FALSE. Returns the last call's result, TRUE if
 * there was none. */
typedef gboolean (*ClipJsonVisit) (const char *name, const ClipJsonValue *value, gpointer user_data);
gboolean clip_json_foreach (const ClipJsonValue *object, ClipJsonVisit visit, gpointer user_data);

/* Checked readers for configuration: an absent or null member leaves *value (the default) unchanged; one of the wrong
 * type or outside [min, max] is an error that names the document, the field, what was found and what was expected.
 * `where` is the path of the object, e.g. "vision_config", or "" for the root. `object` may be NULL: every member is
 * absent. */
gboolean clip_json_get_uint (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name,
    guint min, guint max, guint *value, GError **error);
gboolean clip_json_get_float (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name,
    double min, double max, float *value, GError **error);
gboolean clip_json_get_double (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name,
    double min, double max, double *value, GError **error);
gboolean clip_json_get_boolean (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name,
    gboolean *value, GError **error);
gboolean clip_json_get_string (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name,
    const char **value, GError **error); /* borrowed */
gboolean clip_json_get_object (const ClipJson *doc, const ClipJsonValue *object, const char *where, const char *name,
    const ClipJsonValue **value, GError **error);

/* Appends text as a JSON string, in quotes and on one line; NULL as null. Escapes controls, and line separators too.
 * Bytes that are not UTF-8 become U+FFFD. */
void clip_json_append_string (GString *json, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipJson, clip_json_free)

#endif
