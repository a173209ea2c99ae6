/* SPDX-License-Identifier: MIT
 *
 * gstclipimage.c: format and planes of a mapped video frame as a ClipImage; no pixel is copied. See gstclipimage.h.
 *
 * Strides and offsets come from the buffer's producer (GstVideoMeta). gst_video_frame_map() does not check them against
 * the size of the memory; this file does.
 */
#include "common/gstclipimage.h"

static gboolean
format_from_gst (GstVideoFormat format, ClipFormat *ret_format)
{
  const char *name = gst_video_format_to_string (format);
  for (ClipFormat i = 0; i < CLIP_N_FORMATS; i++) {
    const ClipFormatInfo *info = clip_format_get_info (i);
    for (guint n = 0; n < CLIP_FORMAT_MAX_NAMES && info->names[n]; n++) {
      if (g_strcmp0 (info->names[n], name) == 0) {
        *ret_format = i;
        return TRUE;
      }
    }
  }
  return FALSE;
}

static void
append_formats (GValue *list, ClipColourModel colour, gboolean deep)
{
  for (ClipFormat i = 0; i < CLIP_N_FORMATS; i++) {
    const ClipFormatInfo *info = clip_format_get_info (i);
    if (info->colour != colour || (info->depth > 8) != deep)
      continue;
    for (guint n = 0; n < CLIP_FORMAT_MAX_NAMES && info->names[n]; n++) {
      if (gst_video_format_from_string (info->names[n]) == GST_VIDEO_FORMAT_UNKNOWN)
        continue; /* of a later GStreamer */
      g_auto (GValue) name = G_VALUE_INIT;
      g_value_init (&name, G_TYPE_STRING);
      g_value_set_static_string (&name, info->names[n]);
      gst_value_list_append_value (list, &name);
    }
  }
}

GstCaps *
gst_clip_image_make_caps (void)
{
  /* Sources without a preference take the first: the format of most decoders. */
  g_auto (GValue) list = G_VALUE_INIT;
  g_value_init (&list, GST_TYPE_LIST);
  for (guint deep = 0; deep < 2; deep++) {
    append_formats (&list, CLIP_COLOUR_YUV, deep);
    append_formats (&list, CLIP_COLOUR_RGB, deep);
    append_formats (&list, CLIP_COLOUR_GRAY, deep);
  }
  GstCaps *caps = gst_caps_from_string ("video/x-raw, width = " GST_VIDEO_SIZE_RANGE ", height = " GST_VIDEO_SIZE_RANGE
                                        ", framerate = " GST_VIDEO_FPS_RANGE);
  gst_caps_set_value (caps, "format", &list);
  return caps;
}

/* Bytes of a plane's row of `width` pixels, without padding. */
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
  /* Without GstVideoMeta all planes share one mapping, else each has its own. */
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
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE, "unsupported video format %s",
        gst_video_format_to_string (GST_VIDEO_FRAME_FORMAT (frame)));
    return FALSE;
  }

  for (guint i = 0; i < clip_format_get_info (image->format)->n_planes; i++) {
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
gst_clip_image_align (const ClipImage *image, const GstVideoFormatInfo *format, GstClipBox *box)
{
  guint h_shift = 0, v_shift = 0;
  for (guint c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format); c++) {
    h_shift = MAX (h_shift, GST_VIDEO_FORMAT_INFO_W_SUB (format, c));
    v_shift = MAX (v_shift, GST_VIDEO_FORMAT_INFO_H_SUB (format, c));
  }
  guint x = GST_ROUND_DOWN_N (box->x, 1u << h_shift), y = GST_ROUND_DOWN_N (box->y, 1u << v_shift);

  box->width = align_up (box->x + box->width, h_shift, image->width) - x;
  box->height = align_up (box->y + box->height, v_shift, image->height) - y;
  box->x = x;
  box->y = y;
}

void
gst_clip_image_crop (
    const ClipImage *image, const GstVideoFormatInfo *format, const GstClipBox *box, ClipImage *ret_image)
{
  GstClipBox part = *box;
  gst_clip_image_align (image, format, &part);
  ClipImage crop = *image;
  crop.width = part.width;
  crop.height = part.height;
  for (guint plane = 0; plane < clip_format_get_info (image->format)->n_planes; plane++) {
    gint components[GST_VIDEO_MAX_COMPONENTS];
    gst_video_format_info_component (format, plane, components);
    gint c = components[0];
    crop.planes[plane]
        += (gssize)GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (format, c, part.y) * image->strides[plane]
           + (gssize)GST_VIDEO_FORMAT_INFO_SCALE_WIDTH (format, c, part.x) * GST_VIDEO_FORMAT_INFO_PSTRIDE (format, c);
  }
  *ret_image = crop;
}
