/* SPDX-License-Identifier: MIT
 *
 * fuzz-image.c: frames of every format (and of none), geometry and content through the image pipe, with planes in
 * memory that ends at the last row's last sample. Whatever the input, outputs are numbers.
 */
#include "fuzz.h"

#include <math.h>

#include "image/image.h"

#define N_FORMATS (CLIP_N_FORMATS + 2)
#define N_PLANES  G_N_ELEMENTS (((ClipImage *)NULL)->planes)
#define MAX_PLANE (2u << 20)
#define MAX_MODEL 48
#define N_HEADER  24 /* bytes that describe the frame; the rest is its content, again and again */

static guint
subsampled (guint size, guint shift)
{
  return (size + (1u << shift) - 1) >> shift;
}

/* Bytes of a plane's row and how many rows there are; 0 = the format has no such plane. */
static void
plane_size (const ClipImage *image, guint plane, guint *ret_row, guint *ret_rows)
{
  const ClipFormatInfo *info = clip_format_get_info (image->format);
  *ret_row = *ret_rows = 0;
  for (guint c = 0; info && c < clip_format_info_n_components (info); c++)
    if (info->components[c].plane == plane) {
      guint row = subsampled (image->width, c ? info->h_shift : 0) * info->components[c].step;
      guint rows = subsampled (image->height, c ? info->v_shift : 0);
      *ret_row = MAX (*ret_row, row);
      *ret_rows = MAX (*ret_rows, rows);
    }
}

/* Sides are small, or one is long and the other short. */
static gboolean
read_geometry (FuzzReader *reader, ClipImage *image)
{
  guint kind = fuzz_byte (reader), a = fuzz_word (reader), b = fuzz_word (reader);
  switch (kind % 4) {
  case 0:
    image->width = a % 64;
    image->height = b % 64;
    break;
  case 1:
    image->width = a % 700;
    image->height = b % 500;
    break;
  case 2:
    image->width = a;
    image->height = b % 4;
    break;
  default:
    image->width = a % 4;
    image->height = b;
  }
  return (guint64)image->width * image->height <= 100000;
}

