/* SPDX-License-Identifier: MIT
 *
 * cpu-count.h: how many CPUs this process may use. Looked up anew on every call: masks and quotas change while a
 * process runs.
 */
#ifndef CLIP_CPU_COUNT_H
#define CLIP_CPU_COUNT_H

#include <glib.h>

#define CLIP_CPU_COUNT_NO_LIMIT G_MAXUINT

/* The CPUs in the calling thread's affinity mask, or as many as the cgroup's quota pays for where that is fewer. At
 * least 1. */
guint clip_cpu_count (void);

/* The CPU time that the tightest of this process's cgroup and its ancestors may use, in CPUs, rounded up; at least 1,
 * or CLIP_CPU_COUNT_NO_LIMIT. `root` is put before /proc/self/cgroup and /sys/fs/cgroup ("" = the real ones). Whatever
 * does not read as the kernel writes it (see cgroups(7)) sets no limit. */
guint clip_cpu_count_quota (const char *root);

#endif
