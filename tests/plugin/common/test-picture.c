/* SPDX-License-Identifier: MIT
 *
 * test-picture.c: what caps, metadata and buffer flags make of a frame: colour, size and crop, pixel shape, fields.
 */
#include "common/gstclippicture.h"

/* ---- Colour --------------------------------------------------------------------------------------------------- */

static GstClipPictureInfo
read_caps (const char *format, guint height, const char *fields)
{
  g_autofree char *text
      = g_strdup_printf ("video/x-raw,format=%s,width=64,height=%u,framerate=25/1%s", format, height, fields);
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  GstClipPictureInfo info;
  g_assert_true (gst_clip_picture_info_from_caps (&info, caps));
  return info;
}

static void
test_colour (void)
{
  const ClipMatrix BT601 = CLIP_MATRIX_BT601, BT709 = CLIP_MATRIX_BT709, BT2020 = CLIP_MATRIX_BT2020;
  const struct
  {
    const char *format;
    guint height;
    const char *colorimetry; /* NULL = caps say nothing */
    ClipMatrix matrix;
    gboolean full_range;
    ClipTransfer transfer;
    ClipPrimaries primaries;
  } cases[] = {
    /* GStreamer's own defaults */
    { "I420", 576, NULL, BT601, FALSE },
    { "I420", 577, NULL, BT709, FALSE },
    { "GRAY8", 576, NULL, BT601, TRUE },
    { "RGB", 576, NULL, BT601, TRUE },
    { "RGB", 720, "sRGB", BT709, TRUE },
    /* said in full */
    { "I420", 576, "bt709", BT709, FALSE },
    { "NV12", 1080, "bt601", BT601, FALSE },
    { "I420", 480, "1:4:0:0", BT601, TRUE },
    { "I420", 480, "smpte240m", CLIP_MATRIX_SMPTE240M, FALSE },
    { "I420", 480, "2:2:5:1", CLIP_MATRIX_FCC, FALSE },
    { "GRAY8", 480, "2:4:16:4", BT601, FALSE },
    /* said in part, which GStreamer 1.22 throws away as a whole */
    { "I420", 576, "1:0:0:0", BT601, TRUE },
    { "I420", 1080, "1:0:0:0", BT709, TRUE },
    { "I420", 1080, "2:0:0:0", BT709, FALSE },
    { "I420", 576, "0:3:0:0", BT709, FALSE },
    { "I420", 576, "0:0:0:0", BT601, FALSE },
    { "I420", 1080, "1:1:0:0", BT709, TRUE }, /* a matrix for RGB */
    { "GRAY8", 480, "0:0:0:0", BT601, TRUE },
    { "RGB", 480, "2:0:0:0", BT601, TRUE },
    { "I420", 576, "nonsense", BT601, FALSE },
    { "I420", 576, "99:98:97:96", BT601, FALSE },
    /* HDR */
    { "I420", 576, "bt2020", BT2020, FALSE, CLIP_TRANSFER_SDR, CLIP_PRIMARIES_BT2020 },
    { "I420", 576, "bt2020-10", BT2020, FALSE, CLIP_TRANSFER_SDR, CLIP_PRIMARIES_BT2020 },
    { "I420", 576, "bt2100-pq", BT2020, FALSE, CLIP_TRANSFER_PQ, CLIP_PRIMARIES_BT2020 },
    { "NV12", 576, "bt2100-hlg", BT2020, FALSE, CLIP_TRANSFER_HLG, CLIP_PRIMARIES_BT2020 },
    { "I420", 576, "1:0:14:7", BT2020, TRUE, CLIP_TRANSFER_PQ, CLIP_PRIMARIES_BT2020 },
    { "I420", 576, "0:0:15:0", BT2020, FALSE, CLIP_TRANSFER_HLG, CLIP_PRIMARIES_BT709 },
    { "I420", 576, "0:0:0:7", BT2020, FALSE, CLIP_TRANSFER_SDR, CLIP_PRIMARIES_BT2020 },
    { "RGB", 576, "1:1:14:7", BT2020, TRUE, CLIP_TRANSFER_PQ, CLIP_PRIMARIES_BT2020 },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *field
        = cases[i].colorimetry ? g_strdup_printf (",colorimetry=(string)%s", cases[i].colorimetry) : g_strdup ("");
    GstClipPictureInfo info = read_caps (cases[i].format, cases[i].height, field);
    g_test_message ("%s, %u lines%s", cases[i].format, cases[i].height, field);
    if (!GST_VIDEO_INFO_IS_RGB (&info.video)) /* which have no matrix */
      g_assert_cmpint (info.matrix, ==, cases[i].matrix);
    g_assert_cmpint (info.full_range, ==, cases[i].full_range);
    g_assert_cmpint (info.transfer, ==, cases[i].transfer);
    g_assert_cmpint (info.primaries, ==, cases[i].primaries);
  }
}

