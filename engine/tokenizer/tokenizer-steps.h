/* SPDX-License-Identifier: MIT
 *
 * tokenizer-steps.h: whether tokenizer.json asks for CLIP's steps before and after BPE, the only ones there are here.
 */
#ifndef CLIP_TOKENIZER_STEPS_H
#define CLIP_TOKENIZER_STEPS_H

#include "clip-json.h"

/* "normalizer", "pre_tokenizer" and "post_processor". transformers' own CLIPTokenizer puts its own in the place of
 * whatever the file has, so other ones are a line in `warnings`; a generic class goes by the file, so there they are an
 * error. start, end: contents of the tokens that go around a text. */
gboolean clip_tokenizer_steps_check (
    const ClipJson *json, gboolean generic, const char *start, const char *end, GPtrArray *warnings, GError **error);

#endif
