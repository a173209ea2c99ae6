/* SPDX-License-Identifier: MIT
 *
 * test-pool.c: every task runs once, on whichever worker; pools are shared; no thread is left over. Its own threads are
 * pthreads and its flags C11 atomics, so that ThreadSanitizer sees everything.
 */
#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/cpu-count.h"
#include "runtime/pool.h"
#include "process.h"

#define MAX_THREADS 8

/* What a caller prepares, tasks write, and the caller reads: plain memory, so that a missing order is a race. */
typedef struct
{
  guint seed;
  guint n_workers;
  guint *results;          /* [n_tasks] */
  guint busy[MAX_THREADS]; /* tasks that each worker is in: never more than one */
  _Atomic guint n_bad;
} Sums;

static void
add_task (gpointer data, guint task, guint worker)
{
  Sums *sums = data;
  if (worker >= sums->n_workers || sums->busy[worker]++)
    atomic_fetch_add (&sums->n_bad, 1);
  sums->results[task] += sums->seed + task;
  sums->busy[worker]--;
}

static void
run_and_check (ClipPool *pool, guint seed, guint n_tasks)
{
  g_autofree guint *results = g_new0 (guint, n_tasks + 1);
  Sums sums = { .seed = seed, .n_workers = clip_pool_n_threads (pool), .results = results };
  clip_pool_run (pool, add_task, &sums, n_tasks);
  for (guint i = 0; i < n_tasks; i++)
    g_assert_cmpuint (results[i], ==, seed + i);
  g_assert_cmpuint (results[n_tasks], ==, 0);
  g_assert_cmpuint (atomic_load (&sums.n_bad), ==, 0);
}

static void
test_every_task_once (gconstpointer data)
{
  guint n_threads = GPOINTER_TO_UINT (data);
  ClipPool *pool = clip_pool_get (n_threads);
  g_assert_cmpuint (clip_pool_n_threads (pool), ==, n_threads);
  for (guint n = 0; n <= 2 * n_threads + 2; n++)
    run_and_check (pool, n * 1000, n);
  guint32 state = n_threads;
  for (guint i = 0; i < 1000; i++) {
    state = state * 1664525 + 1013904223;
    if (i % 250 == 249)
      g_usleep (2000); /* the workers are asleep now */
    run_and_check (pool, state, (state >> 16) % 1000);
  }
  /* More than are dealt out at once. */
  run_and_check (pool, 1, 65535);
  run_and_check (pool, 2, 65536);
  run_and_check (pool, 3, 200000);
  clip_pool_unref (pool);
}

static void
count_task (gpointer data, guint task, guint worker)
{
  atomic_fetch_add_explicit ((_Atomic guint *)data, task + 1, memory_order_relaxed);
}

/* Jobs so short that workers mostly come too late. */
static void
test_tiny_jobs (void)
{
  for (guint n_threads = 2; n_threads <= 4; n_threads += 2) {
    ClipPool *pool = clip_pool_get (n_threads);
    guint expected = 0;
    _Atomic guint sum = 0;
    for (guint i = 0; i < 50000; i++) {
      guint n = i % 8;
      expected += n * (n + 1) / 2;
      clip_pool_run (pool, count_task, &sum, n);
      g_assert_cmpuint (atomic_load (&sum), ==, expected);
    }
    clip_pool_unref (pool);
  }
}

/* ---- Stealing ------------------------------------------------------------------------------------------ */

#define STUCK_TASKS 64

typedef struct
{
  _Atomic guint n_done;
  guint stuck_task;
  gboolean done[STUCK_TASKS];
} Stuck;

/* One task lasts until all the others are done: they get done only if its worker's run is taken from it. */
static void
stuck_task (gpointer data, guint task, guint worker)
{
  Stuck *stuck = data;
  while (task == stuck->stuck_task && atomic_load (&stuck->n_done) < STUCK_TASKS - 1)
    g_usleep (100);
  stuck->done[task] = TRUE;
  atomic_fetch_add (&stuck->n_done, 1);
}

