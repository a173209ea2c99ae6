/* SPDX-License-Identifier: MIT
 *
 * gstclipclassifier.h: a model, the user's prompts, and what they say about the latest picture.
 */
#ifndef __GST_CLIP_CLASSIFIER_H__
#define __GST_CLIP_CLASSIFIER_H__

#include <gst/gst.h>

#include "clip.h"
#include "meta/gstcliptagmeta.h"

G_BEGIN_DECLS

typedef struct _GstClipClassifier GstClipClassifier;

/* Where the prompts come from: the first of `file`, `text` and the model folder's prompts.json that is there. */
typedef struct
{
  gchar *text;      /* `;`-separated, or NULL */
  gchar *file;      /* or NULL */
  gchar *templates; /* `|`-separated; NULL = those that the file brings along */
} GstClipPromptSource;

void gst_clip_prompt_source_copy (GstClipPromptSource *dest, const GstClipPromptSource *src);
void gst_clip_prompt_source_clear (GstClipPromptSource *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstClipPromptSource, gst_clip_prompt_source_clear)

/* How prompts are encoded. */
typedef struct
{
  gboolean cache;        /* keep the embeddings of many prompts in the user's cache, and take them from there */
  ClipProgress progress; /* called by the thread that encodes, with nothing locked here; or NULL */
  gpointer user_data;
} GstClipEncoding;

typedef struct
{
  ClipRankParams params;
  guint top_k; /* 0 = all */
  gboolean attach_embedding;
} GstClipRanking;

/* A frame's places in time, GST_CLOCK_TIME_NONE where it has none. */
typedef struct
{
  GstClockTime pts, stream_time, running_time, duration;
  GstClockTimeDiff position; /* stream time, negated where it runs backwards, so that later frames have more of it */
} GstClipTimes;

/* Filled in by gst_clip_classifier_describe(). */
typedef struct
{
  gchar *model, *fingerprint, *precision; /* NULL while closed */
  guint n_prompts, n_threads;
  gboolean non_finite; /* a weight is NaN or infinite */
} GstClipDescription;

GstClipClassifier *gst_clip_classifier_new (void);
void gst_clip_classifier_free (GstClipClassifier *self); /* closed */

/* Loads the model, makes the threads, encodes the prompts. model: a folder; NULL = the default model. */
gboolean gst_clip_classifier_open (GstClipClassifier *self, const gchar *model, ClipPrecision precision, ClipFit fit,
    guint n_threads, const GstClipPromptSource *source, const GstClipEncoding *encoding, GError **error);

/* No call of classify() may be under way; one of set_prompts() may, and is cancelled. */
void gst_clip_classifier_close (GstClipClassifier *self);
gboolean gst_clip_classifier_is_open (GstClipClassifier *self);

/* A classify() under way returns CLIP_ERROR_CANCELLED soon; where none is, the next one may. The same for
 * set_prompts(), if asked for, less the "may". */
void gst_clip_classifier_cancel (GstClipClassifier *self, gboolean prompts_too);

/* One caller at a time. Encodes the picture, which becomes the latest one. */
gboolean gst_clip_classifier_classify (
    GstClipClassifier *self, const ClipImage *image, const GstClipTimes *times, GError **error);

/* One caller at a time. Encodes the prompts without disturbing classify(), then scores the latest picture by them. On
 * failure everything stays as it was. */
gboolean gst_clip_classifier_set_prompts (
    GstClipClassifier *self, const GstClipPromptSource *source, const GstClipEncoding *encoding, GError **error);

/* Scores the latest picture anew. */
void gst_clip_classifier_set_ranking (GstClipClassifier *self, const GstClipRanking *ranking);

/* The latest picture's tags and times. NULL when there is none: before the first and after forget(). */
GstClipTags *gst_clip_classifier_get_latest (GstClipClassifier *self, GstClipTimes *ret_times);
void gst_clip_classifier_forget (GstClipClassifier *self);

void gst_clip_classifier_describe (GstClipClassifier *self, GstClipDescription *ret_description);
void gst_clip_description_clear (GstClipDescription *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstClipDescription, gst_clip_description_clear)

G_END_DECLS

#endif /* __GST_CLIP_CLASSIFIER_H__ */
