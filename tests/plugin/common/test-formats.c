/* SPDX-License-Identifier: MIT
 *
 * test-formats.c: the engine's table of pixel formats agrees with GStreamer's descriptions and with its unpacking and
 * packing of frames; caps, preprocessing and the change measure support each line of it.
 */
#include "common/gstclipimage.h"

#include <math.h>
#include <string.h>

/* Calls `check` for each name that this GStreamer knows. */
static void
for_all_formats (void (*check) (const ClipFormatInfo *info, const GstVideoFormatInfo *gst))
{
  guint n_known = 0;
  for (ClipFormat format = 0; format < CLIP_N_FORMATS; format++) {
    const ClipFormatInfo *info = clip_format_get_info (format);
    for (guint n = 0; n < CLIP_FORMAT_MAX_NAMES && info->names[n]; n++) {
      GstVideoFormat id = gst_video_format_from_string (info->names[n]);
      if (id == GST_VIDEO_FORMAT_UNKNOWN) {
        g_test_message ("%s is of a later GStreamer", info->names[n]);
        continue;
      }
      g_test_message ("%s", info->names[n]);
      check (info, gst_video_format_get_info (id));
      n_known++;
    }
  }
  g_assert_cmpuint (n_known, >=, CLIP_N_FORMATS);
}

static void
check_description (const ClipFormatInfo *info, const GstVideoFormatInfo *gst)
{
  guint n_components = clip_format_info_n_components (info);
  g_assert_true (GST_VIDEO_FORMAT_INFO_IS_RGB (gst) == (info->colour == CLIP_COLOUR_RGB));
  g_assert_true (GST_VIDEO_FORMAT_INFO_IS_YUV (gst) == (info->colour == CLIP_COLOUR_YUV));
  g_assert_true (GST_VIDEO_FORMAT_INFO_IS_GRAY (gst) == (info->colour == CLIP_COLOUR_GRAY));
  if (GST_VIDEO_FORMAT_INFO_IS_COMPLEX (gst))
    return; /* which has no description */

  g_assert_cmpuint (GST_VIDEO_FORMAT_INFO_N_COMPONENTS (gst), >=, n_components);
  g_assert_cmpuint (GST_VIDEO_FORMAT_INFO_N_COMPONENTS (gst), <=, n_components + 1); /* alpha */
  guint n_planes = 0;
  for (guint c = 0; c < n_components; c++) {
    guint word = info->depth > 8 ? 2 : 1;
    g_assert_cmpuint (info->components[c].plane, ==, GST_VIDEO_FORMAT_INFO_PLANE (gst, c));
    /* Some descriptions of words in one or two planes are wrong (1.22: P010's V at byte 1, Y210's U at byte 0 and its
     * values in the lower bits): test_unpacked() checks those. */
    if (info->depth == 8 || info->n_planes == 3) {
      g_assert_cmpuint (info->components[c].offset, ==, GST_VIDEO_FORMAT_INFO_POFFSET (gst, c));
      g_assert_cmpuint (info->components[c].step, ==, GST_VIDEO_FORMAT_INFO_PSTRIDE (gst, c));
      g_assert_cmpuint (info->components[c].shift, ==, GST_VIDEO_FORMAT_INFO_SHIFT (gst, c));
    }
    g_assert_cmpuint (info->depth, ==, GST_VIDEO_FORMAT_INFO_DEPTH (gst, c));
    g_assert_cmpuint (c ? info->h_shift : 0, ==, GST_VIDEO_FORMAT_INFO_W_SUB (gst, c));
    g_assert_cmpuint (c ? info->v_shift : 0, ==, GST_VIDEO_FORMAT_INFO_H_SUB (gst, c));
    g_assert_cmpuint (info->components[c].shift + info->depth, <=, 8 * word);
    n_planes = MAX (n_planes, info->components[c].plane + 1u);
  }
  g_assert_cmpuint (info->n_planes, ==, n_planes);
}

static void
test_descriptions (void)
{
  for_all_formats (check_description);
}

/* A sample by the table. */
static guint
read_sample (const ClipImage *image, const ClipFormatInfo *info, guint c, guint x, guint y)
{
  const guint8 *data = image->planes[info->components[c].plane] + info->components[c].offset
                       + (gsize)(x >> (c ? info->h_shift : 0)) * info->components[c].step
                       + (gssize)(y >> (c ? info->v_shift : 0)) * image->strides[info->components[c].plane];
  guint word = info->depth > 8 ? (guint)(data[0] | data[1] << 8) : *data;
  return word >> info->components[c].shift & ((1u << info->depth) - 1);
}

enum
{
  W = 32,
  H = 8
};

