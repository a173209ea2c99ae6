/* SPDX-License-Identifier: MIT
 *
 * image.c: fit, colour and normalisation around the resize. See image.h.
 *
 * Order: resize each component from memory order to upright, convert Y'CbCr to RGB at the model's size, normalise each
 * 8-bit value to a float (pixels.c). That is exact: Pillow, too, rounds resized values to 8 bits. Whatever depends on
 * the frame's geometry is computed once and kept. One caller at a time.
 */
#include "image/image.h"

#include <math.h>
#include <string.h>

#include "image/frame.h"
#include "image/hdr.h"
#include "image/pixels.h"
#include "image/polygon.h"
#include "image/resample-deep.h"
#include "image/resample.h"

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
  guint8 bar_rgb[3];    /* around a picture that does not fill the square */
  float bar_pixel[3];   /* the same, normalised */
  float mean_pixel[3];  /* the mean colour, normalised */
  guint8 *planes;       /* [3][size][size]: resized components, then R, G, B */
  float *floats;        /* the same of deep and HDR formats, on the scale of 8 bits; NULL until the first such frame */

  /* For the geometry of the last frame, which is `key`; valid with has_geometry. */
  gboolean has_geometry;
  ClipImage key;
  const ClipFormatInfo *format;
  Placement x, y;
  ClipResampler main, chroma; /* main: luma, or all three of RGB */
  ClipDeepResampler deep_main, deep_chroma;

  gboolean has_hdr;
  ClipTransfer transfer;
  ClipPrimaries primaries;
  float max_luminance;
  ClipHdr hdr;
};

#define MAX_RESIZED (1 << 30) /* side of the whole resized picture, of which only a crop is computed */

/* transformers.image_transforms.get_resize_output_image_size: the long side is truncated, not rounded. */
static void
get_resized (const ClipImagePipe *self, guint width, guint height, guint64 *ret_width, guint64 *ret_height)
{
  const ClipPreprocessConfig *config = &self->config;
  guint64 longest = MAX (width, height), shortest = MIN (width, height);
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
    *ret_width = (guint64)config->shortest_edge * width / shortest;
    *ret_height = (guint64)config->shortest_edge * height / shortest;
  } else if (config->do_resize) {
    *ret_width = config->resize_width;
    *ret_height = config->resize_height;
  }
}

/* Centre crop, or bars around a smaller picture. transformers.image_transforms.center_crop floors the crop's offset and
 * puts the wider bar at the top; torchvision rounds half to even and puts it at the bottom. */
static Placement
place_axis (const ClipImagePipe *self, guint n_full)
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

static ClipResampleSpan
make_span (const Placement *placement, const ClipFrameAxis *axis)
{
  return (ClipResampleSpan){
    .n_in = axis->n,
    .box_start = axis->start,
    .box_end = axis->end,
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
  clip_deep_resampler_clear (&self->deep_main);
  clip_deep_resampler_clear (&self->deep_chroma);
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
is_same_geometry (const ClipImage *a, const ClipImage *b)
{
  return a->format == b->format && a->width == b->width && a->height == b->height && a->chroma_site == b->chroma_site
         && a->par_n == b->par_n && a->par_d == b->par_d && a->orientation == b->orientation;
}

/* The tables for luma or R, G, B, or for chroma. */
static gboolean
init_resampler (ClipImagePipe *self, const ClipImage *image, gboolean chroma)
{
  ClipFrameAxis x, y;
  clip_frame_get_axes (image, chroma, &x, &y);
  ClipResampleSpan horizontal = make_span (&self->x, &x), vertical = make_span (&self->y, &y);
  ClipResample filter = self->config.resample;
  guint n_components = chroma ? 2 : self->format->colour == CLIP_COLOUR_RGB ? 3 : 1;
  if (self->format->depth > 8)
    return clip_deep_resampler_init (
        chroma ? &self->deep_chroma : &self->deep_main, &horizontal, &vertical, filter, n_components);
  return clip_resampler_init (chroma ? &self->chroma : &self->main, &horizontal, &vertical, filter, n_components);
}

static gboolean
prepare_geometry (ClipImagePipe *self, const ClipImage *image, GError **error)
{
  if (self->has_geometry && is_same_geometry (image, &self->key))
    return TRUE;

  drop_geometry (self);
  self->key = *image;
  self->format = clip_format_get_info (image->format);

  guint width, height;
  guint64 full_width, full_height;
  clip_frame_get_display_size (image, &width, &height);
  get_resized (self, width, height, &full_width, &full_height);
  if (MAX (full_width, full_height) > MAX_RESIZED) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE,
        "picture of %ux%u %s: its display shape of %ux%u is too long for an input of %ux%u", image->width,
        image->height, self->format->names[0], width, height, self->size, self->size);
    return FALSE;
  }
  self->x = place_axis (self, full_width);
  self->y = place_axis (self, full_height);

  if (!init_resampler (self, image, FALSE)
      || (self->format->colour == CLIP_COLOUR_YUV && !init_resampler (self, image, TRUE))) {
    drop_geometry (self);
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY,
        "no memory to resize a picture of %ux%u to %" G_GUINT64_FORMAT "x%" G_GUINT64_FORMAT, image->width,
        image->height, full_width, full_height);
    return FALSE;
  }
  fill_planes (self);
  self->has_geometry = TRUE;
  return TRUE;
}

