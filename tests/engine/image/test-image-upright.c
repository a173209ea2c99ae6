/* SPDX-License-Identifier: MIT
 *
 * test-image-upright.c: orientation and pixel shape. A picture with an orientation gives the bits of one that was
 * rotated in memory first; where the format cannot express that (odd chroma, siting), and for pixels that are not
 * square, the oracle is a reference in double arithmetic, which formats of more than 8 bits match closely.
 */
#include "imagepipe.h"
#include "imagereference.h"
#include "lcg-image.h"

#define SIDE     REFERENCE_SIDE
#define N_VALUES (3 * SIDE * SIDE)
#define N_TURNS  (CLIP_ORIENTATION_UR_LL + 1)

static guint32 state;

/* ---- Turned in memory first ---------------------------------------------------------------------------------- */

static guint
n_components (ClipFormat format)
{
  return clip_format_info_n_components (clip_format_get_info (format));
}

static void
fill_random (TestFrame *frame)
{
  guint n_codes = 1u << clip_format_get_info (frame->image.format)->depth;
  for (guint c = 0; c < n_components (frame->image.format); c++)
    for (guint y = 0; y < test_component_height (frame, c); y++)
      for (guint x = 0; x < test_component_width (frame, c); x++)
        test_put (frame, c, x, y, test_random_below (&state, n_codes));
}

/* The upright picture in a frame of its own. */
static TestFrame
turn_in_memory (const TestFrame *frame)
{
  const ClipImage *image = &frame->image;
  gboolean transposed = reference_is_transposed (image->orientation);
  guint width = transposed ? image->height : image->width, height = transposed ? image->width : image->height;
  TestFrame upright = test_frame_new (image->format, width, height, 0, FALSE, 0);
  for (guint c = 0; c < n_components (image->format); c++)
    for (guint y = 0; y < test_component_height (&upright, c); y++)
      for (guint x = 0; x < test_component_width (&upright, c); x++) {
        double sx, sy; /* of the sample's centre, in samples of the component */
        reference_to_stored (image->orientation, test_component_width (frame, c), test_component_height (frame, c),
            x + 0.5, y + 0.5, &sx, &sy);
        test_put (&upright, c, x, y, test_get (frame, c, (guint)sx, (guint)sy));
      }
  return upright;
}

static const guint sizes[][2]
    = { { 1, 1 }, { 1, 7 }, { 7, 1 }, { 5, 4 }, { 40, 33 }, { 33, 40 }, { 67, 35 }, { 81, 129 }, { 200, 31 } };

static void
check_turned (ClipImagePipe *pipe, ClipFormat format, guint width, guint height, ClipOrientation orientation)
{
  float expected[N_VALUES], got[N_VALUES];
  TestFrame frame
      = test_frame_new (format, width, height, 5 * test_random_below (&state, 3), test_random_below (&state, 2), 0xa5);
  fill_random (&frame);
  frame.image.orientation = orientation;
  frame.image.full_range = orientation & 1;
  TestFrame upright = turn_in_memory (&frame);
  upright.image.full_range = orientation & 1;
  test_pipe_run (pipe, &upright.image, expected);
  memset (got, 0, sizeof got);
  test_pipe_run (pipe, &frame.image, got);
  g_assert_cmpmem (got, sizeof got, expected, sizeof expected);
  test_frame_clear (&frame);
  test_frame_clear (&upright);
}

/* Chroma centred in whole pixels, so that the format can hold the rotated frame. */
static gboolean
can_be_turned (ClipFormat format, guint width, guint height, ClipOrientation orientation)
{
  guint h = test_h_shift (format), v = test_v_shift (format);
  return width % (1u << h) == 0 && height % (1u << v) == 0 && (h == v || !reference_is_transposed (orientation));
}

