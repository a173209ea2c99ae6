/* SPDX-License-Identifier: MIT
 *
 * test-image-deep.c: formats of more than 8 bits, and HDR. A deep picture equals its 8-bit twin within the twin's
 * rounding, keeps the precision that the twin lacks, and is the same in any layout; HDR's input is the resized picture.
 */
#include "countalloc.h"
#include "image/hdr.h"
#include "imagepipe.h"
#include "imagereference.h"

#define SIDE     REFERENCE_SIDE
#define N_VALUES (3 * SIDE * SIDE)

static guint32 state;

/* Normalised pixels back to levels of 0..255: [SIDE * SIDE][3]. */
static void
run_levels (ClipImagePipe *pipe, const ClipImage *image, double *ret)
{
  ClipPreprocessConfig config;
  float pixels[N_VALUES];
  clip_preprocess_config_init (&config, SIDE);
  test_pipe_run (pipe, image, pixels);
  for (guint i = 0; i < N_VALUES; i++) {
    guint c = i / (SIDE * SIDE);
    ret[i % (SIDE * SIDE) * 3 + c] = (pixels[i] * (double)config.std[c] + config.mean[c]) * 255;
  }
}

static guint
n_components (ClipFormat format)
{
  return clip_format_info_n_components (clip_format_get_info (format));
}

static gboolean
is_deep (ClipFormat format)
{
  return clip_format_get_info (format)->depth > 8;
}

static void
fill_random (TestFrame *frame, guint mask)
{
  guint depth = clip_format_get_info (frame->image.format)->depth;
  for (guint c = 0; c < n_components (frame->image.format); c++)
    for (guint y = 0; y < test_component_height (frame, c); y++)
      for (guint x = 0; x < test_component_width (frame, c); x++)
        test_put (frame, c, x, y, test_random_below (&state, 1u << depth) & mask);
}

/* ---- Twins ---------------------------------------------------------------------------------------------------- */

static ClipFormat
twin_of (ClipFormat format)
{
  const ClipFormatInfo *info = clip_format_get_info (format);
  switch (info->colour) {
  case CLIP_COLOUR_RGB:
    return CLIP_FORMAT_GBR;
  case CLIP_COLOUR_GRAY:
    return CLIP_FORMAT_GRAY8;
  default:
    return info->v_shift ? CLIP_FORMAT_I420 : info->h_shift ? CLIP_FORMAT_Y42B : CLIP_FORMAT_Y444;
  }
}

/* An 8-bit level as a code of the deep format: narrow ranges are those of 8 bits times a power of two, full ones reach
 * the largest code, with chroma's zero at half the codes. */
static guint
deep_code (const ClipImage *image, guint component, guint level)
{
  const ClipFormatInfo *info = clip_format_get_info (image->format);
  double full = ((1 << info->depth) - 1) / 255.0;
  if (info->colour != CLIP_COLOUR_RGB && !image->full_range)
    return level << (info->depth - 8);
  if (info->colour == CLIP_COLOUR_YUV && component > 0)
    return (guint)CLAMP (rint ((level - 128.0) * full) + (1 << (info->depth - 1)), 0, (1 << info->depth) - 1);
  return (guint)rint (level * full);
}

/* Noise, and hard edges in gray and saturated colours, where every filter overshoots. */
static guint
twin_level (guint picture, guint c, guint x, guint y)
{
  if (picture == 0)
    return test_random_below (&state, 256);
  gboolean inside = (x / 3 + y / 5) & 1;
  return picture == 1 ? (inside ? 235 : 16) : c ? 128 + (inside ? 90 : -90) : inside ? 255 : 0;
}

/* The twin rounds each component twice by 0.5, the first time through weights whose magnitudes add up to 1.25 at most,
 * and the result once; codes of 10 and 12 bits in full range are rounded by an eighth of a level. The matrices' largest
 * gains are 1.17 for luma and 2.15 for chroma. Both clamp to the range of codes in each pass. */