/* ---- Colour ------------------------------------------------------------------------------------------------ */

static void
get_weights (const ClipImage *image, double *ret_red, double *ret_blue)
{
  /* Without chroma any matrix will do. */
  gboolean is_yuv = clip_format_get_info (image->format)->colour == CLIP_COLOUR_YUV;
  clip_matrix_get_weights (is_yuv ? image->matrix : CLIP_MATRIX_BT601, ret_red, ret_blue);
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
    double level = floor (config->mean[c] / scale + 0.5);
    guint8 mean = (guint8)CLAMP (level, 0.0, 255.0);
    self->mean_pixel[c] = normalize ? 0.0f : self->levels[c].table[mean];
    if (self->fit == CLIP_FIT_PAD)
      self->bar_rgb[c] = mean;
    self->bar_pixel[c] = self->fit == CLIP_FIT_PAD ? self->mean_pixel[c] : self->levels[c].table[self->bar_rgb[c]];
  }
}

ClipImagePipe *
clip_image_pipe_new (const ClipPreprocessConfig *config, guint image_size, ClipFit fit, ClipCropRule rule)
{
  g_return_val_if_fail (image_size >= 1 && image_size <= CLIP_INPUT_MAX_SIDE, NULL);

  ClipImagePipe *self = g_try_new0 (ClipImagePipe, 1);
  guint8 *planes = self ? g_try_malloc ((gsize)3 * image_size * image_size) : NULL;
  if (!planes) {
    g_free (self);
    return NULL;
  }
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
  g_free (self->floats);
  g_free (self);
}

/* ---- Eight bits -------------------------------------------------------------------------------------------- */

/* Where component c's part of the square begins in planes or floats. */
static gsize
part_offset (const ClipImagePipe *self, guint c)
{
  return ((gsize)c * self->size + self->y.dest) * self->size + self->x.dest;
}

/* To self->planes, without conversion. */
static void
resize_planes (ClipImagePipe *self, const ClipImage *image)
{
  ClipSamples in[3];
  guint8 *out[3];
  for (guint c = 0; c < clip_format_info_n_components (self->format); c++) {
    ClipFramePlane plane = clip_frame_get_plane (image, c);
    in[c] = (ClipSamples){ plane.data, plane.row_stride, plane.step };
    out[c] = self->planes + part_offset (self, c);
  }
  clip_resampler_run (&self->main, in, out, self->size);
  if (self->format->colour == CLIP_COLOUR_YUV)
    clip_resampler_run (&self->chroma, in + 1, out + 1, self->size);
}

/* Converts self->planes to R, G, B. */
static void
convert_planes (ClipImagePipe *self, const ClipImage *image)
{
  if (self->format->colour == CLIP_COLOUR_RGB)
    return;
  double red, blue;
  get_weights (image, &red, &blue);
  ClipColourMatrix matrix = clip_colour_matrix (red, blue, image->full_range);
  guint8 *out[3];
  for (guint c = 0; c < 3; c++)
    out[c] = self->planes + part_offset (self, c);
  for (guint y = 0; y < self->y.n; y++) {
    gsize row = (gsize)y * self->size;
    if (self->format->colour == CLIP_COLOUR_GRAY) {
      memset (out[1] + row, 128, self->x.n);
      memset (out[2] + row, 128, self->x.n);
    }
    self->kernels.colour (&matrix, self->x.n, out[0] + row, out[1] + row, out[2] + row);
  }
}