/* A pipe for each fit. */
static const struct
{
  ClipFit fit;
  ClipCropRule rule;
} fits[] = { { CLIP_FIT_CROP, CLIP_CROP_FLOOR }, { CLIP_FIT_CROP, CLIP_CROP_HALF_EVEN },
  { CLIP_FIT_STRETCH, CLIP_CROP_FLOOR }, { CLIP_FIT_PAD, CLIP_CROP_FLOOR } };

static void
make_pipes (ClipImagePipe **ret_pipes)
{
  for (guint i = 0; i < G_N_ELEMENTS (fits); i++)
    ret_pipes[i] = test_pipe (SIDE, fits[i].fit, fits[i].rule);
}

static void
free_pipes (ClipImagePipe **pipes)
{
  for (guint i = 0; i < G_N_ELEMENTS (fits); i++)
    clip_image_pipe_free (pipes[i]);
}

static void
test_turned (void)
{
  ClipImagePipe *pipes[G_N_ELEMENTS (fits)];
  make_pipes (pipes);
  state = 1;
  guint n = 0;
  for (guint format = 0; format < CLIP_N_FORMATS; format++)
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
      for (guint turn = 0; turn < N_TURNS; turn++) {
        guint width = sizes[i][0], height = sizes[i][1];
        if (!can_be_turned (format, width, height, turn)) {
          width += width % 4 ? 4 - width % 4 : 0;
          height += height & 1;
        }
        if (can_be_turned (format, width, height, turn))
          check_turned (pipes[n++ % G_N_ELEMENTS (fits)], format, width, height, turn);
      }
  /* All orientations, for one of each kind of layout. */
  static const ClipFormat formats[] = { CLIP_FORMAT_GRAY8, CLIP_FORMAT_RGB, CLIP_FORMAT_NV24, CLIP_FORMAT_GBR_10LE };
  for (guint f = 0; f < G_N_ELEMENTS (formats) * G_N_ELEMENTS (fits); f++)
    for (guint i = 4; i < 7; i++)
      for (guint turn = 0; turn < N_TURNS; turn++, n++)
        check_turned (
            pipes[f / G_N_ELEMENTS (formats)], formats[f % G_N_ELEMENTS (formats)], sizes[i][0], sizes[i][1], turn);
  g_test_message ("%u pictures", n);
  free_pipes (pipes);
}

/* All lengths of the fast paths: sixteen rows, tiles, odd ends. */
static void
test_turned_lengths (void)
{
  state = 2;
  g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_STRETCH, CLIP_CROP_FLOOR);
  static const ClipFormat formats[]
      = { CLIP_FORMAT_GRAY8, CLIP_FORMAT_RGB, CLIP_FORMAT_NV24, CLIP_FORMAT_AYUV, CLIP_FORMAT_GRAY16_LE };
  for (guint f = 0; f < G_N_ELEMENTS (formats); f++)
    for (guint width = 1; width <= 50; width += 1 + width / 20)
      for (guint height = 1; height <= 50; height += 1 + height / 12)
        check_turned (pipe, formats[f], width, height, test_random_below (&state, N_TURNS));
}

/* ---- Against the reference ----------------------------------------------------------------------------------- */

/* Each 8-bit pass rounds: 0.5 through the second pass's weights (sum of magnitudes at most 1.25) plus 0.5 of its own is
 * 1.13 per component at worst. The largest gains of the matrices are 1.17 for luma and 2.15 for chroma (BT.2020's
 * blue). Then comes the last rounding. */
#define WORST_ERROR_8 (1.13 * (1.17 + 2.15) + 0.5)
/* Weights are rounded to 2^-23 and sums to 2^-24 of 255 levels, some 50 taps twice, through the same gains: 0.005. */
#define WORST_ERROR_DEEP 0.005

