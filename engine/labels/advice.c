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

gboolean
clip_labels_advise (ClipLabels *self, ClipContext *context, const guint *sources, GError **error)
{
  const ClipModel *model = clip_context_get_model (context);
  Kind repeated = { self->warnings, 0 }, comments = { self->warnings, 0 }, unknown = { self->warnings, 0 };
  g_autofree char *name = clip_printable (model->info.name, -1, CLIP_MESSAGE_NAME);
  for (guint i = 0; i < self->n; i++) {
    if (!clip_context_check_cancelled (context, error))
      return FALSE;
    const char *text = clip_labels_text (self, i);
    g_autofree char *shown = clip_printable (text, -1, CLIP_MESSAGE_VALUE);
    if (sources[i] != i) {
      add_line (&repeated, "prompt '%s' is given more than once", shown);
      continue;
    }
    if (text[0] == '#')
      add_line (&comments, "prompt '%s' begins with '#': only lines of a prompts file can be comments", shown);
    if (self->n == 1 && strchr (text, ','))
      g_ptr_array_add (
          self->warnings, g_strdup_printf ("'%s' is one prompt: a ';' separates prompts, not a comma", shown));
    g_autofree char *word = clip_known_words_find_unknown (&model->text->known_words, text);
    if (!word)
      continue;
    g_autofree char *shown_word = clip_printable (word, -1, CLIP_MESSAGE_VALUE);
    add_line (&unknown,
        "model %s never learned the word '%s' of prompt '%s', whose scores may mean nothing: choose a general model",
        name, shown_word, shown);
  }
  add_rest (&repeated, "repeated prompts");
  add_rest (&comments, "prompts that begin with '#'");
  add_rest (&unknown, "prompts with words that this model never learned");
  return TRUE;
}
