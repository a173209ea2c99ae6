/* SPDX-License-Identifier: MIT
 *
 * failalloc.h: makes the n-th of a test program's larger allocations fail, its malloc, calloc, realloc, posix_memalign,
 * aligned_alloc, mmap and pthread_create standing before libc's. For one file of a program; glibc only. Smaller ones
 * than `fail_from` always succeed: GLib ends the process where it cannot have what its own small things take. Under
 * valgrind and the sanitizers, which own malloc, only mmap and pthread_create are seen, or none.
 */
#ifndef FAILALLOC_H
#define FAILALLOC_H

#include <dlfcn.h>
#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

/* Shared with a child by test_fail_share(). */
typedef struct
{
  gint n;           /* allocations so far */
  gint fail_at;     /* 1 = the first; 0 = none */
  const char *kind; /* of the one that failed */
  gsize size;
} FailAlloc;

static FailAlloc fail_none;
static FailAlloc *fail_state = &fail_none;
static gsize fail_from = 4096;
/* NULL, or which of them count: caller is where the shim returns to. */
static gboolean (*fail_counts) (const void *caller);

static inline gboolean
fail_now (const char *kind, gsize size, const void *caller)
{
  if (size < fail_from || !fail_state->fail_at || (fail_counts && !fail_counts (caller))
      || g_atomic_int_add (&fail_state->n, 1) + 1 != fail_state->fail_at)
    return FALSE;
  fail_state->kind = kind;
  fail_state->size = size;
  errno = ENOMEM;
  return TRUE;
}

#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
#define FAIL_PUBLIC __attribute__ ((visibility ("default")))
FAIL_PUBLIC void *malloc (size_t size);
FAIL_PUBLIC void *calloc (size_t n, size_t size);
FAIL_PUBLIC void *realloc (void *old, size_t size);
FAIL_PUBLIC int posix_memalign (void **ret, size_t alignment, size_t size);
FAIL_PUBLIC void *aligned_alloc (size_t alignment, size_t size);
FAIL_PUBLIC void *mmap (void *address, size_t size, int protection, int flags, int fd, off_t offset);
FAIL_PUBLIC int pthread_create (pthread_t *ret, const pthread_attr_t *attributes, void *(*start) (void *), void *data);

extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t n, size_t size);
extern void *__libc_realloc (void *old, size_t size);
extern void *__libc_memalign (size_t alignment, size_t size);

void *
malloc (size_t size)
{
  return fail_now ("malloc", size, __builtin_return_address (0)) ? NULL : __libc_malloc (size);
}

void *
calloc (size_t n, size_t size)
{
  return fail_now ("calloc", n * size, __builtin_return_address (0)) ? NULL : __libc_calloc (n, size);
}

void *
realloc (void *old, size_t size)
{
  return fail_now ("realloc", size, __builtin_return_address (0)) ? NULL : __libc_realloc (old, size);
}

int
posix_memalign (void **ret, size_t alignment, size_t size)
{
  if (fail_now ("posix_memalign", size, __builtin_return_address (0)))
    return ENOMEM;
  *ret = __libc_memalign (alignment, size);
  return *ret ? 0 : ENOMEM;
}

void *
aligned_alloc (size_t alignment, size_t size)
{
  return fail_now ("aligned_alloc", size, __builtin_return_address (0)) ? NULL : __libc_memalign (alignment, size);
}

void *
mmap (void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
  return fail_now ("mmap", size, __builtin_return_address (0))
             ? MAP_FAILED
             : (void *)syscall (SYS_mmap, address, size, protection, flags, fd, offset);
}

int
pthread_create (pthread_t *ret, const pthread_attr_t *attributes, void *(*start) (void *), void *data)
{
  static int (*next) (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  if (!next)
    next = dlsym (RTLD_NEXT, "pthread_create");
  return fail_now ("pthread_create", G_MAXSIZE, __builtin_return_address (0)) ? EAGAIN
                                                                              : next (ret, attributes, start, data);
}
#endif

/* Before a fork(): the child's state can be read by the parent. */
static inline void
test_fail_share (void)
{
  void *memory
      = (void *)syscall (SYS_mmap, NULL, sizeof (FailAlloc), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  g_assert_true (memory != MAP_FAILED);
  fail_state = memory;
}

/* How a child ends; what follows are faults, which a test names. */
enum
{
  FAIL_DONE, /* the n-th was not reached */
  FAIL_REFUSED,
  FAIL_SURVIVED, /* done without it */
  FAIL_FAULTS
};

typedef int (*FailChild) (gconstpointer data, guint n);

/* In a process of its own; G_MAXUINT when something killed it. */
static inline guint
test_fail_run (FailChild child, gconstpointer data, guint n)
{
  int status;
  pid_t pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    process_end_child (child (data, n));
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  return WIFEXITED (status) ? (guint)WEXITSTATUS (status) : G_MAXUINT;
}

/* For n = 1, 1 + step, … until a child is done. faults: n_faults names. */
static inline void
test_fail_sweep (FailChild child, gconstpointer data, guint step, const char *const *faults, guint n_faults)
{
  guint counts[FAIL_FAULTS] = { 0 }, n_bad = 0;
  for (guint n = 1; n < 100000 && !counts[FAIL_DONE]; n += step) {
    guint end = test_fail_run (child, data, n);
    if (end < FAIL_FAULTS) {
      counts[end]++;
      continue;
    }
    n_bad++;
    g_printerr ("allocation %u, a %s of %" G_GSIZE_FORMAT " bytes: %s\n", n, fail_state->kind, fail_state->size,
        end - FAIL_FAULTS < n_faults ? faults[end - FAIL_FAULTS] : "killed");
  }
  g_test_message (
      "%u failures, %u of them survived", counts[FAIL_REFUSED] + counts[FAIL_SURVIVED] + n_bad, counts[FAIL_SURVIVED]);
  g_assert_cmpuint (n_bad, ==, 0);
  g_assert_cmpuint (counts[FAIL_DONE], ==, 1);
  if (counts[FAIL_REFUSED] == 0)
    g_test_skip ("malloc is a sanitizer's or valgrind's");
}

#endif
