/* SPDX-License-Identifier: MIT
 *
 * gstcliptagmeta.c: the result of one inference, and the metadata that carries it on buffers.
 *
 * Invariants: a GstClipTags never changes after gst_clip_tags_new() and owns all that it shows, so any number of
 * threads and buffers share one by reference. The metadata's API has no tags ("video", "size", …) on purpose: elements
 * drop metadata whose tags name something they change, and what a picture shows survives converting, scaling,
 * cropping and re-encoding it. It does not survive becoming a part of another picture, but as a region of that.
 */
#include "gstcliptagmeta.h"

#include <string.h>

#include "gstvideotransformmatrix.h"

/* Type of a region that a whole picture became. */
#define ROI_TYPE "picture"

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
  self->serial = 0;
  self->tagger = NULL;
  return TRUE;
}

static void
clip_tag_meta_free (GstMeta *meta, GstBuffer *buffer)
{
  GstClipTagMeta *self = (GstClipTagMeta *)meta;

  g_clear_pointer (&self->tags, gst_clip_tags_unref);
  gst_clip_tag_meta_set_result (self, NULL, 0);
}

static gboolean
is_same (const GstClipTagMeta *a, const GstClipTagMeta *b)
{
  return a->tags == b->tags && a->age == b->age && a->sampled == b->sampled && a->reused == b->reused
         && a->serial == b->serial && g_strcmp0 (a->tagger, b->tagger) == 0;
}

/* A frame that was cut into packets and put together again brings its metadata once a packet: one is enough. */
static gboolean
copy_to (GstBuffer *dest, GstClipTagMeta *self)
{
  gpointer state = NULL;
  GstMeta *present;

  while ((present = gst_buffer_iterate_meta_filtered (dest, &state, GST_CLIP_TAG_META_API_TYPE)))
    if (is_same ((GstClipTagMeta *)present, self))
      return TRUE;
  GstClipTagMeta *copy = gst_buffer_add_clip_tag_meta (dest, self->tags, self->age, self->sampled);
  if (!copy)
    return FALSE;
  copy->reused = self->reused;
  gst_clip_tag_meta_set_result (copy, self->tagger, self->serial);
  return TRUE;
}

/* The picture is a part of another one: a tile of a mosaic, or one with bars beside it. Its labels are not that one's,
 * unless it covers all of it. */
static gboolean
place_in (GstBuffer *dest, GstClipTagMeta *self, const GstVideoMetaTransformMatrix *placed)
{
  const GstVideoRectangle *out = &placed->out_rectangle;
  gint64 width = GST_VIDEO_INFO_WIDTH (placed->out_info), height = GST_VIDEO_INFO_HEIGHT (placed->out_info);
  gint64 left = MAX (out->x, 0), right = MIN ((gint64)out->x + out->w, width);
  gint64 top = MAX (out->y, 0), bottom = MIN ((gint64)out->y + out->h, height);

  if (left == 0 && top == 0 && right == width && bottom == height)
    return copy_to (dest, self);
  if (left >= right || top >= bottom)
    return TRUE; /* nothing of it is to be seen */
  GstVideoRegionOfInterestMeta *region
      = gst_buffer_add_video_region_of_interest_meta (dest, ROI_TYPE, left, top, right - left, bottom - top);
  if (!region)
    return FALSE;
  gst_video_region_of_interest_meta_add_param (region, gst_clip_tag_meta_to_structure (self));
  return TRUE;
}

/* Copied, scaled, cropped, encoded: the tags stay true of the picture. Of what is done by a transform that is not known
 * here nobody can say that it leaves one picture one: there they go. */
static gboolean
clip_tag_meta_transform (GstBuffer *dest, GstMeta *meta, GstBuffer *source, GQuark type, gpointer data)
{
  GstClipTagMeta *self = (GstClipTagMeta *)meta;

  if (GST_META_TRANSFORM_IS_COPY (type) || type == gst_video_meta_transform_scale_get_quark ())
    return copy_to (dest, self);
  if (type == g_quark_try_string ("gst-video-matrix") && data)
    return place_in (dest, self, data);
  return FALSE;
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
 * #GST_CLIP_TAG_META_API_TYPE finds all, and gst_clip_tag_meta_is_newest() tells which of them still count.
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

/**
 * gst_clip_tag_meta_set_result:
 * @meta: the metadata
 * @tagger: (nullable): name of the element that made the result
 * @serial: the result's, as #GstClipTagMeta has it; 0 = unknown
 *
 * For elements that make results.
 */
void
gst_clip_tag_meta_set_result (GstClipTagMeta *meta, const gchar *tagger, guint64 serial)
{
  g_return_if_fail (meta != NULL);

  /* Not an interned GRefString: GLib 2.74 finds one whose last reference another thread is giving up. */
  gchar *old = (gchar *)meta->tagger;
  meta->tagger = g_strdup (tagger);
  meta->serial = serial;
  g_free (old);
}

/**
 * gst_clip_tag_meta_is_newest:
 * @meta: metadata of @buffer
 * @buffer: (transfer none): the buffer
 *
 * Buffers that were put together from several may have several results of one tagger, of which the newest counts.
 *
 * Returns: whether no other metadata of @buffer has a newer result of the same tagger, or the same result again
 */
gboolean
gst_clip_tag_meta_is_newest (GstClipTagMeta *meta, GstBuffer *buffer)
{
  gpointer state = NULL;
  gboolean passed = FALSE;
  GstMeta *other;

  g_return_val_if_fail (meta != NULL, FALSE);
  g_return_val_if_fail (GST_IS_BUFFER (buffer), FALSE);

  if (!meta->serial || !meta->tagger)
    return TRUE;
  while ((other = gst_buffer_iterate_meta_filtered (buffer, &state, GST_CLIP_TAG_META_API_TYPE))) {
    GstClipTagMeta *rival = (GstClipTagMeta *)other;
    if (rival == meta)
      passed = TRUE;
    else if (g_strcmp0 (rival->tagger, meta->tagger) == 0
             && (rival->serial > meta->serial || (rival->serial == meta->serial && !passed)))
      return FALSE;
  }
  return TRUE;
}

/**
 * gst_clip_tag_meta_to_structure:
 * @meta: the metadata
 *
 * What regions of interest have as their parameter `clip-tags`; cliptagger's documentation lists its fields.
 *
 * Returns: (transfer full): a new structure
 */
GstStructure *
gst_clip_tag_meta_to_structure (GstClipTagMeta *meta)
{
  GstClipTags *tags;
  GstStructure *structure;

  g_return_val_if_fail (meta != NULL && meta->tags != NULL, NULL);

  tags = meta->tags;
  structure
      = gst_structure_new ("clip-tags", "tags", GST_TYPE_CLIP_TAGS, tags, "model_name", G_TYPE_STRING, tags->model_name,
          "source_pts", G_TYPE_UINT64, tags->source_pts, "age", G_TYPE_UINT64, meta->age, "sampled", G_TYPE_BOOLEAN,
          meta->sampled, "serial", G_TYPE_UINT64, meta->serial, "tagger", G_TYPE_STRING, meta->tagger, NULL);
  if (tags->n_labels) {
    const GstClipTagLabel *best = &tags->labels[0];
    g_autofree gchar *label = g_utf8_make_valid (best->label, -1); /* structures hold no other */
    gst_structure_set (structure, "label", G_TYPE_STRING, label, "label_id", G_TYPE_INT, (gint)best->id, "confidence",
        G_TYPE_DOUBLE, best->confidence, "cosine", G_TYPE_DOUBLE, best->cosine, NULL);
  }
  return structure;
}