static void
test_chroma_site (void)
{
  const struct
  {
    guint height;
    const char *fields;
    ClipChromaSite site;
  } cases[] = {
    { 576, "", CLIP_CHROMA_CENTRED },
    { 720, "", CLIP_CHROMA_H_COSITED },
    { 720, ",colorimetry=bt709", CLIP_CHROMA_H_COSITED },
    { 576, ",colorimetry=bt709", CLIP_CHROMA_CENTRED },
    { 720, ",colorimetry=(string)1:0:0:0", CLIP_CHROMA_H_COSITED },
    { 576, ",chroma-site=mpeg2", CLIP_CHROMA_H_COSITED },
    { 720, ",chroma-site=jpeg,colorimetry=bt709", CLIP_CHROMA_CENTRED },
    { 720, ",chroma-site=cosited,colorimetry=bt709", CLIP_CHROMA_H_COSITED | CLIP_CHROMA_V_COSITED },
    /* not lost with a colorimetry that GStreamer does not believe */
    { 576, ",chroma-site=mpeg2,colorimetry=(string)1:0:0:0", CLIP_CHROMA_H_COSITED },
    { 720, ",chroma-site=jpeg,colorimetry=(string)1:0:0:0", CLIP_CHROMA_CENTRED },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_test_message ("%u lines%s", cases[i].height, cases[i].fields);
    g_assert_cmpint (read_caps ("I420", cases[i].height, cases[i].fields).chroma_site, ==, cases[i].site);
  }
}

#define DISPLAY ",mastering-display-info=(string)35400:14600:8500:39850:6550:2300:15635:16450:10000000:1"

static void
test_luminance (void)
{
  const char *pq = ",colorimetry=bt2100-pq";
  const struct
  {
    const char *fields;
    float luminance;
  } cases[] = {
    { "", 0 },
    { DISPLAY, 1000 }, /* in units of 0.0001 cd/m2 */
    { DISPLAY ",content-light-level=(string)603:120", 603 },
    { ",content-light-level=(string)4000:400", 4000 },
    { DISPLAY ",content-light-level=(string)0:0", 1000 }, /* 0 = nobody measured it */
    { ",content-light-level=(string)0:0", 0 },
    { ",content-light-level=(string)many", 0 },
    { ",mastering-display-info=(string)1:2:3", 0 },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *fields = g_strconcat (pq, cases[i].fields, NULL);
    g_test_message ("%s", fields);
    g_assert_true (read_caps ("I420", 576, fields).max_luminance == cases[i].luminance);
  }
  g_assert_true (read_caps ("I420", 576, DISPLAY).max_luminance == 0); /* SDR */
}

/* ---- Size, crop, shape ---------------------------------------------------------------------------------------- */

/* Every plane's bytes tell their place: 13 a line, 1 a byte. */
static GstBuffer *
new_frame (const GstVideoInfo *info)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);
  GstMapInfo map;
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (guint plane = 0; plane < GST_VIDEO_INFO_N_PLANES (info); plane++) {
    gsize start = GST_VIDEO_INFO_PLANE_OFFSET (info, plane), stride = GST_VIDEO_INFO_PLANE_STRIDE (info, plane);
    gsize end = plane + 1 < GST_VIDEO_INFO_N_PLANES (info) ? GST_VIDEO_INFO_PLANE_OFFSET (info, plane + 1) : map.size;
    for (gsize i = start; i < end; i++)
      map.data[i] = (i - start) / stride * 13 + (i - start) % stride;
  }
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

