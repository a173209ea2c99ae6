/* SPDX-License-Identifier: MIT
 *
 * cpumask.h: tests of what some CPUs have. Those that this one cannot run are reported as skipped, with what it lacks:
 * whole programs that CLIPTAG_NEEDS_CPU (a number, flags of cpu-features.h) says are meant for such a CPU, and single
 * tables of kernels.
 */
#ifndef CPUMASK_H
#define CPUMASK_H

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/cpu-features.h"

/* "AVX-512, AVX-512 VNNI"; newly allocated. */
static inline char *
cpu_flag_names (guint flags)
{
  static const char *const names[]
      = { "AVX2", "AVX-512", "AVX-512 VNNI", "AVX-VNNI", "AVX512_BF16", "AVX512_BF16 at full speed" };
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (flags & 1u << i)
      g_string_append_printf (text, "%s%s", text->len ? ", " : "", names[i]);
  return g_string_free (text, FALSE);
}

/* First in main(): ends the program, skipped, on a CPU that it is not meant for. */
static inline void
test_need_cpu (void)
{
  const char *text = g_getenv ("CLIPTAG_NEEDS_CPU");
  guint missing = text ? (guint)g_ascii_strtoull (text, NULL, 0) & ~(guint)clip_cpu_features () : 0;
  if (!missing)
    return;
  char *names = cpu_flag_names (missing);
  printf ("1..0 # SKIP this CPU has no %s\n", names);
  g_free (names); /* a leak otherwise: exit() leaves no block */
  exit (0);
}

static inline void
cpu_lacks (gconstpointer missing)
{
  g_autofree char *names = cpu_flag_names (GPOINTER_TO_UINT (missing));
  g_autofree char *why = g_strdup_printf ("this CPU, or what CLIP_CPU_MASK left of it, has no %s", names);
  g_test_skip (why);
}

/* Adds PREFIX/NAME, skipped, where the CPU has not all that NAME needs; TRUE where it has. */
static inline gboolean
test_add_unless_cpu_lacks (const char *prefix, const char *name, guint needs)
{
  guint missing = needs & ~(guint)clip_cpu_features ();
  g_autofree char *path = g_strdup_printf ("%s/%s", prefix, name);
  if (missing)
    g_test_add_data_func (path, GUINT_TO_POINTER (missing), cpu_lacks);
  return !missing;
}

/* The tables of kernels that are not for every CPU: those that are missing here, as tests that are skipped. */
static inline void
test_add_missing_kernels (const char *prefix)
{
#if defined(__x86_64__)
  static const struct
  {
    const char *name;
    guint needs;
  } tables[] = {
    { "AVX2", CLIP_CPU_AVX2 },
    { "AVX-VNNI", CLIP_CPU_AVX_VNNI },
    { "AVX-512", CLIP_CPU_AVX512 },
    { "AVX-512 VNNI", CLIP_CPU_VNNI },
    { "AVX-512 VNNI BF16", CLIP_CPU_BF16 },
  };
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    test_add_unless_cpu_lacks (prefix, tables[i].name, tables[i].needs);
#endif
}

#endif
