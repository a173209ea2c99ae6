/* SPDX-License-Identifier: MIT
 *
 * test-hdr.c: tone and gamut mapping against the standards' formulas in double precision and their published values;
 * grays stay gray and in order, black stays black, white is where it belongs, nothing leaves 0..255.
 */
#include <float.h>
#include <glib.h>
#include <math.h>
#include <string.h>

#include "image/hdr.h"
#include "hdrencode.h"

/* Largest error of linear interpolation in the tables, in levels of 255; rounding a picture to 8 bits costs 0.5. */
#define TABLE_ERROR 0.01
#define LIGHT_ERROR (0.5876 * 4e-6) /* by the largest coefficient between components; of white */

static const ClipTransfer transfers[] = { CLIP_TRANSFER_SDR, CLIP_TRANSFER_PQ, CLIP_TRANSFER_HLG };
static const ClipPrimaries primaries[] = { CLIP_PRIMARIES_BT709, CLIP_PRIMARIES_BT2020 };
static const float peaks[] = { 0, 1, 100, 203, 204, 300, 600, 1000, 4000, 1e9f };

static void
convert (const ClipHdr *hdr, const double *code, double *ret)
{
  float rgb[3] = { 255.0 * code[0], 255.0 * code[1], 255.0 * code[2] };
  clip_hdr_row (hdr, 1, &rgb[0], &rgb[1], &rgb[2]);
  for (guint c = 0; c < 3; c++)
    ret[c] = rgb[c];
}

static double
convert_gray (const ClipHdr *hdr, double code)
{
  double codes[3] = { code, code, code }, found[3];
  convert (hdr, codes, found);
  g_assert_cmpfloat (found[0], ==, found[1]);
  g_assert_cmpfloat (found[0], ==, found[2]);
  return found[0];
}

/* Published values: BT.2408's table of levels, BT.2100's of HLG. */
static void
test_known_codes (void)
{
  g_assert_cmpfloat_with_epsilon (hdr_pq_code (203.0), 0.5807, 5e-5);
  g_assert_cmpfloat_with_epsilon (hdr_pq_code (100.0), 0.5081, 5e-5);
  g_assert_cmpfloat_with_epsilon (hdr_pq_code (1000.0), 0.7518, 5e-5);
  g_assert_cmpfloat_with_epsilon (hdr_pq_code (10000.0), 1.0, 1e-12);
  g_assert_cmpfloat_with_epsilon (hdr_pq_code (0.0), 0.0, 1e-6);
  double white[3] = { 203, 203, 203 }, peak[3] = { 1000, 1000, 1000 }, hlg[3];
  hdr_hlg_codes (white, hlg);
  g_assert_cmpfloat_with_epsilon (hlg[0], 0.75, 2e-4); /* BT.2408 rounds it to 203 */
  hdr_hlg_codes (peak, hlg);
  g_assert_cmpfloat_with_epsilon (hlg[0], 1.0, 1e-7);
}

/* A nearly black component beside a strong one gets part of the strong one's error, 4e-6 of it with PQ's table: small
 * in light but not in levels. Hence a value is also right if it is that close in light. */
static double
twin_error (const double *found, const double *sdr)
{
  double worst = 0.0;
  for (guint c = 0; c < 3; c++)
    if (fabs (pow (found[c] / 255.0, 2.4) - pow (sdr[c] / 255.0, 2.4)) > LIGHT_ERROR)
      worst = MAX (worst, fabs (found[c] - sdr[c]));
  return worst;
}

/* Up to white all encodings give the values of the SDR twin. */
static void
test_twins (void)
{
  ClipHdr pq, hlg, wide;
  clip_hdr_init (&pq, CLIP_TRANSFER_PQ, CLIP_PRIMARIES_BT2020, 203.0f); /* known to have no highlights */
  clip_hdr_init (&hlg, CLIP_TRANSFER_HLG, CLIP_PRIMARIES_BT2020, 0.0f);
  clip_hdr_init (&wide, CLIP_TRANSFER_SDR, CLIP_PRIMARIES_BT2020, 0.0f);
  double worst[3] = { 0 };
  for (guint r = 0; r <= 255; r += 15)
    for (guint g = 0; g <= 255; g += 15)
      for (guint b = 0; b <= 255; b += 15) {
        double sdr[3] = { r, g, b }, codes[3], found[3];
        hdr_twin (sdr, HDR_PQ, codes);
        convert (&pq, codes, found);
        worst[0] = MAX (worst[0], twin_error (found, sdr));
        hdr_twin (sdr, HDR_WIDE, codes);
        convert (&wide, codes, found);
        worst[1] = MAX (worst[1], twin_error (found, sdr));
        if (MAX (MAX (r, g), b) > 180)
          continue; /* above the knee: HLG's highlights reach 1000 cd/m2 */
        hdr_twin (sdr, HDR_HLG, codes);
        convert (&hlg, codes, found);
        worst[2] = MAX (worst[2], twin_error (found, sdr));
      }
  g_test_message ("of a level: PQ %.5f, wide %.5f, HLG %.5f", worst[0], worst[1], worst[2]);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpfloat (worst[i], <, TABLE_ERROR);
}

