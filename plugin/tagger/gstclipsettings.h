/* SPDX-License-Identifier: MIT
 *
 * gstclipsettings.h: cliptagger's properties.
 */
#ifndef __GST_CLIP_SETTINGS_H__
#define __GST_CLIP_SETTINGS_H__

#include <gst/gst.h>

#include "tagger/gstclipclassifier.h"
#include "common/gstcliporientation.h"
#include "tagger/gstclipsettingstypes.h"

G_BEGIN_DECLS

typedef enum
{
  GST_CLIP_PROP_MODEL = 1,
  GST_CLIP_PROP_PROMPTS,
  GST_CLIP_PROP_PROMPTS_FILE,
  GST_CLIP_PROP_PROMPT_TEMPLATE,
  GST_CLIP_PROP_ZONES,
  GST_CLIP_PROP_TOP_K,
  GST_CLIP_PROP_THRESHOLD,
  GST_CLIP_PROP_SCORE_MODE,
  GST_CLIP_PROP_TEMPERATURE,
  GST_CLIP_PROP_SMOOTHING,
  GST_CLIP_PROP_OFF_THRESHOLD,
  GST_CLIP_PROP_MIN_DURATION,
  GST_CLIP_PROP_HOLD_TIME,
  GST_CLIP_PROP_COOL_DOWN,
  GST_CLIP_PROP_UPDATE_INTERVAL,
  GST_CLIP_PROP_BASELINE,
  GST_CLIP_PROP_BASELINE_FILE,
  GST_CLIP_PROP_FIT,
  GST_CLIP_PROP_FRAME_RATE,
  GST_CLIP_PROP_INFERENCE_INTERVAL,
  GST_CLIP_PROP_N_THREADS,
  GST_CLIP_PROP_PRECISION,
  GST_CLIP_PROP_ATTACH_EMBEDDING,
  GST_CLIP_PROP_POST_MESSAGES,
  GST_CLIP_PROP_CACHE,
  GST_CLIP_PROP_INFERENCE_MODE,
  GST_CLIP_PROP_MAX_AGE,
  GST_CLIP_PROP_BATCH_SIZE,
  GST_CLIP_PROP_MODEL_INSTANCE_ID,
  GST_CLIP_PROP_MAX_CPU,
  GST_CLIP_PROP_MIN_CHANGE,
  GST_CLIP_PROP_ON_CHANGE,
  GST_CLIP_PROP_QOS,
  GST_CLIP_PROP_WATCH_PROMPTS,
  GST_CLIP_PROP_STATS_INTERVAL,
  GST_CLIP_PROP_INFERENCE_REGION,
  GST_CLIP_PROP_OBJECT_CLASS,
  GST_CLIP_PROP_MIN_CROP_SIZE,
  GST_CLIP_PROP_RECLASSIFY_INTERVAL,
  GST_CLIP_PROP_ORIENTATION,
  GST_CLIP_PROP_BACKGROUND,
  GST_CLIP_PROP_STATS /* the element's; not a setting */
} GstClipProperty;

typedef struct
{
  gchar *model;
  gchar *instance;
  gchar *baseline_file;
  GstClipPromptSource source;
  GstClipRanking ranking; /* as properties have it: see gst_clip_settings_get_ranking() */
  ClipFit fit;
  GstVideoOrientationMethod orientation;
  gdouble frame_rate; /* samples per second of stream time, 0 = every frame */
  guint interval;     /* every n-th frame */
  guint n_threads;    /* 0 = all CPUs */
  ClipPrecision precision;
  gboolean post_messages;
  gboolean cache; /* of prompts' embeddings */
  GstClipInferenceMode mode;
  GstClockTime max_age; /* GST_CLOCK_TIME_NONE = no limit */
  guint batch_size;
  gdouble min_change, on_change; /* per cent, as clip.h has it; 0 = off */
  gdouble max_cpu;               /* per cent of one core, 0 = no limit */
  gboolean qos;
  gboolean watch_prompts;
  GstClockTime stats_interval; /* 0 = never */
  GstClipInferenceRegion region;
  gchar *object_class;       /* `;`-separated, NULL = all */
  guint min_crop_size;       /* pixels of a region's shorter side */
  guint reclassify_interval; /* sampled frames, 0 = never again */
} GstClipSettings;

void gst_clip_settings_install_properties (GObjectClass *klass);
void gst_clip_settings_install_events (GObjectClass *klass); /* a part of these */
void gst_clip_settings_init (GstClipSettings *self);         /* the defaults */
void gst_clip_settings_clear (GstClipSettings *self);

/* Nothing is locked here. All but GST_CLIP_PROP_STATS. */
void gst_clip_settings_set (GstClipSettings *self, GstClipProperty property, const GValue *value);
void gst_clip_settings_get (const GstClipSettings *self, GstClipProperty property, GValue *value);

/* The ranking that is asked for, by what stands for "all" and for "the default" in properties. */
GstClipRanking gst_clip_settings_get_ranking (const GstClipSettings *self);

/* The field of one of the properties that prompts come from. */
gchar **gst_clip_prompt_source_field (GstClipPromptSource *source, GstClipProperty property);

G_END_DECLS

#endif /* __GST_CLIP_SETTINGS_H__ */
