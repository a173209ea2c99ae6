/* SPDX-License-Identifier: MIT
 *
 * testdata.h: where tests find their data: golden files in the tree, shared data beside it.
 */
#ifndef TESTDATA_H
#define TESTDATA_H

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

/* tests/golden/NAME */
static inline char *
test_golden (const char *name)
{
  const char *dir = g_getenv ("CLIPTAG_GOLDEN");
  g_assert_nonnull (dir); /* run through meson test */
  return g_build_filename (dir, name, NULL);
}

/* $CLIPTAG_SHARED/NAME, by default ../shared/NAME beside the source tree. Where it is missing the whole program is
 * skipped with a word on stderr: call it first in main(). */
static inline char *
test_shared (const char *name)
{
  const char *shared = g_getenv ("CLIPTAG_SHARED");
  const char *root = g_getenv ("CLIPTAG_SOURCE_ROOT");
  g_autofree char *beside = g_build_filename (root ? root : ".", "..", "shared", NULL);
  char *path = g_build_filename (shared ? shared : beside, name, NULL);
  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    fprintf (stderr, "SKIP: %s is not there, nothing was tested (set CLIPTAG_SHARED to the shared data)\n", path);
    exit (77);
  }
  return path;
}

#endif
