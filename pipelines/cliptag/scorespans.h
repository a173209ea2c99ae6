/* SPDX-License-Identifier: MIT
 *
 * scorespans.h: the scores of one subject in a log, over time, become spans, by the rules of cliptagger's events
 * (clip-track.h) or by which label was best. One thread.
 */
#ifndef SCORESPANS_H
#define SCORESPANS_H

#include "spans.h"

typedef struct
{
  float threshold, off_threshold;            /* NaN: the rules' own */
  gint64 smoothing, min_duration, hold_time; /* ns */
  gboolean best;                             /* each group's best label instead of those above the threshold */
} ScoreRules;

/* Takes the span. */
typedef void (*SpanFunc) (Span *span, gpointer user_data);

typedef struct _ScoreSpans ScoreSpans;

/* about: is copied; `rules` must stay. */
ScoreSpans *score_spans_new (const ScoreRules *rules, const Span *about, SpanFunc func, gpointer user_data);

/* What is open is dropped: close it first. */
void score_spans_free (ScoreSpans *self);

/* A sample begins. holds: its best labels hold until the next sample, whenever that is (cliplog's level=changes), so
 * the best are what counts. FALSE, and nothing else is to be called for it: it is older than the last one. */
gboolean score_spans_begin (ScoreSpans *self, const ClipTime *time, gboolean holds);

/* The labels, best first. A label that was seen before and is not given counts as 0. */
void score_spans_add (ScoreSpans *self, const char *group, const char *label, gint64 label_id, double score);
void score_spans_end (ScoreSpans *self);

/* Ends all; the next sample is the first one. now: until when labels that hold did. */
void score_spans_close (ScoreSpans *self, ClipEventEnd reason, const ClipTime *now);

/* The same at the end of the log, where labels that hold stay open. */
void score_spans_finish (ScoreSpans *self, const ClipTime *now);

gboolean score_spans_holds (const ScoreSpans *self);

/* Whether the last sample is so long ago that the subject must be gone. */
gboolean score_spans_is_lost (const ScoreSpans *self, gint64 time);

#endif
