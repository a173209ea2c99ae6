/* SPDX-License-Identifier: MIT
 *
 * tensor.h: one tensor of a model's files: its place, type, shape and values. Any thread.
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
  CLIP_DTYPE_OTHER /* other dtypes of the format, which no CLIP tensor has */
} ClipDtype;

/* A tensor in a file or in memory. */
typedef struct
{
  const char *name; /* owned by the file; clip_printable() makes it printable */
  const char *file; /* the file's path, printable */
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

/* ret: [n_bytes], unconverted. */
gboolean clip_tensor_read (const ClipTensor *tensor, gpointer ret, GError **error);

/* Converts F32, F16 or BF16 (other dtypes are an error) to ret: [n_elements]. Sets *non_finite (may be NULL) if a value
 * is NaN or infinite, and else leaves it unchanged. */
gboolean clip_tensor_to_f32 (const ClipTensor *tensor, float *ret, gboolean *non_finite, GError **error);

/* "[768, 3, 32, 32]", for messages; newly allocated. */
char *clip_tensor_shape_string (const ClipTensor *tensor);

#endif
