/* SPDX-License-Identifier: MIT
 *
 * prompt-fields.h: values of a JSON prompts file, read with checks. A member that is absent or null leaves the output,
 * which has the default. Places are formatted for errors only, since a file may have 100,000 prompts.
 */
#ifndef CLIP_PROMPT_FIELDS_H
#define CLIP_PROMPT_FIELDS_H

#include "clip-json.h"
#include "labels/prompt-reader.h"

typedef struct
{
  ClipPromptReader *reader;
  const ClipJson *doc;
  const char *folder; /* of the file: what relative paths in it begin at */
} ClipPromptFields;

/* Of an object at `place`, NULL = the whole file. known: the keys that it may have, NULL-terminated, at most 32.
 * ret_present: NULL, or a bit for each of them that is there and not null, so that the others need not be searched. */
gboolean clip_prompt_fields_check_keys (const ClipPromptFields *self, const ClipJsonValue *object,
    const ClipPromptPlace *place, const char *const *known, guint32 *ret_present);

gboolean clip_prompt_fields_get_double (const ClipPromptFields *self, const ClipJsonValue *object,
    const ClipPromptPlace *place, const char *key, double min, double max, double *value);
gboolean clip_prompt_fields_get_float (const ClipPromptFields *self, const ClipJsonValue *object,
    const ClipPromptPlace *place, const char *key, double min, double max, float *value);
gboolean clip_prompt_fields_get_boolean (const ClipPromptFields *self, const ClipJsonValue *object,
    const ClipPromptPlace *place, const char *key, gboolean *value);
gboolean clip_prompt_fields_get_string (const ClipPromptFields *self, const ClipJsonValue *object,
    const ClipPromptPlace *place, const char *key, const char **value); /* borrowed */

/* A string without white space around it, which may be neither empty nor longer than a prompt. *value stays NULL where
 * there is none; else it is to be freed. */
gboolean clip_prompt_fields_get_label (const ClipPromptFields *self, const ClipJsonValue *object,
    const ClipPromptPlace *place, const char *key, char **value);

/* *value: NULL where there is none. */
gboolean clip_prompt_fields_get_array (const ClipPromptFields *self, const ClipJsonValue *object,
    const ClipPromptPlace *place, const char *key, const ClipJsonValue **value);

#endif
