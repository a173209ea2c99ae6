/* SPDX-License-Identifier: MIT
 *
 * test-track-leaders.c: the label that comes first holds its place until another is clearly better, in each group and
 * however few labels are asked for.
 */
#include <math.h>
#include <unistd.h>

#include "clip.h"

#define SECOND G_GINT64_CONSTANT (1000000000)

static ClipTrack *
make_track (const char *json)
{
  GError *error = NULL;
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("cliptag-leaders-XXXXXX.json", &path, &error);
  g_assert_no_error (error);
  close (fd);
  g_assert_true (g_file_set_contents (path, json, -1, &error));
  g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_file (path, &error);
  g_assert_no_error (error);
  ClipTrack *track = clip_track_new_for_scores (prompts, CLIP_FRAME, &error);
  g_assert_no_error (error);
  unlink (path);
  return track;
}

/* The labels' letters in their order after a sample long after the last one, so that the scores are the sample's. */
static const char *
take (ClipTrack *track, gint64 second, const ClipTrackParams *params, float threshold, guint max, const float *scores)
{
  static char order[9];
  ClipMatch matches[8];
  clip_track_take_scores (track, scores, &(ClipTime){ .time = second * 9 * SECOND }, params, NULL, NULL);
  guint n = clip_track_choose (track, threshold, matches, max);
  g_assert_cmpuint (n, <=, MIN (max, 8));
  for (guint i = 0; i < n; i++) {
    order[i] = (char)('a' + matches[i].class);
    g_assert_cmpfloat (fabsf (matches[i].score - scores[matches[i].class]), <, exp (-9)); /* what smoothing leaves */
  }
  order[n] = 0;
  return order;
}

#define TAKE(second, threshold, max, ...) take (track, second, &params, threshold, max, (const float[]){ __VA_ARGS__ })

static void
test_holds (void)
{
  ClipTrackParams params;
  clip_track_params_init (&params);
  g_autoptr (ClipTrack) track = make_track ("[\"a\",\"b\",\"c\"]");
  g_assert_cmpstr (TAKE (0, 0, 3, 0.5f, 0.4f, 0.1f), ==, "abc");
  g_assert_cmpstr (TAKE (1, 0, 3, 0.44f, 0.46f, 0.1f), ==, "abc"); /* about as likely */
  g_assert_cmpstr (TAKE (2, 0, 3, 0.32f, 0.45f, 0.23f), ==, "abc");
  g_assert_cmpstr (TAKE (3, 0, 1, 0.44f, 0.46f, 0.1f), ==, "a"); /* also where only one is asked for */
  g_assert_cmpstr (TAKE (4, 0, 2, 0.35f, 0.44f, 0.2f), ==, "ab");
  g_assert_cmpstr (TAKE (5, 0.45f, 3, 0.44f, 0.46f, 0.1f), ==, "b"); /* what is not reported comes nowhere */
  g_assert_cmpstr (TAKE (6, 0, 3, 0.3f, 0.45f, 0.25f), ==, "bac");   /* less than 0.7 of it */
  g_assert_cmpstr (TAKE (7, 0, 3, 0.5f, 0.4f, 0.1f), ==, "bac");
  g_assert_cmpstr (TAKE (8, 0, 0, 0.5f, 0.4f, 0.1f), ==, "");
  clip_track_close (track, CLIP_END_FLUSH, NULL, NULL);
  g_assert_cmpstr (TAKE (0, 0, 3, 0.5f, 0.4f, 0.1f), ==, "abc"); /* nothing is known */
  g_assert_cmpstr (TAKE (1, 0, 3, 0.4f, 0.5f, 0.1f), ==, "abc");
  g_assert_cmpstr (TAKE (9, 0, 3, 0.4f, 0.5f, 0.1f), ==, "bac"); /* nor after a gap */
}

/* Raw scores, and cosines, whose shares mean nothing, have the best first. */
static void
test_others (void)
{
  ClipTrackParams params;
  clip_track_params_init (&params);
  g_autoptr (ClipTrack) track = make_track ("[\"a\",\"b\"]");
  TAKE (0, 0, 2, 0.28f, 0.27f);
  params.timing.smoothing = 0;
  g_assert_cmpstr (TAKE (1, 0, 2, 0.27f, 0.28f), ==, "ba");
  params.timing.smoothing = SECOND;
  params.rank.mode = CLIP_SCORE_COSINE;
  g_assert_cmpstr (TAKE (2, 0, 2, 0.28f, 0.27f), ==, "ab");
  params.rank.mode = CLIP_SCORE_SIGMOID;
  g_assert_cmpstr (TAKE (3, 0, 2, 0.27f, 0.28f), ==, "ab");
}

/* Each group has a leader of its own, at the place of its best. */
static void
test_groups (void)
{
  ClipTrackParams params;
  clip_track_params_init (&params);
  g_autoptr (ClipTrack) track
      = make_track ("{\"prompts\":[\"a\",\"b\"],\"groups\":[{\"name\":\"g\",\"prompts\":[\"c\",\"d\"]}]}");
  g_assert_cmpstr (TAKE (0, 0, 4, 0.6f, 0.4f, 0.7f, 0.3f), ==, "cabd");
  g_assert_cmpstr (TAKE (1, 0, 4, 0.48f, 0.52f, 0.55f, 0.45f), ==, "cabd");
  g_assert_cmpstr (TAKE (2, 0, 4, 0.48f, 0.52f, 0.1f, 0.9f), ==, "dabc");
  g_assert_cmpstr (TAKE (3, 0, 4, 0.45f, 0.55f, 0.46f, 0.54f), ==, "abdc");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/track-leaders/holds", test_holds);
  g_test_add_func ("/track-leaders/others", test_others);
  g_test_add_func ("/track-leaders/groups", test_groups);
  return g_test_run ();
}
