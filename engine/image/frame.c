/* SPDX-License-Identifier: MIT
 *
 * frame.c: checks a ClipImage and finds the upright picture's samples in it. See frame.h.
 */
#include "image/frame.h"

#include <math.h>

/* ---- Orientation ------------------------------------------------------------------------------------------- */

/* How upright axes run through memory. */
typedef struct
{
  gboolean transposed;              /* upright columns are rows in memory */
  gboolean columns_back, rows_back; /* columns or rows in memory are read from the last to the first */
} Turn;

static const Turn turns[] = {
  [CLIP_ORIENTATION_IDENTITY] = { FALSE, FALSE, FALSE },
  [CLIP_ORIENTATION_90R] = { TRUE, FALSE, TRUE },
  [CLIP_ORIENTATION_180] = { FALSE, TRUE, TRUE },
  [CLIP_ORIENTATION_90L] = { TRUE, TRUE, FALSE },
  [CLIP_ORIENTATION_HORIZ] = { FALSE, TRUE, FALSE },
  [CLIP_ORIENTATION_VERT] = { FALSE, FALSE, TRUE },
  [CLIP_ORIENTATION_UL_LR] = { TRUE, FALSE, FALSE },
  [CLIP_ORIENTATION_UR_LL] = { TRUE, TRUE, TRUE },
};

/* ---- Checks ------------------------------------------------------------------------------------------------ */

/* Samples of a component along one axis, rounded up. */
static guint
subsampled (guint size, guint shift)
{
  return (size + (1u << shift) - 1) >> shift;
}

static gboolean
check_plane (const ClipImage *image, const ClipFormatInfo *format, guint plane, GError **error)
{
  guint row = 0; /* bytes */
  for (guint c = 0; c < clip_format_info_n_components (format); c++)
    if (format->components[c].plane == plane)
      row = MAX (row, subsampled (image->width, c ? format->h_shift : 0) * format->components[c].step);

  if (!image->planes[plane]) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE, "picture of %ux%u %s: plane %u is NULL", image->width,
        image->height, format->names[0], plane);
    return FALSE;
  }
  if (ABS ((gint64)image->strides[plane]) < row) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE,
        "picture of %ux%u %s: plane %u has a stride of %d bytes, a row %u", image->width, image->height,
        format->names[0], plane, image->strides[plane], row);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_value (const ClipImage *image, const char *what, guint value, guint n, GError **error)
{
  if (value < n)
    return TRUE;
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE, "picture of %ux%u %s: unknown %s %d", image->width, image->height,
      clip_format_get_info (image->format)->names[0], what, (gint)value);
  return FALSE;
}

static gboolean
has_square_pixels (const ClipImage *image)
{
  return image->par_n == 0 || image->par_d == 0 || image->par_n == image->par_d;
}

static gboolean
check_pixel_shape (const ClipImage *image, GError **error)
{
  guint64 n = image->par_n, d = image->par_d;
  if (has_square_pixels (image) || (n <= CLIP_IMAGE_MAX_PIXEL * d && d <= CLIP_IMAGE_MAX_PIXEL * n))
    return TRUE;
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE,
      "picture of %ux%u %s: a pixel's width to height is %u:%u, expected 1:%d to %d:1", image->width, image->height,
      clip_format_get_info (image->format)->names[0], image->par_n, image->par_d, CLIP_IMAGE_MAX_PIXEL,
      CLIP_IMAGE_MAX_PIXEL);
  return FALSE;
}