/* Unpacked pixels have four components of 8 or 16 bits, alpha first; chroma is that of the nearest sample. */
static void
check_unpacked (const ClipFormatInfo *info, const GstVideoFormatInfo *gst)
{
  g_autoptr (GError) error = NULL;
  GstVideoInfo video;
  GstVideoFrame frame;
  ClipImage image = { .width = W, .height = H };
  g_assert_true (gst_video_info_set_format (&video, GST_VIDEO_FORMAT_INFO_FORMAT (gst), W, H));
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&video), NULL);
  g_assert_true (gst_video_frame_map (&frame, &video, buffer, GST_MAP_READWRITE));
  guint32 seed = 1;
  for (gsize i = 0; i < frame.map[0].size; i++) {
    seed = seed * 1664525u + 1013904223u;
    frame.map[0].data[i] = seed >> 24;
  }
  gboolean ok = gst_clip_image_set_planes (&image, &frame, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
  g_assert_true (clip_format_get_info (image.format) == info);

  gboolean wide = gst_video_format_get_info (gst->unpack_format)->bits == 16;
  guint shift = wide ? 16 - info->depth : 0;
  for (guint y = 0; y < H; y++) {
    guint16 line[4 * W];
    gst->unpack_func (
        gst, GST_VIDEO_PACK_FLAG_TRUNCATE_RANGE, line, (const gpointer *)frame.data, frame.info.stride, 0, y, W);
    for (guint x = 0; x < W; x++)
      for (guint c = 0; c < clip_format_info_n_components (info); c++) {
        guint want = wide ? line[4 * x + 1 + c] : ((guint8 *)line)[4 * x + 1 + c];
        g_assert_cmpuint (read_sample (&image, info, c, x, y) << shift, ==, want >> shift << shift);
      }
  }
  gst_video_frame_unmap (&frame);
}

static void
test_unpacked (void)
{
  for_all_formats (check_unpacked);
}

/* A crop begins at the right sample of each component; the last byte of the frame is not exceeded. */
static void
check_crop (const ClipFormatInfo *info, const GstVideoFormatInfo *gst)
{
  GstVideoInfo video;
  GstVideoFrame frame;
  ClipImage image = { .width = W, .height = H }, crop;
  g_assert_true (gst_video_info_set_format (&video, GST_VIDEO_FORMAT_INFO_FORMAT (gst), W, H));
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&video), NULL);
  g_assert_true (gst_video_frame_map (&frame, &video, buffer, GST_MAP_READWRITE));
  for (gsize i = 0; i < frame.map[0].size; i++)
    frame.map[0].data[i] = i * 7 + i / 251;
  g_assert_true (gst_clip_image_set_planes (&image, &frame, NULL));
  gst_clip_image_crop (&image, gst, &(GstClipBox){ 8, 4, 16, 4 }, &crop);
  g_assert_cmpuint (crop.width, ==, 16);
  g_assert_cmpuint (crop.height, ==, 4);
  for (guint c = 0; c < clip_format_info_n_components (info); c++)
    for (guint y = 0; y < 4; y++)
      for (guint x = 0; x < 16; x++)
        g_assert_cmpuint (read_sample (&crop, info, c, x, y), ==, read_sample (&image, info, c, x + 8, y + 4));
  gst_video_frame_unmap (&frame);

  /* One byte less is too small. */
  g_autoptr (GstBuffer) less = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&video) - 1, NULL);
  gsize offsets[GST_VIDEO_MAX_PLANES];
  gint strides[GST_VIDEO_MAX_PLANES];
  for (guint i = 0; i < GST_VIDEO_MAX_PLANES; i++) {
    offsets[i] = video.offset[i];
    strides[i] = video.stride[i];
  }
  gst_buffer_add_video_meta_full (less, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT (&video), W, H,
      GST_VIDEO_INFO_N_PLANES (&video), offsets, strides);
  if (info->n_planes < GST_VIDEO_INFO_N_PLANES (&video) || !gst_video_frame_map (&frame, &video, less, GST_MAP_READ))
    return;
  g_autoptr (GError) error = NULL;
  g_assert_false (gst_clip_image_set_planes (&image, &frame, &error));
  g_assert_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE);
  gst_video_frame_unmap (&frame);
}

static void
test_crops (void)
{
  for_all_formats (check_crop);
}

/* Formats are readable if and only if they are in the caps. I420 comes first: the choice of sources without a
 * preference. */
