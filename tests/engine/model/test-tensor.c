/* SPDX-License-Identifier: MIT
 *
 * test-tensor.c: conversion to f32, bit for bit, for every 16-bit pattern, at any address and length.
 */
#include "model/tensor.h"

#include <math.h>
#include <string.h>
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

enum
{
  PATTERNS = 65536
};

/* Straight from IEEE 754's definition, sharing nothing with the code under test. */
static guint32
expected_f16 (guint16 h)
{
  guint32 sign = (guint32)(h >> 15) << 31;
  guint exponent = (h >> 10) & 31, mantissa = h & 1023;
  if (exponent == 31)
    return sign | 0x7f800000 | mantissa << 13;
  float value = exponent ? ldexpf (1024.0f + (float)mantissa, (gint)exponent - 25) : ldexpf ((float)mantissa, -24);
  guint32 bits;
  memcpy (&bits, &value, 4);
  return sign | bits;
}

static guint32
expected_bf16 (guint16 h)
{
  return (guint32)h << 16;
}

static ClipTensor
view (ClipDtype dtype, const void *data, gsize n, gsize size)
{
  return (ClipTensor){ .dtype = dtype, .n_elements = n, .data = data, .n_bytes = n * size };
}

static void
check_all_patterns (ClipDtype dtype, guint32 (*expected) (guint16))
{
  guint16 *in = g_new (guint16, PATTERNS);
  guint32 *out = g_new (guint32, PATTERNS);
  for (guint i = 0; i < PATTERNS; i++)
    in[i] = (guint16)i;
  ClipTensor tensor = view (dtype, in, PATTERNS, 2);
  gboolean non_finite = FALSE;
  g_assert_true (clip_tensor_to_f32 (&tensor, (float *)out, &non_finite, NULL));
  g_assert_true (non_finite);
  for (guint i = 0; i < PATTERNS; i++) {
    if (out[i] != expected ((guint16)i))
      g_error ("pattern %04x: %08x instead of %08x", i, out[i], expected ((guint16)i));
  }
  g_free (in);
  g_free (out);
}

static void
test_patterns (void)
{
  check_all_patterns (CLIP_DTYPE_F16, expected_f16);
  check_all_patterns (CLIP_DTYPE_BF16, expected_bf16);
}

/* A host may have switched subnormals off in this thread (audio programs do). */
static void
test_flush_to_zero (void)
{
#if defined(__SSE2__)
  guint32 expected[1024], out[1024];
  guint16 in[1024];
  for (guint i = 0; i < 1024; i++) {
    in[i] = (guint16)i; /* all subnormals of F16 */
    expected[i] = expected_f16 (in[i]);
  }
  ClipTensor f16 = view (CLIP_DTYPE_F16, in, 1024, 2), bf16 = view (CLIP_DTYPE_BF16, in, 1024, 2);
  guint saved = _mm_getcsr ();
  _mm_setcsr (saved | 0x8040);
  gboolean ok = clip_tensor_to_f32 (&f16, (float *)out, NULL, NULL);
  gboolean equal = memcmp (out, expected, sizeof out) == 0;
  ok = ok && clip_tensor_to_f32 (&bf16, (float *)out, NULL, NULL);
  _mm_setcsr (saved);
  g_assert_true (ok && equal);
  for (guint i = 0; i < 1024; i++)
    g_assert_cmphex (out[i], ==, i << 16);
#else
  g_test_skip ("x86 only");
#endif
}

/* Lengths about the block's, odd addresses, and nothing written behind the end. */
static void
test_edges (void)
{
  static const struct
  {
    ClipDtype dtype;
    gsize size;
  } dtypes[] = { { CLIP_DTYPE_F32, 4 }, { CLIP_DTYPE_F16, 2 }, { CLIP_DTYPE_BF16, 2 } };
  static const gsize lengths[] = { 0, 1, 2, 3, 15, 16, 17, 511, 512, 513, 1023, 1024, 1025, 1700 };

  for (guint d = 0; d < G_N_ELEMENTS (dtypes); d++) {
    for (guint l = 0; l < G_N_ELEMENTS (lengths); l++) {
      for (guint offset = 0; offset < 4; offset++) {
        gsize n = lengths[l], size = dtypes[d].size;
        guint8 *in = g_malloc (offset + n * size + 1); /* exactly so long, for valgrind and ASan */
        float *out = g_new (float, n + 1);
        guint32 guard = 0xdeadbeef;
        memcpy (out + n, &guard, 4);
        for (gsize i = 0; i < n; i++) {
          guint32 bits = (guint32)(i * 7 + 0x3c00) & 0x7bff; /* finite in every dtype */
          memcpy (in + offset + i * size, &bits, size);
        }
        ClipTensor tensor = view (dtypes[d].dtype, in + offset, n, size);
        gboolean non_finite = FALSE;
        g_assert_true (clip_tensor_to_f32 (&tensor, out, &non_finite, NULL));
        g_assert_false (non_finite);
        for (gsize i = 0; i < n; i++) {
          guint32 bits, expected = (guint32)(i * 7 + 0x3c00) & 0x7bff;
          if (size == 2)
            expected = d == 1 ? expected_f16 ((guint16)expected) : expected_bf16 ((guint16)expected);
          memcpy (&bits, out + i, 4);
          g_assert_cmphex (bits, ==, expected);
        }
        g_assert_cmpint (memcmp (out + n, &guard, 4), ==, 0);
        g_free (in);
        g_free (out);
      }
    }
  }
}

