/* SPDX-License-Identifier: MIT
 *
 * clip.c: the version, the error quark and the path of the built-in model.
 */
#include "clip.h"

#include <dlfcn.h>
#include <errno.h>

/* clang-format off */
G_DEFINE_QUARK (clip-error-quark, clip_error)
/* clang-format on */

const char *
clip_version (void)
{
  return CLIP_VERSION;
}

static gboolean
is_model_folder (const char *folder)
{
  g_autofree char *config = g_build_filename (folder, "config.json", NULL);
  return g_file_test (config, G_FILE_TEST_EXISTS);
}

/* In the build tree this binary is in BUILD/plugin or BUILD/engine/bench, the model in BUILD/engine/; in an installed
 * tree in PREFIX/lib/…/gstreamer-1.0 or PREFIX/bin, the model in PREFIX/share/cliptag/. Walking up from the binary
 * finds either, wherever the tree was moved. */
static char *
find_above_binary (void)
{
  Dl_info info;
  if (!dladdr ((void *)clip_default_model_path, &info) || !info.dli_fname)
    return NULL;

  static const char *const below[] = { "engine/camera-health", "share/cliptag/camera-health" };
  /* dladdr() gives a program argv[0], which need not be a path, nor relative to the current folder. */
  g_autofree char *path = NULL;
  if (g_str_equal (info.dli_fname, program_invocation_name))
    path = g_file_read_link ("/proc/self/exe", NULL);
  if (!path)
    path = g_canonicalize_filename (info.dli_fname, NULL);
  for (guint level = 0; level < 5; level++) {
    char *parent = g_path_get_dirname (path);
    g_free (path);
    path = parent;
    for (guint i = 0; i < G_N_ELEMENTS (below); i++) {
      g_autofree char *candidate = g_build_filename (path, below[i], NULL);
      if (is_model_folder (candidate))
        return g_steal_pointer (&candidate);
    }
  }
  return NULL;
}

char *
clip_default_model_path (GError **error)
{
  const char *chosen = g_getenv ("CLIPTAG_DEFAULT_MODEL");
  if (chosen && *chosen)
    return g_strdup (chosen); /* the loader says what is wrong with it */

  char *found = find_above_binary ();
  if (found)
    return found;
  if (is_model_folder (CLIP_DEFAULT_MODEL_DIR))
    return g_strdup (CLIP_DEFAULT_MODEL_DIR);

  g_set_error (error, CLIP_ERROR, CLIP_ERROR_NOT_FOUND,
      "the default model is not installed in %s; reinstall gst-cliptag or name a model folder", CLIP_DEFAULT_MODEL_DIR);
  return NULL;
}