/* Smooth, within the gamut of every matrix and range, with no two parts alike. */
static void
fill_gradient (TestFrame *frame)
{
  static const double base[3] = { 70, 85, 160 }, by_x[3] = { 90, 95, -80 }, by_y[3] = { 45, -33, 37 };
  double unit = 1 << (clip_format_get_info (frame->image.format)->depth - 8);
  for (guint c = 0; c < n_components (frame->image.format); c++) {
    guint width = test_component_width (frame, c), height = test_component_height (frame, c);
    for (guint y = 0; y < height; y++)
      for (guint x = 0; x < width; x++) {
        double u = (double)x / width + 0.01 * sin (width + 3.0 * y);
        double v = (double)y / height + 0.01 * sin (height + 5.0 * x);
        test_put (frame, c, x, y, (guint)((base[c] + by_x[c] * u + by_y[c] * v) * unit + 0.5));
      }
  }
}

static void
check_against_reference (ClipImagePipe *pipe, const TestFrame *frame, ClipFit fit, ClipCropRule rule)
{
  static double want[N_VALUES];
  const ClipImage *image = &frame->image;
  float got[N_VALUES];
  ClipPreprocessConfig config;
  clip_preprocess_config_init (&config, SIDE);
  reference_make (frame, fit, rule, want);
  test_pipe_run (pipe, image, got);

  gboolean deep = clip_format_get_info (image->format)->depth > 8;
  double worst = 0;
  for (guint c = 0; c < 3; c++)
    for (guint i = 0; i < SIDE * SIDE; i++) {
      double level = (got[c * SIDE * SIDE + i] * (double)config.std[c] + config.mean[c]) * 255;
      if (want[3 * i] == REFERENCE_OUTSIDE) {
        g_assert_cmpfloat (level, <=, fit == CLIP_FIT_PAD ? 255 : 1e-3); /* the mean, or black */
        continue;
      }
      worst = MAX (worst, fabs (level - CLAMP (want[3 * i + c], 0, 255)));
    }
  if (worst > (deep ? WORST_ERROR_DEEP : WORST_ERROR_8))
    g_test_message ("%s, %ux%u, pixels %u:%u, orientation %d, matrix %d, full range %d, site %d, fit %d: %.4f",
        clip_format_get_info (image->format)->names[0], image->width, image->height, image->par_n, image->par_d,
        image->orientation, image->matrix, image->full_range, image->chroma_site, fit, worst);
  g_assert_cmpfloat (worst, <=, deep ? WORST_ERROR_DEEP : WORST_ERROR_8);
}

/* Random values of all that describes a frame. */
static void
test_reference (void)
{
  static const guint shapes[][2] = { { 0, 0 }, { 1, 1 }, { 24, 11 }, { 64, 45 }, { 12, 11 }, { 10, 11 }, { 1, 2 },
    { 2, 1 }, { 4, 1 }, { 118, 81 }, { 1, 0 }, { 3000000000u, 2999999999u }, { 7, 40 } };
  ClipImagePipe *pipes[G_N_ELEMENTS (fits)];
  make_pipes (pipes);
  state = 3;
  for (guint format = 0; format < CLIP_N_FORMATS; format++)
    for (guint i = 0; i < 12; i++) {
      guint width = 9 + test_random_below (&state, 110), height = 9 + test_random_below (&state, 110),
            way = test_random_below (&state, G_N_ELEMENTS (fits));
      const guint *shape = shapes[test_random_below (&state, G_N_ELEMENTS (shapes))];
      TestFrame frame
          = test_frame_new (format, width, height, test_random_below (&state, 9), test_random_below (&state, 2), 255);
      fill_gradient (&frame);
      frame.image.chroma_site = test_random_below (&state, 4);
      frame.image.matrix = test_random_below (&state, 5);
      frame.image.full_range = test_random_below (&state, 2);
      frame.image.par_n = shape[0];
      frame.image.par_d = shape[1];
      frame.image.orientation = i % N_TURNS;
      check_against_reference (pipes[way], &frame, fits[way].fit, fits[way].rule);
      test_frame_clear (&frame);
    }
  free_pipes (pipes);
}

/* ---- Pixel shape ----------------------------------------------------------------------------------------------- */