/* A plane in guarded memory, from its top or, with a negative stride, from its bottom. */
static gboolean
make_plane (ClipImage *image, guint plane, guint flags, guint extra, const FuzzReader *content)
{
  guint row, rows;
  plane_size (image, plane, &row, &rows);
  guint64 stride = flags & 1 ? row : (guint64)row + extra;
  if (flags & 8)
    stride = row > extra ? row - extra : 0; /* too short, to be refused */
  gsize size = rows == 0 ? 0 : (rows - 1) * stride + MIN (stride, row);
  if (size > MAX_PLANE)
    return FALSE;
  guint8 *memory = fuzz_guarded (plane, size, flags & 4);
  gsize filled = MIN (size, content->size);
  if (filled)
    memcpy (memory, content->data, filled);
  else if (size)
    memory[filled++] = 0x5a;
  for (; filled < size; filled += MIN (filled, size - filled))
    memcpy (memory + filled, memory, MIN (filled, size - filled));
  image->planes[plane] = memory;
  image->strides[plane] = (gint)stride;
  if (flags & 2 && rows) {
    image->planes[plane] = memory + (rows - 1) * stride;
    image->strides[plane] = -(gint)stride;
  }
  if (flags & 16)
    image->planes[plane] = NULL;
  return TRUE;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  FuzzReader header = { data, MIN (size, N_HEADER) };
  FuzzReader content = { data + header.size, size - header.size };
  GError *error = NULL;
  ClipImage image = { .format = (ClipFormat)(fuzz_byte (&header) % N_FORMATS) };
  if (!read_geometry (&header, &image))
    return 0;
  guint bits = fuzz_byte (&header);
  image.matrix = (ClipMatrix)(bits & 7);
  image.full_range = bits >> 3 & 1;
  image.chroma_site = (ClipChromaSite)(bits >> 4 & 3);
  image.transfer = (ClipTransfer)(fuzz_byte (&header) & 3);
  image.primaries = (ClipPrimaries)(bits >> 6 & 3);
  image.orientation = (ClipOrientation)(fuzz_byte (&header) % 9);
  static const float luminances[] = { 0, 1000, 10000, 1e-3f, 1e30f, -1, NAN, INFINITY };
  image.max_luminance = luminances[fuzz_byte (&header) % G_N_ELEMENTS (luminances)];
  guint pixel = fuzz_byte (&header);
  image.par_n = pixel & 15;
  image.par_d = pixel >> 4;
  guint size_byte = fuzz_byte (&header), shape = fuzz_byte (&header), filter = fuzz_byte (&header);

  ClipPreprocessConfig config;
  guint side = 1 + size_byte % MAX_MODEL;
  clip_preprocess_config_init (&config, side);
  config.resample = (ClipResample)(filter % 6);
  config.do_normalize = filter & 64 ? FALSE : TRUE;
  config.do_rescale = filter & 128 ? FALSE : TRUE;
  config.do_resize = shape & 64 ? FALSE : TRUE;
  if (shape & 128) {
    config.shortest_edge = 0;
    config.resize_width = 1 + shape % 60;
    config.resize_height = 1 + filter % 60;
  }
  g_autoptr (ClipImagePipe) pipe
      = clip_image_pipe_new (&config, side, (ClipFit)(shape % 3), (ClipCropRule)(shape >> 3 & 1));
  g_assert_nonnull (pipe);

  guint flags = fuzz_byte (&header);
  for (guint plane = 0; plane < N_PLANES; plane++) {
    guint own = fuzz_byte (&header); /* how this one differs */
    if (!make_plane (&image, plane, flags ^ (own >> 6), own & 63, &content))
      return 0;
  }
  gsize n = (gsize)3 * side * side;
  float *pixels = (float *)(gpointer)fuzz_guarded (3, n * sizeof (float), FALSE);
  for (guint run = 0; run < 2; run++) { /* the second time with tables that are there */
    gboolean ok = clip_image_pipe_run (pipe, &image, pixels, &error);
    fuzz_check (ok, &error);
    for (gsize i = 0; ok && i < n; i++)
      g_assert_true (isfinite (pixels[i]));
  }
  fuzz_check (clip_image_pipe_run_u8 (pipe, &image, fuzz_guarded (3, n, FALSE), &error), &error);
  return 0;
}

/* Every format: upright, odd sides; bottom up; strides longer than rows; too short ones. */
void
fuzz_seeds (void)
{
  static const guint8 kinds[] = { 1, 0, 2, 4, 8, 16 };
  for (guint format = 0; format < N_FORMATS; format++)
    for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
      guint8 seed[64] = { (guint8)format, 1, (guint8)(33 + i), 0, (guint8)(21 + i), 0, (guint8)(i * 41) };
      seed[7] = (guint8)(i % 3);          /* transfer */
      seed[8] = (guint8)(i + format % 3); /* orientation */
      seed[10] = (guint8)(i % 2 ? 0x43 : 0);
      seed[11] = 31;
      seed[12] = (guint8)i;
      seed[13] = (guint8)(3 + i);
      seed[14] = kinds[i];
      seed[15] = seed[16] = seed[17] = 5;
      for (guint k = N_HEADER; k < sizeof seed; k++)
        seed[k] = (guint8)(k * 73 + format);
      fuzz_seed (seed, sizeof seed);
    }

  /* Turned, one pixel wide, each plane with another stride: steps of 1, -1 and 42 from sample to sample. */
  static const guint8 strides[]
      = { CLIP_FORMAT_Y42B, 1, 1, 0, 21, 0, 0, 0, CLIP_ORIENTATION_90R, 3, 1, 5, 5, 5, 0, 0, 0xe0, 0x29 };
  fuzz_seed (strides, sizeof strides);
}