/* BT.2390-10, section 5.4.1, written independently. */
static double
eetf (double light, double peak)
{
  double source = hdr_pq_code (peak), e1 = MIN (hdr_pq_code (light) / source, 1.0);
  double max_lum = hdr_pq_code (203.0) / source, ks = 1.5 * max_lum - 0.5;
  double t = (e1 - ks) / (1.0 - ks);
  double e2 = e1;
  if (e1 > ks)
    e2 = (2 * pow (t, 3) - 3 * pow (t, 2) + 1) * ks + (pow (t, 3) - 2 * pow (t, 2) + t) * (1 - ks)
         + (-2 * pow (t, 3) + 3 * pow (t, 2)) * max_lum;
  return hdr_pq_light (e2 * source);
}

static double
sdr_code (double light)
{
  return 255.0 * pow (MIN (light / 203.0, 1.0), 1.0 / 2.4);
}

static void
test_roll_off (void)
{
  double worst = 0.0;
  for (guint p = 0; p < G_N_ELEMENTS (peaks); p++) {
    ClipHdr hdr;
    clip_hdr_init (&hdr, CLIP_TRANSFER_PQ, CLIP_PRIMARIES_BT709, peaks[p]);
    double peak = peaks[p] == 0 ? 1000 : CLAMP (peaks[p], 203, 1000);
    for (double light = 0.01; light < 10000; light *= 1.01) {
      double expected = sdr_code (peak > 203 ? eetf (light, peak) : light);
      worst = MAX (worst, fabs (convert_gray (&hdr, hdr_pq_code (light)) - expected));
    }
  }
  g_test_message ("the roll-off differs by at most %.5f of a level", worst);
  g_assert_cmpfloat (worst, <, TABLE_ERROR);

  /* By hand: with a peak of 1000 cd/m2, 203 cd/m2 becomes 0.7384 of the peak's code value, which is 158.9 cd/m2. */
  ClipHdr hdr;
  clip_hdr_init (&hdr, CLIP_TRANSFER_PQ, CLIP_PRIMARIES_BT2020, 0.0f);
  g_assert_cmpfloat_with_epsilon (convert_gray (&hdr, hdr_pq_code (203.0)), 230.35, 0.05);
  g_assert_cmpfloat_with_epsilon (convert_gray (&hdr, hdr_pq_code (1000.0)), 255.0, 0.01);
  clip_hdr_init (&hdr, CLIP_TRANSFER_HLG, CLIP_PRIMARIES_BT2020, 0.0f);
  g_assert_cmpfloat_with_epsilon (convert_gray (&hdr, 0.75), 230.35, 0.1);
}

/* The largest component is rolled off, the others keep their ratio to it. */
static void
test_roll_off_of_colours (void)
{
  ClipHdr hdr;
  clip_hdr_init (&hdr, CLIP_TRANSFER_PQ, CLIP_PRIMARIES_BT709, 1000.0f);
  double light[3] = { 600.0, 300.0, 60.0 }, found[3];
  double codes[3] = { hdr_pq_code (600.0), hdr_pq_code (300.0), hdr_pq_code (60.0) };
  convert (&hdr, codes, found);
  for (guint c = 0; c < 3; c++)
    g_assert_cmpfloat_with_epsilon (found[c], sdr_code (eetf (600.0, 1000.0) * light[c] / 600.0), TABLE_ERROR);
}

/* BT.2020's green is outside BT.709: its luminance is kept, negative components are not. */
static void
test_gamut (void)
{
  ClipHdr hdr;
  clip_hdr_init (&hdr, CLIP_TRANSFER_PQ, CLIP_PRIMARIES_BT2020, 203.0f);
  for (guint corner = 1; corner < 7; corner++) {
    double light[3], codes[3], found[3];
    for (guint c = 0; c < 3; c++) {
      light[c] = corner & (1 << c) ? 60.0 : 0.0;
      codes[c] = hdr_pq_code (light[c]);
    }
    convert (&hdr, codes, found);
    double luminance = 0.2627 * light[0] + 0.6780 * light[1] + 0.0593 * light[2], shown = 0.0;
    static const double weights[3] = { 0.2126, 0.7152, 0.0722 };
    for (guint c = 0; c < 3; c++)
      shown += weights[c] * 203.0 * pow (found[c] / 255.0, 2.4);
    g_assert_cmpfloat_with_epsilon (shown, luminance, 0.001 * luminance);
    g_assert_cmpfloat (MIN (MIN (found[0], found[1]), found[2]), <, 0.5); /* at the limit of BT.709 */
    for (guint c = 0; c < 3; c++)
      for (guint d = 0; d < 3; d++)
        if (light[c] > light[d])
          g_assert_cmpfloat (found[c], >, found[d]);
  }
}

