/* SPDX-License-Identifier: MIT
 *
 * test-pixels.c: colour and normalisation of a row by each of this CPU's instruction sets against plain C, bit for bit:
 * every level, every pair of chroma values, every length around those of vectors, between guard values.
 */
#include <glib.h>
#include <string.h>

#include "runtime/cpu-features.h"
#include "cpumask.h"
#include "image/pixels.h"

#define MAX_LENGTH 100
#define GUARD      0xa5

static const double luma_weights[][2]
    = { { 0.299, 0.114 }, { 0.2126, 0.0722 }, { 0.2627, 0.0593 }, { 0.30, 0.11 }, { 0.212, 0.087 } };

/* All 2^16 pairs of chroma with all values of luma among them, in rows of changing length. */
static void
test_colour (gconstpointer data)
{
  const ClipPixelKernels *kernels = data;
  guint n_values = 0;
  for (guint variant = 0; variant < 2 * G_N_ELEMENTS (luma_weights); variant++) {
    const double *weights = luma_weights[variant / 2];
    ClipColourMatrix matrix = clip_colour_matrix (weights[0], weights[1], variant & 1);
    for (guint pair = 0, length = 0; pair < 65536; pair += length) {
      length = MIN (1 + pair % MAX_LENGTH, 65536 - pair);
      guint8 found[3][MAX_LENGTH + 2], expected[3][MAX_LENGTH + 2];
      memset (found, GUARD, sizeof found);
      for (guint x = 0; x < length; x++) {
        found[0][1 + x] = (pair + x) * 7 + variant + (pair + x) / 256;
        found[1][1 + x] = (pair + x) & 255;
        found[2][1 + x] = (pair + x) >> 8;
      }
      memcpy (expected, found, sizeof expected);
      clip_colour_row_c (&matrix, length, expected[0] + 1, expected[1] + 1, expected[2] + 1);
      kernels->colour (&matrix, length, found[0] + 1, found[1] + 1, found[2] + 1);
      g_assert_cmpmem (found, sizeof found, expected, sizeof expected);
      n_values += length;
    }
  }
  g_assert_cmpuint (n_values, ==, 10 * 65536);
}

static void
check_levels (const ClipPixelKernels *kernels, const ClipLevels *levels)
{
  guint8 in[256 + MAX_LENGTH];
  for (guint x = 0; x < sizeof in; x++)
    in[x] = x;
  for (guint length = 0; length <= MAX_LENGTH; length++)
    for (guint first = length % 3; first < 256; first += MAX (length, 1)) {
      float found[MAX_LENGTH + 2], expected[MAX_LENGTH + 2];
      for (guint x = 0; x < G_N_ELEMENTS (found); x++)
        found[x] = expected[x] = 12345.0f;
      clip_levels_row_c (levels, length, in + first, expected + 1);
      kernels->levels (levels, length, in + first, found + 1);
      g_assert_cmpmem (found, sizeof found, expected, sizeof expected);
    }
}

/* The models' means and deviations must use arithmetic; awkward ones must not differ either. */
static void
test_levels (gconstpointer data)
{
  static const float usual[][2]
      = { { 0.48145466f, 0.26862954f }, { 0.4578275f, 0.26130258f }, { 0.40821073f, 0.27577711f }, { 0.5f, 0.5f },
          { 0.485f, 0.229f }, { 0.456f, 0.224f }, { 0.406f, 0.225f }, { 0.0f, 1.0f } };
  ClipLevels levels;
  for (guint i = 0; i < G_N_ELEMENTS (usual); i++) {
    clip_levels_init (&levels, 1.0 / 255.0, usual[i][0], usual[i][1]);
    g_assert_true (levels.is_arithmetic);
    check_levels (data, &levels);
  }

  guint n_tables = 0;
  GRand *rand = g_rand_new_with_seed (11);
  for (guint i = 0; i < 300; i++) {
    double scale = g_rand_boolean (rand) ? 1.0 / 255.0 : g_rand_double_range (rand, 1e-6, 1e6);
    float deviation = (float)g_rand_double_range (rand, i % 2 ? 1e-6 : 0.1, i % 2 ? 1e6 : 1.0);
    clip_levels_init (&levels, scale, (float)g_rand_double_range (rand, -1, 1), deviation);
    n_tables += !levels.is_arithmetic;
    check_levels (data, &levels);
  }
  /* Quotients overflow, and the correction of an infinite one is NaN: the table must be used. */
  clip_levels_init (&levels, 1e38, 0.0f, 1e-6f);
  g_assert_false (levels.is_arithmetic);
  check_levels (data, &levels);
  g_test_message ("%u of 300 random configurations need the table", n_tables);
  g_rand_free (rand);
}

/* The formula: the product in double, rounded to float, the rest in float. */
static void
test_table (void)
{
  ClipLevels levels;
  clip_levels_init (&levels, 1.0 / 255.0, 0.48145466f, 0.26862954f);
  for (guint v = 0; v < 256; v++) {
    volatile float value = (float)(v * (1.0 / 255.0));
    value = value - 0.48145466f;
    value = value / 0.26862954f;
    g_assert_true (levels.table[v] == value);
  }
}

static void
add_tests (const char *name, const ClipPixelKernels *kernels)
{
  g_autofree char *colour = g_strdup_printf ("/pixels/%s/colour", name);
  g_autofree char *levels = g_strdup_printf ("/pixels/%s/levels", name);
  g_test_add_data_func (colour, kernels, test_colour);
  g_test_add_data_func (levels, kernels, test_levels);
}

int
main (int argc, char **argv)
{
  test_need_cpu ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pixels/table", test_table);
  static const ClipPixelKernels c = { clip_colour_row_c, clip_levels_row_c };
  add_tests ("c", &c);
#if defined(__x86_64__)
  static const ClipPixelKernels avx2 = { clip_colour_row_avx2, clip_levels_row_avx2 };
  if (test_add_unless_cpu_lacks ("/pixels", "avx2", CLIP_CPU_AVX2))
    add_tests ("avx2", &avx2);
#endif
  return g_test_run ();
}
