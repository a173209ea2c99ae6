/* SPDX-License-Identifier: MIT
 *
 * safetensors.h: the tensors of a safetensors file, or of the shards that an index file lists.
 *
 * Format: 8 bytes little-endian header length, a JSON header, then the data (huggingface/safetensors, "Format").
 * Checked as the reference does: header at most 100 MB and inside the file, known dtypes, shape product without
 * overflow equal to the byte range, ranges that tile the data without gap or overlap to the file's last byte. Stricter
 * than the reference: duplicate names, names with NUL and more than CLIP_TENSOR_MAX_DIMS dimensions are refused.
 * Files are read, never mapped: if others change one meanwhile, that is an error, not a signal or a mixture.
 * Immutable once open; use from any thread.
 */
#ifndef CLIP_SAFETENSORS_H
#define CLIP_SAFETENSORS_H

#include <glib.h>

#include "model/tensor.h"

#define CLIP_SAFETENSORS_MAX_HEADER 100000000u /* the reference's bound */

typedef struct _ClipSafetensors ClipSafetensors;

/* Opens one file. NULL with `error` set on failure. */
ClipSafetensors *clip_safetensors_open (const char *path, GError **error);

/* model.safetensors in `folder`, or every shard named by model.safetensors.index.json there (a shard's name must be a
 * plain file name; a tensor that the index places in a shard that lacks it is an error). */
ClipSafetensors *clip_safetensors_open_folder (const char *folder, GError **error);

void clip_safetensors_free (ClipSafetensors *self);
guint clip_safetensors_count (const ClipSafetensors *self);
const ClipTensor *clip_safetensors_get (const ClipSafetensors *self, guint index);       /* in the files' order */
const ClipTensor *clip_safetensors_find (const ClipSafetensors *self, const char *name); /* NULL when absent */
const char *clip_safetensors_metadata (const ClipSafetensors *self, const char *key); /* of the first file, or NULL */
guint clip_safetensors_index (const ClipSafetensors *self, const ClipTensor *tensor); /* of a found tensor */

/* Adds the tensors' part of the fingerprint to `checksum`: headers, file sizes and 64 bytes of each MiB. */
gboolean clip_safetensors_fingerprint (const ClipSafetensors *self, GChecksum *checksum, GError **error);

/* FALSE if a file was written to since it was opened. Call it after reading everything and before using it. */
gboolean clip_safetensors_check (const ClipSafetensors *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipSafetensors, clip_safetensors_free)

#endif
