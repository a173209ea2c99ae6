/* SPDX-License-Identifier: MIT
 *
 * tensor.h: one tensor of a model's files: where it is, what it is, its values.
 */
#ifndef CLIP_TENSOR_H
#define CLIP_TENSOR_H

#include <glib.h>

#include "base/file.h"

#define CLIP_TENSOR_MAX_DIMS 8

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

/* ret: [n_bytes], as they are. */
gboolean clip_tensor_read (const ClipTensor *tensor, gpointer ret, GError **error);

/* Converts F32, F16 or BF16 (other dtypes are an error) to ret[n_elements]; sets *non_finite when a value is NaN or
 * infinite and leaves it alone otherwise. */
gboolean clip_tensor_to_f32 (const ClipTensor *tensor, float *ret, gboolean *non_finite, GError **error);

/* "[768, 3, 32, 32]", for messages; newly allocated. */
char *clip_tensor_shape_string (const ClipTensor *tensor);

#endif
