/* SPDX-License-Identifier: MIT
 *
 * events.c: events of labelled recordings against the spans that the labels say.
 *
 * A label without start or end lasts from the first to the last sample, as an event would. Classes that make no events
 * ("event": false, or no threshold) are not asked for.
 */
#include "eval/events.h"

#include <string.h>

typedef struct
{
  const DataClasses *classes;
  GArray *events; /* of EvalSpan: of the recording at hand */
} Collector;

static void
take_event (const ClipEvent *event, gpointer user_data)
{
  Collector *self = user_data;
  if (event->state != CLIP_EVENT_END)
    return;
  for (guint c = 0; c < self->classes->n_classes; c++) {
    if (data_classes_get (self->classes, c)->id != event->label_id)
      continue;
    const EvalSpan span = { c, event->start.time, event->end.time };
    g_array_append_val (self->events, span);
  }
}

/* ---- Recordings ---------------------------------------------------------------------------------------- */

static void
add_count (EvalEventCount *sum, const EvalEventCount *count)
{
  sum->n_spans += count->n_spans;
  sum->n_events += count->n_events;
  sum->n_matched += count->n_matched;
  sum->start_error += count->start_error;
  sum->end_error += count->end_error;
  sum->max_start_error = MAX (sum->max_start_error, count->max_start_error);
  sum->max_end_error = MAX (sum->max_end_error, count->max_end_error);
}

/* What the labels say of a recording between its first and last sample. */
static GArray *
collect_spans (const DataSet *set, const DataClasses *classes, guint item, gint64 first, gint64 last)
{
  const DataItem *it = &g_array_index (set->items, DataItem, item);
  GArray *spans = g_array_new (FALSE, FALSE, sizeof (EvalSpan));
  for (guint i = 0; i < it->n_spans; i++) {
    const DataSpan *data = &g_array_index (set->spans, DataSpan, it->first_span + i);
    guint class = classes->class_of_label[data->label];
    const EvalSpan span = { class, MAX (data->start, first), MIN (data->end, last) };
    if (class != DATA_NO_CLASS && data_classes_get (classes, class)->event && span.end >= span.start)
      g_array_append_val (spans, span);
  }
  return spans;
}

static void
match_recording (EvalEvents *self, const GArray *spans, const GArray *events)
{
  for (guint c = 0; c < self->n_classes; c++) {
    g_autoptr (GArray) own_spans = g_array_new (FALSE, FALSE, sizeof (EvalSpan));
    g_autoptr (GArray) own_events = g_array_new (FALSE, FALSE, sizeof (EvalSpan));
    for (guint i = 0; i < spans->len; i++)
      if (g_array_index (spans, EvalSpan, i).class == c)
        g_array_append_val (own_spans, g_array_index (spans, EvalSpan, i));
    for (guint i = 0; i < events->len; i++)
      if (g_array_index (events, EvalSpan, i).class == c)
        g_array_append_val (own_events, g_array_index (events, EvalSpan, i));
    if (own_spans->len + own_events->len > 0)
      eval_events_match ((const EvalSpan *)(gpointer)own_spans->data, own_spans->len,
          (const EvalSpan *)(gpointer)own_events->data, own_events->len, &self->classes[c]);
  }
}

gboolean
eval_events_measure (const DataSet *set, const DataClasses *classes, const DataEmbeddings *embeddings,
    ClipLabels *labels, const ClipTrackParams *params, EvalEvents *ret_events, GError **error)
{
  const DataSample *samples = (const DataSample *)(gpointer)embeddings->samples->data;
  EvalEvents self = { .n_classes = classes->n_classes, .classes = g_new0 (EvalEventCount, classes->n_classes) };
  g_autoptr (GArray) events = g_array_new (FALSE, FALSE, sizeof (EvalSpan));
  Collector collector = { classes, events };
  for (guint i = 0, next; i < embeddings->samples->len; i = next) {
    for (next = i + 1; next < embeddings->samples->len && samples[next].item == samples[i].item; next++)
      ;
    if (samples[i].time < 0)
      continue;
    g_autoptr (ClipTrack) track = clip_track_new (labels, CLIP_FRAME, error);
    if (!track) {
      eval_events_clear (&self);
      return FALSE;
    }
    g_array_set_size (events, 0);
    for (guint k = i; k < next; k++) {
      const ClipTime time = { .time = samples[k].time, .stream_time = (guint64)samples[k].time };
      clip_track_take (track, embeddings->values + (gsize)k * embeddings->dim, &time, params, take_event, &collector);
    }
    clip_track_close (track, CLIP_END_EOS, take_event, &collector);
    g_autoptr (GArray) spans = collect_spans (set, classes, samples[i].item, samples[i].time, samples[next - 1].time);
    match_recording (&self, spans, events);
    self.n_recordings++;
    self.duration += samples[next - 1].time - samples[i].time;
  }
  for (guint c = 0; c < self.n_classes; c++)
    add_count (&self.all, &self.classes[c]);
  *ret_events = self;
  return TRUE;
}

void
eval_events_clear (EvalEvents *self)
{
  g_clear_pointer (&self->classes, g_free);
}
