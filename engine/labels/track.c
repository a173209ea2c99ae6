/* SPDX-License-Identifier: MIT
 *
 * track.c: ClipTrack of clip-track.h: scores over time, and the events they make.
 *
 * Each class has a state of its own:
 *
 *   IDLE    nothing, or a cool-down
 *   RISING  it reached its threshold and has not lasted for the minimum duration yet; nobody knows of it
 *   OPEN    START was told
 */
#include <math.h>
#include <string.h>

#include "labels/labels.h"

typedef enum
{
  IDLE,
  RISING,
  OPEN
} Phase;

typedef struct
{
  Phase phase;
  gint64 quiet_until; /* G_MININT64: no cool-down */
  guint64 id;
  ClipTime start, last, peak; /* last: that reached the off-threshold */
  float confidence;
  double sum;
  guint n;
  gint64 told; /* time of the last START or UPDATE */
} State;

struct _ClipTrack
{
  ClipLabels *labels;
  guint zone;
  const ClipZone *info;

  gboolean has_sample;
  gint64 time, step;                 /* of the last sample; after the one before, 0 = not known */
  float *sampled, *scores, *cosines; /* [n_classes]: of the last sample; smoothed */
  ClipBaseline *baseline;
  gint64 half_life;
  State *states; /* [n_classes] */
};

static const char *const state_names[] = { "start", "update", "end" };
static const char *const end_names[] = { "over", "gap", "eos", "flush", "segment", "prompts", "stop", "lost" };

const char *
clip_event_state_name (ClipEventState state)
{
  return (guint)state < G_N_ELEMENTS (state_names) ? state_names[state] : "?";
}

const char *
clip_event_end_name (ClipEventEnd end)
{
  return (guint)end < G_N_ELEMENTS (end_names) ? end_names[end] : "?";
}

void
clip_track_params_init (ClipTrackParams *self)
{
  *self = (ClipTrackParams){
    .rank = { .mode = CLIP_SCORE_SOFTMAX, .temperature = 1, .background = TRUE },
    .timing = { .threshold = NAN,
        .off_threshold = NAN,
        .smoothing = CLIP_EVENT_SMOOTHING,
        .min_duration = CLIP_EVENT_MIN_DURATION,
        .hold_time = CLIP_EVENT_HOLD_TIME,
        .cool_down = CLIP_EVENT_COOL_DOWN },
    .update_interval = CLIP_EVENT_UPDATE_INTERVAL,
  };
}

/* ---- Creation ------------------------------------------------------------------------------------------- */

