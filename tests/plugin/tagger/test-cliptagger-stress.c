/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-stress.c: starts, stops, seeks, state changes, caps changes and new prompts at random moments, in
 * every mode and with other settings all the time: nothing gets stuck, no error is posted, events are told of once each
 * and in order, no thread and no file stays behind. tests/bench/bench-live does the same in large numbers and looks at
 * memory too.
 */
#include "stress.h"
#include "testdata.h"

#define TINY_MODEL "patch32-quick"

static const guint cycles[STRESS_N_PHASES] = { 30, 100, 100, 30, 30, 100 };

static void
test_phase (gconstpointer data)
{
  guint which = GPOINTER_TO_UINT (data);
  StressPhase phase = which / STRESS_N_MODES;
  StressMode mode = which % STRESS_N_MODES;
  g_autofree char *model = test_golden (TINY_MODEL);
  StressResult result;
  stress_run (phase, mode, model, cycles[phase], &result);
  g_test_message ("%u cycles in %.1f s, %u news: %u to %u threads, %u to %u files, %.1f to %.1f MB", result.cycles,
      result.seconds, result.events, result.before.threads, result.after.threads, result.before.fds, result.after.fds,
      result.before.rss, result.after.rss);
  g_assert_cmpuint (result.cycles, ==, cycles[phase]);
  g_assert_cmpuint (result.errors, ==, 0);
  g_assert_cmpuint (result.wrong_answers, ==, 0);
  g_assert_cmpuint (result.events, >, 0);
  g_assert_cmpuint (result.after.threads, <=, result.before.threads);
  g_assert_cmpuint (result.after.fds, <=, result.before.fds);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  for (guint i = 0; i < STRESS_N_PHASES * STRESS_N_MODES; i++) {
    g_autofree char *path = g_strdup_printf (
        "/cliptagger-stress/%s/%s", stress_phase_name (i / STRESS_N_MODES), stress_mode_name (i % STRESS_N_MODES));
    g_strdelimit (path, " ", '-');
    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_phase);
  }
  return g_test_run ();
}
