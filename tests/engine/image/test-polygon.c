/* SPDX-License-Identifier: MIT
 *
 * test-polygon.c: what is outside of a polygon has the mean colour, wherever the picture lies in the model's input. The
 * oracle is the picture itself: white inside of the polygon and black outside, drawn by another way of telling them
 * apart.
 */
#include <math.h>

#include "image/polygon.h"
#include "imagepipe.h"
#include "imagereference.h"

#define SIDE     32
#define AREA     (SIDE * SIDE)
#define N_TURNS  (CLIP_ORIENTATION_UR_LL + 1)
#define OVERSIZE 3 /* frame pixels to one of the input, and more */

typedef struct
{
  guint n;
  ClipPoint points[10];
} Polygon;

static const Polygon triangle = { 3, { { 0.1, 0.2 }, { 0.9, 0.3 }, { 0.25, 0.95 } } };
static const Polygon arrow = { 4, { { 0.05, 0.05 }, { 0.95, 0.5 }, { 0.05, 0.95 }, { 0.4, 0.5 } } };
static const Polygon star = { 5, { { 0.5, 0.02 }, { 0.8, 0.95 }, { 0.02, 0.38 }, { 0.98, 0.38 }, { 0.2, 0.95 } } };
static const Polygon *const polygons[] = { &triangle, &arrow, &star };

/* By the angles to the corners: how often it goes round the point. */
static gboolean
is_inside (const Polygon *polygon, double x, double y)
{
  double sum = 0;
  for (guint i = 0; i < polygon->n; i++) {
    const ClipPoint *a = &polygon->points[i], *b = &polygon->points[(i + 1) % polygon->n];
    double ax = a->x - x, ay = a->y - y, bx = b->x - x, by = b->y - y;
    sum += atan2 (ax * by - ay * bx, ax * bx + ay * by);
  }
  return lrint (sum / (2 * M_PI)) % 2 != 0;
}

static TestFrame
draw (const Polygon *polygon, ClipFormat format, guint width, guint height, ClipOrientation orientation)
{
  gboolean transposed = reference_is_transposed (orientation);
  TestFrame frame = test_frame_new (format, transposed ? height : width, transposed ? width : height, 0, FALSE, 0x80);
  frame.image.orientation = orientation;
  frame.image.full_range = TRUE;
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++) {
      guint level = is_inside (polygon, (x + 0.5) / width, (y + 0.5) / height) ? 255 : 0;
      double sx, sy;
      reference_to_stored (orientation, frame.image.width, frame.image.height, x + 0.5, y + 0.5, &sx, &sy);
      for (guint c = 0; c < (format == CLIP_FORMAT_RGB ? 3 : 1); c++)
        test_put (&frame, c, (guint)sx, (guint)sy, level);
    }
  return frame;
}

/* A pixel that is all white was inside, one that is all black outside; what is between lies on an edge. */
static void
check_mask (ClipImagePipe *pipe, const Polygon *polygon, const ClipImage *image)
{
  static float before[3 * AREA], after[3 * AREA];
  static guint8 levels[3 * AREA];
  guint n_inside = 0, n_outside = 0, n_edge = 0;
  test_pipe_run_u8 (pipe, image, levels);
  test_pipe_run (pipe, image, before);
  memcpy (after, before, sizeof after);
  clip_image_pipe_mask (pipe, polygon->points, polygon->n, after);
  for (guint i = 0; i < AREA; i++) {
    gboolean masked = after[i] == 0 && after[AREA + i] == 0 && after[2 * AREA + i] == 0;
    guint level = levels[3 * i];
    gboolean white = level == 255, bar = level != levels[3 * i + 1], black = level == 0 || bar;
    n_inside += white;
    n_outside += black;
    n_edge += !white && !black;
    g_assert_true (!white || !masked);
    g_assert_true (!black || masked);
    for (guint c = 0; c < 3 && !masked; c++)
      g_assert_true (after[c * AREA + i] == before[c * AREA + i]);
  }
  g_assert_cmpuint (n_inside, >, AREA / 32);
  g_assert_cmpuint (n_outside, >, AREA / 16);
  g_assert_cmpuint (n_edge, <, AREA / 2);
}

static void
test_mask (void)
{
  static const guint sizes[][2] = { { 96, 96 }, { 160, 100 }, { 99, 161 }, { 33, 32 } };
  for (ClipFit fit = CLIP_FIT_CROP; fit <= CLIP_FIT_PAD; fit++) {
    g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, fit, CLIP_CROP_FLOOR);
    for (guint p = 0; p < G_N_ELEMENTS (polygons); p++)
      for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
        for (ClipOrientation turn = 0; turn < N_TURNS; turn++) {
          TestFrame frame = draw (polygons[p], CLIP_FORMAT_RGB, sizes[s][0], sizes[s][1], turn);
          check_mask (pipe, polygons[p], &frame.image);
          test_frame_clear (&frame);
        }
  }
}

/* Pixels twice as wide: the relative places are the same. */
static void
test_pixel_shape (void)
{
  g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_PAD, CLIP_CROP_FLOOR);
  TestFrame frame = draw (&arrow, CLIP_FORMAT_RGB, 96, 96, CLIP_ORIENTATION_90R);
  frame.image.par_n = 2;
  frame.image.par_d = 1;
  check_mask (pipe, &arrow, &frame.image);
  test_frame_clear (&frame);
}

