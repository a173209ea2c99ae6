/* SPDX-License-Identifier: MIT
 *
 * safetensors.h: tensors in a safetensors file, or in the shards that an index file lists.
 *
 * Format: 8 bytes little-endian header length, a JSON header, then the data (huggingface/safetensors, "Format").
 * Checked as the reference does: header at most 100 MB and inside the file, known dtypes, shape product without
 * overflow equal to the byte range, ranges that tile the data without gap or overlap to the file's last byte. Stricter
 * than the reference: duplicate names, names with NUL and more than CLIP_TENSOR_MAX_DIMS dimensions are refused.
 * Files are read, never mapped: one that others change meanwhile is an error, no signal and no mixture.
 * Immutable once open; readable from any thread.
 */
#ifndef CLIP_SAFETENSORS_H
#define CLIP_SAFETENSORS_H

#include <glib.h>

#include "base/file.h"

#define CLIP_SAFETENSORS_MAX_HEADER 100000000u /* the reference's bound */
#define CLIP_TENSOR_MAX_DIMS        8

typedef enum
{
  CLIP_DTYPE_F32,
  CLIP_DTYPE_F16,
  CLIP_DTYPE_BF16,
  CLIP_DTYPE_I64,
  CLIP_DTYPE_U8,
  CLIP_DTYPE_OTHER /* a dtype of the format that no CLIP tensor has */
} ClipDtype;

/* Where a tensor is: in a file, or in memory. */
typedef struct
{
  const char *name; /* owned by the file; clip_printable() makes it fit for messages */
  const char *file; /* path of the file it lies in, fit for messages */
  ClipDtype dtype;
  const char *dtype_name; /* as in the file, e.g. "F16" */
  guint n_dims;
  guint64 shape[CLIP_TENSOR_MAX_DIMS];
  guint64 n_elements;
  gsize n_bytes;
  const guint8 *data; /* NULL: in the file; may be unaligned */
  const ClipFile *in;
  guint64 offset;
} ClipTensor;

typedef struct _ClipSafetensors ClipSafetensors;

/* One file. */
ClipSafetensors *clip_safetensors_open (const char *path, GError **error);

/* model.safetensors in `folder`, or every shard named by model.safetensors.index.json there (a shard's name must be a
 * plain file name; a tensor that the index places in a shard that lacks it is an error). */
ClipSafetensors *clip_safetensors_open_folder (const char *folder, GError **error);

void clip_safetensors_free (ClipSafetensors *self);
guint clip_safetensors_count (const ClipSafetensors *self);
const ClipTensor *clip_safetensors_get (const ClipSafetensors *self, guint index);       /* in the files' order */
const ClipTensor *clip_safetensors_find (const ClipSafetensors *self, const char *name); /* NULL when absent */
guint clip_safetensors_index (const ClipSafetensors *self, const ClipTensor *tensor);    /* of one that was found */

/* Adds to `checksum` what the fingerprint says of the tensors: headers, file sizes and 64 bytes of each MiB. */
gboolean clip_safetensors_fingerprint (const ClipSafetensors *self, GChecksum *checksum, GError **error);

/* That no file was written to since it was opened. To be called when all has been read, and before it is used. */
gboolean clip_safetensors_check (const ClipSafetensors *self, GError **error);

/* ret: [n_bytes], as they are. */
gboolean clip_tensor_read (const ClipTensor *tensor, gpointer ret, GError **error);

/* Converts F32, F16 or BF16 (other dtypes are an error) to ret[n_elements]; sets *non_finite when a value is NaN or
 * infinite and leaves it alone otherwise. */
gboolean clip_tensor_to_f32 (const ClipTensor *tensor, float *ret, gboolean *non_finite, GError **error);

/* "[768, 3, 32, 32]", for messages; newly allocated. */
char *clip_tensor_shape_string (const ClipTensor *tensor);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipSafetensors, clip_safetensors_free)

#endif
