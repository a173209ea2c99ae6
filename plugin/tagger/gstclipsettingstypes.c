/* SPDX-License-Identifier: MIT
 *
 * gstclipsettingstypes.c: the values of cliptagger's properties of enumerations, with what they mean.
 */
#include "tagger/gstclipsettingstypes.h"

#include "clip.h"
#include "common/gstclipproperty.h"

GType
gst_clip_fit_get_type (void)
{
  static const GEnumValue values[] = {
    { CLIP_FIT_CROP, "The centre, as in the reference code: 44 % of a 16:9 picture is lost", "crop" },
    { CLIP_FIT_STRETCH, "The whole picture, its aspect ratio lost", "stretch" },
    { CLIP_FIT_PAD, "The whole picture, with bars", "pad" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;
  return gst_clip_property_register_enum (&type, "GstClipTaggerFit", values);
}

GType
gst_clip_score_mode_get_type (void)
{
  static const GEnumValue values[] = {
    { CLIP_SCORE_SOFTMAX, "Share of each prompt in all of them, 0 to 1", "softmax" },
    { CLIP_SCORE_SIGMOID, "Score of each prompt by itself, 0 to 1", "sigmoid" },
    { CLIP_SCORE_COSINE, "Cosine similarity, -1 to 1", "cosine" },
    { CLIP_SCORE_Z, "Standard deviations of the cosine above what is usual in this stream, by baseline", "z-score" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;
  return gst_clip_property_register_enum (&type, "GstClipTaggerScoreMode", values);
}

GType
gst_clip_precision_get_type (void)
{
  static const GEnumValue values[] = {
    { CLIP_PRECISION_F32, "32-bit floats", "f32" },
    { CLIP_PRECISION_BF16, "16-bit weights and activations (bfloat16)", "bf16" },
    { CLIP_PRECISION_INT8, "8-bit weights and activations, outliers exact", "int8" },
    { CLIP_PRECISION_AUTO, "int8, else bf16, where this CPU is fast at it and a check at load passes; else f32",
        "auto" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;
  return gst_clip_property_register_enum (&type, "GstClipTaggerPrecision", values);
}

GType
gst_clip_inference_mode_get_type (void)
{
  static const GEnumValue values[] = {
    { GST_CLIP_INFERENCE_SYNC, "A sampled frame waits for its own labels", "sync" },
    { GST_CLIP_INFERENCE_ASYNC,
        "Frames pass at once with the latest labels; the newest sampled frame waits for the encoder", "async" },
    { GST_CLIP_INFERENCE_AUTO, "async in live pipelines, else sync", "auto" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;
  return gst_clip_property_register_enum (&type, "GstClipTaggerInferenceMode", values);
}

GType
gst_clip_inference_region_get_type (void)
{
  static const GEnumValue values[] = {
    { GST_CLIP_INFERENCE_FULL_FRAME, "The frame", "full-frame" },
    { GST_CLIP_INFERENCE_ROI_LIST, "Regions of interest that the frame carries", "roi-list" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;
  return gst_clip_property_register_enum (&type, "GstClipTaggerInferenceRegion", values);
}
