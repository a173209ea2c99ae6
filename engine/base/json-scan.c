/* SPDX-License-Identifier: MIT
 *
 * json-scan.c: see json-scan.h. One pass over the text with an explicit stack of CLIP_JSON_MAX_DEPTH levels makes the
 * list of its values; then the children of each are put side by side and members are sorted by name, which also finds
 * duplicates: unlike a hash table, a sort has no worst case to attack.
 * The text is never written to and never read beyond its length. No global state; any thread.
 */
#include "base/json-scan.h"

#include "clip.h"
#include "clip-message.h"

#include <string.h>

typedef struct
{
  char closer;     /* ']' or '}' */
  gsize container; /* in the tree's values */
  const char *key; /* the latest member's, as written; NULL in arrays */
  gsize key_length;
  const char *name; /* the same, unescaped */
} Level;

typedef struct
{
  const char *shown;
  const char *text, *end, *p;
  gboolean strict;
  guint depth;
  Level levels[CLIP_JSON_MAX_DEPTH];
  ClipJsonTree *tree;
  char *out; /* where the next string goes */
  GError **error;
} Scanner;

/* Always FALSE. The message is the place of `at`, then `what`. */
static gboolean
fail_at (Scanner *s, const char *at, const char *what)
{
  guint line = 1;
  const char *line_start = s->text;
  for (const char *q = s->text; q < at; q++) {
    if (*q == '\n') {
      line++;
      line_start = q + 1;
    }
  }
  g_set_error (s->error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: line %u, column %" G_GSIZE_FORMAT ": %s", s->shown, line,
      (gsize)(at - line_start) + 1, what);
  return FALSE;
}

static gboolean
fail_scan_memory (Scanner *s)
{
  g_set_error (s->error, CLIP_ERROR, CLIP_ERROR_MEMORY, "%s: not enough memory to parse it", s->shown);
  return FALSE;
}

static gboolean
fail_expected (Scanner *s, const char *expected)
{
  g_autofree char *found = NULL;
  if (s->p < s->end) { /* the text is known to be UTF-8 by now */
    g_autofree char *c = clip_printable (s->p, g_utf8_next_char (s->p) - s->p, 1);
    found = g_strdup_printf ("'%s'", c);
  }
  g_autofree char *what = g_strdup_printf ("expected %s, found %s", expected, found ? found : "the end");
  return fail_at (s, s->p, what);
}

/* Appends a value, to be filled in; NULL with the error set. at: of its name, or itself. */
static ClipJsonValue *
add_value (Scanner *s, ClipJsonType type, const char *at)
{
  ClipJsonTree *tree = s->tree;
  if (tree->n == tree->room) {
    gsize room = MAX (2 * tree->room, 16);
    ClipJsonValue *values = g_try_renew (ClipJsonValue, tree->values, room);
    if (!values) {
      fail_scan_memory (s);
      return NULL;
    }
    tree->values = values;
    tree->room = room;
  }
  const Level *level = s->depth ? &s->levels[s->depth - 1] : NULL;
  if (level)
    tree->values[level->container].n++;
  ClipJsonValue *value = &tree->values[tree->n++];
  *value = (ClipJsonValue){
    .type = type,
    .parent = level ? (guint)level->container : 0,
    .name = level ? level->name : NULL,
    .at = (guint)((level && level->name ? level->key - 1 : at) - s->text),
  };
  return value;
}

static void
skip_space (Scanner *s)
{
  while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t'))
    s->p++;
}

static gboolean
scan_literal (Scanner *s, const char *word)
{
  gsize length = strlen (word);
  if ((gsize)(s->end - s->p) < length || memcmp (s->p, word, length) != 0)
    return fail_expected (s, "a value");
  s->p += length;
  return TRUE;
}

static gboolean
skip_digits (Scanner *s)
{
  if (s->p == s->end || !g_ascii_isdigit (*s->p))
    return fail_expected (s, "a digit");
  while (s->p < s->end && g_ascii_isdigit (*s->p))
    s->p++;
  return TRUE;
}