static void
check_twin (ClipFormat format, guint width, guint height, guint picture, gboolean full_range)
{
  static double deep_levels[N_VALUES], twin_levels[N_VALUES];
  TestFrame deep = test_frame_new (format, width, height, 2, FALSE, 0xa5);
  TestFrame twin = test_frame_new (twin_of (format), width, height, 0, FALSE, 0);
  deep.image.full_range = twin.image.full_range = full_range;
  deep.image.matrix = twin.image.matrix = CLIP_MATRIX_BT709;
  deep.image.chroma_site = twin.image.chroma_site = CLIP_CHROMA_H_COSITED;
  for (guint c = 0; c < n_components (format); c++)
    for (guint y = 0; y < test_component_height (&deep, c); y++)
      for (guint x = 0; x < test_component_width (&deep, c); x++) {
        guint level = twin_level (picture, test_is_rgb (format) ? 0 : c, x, y);
        test_put (&twin, c, x, y, level);
        test_put (&deep, c, x, y, deep_code (&deep.image, c, level));
      }
  double component = 0.5 * 1.25 + 0.5 + 0.125 * 1.25;
  double bound = component * (clip_format_get_info (format)->colour == CLIP_COLOUR_YUV ? 1.17 + 2.15 : 1.17) + 0.5;
  for (guint fit = CLIP_FIT_CROP; fit <= CLIP_FIT_PAD; fit++) {
    g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, fit, CLIP_CROP_FLOOR);
    run_levels (pipe, &deep.image, deep_levels);
    run_levels (pipe, &twin.image, twin_levels);
    double worst = 0, bias = 0;
    for (guint i = 0; i < N_VALUES; i++) {
      worst = MAX (worst, fabs (deep_levels[i] - twin_levels[i]));
      bias += (deep_levels[i] - twin_levels[i]) / N_VALUES;
    }
    if (width < 50 || picture) /* where too few different values are rounded */
      bias = 0;
    if (worst > bound || fabs (bias) > 0.3)
      g_test_message ("%s %ux%u, picture %u, full range %d, fit %d: worst %.3f, bias %.3f",
          clip_format_get_info (format)->names[0], width, height, picture, full_range, fit, worst, bias);
    g_assert_cmpfloat (worst, <=, bound);
    g_assert_cmpfloat (fabs (bias), <=, 0.3);
  }
  test_frame_clear (&deep);
  test_frame_clear (&twin);
}

static void
test_twins (void)
{
  static const guint sizes[][2] = { { 1, 1 }, { 13, 9 }, { 61, 87 }, { 150, 101 } };
  state = 1;
  for (guint format = 0; format < CLIP_N_FORMATS; format++)
    for (guint i = 0; is_deep (format) && i < G_N_ELEMENTS (sizes); i++)
      for (guint picture = 0; picture < 3; picture++)
        for (guint full_range = 0; full_range < 2; full_range++)
          check_twin (format, sizes[i][0], sizes[i][1], picture, full_range);
}

/* ---- More than 8 bits ------------------------------------------------------------------------------------------- */

/* Steps below 8 bits: flat pictures of adjacent codes are right to 1/1000 of a level. */
static void
test_precision (void)
{
  g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_CROP, CLIP_CROP_FLOOR);
  static double levels[N_VALUES];
  for (guint format = 0; format < CLIP_N_FORMATS; format++) {
    guint depth = clip_format_get_info (format)->depth;
    for (guint full_range = 0; is_deep (format) && full_range < 2; full_range++)
      for (guint step = 0; step < 9; step++) {
        TestFrame frame = test_frame_new (format, 7, 5, 0, FALSE, 0);
        frame.image.full_range = full_range;
        frame.image.matrix = CLIP_MATRIX_BT2020;
        double codes[3], rgb[3];
        for (guint c = 0; c < n_components (format); c++) {
          guint code = (100u << (depth - 8)) + (step + c) * (depth > 10 ? depth > 12 ? 5 : 2 : 1);
          codes[c] = code;
          for (guint y = 0; y < test_component_height (&frame, c); y++)
            for (guint x = 0; x < test_component_width (&frame, c); x++)
              test_put (&frame, c, x, y, code);
        }
        reference_to_rgb (&frame.image, codes, rgb);
        run_levels (pipe, &frame.image, levels);
        for (guint i = 0; i < N_VALUES; i++)
          g_assert_cmpfloat (fabs (levels[i] - rgb[i % 3]), <, 1e-3);
        test_frame_clear (&frame);
      }
  }
}

