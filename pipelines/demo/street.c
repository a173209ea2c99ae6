/* SPDX-License-Identifier: MIT
 *
 * street.c: a view down a street. Sky, houses, trees and the road are drawn once; cars and walkers for each frame
 * over them.
 *
 * The world is in metres: x to the right of the camera, y up from the road, z away from it. The picture's unit is its
 * height, and what matters stands in the square around its middle, which is what a model with a square input sees.
 * A Street is used by one thread at a time.
 */
#include "street.h"

#include <cairo.h>
#include <math.h>
#include <stdlib.h>

#define EYE     3.0  /* the camera's height */
#define FOCUS   0.95 /* picture heights that a metre takes at one metre's distance */
#define HORIZON 0.44
#define KERB    3.8 /* where the road ends, left and right */
#define WALL    7.0 /* where the houses stand */
#define FAR     70.0
#define GRAIN   256 /* side of the tile of film grain, in pixels */

struct _Street
{
  guint width, height;
  cairo_surface_t *still;
};

/* What moves, by its distance. */
typedef struct
{
  double x, z;
  guint32 paint;
  double step; /* of a walker's legs; a car has none */
  gboolean is_car, from_behind;
} Mover;

static double
screen_x (double x, double z)
{
  return 0.5 + FOCUS * x / z;
}

static double
screen_y (double y, double z)
{
  return HORIZON + FOCUS * (EYE - y) / z;
}

static void
set_rgb (cairo_t *cr, guint32 rgb, double light)
{
  cairo_set_source_rgb (
      cr, light * (rgb >> 16 & 255) / 255.0, light * (rgb >> 8 & 255) / 255.0, light * (rgb & 255) / 255.0);
}

static void
box (cairo_t *cr, guint32 rgb, double x, double y, double width, double height)
{
  set_rgb (cr, rgb, 1.0);
  cairo_rectangle (cr, x, y, width, height);
  cairo_fill (cr);
}

static void
disc (cairo_t *cr, guint32 rgb, double x, double y, double radius)
{
  set_rgb (cr, rgb, 1.0);
  cairo_arc (cr, x, y, radius, 0.0, 2.0 * G_PI);
  cairo_fill (cr);
}

/* A piece of a wall that runs along the street. */
static void
wall_piece (cairo_t *cr, guint32 rgb, double light, double x, double y1, double y2, double z1, double z2)
{
  set_rgb (cr, rgb, light);
  cairo_move_to (cr, screen_x (x, z1), screen_y (y1, z1));
  cairo_line_to (cr, screen_x (x, z1), screen_y (y2, z1));
  cairo_line_to (cr, screen_x (x, z2), screen_y (y2, z2));
  cairo_line_to (cr, screen_x (x, z2), screen_y (y1, z2));
  cairo_close_path (cr);
  cairo_fill (cr);
}

static void
ground_piece (cairo_t *cr, guint32 rgb, double x1, double x2, double z1, double z2)
{
  set_rgb (cr, rgb, 1.0);
  cairo_move_to (cr, screen_x (x1, z1), screen_y (0.0, z1));
  cairo_line_to (cr, screen_x (x2, z1), screen_y (0.0, z1));
  cairo_line_to (cr, screen_x (x2, z2), screen_y (0.0, z2));
  cairo_line_to (cr, screen_x (x1, z2), screen_y (0.0, z2));
  cairo_close_path (cr);
  cairo_fill (cr);
}

