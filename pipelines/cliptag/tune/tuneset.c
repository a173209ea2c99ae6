/* SPDX-License-Identifier: MIT
 *
 * tuneset.c: see tuneset.h.
 */
#include "tune/tuneset.h"

#include <stdlib.h>
#include <string.h>

#include "clip-message.h"

/* The name that pictures made from one original share: "cat/0012.jpg" and "dog/0012.png" have "0012". */
static char *
origin_name (const DataItem *item)
{
  char *name = g_path_get_basename (item->name);
  char *dot = strrchr (name, '.');
  if (dot && dot != name)
    *dot = '\0';
  return name;
}

static gboolean
refuse (GError **error, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, CLIP_ERROR, CLIP_ERROR_PROMPTS, what);
  return FALSE;
}

static gboolean
check_prompts (const DataClasses *classes, GError **error)
{
  guint n_groups = clip_prompts_get_n_groups (classes->prompts), n_zones = clip_prompts_get_n_zones (classes->prompts);
  if (n_groups > 1 || n_zones > 1)
    return refuse (
        error, "the prompts have %u groups and %u zones: tune each group in a file of its own", n_groups, n_zones - 1);
  return TRUE;
}

static gboolean
take_labels (TuneSet *self, guint sample, GError **error)
{
  const DataSample *info = &g_array_index (self->embeddings->samples, DataSample, sample);
  self->truth[sample] = self->n_classes;
  for (guint i = 0; i < info->n_labels; i++) {
    guint label = g_array_index (self->embeddings->labels, guint, info->first_label + i);
    guint class = self->classes->class_of_label[label];
    if (class >= self->n_classes || class == self->truth[sample])
      continue;
    if (self->truth[sample] < self->n_classes) {
      const DataItem *item = &g_array_index (self->set->items, DataItem, info->item);
      g_autofree char *name = clip_printable (item->name, -1, CLIP_MESSAGE_PATH);
      return refuse (error, "%s: has the labels '%s' and '%s' at once: expected one at a time", name,
          data_classes_get (self->classes, self->truth[sample])->label, data_classes_get (self->classes, class)->label);
    }
    self->truth[sample] = class;
  }
  if (self->truth[sample] < self->n_classes)
    self->n_of_class[self->truth[sample]]++;
  else
    self->n_none++;
  self->has_times |= info->time >= 0;
  return TRUE;
}

/* A spread of origins that does not follow the order of names: a fixed permutation of 32 bits. */
static guint
shuffle_key (guint x)
{
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ x >> 16;
}

static int
compare_origins (const void *a, const void *b)
{
  guint x = shuffle_key (*(const guint *)a), y = shuffle_key (*(const guint *)b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/* Numbers origins so that neighbours may be dealt out to folds in turn. */
static void
shuffle_origins (TuneSet *self)
{
  g_autofree guint *order = g_new (guint, self->n_origins), *place = g_new (guint, self->n_origins);
  for (guint i = 0; i < self->n_origins; i++)
    order[i] = i;
  qsort (order, self->n_origins, sizeof *order, compare_origins);
  for (guint i = 0; i < self->n_origins; i++)
    place[order[i]] = i;
  for (guint i = 0; i < self->n; i++)
    self->origin[i] = place[self->origin[i]];
}

gboolean
tune_set_init (
    TuneSet *self, const DataSet *set, const DataClasses *classes, const DataEmbeddings *embeddings, GError **error)
{
  *self = (TuneSet){ .set = set, .classes = classes, .embeddings = embeddings, .n = embeddings->samples->len };
  if (!check_prompts (classes, error))
    return FALSE;
  self->n_classes = classes->n_classes;
  if (self->n_classes && data_classes_get (classes, self->n_classes - 1)->none)
    self->n_classes--;
  self->truth = g_new (guint, self->n);
  self->origin = g_new (guint, self->n);
  self->n_of_class = g_new0 (guint, self->n_classes);

  g_autoptr (GHashTable) origins = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < self->n; i++) {
    if (!take_labels (self, i, error))
      return FALSE;
    guint item = g_array_index (embeddings->samples, DataSample, i).item;
    char *name = origin_name (&g_array_index (set->items, DataItem, item));
    gpointer known;
    if (g_hash_table_lookup_extended (origins, name, NULL, &known)) {
      self->origin[i] = GPOINTER_TO_UINT (known);
      g_free (name);
    } else {
      self->origin[i] = self->n_origins;
      g_hash_table_insert (origins, name, GUINT_TO_POINTER (self->n_origins++));
    }
  }
  if (self->n_origins < 4)
    return refuse (error,
        "expected at least 4 recordings or pictures of different names, to learn from some and test on others, found "
        "%u",
        self->n_origins);
  if (self->n_none == self->n)
    return refuse (error, "nothing in the data has a label of the prompts: there is nothing to learn from");
  shuffle_origins (self);
  return TRUE;
}

void
tune_set_clear (TuneSet *self)
{
  g_clear_pointer (&self->truth, g_free);
  g_clear_pointer (&self->origin, g_free);
  g_clear_pointer (&self->n_of_class, g_free);
}

guint
tune_set_find_unseen (const TuneSet *self)
{
  guint class = 0;
  while (class < self->n_classes && self->n_of_class[class])
    class ++;
  return class;
}

guint
tune_set_count_origins (const TuneSet *self, const TunePart *part)
{
  g_autofree guint8 *seen = g_new0 (guint8, self->n_origins);
  guint n = 0;
  for (guint i = 0; i < part->n; i++) {
    guint8 *mark = &seen[self->origin[part->samples[i]]];
    n += !*mark;
    *mark = 1;
  }
  return n;
}

void
tune_set_split (
    const TuneSet *self, const TunePart *part, guint n_folds, guint fold, TunePart *ret_in, TunePart *ret_out)
{
  /* Origins of the part, dealt out in turn. */
  g_autofree guint8 *seen = g_new0 (guint8, self->n_origins);
  g_autofree guint *rank = g_new (guint, self->n_origins);
  for (guint i = 0; i < part->n; i++)
    seen[self->origin[part->samples[i]]] = 1;
  for (guint o = 0, n = 0; o < self->n_origins; o++)
    if (seen[o])
      rank[o] = n++;

  *ret_in = (TunePart){ 0, g_new (guint, part->n) };
  *ret_out = (TunePart){ 0, g_new (guint, part->n) };
  for (guint i = 0; i < part->n; i++) {
    guint sample = part->samples[i];
    TunePart *to = rank[self->origin[sample]] % n_folds == fold ? ret_out : ret_in;
    to->samples[to->n++] = sample;
  }
}

void
tune_part_clear (TunePart *self)
{
  g_clear_pointer (&self->samples, g_free);
  self->n = 0;
}
