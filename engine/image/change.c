/* SPDX-License-Identifier: MIT
 *
 * change.c: the change measure. See clip.h.
 *
 * Components are averaged in memory order and colour is converted once per cell, so that all formats give one measure.
 * Cells average noise away; their size decides what is small: one that turns from black to white is 4.2 %. The root
 * mean square detects both a large change in a few cells (a person at the edge) and a small one in many (dusk). The
 * plain mean would drown the former in flicker; the largest differences could not tell a cut from a passer-by. Changes
 * that average out within a cell, such as fine detail, are not detected.
 */
#include "clip.h"

#include <math.h>
#include <string.h>

#include "image/frame.h"
#include "image/polygon.h"

/* Lines sampled in each cell, evenly spread: all of them would be 3 MB of a 1080p frame. */
#define LINES_PER_CELL 4

#define FULL_SCALE (255 * 256) /* of a thumbnail's value */

/* ---- Sums ---------------------------------------------------------------------------------------------------- */

/* Eight bytes at a time, summed in 16-bit lanes: this is compiled for any CPU, without its vectors. */

#define MAX_WORDS 126 /* with two samples per lane, whose sum fits 16 bits */

static inline guint64
load_word (const guint8 *data)
{
  guint64 word;
  memcpy (&word, data, sizeof word);
  return word;
}

/* The samples of one word, at the bytes of two masks. */
static inline guint64
pick_samples (const guint8 *data, guint64 even, guint64 odd)
{
  guint64 word = load_word (data);
  return (word & even) + (word >> 8 & odd >> 8);
}

/* Inlined with `step` known. */
static inline guint32
sum_samples (const guint8 *data, guint n, const guint step)
{
  const guint64 even = 0x00ff00ff00ff00ff, fourth = 0x000000ff000000ff;
  const guint n_unit = step == 3 ? 3 : 1; /* words until samples are at the same bytes again */
  const guint per_unit = 8 * n_unit / step;
  guint32 sum = 0;

  /* Words end before the last sample: the plane may end there. */
  while (n > per_unit) {
    guint n_units = MIN ((n - 1) / per_unit, MAX_WORDS / n_unit);
    guint64 lanes = 0;
    for (guint i = 0; i < n_units; i++, data += 8 * n_unit) {
      if (step == 3)
        lanes += pick_samples (data, 0x00ff0000000000ff, 0x00000000ff000000)
                 + pick_samples (data + 8, 0x000000ff00000000, 0xff0000000000ff00)
                 + pick_samples (data + 16, 0x0000000000ff0000, 0x0000ff0000000000);
      else
        lanes += pick_samples (data, step == 4 ? fourth : even, step == 1 ? even << 8 : 0);
    }
    lanes = (lanes & 0x0000ffff0000ffff) + (lanes >> 16 & 0x0000ffff0000ffff);
    sum += (guint32)lanes + (guint32)(lanes >> 32);
    n -= n_units * per_unit;
  }
  for (guint i = 0; i < n; i++)
    sum += data[(gsize)i * step];
  return sum;
}

static inline guint
load_sample (const guint8 *data, guint shift, guint mask)
{
  guint16 word;
  memcpy (&word, data, sizeof word);
  return word >> shift & mask;
}

/* The same for 16-bit words, with values in `mask` after a shift, in 32-bit lanes: enough for 65,536 samples. */
static inline guint32
sum_words (const guint8 *data, guint n, const guint step, guint shift, guint mask)
{
  const guint64 masks = mask | (guint64)mask << 32;
  const guint per_unit = 8 / step; /* samples of 64 bits */
  guint64 lanes = 0;
  for (; n > per_unit; n -= per_unit, data += 8) {
    guint64 word = load_word (data) >> shift;
    lanes += (word & masks) + (step == 2 ? word >> 16 & masks : 0);
  }
  guint32 sum = (guint32)lanes + (guint32)(lanes >> 32);
  for (guint i = 0; i < n; i++)
    sum += load_sample (data + (gsize)i * step, shift, mask);
  return sum;
}

static guint32
sum_words_of_step (const guint8 *data, guint n, guint step, guint shift, guint mask)
{
  switch (step) {
  case 2:
    return sum_words (data, n, 2, shift, mask);
  case 4:
    return sum_words (data, n, 4, shift, mask);
  default: {
    guint32 sum = 0;
    for (guint i = 0; i < n; i++)
      sum += load_sample (data + (gsize)i * step, shift, mask);
    return sum;
  }
  }
}

