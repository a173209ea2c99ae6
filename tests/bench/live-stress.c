/* SPDX-License-Identifier: MIT
 *
 * live-stress.c: tests/plugin/tagger/stress.c in large numbers, sync, async, with regions and with zones.
 */
#include "live.h"

#include "tagger/stress.h"

/* What allocators keep: at most 1.7 MB were measured beside busy processes, in thousands of cycles as in some. */
#define RSS_SLACK_MB 2

void
live_stress (const LiveOptions *options)
{
  const char *model = live_model (options->report, "tiny");
  static const StressMode modes[] = { STRESS_SYNC, STRESS_ASYNC, STRESS_REGIONS, STRESS_ZONES };
  for (guint phase = 0; phase < STRESS_N_PHASES; phase++)
    for (guint m = 0; m < G_N_ELEMENTS (modes); m++) {
      guint cycles = options->cycles * (phase == STRESS_SEEKS || phase == STRESS_STATES ? 10 : 1);
      StressResult result;
      stress_run (phase, modes[m], model, cycles, &result);
      const StressUse *a = &result.before, *b = &result.after;
      g_autofree char *figure = g_strdup_printf ("stress: %u %s, %s, in %.0f s: files, threads, MB before and after",
          cycles, stress_phase_name (phase), stress_mode_name (modes[m]), result.seconds);
      gboolean ok = !result.errors && !result.wrong_answers && b->fds <= a->fds && b->threads <= a->threads
                    && b->rss <= a->rss + RSS_SLACK_MB;
      live_row (options->report, figure, "the same", live_verdict (ok), "%u, %u; %u, %u; %.1f, %.1f", a->fds, b->fds,
          a->threads, b->threads, a->rss, b->rss);
    }
}
