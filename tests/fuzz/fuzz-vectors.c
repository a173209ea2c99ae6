/* SPDX-License-Identifier: MIT
 *
 * fuzz-vectors.c: a file of embeddings or probes; whatever is read of it has length 1 and is finite.
 */
#include <math.h>

#include "fuzz.h"
#include "labels/vectors.h"

#define DIM   4
#define PRINT "0123456789abcdef"

static void
read_one (const ClipVectors *file, const char *tensor)
{
  GError *error = NULL;
  float x[DIM], scale = NAN, bias = NAN;
  gboolean ok = clip_vectors_read (file, tensor, "label", DIM, x, &scale, &bias, &error);
  fuzz_check (ok, &error);
  if (!ok)
    return;
  double square = 0;
  for (guint d = 0; d < DIM; d++)
    square += (double)x[d] * x[d];
  g_assert_cmpfloat (fabs (square - 1), <, 1e-5);
  gboolean is_probe = clip_vectors_get_kind (file) == CLIP_VECTORS_PROBE;
  g_assert_true (is_probe ? isfinite (scale) && scale > 0 && isfinite (bias) : isnan (scale) && isnan (bias));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  GError *error = NULL;
  g_autoptr (ClipVectors) file = clip_vectors_open (fuzz_write ("file", data, size), PRINT, &error);
  fuzz_check (file != NULL, &error);
  if (!file)
    return 0;
  read_one (file, NULL);
  read_one (file, "a");
  read_one (file, "label");
  return 0;
}

static void
seed (const char *kind, const char *tensors)
{
  g_autofree char *header = g_strdup_printf ("{\"__metadata__\":{\"cliptag.version\":\"1\",\"cliptag.kind\":\"%s\","
                                             "\"cliptag.fingerprint\":\"" PRINT "\"},%s}",
      kind, tensors);
  guint64 length = GUINT64_TO_LE (strlen (header));
  const float values[] = { 1, 2, -3, 4, -5, 6, 7, 8 };
  g_autoptr (GByteArray) file = g_byte_array_new ();
  g_byte_array_append (file, (const guint8 *)&length, sizeof length);
  g_byte_array_append (file, (const guint8 *)header, (guint)strlen (header));
  g_byte_array_append (file, (const guint8 *)values, sizeof values);
  fuzz_seed (file->data, file->len);
}

void
fuzz_seeds (void)
{
  seed ("embedding", "\"a\":{\"dtype\":\"F32\",\"shape\":[2,4],\"data_offsets\":[0,32]}");
  seed ("embedding", "\"a\":{\"dtype\":\"F16\",\"shape\":[3,4],\"data_offsets\":[0,24]},"
                     "\"label\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[24,32]}");
  seed ("probe", "\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]},"
                 "\"a.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[16,20]},"
                 "\"c\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[20,32]}");
}
