/* SPDX-License-Identifier: MIT
 *
 * names.h: numbers by name, sorted and searched by halves: names come from files, and a hash table would take quadratic
 * time for names that were chosen for it. Memory that runs out is an answer, not the end.
 * Filled and sorted by one thread, then read by any.
 */
#ifndef CLIP_NAMES_H
#define CLIP_NAMES_H

#include <glib.h>

typedef struct
{
  const char *name; /* borrowed */
  guint32 value;
} ClipName;

typedef struct
{
  ClipName *items;
  gsize n, room;
} ClipNames;

/* FALSE when memory runs out. */
gboolean clip_names_add (ClipNames *self, const char *name, guint32 value);

/* By name, equal names by value. Returns the first of two neighbours with the same name, NULL when each is there once.
 */
const ClipName *clip_names_sort (ClipNames *self);
const ClipName *clip_names_sort_items (ClipName *items, gsize n);

/* In sorted ones: of equal names the first; NULL when there is none. */
const ClipName *clip_names_find (const ClipNames *self, const char *name);
const ClipName *clip_names_find_item (const ClipName *items, gsize n, const char *name);

void clip_names_clear (ClipNames *self);

/* How many names this thread has compared so far. For tests. */
guint64 clip_names_n_compared (void);

#endif
