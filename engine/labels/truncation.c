/* SPDX-License-Identifier: MIT
 *
 * truncation.c: see truncation.h.
 */
#include "labels/truncation.h"

#include <string.h>

#include "clip-message.h"
#include "context.h"
#include "labels/prompts.h"
#include "model/model.h"
#include "tokenizer/pre-tokenizer.h"

/* Truncated prompts that get a line of their own. */
#define MAX_CUT_SHOWN 5

/* How much longer than its prompt and template a cleaned text may be: an HTML reference that only both together form.
 */
#define CLEAN_SLACK 16

/* An upper bound of a text's tokens: each has at least a byte of the cleaned text. */
static gsize
most_tokens (const char *text)
{
  g_autofree char *cleaned = clip_pre_tokenizer_clean (text);
  return strlen (cleaned);
}

/* The number of tokens of the text in the template where it is longest; 0 if it is truncated in none. counts: if FALSE,
 * any number will do, and a long text is tokenized only as far as the model reads. */
static guint
count_longest (
    const ClipLabels *self, const ClipText *tower, const char *text, const gsize *template_tokens, gboolean counts)
{
  const char *const *templates = clip_prompts_get_templates (self->prompts);
  gsize own = most_tokens (text) + CLEAN_SLACK, longest = 0;
  g_autofree guint32 *ids = g_new (guint32, tower->context_length);
  for (guint t = 0; templates[t]; t++) {
    if (own + template_tokens[t] <= tower->context_length - 2)
      continue;
    g_autofree char *filled = clip_template_fill (templates[t], text);
    gboolean cut;
    clip_tokenizer_encode (tower->tokenizer, filled, ids, tower->context_length, &cut);
    if (cut && !counts)
      return tower->context_length + 1;
    if (cut)
      longest = MAX (longest, clip_tokenizer_count (tower->tokenizer, filled));
  }
  return (guint)longest;
}

gboolean
clip_labels_find_truncated (ClipLabels *self, ClipContext *context, const ClipSources *texts, GError **error)
{
  const ClipText *tower = clip_context_get_model (context)->text;
  const char *const *templates = clip_prompts_get_templates (self->prompts);
  guint n_cut = 0;
  g_autofree gsize *template_tokens = g_new (gsize, g_strv_length ((char **)templates));
  for (guint t = 0; templates[t]; t++)
    template_tokens[t] = most_tokens (templates[t]);

  for (guint i = 0; tower && i < texts->n; i++) {
    const char *text = texts->items[i].value;
    if (!clip_context_check_cancelled (context, error)) /* one of a megabyte takes as long as encoding it */
      return FALSE;
    guint n_tokens = *text ? count_longest (self, tower, text, template_tokens, n_cut < MAX_CUT_SHOWN) : 0;
    if (!n_tokens || n_cut++ >= MAX_CUT_SHOWN)
      continue;
    g_autofree char *shown = clip_printable (text, -1, CLIP_MESSAGE_VALUE);
    g_ptr_array_add (
        self->warnings, g_strdup_printf ("prompt '%s' has %u tokens, the model reads %u: the rest is ignored", shown,
                            n_tokens, tower->context_length));
  }
  if (n_cut > MAX_CUT_SHOWN)
    g_ptr_array_add (
        self->warnings, g_strdup_printf ("%u more prompts are longer than the model reads", n_cut - MAX_CUT_SHOWN));
  return TRUE;
}
