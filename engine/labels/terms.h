/* SPDX-License-Identifier: MIT
 *
 * terms.h: what the vectors of a set of prompts are made of (texts in templates, pictures, ready-made vectors, weighted
 * sums of them) and the way to those vectors. One thread.
 *
 * What comes more than once is encoded once. A plain prompt's text is encoded where the prompt's vector is, so that
 * memory is needed only for the result; texts of sums have room of their own.
 */
#ifndef CLIP_TERMS_H
#define CLIP_TERMS_H

#include "base/names.h"
#include "clip.h"
#include "labels/text-encoder.h"

/* A text or a picture's path, once. */
typedef struct
{
  const char *value; /* borrowed from the prompts */
  float *row;        /* [dim]: its unit vector */
} ClipSource;

typedef struct
{
  ClipSource *items; /* [room] */
  guint n;
  ClipNameTable by_value; /* index in items */
} ClipSources;

typedef struct
{
  ClipPrompts *prompts; /* borrowed */
  guint n, dim;
  float *rows;            /* borrowed: [n + 2][dim]: the prompts'; the empty text's; the cache's */
  float *scales, *biases; /* borrowed: [n], NaN; set for probes. NULL: probes are refused */
  ClipSources texts, pictures;
  guint n_vectors, n_own;     /* terms that are vectors; texts that have a prompt's row */
  gboolean has_empty, loaded; /* the empty text is one of them; the rows came from the cache */
  float *extras;              /* rows of the other texts, then of the pictures */
  float *probe;               /* [dim], for the cache: the first text's embedding; NULL = not yet */
} ClipTerms;

/* Two rows more than there are prompts. */
#define CLIP_TERMS_MORE_ROWS 2

/* has_empty: encode the empty text, too; else its row becomes NaN. FALSE when memory runs out. */
gboolean clip_terms_init (
    ClipTerms *self, ClipPrompts *prompts, guint dim, float *rows, gboolean has_empty, GError **error);
void clip_terms_clear (ClipTerms *self);

/* How many texts, in each template, and pictures there are to encode. */
guint64 clip_terms_count (const ClipTerms *self);

/* Sets `loaded` where all of it is in the cache. Different models may share a key (the fingerprint samples the
 * weights), and so may arithmetic that has changed under one name: so a file also holds the embedding of a text, and is
 * trusted only if encoding that text now gives the same bits. Sets with pictures or vectors are never cached, as their
 * files may change. cache_dir: NULL = there is none. */
gboolean clip_terms_load (ClipTerms *self, ClipContext *context, const char *cache_dir, GError **error);

/* Fills the rows, unless they are loaded, and keeps them in the cache that load() was given. */
gboolean clip_terms_encode (ClipTerms *self, ClipTextEncoder *encoder, const ClipLabelsParams *params, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ClipTerms, clip_terms_clear)

#endif