/* A cell's samples along one axis of a component. Chroma may have fewer samples than there are cells. */
typedef struct
{
  guint start, n;
} Span;

static void
divide_axis (guint n_in, guint n_cells, Span *ret)
{
  for (guint i = 0; i < n_cells; i++) {
    ret[i].start = (guint64)n_in * i / n_cells;
    ret[i].n = MAX ((guint64)n_in * (i + 1) / n_cells - ret[i].start, 1);
  }
}

static inline void
add_line (const guint8 *line, const Span *spans, guint n, const guint step, guint32 *sums)
{
  for (guint i = 0; i < n; i++)
    sums[i] += sum_samples (line + (gsize)spans[i].start * step, spans[i].n, step);
}

static void
add_line_of_step (const guint8 *line, const Span *spans, guint n, guint step, guint32 *sums)
{
  switch (step) {
  case 1:
    add_line (line, spans, n, 1, sums);
    break;
  case 2:
    add_line (line, spans, n, 2, sums);
    break;
  case 3:
    add_line (line, spans, n, 3, sums);
    break;
  default:
    add_line (line, spans, n, 4, sums);
    break;
  }
}

/* ret: the first cell's value, on the scale of 8 bits; the others follow at every third float. */
static void
average_component (
    const ClipImage *image, const ClipFormatInfo *layout, guint component, guint columns, guint rows, float *ret)
{
  guint plane = layout->components[component].plane, step = layout->components[component].step;
  guint h_shift = component ? layout->h_shift : 0, v_shift = component ? layout->v_shift : 0;
  const guint8 *data = image->planes[plane] + layout->components[component].offset;
  guint shift = layout->components[component].shift, mask = (1u << layout->depth) - 1;
  gboolean deep = layout->depth > 8, chroma = component > 0 && layout->colour == CLIP_COLOUR_YUV;
  float scale = deep ? clip_format_info_get_scale (layout, image->full_range) : 1;
  float centre = deep && chroma ? 1u << (layout->depth - 1) : 0, level = deep && chroma ? 128 : 0;
  Span x[CLIP_CHANGE_LONG_SIDE], y[CLIP_CHANGE_LONG_SIDE];
  divide_axis ((image->width + (1u << h_shift) - 1) >> h_shift, columns, x);
  divide_axis ((image->height + (1u << v_shift) - 1) >> v_shift, rows, y);

  for (guint row = 0; row < rows; row++) {
    guint32 sums[CLIP_CHANGE_LONG_SIDE] = { 0 };
    guint n_lines = MIN (y[row].n, LINES_PER_CELL);
    for (guint i = 0; i < n_lines; i++) {
      guint line = y[row].start + (2 * i + 1) * y[row].n / (2 * n_lines);
      const guint8 *samples = data + (gssize)line * image->strides[plane];
      if (!deep)
        add_line_of_step (samples, x, columns, step, sums);
      for (guint column = 0; deep && column < columns; column++)
        sums[column] += sum_words_of_step (samples + (gsize)x[column].start * step, x[column].n, step, shift, mask);
    }
    for (guint column = 0; column < columns; column++, ret += 3)
      *ret = ((float)sums[column] / (n_lines * x[column].n) - centre) * scale + level;
  }
}

/* ---- Colour --------------------------------------------------------------------------------------------------- */

/* Y'CbCr of 8 bits to R'G'B' of 0..255. */
static void
convert_cells (const ClipImage *image, float (*cells)[3], guint n)
{
  double red_weight = 0.299, blue_weight = 0.114; /* without chroma any will do */
  clip_matrix_get_weights (image->matrix, &red_weight, &blue_weight);
  float red = red_weight, blue = blue_weight, green = 1 - red - blue;
  float offset = image->full_range ? 0 : 16;
  float y_scale = image->full_range ? 1 : 255.0f / 219;
  float c_scale = image->full_range ? 2 : 2 * 255.0f / 224;

  for (guint i = 0; i < n; i++) {
    float y = (cells[i][0] - offset) * y_scale;
    float b = (cells[i][1] - 128) * (1 - blue) * c_scale;
    float r = (cells[i][2] - 128) * (1 - red) * c_scale;
    cells[i][0] = y + r;
    cells[i][1] = y - (red * r + blue * b) / green;
    cells[i][2] = y + b;
  }
}