static void
test_stealing (void)
{
  for (guint n_threads = 2; n_threads <= 4; n_threads++) {
    ClipPool *pool = clip_pool_get (n_threads);
    for (guint task = 0; task < STUCK_TASKS; task++) {
      Stuck stuck = { .stuck_task = task };
      clip_pool_run (pool, stuck_task, &stuck, STUCK_TASKS);
      for (guint i = 0; i < STUCK_TASKS; i++)
        g_assert_true (stuck.done[i]);
    }
    clip_pool_unref (pool);
  }
}

typedef struct
{
  _Atomic guint n_inside;
  guint last[MAX_THREADS]; /* 1 + the task before */
  guint n_jumps[MAX_THREADS];
} Runs;

/* The workers meet before they go on, so that none is late. */
static void
follow_task (gpointer data, guint task, guint worker)
{
  Runs *runs = data;
  if (runs->last[worker] == 0) {
    atomic_fetch_add (&runs->n_inside, 1);
    while (atomic_load (&runs->n_inside) < 2)
      g_usleep (100);
  } else if (runs->last[worker] != task) {
    runs->n_jumps[worker]++;
  }
  runs->last[worker] = task + 1;
}

/* Whoever is ahead, tasks come in runs. A theft needs a thief with nothing left and halves what the other has, so no
 * more than 10 can follow one another from 500 down to the last task. */
static void
test_runs (void)
{
  ClipPool *pool = clip_pool_get (2);
  for (guint i = 0; i < 100; i++) {
    Runs runs = { 0 };
    clip_pool_run (pool, follow_task, &runs, 1000);
    g_assert_cmpuint (runs.n_jumps[0] + runs.n_jumps[1], <=, 10);
  }
  clip_pool_unref (pool);
}

/* ---- Sharing ------------------------------------------------------------------------------------------- */

#define N_CALLERS 6

typedef struct
{
  ClipPool *pool;
  guint seed;
  _Atomic guint *n_working;
} Caller;

static void
work_task (gpointer data, guint task, guint worker)
{
  _Atomic guint *n_working = data;
  g_assert_cmpuint (atomic_fetch_add (n_working, 1), <, 3);
  if (task % 5 == 0)
    sched_yield ();
  atomic_fetch_sub (n_working, 1);
}

static void *
caller_main (void *data)
{
  Caller *caller = data;
  ClipPool *pool = clip_pool_get (3);
  g_assert_true (pool == caller->pool);
  for (guint i = 0; i < 500; i++) {
    run_and_check (pool, caller->seed + i, (caller->seed + i * 7) % 50);
    clip_pool_run (pool, work_task, caller->n_working, 10);
  }
  clip_pool_unref (pool);
  return NULL;
}

/* However many callers there are, no more than the pool's three threads work. */
static void
test_shared (void)
{
  ClipPool *pool = clip_pool_get (3);
  pthread_t threads[N_CALLERS];
  Caller callers[N_CALLERS];
  _Atomic guint n_working = 0;
  for (guint i = 0; i < N_CALLERS; i++) {
    callers[i] = (Caller){ pool, i * 100000, &n_working };
    g_assert_cmpint (pthread_create (&threads[i], NULL, caller_main, &callers[i]), ==, 0);
  }
  for (guint i = 0; i < N_CALLERS; i++)
    pthread_join (threads[i], NULL);
  clip_pool_unref (pool);
}

typedef struct
{
  ClipPool *pool;
  _Atomic gboolean stop;
  _Atomic guint n_sections;
} Greedy;

static void
nothing_task (gpointer data, guint task, guint worker)
{
}

static void *
greedy_main (void *data)
{
  Greedy *greedy = data;
  while (!atomic_load (&greedy->stop)) {
    clip_pool_run (greedy->pool, nothing_task, NULL, 8);
    atomic_fetch_add (&greedy->n_sections, 1);
  }
  return NULL;
}

#define N_QUEUED 5

typedef struct
{
  ClipPool *pool;
  _Atomic pid_t thread_id; /* of the one that is about to queue up */
  guint order[N_QUEUED], n;
} Queue;

typedef struct
{
  Queue *queue;
  guint number;
} Queued;

static void
sign_task (gpointer data, guint task, guint worker)
{
  const Queued *self = data;
  if (task == 0)
    self->queue->order[self->queue->n++] = self->number;
}

