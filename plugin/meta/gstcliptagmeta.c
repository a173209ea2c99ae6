/* SPDX-License-Identifier: MIT
 *
 * gstcliptagmeta.c: the result of one inference, and the metadata that carries it on buffers.
 *
 * Invariants: a GstClipTags never changes after gst_clip_tags_new() and owns all its content, so any number of threads
 * and buffers share one by reference. It is one block of memory with its labels, embedding and strings. The metadata's
 * API has no tags ("video", "size", …) on purpose: elements drop metadata with a tag for something they change, and the
 * content of a picture survives converting, scaling, cropping and re-encoding it. In a larger picture it is a region.
 */
#include "gstcliptagmeta.h"

#include <string.h>

#include "gstvideotransformmatrix.h"

/* Type of a region that was a whole picture. */
#define ROI_TYPE "picture"

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

  return gst_clip_tag_label_new (label->id, label->label, label->confidence, label->cosine);
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

  for (guint i = 0; ok && i < n_labels; i++)
    ok = g_size_checked_add (&size, size, labels[i].label ? strlen (labels[i].label) + 1 : 1);
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

/* ---- The metadata -------------------------------------------------------------------------------------- */

/**
 * gst_clip_tag_meta_api_get_type:
 *
 * Gets the type of the metadata's API, to find all results on a buffer with `gst_buffer_iterate_meta_filtered()`.
 *
 * Returns: the type
 *
 * Since: 0.1
 */
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

/* A frame that was cut into packets and put together again has its metadata once per packet: one is enough. */
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

/* The picture becomes a part of another one: a tile of a mosaic, or with bars beside it. Unless it covers all of that
 * one its labels are a region's. */
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
    return TRUE; /* it is out of the picture */
  GstVideoRegionOfInterestMeta *region
      = gst_buffer_add_video_region_of_interest_meta (dest, ROI_TYPE, left, top, right - left, bottom - top);
  if (!region)
    return FALSE;
  gst_video_region_of_interest_meta_add_param (region, gst_clip_tag_meta_to_structure (self));
  return TRUE;
}

/* Copied, scaled, cropped, encoded: the tags stay true of the picture. An unknown transform may join pictures: it drops
 * them. */
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
 * Gets the metadata's implementation, registered with GStreamer.
 *
 * Returns: (transfer none): the implementation
 *
 * Since: 0.1
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
 * @tags: (transfer none): the result; a reference is taken
 * @age: stream time since the frame that was last found to match @tags, in nanoseconds: 0 on that frame itself,
 *   `GST_CLOCK_TIME_NONE` when unknown
 * @sampled: `TRUE` on the first frame that carries this result
 *
 * Attaches a result to a buffer, beside those that are there (of another model, say).
 *
 * Make the buffer writable first: other branches of the pipeline may hold it.
 *
 * Returns: (transfer none): the metadata, which lives as long as it stays on the buffer
 *
 * Since: 0.1
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
 * Gets the first result attached to a buffer.
 *
 * Where several elements tagged it, `gst_buffer_iterate_meta_filtered()` with `GST_CLIP_TAG_META_API_TYPE` finds all,
 * and [method@GstClipTag.ClipTagMeta.is_newest] tells which of them count. The metadata lives as long as it stays on
 * @buffer; take a reference to its tags to keep them.
 *
 * Returns: (transfer none) (nullable): the metadata, `NULL` when @buffer has none
 *
 * Since: 0.1
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
 * Gets the result, the field `tags`.
 *
 * Returns: (transfer none): the tags
 *
 * Since: 0.1
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
 * @tagger: (nullable): name of the element that made the result; copied
 * @serial: the result's serial number; 0 = unknown
 *
 * Sets the fields `tagger` and `serial`, for elements that make results.
 *
 * Since: 0.1
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
 * Tells whether this is its tagger's newest result on the buffer.
 *
 * A buffer put together from several ones may have several results of one tagger; the newest counts. Of the same result
 * attached twice the first counts.
 *
 * Returns: whether the result counts
 *
 * Since: 0.1
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
 * Makes the parameter `clip-tags` of a region of interest.
 *
 * Its fields are `tags`, `model_name`, `source_pts`, `age`, `sampled`, `serial`, `tagger`, and if there are labels
 * those of the best one: `label`, `label_id`, `confidence`, `cosine`.
 *
 * Returns: (transfer full): a new structure
 *
 * Since: 0.1
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
