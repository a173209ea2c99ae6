/* SPDX-License-Identifier: MIT
 *
 * special-tokens.h: reads the start and end token and the tokens beside the vocabulary from a tokenizer's folder:
 * tokenizer.json's "added_tokens", tokenizer_config.json, special_tokens_map.json and added_tokens.json, with
 * transformers 5's rules of precedence (PreTrainedTokenizerBase._from_pretrained, TokenizersBackend.__init__).
 */
#ifndef CLIP_SPECIAL_TOKENS_H
#define CLIP_SPECIAL_TOKENS_H

#include <glib.h>

#include "tokenizer/added-tokens.h"
#include "clip-json.h"

#define CLIP_NO_ID G_MAXUINT32

typedef struct
{
  GArray *tokens;    /* of ClipAddedToken in the library's order; id CLIP_NO_ID if not given */
  GPtrArray *places; /* of each one: "FILE: field 'added_tokens', token", for messages */
  char *start, *end; /* contents */
  gboolean generic;  /* the tokenizer's class is not CLIP's, but one that uses tokenizer.json alone */
} ClipSpecialTokens;

/* json: tokenizer.json, or NULL. self: zeroed; clear it in any case. FALSE with `error` set on failure. */
gboolean clip_special_tokens_load (ClipSpecialTokens *self, const char *folder, const ClipJson *json, GError **error);
void clip_special_tokens_clear (ClipSpecialTokens *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ClipSpecialTokens, clip_special_tokens_clear)

#endif