static void *
queued_main (void *data)
{
  Queued *self = data;
  atomic_store (&self->queue->thread_id, gettid ());
  clip_pool_run (self->queue->pool, sign_task, self, 4);
  return NULL;
}

static gboolean
is_asleep (pid_t thread_id)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/stat", thread_id), *text = NULL;
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return g_str_has_prefix (strrchr (text, ')'), ") S");
}

/* It stays asleep, which it can only do while it waits for its turn. */
static void
start_and_await_sleep (Queue *queue, pthread_t *ret_thread, void *(*run) (void *), void *data)
{
  atomic_store (&queue->thread_id, 0);
  g_assert_cmpint (pthread_create (ret_thread, NULL, run, data), ==, 0);
  for (guint asleep = 0; asleep < 10;) {
    g_usleep (1000);
    pid_t thread_id = atomic_load (&queue->thread_id);
    asleep = thread_id && is_asleep (thread_id) ? asleep + 1 : 0;
  }
}

/* Callers get their turns in the order in which they came. Each is started when the one before it sleeps. */
static void
test_order (void)
{
  ClipPool *pool = clip_pool_get (2);
  Queue queue = { .pool = pool };
  Queued queued[N_QUEUED];
  pthread_t threads[N_QUEUED];
  clip_pool_enter (pool, NULL);
  for (guint i = 0; i < N_QUEUED; i++) {
    queued[i] = (Queued){ &queue, i };
    start_and_await_sleep (&queue, &threads[i], queued_main, &queued[i]);
  }
  clip_pool_leave (pool);
  for (guint i = 0; i < N_QUEUED; i++)
    pthread_join (threads[i], NULL);
  g_assert_cmpuint (queue.n, ==, N_QUEUED);
  for (guint i = 0; i < N_QUEUED; i++)
    g_assert_cmpuint (queue.order[i], ==, i);
  clip_pool_unref (pool);
}

static void *
holder_main (void *data)
{
  Greedy *greedy = data;
  clip_pool_enter (greedy->pool, NULL);
  while (!atomic_load (&greedy->stop)) {
    clip_pool_run (greedy->pool, nothing_task, NULL, 8);
    run_and_check (greedy->pool, 5, 1); /* sections of one task belong to the turn too */
    atomic_fetch_add (&greedy->n_sections, 1);
  }
  clip_pool_leave (greedy->pool);
  return NULL;
}

/* Who has entered and never leaves still lets others have their turns, and has the pool to itself in its own. */
static void
test_enter (void)
{
  Greedy greedy = { .pool = clip_pool_get (3) };
  pthread_t threads[2];
  _Atomic guint n_working = 0;
  for (guint i = 0; i < 2; i++)
    g_assert_cmpint (pthread_create (&threads[i], NULL, holder_main, &greedy), ==, 0);
  for (guint i = 0; i < 20; i++) {
    clip_pool_enter (greedy.pool, NULL);
    for (guint j = 0; j < 5; j++) {
      run_and_check (greedy.pool, i, 30);
      clip_pool_run (greedy.pool, work_task, &n_working, 10);
    }
    clip_pool_leave (greedy.pool);
    run_and_check (greedy.pool, i, 30);
  }
  while (!atomic_load (&greedy.n_sections))
    g_usleep (100);
  atomic_store (&greedy.stop, TRUE);
  for (guint i = 0; i < 2; i++)
    pthread_join (threads[i], NULL);
  clip_pool_unref (greedy.pool);

  ClipPool *one = clip_pool_get (1);
  clip_pool_enter (one, NULL);
  run_and_check (one, 1, 10);
  clip_pool_leave (one);
  clip_pool_unref (one);
}

/* ---- Waits that are cancelled -------------------------------------------------------------------------- */

/* One whose word was set gives its place up; those before and behind it keep theirs. The turn is this thread's all the
 * time: without the wake nobody would ever come back. */
typedef struct
{
  Queue *queue;
  guint number;
  gint cancel;
  gboolean has_entered;
} Cancelled;

