/* SPDX-License-Identifier: MIT
 *
 * stillfile.h: from a file that holds one picture to the engine. No state; any thread.
 */
#ifndef STILL_FILE_H
#define STILL_FILE_H

#include "clip.h"
#include "common/stills/still.h"

G_BEGIN_DECLS

/* The whole of a regular file, at most 2 GiB. Messages do not name it. */
gboolean still_read_bytes (const char *path, char **ret_data, gsize *ret_size, GError **error);

/* Borrows the pixels. Upright by the picture's own orientation. */
void still_get_image (const Still *still, ClipImage *ret_image);

/* A ClipImageEncoder; user_data is not used. Messages name the file. */
gboolean still_encode_file (
    ClipContext *context, const char *path, float *ret_embedding, gpointer user_data, GError **error);

G_END_DECLS

#endif
