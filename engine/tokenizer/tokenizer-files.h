/* SPDX-License-Identifier: MIT
 *
 * tokenizer-files.h: the contents of a tokenizer: tokenizer-files.c makes it from a folder's files, tokenizer.c uses
 * it.
 */
#ifndef CLIP_TOKENIZER_FILES_H
#define CLIP_TOKENIZER_FILES_H

#include "tokenizer/added-tokens.h"
#include "tokenizer/bpe.h"
#include "tokenizer/tokenizer.h"

#define CLIP_TOKENIZER_DIGEST 32

struct _ClipTokenizer
{
  ClipBpe *bpe;
  ClipAddedTokens *added;
  guint32 start_id, end_id;
  guint8 digest[CLIP_TOKENIZER_DIGEST]; /* SHA-256 of pieces by id, of merges by rank, and of unusual added tokens */
};

#endif
