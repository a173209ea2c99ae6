/* SPDX-License-Identifier: MIT
 *
 * spans.h: stretches of time with a label, as `cliptag timeline` prints them.
 *
 * Those of a live log are printed as they end. Those of a file are printed in order of their start, several sources
 * among each other; of a source that begins again, as in the next of several recordings, those of the first recording
 * come first. One thread.
 */
#ifndef SPANS_H
#define SPANS_H

#include "clip.h"

#define SPAN_NO_UTC G_MININT64

/* Strings are NULL where there is none. Times: of `time` stream time or PTS, in ns; `utc` may be SPAN_NO_UTC. */
typedef struct
{
  char *source; /* "" where the log names none */
  char *tagger, *label, *group, *zone, *roi_type;
  gint64 object_id; /* 0 = none */
  guint nth;        /* of several regions of a type without numbers; from 1 on */
  guint64 id;       /* of the event */
  gint64 label_id;  /* -1 = unknown */
  ClipTime start, end, peak;
  double confidence, mean; /* at the peak; NaN = unknown */
  gint64 n_samples;
  char *reason; /* why it ended; NULL: it goes on at the end of the log */
} Span;

/* What it is about is that of `about`: source, tagger, zone, roi_type, object_id, nth. */
Span *span_new_about (const Span *about);
void span_free (Span *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Span, span_free)

typedef struct _SpanPrinter SpanPrinter;

SpanPrinter *span_printer_new (gboolean json, gboolean in_order);
void span_printer_free (SpanPrinter *self);

/* Where a line of the log is from: with several sources, or taggers of one, spans say which is theirs. */
void span_printer_note (SpanPrinter *self, const char *source, const char *tagger);

/* Takes the span. recording: how many times its source has begun again. */
void span_printer_add (SpanPrinter *self, Span *span, guint recording);

/* Prints what was kept for the order. */
void span_printer_finish (SpanPrinter *self);

/* The errno with which standard output failed; 0 = it did not. */
int span_printer_get_error (const SpanPrinter *self);

#endif
