/* SPDX-License-Identifier: MIT
 *
 * tensor.c: see tensor.h.
 *
 * * Values keep their exact bits: subnormals are kept whatever the host's flush-to-zero mode, NaNs keep sign and
 * payload.
 */
#include "model/tensor.h"

#include <string.h>

#include "clip.h"
#include "clip-message.h"

G_STATIC_ASSERT (G_BYTE_ORDER == G_LITTLE_ENDIAN); /* the format's byte order; nothing here swaps */

/* Conversion goes through aligned blocks of a fixed size: gcc's -O2 vectorises
 * only loops whose count it knows. 1 KiB + 2 KiB stay in the first-level cache. */
#define BLOCK 512

/* [n] half-precision bits -> [n] single-precision bits. Returns non-zero when one was infinite or NaN. */
typedef guint32 (*WidenBlock) (const guint16 *in, float *out);

static guint32
widen_bf16 (const guint16 *restrict in, float *restrict out)
{
  guint32 bits[BLOCK], special = 0;
  for (guint i = 0; i < BLOCK; i++) {
    bits[i] = (guint32)in[i] << 16;
    special |= (bits[i] & 0x7f800000) == 0x7f800000;
  }
  memcpy (out, bits, sizeof bits);
  return special;
}

/* After Fabian Giesen's half_to_float: move exponent and mantissa into place, then correct the exponent's bias. A
 * subnormal gets an implied 1 that the subtraction takes away again; both left-hand sides are normal numbers, so that
 * neither denormals-are-zero nor flush-to-zero can touch it. */
static guint32
widen_f16 (const guint16 *restrict in, float *restrict out)
{
  guint32 bits[BLOCK], special = 0;
  for (guint i = 0; i < BLOCK; i++) {
    guint32 h = in[i];
    guint32 magnitude = (h & 0x7fff) << 13;
    guint32 exponent = magnitude & (0x7c00u << 13);
    guint32 is_special = -(guint32)(exponent == 0x7c00u << 13);
    guint32 is_small = -(guint32)(exponent == 0);
    guint32 normal = magnitude + ((127u - 15) << 23) + (is_special & (128u - 16) << 23);

    guint32 with_one = magnitude + ((127u - 14) << 23);
    float small;
    memcpy (&small, &with_one, sizeof small);
    small -= 0x1p-14f;
    guint32 small_bits;
    memcpy (&small_bits, &small, sizeof small_bits);

    bits[i] = (normal & ~is_small) | (small_bits & is_small) | (h & 0x8000) << 16;
    special |= is_special;
  }
  memcpy (out, bits, sizeof bits);
  return special;
}

/* Bytes read at once: small enough for the second-level cache, large enough that calls cost nothing. */
#define CHUNK_BYTES (1 << 16)

static gboolean
read_part (const ClipTensor *tensor, gsize at, gpointer ret, gsize size, GError **error)
{
  if (!tensor->data)
    return clip_file_read_at (tensor->in, tensor->offset + at, ret, size, error);
  memcpy (ret, tensor->data + at, size);
  return TRUE;
}

gboolean
clip_tensor_read (const ClipTensor *tensor, gpointer ret, GError **error)
{
  return read_part (tensor, 0, ret, tensor->n_bytes, error);
}

/* n values, of which there is room for a whole last block in `in`. */
static guint32
widen_chunk (guint16 *in, gsize n, WidenBlock widen_block, float *ret)
{
  guint32 special = 0;
  gsize done = 0;
  for (; n - done >= BLOCK; done += BLOCK)
    special |= widen_block (in + done, ret + done);
  if (done < n) {
    float out[BLOCK];
    memset (in + n, 0, (BLOCK - (n - done)) * sizeof *in);
    special |= widen_block (in + done, out);
    memcpy (ret + done, out, sizeof (float) * (n - done));
  }
  return special;
}

static gboolean
widen_tensor (const ClipTensor *tensor, WidenBlock widen_block, float *ret, guint32 *special, GError **error)
{
  guint16 in[CHUNK_BYTES / sizeof (guint16)]; /* whole blocks */
  gsize n = (gsize)tensor->n_elements;
  for (gsize done = 0, count; done < n; done += count) {
    count = MIN (n - done, G_N_ELEMENTS (in));
    if (!read_part (tensor, done * sizeof *in, in, count * sizeof *in, error))
      return FALSE;
    *special |= widen_chunk (in, count, widen_block, ret + done);
  }
  return TRUE;
}

static guint32
find_non_finite (const float *values, gsize n)
{
  guint32 bits[BLOCK] = { 0 }, special = 0;
  for (gsize done = 0; done < n; done += BLOCK) {
    gsize count = MIN (n - done, BLOCK);
    if (count < BLOCK)
      memset (bits, 0, sizeof bits);
    memcpy (bits, values + done, count * sizeof *bits);
    for (guint i = 0; i < BLOCK; i++)
      special |= (bits[i] & 0x7f800000) == 0x7f800000;
  }
  return special;
}

static gboolean
copy_f32 (const ClipTensor *tensor, float *ret, guint32 *special, GError **error)
{
  gsize n = (gsize)tensor->n_elements;
  for (gsize done = 0, count; done < n; done += count) {
    count = MIN (n - done, CHUNK_BYTES / sizeof *ret);
    if (!read_part (tensor, done * sizeof *ret, ret + done, count * sizeof *ret, error))
      return FALSE;
    *special |= find_non_finite (ret + done, count);
  }
  return TRUE;
}

static gboolean
fail_dtype (const ClipTensor *tensor, GError **error)
{
  g_autofree char *name = clip_printable (tensor->name, -1, CLIP_MESSAGE_NAME);
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_UNSUPPORTED, "%s: tensor '%s' is %s, expected F32, F16 or BF16",
      tensor->file, name, tensor->dtype_name);
  return FALSE;
}

gboolean
clip_tensor_to_f32 (const ClipTensor *tensor, float *ret, gboolean *non_finite, GError **error)
{
  guint32 special = 0;
  gboolean done = tensor->dtype == CLIP_DTYPE_F32    ? copy_f32 (tensor, ret, &special, error)
                  : tensor->dtype == CLIP_DTYPE_F16  ? widen_tensor (tensor, widen_f16, ret, &special, error)
                  : tensor->dtype == CLIP_DTYPE_BF16 ? widen_tensor (tensor, widen_bf16, ret, &special, error)
                                                     : fail_dtype (tensor, error);
  if (done && special && non_finite)
    *non_finite = TRUE;
  return done;
}

char *
clip_tensor_shape_string (const ClipTensor *tensor)
{
  GString *text = g_string_new ("[");
  for (guint i = 0; i < tensor->n_dims; i++)
    g_string_append_printf (text, "%s%" G_GUINT64_FORMAT, i ? ", " : "", tensor->shape[i]);
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}
