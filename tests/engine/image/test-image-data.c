/* SPDX-License-Identifier: MIT
 *
 * test-image-data.c: four photos against the output of OpenAI's own preprocess (torchvision on Pillow).
 */
#include "image/image.h"
#include "testdata.h"

#include <math.h>
#include <png.h>

#define SIDE 224
#define N    (3 * SIDE * SIDE)

static guint8 *
read_png (const char *path, guint *width, guint *height)
{
  png_image png = { .version = PNG_IMAGE_VERSION };
  g_assert_true (png_image_begin_read_from_file (&png, path));
  png.format = PNG_FORMAT_RGB;
  guint8 *pixels = g_malloc (PNG_IMAGE_SIZE (png));
  g_assert_true (png_image_finish_read (&png, NULL, pixels, 0, NULL));
  *width = png.width;
  *height = png.height;
  return pixels;
}

/* Number of values in the whole tensor that differ: in 8 bits, and by more than 1e-6 after normalisation. */
static void
compare (const char *folder, const char *name, ClipCropRule rule, guint *ret_levels, guint *ret_floats)
{
  g_autofree char *png_name = g_strconcat (name, ".png", NULL);
  g_autofree char *png_path = g_build_filename (folder, png_name, NULL);
  g_autofree char *golden_name = g_strconcat (name, ".chw.f32", NULL);
  g_autofree char *golden_path = g_build_filename (folder, golden_name, NULL);
  g_autofree char *golden_bytes = NULL;
  gsize golden_size = 0;
  g_assert_true (g_file_get_contents (golden_path, &golden_bytes, &golden_size, NULL));
  g_assert_cmpuint (golden_size, ==, N * sizeof (float));
  const float *golden = (const float *)golden_bytes;

  ClipPreprocessConfig config;
  clip_preprocess_config_init (&config, SIDE);
  ClipImage image = { .format = CLIP_FORMAT_RGB };
  g_autofree guint8 *pixels = read_png (png_path, &image.width, &image.height);
  image.planes[0] = pixels;
  image.strides[0] = 3 * image.width;

  g_autoptr (ClipImagePipe) pipe = clip_image_pipe_new (&config, SIDE, CLIP_FIT_CROP, rule);
  g_autofree guint8 *rgb = g_malloc (N);
  g_autofree float *planes = g_new (float, N);
  g_assert_true (clip_image_pipe_run_u8 (pipe, &image, rgb, NULL));
  g_assert_true (clip_image_pipe_run (pipe, &image, planes, NULL));

  *ret_levels = *ret_floats = 0;
  double max = 0;
  for (guint c = 0; c < 3; c++)
    for (guint i = 0; i < SIDE * SIDE; i++) {
      float want = golden[c * SIDE * SIDE + i];
      float got = planes[c * SIDE * SIDE + i];
      double level = (want * (double)config.std[c] + config.mean[c]) * 255;
      g_assert_cmpfloat (fabs (level - rint (level)), <, 1e-4); /* the golden values are from 8 bits */
      *ret_levels += rgb[3 * i + c] != (guint8)rint (level);
      *ret_floats += !(fabs (got - want) <= 1e-6);
      max = MAX (max, fabs (got - want));
    }
  printf ("%s, %s: %u of %d levels differ, %u floats by more than 1e-6, the largest difference is %g\n", name,
      rule == CLIP_CROP_FLOOR ? "floor" : "half to even", *ret_levels, N, *ret_floats, max);
}

int
main (void)
{
  static const char *const names[] = { "123_456", "321_421", "456_123", "524_316" };
  g_autofree char *folder = test_shared ("data/preprocess-golden");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    guint levels, floats;
    compare (folder, names[i], CLIP_CROP_HALF_EVEN, &levels, &floats);
    g_assert_cmpuint (levels, ==, 0);
    g_assert_cmpuint (floats, ==, 0);

    /* transformers' rule crops the last one at another column: 371 - 224 is odd and its half rounds up to 74. */
    compare (folder, names[i], CLIP_CROP_FLOOR, &levels, &floats);
    if (i < 3)
      g_assert_cmpuint (levels, ==, 0);
    else
      g_assert_cmpuint (levels, >, N / 2);
  }
  return 0;
}
