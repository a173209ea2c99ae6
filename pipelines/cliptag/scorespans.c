/* SPDX-License-Identifier: MIT
 *
 * scorespans.c: see scorespans.h.
 *
 * Each label has a ClipTrack of its own, since a log names labels as they come. For the best label a track is given 1
 * while it is the best and 0 otherwise, unsmoothed, and the real scores are summed up beside it.
 */
#include "scorespans.h"

#include <math.h>

#include "clip-json.h"

/* Of the samples with this label as the best, since its span began. */
typedef struct
{
  ClipTime start, end, peak;
  double confidence, sum;
  guint n;
  gboolean is_open; /* the track knows of it */
} Best;

typedef struct
{
  ScoreSpans *owner;
  char *group, *label;
  gint64 label_id;
  ClipTrack *track;
  float score; /* of the last sample */
  gboolean is_best;
  guint sample; /* of which these are */
  Best best;
} Label;

struct _ScoreSpans
{
  const ScoreRules *rules;
  Span *about;
  SpanFunc func;
  gpointer user_data;

  ClipPrompts *prompts; /* one, for the tracks; its text is never seen */
  GHashTable *labels;   /* by name */
  GHashTable *groups;   /* of the sample at work, that have had their best label */
  guint sample;         /* number of the last one; 0 = none */
  gboolean holds;
  ClipTime time;
  gint64 step; /* between the last two */
};

static void
label_free (gpointer data)
{
  Label *label = data;
  clip_track_free (label->track);
  g_free (label->group);
  g_free (label->label);
  g_free (label);
}

ScoreSpans *
score_spans_new (const ScoreRules *rules, const Span *about, SpanFunc func, gpointer user_data)
{
  ScoreSpans *self = g_new0 (ScoreSpans, 1);
  self->rules = rules;
  self->about = span_new_about (about);
  self->func = func;
  self->user_data = user_data;
  self->prompts = clip_prompts_new_from_string ("label", NULL);
  self->labels = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, label_free);
  self->groups = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
score_spans_free (ScoreSpans *self)
{
  span_free (self->about);
  clip_prompts_unref (self->prompts);
  g_hash_table_unref (self->labels);
  g_hash_table_unref (self->groups);
  g_free (self);
}

/* ---- Spans ----------------------------------------------------------------------------------------------- */

static gboolean
counts_best (const ScoreSpans *self)
{
  return self->rules->best || self->holds;
}

/* reason: NULL = it goes on. */
static void
tell (const Label *label, const Span *values, const char *reason)
{
  Span *span = span_new_about (label->owner->about);
  span->label = g_strdup (label->label);
  span->group = g_strdup (label->group);
  span->label_id = label->label_id;
  span->id = values->id;
  span->start = values->start;
  span->end = values->end;
  span->peak = values->peak;
  span->confidence = values->confidence;
  span->mean = values->mean;
  span->n_samples = values->n_samples;
  span->reason = g_strdup (reason);
  label->owner->func (span, label->owner->user_data);
}

static void
tell_best (const Label *label, guint64 id, const char *reason)
{
  const Best *best = &label->best;
  const Span values = { .id = id,
    .start = best->start,
    .end = best->end,
    .peak = best->peak,
    .confidence = best->confidence,
    .mean = best->sum / best->n,
    .n_samples = best->n };
  tell (label, &values, reason);
}

static void
take_event (const ClipEvent *event, gpointer data)
{
  Label *label = data;
  label->best.is_open = event->state != CLIP_EVENT_END;
  if (event->state != CLIP_EVENT_END)
    return;
  if (counts_best (label->owner)) {
    tell_best (label, event->id, clip_event_end_name (event->reason));
    label->best = (Best){ .n = 0 };
    return;
  }
  const Span values = { .id = event->id,
    .start = event->start,
    .end = event->end,
    .peak = event->peak,
    .confidence = event->confidence,
    .mean = event->mean,
    .n_samples = event->n_samples };
  tell (label, &values, clip_event_end_name (event->reason));
}

/* ---- Samples --------------------------------------------------------------------------------------------- */

static void
feed (Label *label, float score, const ClipTime *time)
{
  const ScoreRules *rules = label->owner->rules;
  gboolean best = counts_best (label->owner);
  ClipTrackParams params;
  clip_track_params_init (&params);
  params.update_interval = -1;
  params.rank.threshold = best ? 0.5f : isnan (rules->threshold) ? CLIP_EVENT_THRESHOLD : rules->threshold;
  params.timing.off_threshold = best ? 0.5f : rules->off_threshold;
  params.timing.smoothing = best ? 0 : rules->smoothing;
  params.timing.min_duration = rules->min_duration;
  params.timing.hold_time = rules->hold_time;
  clip_track_take_scores (label->track, &score, time, &params, take_event, label);
}

/* By what the track decides. */
static float
decisive_score (const Label *label)
{
  if (!counts_best (label->owner))
    return label->score;
  return label->is_best && (isnan (label->owner->rules->threshold) || label->score >= label->owner->rules->threshold);
}

static void
count_best (Best *self, const ClipTime *time, double score)
{
  if (!self->n)
    self->start = *time;
  if (!self->n || score > self->confidence) {
    self->confidence = score;
    self->peak = *time;
  }
  self->end = *time;
  self->sum += score;
  self->n++;
}

