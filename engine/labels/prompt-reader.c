/* SPDX-License-Identifier: MIT
 *
 * prompt-reader.c: see prompt-reader.h.
 */
#include "labels/prompt-reader.h"

#include <math.h>
#include <string.h>

#include "clip-message.h"
#include "tokenizer/pre-tokenizer.h"

#define MAX_TEMPLATES 1000 /* CLIP's own ImageNet recipe has 80 */
#define PLACEHOLDER   "{}"

void
clip_prompt_reader_init (ClipPromptReader *self, const char *source, GError **error)
{
  *self = (ClipPromptReader){ .source = source, .error = error };
}

void
clip_prompt_reader_clear (ClipPromptReader *self)
{
  clip_prompt_items_clear (&self->items);
  g_clear_pointer (&self->templates, g_strfreev);
  self->n_templates = self->room_templates = 0;
}

static void
append_path (GString *path, const ClipPromptPlace *place)
{
  if (!place)
    return;
  append_path (path, place->up);
  if (place->key)
    g_string_append_printf (path, "%s%s", path->len ? "." : "", place->key);
  else
    g_string_append_printf (path, "[%u]", place->number);
}

char *
clip_prompt_place_path (const ClipPromptPlace *place)
{
  GString *path = g_string_new (NULL);
  append_path (path, place);
  return g_string_free (path, FALSE);
}

/* With ": " at the end, unless it is NULL. */
static char *
describe_place (const ClipPromptPlace *place)
{
  if (!place)
    return g_strdup ("");
  if (place->counted)
    return g_strdup_printf ("%s %u: ", place->counted, place->number);
  g_autofree char *path = clip_prompt_place_path (place);
  return g_strdup_printf ("field '%s': ", path);
}

gboolean
clip_prompt_reader_refuse (ClipPromptReader *self, const ClipPromptPlace *place, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  g_autofree char *where = describe_place (place);
  g_set_error (self->error, CLIP_ERROR, CLIP_ERROR_PROMPTS, "%s%s%s%s", self->source ? self->source : "",
      self->source ? ": " : "", where, what);
  return FALSE;
}

gboolean
clip_prompt_reader_fail_memory (ClipPromptReader *self)
{
  g_set_error (self->error, CLIP_ERROR, CLIP_ERROR_MEMORY, "%s%snot enough memory for %u prompts",
      self->source ? self->source : "", self->source ? ": " : "", self->items.n_prompts + 1);
  return FALSE;
}

/* ---- Text ---------------------------------------------------------------------------------------------- */

void
clip_prompt_trim (const char **text, gsize *length)
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

/* A NUL byte is refused too: C strings end there. */
gboolean
clip_prompt_reader_check_utf8 (ClipPromptReader *self, const char *text, gsize length, gboolean lines)
{
  const char *bad;
  if (g_utf8_validate_len (text, length, &bad))
    return TRUE;

  gsize offset = (gsize)(bad - text);
  const char *what = offset < length && *bad == '\0' ? "a NUL byte" : "not valid UTF-8";
  if (!lines)
    return clip_prompt_reader_refuse (self, NULL, "%s at byte %" G_GSIZE_FORMAT, what, offset);
  ClipPromptPlace place = { .counted = "line", .number = 1 };
  for (const char *p = text; p < bad; p++)
    place.number += *p == '\n';
  return clip_prompt_reader_refuse (self, &place, "%s at byte %" G_GSIZE_FORMAT " of the file", what, offset);
}

char *
clip_prompt_copy (const char *text, gsize length)
{
  char *copy = g_try_malloc (length + 1);
  if (copy) {
    memcpy (copy, text, length);
    copy[length] = 0;
  }
  return copy;
}

/* For one more of `size` bytes. */
static gboolean
make_room (gpointer *items, guint n, guint *room, gsize size)
{
  if (n < *room)
    return TRUE;
  guint more = MAX (2 * *room, 16);
  gpointer fresh = g_try_realloc_n (*items, more, size);
  if (!fresh)
    return FALSE;
  *items = fresh;
  *room = more;
  return TRUE;
}

