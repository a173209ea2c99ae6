/* SPDX-License-Identifier: MIT
 *
 * test-track-scores.c: events made of scores that are known already, by the rules of any other track.
 */
#include <math.h>
#include <string.h>

#include "clip.h"

#define SECOND G_GINT64_CONSTANT (1000000000)

/* "start LABEL 1.0-2.0", in tenths of seconds. */
static void
note (const ClipEvent *event, gpointer text)
{
  g_string_append_printf (text, "%s %s %d-%d n=%u %.2f;", clip_event_state_name (event->state), event->label,
      (int)(event->start.time / (SECOND / 10)), (int)(event->end.time / (SECOND / 10)), event->n_samples,
      event->confidence);
}

static ClipTrack *
new_track (const char *prompts_text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_string (prompts_text, &error);
  g_assert_no_error (error);
  ClipTrack *track = clip_track_new_for_scores (prompts, CLIP_FRAME, &error);
  g_assert_no_error (error);
  return track;
}

/* Two labels, each by itself, five samples a second. */
static void
test_events (void)
{
  g_autoptr (ClipTrack) track = new_track ("a;b");
  g_autoptr (GString) text = g_string_new (NULL);
  ClipTrackParams params;
  clip_track_params_init (&params);
  params.timing.smoothing = 0;
  for (guint i = 0; i < 30; i++) {
    const float scores[] = { i >= 5 && i < 15 ? 0.75f : 0.1f, i >= 10 && i < 12 ? 0.9f : 0.25f };
    const ClipTime time = { .time = i * SECOND / 5 };
    clip_track_take_scores (track, scores, &time, &params, note, text);
    g_assert_cmpint (memcmp (clip_track_get_scores (track), scores, sizeof scores), ==, 0);
  }
  g_assert_cmpstr (text->str, ==, "start a 10-20 n=6 0.75;end a 10-28 n=10 0.75;");
}

/* s += (x - s) (1 - exp (-dt / tau)), the first in full. */
static void
test_smoothing (void)
{
  g_autoptr (ClipTrack) track = new_track ("a");
  ClipTrackParams params;
  clip_track_params_init (&params);
  double expected = 1;
  for (guint i = 0; i < 20; i++) {
    const float score = i == 0 ? 1 : i % 3 ? 0.25f : 0.625f;
    const ClipTime time = { .time = i * SECOND / 4 };
    clip_track_take_scores (track, &score, &time, &params, NULL, NULL);
    expected = i ? expected + (score - expected) * (1 - exp (-0.25 / 0.5)) : score;
    g_assert_cmpfloat (fabs (clip_track_get_scores (track)[0] - expected), <, 1e-6); /* of 20 roundings of floats */
  }
}

static void
test_ends (void)
{
  g_autoptr (ClipTrack) track = new_track ("a");
  g_autoptr (GString) text = g_string_new (NULL);
  ClipTrackParams params;
  const float score = 1;
  clip_track_params_init (&params);
  for (guint i = 0; i < 3; i++) {
    const ClipTime time = { .time = i * SECOND };
    clip_track_take_scores (track, &score, &time, &params, note, text);
  }
  const ClipTime back = { .time = 0 };
  clip_track_take_scores (track, &score, &back, &params, note, text);
  clip_track_close (track, CLIP_END_EOS, note, text); /* of nothing that lasted */
  g_assert_cmpstr (text->str, ==, "start a 0-10 n=2 1.00;end a 0-20 n=3 1.00;");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/track-scores/events", test_events);
  g_test_add_func ("/track-scores/smoothing", test_smoothing);
  g_test_add_func ("/track-scores/ends", test_ends);
  return g_test_run ();
}
