/* SPDX-License-Identifier: MIT
 *
 * test-track.c: ClipTrack against the rules of clip-track.h, applied here to whole series of scores at once: thousands
 * of random ones with gaps, times that go back, repeated samples and timing per label; what must hold however settings
 * change; and each promise of the header by itself. Labels by hand, whose cosines are the embedding's values.
 */
#include "countalloc.h"
#include "handlabels.h"

#define MS        G_GINT64_CONSTANT (1000000)
#define SECOND    (1000 * MS)
#define N_CLASSES 4

static ClipTime
at (gint64 time)
{
  return (ClipTime){ .time = time,
    .pts = (guint64)time + 1,
    .stream_time = (guint64)time + 2,
    .running_time = (guint64)time + 3,
    .utc = (gint64)((guint64)time + 4) };
}

static void
assert_time (const ClipTime *time, gint64 expected)
{
  ClipTime all = at (expected);
  g_assert_cmpmem (time, sizeof *time, &all, sizeof all);
}

/* One unnamed group; prompt c's cosine is the embedding's value c. timings: [N_CLASSES], or NULL. */
static ClipLabels *
make_labels (const ClipTiming *timings)
{
  ClipPromptReader reader;
  clip_prompt_reader_init (&reader, NULL, NULL);
  for (guint c = 0; c < N_CLASSES; c++) {
    const char name[] = { (char)('a' + c), 0 };
    ClipPrompt *prompt = hand_prompt (&reader, name);
    if (timings)
      prompt->timing = timings[c];
  }
  ClipLabels *labels = hand_labels (&reader, N_CLASSES, 0);
  for (guint c = 0; c < N_CLASSES; c++)
    clip_labels_row (labels, c)[c] = 1;
  return labels;
}

static ClipTrackParams
cosine_params (float threshold)
{
  ClipTrackParams params;
  clip_track_params_init (&params);
  params.rank.mode = CLIP_SCORE_COSINE;
  params.rank.threshold = threshold;
  return params;
}

static ClipTrack *
make_track (ClipLabels *labels)
{
  GError *error = NULL;
  ClipTrack *track = clip_track_new (labels, CLIP_FRAME, &error);
  g_assert_no_error (error);
  return track;
}

/* ---- What was told -------------------------------------------------------------------------------------- */

typedef struct
{
  ClipEventState state;
  ClipEventEnd reason;
  guint64 id;
  guint class, sample;
  ClipTime start, end, peak;
  float confidence;
  double mean;
  guint n;
} Told;

typedef struct
{
  GArray *told;
  guint sample;
} Diary;

static void
write_down (const ClipEvent *event, gpointer user_data)
{
  Diary *diary = user_data;
  Told told = { event->state, event->reason, event->id, event->label_id, diary->sample, event->start, event->end,
    event->peak, event->confidence, event->mean, event->n_samples };
  g_assert_cmpuint (event->label[0], ==, 'a' + event->label_id);
  g_array_append_val (diary->told, told);
}

static Diary
open_diary (void)
{
  return (Diary){ g_array_new (FALSE, FALSE, sizeof (Told)), 0 };
}

static void
close_diary (Diary *self)
{
  g_array_unref (self->told);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Diary, close_diary)

static const Told *
get_told (const Diary *self, guint i)
{
  g_assert_cmpuint (i, <, self->told->len);
  return &g_array_index (self->told, Told, i);
}

/* Scores of class 0 alone. */
static void
take (ClipTrack *track, gint64 time, float score, const ClipTrackParams *params, Diary *diary)
{
  float embedding[N_CLASSES] = { score };
  ClipTime when = at (time);
  clip_track_take (track, embedding, &when, params, write_down, diary);
  diary->sample++;
}

/* ---- Random series -------------------------------------------------------------------------------------- */

#define MAX_SAMPLES 120

typedef enum
{
  TAKE,
  REPEAT, /* NULL for an embedding */
  CLOSE
} Step;

typedef struct
{
  ClipTrackParams params;
  ClipTiming timings[N_CLASSES];
  gboolean no_event[N_CLASSES];
  guint n;
  Step steps[MAX_SAMPLES];
  gint64 times[MAX_SAMPLES];
  ClipEventEnd reasons[MAX_SAMPLES];
  float scores[MAX_SAMPLES][N_CLASSES];
} Series;

static gint64
random_time (GRand *random, double most)
{
  return (gint64)(g_rand_double_range (random, 0, most) * 20) * (SECOND / 20); /* often just what a pause has */
}

static void
random_timing (GRand *random, ClipTiming *self, double given, double most_smoothing)
{
  *self = (ClipTiming)CLIP_TIMING_UNSET;
  if (g_rand_double (random) < given)
    self->threshold = (float)g_rand_int_range (random, -2, 9) / 10;
  if (g_rand_double (random) < given)
    self->off_threshold = fminf ((float)g_rand_int_range (random, -2, 9) / 10,
        isnan (self->threshold) ? INFINITY : self->threshold); /* a file with more is refused */
  if (g_rand_double (random) < given)
    self->smoothing = random_time (random, most_smoothing);
  if (g_rand_double (random) < given)
    self->min_duration = random_time (random, 3);
  if (g_rand_double (random) < given)
    self->hold_time = random_time (random, g_rand_int_range (random, 0, 5) ? 3 : 40);
  if (g_rand_double (random) < given)
    self->cool_down = random_time (random, 10);
}

