/* SPDX-License-Identifier: MIT
 *
 * prompt-object.h: one prompt of a JSON prompts file.
 */
#ifndef CLIP_PROMPT_OBJECT_H
#define CLIP_PROMPT_OBJECT_H

#include "labels/prompt-fields.h"

#define CLIP_MAX_TERMS       64      /* of a sum */
#define CLIP_MAX_NAME_BYTES  4096    /* of a file's or tensor's name */
#define CLIP_MAX_EVENT_TIME  86400.0 /* seconds: a day */
#define CLIP_MAX_Z_THRESHOLD 100.0

/* Reads the prompt at `place`, a string or an object, into the reader's last group. mode: the group's ClipScoreMode, -1
 * = the caller's. */
gboolean clip_prompt_object_read (
    const ClipPromptFields *self, const ClipJsonValue *value, const ClipPromptPlace *place, int mode);

#endif
