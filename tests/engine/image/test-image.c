/* SPDX-License-Identifier: MIT
 *
 * test-image.c: resizing against Pillow's results; fit, layouts, extreme shapes, refusals, and no allocation for a
 * second frame. test-image-colour.c covers colour.
 */
#include <math.h>
#include <string.h>

#include "countalloc.h"
#include "cpumask.h"
#include "imagepipe.h"
#include "clip-json.h"
#include "lcg-image.h"
#include "model/safetensors.h"
#include "testdata.h"
#include "testframe.h"

/* ---- Helpers ----------------------------------------------------------------------------------------------- */

static void
fill_random (TestFrame *frame, guint32 seed)
{
  GRand *rand = g_rand_new_with_seed (seed);
  for (guint c = 0; c < (frame->image.format == CLIP_FORMAT_GRAY8 ? 1 : 3); c++)
    for (guint y = 0; y < test_component_height (frame, c); y++)
      for (guint x = 0; x < test_component_width (frame, c); x++)
        *test_sample (frame, c, x, y) = (guint8)g_rand_int_range (rand, 0, 256);
  g_rand_free (rand);
}

/* ---- Pillow ------------------------------------------------------------------------------------------------ */

static guint
get_number (const ClipJsonValue *entry, const char *name)
{
  gint64 number = -1;
  g_assert_true (clip_json_as_int (clip_json_member (entry, name), &number));
  return (guint)number;
}

static void
check_pillow_case (const ClipJsonValue *entry, const ClipSafetensors *tensors)
{
  const char *name = clip_json_as_string (clip_json_member (entry, "tensor"));
  guint width = get_number (entry, "width"), height = get_number (entry, "height");
  guint w = get_number (entry, "w"), h = get_number (entry, "h");
  ClipResampleSpan horizontal = { width, 0, width, get_number (entry, "out_w"), get_number (entry, "x"), w };
  ClipResampleSpan vertical = { height, 0, height, get_number (entry, "out_h"), get_number (entry, "y"), h };
  const ClipTensor *tensor = clip_safetensors_find (tensors, name);
  g_assert_nonnull (tensor);
  g_assert_cmpuint (tensor->n_bytes, ==, w * h * 3);

  ClipResampler resampler;
  g_assert_true (clip_resampler_init (&resampler, &horizontal, &vertical, get_number (entry, "resample"), 3));
  g_autofree guint8 *rgb = lcg_image (width, height, get_number (entry, "seed"));
  g_autofree guint8 *out = g_malloc (3 * w * h);
  ClipSamples in[3];
  guint8 *outs[3];
  for (guint c = 0; c < 3; c++) {
    in[c] = (ClipSamples){ rgb + c, 3 * (gssize)width, 3 };
    outs[c] = out + c * w * h;
  }
  clip_resampler_run (&resampler, in, outs, w);
  clip_resampler_clear (&resampler);

  guint n_different = 0;
  g_autofree guint8 *expected = g_malloc (3 * w * h);
  g_assert_true (clip_tensor_read (tensor, expected, NULL));
  for (guint i = 0; i < w * h; i++)
    for (guint c = 0; c < 3; c++)
      n_different += out[c * w * h + i] != expected[3 * i + c];
  if (n_different)
    g_test_message ("%s: %u of %u values differ", name, n_different, 3 * w * h);
  g_assert_cmpuint (n_different, ==, 0);
}

static void
test_pillow (void)
{
  GError *error = NULL;
  g_autofree char *json_path = test_golden ("resize.json");
  g_autofree char *tensors_path = test_golden ("resize.safetensors");
  g_autoptr (ClipJson) json = clip_json_load (json_path, CLIP_JSON_MAX_CONFIG, &error);
  g_assert_no_error (error);
  g_autoptr (ClipSafetensors) tensors = clip_safetensors_open (tensors_path, &error);
  g_assert_no_error (error);

  const ClipJsonValue *cases = clip_json_member (clip_json_root (json), "cases");
  guint n = clip_json_length (cases);
  g_assert_cmpuint (n, >=, 50);
  g_assert_cmpuint (n, ==, clip_safetensors_count (tensors));
  for (guint i = 0; i < n; i++)
    check_pillow_case (clip_json_element (cases, i), tensors);
}

