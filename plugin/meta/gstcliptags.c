/* SPDX-License-Identifier: MIT
 *
 * gstcliptags.c: the result of one inference: labels, embedding, model. Declared in gstcliptagmeta.h.
 *
 * Invariants: a GstClipTags never changes after gst_clip_tags_new() and owns all its content, so any number of threads
 * and buffers share one by reference. It is one block of memory with its labels, embedding and strings.
 */
#include "gstcliptagmeta.h"

#include <string.h>

struct _GstClipTags
{
  gatomicrefcount ref_count;
  const gchar *model_name;
  const gchar *fingerprint;
  GstClockTime source_pts;
  gfloat *embedding; /* [n_embedding], NULL when there is none */
  guint n_labels, n_embedding;
  GstClipTagLabel labels[]; /* [n_labels]; then the embedding, then all strings */
};

G_DEFINE_BOXED_TYPE (GstClipTagLabel, gst_clip_tag_label, gst_clip_tag_label_copy, gst_clip_tag_label_free)
G_DEFINE_BOXED_TYPE (GstClipTags, gst_clip_tags, gst_clip_tags_ref, gst_clip_tags_unref)

/**
 * gst_clip_tag_label_new:
 * @id: index of the prompt in the user's list
 * @label: (nullable): the label's text; `NULL` is the same as ""
 * @confidence: the score by the element's `score-mode`
 * @cosine: raw cosine similarity of picture and prompt
 *
 * Makes a label on the heap.
 *
 * C code may use a label on the stack as well.
 *
 * Returns: (transfer full): a new label
 *
 * Since: 0.1
 */
GstClipTagLabel *
gst_clip_tag_label_new (guint id, const gchar *label, gdouble confidence, gdouble cosine)
{
  GstClipTagLabel *self = g_new0 (GstClipTagLabel, 1);

  self->id = id;
  self->label = g_strdup (label ? label : "");
  self->confidence = confidence;
  self->cosine = cosine;
  return self;
}

/**
 * gst_clip_tag_label_copy:
 * @label: a label
 *
 * Makes a deep copy of a label.
 *
 * Returns: (transfer full): the copy
 *
 * Since: 0.1
 */
GstClipTagLabel *
gst_clip_tag_label_copy (const GstClipTagLabel *label)
{
  g_return_val_if_fail (label != NULL, NULL);

  GstClipTagLabel *copy = gst_clip_tag_label_new (label->id, label->label, label->confidence, label->cosine);
  copy->group = g_strdup (label->group);
  return copy;
}

/**
 * gst_clip_tag_label_free:
 * @label: (nullable): a label from [ctor@GstClipTag.ClipTagLabel.new] or [method@GstClipTag.ClipTagLabel.copy]
 *
 * Frees a label and its text.
 *
 * Since: 0.1
 */
void
gst_clip_tag_label_free (GstClipTagLabel *label)
{
  if (!label)
    return;
  g_free (label->label);
  g_free (label->group);
  g_free (label);
}

/* The size of tags with all their content; 0: more than there can be. */
static gsize
get_size (
    const gchar *model_name, const gchar *fingerprint, const GstClipTagLabel *labels, guint n_labels, guint n_embedding)
{
  gsize size = sizeof (GstClipTags) + strlen (model_name) + 1 + strlen (fingerprint) + 1, part;
  gboolean ok = g_size_checked_mul (&part, n_labels, sizeof *labels) && g_size_checked_add (&size, size, part)
                && g_size_checked_mul (&part, n_embedding, sizeof (gfloat)) && g_size_checked_add (&size, size, part);

  for (guint i = 0; ok && i < n_labels; i++) {
    ok = g_size_checked_add (&size, size, labels[i].label ? strlen (labels[i].label) + 1 : 1)
         && g_size_checked_add (&size, size, labels[i].group ? strlen (labels[i].group) + 1 : 0);
  }
  return ok ? size : 0;
}

/* Copies a string to *end, which moves behind it. */
static const gchar *
place_string (const gchar *text, gchar **end)
{
  gchar *copy = *end;

  *end = g_stpcpy (copy, text) + 1;
  return copy;
}

/**
 * gst_clip_tags_new:
 * @model_name: (nullable): the model's name; `NULL` is the same as ""
 * @fingerprint: (nullable): identifies the model with its weights; `NULL` is the same as ""
 * @source_pts: PTS of the frame that was encoded, or `GST_CLOCK_TIME_NONE`
 * @labels: (array length=n_labels) (nullable): the labels, best first; copied with their texts
 * @n_labels: number of labels; 0 = none reached its threshold
 * @embedding: (array length=n_embedding) (nullable): the picture's embedding; copied
 * @n_embedding: number of values in @embedding, 0 = no embedding
 *
 * Makes the result of one inference, which never changes afterwards.
 *
 * A result may have as many labels as there are prompts, a hundred thousand and more: memory that runs out is no reason
 * to end the process, so be ready for `NULL`.
 *
 * Returns: (transfer full) (nullable): new tags, `NULL` when memory runs out
 *
 * Since: 0.1
 */