/* A ramp of 64 10-bit codes, 16 8-bit levels: each column exceeds the last. */
static void
test_ramp (void)
{
  static const ClipFormat formats[] = { CLIP_FORMAT_P010_10LE, CLIP_FORMAT_I420_10LE, CLIP_FORMAT_Y410,
    CLIP_FORMAT_GBR_10LE, CLIP_FORMAT_RGB10A2_LE };
  static double levels[N_VALUES];
  g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_STRETCH, CLIP_CROP_FLOOR);
  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    TestFrame frame = test_frame_new (formats[f], 64, 16, 0, FALSE, 0);
    for (guint c = 0; c < 3; c++)
      for (guint y = 0; y < test_component_height (&frame, c); y++)
        for (guint x = 0; x < test_component_width (&frame, c); x++)
          test_put (&frame, c, x, y, c && !test_is_rgb (formats[f]) ? 512 : 400 + x);
    run_levels (pipe, &frame.image, levels);
    for (guint i = 1; i < SIDE; i++)
      g_assert_cmpfloat (levels[3 * i], >, levels[3 * (i - 1)] + 0.3);
    test_frame_clear (&frame);
  }
}

/* ---- Layouts ----------------------------------------------------------------------------------------------------- */

/* The same samples in another memory layout give the same bits, whatever unused bits, alpha and padding hold. */
static void
test_same_samples (void)
{
  static const ClipFormat families[][5] = {
    { CLIP_FORMAT_P010_10LE, CLIP_FORMAT_I420_10LE },
    { CLIP_FORMAT_P012_LE, CLIP_FORMAT_I420_12LE },
    { CLIP_FORMAT_I422_10LE, CLIP_FORMAT_Y210 },
    { CLIP_FORMAT_I422_12LE, CLIP_FORMAT_Y212_LE },
    { CLIP_FORMAT_Y444_10LE, CLIP_FORMAT_Y410 },
    { CLIP_FORMAT_Y444_12LE, CLIP_FORMAT_Y412_LE },
    { CLIP_FORMAT_Y444_16LE, CLIP_FORMAT_AYUV64_LE },
    { CLIP_FORMAT_GBR_10LE, CLIP_FORMAT_RGB10A2_LE, CLIP_FORMAT_BGR10A2_LE },
    { CLIP_FORMAT_GBR_16LE, CLIP_FORMAT_RGBA64_LE, CLIP_FORMAT_BGRA64_LE, CLIP_FORMAT_ARGB64_LE,
        CLIP_FORMAT_ABGR64_LE },
  };
  static const guint sizes[][2] = { { 1, 1 }, { 2, 3 }, { 33, 17 }, { 63, 48 }, { 70, 35 }, { 131, 65 } };
  g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_STRETCH, CLIP_CROP_FLOOR);
  for (guint family = 0; family < G_N_ELEMENTS (families); family++)
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
      float expected[N_VALUES], got[N_VALUES];
      for (guint m = 0; m < 5 && (m == 0 || families[family][m]); m++)
        for (guint variant = 0; variant < 4; variant++) {
          TestFrame frame = test_frame_new (
              families[family][m], sizes[i][0], sizes[i][1], variant * 3, variant & 1, variant & 2 ? 255 : 0);
          frame.image.chroma_site = CLIP_CHROMA_H_COSITED;
          state = i;
          fill_random (&frame, G_MAXUINT);
          test_pipe_run (pipe, &frame.image, m + variant ? got : expected);
          if (m + variant)
            g_assert_cmpmem (got, sizeof got, expected, sizeof expected);
          test_frame_clear (&frame);
        }
    }
}

