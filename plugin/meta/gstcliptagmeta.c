/* SPDX-License-Identifier: MIT
 *
 * gstcliptagmeta.c: the result of one inference, and the metadata that carries it on buffers.
 *
 * Invariants: a GstClipTags never changes after gst_clip_tags_new() and owns all that it shows, so any number of
 * threads and buffers share one by reference. The metadata's API has no tags ("video", "size", …) on purpose: elements
 * drop metadata whose tags name something they change, and what a picture shows survives converting, scaling,
 * cropping and re-encoding it.
 */
#include "gstcliptagmeta.h"

#include <string.h>

struct _GstClipTags
{
  gatomicrefcount ref_count;
  gchar *model_name;
  gchar *fingerprint;
  GstClockTime source_pts;
  GstClipTagLabel *labels; /* [n_labels] */
  guint n_labels;
  gfloat *embedding; /* [n_embedding], NULL when there is none */
  guint n_embedding;
};

G_DEFINE_BOXED_TYPE (GstClipTagLabel, gst_clip_tag_label, gst_clip_tag_label_copy, gst_clip_tag_label_free)
G_DEFINE_BOXED_TYPE (GstClipTags, gst_clip_tags, gst_clip_tags_ref, gst_clip_tags_unref)

/**
 * gst_clip_tag_label_new:
 * @id: index of the prompt in the list the user gave
 * @label: (nullable): what people read; %NULL is the same as ""
 * @confidence: the score by the element's score-mode
 * @cosine: raw cosine similarity of picture and prompt
 *
 * Makes a label on the heap. From C a #GstClipTagLabel on the stack does as well.
 *
 * Returns: (transfer full): a new label, to be freed with gst_clip_tag_label_free()
 */