GstClipTags *
gst_clip_tags_new (const gchar *model_name, const gchar *fingerprint, GstClockTime source_pts,
    const GstClipTagLabel *labels, guint n_labels, const gfloat *embedding, guint n_embedding)
{
  GstClipTags *self;
  gsize size;
  gchar *end;

  g_return_val_if_fail (labels != NULL || n_labels == 0, NULL);
  g_return_val_if_fail (embedding != NULL || n_embedding == 0, NULL);

  model_name = model_name ? model_name : "";
  fingerprint = fingerprint ? fingerprint : "";
  size = get_size (model_name, fingerprint, labels, n_labels, n_embedding);
  self = size ? g_try_malloc (size) : NULL;
  if (!self)
    return NULL;

  g_atomic_ref_count_init (&self->ref_count);
  self->source_pts = source_pts;
  self->n_labels = n_labels;
  self->n_embedding = n_embedding;
  self->embedding = n_embedding ? (gfloat *)(self->labels + n_labels) : NULL;
  if (n_embedding)
    memcpy (self->embedding, embedding, (gsize)n_embedding * sizeof *embedding);
  end = (gchar *)(self->labels + n_labels) + (gsize)n_embedding * sizeof *embedding;
  self->model_name = place_string (model_name, &end);
  self->fingerprint = place_string (fingerprint, &end);
  for (guint i = 0; i < n_labels; i++) {
    self->labels[i] = labels[i];
    self->labels[i].label = (gchar *)place_string (labels[i].label ? labels[i].label : "", &end);
    if (labels[i].group)
      self->labels[i].group = (gchar *)place_string (labels[i].group, &end);
  }
  return self;
}

/**
 * gst_clip_tags_ref: (skip)
 * @tags: some tags
 *
 * Takes a reference; from any thread.
 *
 * Returns: (transfer full): @tags
 *
 * Since: 0.1
 */
GstClipTags *
gst_clip_tags_ref (GstClipTags *tags)
{
  g_return_val_if_fail (tags != NULL, NULL);

  g_atomic_ref_count_inc (&tags->ref_count);
  return tags;
}

/**
 * gst_clip_tags_unref: (skip)
 * @tags: (transfer full) (nullable): some tags
 *
 * Gives up a reference; from any thread.
 *
 * Since: 0.1
 */
void
gst_clip_tags_unref (GstClipTags *tags)
{
  if (!tags || !g_atomic_ref_count_dec (&tags->ref_count))
    return;
  g_free (tags);
}

/**
 * gst_clip_tags_get_model_name:
 * @tags: some tags
 *
 * Gets the model's name, that of its folder.
 *
 * Returns: (transfer none): the name, "" when unknown
 *
 * Since: 0.1
 */
const gchar *
gst_clip_tags_get_model_name (const GstClipTags *tags)
{
  g_return_val_if_fail (tags != NULL, NULL);

  return tags->model_name;
}

/**
 * gst_clip_tags_get_fingerprint:
 * @tags: some tags
 *
 * Gets what identifies the model with its weights: embeddings are comparable only where it is the same.
 *
 * Returns: (transfer none): the fingerprint, "" when unknown
 *
 * Since: 0.1
 */
const gchar *
gst_clip_tags_get_fingerprint (const GstClipTags *tags)
{
  g_return_val_if_fail (tags != NULL, NULL);

  return tags->fingerprint;
}

/**
 * gst_clip_tags_get_source_pts:
 * @tags: some tags
 *
 * Gets the PTS of the frame that was encoded.
 *
 * Returns: the PTS in nanoseconds, `GST_CLOCK_TIME_NONE` when the frame had none
 *
 * Since: 0.1
 */
GstClockTime
gst_clip_tags_get_source_pts (const GstClipTags *tags)
{
  g_return_val_if_fail (tags != NULL, GST_CLOCK_TIME_NONE);

  return tags->source_pts;
}

/**
 * gst_clip_tags_get_n_labels:
 * @tags: some tags
 *
 * Gets the number of labels.
 *
 * Returns: the number; 0 when none reached its threshold
 *
 * Since: 0.1
 */
guint
gst_clip_tags_get_n_labels (const GstClipTags *tags)
{
  g_return_val_if_fail (tags != NULL, 0);

  return tags->n_labels;
}

/**
 * gst_clip_tags_get_label:
 * @tags: some tags
 * @index: below [method@GstClipTag.ClipTags.get_n_labels]; 0 = the best label
 *
 * Gets a label, which lives as long as @tags.
 *
 * Returns: (transfer none): the label
 *
 * Since: 0.1
 */
const GstClipTagLabel *
gst_clip_tags_get_label (const GstClipTags *tags, guint index)
{
  g_return_val_if_fail (tags != NULL, NULL);
  g_return_val_if_fail (index < tags->n_labels, NULL);

  return &tags->labels[index];
}

/**
 * gst_clip_tags_get_embedding:
 * @tags: some tags
 * @n_embedding: (out) (optional): the number of values
 *
 * Gets the picture's embedding, a vector of unit length that lives as long as @tags.
 *
 * Returns: (transfer none) (array length=n_embedding) (nullable): the embedding, `NULL` when none was attached
 *
 * Since: 0.1
 */
const gfloat *
gst_clip_tags_get_embedding (const GstClipTags *tags, guint *n_embedding)
{
  if (n_embedding)
    *n_embedding = 0;
  g_return_val_if_fail (tags != NULL, NULL);

  if (n_embedding)
    *n_embedding = tags->n_embedding;
  return tags->embedding;
}
