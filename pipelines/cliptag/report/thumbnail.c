/* SPDX-License-Identifier: MIT
 *
 * thumbnail.c: a small upright JPEG of a picture. GStreamer scales and encodes; turning is done on the few pixels left.
 */
#include "report/thumbnail.h"

#include <gst/video/video.h>
#include <string.h>

#define TIMEOUT (10 * GST_SECOND)

/* ---- Scaling ------------------------------------------------------------------------------------------- */

/* The sample of a decoded frame, or one around a still's pixels. */
static GstSample *
wrap_frame (const ReaderFrame *frame)
{
  const Still *still = &frame->still;
  if (!still->pixels)
    return gst_sample_ref (frame->sample);
  GstVideoFormat format = still->depth == 16 ? GST_VIDEO_FORMAT_RGBA64_LE : GST_VIDEO_FORMAT_RGB;
  gsize offsets[GST_VIDEO_MAX_PLANES] = { 0 };
  gint strides[GST_VIDEO_MAX_PLANES] = { (gint)still->stride };
  g_autoptr (GstBuffer) buffer = gst_buffer_new_memdup (still->pixels, still->stride * still->height);
  gst_buffer_add_video_meta_full (
      buffer, GST_VIDEO_FRAME_FLAG_NONE, format, still->width, still->height, 1, offsets, strides);
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING,
      gst_video_format_to_string (format), "width", G_TYPE_INT, (gint)still->width, "height", G_TYPE_INT,
      (gint)still->height, "framerate", GST_TYPE_FRACTION, 0, 1, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
  return gst_sample_new (buffer, caps, NULL, NULL);
}

static GstCaps *
raw_caps (guint width, guint height)
{
  return gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING, "RGB", "width", G_TYPE_INT, (gint)width, "height",
      G_TYPE_INT, (gint)height, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
}

/* The picture in memory, with square pixels. */
static GstSample *
scale (GstSample *sample, GError **error)
{
  GstVideoInfo info;
  if (!gst_video_info_from_caps (&info, gst_sample_get_caps (sample))) {
    g_set_error_literal (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "a decoded frame cannot be read");
    return NULL;
  }
  double width = GST_VIDEO_INFO_WIDTH (&info), height = GST_VIDEO_INFO_HEIGHT (&info);
  if (GST_VIDEO_INFO_PAR_N (&info) > 0 && GST_VIDEO_INFO_PAR_D (&info) > 0)
    width *= (double)GST_VIDEO_INFO_PAR_N (&info) / GST_VIDEO_INFO_PAR_D (&info);
  double factor = MIN (1, THUMBNAIL_SIDE / MAX (width, height));
  guint w = (guint)MAX (1, width * factor + 0.5), h = (guint)MAX (1, height * factor + 0.5);
  g_autoptr (GstCaps) caps = raw_caps (MIN (w, THUMBNAIL_SIDE), MIN (h, THUMBNAIL_SIDE));
  return gst_video_convert_sample (sample, caps, TIMEOUT, error);
}

/* ---- Turning ------------------------------------------------------------------------------------------- */

/* Where the upright picture's (x, y) is in one of width x height in memory. */
static void
find_source (ClipOrientation orientation, guint width, guint height, guint x, guint y, guint *ret_x, guint *ret_y)
{
  gboolean across = orientation == CLIP_ORIENTATION_90R || orientation == CLIP_ORIENTATION_90L
                    || orientation == CLIP_ORIENTATION_UL_LR || orientation == CLIP_ORIENTATION_UR_LL;
  gboolean flips_x = orientation == CLIP_ORIENTATION_180 || orientation == CLIP_ORIENTATION_90L
                     || orientation == CLIP_ORIENTATION_HORIZ || orientation == CLIP_ORIENTATION_UR_LL;
  gboolean flips_y = orientation == CLIP_ORIENTATION_180 || orientation == CLIP_ORIENTATION_90R
                     || orientation == CLIP_ORIENTATION_VERT || orientation == CLIP_ORIENTATION_UR_LL;
  guint sx = across ? y : x, sy = across ? x : y;
  *ret_x = flips_x ? width - 1 - sx : sx;
  *ret_y = flips_y ? height - 1 - sy : sy;
}

static GstSample *
turn (GstSample *sample, ClipOrientation orientation)
{
  GstVideoInfo info, turned_info;
  GstVideoFrame from, to;
  gboolean across = orientation == CLIP_ORIENTATION_90R || orientation == CLIP_ORIENTATION_90L
                    || orientation == CLIP_ORIENTATION_UL_LR || orientation == CLIP_ORIENTATION_UR_LL;
  if (orientation == CLIP_ORIENTATION_IDENTITY || !gst_video_info_from_caps (&info, gst_sample_get_caps (sample)))
    return gst_sample_ref (sample);
  guint width = (guint)GST_VIDEO_INFO_WIDTH (&info), height = (guint)GST_VIDEO_INFO_HEIGHT (&info);
  g_autoptr (GstCaps) caps = raw_caps (across ? height : width, across ? width : height);
  gst_caps_set_simple (caps, "framerate", GST_TYPE_FRACTION, 0, 1, NULL);
  if (!gst_video_info_from_caps (&turned_info, caps))
    return gst_sample_ref (sample);
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&turned_info), NULL);
  if (!gst_video_frame_map (&from, &info, gst_sample_get_buffer (sample), GST_MAP_READ))
    return gst_sample_ref (sample);
  if (gst_video_frame_map (&to, &turned_info, buffer, GST_MAP_WRITE)) {
    const guint8 *source = GST_VIDEO_FRAME_PLANE_DATA (&from, 0);
    guint8 *target = GST_VIDEO_FRAME_PLANE_DATA (&to, 0);
    for (guint y = 0; y < (across ? width : height); y++)
      for (guint x = 0; x < (across ? height : width); x++) {
        guint sx, sy;
        find_source (orientation, width, height, x, y, &sx, &sy);
        memcpy (target + (gsize)y * GST_VIDEO_FRAME_PLANE_STRIDE (&to, 0) + 3 * (gsize)x,
            source + (gsize)sy * GST_VIDEO_FRAME_PLANE_STRIDE (&from, 0) + 3 * (gsize)sx, 3);
      }
    gst_video_frame_unmap (&to);
  }
  gst_video_frame_unmap (&from);
  return gst_sample_new (buffer, caps, NULL, NULL);
}

char *
thumbnail_make (ReaderFrame *frame, GError **error)
{
  ClipImage image;
  GstMapInfo map;
  if (!reader_frame_map (frame, &image, error))
    return NULL;
  g_autoptr (GstSample) sample = wrap_frame (frame);
  g_autoptr (GstSample) small = scale (sample, error);
  if (!small)
    return NULL;
  g_autoptr (GstSample) upright = turn (small, image.orientation);
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("image/jpeg");
  g_autoptr (GstSample) jpeg = gst_video_convert_sample (upright, caps, TIMEOUT, error);
  if (!jpeg)
    return NULL;
  GstBuffer *buffer = gst_sample_get_buffer (jpeg);
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    g_set_error_literal (error, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE, "a JPEG cannot be read");
    return NULL;
  }
  char *text = g_base64_encode (map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return text;
}