gboolean
clip_frame_check (const ClipImage *image, GError **error)
{
  const ClipFormatInfo *format = clip_format_get_info (image->format);
  if (!format) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE, "picture: unknown format %d", (gint)image->format);
    return FALSE;
  }
  if (image->width == 0 || image->height == 0 || image->width > CLIP_IMAGE_MAX_SIDE
      || image->height > CLIP_IMAGE_MAX_SIDE) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE, "picture of %ux%u %s: expected sides of 1 to %d pixels",
        image->width, image->height, format->names[0], CLIP_IMAGE_MAX_SIDE);
    return FALSE;
  }
  gboolean is_yuv = format->colour == CLIP_COLOUR_YUV;
  if (!check_value (image, "colour matrix", is_yuv ? image->matrix : 0, CLIP_MATRIX_SMPTE240M + 1, error)
      || !check_value (image, "transfer", image->transfer, CLIP_TRANSFER_HLG + 1, error)
      || !check_value (image, "primaries", image->primaries, CLIP_PRIMARIES_BT2020 + 1, error)
      || !check_value (image, "orientation", image->orientation, G_N_ELEMENTS (turns), error)
      || !check_pixel_shape (image, error))
    return FALSE;
  for (guint plane = 0; plane < format->n_planes; plane++)
    if (!check_plane (image, format, plane, error))
      return FALSE;
  return TRUE;
}

/* ---- Shape ------------------------------------------------------------------------------------------------- */

static guint
scale_rounded (guint value, guint n, guint d)
{
  return (guint)(((guint64)value * n * 2 + d) / ((guint64)d * 2)); /* below 2^15 * 2^32 * 2 */
}

void
clip_frame_get_display_size (const ClipImage *image, guint *ret_width, guint *ret_height)
{
  guint width = image->width, height = image->height;
  if (has_square_pixels (image))
    ;
  else if (image->par_n > image->par_d)
    width = scale_rounded (width, image->par_n, image->par_d);
  else
    height = scale_rounded (height, image->par_d, image->par_n);

  gboolean transposed = turns[image->orientation].transposed;
  *ret_width = transposed ? height : width;
  *ret_height = transposed ? width : height;
}

void
clip_frame_to_upright (ClipOrientation orientation, double *x, double *y)
{
  const Turn *turn = &turns[orientation];
  double column = turn->columns_back ? 1 - *x : *x, row = turn->rows_back ? 1 - *y : *y;
  *x = turn->transposed ? row : column;
  *y = turn->transposed ? column : row;
}

/* ---- Samples ----------------------------------------------------------------------------------------------- */

ClipFramePlane
clip_frame_get_plane (const ClipImage *image, guint component)
{
  const ClipFormatInfo *format = clip_format_get_info (image->format);
  const Turn *turn = &turns[image->orientation];
  guint plane = format->components[component].plane;
  const guint8 *data = image->planes[plane] + format->components[component].offset;
  gssize by_column = format->components[component].step, by_row = image->strides[plane];

  if (turn->columns_back) {
    data += (gssize)(subsampled (image->width, component ? format->h_shift : 0) - 1) * by_column;
    by_column = -by_column;
  }
  if (turn->rows_back) {
    data += (gssize)(subsampled (image->height, component ? format->v_shift : 0) - 1) * by_row;
    by_row = -by_row;
  }
  return turn->transposed ? (ClipFramePlane){ data, by_column, by_row } : (ClipFramePlane){ data, by_row, by_column };
}

static ClipFrameAxis
make_axis (guint size, guint shift, gboolean cosited, gboolean back)
{
  guint n = subsampled (size, shift);
  double late = shift && cosited ? 0.5 - 0.5 / (1 << shift) : 0.0;
  double start = late, end = (double)size / (1 << shift) + late;
  return back ? (ClipFrameAxis){ n, n - end, n - start } : (ClipFrameAxis){ n, start, end };
}

void
clip_frame_get_axes (const ClipImage *image, gboolean chroma, ClipFrameAxis *ret_x, ClipFrameAxis *ret_y)
{
  const ClipFormatInfo *format = clip_format_get_info (image->format);
  const Turn *turn = &turns[image->orientation];
  ClipFrameAxis columns = make_axis (
      image->width, chroma ? format->h_shift : 0, image->chroma_site & CLIP_CHROMA_H_COSITED, turn->columns_back);
  ClipFrameAxis rows = make_axis (
      image->height, chroma ? format->v_shift : 0, image->chroma_site & CLIP_CHROMA_V_COSITED, turn->rows_back);
  *ret_x = turn->transposed ? rows : columns;
  *ret_y = turn->transposed ? columns : rows;
}
