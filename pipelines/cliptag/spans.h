/* SPDX-License-Identifier: MIT
 *
 * spans.h: samples of one source, each with its best label, become stretches of time with one label each.
 *
 * A label that lasts less than the minimum duration has no span of its own: it belongs to the span before it if that
 * one's label returns, or another begins, within this time. Where labels alternate for longer, so that none of them
 * lasts, the span names them all. One thread.
 */
#ifndef SPANS_H
#define SPANS_H

#include <glib.h>

typedef struct
{
  const char *label;  /* NULL: none lasted */
  const char *labels; /* where none lasted: the most frequent first, as "a, b, c" */
  gint64 from, to;    /* ns */
  double confidence;  /* mean over the label's own samples; of none: 0 */
} Span;

typedef void (*SpanFunc) (const Span *span, gpointer user_data);

typedef struct _SpanTrack SpanTrack;

/* A span is handed to `emit` when the next one has begun, in order of time. min_duration: ns */
SpanTrack *span_track_new (gint64 min_duration, SpanFunc emit, gpointer user_data);
void span_track_free (SpanTrack *self);

/* A time before the last one's, as after a seek or in the next of several recordings, ends what was. */
void span_track_add (SpanTrack *self, const char *label, double confidence, gint64 time);

/* Tells what is left; the last sample stands for as long as the one before it did. */
void span_track_finish (SpanTrack *self);

/* How long after the last sample `time` is, and how long that one stands for; 0 = none or not known. */
gint64 span_track_get_pause (const SpanTrack *self, gint64 time);
gint64 span_track_get_step (const SpanTrack *self);

#endif
