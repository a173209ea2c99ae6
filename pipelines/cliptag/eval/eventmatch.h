/* SPDX-License-Identifier: MIT
 *
 * eventmatch.h: which events are the ones that were labelled, and how far off their times are.
 *
 * An event and a span of one label and recording match if they overlap, each with one other at most, those that overlap
 * longest first.
 */
#ifndef EVAL_EVENT_MATCH_H
#define EVAL_EVENT_MATCH_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint n_spans, n_events, n_matched;
  gint64 start_error, end_error;         /* sums of |event - span| over what matched, ns */
  gint64 max_start_error, max_end_error; /* ns */
} EvalEventCount;

/* A stretch of time with a label. */
typedef struct
{
  guint class;
  gint64 start, end; /* ns */
} EvalSpan;

/* Adds one class's spans and events of one recording. */
void eval_events_match (
    const EvalSpan *spans, guint n_spans, const EvalSpan *events, guint n_events, EvalEventCount *count);

G_END_DECLS

#endif