/* ---- Fit --------------------------------------------------------------------------------------------------- */

/* A 1:1 ramp (value = 100 + x) shows where each column of the square comes from. */
static void
check_columns (guint width, ClipCropRule rule, const guint8 *expected)
{
  ClipPreprocessConfig config;
  clip_preprocess_config_init (&config, 8);
  config.do_resize = FALSE;
  g_autoptr (ClipImagePipe) pipe = clip_image_pipe_new (&config, 8, CLIP_FIT_CROP, rule);
  for (guint turn = 0; turn < 2; turn++) { /* the same for rows */
    TestFrame frame = test_frame_new (CLIP_FORMAT_GRAY8, turn ? 8 : width, turn ? width : 8, 0, FALSE, 0);
    frame.image.full_range = TRUE;
    for (guint y = 0; y < frame.image.height; y++)
      for (guint x = 0; x < frame.image.width; x++)
        *test_sample (&frame, 0, x, y) = 100 + (turn ? y : x);
    guint8 rgb[8 * 8 * 3];
    g_assert_true (clip_image_pipe_run_u8 (pipe, &frame.image, rgb, NULL));
    for (guint y = 0; y < 8; y++)
      for (guint x = 0; x < 8; x++)
        for (guint c = 0; c < 3; c++)
          g_assert_cmpuint (rgb[(y * 8 + x) * 3 + c], ==, expected[turn ? y : x]);
    test_frame_clear (&frame);
  }
}

static void
test_crop_rules (void)
{
#define RAMP(first)                                                                                                    \
  {                                                                                                                    \
    first, first + 1, first + 2, first + 3, first + 4, first + 5, first + 6, first + 7                                 \
  }
  static const struct
  {
    guint width;
    guint8 floored[8], half_even[8];
  } cases[] = {
    { 8, RAMP (100), RAMP (100) },
    { 9, RAMP (100), RAMP (100) }, /* half of 1: 0 | 0 */
    { 10, RAMP (101), RAMP (101) },
    { 11, RAMP (101), RAMP (102) }, /* half of 3: 1 | 2 */
    { 13, RAMP (102), RAMP (102) }, /* half of 5: 2 | 2 */
    { 15, RAMP (103), RAMP (104) }, /* half of 7: 3 | 4 */
    { 6, { 0, 100, 101, 102, 103, 104, 105, 0 }, { 0, 100, 101, 102, 103, 104, 105, 0 } },
    { 5, { 0, 0, 100, 101, 102, 103, 104, 0 }, { 0, 100, 101, 102, 103, 104, 0, 0 } },
    { 1, { 0, 0, 0, 0, 100, 0, 0, 0 }, { 0, 0, 0, 100, 0, 0, 0, 0 } },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    check_columns (cases[i].width, CLIP_CROP_FLOOR, cases[i].floored);
    check_columns (cases[i].width, CLIP_CROP_HALF_EVEN, cases[i].half_even);
  }
}

static void
test_pad (void)
{
  static const guint8 bar[3] = { 123, 117, 104 }; /* the mean in 8 bits */
  g_autoptr (ClipImagePipe) pipe = test_pipe (8, CLIP_FIT_PAD, CLIP_CROP_FLOOR);
  TestFrame frame = test_frame_new (CLIP_FORMAT_RGB, 20, 10, 0, FALSE, 200);
  guint8 rgb[8 * 8 * 3];
  float pixels[3 * 8 * 8];
  g_assert_true (clip_image_pipe_run_u8 (pipe, &frame.image, rgb, NULL));
  test_pipe_run (pipe, &frame.image, pixels);
  for (guint y = 0; y < 8; y++)
    for (guint x = 0; x < 8; x++)
      for (guint c = 0; c < 3; c++) {
        gboolean inside = y >= 2 && y < 6;
        g_assert_cmpuint (rgb[(y * 8 + x) * 3 + c], ==, inside ? 200 : bar[c]);
        if (inside)
          g_assert_cmpfloat (pixels[(c * 8 + y) * 8 + x], >, 1.0f);
        else
          g_assert_true (pixels[(c * 8 + y) * 8 + x] == 0.0f);
      }
  test_frame_clear (&frame);
}

