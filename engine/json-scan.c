/* SPDX-License-Identifier: MIT
 *
 * json-scan.c: see json-scan.h. One pass over the text with an explicit stack of CLIP_JSON_MAX_DEPTH levels; then, for
 * our own files, the keys are sorted to find equal ones (a sort has no worst case to attack, unlike a hash table).
 * The text is never written to and never read beyond its length. No global state; any thread.
 */
#include "json-scan.h"

#include "clip.h"
#include "json.h"
#include "message.h"

#include <string.h>

typedef struct
{
  char closer;     /* ']' or '}' */
  guint object;    /* number of the object, in the order of their braces */
  const char *key; /* the latest member's, as written; NULL in arrays */
  gsize key_length;
} Level;

/* A member's name, for finding duplicates. */
typedef struct
{
  guint object;
  guint offset; /* in the text */
  gsize length;
  const char *key; /* unescaped */
} Key;

typedef struct
{
  const char *shown;
  const char *text, *end, *p;
  gboolean ours;
  guint n_values, n_objects;
  guint depth;
  Level levels[CLIP_JSON_MAX_DEPTH];
  GArray *large_ints; /* gsize */
  GArray *keys;       /* Key; only when `ours` */
  GStringChunk *unescaped;
  GError **error;
} Scanner;

/* Always FALSE. `what` is put behind the place of `at`. */
static gboolean
fail (Scanner *s, const char *at, const char *what)
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
fail_expected (Scanner *s, const char *expected)
{
  g_autofree char *found = NULL;
  if (s->p < s->end) { /* the text is known to be UTF-8 by now */
    g_autofree char *c = clip_printable (s->p, g_utf8_next_char (s->p) - s->p, 1);
    found = g_strdup_printf ("'%s'", c);
  }
  g_autofree char *what = g_strdup_printf ("expected %s, found %s", expected, found ? found : "the end");
  return fail (s, s->p, what);
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

/* digits: a whole number without sign or superfluous zeros. */
static gboolean
fits_int64 (const char *digits, gsize length, gboolean negative)
{
  const char *limit = negative ? "9223372036854775808" : "9223372036854775807";
  return length < 19 || (length == 19 && memcmp (digits, limit, 19) <= 0);
}

static gboolean
scan_number (Scanner *s)
{
  gboolean negative = *s->p == '-';
  if (negative)
    s->p++;
  const char *digits = s->p;
  if (!skip_digits (s))
    return FALSE;
  if (*digits == '0' && s->p - digits > 1)
    return fail (s, digits, "a number with a superfluous zero");
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
  if (whole && !fits_int64 (digits, n_digits, negative)) {
    gsize offset = (gsize)(s->p - s->text);
    if (!s->large_ints)
      s->large_ints = g_array_new (FALSE, FALSE, sizeof (gsize));
    g_array_append_val (s->large_ints, offset);
  }
  return TRUE;
}

/* Reads the four digits behind "\u"; -1 when they are not there. */
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
  return fail (s, at, what);
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
    s->p++;
    return TRUE;
  }

  gint32 unit = hex4 (s, s->p + 1);
  if (unit < 0)
    return fail (s, at, "\\u without four hexadecimal digits");
  s->p += 5;
  if (unit == 0)
    *has_nul = TRUE;
  if (unit >= 0xd800 && unit <= 0xdfff) {
    gint32 low = s->end - s->p >= 6 && s->p[0] == '\\' && s->p[1] == 'u' ? hex4 (s, s->p + 2) : -1;
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
      return fail (s, at, "half a surrogate pair");
    s->p += 6;
  }
  return TRUE;
}

/* s->p at the opening quote, afterwards behind the closing one. */
static gboolean
scan_string (Scanner *s, gboolean *ret_escaped, gboolean *ret_has_nul)
{
  const char *at = s->p++;
  *ret_escaped = *ret_has_nul = FALSE;
  for (;;) {
    while (s->p < s->end && *s->p != '"' && *s->p != '\\' && (guchar)*s->p >= 0x20)
      s->p++;
    if (s->p == s->end)
      return fail (s, at, "a string without an end");
    if (*s->p == '"')
      break;
    if (*s->p != '\\')
      return fail (s, s->p, "a control character in a string");
    *ret_escaped = TRUE;
    if (!scan_escape (s, ret_has_nul))
      return FALSE;
  }
  s->p++;
  return TRUE;
}

static gunichar
unescape_char (const char *p)
{
  switch (*p) {
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
    return (guchar)*p;
  }
}

/* A scanned string's content without its escapes. */
static const char *
unescape (Scanner *s, const char *raw, gsize raw_length, gsize *ret_length)
{
  g_autoptr (GString) out = g_string_sized_new (raw_length);
  const char *end = raw + raw_length;
  while (raw < end) {
    if (*raw != '\\') {
      g_string_append_c (out, *raw++);
    } else if (raw[1] != 'u') {
      g_string_append_unichar (out, unescape_char (raw + 1));
      raw += 2;
    } else {
      gunichar c = (gunichar)hex4 (s, raw + 2);
      raw += 6;
      if (c >= 0xd800 && c <= 0xdbff) {
        c = 0x10000 + ((c & 0x3ff) << 10) + ((gunichar)hex4 (s, raw + 2) & 0x3ff);
        raw += 6;
      }
      g_string_append_unichar (out, c);
    }
  }
  if (!s->unescaped)
    s->unescaped = g_string_chunk_new (4096);
  *ret_length = out->len;
  return g_string_chunk_insert_len (s->unescaped, out->str, (gssize)out->len);
}

