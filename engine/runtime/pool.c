/* SPDX-License-Identifier: MIT
 *
 * pool.c: see pool.h.
 *
 * A job's tasks are dealt out in one range of neighbours per worker. Each worker claims from the front of its own
 * range; when that is empty it steals the back half of the longest, so that a worker that the OS keeps from running
 * holds up only the task it is in. A range is one 64-bit word, {generation, next, end}, and changes by
 * compare-and-swap. Invariants:
 *
 * The words of a generation hold each unclaimed task once. A job is over when all its tasks are done, and the next is
 * written only then: a worker that has claimed a task finds the job's fields unchanging, and one that wakes late swaps
 * in vain, because its word is of a generation that is over.
 *
 * A worker's empty range is written by itself, and by the caller once per generation: a thief whose own empty range has
 * the generation of what it steals knows that the caller has been there. It claims the first task that it steals, so
 * every swap that succeeds is a task that runs.
 */
#include "runtime/pool.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/cpu-count.h"

#define CACHE_LINE      64
#define RANGE_CLAIM_ONE (1 << 16) /* added to a range: its next task is claimed */
#define MAX_TASKS       65535     /* dealt at once: 16 bits each for next and end */

/* How long a worker spins for the next job, and a caller for the end of its own, before sleeping: longer than the gap
 * between two sections of a block, far shorter than a frame, so that an idle pool costs nothing. */
#define SPIN_US          30
#define SPINS_PER_LOOKUP 64 /* of the clock */

/* How long a caller that has entered a section keeps its turn while others wait. A handover wakes a thread, perhaps on
 * a worker's CPU: on 2 cores that other programs used too, two callers with sections of 0.6 ms took 1.1 times the even
 * split so, and up to twice it when they handed over after every section; on idle cores it made no difference. */
#define TURN_US 2000

/* A thread that may sleep until a word changes. The thread that changes it wakes it: see wait_for_change() and
 * wake_sleeper(). */
typedef struct
{
  _Atomic gboolean asleep;
  sem_t posted;
} Sleeper;

typedef struct
{
  _Alignas(CACHE_LINE) _Atomic guint64 range; /* generation << 32 | next << 16 | end */
  Sleeper sleeper;
  ClipPool *pool;
  pthread_t thread;
} Worker;

/* A caller that waits for its turn. */
typedef struct _Waiter Waiter;
struct _Waiter
{
  Waiter *next;
  pthread_cond_t changed;
  gboolean is_granted;
};

struct _ClipPool
{
  /* The job under way. */
  _Alignas(CACHE_LINE) _Atomic guint generation;
  _Atomic (ClipTask) task;
  _Atomic gpointer data;
  _Atomic guint first_task; /* the index of its task 0 */
  _Atomic gboolean stop;

  _Alignas(CACHE_LINE) _Atomic guint remaining; /* tasks not yet done */
  _Atomic guint completed;                      /* the last generation that is */
  Sleeper caller;

  _Alignas(CACHE_LINE) pthread_mutex_t turn_lock; /* guards turn_is_taken, waiters, last_waiter */
  gboolean turn_is_taken;
  Waiter *waiters, **last_waiter;
  _Atomic guint n_waiters;
  gint64 turn_end; /* set by the holder when it first sees a waiter; 0 before */

  /* Constant, but for what pools_lock guards. */
  _Alignas(CACHE_LINE) guint n_threads;
  guint n_wanted;
  guint n_forks; /* of this process, when the pool was made */
  gboolean may_spin;
  guint n_refs;   /* pools_lock */
  ClipPool *next; /* pools_lock */
  Worker workers[];
};

static pthread_mutex_t pools_lock = PTHREAD_MUTEX_INITIALIZER;
static ClipPool *pools;
static guint n_forks; /* how many fork()s lie between this process and the first that had a pool */
static _Thread_local struct
{
  ClipPool *pool; /* NULL outside */
  const gint *cancel;
  gboolean turn_is_lost; /* to a cancel */
} entered_section;

/* ---- Sleeping and waking ------------------------------------------------------------------------------- */