/* One special value anywhere is seen; none is not; a TRUE that was there stays. */
static void
test_non_finite (void)
{
  static const struct
  {
    ClipDtype dtype;
    gsize size;
    guint32 special[4], ordinary[4];
  } cases[] = {
    { CLIP_DTYPE_F32, 4, { 0x7f800000, 0xff800000, 0x7fc00000, 0xff800001 },
        { 0x7f7fffff, 0, 0x80000001, 0x3f800000 } },
    { CLIP_DTYPE_F16, 2, { 0x7c00, 0xfc00, 0x7e00, 0xfc01 }, { 0x7bff, 0, 0x8001, 0x3c00 } },
    { CLIP_DTYPE_BF16, 2, { 0x7f80, 0xff80, 0x7fc0, 0xff81 }, { 0x7f7f, 0, 0x8001, 0x3f80 } },
  };
  enum
  {
    N = 1100
  };
  for (guint c = 0; c < G_N_ELEMENTS (cases); c++) {
    g_autofree guint8 *in = g_malloc (N * cases[c].size);
    float out[N];
    ClipTensor tensor = view (cases[c].dtype, in, N, cases[c].size);
    for (guint i = 0; i < N; i++)
      memcpy (in + i * cases[c].size, &cases[c].ordinary[i % 4], cases[c].size);

    gboolean non_finite = FALSE;
    g_assert_true (clip_tensor_to_f32 (&tensor, out, &non_finite, NULL) && !non_finite);
    non_finite = TRUE;
    g_assert_true (clip_tensor_to_f32 (&tensor, out, &non_finite, NULL) && non_finite);

    static const guint places[] = { 0, 511, 512, 1023, 1024, N - 1 };
    for (guint p = 0; p < G_N_ELEMENTS (places); p++) {
      for (guint s = 0; s < 4; s++) {
        memcpy (in + places[p] * cases[c].size, &cases[c].special[s], cases[c].size);
        non_finite = FALSE;
        g_assert_true (clip_tensor_to_f32 (&tensor, out, &non_finite, NULL) && non_finite);
        g_assert_true (clip_tensor_to_f32 (&tensor, out, NULL, NULL));
      }
      memcpy (in + places[p] * cases[c].size, &cases[c].ordinary[0], cases[c].size);
    }
  }
}

static void
test_other_dtypes (void)
{
  static const ClipDtype others[] = { CLIP_DTYPE_I64, CLIP_DTYPE_U8, CLIP_DTYPE_OTHER };
  for (guint i = 0; i < G_N_ELEMENTS (others); i++) {
    ClipTensor tensor = view (others[i], "\0\0\0\0\0\0\0\0", 1, 8);
    float out = 42;
    gboolean non_finite = FALSE;
    g_assert_false (clip_tensor_to_f32 (&tensor, &out, &non_finite, NULL));
    g_assert_true (out == 42 && !non_finite);
  }
}

/* -m perf: what loading ViT-B/32 (151 M parameters) costs here. */
static void
test_speed (void)
{
  static const struct
  {
    ClipDtype dtype;
    gsize size;
    const char *name;
  } dtypes[] = { { CLIP_DTYPE_F32, 4, "F32" }, { CLIP_DTYPE_F16, 2, "F16" }, { CLIP_DTYPE_BF16, 2, "BF16" } };
  gsize n = g_test_perf () ? 150000000 : 150000;
  for (guint d = 0; d < G_N_ELEMENTS (dtypes); d++) {
    g_autofree guint8 *in = g_malloc (n * dtypes[d].size + 1);
    g_autofree float *out = g_new (float, n);
    memset (in, 0x3c, n * dtypes[d].size + 1);
    ClipTensor tensor = view (dtypes[d].dtype, in + 1, n, dtypes[d].size);
    for (guint pass = 0; pass < 2; pass++) { /* the first one also gets the memory from the system */
      gint64 start = g_get_monotonic_time ();
      g_assert_true (clip_tensor_to_f32 (&tensor, out, NULL, NULL));
      g_test_message ("%s, pass %u: %.3f ns/value", dtypes[d].name, pass,
          (double)(g_get_monotonic_time () - start) * 1e3 / (double)n);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tensor/patterns", test_patterns);
  g_test_add_func ("/tensor/flush-to-zero", test_flush_to_zero);
  g_test_add_func ("/tensor/edges", test_edges);
  g_test_add_func ("/tensor/non-finite", test_non_finite);
  g_test_add_func ("/tensor/other-dtypes", test_other_dtypes);
  g_test_add_func ("/tensor/speed", test_speed);
  return g_test_run ();
}