static void
make_series (Series *self, GRand *random)
{
  gboolean smooth = g_rand_boolean (random);
  *self = (Series){ .n = (guint)g_rand_int_range (random, 1, MAX_SAMPLES) };
  clip_track_params_init (&self->params);
  random_timing (random, &self->params.timing, 0.7, smooth ? 2 : 0);
  self->params.rank.mode = CLIP_SCORE_COSINE;
  self->params.rank.threshold = (float)g_rand_int_range (random, -1, 8) / 10;
  self->params.update_interval = g_rand_int_range (random, 0, 3) ? random_time (random, 4) : -1;
  if (!smooth)
    self->params.timing.smoothing = g_rand_boolean (random) ? 0 : -1;
  for (guint c = 0; c < N_CLASSES; c++) {
    random_timing (random, &self->timings[c], 0.3, smooth ? 2 : 0);
    self->no_event[c] = g_rand_int_range (random, 0, 8) == 0;
  }

  gint64 time = g_rand_int_range (random, 0, 4) ? 0 : G_MININT64 / 2 + random_time (random, 1e6);
  gint64 usual = g_rand_int_range (random, 0, 4) ? SECOND / 5 : 30 * SECOND;
  float level[N_CLASSES] = { 0 };
  for (guint i = 0; i < self->n; i++) {
    guint what = (guint)g_rand_int_range (random, 0, 60);
    self->steps[i] = what == 0 ? CLOSE : what < 8 ? REPEAT : TAKE;
    self->reasons[i] = (ClipEventEnd)g_rand_int_range (random, CLIP_END_EOS, CLIP_END_LOST + 1);
    what = (guint)g_rand_int_range (random, 0, 60);
    time += what == 0   ? 0
            : what == 1 ? random_time (random, 70)
            : what == 2 ? 5 * usual + what % 2
            : what == 3 ? -random_time (random, 5)
            : what < 30 ? usual
                        : random_time (random, 2 * (double)usual / SECOND);
    self->times[i] = time;
    for (guint c = 0; c < N_CLASSES; c++) {
      if (g_rand_int_range (random, 0, 8) == 0)
        level[c] = (float)g_rand_int_range (random, -3, 11) / 10;
      /* Where they are smoothed, no score is a threshold itself, which rounding would decide upon. */
      self->scores[i][c] = smooth ? level[c] + (float)g_rand_double_range (random, -0.1, 0.1) : level[c];
    }
  }
}

/* ---- The rules, for one class and all of a series ------------------------------------------------------- */

typedef struct
{
  const Series *series;
  guint class;
  double on, off;
  gint64 smoothing, min_duration, hold_time, cool_down;
  gboolean counts[MAX_SAMPLES]; /* it is a sample, and not ignored */
  gboolean cut[MAX_SAMPLES];    /* nothing goes on from the one before */
  ClipEventEnd why[MAX_SAMPLES];
  float smoothed[MAX_SAMPLES];
} Rules;

static gint64
own_or (gint64 own, gint64 other)
{
  return own >= 0 ? own : other >= 0 ? other : 0;
}

static void
find_rules (Rules *self, const Series *series, guint class)
{
  const ClipTiming *own = &series->timings[class], *other = &series->params.timing;
  *self = (Rules){ .series = series, .class = class };
  self->on = !isnan (own->threshold)             ? own->threshold
             : series->params.rank.threshold > 0 ? series->params.rank.threshold
                                                 : NAN;
  self->off = !isnan (own->off_threshold)     ? own->off_threshold
              : !isnan (other->off_threshold) ? other->off_threshold
              : self->on > 0                  ? (float)(0.7f * (float)self->on)
                                              : self->on;
  self->off = MIN (self->off, self->on);
  self->smoothing = own_or (own->smoothing, other->smoothing);
  self->min_duration = own_or (own->min_duration, other->min_duration);
  self->hold_time = own_or (own->hold_time, other->hold_time);
  self->cool_down = own_or (own->cool_down, other->cool_down);
}

/* Where it is cut, and what the scores are between. A closed track's sample is `why` CLOSE is; see reasons. */
static void
smooth_series (Rules *self)
{
  const Series *series = self->series;
  gint64 last = 0, pause_before = 0;
  gboolean fresh = TRUE, known = FALSE;
  double score = 0, raw = 0;
  for (guint i = 0; i < series->n; i++) {
    if (series->steps[i] == CLOSE) {
      fresh = TRUE;
      continue;
    }
    if (series->steps[i] == TAKE) {
      raw = series->scores[i][self->class];
      known = TRUE;
    }
    if (!known)
      continue;
    gint64 pause = fresh ? 0 : series->times[i] - last;
    self->counts[i] = TRUE;
    self->cut[i] = TRUE;
    if (fresh)
      ;
    else if (pause < 0)
      self->why[i] = CLIP_END_SEGMENT;
    else if (pause > 10 * SECOND && pause > self->hold_time && pause > 5 * pause_before)
      self->why[i] = CLIP_END_GAP;
    else
      self->cut[i] = FALSE;
    if (self->cut[i] || self->smoothing == 0)
      score = raw;
    else
      score = raw + (score - raw) * exp (-(double)pause / (double)self->smoothing);
    self->smoothed[i] = (float)score;
    pause_before = MAX (pause, 0);
    last = series->times[i];
    fresh = FALSE;
  }
}

