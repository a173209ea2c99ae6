/* SPDX-License-Identifier: MIT
 *
 * test-track.c: each promise of clip-track.h by itself: smoothing, defaults, scores against what is usual, what an
 * event holds. All of its rules together: test-track-rules.c.
 */
#include "countalloc.h"
#include "trackdiary.h"

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