static void
test_caps (void)
{
  g_autoptr (GstCaps) caps = gst_clip_image_make_caps ();
  g_assert_cmpuint (gst_caps_get_size (caps), ==, 1);
  GstStructure *structure = gst_caps_get_structure (caps, 0);
  g_assert_true (gst_structure_has_name (structure, "video/x-raw"));
  const GValue *list = gst_structure_get_value (structure, "format");
  g_assert_cmpstr (g_value_get_string (gst_value_list_get_value (list, 0)), ==, "I420");

  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < gst_value_list_get_size (list); i++) {
    const char *name = g_value_get_string (gst_value_list_get_value (list, i));
    g_assert_true (g_hash_table_add (names, (gpointer)name)); /* once */
  }
  static const char *const always[] = { "I420", "YV12", "NV12", "NV21", "YUY2", "UYVY", "Y42B", "Y444", "RGB", "BGR",
    "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA", "ARGB", "ABGR", "GRAY8", "NV16", "AYUV", "GBR", "RGBP", "BGRP" };
  for (guint i = 0; i < G_N_ELEMENTS (always); i++)
    g_assert_true (g_hash_table_contains (names, always[i]));

  guint n_read = 0;
  GEnumClass *formats = g_type_class_ref (GST_TYPE_VIDEO_FORMAT); /* names of other values are not safe to request */
  for (guint i = 0; i < formats->n_values; i++) {
    GstVideoFormat id = formats->values[i].value;
    GstVideoInfo video;
    GstVideoFrame frame;
    ClipImage image = { .width = W, .height = H };
    if (id < GST_VIDEO_FORMAT_I420 || !gst_video_info_set_format (&video, id, W, H) || !GST_VIDEO_INFO_SIZE (&video))
      continue;
    g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&video), NULL);
    g_assert_true (gst_video_frame_map (&frame, &video, buffer, GST_MAP_READ));
    g_autoptr (GError) error = NULL;
    gboolean read = gst_clip_image_set_planes (&image, &frame, &error);
    gst_video_frame_unmap (&frame);
    g_assert_true (read == g_hash_table_contains (names, gst_video_format_to_string (id)));
    g_assert_true (read == !error);
    n_read += read;
  }
  g_type_class_unref (formats);
  g_assert_cmpuint (n_read, ==, g_hash_table_size (names));
}

/* ---- Each line, from caps to numbers ------------------------------------------------------------------------- */

/* Flat left and right halves, with no chroma sample of 4:1:1 and no cell of the change measure in both. */
static const guint8 half_colours[2][3] = { { 200, 40, 90 }, { 30, 160, 220 } };

enum
{
  LINE_W = 64,
  LINE_H = 36
};

/* Y'CbCr codes of 8 bits are rounded by half a code: with BT.601's gains for narrow ranges R'G'B' is off by
 * 0.5 * (1.164 + 2.018) = 1.6 levels at most. The result is rounded once more. */
#define LINE_TOLERANCE (1.6 + 0.5)

/* R'G'B' of a half; its luma for gray formats. */
static void
expected_colour (const ClipFormatInfo *info, guint half, double *ret_rgb)
{
  const guint8 *rgb = half_colours[half];
  double luma = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
  for (guint c = 0; c < 3; c++)
    ret_rgb[c] = info->colour == CLIP_COLOUR_GRAY ? luma : rgb[c];
}

/* The picture as GStreamer packs it: components of 8 or 16 bits, alpha first. */
static GstBuffer *
pack_halves (const ClipFormatInfo *info, const GstVideoInfo *video)
{
  const GstVideoFormatInfo *gst = video->finfo;
  gboolean wide = gst_video_format_get_info (gst->unpack_format)->bits == 16;
  guint16 line[4 * LINE_W];
  for (guint x = 0; x < LINE_W; x++) {
    double rgb[3], values[4] = { 255 };
    expected_colour (info, x >= LINE_W / 2, rgb);
    double y = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
    gboolean is_rgb = info->colour == CLIP_COLOUR_RGB;
    values[1] = is_rgb ? rgb[0] : 16 + y * 219 / 255;
    values[2] = is_rgb ? rgb[1] : 128 + (rgb[2] - y) / 1.772 * 224 / 255;
    values[3] = is_rgb ? rgb[2] : 128 + (rgb[0] - y) / 1.402 * 224 / 255;
    for (guint i = 0; i < 4; i++)
      if (wide)
        line[4 * x + i] = (guint16)(values[i] * (is_rgb ? 257 : 256) + 0.5);
      else
        ((guint8 *)line)[4 * x + i] = (guint8)(values[i] + 0.5);
  }

  GstBuffer *buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (video), NULL);
  GstVideoFrame frame;
  g_assert_true (gst_video_frame_map (&frame, video, buffer, GST_MAP_READWRITE));
  for (guint y = 0; y < LINE_H; y++)
    gst->pack_func (gst, 0, line, 0, frame.data, frame.info.stride, video->chroma_site, y, LINE_W);
  gst_video_frame_unmap (&frame);
  return buffer;
}

static ClipPreprocessor *line_preprocessor;
static guint line_side;