static void
expect (
    const Rules *self, GArray *told, ClipEventState state, guint sample, ClipEventEnd reason, guint start, guint end)
{
  Told event = { state, reason, 0, self->class, sample, at (self->series->times[start]), at (self->series->times[end]),
    { 0 }, -100, 0, 0 };
  for (guint i = start; i <= end; i++) {
    if (!self->counts[i] || self->smoothed[i] < self->off)
      continue;
    if (self->smoothed[i] > event.confidence) {
      event.confidence = self->smoothed[i];
      event.peak = at (self->series->times[i]);
    }
    event.mean += self->smoothed[i];
    event.n++;
  }
  event.mean /= event.n;
  g_array_append_val (told, event);
}

/* An event that starts at the sample `start`: returns the first sample after it. */
static guint
follow_event (const Rules *self, guint start, GArray *told, guint *ret_end)
{
  const Series *series = self->series;
  guint end = start, last_told = 0;
  gboolean open = FALSE;
  for (guint i = start; i < series->n; i++) {
    gboolean closed = series->steps[i] == CLOSE;
    if (!closed && !self->counts[i])
      continue;
    gboolean over = !closed && self->smoothed[i] < self->off;
    gboolean cut = i > start && (closed || self->cut[i]);
    if (cut || (over && (!open || series->times[i] - series->times[end] > self->hold_time))) {
      ClipEventEnd reason = closed ? series->reasons[i] : cut ? self->why[i] : CLIP_END_OVER;
      if (open)
        expect (self, told, CLIP_EVENT_END, i, reason, start, end);
      *ret_end = open ? end : G_MAXUINT;
      return cut && !closed ? i : i + 1; /* which may start another one */
    }
    if (over)
      continue;
    end = i;
    if (!open && series->times[i] - series->times[start] >= self->min_duration) {
      open = TRUE;
      last_told = i;
      expect (self, told, CLIP_EVENT_START, i, 0, start, i);
    } else if (open && series->params.update_interval >= 0 && series->times[i] > series->times[last_told]
               && series->times[i] - series->times[last_told] >= series->params.update_interval) {
      last_told = i;
      expect (self, told, CLIP_EVENT_UPDATE, i, 0, start, i);
    }
  }
  if (open)
    expect (self, told, CLIP_EVENT_END, series->n, CLIP_END_STOP, start, end); /* the test closes it */
  return series->n;
}

static void
apply_rules (const Series *series, guint class, GArray *told)
{
  Rules rules;
  find_rules (&rules, series, class);
  if (isnan (rules.on) || series->no_event[class])
    return;
  smooth_series (&rules);
  gint64 quiet_until = G_MININT64;
  for (guint i = 0; i < series->n;) {
    /* A closed track, and one whose time went back, has no cool-downs. */
    if (series->steps[i] == CLOSE || (rules.counts[i] && rules.cut[i] && rules.why[i] == CLIP_END_SEGMENT))
      quiet_until = G_MININT64;
    if (!rules.counts[i] || rules.smoothed[i] < rules.on || series->times[i] < quiet_until) {
      i++;
      continue;
    }
    guint end = G_MAXUINT, next = follow_event (&rules, i, told, &end);
    if (end != G_MAXUINT)
      quiet_until = series->times[end] + rules.cool_down;
    if (next > 0 && next <= series->n && series->steps[next - 1] == CLOSE)
      quiet_until = G_MININT64;
    i = next;
  }
}

static void
play_series (const Series *series, ClipTrack *track, Diary *diary)
{
  for (guint i = 0; i < series->n; i++) {
    ClipTime time = at (series->times[i]);
    diary->sample = i;
    if (series->steps[i] == CLOSE)
      clip_track_close (track, series->reasons[i], write_down, diary);
    else
      clip_track_take (
          track, series->steps[i] == TAKE ? series->scores[i] : NULL, &time, &series->params, write_down, diary);
  }
  diary->sample = series->n;
  clip_track_close (track, CLIP_END_STOP, write_down, diary);
}

static void
compare_told (const Told *told, const Told *expected)
{
  g_assert_cmpuint (told->sample, ==, expected->sample);
  g_assert_cmpint (told->state, ==, expected->state);
  if (told->state == CLIP_EVENT_END)
    g_assert_cmpint (told->reason, ==, expected->reason);
  g_assert_cmpmem (&told->start, sizeof told->start, &expected->start, sizeof expected->start);
  g_assert_cmpmem (&told->end, sizeof told->end, &expected->end, sizeof expected->end);
  g_assert_cmpuint (told->n, ==, expected->n);
  /* The smoothed scores are the same but for doubles' rounding, which may decide a float's last bit. */
  g_assert_cmpfloat (fabsf (told->confidence - expected->confidence), <=, 1e-7f);
  g_assert_cmpfloat (fabs (told->mean - expected->mean), <=, 1e-7);
  if (told->confidence == expected->confidence)
    g_assert_cmpmem (&told->peak, sizeof told->peak, &expected->peak, sizeof expected->peak);
}

