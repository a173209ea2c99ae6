/* SPDX-License-Identifier: MIT
 *
 * bench-pool.c [--threads N] [--callers N] [--no-hog] [--seconds S]: what the thread pool costs on this machine. Not a
 * test: figures to read, on an otherwise idle machine, two builds in turns. Each line's work is so many tasks of so
 * many microseconds of arithmetic; the overhead is the section's time less that of the same work split evenly and for
 * nothing.
 */
#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "runtime/pool.h"

#define MAX_SAMPLES 200000
#define PICTURE     80 /* sections */

static gint n_threads = 2, max_callers = 4;
static gboolean no_hog;
static double seconds = 1;
static double loops_per_us;

static const GOptionEntry options[] = {
  { "threads", 't', 0, G_OPTION_ARG_INT, &n_threads, "Threads of the pool, the caller counted", "N" },
  { "callers", 'c', 0, G_OPTION_ARG_INT, &max_callers, "Callers that share the pool, at most 16", "N" },
  { "no-hog", 0, 0, G_OPTION_ARG_NONE, &no_hog, "Leave out what runs beside another busy thread", NULL },
  { "seconds", 's', 0, G_OPTION_ARG_DOUBLE, &seconds, "Time for each line", "S" },
  { NULL },
};

static double
now_us (void)
{
  struct timespec time;
  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec * 1e-3;
}

/* A chain of additions that takes a known time and touches no memory. */
static void
burn (guint loops)
{
  for (guint i = 0; i < loops; i++)
    __asm__ volatile("" : "+r"(i));
}

static void
burn_task (gpointer data, guint task, guint worker)
{
  burn (*(const guint *)data);
}

static void
calibrate (void)
{
  double best = G_MAXDOUBLE;
  for (guint i = 0; i < 50; i++) {
    double start = now_us ();
    burn (1000000);
    best = MIN (best, now_us () - start);
  }
  loops_per_us = 1000000 / best;
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* One caller. pause_us: slept before every section, so that the workers sleep too. */
static void
measure (ClipPool *pool, const char *name, guint n_tasks, double task_us, guint pause_us)
{
  g_autofree double *samples = g_new (double, MAX_SAMPLES);
  guint n = 0, loops = (guint)(task_us * loops_per_us);
  double end = now_us () + seconds * 1e6;
  while (n < MAX_SAMPLES && now_us () < end) {
    if (pause_us)
      g_usleep (pause_us);
    double start = now_us ();
    clip_pool_run (pool, burn_task, &loops, n_tasks);
    samples[n++] = now_us () - start;
  }
  qsort (samples, n, sizeof *samples, compare);
  guint threads = clip_pool_n_threads (pool);
  double ideal = (n_tasks + threads - 1) / threads * task_us, mean = 0;
  for (guint i = 0; i < n; i++)
    mean += samples[i] / n;
  g_print ("%-34s p10 %8.2f  p50 %8.2f  p95 %8.2f  mean %8.2f us  overhead p50 %7.2f us  (%u sections)\n", name,
      samples[n / 10], samples[n / 2], samples[n * 95 / 100], mean, samples[n / 2] - ideal, n);
}

typedef struct
{
  ClipPool *pool;
  guint n_tasks, loops;
  gboolean enters;
  _Atomic gboolean *stop;
  guint n_sections;
} Caller;

static void *
caller_main (void *data)
{
  Caller *caller = data;
  while (!atomic_load (caller->stop)) {
    if (caller->enters)
      clip_pool_enter (caller->pool, NULL);
    for (guint i = 0; i < PICTURE; i++) {
      clip_pool_run (caller->pool, burn_task, &caller->loops, caller->n_tasks);
      burn ((guint)(2 * loops_per_us)); /* between two sections: 2 us */
      caller->n_sections++;
    }
    if (caller->enters)
      clip_pool_leave (caller->pool);
  }
  return NULL;
}

/* Several callers: all sections together, against the even split. */
static void
measure_callers (ClipPool *pool, guint n_callers, guint n_tasks, double task_us, gboolean enters)
{
  pthread_t threads[16];
  Caller callers[16];
  _Atomic gboolean stop = FALSE;
  double start = now_us ();
  for (guint i = 0; i < n_callers; i++) {
    callers[i] = (Caller){ pool, n_tasks, (guint)(task_us * loops_per_us), enters, &stop, 0 };
    pthread_create (&threads[i], NULL, caller_main, &callers[i]);
  }
  g_usleep ((gulong)(seconds * 1e6));
  atomic_store (&stop, TRUE);
  guint total = 0, least = G_MAXUINT, most = 0;
  for (guint i = 0; i < n_callers; i++) {
    pthread_join (threads[i], NULL);
    total += callers[i].n_sections;
    least = MIN (least, callers[i].n_sections);
    most = MAX (most, callers[i].n_sections);
  }
  double each = (now_us () - start) / total, ideal = n_tasks * task_us / clip_pool_n_threads (pool);
  g_print ("%2u callers%s, %2u tasks of %5.1f us %8.2f us a section, %.2f of the even split; least %u most %u\n",
      n_callers, enters ? " that enter" : "", n_tasks, task_us, each, each / ideal, least, most);
}

static void *
hog_main (void *data)
{
  while (!atomic_load ((_Atomic gboolean *)data))
    burn (1000);
  return NULL;
}

static void
measure_beside_hog (ClipPool *pool)
{
  _Atomic gboolean stop = FALSE;
  pthread_t hog;
  pthread_create (&hog, NULL, hog_main, &stop);
  measure (pool, "a CPU hog, 64 tasks of 20 us", 64, 20, 0);
  measure (pool, "a CPU hog, 4 tasks of 100 us", 4, 100, 0);
  atomic_store (&stop, TRUE);
  pthread_join (hog, NULL);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || n_threads < 1 || seconds <= 0 || max_callers > 16) {
    g_printerr ("bench-pool: %s\n", error ? error->message : "expected --threads >= 1, --callers <= 16, --seconds > 0");
    return 2;
  }
  calibrate ();
  ClipPool *pool = clip_pool_get ((guint)n_threads);
  measure (pool, "empty, 2 tasks", 2, 0, 0);
  measure (pool, "empty, 64 tasks", 64, 0, 0);
  measure (pool, "2 tasks of 5 us", 2, 5, 0);
  measure (pool, "64 tasks of 1 us", 64, 1, 0);
  measure (pool, "64 tasks of 20 us", 64, 20, 0);
  measure (pool, "2 tasks of 500 us, workers asleep", 2, 500, 2000);
  for (guint enters = 0; enters < 2; enters++)
    for (guint n = 1; n <= (guint)MAX (0, max_callers); n *= 2) {
      measure_callers (pool, n, 8, 15, enters);
      measure_callers (pool, n, 24, 50, enters);
    }
  if (!no_hog)
    measure_beside_hog (pool);
  clip_pool_unref (pool);
  return 0;
}
