/* SPDX-License-Identifier: MIT
 *
 * dataread.h: the pictures of a labelled set, decoded: stills on several threads, recordings' sampled frames one by
 * one, handed over in the set's order.
 */
#ifndef DATA_READ_H
#define DATA_READ_H

#include "data/dataset.h"
#include "framereader.h"

G_BEGIN_DECLS

typedef struct
{
  FrameReaderParams reader; /* once its `stop` is set nothing more comes */
  guint n_threads;          /* to decode stills with; so many are in memory at once */
} DataReadParams;

typedef struct
{
  /* A picture; its pixels may be taken by copying the struct and clearing it. FALSE ends the reading. */
  gboolean (*picture) (guint item, ReaderFrame *frame, gpointer user_data);
  /* An item is done. message: NULL, or why there is no more of it. FALSE ends the reading. */
  gboolean (*item_end) (guint item, const char *message, gpointer user_data);
  gpointer user_data;
} DataReadFuncs;

/* items: [n] indices, ascending; NULL = all. */
void data_read (
    const DataSet *self, const guint *items, guint n, const DataReadParams *params, const DataReadFuncs *funcs);

G_END_DECLS

#endif
