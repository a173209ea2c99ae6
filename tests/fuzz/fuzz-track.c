/* SPDX-License-Identifier: MIT
 *
 * fuzz-track.c: samples of any time and score, settings that change between them, closing: every event that starts ends
 * once, and nothing else is told of it.
 */
#include "fuzz.h"
#include "handlabels.h"

#define N_CLASSES 3

static ClipLabels *labels;

static void
make_labels (void)
{
  ClipPromptReader reader;
  clip_prompt_reader_init (&reader, NULL, NULL);
  hand_group (&reader, NULL)->none = g_strdup ("nothing");
  hand_prompt (&reader, "a");
  hand_prompt (&reader, "b")->timing.threshold = 0.1f;
  labels = hand_labels (&reader, 2, 1);
  labels->logit_scale = 4;
  clip_labels_row (labels, 0)[0] = clip_labels_row (labels, 1)[1] = 1;
}

typedef struct
{
  guint64 open[N_CLASSES], last; /* ids */
  gint64 start[N_CLASSES];
} Life;

static void
check_event (const ClipEvent *event, gpointer user_data)
{
  Life *life = user_data;
  g_assert_cmpuint (event->label_id, <, 2);
  guint64 *open = &life->open[event->label_id];
  if (event->state == CLIP_EVENT_START) {
    g_assert_true (*open == 0 && event->id > life->last);
    *open = life->last = event->id;
    life->start[event->label_id] = event->start.time;
  }
  g_assert_true (event->id == *open && event->start.time == life->start[event->label_id]);
  g_assert_true (event->start.time <= event->peak.time && event->peak.time <= event->end.time);
  g_assert_true (event->n_samples > 0 && isfinite (event->confidence) && isfinite (event->mean));
  g_assert_true (event->mean <= event->confidence + 1e-4 * fabs (event->confidence));
  if (event->state == CLIP_EVENT_END)
    *open = 0;
}

/* Often what a time usually is, sometimes anything. */
static gint64
read_time (FuzzReader *reader)
{
  static const gint64 ends[] = { -1, 0, 1, G_MAXINT64 };
  guint kind = fuzz_byte (reader);
  if (kind >= 250)
    return ends[kind % G_N_ELEMENTS (ends)];
  return (gint64)fuzz_word (reader) << (kind % 47);
}

/* Or the nearest there is. */
static gint64
later (gint64 time, gint64 step)
{
  gint64 sum;
  if (__builtin_add_overflow (time, step, &sum))
    return step > 0 ? G_MAXINT64 : G_MININT64;
  return sum;
}

static float
read_score (FuzzReader *reader)
{
  static const float ends[] = { NAN, INFINITY, -INFINITY, 1e30f };
  guint kind = fuzz_byte (reader);
  return kind < 4 ? ends[kind] : (float)kind / 128 - 0.9f;
}

static void
read_params (FuzzReader *reader, ClipTrackParams *params)
{
  params->rank.mode = (ClipScoreMode)(fuzz_byte (reader) % CLIP_N_SCORE_MODES);
  params->rank.threshold = read_score (reader);
  params->timing.off_threshold = read_score (reader);
  params->timing.smoothing = read_time (reader);
  params->timing.min_duration = read_time (reader);
  params->timing.hold_time = read_time (reader);
  params->timing.cool_down = read_time (reader);
  params->update_interval = read_time (reader);
  params->baseline = read_time (reader);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (!labels)
    make_labels ();
  FuzzReader reader = { data, size };
  Life life = { 0 };
  ClipTrackParams params;
  clip_track_params_init (&params);
  g_autoptr (ClipTrack) track = clip_track_new (labels, CLIP_FRAME, NULL);
  ClipTime time = { 0 };
  while (reader.size > 0) {
    guint what = fuzz_byte (&reader);
    float embedding[2] = { read_score (&reader), read_score (&reader) };
    if (what == 0)
      clip_track_close (track, (ClipEventEnd)(fuzz_byte (&reader) % (CLIP_END_LOST + 1)), check_event, &life);
    else if (what == 1)
      read_params (&reader, &params);
    else if (what == 2)
      clip_track_rescore (track, embedding, &params);
    else if (what < 6)
      time.time = what % 2 ? later (G_MININT64, read_time (&reader)) : read_time (&reader);
    else {
      gint64 step = what < 200 ? (gint64)what << 20 : read_time (&reader);
      time.time = later (time.time, step);
      clip_track_take (track, what % 5 ? embedding : NULL, &time, &params, check_event, &life);
    }
    for (guint c = 0; c < N_CLASSES; c++)
      g_assert_true (isfinite (clip_track_get_scores (track)[c]) && isfinite (clip_track_get_cosines (track)[c]));
  }
  clip_track_close (track, CLIP_END_STOP, check_event, &life);
  for (guint c = 0; c < N_CLASSES; c++)
    g_assert_true (life.open[c] == 0);
  return 0;
}

/* A second of nothing, some of the first label, nothing. */
void
fuzz_seeds (void)
{
  guint8 seed[60 * 3];
  for (guint i = 0; i < 60; i++) {
    seed[3 * i] = 191; /* ms */
    seed[3 * i + 1] = i >= 5 && i < 40 ? 240 : 115;
    seed[3 * i + 2] = 115;
  }
  fuzz_seed (seed, sizeof seed);
  seed[30] = 1; /* other settings */
  fuzz_seed (seed, sizeof seed);
}
