/* SPDX-License-Identifier: MIT
 *
 * test-track-rules.c: ClipTrack against the rules of clip-track.h, applied here to whole series of scores at once:
 * thousands of random ones with gaps, times that go back, repeated samples and timing per label; and what must hold
 * however settings change.
 */
#include "trackdiary.h"

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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/track/random", test_random);
  g_test_add_func ("/track/changing", test_changing);
  return g_test_run ();
}
