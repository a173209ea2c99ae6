/* SPDX-License-Identifier: MIT
 *
 * embeddings.c: the embedding, time and labels of each picture and each sampled frame of a labelled set.
 *
 * A sampled frame of a recording is a sample as cliptagger would take it; frames are not averaged. What labels say of
 * times has to fit what was read: a still has none, and no label begins behind the end.
 */
#include "data/embeddings.h"

#include <string.h>

#include "clip-message.h"
#include "data/datalist.h"

typedef struct
{
  const DataSet *set;
  ClipContext *context;
  const DataEmbedFuncs *funcs;
  DataEmbeddings *result;

  ReaderFrame *frames; /* [batch]: taken, not yet encoded */
  guint *items;        /* [batch]: theirs */
  ClipImage *images;   /* [batch] */
  float *values;       /* [batch][dim] */
  guint n, batch;

  gint64 last_time; /* of the item being read; -1 = none */
  gboolean refused; /* it was told of already */
  GError *error;    /* ends it all */
} Embedder;

static void
complain (Embedder *self, guint item, gboolean failed, const char *message)
{
  const DataItem *it = &g_array_index (self->set->items, DataItem, item);
  self->result->n_failed += failed;
  if (self->funcs->problem)
    self->funcs->problem (it, message, failed, self->funcs->user_data);
}

/* ---- Encoding ------------------------------------------------------------------------------------------ */

static void
add_sample (Embedder *self, guint i)
{
  DataEmbeddings *result = self->result;
  const ReaderFrame *frame = &self->frames[i];
  gboolean timed = !frame->is_still && GST_CLOCK_TIME_IS_VALID (frame->time);
  DataSample sample
      = { .item = self->items[i], .time = timed ? (gint64)frame->time : -1, .first_label = result->labels->len };
  data_set_labels_at (self->set, sample.item, sample.time, result->labels);
  sample.n_labels = result->labels->len - sample.first_label;
  memcpy (result->values + (gsize)result->samples->len * result->dim, self->values + (gsize)i * result->dim,
      result->dim * sizeof (float));
  g_array_append_val (result->samples, sample);
}

