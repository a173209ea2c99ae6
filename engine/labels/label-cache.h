/* SPDX-License-Identifier: MIT
 *
 * label-cache.h: caches the embeddings of prompts in files, so that the same prompts need not be encoded again.
 *
 * No state; any thread and any number of processes. A file appears whole or not at all. It is trusted only if its size,
 * its header and a SHA-256 over all of it are right and only its user (or root) can have written it: the folder is
 * 0700, and a folder that belongs to another user or that others may write to is not used. Nothing here is an error: a
 * file that cannot be read is a miss, one that cannot be written is skipped (both log the reason at debug level).
 */
#ifndef CLIP_LABEL_CACHE_H
#define CLIP_LABEL_CACHE_H

#include "clip.h"

/* Limits of all files together; the least recently used are removed first. A larger set of embeddings is not cached. */
#define CLIP_LABEL_CACHE_MAX_FILES 64
#define CLIP_LABEL_CACHE_MAX_BYTES (256u << 20)

/* 64 hex digits for everything that determines the embeddings: the engine's version, the model, the arithmetic (kernels
 * and precisions), templates, texts and their weights, but not labels, thresholds and negatives, nor what is in files
 * of pictures and vectors. Newly allocated. */
char *clip_label_cache_key (const char *fingerprint, const char *arithmetic, const ClipPrompts *prompts);

/* ret: [rows][dim]; undefined when it returns FALSE, for a miss. */
gboolean clip_label_cache_load (const char *folder, const char *key, guint rows, guint dim, float *ret);

/* values: [rows][dim]. Creates the folder if it is missing. */
void clip_label_cache_store (const char *folder, const char *key, guint rows, guint dim, const float *values);

#endif