/* Digits without superfluous zeros. FALSE when no gint64 holds the number. */
static gboolean
to_int64 (const char *digits, gsize length, gboolean negative, gint64 *ret)
{
  const char *limit = negative ? "9223372036854775808" : "9223372036854775807";
  if (length > 19 || (length == 19 && memcmp (digits, limit, 19) > 0))
    return FALSE;
  guint64 number = 0;
  for (gsize i = 0; i < length; i++)
    number = 10 * number + (guint64)(digits[i] - '0');
  *ret = (gint64)(negative ? -number : number);
  return TRUE;
}

static gboolean
scan_number (Scanner *s)
{
  const char *at = s->p;
  gboolean negative = *s->p == '-';
  if (negative)
    s->p++;
  const char *digits = s->p;
  if (!skip_digits (s))
    return FALSE;
  if (*digits == '0' && s->p - digits > 1)
    return fail_at (s, digits, "a number with a leading zero");
  gsize n_digits = (gsize)(s->p - digits);
  gboolean whole = TRUE;

  if (s->p < s->end && *s->p == '.') {
    whole = FALSE;
    s->p++;
    if (!skip_digits (s))
      return FALSE;
  }
  if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
    whole = FALSE;
    s->p++;
    if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
      s->p++;
    if (!skip_digits (s))
      return FALSE;
  }
  ClipJsonValue *value = add_value (s, CLIP_JSON_NUMBER, at);
  if (!value)
    return FALSE;
  value->is_whole = whole && to_int64 (digits, n_digits, negative, &value->whole);
  if (!value->is_whole) {
    /* The strings' memory has room for it: what comes before it in the text takes less there. */
    memcpy (s->out, at, (gsize)(s->p - at));
    s->out[s->p - at] = 0;
    value->number = g_ascii_strtod (s->out, NULL);
  }
  return TRUE;
}

/* Reads the four digits after "\u"; -1 if there are not four. */
static gint32
hex4 (const Scanner *s, const char *p)
{
  if (s->end - p < 4)
    return -1;
  gint32 unit = 0;
  for (guint i = 0; i < 4; i++) {
    gint digit = g_ascii_xdigit_value (p[i]);
    if (digit < 0)
      return -1;
    unit = unit << 4 | digit;
  }
  return unit;
}

static gboolean
fail_nul (Scanner *s, const char *at)
{
  guint depth = s->depth;
  while (depth > 0 && !s->levels[depth - 1].key)
    depth--;
  const Level *level = depth > 0 ? &s->levels[depth - 1] : NULL;
  g_autofree char *key
      = clip_printable (level ? level->key : NULL, level ? (gssize)level->key_length : 0, CLIP_MESSAGE_NAME);
  g_autofree char *what = g_strdup_printf ("\\u0000 in a string is not supported (key '%s')", key);
  return fail_at (s, at, what);
}

static void
put_char (Scanner *s, gunichar c)
{
  s->out += g_unichar_to_utf8 (c, s->out);
}

static gunichar
unescaped (char c)
{
  switch (c) {
  case 'b':
    return '\b';
  case 'f':
    return '\f';
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case 't':
    return '\t';
  default:
    return (guchar)c;
  }
}

/* An escape sequence, s->p at its backslash. */
static gboolean
scan_escape (Scanner *s, gboolean *has_nul)
{
  const char *at = s->p++;
  if (s->p == s->end)
    return fail_expected (s, "an escape sequence");
  if (*s->p != 'u') {
    if (!*s->p || !strchr ("\"\\/bfnrt", *s->p))
      return fail_expected (s, "an escape sequence");
    put_char (s, unescaped (*s->p++));
    return TRUE;
  }

  gint32 unit = hex4 (s, s->p + 1);
  if (unit < 0)
    return fail_at (s, at, "\\u without four hexadecimal digits");
  s->p += 5;
  if (unit == 0)
    *has_nul = TRUE;
  if (unit >= 0xd800 && unit <= 0xdfff) {
    gint32 low = s->end - s->p >= 6 && s->p[0] == '\\' && s->p[1] == 'u' ? hex4 (s, s->p + 2) : -1;
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
      return fail_at (s, at, "an unpaired surrogate");
    s->p += 6;
    unit = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
  }
  put_char (s, (gunichar)unit);
  return TRUE;
}

