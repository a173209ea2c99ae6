/* SPDX-License-Identifier: MIT
 *
 * folder.h: whether a path names a model's folder, and if not, what it names instead and what to do about it.
 */
#ifndef CLIP_FOLDER_H
#define CLIP_FOLDER_H

#include <glib.h>

/* A folder with a config.json. Otherwise an error that says what stands there and, where it can be told, what would be
 * right: the whole path for "~", the snapshot of a download cache, the command for a name on the Hugging Face hub, the
 * sub-folder of sentence-transformers. Nothing is taken in its place: who names a model should know which. */
gboolean clip_folder_check (const char *path, GError **error);

/* What the folder's weights are instead of model.safetensors or its shards, e.g. "its weights are pickled
 * (pytorch_model.bin); …"; NULL where none are known. Newly allocated. */
char *clip_folder_describe_weights (const char *path);

#endif
