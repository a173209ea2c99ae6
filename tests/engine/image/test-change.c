/* SPDX-License-Identifier: MIT
 *
 * test-change.c: the change measure is the same for all formats and strides, ignores noise and flicker, and detects a
 * person at the edge. Frames are in memory of exactly their size: valgrind and ASan catch each byte too many.
 */
#include <math.h>

#include "clip.h"
#include "countalloc.h"
#include "testframe.h"

typedef struct
{
  double r, g, b; /* 0..255 */
} Colour;

/* The colour at a place of the picture; x, y: 0..1. */
typedef Colour (*Picture) (double x, double y);

static Colour
yard (double x, double y)
{
  return (Colour){ 40 + 120 * x, 60 + 90 * y, 150 - 80 * x * y };
}

/* Red, 5 % of the picture. */
static Colour
yard_with_van (double x, double y)
{
  return x >= 0.25 && x < 0.5 && y >= 0.5 && y < 0.7 ? (Colour){ 200, 40, 50 } : yard (x, y);
}

/* The size of a distant person: 40 x 240 pixels of 720p, at the left edge. */
static Colour
yard_with_person (double x, double y)
{
  Colour colour = yard (x, y);
  return x < 1.0 / 32 && y >= 0.5 && y < 0.83 ? (Colour){ colour.r + 90, colour.g + 90, colour.b + 90 } : colour;
}

/* A third of a thumbnail's cell. */
static Colour
yard_with_bird (double x, double y)
{
  return x >= 0.4 && x < 0.42 && y >= 0.2 && y < 0.23 ? (Colour){ 0, 0, 0 } : yard (x, y);
}

static Colour
other_place (double x, double y)
{
  return (Colour){ 220 - 100 * y, 200 - 150 * x, 30 + 200 * y };
}

static double
component_of (Colour c, ClipFormat format, guint component)
{
  guint depth = clip_format_get_info (format)->depth;
  if (test_is_rgb (format))
    return (component == 0 ? c.r : component == 1 ? c.g : c.b) * ((1 << depth) - 1) / 255;
  double y = 0.299 * c.r + 0.587 * c.g + 0.114 * c.b; /* BT.601, 16..235 */
  double level = component == 0   ? 16 + y * 219 / 255
                 : component == 1 ? 128 + (c.b - y) / 1.772 * 224 / 255
                                  : 128 + (c.r - y) / 1.402 * 224 / 255;
  return level * (1 << (depth - 8));
}

static guint
n_components (ClipFormat format)
{
  return clip_format_info_n_components (clip_format_get_info (format));
}

static guint32 seed;

static double
random_unit (void)
{
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 8) / 16777216.0;
}

/* gain: exposure; noise: standard deviation, in levels. */
static void
draw (TestFrame *frame, Picture picture, double gain, double noise)
{
  ClipFormat format = frame->image.format;
  for (guint c = 0; c < n_components (format); c++) {
    guint width = test_component_width (frame, c), height = test_component_height (frame, c);
    for (guint y = 0; y < height; y++)
      for (guint x = 0; x < width; x++) {
        Colour colour = picture ((x + 0.5) / width, (y + 0.5) / height);
        Colour exposed = { colour.r * gain, colour.g * gain, colour.b * gain };
        /* Uniform noise will do, since it is averaged: its width is sqrt(12) deviations. */
        double unit = 1 << (clip_format_get_info (format)->depth - 8);
        double value = component_of (exposed, format, c) + (random_unit () - 0.5) * noise * unit * sqrt (12);
        test_put (frame, c, x, y, CLAMP (lrint (value), 0, (1 << clip_format_get_info (format)->depth) - 1));
      }
  }
}

static void
make_thumbnail (const TestFrame *frame, ClipThumbnail *ret_thumbnail)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = clip_change_make_thumbnail (&frame->image, ret_thumbnail, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
}

static ClipThumbnail
thumbnail_of (ClipFormat format, guint width, guint height, guint padding, gboolean flip, Picture picture)
{
  TestFrame frame = test_frame_new (format, width, height, padding, flip, 0xa5);
  ClipThumbnail thumbnail;
  draw (&frame, picture, 1, 0);
  make_thumbnail (&frame, &thumbnail);
  test_frame_clear (&frame);
  return thumbnail;
}

