/* SPDX-License-Identifier: MIT
 *
 * measure.h: times one encoding again and again, and what those times say.
 *
 * The first run is not counted: it warms caches up and wakes the workers. Quantiles, not means, because machines are
 * noisy. One caller at a time.
 */
#ifndef CLIP_MEASURE_H
#define CLIP_MEASURE_H

#include "clip.h"

/* One encoding of what `data` describes; called many times over. */
typedef gboolean (*ClipMeasured) (gpointer data, GError **error);

typedef struct
{
  guint runs;      /* counted */
  double p50, p95; /* ms a run */
} ClipTimes;

/* Runs until `seconds` have passed and at least `min_runs` times. FALSE with `error` set when a run fails. */
gboolean clip_measure (
    ClipMeasured run, gpointer data, guint min_runs, double seconds, ClipTimes *ret_times, GError **error);

#endif