/* Undoes the normalisation, whose scale and offset are found with a black and a white picture. */
static double
level_of_pixel (double pixel, guint c)
{
  static double scale[3], offset[3];
  if (scale[c] == 0) {
    g_autofree float *pixels = g_new (float, 3 * line_side * line_side);
    double at[2];
    for (guint i = 0; i < 2; i++) {
      const guint8 rgb[3] = { 255 * i, 255 * i, 255 * i };
      ClipImage image = { .format = CLIP_FORMAT_RGB, .width = 1, .height = 1, .planes = { rgb }, .strides = { 3 } };
      g_assert_true (clip_preprocessor_run (line_preprocessor, &image, pixels, NULL));
      at[i] = pixels[c * line_side * line_side];
    }
    scale[c] = at[1] - at[0];
    offset[c] = at[0];
  }
  return 255 * (pixel - offset[c]) / scale[c];
}

static void
check_preprocessed (const ClipFormatInfo *info, const ClipImage *image)
{
  g_autoptr (GError) error = NULL;
  g_autofree float *pixels = g_new (float, 3 * line_side * line_side);
  gboolean ok = clip_preprocessor_run (line_preprocessor, image, pixels, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
  for (guint c = 0; c < 3; c++)
    for (guint y = 0; y < line_side; y++)
      for (guint x = 0; x < line_side; x++) {
        double rgb[3];
        expected_colour (info, x >= line_side / 2, rgb);
        if (x < line_side / 4 || x >= line_side - line_side / 4) /* beyond the filter's reach from the boundary */
          g_assert_cmpfloat (
              fabs (level_of_pixel (pixels[(c * line_side + y) * line_side + x], c) - rgb[c]), <, LINE_TOLERANCE);
      }
}

static void
check_measured (const ClipFormatInfo *info, const ClipImage *image)
{
  g_autoptr (GError) error = NULL;
  ClipThumbnail thumbnail, other;
  ClipChange change = { FALSE };
  gboolean ok = clip_change_make_thumbnail (image, &thumbnail, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
  g_assert_cmpuint (thumbnail.n_cells, ==, CLIP_CHANGE_LONG_SIDE * CLIP_CHANGE_SHORT_SIDE);
  double sum = 0;
  other = thumbnail;
  for (guint i = 0; i < thumbnail.n_cells; i++) {
    double rgb[3];
    expected_colour (info, i % CLIP_CHANGE_LONG_SIDE >= CLIP_CHANGE_LONG_SIDE / 2, rgb);
    for (guint c = 0; c < 3; c++) {
      g_assert_cmpfloat (fabs (thumbnail.cells[i][c] / 256.0 - rgb[c]), <, LINE_TOLERANCE);
      other.cells[i][c] = 0;
      sum += pow (thumbnail.cells[i][c] / 256.0 / 255, 2) / 3 / thumbnail.n_cells;
    }
  }
  clip_change_remember (&change, &other);
  g_assert_cmpfloat (fabs (clip_change_measure (&change, &thumbnail) - 100 * sqrt (sum)), <, 1e-6);
}

static void
check_line (const ClipFormatInfo *info, const GstVideoFormatInfo *gst)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstCaps) all = gst_clip_image_make_caps ();
  GstVideoInfo video;
  g_assert_true (gst_video_info_set_format (&video, GST_VIDEO_FORMAT_INFO_FORMAT (gst), LINE_W, LINE_H));
  g_autoptr (GstCaps) caps = gst_video_info_to_caps (&video);
  g_assert_true (gst_caps_is_subset (caps, all));

  g_autoptr (GstBuffer) buffer = pack_halves (info, &video);
  GstVideoFrame frame;
  ClipImage image = { .width = LINE_W, .height = LINE_H, .matrix = CLIP_MATRIX_BT601 };
  g_assert_true (gst_video_frame_map (&frame, &video, buffer, GST_MAP_READ));
  gboolean ok = gst_clip_image_set_planes (&image, &frame, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
  check_preprocessed (info, &image);
  check_measured (info, &image);
  gst_video_frame_unmap (&frame);
}

/* Each line of clip-formats.h works: the caps include the format, and frames packed by GStreamer are read, preprocessed
 * and measured with the colours that were packed. */
static void
test_lines (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = clip_default_model_path (&error);
  g_assert_no_error (error);
  g_autoptr (ClipModel) model = clip_model_load (path, &error);
  g_assert_no_error (error);
  line_preprocessor = clip_preprocessor_new (model, CLIP_FIT_STRETCH, CLIP_CROP_FLOOR, &error);
  g_assert_no_error (error);
  line_side = clip_model_get_info (model)->image_size;
  for_all_formats (check_line);
  clip_preprocessor_free (line_preprocessor);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/formats/descriptions", test_descriptions);
  g_test_add_func ("/formats/unpacked", test_unpacked);
  g_test_add_func ("/formats/crops", test_crops);
  g_test_add_func ("/formats/caps", test_caps);
  g_test_add_func ("/formats/lines", test_lines);
  return g_test_run ();
}