static void
test_random (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1234);
  guint n_told[3] = { 0 }, n_reasons[CLIP_END_LOST + 1] = { 0 };
  for (guint round = 0; round < 4000; round++) {
    Series series;
    make_series (&series, random);
    ClipLabels *labels = make_labels (series.timings);
    for (guint c = 0; c < N_CLASSES; c++)
      ((ClipClass *)clip_prompts_get_class (labels->prompts, c))->event = !series.no_event[c];
    g_autoptr (ClipTrack) track = make_track (labels);
    g_auto (Diary) diary = open_diary ();
    play_series (&series, track, &diary);
    for (guint c = 0; c < N_CLASSES; c++) {
      g_autoptr (GArray) expected = g_array_new (FALSE, FALSE, sizeof (Told));
      apply_rules (&series, c, expected);
      guint n = 0;
      for (guint i = 0; i < diary.told->len; i++) {
        const Told *told = get_told (&diary, i);
        if (told->class != c)
          continue;
        g_assert_cmpuint (n, <, expected->len);
        compare_told (told, &g_array_index (expected, Told, n++));
        n_told[told->state]++;
        n_reasons[told->state == CLIP_EVENT_END ? told->reason : CLIP_END_OVER]++;
      }
      g_assert_cmpuint (n, ==, expected->len);
    }
    for (guint i = 1; i < diary.told->len; i++) { /* in the classes' order, sample by sample */
      const Told *before = get_told (&diary, i - 1), *told = get_told (&diary, i);
      g_assert_true (
          before->sample < told->sample || before->class <= told->class || before->reason == CLIP_END_SEGMENT);
    }
    hand_labels_free (labels);
  }
  g_test_message ("%u starts, %u updates, %u ends", n_told[0], n_told[1], n_told[2]);
  g_assert_cmpuint (n_told[CLIP_EVENT_START], ==, n_told[CLIP_EVENT_END]);
  for (guint i = 0; i < G_N_ELEMENTS (n_reasons); i++)
    g_assert_true (n_reasons[i] > 20 || i == CLIP_END_PROMPTS);
}

/* ---- What must hold, whatever changes ------------------------------------------------------------------- */

static void
check_life (const Diary *diary)
{
  g_autoptr (GHashTable) open = g_hash_table_new (g_int64_hash, g_int64_equal);
  const Told *last[N_CLASSES] = { NULL };
  guint64 highest = 0;
  for (guint i = 0; i < diary->told->len; i++) {
    const Told *told = get_told (diary, i), *before = last[told->class];
    if (told->state == CLIP_EVENT_START) {
      g_assert_cmpuint (told->id, >, highest);
      highest = told->id;
      g_hash_table_add (open, (gpointer)&told->id);
      g_assert_true (!before || before->state == CLIP_EVENT_END);
    } else {
      g_assert_true (g_hash_table_contains (open, &told->id));
      g_assert_nonnull (before);
      g_assert_cmpuint (before->id, ==, told->id);
      g_assert_cmpmem (&before->start, sizeof (ClipTime), &told->start, sizeof (ClipTime));
      g_assert_cmpfloat (before->confidence, <=, told->confidence);
      g_assert_cmpuint (before->n, <=, told->n);
      if (told->state == CLIP_EVENT_END)
        g_hash_table_remove (open, &told->id);
    }
    g_assert_cmpint (told->start.time, <=, told->peak.time);
    g_assert_cmpint (told->peak.time, <=, told->end.time);
    g_assert_cmpuint (told->n, >=, 1);
    g_assert_cmpfloat (told->mean, <=, told->confidence + 1e-6);
    last[told->class] = told;
  }
  g_assert_cmpuint (g_hash_table_size (open), ==, 0);
}

/* Modes, thresholds and times change between samples, at times with a new score of the last one. */
static void
test_changing (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (77);
  for (guint round = 0; round < 1000; round++) {
    Series series, other;
    make_series (&series, random);
    ClipLabels *labels = make_labels (series.timings);
    g_autoptr (ClipTrack) track = make_track (labels);
    g_auto (Diary) diary = open_diary ();
    for (guint i = 0; i < series.n; i++) {
      ClipTime time = at (series.times[i]);
      if (g_rand_int_range (random, 0, 10) == 0) {
        make_series (&other, random);
        series.params = other.params;
        series.params.rank.mode = (ClipScoreMode)g_rand_int_range (random, 0, CLIP_N_SCORE_MODES);
        series.params.baseline = g_rand_int_range (random, 0, 3) * SECOND;
        if (i)
          clip_track_rescore (track, series.scores[i - 1], &series.params);
      }
      clip_track_take (
          track, series.steps[i] == TAKE ? series.scores[i] : NULL, &time, &series.params, write_down, &diary);
      diary.sample++;
    }
    clip_track_close (track, CLIP_END_STOP, write_down, &diary);
    guint n = diary.told->len;
    clip_track_close (track, CLIP_END_STOP, write_down, &diary); /* nothing is open any more */
    g_assert_cmpuint (diary.told->len, ==, n);
    check_life (&diary);
    hand_labels_free (labels);
  }
}

/* ---- Smoothing ------------------------------------------------------------------------------------------ */

/* The same steps, sampled 5 and 50 times a second, are the same scores at the same times. */
static void
test_any_rate (void)
{
  static const float levels[] = { 0.1f, 0.9f, 0.4f, 0.8f, 0 };
  ClipLabels *labels = make_labels (NULL);
  g_autoptr (ClipTrack) slow = make_track (labels), fast = make_track (labels);
  g_auto (Diary) diary = open_diary ();
  ClipTrackParams params = cosine_params (0);
  for (guint i = 0; i <= 500; i++) { /* a level from one common time, it not included, to another one */
    float level = levels[i ? (i - 1) / 110 : 0];
    take (fast, i * 20 * MS, level, &params, &diary);
    if (i % 10)
      continue;
    take (slow, i * 20 * MS, level, &params, &diary);
    /* Ten steps of double arithmetic, rounded to float at the end. */
    g_assert_cmpfloat (fabsf (clip_track_get_scores (slow)[0] - clip_track_get_scores (fast)[0]), <=, 0x1p-24f);
  }
  hand_labels_free (labels);
}

