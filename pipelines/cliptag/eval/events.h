/* SPDX-License-Identifier: MIT
 *
 * events.h: events of labelled recordings, made as cliptagger makes them, against the spans that the labels say.
 *
 * An event and a span of one label and recording match if they overlap, each with one other at most, those that overlap
 * longest first.
 */
#ifndef EVAL_EVENTS_H
#define EVAL_EVENTS_H

#include "clip.h"
#include "data/classes.h"
#include "data/embeddings.h"

G_BEGIN_DECLS

typedef struct
{
  guint n_spans, n_events, n_matched;
  gint64 start_error, end_error;         /* sums of |event - span| over what matched, ns */
  gint64 max_start_error, max_end_error; /* ns */
} EvalEventCount;

typedef struct
{
  EvalEventCount all;
  EvalEventCount *classes; /* [frame's classes] */
  guint n_classes;
  guint n_recordings;
  gint64 duration; /* of the recordings, ns */
} EvalEvents;

/* A stretch of time with a label. */
typedef struct
{
  guint class;
  gint64 start, end; /* ns */
} EvalSpan;

/* Adds one class's spans and events of one recording. */
void eval_events_match (
    const EvalSpan *spans, guint n_spans, const EvalSpan *events, guint n_events, EvalEventCount *count);

/* Runs all recordings whose samples have times through a ClipTrack. FALSE with `error` set. */
gboolean eval_events_measure (const DataSet *set, const DataClasses *classes, const DataEmbeddings *embeddings,
    ClipLabels *labels, const ClipTrackParams *params, EvalEvents *ret_events, GError **error);
void eval_events_clear (EvalEvents *self);

G_END_DECLS

#endif
