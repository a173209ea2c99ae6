/* SPDX-License-Identifier: MIT
 *
 * peak.c: see peak.h. A run begins when all threads are there and ends with the last. Of many short runs the best tenth
 * is left out and the next one counts: not a stroke of luck, and not what something else took of the machine either.
 */
#include "peak.h"

#include "runtime/cpu-features.h"
#include "peak-loops.h"

#define WARM_UP     3 /* clocks and wide units take their time */
#define RUNS        40
#define LEFT_OUT    4
#define RUN_SECONDS 2e-3

typedef struct
{
  const char *instruction;
  ClipPeakArithmetic arithmetic;
  ClipPeakLoop loop;
  gboolean available;
  guint operations; /* of one round: sums x lanes x 2, and x 2 or x 4 where so many products go into a lane at once */
} Candidate;

/* ---- Without an instruction set of our own ------------------------------------------------------------- */

typedef float Vector __attribute__ ((vector_size (16)));

/* Twelve variables rather than an array: compilers keep these in registers at any level of optimisation but none. */
#define EACH_SUM(DO)  DO (0) DO (1) DO (2) DO (3) DO (4) DO (5) DO (6) DO (7) DO (8) DO (9) DO (10) DO (11)
#define VECTOR_SUMS   12
#define DEFINE_SUM(i) Vector sum##i = half * i;
#define STEP_SUM(i)   sum##i = sum##i * half + half;
#define TOTAL_SUM(i)  total += sum##i;

/* Each sum becomes half of itself and a half. They begin apart, or one would be computed for all. */
static void
multiply_add_vectors (unsigned long rounds)
{
  const Vector half = { 0.5f, 0.5f, 0.5f, 0.5f };
  EACH_SUM (DEFINE_SUM)
  while (rounds-- > 0) {
    EACH_SUM (STEP_SUM)
  }
  Vector total = half;
  EACH_SUM (TOTAL_SUM)
  volatile float keep = total[0] + total[1] + total[2] + total[3];
  (void)keep;
}

static const Candidate vectors = { "128-bit vectors", CLIP_PEAK_F32, multiply_add_vectors, TRUE, VECTOR_SUMS * 4 * 2 };

/* ---- Running one loop on all threads ------------------------------------------------------------------- */

typedef struct
{
  ClipPeakLoop loop;
  unsigned long rounds;
  gint n_threads, n_arrived; /* the second is atomic, of all runs so far */
} Job;

typedef struct
{
  Job *job;
  gint64 begin[WARM_UP + RUNS], end[WARM_UP + RUNS];
} Worker;

/* Waits by asking again and again: waking a sleeper takes a good part of a run. */
static gpointer
work (gpointer data)
{
  Worker *worker = data;
  Job *job = worker->job;
  for (gint run = 0; run < WARM_UP + RUNS; run++) {
    g_atomic_int_inc (&job->n_arrived);
    while (g_atomic_int_get (&job->n_arrived) < (run + 1) * job->n_threads)
      g_thread_yield ();
    worker->begin[run] = g_get_monotonic_time ();
    job->loop (job->rounds);
    worker->end[run] = g_get_monotonic_time ();
  }
  return NULL;
}

static double
seconds_of (ClipPeakLoop loop, unsigned long rounds)
{
  gint64 before = g_get_monotonic_time ();
  loop (rounds);
  return (double)(g_get_monotonic_time () - before) / G_USEC_PER_SEC;
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
  return (x > y) - (x < y);
}

/* Rounds a second of all threads together. */
static double
measure (ClipPeakLoop loop, guint n_threads)
{
  Job job = { .loop = loop, .rounds = 1000, .n_threads = (gint)n_threads };
  while (seconds_of (loop, job.rounds) < RUN_SECONDS)
    job.rounds *= 2;

  g_autofree Worker *workers = g_new0 (Worker, n_threads);
  g_autofree GThread **threads = g_new0 (GThread *, n_threads);
  for (guint i = 0; i < n_threads; i++) {
    workers[i].job = &job;
    threads[i] = g_thread_new ("peak", work, &workers[i]);
  }
  for (guint i = 0; i < n_threads; i++)
    g_thread_join (threads[i]);

  gint64 times[RUNS];
  for (guint run = 0; run < RUNS; run++) {
    gint64 begin = G_MAXINT64, end = 0;
    for (guint i = 0; i < n_threads; i++) {
      begin = MIN (begin, workers[i].begin[WARM_UP + run]);
      end = MAX (end, workers[i].end[WARM_UP + run]);
    }
    times[run] = end - begin;
  }
  qsort (times, RUNS, sizeof *times, compare_times);
  return (double)job.rounds * n_threads * G_USEC_PER_SEC / (double)MAX (times[LEFT_OUT], 1);
}

static void
try_candidate (const Candidate *candidate, ClipPeakArithmetic arithmetic, guint n_threads, ClipPeak *best)
{
  if (!candidate->available || candidate->arithmetic != arithmetic)
    return;
  double gops = 1e-9 * candidate->operations * measure (candidate->loop, n_threads);
  if (gops > best->gops)
    *best = (ClipPeak){ candidate->instruction, gops };
}

ClipPeak
clip_peak_measure (ClipPeakArithmetic arithmetic, guint n_threads)
{
  g_return_val_if_fail (n_threads > 0, (ClipPeak){ 0 });

  ClipPeak best = { NULL, 0 };
#if defined(__x86_64__)
  ClipCpuFeatures cpu = clip_cpu_features ();
  gboolean fma = (cpu & CLIP_CPU_AVX2) != 0, vnni = (cpu & CLIP_CPU_AVX_VNNI) != 0;
  gboolean avx512 = (cpu & CLIP_CPU_AVX512) != 0, vnni512 = (cpu & CLIP_CPU_VNNI) != 0;
  gboolean bf16 = (cpu & CLIP_CPU_BF16) != 0;
  const Candidate candidates[] = {
    { "vfmadd231ps ymm", CLIP_PEAK_F32, clip_peak_fma_ymm, fma, CLIP_PEAK_VEX_SUMS * 8 * 2 },
    { "vfmadd231ps zmm", CLIP_PEAK_F32, clip_peak_fma_zmm, avx512, CLIP_PEAK_EVEX_SUMS * 16 * 2 },
    { "vdpbf16ps zmm", CLIP_PEAK_BF16, clip_peak_bf16_zmm, bf16, CLIP_PEAK_EVEX_SUMS * 16 * 2 * 2 },
    { "vpdpbusd ymm", CLIP_PEAK_INT8, clip_peak_vnni_ymm, vnni, CLIP_PEAK_VEX_SUMS * 8 * 2 * 4 },
    { "vpdpbusd ymm", CLIP_PEAK_INT8, clip_peak_avx512_vnni_ymm, vnni512, CLIP_PEAK_EVEX_SUMS * 8 * 2 * 4 },
    { "vpdpbusd zmm", CLIP_PEAK_INT8, clip_peak_vnni_zmm, vnni512, CLIP_PEAK_EVEX_SUMS * 16 * 2 * 4 },
  };
  for (guint i = 0; i < G_N_ELEMENTS (candidates); i++)
    try_candidate (&candidates[i], arithmetic, n_threads, &best);
#endif
  if (!best.instruction && arithmetic == CLIP_PEAK_BF16)
    return clip_peak_measure (CLIP_PEAK_F32, n_threads);
  if (!best.instruction)
    try_candidate (&vectors, arithmetic, n_threads, &best);
  return best;
}
