/* SPDX-License-Identifier: MIT
 *
 * bpe.c: see bpe.h.
 *
 * The reference looks for the lowest-ranked pair of the word, merges all its occurrences from left to right, and starts
 * over: quadratic. Here a heap holds (rank, position) of every mergeable pair. A round takes all entries of the lowest
 * rank out before it merges the first, because a merge may bring up a pair of still lower rank, which the reference
 * would see only after the round. Entries whose pair has changed since are left in the heap and skipped when they come.
 */
#include "tokenizer/bpe.h"

#include "base/names.h"

#define NONE         G_MAXUINT32
#define SMALL_WORD   64 /* bytes; longer ones take their scratch from the heap */
#define FIRST_SLOTS  4096
#define HEAP_PER_SYM 3 /* a pair each at first, then at most two new ones for each merge */

typedef struct
{
  guint32 left, right; /* left is NONE in a free slot */
  guint32 rank, merged;
} Merge;

struct _ClipBpe
{
  ClipByteIds bytes;
  const guint64 *key;
  Merge *slots;  /* open addressing, never more than half full */
  gsize n_slots; /* a power of two */
  gsize n_merges;
};

/* A symbol of the word under work; `rank` is that of its pair with the next one, NONE when they do not merge. */
typedef struct
{
  guint32 id, rank;
  guint32 previous, next; /* NONE at the ends */
} Symbol;

typedef struct
{
  guint64 *entries; /* rank << 32 | position; the least on top */
  gsize n;
} Heap;

/* ---- The merges ---------------------------------------------------------------------------------------- */

/* With a secret key: merges come from files, and could be chosen to fall on one slot. */
static gsize
merge_slot (const guint64 *key, guint32 left, guint32 right, gsize n_slots)
{
  guint64 h = ((guint64)left << 32 | right) ^ key[0];
  h = (h ^ h >> 32) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) ^ key[1];
  h = (h ^ h >> 29) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  return (gsize)(h >> 32) & (n_slots - 1);
}

/* The pair's slot, or the free one where it belongs. */
static Merge *
find_merge_slot (const guint64 *key, Merge *slots, gsize n_slots, guint32 left, guint32 right)
{
  gsize i = merge_slot (key, left, right, n_slots);
  while (slots[i].left != NONE && (slots[i].left != left || slots[i].right != right))
    i = (i + 1) & (n_slots - 1);
  return &slots[i];
}

static gboolean
resize_slots (ClipBpe *self, gsize n_slots)
{
  Merge *slots = g_try_new (Merge, n_slots);
  if (!slots)
    return FALSE;
  for (gsize i = 0; i < n_slots; i++)
    slots[i].left = NONE;
  for (gsize i = 0; i < self->n_slots; i++)
    if (self->slots[i].left != NONE)
      *find_merge_slot (self->key, slots, n_slots, self->slots[i].left, self->slots[i].right) = self->slots[i];
  g_free (self->slots);
  self->slots = slots;
  self->n_slots = n_slots;
  return TRUE;
}

ClipBpe *
clip_bpe_new (const ClipByteIds *bytes)
{
  ClipBpe *self = g_new0 (ClipBpe, 1);
  self->bytes = *bytes;
  self->key = clip_names_hash_key ();
  if (!resize_slots (self, FIRST_SLOTS))
    g_clear_pointer (&self, g_free);
  return self;
}

void
clip_bpe_free (ClipBpe *self)
{
  if (!self)
    return;
  g_free (self->slots);
  g_free (self);
}

gboolean
clip_bpe_add_merge (ClipBpe *self, guint32 left, guint32 right, guint32 rank, guint32 merged)
{
  if (self->n_merges * 2 >= self->n_slots && !resize_slots (self, self->n_slots * 2))
    return FALSE;
  Merge *slot = find_merge_slot (self->key, self->slots, self->n_slots, left, right);
  gsize home = merge_slot (self->key, left, right, self->n_slots);
  clip_names_count (((gsize)(slot - self->slots) - home) & (self->n_slots - 1));
  if (slot->left == NONE)
    self->n_merges++;
  *slot = (Merge){ .left = left, .right = right, .rank = rank, .merged = merged };
  return TRUE;
}

