/* SPDX-License-Identifier: MIT
 *
 * vectors.h: files of ready-made vectors: embeddings, their means, and linear probes.
 *
 * The form is safetensors with the metadata cliptag.version "1", cliptag.fingerprint and cliptag.kind, "embedding" or
 * "probe". clip_vectors_save() is in clip-labels.h. Immutable once open; use from any thread.
 */
#ifndef CLIP_VECTORS_H
#define CLIP_VECTORS_H

#include "clip.h"

typedef struct _ClipVectors ClipVectors;

/* fingerprint: of the model that they are to be used with; those of another are refused. */
ClipVectors *clip_vectors_open (const char *path, const char *fingerprint, GError **error);
void clip_vectors_free (ClipVectors *self);
ClipVectorsKind clip_vectors_get_kind (const ClipVectors *self);

/* tensor: NULL = the only one, else `label`. ret: [dim], unit length. ret_scale, ret_bias: of a probe, whose logit is
 * scale x cosine + bias; untouched else. */
gboolean clip_vectors_read (const ClipVectors *self, const char *tensor, const char *label, guint dim, float *ret,
    float *ret_scale, float *ret_bias, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipVectors, clip_vectors_free)

#endif
