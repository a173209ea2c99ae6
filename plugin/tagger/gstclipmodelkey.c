/* SPDX-License-Identifier: MIT
 *
 * gstclipmodelkey.c: see gstclipmodelkey.h. The folder itself is not part of the key: reading model.safetensors through
 * two folders with the same other files is the same model.
 */
#include "tagger/gstclipmodelkey.h"

#include <glib/gstdio.h>

static void
append_file (GString *key, const gchar *folder, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  GStatBuf info;
  if (g_stat (path, &info) != 0)
    return;
  g_string_append_printf (key,
      "%s:%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT ":%" G_GINT64_FORMAT ".%ld:%" //
      G_GINT64_FORMAT "\n",
      name, (guint64)info.st_dev, (guint64)info.st_ino, (gint64)info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
      (gint64)info.st_size);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const gchar *const *)a, *(const gchar *const *)b);
}

gchar *
gst_clip_model_key (const gchar *path)
{
  static const gchar *const files[] = { "config.json", "processor_config.json", "preprocessor_config.json",
    "vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json", "model.safetensors.index.json" };
  GString *key = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    append_file (key, path, files[i]);

  g_autoptr (GPtrArray) weights = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  for (const gchar *name; dir && (name = g_dir_read_name (dir));)
    if (g_str_has_suffix (name, ".safetensors"))
      g_ptr_array_add (weights, g_strdup (name));
  g_ptr_array_sort (weights, compare_names);
  for (guint i = 0; i < weights->len; i++)
    append_file (key, path, g_ptr_array_index (weights, i));

  if (key->len == 0)
    g_string_append (key, path);
  return g_string_free (key, FALSE);
}
