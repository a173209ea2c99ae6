/* SPDX-License-Identifier: MIT
 *
 * test-image-colour.c: matrices, ranges, subsampling and chroma siting against a reference in double arithmetic,
 * written from the standards: positions in luma pixels, a continuous bicubic kernel, no intermediate rounding.
 */
#include <math.h>
#include <string.h>

#include "imagepipe.h"
#include "testframe.h"

#define SIDE 32

/* ---- The reference ----------------------------------------------------------------------------------------- */

static const double luma_weights[][2] = { /* red, blue: BT.601, BT.709, BT.2020, FCC, SMPTE 240M */
  { 0.299, 0.114 }, { 0.2126, 0.0722 }, { 0.2627, 0.0593 }, { 0.30, 0.11 }, { 0.212, 0.087 }
};

/* Values are 0..1 (chroma -0.5..0.5); 8-bit codes as in BT.601 and its successors, or JFIF for the full range. */
static void
yuv_to_rgb (const ClipImage *image, const double *yuv, double *rgb)
{
  double kr = luma_weights[image->matrix][0], kb = luma_weights[image->matrix][1];
  double y = image->full_range ? yuv[0] / 255 : (yuv[0] - 16) / 219;
  double cb = (yuv[1] - 128) / (image->full_range ? 255 : 224);
  double cr = (yuv[2] - 128) / (image->full_range ? 255 : 224);
  double r = y + 2 * (1 - kr) * cr;
  double b = y + 2 * (1 - kb) * cb;
  double g = (y - kr * r - kb * b) / (1 - kr - kb);
  rgb[0] = 255 * CLAMP (r, 0, 1);
  rgb[1] = 255 * CLAMP (g, 0, 1);
  rgb[2] = 255 * CLAMP (b, 0, 1);
}

static void
rgb_to_yuv (const ClipImage *image, const double *rgb, double *yuv)
{
  double kr = luma_weights[image->matrix][0], kb = luma_weights[image->matrix][1];
  double r = rgb[0] / 255, g = rgb[1] / 255, b = rgb[2] / 255;
  double y = kr * r + (1 - kr - kb) * g + kb * b;
  yuv[0] = image->full_range ? y * 255 : 16 + y * 219;
  yuv[1] = 128 + (b - y) / (2 * (1 - kb)) * (image->full_range ? 255 : 224);
  yuv[2] = 128 + (r - y) / (2 * (1 - kr)) * (image->full_range ? 255 : 224);
}