static void
draw_house (cairo_t *cr, GRand *rand, guint32 paint, int side, double z, double length, guint storeys)
{
  static const guint32 panes[] = { 0x2e3f52, 0x4b6177, 0x22303c, 0x8fa6b5, 0xc9d6dd };
  double light = side < 0 ? 1.0 : 0.72, x = side * WALL, top = 3.2 * storeys + 0.6;
  guint columns = (guint)(length / 2.6);

  wall_piece (cr, paint, light, x, 0.0, top, z, z + length);
  wall_piece (cr, 0x4d423a, light, x, top - 0.35, top, z, z + length);
  wall_piece (cr, 0x77706a, light, x, 0.0, 0.5, z, z + length);
  for (guint column = 0; column < columns; column++)
    for (guint storey = 0; storey < storeys; storey++) {
      double cell = length / columns, at = z + (column + 0.28) * cell, y = 3.2 * storey + 1.1;
      guint32 pane = panes[g_rand_int_range (rand, 0, G_N_ELEMENTS (panes))];

      if (storey == 0 && column == columns / 2) {
        wall_piece (cr, 0x3a2a20, light, x, 0.0, 2.3, at, at + 0.45 * cell);
        continue;
      }
      wall_piece (cr, 0xece8de, light, x, y - 0.12, y + 1.62, at - 0.1, at + 0.45 * cell + 0.1);
      wall_piece (cr, pane, light, x, y, y + 1.5, at, at + 0.45 * cell);
    }
}

static void
draw_tree (cairo_t *cr, GRand *rand, double x, double z, double tall)
{
  static const guint32 greens[] = { 0x2f5a26, 0x3d7030, 0x4f8a3a, 0x28501f, 0x6a9c48, 0x86ad52 };
  double scale = FOCUS / z, foot = screen_y (0.0, z), middle = screen_x (x, z);

  box (cr, 0x553d2c, middle - 0.16 * scale, foot - 0.6 * tall * scale, 0.32 * scale, 0.6 * tall * scale);
  for (guint i = 0; i < 140; i++) {
    double angle = g_rand_double_range (rand, 0.0, 2.0 * G_PI), far = sqrt (g_rand_double (rand));

    disc (cr, greens[g_rand_int_range (rand, 0, G_N_ELEMENTS (greens))],
        middle + 0.30 * tall * far * cos (angle) * scale, foot - (0.72 + 0.28 * far * sin (angle)) * tall * scale,
        0.05 * tall * scale);
  }
}

static void
draw_lamp (cairo_t *cr, int side, double z)
{
  double scale = FOCUS / z, foot = screen_y (0.0, z), x = screen_x (side * (KERB + 0.5), z);

  box (cr, 0x2b2f33, x - 0.06 * scale, foot - 5.2 * scale, 0.12 * scale, 5.2 * scale);
  box (cr, 0x2b2f33, side < 0 ? x : x - 1.1 * scale, foot - 5.2 * scale, 1.1 * scale, 0.1 * scale);
  box (cr, 0xe9e4c9, x - side * 0.9 * scale - 0.25 * scale, foot - 5.1 * scale, 0.5 * scale, 0.14 * scale);
}

/* Flat surfaces have grain in a real camera's picture, and without it a blurred wall looks like a sharp one. */
static void
add_grain (cairo_t *cr, GRand *rand, guint width, guint height)
{
  cairo_surface_t *tile = cairo_image_surface_create (CAIRO_FORMAT_A8, GRAIN, GRAIN);

  for (guint shade = 0; shade < 2; shade++) {
    guint8 *data = cairo_image_surface_get_data (tile);
    gint stride = cairo_image_surface_get_stride (tile);

    cairo_surface_flush (tile);
    for (gint i = 0; i < stride * GRAIN; i++)
      data[i] = g_rand_int_range (rand, 0, 12);
    cairo_surface_mark_dirty (tile);

    cairo_save (cr);
    cairo_identity_matrix (cr);
    set_rgb (cr, shade ? 0xffffff : 0x000000, 1.0);
    for (guint y = 0; y < height; y += GRAIN)
      for (guint x = 0; x < width; x += GRAIN)
        cairo_mask_surface (cr, tile, x, y);
    cairo_restore (cr);
  }
  cairo_surface_destroy (tile);
}

