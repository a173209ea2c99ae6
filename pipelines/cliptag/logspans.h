/* SPDX-License-Identifier: MIT
 *
 * logspans.h: the lines of a log of cliplog become spans. With level=events and both the events are the spans,
 * otherwise the scores make them (scorespans.h). One thread.
 */
#ifndef LOGSPANS_H
#define LOGSPANS_H

#include "scorespans.h"

typedef struct
{
  ScoreRules rules;
  gboolean from_scores; /* events count for nothing */
  gint64 min_duration;  /* ns: shorter events are left out */
} LogSpansOptions;

typedef struct _LogSpans LogSpans;

/* name: of the file, for messages. All three must stay. */
LogSpans *log_spans_new (const char *name, const LogSpansOptions *options, SpanPrinter *printer);
void log_spans_free (LogSpans *self);

/* A line, without its end. FALSE after an error, which names it. */
gboolean log_spans_add (LogSpans *self, guint line, const char *text, gsize length);

/* At the end of the log: what had not ended. */
void log_spans_finish (LogSpans *self);

/* Whether there were events and nothing else. */
gboolean log_spans_lacks_scores (const LogSpans *self);

#endif