static inline void
relax_cpu (void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause ();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void
spin_for_change (_Atomic guint *word, guint old)
{
  gint64 deadline = 0;
  for (guint i = 1; atomic_load_explicit (word, memory_order_acquire) == old; i++) {
    relax_cpu ();
    if (i % SPINS_PER_LOOKUP)
      continue;
    gint64 now = g_get_monotonic_time ();
    if (!deadline)
      deadline = now + SPIN_US;
    else if (now >= deadline)
      return;
  }
}

static void
wait_for_post (sem_t *semaphore)
{
  while (sem_wait (semaphore) != 0 && errno == EINTR)
    ;
}

/* `asleep` is either taken back here or taken by a waker, which then posts exactly once. */
static void
wait_for_change (_Atomic guint *word, guint old, Sleeper *sleeper, gboolean may_spin)
{
  if (may_spin)
    spin_for_change (word, old);
  while (atomic_load (word) == old) {
    atomic_store (&sleeper->asleep, TRUE);
    if (atomic_load (word) == old || !atomic_exchange (&sleeper->asleep, FALSE))
      wait_for_post (&sleeper->posted);
  }
}

/* To be called after the word was changed by a sequentially consistent store: then either the sleeper sees the change
 * or this sees the sleeper. */
static void
wake_sleeper (Sleeper *sleeper)
{
  if (atomic_load (&sleeper->asleep) && atomic_exchange (&sleeper->asleep, FALSE))
    sem_post (&sleeper->posted);
}

/* ---- Claiming and stealing ----------------------------------------------------------------------------- */

static inline guint64
range_make (guint generation, guint next, guint end)
{
  return (guint64)generation << 32 | next << 16 | end;
}

static inline guint
range_generation (guint64 range)
{
  return (guint)(range >> 32);
}

static inline guint
range_next (guint64 range)
{
  return range >> 16 & 0xffff;
}

static inline guint
range_length (guint64 range)
{
  return (guint)(range & 0xffff) - range_next (range);
}

/* Counts tasks as done; the last ones end the job. */
static void
count_done (ClipPool *self, guint generation, guint n)
{
  if (n == 0 || atomic_fetch_sub (&self->remaining, n) != n)
    return;
  atomic_store (&self->completed, generation);
  wake_sleeper (&self->caller);
}

/* Reads the job's fields: only for the worker that has claimed the task. */
static inline void
run_task (ClipPool *self, guint task, guint worker)
{
  self->task (self->data, self->first_task + task, worker);
}

/* Moves the back half of the longest range to the worker's own, which it has emptied, and runs its first task.
 * FALSE if nothing was left. */
static gboolean
steal_tasks (ClipPool *self, guint worker)
{
  Worker *own = &self->workers[worker];
  guint64 emptied = atomic_load_explicit (&own->range, memory_order_acquire);
  guint generation = range_generation (emptied);
  if (range_length (emptied)) /* a new job has come */
    return TRUE;
  for (;;) {
    Worker *victim = NULL;
    guint64 longest = emptied;
    for (guint i = 1; i < self->n_threads; i++) {
      Worker *other = &self->workers[(worker + i) % self->n_threads];
      guint64 range = atomic_load_explicit (&other->range, memory_order_relaxed);
      if (range_generation (range) == generation && range_length (range) > range_length (longest)) {
        victim = other;
        longest = range;
      }
    }
    if (!victim)
      return FALSE;
    guint end = range_next (longest) + range_length (longest), n_stolen = (range_length (longest) + 1) / 2;
    if (atomic_compare_exchange_strong_explicit (
            &victim->range, &longest, longest - n_stolen, memory_order_acq_rel, memory_order_relaxed)) {
      atomic_store_explicit (&own->range, range_make (generation, end - n_stolen + 1, end), memory_order_release);
      run_task (self, end - n_stolen, worker);
      count_done (self, generation, 1);
      return TRUE;
    }
  }
}

/* Claims and runs tasks of the current job until none is left. */
static void
run_claimed_tasks (ClipPool *self, guint worker)
{
  _Atomic guint64 *own = &self->workers[worker].range;
  do {
    guint n = 0;
    guint64 range = atomic_load_explicit (own, memory_order_acquire);
    while (range_length (range)) {
      if (!atomic_compare_exchange_strong_explicit (
              own, &range, range + RANGE_CLAIM_ONE, memory_order_acq_rel, memory_order_acquire))
        continue;
      run_task (self, range_next (range), worker);
      n++;
      range += RANGE_CLAIM_ONE; /* unless a thief was here: then the next swap fails and reads it again */
    }
    count_done (self, range_generation (range), n);
  } while (steal_tasks (self, worker));
}

static void *
worker_main (void *arg)
{
  Worker *worker = arg;
  ClipPool *self = worker->pool;
  guint seen = 0;
  for (;;) {
    wait_for_change (&self->generation, seen, &worker->sleeper, self->may_spin);
    seen = atomic_load (&self->generation);
    if (self->stop)
      return NULL;
    run_claimed_tasks (self, (guint)(worker - self->workers));
  }
}

/* ---- Jobs ---------------------------------------------------------------------------------------------- */

static void
remove_waiter (ClipPool *self, const Waiter *waiter)
{
  Waiter **link = &self->waiters;
  while (*link != waiter)
    link = &(*link)->next;
  *link = waiter->next;
  if (!waiter->next)
    self->last_waiter = link;
  atomic_fetch_sub_explicit (&self->n_waiters, 1, memory_order_relaxed);
}

/* The turn goes to the caller that has waited longest. FALSE when the wait was cancelled. */
static gboolean
take_turn (ClipPool *self, const gint *cancel)
{
  gboolean has_turn = TRUE;
  pthread_mutex_lock (&self->turn_lock);
  if (!self->turn_is_taken) {
    self->turn_is_taken = TRUE;
  } else {
    Waiter waiter = { .changed = PTHREAD_COND_INITIALIZER };
    *self->last_waiter = &waiter;
    self->last_waiter = &waiter.next;
    atomic_fetch_add_explicit (&self->n_waiters, 1, memory_order_relaxed);
    while (!waiter.is_granted && !clip_is_cancelled (cancel))
      pthread_cond_wait (&waiter.changed, &self->turn_lock);
    has_turn = waiter.is_granted;
    if (!has_turn)
      remove_waiter (self, &waiter);
    pthread_cond_destroy (&waiter.changed);
  }
  pthread_mutex_unlock (&self->turn_lock);
  return has_turn;
}

static void
pass_turn (ClipPool *self)
{
  pthread_mutex_lock (&self->turn_lock);
  Waiter *next_holder = self->waiters;
  self->turn_end = 0;
  if (next_holder) {
    atomic_fetch_sub_explicit (&self->n_waiters, 1, memory_order_relaxed);
    self->waiters = next_holder->next;
    if (!self->waiters)
      self->last_waiter = &self->waiters;
    next_holder->is_granted = TRUE;
    pthread_cond_signal (&next_holder->changed);
  } else {
    self->turn_is_taken = FALSE;
  }
  pthread_mutex_unlock (&self->turn_lock);
}

/* Deals n <= MAX_TASKS tasks out, takes part, and returns when they are done. Called by the holder of the turn. */
static void
run_job (ClipPool *self, ClipTask task, gpointer data, guint first_task, guint n)
{
  guint last = atomic_load (&self->generation), generation = last + 1, n_threads = self->n_threads;
  self->task = task;
  self->data = data;
  self->first_task = first_task;
  atomic_store_explicit (&self->remaining, n, memory_order_relaxed);
  guint next = 0;
  for (guint i = 0; i < n_threads; i++) {
    guint end = (guint)(((guint64)n * (i + 1) + n_threads - 1) / n_threads);
    atomic_store_explicit (&self->workers[i].range, range_make (generation, next, end), memory_order_release);
    next = end;
  }
  atomic_store (&self->generation, generation);
  for (guint i = 1; i < MIN (n, n_threads); i++)
    wake_sleeper (&self->workers[i].sleeper);

  run_claimed_tasks (self, 0);
  wait_for_change (&self->completed, last, &self->caller, self->may_spin);
}

static void
run_on_caller (ClipTask task, gpointer data, guint n_tasks)
{
  for (guint i = 0; i < n_tasks; i++)
    task (data, i, 0);
}

/* Between two sections of one holder. FALSE when it no longer has the turn. */
static gboolean
offer_turn (ClipPool *self)
{
  if (entered_section.turn_is_lost)
    return FALSE;
  if (!atomic_load_explicit (&self->n_waiters, memory_order_relaxed))
    return TRUE;
  gint64 now = g_get_monotonic_time ();
  if (!self->turn_end) {
    self->turn_end = now + TURN_US;
  } else if (now >= self->turn_end) {
    pass_turn (self);
    entered_section.turn_is_lost = !take_turn (self, entered_section.cancel);
  }
  return !entered_section.turn_is_lost;
}

/* A pool of one thread, or one whose threads are the parent's, is the caller alone. */
static gboolean
has_turns (const ClipPool *self)
{
  return self->n_threads > 1 && self->n_forks == n_forks;
}

gboolean
clip_pool_enter (ClipPool *self, const gint *cancel)
{
  if (!has_turns (self))
    return TRUE;
  if (!take_turn (self, cancel))
    return FALSE;
  entered_section.pool = self;
  entered_section.cancel = cancel;
  entered_section.turn_is_lost = FALSE;
  return TRUE;
}

void
clip_pool_leave (ClipPool *self)
{
  if (entered_section.pool != self)
    return;
  entered_section.pool = NULL;
  if (has_turns (self) && !entered_section.turn_is_lost)
    pass_turn (self);
}

void
clip_pool_wake (ClipPool *self)
{
  if (!has_turns (self))
    return;
  pthread_mutex_lock (&self->turn_lock);
  for (Waiter *waiter = self->waiters; waiter; waiter = waiter->next)
    pthread_cond_signal (&waiter->changed);
  pthread_mutex_unlock (&self->turn_lock);
}

void
clip_pool_run (ClipPool *self, ClipTask task, gpointer data, guint n_tasks)
{
  if (n_tasks == 0)
    return;
  if (!self || !has_turns (self)) {
    run_on_caller (task, data, n_tasks);
    return;
  }
  gboolean has_entered = entered_section.pool == self;
  if (!has_entered)
    take_turn (self, NULL);
  else if (!offer_turn (self))
    return;
  if (n_tasks == 1)
    run_on_caller (task, data, n_tasks);
  else
    for (guint first_task = 0; first_task < n_tasks; first_task += MIN (MAX_TASKS, n_tasks - first_task))
      run_job (self, task, data, first_task, MIN (MAX_TASKS, n_tasks - first_task));
  if (!has_entered)
    pass_turn (self);
}

/* ---- The process's pools ------------------------------------------------------------------------------- */

static gboolean
start_worker (ClipPool *self, Worker *worker)
{
  worker->pool = self;
  sem_init (&worker->sleeper.posted, 0, 0);
  if (pthread_create (&worker->thread, NULL, worker_main, worker) == 0) {
    pthread_setname_np (worker->thread, "clip-pool");
    return TRUE;
  }
  sem_destroy (&worker->sleeper.posted);
  return FALSE;
}

static ClipPool *
pool_new (guint n_wanted)
{
  gsize size = sizeof (ClipPool) + n_wanted * sizeof (Worker);
  gpointer memory;
  if (posix_memalign (&memory, CACHE_LINE, size) != 0)
    return NULL;
  ClipPool *self = memset (memory, 0, size);
  self->n_wanted = n_wanted;
  self->n_forks = n_forks;
  self->may_spin = n_wanted <= clip_cpu_count ();
  pthread_mutex_init (&self->turn_lock, NULL);
  self->last_waiter = &self->waiters;
  sem_init (&self->caller.posted, 0, 0);

  /* The program's signals are not for these threads to handle. */
  sigset_t all, before;
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  self->n_threads = 1;
  while (self->n_threads < n_wanted && start_worker (self, &self->workers[self->n_threads]))
    self->n_threads++;
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  return self;
}

static void
pool_free (ClipPool *self)
{
  if (self->n_forks == n_forks) { /* else its threads are the parent's */
    self->stop = TRUE;
    atomic_fetch_add (&self->generation, 1);
    for (guint i = 1; i < self->n_threads; i++)
      wake_sleeper (&self->workers[i].sleeper);
    for (guint i = 1; i < self->n_threads; i++) {
      pthread_join (self->workers[i].thread, NULL);
      sem_destroy (&self->workers[i].sleeper.posted);
    }
    sem_destroy (&self->caller.posted);
    pthread_mutex_destroy (&self->turn_lock);
  }
  free (self);
}

static void
lock_pools_before_fork (void)
{
  pthread_mutex_lock (&pools_lock);
}

static void
unlock_pools_in_parent (void)
{
  pthread_mutex_unlock (&pools_lock);
}

static void
unlock_pools_in_child (void)
{
  n_forks++;
  pthread_mutex_unlock (&pools_lock);
}

static void
register_pool_fork_handlers (void)
{
  pthread_atfork (lock_pools_before_fork, unlock_pools_in_parent, unlock_pools_in_child);
}

ClipPool *
clip_pool_get (guint n_threads)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once (&once, register_pool_fork_handlers);
  guint n_wanted = n_threads ? n_threads : clip_cpu_count ();
  pthread_mutex_lock (&pools_lock);
  ClipPool *self = pools;
  while (self && (self->n_wanted != n_wanted || self->n_forks != n_forks))
    self = self->next;
  if (!self) {
    self = pool_new (n_wanted);
    if (!self) {
      pthread_mutex_unlock (&pools_lock);
      return NULL;
    }
    self->next = pools;
    pools = self;
  }
  self->n_refs++;
  pthread_mutex_unlock (&pools_lock);
  return self;
}

void
clip_pool_unref (ClipPool *self)
{
  if (!self)
    return;
  pthread_mutex_lock (&pools_lock);
  gboolean is_last = --self->n_refs == 0;
  if (is_last) {
    ClipPool **link = &pools;
    while (*link != self)
      link = &(*link)->next;
    *link = self->next;
  }
  pthread_mutex_unlock (&pools_lock);
  if (is_last)
    pool_free (self);
}

guint
clip_pool_n_threads (const ClipPool *self)
{
  return self->n_threads;
}

static gint64
clock_time (clockid_t clock)
{
  struct timespec time;
  return clock_gettime (clock, &time) == 0 ? time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec : 0;
}

gint64
clip_pool_cpu_time (const ClipPool *self)
{
  gint64 sum = clock_time (CLOCK_THREAD_CPUTIME_ID);
  for (guint i = 1; has_turns (self) && i < self->n_threads; i++) {
    clockid_t clock;
    if (pthread_getcpuclockid (self->workers[i].thread, &clock) == 0)
      sum += clock_time (clock);
  }
  return sum;
}