/* A time constant of an hour at 50 samples a second: each moves the score by less than a float can hold. */
static void
test_slow_smoothing (void)
{
  ClipLabels *labels = make_labels (NULL);
  g_autoptr (ClipTrack) track = make_track (labels);
  g_auto (Diary) diary = open_diary ();
  ClipTrackParams params = cosine_params (0);
  params.timing.smoothing = 24 * 3600 * SECOND;
  take (track, 0, 0.5f, &params, &diary);
  for (guint i = 1; i <= 180000; i++)
    take (track, i * 20 * MS, 0.6f, &params, &diary);
  double expected = 0.6f + (0.5 - 0.6f) * exp (-1.0 / 24);
  g_assert_cmpfloat (fabs (clip_track_get_scores (track)[0] - expected), <, 1e-7);
  hand_labels_free (labels);
}

/* The first sample counts in full: at the start, after the track was closed, and after a gap. */
static void
test_first (void)
{
  ClipLabels *labels = make_labels (NULL);
  g_autoptr (ClipTrack) track = make_track (labels);
  g_auto (Diary) diary = open_diary ();
  ClipTrackParams params = cosine_params (0);
  const float *scores = clip_track_get_scores (track), *cosines = clip_track_get_cosines (track);
  ClipTime time = at (0);
  clip_track_take (track, NULL, &time, &params, write_down, &diary);
  g_assert_cmpfloat (scores[0], ==, 0);
  take (track, 5, 0.8f, &params, &diary);
  g_assert_cmpfloat (scores[0], ==, 0.8f);
  take (track, 5 + SECOND / 5, 0.2f, &params, &diary);
  g_assert_cmpfloat (fabs (scores[0] - (0.2 + 0.6 * exp (-0.4))), <, 1e-7);
  g_assert_cmpfloat (cosines[0], ==, 0.2f);
  clip_track_close (track, CLIP_END_FLUSH, write_down, &diary);
  g_assert_cmpfloat (scores[0], ==, 0);
  time = at (6 + SECOND / 5); /* the picture is still the last one */
  clip_track_take (track, NULL, &time, &params, write_down, &diary);
  g_assert_cmpfloat (scores[0], ==, 0.2f);
  take (track, 30 * SECOND, 0.7f, &params, &diary);
  g_assert_cmpfloat (scores[0], ==, 0.7f);
  clip_track_rescore (track, (float[N_CLASSES]){ 0.3f }, &params);
  g_assert_cmpfloat (scores[0], ==, 0.3f);
  hand_labels_free (labels);
}

/* ---- Defaults ------------------------------------------------------------------------------------------- */

/* A label that is there from `from` until `until`, sampled 5 times a second from `phase` on: one event, which begins
 * and ends within a sampling step and the minimum duration of both. */
static void
check_span (ClipTrack *track, const ClipTrackParams *params, gint64 phase, gint64 from, gint64 until, float low,
    float high, gint64 *worst)
{
  g_auto (Diary) diary = open_diary ();
  for (gint64 time = phase; time < until + 10 * SECOND; time += SECOND / 5)
    take (track, time, time >= from && time < until ? high : low, params, &diary);
  clip_track_close (track, CLIP_END_EOS, write_down, &diary);
  g_assert_cmpuint (get_told (&diary, 0)->state, ==, CLIP_EVENT_START);
  const Told *end = get_told (&diary, diary.told->len - 1);
  g_assert_cmpint (end->state, ==, CLIP_EVENT_END);
  g_assert_cmpint (end->reason, ==, CLIP_END_OVER);
  g_assert_cmpuint (end->id, ==, get_told (&diary, 0)->id);
  worst[0] = MAX (worst[0], ABS (end->start.time - from));
  worst[1] = MAX (worst[1], ABS (end->end.time - until));
}

static void
test_defaults (void)
{
  static const struct
  {
    float low, high;
    gint64 most; /* off: a sampling step and the minimum duration are 1200 ms */
  } steps[] = { { 0, 0.9f, 600 * MS }, { 0.1f, 0.7f, 600 * MS }, { 0, 1, 600 * MS }, { 0.3f, 0.6f, 800 * MS } };
  ClipLabels *labels = make_labels (NULL);
  g_autoptr (ClipTrack) track = make_track (labels);
  ClipTrackParams params = cosine_params (CLIP_EVENT_THRESHOLD);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    gint64 worst[2] = { 0 };
    for (gint64 phase = 0; phase < SECOND / 5; phase += 10 * MS)
      for (gint64 length = 2 * SECOND; length < 4 * SECOND; length += 330 * MS)
        check_span (track, &params, phase, 3 * SECOND, 3 * SECOND + length, steps[i].low, steps[i].high, worst);
    g_test_message ("%g to %g and back: start at most %d ms off, end %d ms", steps[i].low, steps[i].high,
        (int)(worst[0] / MS), (int)(worst[1] / MS));
    g_assert_cmpint (worst[0], <=, steps[i].most);
    g_assert_cmpint (worst[1], <=, steps[i].most);
  }
  hand_labels_free (labels);
}

/* A blink of the scores in either direction makes no event and no hole. */
static void
test_blinks (void)
{
  ClipLabels *labels = make_labels (NULL);
  g_autoptr (ClipTrack) track = make_track (labels);
  g_auto (Diary) diary = open_diary ();
  ClipTrackParams params = cosine_params (CLIP_EVENT_THRESHOLD);
  params.update_interval = -1;
  for (guint i = 0; i < 300; i++)
    take (track, i * (SECOND / 5), i % 20 < 3 ? 1 : 0, &params, &diary);
  g_assert_cmpuint (diary.told->len, ==, 0);
  for (guint i = 300; i < 600; i++)
    take (track, i * (SECOND / 5), i % 20 < 3 ? 0 : 1, &params, &diary);
  g_assert_cmpuint (diary.told->len, ==, 1);
  hand_labels_free (labels);
}

