/* SPDX-License-Identifier: MIT
 *
 * bpe.h: byte-pair encoding of one word, using ids only. Built once, then immutable; use from any thread.
 */
#ifndef CLIP_BPE_H
#define CLIP_BPE_H

#include <glib.h>

typedef struct _ClipBpe ClipBpe;

/* The ids of single bytes within a word and at its end. */
typedef struct
{
  guint32 inner[256], last[256];
} ClipByteIds;

ClipBpe *clip_bpe_new (const ClipByteIds *bytes);
void clip_bpe_free (ClipBpe *self);

/* `left` followed by `right` may become `merged`, which must be neither of them; the lowest rank is merged first. A
 * pair added again takes the new rank. FALSE when memory runs out. */
gboolean clip_bpe_add_merge (ClipBpe *self, guint32 left, guint32 right, guint32 rank, guint32 merged);

/* Encodes a word of length >= 1 and writes at most `max` of its ids. Returns their total number. Takes
 * O(length log length) time. */
gsize clip_bpe_encode (const ClipBpe *self, const guint8 *word, gsize length, guint32 *ret_ids, gsize max);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipBpe, clip_bpe_free)

#endif