static void *
cancelled_main (void *data)
{
  Cancelled *self = data;
  atomic_store (&self->queue->thread_id, gettid ());
  self->has_entered = clip_pool_enter (self->queue->pool, &self->cancel);
  if (self->has_entered) {
    self->queue->order[self->queue->n++] = self->number;
    clip_pool_leave (self->queue->pool);
  }
  return NULL;
}

static void
test_cancel_waiting (gconstpointer data)
{
  guint gone = GPOINTER_TO_UINT (data), n_there = 0;
  Queue queue = { .pool = clip_pool_get (2) };
  Cancelled waiting[4];
  pthread_t threads[4];
  g_assert_true (clip_pool_enter (queue.pool, NULL));
  for (guint i = 0; i < 4; i++) {
    waiting[i] = (Cancelled){ &queue, i, FALSE, FALSE };
    start_and_await_sleep (&queue, &threads[i], cancelled_main, &waiting[i]);
    if (i != 2)
      continue;
    g_atomic_int_set (&waiting[gone].cancel, TRUE);
    clip_pool_wake (queue.pool);
    pthread_join (threads[gone], NULL);
    g_assert_false (waiting[gone].has_entered);
  }
  clip_pool_leave (queue.pool);
  for (guint i = 0; i < 4; i++)
    if (i != gone) {
      pthread_join (threads[i], NULL);
      g_assert_true (waiting[i].has_entered);
    }
  g_assert_cmpuint (queue.n, ==, 3);
  for (guint i = 0; i < 4; i++)
    if (i != gone)
      g_assert_cmpuint (queue.order[n_there++], ==, i);
  run_and_check (queue.pool, 7, 30);
  clip_pool_unref (queue.pool);
}

typedef struct
{
  ClipPool *pool;
  gint cancel;
  _Atomic guint n_tasks;
} Holder;

static void
holder_task (gpointer data, guint task, guint worker)
{
  Holder *self = data;
  atomic_fetch_add (&self->n_tasks, 1);
}

static void *
cancelled_holder_main (void *data)
{
  Holder *self = data;
  g_assert_true (clip_pool_enter (self->pool, &self->cancel));
  while (!g_atomic_int_get (&self->cancel))
    clip_pool_run (self->pool, holder_task, self, 8);
  guint before = atomic_load (&self->n_tasks);
  clip_pool_run (self->pool, holder_task, self, 8); /* it has no turn to run them in */
  g_assert_cmpuint (atomic_load (&self->n_tasks), ==, before);
  clip_pool_leave (self->pool);
  return NULL;
}

/* Between two sections the turn went to this thread, which keeps it: a third one waits for it. */
static void
test_cancel_between (void)
{
  Holder holder = { .pool = clip_pool_get (2) };
  Queue queue = { .pool = holder.pool };
  Queued queued = { &queue, 0 };
  pthread_t thread, third;
  g_assert_cmpint (pthread_create (&thread, NULL, cancelled_holder_main, &holder), ==, 0);
  while (!atomic_load (&holder.n_tasks))
    g_usleep (100);
  g_assert_true (clip_pool_enter (holder.pool, NULL));
  g_atomic_int_set (&holder.cancel, TRUE);
  clip_pool_wake (holder.pool);
  pthread_join (thread, NULL);
  start_and_await_sleep (&queue, &third, queued_main, &queued);
  g_assert_cmpuint (queue.n, ==, 0);
  run_and_check (holder.pool, 3, 30);
  clip_pool_leave (holder.pool);
  pthread_join (third, NULL);
  g_assert_cmpuint (queue.n, ==, 1);
  run_and_check (holder.pool, 5, 30);
  clip_pool_unref (holder.pool);
}

/* ---- Life and death ------------------------------------------------------------------------------------ */

/* A thread that was joined leaves /proc a moment later. */
static void
wait_for_threads (guint expected)
{
  for (guint i = 0; i < 1000 && process_threads () != expected; i++)
    g_usleep (10000);
  g_assert_cmpuint (process_threads (), ==, expected);
}