/* ---- Floats ------------------------------------------------------------------------------------------------ */

static gboolean
is_hdr (const ClipImage *image)
{
  return image->transfer != CLIP_TRANSFER_SDR || image->primaries != CLIP_PRIMARIES_BT709;
}

static gboolean
needs_floats (const ClipImage *image)
{
  return is_hdr (image) || clip_format_get_info (image->format)->depth > 8;
}

static gboolean
prepare_floats (ClipImagePipe *self, const ClipImage *image, GError **error)
{
  if (!self->floats && !(self->floats = g_try_new0 (float, (gsize)3 * self->size * self->size))) {
    g_set_error (
        error, CLIP_ERROR, CLIP_ERROR_MEMORY, "no memory for a picture of %ux%u in floats", self->size, self->size);
    return FALSE;
  }
  float max_luminance = image->max_luminance > 0 ? image->max_luminance : 0; /* NaN, which equals nothing, becomes 0 */
  if (is_hdr (image)
      && (!self->has_hdr || self->transfer != image->transfer || self->primaries != image->primaries
          || self->max_luminance != max_luminance)) {
    clip_hdr_init (&self->hdr, image->transfer, image->primaries, max_luminance);
    self->transfer = image->transfer;
    self->primaries = image->primaries;
    self->max_luminance = max_luminance;
    self->has_hdr = TRUE;
  }
  return TRUE;
}

/* To self->floats, on the scale of 8 bits, without conversion. */
static void
resize_deep (ClipImagePipe *self, const ClipImage *image)
{
  guint depth = self->format->depth, n_components = clip_format_info_n_components (self->format);
  float scale = (float)clip_format_info_get_scale (self->format, image->full_range), max = 255.0f / scale;
  gboolean is_yuv = self->format->colour == CLIP_COLOUR_YUV;
  ClipDeepSamples in[3];
  float *out[3];
  for (guint c = 0; c < n_components; c++) {
    ClipFramePlane plane = clip_frame_get_plane (image, c);
    in[c] = (ClipDeepSamples){ plane.data, plane.row_stride, plane.step, self->format->components[c].shift, depth };
    out[c] = self->floats + part_offset (self, c);
  }
  clip_deep_resampler_run (&self->deep_main, in, max, out, self->size);
  if (is_yuv)
    clip_deep_resampler_run (&self->deep_chroma, in + 1, max, out + 1, self->size);

  for (guint c = 0; c < n_components; c++) {
    gboolean chroma = c > 0 && is_yuv;
    for (guint y = 0; y < self->y.n; y++)
      clip_float_scale_row (
          chroma ? 1u << (depth - 1) : 0, scale, chroma ? 128 : 0, self->x.n, out[c] + (gsize)y * self->size);
  }
}

static void
resize_to_floats (ClipImagePipe *self, const ClipImage *image)
{
  if (self->format->depth > 8) {
    resize_deep (self, image);
    return;
  }
  resize_planes (self, image);
  for (guint c = 0; c < clip_format_info_n_components (self->format); c++)
    for (guint y = 0; y < self->y.n; y++) {
      gsize row = part_offset (self, c) + (gsize)y * self->size;
      for (guint x = 0; x < self->x.n; x++)
        self->floats[row + x] = self->planes[row + x];
    }
}

/* Converts self->floats to SDR R, G, B. */
static void
convert_floats (ClipImagePipe *self, const ClipImage *image)
{
  double red, blue;
  get_weights (image, &red, &blue);
  ClipFloatMatrix matrix = clip_float_matrix (red, blue, image->full_range);
  for (guint y = 0; y < self->y.n; y++) {
    float *out[3];
    for (guint c = 0; c < 3; c++)
      out[c] = self->floats + part_offset (self, c) + (gsize)y * self->size;
    for (guint x = 0; self->format->colour == CLIP_COLOUR_GRAY && x < self->x.n; x++)
      out[1][x] = out[2][x] = 128.0f;
    if (self->format->colour != CLIP_COLOUR_RGB)
      clip_float_colour_row (&matrix, self->x.n, out[0], out[1], out[2]);
    if (is_hdr (image))
      clip_hdr_row (&self->hdr, self->x.n, out[0], out[1], out[2]);
  }
}

