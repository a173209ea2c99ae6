/* SPDX-License-Identifier: MIT
 *
 * json-scan.h: a strict RFC 8259 scanner within the bounds of clip-json.h, and the tree that it builds. No allocation
 * exceeds a small multiple of the text, and one that fails is an error. Immutable once built; use from any thread.
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
  guint at;          /* offset in the text of its name, or of itself without one */
  const char *name;  /* of a member; in strings */
  union
  {
    struct
    {
      const ClipJsonValue **children; /* [n], in the text's order */
      ClipName *names; /* [n], an object's members by name; their values are indices counted from the last member */
    };
    gint64 whole;
    double number; /* infinite if out of range */
    const char *string;
    gboolean truth;
  };
};

typedef struct
{
  ClipJsonValue *values; /* [n], each before its children; the root first */
  gsize n, room;
  char *strings;                  /* all of them, unescaped, each NUL-terminated */
  const ClipJsonValue **children; /* [n]: what the values' children and names point into */
  ClipName *names;                /* [n] */
} ClipJsonTree;

/* shown: stands for the file in messages, printable. strict: duplicate keys and \u0000 are errors, too. */
gboolean clip_json_scan (
    const char *shown, const char *text, gsize length, gboolean strict, ClipJsonTree *ret_tree, GError **error);
void clip_json_tree_clear (ClipJsonTree *tree);

#endif
