/* SPDX-License-Identifier: MIT
 *
 * gstclippicture.h: a frame as it is meant. What caps, metadata and buffer flags say of the pixels is read here and
 * nowhere else: size and crop, pixel shape, fields, matrix, range, transfer curve, primaries.
 */
#ifndef __GST_CLIP_PICTURE_H__
#define __GST_CLIP_PICTURE_H__

#include <gst/video/video.h>

#include "clip.h"
#include "common/gstclipimage.h"

G_BEGIN_DECLS

/* What caps say. */
typedef struct
{
  GstVideoInfo video; /* colorimetry and chroma site are not to be believed: see below */
  ClipMatrix matrix;
  gboolean full_range;
  ClipChromaSite chroma_site;
  ClipTransfer transfer;
  ClipPrimaries primaries;
  gfloat max_luminance; /* as in clip.h */
} GstClipPictureInfo;

/* FALSE: they are not raw video's.
 *
 * What caps do not say, or say in vain as a "0" in colorimetry=1:0:0:0 (full range, matrix unknown), which
 * gst_video_info_from_caps() throws away as a whole, is assumed as GStreamer does where it has a rule:
 *
 *   matrix       BT.2020 with BT.2020 primaries, PQ or HLG; else BT.709 above 576 lines, BT.601 up to there
 *   range        limited (16..235) for Y'CbCr, full (0..255) for gray; RGB is always full
 *   transfer     SDR
 *   primaries    BT.709's, and so are all that are close to them
 *   chroma-site  cosited horizontally above 576 lines, in the middle up to there */
gboolean gst_clip_picture_info_from_caps (GstClipPictureInfo *ret_info, const GstCaps *caps);

/* The part of a buffer that is the picture, in its pixels: as large as its caps say, whatever room GstVideoMeta has
 * around it, or what GstVideoCropMeta leaves of all that. FALSE where nothing is left. */
gboolean gst_clip_picture_get_bounds (const GstVideoInfo *video, GstBuffer *buffer, GstClipBox *ret_bounds);

/* A mapped frame. */
typedef struct
{
  GstVideoFrame frame;
  GstClipBox bounds;
  ClipImage whole;  /* from the frame's upper left corner on */
  guint lines_each; /* lines of the frame that a line of the image stands for: 2 where that is one field of it */
} GstClipPicture;

/* Maps a buffer to be read; unmap it afterwards if this returns TRUE. Of an interlaced frame one field is read, the top
 * one unless the buffer holds the other only. The buffer is not referenced. */
gboolean gst_clip_picture_map (GstClipPicture *self, const GstClipPictureInfo *info, ClipOrientation orientation,
    GstBuffer *buffer, GError **error);
void gst_clip_picture_unmap (GstClipPicture *self);

/* The picture, or the part of it that is a box in the frame's pixels, which lies inside of the bounds. Borrows the
 * frame's memory. */
void gst_clip_picture_get_image (const GstClipPicture *self, const GstClipBox *box, ClipImage *ret_image);

G_END_DECLS

#endif /* __GST_CLIP_PICTURE_H__ */
