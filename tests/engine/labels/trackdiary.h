/* SPDX-License-Identifier: MIT
 *
 * trackdiary.h: a ClipTrack whose scores the test chooses (labels by hand, whose cosines are the embedding's values),
 * and what it says, written down.
 */
#ifndef TRACK_DIARY_H
#define TRACK_DIARY_H

#include "handlabels.h"

#define MS        G_GINT64_CONSTANT (1000000)
#define SECOND    (1000 * MS)
#define N_CLASSES 4

static inline ClipTime
at (gint64 time)
{
  return (ClipTime){ .time = time,
    .pts = (guint64)time + 1,
    .stream_time = (guint64)time + 2,
    .running_time = (guint64)time + 3,
    .utc = (gint64)((guint64)time + 4) };
}

static inline void
assert_time (const ClipTime *time, gint64 expected)
{
  ClipTime all = at (expected);
  g_assert_cmpmem (time, sizeof *time, &all, sizeof all);
}

/* One unnamed group; prompt c's cosine is the embedding's value c. timings: [N_CLASSES], or NULL. */
static inline ClipLabels *
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

static inline ClipTrackParams
cosine_params (float threshold)
{
  ClipTrackParams params;
  clip_track_params_init (&params);
  params.rank.mode = CLIP_SCORE_COSINE;
  params.rank.threshold = threshold;
  return params;
}

static inline ClipTrack *
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

static inline void
write_down (const ClipEvent *event, gpointer user_data)
{
  Diary *diary = user_data;
  Told told = { event->state, event->reason, event->id, event->label_id, diary->sample, event->start, event->end,
    event->peak, event->confidence, event->mean, event->n_samples };
  g_assert_cmpuint (event->label[0], ==, 'a' + event->label_id);
  g_array_append_val (diary->told, told);
}

static inline Diary
open_diary (void)
{
  return (Diary){ g_array_new (FALSE, FALSE, sizeof (Told)), 0 };
}

static inline void
close_diary (Diary *self)
{
  g_array_unref (self->told);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Diary, close_diary)

static inline const Told *
get_told (const Diary *self, guint i)
{
  g_assert_cmpuint (i, <, self->told->len);
  return &g_array_index (self->told, Told, i);
}

/* Scores of class 0 alone. */
static inline void
take (ClipTrack *track, gint64 time, float score, const ClipTrackParams *params, Diary *diary)
{
  float embedding[N_CLASSES] = { score };
  ClipTime when = at (time);
  clip_track_take (track, embedding, &when, params, write_down, diary);
  diary->sample++;
}

/* What must hold, whatever changes. */
static inline void
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

#endif
