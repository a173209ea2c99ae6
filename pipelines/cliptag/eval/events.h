/* SPDX-License-Identifier: MIT
 *
 * events.h: events of labelled recordings, made as cliptagger makes them, against the spans that the labels say.
 */
#ifndef EVAL_EVENTS_H
#define EVAL_EVENTS_H

#include "clip.h"
#include "data/classes.h"
#include "data/embeddings.h"
#include "eval/eventmatch.h"

G_BEGIN_DECLS

typedef struct
{
  EvalEventCount all;
  EvalEventCount *classes; /* [frame's classes] */
  guint n_classes;
  guint n_recordings;
  gint64 duration; /* of the recordings, ns */
} EvalEvents;

/* Runs all recordings whose samples have times through a ClipTrack. FALSE with `error` set. */
gboolean eval_events_measure (const DataSet *set, const DataClasses *classes, const DataEmbeddings *embeddings,
    ClipLabels *labels, const ClipTrackParams *params, EvalEvents *ret_events, GError **error);
void eval_events_clear (EvalEvents *self);

G_END_DECLS

#endif
