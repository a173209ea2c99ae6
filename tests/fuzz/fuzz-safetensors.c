/* SPDX-License-Identifier: MIT
 *
 * fuzz-safetensors.c: one weights file; what opens is looked up, converted and fingerprinted.
 */
#include "fuzz.h"
#include "model/safetensors.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  GError *error = NULL;
  g_autoptr (ClipSafetensors) self = clip_safetensors_open (fuzz_write ("file", data, size), &error);
  fuzz_check (self != NULL, &error);
  if (!self)
    return 0;
  guint64 n_bytes = 0;
  for (guint i = 0; i < clip_safetensors_count (self); i++) {
    const ClipTensor *tensor = clip_safetensors_get (self, i);
    g_assert_true (clip_safetensors_find (self, tensor->name) == tensor);
    g_autofree char *shape = clip_tensor_shape_string (tensor);
    fuzz_check_line (shape);
    fuzz_check_line (tensor->dtype_name);
    n_bytes += tensor->n_bytes;
    g_assert_cmpuint (n_bytes, <=, size);
    if (tensor->dtype != CLIP_DTYPE_F32 && tensor->dtype != CLIP_DTYPE_F16 && tensor->dtype != CLIP_DTYPE_BF16)
      continue;
    g_assert_cmpuint (tensor->n_elements, <=, size); /* none has less than two bytes */
    g_autofree float *values = g_new (float, tensor->n_elements + 1);
    gboolean non_finite = FALSE;
    g_assert_true (clip_tensor_to_f32 (tensor, values, &non_finite, NULL));
  }
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_assert_true (clip_safetensors_fingerprint (self, checksum, NULL) && clip_safetensors_check (self, NULL));
  return 0;
}

void
fuzz_seeds (void)
{
  static const char header[] = "{\"__metadata__\":{\"format\":\"pt\"},"
                               "\"b\":{\"dtype\":\"F16\",\"shape\":[2,3],\"data_offsets\":[4,16]},"
                               "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
                               "\"c\":{\"dtype\":\"BF16\",\"shape\":[1,0,2],\"data_offsets\":[16,16]}}";
  guint64 length = GUINT64_TO_LE (sizeof header - 1);
  g_autoptr (GByteArray) file = g_byte_array_new ();
  g_byte_array_append (file, (const guint8 *)&length, sizeof length);
  g_byte_array_append (file, (const guint8 *)header, sizeof header - 1);
  g_byte_array_append (file, (const guint8 *)"0123456789abcdef", 16);
  fuzz_seed (file->data, file->len);
}
