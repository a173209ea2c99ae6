/* SPDX-License-Identifier: MIT
 *
 * pre-tokenizer.h: the first half of CLIP's tokenizer: cleans a text, then splits it into words. Character classes are
 * Unicode's, from GLib, and nothing depends on the locale. Pure functions; any thread.
 */
#ifndef CLIP_PRE_TOKENIZER_H
#define CLIP_PRE_TOKENIZER_H

#include <glib.h>

#define CLIP_START_TOKEN "<|startoftext|>"
#define CLIP_END_TOKEN   "<|endoftext|>"

/* Resolves HTML references twice, composes (NFC), lower-cases, and collapses runs of white space to one blank. text:
 * valid UTF-8; so is the result, newly allocated. Linear in the text's length, whatever its content. */
char *clip_pre_tokenizer_clean (const char *text);

/* Finds the next word at or after *cursor, by OpenAI's pattern ("don't" is "don" and "'t"), and moves the cursor after
 * it. The text: cleaned, without special tokens. FALSE at its end. */
gboolean clip_pre_tokenizer_next (const char **cursor, const char **ret_word, gsize *ret_length);

/* Unicode's White_Space. */
gboolean clip_pre_tokenizer_is_space (gunichar c);

#endif
