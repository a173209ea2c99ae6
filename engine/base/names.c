/* SPDX-License-Identifier: MIT
 *
 * names.c: see names.h.
 */
#include "base/names.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static _Thread_local guint64 n_compared;

gboolean
clip_names_add (ClipNames *self, const char *name, guint32 value)
{
  if (self->n == self->room) {
    gsize room = MAX (2 * self->room, 64);
    ClipName *items = g_try_renew (ClipName, self->items, room);
    if (!items)
      return FALSE;
    self->items = items;
    self->room = room;
  }
  self->items[self->n++] = (ClipName){ name, value };
  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  const ClipName *x = a, *y = b;
  int order = strcmp (x->name, y->name);
  n_compared++;
  return order ? order : (x->value > y->value) - (x->value < y->value);
}

const ClipName *
clip_names_sort_items (ClipName *items, gsize n)
{
  const ClipName *same = NULL;
  if (n)
    qsort (items, n, sizeof *items, compare_names);
  for (gsize i = 1; i < n && !same; i++)
    if (strcmp (items[i - 1].name, items[i].name) == 0)
      same = &items[i - 1];
  return same;
}

const ClipName *
clip_names_sort (ClipNames *self)
{
  return clip_names_sort_items (self->items, self->n);
}

const ClipName *
clip_names_find_item (const ClipName *items, gsize n, const char *name)
{
  gsize first = 0, end = n;
  while (first < end) {
    gsize middle = first + (end - first) / 2;
    n_compared++;
    if (strcmp (items[middle].name, name) < 0)
      first = middle + 1;
    else
      end = middle;
  }
  return first < n && strcmp (items[first].name, name) == 0 ? &items[first] : NULL;
}

const ClipName *
clip_names_find (const ClipNames *self, const char *name)
{
  return clip_names_find_item (self->items, self->n, name);
}

void
clip_names_clear (ClipNames *self)
{
  g_free (self->items);
  *self = (ClipNames){ 0 };
}

/* ---- Hashed --------------------------------------------------------------------------------------------- */

const guint64 *
clip_names_hash_key (void)
{
  static gsize once;
  static guint64 key[2];
  if (g_once_init_enter (&once)) {
    if (getrandom (key, sizeof key, GRND_NONBLOCK) != sizeof key) { /* no such call, or too early after the boot */
      key[0] = (guint64)g_get_monotonic_time () ^ (guint64)getpid () << 32;
      key[1] = (guint64)g_get_real_time () ^ (guint64)(gsize)&once;
    }
    g_once_init_leave (&once, 1);
  }
  return key;
}

static inline guint64
rotate_left (guint64 x, guint by)
{
  return x << by | x >> (64 - by);
}

static inline void
sip_round (guint64 v[4])
{
  v[0] += v[1];
  v[1] = rotate_left (v[1], 13) ^ v[0];
  v[0] = rotate_left (v[0], 32);
  v[2] += v[3];
  v[3] = rotate_left (v[3], 16) ^ v[2];
  v[0] += v[3];
  v[3] = rotate_left (v[3], 21) ^ v[0];
  v[2] += v[1];
  v[1] = rotate_left (v[1], 17) ^ v[2];
  v[2] = rotate_left (v[2], 32);
}

/* SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012), as hash tables elsewhere have it. */
static guint64
hash_name (const char *name)
{
  const guint64 *key = clip_names_hash_key ();
  guint64 v[4] = { key[0] ^ G_GUINT64_CONSTANT (0x736f6d6570736575), key[1] ^ G_GUINT64_CONSTANT (0x646f72616e646f6d),
    key[0] ^ G_GUINT64_CONSTANT (0x6c7967656e657261), key[1] ^ G_GUINT64_CONSTANT (0x7465646279746573) };
  gsize length = strlen (name), left = length;
  for (; left >= 8; left -= 8, name += 8) {
    guint64 word;
    memcpy (&word, name, 8);
    v[3] ^= word;
    sip_round (v);
    v[0] ^= word;
  }
  guint64 last = (guint64)length << 56;
  for (gsize i = 0; i < left; i++)
    last |= (guint64)(guchar)name[i] << 8 * i;
  v[3] ^= last;
  sip_round (v);
  v[0] ^= last;
  v[2] ^= 0xff;
  for (guint i = 0; i < 3; i++)
    sip_round (v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The name's slot, or the free one where it belongs. Names themselves, which may be anywhere in memory, are read only
 * where the hashes agree. */
static ClipNameSlot *
find_name_slot (const ClipNameTable *self, const char *name, guint32 hash)
{
  gsize i = hash & (self->n_slots - 1);
  for (; self->slots[i].item; i = (i + 1) & (self->n_slots - 1)) {
    n_compared++;
    if (self->slots[i].hash == hash && strcmp (self->items[self->slots[i].item - 1].name, name) == 0)
      break;
  }
  return &self->slots[i];
}

static gboolean
make_slots (ClipNameTable *self, gsize n_slots)
{
  ClipNameSlot *slots = g_try_new0 (ClipNameSlot, n_slots);
  if (!slots)
    return FALSE;
  for (gsize old = 0; old < self->n_slots; old++) {
    if (!self->slots[old].item)
      continue;
    gsize i = self->slots[old].hash & (n_slots - 1);
    while (slots[i].item)
      i = (i + 1) & (n_slots - 1);
    slots[i] = self->slots[old];
  }
  g_free (self->slots);
  self->slots = slots;
  self->n_slots = n_slots;
  return TRUE;
}

gboolean
clip_name_table_reserve (ClipNameTable *self, gsize n)
{
  if (n > self->room) {
    ClipName *items = g_try_renew (ClipName, self->items, n);
    if (!items)
      return FALSE;
    self->items = items;
    self->room = n;
  }
  gsize n_slots = MAX (self->n_slots, 64);
  while (n_slots < 2 * n)
    n_slots *= 2;
  return n_slots == self->n_slots || make_slots (self, n_slots);
}

guint32
clip_name_table_prepare (const ClipNameTable *self, const char *name)
{
  guint32 hash = (guint32)hash_name (name);
  if (self->n_slots)
    __builtin_prefetch (&self->slots[hash & (self->n_slots - 1)], 1);
  return hash;
}

gboolean
clip_name_table_add_prepared (ClipNameTable *self, const char *name, guint32 hash, guint32 value, gboolean *ret_is_new)
{
  if (self->n == self->room && !clip_name_table_reserve (self, MAX (2 * self->n, 32)))
    return FALSE;
  ClipNameSlot *slot = find_name_slot (self, name, hash);
  *ret_is_new = slot->item == 0;
  if (*ret_is_new) {
    self->items[self->n++] = (ClipName){ name, value };
    *slot = (ClipNameSlot){ hash, (guint32)self->n };
  }
  return TRUE;
}

gboolean
clip_name_table_add (ClipNameTable *self, const char *name, guint32 value, gboolean *ret_is_new)
{
  return clip_name_table_add_prepared (self, name, (guint32)hash_name (name), value, ret_is_new);
}

const ClipName *
clip_name_table_find (const ClipNameTable *self, const char *name)
{
  const ClipNameSlot *slot = self->n ? find_name_slot (self, name, (guint32)hash_name (name)) : NULL;
  return slot && slot->item ? &self->items[slot->item - 1] : NULL;
}

void
clip_name_table_clear (ClipNameTable *self)
{
  g_free (self->items);
  g_free (self->slots);
  *self = (ClipNameTable){ 0 };
}

guint64
clip_names_n_compared (void)
{
  return n_compared;
}

void
clip_names_count (guint64 n)
{
  n_compared += n;
}
