/* SPDX-License-Identifier: MIT
 *
 * added-tokens.h: tokens beside a tokenizer's vocabulary, which are found in a text before it is split into words, as
 * in Hugging Face's tokenizers library (added_vocabulary.rs). Immutable; use from any thread.
 *
 * Its flags lstrip and rstrip have no counterpart: they let a token absorb adjacent white space, which CLIP's
 * pre-tokenizer drops anyway. Nor has `special`, which is for decoding.
 */
#ifndef CLIP_ADDED_TOKENS_H
#define CLIP_ADDED_TOKENS_H

#include <glib.h>

#define CLIP_ADDED_TOKEN_MAX_BYTES 256 /* of one token; the time for a text is proportional to it */
#define CLIP_ADDED_TOKENS_MAX      100000

typedef struct
{
  char *content; /* not empty; as in the text, which is the cleaned one if normalized */
  guint32 id;
  gboolean single_word; /* not next to a letter, mark, digit or underscore */
  gboolean normalized;  /* found in the cleaned text, not in the original */
} ClipAddedToken;

void clip_added_token_clear (gpointer token);

typedef struct _ClipAddedTokens ClipAddedTokens;

/* tokens: n of them, copied. The last of duplicates counts. */
ClipAddedTokens *clip_added_tokens_new (const ClipAddedToken *tokens, guint n);
void clip_added_tokens_free (ClipAddedTokens *self);

/* Finds the first of the normalized or the other tokens at or after text + from, the longest if several begin there.
 * text: valid UTF-8 from its beginning. FALSE if there is none. */
gboolean clip_added_tokens_find (const ClipAddedTokens *self, gboolean normalized, const char *text, gsize length,
    gsize from, gsize *ret_start, gsize *ret_end, guint32 *ret_id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipAddedTokens, clip_added_tokens_free)

#endif
