/* SPDX-License-Identifier: MIT
 *
 * street.c: houses, trees and a road, drawn once; clouds, cars and walkers, drawn for each frame over it.
 *
 * Everything is laid out in a square of 1 x 1 around the middle, since the middle is what a square model input sees.
 * A Street is used by one thread at a time.
 */
#include "street.h"

#include <cairo.h>
#include <math.h>

#define HORIZON 0.50 /* where houses meet the pavement, from the top */
#define KERB    0.62
#define GRAIN   256 /* side of the tile of film grain, in pixels */

struct _Street
{
  guint width, height;
  cairo_surface_t *still;
};

static void
set_rgb (cairo_t *cr, guint32 rgb)
{
  cairo_set_source_rgb (cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0);
}

static void
box (cairo_t *cr, guint32 rgb, double x, double y, double width, double height)
{
  set_rgb (cr, rgb);
  cairo_rectangle (cr, x, y, width, height);
  cairo_fill (cr);
}

static void
disc (cairo_t *cr, guint32 rgb, double x, double y, double radius)
{
  set_rgb (cr, rgb);
  cairo_arc (cr, x, y, radius, 0.0, 2.0 * G_PI);
  cairo_fill (cr);
}

static void
draw_house (cairo_t *cr, GRand *rand, guint32 wall, double x, double width, double height)
{
  static const guint32 panes[] = { 0x2e3f52, 0x4b6177, 0x22303c, 0x8fa6b5 };
  guint columns = (guint)(width / 0.055), rows = (guint)(height / 0.085);
  double top = HORIZON - height;

  box (cr, wall, x, top, width, height);
  box (cr, 0x54483f, x - 0.006, top - 0.014, width + 0.012, 0.016);
  for (guint row = 0; row < rows; row++)
    for (guint column = 0; column < columns; column++) {
      double cell = width / columns;
      double wx = x + (column + 0.25) * cell, wy = top + 0.028 + row * 0.085;

      box (cr, 0xe6e2d8, wx - 0.004, wy - 0.004, 0.5 * cell + 0.008, 0.053);
      box (cr, panes[g_rand_int_range (rand, 0, G_N_ELEMENTS (panes))], wx, wy, 0.5 * cell, 0.045);
    }
  box (cr, 0x3a2a20, x + 0.42 * width, HORIZON - 0.06, 0.045, 0.06);
}

static void
draw_tree (cairo_t *cr, GRand *rand, double x, double size)
{
  static const guint32 greens[] = { 0x2f5a26, 0x3d7030, 0x4f8a3a, 0x28501f, 0x6a9c48 };

  box (cr, 0x5a4230, x - 0.05 * size, KERB - 0.02 - 0.55 * size, 0.1 * size, 0.55 * size);
  for (guint i = 0; i < 70; i++) {
    double angle = g_rand_double_range (rand, 0.0, 2.0 * G_PI), far = sqrt (g_rand_double (rand));

    disc (cr, greens[g_rand_int_range (rand, 0, G_N_ELEMENTS (greens))], x + 0.28 * size * far * cos (angle),
        KERB - 0.02 - 0.75 * size + 0.26 * size * far * sin (angle), 0.07 * size);
  }
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
    set_rgb (cr, shade ? 0xffffff : 0x000000);
    for (guint y = 0; y < height; y += GRAIN)
      for (guint x = 0; x < width; x += GRAIN)
        cairo_mask_surface (cr, tile, x, y);
    cairo_restore (cr);
  }
  cairo_surface_destroy (tile);
}

static void
draw_still (cairo_t *cr, GRand *rand, double left, double right)
{
  static const guint32 walls[] = { 0xb5654a, 0xd8c7a3, 0x8a8f98, 0xc98f5b, 0x9c4f42, 0xe0d9cb, 0x6f7f6a, 0xb9a58c };
  cairo_pattern_t *sky = cairo_pattern_create_linear (0.0, 0.0, 0.0, HORIZON);
  double x = left;

  cairo_pattern_add_color_stop_rgb (sky, 0.0, 0.33, 0.53, 0.82);
  cairo_pattern_add_color_stop_rgb (sky, 1.0, 0.76, 0.85, 0.93);
  cairo_set_source (cr, sky);
  cairo_rectangle (cr, left, 0.0, right - left, HORIZON);
  cairo_fill (cr);
  cairo_pattern_destroy (sky);

  box (cr, 0xa9a49b, left, HORIZON, right - left, KERB - HORIZON);
  for (double slab = left; slab < right; slab += 0.05)
    box (cr, 0x8e8981, slab, HORIZON, 0.003, KERB - HORIZON);
  box (cr, 0xd0ccc4, left, KERB - 0.008, right - left, 0.012);
  box (cr, 0x5b5d61, left, KERB + 0.004, right - left, 1.0 - KERB);
  for (double dash = left; dash < right; dash += 0.16)
    box (cr, 0xece9df, dash, 0.795, 0.09, 0.014);
  for (guint i = 0; i < 400; i++) /* grit and patches */
    disc (cr, i % 3 ? 0x4a4c50 : 0x76787c, g_rand_double_range (rand, left, right),
        g_rand_double_range (rand, 0.63, 1.0), g_rand_double_range (rand, 0.001, 0.004));

  for (guint i = 0; x < right; i++) {
    double width = g_rand_double_range (rand, 0.16, 0.30);

    draw_house (cr, rand, walls[i % G_N_ELEMENTS (walls)], x, width, g_rand_double_range (rand, 0.20, 0.40));
    x += width + (i % 3 == 2 ? 0.05 : 0.0);
  }
  draw_tree (cr, rand, 0.12, 0.34);
  draw_tree (cr, rand, 0.83, 0.40);
  draw_tree (cr, rand, left + 0.02, 0.38);
}

