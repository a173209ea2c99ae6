/* SPDX-License-Identifier: MIT
 *
 * gstclippicture.c: a frame as it is meant to be seen; see gstclippicture.h. Copies and converts no pixels.
 */
#include "common/gstclippicture.h"

/* ---- Colour --------------------------------------------------------------------------------------------------- */

/* Of the caps; all unknown where they have none. */
static GstVideoColorimetry
read_colorimetry (const GstStructure *structure)
{
  GstVideoColorimetry colorimetry;
  if (gst_video_colorimetry_from_string (&colorimetry, gst_structure_get_string (structure, "colorimetry")))
    return colorimetry;
  return (GstVideoColorimetry){ GST_VIDEO_COLOR_RANGE_UNKNOWN };
}

static ClipTransfer
choose_transfer (const GstVideoColorimetry *colorimetry)
{
  switch (colorimetry->transfer) {
  case GST_VIDEO_TRANSFER_SMPTE2084:
    return CLIP_TRANSFER_PQ;
  case GST_VIDEO_TRANSFER_ARIB_STD_B67:
    return CLIP_TRANSFER_HLG;
  default:
    return CLIP_TRANSFER_SDR;
  }
}

static ClipMatrix
choose_matrix (const GstVideoColorimetry *colorimetry, guint height)
{
  switch (colorimetry->matrix) {
  case GST_VIDEO_COLOR_MATRIX_BT709:
    return CLIP_MATRIX_BT709;
  case GST_VIDEO_COLOR_MATRIX_BT2020:
    return CLIP_MATRIX_BT2020;
  case GST_VIDEO_COLOR_MATRIX_FCC:
    return CLIP_MATRIX_FCC;
  case GST_VIDEO_COLOR_MATRIX_SMPTE240M:
    return CLIP_MATRIX_SMPTE240M;
  case GST_VIDEO_COLOR_MATRIX_BT601:
    return CLIP_MATRIX_BT601;
  default:
    break;
  }
  if (colorimetry->primaries == GST_VIDEO_COLOR_PRIMARIES_BT2020 || choose_transfer (colorimetry) != CLIP_TRANSFER_SDR)
    return CLIP_MATRIX_BT2020;
  return height > 576 ? CLIP_MATRIX_BT709 : CLIP_MATRIX_BT601;
}

static gboolean
is_full_range (const GstVideoColorimetry *colorimetry, const GstVideoInfo *video)
{
  if (GST_VIDEO_INFO_IS_RGB (video))
    return TRUE;
  switch (colorimetry->range) {
  case GST_VIDEO_COLOR_RANGE_0_255:
    return TRUE;
  case GST_VIDEO_COLOR_RANGE_16_235:
    return FALSE;
  default:
    return GST_VIDEO_INFO_IS_GRAY (video);
  }
}

/* As newer GStreamer does, by the height alone; 1.22 leaves the site unknown where colorimetry is. */
static ClipChromaSite
choose_chroma_site (const GstStructure *structure, const GstVideoInfo *video)
{
  const gchar *name = gst_structure_get_string (structure, "chroma-site");
  ClipChromaSite result = CLIP_CHROMA_CENTRED;
  if (!name)
    return GST_VIDEO_INFO_IS_YUV (video) && GST_VIDEO_INFO_HEIGHT (video) > 576 ? CLIP_CHROMA_H_COSITED : result;
  GstVideoChromaSite site = gst_video_chroma_site_from_string (name);
  if (site & GST_VIDEO_CHROMA_SITE_H_COSITED)
    result |= CLIP_CHROMA_H_COSITED;
  if (site & GST_VIDEO_CHROMA_SITE_V_COSITED)
    result |= CLIP_CHROMA_V_COSITED;
  return result;
}

/* Of the brightest pixel, in cd/m2: a measured value takes precedence over that of the mastering display. */
static gfloat
read_max_luminance (const GstCaps *caps)
{
  GstVideoContentLightLevel level;
  GstVideoMasteringDisplayInfo display;
  if (gst_video_content_light_level_from_caps (&level, caps) && level.max_content_light_level > 0)
    return level.max_content_light_level;
  if (gst_video_mastering_display_info_from_caps (&display, caps))
    return display.max_display_mastering_luminance / 10000.0f;
  return 0;
}

