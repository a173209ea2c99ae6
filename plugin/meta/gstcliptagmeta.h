/* SPDX-License-Identifier: MIT
 *
 * gstcliptagmeta.h: the metadata that cliptagger attaches to frames, a small library for applications, elements of
 * other plugins and (by GObject introspection, namespace GstClipTag 1.0) Python.
 *
 * A GstClipTags is one inference's result: immutable, reference-counted, shared by all frames until the next one. A
 * GstClipTagMeta attaches it to a buffer, with its age there.
 */
#ifndef __GST_CLIP_TAG_META_H__
#define __GST_CLIP_TAG_META_H__

#include <gst/gst.h>

#include "gstcliptagversion.h"

G_BEGIN_DECLS

#ifndef GST_CLIP_TAG_API
#define GST_CLIP_TAG_API __attribute__ ((visibility ("default"))) extern
#endif

typedef struct _GstClipTagLabel GstClipTagLabel;
typedef struct _GstClipTags GstClipTags;
typedef struct _GstClipTagMeta GstClipTagMeta;

/**
 * GstClipTagLabel:
 * @id: index of the label's first prompt in the user's list
 * @label: the label's text
 * @confidence: the score by `score-mode` and `temperature`, smoothed over time
 * @cosine: raw cosine similarity of picture and prompt, -1 to 1; of several prompts with this label, the best one's
 * @group: (nullable): the group of prompts that the label belongs to; `NULL` = the unnamed one
 *
 * How well one prompt describes a picture.
 *
 * Since: 0.1
 */
struct _GstClipTagLabel
{
  guint id;
  gchar *label;
  gdouble confidence;
  gdouble cosine;
  gchar *group;
};

#define GST_TYPE_CLIP_TAG_LABEL (gst_clip_tag_label_get_type ())
GST_CLIP_TAG_API GType gst_clip_tag_label_get_type (void);
GST_CLIP_TAG_API GstClipTagLabel *gst_clip_tag_label_new (
    guint id, const gchar *label, gdouble confidence, gdouble cosine);
GST_CLIP_TAG_API GstClipTagLabel *gst_clip_tag_label_copy (const GstClipTagLabel *label);
GST_CLIP_TAG_API void gst_clip_tag_label_free (GstClipTagLabel *label);

/**
 * GstClipTags:
 *
 * The result of one inference: labels, best first, and on request the picture's embedding.
 *
 * Immutable and reference-counted: any number of buffers and threads share one.
 *
 * Since: 0.1
 */
#define GST_TYPE_CLIP_TAGS (gst_clip_tags_get_type ())
GST_CLIP_TAG_API GType gst_clip_tags_get_type (void);

GST_CLIP_TAG_API GstClipTags *gst_clip_tags_new (const gchar *model_name, const gchar *fingerprint,
    GstClockTime source_pts, const GstClipTagLabel *labels, guint n_labels, const gfloat *embedding, guint n_embedding);
GST_CLIP_TAG_API GstClipTags *gst_clip_tags_ref (GstClipTags *tags);
GST_CLIP_TAG_API void gst_clip_tags_unref (GstClipTags *tags);

GST_CLIP_TAG_API const gchar *gst_clip_tags_get_model_name (const GstClipTags *tags);
GST_CLIP_TAG_API const gchar *gst_clip_tags_get_fingerprint (const GstClipTags *tags);
GST_CLIP_TAG_API GstClockTime gst_clip_tags_get_source_pts (const GstClipTags *tags);
GST_CLIP_TAG_API guint gst_clip_tags_get_n_labels (const GstClipTags *tags);
GST_CLIP_TAG_API const GstClipTagLabel *gst_clip_tags_get_label (const GstClipTags *tags, guint index);
GST_CLIP_TAG_API const gfloat *gst_clip_tags_get_embedding (const GstClipTags *tags, guint *n_embedding);

/**
 * GstClipTagMeta:
 * @meta: parent
 * @tags: the result
 * @age: stream time in nanoseconds since the frame that was sampled: 0 on that frame itself, `GST_CLOCK_TIME_NONE` when
 *   frames have no PTS. That frame was encoded, or similar to the one that was (@reused)
 * @sampled: `TRUE` on the first frame that carries a result: where frames wait for their labels (sync mode) the sampled
 *   one, else one soon after
 * @reused: `TRUE` when the sampled frame differed so little from the last encoded one that its labels were kept; the
 *   source PTS of @tags is the encoded one's
 * @serial: number of the result: the same on all frames that carry it, copies and repeated frames included, and higher
 *   for later results of any tagger in this process; 0 = unknown. To handle each result once go by this and not by
 *   @sampled, which is repeated with its frame and lost with it
 * @tagger: (nullable): name of the element that attached it; borrowed
 *
 * A result on a buffer.
 *
 * Since: 0.1
 */
struct _GstClipTagMeta
{
  GstMeta meta;

  GstClipTags *tags;
  GstClockTime age;
  gboolean sampled;
  gboolean reused;
  guint64 serial;
  const gchar *tagger;
};

#define GST_CLIP_TAG_META_API_TYPE (gst_clip_tag_meta_api_get_type ())
#define GST_CLIP_TAG_META_INFO     (gst_clip_tag_meta_get_info ())
GST_CLIP_TAG_API GType gst_clip_tag_meta_api_get_type (void);
GST_CLIP_TAG_API const GstMetaInfo *gst_clip_tag_meta_get_info (void);

GST_CLIP_TAG_API GstClipTagMeta *gst_buffer_add_clip_tag_meta (
    GstBuffer *buffer, GstClipTags *tags, GstClockTime age, gboolean sampled);
GST_CLIP_TAG_API GstClipTagMeta *gst_buffer_get_clip_tag_meta (GstBuffer *buffer);
GST_CLIP_TAG_API GstClipTags *gst_clip_tag_meta_get_tags (GstClipTagMeta *meta);
GST_CLIP_TAG_API void gst_clip_tag_meta_set_result (GstClipTagMeta *meta, const gchar *tagger, guint64 serial);
GST_CLIP_TAG_API gboolean gst_clip_tag_meta_is_newest (GstClipTagMeta *meta, GstBuffer *buffer);
GST_CLIP_TAG_API GstStructure *gst_clip_tag_meta_to_structure (GstClipTagMeta *meta);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstClipTagLabel, gst_clip_tag_label_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstClipTags, gst_clip_tags_unref)

G_END_DECLS

#endif /* __GST_CLIP_TAG_META_H__ */
