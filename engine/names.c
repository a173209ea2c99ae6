/* SPDX-License-Identifier: MIT
 *
 * names.c: see names.h.
 */
#include "names.h"

#include <stdlib.h>
#include <string.h>

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
compare (gconstpointer a, gconstpointer b)
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
    qsort (items, n, sizeof *items, compare);
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

guint64
clip_names_n_compared (void)
{
  return n_compared;
}
