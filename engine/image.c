/* SPDX-License-Identifier: MIT
 *
 * image.c: layouts, fit, colour and normalisation around resample.c. See image.h.
 *
 * Order: resize each component as it lies in memory, turn Y'CbCr into RGB at the model's size, make normalised floats
 * of each 8-bit value (pixels.c). Exact, since a resized value has 8 bits: Pillow rounds there, too. Everything
 * that depends on the frame's geometry is made once and kept. One caller at a time.
 */
#include "image.h"

#include <math.h>
#include <string.h>

#include "pixels.h"

/* Samples of a component along one axis; chroma of an odd size counts the half pixel. */
static guint
subsampled (guint size, guint shift)
{
  return (size + (1u << shift) - 1) >> shift;
}

/* ---- Where the picture goes ------------------------------------------------------------------------------- */

/* One axis: of the picture resized to n_full, `n` pixels from `first` on land at `dest` of the square. */
typedef struct
{
  guint n_full;
  guint first, n, dest;
} Placement;

struct _ClipImagePipe
{
  ClipPreprocessConfig config;
  guint size;
  ClipFit fit;
  ClipCropRule rule;
  ClipPixelKernels kernels;
  ClipLevels levels[3]; /* of each channel: 8-bit value -> normalised */
  guint8 bar_rgb[3];    /* what surrounds a picture that does not fill the square */
  float bar_pixel[3];   /* the same, normalised */
  guint8 *planes;       /* [3][size][size]: resized components, then R, G, B */

  /* What the last frame's geometry needed; has_geometry is FALSE while there is none. */
  gboolean has_geometry;
  const ClipFormatInfo *layout;
  guint width, height;
  ClipChromaSite chroma_site;
  Placement x, y;
  ClipResampler main, chroma; /* main: luma, or all three of RGB */
};

/* transformers.image_transforms.get_resize_output_image_size: the long side is cut, not rounded. */
static void
get_resized (const ClipImagePipe *self, guint width, guint height, guint *ret_width, guint *ret_height)
{
  const ClipPreprocessConfig *config = &self->config;
  guint longest = MAX (width, height);
  switch (self->fit) {
  case CLIP_FIT_STRETCH:
    *ret_width = *ret_height = self->size;
    return;
  case CLIP_FIT_PAD:
    *ret_width = MAX (1, (2 * (guint64)self->size * width + longest) / (2 * longest));
    *ret_height = MAX (1, (2 * (guint64)self->size * height + longest) / (2 * longest));
    return;
  case CLIP_FIT_CROP:
  default:
    break;
  }

  *ret_width = width;
  *ret_height = height;
  if (config->do_resize && config->shortest_edge) {
    guint shortest = MIN (width, height);
    *ret_width = (guint64)config->shortest_edge * width / shortest;
    *ret_height = (guint64)config->shortest_edge * height / shortest;
  } else if (config->do_resize) {
    *ret_width = config->resize_width;
    *ret_height = config->resize_height;
  }
}

/* Centre crop, or where the picture is too small, black around it. transformers.image_transforms.center_crop floors the
 * crop's offset and has the wider bar at the top; torchvision rounds half to even and has it at the bottom. */
static Placement
place (const ClipImagePipe *self, guint n_full)
{
  gboolean half_even = self->rule == CLIP_CROP_HALF_EVEN;
  if (n_full >= self->size) {
    guint spare = n_full - self->size;
    guint first = spare / 2;
    if (half_even && (spare & 1) && (first & 1))
      first++;
    return (Placement){ .n_full = n_full, .first = first, .n = self->size };
  }
  guint bars = self->size - n_full;
  gboolean wider_first = self->fit == CLIP_FIT_CROP && !half_even;
  return (Placement){ .n_full = n_full, .n = n_full, .dest = (bars + wider_first) / 2 };
}

/* A chroma sample covers 1 << shift pixels of the picture, centred or at the first one's centre: of an odd size the
 * last sample is used by half, and co-sited ones start a quarter of a sample late. */
static ClipResampleSpan
make_span (const Placement *placement, guint size, guint shift, gboolean cosited)
{
  double late = shift && cosited ? 0.5 - 0.5 / (1 << shift) : 0.0;
  return (ClipResampleSpan){
    .n_in = subsampled (size, shift),
    .box_start = late,
    .box_end = (double)size / (1 << shift) + late,
    .n_full = placement->n_full,
    .first = placement->first,
    .n_out = placement->n,
  };
}

static void
drop_geometry (ClipImagePipe *self)
{
  clip_resampler_clear (&self->main);
  clip_resampler_clear (&self->chroma);
  self->has_geometry = FALSE;
}

