/* SPDX-License-Identifier: MIT
 *
 * label-cache.h: embeddings of prompts, kept in files so that the same prompts need not be encoded again.
 *
 * No state; any thread and any number of processes. A file appears whole or not at all, and is believed only if its
 * size, its header and a SHA-256 over all of it are right, and nobody but its user (or root) may have written it: the
 * folder is 0700, and one that is another's, or that others may write to, is not used. Nothing here is an error: what
 * cannot be read is a miss, what cannot be written is not kept (both say why at debug level).
 */
#ifndef CLIP_LABEL_CACHE_H
#define CLIP_LABEL_CACHE_H

#include "clip.h"

/* All files together; the least recently used go first. A larger set of embeddings is not kept at all. */
#define CLIP_LABEL_CACHE_MAX_FILES 64
#define CLIP_LABEL_CACHE_MAX_BYTES (256u << 20)

/* 64 hex digits that stand for what decides the embeddings: the engine's version, the model, what computes (its
 * `arithmetic`), templates and texts. Labels, thresholds and negatives do not. Newly allocated. */
char *clip_label_cache_key (const char *fingerprint, const char *arithmetic, const ClipPrompts *prompts);

/* ret: [rows][dim]; overwritten with anything when it returns FALSE. */
gboolean clip_label_cache_load (const char *folder, const char *key, guint rows, guint dim, float *ret);

/* values: [rows][dim]. Makes the folder if it is missing. */
void clip_label_cache_store (const char *folder, const char *key, guint rows, guint dim, const float *values);

#endif
