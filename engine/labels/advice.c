/* SPDX-License-Identifier: MIT
 *
 * advice.c: see advice.h.
 */
#include "labels/advice.h"

#include <string.h>

#include "clip-message.h"
#include "context.h"
#include "model/model.h"

#define MAX_SHOWN 3 /* lines of a kind */

typedef struct
{
  GPtrArray *lines;
  guint n;
} Kind;

static void add_line (Kind *kind, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Beyond the first few it is only counted. */
static void
add_line (Kind *kind, const char *format, ...)
{
  if (kind->n++ >= MAX_SHOWN)
    return;
  va_list args;
  va_start (args, format);
  g_ptr_array_add (kind->lines, g_strdup_vprintf (format, args));
  va_end (args);
}

static void
add_rest (const Kind *kind, const char *what)
{
  if (kind->n > MAX_SHOWN)
    g_ptr_array_add (kind->lines, g_strdup_printf ("%s: %u more", what, kind->n - MAX_SHOWN));
}

/* The text of a prompt that is nothing else; NULL. */
static const char *
plain_text (const ClipPrompt *prompt)
{
  gboolean is_text = prompt->n_terms == 1 && prompt->terms[0].kind == CLIP_TERM_TEXT;
  return is_text ? prompt->terms[0].value : NULL;
}

/* seen: the group's texts so far. FALSE when memory runs out. */
static gboolean
check_repeated (const ClipPrompt *prompt, ClipNameTable *seen, Kind *repeated)
{
  gboolean is_new = TRUE;
  const char *text = plain_text (prompt);
  if (text && !clip_name_table_add (seen, text, 0, &is_new))
    return FALSE;
  if (is_new)
    return TRUE;
  g_autofree char *shown = clip_printable (text, -1, CLIP_MESSAGE_VALUE);
  add_line (repeated, "prompt '%s' is given more than once", shown);
  return TRUE;
}

/* The first prompt of a group that has no other. */
static void
check_commas (const ClipPrompt *prompt, const ClipGroup *group, Kind *commas)
{
  const char *text = plain_text (prompt);
  if (!text || !strchr (text, ','))
    return;
  g_autofree char *shown = clip_printable (text, -1, CLIP_MESSAGE_VALUE);
  g_autofree char *name = clip_printable (group->name, -1, CLIP_MESSAGE_NAME);
  if (group->name)
    add_line (
        commas, "'%s' is one prompt, the only one of the group '%s': a comma does not separate prompts", shown, name);
  else
    add_line (commas, "'%s' is one prompt: a ';' separates prompts, not a comma", shown);
}

static gboolean
advise_groups (ClipLabels *self, ClipContext *context, GError **error)
{
  Kind repeated = { self->warnings, 0 }, commas = { self->warnings, 0 };
  for (guint g = 0; g < clip_prompts_get_n_groups (self->prompts); g++) {
    const ClipGroup *group = clip_prompts_get_group (self->prompts, g);
    ClipNameTable seen = { 0 };
    gboolean ok = clip_context_check_cancelled (context, error);
    for (guint i = group->first_prompt; ok && i < group->first_prompt + group->n_prompts; i++) {
      ok = check_repeated (clip_prompts_get (self->prompts, i), &seen, &repeated);
      if (!ok)
        g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for %u prompts", self->n);
    }
    clip_name_table_clear (&seen);
    if (!ok)
      return FALSE;
    if (group->n_prompts == 1)
      check_commas (clip_prompts_get (self->prompts, group->first_prompt), group, &commas);
  }
  add_rest (&repeated, "repeated prompts");
  add_rest (&commas, "groups of one prompt with commas");
  return TRUE;
}

static gboolean
advise_texts (ClipLabels *self, ClipContext *context, const ClipSources *texts, GError **error)
{
  const ClipModel *model = clip_context_get_model (context);
  Kind comments = { self->warnings, 0 }, unknown = { self->warnings, 0 };
  g_autofree char *name = clip_printable (model->info.name, -1, CLIP_MESSAGE_NAME);
  for (guint i = 0; model->text && i < texts->n; i++) {
    if (!clip_context_check_cancelled (context, error))
      return FALSE;
    const char *text = texts->items[i].value;
    g_autofree char *shown = clip_printable (text, -1, CLIP_MESSAGE_VALUE);
    if (text[0] == '#')
      add_line (&comments, "prompt '%s' begins with '#': only lines of a prompts file can be comments", shown);
    g_autofree char *word = clip_known_words_find_unknown (&model->text->known_words, text);
    if (!word)
      continue;
    g_autofree char *shown_word = clip_printable (word, -1, CLIP_MESSAGE_VALUE);
    add_line (&unknown,
        "model %s never learned the word '%s' of prompt '%s', whose scores may mean nothing: choose a general model",
        name, shown_word, shown);
  }
  add_rest (&comments, "prompts that begin with '#'");
  add_rest (&unknown, "prompts with words that this model never learned");
  return TRUE;
}

gboolean
clip_labels_advise (ClipLabels *self, ClipContext *context, const ClipSources *texts, GError **error)
{
  return advise_groups (self, context, error) && advise_texts (self, context, texts, error);
}