static void
draw_ground (cairo_t *cr, GRand *rand)
{
  const double near = 1.0;

  ground_piece (cr, 0xa39c90, -60.0, 60.0, near, FAR);
  ground_piece (cr, 0x66686c, -KERB, KERB, near, FAR);
  for (int side = -1; side <= 1; side += 2)
    ground_piece (cr, 0xc9c4ba, side * KERB, side * (KERB + 0.25), near, FAR);
  for (double z = near; z < FAR; z += 1.6) /* slabs of the pavement, patches of the road */
    for (int side = -1; side <= 1; side += 2) {
      double x = g_rand_double_range (rand, -KERB, KERB - 0.8), at = g_rand_double_range (rand, 2.0, 30.0);

      ground_piece (cr, 0x8d877d, side * (KERB + 0.25), side * WALL, z, z + 0.06);
      ground_piece (cr, side < 0 ? 0x5c5e62 : 0x717377, x, x + g_rand_double_range (rand, 0.3, 1.5), at, at + 0.9);
    }
  for (guint i = 0; i < 500; i++) { /* grit */
    double z = g_rand_double_range (rand, 3.0, 16.0);

    disc (cr, i % 3 ? 0x4a4c50 : 0x8c8e92, screen_x (g_rand_double_range (rand, -KERB, KERB), z), screen_y (0.0, z),
        0.025 * FOCUS / z);
  }
  for (double z = 3.0; z < FAR; z += 4.0)
    ground_piece (cr, 0xece9df, -0.09, 0.09, z, z + 2.0);

  cairo_set_source_rgba (cr, 0.05, 0.07, 0.15, 0.35); /* the right row's shadow */
  for (double z = 2.0; z < FAR; z += 8.0) {
    double reach = g_rand_double_range (rand, 0.6, 3.0);

    cairo_move_to (cr, screen_x (WALL, z), screen_y (0.0, z));
    cairo_line_to (cr, screen_x (reach, z), screen_y (0.0, z));
    cairo_line_to (cr, screen_x (reach, z + 8.0), screen_y (0.0, z + 8.0));
    cairo_line_to (cr, screen_x (WALL, z + 8.0), screen_y (0.0, z + 8.0));
    cairo_close_path (cr);
    cairo_fill (cr);
  }
}

static void
draw_still (cairo_t *cr, GRand *rand, double left, double right)
{
  static const guint32 paints[] = { 0xb5654a, 0xd8c7a3, 0x8a8f98, 0xc98f5b, 0x9c4f42, 0xe0d9cb, 0x6f7f6a, 0xb9a58c };
  cairo_pattern_t *sky = cairo_pattern_create_linear (0.0, 0.0, 0.0, HORIZON);

  cairo_pattern_add_color_stop_rgb (sky, 0.0, 0.36, 0.56, 0.84);
  cairo_pattern_add_color_stop_rgb (sky, 1.0, 0.80, 0.87, 0.94);
  cairo_set_source (cr, sky);
  cairo_rectangle (cr, left, 0.0, right - left, 1.0);
  cairo_fill (cr);
  cairo_pattern_destroy (sky);
  cairo_set_source_rgba (cr, 1.0, 1.0, 1.0, 0.75);
  for (int puff = 0; puff < 12; puff++) { /* two clouds of six */
    double x = 0.40 + 0.024 * puff + 0.03 * (puff / 6), y = 0.10 + 0.07 * (puff / 6) - 0.006 * (puff % 3);

    cairo_arc (cr, x, y, 0.018 + 0.009 * (puff % 3), 0.0, 2.0 * G_PI);
    cairo_fill (cr);
  }

  for (guint i = 0; i < 9; i++) { /* roofs at the street's end */
    double tall = g_rand_double_range (rand, 0.04, 0.10);

    box (cr, 0x8d93a0 + 0x0a0804 * (i % 4), 0.36 + 0.033 * i, HORIZON + 0.02 - tall, 0.034, tall + 0.03);
  }
  draw_ground (cr, rand);
  for (int side = -1; side <= 1; side += 2) {
    double z = FAR;

    for (guint i = side < 0 ? 0 : 3; z > 5.0; i++) {
      double length = g_rand_double_range (rand, 6.0, 11.0);

      z = MAX (z - length, 2.5);
      draw_house (cr, rand, paints[i % G_N_ELEMENTS (paints)], side, z, length, g_rand_int_range (rand, 2, 5));
    }
  }
  for (double z = 46.0; z > 9.0; z -= 9.0) {
    draw_lamp (cr, 1, z + 3.0);
    draw_tree (cr, rand, KERB + 1.4, z - 2.0, 5.6);
    draw_tree (cr, rand, -KERB - 1.5, z + 1.0, g_rand_double_range (rand, 4.5, 6.5));
    draw_lamp (cr, -1, z - 2.5);
  }
}

