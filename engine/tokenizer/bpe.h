/* SPDX-License-Identifier: MIT
 *
 * bpe.h: byte-pair encoding of one word, by ids alone. Built once, then immutable; use from any thread.
 */
#ifndef CLIP_BPE_H
#define CLIP_BPE_H

#include <glib.h>

typedef struct _ClipBpe ClipBpe;

/* The ids of single bytes inside a word and as its last. */
typedef struct
{
  guint32 inner[256], last[256];
} ClipByteIds;

ClipBpe *clip_bpe_new (const ClipByteIds *bytes);
void clip_bpe_free (ClipBpe *self);

/* `left` next to `right` may become `merged`, which must be neither of them; the lowest rank goes first. Given again, a
 * pair takes the new rank. FALSE when memory runs out. */
gboolean clip_bpe_add_merge (ClipBpe *self, guint32 left, guint32 right, guint32 rank, guint32 merged);

/* Splits a word of length >= 1 and writes at most `max` of its ids. Returns how many it has in all. Takes
 * O(length log length) time. */
gsize clip_bpe_encode (const ClipBpe *self, const guint8 *word, gsize length, guint32 *ret_ids, gsize max);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipBpe, clip_bpe_free)

#endif