/* One sample in 30 seconds, from the first pause on known to be usual. */
static void
test_slow_sampling (void)
{
  ClipLabels *labels = make_labels (NULL);
  g_autoptr (ClipTrack) track = make_track (labels);
  g_auto (Diary) diary = open_diary ();
  ClipTrackParams params = cosine_params (0.5f);
  for (guint i = 0; i < 10; i++)
    take (track, i * 30 * SECOND, i >= 4 && i < 7 ? 0.9f : 0.1f, &params, &diary);
  g_assert_cmpuint (get_told (&diary, 0)->sample, ==, 5);
  assert_time (&get_told (&diary, 0)->start, 120 * SECOND);
  const Told *end = get_told (&diary, diary.told->len - 1);
  g_assert_cmpint (end->reason, ==, CLIP_END_OVER);
  assert_time (&end->end, 180 * SECOND);
  g_assert_cmpuint (end->n, ==, 3);
  hand_labels_free (labels);
}

/* Which scores start an event without a threshold of the label's own; `scale` of the caller's has that mode alone. */
static void
test_thresholds (void)
{
  static const struct
  {
    ClipScoreMode mode, caller;
    float threshold, on;
  } cases[] = {
    { CLIP_SCORE_COSINE, CLIP_SCORE_COSINE, 0, INFINITY },
    { CLIP_SCORE_COSINE, CLIP_SCORE_COSINE, 0.25f, 0.25f },
    { CLIP_SCORE_COSINE, CLIP_SCORE_SOFTMAX, 0.25f, INFINITY },
    { CLIP_SCORE_SIGMOID, CLIP_SCORE_SIGMOID, 0, 0.5f },
    { CLIP_SCORE_SIGMOID, CLIP_SCORE_SIGMOID, -1, 0.5f },
    { CLIP_SCORE_SIGMOID, CLIP_SCORE_SIGMOID, 0.75f, 0.75f },
    { CLIP_SCORE_SIGMOID, CLIP_SCORE_SOFTMAX, 0.75f, 0.75f },
    { CLIP_SCORE_SIGMOID, CLIP_SCORE_Z, 4, 0.5f },
    { CLIP_SCORE_SIGMOID, CLIP_SCORE_COSINE, 0.25f, 0.5f },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gint above = -1; above <= 1; above += 2) {
      ClipLabels *labels = make_labels (NULL);
      g_autoptr (ClipTrack) track = make_track (labels);
      g_auto (Diary) diary = open_diary ();
      ClipTrackParams params = cosine_params (cases[i].threshold);
      params.rank.mode = cases[i].caller;
      params.timing.min_duration = 0;
      ((ClipGroup *)clip_prompts_get_group (labels->prompts, 0))->mode = (int)cases[i].mode;
      labels->logit_scale = 1; /* sigmoid: 1 / (1 + exp (-cosine)), against an embedding of nothing */
      float on = isinf (cases[i].on) ? 0.9f : cases[i].on;
      float score = on + 0.01f * (float)above;
      take (track, 0, cases[i].mode == CLIP_SCORE_SIGMOID ? logf (score / (1 - score)) : score, &params, &diary);
      guint n = 0;
      for (guint t = 0; t < diary.told->len; t++)
        n += get_told (&diary, t)->class == 0;
      g_assert_cmpuint (n, ==, above > 0 && !isinf (cases[i].on));
      hand_labels_free (labels);
    }
}

/* ---- Scores against what is usual ----------------------------------------------------------------------- */

static void
test_baseline (void)
{
  ClipLabels *labels = make_labels (NULL);
  g_autoptr (ClipTrack) track = make_track (labels), repeats = make_track (labels);
  g_auto (Diary) diary = open_diary ();
  ClipTrackParams params = cosine_params (0);
  params.rank.mode = CLIP_SCORE_Z;
  params.baseline = 600 * SECOND;
  params.timing.smoothing = 0;
  g_assert_null (clip_track_get_baseline (track));
  for (guint i = 0; i < 400; i++) {
    float score = i < 300 ? 0.25f : 0.27f;
    take (track, i * (SECOND / 5), score, &params, &diary);
    /* Pictures that are like the last one count, and are scored, as if they had been encoded again. */
    ClipTime time = at (i * (SECOND / 5));
    float embedding[N_CLASSES] = { score };
    clip_track_take (repeats, i % 300 == 0 ? embedding : NULL, &time, &params, NULL, NULL);
    g_assert_cmpfloat (clip_track_get_scores (repeats)[0], ==, clip_track_get_scores (track)[0]);
    if (i == 300)
      g_assert_cmpfloat (fabs (clip_track_get_scores (track)[0] - 10), <, 1e-3); /* 0.02 of 0.002 */
  }
  g_assert_cmpfloat (clip_track_get_scores (track)[0], <, 3); /* it becomes usual */
  const Told *start = get_told (&diary, 0);
  assert_time (&start->start, 60 * SECOND);

  float mean, deviation, other_mean;
  guint n;
  clip_track_close (track, CLIP_END_FLUSH, write_down, &diary);
  clip_baseline_get (clip_track_get_baseline (track), 0, &mean, &deviation, &n);
  params.baseline = 60 * SECOND; /* what is known stays */
  take (track, 0, NAN, &params, &diary);
  g_assert_cmpfloat (clip_track_get_scores (track)[0], ==, 0);
  clip_baseline_get (clip_track_get_baseline (track), 0, &other_mean, &deviation, &n);
  g_assert_cmpfloat (other_mean, ==, mean); /* and a picture that is not finite adds nothing */
  params.baseline = 0;
  take (track, SECOND, 0.9f, &params, &diary);
  g_assert_cmpfloat (clip_track_get_scores (track)[0], ==, 0);
  g_assert_null (clip_track_get_baseline (track));
  hand_labels_free (labels);
}

