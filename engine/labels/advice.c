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

/* The line: newly allocated, or NULL beyond the first few. */
static void
add_line (Kind *kind, char *line)
{
  if (line)
    g_ptr_array_add (kind->lines, line);
  kind->n++;
}

static void
add_rest (const Kind *kind, const char *what)
{
  if (kind->n > MAX_SHOWN)
    g_ptr_array_add (kind->lines, g_strdup_printf ("%s: %u more", what, kind->n - MAX_SHOWN));
}

static char *
show_prompt (const ClipLabels *self, guint index)
{
  return clip_printable (clip_labels_text (self, index), -1, CLIP_MESSAGE_VALUE);
}

static void
advise_repeated (ClipLabels *self, Kind *kind, guint index)
{
  g_autofree char *shown = show_prompt (self, index);
  add_line (kind, kind->n < MAX_SHOWN ? g_strdup_printf ("prompt '%s' is given more than once", shown) : NULL);
}

static void
advise_comment (ClipLabels *self, Kind *kind, guint index)
{
  g_autofree char *shown = show_prompt (self, index);
  add_line (kind, kind->n < MAX_SHOWN ? g_strdup_printf (
                      "prompt '%s' begins with '#': only lines of a prompts file can be comments", shown)
                                      : NULL);
}

static void
advise_unknown (ClipLabels *self, Kind *kind, guint index, const char *model, const char *word)
{
  g_autofree char *shown = show_prompt (self, index), *shown_word = clip_printable (word, -1, CLIP_MESSAGE_VALUE);
  g_autofree char *shown_model = clip_printable (model, -1, CLIP_MESSAGE_NAME);
  add_line (kind, kind->n < MAX_SHOWN ? g_strdup_printf ("model %s never learned the word '%s' of prompt '%s', whose "
                                                         "scores may mean nothing: choose a general model",
                      shown_model, shown_word, shown)
                                      : NULL);
}

gboolean
clip_labels_advise (ClipLabels *self, ClipContext *context, const guint *sources, GError **error)
{
  const ClipModel *model = clip_context_get_model (context);
  Kind repeated = { self->warnings, 0 }, comments = { self->warnings, 0 }, unknown = { self->warnings, 0 };
  for (guint i = 0; i < self->n; i++) {
    if (!clip_context_check_cancelled (context, error))
      return FALSE;
    if (sources[i] != i) {
      advise_repeated (self, &repeated, i);
      continue;
    }
    const char *text = clip_labels_text (self, i);
    if (text[0] == '#')
      advise_comment (self, &comments, i);
    g_autofree char *word = clip_known_words_find_unknown (&model->text->known_words, text);
    if (word)
      advise_unknown (self, &unknown, i, model->info.name, word);
  }
  add_rest (&repeated, "repeated prompts");
  add_rest (&comments, "prompts that begin with '#'");
  add_rest (&unknown, "prompts with words that this model never learned");
  if (self->n == 1 && strchr (clip_labels_text (self, 0), ',')) {
    g_autofree char *shown = show_prompt (self, 0);
    g_ptr_array_add (
        self->warnings, g_strdup_printf ("'%s' is one prompt: a ';' separates prompts, not a comma", shown));
  }
  return TRUE;
}
