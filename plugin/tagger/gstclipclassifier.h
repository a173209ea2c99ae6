/* SPDX-License-Identifier: MIT
 *
 * gstclipclassifier.h: a model, the user's prompts, and what they say about the latest picture.
 */
#ifndef __GST_CLIP_CLASSIFIER_H__
#define __GST_CLIP_CLASSIFIER_H__

#include <gst/gst.h>

#include "clip.h"
#include "common/gstcliptimes.h"
#include "gstcliptagmeta.h"
#include "tagger/gstclipevents.h"
#include "tagger/gstclippromptsource.h"
#include "tagger/gstclipsubject.h"

G_BEGIN_DECLS

typedef struct _GstClipClassifier GstClipClassifier;

/* How prompts are encoded. */
typedef struct
{
  const gchar *without_zones; /* a setting that prompts with zones are refused for, or NULL */
  gboolean cache;             /* keep the embeddings of many prompts in the user's cache, and take them from there */
  ClipProgress progress;      /* called by the thread that encodes, with nothing locked here; or NULL */
  gpointer user_data;
} GstClipEncoding;

typedef struct
{
  ClipTrackParams params;
  guint top_k; /* of each group, 0 = all */
  gboolean attach_embedding;
} GstClipRanking;

/* Filled in by gst_clip_classifier_describe(). */
typedef struct
{
  gchar *model, *fingerprint, *precision; /* NULL while closed */
  guint n_prompts;
  gchar **prompt_warnings; /* lines; NULL while closed */
} GstClipDescription;

/* events: where those of all subjects go; borrowed. */
GstClipClassifier *gst_clip_classifier_new (GstClipEvents *events);
void gst_clip_classifier_free (GstClipClassifier *self); /* closed */

/* What is known about the latest picture. */
typedef struct
{
  GstClipTags *tags;  /* NULL when there is none, or no prompt is for the frame */
  GstClipTimes times; /* of the latest sampled frame: the one that was encoded, or one that is like it */
  gboolean reused;    /* it is one that is like it */
  guint64 serial;     /* of the result, by gst_clip_next_serial(); new prompts do not make a new one */
  guint64 number;     /* of the picture, as take() was told */
} GstClipResult;

/* Numbers that only go up, from 1, whoever in this process asks. */
guint64 gst_clip_next_serial (void);

void gst_clip_result_clear (GstClipResult *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstClipResult, gst_clip_result_clear)

/* Gives a closed one a model, which needs prompts before anything can be ranked. model_path: where it was loaded from.
 * baseline_file: that keeps the baselines of frame and zones, or NULL. */
gboolean gst_clip_classifier_open (GstClipClassifier *self, ClipModel *model, const gchar *model_path, guint n_threads,
    const gchar *baseline_file, GError **error);

/* A call of set_prompts() may be under way, and is cancelled. */
void gst_clip_classifier_close (GstClipClassifier *self);

/* One caller at a time. Encodes the prompts without disturbing anyone, then scores the latest picture by them. On
 * failure everything stays as it was. ticket: of get_ticket(); each later cancel() is meant for this call, even one
 * that comes before it. */
gboolean gst_clip_classifier_set_prompts (GstClipClassifier *self, guint ticket, const GstClipPromptSource *source,
    const GstClipEncoding *encoding, GError **error);
guint gst_clip_classifier_get_ticket (GstClipClassifier *self);

/* Those in use, as a new reference; NULL if none. */
ClipPrompts *gst_clip_classifier_ref_prompts (GstClipClassifier *self);

/* A set_prompts() under way returns CLIP_ERROR_CANCELLED soon. Never waits for a ranking. */
void gst_clip_classifier_cancel (GstClipClassifier *self);

/* embedding: [embedding_dim], of a new picture, which becomes the latest one. */
void gst_clip_classifier_take (GstClipClassifier *self, const gfloat *embedding, const GstClipTimes *times,
    guint64 number, GstClipResult *ret_result);

/* The labels of the picture of this number hold for a frame at `times`, too. FALSE when that picture is not
 * the latest one. */
gboolean gst_clip_classifier_reuse (
    GstClipClassifier *self, guint64 number, const GstClipTimes *times, GstClipResult *ret_result);

/* ---- Other subjects than the frame: zones, objects ----
 *
 * One caller at a time for each subject. Tags are new references; NULL: the labels have no such zone any more. */

/* A sample of it. embedding: [embedding_dim]; NULL = it is like the last one. */
GstClipTags *gst_clip_classifier_take_subject (
    GstClipClassifier *self, GstClipSubject *subject, const gfloat *embedding, const GstClipTimes *times);

/* For new prompts or settings; NULL before its first sample. */
GstClipTags *gst_clip_classifier_rescore_subject (GstClipClassifier *self, GstClipSubject *subject);

/* Its events end. */
void gst_clip_classifier_close_subject (GstClipClassifier *self, GstClipSubject *subject, ClipEventEnd reason);

/* The same, and its picture is forgotten. */
void gst_clip_classifier_forget_subject (GstClipClassifier *self, GstClipSubject *subject, ClipEventEnd reason);

/* ---- Parts of the stream ----
 *
 * An epoch is a part of the stream that events do not outlast. Frames carry its number (GstClipTimes): what was sampled
 * in an earlier one and is encoded only now makes no events any more. */
guint gst_clip_classifier_get_epoch (GstClipClassifier *self);

/* The frame's events end; those of other subjects are their owners' business. Returns the number of the next epoch. */
guint gst_clip_classifier_end_epoch (GstClipClassifier *self, ClipEventEnd reason);

/* Scores the latest picture again. */
void gst_clip_classifier_set_ranking (GstClipClassifier *self, const GstClipRanking *ranking);

/* FALSE when there are no tags: before the first and after forget(). */
gboolean gst_clip_classifier_get_latest (GstClipClassifier *self, GstClipResult *ret_result);

/* The frame's events end, and its picture is forgotten. */
void gst_clip_classifier_forget (GstClipClassifier *self, ClipEventEnd reason);

/* What is wrong with the file of baselines, once: the caller's; usually NULL. */
GError *gst_clip_classifier_take_baseline_problem (GstClipClassifier *self);

/* Writes it, if there is one. Waits for a ranking. */
void gst_clip_classifier_save_baselines (GstClipClassifier *self);

/* What the way of scoring makes of the prompts, as a line for a warning: newly allocated, usually NULL. */
gchar *gst_clip_classifier_find_score_problem (GstClipClassifier *self);

void gst_clip_classifier_describe (GstClipClassifier *self, GstClipDescription *ret_description);
void gst_clip_description_clear (GstClipDescription *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstClipDescription, gst_clip_description_clear)

G_END_DECLS

#endif /* __GST_CLIP_CLASSIFIER_H__ */
