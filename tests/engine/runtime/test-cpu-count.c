/* SPDX-License-Identifier: MIT
 *
 * test-cpu-count.c: the affinity mask, and quotas read from made-up trees of /proc and /sys.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/cpu-count.h"
#include "tempfolder.h"

typedef struct
{
  const char *path; /* below the root */
  const char *text;
} File;

typedef struct
{
  const char *name;
  guint expected; /* 0 = no limit */
  File files[8];
} Case;

#define CGROUP "/proc/self/cgroup"
#define SYS    "/sys/fs/cgroup"

static const Case cases[] = {
  { "nothing-at-all", 0, { { NULL } } },
  { "v2", 2, { { CGROUP, "0::/a.slice\n" }, { SYS "/a.slice/cpu.max", "200000 100000\n" } } },
  { "v2-rounds-up", 3, { { CGROUP, "0::/a\n" }, { SYS "/a/cpu.max", "200001 100000\n" } } },
  { "v2-less-than-one", 1, { { CGROUP, "0::/a\n" }, { SYS "/a/cpu.max", "1000 100000\n" } } },
  { "v2-max", 0, { { CGROUP, "0::/a\n" }, { SYS "/a/cpu.max", "max 100000\n" } } },
  { "v2-root", 4, { { CGROUP, "0::/\n" }, { SYS "/cpu.max", "400000 100000\n" } } },
  { "v2-ancestor", 2,
      { { CGROUP, "0::/a/b/c\n" }, { SYS "/a/b/c/cpu.max", "max 100000\n" }, { SYS "/a/cpu.max", "150000 100000\n" },
          { SYS "/cpu.max", "900000 100000\n" } } },
  { "v2-own-is-tighter", 1,
      { { CGROUP, "0::/a/b\n" }, { SYS "/a/b/cpu.max", "50000 50000\n" }, { SYS "/a/cpu.max", "300000 100000\n" } } },
  { "v2-neighbour", 0, { { CGROUP, "0::/a\n" }, { SYS "/ab/cpu.max", "100000 100000\n" } } },
  { "v2-host-path", 3, { { CGROUP, "0::/docker/0123\n" }, { SYS "/cpu.max", "300000 100000\n" } } },
  { "v2-outside", 2, { { CGROUP, "0::/../x\n" }, { SYS "/cpu.max", "200000 100000\n" }, { "/x/cpu.max", "1 1\n" } } },
  { "v2-deleted", 2, { { CGROUP, "0::/a/b (deleted)\n" }, { SYS "/a/cpu.max", "200000 100000\n" } } },
  { "v2-colon-in-path", 2, { { CGROUP, "0::/a:b\n" }, { SYS "/a:b/cpu.max", "200000 100000\n" } } },
  { "v2-unified", 2, { { CGROUP, "1:cpu:/\n0::/a\n" }, { SYS "/unified/a/cpu.max", "200000 100000\n" } } },
  { "v1", 2,
      { { CGROUP, "5:memory:/m\n4:cpu,cpuacct:/a\n" }, { SYS "/cpu,cpuacct/a/cpu.cfs_quota_us", "120000\n" },
          { SYS "/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n" }, { SYS "/memory/m/cpu.max", "1 1\n" } } },
  { "v1-alone", 5,
      { { CGROUP, "4:cpu:/a/b\n" }, { SYS "/cpu/a/cpu.cfs_quota_us", "250000\n" },
          { SYS "/cpu/a/cpu.cfs_period_us", "50000\n" } } },
  { "v1-other-order", 3,
      { { CGROUP, "4:cpuacct,cpu:/a\n" }, { SYS "/cpu/cpu.cfs_quota_us", "3\n" },
          { SYS "/cpu/cpu.cfs_period_us", "1\n" } } },
  { "v1-none", 0,
      { { CGROUP, "4:cpu:/\n" }, { SYS "/cpu/cpu.cfs_quota_us", "-1\n" },
          { SYS "/cpu/cpu.cfs_period_us", "100000\n" } } },
  { "v1-no-period", 0, { { CGROUP, "4:cpu:/\n" }, { SYS "/cpu/cpu.cfs_quota_us", "100000\n" } } },
  { "v1-cpuset", 0,
      { { CGROUP, "4:cpuset:/\n" }, { SYS "/cpuset/cpu.cfs_quota_us", "1\n" },
          { SYS "/cpuset/cpu.cfs_period_us", "1\n" } } },
  { "both", 2,
      { { CGROUP, "4:cpu:/a\n0::/a\n" }, { SYS "/cpu/a/cpu.cfs_quota_us", "400000\n" },
          { SYS "/cpu/a/cpu.cfs_period_us", "100000\n" }, { SYS "/a/cpu.max", "200000 100000\n" } } },
  { "largest", G_MAXUINT - 1, { { CGROUP, "0::/\n" }, { SYS "/cpu.max", "4294967294 1\n" } } },
  { "too-large", 0, { { CGROUP, "0::/\n" }, { SYS "/cpu.max", "18446744073709551615 1\n" } } },
  { "overflow", 0, { { CGROUP, "0::/\n" }, { SYS "/cpu.max", "18446744073709551616 100000\n" } } },
  { "zero-quota", 0, { { CGROUP, "0::/\n" }, { SYS "/cpu.max", "0 100000\n" } } },
  { "zero-period", 0, { { CGROUP, "0::/\n" }, { SYS "/cpu.max", "100000 0\n" } } },
  { "negative", 0, { { CGROUP, "0::/\n" }, { SYS "/cpu.max", "-100000 100000\n" } } },
  { "plus", 0, { { CGROUP, "0::/\n" }, { SYS "/cpu.max", "+100000 100000\n" } } },
  { "fraction", 0, { { CGROUP, "0::/\n" }, { SYS "/cpu.max", "1.5 1\n" } } },
  { "hexadecimal", 0, { { CGROUP, "0::/\n" }, { SYS "/cpu.max", "0x10 1\n" } } },
  { "one-number", 0, { { CGROUP, "0::/\n" }, { SYS "/cpu.max", "100000\n" } } },
  { "three-numbers", 0, { { CGROUP, "0::/\n" }, { SYS "/cpu.max", "100000 100000 1\n" } } },
  { "two-blanks", 0, { { CGROUP, "0::/\n" }, { SYS "/cpu.max", "100000  100000\n" } } },
  { "two-lines", 0, { { CGROUP, "0::/\n" }, { SYS "/cpu.max", "100000 100000\n1 1\n" } } },
  { "empty-quota", 0, { { CGROUP, "0::/\n" }, { SYS "/cpu.max", "" } } },
  { "empty-cgroup", 0, { { CGROUP, "" }, { SYS "/cpu.max", "1 1\n" } } },
  { "no-path", 0, { { CGROUP, "0::\n" }, { SYS "/cpu.max", "1 1\n" } } },
  { "relative-path", 0, { { CGROUP, "0::a\n" }, { SYS "/cpu.max", "1 1\n" }, { SYS "a/cpu.max", "1 1\n" } } },
  { "no-colons", 0, { { CGROUP, "0 /\n\n::::\n:\n" }, { SYS "/cpu.max", "1 1\n" } } },
  { "controllers-climb", 0,
      { { CGROUP, "1:cpu,/../..:/\n" }, { SYS "/cpu.max", "1 1\n" }, { "/sys/cpu.cfs_quota_us", "1\n" },
          { "/sys/cpu.cfs_period_us", "1\n" } } },
  { "bad-line-before", 2, { { CGROUP, "junk\n0::/a\n" }, { SYS "/a/cpu.max", "200000 100000\n" } } },
};