static double
bicubic (double x)
{
  x = fabs (x);
  if (x < 1)
    return 1.5 * x * x * x - 2.5 * x * x + 1;
  return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

/* Position of sample i of a component, in luma pixels. */
static double
sample_position (guint i, guint shift, gboolean cosited)
{
  return shift && cosited ? (i << shift) + 0.5 : (i + 0.5) * (1 << shift);
}

/* ret: weights [n] of a component's samples for output pixel `out` of SIDE over `size` luma pixels. */
static void
make_weights (double *ret, guint n, guint size, guint out, guint shift, gboolean cosited)
{
  double centre = (out + 0.5) * size / SIDE;
  double width = MAX ((double)size / SIDE, 1 << shift); /* never narrower than the component's own grid */
  double sum = 0;
  for (guint i = 0; i < n; i++)
    sum += ret[i] = bicubic ((sample_position (i, shift, cosited) - centre) / width);
  for (guint i = 0; i < n; i++)
    ret[i] /= sum;
}

/* The whole picture stretched to SIDE x SIDE. ret: [SIDE][SIDE][3] */
static void
reference (const TestFrame *frame, double *ret)
{
  const ClipImage *image = &frame->image;
  for (guint c = 0; c < 3; c++) {
    guint w = test_component_width (frame, c), h = test_component_height (frame, c);
    double x_weights[SIDE][128], y_weights[SIDE][128];
    g_assert_cmpuint (MAX (w, h), <=, 128);
    for (guint i = 0; i < SIDE; i++) {
      make_weights (x_weights[i], w, image->width, i, c ? test_h_shift (image->format) : 0,
          image->chroma_site & CLIP_CHROMA_H_COSITED);
      make_weights (y_weights[i], h, image->height, i, c ? test_v_shift (image->format) : 0,
          image->chroma_site & CLIP_CHROMA_V_COSITED);
    }
    for (guint oy = 0; oy < SIDE; oy++)
      for (guint ox = 0; ox < SIDE; ox++) {
        double sum = 0;
        for (guint y = 0; y < h; y++)
          for (guint x = 0; x < w; x++)
            sum += *test_sample (frame, c, x, y) * x_weights[ox][x] * y_weights[oy][y];
        ret[(oy * SIDE + ox) * 3 + c] = sum;
      }
  }
  for (guint i = 0; i < SIDE * SIDE; i++) {
    double yuv[3] = { ret[3 * i], ret[3 * i + 1], ret[3 * i + 2] };
    yuv_to_rgb (image, yuv, ret + 3 * i);
  }
}

/* ---- Tests ------------------------------------------------------------------------------------------------- */

/* Each pass rounds to 8 bits: 0.5 through the second pass's weights (sum of magnitudes at most 1.25) plus 0.5 of its
 * own is 1.13 per component at worst. The largest gains of the matrices are 1.17 for luma and 2.15 for chroma
 * (BT.2020's blue), in green 1.17 and 0.40 + 0.82 (BT.601). Then comes the last rounding. */
#define WORST_ERROR (1.13 * (1.17 + 2.15) + 0.5)
/* Rounding has no bias, so mean errors over 1024 pixels are near 0 (0.24 here, where 8-bit source gradients are
 * stretched over several pixels each). A chroma sample misplaced by half a luma pixel moves them by up to 4.4 in these
 * gradients. No size may divide SIDE evenly: means of two neighbours would all be rounded up. */
#define WORST_BIAS 0.3

static void
fill_gradient (TestFrame *frame)
{
  static const double base[3] = { 70, 85, 160 }, by_x[3] = { 90, 95, -80 }, by_y[3] = { 45, -33, 37 };
  guint width = frame->image.width, height = frame->image.height;
  for (guint c = 0; c < 3; c++)
    for (guint y = 0; y < test_component_height (frame, c); y++)
      for (guint x = 0; x < test_component_width (frame, c); x++) {
        double u = (double)x / test_component_width (frame, c) + 0.01 * sin (width + 3.0 * y);
        double v = (double)y / test_component_height (frame, c) + 0.01 * sin (height + 5.0 * x);
        *test_sample (frame, c, x, y) = (guint8)(base[c] + by_x[c] * u + by_y[c] * v + 0.5);
      }
}

static void
check_against_reference (ClipImagePipe *pipe, const TestFrame *frame)
{
  static double want[SIDE * SIDE * 3];
  guint8 got[SIDE * SIDE * 3];
  reference (frame, want);
  test_pipe_run_u8 (pipe, &frame->image, got);
  for (guint c = 0; c < 3; c++) {
    double max = 0, bias = 0;
    for (guint i = 0; i < SIDE * SIDE; i++) {
      double difference = got[3 * i + c] - want[3 * i + c];
      max = MAX (max, fabs (difference));
      bias += difference / (SIDE * SIDE);
    }
    if (max > WORST_ERROR || fabs (bias) > WORST_BIAS)
      g_test_message ("format %d, %ux%u, matrix %d, full range %d, site %d, component %u: max %.2f, bias %.3f",
          frame->image.format, frame->image.width, frame->image.height, frame->image.matrix, frame->image.full_range,
          frame->image.chroma_site, c, max, bias);
    g_assert_cmpfloat (max, <=, WORST_ERROR);
    g_assert_cmpfloat (fabs (bias), <=, WORST_BIAS);
  }
}

static void
test_reference (void)
{
  static const guint sizes[][2] = { { 61, 43 }, { 67, 91 }, { 21, 13 }, { 19, 41 } };
  g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_STRETCH, CLIP_CROP_FLOOR);
  for (guint format = CLIP_FORMAT_I420; format < TEST_N_FORMATS; format++)
    for (guint i = 0; !test_is_rgb (format) && i < G_N_ELEMENTS (sizes); i++) {
      TestFrame frame = test_frame_new (format, sizes[i][0], sizes[i][1], 3, i & 1, 255);
      fill_gradient (&frame);
      for (guint site = 0; site < 4; site++) {
        frame.image.chroma_site = site;
        frame.image.matrix = (site + i + format) % 5;
        frame.image.full_range = (site + format) & 1;
        check_against_reference (pipe, &frame);
      }
      test_frame_clear (&frame);
    }
}

/* Flat pictures need no filter: the rounding of the codes (0.5 of luma and of each chroma) and of the result remains:
 * 0.5 * (1.17 + 2.15) + 0.5 = 2.2, so 2 levels. */
static void
test_flat_colours (void)
{
  static const double colours[][3] = { { 0, 0, 0 }, { 255, 255, 255 }, { 255, 0, 0 }, { 0, 255, 0 }, { 0, 0, 255 },
    { 255, 255, 0 }, { 128, 128, 128 }, { 12, 200, 90 }, { 250, 128, 114 } };
  g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_CROP, CLIP_CROP_FLOOR);
  for (guint format = CLIP_FORMAT_I420; format < TEST_N_FORMATS; format++)
    for (guint variant = 0; !test_is_rgb (format) && variant < 10; variant++)
      for (guint i = 0; i < G_N_ELEMENTS (colours); i++) {
        TestFrame frame = test_frame_new (format, 13, 9, 0, FALSE, 0);
        frame.image.matrix = variant / 2;
        frame.image.full_range = variant & 1;
        double yuv[3];
        rgb_to_yuv (&frame.image, colours[i], yuv);
        for (guint c = 0; c < 3; c++)
          for (guint y = 0; y < test_component_height (&frame, c); y++)
            for (guint x = 0; x < test_component_width (&frame, c); x++)
              *test_sample (&frame, c, x, y) = (guint8)CLAMP (rint (yuv[c]), 0, 255);
        guint8 got[SIDE * SIDE * 3];
        test_pipe_run_u8 (pipe, &frame.image, got);
        for (guint p = 0; p < SIDE * SIDE * 3; p++)
          g_assert_cmpfloat (fabs (got[p] - colours[i][p % 3]), <=, 2.0);
        test_frame_clear (&frame);
      }
}

