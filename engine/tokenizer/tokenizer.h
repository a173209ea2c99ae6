/* SPDX-License-Identifier: MIT
 *
 * tokenizer.h: CLIP's byte-level BPE (openai/CLIP clip/simple_tokenizer.py), from Hugging Face files.
 *
 * Text -> added tokens (start and end among them) -> HTML entities unescaped twice (as the reference does) -> composed
 * (NFC, ftfy's last step) -> lower case, in no locale -> those added tokens that are found only now -> words by the
 * reference's pattern ('s 't 're 've 'm 'll 'd, letters, single numbers, other runs) -> bytes -> BPE. What it leaves
 * out is the rest of ftfy's repairs; see the README. Immutable; use from any thread.
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

/* Ids with start and end token, at most max_ids (>= 2): a longer text is cut and the end token kept. text: valid
 * UTF-8; a long word takes about 44 bytes of scratch memory for each of its bytes, so bound what comes from outside.
 * Returns the count; *ret_truncated (may be NULL) says whether text was lost. */
guint clip_tokenizer_encode (
    const ClipTokenizer *self, const char *text, guint32 *ret_ids, guint max_ids, gboolean *ret_truncated);

/* How many ids the whole text has, start and end included. */
gsize clip_tokenizer_count (const ClipTokenizer *self, const char *text);

guint32 clip_tokenizer_start_id (const ClipTokenizer *self);
guint32 clip_tokenizer_end_id (const ClipTokenizer *self);

/* Adds the vocabulary, merges and added tokens to `checksum`. */
void clip_tokenizer_fingerprint (const ClipTokenizer *self, GChecksum *checksum);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipTokenizer, clip_tokenizer_free)

#endif
