/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerstate.h: what the files of cliptagger share, and nothing of what they do. They stand on one another:
 *
 *   gstcliptagger.c            the element: properties, signals, start and stop
 *   gstcliptaggerflow.c        frames, events, queries
 *   gstcliptaggerworker.c      the thread for what takes long
 *   gstcliptaggerprompts.c     prompts and scores that change while frames flow
 *   gstcliptaggersample.c      which frames are sampled, pictures and results
 *   gstcliptaggerzones.c       what is different where the prompts have zones
 *   gstcliptaggerobjects.c     what is different where regions of interest are labelled
 *   gstcliptaggerjobs.c        pictures and their encoding
 *   gstcliptaggerstate.c       this
 *
 * Threads: the object lock guards what is listed under it. The worker does what takes long; `encoding_lock` is for two
 * of them, one left behind by a stop and its successor: it is held while prompts are encoded, and nobody else ever
 * takes it. Order: encoding_lock, object lock, the classifier's own. Nothing is posted with any of them held, but for
 * the progress of encoding prompts with encoding_lock: `encoder` tells who would wait for itself. Results come from the
 * streaming thread in sync mode, from the scheduler's in async mode.
 */
#ifndef __GST_CLIP_TAGGER_STATE_H__
#define __GST_CLIP_TAGGER_STATE_H__

#include "clip.h"
#include "tagger/gstclipclassifier.h"
#include "tagger/gstclipevents.h"
#include "common/gstcliporientation.h"
#include "common/gstclippicture.h"
#include "tagger/gstclipobjects.h"
#include "common/gstclipsampler.h"
#include "tagger/gstclipstream.h"
#include "tagger/gstclipsettings.h"
#include "tagger/gstclipstats.h"
#include "tagger/gstcliptagger.h"
#include "tagger/gstclipzones.h"

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
  guint64 number; /* of the picture, or of the one that it is like; 0 = it is not sampled */
} GstClipHeldFrame;

/* The streaming thread's. */
typedef struct
{
  GstClipPictureInfo info;
  GstClipOrientation orientation;
  GstClipArrivals arrivals;
  GstClipSampler sampler;
  ClipPreprocessor *preprocessor; /* NULL until the model is open */
  gboolean by_roi;                /* since the start; everybody may read it */
  ClipChange submitted;           /* the last picture that went to be encoded */
  GstClipTimes submitted_times;
  guint64 n_submitted;  /* how many jobs went there */
  guint64 frame_number; /* of the one with that picture; 0 = none */
  ClipChange scene;     /* for on-change, where there are zones and no prompts for the frame */
  gboolean small_pool;  /* that upstream's buffers come from bounds the batches, which the log has */
  gboolean warned;      /* about the last sampled frame */
  guint64 serial;       /* of the last result that was put on a frame */
  gchar *name;          /* the element's */
  gchar *stream_id;     /* of the last STREAM_START */
  guint epoch;          /* the classifier's */
  gboolean flushed;     /* no frame came since the last flush */
  gboolean has_last;    /* a frame came since the start or the last flush */
  GstClipTimes last;    /* that frame's */
  gint64 last_sampled;  /* by g_get_monotonic_time(), 0 = never */
  gint64 last_stats;    /* the same: when statistics were last posted */

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
  GstClipEvents *events;
  GstClipClassifier *classifier;
  GstClipObjects *objects;
  GstClipZones *zones;
  gboolean warned_of_scores; /* the worker's: about the prompts in use */
  gint live;                 /* atomic: upstream, by the LATENCY query */
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

  gint64 save_at; /* when the worker writes the baselines, by g_get_monotonic_time(); G_MAXINT64 = never */

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

/* A copy whose strings are not to be used. Regions of interest have nothing of what is for frames as a whole. */
GstClipSettings gst_clip_tagger_peek_settings (GstClipTagger *self);

/* One of the counters in `stats`. */
void gst_clip_tagger_count (GstClipTagger *self, guint64 *counter);

void gst_clip_tagger_remember_error (GstClipTagger *self, const GError *error);

/* times, rescored: of both. result: the frame's, without tags where it has none; regions: the zones', as
 * GstClipRegion, or NULL. */
void gst_clip_tagger_post_sample (GstClipTagger *self, const GstClipTimes *times, const GstClipResult *result,
    const GArray *regions, gboolean rescored);

/* Posts the events that are not posted yet. Nothing is locked. wait: until another thread that is at it is done. */
void gst_clip_tagger_post_events (GstClipTagger *self, gboolean wait);

/* Writes the file of baselines, if there is one; posts a warning if that fails for the first time. */
void gst_clip_tagger_save_baselines (GstClipTagger *self);

/* Posts what is wrong with the file. */
void gst_clip_tagger_post_baseline_problem (GstClipTagger *self);
GstStructure *gst_clip_tagger_make_stats (GstClipTagger *self);
gboolean gst_clip_tagger_is_async (GstClipTagger *self);
gboolean gst_clip_tagger_is_async_locked (GstClipTagger *self); /* with the object lock, like the next one */
gboolean gst_clip_tagger_is_worker (GstClipTagger *self); /* the calling thread is, and the element is not stopping */
GstClipStream *gst_clip_tagger_ref_stream (GstClipTagger *self); /* NULL while stopped */

void gst_clip_tagger_log_mode (GstClipTagger *self, const gchar *reason);

/* There is a model, and the last prompts that were set are in use or were refused. */
gboolean gst_clip_tagger_is_ready (GstClipTagger *self);

G_END_DECLS

#endif /* __GST_CLIP_TAGGER_STATE_H__ */
