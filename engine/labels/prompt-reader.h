/* SPDX-License-Identifier: MIT
 *
 * prompt-reader.h: a set of prompts while it is read, from a file or a property: checks each part, and says what is
 * wrong where. One thread.
 *
 * Order is all: a prompt belongs to the group that was begun last, a group to the last zone. The frame and its unnamed
 * group begin by themselves.
 */
#ifndef CLIP_PROMPT_READER_H
#define CLIP_PROMPT_READER_H

#include "clip.h"

#define CLIP_TIMING_UNSET                                                                                              \
  {                                                                                                                    \
    NAN, NAN, -1, -1, -1, -1                                                                                           \
  }

/* Each array of n items and room for more; all strings are theirs but for the labels of classes. */
typedef struct
{
  ClipPrompt *prompts; /* the terms of each begin a block that has its strings, too */
  ClipGroup *groups;
  ClipClass *classes; /* made at the end */
  ClipZone *zones;
  guint n_prompts, n_groups, n_classes, n_zones;
  guint room_prompts, room_groups, room_zones;
} ClipPromptItems;

typedef struct
{
  const char *source; /* the file, printable, or NULL */
  ClipPromptItems items;
  char **templates; /* [n_templates + 1], NULL-terminated; NULL = none */
  guint n_templates, room_templates;
  GError **error;
} ClipPromptReader;

/* A place in the source, formatted only for an error: what is counted ("line 3"), or a value of JSON, which is named by
 * its key, or its number, and the value that holds it ("field 'groups[1].prompts[0]'"). */
typedef struct _ClipPromptPlace ClipPromptPlace;
struct _ClipPromptPlace
{
  const char *counted;       /* "line", "prompt", "template", or NULL */
  const ClipPromptPlace *up; /* NULL at the top */
  const char *key;           /* NULL = an element of an array */
  guint number;
};

void clip_prompt_reader_init (ClipPromptReader *self, const char *source, GError **error);
void clip_prompt_reader_clear (ClipPromptReader *self);
void clip_prompt_items_clear (ClipPromptItems *self);

/* "groups[1].prompts[0]", "" for NULL. Newly allocated. */
char *clip_prompt_place_path (const ClipPromptPlace *place);

/* "FILE: PLACE: …" with code PROMPTS; always FALSE. place may be NULL. */
gboolean clip_prompt_reader_refuse (ClipPromptReader *self, const ClipPromptPlace *place, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
gboolean clip_prompt_reader_fail_memory (ClipPromptReader *self); /* always FALSE */

/* Unicode's white space at both ends. */
void clip_prompt_trim (const char **text, gsize *length);

/* lines: count them in the message. */
gboolean clip_prompt_reader_check_utf8 (ClipPromptReader *self, const char *text, gsize length, gboolean lines);

/* NULL when memory runs out. */
char *clip_prompt_copy (const char *text, gsize length);

/* text: trimmed. rest: what else there is, with a label or NULL (as the text), and terms (none: the text); NULL = a
 * plain prompt. All is copied. */
gboolean clip_prompt_reader_add (
    ClipPromptReader *self, const ClipPromptPlace *place, const char *text, gsize length, const ClipPrompt *rest);

/* name: NULL = the unnamed one. Both are copied. */
gboolean clip_prompt_reader_begin_group (ClipPromptReader *self, const char *name);
gboolean clip_prompt_reader_begin_zone (
    ClipPromptReader *self, const char *name, const ClipPoint *points, guint n_points);

gboolean clip_prompt_reader_add_template (
    ClipPromptReader *self, const ClipPromptPlace *place, const char *text, gsize length);

/* The set; NULL if there is nothing to report. The reader is empty then. */
ClipPrompts *clip_prompt_reader_finish (ClipPromptReader *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ClipPromptReader, clip_prompt_reader_clear)

#endif
