/* SPDX-License-Identifier: MIT
 *
 * gstclipimage.h: a mapped video frame as the engine sees it.
 */
#ifndef __GST_CLIP_IMAGE_H__
#define __GST_CLIP_IMAGE_H__

#include <gst/video/video.h>

#include "clip.h"

G_BEGIN_DECLS

/* Exactly the formats that gst_clip_image_from_frame() takes, of any size and rate: video/x-raw. */
GstCaps *gst_clip_image_make_caps (void);

/* A part of a frame, in its pixels. */
typedef struct
{
  guint x, y, width, height;
} GstClipBox;

/* Borrows the frame's memory: ret_image is good until the frame is unmapped. */
gboolean gst_clip_image_from_frame (const GstVideoFrame *frame, ClipImage *ret_image, GError **error);

/* box: inside the image, not empty. Where the format has chroma samples for several pixels it is widened to whole ones.
 * Borrows the same memory. */
void gst_clip_image_crop (
    const ClipImage *image, const GstVideoFormatInfo *format, const GstClipBox *box, ClipImage *ret_image);

G_END_DECLS

#endif /* __GST_CLIP_IMAGE_H__ */
