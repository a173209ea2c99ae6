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
#include "labels/track.h"
#include "model/model.h"

typedef enum
{
  IDLE,
  RISING,
  OPEN
} Phase;

typedef struct
{
  Phase phase;
  ClipScoreMode mode; /* of the scores below */
  gint64 quiet_until; /* G_MININT64: no cool-down */
  guint64 id;
  ClipTime start, last, peak; /* last: that reached the off-threshold */
  float confidence;
  double sum;
  guint n;
  gint64 told; /* time of the last START or UPDATE */
} State;

/* What holds for a class by its own timing and the caller's params. */
typedef struct
{
  float on, off; /* NaN: no events */
  ClipScoreMode mode;
  gint64 smoothing, min_duration, hold_time, cool_down;
} Rule;

struct _ClipTrack
{
  ClipLabels *labels;
  guint zone, n;        /* classes */
  ClipTrackParams used; /* by which the rules are */
  gboolean has_rules;
  Rule *rules;    /* [n] */
  guint8 *holds;  /* [n]: whether the class keeps the first place as track.h has it */
  guint *leaders; /* [zone's n_groups] */
  State *states;  /* [n] */

  gboolean has_scores; /* `sampled` and `cosines` are of an embedding */
  gboolean is_sound;   /* one that is finite */
  gboolean has_time;   /* there was a sample since the track was closed */
  gint64 time, step;   /* of the last one; since the one before, 0 = not known */
  double *smoothed;    /* [n], exactly: a sample may move them by less than floats tell apart */
  float *sampled;      /* [n], of the last sample */
  float *scores;       /* [n], smoothed */
  float *cosines;      /* [n] */
  ClipBaseline *baseline;
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

static void
forget_leaders (ClipTrack *self)
{
  guint n = clip_prompts_get_zone (self->labels->prompts, self->zone)->n_groups;
  for (guint g = 0; g < n; g++)
    self->leaders[g] = CLIP_NO_LEADER;
}

ClipTrack *
clip_track_new (ClipLabels *labels, guint zone, GError **error)
{
  ClipTrack *self = g_new0 (ClipTrack, 1);
  self->labels = clip_labels_ref (labels);
  self->zone = zone;
  self->n = clip_prompts_get_zone (labels->prompts, zone)->n_classes;
  gsize room = MAX (self->n, 1);
  self->rules = g_try_new0 (Rule, room);
  self->holds = g_try_new0 (guint8, room);
  self->leaders = g_try_new (guint, MAX (clip_prompts_get_zone (labels->prompts, zone)->n_groups, 1));
  self->states = g_try_new0 (State, room);
  self->smoothed = g_try_new0 (double, room);
  self->sampled = g_try_new0 (float, 3 * room);
  if (!self->rules || !self->holds || !self->leaders || !self->states || !self->smoothed || !self->sampled) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for the scores of %u labels", self->n);
    clip_track_free (self);
    return NULL;
  }
  forget_leaders (self);
  self->scores = self->sampled + room;
  self->cosines = self->scores + room;
  for (guint c = 0; c < self->n; c++)
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
  g_free (self->rules);
  g_free (self->holds);
  g_free (self->leaders);
  g_free (self->states);
  g_free (self->smoothed);
  g_free (self->sampled);
  g_free (self);
}

/* ---- Rules ---------------------------------------------------------------------------------------------- */

static gboolean
is_share (ClipScoreMode mode)
{
  return mode == CLIP_SCORE_SOFTMAX || mode == CLIP_SCORE_SIGMOID;
}

/* The caller's threshold is for scores of the caller's mode: 0.6 of softmax is nothing in deviations. NaN: none. */
static float
default_threshold (const ClipRankParams *rank, ClipScoreMode mode)
{
  if (rank->threshold > 0 && (mode == rank->mode || (is_share (mode) && is_share (rank->mode))))
    return rank->threshold;
  return is_share (mode) ? CLIP_EVENT_THRESHOLD : mode == CLIP_SCORE_Z ? CLIP_EVENT_THRESHOLD_Z : NAN;
}

static gint64
either (gint64 own, gint64 other)
{
  return own >= 0 ? own : MAX (other, 0);
}

static Rule
make_rule (const ClipTrack *self, const ClipClass *class, const ClipTrackParams *params)
{
  const ClipGroup *group = clip_prompts_get_group (self->labels->prompts, class->group);
  const ClipTiming *own = &class->timing, *other = &params->timing;
  Rule rule = {
    .on = NAN,
    .off = NAN,
    .mode = group->mode >= 0 ? (ClipScoreMode)group->mode : params->rank.mode,
    .smoothing = either (own->smoothing, other->smoothing),
    .min_duration = either (own->min_duration, other->min_duration),
    .hold_time = either (own->hold_time, other->hold_time),
    .cool_down = either (own->cool_down, other->cool_down),
  };
  if (!class->event)
    return rule;
  rule.on = isnan (own->threshold) ? default_threshold (&params->rank, rule.mode) : own->threshold;
  rule.off = isnan (own->off_threshold) ? other->off_threshold : own->off_threshold;
  if (isnan (rule.off))
    rule.off = rule.on > 0 ? rule.on * (float)CLIP_EVENT_OFF_SHARE : rule.on;
  rule.off = MIN (rule.off, rule.on);
  return rule;
}

