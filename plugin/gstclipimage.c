/* SPDX-License-Identifier: MIT
 *
 * gstclipimage.c: a mapped video frame's format and planes as the engine sees them: no pixel is copied or converted
 * here.
 *
 * Strides and offsets come from whoever made the buffer (GstVideoMeta), and mapping does not hold them against the size
 * of the memory; this does.
 */
#include "gstclipimage.h"

static gboolean
format_from_gst (GstVideoFormat format, ClipFormat *ret_format)
{
  static const struct
  {
    GstVideoFormat gst;
    ClipFormat clip;
  } table[] = {
    { GST_VIDEO_FORMAT_I420, CLIP_FORMAT_I420 },
    { GST_VIDEO_FORMAT_YV12, CLIP_FORMAT_YV12 },
    { GST_VIDEO_FORMAT_NV12, CLIP_FORMAT_NV12 },
    { GST_VIDEO_FORMAT_NV21, CLIP_FORMAT_NV21 },
    { GST_VIDEO_FORMAT_YUY2, CLIP_FORMAT_YUY2 },
    { GST_VIDEO_FORMAT_UYVY, CLIP_FORMAT_UYVY },
    { GST_VIDEO_FORMAT_Y42B, CLIP_FORMAT_Y42B },
    { GST_VIDEO_FORMAT_Y444, CLIP_FORMAT_Y444 },
    { GST_VIDEO_FORMAT_RGB, CLIP_FORMAT_RGB },
    { GST_VIDEO_FORMAT_BGR, CLIP_FORMAT_BGR },
    { GST_VIDEO_FORMAT_RGBx, CLIP_FORMAT_RGBX },
    { GST_VIDEO_FORMAT_BGRx, CLIP_FORMAT_BGRX },
    { GST_VIDEO_FORMAT_xRGB, CLIP_FORMAT_XRGB },
    { GST_VIDEO_FORMAT_xBGR, CLIP_FORMAT_XBGR },
    { GST_VIDEO_FORMAT_RGBA, CLIP_FORMAT_RGBX },
    { GST_VIDEO_FORMAT_BGRA, CLIP_FORMAT_BGRX },
    { GST_VIDEO_FORMAT_ARGB, CLIP_FORMAT_XRGB },
    { GST_VIDEO_FORMAT_ABGR, CLIP_FORMAT_XBGR },
    { GST_VIDEO_FORMAT_GRAY8, CLIP_FORMAT_GRAY8 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    if (table[i].gst == format) {
      *ret_format = table[i].clip;
      return TRUE;
    }
  }
  return FALSE;
}

/* Bytes that a row of the plane really holds for so many pixels, padding left out. */
static gsize
row_size (const GstVideoFormatInfo *format, guint plane, guint width)
{
  gint components[GST_VIDEO_MAX_COMPONENTS];
  gst_video_format_info_component (format, plane, components);

  gsize size = 0;
  for (guint i = 0; i < G_N_ELEMENTS (components) && components[i] >= 0; i++) {
    gsize n = GST_VIDEO_FORMAT_INFO_SCALE_WIDTH (format, components[i], width);
    size = MAX (size, n * GST_VIDEO_FORMAT_INFO_PSTRIDE (format, components[i]));
  }
  return size;
}

static gboolean
plane_is_inside (const ClipImage *image, const GstVideoFrame *frame, guint plane)
{
  /* Without GstVideoMeta all planes lie in one mapping, else each has its own. */
  const GstMapInfo *map = &frame->map[frame->meta ? plane : 0];
  const GstVideoFormatInfo *format = frame->info.finfo;
  gint64 stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
  gint components[GST_VIDEO_MAX_COMPONENTS];
  gst_video_format_info_component (format, plane, components);
  gint64 n_rows = GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (format, components[0], image->height);

  gint64 first = (const guint8 *)GST_VIDEO_FRAME_PLANE_DATA (frame, plane) - map->data;
  gint64 last = first + stride * (n_rows - 1);
  gint64 row = row_size (format, plane, image->width);
  return MIN (first, last) >= 0 && MAX (first, last) + row <= (gint64)map->size && (n_rows == 1 || ABS (stride) >= row);
}

gboolean
gst_clip_image_set_planes (ClipImage *image, const GstVideoFrame *frame, GError **error)
{
  if (!format_from_gst (GST_VIDEO_FRAME_FORMAT (frame), &image->format)) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE, "frames of format %s cannot be read",
        gst_video_format_to_string (GST_VIDEO_FRAME_FORMAT (frame)));
    return FALSE;
  }

  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES (frame); i++) {
    if (!plane_is_inside (image, frame, i)) {
      g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE,
          "plane %u of a %ux%u %s frame reaches outside its memory: stride %d, %" G_GSIZE_FORMAT " bytes mapped", i,
          image->width, image->height, gst_video_format_to_string (GST_VIDEO_FRAME_FORMAT (frame)),
          GST_VIDEO_FRAME_PLANE_STRIDE (frame, i), frame->map[frame->meta ? i : 0].size);
      return FALSE;
    }
    image->planes[i] = GST_VIDEO_FRAME_PLANE_DATA (frame, i);
    image->strides[i] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, i);
  }
  return TRUE;
}

/* Up to the next multiple of 1 << shift, or `end` if that is less. */
static guint
align_up (guint value, guint shift, guint end)
{
  return MIN (GST_ROUND_UP_N (value, 1u << shift), end);
}

void
gst_clip_image_crop (
    const ClipImage *image, const GstVideoFormatInfo *format, const GstClipBox *box, ClipImage *ret_image)
{
  guint h_shift = 0, v_shift = 0;
  for (guint c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format); c++) {
    h_shift = MAX (h_shift, GST_VIDEO_FORMAT_INFO_W_SUB (format, c));
    v_shift = MAX (v_shift, GST_VIDEO_FORMAT_INFO_H_SUB (format, c));
  }
  guint x = GST_ROUND_DOWN_N (box->x, 1u << h_shift), y = GST_ROUND_DOWN_N (box->y, 1u << v_shift);

  ClipImage crop = *image;
  crop.width = align_up (box->x + box->width, h_shift, image->width) - x;
  crop.height = align_up (box->y + box->height, v_shift, image->height) - y;
  for (guint plane = 0; plane < GST_VIDEO_FORMAT_INFO_N_PLANES (format); plane++) {
    gint components[GST_VIDEO_MAX_COMPONENTS];
    gst_video_format_info_component (format, plane, components);
    gint c = components[0];
    crop.planes[plane]
        += (gssize)GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (format, c, y) * image->strides[plane]
           + (gssize)GST_VIDEO_FORMAT_INFO_SCALE_WIDTH (format, c, x) * GST_VIDEO_FORMAT_INFO_PSTRIDE (format, c);
  }
  *ret_image = crop;
}
