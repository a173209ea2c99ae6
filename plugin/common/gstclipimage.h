/* SPDX-License-Identifier: MIT
 *
 * gstclipimage.h: format and planes of a mapped video frame as a ClipImage. gstclippicture.h adds colorimetry, shape
 * and fields.
 */
#ifndef __GST_CLIP_IMAGE_H__
#define __GST_CLIP_IMAGE_H__

#include <gst/video/video.h>

#include "clip.h"

G_BEGIN_DECLS

/* video/x-raw of any size and rate, with exactly the formats of clip-formats.h, which gst_clip_image_set_planes()
 * takes. */
GstCaps *gst_clip_image_make_caps (void);

/* A part of a frame, in pixels. */
typedef struct
{
  guint x, y, width, height;
} GstClipBox;

/* Sets format, planes and strides of `image`, whose width and height are set and count from the frame's upper left
 * corner. The planes point into the frame's memory: valid until it is unmapped. On FALSE `image` must not be used. */
gboolean gst_clip_image_set_planes (ClipImage *image, const GstVideoFrame *frame, GError **error);

/* Widens a box, within the image and not empty, to whole chroma samples. */
void gst_clip_image_align (const ClipImage *image, const GstVideoFormatInfo *format, GstClipBox *box);

/* box: within the image, not empty; widened to whole chroma samples. `ret_image` points into the same memory. */
void gst_clip_image_crop (
    const ClipImage *image, const GstVideoFormatInfo *format, const GstClipBox *box, ClipImage *ret_image);

G_END_DECLS

#endif /* __GST_CLIP_IMAGE_H__ */
