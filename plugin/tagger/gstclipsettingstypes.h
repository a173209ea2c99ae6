/* SPDX-License-Identifier: MIT
 *
 * gstclipsettingstypes.h: the types of cliptagger's properties of enumerations.
 */
#ifndef __GST_CLIP_SETTINGS_TYPES_H__
#define __GST_CLIP_SETTINGS_TYPES_H__

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum
{
  GST_CLIP_INFERENCE_SYNC,
  GST_CLIP_INFERENCE_ASYNC,
  GST_CLIP_INFERENCE_AUTO
} GstClipInferenceMode;

typedef enum
{
  GST_CLIP_INFERENCE_FULL_FRAME,
  GST_CLIP_INFERENCE_ROI_LIST
} GstClipInferenceRegion;

GType gst_clip_fit_get_type (void);
GType gst_clip_score_mode_get_type (void);
GType gst_clip_precision_get_type (void);
GType gst_clip_inference_mode_get_type (void);
GType gst_clip_inference_region_get_type (void);

G_END_DECLS

#endif /* __GST_CLIP_SETTINGS_TYPES_H__ */
