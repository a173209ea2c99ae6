/* SPDX-License-Identifier: MIT
 *
 * test-cpu-features.c: the features detected are those that the kernel reports, CLIP_CPU_MASK removes those that build
 * upon masked ones, too, and kernels are chosen by the rest. Features are detected once in a process: each mask has its
 * own.
 */
#include <glib.h>
#include <string.h>

#include "runtime/cpu-features.h"
#include "kernels/kernels.h"

/* Whether /proc/cpuinfo has this word in the first line that begins with `key`. */
static gboolean
says (const char *cpuinfo, const char *key, const char *word)
{
  const char *line = strstr (cpuinfo, key);
  g_autofree char *text = line ? g_strndup (line, strcspn (line, "\n")) : g_strdup ("");
  g_auto (GStrv) words = g_strsplit_set (text, " \t:", -1);
  return g_strv_contains ((const char *const *)words, word);
}

/* An emulator may hide what the CPU has. */
static void
test_found (void)
{
#if defined(__x86_64__)
  static const struct
  {
    ClipCpuFeatures flag;
    const char *word;
  } flags[] = { { CLIP_CPU_AVX2, "avx2" }, { CLIP_CPU_AVX512, "avx512vl" }, { CLIP_CPU_VNNI, "avx512_vnni" },
    { CLIP_CPU_AVX_VNNI, "avx_vnni" }, { CLIP_CPU_BF16, "avx512_bf16" } };
  g_autofree char *cpuinfo = NULL;
  g_assert_true (g_file_get_contents ("/proc/cpuinfo", &cpuinfo, NULL, NULL));
  ClipCpuFeatures found = clip_cpu_features ();
  for (guint i = 0; i < G_N_ELEMENTS (flags); i++)
    g_assert_true (!(found & flags[i].flag) || says (cpuinfo, "flags", flags[i].word));
  gboolean amd = says (cpuinfo, "vendor_id", "AuthenticAMD");
  g_assert_cmpint ((found & CLIP_CPU_FAST_BF16) != 0, ==, (found & CLIP_CPU_BF16) && amd);
#else
  g_assert_cmpuint (clip_cpu_features (), ==, 0);
#endif
}

/* What every choice of kernels rests upon. */
static void
check_consistent (guint flags)
{
  if (!(flags & CLIP_CPU_AVX2))
    g_assert_cmpuint (flags, ==, 0);
  if (!(flags & CLIP_CPU_AVX512))
    g_assert_cmpuint (flags & CLIP_CPU_VNNI, ==, 0);
  if (!(flags & CLIP_CPU_VNNI))
    g_assert_cmpuint (flags & CLIP_CPU_BF16, ==, 0);
  if (!(flags & CLIP_CPU_BF16))
    g_assert_cmpuint (flags & CLIP_CPU_FAST_BF16, ==, 0);
  if ((flags & (CLIP_CPU_AVX512 | CLIP_CPU_VNNI)) == CLIP_CPU_AVX512)
    g_assert_cmpuint (flags & CLIP_CPU_AVX_VNNI, ==, 0);
}

static void
check_choice (guint flags, const ClipKernels *kernels)
{
  g_assert_cmpint (kernels->is_fast_f32, ==, (flags & CLIP_CPU_AVX2) != 0);
  g_assert_cmpint (kernels->is_fast_s8, ==, (flags & (CLIP_CPU_VNNI | CLIP_CPU_AVX_VNNI)) != 0);
  g_assert_cmpint (kernels->is_fast_bf16, ==, (flags & CLIP_CPU_FAST_BF16) != 0);
  const char *name = flags & CLIP_CPU_BF16       ? "AVX-512 VNNI BF16" /* whether it is fast or not */
                     : flags & CLIP_CPU_VNNI     ? "AVX-512 VNNI"
                     : flags & CLIP_CPU_AVX512   ? "AVX-512"
                     : flags & CLIP_CPU_AVX_VNNI ? "AVX-VNNI"
                     : flags & CLIP_CPU_AVX2     ? "AVX2"
                                                 : "plain C";
  g_assert_cmpstr (kernels->name, ==, name);
}

/* All that a CPU and a mask can make together, whatever this CPU is. */
static void
test_mixtures (void)
{
  for (guint mixture = 0; mixture < 1 << 6; mixture++) {
    guint flags = clip_cpu_features_consistent (mixture);
    g_assert_cmpuint (flags & ~mixture, ==, 0);
    g_assert_cmpuint (clip_cpu_features_consistent (flags), ==, flags);
    check_consistent (flags);
#if defined(__x86_64__)
    const ClipKernels *all[CLIP_MAX_KERNELS];
    gsize n = clip_kernels_for (flags, all);
    g_assert_cmpuint (n, <=, CLIP_MAX_KERNELS);
    check_choice (flags, all[n - 1]);
#endif
  }
  /* Of what a real CPU has nothing goes: Haswell, Alder Lake, Skylake-X, Ice Lake, Sapphire Rapids, Zen 4. */
  static const guint real[] = { 0x01, 0x09, 0x03, 0x07, 0x1f, 0x37 };
  for (guint i = 0; i < G_N_ELEMENTS (real); i++)
    g_assert_cmpuint (clip_cpu_features_consistent (real[i]), ==, real[i]);
}

/* In a process that has the mask. */
static void
test_choice (void)
{
  guint mask = (guint)g_ascii_strtoull (g_getenv ("CLIP_CPU_MASK"), NULL, 0), flags = clip_cpu_features ();
  g_assert_cmpuint (flags & ~mask, ==, 0);
  check_consistent (flags);
  check_choice (flags, clip_kernels ());
}

static void
test_masks (void)
{
  for (guint mask = 0; mask < 1 << 6; mask++) {
    g_autofree char *text = g_strdup_printf ("%u", mask);
    g_setenv ("CLIP_CPU_MASK", text, TRUE);
    g_test_trap_subprocess ("/cpu/choice/subprocess", 0, 0);
    g_test_trap_assert_passed ();
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cpu/found", test_found);
  g_test_add_func ("/cpu/mixtures", test_mixtures);
  g_test_add_func ("/cpu/choice", test_masks);
  g_test_add_func ("/cpu/choice/subprocess", test_choice);
  return g_test_run ();
}