static void
fill_planes (ClipImagePipe *self)
{
  gsize area = (gsize)self->size * self->size;
  for (guint c = 0; c < 3; c++)
    memset (self->planes + c * area, self->bar_rgb[c], area);
}

static gboolean
prepare_geometry (ClipImagePipe *self, const ClipImage *image, GError **error)
{
  const ClipFormatInfo *layout = clip_format_get_info (image->format);
  if (self->has_geometry && self->layout == layout && self->width == image->width && self->height == image->height
      && self->chroma_site == image->chroma_site)
    return TRUE;

  drop_geometry (self);
  self->layout = layout;
  self->width = image->width;
  self->height = image->height;
  self->chroma_site = image->chroma_site;

  guint full_width, full_height;
  get_resized (self, image->width, image->height, &full_width, &full_height);
  self->x = place (self, full_width);
  self->y = place (self, full_height);

  ClipResampleSpan horizontal = make_span (&self->x, image->width, 0, FALSE);
  ClipResampleSpan vertical = make_span (&self->y, image->height, 0, FALSE);
  ClipResample filter = self->config.resample;
  gboolean ok
      = clip_resampler_init (&self->main, &horizontal, &vertical, filter, layout->colour == CLIP_COLOUR_RGB ? 3 : 1);
  if (ok && layout->colour == CLIP_COLOUR_YUV) {
    horizontal = make_span (&self->x, image->width, layout->h_shift, image->chroma_site & CLIP_CHROMA_H_COSITED);
    vertical = make_span (&self->y, image->height, layout->v_shift, image->chroma_site & CLIP_CHROMA_V_COSITED);
    ok = clip_resampler_init (&self->chroma, &horizontal, &vertical, filter, 2);
  }
  if (!ok) {
    drop_geometry (self);
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "no memory to resize a picture of %ux%u to %ux%u", image->width,
        image->height, full_width, full_height);
    return FALSE;
  }
  fill_planes (self);
  self->has_geometry = TRUE;
  return TRUE;
}

/* ---- Checks ------------------------------------------------------------------------------------------------ */

static gboolean
check_plane (const ClipImage *image, const ClipFormatInfo *layout, guint plane, GError **error)
{
  guint row = 0; /* bytes */
  for (guint c = 0; c < clip_format_info_n_components (layout); c++)
    if (layout->components[c].plane == plane)
      row = MAX (row, subsampled (image->width, c ? layout->h_shift : 0) * layout->components[c].step);
  if (row == 0)
    return TRUE; /* a plane that the format does not have */

  if (!image->planes[plane]) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE, "picture of %ux%u %s: plane %u is NULL", image->width,
        image->height, layout->names[0], plane);
    return FALSE;
  }
  if (ABS ((gint64)image->strides[plane]) < row) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE,
        "picture of %ux%u %s: plane %u has a stride of %d bytes, a row %u", image->width, image->height,
        layout->names[0], plane, image->strides[plane], row);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_image (const ClipImage *image, GError **error)
{
  const ClipFormatInfo *layout = clip_format_get_info (image->format);
  if (!layout) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE, "picture: unknown format %d", (gint)image->format);
    return FALSE;
  }
  if (image->width == 0 || image->height == 0 || image->width > CLIP_IMAGE_MAX_SIDE
      || image->height > CLIP_IMAGE_MAX_SIDE) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE, "picture of %ux%u %s: expected sides of 1 to %d pixels",
        image->width, image->height, layout->names[0], CLIP_IMAGE_MAX_SIDE);
    return FALSE;
  }
  if (layout->colour == CLIP_COLOUR_YUV && (guint)image->matrix > CLIP_MATRIX_SMPTE240M) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE, "picture of %ux%u %s: unknown colour matrix %d", image->width,
        image->height, layout->names[0], (gint)image->matrix);
    return FALSE;
  }
  for (guint plane = 0; plane < 3; plane++)
    if (!check_plane (image, layout, plane, error))
      return FALSE;
  return TRUE;
}

/* ---- Colour ------------------------------------------------------------------------------------------------ */

static ClipColourMatrix
make_matrix (const ClipImage *image)
{
  /* Gray has no chroma (128 throughout), so that any matrix will do. */
  gboolean gray = clip_format_get_info (image->format)->colour == CLIP_COLOUR_GRAY;
  double red = 0, blue = 0;
  clip_matrix_get_weights (gray ? CLIP_MATRIX_BT601 : image->matrix, &red, &blue);
  return clip_colour_matrix (red, blue, image->full_range);
}

/* ---- The pipe ---------------------------------------------------------------------------------------------- */