/* s->p: at the opening quote, then after the closing one. NULL with the error set on failure. */
static const char *
scan_string (Scanner *s, gboolean *ret_has_nul)
{
  const char *at = s->p++, *string = s->out;
  *ret_has_nul = FALSE;
  for (;;) {
    const char *plain = s->p;
    while (s->p < s->end && *s->p != '"' && *s->p != '\\' && (guchar)*s->p >= 0x20)
      s->p++;
    memcpy (s->out, plain, (gsize)(s->p - plain));
    s->out += s->p - plain;
    if (s->p == s->end) {
      fail_at (s, at, "an unterminated string");
      return NULL;
    }
    if (*s->p == '"')
      break;
    if (*s->p != '\\') {
      fail_at (s, s->p, "a control character in a string");
      return NULL;
    }
    if (!scan_escape (s, ret_has_nul))
      return NULL;
  }
  s->p++;
  *s->out++ = 0;
  return string;
}

/* A member's name and its colon. */
static gboolean
scan_key (Scanner *s)
{
  skip_space (s);
  if (s->p == s->end || *s->p != '"')
    return fail_expected (s, "a member's name in double quotes");

  const char *at = s->p;
  gboolean has_nul;
  Level *level = &s->levels[s->depth - 1];
  level->name = scan_string (s, &has_nul);
  if (!level->name)
    return FALSE;
  level->key = at + 1;
  level->key_length = (gsize)(s->p - at) - 2;
  if (s->strict && has_nul)
    return fail_nul (s, at);

  skip_space (s);
  if (s->p == s->end || *s->p != ':')
    return fail_expected (s, "':' after a member's name");
  s->p++;
  return TRUE;
}

/* s->p at the bracket. */
static gboolean
open_level (Scanner *s)
{
  if (s->depth == CLIP_JSON_MAX_DEPTH)
    return fail_at (s, s->p, "nested deeper than " G_STRINGIFY (CLIP_JSON_MAX_DEPTH) " levels");
  gboolean object = *s->p == '{';
  if (!add_value (s, object ? CLIP_JSON_OBJECT : CLIP_JSON_ARRAY, s->p))
    return FALSE;
  s->p++;
  s->levels[s->depth++] = (Level){ .closer = object ? '}' : ']', .container = s->tree->n - 1 };
  return TRUE;
}

static gboolean
scan_string_value (Scanner *s)
{
  const char *at = s->p;
  gboolean has_nul;
  ClipJsonValue *value = add_value (s, CLIP_JSON_STRING, at);
  if (!value || !(value->string = scan_string (s, &has_nul)))
    return FALSE;
  return !(s->strict && has_nul) || fail_nul (s, at);
}

static gboolean
scan_boolean (Scanner *s, gboolean truth)
{
  ClipJsonValue *value = add_value (s, CLIP_JSON_BOOLEAN, s->p);
  if (value)
    value->truth = truth;
  return value && scan_literal (s, truth ? "true" : "false");
}

/* Anything that is not an array or object. */
static gboolean
scan_scalar (Scanner *s)
{
  switch (s->p < s->end ? *s->p : 0) {
  case '"':
    return scan_string_value (s);
  case 't':
    return scan_boolean (s, TRUE);
  case 'f':
    return scan_boolean (s, FALSE);
  case 'n':
    return add_value (s, CLIP_JSON_NULL, s->p) && scan_literal (s, "null");
  case '-':
  case '0':
  case '1':
  case '2':
  case '3':
  case '4':
  case '5':
  case '6':
  case '7':
  case '8':
  case '9':
    return scan_number (s);
  default:
    return fail_expected (s, "a value");
  }
}

/* Behind a value: closes levels, passes a comma. *ret_done when the outermost value has ended. */
static gboolean
after_value (Scanner *s, gboolean *ret_done)
{
  while (s->depth > 0) {
    const Level *level = &s->levels[s->depth - 1];
    skip_space (s);
    if (s->p < s->end && *s->p == ',') {
      s->p++;
      *ret_done = FALSE;
      return level->closer == ']' || scan_key (s);
    }
    if (s->p == s->end || *s->p != level->closer)
      return fail_expected (s, level->closer == '}' ? "',' or '}'" : "',' or ']'");
    s->p++;
    s->depth--;
  }
  *ret_done = TRUE;
  return TRUE;
}

