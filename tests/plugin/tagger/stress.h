/* SPDX-License-Identifier: MIT
 *
 * stress.h: does one thing to a running cliptagger again and again, at random moments, while settings change and sinks
 * say that they are late, and tells what was left behind. For the test suite in small numbers, for
 * tests/bench/bench-live in large ones.
 */
#ifndef STRESS_H
#define STRESS_H

#include <gst/gst.h>

typedef enum
{
  STRESS_STARTS,  /* NULL to PLAYING and back; every other time with elements made anew */
  STRESS_SEEKS,   /* most of them flushing, while playing */
  STRESS_STATES,  /* any state at any moment */
  STRESS_CAPS,    /* another size and format, while playing */
  STRESS_PROMPTS, /* reload-prompts of a file that was written anew, while playing; every fourth is broken */
  STRESS_ALL,     /* seeks, state changes and new prompts, in any state */
  STRESS_N_PHASES
} StressPhase;

typedef enum
{
  STRESS_SYNC,
  STRESS_BATCH, /* sync with batch-size=3 */
  STRESS_ASYNC,
  STRESS_REGIONS, /* inference-region=roi-list, sync and async by turns */
  STRESS_ZONES,   /* other zones with each set of prompts, sync and async by turns */
  STRESS_N_MODES
} StressMode;

typedef struct
{
  guint fds, threads;
  double rss; /* MB */
} StressUse;

/* Both uses are taken with the pipeline stopped, the first after some cycles that warm up. */
typedef struct
{
  guint cycles, errors, wrong_answers; /* messages of type ERROR; reloads that did not say what the file was like */
  guint events;                        /* news of events that passed, warming up included */
  StressUse before, after;
  double seconds;
} StressResult;

const char *stress_phase_name (StressPhase phase);
const char *stress_mode_name (StressMode mode);

/* model: a folder. Aborts with the phase's name when a minute has passed without progress, or, where it plays all the
 * time, without an inference in the end. */
void stress_run (StressPhase phase, StressMode mode, const char *model, guint cycles, StressResult *ret);

#endif