static void
test_extreme_shapes (void)
{
  static const guint sizes[][2] = { { 1, 8000 }, { 8000, 1 }, { 1, 32768 }, { 32768, 1 }, { 4095, 2 }, { 3, 4097 } };
  static const ClipFormat formats[] = { CLIP_FORMAT_P010_10LE, CLIP_FORMAT_RGBA64_LE, CLIP_FORMAT_GRAY16_LE };
  g_autofree float *pixels = g_new (float, N_VALUES);
  for (guint fit = CLIP_FIT_CROP; fit <= CLIP_FIT_PAD; fit++)
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
      for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
        g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, fit, CLIP_CROP_FLOOR);
        TestFrame frame = test_frame_new (formats[f], sizes[i][0], sizes[i][1], 0, FALSE, 128);
        frame.image.orientation = i + f;
        test_pipe_run (pipe, &frame.image, pixels);
        for (guint p = 0; fit != CLIP_FIT_PAD && p < N_VALUES; p++)
          g_assert_cmpfloat (fabs (pixels[p] - pixels[p / (SIDE * SIDE) * (SIDE * SIDE)]), <, 1e-4);
        test_frame_clear (&frame);
      }
}

/* ---- HDR ------------------------------------------------------------------------------------------------------- */

/* The result of hdr.h for a flat colour, which no filter changes. */
static void
check_flat (ClipImagePipe *pipe, ClipFormat format, ClipTransfer transfer, ClipPrimaries primaries, float peak)
{
  static double levels[N_VALUES];
  static ClipHdr hdr;
  guint depth = clip_format_get_info (format)->depth;
  TestFrame frame = test_frame_new (format, 6, 9, 0, FALSE, 0);
  frame.image.transfer = transfer;
  frame.image.primaries = primaries;
  frame.image.max_luminance = peak;
  frame.image.matrix = CLIP_MATRIX_BT2020;
  double codes[3] = { 0 }, rgb[3];
  /* A colour where the curves are not steep and a given peak matters. */
  static const double bases[][3] = { { 110.3, 123.7, 135.2 }, { 172.3, 127.1, 129.2 } };
  const double *base = bases[peak > 0];
  for (guint c = 0; c < n_components (format); c++) {
    guint code = (guint)(base[c] * (1 << (depth - 8)));
    codes[c] = code;
    for (guint y = 0; y < test_component_height (&frame, c); y++)
      for (guint x = 0; x < test_component_width (&frame, c); x++)
        test_put (&frame, c, x, y, code);
  }
  reference_to_rgb (&frame.image, codes, rgb);
  float r = rgb[0], g = rgb[1], b = rgb[2];
  if (transfer != CLIP_TRANSFER_SDR || primaries != CLIP_PRIMARIES_BT709) {
    clip_hdr_init (&hdr, transfer, primaries, peak);
    clip_hdr_row (&hdr, 1, &r, &g, &b);
  }
  double want[3] = { CLAMP (r, 0, 255), CLAMP (g, 0, 255), CLAMP (b, 0, 255) };
  gboolean exact = depth > 8 || transfer != CLIP_TRANSFER_SDR || primaries != CLIP_PRIMARIES_BT709;
  run_levels (pipe, &frame.image, levels);
  g_test_message ("%s, transfer %d, primaries %d: want %.3f %.3f %.3f, got %.3f %.3f %.3f",
      clip_format_get_info (format)->names[0], transfer, primaries, want[0], want[1], want[2],
      levels[SIDE / 2 * (SIDE + 1) * 3], levels[SIDE / 2 * (SIDE + 1) * 3 + 1], levels[SIDE / 2 * (SIDE + 1) * 3 + 2]);
  for (guint y = 0; y < SIDE; y++)
    for (guint x = 8; x < SIDE - 8; x++) /* where no fit has bars */
      for (guint c = 0; c < 3; c++)
        g_assert_cmpfloat (fabs (levels[(y * SIDE + x) * 3 + c] - want[c]), <, exact ? 0.02 : 0.51);
  test_frame_clear (&frame);
}

