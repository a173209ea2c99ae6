/* SPDX-License-Identifier: MIT
 *
 * pool.c: see pool.h.
 *
 * A job is published by one 64-bit ticket, {generation, next task}. A worker reads the ticket, then the job's fields,
 * then claims by compare-and-swap: had the job changed in between, the generation would differ and the claim fail, so a
 * worker that wakes late can neither run a stale function nor take a task of a job it has not seen. A job ends when
 * `done` reaches its task count, and only then may its fields change.
 */
#include "pool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

/* Looks at the ticket before going to sleep. About 30 us: longer than the gap between two parallel sections of a block,
 * far shorter than a frame, so that an idle pool costs nothing. */
#define SPINS 2000

#define CLOSED G_MAXUINT32 /* as the next task: at or past any job's end */

struct _ClipPool
{
  guint n_threads;
  pthread_t *threads; /* [n_threads - 1] */

  _Atomic guint64 ticket; /* generation << 32 | next task */
  _Atomic (ClipTask) task;
  _Atomic gpointer data;
  _Atomic guint n_tasks;
  _Atomic guint done;
  _Atomic guint n_started; /* gives each worker its number */

  pthread_mutex_t lock; /* for sleeping alone */
  pthread_cond_t work, finished;
  _Atomic guint sleepers;
  _Atomic gboolean caller_sleeps;
  _Atomic gboolean stop;
};

static inline void
relax_cpu (void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause ();
#endif
}

static inline guint32
generation_of (guint64 ticket)
{
  return (guint32)(ticket >> 32);
}

/* Claims and runs tasks of the current job until none is left. */
static void
work_off (ClipPool *self, guint worker)
{
  guint64 ticket = atomic_load_explicit (&self->ticket, memory_order_acquire);
  for (;;) {
    ClipTask task = atomic_load_explicit (&self->task, memory_order_relaxed);
    gpointer data = atomic_load_explicit (&self->data, memory_order_relaxed);
    guint n_tasks = atomic_load_explicit (&self->n_tasks, memory_order_relaxed);
    guint32 next = (guint32)ticket;
    if (next >= n_tasks)
      return;
    if (!atomic_compare_exchange_weak_explicit (
            &self->ticket, &ticket, ticket + 1, memory_order_acq_rel, memory_order_acquire))
      continue;
    task (data, next, worker);
    if (atomic_fetch_add (&self->done, 1) + 1 == n_tasks && atomic_load (&self->caller_sleeps)) {
      pthread_mutex_lock (&self->lock);
      pthread_cond_signal (&self->finished);
      pthread_mutex_unlock (&self->lock);
    }
    ticket = atomic_load_explicit (&self->ticket, memory_order_acquire);
  }
}

static void *
worker_main (void *arg)
{
  ClipPool *self = arg;
  guint worker = 1 + atomic_fetch_add (&self->n_started, 1);
  guint32 seen = 0;
  for (;;) {
    guint spins = 0;
    while (generation_of (atomic_load (&self->ticket)) == seen && !atomic_load (&self->stop)) {
      if (++spins < SPINS) {
        relax_cpu ();
        continue;
      }
      pthread_mutex_lock (&self->lock);
      atomic_fetch_add (&self->sleepers, 1);
      while (generation_of (atomic_load (&self->ticket)) == seen && !atomic_load (&self->stop))
        pthread_cond_wait (&self->work, &self->lock);
      atomic_fetch_sub (&self->sleepers, 1);
      pthread_mutex_unlock (&self->lock);
    }
    if (atomic_load (&self->stop))
      return NULL;
    seen = generation_of (atomic_load (&self->ticket));
    work_off (self, worker);
  }
}

static guint
usable_cpus (void)
{
  cpu_set_t set;
  if (sched_getaffinity (0, sizeof set, &set) == 0)
    return MAX (1, CPU_COUNT (&set));
  return g_get_num_processors ();
}

ClipPool *
clip_pool_new (guint n_threads)
{
  ClipPool *self = g_new0 (ClipPool, 1);
  guint wanted = n_threads ? n_threads : usable_cpus ();
  pthread_mutex_init (&self->lock, NULL);
  pthread_cond_init (&self->work, NULL);
  pthread_cond_init (&self->finished, NULL);
  self->threads = g_new0 (pthread_t, wanted);
  self->n_threads = 1;
  while (self->n_threads < wanted && pthread_create (&self->threads[self->n_threads - 1], NULL, worker_main, self) == 0)
    self->n_threads++;
  return self;
}

void
clip_pool_free (ClipPool *self)
{
  if (!self)
    return;
  pthread_mutex_lock (&self->lock);
  atomic_store (&self->stop, TRUE);
  pthread_cond_broadcast (&self->work);
  pthread_mutex_unlock (&self->lock);
  for (guint i = 0; i + 1 < self->n_threads; i++)
    pthread_join (self->threads[i], NULL);
  pthread_cond_destroy (&self->finished);
  pthread_cond_destroy (&self->work);
  pthread_mutex_destroy (&self->lock);
  g_free (self->threads);
  g_free (self);
}

guint
clip_pool_n_threads (const ClipPool *self)
{
  return self->n_threads;
}

void
clip_pool_run (ClipPool *self, ClipTask task, gpointer data, guint n_tasks)
{
  if (self->n_threads == 1 || n_tasks <= 1) {
    for (guint i = 0; i < n_tasks; i++)
      task (data, i, 0);
    return;
  }

  /* Closed while the fields change: else a late worker could claim a task of the old generation with the new fields. */
  guint32 generation = generation_of (atomic_load (&self->ticket)) + 1;
  atomic_store (&self->ticket, (guint64)generation << 32 | CLOSED);
  atomic_store_explicit (&self->task, task, memory_order_relaxed);
  atomic_store_explicit (&self->data, data, memory_order_relaxed);
  atomic_store_explicit (&self->n_tasks, n_tasks, memory_order_relaxed);
  atomic_store_explicit (&self->done, 0, memory_order_relaxed);
  atomic_store (&self->ticket, (guint64)(generation + 1) << 32);

  if (atomic_load (&self->sleepers)) {
    pthread_mutex_lock (&self->lock);
    pthread_cond_broadcast (&self->work);
    pthread_mutex_unlock (&self->lock);
  }

  work_off (self, 0);

  for (guint spins = 0; atomic_load (&self->done) != n_tasks; spins++) {
    if (spins < SPINS) {
      relax_cpu ();
      continue;
    }
    pthread_mutex_lock (&self->lock);
    atomic_store (&self->caller_sleeps, TRUE);
    while (atomic_load (&self->done) != n_tasks)
      pthread_cond_wait (&self->finished, &self->lock);
    atomic_store (&self->caller_sleeps, FALSE);
    pthread_mutex_unlock (&self->lock);
  }
}
