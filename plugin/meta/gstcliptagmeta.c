/* SPDX-License-Identifier: MIT
 *
 * gstcliptagmeta.c: the metadata that carries the result of an inference (gstcliptags.c) on buffers.
 *
 * The metadata's API has no tags ("video", "size", …) on purpose: elements drop metadata with a tag for something they
 * change, and the content of a picture survives converting, scaling, cropping and re-encoding it. In a larger picture
 * it is a region.
 */
#include "gstcliptagmeta.h"

#include "gstvideotransformmatrix.h"

/* Type of a region that was a whole picture. */
#define ROI_TYPE "picture"

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
  structure = gst_structure_new ("clip-tags", "tags", GST_TYPE_CLIP_TAGS, tags, "model_name", G_TYPE_STRING,
      gst_clip_tags_get_model_name (tags), "source_pts", G_TYPE_UINT64, gst_clip_tags_get_source_pts (tags), "age",
      G_TYPE_UINT64, meta->age, "sampled", G_TYPE_BOOLEAN, meta->sampled, "serial", G_TYPE_UINT64, meta->serial,
      "tagger", G_TYPE_STRING, meta->tagger, NULL);
  if (gst_clip_tags_get_n_labels (tags)) {
    const GstClipTagLabel *best = gst_clip_tags_get_label (tags, 0);
    g_autofree gchar *label = g_utf8_make_valid (best->label, -1); /* structures hold no other */
    gst_structure_set (structure, "label", G_TYPE_STRING, label, "label_id", G_TYPE_INT, (gint)best->id, "confidence",
        G_TYPE_DOUBLE, best->confidence, "cosine", G_TYPE_DOUBLE, best->cosine, NULL);
  }
  return structure;
}
