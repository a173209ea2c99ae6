/* SPDX-License-Identifier: MIT
 *
 * json-scan.h: a strict RFC 8259 scanner within the bounds of clip-json.h, and the tree that it makes. No allocation is
 * larger than some times the text, and one that fails is an error. Immutable when done; any thread.
 */
#ifndef CLIP_JSON_SCAN_H
#define CLIP_JSON_SCAN_H

#include "clip-json.h"
#include "base/names.h"

struct _ClipJsonValue
{
  ClipJsonType type;
  gboolean is_whole; /* a number that is in `whole` */
  guint n;           /* children */
  guint parent;      /* in values; the root's is its own */
  guint at;          /* in the text: its name, or itself where it has none */
  const char *name;  /* of a member; in strings */
  union
  {
    struct
    {
      const ClipJsonValue **children; /* [n], in the text's order */
      ClipName *names;                /* [n], an object's members by name; their numbers count from the last member */
    };
    gint64 whole;
    double number; /* infinite beyond all bounds */
    const char *string;
    gboolean truth;
  };
};

typedef struct
{
  ClipJsonValue *values; /* [n], each before what is in it; the root first */
  gsize n, room;
  char *strings;                  /* all of them, unescaped, each with a NUL behind */
  const ClipJsonValue **children; /* [n]: what the values' children and names point into */
  ClipName *names;                /* [n] */
} ClipJsonTree;

/* `shown` stands for the file in messages, as it is. ours: refuse \u0000 and duplicate keys as well. */
gboolean clip_json_scan (
    const char *shown, const char *text, gsize length, gboolean ours, ClipJsonTree *ret_tree, GError **error);
void clip_json_tree_clear (ClipJsonTree *tree);

#endif
