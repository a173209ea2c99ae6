/* SPDX-License-Identifier: MIT
 *
 * added-tokens.h: tokens that stand beside a tokenizer's vocabulary and are found in a text before it is cut into
 * words, as Hugging Face's tokenizers library does it (added_vocabulary.rs). Immutable; use from any thread.
 *
 * Its flags lstrip and rstrip have no counterpart: they let a token take white space beside it, which CLIP's words do
 * not see anyway. Nor has `special`, which is for decoding.
 */
#ifndef CLIP_ADDED_TOKENS_H
#define CLIP_ADDED_TOKENS_H

#include <glib.h>

#define CLIP_ADDED_TOKEN_MAX_BYTES 256 /* of one token; what a text costs is proportional to it */
#define CLIP_ADDED_TOKENS_MAX      100000

typedef struct
{
  char *content; /* not empty; as it has to stand in the text, which is cleaned for a normalized one */
  guint32 id;
  gboolean single_word; /* not beside a letter, mark, digit or underscore */
  gboolean normalized;  /* found in the cleaned text, not in the text as it was written */
} ClipAddedToken;

void clip_added_token_clear (gpointer token);

typedef struct _ClipAddedTokens ClipAddedTokens;

/* tokens: n of them, copied. Of equal ones the last counts. */
ClipAddedTokens *clip_added_tokens_new (const ClipAddedToken *tokens, guint n);
void clip_added_tokens_free (ClipAddedTokens *self);

/* Finds the first token of the normalized or the other ones at or after text + from, the longest where several begin.
 * text: valid UTF-8 from its beginning on. FALSE when there is none. */
gboolean clip_added_tokens_find (const ClipAddedTokens *self, gboolean normalized, const char *text, gsize length,
    gsize from, gsize *ret_start, gsize *ret_end, guint32 *ret_id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipAddedTokens, clip_added_tokens_free)

#endif
