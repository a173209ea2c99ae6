/* SPDX-License-Identifier: MIT
 *
 * profile.c: see profile.h. Turned on and read by one benchmark while nothing is encoded.
 */
#include "runtime/profile.h"

#include <time.h>

static gint enabled;                      /* read by any thread, written by a benchmark before it encodes */
static gint64 nanoseconds[CLIP_N_STAGES]; /* added to atomically */
static _Thread_local gint64 last;

static gint64
now (void)
{
  struct timespec time;
  clock_gettime (CLOCK_MONOTONIC, &time);
  return time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec;
}

void
clip_stages_enable (gboolean enable)
{
  for (guint i = 0; i < CLIP_N_STAGES; i++)
    nanoseconds[i] = 0;
  last = now ();
  g_atomic_int_set (&enabled, enable);
}

void
clip_stage_done (ClipStage stage)
{
  if (!g_atomic_int_get (&enabled))
    return;
  gint64 time = now ();
  if (stage < CLIP_N_STAGES)
    __atomic_fetch_add (&nanoseconds[stage], time - last, __ATOMIC_RELAXED);
  last = time;
}

guint
clip_stages_get (const char *const **ret_names, const gint64 **ret_nanoseconds)
{
  static const char *const names[CLIP_N_STAGES]
      = { "embed", "norm, quantise, lay out", "qkv", "attention", "out", "fc1", "fc2", "project" };
  *ret_names = names;
  *ret_nanoseconds = nanoseconds;
  return CLIP_N_STAGES;
}
