/* SPDX-License-Identifier: MIT
 *
 * process.h: what this process uses, as Linux tells it.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <glib.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Resident memory in MB of 1,000,000 bytes. */
static inline double
process_rss (void)
{
  unsigned long pages = 0;
  FILE *file = fopen ("/proc/self/statm", "r");
  if (!file || fscanf (file, "%*u %lu", &pages) != 1)
    g_error ("/proc/self/statm cannot be read");
  fclose (file);
  return (double)pages * (double)sysconf (_SC_PAGESIZE) / 1e6;
}

static inline guint
process_count_entries (const char *path)
{
  guint n = 0;
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  if (!dir)
    g_error ("%s cannot be read", path);
  while (g_dir_read_name (dir))
    n++;
  return n;
}

/* One of them is the folder that is being read. */
static inline guint
process_fds (void)
{
  return process_count_entries ("/proc/self/fd") - 1;
}

static inline guint
process_threads (void)
{
  return process_count_entries ("/proc/self/task");
}

/* Seconds of CPU time, all threads'. */
static inline double
process_cpu_time (void)
{
  struct rusage usage;
  getrusage (RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
         + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static inline gint64
process_clock_ns (clockid_t clock)
{
  struct timespec time;
  clock_gettime (clock, &time);
  return (gint64)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Whether a thread of this name is there. */
static inline gboolean
process_has_thread (const char *name)
{
  gboolean found = FALSE;
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const char *task;
  while (tasks && !found && (task = g_dir_read_name (tasks))) {
    g_autofree char *path = g_build_filename ("/proc/self/task", task, "comm", NULL);
    g_autofree char *comm = NULL; /* the thread may have ended meanwhile */
    found = g_file_get_contents (path, &comm, NULL, NULL) && g_str_equal (g_strchomp (comm), name);
  }
  return found;
}

/* Has threads that GLib's pools keep for later end, and gives back memory that nobody uses: what is left is in use.
 * Returns the number of threads once it is `threads` or less, or, where that is 0, has been the same for a while; or
 * after ten seconds. */
static inline guint
process_settle (guint threads)
{
  guint now = 0, same = 0;
  for (guint i = 0; i < 1000; i++) {
    g_thread_pool_stop_unused_threads ();
    guint before = now;
    now = process_threads ();
    same = now == before ? same + 1 : 0;
    if (threads ? now <= threads : same >= 10)
      break;
    g_usleep (10000);
  }
  malloc_trim (0);
  return now;
}

/* Ends a child at once. What it has run counts for tests/coverage.sh, which _exit() leaves out. */
#ifdef TEST_COVERAGE
void __gcov_dump (void);
#endif
static inline void
process_end_child (int status)
{
#ifdef TEST_COVERAGE
  __gcov_dump ();
#endif
  _exit (status);
}

/* All threads but this one sleep. */
static inline gboolean
process_is_quiet (void)
{
  gboolean quiet = TRUE;
  g_autofree char *own = g_strdup_printf ("%d", (int)getpid ()); /* the main thread's number, too */
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  g_assert_nonnull (tasks);
  for (const char *task; (task = g_dir_read_name (tasks));) {
    g_autofree char *path = g_build_filename ("/proc/self/task", task, "stat", NULL), *stat = NULL;
    if (g_str_equal (task, own) || !g_file_get_contents (path, &stat, NULL, NULL))
      continue;
    const char *state = strrchr (stat, ')'); /* behind its name */
    quiet = quiet && state && g_str_has_prefix (state, ") S");
  }
  return quiet;
}

/* Does the work in n children at once, each of which is to return 0 from it. They free the folder's name, so that they
 * do not lose it, as valgrind would have it. Of the main thread, and not before the others sleep: AddressSanitizer's
 * allocator stays locked in the child if another thread allocates meanwhile, as one that has just begun does. */
static inline void
process_fork (guint n, int (*work) (const char *folder), char *folder)
{
  pid_t children[8];
  g_assert_cmpuint (n, <=, G_N_ELEMENTS (children));
  while (!process_is_quiet ())
    g_usleep (1000);
  for (guint i = 0; i < n; i++) {
    children[i] = fork ();
    g_assert_cmpint (children[i], >=, 0);
    if (children[i] == 0) {
      int status = work (folder);
      g_free (folder);
      process_end_child (status);
    }
  }
  for (guint i = 0; i < n; i++) {
    int status;
    g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
    g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  }
}

#endif