static double
difference (const ClipThumbnail *a, const ClipThumbnail *b)
{
  static ClipChange change;
  clip_change_remember (&change, a);
  return clip_change_measure (&change, b);
}

static void
test_formats (void)
{
  double expected = 0;
  for (ClipFormat format = 0; format < CLIP_N_FORMATS; format++) {
    ClipThumbnail empty = thumbnail_of (format, 320, 180, 0, FALSE, yard);
    ClipThumbnail van = thumbnail_of (format, 320, 180, 0, FALSE, yard_with_van);
    double change = difference (&empty, &van);
    g_test_message ("format %d: %.3f %%", format, change);
    if (format == CLIP_FORMAT_RGB) {
      expected = change;
      g_assert_cmpfloat (change, >, 5);
    }
    g_assert_cmpfloat (difference (&van, &van), ==, 0);
    if (n_components (format) == 1) { /* detects less of a red van */
      g_assert_cmpfloat (change, >, 0.5);
      continue;
    }
    /* 8-bit rounding is at most half a level, 0.2 %, and most of it averages out. */
    g_assert_cmpfloat (fabs (change - expected), <, 0.1);
  }
}

static void
test_strides (void)
{
  for (ClipFormat format = 0; format < CLIP_N_FORMATS; format++) {
    ClipThumbnail plain = thumbnail_of (format, 131, 77, 0, FALSE, yard_with_van);
    ClipThumbnail padded = thumbnail_of (format, 131, 77, 13, FALSE, yard_with_van);
    ClipThumbnail flipped = thumbnail_of (format, 131, 77, 5, TRUE, yard_with_van);
    g_assert_cmpuint (plain.n_cells, ==, 32 * 18);
    g_assert_cmpmem (plain.cells, sizeof plain.cells, padded.cells, sizeof padded.cells);
    g_assert_cmpmem (plain.cells, sizeof plain.cells, flipped.cells, sizeof flipped.cells);
  }
}

static void
fill_level (TestFrame *frame, gboolean white)
{
  ClipFormat format = frame->image.format;
  guint depth = clip_format_get_info (format)->depth;
  for (guint c = 0; c < n_components (format); c++)
    for (guint y = 0; y < test_component_height (frame, c); y++)
      for (guint x = 0; x < test_component_width (frame, c); x++)
        test_put (frame, c, x, y,
            test_is_rgb (format) ? (white ? (1u << depth) - 1 : 0)
                                 : (c          ? 128
                                       : white ? 235
                                               : 16u)
                                       << (depth - 8));
}

/* 32768: the longest side, and more samples per cell than the lanes of one sum hold. */
static void
test_black_white (void)
{
  static const guint sizes[][2] = { { 1, 1 }, { 2, 1 }, { 1, 2 }, { 1, 7 }, { 3, 5 }, { 17, 31 }, { 31, 17 },
    { 33, 19 }, { 19, 33 }, { 65, 3 }, { 63, 37 }, { 321, 241 }, { 32768, 1 }, { 1, 32768 } };
  for (ClipFormat format = 0; format < CLIP_N_FORMATS; format++)
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
      TestFrame frame = test_frame_new (format, sizes[i][0], sizes[i][1], 0, i & 1, 0xa5);
      ClipThumbnail black, white;
      fill_level (&frame, FALSE);
      make_thumbnail (&frame, &black);
      fill_level (&frame, TRUE);
      make_thumbnail (&frame, &white);
      g_assert_cmpfloat (difference (&black, &white), ==, 100);
      g_assert_cmpfloat (difference (&white, &black), ==, 100);
      g_assert_cmpfloat (difference (&white, &white), ==, 0);
      test_frame_clear (&frame);
    }
}

/* The mean of a cell, sample by sample. */
static double
reference_mean (const TestFrame *frame, guint component, guint column, guint row)
{
  guint width = test_component_width (frame, component), height = test_component_height (frame, component);
  guint left = width * column / 32, right = width * (column + 1) / 32;
  guint top = height * row / 18, bottom = height * (row + 1) / 18;
  double sum = 0;
  for (guint y = top; y < bottom; y++)
    for (guint x = left; x < right; x++)
      sum += test_get (frame, component, x, y);
  /* On the scale of 8 bits: narrow ranges are those of 8 bits times a power of two, R'G'B' ends at the largest code. */
  guint depth = clip_format_get_info (frame->image.format)->depth;
  double scale = test_is_rgb (frame->image.format) ? 255.0 / ((1 << depth) - 1) : 1.0 / (1 << (depth - 8));
  return sum * scale / ((right - left) * (bottom - top));
}

