/* SPDX-License-Identifier: MIT
 *
 * gstclippicture.h: a frame as it is meant to be seen. Caps, metadata and buffer flags are read here and nowhere else:
 * size and crop, pixel shape, fields, matrix, range, transfer curve, primaries.
 */
#ifndef __GST_CLIP_PICTURE_H__
#define __GST_CLIP_PICTURE_H__

#include <gst/video/video.h>

#include "clip.h"
#include "common/gstclipimage.h"

G_BEGIN_DECLS

/* Everything that caps tell. */
typedef struct
{
  GstVideoInfo video; /* its colorimetry and chroma site are not used: see below */
  ClipMatrix matrix;
  gboolean full_range;
  ClipChromaSite chroma_site;
  ClipTransfer transfer;
  ClipPrimaries primaries;
  gfloat max_luminance; /* as in clip.h */
} GstClipPictureInfo;

/* FALSE: not raw video.
 *
 * Properties missing from caps, or unknown there like the zeros of colorimetry=1:0:0:0 (full range, the rest unknown;
 * gst_video_info_from_caps() drops such a colorimetry as a whole), get a default, GStreamer's where it has one:
 *
 *   matrix       BT.2020 with BT.2020 primaries, PQ or HLG; else BT.709 above 576 lines, BT.601 up to there
 *   range        limited (16..235) for Y'CbCr, full (0..255) for gray; RGB is always full
 *   transfer     SDR
 *   primaries    BT.709, which also stands for all that are close to it
 *   chroma-site  cosited horizontally above 576 lines, in the middle up to there */
gboolean gst_clip_picture_info_from_caps (GstClipPictureInfo *ret_info, const GstCaps *caps);

/* The picture's place in the buffer, in pixels: the size in the caps, whatever padding GstVideoMeta has around it, or
 * the rectangle of GstVideoCropMeta. FALSE: that rectangle is empty. */
gboolean gst_clip_picture_get_bounds (const GstVideoInfo *video, GstBuffer *buffer, GstClipBox *ret_bounds);

/* A mapped frame. */
typedef struct
{
  GstVideoFrame frame;
  GstClipBox bounds;
  ClipImage whole;  /* from the frame's upper left corner on */
  guint lines_each; /* frame lines per image line: 2 where the image is one field */
} GstClipPicture;

/* Maps a buffer for reading; unmap it if this returns TRUE. An interlaced frame gives one field, the top one unless the
 * buffer holds only the other. The buffer is not referenced. */
gboolean gst_clip_picture_map (GstClipPicture *self, const GstClipPictureInfo *info, ClipOrientation orientation,
    GstBuffer *buffer, GError **error);
void gst_clip_picture_unmap (GstClipPicture *self);

/* The picture, or a box of it in the frame's pixels, inside of the bounds. Borrows the frame's memory. */
void gst_clip_picture_get_image (const GstClipPicture *self, const GstClipBox *box, ClipImage *ret_image);

/* What that really has of a box: whole chroma samples, and the lines of one field with the frame's between them. */
void gst_clip_picture_get_extent (const GstClipPicture *self, const GstClipBox *box, GstClipBox *ret_extent);

G_END_DECLS

#endif /* __GST_CLIP_PICTURE_H__ */