gboolean
clip_change_make_thumbnail (const ClipImage *image, ClipThumbnail *ret_thumbnail, GError **error)
{
  if (!clip_frame_check (image, error))
    return FALSE;

  const ClipFormatInfo *layout = clip_format_get_info (image->format);
  guint n_components = clip_format_info_n_components (layout);
  gboolean has_shape = image->par_n && image->par_d;
  guint64 width = (guint64)image->width * (has_shape ? image->par_n : 1);
  guint64 height = (guint64)image->height * (has_shape ? image->par_d : 1);
  gboolean tall = height > width;
  guint columns = MIN (image->width, tall ? CLIP_CHANGE_SHORT_SIDE : CLIP_CHANGE_LONG_SIDE);
  guint rows = MIN (image->height, tall ? CLIP_CHANGE_LONG_SIDE : CLIP_CHANGE_SHORT_SIDE);
  float cells[G_N_ELEMENTS (ret_thumbnail->cells)][3];

  ret_thumbnail->format = image->format;
  ret_thumbnail->width = width;
  ret_thumbnail->height = height;
  ret_thumbnail->orientation = image->orientation;
  ret_thumbnail->columns = columns;
  ret_thumbnail->n_cells = columns * rows;

  for (guint c = 0; c < n_components; c++)
    average_component (image, layout, c, columns, rows, &cells[0][c]);
  for (guint i = 0; n_components == 1 && i < ret_thumbnail->n_cells; i++)
    cells[i][1] = cells[i][2] = 128;
  if (layout->colour != CLIP_COLOUR_RGB)
    convert_cells (image, cells, ret_thumbnail->n_cells);
  for (guint i = 0; i < ret_thumbnail->n_cells; i++)
    for (guint c = 0; c < 3; c++)
      ret_thumbnail->cells[i][c] = (guint16)(CLAMP (cells[i][c], 0.0f, 255.0f) * 256 + 0.5f);
  return TRUE;
}

static gboolean
is_inside (const ClipThumbnail *self, guint cell, const ClipPoint *points, guint n)
{
  double x = (cell % self->columns + 0.5) / self->columns;
  double y = (cell / self->columns + 0.5) / (self->n_cells / self->columns);
  double crossings[CLIP_MAX_ZONE_POINTS];
  clip_frame_to_upright (self->orientation, &x, &y);
  guint n_crossings = clip_polygon_cross (points, n, y, crossings), passed = 0;
  while (passed < n_crossings && crossings[passed] <= x)
    passed++;
  return passed % 2;
}

void
clip_thumbnail_mask (ClipThumbnail *self, const ClipPoint *points, guint n)
{
  guint n_left = 0;
  g_return_if_fail (n <= CLIP_MAX_ZONE_POINTS);
  for (guint i = 0; i < self->n_cells; i++)
    if (is_inside (self, i, points, n))
      memmove (self->cells[n_left++], self->cells[i], sizeof self->cells[i]);
  if (n_left)
    self->n_cells = n_left;
}

/* ---- Comparison ----------------------------------------------------------------------------------------------- */

void
clip_change_forget (ClipChange *self)
{
  self->has_last = FALSE;
}

void
clip_change_remember (ClipChange *self, const ClipThumbnail *thumbnail)
{
  self->last = *thumbnail;
  self->has_last = TRUE;
}

double
clip_change_measure (ClipChange *self, const ClipThumbnail *thumbnail)
{
  const ClipThumbnail *last = &self->last;
  if (self->has_last
      && (last->format != thumbnail->format || last->width != thumbnail->width || last->height != thumbnail->height
          || last->orientation != thumbnail->orientation || last->n_cells != thumbnail->n_cells))
    clip_change_forget (self);
  if (!self->has_last)
    return 100;

  guint64 sum = 0;
  for (guint i = 0; i < thumbnail->n_cells; i++)
    for (guint c = 0; c < 3; c++) {
      gint64 difference = (gint)thumbnail->cells[i][c] - last->cells[i][c];
      sum += difference * difference;
    }
  return 100 * sqrt ((double)sum / (3 * thumbnail->n_cells)) / FULL_SCALE;
}