/* A car from the front or from behind. */
static void
draw_car (cairo_t *cr, const Mover *car)
{
  cairo_save (cr);
  cairo_translate (cr, screen_x (car->x, car->z), screen_y (0.0, car->z));
  cairo_scale (cr, FOCUS / car->z, -FOCUS / car->z); /* from here on metres, y up */
  cairo_set_source_rgba (cr, 0.0, 0.0, 0.0, 0.45);
  cairo_rectangle (cr, -1.0, -0.12, 2.0, 0.3);
  cairo_fill (cr);
  box (cr, 0x141414, -0.86, 0.0, 0.3, 0.4);
  box (cr, 0x141414, 0.56, 0.0, 0.3, 0.4);
  set_rgb (cr, car->paint, 0.85);
  cairo_move_to (cr, -0.85, 0.85);
  cairo_line_to (cr, -0.62, 1.48);
  cairo_line_to (cr, 0.62, 1.48);
  cairo_line_to (cr, 0.85, 0.85);
  cairo_close_path (cr);
  cairo_fill (cr);
  set_rgb (cr, 0x25303b, 1.0);
  cairo_move_to (cr, -0.74, 0.90);
  cairo_line_to (cr, -0.55, 1.38);
  cairo_line_to (cr, 0.55, 1.38);
  cairo_line_to (cr, 0.74, 0.90);
  cairo_close_path (cr);
  cairo_fill (cr);
  box (cr, car->paint, -0.9, 0.28, 1.8, 0.60);
  box (cr, 0x2c2e31, -0.9, 0.24, 1.8, 0.14);
  for (int side = -1; side <= 1; side += 2)
    box (cr, car->from_behind ? 0xb0201c : 0xfff6d8, side * 0.68 - 0.16, 0.60, 0.32, 0.17);
  box (cr, 0xf2f2ee, -0.26, 0.40, 0.52, 0.13);
  cairo_restore (cr);
}

static void
draw_walker (cairo_t *cr, const Mover *walker)
{
  double swing = 0.32 * sin (walker->step);

  cairo_save (cr);
  cairo_translate (cr, screen_x (walker->x, walker->z), screen_y (0.0, walker->z));
  cairo_scale (cr, FOCUS / walker->z, -FOCUS / walker->z);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  for (int side = -1; side <= 1; side += 2) {
    set_rgb (cr, 0x20242c, 1.0);
    cairo_set_line_width (cr, 0.17);
    cairo_move_to (cr, 0.0, 0.86);
    cairo_line_to (cr, side * swing, 0.06);
    cairo_stroke (cr);
    set_rgb (cr, walker->paint, 0.85);
    cairo_set_line_width (cr, 0.12);
    cairo_move_to (cr, 0.0, 1.42);
    cairo_line_to (cr, -side * 0.8 * swing, 0.84);
    cairo_stroke (cr);
  }
  set_rgb (cr, walker->paint, 1.0);
  cairo_set_line_width (cr, 0.36);
  cairo_move_to (cr, 0.0, 1.34);
  cairo_line_to (cr, 0.0, 0.86);
  cairo_stroke (cr);
  disc (cr, 0xd9a684, 0.0, 1.66, 0.13);
  cairo_restore (cr);
}

