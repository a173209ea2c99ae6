/* SPDX-License-Identifier: MIT
 *
 * known-words.h: the words that a small model was trained with, from words.txt in its folder. A general model has no
 * such file. Immutable once loaded; any thread.
 */
#ifndef CLIP_KNOWN_WORDS_H
#define CLIP_KNOWN_WORDS_H

#include "base/names.h"

typedef struct
{
  char *text; /* NULL: every word counts as known */
  ClipNames names;
} ClipKnownWords;

/* words.txt: UTF-8, one word a line, lower case, as the pre-tokenizer splits texts. A folder without it is no error. */
gboolean clip_known_words_load (ClipKnownWords *self, const char *folder, GError **error);
void clip_known_words_clear (ClipKnownWords *self);

/* The first word of letters in the text that is unknown, newly allocated; NULL if there is none. Linear in the text. */
char *clip_known_words_find_unknown (const ClipKnownWords *self, const char *text);

#endif
