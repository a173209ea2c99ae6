/* SPDX-License-Identifier: MIT
 *
 * prompts.c: ClipPrompts of clip.h: the user's prompts, checked. Independent of any model.
 *
 * Unicode's white space is trimmed at both ends of a text; the rest is kept, control characters included. Texts may
 * repeat. Immutable once built. Copies that differ in templates share the items.
 */
#include "labels/prompts.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "clip-json.h"
#include "clip-message.h"
#include "tokenizer/pre-tokenizer.h"

#define MAX_TEMPLATES 1000 /* CLIP's own ImageNet recipe has 80 */
#define PLACEHOLDER   "{}"
#define BOM           "\xef\xbb\xbf" /* UTF-8's byte order mark */

typedef struct
{
  ClipPrompt *prompts; /* [n], whose strings it owns */
  guint n, room;
} Items; /* in an atomic rc box */

struct _ClipPrompts
{
  gatomicrefcount refs;
  Items *items;
  char **templates;
};

/* A set that is being read. */
typedef struct
{
  const char *source; /* the file, printable, or NULL */
  Items items;
  GPtrArray *templates;
  GError **error;
} Reader;

/* A place in the source, formatted only for an error. */
typedef struct
{
  const char *before; /* the number */
  guint number;
  const char *after;
} Place;

static void
items_clear (gpointer items)
{
  Items *self = items;
  for (guint i = 0; i < self->n; i++) {
    g_free ((char *)self->prompts[i].text);
    g_free ((char *)self->prompts[i].label);
  }
  g_free (self->prompts);
  *self = (Items){ 0 };
}

static void
reader_init (Reader *self, const char *source, GError **error)
{
  self->source = source;
  self->error = error;
  self->templates = g_ptr_array_new_with_free_func (g_free);
}

