/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerprivate.h: what cliptagger's six files share: gstcliptagger.c (the element: properties, start and
 * stop), gstcliptaggerworker.c (the thread for what takes long), gstcliptaggerprompts.c (prompts and scores that change
 * while frames flow), gstcliptaggerflow.c (frames, events, queries), gstcliptaggersample.c (which frames are sampled,
 * pictures and results) and gstcliptaggerobjects.c (what is different where regions of interest are labelled).
 *
 * Threads: the object lock guards what is listed under it. The worker does what takes long; `encoding_lock` is for two
 * of them, one left behind by a stop and its successor: it is held while prompts are encoded, and nobody else ever
 * takes it. Order: encoding_lock, object lock, the classifier's own. Nothing is posted with any of them held, but for
 * the progress of encoding prompts with encoding_lock: `encoder` tells who would wait for itself. Results come from the
 * streaming thread in sync mode, from the scheduler's in async mode.
 */
#ifndef __GST_CLIP_TAGGER_PRIVATE_H__
#define __GST_CLIP_TAGGER_PRIVATE_H__

#include <gst/video/video.h>

#include "clip.h"
#include "tagger/gstclipchange.h"
#include "tagger/gstclipclassifier.h"
#include "common/gstcliporientation.h"
#include "common/gstclippicture.h"
#include "tagger/gstclipprogress.h"
#include "tagger/gstclipobjects.h"
#include "common/gstclipsampler.h"
#include "tagger/gstclipscheduler.h"
#include "tagger/gstclipsettings.h"
#include "tagger/gstclipstats.h"
#include "tagger/gstcliptagger.h"

G_BEGIN_DECLS

extern GstDebugCategory *gst_clip_tagger_debug;

/* What there is of the model. */
typedef enum
{
  GST_CLIP_CLOSED, /* stopped */
  GST_CLIP_OPENING,
  GST_CLIP_OPEN,
  GST_CLIP_FAILED_TO_OPEN /* the error is posted */
} GstClipOpenState;

/* What has become of something the worker tried. */
typedef enum
{
  GST_CLIP_DONE,
  GST_CLIP_FAILED,
  GST_CLIP_UNWANTED, /* the element was stopped */
  GST_CLIP_OVERTAKEN /* there are other prompts by now */
} GstClipOutcome;

/* What changes when a file is written to or replaced; all 0 where there is none. */
typedef struct
{
  guint64 device, inode, size;
  gint64 seconds, nanoseconds;
} GstClipFileStamp;

/* A frame held back. */
typedef struct
{
  GstBuffer *buffer;
  GstClipTimes times;
  gint picture;   /* of the batch; -1 = it is not to be encoded */
  guint64 number; /* of the picture, or of the one that it is like; 0 = it is not looked at */
} GstClipHeldFrame;

/* The streaming thread's. */
typedef struct
{
  GstClipPictureInfo info;
  GstClipOrientation orientation;
  GstClipArrivals arrivals;
  GstClipSampler sampler;
  ClipPreprocessor *preprocessor; /* NULL until the model is open */
  gboolean by_roi;             /* since the start; everybody may read it */
  GstClipChange offered;          /* the last picture that went to be encoded */
  GstClipTimes offered_times;
  guint64 n_offered;   /* its number: how many went there */
  gboolean small_pool; /* that upstream's buffers come from bounds the batches, which the log has */
  gboolean complained; /* about the last sampled frame */
  guint64 serial;      /* of the last result that was put on a frame */
  gchar *name;         /* the element's */
  gchar *stream_id;    /* of the last STREAM_START */
  gint64 last_sampled; /* by g_get_monotonic_time(), 0 = never */
  gint64 last_stats;   /* the same: when statistics were last posted */

  /* batch-size > 1: frames held back, the first of them sampled; what is to be encoded for them; and what is on its way
   * out. The job is made with the first sampled frame and has n pictures so far. */
  gboolean batching; /* this frame's way */
  GQueue held;       /* of GstClipHeldFrame */
  GQueue ready;      /* of GstBuffer */
  GstClipJob *batch;
  guint n_batch;
} GstClipFlow;