/* For n more. */
static gboolean
make_room (Embedder *self, guint n)
{
  DataEmbeddings *result = self->result;
  if (result->samples->len + n <= result->room)
    return TRUE;
  gsize room = MAX (2 * result->room, 1024);
  float *values = g_try_realloc_n (result->values, room, result->dim * sizeof (float));
  if (!values) {
    g_set_error (
        &self->error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for %" G_GSIZE_FORMAT " embeddings", room);
    return FALSE;
  }
  result->values = values;
  result->room = room;
  return TRUE;
}

/* What is no picture's fault. */
static gboolean
is_fatal (const GError *error)
{
  return error->domain == CLIP_ERROR && error->code != CLIP_ERROR_IMAGE;
}

/* Encodes [first, first + n). One picture that cannot be encoded must not take the others of its batch with it. */
static gboolean
encode (Embedder *self, guint first, guint n)
{
  g_autoptr (GError) error = NULL;
  float *values = self->values + (gsize)first * self->result->dim;
  if (!make_room (self, n))
    return FALSE;
  if (clip_context_encode_images (self->context, self->images + first, n, values, &error)) {
    for (guint i = first; i < first + n; i++)
      add_sample (self, i);
    return TRUE;
  }
  if (is_fatal (error)) {
    g_propagate_error (&self->error, g_steal_pointer (&error));
    return FALSE;
  }
  if (n == 1) {
    complain (self, self->items[first], TRUE, error->message);
    return TRUE;
  }
  for (guint i = first; i < first + n; i++)
    if (!encode (self, i, 1))
      return FALSE;
  return TRUE;
}

static gboolean
flush (Embedder *self)
{
  gboolean ok = self->n == 0 || encode (self, 0, self->n);
  for (guint i = 0; i < self->n; i++)
    reader_frame_clear (&self->frames[i]);
  self->n = 0;
  return ok;
}

/* ---- Reading ------------------------------------------------------------------------------------------- */

/* The pixels are the batch's from here on. */
static gboolean
take_picture (guint item, ReaderFrame *frame, gpointer user_data)
{
  Embedder *self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean timed = !frame->is_still && GST_CLOCK_TIME_IS_VALID (frame->time);
  if (self->refused)
    return TRUE;
  if (!timed && data_set_has_times (self->set, item)) {
    complain (self, item, TRUE,
        frame->is_still ? "it is a still: expected labels without start and end"
                        : "its frames have no times: expected labels without start and end");
    self->refused = TRUE;
    return TRUE;
  }
  if (reader_frame_get_warning (frame))
    complain (self, item, FALSE, reader_frame_get_warning (frame));
  self->last_time = timed ? (gint64)frame->time : -1;

  ReaderFrame *own = &self->frames[self->n];
  *own = *frame;
  *frame = (ReaderFrame){ 0 };
  if (!reader_frame_map (own, &self->images[self->n], &error)) {
    reader_frame_clear (own);
    complain (self, item, TRUE, error->message);
    self->refused = TRUE;
    return TRUE;
  }
  self->items[self->n++] = item;
  return self->n < self->batch || flush (self);
}

/* A label that begins behind the last frame is a slip of the pen or belongs to another file. */
static void
check_spans (Embedder *self, guint item)
{
  const DataItem *it = &g_array_index (self->set->items, DataItem, item);
  for (guint i = 0; i < it->n_spans && self->last_time >= 0; i++) {
    const DataSpan *span = &g_array_index (self->set->spans, DataSpan, it->first_span + i);
    if (span->start <= self->last_time)
      continue;
    g_autofree char *label = clip_printable (g_ptr_array_index (self->set->labels, span->label), -1, CLIP_MESSAGE_NAME);
    g_autofree char *message = g_strdup_printf ("label \"%s\" begins at %g s: expected it before the last frame, %g s",
        label, span->start / 1e9, self->last_time / 1e9);
    complain (self, item, TRUE, message);
    return;
  }
}

static gboolean
end_item (guint item, const char *message, gpointer user_data)
{
  Embedder *self = user_data;
  if (message && !self->refused)
    complain (self, item, TRUE, message);
  else if (!self->refused)
    check_spans (self, item);
  self->last_time = -1;
  self->refused = FALSE;
  if (self->funcs->progress)
    self->funcs->progress (item + 1, self->set->items->len, self->funcs->user_data);
  return TRUE;
}

DataEmbeddings *
data_embed (
    const DataSet *set, ClipContext *context, const DataReadParams *params, const DataEmbedFuncs *funcs, GError **error)
{
  guint dim = clip_model_get_info (clip_context_get_model (context))->embedding_dim;
  Embedder self
      = { .set = set, .context = context, .funcs = funcs, .last_time = -1, .batch = MAX (params->n_threads, 1) };
  g_autoptr (DataEmbeddings) result = self.result = g_new0 (DataEmbeddings, 1);
  result->dim = dim;
  result->samples = g_array_new (FALSE, TRUE, sizeof (DataSample));
  result->labels = g_array_new (FALSE, TRUE, sizeof (guint));
  self.frames = g_new0 (ReaderFrame, self.batch);
  self.items = g_new0 (guint, self.batch);
  self.images = g_new0 (ClipImage, self.batch);
  self.values = g_new0 (float, (gsize)self.batch *dim);

  const DataReadFuncs read_funcs = { take_picture, end_item, &self };
  data_read (set, NULL, 0, params, &read_funcs);
  const volatile sig_atomic_t *stop = params->reader.stop;
  if (!self.error && !(stop && *stop))
    flush (&self);
  for (guint i = 0; i < self.batch; i++)
    reader_frame_clear (&self.frames[i]);
  g_free (self.frames);
  g_free (self.items);
  g_free (self.images);
  g_free (self.values);
  if (self.error)
    g_propagate_error (error, self.error);
  else if (stop && *stop)
    g_set_error_literal (error, CLIP_ERROR, CLIP_ERROR_CANCELLED, "interrupted");
  else if (result->samples->len == 0)
    data_refuse (error, set->path, "no picture in it could be read");
  else
    return g_steal_pointer (&result);
  return NULL;
}

DataEmbeddings *
data_embeddings_pick (const DataEmbeddings *self, const guint *samples, guint n)
{
  DataEmbeddings *picked = g_new0 (DataEmbeddings, 1);
  picked->dim = self->dim;
  picked->samples = g_array_new (FALSE, FALSE, sizeof (DataSample));
  picked->labels = g_array_ref (self->labels);
  picked->values = g_new (float, MAX (n, 1) * (gsize)self->dim);
  picked->room = n;
  for (guint i = 0; i < n; i++) {
    g_array_append_val (picked->samples, g_array_index (self->samples, DataSample, samples[i]));
    memcpy (picked->values + (gsize)i * self->dim, self->values + (gsize)samples[i] * self->dim,
        self->dim * sizeof (float));
  }
  return picked;
}

void
data_embeddings_free (DataEmbeddings *self)
{
  g_array_unref (self->samples);
  g_array_unref (self->labels);
  g_free (self->values);
  g_free (self);
}
