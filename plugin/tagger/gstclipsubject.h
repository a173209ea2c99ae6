/* SPDX-License-Identifier: MIT
 *
 * gstclipsubject.h: what is known over time about one thing that labels are given to: the frame, a zone or an object.
 * It belongs to a classifier, which calls what is here with its lock.
 */
#ifndef __GST_CLIP_SUBJECT_H__
#define __GST_CLIP_SUBJECT_H__

#include "clip.h"
#include "common/gstcliptimes.h"
#include "tagger/gstclipbaselines.h"
#include "tagger/gstclipevents.h"

G_BEGIN_DECLS

typedef struct
{
  gchar *name;     /* of the zone, which new prompts may have at another index; NULL = the frame or an object */
  guint zone;      /* its index in the track's labels */
  GQuark roi_type; /* of an object; 0 = none */
  gint object_id;  /* the tracker's number, 0 = none */
  gboolean silent; /* makes no events */

  ClipLabels *labels; /* of the track; NULL until there is one */
  ClipTrack *track;
  gboolean has_sample;         /* the track, since it was last closed */
  GstClipBaselines *baselines; /* that know the track, or NULL */
  gfloat *embedding;           /* [embedding_dim], of the latest picture; NULL = none */
  GstClockTime encoded;        /* PTS of the frame that it was made from */
} GstClipSubject;

/* name: the zone's, NULL = the frame. */
GstClipSubject *gst_clip_subject_new (const gchar *name);

/* id: 0 = nobody numbers it, so that it is not known again and has no events. */
GstClipSubject *gst_clip_subject_new_object (GQuark type, gint id);

void gst_clip_subject_free (GstClipSubject *self); /* open events end without a word */

/* What a sample is scored by, and where its events go. */
typedef struct
{
  ClipLabels *labels;
  const ClipTrackParams *params;
  gsize dim; /* of an embedding */
  GstClipEvents *events;
  GstClipBaselines *baselines; /* of frame and zones; NULL = not kept */
} GstClipScoring;

/* A sample. embedding: [dim], NULL = it is like the last one. stale: it comes too late for its part of the stream,
 * whose events have ended: it has scores and makes no events. FALSE: there is nothing to score, or the labels have no
 * such zone. */
gboolean gst_clip_subject_take (GstClipSubject *self, const GstClipScoring *scoring, const gfloat *embedding,
    const GstClipTimes *times, gboolean stale);

/* Scores the last sample again, for new labels or params. FALSE: as above. */
gboolean gst_clip_subject_rescore (GstClipSubject *self, const GstClipScoring *scoring);

/* Whether there are prompts for it; once it was sampled. */
gboolean gst_clip_subject_has_classes (const GstClipSubject *self);

/* Its events end. */
void gst_clip_subject_close (GstClipSubject *self, ClipEventEnd reason, GstClipEvents *events);

/* The same, and what was seen is forgotten. */
void gst_clip_subject_forget (GstClipSubject *self, ClipEventEnd reason, GstClipEvents *events);

G_END_DECLS

#endif /* __GST_CLIP_SUBJECT_H__ */