static GstClipPictureInfo
info_of (GstVideoFormat format, guint width, guint height, GstVideoInterlaceMode mode)
{
  GstClipPictureInfo info = { 0 };
  g_assert_true (gst_video_info_set_interlaced_format (&info.video, format, mode, width, height));
  return info;
}

/* Asserts that the image is the part from x, y of the frame, every `step`th line of it, and lies in its memory. */
static void
assert_image (const GstClipPicture *picture, const ClipImage *image, guint x, guint y, guint step)
{
  const ClipFormatInfo *format = clip_format_get_info (image->format);
  for (guint c = 0; c < clip_format_info_n_components (format); c++) {
    guint h_shift = c ? format->h_shift : 0, v_shift = c ? format->v_shift : 0;
    guint columns = (image->width + (1 << h_shift) - 1) >> h_shift;
    guint rows = (image->height + (1 << v_shift) - 1) >> v_shift;
    guint plane = format->components[c].plane, offset = format->components[c].offset;
    const GstMapInfo *map = &picture->frame.map[picture->frame.meta ? plane : 0];
    for (guint row = 0; row < rows; row++)
      for (guint column = 0; column < columns; column++) {
        const guint8 *data = image->planes[plane] + (gssize)row * image->strides[plane] + offset;
        data += column * format->components[c].step;
        g_assert_true (data >= map->data && data < map->data + map->size);
        /* the first line of a field in chroma is the field's, too: y / step lines of it down, each `step` apart */
        guint line = ((y / step) >> v_shift) * step + y % step + row * step;
        guint byte = offset + ((x >> h_shift) + column) * format->components[c].step;
        g_assert_cmpuint (*data, ==, (guint8)(line * 13 + byte));
      }
  }
}

static ClipImage
map_all (GstClipPicture *picture, const GstClipPictureInfo *info, GstBuffer *buffer)
{
  g_autoptr (GError) error = NULL;
  ClipImage image;
  gboolean ok = gst_clip_picture_map (picture, info, CLIP_ORIENTATION_90R, buffer, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
  gst_clip_picture_get_image (picture, NULL, &image);
  g_assert_cmpint (image.orientation, ==, CLIP_ORIENTATION_90R);
  return image;
}

static void
test_crop (void)
{
  GstClipPictureInfo info = info_of (GST_VIDEO_FORMAT_I420, 64, 48, GST_VIDEO_INTERLACE_MODE_PROGRESSIVE);
  const GstClipBox whole = { 0, 0, 64, 48 };
  const struct
  {
    GstClipBox crop, box;
    guint x, y, width, height; /* of the image: whole chroma samples */
  } cases[] = {
    { whole, whole, 0, 0, 64, 48 },
    { { 8, 4, 20, 10 }, { 8, 4, 20, 10 }, 8, 4, 20, 10 },
    { { 9, 5, 3, 3 }, { 9, 5, 3, 3 }, 8, 4, 4, 4 },
    { { 60, 40, 100, 100 }, { 60, 40, 4, 8 }, 60, 40, 4, 8 },
    { { 60, 40, G_MAXUINT, G_MAXUINT }, { 60, 40, 4, 8 }, 60, 40, 4, 8 },
    { { 63, 47, 1, 1 }, { 63, 47, 1, 1 }, 62, 46, 2, 2 },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstBuffer) buffer = new_frame (&info.video);
    GstVideoCropMeta *meta = gst_buffer_add_video_crop_meta (buffer);
    meta->x = cases[i].crop.x;
    meta->y = cases[i].crop.y;
    meta->width = cases[i].crop.width;
    meta->height = cases[i].crop.height;
    GstClipPicture picture;
    ClipImage image = map_all (&picture, &info, buffer);
    g_assert_cmpmem (&picture.bounds, sizeof picture.bounds, &cases[i].box, sizeof cases[i].box);
    g_assert_cmpuint (image.width, ==, cases[i].width);
    g_assert_cmpuint (image.height, ==, cases[i].height);
    assert_image (&picture, &image, cases[i].x, cases[i].y, 1);
    gst_clip_picture_unmap (&picture);
  }
}

