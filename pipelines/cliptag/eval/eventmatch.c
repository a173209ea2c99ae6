/* SPDX-License-Identifier: MIT
 *
 * eventmatch.c: which events are the ones that were labelled.
 */
#include "eval/eventmatch.h"

/* How long both are there at once; an instant counts as 1 ns. -1: never. */
static gint64
overlap (const EvalSpan *a, const EvalSpan *b)
{
  gint64 common = MIN (a->end, b->end) - MAX (a->start, b->start);
  return common < 0 ? -1 : common + 1;
}

static void
count_match (const EvalSpan *span, const EvalSpan *event, EvalEventCount *count)
{
  gint64 start = ABS (event->start - span->start), end = ABS (event->end - span->end);
  count->n_matched++;
  count->start_error += start;
  count->end_error += end;
  count->max_start_error = MAX (count->max_start_error, start);
  count->max_end_error = MAX (count->max_end_error, end);
}

typedef struct
{
  guint span, event;
  gint64 length;
} Pair;

static int
compare_pairs (gconstpointer a, gconstpointer b)
{
  const Pair *x = a, *y = b;
  if (x->length != y->length)
    return (x->length < y->length) - (x->length > y->length);
  if (x->span != y->span)
    return (x->span > y->span) - (x->span < y->span);
  return (x->event > y->event) - (x->event < y->event);
}

void
eval_events_match (const EvalSpan *spans, guint n_spans, const EvalSpan *events, guint n_events, EvalEventCount *count)
{
  g_autofree gboolean *span_done = g_new0 (gboolean, n_spans + 1);
  g_autofree gboolean *event_done = g_new0 (gboolean, n_events + 1);
  g_autoptr (GArray) pairs = g_array_new (FALSE, FALSE, sizeof (Pair));
  for (guint i = 0; i < n_spans; i++) {
    for (guint k = 0; k < n_events; k++) {
      const Pair pair = { i, k, overlap (&spans[i], &events[k]) };
      if (pair.length > 0)
        g_array_append_val (pairs, pair);
    }
  }
  g_array_sort (pairs, compare_pairs);
  for (guint i = 0; i < pairs->len; i++) {
    const Pair *pair = &g_array_index (pairs, Pair, i);
    if (span_done[pair->span] || event_done[pair->event])
      continue;
    span_done[pair->span] = event_done[pair->event] = TRUE;
    count_match (&spans[pair->span], &events[pair->event], count);
  }
  count->n_spans += n_spans;
  count->n_events += n_events;
}
