/* SPDX-License-Identifier: MIT
 *
 * tensor.c: what can be done with one tensor view of safetensors.h: conversion to f32, its shape in words.
 *
 * Values keep their exact bits: subnormals stay what they are whatever the host's flush-to-zero mode, NaNs keep
 * sign and payload. Pure; any thread.
 */
#include "safetensors.h"

#include <string.h>

G_STATIC_ASSERT (G_BYTE_ORDER == G_LITTLE_ENDIAN); /* the format's byte order; nothing here swaps */

/* Conversion goes through aligned blocks of a fixed size: the source may lie at any address, and gcc's -O2 vectorises
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
 * subnormal gets an implied 1 that the subtraction takes away again; both operands are normal numbers, so that neither
 * denormals-are-zero nor flush-to-zero can touch it. */
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

static guint32
widen (const ClipTensor *tensor, WidenBlock widen_block, float *ret)
{
  guint16 in[BLOCK] = { 0 };
  guint32 special = 0;
  gsize n = (gsize)tensor->n_elements, done = 0;
  for (; n - done >= BLOCK; done += BLOCK) {
    memcpy (in, tensor->data + 2 * done, sizeof in);
    special |= widen_block (in, ret + done);
  }
  if (done < n) {
    float out[BLOCK];
    memset (in, 0, sizeof in);
    memcpy (in, tensor->data + 2 * done, 2 * (n - done));
    special |= widen_block (in, out);
    memcpy (ret + done, out, sizeof (float) * (n - done));
  }
  return special;
}

static guint32
copy_f32 (const ClipTensor *tensor, float *ret)
{
  guint32 bits[BLOCK], special = 0;
  gsize n = (gsize)tensor->n_elements;
  for (gsize done = 0; done < n; done += BLOCK) {
    gsize count = MIN (n - done, BLOCK);
    if (count < BLOCK)
      memset (bits, 0, sizeof bits);
    memcpy (bits, tensor->data + 4 * done, 4 * count);
    for (guint i = 0; i < BLOCK; i++)
      special |= (bits[i] & 0x7f800000) == 0x7f800000;
    memcpy (ret + done, bits, 4 * count);
  }
  return special;
}

gboolean
clip_tensor_to_f32 (const ClipTensor *tensor, float *ret, gboolean *non_finite)
{
  guint32 special;
  switch (tensor->dtype) {
  case CLIP_DTYPE_F32:
    special = copy_f32 (tensor, ret);
    break;
  case CLIP_DTYPE_F16:
    special = widen (tensor, widen_f16, ret);
    break;
  case CLIP_DTYPE_BF16:
    special = widen (tensor, widen_bf16, ret);
    break;
  default:
    return FALSE;
  }
  if (special && non_finite)
    *non_finite = TRUE;
  return TRUE;
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
