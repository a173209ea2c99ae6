/* SPDX-License-Identifier: MIT
 *
 * folder.h: checks that a path names a model's folder; if not, explains what it names and what to do about it.
 */
#ifndef CLIP_FOLDER_H
#define CLIP_FOLDER_H

#include <glib.h>

/* TRUE for a folder with a config.json. Otherwise an error that says what is there and, if known, what to use instead:
 * the full path for "~", the snapshot in a download cache, the command for a name on the Hugging Face hub, the
 * sub-folder of sentence-transformers. No replacement is loaded silently: users should know which model they run. */
gboolean clip_folder_check (const char *path, GError **error);

/* Describes weights in another format than model.safetensors or its shards, e.g. "its weights are pickled
 * (pytorch_model.bin); …"; NULL if there are none. Newly allocated. */
char *clip_folder_describe_weights (const char *path);

#endif