GstClipTagLabel *
gst_clip_tag_label_new (guint id, const gchar *label, gdouble confidence, gdouble cosine)
{
  GstClipTagLabel *self = g_new (GstClipTagLabel, 1);

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
 * Returns: (transfer full): a deep copy of @label
 */
GstClipTagLabel *
gst_clip_tag_label_copy (const GstClipTagLabel *label)
{
  g_return_val_if_fail (label != NULL, NULL);

  return gst_clip_tag_label_new (label->id, label->label, label->confidence, label->cosine);
}

/**
 * gst_clip_tag_label_free:
 * @label: (nullable): a label from gst_clip_tag_label_new() or gst_clip_tag_label_copy()
 */
void
gst_clip_tag_label_free (GstClipTagLabel *label)
{
  if (!label)
    return;
  g_free (label->label);
  g_free (label);
}

/**
 * gst_clip_tags_new:
 * @model_name: (nullable): what people call the model; %NULL is the same as ""
 * @fingerprint: (nullable): what tells models (and their weights) apart; %NULL is the same as ""
 * @source_pts: PTS of the frame that was looked at, or #GST_CLOCK_TIME_NONE
 * @labels: (array length=n_labels) (nullable): the labels, best first; copied with their strings
 * @n_labels: how many; 0 says that nothing reached its threshold
 * @embedding: (array length=n_embedding) (nullable): the picture's embedding; copied
 * @n_embedding: how many numbers it has, 0 for none
 *
 * Puts the result of one inference together. It never changes afterwards.
 *
 * Returns: (transfer full): new tags
 */
GstClipTags *
gst_clip_tags_new (const gchar *model_name, const gchar *fingerprint, GstClockTime source_pts,
    const GstClipTagLabel *labels, guint n_labels, const gfloat *embedding, guint n_embedding)
{
  GstClipTags *self;

  g_return_val_if_fail (labels != NULL || n_labels == 0, NULL);
  g_return_val_if_fail (embedding != NULL || n_embedding == 0, NULL);

  self = g_new0 (GstClipTags, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->model_name = g_strdup (model_name ? model_name : "");
  self->fingerprint = g_strdup (fingerprint ? fingerprint : "");
  self->source_pts = source_pts;
  self->labels = g_new (GstClipTagLabel, n_labels);
  self->n_labels = n_labels;
  for (guint i = 0; i < n_labels; i++) {
    self->labels[i] = labels[i];
    self->labels[i].label = g_strdup (labels[i].label ? labels[i].label : "");
  }
  self->embedding = g_memdup2 (embedding, (gsize)n_embedding * sizeof *embedding);
  self->n_embedding = n_embedding;
  return self;
}

/**
 * gst_clip_tags_ref: (skip)
 * @tags: some tags
 *
 * May be called from any thread.
 *
 * Returns: (transfer full): @tags
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
 * May be called from any thread.
 */
void
gst_clip_tags_unref (GstClipTags *tags)
{
  if (!tags || !g_atomic_ref_count_dec (&tags->ref_count))
    return;
  for (guint i = 0; i < tags->n_labels; i++)
    g_free (tags->labels[i].label);
  g_free (tags->labels);
  g_free (tags->embedding);
  g_free (tags->fingerprint);
  g_free (tags->model_name);
  g_free (tags);
}

/**
 * gst_clip_tags_get_model_name:
 * @tags: some tags
 *
 * Returns: (transfer none): what people call the model, "" when unknown
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
 * Embeddings can be compared only where this is the same.
 *
 * Returns: (transfer none): what tells models and their weights apart, "" when unknown
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
 * Returns: PTS of the frame that was looked at, #GST_CLOCK_TIME_NONE when it had none
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
 * Returns: how many labels there are; 0 when nothing reached its threshold
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
 * @index: which, below gst_clip_tags_get_n_labels(); 0 is the best
 *
 * The label lives as long as @tags.
 *
 * Returns: (transfer none): the label
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
 * @n_embedding: (out) (optional): how many numbers there are
 *
 * Returns: (transfer none) (array length=n_embedding) (nullable): the picture's embedding, of unit length; %NULL when
 *   it was not attached. It lives as long as @tags.
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

/* ---- The metadata -------------------------------------------------------------------------------------- */

GType
gst_clip_tag_meta_api_get_type (void)
{
  static gsize type = 0;

  if (g_once_init_enter (&type)) {
    static const gchar *no_tags[] = { NULL };
    g_once_init_leave (&type, gst_meta_api_type_register ("GstClipTagMetaAPI", no_tags));
  }
  return type;
}

static gboolean
clip_tag_meta_init (GstMeta *meta, gpointer params, GstBuffer *buffer)
{
  GstClipTagMeta *self = (GstClipTagMeta *)meta;

  self->tags = NULL;
  self->age = GST_CLOCK_TIME_NONE;
  self->sampled = FALSE;
  self->reused = FALSE;
  return TRUE;
}

static void
clip_tag_meta_free (GstMeta *meta, GstBuffer *buffer)
{
  GstClipTagMeta *self = (GstClipTagMeta *)meta;

  g_clear_pointer (&self->tags, gst_clip_tags_unref);
}

/* Whatever becomes of the picture (copied, scaled, cropped, encoded: every transform type, also ones not invented
 * yet), the tags stay true of it. A frame that was cut into packets and put together again brings them once a packet:
 * one is enough. */
static gboolean
clip_tag_meta_transform (GstBuffer *dest, GstMeta *meta, GstBuffer *source, GQuark type, gpointer data)
{
  GstClipTagMeta *self = (GstClipTagMeta *)meta;
  gpointer state = NULL;
  GstMeta *present;

  while ((present = gst_buffer_iterate_meta_filtered (dest, &state, GST_CLIP_TAG_META_API_TYPE))) {
    GstClipTagMeta *other = (GstClipTagMeta *)present;
    if (other->tags == self->tags && other->age == self->age && other->sampled == self->sampled
        && other->reused == self->reused)
      return TRUE;
  }
  GstClipTagMeta *copy = gst_buffer_add_clip_tag_meta (dest, self->tags, self->age, self->sampled);
  if (copy)
    copy->reused = self->reused;
  return copy != NULL;
}

/**
 * gst_clip_tag_meta_get_info: (skip)
 *
 * Returns: (transfer none): what GStreamer knows of the metadata
 */
const GstMetaInfo *
gst_clip_tag_meta_get_info (void)
{
  static const GstMetaInfo *info = NULL;

  if (g_once_init_enter ((GstMetaInfo **)&info)) {
    const GstMetaInfo *registered = gst_meta_register (GST_CLIP_TAG_META_API_TYPE, "GstClipTagMeta",
        sizeof (GstClipTagMeta), clip_tag_meta_init, clip_tag_meta_free, clip_tag_meta_transform);
    g_once_init_leave ((GstMetaInfo **)&info, (GstMetaInfo *)registered);
  }
  return info;
}

/**
 * gst_buffer_add_clip_tag_meta:
 * @buffer: (transfer none): a writable buffer
 * @tags: (transfer none): what it shows; a reference is taken
 * @age: stream time since the frame that @tags was last found to be true of, 0 on that frame, #GST_CLOCK_TIME_NONE when
 *   unknown
 * @sampled: %TRUE on the first frame that carries this result
 *
 * Attaches @tags to @buffer, beside tags that are there already (of another model, say). Make the buffer writable
 * first: other branches of the pipeline may hold it.
 *
 * Returns: (transfer none): the metadata, which lives as long as it stays on the buffer
 */
GstClipTagMeta *
gst_buffer_add_clip_tag_meta (GstBuffer *buffer, GstClipTags *tags, GstClockTime age, gboolean sampled)
{
  GstClipTagMeta *meta;

  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);
  g_return_val_if_fail (gst_buffer_is_writable (buffer), NULL);
  g_return_val_if_fail (tags != NULL, NULL);

  meta = (GstClipTagMeta *)gst_buffer_add_meta (buffer, GST_CLIP_TAG_META_INFO, NULL);
  g_return_val_if_fail (meta != NULL, NULL);
  meta->tags = gst_clip_tags_ref (tags);
  meta->age = age;
  meta->sampled = sampled;
  return meta;
}

/**
 * gst_buffer_get_clip_tag_meta:
 * @buffer: (transfer none): a buffer
 *
 * Where several elements tagged the buffer this is the first one's; gst_buffer_iterate_meta_filtered() with
 * #GST_CLIP_TAG_META_API_TYPE finds all.
 *
 * The metadata lives as long as it stays on @buffer; take a reference to its tags to keep them.
 *
 * Returns: (transfer none) (nullable): the metadata, %NULL when @buffer has none
 */
GstClipTagMeta *
gst_buffer_get_clip_tag_meta (GstBuffer *buffer)
{
  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);

  return (GstClipTagMeta *)gst_buffer_get_meta (buffer, GST_CLIP_TAG_META_API_TYPE);
}

/**
 * gst_clip_tag_meta_get_tags:
 * @meta: the metadata
 *
 * Returns: (transfer none): the same as @meta's field, borrowed
 */
GstClipTags *
gst_clip_tag_meta_get_tags (GstClipTagMeta *meta)
{
  g_return_val_if_fail (meta != NULL, NULL);

  return meta->tags;
}
