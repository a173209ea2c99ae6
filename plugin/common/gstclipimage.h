/* SPDX-License-Identifier: MIT
 *
 * gstclipimage.h: a mapped video frame's format and planes as the engine sees them. What they mean is in
 * gstclippicture.h.
 */
#ifndef __GST_CLIP_IMAGE_H__
#define __GST_CLIP_IMAGE_H__

#include <gst/video/video.h>

#include "clip.h"

G_BEGIN_DECLS

/* Exactly the formats that gst_clip_image_set_planes() takes, of any size and rate: video/x-raw. */
GstCaps *gst_clip_image_make_caps (void);

/* A part of a frame, in its pixels. */
typedef struct
{
  guint x, y, width, height;
} GstClipBox;

/* Sets format, planes and strides of an image whose width and height are given: of the frame, from its upper left
 * corner on. Borrows the frame's memory: they are good until it is unmapped. FALSE: the image is not to be used. */
gboolean gst_clip_image_set_planes (ClipImage *image, const GstVideoFrame *frame, GError **error);

/* box: inside the image, not empty. Where the format has chroma samples for several pixels it is widened to whole ones.
 * Borrows the same memory. */
void gst_clip_image_crop (
    const ClipImage *image, const GstVideoFormatInfo *format, const GstClipBox *box, ClipImage *ret_image);

G_END_DECLS

#endif /* __GST_CLIP_IMAGE_H__ */
