/* SPDX-License-Identifier: MIT
 *
 * cpu-count.c: see cpu-count.h. No state; any thread.
 *
 * cgroups are searched where systemd and the container engines mount them. Inside a container /proc/self/cgroup may
 * name a folder that only the host sees; then the mount point itself is the container's own cgroup, which is always
 * read, as the last ancestor.
 */
#include "runtime/cpu-count.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#define MOUNT    "/sys/fs/cgroup"
#define MAX_TEXT (64 * 1024) /* /proc/self/cgroup: a dozen paths of at most 4 KiB */
#define MAX_PATH 4096
#define MAX_CPUS (1 << 20)

/* The file's text; NULL where it is missing, longer than MAX_TEXT, or no text. Does not wait for anyone to write it. */
static char *
read_small_file (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0)
    return NULL;
  g_autofree char *text = g_try_malloc (MAX_TEXT + 1);
  gsize length = 0;
  gssize n = 1;
  while (text && (n = read (fd, text + length, MAX_TEXT - length)) != 0 && length < MAX_TEXT) {
    if (n > 0)
      length += (gsize)n;
    else if (errno != EINTR)
      break;
  }
  close (fd);
  if (!text)
    return NULL;
  text[length] = 0;
  if (n != 0 || length == MAX_TEXT || strlen (text) != length)
    return NULL;
  return g_steal_pointer (&text);
}

/* A positive decimal number and nothing else than `end` after it. */
static gboolean
read_number (const char **text, char end, guint64 *ret)
{
  char *after;
  if (!g_ascii_isdigit (**text))
    return FALSE;
  errno = 0;
  *ret = g_ascii_strtoull (*text, &after, 10);
  if (errno || *ret == 0 || *after != end)
    return FALSE;
  *text = after + 1;
  return TRUE;
}

static guint
round_quota_up (guint64 quota, guint64 period)
{
  guint64 cpus = (quota - 1) / period + 1;
  return cpus < CLIP_CPU_COUNT_NO_LIMIT ? (guint)cpus : CLIP_CPU_COUNT_NO_LIMIT;
}

/* "QUOTA PERIOD\n", or "max PERIOD\n" for none. */
static guint
read_quota_v2 (const char *folder)
{
  g_autofree char *path = g_strconcat (folder, "/cpu.max", NULL);
  g_autofree char *text = read_small_file (path);
  const char *rest = text;
  guint64 quota, period;
  if (!rest || !read_number (&rest, ' ', &quota) || !read_number (&rest, '\n', &period) || *rest)
    return CLIP_CPU_COUNT_NO_LIMIT;
  return round_quota_up (quota, period);
}

/* One number a file; a quota of -1 is none. */
static guint
read_quota_v1 (const char *folder)
{
  g_autofree char *quota_path = g_strconcat (folder, "/cpu.cfs_quota_us", NULL);
  g_autofree char *period_path = g_strconcat (folder, "/cpu.cfs_period_us", NULL);
  g_autofree char *quota_text = read_small_file (quota_path), *period_text = read_small_file (period_path);
  const char *quota_rest = quota_text, *period_rest = period_text;
  guint64 quota, period;
  if (!quota_rest || !period_rest || !read_number (&quota_rest, '\n', &quota) || *quota_rest
      || !read_number (&period_rest, '\n', &period) || *period_rest)
    return CLIP_CPU_COUNT_NO_LIMIT;
  return round_quota_up (quota, period);
}

/* The least over MOUNTPOINT/PATH and every folder above it, down to the mount point. */
static guint
tightest_quota (const char *root, const char *mount, const char *path, guint (*quota_of) (const char *folder))
{
  gboolean inside = strlen (path) < MAX_PATH && !strstr (path, "/..");
  g_autofree char *folder = g_strconcat (root, mount, inside ? path : "", NULL);
  char *mount_end = folder + strlen (root) + strlen (mount);
  guint least = CLIP_CPU_COUNT_NO_LIMIT;
  for (;;) {
    least = MIN (least, quota_of (folder));
    char *slash = strrchr (mount_end, '/');
    if (!slash)
      return least;
    *slash = 0;
  }
}

static gboolean
has_controller (const char *list, const char *wanted)
{
  g_auto (GStrv) controllers = g_strsplit (list, ",", -1);
  return g_strv_contains ((const char *const *)controllers, wanted);
}

guint
clip_cpu_count_quota (const char *root)
{
  g_autofree char *path = g_strconcat (root, "/proc/self/cgroup", NULL);
  g_autofree char *text = read_small_file (path);
  guint least = CLIP_CPU_COUNT_NO_LIMIT;
  if (!text)
    return least;

  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line; line++) {
    g_auto (GStrv) fields = g_strsplit (*line, ":", 3); /* hierarchy:controllers:path */
    if (g_strv_length (fields) != 3 || fields[2][0] != '/' || strchr (fields[1], '/'))
      continue;
    if (strcmp (fields[0], "0") == 0 && !*fields[1]) {
      least = MIN (least, tightest_quota (root, MOUNT, fields[2], read_quota_v2));
      least = MIN (least, tightest_quota (root, MOUNT "/unified", fields[2], read_quota_v2));
    } else if (has_controller (fields[1], "cpu")) {
      g_autofree char *mount = g_strconcat (MOUNT "/", fields[1], NULL);
      least = MIN (least, tightest_quota (root, mount, fields[2], read_quota_v1));
      least = MIN (least, tightest_quota (root, MOUNT "/cpu", fields[2], read_quota_v1));
    }
  }
  return least;
}

/* The kernel refuses a mask smaller than its own. */
static guint
affinity_cpus (void)
{
  for (int cpus = CPU_SETSIZE; cpus <= MAX_CPUS; cpus *= 2) {
    cpu_set_t *set = CPU_ALLOC (cpus);
    gsize size = CPU_ALLOC_SIZE (cpus);
    gboolean found = set && sched_getaffinity (0, size, set) == 0;
    gboolean small = !found && errno == EINVAL;
    guint count = found ? (guint)CPU_COUNT_S (size, set) : 0;
    CPU_FREE (set);
    if (found)
      return count;
    if (!small)
      break;
  }
  return g_get_num_processors ();
}

guint
clip_cpu_count (void)
{
  return MAX (1, MIN (affinity_cpus (), clip_cpu_count_quota ("")));
}