/* ---- Single promises ------------------------------------------------------------------------------------ */

/* Scores of another mode, or without a threshold, are another thing: an open event ends where it was. */
static void
test_mode_change (void)
{
  for (guint i = 0; i < 2; i++) {
    ClipLabels *labels = make_labels (NULL);
    g_autoptr (ClipTrack) track = make_track (labels);
    g_auto (Diary) diary = open_diary ();
    ClipTrackParams params = cosine_params (0.5f), changed = params;
    if (i)
      changed.rank.mode = CLIP_SCORE_SOFTMAX;
    else
      changed.rank.threshold = 0;
    for (guint s = 0; s < 10; s++)
      take (track, s * (SECOND / 5), 0.9f, &params, &diary);
    clip_track_rescore (track, (float[N_CLASSES]){ 0.9f }, &changed);
    g_assert_cmpuint (diary.told->len, ==, 1);
    take (track, 10 * (SECOND / 5), 0.9f, &changed, &diary);
    g_assert_cmpuint (diary.told->len, ==, 2);
    g_assert_cmpint (get_told (&diary, 1)->reason, ==, CLIP_END_PROMPTS);
    assert_time (&get_told (&diary, 1)->end, 9 * (SECOND / 5));
    clip_track_close (track, CLIP_END_STOP, write_down, &diary);
    g_assert_cmpuint (diary.told->len, ==, 2); /* the softmax's own was not old enough */
    hand_labels_free (labels);
  }
}

/* Other thresholds of the same scores: the event goes on by them. */
static void
test_threshold_change (void)
{
  ClipLabels *labels = make_labels (NULL);
  g_autoptr (ClipTrack) track = make_track (labels);
  g_auto (Diary) diary = open_diary ();
  ClipTrackParams params = cosine_params (0.5f);
  params.update_interval = -1;
  for (guint s = 0; s < 10; s++)
    take (track, s * (SECOND / 5), 0.6f, &params, &diary);
  params.rank.threshold = 0.8f; /* off: 0.56 */
  for (guint s = 10; s < 20; s++)
    take (track, s * (SECOND / 5), 0.6f, &params, &diary);
  g_assert_cmpuint (diary.told->len, ==, 1);
  params.rank.threshold = 0.9f; /* off: 0.63 */
  for (guint s = 20; s < 30; s++)
    take (track, s * (SECOND / 5), 0.6f, &params, &diary);
  g_assert_cmpuint (diary.told->len, ==, 2);
  assert_time (&get_told (&diary, 1)->end, 19 * (SECOND / 5));
  hand_labels_free (labels);
}

typedef struct
{
  guint n;
  ClipEvent last;
} Last;

static void
keep_last (const ClipEvent *event, gpointer user_data)
{
  Last *self = user_data;
  self->n++;
  self->last = *event;
}

/* Groups of a zone: the words of an event; a "none" and a normal state make none. */
static void
test_words (void)
{
  ClipPromptReader reader;
  clip_prompt_reader_init (&reader, NULL, NULL);
  hand_prompt (&reader, "frame only");
  hand_zone (&reader, "gate");
  hand_group (&reader, "door")->none = g_strdup ("nothing");
  hand_prompt (&reader, "open");
  hand_prompt (&reader, "closed")->event = FALSE;
  hand_negative (&reader, "else");
  hand_group (&reader, "car");
  hand_prompt (&reader, "open");
  ClipLabels *labels = hand_labels (&reader, 5, 0);
  for (guint i = 0; i < 5; i++)
    clip_labels_row (labels, i)[i] = 1;
  GError *error = NULL;
  g_autoptr (ClipTrack) track = clip_track_new (labels, 1, &error);
  g_assert_no_error (error);

  ClipTrackParams params = cosine_params (0.5f);
  params.timing.min_duration = 0;
  ClipTime time = at (7);
  Last last = { 0 };
  clip_track_take (track, (float[5]){ 1, 0, 1, 1, 0.9f }, &time, &params, keep_last, &last);
  g_assert_cmpuint (last.n, ==, 1);
  g_assert_cmpstr (last.last.label, ==, "open");
  g_assert_cmpstr (last.last.group, ==, "car");
  g_assert_cmpstr (last.last.zone, ==, "gate");
  g_assert_cmpuint (last.last.label_id, ==, 4);
  g_assert_cmpfloat (last.last.confidence, ==, 0.9f);
  ClipMatch matches[4];
  g_assert_cmpuint (clip_track_choose (track, 0.5f, matches, 4), ==, 2);
  g_assert_cmpuint (matches[0].index, ==, 2);
  g_assert_cmpuint (matches[1].index, ==, 4);
  clip_track_close (track, CLIP_END_LOST, keep_last, &last);
  g_assert_cmpuint (last.n, ==, 2);
  g_assert_cmpint (last.last.reason, ==, CLIP_END_LOST);

  /* "none" has the whole softmax and makes no event. */
  params.rank.mode = CLIP_SCORE_SOFTMAX;
  clip_track_take (track, (float[5]){ 0, 0, 0, 1, -1 }, &time, &params, keep_last, &last);
  g_assert_cmpfloat (clip_track_get_scores (track)[2], >, 0.99);
  g_assert_cmpuint (last.n, ==, 3); /* the group of one: 1 by construction */
  g_assert_cmpstr (last.last.group, ==, "car");
  hand_labels_free (labels);
}