static void
draw_car (cairo_t *cr, guint32 paint, double x, double y, double length)
{
  double tall = 0.36 * length;

  cairo_save (cr);
  cairo_translate (cr, x, y);
  box (cr, 0x35373a, -0.5 * length, -0.03, length, 0.03); /* its shadow */
  set_rgb (cr, paint);
  cairo_move_to (cr, -0.5 * length, -0.15 * tall);
  cairo_line_to (cr, -0.49 * length, -0.55 * tall);
  cairo_line_to (cr, -0.28 * length, -0.62 * tall);
  cairo_line_to (cr, -0.17 * length, -tall);
  cairo_line_to (cr, 0.18 * length, -tall);
  cairo_line_to (cr, 0.32 * length, -0.62 * tall);
  cairo_line_to (cr, 0.49 * length, -0.50 * tall);
  cairo_line_to (cr, 0.5 * length, -0.15 * tall);
  cairo_close_path (cr);
  cairo_fill (cr);
  set_rgb (cr, 0x26323d);
  cairo_move_to (cr, -0.22 * length, -0.64 * tall);
  cairo_line_to (cr, -0.14 * length, -0.92 * tall);
  cairo_line_to (cr, 0.15 * length, -0.92 * tall);
  cairo_line_to (cr, 0.26 * length, -0.64 * tall);
  cairo_close_path (cr);
  cairo_fill (cr);
  box (cr, paint, -0.01 * length, -0.93 * tall, 0.02 * length, 0.3 * tall);
  for (gint side = -1; side <= 1; side += 2) {
    disc (cr, 0x141414, side * 0.30 * length, -0.14 * tall, 0.19 * tall);
    disc (cr, 0xa8a8a8, side * 0.30 * length, -0.14 * tall, 0.09 * tall);
  }
  cairo_restore (cr);
}

static void
draw_walker (cairo_t *cr, guint32 coat, double x, double y, double size, double step)
{
  double swing = 0.16 * size * sin (step);

  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  for (gint side = -1; side <= 1; side += 2) {
    set_rgb (cr, 0x20242c);
    cairo_set_line_width (cr, 0.09 * size);
    cairo_move_to (cr, x, y - 0.48 * size);
    cairo_line_to (cr, x + side * swing, y);
    cairo_stroke (cr);
    set_rgb (cr, coat);
    cairo_set_line_width (cr, 0.065 * size);
    cairo_move_to (cr, x, y - 0.80 * size);
    cairo_line_to (cr, x - side * 0.8 * swing, y - 0.47 * size);
    cairo_stroke (cr);
  }
  set_rgb (cr, coat);
  cairo_set_line_width (cr, 0.17 * size);
  cairo_move_to (cr, x, y - 0.76 * size);
  cairo_line_to (cr, x, y - 0.48 * size);
  cairo_stroke (cr);
  disc (cr, 0xd9a684, x, y - 0.93 * size, 0.075 * size);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_BUTT);
}

/* From `start` on at `speed`, round and round over a stretch that is a little wider than the view. */
static double
drive (double left, double right, double start, double speed, double seconds)
{
  double span = right - left + 0.6;
  double at = fmod (start + speed * seconds, span);

  return left - 0.3 + (at < 0.0 ? at + span : at);
}

static void
draw_moving (cairo_t *cr, double left, double right, double t)
{
  for (guint i = 0; i < 3; i++) {
    double x = drive (left, right, 0.2 + 0.55 * i, 0.012, t), y = 0.05 + 0.03 * (i % 2);

    cairo_set_source_rgba (cr, 1.0, 1.0, 1.0, 0.75);
    for (gint puff = -2; puff <= 2; puff++) {
      cairo_arc (cr, x + 0.035 * puff, y, 0.035 - 0.007 * ABS (puff), 0.0, 2.0 * G_PI);
      cairo_fill (cr);
    }
  }
  draw_walker (cr, 0xa8322d, drive (left, right, 0.75, 0.045, t), 0.595, 0.17, 7.0 * t);
  draw_walker (cr, 0x2f4f8f, drive (left, right, 1.10, -0.050, t), 0.605, 0.18, 7.6 * t + 1.0);
  draw_walker (cr, 0xd0b04a, drive (left, right, 0.45, 0.038, t), 0.612, 0.165, 6.4 * t + 2.0);
  draw_car (cr, 0xc23b2e, drive (left, right, 0.30, -0.21, t), 0.75, 0.36);
  draw_car (cr, 0xdfe3e8, drive (left, right, 0.95, 0.17, t), 0.93, 0.42);
  draw_car (cr, 0x2d5f9e, drive (left, right, 1.75, 0.17, t), 0.94, 0.40);
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
  draw_moving (cr, left, right, seconds);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  cairo_surface_destroy (surface);
}