/* Without normalisation the mean colour is not 0. */
static void
test_mean_colour (void)
{
  ClipPreprocessConfig config;
  clip_preprocess_config_init (&config, SIDE);
  config.do_normalize = FALSE;
  g_autoptr (ClipImagePipe) pipe = clip_image_pipe_new (&config, SIDE, CLIP_FIT_CROP, CLIP_CROP_FLOOR);
  TestFrame frame = draw (&triangle, CLIP_FORMAT_RGB, 64, 64, CLIP_ORIENTATION_IDENTITY);
  static float pixels[3 * AREA];
  test_pipe_run (pipe, &frame.image, pixels);
  clip_image_pipe_mask (pipe, triangle.points, triangle.n, pixels);
  for (guint c = 0; c < 3; c++)
    g_assert_cmpfloat (fabs (pixels[c * AREA] - config.mean[c]), <=, 0.5 / 255 + 1e-6);
  test_frame_clear (&frame);
}

/* Two polygons with a common edge share every pixel out between them, even where the edge runs through its middle. */
static void
test_common_edges (void)
{
  static const Polygon left = { 4, { { 0, 0 }, { 0.515625, 0 }, { 0.515625, 1 }, { 0, 1 } } };
  static const Polygon right = { 4, { { 0.515625, 0 }, { 1, 0 }, { 1, 1 }, { 0.515625, 1 } } };
  static const Polygon upper = { 3, { { 0, 0 }, { 1, 0 }, { 1, 1 } } }, lower = { 3, { { 0, 0 }, { 1, 1 }, { 0, 1 } } };
  const Polygon *const pairs[][2] = { { &left, &right }, { &upper, &lower } };
  g_autoptr (ClipImagePipe) pipe = test_pipe (SIDE, CLIP_FIT_STRETCH, CLIP_CROP_FLOOR);
  TestFrame frame = test_frame_new (CLIP_FORMAT_RGB, SIDE, SIDE, 0, FALSE, 0xff);
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++) {
    guint n[2] = { 0, 0 };
    static float pixels[2][3 * AREA];
    for (guint k = 0; k < 2; k++) {
      test_pipe_run (pipe, &frame.image, pixels[k]);
      clip_image_pipe_mask (pipe, pairs[i][k]->points, pairs[i][k]->n, pixels[k]);
    }
    for (guint p = 0; p < AREA; p++) {
      g_assert_true ((pixels[0][p] == 0) != (pixels[1][p] == 0));
      n[0] += pixels[0][p] != 0;
      n[1] += pixels[1][p] != 0;
    }
    g_assert_cmpuint (n[0] + n[1], ==, AREA);
    if (i == 0)
      g_assert_cmpuint (n[0], ==, 16 * SIDE); /* the edge is at the middle of column 16 */
  }
  test_frame_clear (&frame);
}

/* A thumbnail notices what changes inside of the polygon and nothing else, however the picture is turned. */
static void
test_thumbnail (void)
{
  for (ClipOrientation turn = 0; turn < N_TURNS; turn++) {
    TestFrame inside = draw (&triangle, CLIP_FORMAT_RGB, 128, 72, turn);
    TestFrame black = test_frame_new (CLIP_FORMAT_RGB, inside.image.width, inside.image.height, 0, FALSE, 0);
    TestFrame white = test_frame_new (CLIP_FORMAT_RGB, inside.image.width, inside.image.height, 0, FALSE, 0xff);
    black.image.orientation = white.image.orientation = turn;
    ClipThumbnail in, dark, bright;
    g_assert_true (clip_change_make_thumbnail (&inside.image, &in, NULL));
    g_assert_true (clip_change_make_thumbnail (&black.image, &dark, NULL));
    g_assert_true (clip_change_make_thumbnail (&white.image, &bright, NULL));
    guint n_cells = in.n_cells;
    clip_thumbnail_mask (&in, triangle.points, triangle.n);
    clip_thumbnail_mask (&dark, triangle.points, triangle.n);
    clip_thumbnail_mask (&bright, triangle.points, triangle.n);
    g_assert_cmpuint (in.n_cells, <, n_cells);
    g_assert_cmpuint (in.n_cells, >, n_cells / 5);

    static ClipChange change;
    clip_change_remember (&change, &in);
    g_assert_cmpfloat (clip_change_measure (&change, &bright), <, 35); /* the cells on the edge */
    g_assert_cmpfloat (clip_change_measure (&change, &dark), >, 85);
    test_frame_clear (&inside);
    test_frame_clear (&black);
    test_frame_clear (&white);
  }

  /* So thin that no cell's middle is inside: all count. */
  static const ClipPoint thin[] = { { 0.5001, 0.5001 }, { 0.5002, 0.5001 }, { 0.5002, 0.5002 } };
  TestFrame frame = test_frame_new (CLIP_FORMAT_RGB, 128, 72, 0, FALSE, 0);
  ClipThumbnail thumbnail;
  g_assert_true (clip_change_make_thumbnail (&frame.image, &thumbnail, NULL));
  clip_thumbnail_mask (&thumbnail, thin, G_N_ELEMENTS (thin));
  g_assert_cmpuint (thumbnail.n_cells, ==, 32 * 18);
  test_frame_clear (&frame);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/polygon/mask", test_mask);
  g_test_add_func ("/polygon/pixel-shape", test_pixel_shape);
  g_test_add_func ("/polygon/mean-colour", test_mean_colour);
  g_test_add_func ("/polygon/common-edges", test_common_edges);
  g_test_add_func ("/polygon/thumbnail", test_thumbnail);
  return g_test_run ();
}
