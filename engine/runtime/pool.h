/* SPDX-License-Identifier: MIT
 *
 * pool.h: a thread pool that splits one loop among a few workers and the calling thread.
 *
 * Scope: short parallel sections (0.05 to 5 ms), some hundred per picture. A process has one pool per number of
 * threads, shared by all its users: their sections take turns, so that no more than that many threads work however many
 * contexts there are. Not for blocking work, nesting or priorities. Built on pthreads and C11 atomics alone, which
 * ThreadSanitizer understands.
 */
#ifndef CLIP_POOL_H
#define CLIP_POOL_H

#include <glib.h>

typedef struct _ClipPool ClipPool;

/* task: 0..n_tasks-1; worker: 0..n_threads-1, to select per-worker scratch (the caller is 0). */
typedef void (*ClipTask) (gpointer data, guint task, guint worker);

/* A reference to the pool of n_threads threads, including the caller; 0 = clip_cpu_count(). Its threads start with the
 * first reference and have ended when the last unref returns. If a thread cannot be started, the pool is smaller. NULL
 * when memory runs out. Any thread. */
ClipPool *clip_pool_get (guint n_threads);
void clip_pool_unref (ClipPool *self); /* NULL is allowed */
guint clip_pool_n_threads (const ClipPool *self);

/* The CPU time of the pool's threads and the calling one so far, in nanoseconds. */
gint64 clip_pool_cpu_time (const ClipPool *self);

/* Runs task (data, 0..n_tasks-1, worker), each index once, and returns when all are done. The tasks see the caller's
 * writes, and the caller theirs. Neighbouring indices mostly run one after another on one thread, in rising order, so a
 * task may prefetch for the next one; which thread runs which is unspecified. Any thread, several at once: they take
 * turns, first come, first served. Without turns, the caller runs all tasks itself: if the pool has one thread or is
 * NULL, and in a child process that inherited the pool by fork(). */
void clip_pool_run (ClipPool *self, ClipTask task, gpointer data, guint n_tasks);

/* Bracket sections that belong together, such as those of one picture: the caller keeps its turn from section to
 * section, though not for long while others wait (TURN_US), because a handover can cost as much as a section.
 * Not nested, and one pool at a time per thread; clip_pool_run() works without them.
 * cancel: NULL, or a flag. Once it is set and clip_pool_wake() was called, every wait for a turn ends: either this
 * returns FALSE, with no turn and nothing to leave, or clip_pool_run() runs nothing more until clip_pool_leave(). So
 * check the flag before using the tasks' results. */
gboolean clip_pool_enter (ClipPool *self, const gint *cancel);
void clip_pool_leave (ClipPool *self);

/* Makes callers that wait for their turns check their cancel flags. Any thread. */
void clip_pool_wake (ClipPool *self);

static inline gboolean
clip_is_cancelled (const gint *cancel)
{
  return cancel && __atomic_load_n (cancel, __ATOMIC_RELAXED);
}

#endif