/* Half D1 of an analogue recorder, resized in one step, looks like the 768x576 picture it stands for. */
static void
test_half_d1 (void)
{
  enum
  {
    W = 352,
    H = 576,
    WIDE = 768
  };
  TestFrame half = test_frame_new (CLIP_FORMAT_GRAY16_LE, W, H, 0, FALSE, 0);
  TestFrame square = test_frame_new (CLIP_FORMAT_GRAY16_LE, WIDE, H, 0, FALSE, 0);
  TestFrame *frames[] = { &half, &square };
  for (guint f = 0; f < 2; f++) {
    frames[f]->image.full_range = TRUE;
    for (guint y = 0; y < H; y++)
      for (guint x = 0; x < frames[f]->image.width; x++) {
        double u = (x + 0.5) / frames[f]->image.width, v = (y + 0.5) / H;
        test_put (frames[f], 0, x, y, (guint)(32768 + 30000 * sin (9 * u + 2 * v) * cos (5 * v)));
      }
  }
  half.image.par_n = 24;
  half.image.par_d = 11;
  for (guint fit = CLIP_FIT_CROP; fit <= CLIP_FIT_PAD; fit++) {
    g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, fit, CLIP_CROP_FLOOR);
    float got[N_VALUES], want[N_VALUES];
    test_pipe_run (pipe, &half.image, got);
    test_pipe_run (pipe, &square.image, want);
    /* A smooth picture sampled at other places: the filter's error is 1e-3 of its range. */
    for (guint i = 0; i < N_VALUES; i++)
      g_assert_cmpfloat (fabs (got[i] - want[i]), <=, 0.01);

    half.image.par_n = half.image.par_d = 0; /* without the pixel shape it is another picture, unless stretched */
    test_pipe_run (pipe, &half.image, got);
    float worst = 0;
    for (guint i = 0; i < N_VALUES; i++)
      worst = MAX (worst, fabsf (got[i] - want[i]));
    if (fit != CLIP_FIT_STRETCH)
      g_assert_cmpfloat (worst, >, 0.1);
    half.image.par_n = 24;
    half.image.par_d = 11;
  }
  test_frame_clear (&half);
  test_frame_clear (&square);
}

/* All ways to say square pixels give the same bits; a new shape or orientation makes new tables. */
static void
test_square (void)
{
  static const guint square[][2] = { { 0, 0 }, { 1, 1 }, { 17, 17 }, { 0, 5 }, { 5, 0 }, { G_MAXUINT, G_MAXUINT } };
  g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_CROP, CLIP_CROP_FLOOR);
  TestFrame frame = test_frame_new (CLIP_FORMAT_RGB, 61, 43, 0, FALSE, 0);
  fill_random (&frame);
  float want[N_VALUES], got[N_VALUES];
  test_pipe_run (pipe, &frame.image, want);
  for (guint i = 0; i < G_N_ELEMENTS (square); i++) {
    frame.image.par_n = square[i][0];
    frame.image.par_d = square[i][1];
    test_pipe_run (pipe, &frame.image, got);
    g_assert_cmpmem (got, sizeof got, want, sizeof want);
  }
  frame.image.par_n = 2;
  frame.image.par_d = 1;
  test_pipe_run (pipe, &frame.image, got);
  g_assert_cmpint (memcmp (got, want, sizeof got), !=, 0);
  frame.image.par_n = 1;
  test_pipe_run (pipe, &frame.image, got);
  g_assert_cmpmem (got, sizeof got, want, sizeof want);
  frame.image.orientation = CLIP_ORIENTATION_HORIZ;
  test_pipe_run (pipe, &frame.image, got);
  g_assert_cmpint (memcmp (got, want, sizeof got), !=, 0);
  test_frame_clear (&frame);
}

/* ---- Refusals -------------------------------------------------------------------------------------------------- */