/* In a frame low enough for no line to be skipped, each cell is the mean of its samples. */
static void
test_cells (void)
{
  for (ClipFormat format = 0; format < CLIP_N_FORMATS; format++) {
    TestFrame frame = test_frame_new (format, 701, 71, 3, FALSE, 0xa5);
    ClipThumbnail thumbnail;
    seed = 7;
    draw (&frame, yard_with_van, 1, 8);
    make_thumbnail (&frame, &thumbnail);
    for (guint i = 0; i < thumbnail.n_cells; i++) {
      double mean[3] = { 0, 128, 128 };
      for (guint c = 0; c < n_components (format); c++)
        mean[c] = reference_mean (&frame, c, i % 32, i / 32);
      if (!test_is_rgb (format)) {
        double y = (mean[0] - 16) * 255 / 219, cb = (mean[1] - 128) * 255 / 224, cr = (mean[2] - 128) * 255 / 224;
        mean[0] = y + 1.402 * cr;
        mean[1] = y - 0.114 * 1.772 / 0.587 * cb - 0.299 * 1.402 / 0.587 * cr;
        mean[2] = y + 1.772 * cb;
      }
      for (guint c = 0; c < 3; c++)
        g_assert_cmpfloat (fabs (thumbnail.cells[i][c] / 256.0 - mean[c]), <, 0.003); /* 1/512, and float errors */
    }
    test_frame_clear (&frame);
  }
}

static double
change_720p (Picture picture, double gain, double noise)
{
  TestFrame frame = test_frame_new (CLIP_FORMAT_NV12, 1280, 720, 0, FALSE, 0);
  ClipThumbnail before, after;
  seed = 1;
  draw (&frame, yard, 1, noise);
  make_thumbnail (&frame, &before);
  draw (&frame, picture, gain, noise);
  make_thumbnail (&frame, &after);
  test_frame_clear (&frame);
  double change = difference (&before, &after);
  g_test_message ("gain %.2f, noise %.0f: %.2f %%", gain, noise, change);
  return change;
}

static void
test_sensitivity (void)
{
  g_assert_cmpfloat (change_720p (yard, 1, 5), <, CLIP_CHANGE_GOOD_MIN / 2);
  g_assert_cmpfloat (change_720p (yard, 1.02, 5), <, CLIP_CHANGE_GOOD_MIN);
  g_assert_cmpfloat (change_720p (yard_with_bird, 1, 5), <, CLIP_CHANGE_GOOD_MIN);

  double person = change_720p (yard_with_person, 1, 5);
  g_assert_cmpfloat (person, >, 2 * CLIP_CHANGE_GOOD_MIN);
  g_assert_cmpfloat (person, <, CLIP_CHANGE_GOOD_ON);
  g_assert_cmpfloat (change_720p (other_place, 1, 5), >, CLIP_CHANGE_GOOD_ON);
}

/* Dawn, 0.2 levels per frame: far below the threshold, yet the kept picture is never further off than that. */
static void
test_drift (void)
{
  TestFrame frame = test_frame_new (CLIP_FORMAT_RGB, 64, 36, 0, FALSE, 0);
  ClipChange change = { FALSE };
  guint n_encoded = 0;
  for (guint i = 0; i < 500; i++) {
    ClipThumbnail thumbnail;
    seed = i;
    draw (&frame, yard, 1 + i * 0.001, 0.3);
    make_thumbnail (&frame, &thumbnail);
    if (clip_change_measure (&change, &thumbnail) < CLIP_CHANGE_GOOD_MIN)
      continue;
    clip_change_remember (&change, &thumbnail);
    n_encoded++;
  }
  test_frame_clear (&frame);
  /* Brightness grows by half of a root mean square of some 42 %: 14 times the threshold. */
  g_test_message ("encoded %u", n_encoded);
  g_assert_cmpuint (n_encoded, >=, 12);
  g_assert_cmpuint (n_encoded, <=, 16);
}

