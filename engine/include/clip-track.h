/* SPDX-License-Identifier: MIT
 *
 * clip-track.h: scores over time, and the events they make. Included by clip.h.
 *
 * A ClipTrack is what is known over time about one subject: the frame, a zone or a tracked object. It is given that
 * subject's embeddings in order of time, smooths the scores and tells when a label comes and goes. All tools and the
 * element use this one.
 *
 * Smoothing is exponential in time: score += (sample - score) x (1 - exp (-dt / smoothing)), whatever the sampling
 * rate; the first sample counts in full. A label's event begins with the first sample that reaches its threshold, and
 * is told of once it has lasted for the minimum duration; until then a sample below the off-threshold undoes it. It
 * ends with the last sample that reached the off-threshold, once none has for longer than the hold time; the label then
 * has no other for the cool-down. Threads: one caller at a time.
 */
#ifndef CLIP_TRACK_H
#define CLIP_TRACK_H

#include "clip-labels.h"

G_BEGIN_DECLS

/* When a sample was taken. Only `time` is computed with; the rest is handed back. */
typedef struct
{
  gint64 time; /* ns, on an axis of the caller's that grows; one that goes back closes all events and starts again */
  guint64 pts, stream_time, running_time; /* ns, G_MAXUINT64 = unknown */
  gint64 utc;                             /* us since 1970 */
} ClipTime;

typedef struct
{
  ClipRankParams rank; /* threshold <= 0: the mode's default for events, which groups of another kind of mode keep */
  ClipTiming timing;   /* for labels without their own; threshold is not used, off_threshold NaN = the default share */
  gint64 update_interval; /* ns between two updates of one event; 0 = every sample; -1 = no updates */
  gint64 baseline;        /* half-life in ns, 0 = none */
} ClipTrackParams;

/* Thresholds as properties and options have them. */
#define CLIP_THRESHOLD_ALL      (-1.0)
#define CLIP_OFF_THRESHOLD_AUTO (-1.0) /* the default share of the threshold */
#define CLIP_MAX_THRESHOLD      1000.0 /* z-scores have no limit of their own */

/* Defaults, where neither a prompt nor the caller says otherwise. In CLIP_SCORE_COSINE there is no threshold, and
 * without one no event. */
#define CLIP_EVENT_THRESHOLD       0.5 /* softmax, sigmoid */
#define CLIP_EVENT_THRESHOLD_Z     3.0
#define CLIP_EVENT_OFF_SHARE       0.7 /* of the threshold (of a negative one, that one itself): the off-threshold */
#define CLIP_EVENT_SMOOTHING       (500 * G_GINT64_CONSTANT (1000000))
#define CLIP_EVENT_MIN_DURATION    (1000 * G_GINT64_CONSTANT (1000000))
#define CLIP_EVENT_HOLD_TIME       (1000 * G_GINT64_CONSTANT (1000000))
#define CLIP_EVENT_COOL_DOWN       G_GINT64_CONSTANT (0)
#define CLIP_EVENT_UPDATE_INTERVAL (5000 * G_GINT64_CONSTANT (1000000))

/* A pause between two samples for longer than this, than the label's hold time and than five times the pause before is
 * a gap: the label's event does not last through it, and its smoothed score starts again. */
#define CLIP_EVENT_GAP (10000 * G_GINT64_CONSTANT (1000000))

void clip_track_params_init (ClipTrackParams *self);

typedef enum
{
  CLIP_EVENT_START,
  CLIP_EVENT_UPDATE,
  CLIP_EVENT_END
} ClipEventState;

/* Why an event ended. */
typedef enum
{
  CLIP_END_OVER,    /* the label was gone for longer than the hold time */
  CLIP_END_GAP,     /* nothing was sampled for long */
  CLIP_END_EOS,     /* the end of the stream */
  CLIP_END_FLUSH,   /* a seek */
  CLIP_END_SEGMENT, /* time went back or a new segment began */
  CLIP_END_PROMPTS, /* other prompts or thresholds */
  CLIP_END_STOP,
  CLIP_END_LOST /* the object, or the zone, is no more */
} ClipEventEnd;

/* "start", …; "over", …. Static strings. */
const char *clip_event_state_name (ClipEventState state);
const char *clip_event_end_name (ClipEventEnd end);

