/* SPDX-License-Identifier: MIT
 *
 * gstvideotransformmatrix.h: what a frame is among others in a larger one, as GStreamer's mixers tell metadata since
 * 1.28. A library that was built before may be used with it.
 */
#ifndef __GST_VIDEO_TRANSFORM_MATRIX_H__
#define __GST_VIDEO_TRANSFORM_MATRIX_H__

#include <gst/video/video.h>

#if !GST_CHECK_VERSION(1, 28, 0)
typedef struct
{
  const GstVideoInfo *in_info;
  GstVideoRectangle in_rectangle;
  const GstVideoInfo *out_info;
  GstVideoRectangle out_rectangle;
  gfloat matrix[3][3];
} GstVideoMetaTransformMatrix;
#endif

#endif /* __GST_VIDEO_TRANSFORM_MATRIX_H__ */