static void
test_refusals (void)
{
  TestFrame frame = test_frame_new (CLIP_FORMAT_P010_10LE, 9, 7, 0, FALSE, 0);
  ClipImage image = frame.image;
  image.orientation = 8;
  test_pipe_refuses (&image, "picture of 9x7 P010_10LE: unknown orientation 8");
  image.orientation = -1;
  test_pipe_refuses (&image, "picture of 9x7 P010_10LE: unknown orientation -1");
  image = frame.image;
  image.transfer = 3;
  test_pipe_refuses (&image, "picture of 9x7 P010_10LE: unknown transfer 3");
  image = frame.image;
  image.primaries = 2;
  test_pipe_refuses (&image, "picture of 9x7 P010_10LE: unknown primaries 2");
  image = frame.image;
  image.par_n = 65, image.par_d = 1;
  test_pipe_refuses (&image, "picture of 9x7 P010_10LE: a pixel's width to height is 65:1, expected 1:64 to 64:1");
  image.par_n = 1, image.par_d = G_MAXUINT;
  test_pipe_refuses (
      &image, "picture of 9x7 P010_10LE: a pixel's width to height is 1:4294967295, expected 1:64 to 64:1");
  image = frame.image;
  image.strides[0] = 17;
  test_pipe_refuses (&image, "picture of 9x7 P010_10LE: plane 0 has a stride of 17 bytes, a row 18");
  image = frame.image;
  image.strides[1] = -19;
  test_pipe_refuses (&image, "picture of 9x7 P010_10LE: plane 1 has a stride of -19 bytes, a row 20");
  image.planes[1] = NULL;
  test_pipe_refuses (&image, "picture of 9x7 P010_10LE: plane 1 is NULL");
  image = frame.image;
  image.planes[2] = NULL; /* which it does not have */
  g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_PAD, CLIP_CROP_FLOOR);
  float pixels[N_VALUES];
  test_pipe_run (pipe, &image, pixels);
  image.par_n = 64, image.par_d = 1;
  test_pipe_run (pipe, &image, pixels);
  image.par_n = G_MAXUINT, image.par_d = G_MAXUINT / 64 + 1;
  test_pipe_run (pipe, &image, pixels);
  test_frame_clear (&frame);
}

/* The largest frame with the longest pixels: a sliver of it fills the square, or it is an error, never an overflow. */
static void
test_extreme_shapes (void)
{
  enum
  {
    LARGE = 4096,
    LONG = 32768
  };
  ClipPreprocessConfig config;
  TestFrame frame = test_frame_new (CLIP_FORMAT_GRAY8, LONG, 1, 0, FALSE, 128);
  g_autofree float *pixels = g_new (float, 3 * LARGE * LARGE);
  g_autoptr (GError) error = NULL;
  frame.image.par_n = 64;
  frame.image.par_d = 1;

  clip_preprocess_config_init (&config, SIDE);
  g_autoptr (ClipImagePipe) small = clip_image_pipe_new (&config, SIDE, CLIP_FIT_CROP, CLIP_CROP_FLOOR);
  test_pipe_run (small, &frame.image, pixels);
  for (guint i = 0; i < SIDE * SIDE; i++)
    g_assert_true (pixels[i] == pixels[0]);

  clip_preprocess_config_init (&config, LARGE);
  g_autoptr (ClipImagePipe) large = clip_image_pipe_new (&config, LARGE, CLIP_FIT_CROP, CLIP_CROP_FLOOR);
  g_assert_false (clip_image_pipe_run (large, &frame.image, pixels, &error));
  g_assert_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE);
  g_assert_cmpstr (error->message, ==,
      "picture of 32768x1 GRAY8: its display shape of 2097152x1 is too long for an input of 4096x4096");
  test_frame_clear (&frame);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/image/upright/turned", test_turned);
  g_test_add_func ("/image/upright/lengths", test_turned_lengths);
  g_test_add_func ("/image/upright/reference", test_reference);
  g_test_add_func ("/image/upright/half-d1", test_half_d1);
  g_test_add_func ("/image/upright/square", test_square);
  g_test_add_func ("/image/upright/refusals", test_refusals);
  g_test_add_func ("/image/upright/extreme-shapes", test_extreme_shapes);
  return g_test_run ();
}