static gboolean
scan_document (Scanner *s)
{
  gboolean done = FALSE;
  while (!done) {
    skip_space (s);
    if (s->tree->n == CLIP_JSON_MAX_VALUES)
      return fail_at (s, s->p, "more than " G_STRINGIFY (CLIP_JSON_MAX_VALUES) " values");

    if (s->p < s->end && (*s->p == '{' || *s->p == '[')) {
      if (!open_level (s))
        return FALSE;
      char closer = s->levels[s->depth - 1].closer;
      skip_space (s);
      if (s->p == s->end || *s->p != closer) { /* not empty: on to its first value */
        if (closer == '}' && !scan_key (s))
          return FALSE;
        continue;
      }
    } else if (!scan_scalar (s)) {
      return FALSE;
    }
    if (!after_value (s, &done))
      return FALSE;
  }
  return TRUE;
}

/* Each container's children side by side, in the text's order. */
static gboolean
place_children (Scanner *s)
{
  ClipJsonTree *tree = s->tree;
  gsize first = 0;
  tree->children = g_try_new (const ClipJsonValue *, tree->n);
  tree->names = g_try_new (ClipName, tree->n);
  if (!tree->children || !tree->names)
    return fail_scan_memory (s);
  for (gsize i = 0; i < tree->n; i++) {
    ClipJsonValue *value = &tree->values[i];
    if (value->type == CLIP_JSON_ARRAY || value->type == CLIP_JSON_OBJECT) {
      value->children = tree->children + first;
      value->names = tree->names + first;
      first += value->n;
      value->n = 0;
    }
  }
  for (gsize i = 1; i < tree->n; i++) { /* all but the root */
    ClipJsonValue *parent = &tree->values[tree->values[i].parent];
    parent->children[parent->n++] = &tree->values[i];
  }
  return TRUE;
}

/* Sorts the members of each object by name. Numbered from the end, so that the last of duplicates comes first. */
static gboolean
sort_members (Scanner *s)
{
  ClipJsonTree *tree = s->tree;
  for (gsize i = 0; i < tree->n; i++) {
    const ClipJsonValue *object = &tree->values[i];
    if (object->type != CLIP_JSON_OBJECT)
      continue;
    for (guint j = 0; j < object->n; j++)
      object->names[j] = (ClipName){ object->children[j]->name, object->n - 1 - j };
    const ClipName *same = clip_names_sort_items (object->names, object->n);
    if (same && s->strict) {
      g_autofree char *key = clip_printable (same->name, -1, CLIP_MESSAGE_NAME);
      g_autofree char *what = g_strdup_printf ("duplicate key '%s' in one object", key);
      return fail_at (s, s->text + object->children[object->n - 1 - same->value]->at, what);
    }
  }
  return TRUE;
}

static gboolean
scan_text (Scanner *s)
{
  gsize length = (gsize)(s->end - s->text);
  if (length > G_MAXUINT / 2)
    return fail_at (s, s->text, "too long");
  if (length >= 3 && memcmp (s->text, "\xef\xbb\xbf", 3) == 0)
    return fail_at (s, s->text, "a byte order mark is not JSON");
  const char *invalid;
  if (length > 0 && !g_utf8_validate (s->text, (gssize)length, &invalid))
    return fail_at (s, invalid, *invalid ? "not UTF-8" : "a NUL byte");

  /* A string without its quotes, but with a NUL, is shorter than in the text; a number is as long, and a NUL. */
  s->out = s->tree->strings = g_try_malloc (length + 2);
  if (!s->out)
    return fail_scan_memory (s);
  if (!scan_document (s))
    return FALSE;
  skip_space (s);
  if (s->p != s->end)
    return fail_expected (s, "the end");
  return place_children (s) && sort_members (s);
}

gboolean
clip_json_scan (
    const char *shown, const char *text, gsize length, gboolean strict, ClipJsonTree *ret_tree, GError **error)
{
  if (!text)
    text = "", length = 0;
  ClipJsonTree tree = { 0 };
  Scanner scanner = {
    .shown = shown, .text = text, .end = text + length, .p = text, .strict = strict, .tree = &tree, .error = error
  };
  gboolean ok = scan_text (&scanner);
  if (ok)
    *ret_tree = tree;
  else
    clip_json_tree_clear (&tree);
  return ok;
}

void
clip_json_tree_clear (ClipJsonTree *tree)
{
  g_free (tree->values);
  g_free (tree->strings);
  g_free (tree->children);
  g_free (tree->names);
  *tree = (ClipJsonTree){ 0 };
}