/* ---- Both -------------------------------------------------------------------------------------------------- */

/* R, G, B in self->planes or, if needs_floats(), in self->floats. */
static gboolean
make_rgb (ClipImagePipe *self, const ClipImage *image, GError **error)
{
  if (!clip_frame_check (image, error) || !prepare_geometry (self, image, error))
    return FALSE;
  if (needs_floats (image)) {
    if (!prepare_floats (self, image, error))
      return FALSE;
    resize_to_floats (self, image);
    convert_floats (self, image);
    return TRUE;
  }
  resize_planes (self, image);
  convert_planes (self, image);
  return TRUE;
}

static void
fill_bar (float *ret, guint start, guint end, float value)
{
  for (guint x = start; x < end; x++)
    ret[x] = value;
}

gboolean
clip_image_pipe_run (ClipImagePipe *self, const ClipImage *image, float *ret_pixels, GError **error)
{
  if (!make_rgb (self, image, error))
    return FALSE;

  gboolean floats = needs_floats (image);
  for (guint c = 0; c < 3; c++) {
    for (guint y = 0; y < self->size; y++) {
      gsize row = ((gsize)c * self->size + y) * self->size;
      float *ret = ret_pixels + row;
      gboolean inside = y >= self->y.dest && y < self->y.dest + self->y.n;
      guint start = inside ? self->x.dest : self->size;
      guint end = inside ? self->x.dest + self->x.n : self->size;
      fill_bar (ret, 0, start, self->bar_pixel[c]);
      if (floats)
        clip_float_levels_row (&self->levels[c], end - start, self->floats + row + start, ret + start);
      else
        self->kernels.levels (&self->levels[c], end - start, self->planes + row + start, ret + start);
      fill_bar (ret, end, self->size, self->bar_pixel[c]);
    }
  }
  return TRUE;
}

/* Of the whole picture, resized, at the middle of the square's i-th pixel. */
static double
find_middle (const Placement *placement, guint i)
{
  return ((double)i - placement->dest + placement->first + 0.5) / placement->n_full;
}

void
clip_image_pipe_mask (const ClipImagePipe *self, const ClipPoint *points, guint n, float *pixels)
{
  double crossings[CLIP_MAX_ZONE_POINTS];
  g_return_if_fail (self->has_geometry && n <= CLIP_MAX_ZONE_POINTS);
  for (guint y = 0; y < self->size; y++) {
    guint n_crossings = clip_polygon_cross (points, n, find_middle (&self->y, y), crossings), passed = 0;
    for (guint x = 0; x < self->size; x++) {
      double middle = find_middle (&self->x, x);
      while (passed < n_crossings && crossings[passed] <= middle)
        passed++;
      for (guint c = 0; passed % 2 == 0 && c < 3; c++)
        pixels[((gsize)c * self->size + y) * self->size + x] = self->mean_pixel[c];
    }
  }
}

gboolean
clip_image_pipe_run_u8 (ClipImagePipe *self, const ClipImage *image, guint8 *ret_rgb, GError **error)
{
  if (!make_rgb (self, image, error))
    return FALSE;

  for (guint c = 0; needs_floats (image) && c < 3; c++)
    for (guint y = 0; y < self->y.n; y++)
      for (guint x = 0; x < self->x.n; x++) {
        gsize i = part_offset (self, c) + (gsize)y * self->size + x;
        self->planes[i] = (guint8)(CLAMP (self->floats[i], 0.0f, 255.0f) + 0.5f);
      }
  gsize area = (gsize)self->size * self->size;
  for (gsize i = 0; i < area; i++)
    for (guint c = 0; c < 3; c++)
      ret_rgb[3 * i + c] = self->planes[c * area + i];
  return TRUE;
}
