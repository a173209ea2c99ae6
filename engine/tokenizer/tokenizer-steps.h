/* SPDX-License-Identifier: MIT
 *
 * tokenizer-steps.h: checks that tokenizer.json has CLIP's steps before and after BPE, the only ones implemented.
 */
#ifndef CLIP_TOKENIZER_STEPS_H
#define CLIP_TOKENIZER_STEPS_H

#include "clip-json.h"

/* Checks "normalizer", "pre_tokenizer" and "post_processor". transformers' CLIPTokenizer replaces the file's steps by
 * its own, so others are a line in `warnings`; a generic class uses the file's, so there they are an error. start, end:
 * contents of the tokens around a text. */
gboolean clip_tokenizer_steps_check (
    const ClipJson *json, gboolean generic, const char *start, const char *end, GPtrArray *warnings, GError **error);

#endif
