/* SPDX-License-Identifier: MIT
 *
 * profile.c: see profile.h. Enabled and read by one benchmark while nothing is being encoded.
 */
#include "runtime/profile.h"

#include <time.h>

static gint enabled;                             /* read by any thread, written by a benchmark before it encodes */
static gint64 nanoseconds[CLIP_PROFILE_N_PARTS]; /* added to atomically */
static _Thread_local gint64 last_mark;

static gint64
monotonic_ns (void)
{
  struct timespec time;
  clock_gettime (CLOCK_MONOTONIC, &time);
  return time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec;
}

void
clip_profile_enable (gboolean enable)
{
  for (guint i = 0; i < CLIP_PROFILE_N_PARTS; i++)
    nanoseconds[i] = 0;
  last_mark = monotonic_ns ();
  g_atomic_int_set (&enabled, enable);
}

void
clip_profile_mark (ClipProfilePart part)
{
  if (!g_atomic_int_get (&enabled))
    return;
  gint64 time = monotonic_ns ();
  if (part < CLIP_PROFILE_N_PARTS)
    __atomic_fetch_add (&nanoseconds[part], time - last_mark, __ATOMIC_RELAXED);
  last_mark = time;
}

guint
clip_profile_get (const char *const **ret_names, const gint64 **ret_nanoseconds)
{
  static const char *const names[CLIP_PROFILE_N_PARTS]
      = { "embed", "norm, quantise, pack", "qkv", "attention", "out", "fc1", "fc2", "project" };
  *ret_names = names;
  *ret_nanoseconds = nanoseconds;
  return CLIP_PROFILE_N_PARTS;
}
