/* SPDX-License-Identifier: MIT
 *
 * serve.h: `cliptag bench --serve`, driven by another program (tests/bench/peers.py) that compares it with others.
 */
#ifndef CLIP_SERVE_H
#define CLIP_SERVE_H

#include "clip.h"

/* Encodes the pictures of `pixels_path` ([any][3][image_size][image_size], raw floats), `batch` at once, and writes
 * their embeddings to `embeddings_path` ([any][embedding_dim], raw floats) unless that is NULL. Then, unless
 * `description` is NULL, prints "ready DESCRIPTION", and until stdin ends answers each line "run N" there with one on
 * stdout: the first `batch` pictures are encoded N times; the median, in ms a picture. */
gboolean clip_serve (ClipContext *context, guint batch, const char *pixels_path, const char *embeddings_path,
    const char *description, GError **error);

#endif