/* ---- The heap ------------------------------------------------------------------------------------------ */

static void
heap_push (Heap *heap, guint64 entry)
{
  gsize i = heap->n++;
  for (gsize parent; i > 0 && heap->entries[parent = (i - 1) / 2] > entry; i = parent)
    heap->entries[i] = heap->entries[parent];
  heap->entries[i] = entry;
}

static guint64
heap_pop (Heap *heap)
{
  guint64 top = heap->entries[0], moved = heap->entries[--heap->n];
  gsize i = 0;
  for (gsize child; (child = 2 * i + 1) < heap->n; i = child) {
    if (child + 1 < heap->n && heap->entries[child + 1] < heap->entries[child])
      child++;
    if (heap->entries[child] >= moved)
      break;
    heap->entries[i] = heap->entries[child];
  }
  heap->entries[i] = moved;
  return top;
}

/* ---- A word -------------------------------------------------------------------------------------------- */

/* Looks the pair at `left` up again after one of its symbols changed. */
static void
update_pair (const ClipBpe *self, Symbol *symbols, guint32 left, Heap *heap)
{
  if (left == NONE)
    return;
  Symbol *s = &symbols[left];
  s->rank = NONE;
  if (s->next == NONE)
    return;
  const Merge *merge = find_merge_slot (self->key, self->slots, self->n_slots, s->id, symbols[s->next].id);
  if (merge->left == NONE)
    return;
  s->rank = merge->rank;
  heap_push (heap, (guint64)s->rank << 32 | left);
}

static void
merge_at (const ClipBpe *self, Symbol *symbols, guint32 left, Heap *heap)
{
  Symbol *s = &symbols[left], *gone = &symbols[s->next];
  s->id = find_merge_slot (self->key, self->slots, self->n_slots, s->id, gone->id)->merged;
  gone->rank = NONE;
  s->next = gone->next;
  if (s->next != NONE)
    symbols[s->next].previous = left;
  update_pair (self, symbols, s->previous, heap);
  update_pair (self, symbols, left, heap);
}

gsize
clip_bpe_encode (const ClipBpe *self, const guint8 *word, gsize length, guint32 *ret_ids, gsize max)
{
  Symbol small_symbols[SMALL_WORD], *symbols = small_symbols;
  guint64 small_entries[SMALL_WORD * HEAP_PER_SYM];
  guint32 small_round[SMALL_WORD], *round = small_round;
  Heap heap = { small_entries, 0 };
  if (length > SMALL_WORD) {
    symbols = g_new (Symbol, length);
    heap.entries = g_new (guint64, length * HEAP_PER_SYM);
    round = g_new (guint32, length);
  }

  for (guint32 i = 0; i < length; i++) {
    gboolean is_last = i + 1 == length;
    symbols[i].id = is_last ? self->bytes.last[word[i]] : self->bytes.inner[word[i]];
    symbols[i].previous = i ? i - 1 : NONE;
    symbols[i].next = is_last ? NONE : i + 1;
  }
  for (guint32 i = 0; i < length; i++)
    update_pair (self, symbols, i, &heap);

  while (heap.n) {
    guint32 rank = (guint32)(heap.entries[0] >> 32);
    gsize n_round = 0;
    while (heap.n && (guint32)(heap.entries[0] >> 32) == rank) {
      guint32 position = (guint32)heap_pop (&heap);
      if (symbols[position].rank == rank)
        round[n_round++] = position;
    }
    for (gsize i = 0; i < n_round; i++) /* the pair may have lost its left half to the one before: "aa" in "aaa" */
      if (symbols[round[i]].rank == rank)
        merge_at (self, symbols, round[i], &heap);
  }

  gsize n = 0;
  for (guint32 i = 0; i != NONE; i = symbols[i].next, n++)
    if (n < max)
      ret_ids[n] = symbols[i].id;
  if (length > SMALL_WORD) {
    g_free (symbols);
    g_free (heap.entries);
    g_free (round);
  }
  return n;
}