/* The square must equal that part of a resize of the whole picture: crop = its centre, stretch = all of it. */
static void
test_fit_is_a_part_of_the_whole (void)
{
  static const guint sizes[][2] = { { 40, 23 }, { 23, 40 }, { 300, 9 }, { 16, 16 }, { 5, 64 } };
  enum
  {
    SIDE = 16
  };
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint stretch = 0; stretch < 2; stretch++) {
      guint w = sizes[i][0], h = sizes[i][1], least = MIN (w, h);
      guint full_w = stretch ? SIDE : SIDE * w / least, full_h = stretch ? SIDE : SIDE * h / least;
      g_autofree guint8 *gray = lcg_image (w, h, 7);
      g_autofree guint8 *whole = g_malloc (full_w * full_h);
      ClipResampleSpan horizontal = { w, 0, w, full_w, 0, full_w }, vertical = { h, 0, h, full_h, 0, full_h };
      ClipResampler resampler;
      g_assert_true (clip_resampler_init (&resampler, &horizontal, &vertical, CLIP_RESAMPLE_BICUBIC, 1));
      clip_resampler_run (&resampler, &(ClipSamples){ gray, w, 1 }, &whole, full_w);
      clip_resampler_clear (&resampler);

      g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, stretch ? CLIP_FIT_STRETCH : CLIP_FIT_CROP, CLIP_CROP_FLOOR);
      ClipImage image = { CLIP_FORMAT_GRAY8, w, h, { gray }, { (gint)w }, .full_range = TRUE };
      guint8 rgb[SIDE * SIDE * 3];
      g_assert_true (clip_image_pipe_run_u8 (pipe, &image, rgb, NULL));
      guint left = (full_w - SIDE) / 2, top = (full_h - SIDE) / 2;
      for (guint y = 0; y < SIDE; y++)
        for (guint x = 0; x < SIDE; x++)
          g_assert_cmpuint (rgb[(y * SIDE + x) * 3], ==, whole[(top + y) * full_w + left + x]);
    }
}

/* ---- Layouts ----------------------------------------------------------------------------------------------- */

static const guint odd_sizes[][2]
    = { { 1, 1 }, { 2, 1 }, { 1, 2 }, { 3, 5 }, { 8, 8 }, { 17, 9 }, { 63, 48 }, { 31, 33 } };

/* Padding, its content and the order of rows do not matter. */
static void
test_strides (void)
{
  enum
  {
    SIDE = 16,
    N = 3 * SIDE * SIDE
  };
  float expected[N], got[N];
  for (guint fit = CLIP_FIT_CROP; fit <= CLIP_FIT_PAD; fit++)
    for (guint format = 0; format < TEST_N_FORMATS; format++)
      for (guint i = 0; i < G_N_ELEMENTS (odd_sizes); i++) {
        guint w = odd_sizes[i][0], h = odd_sizes[i][1];
        g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, fit, CLIP_CROP_FLOOR);
        TestFrame plain = test_frame_new (format, w, h, 0, FALSE, 0);
        fill_random (&plain, format * 1000 + i);
        test_pipe_run (pipe, &plain.image, expected);
        for (guint variant = 0; variant < 4; variant++) {
          TestFrame other = test_frame_new (format, w, h, variant * 13, variant & 1, variant & 2 ? 255 : 85);
          fill_random (&other, format * 1000 + i);
          memset (got, 0, sizeof got);
          test_pipe_run (pipe, &other.image, got);
          g_assert_cmpmem (got, sizeof got, expected, sizeof expected);
          test_frame_clear (&other);
        }
        test_frame_clear (&plain);
      }
}