static void
reader_clear (Reader *self)
{
  items_clear (&self->items);
  g_clear_pointer (&self->templates, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

static gboolean refuse_prompts (Reader *self, const Place *place, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* "FILE: PLACE: …" with code PROMPTS; always FALSE. place may be NULL. */
static gboolean
refuse_prompts (Reader *self, const Place *place, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  g_autofree char *where
      = place ? g_strdup_printf ("%s%u%s: ", place->before, place->number, place->after) : g_strdup ("");
  g_set_error (self->error, CLIP_ERROR, CLIP_ERROR_PROMPTS, "%s%s%s%s", self->source ? self->source : "",
      self->source ? ": " : "", where, what);
  return FALSE;
}

/* ---- Text ---------------------------------------------------------------------------------------------- */

static void
trim_space (const char **text, gsize *length)
{
  const char *p = *text, *end = *text + *length;
  while (p < end && clip_pre_tokenizer_is_space (g_utf8_get_char (p)))
    p = g_utf8_next_char (p);
  while (end > p) {
    const char *last = g_utf8_prev_char (end);
    if (!clip_pre_tokenizer_is_space (g_utf8_get_char (last)))
      break;
    end = last;
  }
  *text = p;
  *length = (gsize)(end - p);
}

/* lines: count them in the message. A NUL byte is refused too: C strings end there. */
static gboolean
check_utf8 (Reader *self, const char *text, gsize length, gboolean lines)
{
  const char *bad;
  if (g_utf8_validate_len (text, length, &bad))
    return TRUE;

  gsize offset = (gsize)(bad - text);
  const char *what = offset < length && *bad == '\0' ? "a NUL byte" : "not valid UTF-8";
  if (!lines)
    return refuse_prompts (self, NULL, "%s at byte %" G_GSIZE_FORMAT, what, offset);
  Place place = { "line ", 1, "" };
  for (const char *p = text; p < bad; p++)
    place.number += *p == '\n';
  return refuse_prompts (self, &place, "%s at byte %" G_GSIZE_FORMAT " of the file", what, offset);
}

/* NULL when memory runs out. */
static char *
copy_string (const char *text, gsize length)
{
  char *copy = g_try_malloc (length + 1);
  if (copy) {
    memcpy (copy, text, length);
    copy[length] = 0;
  }
  return copy;
}

/* For one more. */
static gboolean
make_item_room (Items *items)
{
  if (items->n < items->room)
    return TRUE;
  guint room = MAX (2 * items->room, 16);
  ClipPrompt *prompts = g_try_renew (ClipPrompt, items->prompts, room);
  if (!prompts)
    return FALSE;
  items->prompts = prompts;
  items->room = room;
  return TRUE;
}

/* text: trimmed. label: NULL = as the text. */
static gboolean
add_prompt (Reader *self, const Place *place, const char *text, gsize length, const ClipPrompt *rest)
{
  if (length == 0)
    return refuse_prompts (self, place, "the prompt is empty");
  if (length > CLIP_MAX_PROMPT_BYTES)
    return refuse_prompts (
        self, place, "the prompt has %" G_GSIZE_FORMAT " bytes, at most %d are allowed", length, CLIP_MAX_PROMPT_BYTES);
  if (self->items.n == CLIP_MAX_PROMPTS)
    return refuse_prompts (self, place, "more than %d prompts", CLIP_MAX_PROMPTS);

  ClipPrompt prompt = rest ? *rest : (ClipPrompt){ .threshold = NAN, .prior = 1 };
  prompt.text = copy_string (text, length);
  prompt.label = prompt.label ? copy_string (prompt.label, strlen (prompt.label)) : copy_string (text, length);
  if (prompt.text && prompt.label && make_item_room (&self->items)) {
    self->items.prompts[self->items.n++] = prompt;
    return TRUE;
  }
  g_free ((char *)prompt.text);
  g_free ((char *)prompt.label);
  g_set_error (self->error, CLIP_ERROR, CLIP_ERROR_MEMORY, "%s%snot enough memory for %u prompts",
      self->source ? self->source : "", self->source ? ": " : "", self->items.n + 1);
  return FALSE;
}

static gboolean
add_template (Reader *self, const Place *place, const char *text, gsize length)
{
  trim_space (&text, &length);
  g_autofree char *copy = g_strndup (text, length);
  guint n = 0;
  for (const char *p = copy; (p = strstr (p, PLACEHOLDER)); p += strlen (PLACEHOLDER))
    n++;
  if (n != 1) {
    g_autofree char *shown = clip_printable (copy, -1, CLIP_MESSAGE_VALUE);
    return refuse_prompts (self, place, "expected exactly one \"" PLACEHOLDER "\", found %u in \"%s\"", n, shown);
  }
  if (length > CLIP_MAX_PROMPT_BYTES)
    return refuse_prompts (self, place, "the template has %" G_GSIZE_FORMAT " bytes, at most %d are allowed", length,
        CLIP_MAX_PROMPT_BYTES);
  if (self->templates->len == MAX_TEMPLATES)
    return refuse_prompts (self, place, "more than %d templates", MAX_TEMPLATES);
  g_ptr_array_add (self->templates, g_steal_pointer (&copy));
  return TRUE;
}

char *
clip_template_fill (const char *template, const char *text)
{
  const char *place = strstr (template, PLACEHOLDER);
  return g_strdup_printf ("%.*s%s%s", (int)(place - template), template, text, place + strlen (PLACEHOLDER));
}

/* ---- Sets ---------------------------------------------------------------------------------------------- */

/* Takes the reader's templates; none = "{}". */
static ClipPrompts *
new_prompts (Items *items, GPtrArray *templates)
{
  if (templates->len == 0)
    g_ptr_array_add (templates, g_strdup (PLACEHOLDER));
  g_ptr_array_add (templates, NULL);
  ClipPrompts *self = g_new0 (ClipPrompts, 1);
  g_atomic_ref_count_init (&self->refs);
  self->items = items;
  self->templates = (char **)g_ptr_array_steal (templates, NULL);
  return self;
}

static ClipPrompts *
finish_prompts (Reader *self)
{
  gboolean all_negative = TRUE;
  for (guint i = 0; i < self->items.n && all_negative; i++)
    all_negative = self->items.prompts[i].negative;
  if (self->items.n == 0) {
    refuse_prompts (self, NULL, "there are no prompts");
    return NULL;
  }
  if (all_negative) {
    refuse_prompts (self, NULL, "all prompts are negative, so none could be reported");
    return NULL;
  }

  Items *items = g_atomic_rc_box_new0 (Items);
  *items = self->items;
  self->items = (Items){ 0 };
  return new_prompts (items, self->templates);
}

ClipPrompts *
clip_prompts_new_from_string (const char *text, GError **error)
{
  g_auto (Reader) reader = { 0 };
  reader_init (&reader, NULL, error);
  if (!text)
    text = "";
  if (!check_utf8 (&reader, text, strlen (text), FALSE))
    return NULL;

  g_autoptr (GString) segment = g_string_new (NULL);
  Place place = { "prompt ", 0, "" };
  for (const char *p = text;; p++) {
    if (p[0] == '\\' && p[1] == ';') {
      g_string_append_c (segment, *++p);
    } else if (*p && *p != ';') {
      g_string_append_c (segment, *p);
    } else {
      const char *prompt = segment->str;
      gsize length = segment->len;
      place.number++;
      trim_space (&prompt, &length);
      if (length && !add_prompt (&reader, &place, prompt, length, NULL))
        return NULL;
      g_string_truncate (segment, 0);
      if (!*p)
        break;
    }
  }
  return finish_prompts (&reader);
}

/* ---- Files --------------------------------------------------------------------------------------------- */

static gboolean
read_lines (Reader *self, const char *text, gsize length)
{
  const char *end = text + length;
  Place place = { "line ", 0, "" };
  while (text < end) {
    const char *newline = memchr (text, '\n', (gsize)(end - text));
    const char *line = text;
    gsize n = (gsize)((newline ? newline : end) - text);
    place.number++;
    trim_space (&line, &n);
    if (n && *line != '#' && !add_prompt (self, &place, line, n, NULL))
      return FALSE;
    text = newline ? newline + 1 : end;
  }
  return TRUE;
}

typedef struct
{
  Reader *reader;
  const Place *place;       /* NULL for the file's own object */
  const char *const *known; /* NULL-terminated */
} KeyCheck;

static gboolean
check_key (const char *name, const ClipJsonValue *value, gpointer check)
{
  const KeyCheck *self = check;
  if (g_strv_contains (self->known, name))
    return TRUE;
  g_autofree char *shown = clip_printable (name, -1, CLIP_MESSAGE_NAME);
  g_autofree char *known = g_strjoinv ("', '", (char **)self->known);
  return refuse_prompts (self->reader, self->place, "unknown key '%s': expected one of '%s'", shown, known);
}

/* An object that is a prompt. */
static gboolean
read_prompt (Reader *self, const ClipJson *doc, const ClipJsonValue *value, const Place *place)
{
  static const char *const known[] = { "text", "label", "threshold", "negative", "prior", NULL };
  KeyCheck check = { self, place, known };
  if (!clip_json_foreach (value, check_key, &check))
    return FALSE;

  /* The place without "field '" and "'". */
  g_autofree char *where = g_strdup_printf ("%s%u]", strchr (place->before, '\'') + 1, place->number);
  ClipPrompt prompt = { .threshold = NAN, .prior = 1 };
  if (!clip_json_get_string (doc, value, where, "text", &prompt.text, self->error)
      || !clip_json_get_string (doc, value, where, "label", &prompt.label, self->error)
      || !clip_json_get_float (doc, value, where, "threshold", -1, 1, &prompt.threshold, self->error)
      || !clip_json_get_boolean (doc, value, where, "negative", &prompt.negative, self->error)
      || !clip_json_get_float (doc, value, where, "prior", 1e-6, 1e6, &prompt.prior, self->error))
    return FALSE;
  if (!prompt.text)
    return refuse_prompts (self, place, "the key 'text' is missing");

  if (prompt.label) {
    const char *label = prompt.label;
    gsize length = strlen (label);
    trim_space (&label, &length);
    if (length == 0)
      return refuse_prompts (self, place, "the label is empty");
    if (length > CLIP_MAX_PROMPT_BYTES)
      return refuse_prompts (self, place, "the label has %" G_GSIZE_FORMAT " bytes, at most %d are allowed", length,
          CLIP_MAX_PROMPT_BYTES);
  }
  const char *text = prompt.text;
  gsize length = strlen (text);
  trim_space (&text, &length);
  return add_prompt (self, place, text, length, &prompt);
}

/* before: what stands before an element's number in messages. */
static gboolean
read_array (Reader *self, const ClipJson *doc, const ClipJsonValue *prompts, const char *before)
{
  guint n = clip_json_length (prompts);
  for (guint i = 0; i < n; i++) {
    const ClipJsonValue *value = clip_json_element (prompts, i);
    const char *text = clip_json_as_string (value);
    const Place place = { before, i, "]'" };
    if (text) {
      gsize length = strlen (text);
      trim_space (&text, &length);
      if (!add_prompt (self, &place, text, length, NULL))
        return FALSE;
    } else if (clip_json_type (value) != CLIP_JSON_OBJECT) {
      return refuse_prompts (self, &place, "expected a string or an object");
    } else if (!read_prompt (self, doc, value, &place)) {
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
read_prompts (Reader *self, const ClipJson *doc, const ClipJsonValue *prompts)
{
  if (!prompts)
    return refuse_prompts (self, NULL, "the key 'prompts' is missing");
  if (clip_json_type (prompts) != CLIP_JSON_ARRAY)
    return refuse_prompts (self, NULL, "field 'prompts': expected an array");
  return read_array (self, doc, prompts, "field 'prompts[");
}

static gboolean
read_templates (Reader *self, const ClipJsonValue *templates)
{
  if (!templates)
    return TRUE;
  guint n = clip_json_length (templates);
  if (clip_json_type (templates) != CLIP_JSON_ARRAY || n == 0)
    return refuse_prompts (self, NULL, "field 'templates': expected an array of at least one string");
  for (guint i = 0; i < n; i++) {
    const char *text = clip_json_as_string (clip_json_element (templates, i));
    const Place place = { "field 'templates[", i, "]'" };
    if (!text)
      return refuse_prompts (self, &place, "expected a string");
    if (!add_template (self, &place, text, strlen (text)))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_json (Reader *self, const char *path, const char *text, gsize length)
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

  g_auto (Reader) reader = { 0 };
  g_autofree char *source = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  reader_init (&reader, source, error);
  if (!check_utf8 (&reader, content, length, TRUE))
    return NULL;

  const char *text = content;
  if (g_str_has_prefix (text, BOM)) {
    text += strlen (BOM);
    length -= strlen (BOM);
  }
  const char *first = text;
  gsize rest = length;
  trim_space (&first, &rest);
  /* Text hardly ever begins like this, and reading JSON as a prompt would be a silent mistake. */
  gboolean is_json = rest > 0 && (*first == '{' || *first == '[');
  gboolean ok = is_json ? read_json (&reader, path, text, length) : read_lines (&reader, text, length);
  return ok ? finish_prompts (&reader) : NULL;
}

ClipPrompts *
clip_prompts_with_templates (ClipPrompts *self, const char *templates, GError **error)
{
  g_auto (Reader) reader = { 0 };
  reader_init (&reader, NULL, error);
  const char *text = templates ? templates : "";
  gsize length = strlen (text);
  if (!check_utf8 (&reader, text, length, FALSE))
    return NULL;
  trim_space (&text, &length);

  Place place = { "template ", 0, "" };
  const char *end = text + length, *bar = NULL;
  for (gboolean more = length > 0; more; text = more ? bar + 1 : end) {
    bar = memchr (text, '|', (gsize)(end - text));
    more = bar != NULL;
    place.number++;
    if (!add_template (&reader, &place, text, (gsize)((bar ? bar : end) - text)))
      return NULL;
  }
  return new_prompts (g_atomic_rc_box_acquire (self->items), reader.templates);
}

ClipPrompts *
clip_prompts_ref (ClipPrompts *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
clip_prompts_unref (ClipPrompts *self)
{
  if (!self || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_atomic_rc_box_release_full (self->items, items_clear);
  g_strfreev (self->templates);
  g_free (self);
}

guint
clip_prompts_get_size (const ClipPrompts *self)
{
  return self->items->n;
}

const ClipPrompt *
clip_prompts_get (const ClipPrompts *self, guint index)
{
  return index < self->items->n ? &self->items->prompts[index] : NULL;
}

const char *const *
clip_prompts_get_templates (const ClipPrompts *self)
{
  return (const char *const *)self->templates;
}