/* The sample at work, of one label. */
static void
take_label (Label *label)
{
  const ScoreSpans *self = label->owner;
  float score = decisive_score (label);
  feed (label, score, &self->time); /* first: it may end what was before a gap */
  if (!counts_best (self))
    return;
  if (score > 0)
    count_best (&label->best, &self->time, label->score);
  else if (!label->best.is_open)
    label->best = (Best){ .n = 0 };
}

/* The labels go on up to `until`. A track takes long pauses for gaps, but not those that grow fivefold. */
static void
bridge (ScoreSpans *self, const ClipTime *until)
{
  gint64 at = self->time.time, step = self->step;
  while (at < until->time) {
    ClipTime time = *until;
    time.time = MIN (until->time, at + MAX (CLIP_EVENT_GAP, 5 * MIN (step, G_MAXINT64 / 16)));
    step = time.time - at;
    at = time.time;
    GHashTableIter iter;
    gpointer label;
    g_hash_table_iter_init (&iter, self->labels);
    while (g_hash_table_iter_next (&iter, NULL, &label)) {
      float score = decisive_score (label);
      feed (label, score, &time);
      if (score > 0)
        ((Label *)label)->best.end = time;
    }
  }
  self->step = step;
}

gboolean
score_spans_begin (ScoreSpans *self, const ClipTime *time, gboolean holds)
{
  if (self->sample && time->time < self->time.time)
    return FALSE;
  if (self->sample && holds != self->holds)
    score_spans_close (self, CLIP_END_STOP, time); /* the log's level changed */
  else if (score_spans_is_lost (self, time->time))
    score_spans_close (self, CLIP_END_GAP, time);
  self->holds = holds;
  if (holds && self->sample)
    bridge (self, time);
  self->step = self->sample ? time->time - self->time.time : 0;
  self->time = *time;
  self->sample++;
  g_hash_table_remove_all (self->groups);
  return TRUE;
}

/* All samples so far lacked it: it is as if it had been at 0. */
static Label *
add_label (ScoreSpans *self, char *key, const char *group, const char *name, gint64 label_id)
{
  Label *label = g_new0 (Label, 1);
  label->owner = self;
  label->group = g_strdup (group);
  label->label = g_strdup (name);
  label->label_id = label_id;
  label->track = clip_track_new_for_scores (self->prompts, CLIP_FRAME, NULL);
  g_hash_table_insert (self->labels, key, label);
  for (guint back = MIN (self->sample, 3) - 1; back > 0; back--) { /* two, for the pause between them */
    ClipTime before = self->time;
    before.time -= back * self->step;
    feed (label, 0, &before);
  }
  return label;
}

void
score_spans_add (ScoreSpans *self, const char *group, const char *name, gint64 label_id, double score)
{
  g_autoptr (GString) key = g_string_new (NULL);
  clip_json_append_string (key, group);
  gboolean is_best = g_hash_table_add (self->groups, g_strdup (key->str));
  g_string_append (key, name); /* behind a JSON string: no two pairs have the same key */
  Label *label = g_hash_table_lookup (self->labels, key->str);
  if (!label)
    label = add_label (self, g_strdup (key->str), group, name, label_id);
  if (label->sample == self->sample)
    return; /* twice in a line: the first is the better one */
  label->sample = self->sample;
  label->score = isfinite (score) ? (float)score : 0;
  label->is_best = is_best;
}

void
score_spans_end (ScoreSpans *self)
{
  GHashTableIter iter;
  gpointer data;
  g_hash_table_iter_init (&iter, self->labels);
  while (g_hash_table_iter_next (&iter, NULL, &data)) {
    Label *label = data;
    if (label->sample != self->sample) {
      label->score = 0;
      label->is_best = FALSE;
    }
    take_label (label);
  }
}

static void
end_all (ScoreSpans *self, ClipEventEnd reason, gboolean goes_on)
{
  GHashTableIter iter;
  gpointer data;
  g_hash_table_iter_init (&iter, self->labels);
  while (g_hash_table_iter_next (&iter, NULL, &data)) {
    Label *label = data;
    if (goes_on && decisive_score (label) > 0 && label->best.n)
      tell_best (label, 0, NULL);
    else
      clip_track_close (label->track, reason, take_event, label);
  }
  g_hash_table_remove_all (self->labels);
  self->sample = 0;
  self->step = 0;
}

void
score_spans_close (ScoreSpans *self, ClipEventEnd reason, const ClipTime *now)
{
  if (self->holds && self->sample)
    bridge (self, now);
  end_all (self, reason, FALSE);
}

void
score_spans_finish (ScoreSpans *self, const ClipTime *now)
{
  if (self->holds && self->sample)
    bridge (self, now);
  end_all (self, CLIP_END_EOS, self->holds);
}

gboolean
score_spans_holds (const ScoreSpans *self)
{
  return self->sample && self->holds;
}

gboolean
score_spans_is_lost (const ScoreSpans *self, gint64 time)
{
  gint64 least = MAX (MAX (CLIP_EVENT_GAP, self->rules->hold_time), 5 * MIN (self->step, G_MAXINT64 / 16));
  return self->sample && !self->holds && time - self->time.time > least;
}
