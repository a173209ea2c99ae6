/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerprivate.h: what cliptagger's six files share: gstcliptagger.c (the element: properties, start and
 * stop), gstcliptaggeropen.c (the model, loaded beside everything else), gstcliptaggerflow.c (frames, events, queries),
 * gstcliptaggersample.c (which frames are looked at, pictures and results), gstcliptaggerobjects.c (what is different
 * where regions of interest are looked at) and gstcliptaggerprompts.c (prompts that change while frames flow).
 *
 * Threads: the object lock guards what is listed under it. `prompts_lock` makes those who change prompts queue up,
 * the opener among them; it is held while prompts are encoded, and neither the streaming thread nor a state change ever
 * takes it. `ranking_lock`
 * keeps changes of the ranking in order. Order: prompts_lock, ranking_lock, object lock, the classifier's own. Nothing
 * is posted with any of them held, but for the progress of encoding prompts with prompts_lock: `encoder` tells who
 * would wait for itself. Results come from the streaming thread in sync mode, from the scheduler's in async mode.
 */
#ifndef __GST_CLIP_TAGGER_PRIVATE_H__
#define __GST_CLIP_TAGGER_PRIVATE_H__

#include <gst/video/video.h>

#include "clip.h"
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
  GST_CLIP_FAILED /* the error is posted */
} GstClipOpenState;

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
  gboolean by_region;             /* since the start; everybody may read it */
  ClipChange offered;             /* the last picture that went to be encoded */
  GstClipTimes offered_times;
  guint64 n_offered;   /* its number: how many went there */
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

  GMutex prompts_lock, ranking_lock;
  GThread *encoder; /* atomic: who has prompts_lock and posts progress, or NULL */
  GstClipClassifier *classifier;
  GstClipRegions *regions;
  gint live; /* atomic: upstream, by the LATENCY query */
  GstClipFlow flow;

  /* The object lock. */
  gboolean started; /* from start() to the end of stop(): only what is MUTABLE_PLAYING may change */
  GstClipSettings settings;
  GstClipStats stats;
  GstClipOpenState open_state;
  GCond open_changed;          /* that, or what lets who waits for it go */
  gboolean flushing, stopping; /* nobody waits for it */
  GThread *opener;             /* who opens it; NULL = nobody, and one that is still about has nothing to say */
  guint n_sources;             /* how often the prompts' source was set while it was opened */
  gchar *last_error;
  gboolean failed;             /* in async mode: the error is posted */
  GstClipScheduler *scheduler; /* from start() to stop(), like the stream */
  GstClipStream *stream;
  GstClockTime latency;  /* of sync mode: frames held back and encoded */
  GstClockTime earliest; /* running time of frames that the sink can still show in time; NONE = all */
  gdouble proportion;    /* of the last QoS event */

  /* watch-prompts. */
  GMutex watch_lock; /* before the object lock */
  GCond watch_wake;
  GThread *watcher;   /* watch_lock: who is to go on watching, or NULL */
  gboolean may_watch; /* watch_lock: from start() to stop() */
};

/* ---- gstcliptagger.c ---- */

void gst_clip_tagger_remember_error (GstClipTagger *self, const GError *error);
void gst_clip_tagger_post_tags (GstClipTagger *self, const GstClipResult *result, gboolean rescored);
GstStructure *gst_clip_tagger_make_stats (GstClipTagger *self);
gboolean gst_clip_tagger_is_async (GstClipTagger *self);
GstClipStream *gst_clip_tagger_ref_stream (GstClipTagger *self); /* NULL while stopped */

/* ---- gstcliptaggeropen.c ---- */

/* Loads the model and encodes the prompts in a thread of its own, which posts the error if it fails. */
gboolean gst_clip_tagger_start_opening (GstClipTagger *self, GError **error);

/* Waits a moment. TRUE: it has failed by then, and the error is posted. */
gboolean gst_clip_tagger_await_refusal (GstClipTagger *self);

/* From here on nobody waits for it; then nothing comes of it any more. Neither waits. */
void gst_clip_tagger_let_go (GstClipTagger *self);
void gst_clip_tagger_stop_opening (GstClipTagger *self);

/* Streaming thread. Waits for the model, but not in live streams that go on without it. GST_FLOW_OK: ret_open tells. */
GstFlowReturn gst_clip_tagger_await_open (GstClipTagger *self, gboolean *ret_open);
void gst_clip_tagger_set_flushing (GstClipTagger *self, gboolean flushing);

/* Whoever waits is to look again: the mode has changed, or upstream is live. */
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

/* Streaming thread. What is to be encoded of a frame that is due, as gst_clip_regions_choose() returns it. */
GArray *gst_clip_tagger_choose_regions (GstClipTagger *self, GstBuffer *buffer, const GstClipSettings *settings);
void gst_clip_tagger_take_regions (GstClipTagger *self, GstClipJob *job); /* that is done */
void gst_clip_tagger_label_regions (
    GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, const GstClipSettings *settings);
void gst_clip_tagger_rescore_regions (GstClipTagger *self); /* for new prompts or settings; posts what came of it */

/* ---- gstcliptaggerprompts.c ---- */

/* Takes prompts_lock. Returns how to encode; gst_clip_progress_end() is for after end_encoding(). */
GstClipEncoding gst_clip_tagger_begin_encoding (GstClipTagger *self, GstClipProgress *progress);
void gst_clip_tagger_end_encoding (GstClipTagger *self);

/* After new prompts or settings: the latest picture has new labels, and nobody should have to wait for a frame to see
 * them. */
void gst_clip_tagger_post_rescored (GstClipTagger *self);

/* Once for each set of prompts: those that are longer than the model reads. */
void gst_clip_tagger_post_prompt_warnings (GstClipTagger *self);

/* One of the three properties that prompts come from. While running, new prompts are tried before they are taken: bad
 * ones leave the element and its properties as they were. Before that, and while the model is being loaded, nobody can
 * tell bad from good: they are taken, and whoever opens it will.
 * FALSE: they are bad, and a warning says why. */
gboolean gst_clip_tagger_set_prompts (GstClipTagger *self, GstClipProperty property, const gchar *value);

/* Reads the prompts' file anew. FALSE: it is bad, and a warning says why. */
gboolean gst_clip_tagger_reload_prompts (GstClipTagger *self);

/* The element starts or stops: the prompts' file is watched in between, if that is asked for. */
void gst_clip_tagger_let_watch (GstClipTagger *self, gboolean may_watch);
void gst_clip_tagger_update_watching (GstClipTagger *self); /* the property has changed */

G_END_DECLS

#endif /* __GST_CLIP_TAGGER_PRIVATE_H__ */
