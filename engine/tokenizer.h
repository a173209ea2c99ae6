/* SPDX-License-Identifier: MIT
 *
 * tokenizer.h: CLIP's byte-level BPE (openai/CLIP clip/simple_tokenizer.py), from Hugging Face files.
 *
 * Text -> HTML entities unescaped twice (as the reference does) -> composed (NFC, ftfy's last step) -> lower case, in
 * no locale -> words by the reference's pattern (special tokens, 's 't 're 've 'm 'll 'd, letters, single numbers,
 * other runs) -> bytes -> BPE. What it leaves out is the rest of ftfy's repairs; see the README. Immutable; use from
 * any thread.
 */
#ifndef CLIP_TOKENIZER_H
#define CLIP_TOKENIZER_H

#include <glib.h>

typedef struct _ClipTokenizer ClipTokenizer;

/* Reads vocab.json + merges.txt of `folder`, or else tokenizer.json. NULL with CLIP_ERROR_FILE when neither is there;
 * every id must be below vocab_size and every merge's result in the vocabulary. */
ClipTokenizer *clip_tokenizer_load (const char *folder, guint vocab_size, GError **error);
void clip_tokenizer_free (ClipTokenizer *self);

/* Ids with start and end token, at most max_ids (>= 2): a longer text is cut and the end token kept. text: valid
 * UTF-8; a long word takes about 44 bytes of scratch memory for each of its bytes, so bound what comes from outside.
 * Returns the count; *ret_truncated (may be NULL) says whether text was lost. */
guint clip_tokenizer_encode (
    const ClipTokenizer *self, const char *text, guint32 *ret_ids, guint max_ids, gboolean *ret_truncated);

guint32 clip_tokenizer_start_id (const ClipTokenizer *self);
guint32 clip_tokenizer_end_id (const ClipTokenizer *self);

/* Adds the vocabulary and merges to `checksum`. */
void clip_tokenizer_fingerprint (const ClipTokenizer *self, GChecksum *checksum);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipTokenizer, clip_tokenizer_free)

#endif