static void
fill_levels (ClipImagePipe *self)
{
  const ClipPreprocessConfig *config = &self->config;
  double scale = config->do_rescale ? config->rescale_factor : 1.0;
  for (guint c = 0; c < 3; c++) {
    gboolean normalize = config->do_normalize;
    clip_levels_init (&self->levels[c], scale, normalize ? config->mean[c] : 0.0f, normalize ? config->std[c] : 1.0f);
    if (self->fit == CLIP_FIT_PAD) {
      double level = floor (config->mean[c] / scale + 0.5);
      self->bar_rgb[c] = (guint8)CLAMP (level, 0.0, 255.0);
    }
    self->bar_pixel[c] = self->fit == CLIP_FIT_PAD && normalize ? 0.0f : self->levels[c].table[self->bar_rgb[c]];
  }
}

ClipImagePipe *
clip_image_pipe_new (const ClipPreprocessConfig *config, guint image_size, ClipFit fit, ClipCropRule rule)
{
  g_return_val_if_fail (image_size >= 1 && image_size <= CLIP_INPUT_MAX_SIDE, NULL);

  guint8 *planes = g_try_malloc ((gsize)3 * image_size * image_size);
  if (!planes)
    return NULL;
  ClipImagePipe *self = g_new0 (ClipImagePipe, 1);
  self->config = *config;
  self->size = image_size;
  self->fit = fit;
  self->rule = rule;
  self->planes = planes;
  fill_levels (self);
  self->kernels = clip_pixel_kernels_choose ();
  return self;
}

void
clip_image_pipe_free (ClipImagePipe *self)
{
  if (!self)
    return;
  drop_geometry (self);
  g_free (self->planes);
  g_free (self);
}

/* Leaves R, G and B in self->planes, bars included. */
static gboolean
make_rgb (ClipImagePipe *self, const ClipImage *image, GError **error)
{
  if (!check_image (image, error) || !prepare_geometry (self, image, error))
    return FALSE;

  const ClipFormatInfo *layout = self->layout;
  gsize area = (gsize)self->size * self->size;
  ClipSamples in[3] = { 0 };
  guint8 *out[3];
  for (guint c = 0; c < 3; c++)
    out[c] = self->planes + c * area + (gsize)self->y.dest * self->size + self->x.dest;
  for (guint c = 0; c < clip_format_info_n_components (layout); c++) {
    guint plane = layout->components[c].plane;
    in[c].data = image->planes[plane] + layout->components[c].offset;
    in[c].row_stride = image->strides[plane];
    in[c].step = layout->components[c].step;
  }

  clip_resampler_run (&self->main, in, out, self->size);
  if (layout->colour == CLIP_COLOUR_RGB)
    return TRUE;

  if (layout->colour == CLIP_COLOUR_YUV)
    clip_resampler_run (&self->chroma, in + 1, out + 1, self->size);
  ClipColourMatrix matrix = make_matrix (image);
  for (guint y = 0; y < self->y.n; y++) {
    gsize row = (gsize)y * self->size;
    if (layout->colour == CLIP_COLOUR_GRAY) {
      memset (out[1] + row, 128, self->x.n);
      memset (out[2] + row, 128, self->x.n);
    }
    self->kernels.colour (&matrix, self->x.n, out[0] + row, out[1] + row, out[2] + row);
  }
  return TRUE;
}

static void
fill (float *ret, guint start, guint end, float value)
{
  for (guint x = start; x < end; x++)
    ret[x] = value;
}

gboolean
clip_image_pipe_run (ClipImagePipe *self, const ClipImage *image, float *ret_pixels, GError **error)
{
  if (!make_rgb (self, image, error))
    return FALSE;

  for (guint c = 0; c < 3; c++) {
    for (guint y = 0; y < self->size; y++) {
      const guint8 *in = self->planes + ((gsize)c * self->size + y) * self->size;
      float *ret = ret_pixels + ((gsize)c * self->size + y) * self->size;
      gboolean inside = y >= self->y.dest && y < self->y.dest + self->y.n;
      guint start = inside ? self->x.dest : self->size;
      guint end = inside ? self->x.dest + self->x.n : self->size;
      fill (ret, 0, start, self->bar_pixel[c]);
      self->kernels.levels (&self->levels[c], end - start, in + start, ret + start);
      fill (ret, end, self->size, self->bar_pixel[c]);
    }
  }
  return TRUE;
}

gboolean
clip_image_pipe_run_u8 (ClipImagePipe *self, const ClipImage *image, guint8 *ret_rgb, GError **error)
{
  if (!make_rgb (self, image, error))
    return FALSE;

  gsize area = (gsize)self->size * self->size;
  for (gsize i = 0; i < area; i++)
    for (guint c = 0; c < 3; c++)
      ret_rgb[3 * i + c] = self->planes[c * area + i];
  return TRUE;
}
