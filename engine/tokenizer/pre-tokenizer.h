/* SPDX-License-Identifier: MIT
 *
 * pre-tokenizer.h: text as CLIP's tokenizer sees it: cleaned, then cut into words. Character classes are Unicode's, by
 * GLib, and nothing depends on the locale. Pure functions; from any thread.
 */
#ifndef CLIP_PRE_TOKENIZER_H
#define CLIP_PRE_TOKENIZER_H

#include <glib.h>

#define CLIP_START_TOKEN "<|startoftext|>"
#define CLIP_END_TOKEN   "<|endoftext|>"

/* HTML references resolved twice, composed (NFC), lower-cased, runs of white space made one blank. text: valid UTF-8;
 * so is the result, newly allocated. Linear in the text's length whatever it says. */
char *clip_pre_tokenizer_clean (const char *text);

/* Finds the next word at or after *cursor, of cleaned text without special tokens, and moves the cursor behind it.
 * FALSE at the text's end. */
gboolean clip_pre_tokenizer_next (const char **cursor, const char **ret_word, gsize *ret_length);

/* Unicode's White_Space. */
gboolean clip_pre_tokenizer_is_space (gunichar c);

#endif
