/* SPDX-License-Identifier: MIT
 *
 * countalloc.h: counts a test program's allocations: its malloc, calloc and posix_memalign stand before libc's. For one
 * file of a program. The counters stay 0 under valgrind and the sanitizers, which own malloc.
 */
#ifndef COUNTALLOC_H
#define COUNTALLOC_H

#include <dlfcn.h>
#include <glib.h>

static volatile gint n_allocations;     /* calls */
static gsize n_allocated G_GNUC_UNUSED; /* bytes; only roughly right while several threads allocate */

#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
void *malloc (size_t size) __attribute__ ((visibility ("default")));
void *calloc (size_t n, size_t size) __attribute__ ((visibility ("default")));
int posix_memalign (void **ret, size_t alignment, size_t size) __attribute__ ((visibility ("default")));

void *
malloc (size_t size)
{
  static void *(*next) (size_t);
  if (!next)
    next = dlsym (RTLD_NEXT, "malloc");
  g_atomic_int_inc (&n_allocations);
  n_allocated += size;
  return next (size);
}

void *
calloc (size_t n, size_t size)
{
  static void *(*next) (size_t, size_t);
  if (!next)
    next = dlsym (RTLD_NEXT, "calloc");
  g_atomic_int_inc (&n_allocations);
  n_allocated += n * size;
  return next (n, size);
}

int
posix_memalign (void **ret, size_t alignment, size_t size)
{
  static int (*next) (void **, size_t, size_t);
  if (!next)
    next = dlsym (RTLD_NEXT, "posix_memalign");
  g_atomic_int_inc (&n_allocations);
  n_allocated += size;
  return next (ret, alignment, size);
}
#endif

#endif
