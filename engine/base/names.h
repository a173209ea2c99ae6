/* SPDX-License-Identifier: MIT
 *
 * names.h: numbers by name. Names come from files, and a hash table with a known function takes quadratic time for
 * names that were chosen for it: so they are sorted and searched by halves, or, where they come and are looked up by
 * turns, hashed with a key that nobody knows. Memory that runs out is an answer, not the end. Filled by one thread,
 * then read by any.
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

/* The other way. */
typedef struct
{
  ClipName *slots; /* open addressing, at most half full; a free one has no name */
  gsize n, n_slots;
} ClipNameTable;

/* A name that is there keeps its value, and *ret_is_new says so. FALSE when memory runs out. */
gboolean clip_name_table_add (ClipNameTable *self, const char *name, guint32 value, gboolean *ret_is_new);

/* NULL when it is not there. */
const ClipName *clip_name_table_find (const ClipNameTable *self, const char *name);

void clip_name_table_clear (ClipNameTable *self);

/* Two words that each process draws anew, for whoever hashes what comes from files. */
const guint64 *clip_names_hash_key (void);

/* How many names this thread has compared so far, those counted in that tables of other modules compared. For tests. */
guint64 clip_names_n_compared (void);
void clip_names_count (guint64 n);

#endif