static void
test_references (void)
{
  guint before = process_threads ();
  for (guint i = 0; i < 50; i++) {
    ClipPool *three = clip_pool_get (3), *two = clip_pool_get (2), *again = clip_pool_get (3);
    g_assert_true (three == again);
    g_assert_true (three != two);
    g_assert_cmpuint (process_threads (), >=, before + 3);
    clip_pool_unref (three);
    run_and_check (again, i, 20);
    clip_pool_unref (again);
    run_and_check (two, i, 20);
    clip_pool_unref (two);
    wait_for_threads (before);
  }
  clip_pool_unref (NULL);

  ClipPool *all = clip_pool_get (0), *counted = clip_pool_get (clip_cpu_count ());
  g_assert_true (all == counted);
  g_assert_cmpuint (clip_pool_n_threads (all), ==, clip_cpu_count ());
  clip_pool_unref (all);
  clip_pool_unref (counted);
  wait_for_threads (before);
}

static void *
churn_main (void *data)
{
  for (guint i = 0; i < 200; i++) {
    ClipPool *pool = clip_pool_get (2 + i % 2);
    run_and_check (pool, i, 9);
    clip_pool_unref (pool);
  }
  return NULL;
}

static void
test_churn (void)
{
  guint before = process_threads ();
  pthread_t threads[4];
  for (guint i = 0; i < 4; i++)
    g_assert_cmpint (pthread_create (&threads[i], NULL, churn_main, NULL), ==, 0);
  for (guint i = 0; i < 4; i++)
    pthread_join (threads[i], NULL);
  wait_for_threads (before);
}

/* The pool a child inherits has no threads there, and maybe a turn that nobody will pass on; one it gets anew has. */
static void
test_fork (void)
{
  Greedy greedy = { .pool = clip_pool_get (2) };
  pthread_t thread;
  g_assert_cmpint (pthread_create (&thread, NULL, greedy_main, &greedy), ==, 0);
  while (!atomic_load (&greedy.n_sections))
    g_usleep (100);
  for (guint i = 0; i < 20; i++) {
    if (i % 2)
      clip_pool_enter (greedy.pool, NULL);
    pid_t child = fork ();
    g_assert_cmpint (child, >=, 0);
    if (i % 2)
      clip_pool_leave (greedy.pool);
    if (child == 0) {
      alarm (60); /* a child that hangs dies of it */
      clip_pool_enter (greedy.pool, NULL);
      run_and_check (greedy.pool, 1, 100);
      clip_pool_leave (greedy.pool);
      g_assert_cmpuint (process_threads (), ==, 1);
#ifndef __SANITIZE_THREAD__ /* which knows no threads in a child of a process that had some */
      ClipPool *own = clip_pool_get (2);
      g_assert_true (own != greedy.pool);
      run_and_check (own, 2, 100);
      g_assert_cmpuint (process_threads (), ==, 2);
      clip_pool_unref (own);
#endif
      clip_pool_unref (greedy.pool);
      _exit (0);
    }
    int status;
    g_assert_cmpint (waitpid (child, &status, 0), ==, child);
    g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  }
  atomic_store (&greedy.stop, TRUE);
  pthread_join (thread, NULL);
  run_and_check (greedy.pool, 3, 100);
  clip_pool_unref (greedy.pool);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint n = 1; n <= MAX_THREADS; n++) {
    g_autofree char *path = g_strdup_printf ("/pool/every-task-once/%u", n);
    g_test_add_data_func (path, GUINT_TO_POINTER (n), test_every_task_once);
  }
  g_test_add_func ("/pool/tiny-jobs", test_tiny_jobs);
  g_test_add_func ("/pool/stealing", test_stealing);
  g_test_add_func ("/pool/runs", test_runs);
  g_test_add_func ("/pool/shared", test_shared);
  g_test_add_func ("/pool/order", test_order);
  g_test_add_func ("/pool/enter", test_enter);
  for (guint i = 0; i < 3; i++) {
    g_autofree char *path = g_strdup_printf ("/pool/cancel/waiting/%u", i);
    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_cancel_waiting);
  }
  g_test_add_func ("/pool/cancel/between", test_cancel_between);
  g_test_add_func ("/pool/references", test_references);
  g_test_add_func ("/pool/churn", test_churn);
  g_test_add_func ("/pool/fork", test_fork);
  return g_test_run ();
}
