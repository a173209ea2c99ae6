/* SPDX-License-Identifier: MIT
 *
 * imagereference.h: reference preprocessing of any ClipImage in double arithmetic, written from the standards:
 * positions in pixels, a continuous bicubic kernel, no intermediate rounding, no tables.
 */
#ifndef IMAGEREFERENCE_H
#define IMAGEREFERENCE_H

#include <math.h>

#include "image/image.h"
#include "testframe.h"

#define REFERENCE_SIDE    32
#define REFERENCE_MAX_IN  160
#define REFERENCE_OUTSIDE (-1000.0) /* no part of the picture: a bar */

static const double reference_luma[][2] = { /* red, blue: BT.601, BT.709, BT.2020, FCC, SMPTE 240M */
  { 0.299, 0.114 }, { 0.2126, 0.0722 }, { 0.2627, 0.0593 }, { 0.30, 0.11 }, { 0.212, 0.087 }
};

/* Codes to R'G'B' of 0..255, not clamped; ranges of any depth as in ITU-T H.273. */
static inline void
reference_to_rgb (const ClipImage *image, const double *codes, double *rgb)
{
  const ClipFormatInfo *info = clip_format_get_info (image->format);
  double unit = 1 << (info->depth - 8), full = (1 << info->depth) - 1, half = 1 << (info->depth - 1);
  if (test_is_rgb (image->format)) {
    for (guint c = 0; c < 3; c++)
      rgb[c] = 255 * codes[c] / full;
    return;
  }
  double y = image->full_range ? codes[0] / full : (codes[0] - 16 * unit) / (219 * unit);
  if (info->colour == CLIP_COLOUR_GRAY) {
    rgb[0] = rgb[1] = rgb[2] = 255 * y;
    return;
  }
  double kr = reference_luma[image->matrix][0], kb = reference_luma[image->matrix][1];
  double cb = (codes[1] - half) / (image->full_range ? full : 224 * unit);
  double cr = (codes[2] - half) / (image->full_range ? full : 224 * unit);
  double r = y + 2 * (1 - kr) * cr;
  double b = y + 2 * (1 - kb) * cb;
  double g = (y - kr * r - kb * b) / (1 - kr - kb);
  rgb[0] = 255 * r;
  rgb[1] = 255 * g;
  rgb[2] = 255 * b;
}

/* Maps a point of the upright picture to the stored one of width w and height h, as documented for
 * GstVideoOrientationMethod: continuous, in stored pixels. */
static inline void
reference_to_stored (ClipOrientation orientation, double w, double h, double x, double y, double *sx, double *sy)
{
  switch (orientation) {
  case CLIP_ORIENTATION_90R: /* the stored picture's left edge becomes the top, its bottom the left */
    *sx = y, *sy = h - x;
    break;
  case CLIP_ORIENTATION_180:
    *sx = w - x, *sy = h - y;
    break;
  case CLIP_ORIENTATION_90L: /* its right edge becomes the top, its top the left */
    *sx = w - y, *sy = x;
    break;
  case CLIP_ORIENTATION_HORIZ:
    *sx = w - x, *sy = y;
    break;
  case CLIP_ORIENTATION_VERT:
    *sx = x, *sy = h - y;
    break;
  case CLIP_ORIENTATION_UL_LR:
    *sx = y, *sy = x;
    break;
  case CLIP_ORIENTATION_UR_LL:
    *sx = w - y, *sy = h - x;
    break;
  default:
    *sx = x, *sy = y;
    break;
  }
}

static inline gboolean
reference_is_transposed (ClipOrientation orientation)
{
  double x, y;
  reference_to_stored (orientation, 0, 0, 1, 0, &x, &y);
  return y != 0;
}

/* One upright axis of the square: of the picture resized to `full`, `n` pixels from `first` on land at `dest`. */
typedef struct
{
  guint full, first, n, dest;
} ReferenceAxis;

static inline ReferenceAxis
reference_place (double full, ClipFit fit, ClipCropRule rule)
{
  ReferenceAxis axis = { .full = (guint)full };
  gint spare = (gint)axis.full - REFERENCE_SIDE;
  if (spare >= 0) {
    double half = spare / 2.0;
    axis.first = (guint)(rule == CLIP_CROP_HALF_EVEN ? rint (half) : floor (half)); /* rint: half to even */
    axis.n = REFERENCE_SIDE;
  } else {
    axis.n = axis.full;
    axis.dest = fit == CLIP_FIT_CROP && rule == CLIP_CROP_FLOOR ? (1 - spare) / 2 : -spare / 2;
  }
  return axis;
}

