/* SPDX-License-Identifier: MIT
 *
 * context.h: what the rest of the engine sees of a ClipContext beyond clip.h.
 */
#ifndef CLIP_CONTEXT_H
#define CLIP_CONTEXT_H

#include "clip.h"

/* For long work before an encoding: FALSE with CLIP_ERROR_CANCELLED after clip_context_cancel(). */
gboolean clip_context_check_cancelled (ClipContext *self, GError **error);

/* clip_context_encode_texts() from token ids. ids: n sequences one after another; lengths: [n], each
 * 1..context_length. */
gboolean clip_context_encode_tokens (
    ClipContext *self, const guint32 *ids, const guint *lengths, guint n, float *ret_embeddings, GError **error);

#endif
