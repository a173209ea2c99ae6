/* SPDX-License-Identifier: MIT
 *
 * folder.c: see folder.h. The layout of the download cache is huggingface_hub's: HUB/models--OWNER--NAME/snapshots/HASH
 * where refs/main holds the HASH of the newest one.
 */
#include "model/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "clip.h"
#include "clip-message.h"

#define CACHE_PREFIX "models--"
#define MAX_REF      128 /* bytes of refs/main that are read */

static gboolean
has_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static gboolean
has_config_json (const char *folder)
{
  return has_file (folder, "config.json");
}

/* ---- The download cache -------------------------------------------------------------------------------- */

/* The snapshot that refs/main names, else the only one; NULL where there is none. */
static char *
find_snapshot (const char *repository)
{
  g_autofree char *snapshots = g_build_filename (repository, "snapshots", NULL);
  g_autofree char *main_ref = g_build_filename (repository, "refs", "main", NULL);
  g_autofree char *hash = NULL;
  if (g_file_test (main_ref, G_FILE_TEST_IS_REGULAR) && g_file_get_contents (main_ref, &hash, NULL, NULL)
      && strlen (hash) < MAX_REF && !strchr (g_strstrip (hash), '/')) {
    char *snapshot = g_build_filename (snapshots, hash, NULL);
    if (*hash && has_config_json (snapshot))
      return snapshot;
    g_free (snapshot);
  }

  g_autoptr (GDir) dir = g_dir_open (snapshots, 0, NULL);
  g_autofree char *only = NULL;
  for (const char *name; dir && (name = g_dir_read_name (dir));) {
    g_autofree char *snapshot = g_build_filename (snapshots, name, NULL);
    if (!has_config_json (snapshot))
      continue;
    if (only)
      return NULL;
    only = g_steal_pointer (&snapshot);
  }
  return g_steal_pointer (&only);
}

/* Where huggingface_hub keeps what it downloads. */
static char *
hub_cache (void)
{
  const char *cache = g_getenv ("HF_HUB_CACHE"), *home = g_getenv ("HF_HOME");
  if (cache && *cache)
    return g_strdup (cache);
  if (home && *home)
    return g_build_filename (home, "hub", NULL);
  return g_build_filename (g_get_user_cache_dir (), "huggingface", "hub", NULL);
}

/* "OWNER/NAME", as the hub has its names: the part of `path` that is one, NULL if none is. Newly allocated. */
static char *
hub_name (const char *path)
{
  static const char *const starts[] = { "https://huggingface.co/", "huggingface.co/", "https://hf.co/", "hf://" };
  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    if (g_str_has_prefix (path, starts[i])) {
      g_auto (GStrv) parts = g_strsplit (path + strlen (starts[i]), "/", 3);
      return g_strv_length (parts) >= 2 && *parts[0] && *parts[1] ? g_strconcat (parts[0], "/", parts[1], NULL) : NULL;
    }
  return g_regex_match_simple (
             "^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$", path, G_REGEX_DOLLAR_ENDONLY, 0)
             ? g_strdup (path)
             : NULL;
}

/* What to do about a path that is not there; NULL where nothing is known. */
static char *
advise_missing (const char *path)
{
  if (*path == '~') {
    if (path[1] == '/' || !path[1])
      return g_strdup_printf ("only a shell expands \"~\": write %s%s", g_get_home_dir (), path + 1);
    return g_strdup ("only a shell expands \"~\": write the whole path");
  }

  g_autofree char *name = hub_name (path);
  if (!name)
    return NULL;
  const char *last = strchr (name, '/') + 1;
  g_autofree char *cache = hub_cache ();
  g_autofree char *owner = g_strndup (name, (gsize)(last - 1 - name));
  g_autofree char *folder = g_strconcat (CACHE_PREFIX, owner, "--", last, NULL);
  g_autofree char *repository = g_build_filename (cache, folder, NULL);
  g_autofree char *snapshot = find_snapshot (repository);
  if (snapshot)
    return g_strdup_printf ("a name on the Hugging Face hub? It has been downloaded to %s: name that folder", snapshot);
  return g_strdup_printf (
      "a name on the Hugging Face hub? Run \"hf download %s --local-dir %s\", then name the folder %s", name, last,
      last);
}