/* They are made once for all samples of the same params. */
static void
make_rules (ClipTrack *self, const ClipTrackParams *params)
{
  if (self->has_rules && memcmp (&self->used, params, sizeof *params) == 0) /* NaN is like NaN */
    return;
  memcpy (&self->used, params, sizeof *params);
  self->has_rules = TRUE;
  const ClipZone *zone = clip_prompts_get_zone (self->labels->prompts, self->zone);
  for (guint c = 0; c < self->n; c++)
    self->rules[c] = make_rule (self, clip_prompts_get_class (self->labels->prompts, zone->first_class + c), params);
  for (guint c = 0; c < self->n; c++)
    self->holds[c] = is_share (self->rules[c].mode) && self->rules[c].smoothing > 0;
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

/* What is told of, and to whom. */
typedef struct
{
  const ClipTrack *track;
  ClipEventFunc func;
  gpointer user_data;
} Listener;

/* now - then, or the nearest there is. */
static gint64
since (gint64 now, gint64 then)
{
  gint64 elapsed;
  if (__builtin_sub_overflow (now, then, &elapsed))
    return now > then ? G_MAXINT64 : G_MININT64;
  return elapsed;
}

static void
tell (const Listener *self, guint c, ClipEventState event_state, ClipEventEnd reason)
{
  if (!self->func)
    return;
  const ClipPrompts *prompts = self->track->labels->prompts;
  const ClipZone *zone = clip_prompts_get_zone (prompts, self->track->zone);
  const ClipClass *class = clip_prompts_get_class (prompts, zone->first_class + c);
  const State *state = &self->track->states[c];
  const ClipEvent event = {
    .id = state->id,
    .state = event_state,
    .reason = reason,
    .label_id = class->id,
    .label = class->label,
    .group = clip_prompts_get_group (prompts, class->group)->name,
    .zone = zone->name,
    .start = state->start,
    .end = state->last,
    .peak = state->peak,
    .confidence = state->confidence,
    .mean = state->sum / state->n,
    .n_samples = state->n,
  };
  self->func (&event, self->user_data);
}

static void
end_event (ClipTrack *self, guint c, gint64 cool_down, ClipEventEnd reason, const Listener *listener)
{
  State *state = &self->states[c];
  gboolean was_open = state->phase == OPEN;
  state->phase = IDLE;
  if (!was_open)
    return;
  if (__builtin_add_overflow (state->last.time, cool_down, &state->quiet_until))
    state->quiet_until = G_MAXINT64;
  tell (listener, c, CLIP_EVENT_END, reason);
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

/* is_cut: there is nothing to go on from. */
static void
step_class (ClipTrack *self, guint c, const ClipTime *time, gboolean is_cut, const Listener *listener)
{
  State *state = &self->states[c];
  const Rule *rule = &self->rules[c];
  float score = self->scores[c];
  gint64 now = time->time;
  if (state->phase != IDLE && is_cut)
    end_event (self, c, rule->cool_down, CLIP_END_GAP, listener);
  if (state->phase != IDLE && (isnan (rule->on) || rule->mode != state->mode)) /* its scores mean another thing */
    end_event (self, c, rule->cool_down, CLIP_END_PROMPTS, listener);

  if (state->phase == IDLE) {
    if (!(score >= rule->on) || now < state->quiet_until)
      return;
    *state = (State){ .phase = RISING, .mode = rule->mode, .quiet_until = G_MININT64, .start = *time };
  }
  if (score >= rule->off) {
    count_sample (state, time, score);
  } else if (state->phase == RISING || since (now, state->last.time) > rule->hold_time) {
    end_event (self, c, rule->cool_down, CLIP_END_OVER, listener);
    return;
  }

  gint64 interval = self->used.update_interval;
  if (state->phase == RISING && since (now, state->start.time) >= rule->min_duration) {
    state->phase = OPEN;
    state->id = next_id ();
    state->told = now;
    tell (listener, c, CLIP_EVENT_START, 0);
  } else if (state->phase == OPEN && score >= rule->off && interval >= 0 && now > state->told
             && since (now, state->told) >= interval) {
    state->told = now;
    tell (listener, c, CLIP_EVENT_UPDATE, 0);
  }
}

/* ---- Samples -------------------------------------------------------------------------------------------- */

/* NULL: none is wanted, or there is no memory for one. */
static ClipBaseline *
use_baseline (ClipTrack *self, const ClipTrackParams *params)
{
  if (params->baseline <= 0)
    g_clear_pointer (&self->baseline, clip_baseline_free);
  else if (self->baseline)
    clip_baseline_set_half_life (self->baseline, params->baseline);
  else
    self->baseline = clip_baseline_new (self->n, params->baseline);
  return self->baseline;
}

/* embedding: NULL = the last one, against what is usual now. */
static void
score_sample (ClipTrack *self, const float *embedding, const ClipTrackParams *params)
{
  const ClipBaseline *baseline = use_baseline (self, params);
  if (embedding) {
    clip_labels_score (self->labels, self->zone, embedding, &params->rank, baseline, self->sampled, self->cosines);
    self->has_scores = TRUE;
    self->is_sound = isfinite (clip_dot (embedding, embedding, self->labels->dim));
    return;
  }
  for (guint c = 0; c < self->n; c++)
    if (self->rules[c].mode == CLIP_SCORE_Z)
      self->sampled[c] = baseline && self->is_sound ? clip_baseline_get_z (baseline, c, self->cosines[c]) : 0;
}

/* Whether a pause is one that nothing goes on through: one that is long, and longer than usual. */
static gboolean
is_pause (const ClipTrack *self, gint64 elapsed)
{
  return elapsed > CLIP_EVENT_GAP && (elapsed - 1) / 5 >= self->step;
}

static void
smooth (ClipTrack *self, gint64 elapsed, gboolean is_first, gboolean pause)
{
  gint64 tau = 0;
  double part = 1; /* by which this sample counts; nearly all classes have the same */
  for (guint c = 0; c < self->n; c++) {
    const Rule *rule = &self->rules[c];
    if (rule->smoothing != tau) {
      tau = rule->smoothing;
      part = tau > 0 ? -expm1 (-(double)elapsed / (double)tau) : 1;
    }
    if (part == 1 || is_first || (pause && elapsed > rule->hold_time))
      self->smoothed[c] = self->sampled[c];
    else
      self->smoothed[c] += (self->sampled[c] - self->smoothed[c]) * part;
    self->scores[c] = (float)self->smoothed[c];
  }
}

/* scores: NULL = those of the embedding. */
static void
take_sample (ClipTrack *self, const float *embedding, const float *scores, const ClipTime *time,
    const ClipTrackParams *params, ClipEventFunc func, gpointer user_data)
{
  const Listener listener = { self, func, user_data };
  gint64 elapsed = self->has_time ? since (time->time, self->time) : 0;
  if (elapsed < 0) {
    clip_track_close (self, CLIP_END_SEGMENT, func, user_data);
    elapsed = 0;
  }
  gboolean is_first = !self->has_time, pause = is_pause (self, elapsed);

  make_rules (self, params);
  if (scores) {
    memcpy (self->sampled, scores, self->n * sizeof *scores);
  } else {
    score_sample (self, embedding, params);
    if (self->baseline && self->is_sound)
      clip_baseline_add (self->baseline, self->cosines, elapsed);
  }
  smooth (self, elapsed, is_first, pause);
  if (is_first || pause)
    forget_leaders (self);
  clip_leaders_follow (self->leaders, self->labels->prompts, self->zone, self->scores, self->holds);
  self->step = elapsed;
  self->time = time->time;
  self->has_time = TRUE;
  for (guint c = 0; c < self->n; c++)
    step_class (self, c, time, pause && elapsed > self->rules[c].hold_time, &listener);
}

void
clip_track_take (ClipTrack *self, const float *embedding, const ClipTime *time, const ClipTrackParams *params,
    ClipEventFunc func, gpointer user_data)
{
  if (embedding || self->has_scores)
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
  score_sample (self, embedding, params);
  memcpy (self->scores, self->sampled, self->n * sizeof *self->scores);
  for (guint c = 0; c < self->n; c++)
    self->smoothed[c] = self->sampled[c];
  forget_leaders (self);
}

void
clip_track_close (ClipTrack *self, ClipEventEnd reason, ClipEventFunc func, gpointer user_data)
{
  const Listener listener = { self, func, user_data };
  for (guint c = 0; c < self->n; c++) {
    end_event (self, c, 0, reason, &listener);
    self->states[c].quiet_until = G_MININT64;
    self->scores[c] = 0;
  }
  self->has_time = FALSE;
  forget_leaders (self);
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
  guint n = clip_labels_choose (self->labels, self->zone, self->scores, self->cosines, threshold, ret_matches, max);
  return clip_leaders_put_first (
      self->leaders, self->labels->prompts, self->zone, self->scores, self->cosines, threshold, ret_matches, n, max);
}

ClipBaseline *
clip_track_get_baseline (const ClipTrack *self)
{
  return self->baseline;
}

ClipLabels *
clip_track_get_labels (const ClipTrack *self)
{
  return self->labels;
}

guint
clip_track_get_zone (const ClipTrack *self)
{
  return self->zone;
}

ClipBaseline *
clip_track_make_baseline (ClipTrack *self)
{
  if (!self->baseline)
    self->baseline = clip_baseline_new (self->n, G_MAXINT64);
  return self->baseline;
}