/* Its strings are borrowed for the call. */
typedef struct
{
  guint64 id; /* the same in all states; of no other event in this process, from 1 on */
  ClipEventState state;
  ClipEventEnd reason; /* where the state is END */
  guint label_id;
  const char *label;
  const char *group;         /* NULL = the unnamed one */
  const char *zone;          /* NULL = the frame */
  ClipTime start, end, peak; /* end: of the last sample so far that reached the off-threshold */
  float confidence;          /* the highest, at the peak */
  double mean;               /* of the samples that reached the off-threshold, up to the end */
  guint n_samples;           /* how many these are */
} ClipEvent;

typedef void (*ClipEventFunc) (const ClipEvent *event, gpointer user_data);

typedef struct _ClipTrack ClipTrack;

/* Takes a reference to the labels. NULL with CLIP_ERROR_MEMORY. */
ClipTrack *clip_track_new (ClipLabels *labels, guint zone, GError **error);

/* One without a model, for scores that are known already, as a log has them: for clip_track_take_scores() alone. Takes
 * a reference to the prompts. */
ClipTrack *clip_track_new_for_scores (ClipPrompts *prompts, guint zone, GError **error);

/* Open events end without a word: close it first. */
void clip_track_free (ClipTrack *self);

/* A sample. embedding: [embedding_dim], unit length; NULL = it is like the last one, whose cosines stand for it (there
 * has been none: nothing happens). func: called for each event, in the classes' order, when all scores are known; it
 * must not change the track. Allocates nothing but a first baseline. */
void clip_track_take (ClipTrack *self, const float *embedding, const ClipTime *time, const ClipTrackParams *params,
    ClipEventFunc func, gpointer user_data);

/* The same of any track, with the sample's scores instead of its embedding: [zone's n_classes]. Smoothing, thresholds
 * and times are as in clip_track_take(); cosines and baseline stay. */
void clip_track_take_scores (ClipTrack *self, const float *scores, const ClipTime *time, const ClipTrackParams *params,
    ClipEventFunc func, gpointer user_data);

/* The last embedding is scored again for other params, without time passing; smoothed scores become those. Events go on
 * by the new thresholds from the next sample on; those of labels that have another mode now end there. */
void clip_track_rescore (ClipTrack *self, const float *embedding, const ClipTrackParams *params);

/* Ends all open events and forgets the smoothed scores and cool-downs: the next sample is a first one. The baseline and
 * the last embedding's cosines stay. */
void clip_track_close (ClipTrack *self, ClipEventEnd reason, ClipEventFunc func, gpointer user_data);

/* The smoothed scores and the last cosines: [zone's n_classes], 0 before the first sample. The track's. */
const float *clip_track_get_scores (const ClipTrack *self);
const float *clip_track_get_cosines (const ClipTrack *self);

/* The best of them, as clip_labels_choose() says, with one exception, so that labels hold still: in softmax and
 * sigmoid, where scores are smoothed, the label that comes first of its group keeps that place until it has less than
 * CLIP_EVENT_OFF_SHARE of another's score. */
guint clip_track_choose (const ClipTrack *self, float threshold, ClipMatch *ret_matches, guint max);

/* NULL until a sample with a half-life has come, and after one without. Borrowed. */
ClipBaseline *clip_track_get_baseline (const ClipTrack *self);

/* ---- Baselines over restarts ---------------------------------------------------------------------------- */

/* A file (JSON: docs/prompts.md) keeps the baselines of several subjects, each label's by its zone, group and label. It
 * is taken again only for a label whose embeddings are the same, so other wordings, templates, pictures or weights'
 * precision never get values that are not theirs. */

/* Writes those of the tracks that have one; an empty file is a valid one. Whatever was there is replaced at once or, if
 * this fails, kept. fingerprint: the model's. */
gboolean clip_track_save_baselines (
    const char *path, const char *fingerprint, ClipTrack *const *tracks, guint n, GError **error);

/* Gives the tracks, before their first sample, what the file has for them; ret_n: how many labels' (or NULL). Errors,
 * which leave all tracks as they were: CLIP_ERROR_NOT_FOUND; CLIP_ERROR_MODEL for another fingerprint; others for bad
 * files. */
gboolean clip_track_load_baselines (
    const char *path, const char *fingerprint, ClipTrack *const *tracks, guint n, guint *ret_n, GError **error);

/* The same from a track with other labels of the same model, as new prompts make one. Returns how many. */
guint clip_track_inherit_baseline (ClipTrack *self, const ClipTrack *other);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipTrack, clip_track_free)

G_END_DECLS

#endif /* CLIP_TRACK_H */