/* The same samples in another memory layout give the same bits. */
static void
test_same_samples (void)
{
  static const struct
  {
    ClipFormat first, last;
  } families[] = { { CLIP_FORMAT_RGB, CLIP_FORMAT_XBGR }, { CLIP_FORMAT_I420, CLIP_FORMAT_NV21 },
    { CLIP_FORMAT_YUY2, CLIP_FORMAT_Y42B }, { CLIP_FORMAT_YVYU, CLIP_FORMAT_NV61 },
    { CLIP_FORMAT_AYUV, CLIP_FORMAT_V308 }, { CLIP_FORMAT_GBR, CLIP_FORMAT_BGRP } };
  enum
  {
    SIDE = 16,
    N = 3 * SIDE * SIDE
  };
  g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_CROP, CLIP_CROP_FLOOR);
  for (guint family = 0; family < G_N_ELEMENTS (families); family++)
    for (guint i = 0; i < G_N_ELEMENTS (odd_sizes); i++) {
      float expected[N], got[N];
      for (guint format = families[family].first; format <= families[family].last; format++) {
        TestFrame frame = test_frame_new (format, odd_sizes[i][0], odd_sizes[i][1], 5, FALSE, 99);
        frame.image.chroma_site = CLIP_CHROMA_H_COSITED;
        fill_random (&frame, i);
        test_pipe_run (pipe, &frame.image, format == families[family].first ? expected : got);
        if (format != families[family].first)
          g_assert_cmpmem (got, sizeof got, expected, sizeof expected);
        test_frame_clear (&frame);
      }
    }
}

/* A pipe used for other frames gives the same as a new one. */
static void
test_changes_of_geometry (void)
{
  enum
  {
    SIDE = 16,
    N = 3 * SIDE * SIDE
  };
  for (guint fit = CLIP_FIT_CROP; fit <= CLIP_FIT_PAD; fit++) {
    g_autoptr (ClipImagePipe) used = test_pipe (SIDE, fit, CLIP_CROP_FLOOR);
    for (guint i = 0; i < 200; i++) {
      guint format = i * 7 % TEST_N_FORMATS, size = i * 5 % G_N_ELEMENTS (odd_sizes);
      TestFrame frame = test_frame_new (format, odd_sizes[size][0], odd_sizes[size][1], 0, FALSE, 0);
      frame.image.chroma_site = i % 4;
      frame.image.full_range = i % 3 == 0;
      frame.image.matrix = i % 5;
      fill_random (&frame, i);
      float expected[N], got[N];
      g_autoptr (ClipImagePipe) new = test_pipe (SIDE, fit, CLIP_CROP_FLOOR);
      test_pipe_run (new, &frame.image, expected);
      test_pipe_run (used, &frame.image, got);
      g_assert_cmpmem (got, sizeof got, expected, sizeof expected);
      test_frame_clear (&frame);
    }
  }
}

/* ---- Extremes and cost -------------------------------------------------------------------------------------- */

/* A flat picture stays flat in any shape, and its tables stay small: all of 1x8000 would be resized to 224x1792000. */
static void
test_extreme_shapes (void)
{
  static const guint sizes[][2] = { { 1, 8000 }, { 8000, 1 }, { 1, 32768 }, { 32768, 1 }, { 4095, 2 }, { 3, 4097 } };
  static const ClipFormat formats[] = { CLIP_FORMAT_RGB, CLIP_FORMAT_I420, CLIP_FORMAT_YUY2 };
  enum
  {
    SIDE = 224,
    N = 3 * SIDE * SIDE
  };
  g_autofree float *pixels = g_new (float, N);
  for (guint fit = CLIP_FIT_CROP; fit <= CLIP_FIT_STRETCH; fit++)
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
      for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
        g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, fit, CLIP_CROP_FLOOR);
        TestFrame frame = test_frame_new (formats[f], sizes[i][0], sizes[i][1], 0, FALSE, 128);
        gsize before = n_allocated;
        test_pipe_run (pipe, &frame.image, pixels);
        g_assert_cmpuint (n_allocated - before, <, 64u << 20);
        for (guint p = 0; p < N; p++)
          g_assert_true (pixels[p] == pixels[p / (SIDE * SIDE) * (SIDE * SIDE)]);
        test_frame_clear (&frame);
      }
}

