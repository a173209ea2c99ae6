/* SPDX-License-Identifier: MIT
 *
 * prompts.h: what the rest of the engine sees of prompts beyond clip.h.
 */
#ifndef CLIP_PROMPTS_H
#define CLIP_PROMPTS_H

#include "clip.h"

/* `text` in place of the "{}" of a template, which has exactly one. Newly allocated. */
char *clip_template_fill (const char *template, const char *text);

#endif