static void
test_crop_of_nothing (void)
{
  GstClipPictureInfo info = info_of (GST_VIDEO_FORMAT_I420, 64, 48, GST_VIDEO_INTERLACE_MODE_PROGRESSIVE);
  const GstClipBox crops[] = { { 64, 0, 10, 10 }, { 0, 48, 10, 10 }, { 3, 3, 0, 5 }, { G_MAXUINT, G_MAXUINT, 1, 1 } };
  for (guint i = 0; i < G_N_ELEMENTS (crops); i++) {
    g_autoptr (GstBuffer) buffer = new_frame (&info.video);
    g_autoptr (GError) error = NULL;
    GstVideoCropMeta *meta = gst_buffer_add_video_crop_meta (buffer);
    GstClipPicture picture;
    meta->x = crops[i].x;
    meta->y = crops[i].y;
    meta->width = crops[i].width;
    meta->height = crops[i].height;
    g_assert_false (gst_clip_picture_map (&picture, &info, CLIP_ORIENTATION_IDENTITY, buffer, &error));
    g_assert_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE);
    g_assert_cmpstr (error->message, ==, "nothing of a 64x48 frame is inside of its crop");
  }
}

/* A decoder's frame: 1984x1088 in memory for caps of 1920x1080, and a crop within those 1088 lines. */
static void
test_padded_meta (void)
{
  GstClipPictureInfo info = info_of (GST_VIDEO_FORMAT_NV12, 1920, 1080, GST_VIDEO_INTERLACE_MODE_PROGRESSIVE);
  GstClipPictureInfo padded = info_of (GST_VIDEO_FORMAT_NV12, 1984, 1088, GST_VIDEO_INTERLACE_MODE_PROGRESSIVE);
  g_autoptr (GstBuffer) buffer = new_frame (&padded.video);
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_NV12, 1984, 1088, 2,
      padded.video.offset, padded.video.stride);
  GstClipPicture picture;
  ClipImage image = map_all (&picture, &info, buffer);
  g_assert_cmpuint (image.width, ==, 1920);
  g_assert_cmpuint (image.height, ==, 1080);
  assert_image (&picture, &image, 0, 0, 1);
  gst_clip_picture_unmap (&picture);

  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);
  crop->x = 64;
  crop->y = 8;
  crop->width = 1920;
  crop->height = 1080;
  image = map_all (&picture, &info, buffer);
  g_assert_cmpuint (image.height, ==, 1080);
  assert_image (&picture, &image, 64, 8, 1);
  gst_clip_picture_unmap (&picture);
}

static void
test_pixel_shape (void)
{
  const struct
  {
    const char *fields;
    guint n, d;
  } cases[] = {
    { "", 1, 1 },
    { ",pixel-aspect-ratio=24/11", 24, 11 },
    { ",pixel-aspect-ratio=2147483647/1", G_MAXINT, 1 },
    { ",pixel-aspect-ratio=0/1", 0, 0 },
    { ",interlace-mode=interleaved", 1, 2 },
    { ",interlace-mode=interleaved,pixel-aspect-ratio=16/15", 16, 30 },
    { ",interlace-mode=interleaved,pixel-aspect-ratio=1/2147483647", 1, 4294967294 },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstClipPictureInfo info = read_caps ("GRAY8", 48, cases[i].fields);
    g_autoptr (GstBuffer) buffer = new_frame (&info.video);
    GstClipPicture picture;
    ClipImage image = map_all (&picture, &info, buffer);
    g_assert_cmpuint (image.par_n, ==, cases[i].n);
    g_assert_cmpuint (image.par_d, ==, cases[i].d);
    gst_clip_picture_unmap (&picture);
  }
}