static void
test_forget (void)
{
  ClipThumbnail rgb = thumbnail_of (CLIP_FORMAT_RGB, 64, 36, 0, FALSE, yard);
  ClipThumbnail bgr = thumbnail_of (CLIP_FORMAT_BGR, 64, 36, 0, FALSE, yard);
  ClipThumbnail wide = thumbnail_of (CLIP_FORMAT_RGB, 66, 36, 0, FALSE, yard);
  ClipThumbnail high = thumbnail_of (CLIP_FORMAT_RGB, 64, 38, 0, FALSE, yard);
  const ClipThumbnail *others[] = { &bgr, &wide, &high };
  ClipChange change = { FALSE };

  g_assert_cmpfloat (clip_change_measure (&change, &rgb), ==, 100);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++) {
    clip_change_remember (&change, &rgb);
    g_assert_cmpfloat (clip_change_measure (&change, &rgb), ==, 0);
    g_assert_cmpfloat (clip_change_measure (&change, others[i]), ==, 100);
    g_assert_cmpfloat (clip_change_measure (&change, &rgb), ==, 100);
  }
  clip_change_remember (&change, &rgb);
  clip_change_forget (&change);
  g_assert_cmpfloat (clip_change_measure (&change, &rgb), ==, 100);
}

static void
check_refused (const ClipImage *image, const char *message)
{
  g_autoptr (GError) error = NULL;
  ClipThumbnail thumbnail, before;
  memset (&thumbnail, 0x5a, sizeof thumbnail);
  before = thumbnail;
  g_assert_false (clip_change_make_thumbnail (image, &thumbnail, &error));
  g_assert_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE);
  g_assert_cmpstr (error->message, ==, message);
  g_assert_cmpmem (&thumbnail, sizeof thumbnail, &before, sizeof before);
}

/* Invalid pictures are refused with the preprocessor's messages, before a sample is read. */
static void
test_errors (void)
{
  TestFrame frame = test_frame_new (CLIP_FORMAT_NV12, 64, 36, 0, FALSE, 100);
  ClipImage image = frame.image;
  image.format = CLIP_N_FORMATS;
  g_autofree char *unknown = g_strdup_printf ("picture: unknown format %d", CLIP_N_FORMATS);
  check_refused (&image, unknown);
  image = frame.image;
  image.height = 0;
  check_refused (&image, "picture of 64x0 NV12: expected sides of 1 to 32768 pixels");
  image = frame.image;
  image.width = 32769;
  check_refused (&image, "picture of 32769x36 NV12: expected sides of 1 to 32768 pixels");
  image = frame.image;
  image.planes[1] = NULL;
  check_refused (&image, "picture of 64x36 NV12: plane 1 is NULL");
  image = frame.image;
  image.strides[0] = 63;
  check_refused (&image, "picture of 64x36 NV12: plane 0 has a stride of 63 bytes, a row 64");
  test_frame_clear (&frame);
}

static void
test_no_allocation (void)
{
  TestFrame frame = test_frame_new (CLIP_FORMAT_NV12, 640, 360, 0, FALSE, 100);
  ClipChange change = { FALSE };
  ClipThumbnail thumbnail;
  int before = g_atomic_int_get (&n_allocations);
  make_thumbnail (&frame, &thumbnail);
  double first = clip_change_measure (&change, &thumbnail);
  clip_change_remember (&change, &thumbnail);
  double second = clip_change_measure (&change, &thumbnail);
  int after = g_atomic_int_get (&n_allocations);
  g_assert_cmpint (after, ==, before);
  g_assert_cmpfloat (first, ==, 100);
  g_assert_cmpfloat (second, ==, 0);
  test_frame_clear (&frame);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/change/formats", test_formats);
  g_test_add_func ("/change/strides", test_strides);
  g_test_add_func ("/change/black-white", test_black_white);
  g_test_add_func ("/change/cells", test_cells);
  g_test_add_func ("/change/sensitivity", test_sensitivity);
  g_test_add_func ("/change/drift", test_drift);
  g_test_add_func ("/change/forget", test_forget);
  g_test_add_func ("/change/errors", test_errors);
  g_test_add_func ("/change/no-allocation", test_no_allocation);
  return g_test_run ();
}
