/* SPDX-License-Identifier: MIT
 *
 * bench-events.c: what smoothing and events cost beside the scores themselves.
 *
 * bench-events [PROMPTS [DIM]] (1000, 512): CPU time of a sample, the median of many in turns: the scores alone
 * (clip_labels_score), a track with an embedding, and one with a picture that is like the last one. Of the labels one
 * in ten comes and goes, so that events of all states are made. Exit status 1 where smoothing and events take more than
 * 50 us for 1,000 prompts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "handlabels.h"

#define SECOND      G_GINT64_CONSTANT (1000000000)
#define N_TURNS     400
#define N_SAMPLES   5 /* of a turn */
#define LIMIT_NS    50000.0
#define PER_PROMPTS 1000.0

typedef struct
{
  ClipLabels *labels;
  guint n, dim;
  float *embeddings; /* [N_TURNS][dim] */
  float *scores, *cosines;
  ClipTrack *full, *like;
  ClipTrackParams params;
  guint n_events;
} Bench;

static double
now_ns (void)
{
  struct timespec time;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void
bench_open (Bench *self, guint n, guint dim)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (12);
  ClipPromptReader reader;
  clip_prompt_reader_init (&reader, NULL, NULL);
  for (guint i = 0; i < n; i++) {
    g_autofree char *label = g_strdup_printf ("label %u", i);
    hand_prompt (&reader, label);
  }
  *self = (Bench){ .n = n, .dim = dim };
  self->labels = hand_labels (&reader, dim, 0);
  hand_random_rows (random, self->labels);
  self->embeddings = g_new (float, (gsize)N_TURNS *dim);
  for (guint i = 0; i < N_TURNS; i++) /* a scene stays for ten seconds */
    if (i % 10)
      memcpy (self->embeddings + (gsize)i * dim, self->embeddings + (gsize)(i - 1) * dim, dim * sizeof (float));
    else
      hand_random_unit (random, self->embeddings + (gsize)i * dim, dim);
  self->scores = g_new (float, n);
  self->cosines = g_new (float, n);
  self->full = clip_track_new (self->labels, CLIP_FRAME, NULL);
  self->like = clip_track_new (self->labels, CLIP_FRAME, NULL);
  g_assert (self->full && self->like);
  clip_track_params_init (&self->params);
  self->params.rank.mode = CLIP_SCORE_COSINE;
}

static void
bench_close (Bench *self)
{
  clip_track_free (self->full);
  clip_track_free (self->like);
  hand_labels_free (self->labels);
  g_free (self->embeddings);
  g_free (self->scores);
  g_free (self->cosines);
}

static void
count_event (const ClipEvent *event, gpointer user_data)
{
  ((Bench *)user_data)->n_events++;
}

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  const double *x = a, *y = b;
  return *x < *y ? -1 : *x > *y;
}

static double
median (double *values)
{
  qsort (values, N_TURNS, sizeof *values, compare_doubles);
  return values[N_TURNS / 2];
}

/* The three of them in each turn, so that what else the machine does hits all alike. */
static double
bench_mode (Bench *self, ClipScoreMode mode, float threshold)
{
  static double alone[N_TURNS], whole[N_TURNS], extra[N_TURNS], like[N_TURNS];
  self->params.rank.mode = mode;
  self->params.rank.threshold = threshold;
  self->n_events = 0;
  for (guint turn = 0; turn < N_TURNS; turn++) {
    const float *embedding = self->embeddings + (gsize)turn * self->dim;
    double start = now_ns ();
    for (guint i = 0; i < N_SAMPLES; i++)
      clip_labels_score (self->labels, CLIP_FRAME, embedding, &self->params.rank, NULL, self->scores, self->cosines);
    double scored = now_ns ();
    for (guint i = 0; i < N_SAMPLES; i++) {
      ClipTime time = { .time = (turn * N_SAMPLES + i) * (SECOND / 5) };
      clip_track_take (self->full, embedding, &time, &self->params, count_event, self);
    }
    double taken = now_ns ();
    for (guint i = 0; i < N_SAMPLES; i++) {
      ClipTime time = { .time = (turn * N_SAMPLES + i) * (SECOND / 5) };
      clip_track_take (self->like, i || turn % 10 ? NULL : embedding, &time, &self->params, count_event, self);
    }
    like[turn] = (now_ns () - taken) / N_SAMPLES;
    alone[turn] = (scored - start) / N_SAMPLES;
    whole[turn] = (taken - scored) / N_SAMPLES;
    extra[turn] = whole[turn] - alone[turn];
  }
  double scores = median (alone), all = median (whole), beside = median (extra), same = median (like);
  printf ("%-8s  %8.1f us scores  %8.1f us with events  %8.1f us more  %8.1f us like the last  (%u events told)\n",
      clip_score_mode_name (mode), scores / 1000, all / 1000, beside / 1000, same / 1000, self->n_events);
  clip_track_close (self->full, CLIP_END_STOP, NULL, NULL);
  clip_track_close (self->like, CLIP_END_STOP, NULL, NULL);
  return MAX (beside, same);
}

int
main (int argc, char **argv)
{
  guint64 n = 1000, dim = 512;
  if (argc > 3 || (argc > 1 && !g_ascii_string_to_unsigned (argv[1], 10, 1, CLIP_MAX_PROMPTS, &n, NULL))
      || (argc > 2 && !g_ascii_string_to_unsigned (argv[2], 10, 1, 4096, &dim, NULL))) {
    fprintf (stderr, "usage: bench-events [PROMPTS [DIM]]\n");
    return 2;
  }
  Bench bench;
  bench_open (&bench, (guint)n, (guint)dim);
  printf ("%u prompts of %u values, a sample:\n", bench.n, bench.dim);
  /* Thresholds that some of the labels reach: a tenth of random cosines at 512 values, some in the others. */
  double times[] = { bench_mode (&bench, CLIP_SCORE_COSINE, 0.055f), bench_mode (&bench, CLIP_SCORE_SIGMOID, 0),
    bench_mode (&bench, CLIP_SCORE_SOFTMAX, 0.01f), 0 };
  bench.params.baseline = 3600 * SECOND;
  times[3] = bench_mode (&bench, CLIP_SCORE_Z, 0);
  double worst = 0;
  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    worst = MAX (worst, times[i]);
  bench_close (&bench);
  gboolean ok = worst <= LIMIT_NS * MAX ((double)n / PER_PROMPTS, 1);
  printf ("smoothing and events: at most %.1f us a sample, %s\n", worst / 1000, ok ? "as asked" : "too much");
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