static void
test_grays (void)
{
  for (guint t = 0; t < G_N_ELEMENTS (transfers); t++)
    for (guint w = 0; w < G_N_ELEMENTS (primaries); w++)
      for (guint p = 0; p < G_N_ELEMENTS (peaks); p++) {
        ClipHdr hdr;
        clip_hdr_init (&hdr, transfers[t], primaries[w], peaks[p]);
        double last = convert_gray (&hdr, 0.0);
        g_assert_cmpfloat (last, ==, 0.0);
        for (guint i = 1; i <= 10000; i++) {
          double level = convert_gray (&hdr, i / 10000.0);
          g_assert_cmpfloat (level, >=, last - 4 * 255 * FLT_EPSILON); /* float rounding */
          last = level;
        }
        g_assert_cmpfloat (last, ==, 255.0);
      }
}

/* SDR BT.709 is unchanged. */
static void
test_plain (void)
{
  ClipHdr hdr;
  clip_hdr_init (&hdr, CLIP_TRANSFER_SDR, CLIP_PRIMARIES_BT709, 0.0f);
  for (guint v = 0; v <= 255; v++) {
    float rgb[3] = { v, 255 - v, v / 2.0f };
    clip_hdr_row (&hdr, 1, &rgb[0], &rgb[1], &rgb[2]);
    g_assert_cmpfloat (rgb[0], ==, (float)v);
    g_assert_cmpfloat (rgb[1], ==, (float)(255 - v));
    g_assert_cmpfloat (rgb[2], ==, v / 2.0f);
  }
}

static void
test_bounds (void)
{
  static const float odd[]
      = { NAN, -NAN, INFINITY, -INFINITY, -1e30f, 1e30f, -0.5f, 255.5f, -0.0f, 1e-40f, FLT_MIN, 0, 1, 128, 255 };
  static const float odd_peaks[] = { 0, -1, NAN, INFINITY, -INFINITY, 1e-30f, 203, 203.0001f, 1000, 1e30f };
  const guint n = G_N_ELEMENTS (odd);
  for (guint t = 0; t < G_N_ELEMENTS (transfers); t++)
    for (guint w = 0; w < G_N_ELEMENTS (primaries); w++)
      for (guint p = 0; p < G_N_ELEMENTS (odd_peaks); p++) {
        ClipHdr hdr;
        clip_hdr_init (&hdr, transfers[t], primaries[w], odd_peaks[p]);
        for (guint i = 0; i < n * n * n; i++) {
          float in[3] = { odd[i % n], odd[i / n % n], odd[i / n / n] }, rgb[3], clamped[3];
          for (guint c = 0; c < 3; c++) {
            rgb[c] = in[c];
            clamped[c] = in[c] > 0 ? MIN (in[c], 255) : 0;
          }
          clip_hdr_row (&hdr, 1, &rgb[0], &rgb[1], &rgb[2]);
          clip_hdr_row (&hdr, 1, &clamped[0], &clamped[1], &clamped[2]);
          for (guint c = 0; c < 3; c++) {
            g_assert_true (rgb[c] >= 0.0f && rgb[c] <= 255.0f);
            g_assert_cmpfloat (rgb[c], ==, clamped[c]);
          }
        }
      }
}

/* Adjacent pixels do not affect each other. */
static void
test_rows (void)
{
  enum
  {
    N = 67
  };
  ClipHdr hdr;
  clip_hdr_init (&hdr, CLIP_TRANSFER_HLG, CLIP_PRIMARIES_BT2020, 0.0f);
  float row[3][N + 1];
  for (guint i = 0; i <= N; i++)
    for (guint c = 0; c < 3; c++)
      row[c][i] = (i * (c + 3) * 37) % 256;
  float before[3][N + 1];
  memcpy (before, row, sizeof row);
  clip_hdr_row (&hdr, N, row[0], row[1], row[2]);
  for (guint i = 0; i < N; i++) {
    clip_hdr_row (&hdr, 1, &before[0][i], &before[1][i], &before[2][i]);
    for (guint c = 0; c < 3; c++)
      g_assert_cmpfloat (row[c][i], ==, before[c][i]);
  }
  for (guint c = 0; c < 3; c++)
    g_assert_cmpfloat (row[c][N], ==, before[c][N]); /* not touched */
  clip_hdr_row (&hdr, 0, NULL, NULL, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hdr/known-codes", test_known_codes);
  g_test_add_func ("/hdr/twins", test_twins);
  g_test_add_func ("/hdr/roll-off", test_roll_off);
  g_test_add_func ("/hdr/roll-off-of-colours", test_roll_off_of_colours);
  g_test_add_func ("/hdr/gamut", test_gamut);
  g_test_add_func ("/hdr/grays", test_grays);
  g_test_add_func ("/hdr/plain", test_plain);
  g_test_add_func ("/hdr/bounds", test_bounds);
  g_test_add_func ("/hdr/rows", test_rows);
  return g_test_run ();
}