/* Back and forth between two places. */
static double
there_and_back (double from, double to, double start, double speed, double seconds)
{
  double way = fabs (to - from), at = fmod (start + speed * seconds, 2.0 * way);

  return from + (to > from ? 1.0 : -1.0) * (at < way ? at : 2.0 * way - at);
}

static int
farther_first (const void *a, const void *b)
{
  double one = ((const Mover *)a)->z, other = ((const Mover *)b)->z;

  return one < other ? 1 : one > other ? -1 : 0;
}

static void
draw_moving (cairo_t *cr, double t)
{
  Mover movers[] = {
    { 2.0, 8.0 + fmod (3.0 + 5.0 * t, 55.0), 0xc23b2e, 0.0, TRUE, TRUE },
    { 2.0, 8.0 + fmod (31.0 + 5.0 * t, 55.0), 0xdfe3e8, 0.0, TRUE, TRUE },
    { -2.0, 63.0 - fmod (40.0 + 6.0 * t, 55.0), 0x2d5f9e, 0.0, TRUE, FALSE },
    { -2.0, 63.0 - fmod (12.0 + 6.0 * t, 55.0), 0xd9a62e, 0.0, TRUE, FALSE },
    { there_and_back (-6.0, 6.0, 4.0, 1.2, t), 11.0, 0xa8322d, 7.0 * t, FALSE, FALSE },
    { there_and_back (5.5, -5.5, 3.0, 1.1, t), 14.0, 0x2f4f8f, 6.6 * t + 1.0, FALSE, FALSE },
    { -4.6, there_and_back (9.0, 30.0, 2.0, 1.3, t), 0xd0b04a, 6.4 * t + 2.0, FALSE, FALSE },
    { 4.6, there_and_back (24.0, 9.0, 5.0, 1.2, t), 0x3f7f4f, 6.9 * t, FALSE, FALSE },
  };
  qsort (movers, G_N_ELEMENTS (movers), sizeof (Mover), farther_first);
  for (guint i = 0; i < G_N_ELEMENTS (movers); i++)
    if (movers[i].is_car)
      draw_car (cr, &movers[i]);
    else
      draw_walker (cr, &movers[i]);
}

static cairo_t *
view_of (cairo_surface_t *surface, guint width, guint height, double *ret_left, double *ret_right)
{
  cairo_t *cr = cairo_create (surface);
  double aspect = (double)width / height;

  cairo_scale (cr, height, height);
  cairo_translate (cr, (aspect - 1.0) / 2.0, 0.0);
  *ret_left = (1.0 - aspect) / 2.0;
  *ret_right = (1.0 + aspect) / 2.0;
  return cr;
}

Street *
street_new (guint width, guint height)
{
  Street *self = g_new0 (Street, 1);
  GRand *rand = g_rand_new_with_seed (7);
  double left, right;
  cairo_t *cr;

  self->width = width;
  self->height = height;
  self->still = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  cr = view_of (self->still, width, height, &left, &right);
  draw_still (cr, rand, left, right);
  add_grain (cr, rand, width, height);
  cairo_destroy (cr);
  g_rand_free (rand);
  return self;
}

void
street_free (Street *self)
{
  cairo_surface_destroy (self->still);
  g_free (self);
}

void
street_draw (Street *self, double seconds, guint8 *ret_pixels, guint stride)
{
  cairo_surface_t *surface
      = cairo_image_surface_create_for_data (ret_pixels, CAIRO_FORMAT_RGB24, self->width, self->height, stride);
  double left, right;
  cairo_t *cr = view_of (surface, self->width, self->height, &left, &right);

  cairo_save (cr);
  cairo_identity_matrix (cr);
  cairo_set_source_surface (cr, self->still, 0.0, 0.0);
  cairo_paint (cr);
  cairo_restore (cr);
  draw_moving (cr, seconds);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  cairo_surface_destroy (surface);
}