gboolean
gst_clip_picture_info_from_caps (GstClipPictureInfo *ret_info, const GstCaps *caps)
{
  GstClipPictureInfo info = { 0 };
  if (!gst_video_info_from_caps (&info.video, caps))
    return FALSE;
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  GstVideoColorimetry colorimetry = read_colorimetry (structure);
  info.matrix = choose_matrix (&colorimetry, GST_VIDEO_INFO_HEIGHT (&info.video));
  info.full_range = is_full_range (&colorimetry, &info.video);
  info.chroma_site = choose_chroma_site (structure, &info.video);
  info.transfer = choose_transfer (&colorimetry);
  if (colorimetry.primaries == GST_VIDEO_COLOR_PRIMARIES_BT2020)
    info.primaries = CLIP_PRIMARIES_BT2020;
  if (info.transfer == CLIP_TRANSFER_PQ)
    info.max_luminance = read_max_luminance (caps);
  *ret_info = info;
  return TRUE;
}

/* ---- Pixels --------------------------------------------------------------------------------------------------- */

gboolean
gst_clip_picture_get_bounds (const GstVideoInfo *video, GstBuffer *buffer, GstClipBox *ret_bounds)
{
  guint width = GST_VIDEO_INFO_WIDTH (video), height = GST_VIDEO_INFO_HEIGHT (video);
  const GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (buffer);
  *ret_bounds = (GstClipBox){ 0, 0, width, height };
  if (!crop)
    return width && height;

  /* Relative to the whole frame in memory, which may be larger than the caps' size. */
  const GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);
  if (meta) {
    width = meta->width;
    height = meta->height;
  }
  if (crop->x >= width || crop->y >= height)
    return FALSE;
  *ret_bounds
      = (GstClipBox){ crop->x, crop->y, MIN (crop->width, width - crop->x), MIN (crop->height, height - crop->y) };
  return ret_bounds->width && ret_bounds->height;
}

/* Reduces the image to the lines of one field, as many as every plane has. FALSE: there are none. */
static gboolean
take_field (ClipImage *image, const GstVideoFormatInfo *format, gboolean bottom)
{
  guint n_planes = clip_format_get_info (image->format)->n_planes;
  guint height = image->height, n_lines = bottom ? height / 2 : (height + 1) / 2;
  for (guint plane = 0; plane < n_planes; plane++) {
    gint components[GST_VIDEO_MAX_COMPONENTS];
    gst_video_format_info_component (format, plane, components);
    guint rows = GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (format, components[0], height);
    guint field_rows = bottom ? rows / 2 : (rows + 1) / 2;
    n_lines = MIN (n_lines, field_rows << GST_VIDEO_FORMAT_INFO_H_SUB (format, components[0]));
  }
  if (n_lines == 0)
    return FALSE;
  for (guint plane = 0; plane < n_planes; plane++) {
    if (bottom)
      image->planes[plane] += image->strides[plane];
    image->strides[plane] *= 2;
  }
  image->height = n_lines;
  return TRUE;
}

static gboolean
map_frame (GstVideoFrame *ret_frame, const GstVideoInfo *info, GstBuffer *buffer, GError **error)
{
  GstVideoInfo video = *info;
  gboolean by_fields = GST_VIDEO_INFO_INTERLACE_MODE (info) == GST_VIDEO_INTERLACE_MODE_FIELDS;
  if (by_fields && !gst_buffer_get_video_meta (buffer)) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE, "a buffer of two fields has no GstVideoMeta to tell them apart");
    return FALSE;
  }
  if (by_fields)
    video.height = (video.height + 1) / 2;
  if (gst_video_frame_map (ret_frame, &video, buffer, GST_MAP_READ | GST_VIDEO_FRAME_MAP_FLAG_NO_REF))
    return TRUE;
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE,
      "a buffer of %" G_GSIZE_FORMAT " bytes cannot be mapped as a %dx%d %s frame of %" G_GSIZE_FORMAT " bytes",
      gst_buffer_get_size (buffer), GST_VIDEO_INFO_WIDTH (info), GST_VIDEO_INFO_HEIGHT (info),
      GST_VIDEO_INFO_NAME (info), GST_VIDEO_INFO_SIZE (info));
  return FALSE;
}