/* ---- Fields --------------------------------------------------------------------------------------------------- */

#define INTERLACED GST_VIDEO_BUFFER_FLAG_INTERLACED
#define TFF        GST_VIDEO_BUFFER_FLAG_TFF
#define ONEFIELD   GST_VIDEO_BUFFER_FLAG_ONEFIELD

static void
test_fields (void)
{
  const GstVideoInterlaceMode INTERLEAVED = GST_VIDEO_INTERLACE_MODE_INTERLEAVED;
  const GstVideoInterlaceMode MIXED = GST_VIDEO_INTERLACE_MODE_MIXED;
  const struct
  {
    GstVideoFormat format;
    guint height;
    GstVideoInterlaceMode mode;
    guint flags;
    guint first, step, lines; /* of the image in the frame */
  } cases[] = {
    { GST_VIDEO_FORMAT_I420, 576, INTERLEAVED, 0, 0, 2, 288 },
    { GST_VIDEO_FORMAT_I420, 576, INTERLEAVED, TFF, 0, 2, 288 },
    { GST_VIDEO_FORMAT_NV12, 576, INTERLEAVED, ONEFIELD | TFF, 0, 2, 288 },
    { GST_VIDEO_FORMAT_NV12, 576, INTERLEAVED, ONEFIELD, 1, 2, 288 },
    { GST_VIDEO_FORMAT_I420, 576, MIXED, 0, 0, 1, 576 },
    { GST_VIDEO_FORMAT_I420, 576, MIXED, TFF, 0, 1, 576 },
    { GST_VIDEO_FORMAT_I420, 576, MIXED, INTERLACED, 0, 2, 288 },
    { GST_VIDEO_FORMAT_I420, 576, MIXED, INTERLACED | ONEFIELD, 1, 2, 288 },
    { GST_VIDEO_FORMAT_I420, 576, GST_VIDEO_INTERLACE_MODE_PROGRESSIVE, 0, 0, 1, 576 },
    { GST_VIDEO_FORMAT_I420, 482, INTERLEAVED, 0, 0, 2, 241 },
    /* 241 lines of chroma: the lower field has 120 */
    { GST_VIDEO_FORMAT_I420, 482, INTERLEAVED, ONEFIELD, 1, 2, 240 },
    { GST_VIDEO_FORMAT_UYVY, 482, INTERLEAVED, ONEFIELD, 1, 2, 241 },
    { GST_VIDEO_FORMAT_I420, 3, INTERLEAVED, 0, 0, 2, 2 },
    { GST_VIDEO_FORMAT_I420, 3, INTERLEAVED, ONEFIELD, 1, 2, 1 },
    /* no lower field */
    { GST_VIDEO_FORMAT_I420, 2, INTERLEAVED, ONEFIELD, 0, 2, 1 },
    { GST_VIDEO_FORMAT_GRAY8, 1, INTERLEAVED, ONEFIELD, 0, 2, 1 },
    { GST_VIDEO_FORMAT_GRAY8, 1, INTERLEAVED, 0, 0, 2, 1 },
    { GST_VIDEO_FORMAT_RGB, 2, INTERLEAVED, ONEFIELD, 1, 2, 1 },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstClipPictureInfo info = info_of (cases[i].format, 18, cases[i].height, cases[i].mode);
    g_autoptr (GstBuffer) buffer = new_frame (&info.video);
    GST_BUFFER_FLAG_SET (buffer, cases[i].flags);
    GstClipPicture picture;
    ClipImage image = map_all (&picture, &info, buffer);
    g_test_message ("%s, %u lines, flags %x", GST_VIDEO_INFO_NAME (&info.video), cases[i].height, cases[i].flags);
    g_assert_cmpuint (image.height, ==, cases[i].lines);
    g_assert_cmpuint (image.par_d, ==, cases[i].step);
    assert_image (&picture, &image, 0, cases[i].first, cases[i].step);
    gst_clip_picture_unmap (&picture);
  }
}