ClipTrack *
clip_track_new (ClipLabels *labels, guint zone, GError **error)
{
  ClipTrack *self = g_new0 (ClipTrack, 1);
  self->labels = clip_labels_ref (labels);
  self->zone = zone;
  self->info = clip_prompts_get_zone (labels->prompts, zone);
  gsize n = self->info->n_classes;
  self->sampled = g_try_new0 (float, 3 * n + 1);
  self->states = g_try_new0 (State, n + 1);
  if (!self->sampled || !self->states) {
    g_set_error (
        error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for the scores of %u labels", self->info->n_classes);
    clip_track_free (self);
    return NULL;
  }
  self->scores = self->sampled + n;
  self->cosines = self->scores + n;
  for (gsize c = 0; c < n; c++)
    self->states[c].quiet_until = G_MININT64;
  return self;
}

ClipTrack *
clip_track_new_for_scores (ClipPrompts *prompts, guint zone, GError **error)
{
  g_autoptr (ClipLabels) labels = g_new0 (ClipLabels, 1); /* with no embeddings to score by */
  g_atomic_ref_count_init (&labels->ref_count);
  labels->prompts = clip_prompts_ref (prompts);
  labels->warnings = g_ptr_array_new ();
  g_ptr_array_add (labels->warnings, NULL);
  return clip_track_new (labels, zone, error);
}

void
clip_track_free (ClipTrack *self)
{
  if (!self)
    return;
  clip_labels_unref (self->labels);
  clip_baseline_free (self->baseline);
  g_free (self->sampled);
  g_free (self->states);
  g_free (self);
}

static guint64
next_id (void)
{
  static GMutex lock; /* 64 bits are not atomic everywhere */
  static guint64 last;
  g_mutex_lock (&lock);
  guint64 id = ++last;
  g_mutex_unlock (&lock);
  return id;
}

/* ---- Events --------------------------------------------------------------------------------------------- */

/* One sample at work. */
typedef struct
{
  ClipTrack *track;
  const ClipTime *time;
  const ClipTrackParams *params;
  ClipEventFunc func;
  gpointer user_data;
} Take;

static const ClipClass *
get_class (const ClipTrack *self, guint c)
{
  return clip_prompts_get_class (self->labels->prompts, self->info->first_class + c);
}

static void
tell (
    const ClipTrack *self, guint c, ClipEventState event_state, ClipEventEnd reason, ClipEventFunc func, gpointer data)
{
  const State *state = &self->states[c];
  const ClipClass *class = get_class (self, c);
  if (!func)
    return;
  const ClipEvent event = {
    .id = state->id,
    .state = event_state,
    .reason = reason,
    .label_id = class->id,
    .label = class->label,
    .group = clip_prompts_get_group (self->labels->prompts, class->group)->name,
    .zone = self->info->name,
    .start = state->start,
    .end = state->last,
    .peak = state->peak,
    .confidence = state->confidence,
    .mean = state->sum / state->n,
    .n_samples = state->n,
  };
  func (&event, data);
}

static void
end_event (ClipTrack *self, guint c, gint64 cool_down, ClipEventEnd reason, ClipEventFunc func, gpointer data)
{
  State *state = &self->states[c];
  if (state->phase == OPEN) {
    tell (self, c, CLIP_EVENT_END, reason, func, data);
    state->quiet_until = cool_down > G_MAXINT64 - MAX (state->last.time, 0) ? G_MAXINT64 : state->last.time + cool_down;
  }
  state->phase = IDLE;
}

static gint64
either (gint64 own, gint64 other)
{
  return own >= 0 ? own : MAX (other, 0);
}

/* NaN: there is none, and no event. */
static float
on_threshold (const Take *self, const ClipClass *class)
{
  const ClipGroup *group = clip_prompts_get_group (self->track->labels->prompts, class->group);
  ClipScoreMode mode = group->mode >= 0 ? (ClipScoreMode)group->mode : self->params->rank.mode;
  if (!isnan (class->timing.threshold))
    return class->timing.threshold;
  if (self->params->rank.threshold > 0)
    return self->params->rank.threshold;
  return mode == CLIP_SCORE_COSINE ? NAN : mode == CLIP_SCORE_Z ? CLIP_EVENT_THRESHOLD_Z : CLIP_EVENT_THRESHOLD;
}

static float
off_threshold (const Take *self, const ClipClass *class, float on)
{
  float off = isnan (class->timing.off_threshold) ? self->params->timing.off_threshold : class->timing.off_threshold;
  if (isnan (off))
    off = on > 0 ? on * (float)CLIP_EVENT_OFF_SHARE : on;
  return fminf (off, on);
}

/* A sample that reaches the off-threshold. */
static void
count_sample (State *state, const ClipTime *time, float score)
{
  if (!state->n || score > state->confidence) {
    state->confidence = score;
    state->peak = *time;
  }
  state->last = *time;
  state->sum += score;
  state->n++;
}

static void
step_class (const Take *self, guint c)
{
  ClipTrack *track = self->track;
  State *state = &track->states[c];
  const ClipClass *class = get_class (track, c);
  const ClipTiming *own = &class->timing, *other = &self->params->timing;
  float on = on_threshold (self, class), score = track->scores[c];
  gint64 now = self->time->time;
  if (!class->event || isnan (on))
    return;
  float off = off_threshold (self, class, on);

  if (state->phase == IDLE) {
    if (score < on || now < state->quiet_until)
      return;
    *state = (State){ .phase = RISING, .quiet_until = G_MININT64, .start = *self->time };
  }
  if (score >= off) {
    count_sample (state, self->time, score);
  } else if (state->phase == RISING || now - state->last.time > either (own->hold_time, other->hold_time)) {
    end_event (track, c, either (own->cool_down, other->cool_down), CLIP_END_OVER, self->func, self->user_data);
    return;
  }

  if (state->phase == RISING && now - state->start.time >= either (own->min_duration, other->min_duration)) {
    state->phase = OPEN;
    state->id = next_id ();
    state->told = now;
    tell (track, c, CLIP_EVENT_START, 0, self->func, self->user_data);
  } else if (state->phase == OPEN && score >= off && self->params->update_interval >= 0 && now > state->told
             && now - state->told >= self->params->update_interval) {
    state->told = now;
    tell (track, c, CLIP_EVENT_UPDATE, 0, self->func, self->user_data);
  }
}

/* ---- Samples -------------------------------------------------------------------------------------------- */

static void
score_sample (ClipTrack *self, const float *embedding, const ClipTrackParams *params, gint64 elapsed)
{
  if (params->baseline > 0 && (!self->baseline || self->half_life != params->baseline)) {
    clip_baseline_free (self->baseline);
    self->baseline = clip_baseline_new (self->info->n_classes, params->baseline);
    self->half_life = params->baseline;
  }
  clip_labels_score (self->labels, self->zone, embedding, &params->rank, self->baseline, self->sampled, self->cosines);
  if (self->baseline && elapsed >= 0)
    clip_baseline_add (self->baseline, self->cosines, elapsed);
}

static void
smooth (ClipTrack *self, const ClipTrackParams *params, gint64 elapsed, gboolean is_first)
{
  for (guint c = 0; c < self->info->n_classes; c++) {
    gint64 tau = either (get_class (self, c)->timing.smoothing, params->timing.smoothing);
    if (is_first || tau == 0)
      self->scores[c] = self->sampled[c];
    else
      self->scores[c] += (self->sampled[c] - self->scores[c]) * (float)-expm1 (-(double)elapsed / (double)tau);
  }
}

/* All events end; the samples before them say nothing about what comes. */
static void
close_all (ClipTrack *self, const ClipTrackParams *params, ClipEventEnd reason, ClipEventFunc func, gpointer data)
{
  for (guint c = 0; c < self->info->n_classes; c++)
    end_event (self, c, params ? either (get_class (self, c)->timing.cool_down, params->timing.cool_down) : 0, reason,
        func, data);
}

/* Whether events last through the pause before this sample. */
static gboolean
is_gap (const ClipTrack *self, const ClipTrackParams *params, gint64 elapsed)
{
  gint64 least = MAX (CLIP_EVENT_GAP, MAX (params->timing.hold_time, 0));
  return elapsed > least && elapsed / 5 > self->step;
}

/* embedding, scores: one of them, or none. */
static void
take_sample (ClipTrack *self, const float *embedding, const float *scores, const ClipTime *time,
    const ClipTrackParams *params, ClipEventFunc func, gpointer user_data)
{
  const Take take = { self, time, params, func, user_data };
  gboolean is_first = !self->has_sample;
  gint64 elapsed = is_first ? 0 : time->time - self->time;
  if (elapsed < 0) {
    clip_track_close (self, CLIP_END_SEGMENT, func, user_data);
    is_first = TRUE;
    elapsed = 0;
  } else if (is_gap (self, params, elapsed)) {
    close_all (self, params, CLIP_END_GAP, func, user_data);
    is_first = TRUE;
  }

  if (embedding)
    score_sample (self, embedding, params, elapsed);
  else if (scores)
    memcpy (self->sampled, scores, self->info->n_classes * sizeof *scores);
  smooth (self, params, elapsed, is_first);
  self->step = elapsed;
  self->time = time->time;
  self->has_sample = TRUE;
  for (guint c = 0; c < self->info->n_classes; c++)
    step_class (&take, c);
}

void
clip_track_take (ClipTrack *self, const float *embedding, const ClipTime *time, const ClipTrackParams *params,
    ClipEventFunc func, gpointer user_data)
{
  if (embedding || self->has_sample)
    take_sample (self, embedding, NULL, time, params, func, user_data);
}

void
clip_track_take_scores (ClipTrack *self, const float *scores, const ClipTime *time, const ClipTrackParams *params,
    ClipEventFunc func, gpointer user_data)
{
  take_sample (self, NULL, scores, time, params, func, user_data);
}

void
clip_track_rescore (ClipTrack *self, const float *embedding, const ClipTrackParams *params)
{
  score_sample (self, embedding, params, -1);
  memcpy (self->scores, self->sampled, self->info->n_classes * sizeof *self->scores);
}

void
clip_track_close (ClipTrack *self, ClipEventEnd reason, ClipEventFunc func, gpointer user_data)
{
  close_all (self, NULL, reason, func, user_data);
  for (guint c = 0; c < self->info->n_classes; c++)
    self->states[c].quiet_until = G_MININT64;
  self->has_sample = FALSE;
  self->step = 0;
}

const float *
clip_track_get_scores (const ClipTrack *self)
{
  return self->scores;
}

const float *
clip_track_get_cosines (const ClipTrack *self)
{
  return self->cosines;
}

guint
clip_track_choose (const ClipTrack *self, float threshold, ClipMatch *ret_matches, guint max)
{
  return clip_labels_choose (self->labels, self->zone, self->scores, self->cosines, threshold, ret_matches, max);
}

ClipBaseline *
clip_track_get_baseline (ClipTrack *self)
{
  return self->baseline;
}
