/* SPDX-License-Identifier: MIT
 *
 * embeddings.h: a labelled set as a model sees it: an embedding, a time and labels for each picture and each sampled
 * frame, computed once.
 */
#ifndef DATA_EMBEDDINGS_H
#define DATA_EMBEDDINGS_H

#include "clip.h"
#include "data/dataread.h"

G_BEGIN_DECLS

typedef struct
{
  guint item;                  /* of the set; samples of an item follow each other in order of time */
  gint64 time;                 /* stream time in ns; -1: a still */
  guint first_label, n_labels; /* in `labels` */
} DataSample;

typedef struct
{
  guint dim;
  GArray *samples; /* of DataSample */
  GArray *labels;  /* of guint: indices of the set's labels, ascending for each sample */
  float *values;   /* [samples][dim], of unit length */
  gsize room;      /* samples that there is memory for */
  guint n_failed;  /* items that could not be read to the end */
} DataEmbeddings;

typedef struct
{
  /* May be NULL. message: a line about an item; failed: it could not be read to the end, else it is a warning. */
  void (*problem) (const DataItem *item, const char *message, gboolean failed, gpointer user_data);
  /* May be NULL. item: the one that comes next. */
  void (*progress) (guint item, guint n_items, gpointer user_data);
  gpointer user_data;
} DataEmbedFuncs;

/* Encodes as many pictures at once as the context was made for, params->n_threads at most. NULL with `error` set where
 * there is nothing in the end, where it was interrupted or where the model cannot encode pictures. */
DataEmbeddings *data_embed (const DataSet *set, ClipContext *context, const DataReadParams *params,
    const DataEmbedFuncs *funcs, GError **error);
void data_embeddings_free (DataEmbeddings *self);

/* Some of its samples: a copy that shares the labels. */
DataEmbeddings *data_embeddings_pick (const DataEmbeddings *self, const guint *samples, guint n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DataEmbeddings, data_embeddings_free)

G_END_DECLS

#endif
