/* SPDX-License-Identifier: MIT
 *
 * names.h: numbers by name. Names come from files, and a hash table with a known function takes quadratic time for
 * names chosen to collide. So they are sorted and searched by bisection (ClipNames), or, where insertions and look-ups
 * alternate, hashed with a secret key (ClipNameTable). Running out of memory is reported, never fatal. Filled by one
 * thread, then read by any.
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

/* Sorts by name, then by value. Returns the first of two neighbours with the same name, NULL if all names differ. */
const ClipName *clip_names_sort (ClipNames *self);
const ClipName *clip_names_sort_items (ClipName *items, gsize n);

/* After sorting: the first entry of this name, or NULL. */
const ClipName *clip_names_find (const ClipNames *self, const char *name);
const ClipName *clip_names_find_item (const ClipName *items, gsize n, const char *name);

void clip_names_clear (ClipNames *self);

/* The hash table. Names stand in the order of their coming; slots are small, so that those of many names stay in a
 * CPU's cache. */
typedef struct
{
  guint32 hash; /* lower bits of the name's */
  guint32 item; /* index + 1; 0 = free */
} ClipNameSlot;

typedef struct
{
  ClipName *items;
  ClipNameSlot *slots; /* open addressing, at most half full */
  gsize n, room, n_slots;
} ClipNameTable;

/* Makes room for n names at once: growing moves all. FALSE when memory runs out. */
gboolean clip_name_table_reserve (ClipNameTable *self, gsize n);

/* A name already there keeps its value; *ret_is_new says which. FALSE when memory runs out. */
gboolean clip_name_table_add (ClipNameTable *self, const char *name, guint32 value, gboolean *ret_is_new);

/* The same in two steps, for many names in a row: the first of a name some names ahead of the second hides how long
 * memory takes. */
guint32 clip_name_table_prepare (const ClipNameTable *self, const char *name);
gboolean clip_name_table_add_prepared (
    ClipNameTable *self, const char *name, guint32 prepared, guint32 value, gboolean *ret_is_new);

/* NULL if absent. */
const ClipName *clip_name_table_find (const ClipNameTable *self, const char *name);

void clip_name_table_clear (ClipNameTable *self);

/* Two random words, different in each process, to hash input from files with. */
const guint64 *clip_names_hash_key (void);

/* The number of name comparisons of this thread so far, including those that other modules' tables report by
 * clip_names_count(). For tests. */
guint64 clip_names_n_compared (void);
void clip_names_count (guint64 n);

#endif