static char *root;

static void
write_file (const char *path, const char *text, gssize length)
{
  GError *error = NULL;
  g_autofree char *full = g_strconcat (root, path, NULL), *folder = g_path_get_dirname (full);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_file_set_contents (full, text, length, &error);
  g_assert_no_error (error);
}

static void
make_root (void)
{
  root = test_temporary_folder ();
}

static void
drop_root (void)
{
  test_remove_folder (root);
  g_clear_pointer (&root, g_free);
}

static void
test_quota (gconstpointer data)
{
  const Case *test = data;
  make_root ();
  for (const File *file = test->files; file->path; file++)
    write_file (file->path, file->text, -1);
  g_assert_cmpuint (clip_cpu_count_quota (root), ==, test->expected ? test->expected : CLIP_CPU_COUNT_NO_LIMIT);
  drop_root ();
}

/* Not text, too long, not files: no limit, and no waiting. */
static void
test_not_text (void)
{
  make_root ();
  g_autofree char *max = g_strconcat (root, SYS "/cpu.max", NULL);
  g_autofree char *cgroup = g_strconcat (root, CGROUP, NULL);
  write_file (CGROUP, "0::/\n", -1);
  write_file (SYS "/cpu.max", "1 1\n\0junk", 9);
  g_assert_cmpuint (clip_cpu_count_quota (root), ==, CLIP_CPU_COUNT_NO_LIMIT);
  g_assert_cmpint (g_remove (max), ==, 0);
  g_assert_cmpint (g_mkdir (max, 0700), ==, 0);
  g_assert_cmpuint (clip_cpu_count_quota (root), ==, CLIP_CPU_COUNT_NO_LIMIT);
  g_assert_cmpint (g_remove (max), ==, 0);
  g_assert_cmpint (mkfifo (max, 0600), ==, 0);
  g_assert_cmpuint (clip_cpu_count_quota (root), ==, CLIP_CPU_COUNT_NO_LIMIT);
  g_assert_cmpint (g_remove (max), ==, 0);
  write_file (SYS "/cpu.max", "1 1\n", -1);
  g_assert_cmpuint (clip_cpu_count_quota (root), ==, 1);

  /* A deep path is walked to the top; one longer than any path, or a file without end, is not. */
  g_autoptr (GString) text = g_string_new ("0::");
  for (guint i = 0; i < 2000; i++)
    g_string_append (text, "/d");
  g_string_append (text, "\n");
  write_file (CGROUP, text->str, -1);
  g_assert_cmpuint (clip_cpu_count_quota (root), ==, 1);
  while (text->len < 1 << 20)
    g_string_append (text, "0::/\n");
  write_file (CGROUP, text->str, -1);
  g_assert_cmpuint (clip_cpu_count_quota (root), ==, CLIP_CPU_COUNT_NO_LIMIT);
  g_assert_cmpint (g_remove (cgroup), ==, 0);
  g_assert_cmpint (symlink ("/dev/zero", cgroup), ==, 0);
  g_assert_cmpuint (clip_cpu_count_quota (root), ==, CLIP_CPU_COUNT_NO_LIMIT);
  drop_root ();
}

static void
test_affinity (void)
{
  cpu_set_t before, one;
  g_assert_cmpint (sched_getaffinity (0, sizeof before, &before), ==, 0);
  g_assert_cmpuint (clip_cpu_count (), >=, 1);
  g_assert_cmpuint (clip_cpu_count (), <=, (guint)CPU_COUNT (&before));
  guint quota = clip_cpu_count_quota ("");
  g_assert_cmpuint (clip_cpu_count (), ==, MIN (quota, (guint)CPU_COUNT (&before)));

  guint cpu = 0;
  while (!CPU_ISSET (cpu, &before))
    cpu++;
  CPU_ZERO (&one);
  CPU_SET (cpu, &one);
  g_assert_cmpint (sched_setaffinity (0, sizeof one, &one), ==, 0);
  g_assert_cmpuint (clip_cpu_count (), ==, 1);
  g_assert_cmpint (sched_setaffinity (0, sizeof before, &before), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/cpus/quota/", cases[i].name, NULL);
    g_test_add_data_func (path, &cases[i], test_quota);
  }
  g_test_add_func ("/cpus/not-text", test_not_text);
  g_test_add_func ("/cpus/affinity", test_affinity);
  return g_test_run ();
}