/* A box in the frame is half as tall in a field, and chroma's lines are still the field's. */
static void
test_box_in_field (void)
{
  GstClipPictureInfo info = info_of (GST_VIDEO_FORMAT_I420, 64, 48, GST_VIDEO_INTERLACE_MODE_INTERLEAVED);
  g_autoptr (GstBuffer) buffer = new_frame (&info.video);
  const struct
  {
    GstClipBox box;
    guint y, height; /* in the field */
  } cases[] = {
    { { 4, 8, 16, 16 }, 4, 8 },
    { { 4, 9, 16, 1 }, 4, 2 },
    { { 4, 6, 16, 12 }, 2, 8 }, /* chroma's samples are four lines tall */
    { { 4, 47, 16, 1 }, 22, 2 },
    { { 4, 0, 16, 48 }, 0, 24 },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstClipPicture picture;
    ClipImage image;
    map_all (&picture, &info, buffer);
    gst_clip_picture_get_image (&picture, &cases[i].box, &image);
    g_assert_cmpuint (image.width, ==, 16);
    g_assert_cmpuint (image.height, ==, cases[i].height);
    assert_image (&picture, &image, 4, 2 * cases[i].y, 2);
    gst_clip_picture_unmap (&picture);
  }
}

/* interlace-mode=fields: two pictures of half the height in one buffer, each with its GstVideoMeta. */
static void
test_separate_fields (void)
{
  GstClipPictureInfo info = info_of (GST_VIDEO_FORMAT_I420, 32, 48, GST_VIDEO_INTERLACE_MODE_FIELDS);
  GstClipPictureInfo field = info_of (GST_VIDEO_FORMAT_I420, 32, 24, GST_VIDEO_INTERLACE_MODE_PROGRESSIVE);
  g_autoptr (GstBuffer) buffer = new_frame (&field.video);
  gst_buffer_append_memory (buffer, gst_allocator_alloc (NULL, GST_VIDEO_INFO_SIZE (&field.video), NULL));
  for (gint id = 1; id >= 0; id--) {
    gsize offsets[GST_VIDEO_MAX_PLANES];
    for (guint i = 0; i < 3; i++)
      offsets[i] = field.video.offset[i] + id * GST_VIDEO_INFO_SIZE (&field.video);
    gst_buffer_add_video_meta_full (
        buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_I420, 32, 24, 3, offsets, field.video.stride)
        ->id
        = id;
  }
  GstClipPicture picture;
  ClipImage image = map_all (&picture, &info, buffer);
  g_assert_cmpuint (image.width, ==, 32);
  g_assert_cmpuint (image.height, ==, 24);
  g_assert_cmpuint (image.par_d, ==, 2);
  assert_image (&picture, &image, 0, 0, 1);
  gst_clip_picture_get_image (&picture, &(GstClipBox){ 4, 16, 8, 8 }, &image);
  g_assert_cmpuint (image.height, ==, 4);
  assert_image (&picture, &image, 4, 8, 1);
  gst_clip_picture_unmap (&picture);

  g_autoptr (GstBuffer) bare = new_frame (&info.video);
  g_autoptr (GError) error = NULL;
  g_assert_false (gst_clip_picture_map (&picture, &info, CLIP_ORIENTATION_IDENTITY, bare, &error));
  g_assert_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/picture/colour", test_colour);
  g_test_add_func ("/picture/chroma-site", test_chroma_site);
  g_test_add_func ("/picture/luminance", test_luminance);
  g_test_add_func ("/picture/crop", test_crop);
  g_test_add_func ("/picture/crop-of-nothing", test_crop_of_nothing);
  g_test_add_func ("/picture/padded-meta", test_padded_meta);
  g_test_add_func ("/picture/pixel-shape", test_pixel_shape);
  g_test_add_func ("/picture/fields", test_fields);
  g_test_add_func ("/picture/box-in-field", test_box_in_field);
  g_test_add_func ("/picture/separate-fields", test_separate_fields);
  return g_test_run ();
}
