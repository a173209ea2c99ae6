/* SPDX-License-Identifier: MIT
 *
 * pool.h: a few workers that split one loop; the calling thread takes part.
 *
 * Scope: short parallel sections (0.05 to 5 ms), some hundred per picture. A process has one pool per number of
 * threads, shared by all who ask for it: their sections take turns, so that however many contexts there are, no more
 * than that many threads work. Not for blocking work, nesting or priorities. Built on pthreads and C11 atomics alone,
 * so that ThreadSanitizer understands it.
 */
#ifndef CLIP_POOL_H
#define CLIP_POOL_H

#include <glib.h>

typedef struct _ClipPool ClipPool;

/* task: 0..n_tasks-1; worker: 0..n_threads-1, for per-worker scratch (the caller is 0). */
typedef void (*ClipTask) (gpointer data, guint task, guint worker);

/* A reference to the pool of n_threads threads, the caller counted; 0 = clip_cpu_count(). Its threads start with the
 * first reference and have ended when the last unref returns. Where a thread cannot be started the pool is that much
 * smaller. NULL when there is no memory for one. Any thread. */
ClipPool *clip_pool_get (guint n_threads);
void clip_pool_unref (ClipPool *self); /* NULL is allowed */
guint clip_pool_n_threads (const ClipPool *self);

/* CPU time that the pool's threads and the calling one have taken so far, in nanoseconds. */
gint64 clip_pool_cpu_time (const ClipPool *self);

/* Runs task (data, 0..n_tasks-1, worker), each index once, and returns when all are done. What they wrote is visible to
 * the caller, and what it wrote was visible to them. Neighbouring indices mostly run one after another on one thread,
 * in rising order, so that a task may prefetch what the next one reads; which thread runs which is left open. Any
 * thread, several at once: they take turns, first come, first served. A pool of one thread has no turns: each caller
 * runs its own tasks, and so does the caller that passes NULL for one. In a child process that inherited the pool by
 * fork() the caller runs them all. */
void clip_pool_run (ClipPool *self, ClipTask task, gpointer data, guint n_tasks);

/* Sections that belong together, such as those of one picture: in between the caller keeps its turn from section to
 * section, though not for long while others wait (TURN_US), because a handover can cost as much as a section.
 * Not nested, and one pool at a time per thread; clip_pool_run() works without them.
 * cancel: NULL, or a word that ends every wait for a turn once it is set and clip_pool_wake() was called: then this
 * returns FALSE, with no turn and nothing to leave, or clip_pool_run() runs nothing more until clip_pool_leave(). So
 * look at the word before using what tasks made. */
gboolean clip_pool_enter (ClipPool *self, const gint *cancel);
void clip_pool_leave (ClipPool *self);

/* Has those who wait for their turns look at their words. Any thread. */
void clip_pool_wake (ClipPool *self);

static inline gboolean
clip_is_cancelled (const gint *cancel)
{
  return cancel && __atomic_load_n (cancel, __ATOMIC_RELAXED);
}

#endif