/* A pipe given SDR and HDR frames in turn treats each as its first. */
static void
test_hdr (void)
{
  for (guint fit = CLIP_FIT_CROP; fit <= CLIP_FIT_PAD; fit++) {
    g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, fit, CLIP_CROP_FLOOR);
    for (guint format = 0; format < CLIP_N_FORMATS; format++)
      for (guint transfer = CLIP_TRANSFER_SDR; transfer <= CLIP_TRANSFER_HLG; transfer++)
        for (guint primaries = CLIP_PRIMARIES_BT709; primaries <= CLIP_PRIMARIES_BT2020; primaries++) {
          check_flat (pipe, format, transfer, primaries, 0);
          if (transfer == CLIP_TRANSFER_PQ && format % 4 == 0) {
            check_flat (pipe, format, transfer, primaries, 1000);
            check_flat (pipe, format, transfer, primaries, 400);
            check_flat (pipe, format, transfer, primaries, NAN);
          }
        }
  }
}

/* BT.2020 Y'CbCr of 8 bits becomes R'G'B' without rounding: the result has fractions. */
static void
test_hdr_is_not_rounded (void)
{
  static double levels[N_VALUES];
  g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_CROP, CLIP_CROP_FLOOR);
  TestFrame frame = test_frame_new (CLIP_FORMAT_Y444, 4, 4, 0, FALSE, 0);
  frame.image.primaries = CLIP_PRIMARIES_BT2020;
  frame.image.matrix = CLIP_MATRIX_BT2020;
  static const guint codes[] = { 101, 119, 140 };
  for (guint c = 0; c < 3; c++)
    for (guint i = 0; i < 16; i++)
      test_put (&frame, c, i % 4, i / 4, codes[c]);
  run_levels (pipe, &frame.image, levels);
  guint n_whole = 0;
  for (guint c = 0; c < 3; c++)
    n_whole += fabs (levels[c] - rint (levels[c])) < 0.01;
  g_assert_cmpuint (n_whole, <, 3);
  test_frame_clear (&frame);
}

static void
test_no_allocation (void)
{
  if (n_allocations == 0) {
    g_test_skip ("malloc is a sanitizer's or valgrind's");
    return;
  }
  float pixels[N_VALUES];
  for (guint format = 0; format < CLIP_N_FORMATS; format++) {
    g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_CROP, CLIP_CROP_FLOOR);
    TestFrame frame = test_frame_new (format, 99, 55, 0, FALSE, 77);
    frame.image.orientation = CLIP_ORIENTATION_90L;
    frame.image.transfer = CLIP_TRANSFER_PQ;
    test_pipe_run (pipe, &frame.image, pixels);
    gint before = n_allocations;
    test_pipe_run (pipe, &frame.image, pixels);
    frame.image.transfer = CLIP_TRANSFER_HLG;
    frame.image.full_range = TRUE;
    test_pipe_run (pipe, &frame.image, pixels);
    g_assert_cmpint (n_allocations, ==, before);
    test_frame_clear (&frame);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/image/deep/twins", test_twins);
  g_test_add_func ("/image/deep/precision", test_precision);
  g_test_add_func ("/image/deep/ramp", test_ramp);
  g_test_add_func ("/image/deep/same-samples", test_same_samples);
  g_test_add_func ("/image/deep/extreme-shapes", test_extreme_shapes);
  g_test_add_func ("/image/hdr/flat", test_hdr);
  g_test_add_func ("/image/hdr/not-rounded", test_hdr_is_not_rounded);
  g_test_add_func ("/image/deep/no-allocation", test_no_allocation);
  return g_test_run ();
}