static void
test_no_allocation (void)
{
  enum
  {
    SIDE = 32,
    N = 3 * SIDE * SIDE
  };
  if (n_allocations == 0) { /* valgrind; everywhere else GLib has allocated before main() */
    g_test_skip ("malloc is a sanitizer's or valgrind's");
    return;
  }
  g_autofree float *pixels = g_new (float, N);
  for (guint format = 0; format < TEST_N_FORMATS; format++) {
    g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_CROP, CLIP_CROP_FLOOR);
    TestFrame frame = test_frame_new (format, 99, 55, 0, FALSE, 77);
    TestFrame next = test_frame_new (format, 99, 55, 64, TRUE, 78);
    gint before = n_allocations;
    test_pipe_run (pipe, &frame.image, pixels);
    g_assert_cmpint (n_allocations, >, before); /* the counter works */
    before = n_allocations;
    test_pipe_run (pipe, &frame.image, pixels);
    next.image.full_range = TRUE; /* neither memory nor colour is geometry */
    next.image.matrix = CLIP_MATRIX_BT2020;
    test_pipe_run (pipe, &next.image, pixels);
    g_assert_cmpint (n_allocations, ==, before);
    test_frame_clear (&frame);
    test_frame_clear (&next);
  }
}

/* ---- Refusals ---------------------------------------------------------------------------------------------- */

static void
test_refusals (void)
{
  TestFrame frame = test_frame_new (CLIP_FORMAT_I420, 9, 7, 0, FALSE, 0);
  ClipImage image = frame.image;
  image.width = 0;
  test_pipe_refuses (&image, "picture of 0x7 I420: expected sides of 1 to 32768 pixels");
  image.width = 9, image.height = 32769;
  test_pipe_refuses (&image, "picture of 9x32769 I420: expected sides of 1 to 32768 pixels");
  image = frame.image;
  image.planes[2] = NULL;
  test_pipe_refuses (&image, "picture of 9x7 I420: plane 2 is NULL");
  image = frame.image;
  image.strides[1] = 4;
  test_pipe_refuses (&image, "picture of 9x7 I420: plane 1 has a stride of 4 bytes, a row 5");
  image.strides[1] = -4;
  test_pipe_refuses (&image, "picture of 9x7 I420: plane 1 has a stride of -4 bytes, a row 5");
  image.strides[1] = G_MININT;
  image.strides[0] = 0;
  test_pipe_refuses (&image, "picture of 9x7 I420: plane 0 has a stride of 0 bytes, a row 9");
  image = frame.image;
  image.matrix = 5;
  test_pipe_refuses (&image, "picture of 9x7 I420: unknown colour matrix 5");
  image.format = CLIP_N_FORMATS;
  g_autofree char *expected = g_strdup_printf ("picture: unknown format %d", CLIP_N_FORMATS);
  test_pipe_refuses (&image, expected);
  image.format = -1;
  test_pipe_refuses (&image, "picture: unknown format -1");
  image = frame.image;
  image.format = CLIP_FORMAT_YUY2;
  image.strides[0] = 19;
  test_pipe_refuses (&image, "picture of 9x7 YUY2: plane 0 has a stride of 19 bytes, a row 20");
  test_frame_clear (&frame);
}

int
main (int argc, char **argv)
{
  test_need_cpu ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/image/pillow", test_pillow);
  g_test_add_func ("/image/fit/crop-rules", test_crop_rules);
  g_test_add_func ("/image/fit/pad", test_pad);
  g_test_add_func ("/image/fit/part-of-the-whole", test_fit_is_a_part_of_the_whole);
  g_test_add_func ("/image/layout/strides", test_strides);
  g_test_add_func ("/image/layout/same-samples", test_same_samples);
  g_test_add_func ("/image/layout/changes", test_changes_of_geometry);
  g_test_add_func ("/image/extreme-shapes", test_extreme_shapes);
  g_test_add_func ("/image/no-allocation", test_no_allocation);
  g_test_add_func ("/image/refusals", test_refusals);
  return g_test_run ();
}