/* A member's name and its colon. */
static gboolean
scan_key (Scanner *s)
{
  skip_space (s);
  if (s->p == s->end || *s->p != '"')
    return fail_expected (s, "a member's name in double quotes");

  const char *at = s->p;
  gboolean escaped, has_nul;
  if (!scan_string (s, &escaped, &has_nul))
    return FALSE;
  Level *level = &s->levels[s->depth - 1];
  level->key = at + 1;
  level->key_length = (gsize)(s->p - at) - 2;

  if (s->ours) {
    if (has_nul)
      return fail_nul (s, at);
    Key key = { .object = level->object, .offset = (guint)(at - s->text), .length = level->key_length, .key = at + 1 };
    if (escaped)
      key.key = unescape (s, level->key, level->key_length, &key.length);
    g_array_append_val (s->keys, key);
  }

  skip_space (s);
  if (s->p == s->end || *s->p != ':')
    return fail_expected (s, "':' behind a member's name");
  s->p++;
  return TRUE;
}

/* s->p at the bracket. */
static gboolean
open_level (Scanner *s)
{
  if (s->depth == CLIP_JSON_MAX_DEPTH)
    return fail (s, s->p, "nested deeper than " G_STRINGIFY (CLIP_JSON_MAX_DEPTH) " levels");
  gboolean object = *s->p++ == '{';
  s->levels[s->depth++] = (Level){ .closer = object ? '}' : ']', .object = object ? s->n_objects++ : 0 };
  return TRUE;
}

/* Anything that is not an array or object. */
static gboolean
scan_scalar (Scanner *s)
{
  switch (s->p < s->end ? *s->p : 0) {
  case '"': {
    const char *at = s->p;
    gboolean escaped, has_nul;
    if (!scan_string (s, &escaped, &has_nul))
      return FALSE;
    return !(s->ours && has_nul) || fail_nul (s, at);
  }
  case 't':
    return scan_literal (s, "true");
  case 'f':
    return scan_literal (s, "false");
  case 'n':
    return scan_literal (s, "null");
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
    if (++s->n_values > CLIP_JSON_MAX_VALUES)
      return fail (s, s->p, "more than " G_STRINGIFY (CLIP_JSON_MAX_VALUES) " values");

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

static gint
compare_keys (gconstpointer a, gconstpointer b)
{
  const Key *x = a, *y = b;
  if (x->object != y->object)
    return x->object < y->object ? -1 : 1;
  if (x->length != y->length)
    return x->length < y->length ? -1 : 1;
  gint order = memcmp (x->key, y->key, x->length);
  if (order)
    return order;
  return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static gboolean
check_duplicates (Scanner *s)
{
  g_array_sort (s->keys, compare_keys);
  for (guint i = 1; i < s->keys->len; i++) {
    const Key *a = &g_array_index (s->keys, Key, i - 1);
    const Key *b = &g_array_index (s->keys, Key, i);
    if (a->object == b->object && a->length == b->length && memcmp (a->key, b->key, a->length) == 0) {
      g_autofree char *key = clip_printable (b->key, (gssize)b->length, CLIP_MESSAGE_NAME);
      g_autofree char *what = g_strdup_printf ("the key '%s' is given twice in one object", key);
      return fail (s, s->text + b->offset, what);
    }
  }
  return TRUE;
}

static gboolean
scan_text (Scanner *s, ClipJsonScan *ret_scan)
{
  gsize length = (gsize)(s->end - s->text);
  if (length > G_MAXUINT / 2)
    return fail (s, s->text, "too long");
  if (length >= 3 && memcmp (s->text, "\xef\xbb\xbf", 3) == 0)
    return fail (s, s->text, "a byte order mark is not JSON");
  const char *invalid;
  if (length > 0 && !g_utf8_validate (s->text, (gssize)length, &invalid))
    return fail (s, invalid, *invalid ? "not UTF-8" : "a NUL byte");

  skip_space (s);
  ret_scan->start = (gsize)(s->p - s->text);
  if (!scan_document (s))
    return FALSE;
  ret_scan->end = (gsize)(s->p - s->text);
  skip_space (s);
  if (s->p != s->end)
    return fail_expected (s, "nothing more");
  return !s->ours || check_duplicates (s);
}

gboolean
clip_json_scan (
    const char *shown, const char *text, gsize length, gboolean ours, ClipJsonScan *ret_scan, GError **error)
{
  if (!text) /* an empty file's mapping */
    text = "", length = 0;
  Scanner scanner = { .shown = shown, .text = text, .end = text + length, .p = text, .ours = ours, .error = error };
  ClipJsonScan scan = { 0 };
  if (ours)
    scanner.keys = g_array_new (FALSE, FALSE, sizeof (Key));

  gboolean ok = scan_text (&scanner, &scan);
  scan.large_ints = scanner.large_ints;
  if (ok)
    *ret_scan = scan;
  else
    clip_json_scan_clear (&scan);

  if (scanner.keys)
    g_array_unref (scanner.keys);
  if (scanner.unescaped)
    g_string_chunk_free (scanner.unescaped);
  return ok;
}

void
clip_json_scan_clear (ClipJsonScan *scan)
{
  g_clear_pointer (&scan->large_ints, g_array_unref);
}