struct _GstClipTagger
{
  GstBaseTransform parent;

  GMutex encoding_lock;
  GThread *encoder; /* atomic: who has encoding_lock and posts progress, or NULL */
  GstClipClassifier *classifier;
  GstClipObjects *objects;
  gint live; /* atomic: upstream, by the LATENCY query */
  GstClipFlow flow;

  /* The object lock. */
  gboolean started; /* from start() to the end of stop(): only what is MUTABLE_PLAYING may change */
  GstClipSettings settings;
  GstClipStats stats;
  GstClipOpenState open_state;
  GCond changed;               /* what is below, what the worker has to do, or what lets others wait no longer */
  gboolean flushing, stopping; /* nobody waits for the worker */
  GThread *worker;             /* NULL = none; one that is still about then has nothing to say */
  gboolean worker_is_idle;     /* it can be joined at once */

  /* Prompts that were asked for, tried by the worker (all was said about them) and taken; scores that were asked for
   * and applied. The numbers wrap round. */
  guint n_sources_set, n_sources_tried, n_sources_taken;
  guint n_rankings_set, n_rankings_applied;
  GstClipPromptSource source_in_use; /* the last that was taken */
  gint64 attempt_start;              /* by g_get_monotonic_time(), 0 = nothing is being encoded */
  guint n_overtaken;                 /* attempts in a row that were given up for newer prompts */

  gchar *last_error;
  gboolean failed;             /* in async mode: the error is posted */
  GstClipScheduler *scheduler; /* from start() to stop(), like the stream */
  GstClipStream *stream;
  GstClockTime latency;  /* of sync mode: frames held back and encoded */
  GstClockTime earliest; /* running time of frames that the sink can still show in time; NONE = all */
  gdouble proportion;    /* of the last QoS event */

  /* The prompts' file as it was when it was read, or before, and as it was last checked. */
  GstClipFileStamp file_read, file_seen;
};

/* ---- gstcliptagger.c ---- */

void gst_clip_tagger_remember_error (GstClipTagger *self, const GError *error);
void gst_clip_tagger_post_tags (GstClipTagger *self, const GstClipResult *result, gboolean rescored);
GstStructure *gst_clip_tagger_make_stats (GstClipTagger *self);
gboolean gst_clip_tagger_is_async (GstClipTagger *self);
gboolean gst_clip_tagger_is_async_locked (GstClipTagger *self); /* with the object lock, like the next one */
gboolean gst_clip_tagger_is_worker (GstClipTagger *self); /* the calling thread is, and the element is not stopping */
GstClipStream *gst_clip_tagger_ref_stream (GstClipTagger *self); /* NULL while stopped */

void gst_clip_tagger_log_mode (GstClipTagger *self, const gchar *reason);

/* ---- gstcliptaggerworker.c ---- */

/* Loads the model and encodes the prompts in a thread of its own, which posts the error if it fails. */
gboolean gst_clip_tagger_start_worker (GstClipTagger *self, GError **error);

/* Waits a moment. TRUE: opening has failed by then, and the error is posted. */
gboolean gst_clip_tagger_await_refusal (GstClipTagger *self);

/* From here on nobody waits for it; then nothing comes of it any more. Neither waits for what it is busy with. */
void gst_clip_tagger_let_go (GstClipTagger *self);
void gst_clip_tagger_stop_worker (GstClipTagger *self);

/* Streaming thread. Waits for the model, but not in live streams that go on without it; in sync mode also for prompts
 * and settings that were changed before. GST_FLOW_OK: ret_open tells whether there is a model. */
GstFlowReturn gst_clip_tagger_await_worker (GstClipTagger *self, gboolean *ret_open);
void gst_clip_tagger_set_flushing (GstClipTagger *self, gboolean flushing);

/* Whoever waits has to check again: the mode has changed, upstream is live, or the prompts' file is to be watched. */
void gst_clip_tagger_wake (GstClipTagger *self);

/* ---- gstcliptaggerflow.c ---- */