/* ---- Folders without a config.json --------------------------------------------------------------------- */

/* The only sub-folder that is a model; sentence-transformers keeps its CLIP in one. */
static char *
find_inner_model (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  g_autofree char *only = NULL;
  for (const char *name; dir && (name = g_dir_read_name (dir));) {
    g_autofree char *inner = g_build_filename (path, name, NULL);
    if (!has_config_json (inner))
      continue;
    if (g_str_equal (name, "0_CLIPModel"))
      return g_steal_pointer (&inner);
    if (only)
      return NULL;
    only = g_steal_pointer (&inner);
  }
  return g_steal_pointer (&only);
}

static char *
advise_folder (const char *path)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autofree char *name = g_path_get_basename (absolute);
  g_autofree char *parent = g_path_get_dirname (absolute);
  gboolean is_snapshots = g_str_equal (name, "snapshots");
  if (is_snapshots || g_str_has_prefix (name, CACHE_PREFIX)) {
    g_autofree char *snapshot = find_snapshot (is_snapshots ? parent : absolute);
    return snapshot ? g_strdup_printf ("it is a download cache: name the folder %s", snapshot)
                    : g_strdup ("it is a download cache without a complete model: name one of its snapshots/… folders");
  }
  if (has_file (path, "open_clip_config.json"))
    return g_strdup (
        "it is a model in open_clip's format (open_clip_config.json); expected one in transformers' format");
  g_autofree char *inner = find_inner_model (path);
  if (inner)
    return g_strdup_printf ("a sub-folder has one: name %s", inner);
  return g_strdup ("expected a folder with config.json and model.safetensors");
}

gboolean
clip_folder_check (const char *path, GError **error)
{
  gboolean is_folder = g_file_test (path, G_FILE_TEST_IS_DIR);
  if (is_folder && has_config_json (path))
    return TRUE;

  g_autofree char *shown = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  g_autofree char *advice = NULL;
  const char *what;
  ClipErrorCode code = CLIP_ERROR_NOT_FOUND;
  if (faccessat (AT_FDCWD, path, is_folder ? R_OK | X_OK : F_OK, AT_EACCESS) < 0 && errno != ENOENT
      && errno != ENOTDIR) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FILE, "%s: cannot open it: %s", shown, g_strerror (errno));
    return FALSE;
  }
  if (is_folder) {
    what = "no config.json in it";
    advice = advise_folder (path);
  } else if (g_file_test (path, G_FILE_TEST_EXISTS)) {
    what = "not a folder";
    code = CLIP_ERROR_FILE;
    if (g_str_has_suffix (path, ".safetensors") || g_str_has_suffix (path, ".json"))
      advice = g_strdup ("name the folder that contains it");
  } else {
    what = "does not exist";
    advice = advise_missing (path);
  }
  if (!advice)
    advice = g_strdup ("expected a folder with config.json and model.safetensors");
  g_autofree char *shown_advice = clip_printable (advice, -1, 2 * CLIP_MESSAGE_PATH);
  g_set_error (error, CLIP_ERROR, code, "%s: %s; %s", shown, what, shown_advice);
  return FALSE;
}

/* ---- Weights ------------------------------------------------------------------------------------------- */

char *
clip_folder_describe_weights (const char *path)
{
  static const struct
  {
    const char *name, *what;
  } known[] = {
    { "open_clip_model.safetensors", "in open_clip's format" },
    { "open_clip_pytorch_model.safetensors", "in open_clip's format" },
    { "pytorch_model.bin", "pickled" },
    { "pytorch_model.bin.index.json", "pickled" },
    { "open_clip_pytorch_model.bin", "pickled, in open_clip's format" },
    { "tf_model.h5", "in TensorFlow's format" },
    { "flax_model.msgpack", "in Flax's format" },
    { "adapter_model.safetensors", "an adapter without its model" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (has_file (path, known[i].name))
      return g_strdup_printf ("its weights are %s (%s); expected model.safetensors as transformers' save_pretrained() "
                              "writes it",
          known[i].what, known[i].name);
  return NULL;
}