/* Two tracks never share an id. */
static void
test_ids (void)
{
  ClipLabels *labels = make_labels (NULL);
  g_autoptr (ClipTrack) one = make_track (labels), two = make_track (labels);
  g_auto (Diary) diary = open_diary ();
  ClipTrackParams params = cosine_params (0.5f);
  params.timing.min_duration = 0;
  take (one, 0, 1, &params, &diary);
  take (two, 0, 1, &params, &diary);
  g_assert_cmpuint (get_told (&diary, 0)->id, >, 0);
  g_assert_cmpuint (get_told (&diary, 1)->id, >, get_told (&diary, 0)->id);
  hand_labels_free (labels);
}

/* Times at the ends of what they can be, in all orders, with times of the same kind for all settings. */
static void
test_extremes (void)
{
  static const gint64 times[] = { G_MININT64, G_MININT64 + 1, -1, 0, 1, G_MAXINT64 - 1, G_MAXINT64 };
  static const gint64 settings[] = { -1, 0, 1, G_MAXINT64 };
  ClipLabels *labels = make_labels (NULL);
  for (guint s = 0; s < G_N_ELEMENTS (settings); s++)
    for (guint i = 0; i < G_N_ELEMENTS (times); i++)
      for (guint j = 0; j < G_N_ELEMENTS (times); j++) {
        g_autoptr (ClipTrack) track = make_track (labels);
        g_auto (Diary) diary = open_diary ();
        ClipTrackParams params = cosine_params (0.5f);
        params.timing.smoothing = params.timing.hold_time = params.timing.cool_down = settings[s];
        params.timing.min_duration = settings[s] > 1 ? 0 : settings[s];
        params.update_interval = params.baseline = settings[s];
        take (track, times[i], 0.9f, &params, &diary);
        take (track, times[j], 0.8f, &params, &diary);
        take (track, times[j], 0.1f, &params, &diary);
        take (track, times[i], 0.7f, &params, &diary);
        take (track, G_MAXINT64, 0.1f, &params, &diary);
        clip_track_close (track, CLIP_END_STOP, write_down, &diary);
        for (guint c = 0; c < N_CLASSES; c++)
          g_assert_true (isfinite (clip_track_get_scores (track)[c]));
        check_life (&diary);
      }
  hand_labels_free (labels);
}

/* After the first sample, whatever is told. */
static void
test_no_allocations (void)
{
  ClipLabels *labels = make_labels (NULL);
  g_autoptr (ClipTrack) track = make_track (labels);
  ClipTrackParams params = cosine_params (0.5f);
  params.baseline = SECOND;
  Last last = { 0 };
  ClipTime time = at (0);
  float embedding[N_CLASSES] = { 0 };
  clip_track_take (track, embedding, &time, &params, keep_last, &last);
  gint before = n_allocations;
  for (guint i = 1; i < 500; i++) {
    embedding[0] = i % 100 < 50 ? 0.9f : 0.1f;
    params.rank.mode = i < 300 ? CLIP_SCORE_COSINE : CLIP_SCORE_SOFTMAX;
    time = at (i * (SECOND / 5));
    clip_track_take (track, i % 3 ? embedding : NULL, &time, &params, keep_last, &last);
  }
  clip_track_close (track, CLIP_END_STOP, keep_last, &last);
  g_assert_cmpint (n_allocations, ==, before);
  g_assert_cmpuint (last.n, >, 10);
  hand_labels_free (labels);
}

static void
test_names (void)
{
  static const char *const ends[] = { "over", "gap", "eos", "flush", "segment", "prompts", "stop", "lost", "?" };
  static const char *const states[] = { "start", "update", "end", "?" };
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    g_assert_cmpstr (clip_event_end_name ((ClipEventEnd)i), ==, ends[i]);
  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    g_assert_cmpstr (clip_event_state_name ((ClipEventState)i), ==, states[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/track/random", test_random);
  g_test_add_func ("/track/changing", test_changing);
  g_test_add_func ("/track/any-rate", test_any_rate);
  g_test_add_func ("/track/slow-smoothing", test_slow_smoothing);
  g_test_add_func ("/track/first", test_first);
  g_test_add_func ("/track/defaults", test_defaults);
  g_test_add_func ("/track/blinks", test_blinks);
  g_test_add_func ("/track/slow-sampling", test_slow_sampling);
  g_test_add_func ("/track/thresholds", test_thresholds);
  g_test_add_func ("/track/baseline", test_baseline);
  g_test_add_func ("/track/mode-change", test_mode_change);
  g_test_add_func ("/track/threshold-change", test_threshold_change);
  g_test_add_func ("/track/words", test_words);
  g_test_add_func ("/track/ids", test_ids);
  g_test_add_func ("/track/extremes", test_extremes);
  g_test_add_func ("/track/no-allocations", test_no_allocations);
  g_test_add_func ("/track/names", test_names);
  return g_test_run ();
}
