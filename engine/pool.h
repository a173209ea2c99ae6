/* SPDX-License-Identifier: MIT
 *
 * pool.h: a few workers that split one loop; the calling thread takes part.
 *
 * Scope: short parallel sections (0.05 to 5 ms), some hundred per picture, from one caller at a time. Tasks are claimed
 * one by one, so a core that something else keeps busy simply claims fewer. Not for blocking work, nesting or
 * priorities. Built on pthreads and C11 atomics alone, so that ThreadSanitizer understands it.
 */
#ifndef CLIP_POOL_H
#define CLIP_POOL_H

#include <glib.h>

typedef struct _ClipPool ClipPool;

/* task: 0..n_tasks-1; worker: 0..n_threads-1, for per-worker scratch (the caller is 0). */
typedef void (*ClipTask) (gpointer data, guint task, guint worker);

/* n_threads counts the caller; 0 = the CPUs this process may use (affinity mask). Where a thread cannot be started the
 * pool is that much smaller. */
ClipPool *clip_pool_new (guint n_threads);
void clip_pool_free (ClipPool *self);
guint clip_pool_n_threads (const ClipPool *self);

/* Returns when all tasks are done. What they wrote is visible to the caller, and what it wrote was visible to them. */
void clip_pool_run (ClipPool *self, ClipTask task, gpointer data, guint n_tasks);

#endif
