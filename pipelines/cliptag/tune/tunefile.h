/* SPDX-License-Identifier: MIT
 *
 * tunefile.h: what was found as a prompts file, with a file of vectors beside it where there are any.
 */
#ifndef TUNE_FILE_H
#define TUNE_FILE_H

#include "tune/tunefit.h"

G_BEGIN_DECLS

/* Writes `path`, and its vectors into the file of that name that ends in .safetensors. Each appears whole or not at
 * all, the vectors first. FALSE with `error` set. */
gboolean tune_file_write (
    const char *path, const TuneBank *bank, const Tuned *tuned, const char *fingerprint, GError **error);

/* The vectors' file of a prompts file. Newly allocated. */
char *tune_file_vectors_path (const char *path);

G_END_DECLS

#endif