static gboolean
read_frame (GstClipPicture *self, const GstClipPictureInfo *info, ClipOrientation orientation, GstBuffer *buffer,
    GError **error)
{
  const GstVideoFrame *frame = &self->frame;
  if (!gst_clip_picture_get_bounds (&info->video, buffer, &self->bounds)) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE, "nothing of a %dx%d frame is inside of its crop",
        GST_VIDEO_INFO_WIDTH (&info->video), GST_VIDEO_INFO_HEIGHT (&info->video));
    return FALSE;
  }

  gboolean by_fields = GST_VIDEO_INFO_INTERLACE_MODE (&info->video) == GST_VIDEO_INTERLACE_MODE_FIELDS;
  ClipImage *image = &self->whole;
  guint height = self->bounds.y + self->bounds.height;
  *image = (ClipImage){
    .width = self->bounds.x + self->bounds.width,
    .height = by_fields ? MIN ((height + 1) / 2, (guint)GST_VIDEO_FRAME_HEIGHT (frame)) : height,
    .matrix = info->matrix,
    .full_range = info->full_range,
    .chroma_site = info->chroma_site,
    .transfer = info->transfer,
    .primaries = info->primaries,
    .max_luminance = info->max_luminance,
    .orientation = orientation,
  };
  if (!gst_clip_image_set_planes (image, frame, error))
    return FALSE;

  self->lines_each = by_fields ? 2 : 1;
  if (!by_fields && GST_VIDEO_FRAME_IS_INTERLACED (frame)) {
    gboolean bottom = GST_VIDEO_FRAME_IS_ONEFIELD (frame) && !GST_VIDEO_FRAME_IS_TFF (frame);
    if (take_field (image, frame->info.finfo, bottom) || take_field (image, frame->info.finfo, FALSE))
      self->lines_each = 2;
  }
  if (GST_VIDEO_INFO_PAR_N (&info->video) > 0 && GST_VIDEO_INFO_PAR_D (&info->video) > 0) {
    image->par_n = GST_VIDEO_INFO_PAR_N (&info->video);
    image->par_d = self->lines_each * (guint)GST_VIDEO_INFO_PAR_D (&info->video);
  }
  return TRUE;
}

gboolean
gst_clip_picture_map (GstClipPicture *self, const GstClipPictureInfo *info, ClipOrientation orientation,
    GstBuffer *buffer, GError **error)
{
  if (!map_frame (&self->frame, &info->video, buffer, error))
    return FALSE;
  if (read_frame (self, info, orientation, buffer, error))
    return TRUE;
  gst_video_frame_unmap (&self->frame);
  return FALSE;
}

void
gst_clip_picture_unmap (GstClipPicture *self)
{
  gst_video_frame_unmap (&self->frame);
}

/* In lines of the image. */
static GstClipBox
get_part (const GstClipPicture *self, const GstClipBox *box)
{
  GstClipBox part = box ? *box : self->bounds;
  guint end = (part.y + part.height + self->lines_each - 1) / self->lines_each;
  part.y = MIN (part.y / self->lines_each, self->whole.height - 1);
  part.height = MAX (MIN (end, self->whole.height), part.y + 1) - part.y;
  return part;
}

void
gst_clip_picture_get_extent (const GstClipPicture *self, const GstClipBox *box, GstClipBox *ret_extent)
{
  *ret_extent = get_part (self, box);
  gst_clip_image_align (&self->whole, self->frame.info.finfo, ret_extent);
  ret_extent->y *= self->lines_each;
  ret_extent->height *= self->lines_each;
}

void
gst_clip_picture_get_image (const GstClipPicture *self, const GstClipBox *box, ClipImage *ret_image)
{
  GstClipBox part = get_part (self, box);
  gst_clip_image_crop (&self->whole, self->frame.info.finfo, &part, ret_image);
}
