/* SPDX-License-Identifier: MIT
 *
 * bench.c: `cliptag bench` becomes the engine's own program, which measures what the public header does not show.
 *
 * That one lies in the build tree, or in libexec beside this program's folder, wherever the installation was moved to;
 * failing both, where it was to be installed.
 */
#include <errno.h>
#include <unistd.h>

#include "command.h"

#define BENCH_PROGRAM "cliptag-bench"

/* Newly allocated. NULL = none of the places has it. */
static char *
find_bench (void)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = self ? g_path_get_dirname (self) : g_strdup (CLIPTAG_BINDIR);
  const char *const places[] = { "../engine/bench", CLIPTAG_LIBEXEC_FROM_BIN, CLIPTAG_LIBEXECDIR };
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    g_autofree char *path = g_path_is_absolute (places[i]) ? g_build_filename (places[i], BENCH_PROGRAM, NULL)
                                                           : g_build_filename (folder, places[i], BENCH_PROGRAM, NULL);
    if (access (path, X_OK) == 0)
      return g_canonicalize_filename (path, NULL);
  }
  return NULL;
}

int
command_bench (int argc, char **argv)
{
  g_autofree char *path = find_bench ();
  if (!path) {
    command_complain (BENCH_PROGRAM " is not installed in %s; reinstall gst-cliptag", CLIPTAG_LIBEXECDIR);
    return EXIT_ERROR;
  }
  g_autofree char **words = g_new0 (char *, (gsize)argc + 1);
  words[0] = path;
  for (int i = 1; i < argc; i++)
    words[i] = argv[i];
  execv (path, words);
  command_complain ("%s: %s", path, g_strerror (errno));
  return EXIT_ERROR;
}