static inline void
reference_axes (const ClipImage *image, ClipFit fit, ClipCropRule rule, ReferenceAxis *x, ReferenceAxis *y)
{
  double w = image->width, h = image->height;
  if (image->par_n && image->par_d && image->par_n > image->par_d)
    w = floor (w * image->par_n / image->par_d + 0.5);
  else if (image->par_n && image->par_d)
    h = floor (h * image->par_d / image->par_n + 0.5);
  double width = reference_is_transposed (image->orientation) ? h : w;
  double height = reference_is_transposed (image->orientation) ? w : h;
  double most = MAX (width, height), least = MIN (width, height);
  double full_x = REFERENCE_SIDE, full_y = REFERENCE_SIDE;
  if (fit == CLIP_FIT_CROP) {
    full_x = floor (REFERENCE_SIDE * width / least);
    full_y = floor (REFERENCE_SIDE * height / least);
  } else if (fit == CLIP_FIT_PAD) {
    full_x = MAX (1, floor (REFERENCE_SIDE * width / most + 0.5));
    full_y = MAX (1, floor (REFERENCE_SIDE * height / most + 0.5));
  }
  *x = reference_place (full_x, fit, rule);
  *y = reference_place (full_y, fit, rule);
}

static inline double
reference_bicubic (double x)
{
  x = fabs (x);
  if (x < 1)
    return 1.5 * x * x * x - 2.5 * x * x + 1;
  return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

/* ret: weights [n] of a component's samples for the point `centre` of the stored axis; a pixel of the result is `scale`
 * stored pixels. */
static inline void
reference_weights (double *ret, guint n, double centre, double scale, guint shift, gboolean cosited)
{
  double width = MAX (scale, 1 << shift); /* never narrower than the component's own grid */
  double sum = 0;
  for (guint i = 0; i < n; i++) {
    double position = shift && cosited ? (i << shift) + 0.5 : (i + 0.5) * (1 << shift);
    sum += ret[i] = reference_bicubic ((position - centre) / width);
  }
  for (guint i = 0; i < n; i++)
    ret[i] /= sum;
}

/* ret: [SIDE][SIDE][3], R'G'B' of 0..255, and beyond for saturated colours. */
static inline void
reference_make (const TestFrame *frame, ClipFit fit, ClipCropRule rule, double *ret)
{
  const ClipImage *image = &frame->image;
  guint n_components = clip_format_info_n_components (clip_format_get_info (image->format));
  gboolean transposed = reference_is_transposed (image->orientation);
  ReferenceAxis axes[2]; /* x, y of the upright picture */
  reference_axes (image, fit, rule, &axes[0], &axes[1]);
  for (guint i = 0; i < REFERENCE_SIDE * REFERENCE_SIDE * 3; i++)
    ret[i] = REFERENCE_OUTSIDE;

  for (guint c = 0; c < n_components; c++) {
    static double weights[2][REFERENCE_SIDE][REFERENCE_MAX_IN]; /* along stored x, y */
    guint n_in[2] = { test_component_width (frame, c), test_component_height (frame, c) };
    g_assert_cmpuint (MAX (n_in[0], n_in[1]), <=, REFERENCE_MAX_IN);
    double size[2] = { image->width, image->height };
    for (guint upright = 0; upright < 2; upright++) {
      guint stored = upright ^ transposed;
      double scale = size[stored] / axes[upright].full;
      guint shift = c == 0 ? 0 : stored ? test_v_shift (image->format) : test_h_shift (image->format);
      gboolean cosited = image->chroma_site & (stored ? CLIP_CHROMA_V_COSITED : CLIP_CHROMA_H_COSITED);
      for (guint i = 0; i < axes[upright].n; i++) {
        double along = (axes[upright].first + i + 0.5) * scale, place[2];
        reference_to_stored (
            image->orientation, size[0], size[1], upright ? 0 : along, upright ? along : 0, &place[0], &place[1]);
        reference_weights (weights[stored][i], n_in[stored], place[stored], scale, shift, cosited);
      }
    }
    static double lines[REFERENCE_MAX_IN][REFERENCE_SIDE]; /* stored rows, resized along themselves */
    guint n_across = axes[transposed].n;
    for (guint sy = 0; sy < n_in[1]; sy++)
      for (guint i = 0; i < n_across; i++) {
        lines[sy][i] = 0;
        for (guint sx = 0; sx < n_in[0]; sx++)
          if (weights[0][i][sx] != 0)
            lines[sy][i] += test_get (frame, c, sx, sy) * weights[0][i][sx];
      }
    for (guint y = 0; y < axes[1].n; y++)
      for (guint x = 0; x < axes[0].n; x++) {
        guint across = transposed ? y : x, down = transposed ? x : y;
        double sum = 0;
        for (guint sy = 0; sy < n_in[1]; sy++)
          sum += lines[sy][across] * weights[1][down][sy];
        ret[((axes[1].dest + y) * REFERENCE_SIDE + axes[0].dest + x) * 3 + c] = sum;
      }
  }
  for (guint i = 0; i < REFERENCE_SIDE * REFERENCE_SIDE; i++)
    if (ret[3 * i] != REFERENCE_OUTSIDE) {
      double codes[3] = { ret[3 * i], ret[3 * i + 1], ret[3 * i + 2] };
      reference_to_rgb (image, codes, ret + 3 * i);
    }
}

#endif
