/* SPDX-License-Identifier: MIT
 *
 * tuneset.h: labelled samples as `cliptag tune` learns from them: one class or none for each, and which of them have
 * one origin and so must not be on both sides of a split.
 */
#ifndef TUNE_SET_H
#define TUNE_SET_H

#include "clip.h"
#include "data/classes.h"
#include "data/embeddings.h"

G_BEGIN_DECLS

typedef struct
{
  const DataSet *set;
  const DataClasses *classes;
  const DataEmbeddings *embeddings;
  guint n, n_classes; /* samples; classes of the prompts' group, without its "none" */
  guint *truth;       /* [n]: a class; n_classes = none of them */
  guint *origin;      /* [n], < n_origins: samples of one recording, or of pictures whose files have one name */
  guint n_origins;
  guint n_none;       /* samples of no class */
  guint *n_of_class;  /* [n_classes]: samples */
  gboolean has_times; /* of recordings: there are events to count */
} TuneSet;

/* FALSE with `error` set where the prompts have several groups or zones, where a sample has several labels, and where
 * there are too few origins to hold some back, or no labels. */
gboolean tune_set_init (
    TuneSet *self, const DataSet *set, const DataClasses *classes, const DataEmbeddings *embeddings, GError **error);
void tune_set_clear (TuneSet *self);

/* The first class without a sample; n_classes if there is none such. */
guint tune_set_find_unseen (const TuneSet *self);

static inline const float *
tune_set_row (const TuneSet *self, guint sample)
{
  return self->embeddings->values + (gsize)sample * self->embeddings->dim;
}

/* A part of the samples, ascending. */
typedef struct
{
  guint n;
  guint *samples;
} TunePart;

/* Splits a part in n_folds by origin, in a fixed order that has nothing to do with the files' names: *ret_out has the
 * samples of this fold, *ret_in the others. Every class that has several origins has some in each of the first folds.
 */
void tune_set_split (
    const TuneSet *self, const TunePart *part, guint n_folds, guint fold, TunePart *ret_in, TunePart *ret_out);
void tune_part_clear (TunePart *self);

/* Origins that a part has samples of. */
guint tune_set_count_origins (const TuneSet *self, const TunePart *part);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TuneSet, tune_set_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TunePart, tune_part_clear)

G_END_DECLS

#endif