/* Black, white and gray are exact in any matrix: no chroma, and 16 and 235 (0 and 255) are the ends. */
static void
test_gray (void)
{
  g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_CROP, CLIP_CROP_FLOOR);
  for (guint full_range = 0; full_range < 2; full_range++)
    for (guint level = 0; level < 256; level++) {
      double exact = full_range ? level : CLAMP ((level - 16.0) * 255 / 219, 0, 255);
      static const ClipFormat formats[] = { CLIP_FORMAT_GRAY8, CLIP_FORMAT_NV12, CLIP_FORMAT_Y444 };
      for (guint f = 0; f < G_N_ELEMENTS (formats); f++)
        for (guint matrix = 0; matrix < (formats[f] == CLIP_FORMAT_GRAY8 ? 1 : 5); matrix++) {
          TestFrame frame = test_frame_new (formats[f], 5, 3, 0, FALSE, 128);
          frame.image.full_range = full_range;
          frame.image.matrix = formats[f] == CLIP_FORMAT_GRAY8 ? 1000 : matrix; /* ignored there */
          memset (frame.memory[0], level, 15);
          guint8 got[SIDE * SIDE * 3];
          test_pipe_run_u8 (pipe, &frame.image, got);
          for (guint p = 0; p < SIDE * SIDE * 3; p++)
            g_assert_cmpuint (got[p], ==, (guint8)floor (exact + 0.5));
          test_frame_clear (&frame);
        }
    }
}

/* One smooth picture in RGB and in every other layout gives the same pixels. */
static void
picture (double u, double v, double *rgb)
{
  rgb[0] = 120 + 70 * sin (2.0 * u + 1.0) * cos (1.5 * v);
  rgb[1] = 110 + 60 * sin (1.0 + 2.5 * v);
  rgb[2] = 90 + 80 * u * v;
}

static void
test_same_picture (void)
{
  enum
  {
    W = 97,
    H = 71
  };
  g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_CROP, CLIP_CROP_FLOOR);
  guint8 want[SIDE * SIDE * 3], got[SIDE * SIDE * 3];
  for (guint format = 0; format < TEST_N_FORMATS; format++)
    for (guint variant = 0; variant < 40; variant++) {
      if (format == CLIP_FORMAT_GRAY8 || (test_is_rgb (format) && variant))
        continue;
      TestFrame frame = test_frame_new (format, W, H, 0, FALSE, 0);
      frame.image.matrix = variant % 5;
      frame.image.full_range = variant / 5 & 1;
      frame.image.chroma_site = variant / 10;
      for (guint c = 0; c < 3; c++)
        for (guint y = 0; y < test_component_height (&frame, c); y++)
          for (guint x = 0; x < test_component_width (&frame, c); x++) {
            double rgb[3], yuv[3];
            guint h = c ? test_h_shift (format) : 0, v = c ? test_v_shift (format) : 0;
            picture (sample_position (x, h, frame.image.chroma_site & CLIP_CHROMA_H_COSITED) / W,
                sample_position (y, v, frame.image.chroma_site & CLIP_CHROMA_V_COSITED) / H, rgb);
            rgb_to_yuv (&frame.image, rgb, yuv);
            *test_sample (&frame, c, x, y) = (guint8)rint (test_is_rgb (format) ? rgb[c] : yuv[c]);
          }
      test_pipe_run_u8 (pipe, &frame.image, format ? got : want);
      double sum = 0;
      gint max = 0;
      for (guint p = 0; format && p < SIDE * SIDE * 3; p++) {
        gint difference = ABS (got[p] - want[p]);
        sum += (double)difference / (SIDE * SIDE * 3);
        max = MAX (max, difference);
      }
      g_test_message ("format %u variant %u: max %d, mean %.3f", format, variant, max, sum);
      /* Filtering averages the rounding of the codes away; the 8-bit rounding of the resized components remains,
       * through the matrix: 0.41 rms each, hence 1.0 rms at most (blue), a mean of 0.8, and 4 in the tail. */
      g_assert_cmpint (max, <=, test_is_rgb (format) ? 0 : 4);
      g_assert_cmpfloat (sum, <=, 0.8);
      test_frame_clear (&frame);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/image/colour/reference", test_reference);
  g_test_add_func ("/image/colour/flat", test_flat_colours);
  g_test_add_func ("/image/colour/gray", test_gray);
  g_test_add_func ("/image/colour/same-picture", test_same_picture);
  return g_test_run ();
}