void gst_clip_tagger_class_init_flow (GstBaseTransformClass *klass);
void gst_clip_tagger_start_flow (GstClipTagger *self);
void gst_clip_tagger_stop_flow (GstClipTagger *self);

/* ---- gstcliptaggersample.c; the streaming thread's ---- */

/* A copy whose strings are not to be used. Regions of interest have nothing of what is for frames as a whole. */
GstClipSettings gst_clip_tagger_peek_settings (GstClipTagger *self);

/* Looks at a frame if it is due. Says in `held` what it is to the batch, if there is one. */
GstFlowReturn gst_clip_tagger_sample (GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times,
    const GstClipSettings *settings, GstClipHeldFrame *held);

/* Attaches what is known by now. */
void gst_clip_tagger_label_frame (
    GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, const GstClipSettings *settings);

/* Encodes a job's pictures and waits for them. */
gboolean gst_clip_tagger_run_job (
    GstClipTagger *self, GstClipJob *job, const GstClipSettings *settings, GError **error);

/* A frame's result, which is published. number: the picture's. */
void gst_clip_tagger_take_result (
    GstClipTagger *self, const gfloat *embedding, const GstClipTimes *times, guint64 number);

/* The labels of the picture of this number hold for a frame at `times`, if they are the latest. */
void gst_clip_tagger_renew_result (GstClipTagger *self, const GstClipTimes *times, guint64 number);

/* What a failure means to the stream; posts it. A frame that cannot be read is the stream's fault and does not end it:
 * it passes with the labels of the one before. */
GstFlowReturn gst_clip_tagger_handle_failure (GstClipTagger *self, const GError *error);

/* How long frames take through sync mode: those that wait for the batch to be full, and its encoding. job: NULL before
 * the first. */
void gst_clip_tagger_note_latency (GstClipTagger *self, const GstClipSettings *settings, const GstClipJob *job);

void gst_clip_tagger_job_done (GstClipJob *job, gpointer self); /* of async mode; in the scheduler's thread */

/* ---- gstcliptaggerobjects.c ---- */

/* Streaming thread. What is to be encoded of a frame that is due, as gst_clip_objects_choose() returns it. */
GArray *gst_clip_tagger_choose_objects (GstClipTagger *self, GstBuffer *buffer, const GstClipSettings *settings);
void gst_clip_tagger_take_objects (GstClipTagger *self, GstClipJob *job); /* that is done */
void gst_clip_tagger_label_objects (
    GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, const GstClipSettings *settings);
void gst_clip_tagger_rescore_objects (GstClipTagger *self); /* for new prompts or settings; posts what came of it */

/* ---- gstcliptaggerprompts.c ---- */

/* One of the three properties that prompts come from, or GST_CLIP_PROP_STATS to read them again. Returns the request's
 * number. While running, bad prompts leave the element as it was, its properties too, and a warning says why. */
guint gst_clip_tagger_request_prompts (GstClipTagger *self, GstClipProperty property, const gchar *value);

/* The same, and waits while running. FALSE: they are not in use: bad, or the element was stopped. */
gboolean gst_clip_tagger_set_prompts_and_wait (GstClipTagger *self, GstClipProperty property, const gchar *value);

/* One of the properties that scores depend on. */
void gst_clip_tagger_request_ranking (GstClipTagger *self, GstClipProperty property, const GValue *value);

/* There is a model, and the last prompts that were set are in use or were refused. */
gboolean gst_clip_tagger_is_ready (GstClipTagger *self);

/* The worker's. The error is only for a model that is being opened; a running element posts a warning. */
GstClipOutcome gst_clip_tagger_try_prompts (GstClipTagger *self, GError **error);
void gst_clip_tagger_apply_ranking (GstClipTagger *self);
void gst_clip_tagger_check_prompts_file (GstClipTagger *self);
void gst_clip_tagger_post_ready (GstClipTagger *self); /* the message, if it is */

G_END_DECLS

#endif /* __GST_CLIP_TAGGER_PRIVATE_H__ */
