/* SPDX-License-Identifier: MIT
 *
 * cpu-count.h: the number of CPUs that this process may use. Determined on every call, because masks and quotas change
 * while a process runs. Any thread.
 */
#ifndef CLIP_CPU_COUNT_H
#define CLIP_CPU_COUNT_H

#include <glib.h>

#define CLIP_CPU_COUNT_NO_LIMIT G_MAXUINT

/* The number of CPUs in the calling thread's affinity mask, or the cgroup's quota if that is lower. At least 1. */
guint clip_cpu_count (void);

/* The lowest CPU quota of this process's cgroup and its ancestors, in CPUs, rounded up; at least 1, or
 * CLIP_CPU_COUNT_NO_LIMIT. root: prefix of /proc/self/cgroup and /sys/fs/cgroup ("" = the real ones). Files that are
 * not in the kernel's format (see cgroups(7)) set no limit. */
guint clip_cpu_count_quota (const char *root);

#endif