#define MAKE_ROOM(items, field)                                                                                        \
  make_room ((gpointer *)&(items)->field, (items)->n_##field, &(items)->room_##field, sizeof *(items)->field)

static const ClipPrompt neutral = { .timing = CLIP_TIMING_UNSET, .prior = 1, .event = TRUE };

/* Moves `at` behind the copy, which it returns. */
static const char *
put_string (char **at, const char *text, gsize length)
{
  char *copy = memcpy (*at, text, length);
  copy[length] = '\0';
  *at += length + 1;
  return copy;
}

/* Copies terms, text and label into one block, which begins with the terms. FALSE when memory runs out. */
static gboolean
store_prompt (ClipPrompt *prompt, const char *text, gsize length)
{
  const ClipTerm plain = { .kind = CLIP_TERM_TEXT, .weight = 1 }; /* its value is the text */
  const ClipTerm *terms = prompt->n_terms ? prompt->terms : &plain;
  guint n_terms = MAX (prompt->n_terms, 1);
  const char *label = prompt->label;
  gsize size = n_terms * sizeof *terms + length + 1 + (label ? strlen (label) + 1 : 0);
  for (guint i = 0; i < n_terms; i++)
    size += (terms[i].value ? strlen (terms[i].value) + 1 : 0) + (terms[i].tensor ? strlen (terms[i].tensor) + 1 : 0);
  ClipTerm *block = g_try_malloc (size);
  if (!block)
    return FALSE;

  char *at = (char *)(block + n_terms);
  prompt->text = put_string (&at, text, length);
  prompt->label = label ? put_string (&at, label, strlen (label)) : prompt->text;
  for (guint i = 0; i < n_terms; i++) {
    block[i] = terms[i];
    block[i].value = terms[i].value ? put_string (&at, terms[i].value, strlen (terms[i].value)) : prompt->text;
    if (terms[i].tensor)
      block[i].tensor = put_string (&at, terms[i].tensor, strlen (terms[i].tensor));
  }
  prompt->terms = block;
  prompt->n_terms = n_terms;
  return TRUE;
}

gboolean
clip_prompt_reader_add (
    ClipPromptReader *self, const ClipPromptPlace *place, const char *text, gsize length, const ClipPrompt *rest)
{
  ClipPromptItems *items = &self->items;
  if (length == 0)
    return clip_prompt_reader_refuse (self, place, "the prompt is empty");
  if (length > CLIP_MAX_PROMPT_BYTES)
    return clip_prompt_reader_refuse (
        self, place, "the prompt has %" G_GSIZE_FORMAT " bytes, at most %d are allowed", length, CLIP_MAX_PROMPT_BYTES);
  if (items->n_prompts == CLIP_MAX_PROMPTS)
    return clip_prompt_reader_refuse (self, place, "more than %d prompts", CLIP_MAX_PROMPTS);
  if (!items->n_groups && !clip_prompt_reader_begin_group (self, NULL))
    return FALSE;

  ClipPrompt prompt = rest ? *rest : neutral;
  if (!MAKE_ROOM (items, prompts) || !store_prompt (&prompt, text, length))
    return clip_prompt_reader_fail_memory (self);
  prompt.group = items->n_groups - 1;
  items->groups[prompt.group].n_prompts++;
  items->groups[prompt.group].has_negatives |= prompt.negative;
  items->prompts[items->n_prompts++] = prompt;
  return TRUE;
}

gboolean
clip_prompt_reader_begin_group (ClipPromptReader *self, const char *name)
{
  ClipPromptItems *items = &self->items;
  if (!items->n_zones && !clip_prompt_reader_begin_zone (self, NULL, NULL, 0))
    return FALSE;
  char *copy = name ? clip_prompt_copy (name, strlen (name)) : NULL;
  if ((name && !copy) || !MAKE_ROOM (items, groups)) {
    g_free (copy);
    return clip_prompt_reader_fail_memory (self);
  }
  items->zones[items->n_zones - 1].n_groups++;
  items->groups[items->n_groups++] = (ClipGroup){
    .name = copy, .zone = items->n_zones - 1, .first_prompt = items->n_prompts, .mode = -1, .temperature = NAN
  };
  return TRUE;
}

gboolean
clip_prompt_reader_begin_zone (ClipPromptReader *self, const char *name, const ClipPoint *points, guint n_points)
{
  ClipPromptItems *items = &self->items;
  if (name && !items->n_zones && !clip_prompt_reader_begin_zone (self, NULL, NULL, 0))
    return FALSE;
  char *copy = name ? clip_prompt_copy (name, strlen (name)) : NULL;
  ClipPoint *own = n_points ? g_memdup2 (points, n_points * sizeof *points) : NULL;
  if ((name && !copy) || !MAKE_ROOM (items, zones)) {
    g_free (copy);
    g_free (own);
    return clip_prompt_reader_fail_memory (self);
  }
  items->zones[items->n_zones++]
      = (ClipZone){ .name = copy, .points = own, .n_points = n_points, .first_group = items->n_groups };
  return TRUE;
}

void
clip_prompt_items_clear (ClipPromptItems *self)
{
  for (guint i = 0; i < self->n_prompts; i++)
    g_free ((ClipTerm *)self->prompts[i].terms);
  for (guint i = 0; i < self->n_groups; i++) {
    g_free ((char *)self->groups[i].name);
    g_free ((char *)self->groups[i].none);
  }
  for (guint i = 0; i < self->n_zones; i++) {
    g_free ((char *)self->zones[i].name);
    g_free ((ClipPoint *)self->zones[i].points);
  }
  g_free (self->prompts);
  g_free (self->groups);
  g_free (self->classes);
  g_free (self->zones);
  *self = (ClipPromptItems){ 0 };
}

gboolean
clip_prompt_reader_add_template (ClipPromptReader *self, const ClipPromptPlace *place, const char *text, gsize length)
{
  clip_prompt_trim (&text, &length);
  if (length > CLIP_MAX_PROMPT_BYTES)
    return clip_prompt_reader_refuse (self, place, "the template has %" G_GSIZE_FORMAT " bytes, at most %d are allowed",
        length, CLIP_MAX_PROMPT_BYTES);
  if (self->n_templates == MAX_TEMPLATES)
    return clip_prompt_reader_refuse (self, place, "more than %d templates", MAX_TEMPLATES);
  g_autofree char *copy = clip_prompt_copy (text, length);
  if (!copy || !make_room ((gpointer *)&self->templates, self->n_templates + 1, &self->room_templates, sizeof copy))
    return clip_prompt_reader_fail_memory (self);
  self->templates[self->n_templates] = NULL;

  guint n = 0;
  for (const char *p = copy; (p = strstr (p, PLACEHOLDER)); p += strlen (PLACEHOLDER))
    n++;
  if (n != 1) {
    g_autofree char *shown = clip_printable (copy, -1, CLIP_MESSAGE_VALUE);
    return clip_prompt_reader_refuse (
        self, place, "expected exactly one \"" PLACEHOLDER "\", found %u in \"%s\"", n, shown);
  }
  self->templates[self->n_templates++] = g_steal_pointer (&copy);
  self->templates[self->n_templates] = NULL;
  return TRUE;
}
