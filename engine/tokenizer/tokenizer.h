/* SPDX-License-Identifier: MIT
 *
 * tokenizer.h: CLIP's byte-level BPE (openai/CLIP clip/simple_tokenizer.py), from Hugging Face files.
 *
 * Text -> added tokens (start and end among them) -> HTML entities unescaped twice (as the reference does) -> composed
 * (NFC, ftfy's last step) -> lower case, in no locale -> added tokens that match only now -> words by the reference's
 * pattern ('s 't 're 've 'm 'll 'd, letters, single numbers, other runs) -> bytes -> BPE. Omitted are ftfy's other
 * repairs; see the README. Immutable; use from any thread.
 */
#ifndef CLIP_TOKENIZER_H
#define CLIP_TOKENIZER_H

#include <glib.h>

typedef struct _ClipTokenizer ClipTokenizer;

/* Reads tokenizer.json of `folder`, or else vocab.json + merges.txt, and what lies beside it of added tokens
 * (special-tokens.h). NULL with CLIP_ERROR_NOT_FOUND when neither is there; every id must be below vocab_size and every
 * merge's result in the vocabulary. warnings: gets lines, newly allocated. */
ClipTokenizer *clip_tokenizer_load (const char *folder, guint vocab_size, GPtrArray *warnings, GError **error);
void clip_tokenizer_free (ClipTokenizer *self);

/* Ids with start and end token, at most max_ids (>= 2): a longer text is truncated, the end token kept. text: valid
 * UTF-8; a long word takes about 44 bytes of scratch memory per byte, so bound input from outside. Returns the number
 * of ids; *ret_truncated (may be NULL): whether the text was truncated. */
guint clip_tokenizer_encode (
    const ClipTokenizer *self, const char *text, guint32 *ret_ids, guint max_ids, gboolean *ret_truncated);

/* The number of ids of the whole text, start and end included. */
gsize clip_tokenizer_count (const ClipTokenizer *self, const char *text);

guint32 clip_tokenizer_start_id (const ClipTokenizer *self);
guint32 clip_tokenizer_end_id (const ClipTokenizer *self);

/* Adds the vocabulary, merges and added tokens to `checksum`. */
void clip_tokenizer_fingerprint (const ClipTokenizer *self, GChecksum *checksum);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipTokenizer, clip_tokenizer_free)

#endif
