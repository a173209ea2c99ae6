/* SPDX-License-Identifier: MIT
 *
 * regions.h: frames with regions of interest for a tagger (tagger.h) that labels these, and what it said of them.
 */
#ifndef REGIONS_H
#define REGIONS_H

#include "tagger.h"

#define CAPS(format)                                                                                                   \
  "video/x-raw,format=" format ",width=64,height=48,framerate=30/1,colorimetry=bt601,chroma-site=jpeg"

typedef struct
{
  const char *type;
  gint x, y;
  guint w, h;
  gint id;
} Region;

static inline GstElement *
new_tagger (void)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "frame-rate", 0.0, "attach-embedding", TRUE, "top-k", 0, NULL);
  return element;
}

static inline Tagger
start (const char *first_property, ...)
{
  GstElement *element = new_tagger ();
  gst_util_set_object_arg (G_OBJECT (element), "inference-region", "roi-list");
  va_list arguments;
  va_start (arguments, first_property);
  g_object_set_valist (G_OBJECT (element), first_property, arguments);
  va_end (arguments);
  return tagger_start (element, CAPS ("RGB"));
}

static inline GstVideoRegionOfInterestMeta *
add_region (GstBuffer *buffer, const Region *region)
{
  GstVideoRegionOfInterestMeta *meta
      = gst_buffer_add_video_region_of_interest_meta (buffer, region->type, region->x, region->y, region->w, region->h);
  meta->id = region->id;
  return meta;
}

static inline GstBuffer *
new_frame (guint index)
{
  GstBuffer *buffer = tagger_frame_for_caps (CAPS ("RGB"), 1);
  GST_BUFFER_PTS (buffer) = index * GST_SECOND;
  return buffer;
}

static inline GstBuffer *
push (Tagger *t, guint index, const Region *regions, guint n)
{
  GstBuffer *buffer = new_frame (index);
  for (guint i = 0; i < n; i++)
    add_region (buffer, &regions[i]);
  return tagger_pass (t, buffer);
}

/* The labels of the buffer's i-th region, NULL when it has none; owned by it. */
static inline const GstStructure *
labels_of (GstBuffer *buffer, guint i)
{
  gpointer state = NULL;
  GstMeta *meta;
  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)))
    if (i-- == 0)
      return gst_video_region_of_interest_meta_get_param ((GstVideoRegionOfInterestMeta *)meta, "clip-tags");
  g_assert_not_reached ();
}

static inline GstClipTags *
tags_of (const GstStructure *labels)
{
  g_assert_nonnull (labels);
  return g_value_get_boxed (gst_structure_get_value (labels, "tags"));
}

static inline guint64
age_of (const GstStructure *labels)
{
  guint64 age = 0;
  g_assert_nonnull (labels);
  g_assert_true (gst_structure_get_uint64 (labels, "age", &age));
  return age;
}

static inline gboolean
is_sampled (const GstStructure *labels)
{
  gboolean sampled = FALSE;
  g_assert_nonnull (labels);
  g_assert_true (gst_structure_get_boolean (labels, "sampled", &sampled));
  return sampled;
}

static inline guint
count_labelled (GstBuffer *buffer)
{
  guint n = 0;
  gpointer state = NULL;
  GstMeta *meta;
  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)))
    n += gst_video_region_of_interest_meta_get_param ((GstVideoRegionOfInterestMeta *)meta, "clip-tags") != NULL;
  return n;
}

/* A frame of its own with what the box shows, of whole chroma samples. */
static inline GstBuffer *
cut_out (const GstVideoInfo *info, GstBuffer *buffer, gint x, gint y, gint width, gint height, GstVideoInfo *ret_info)
{
  gst_video_info_set_format (ret_info, GST_VIDEO_INFO_FORMAT (info), width, height);
  ret_info->colorimetry = info->colorimetry;
  ret_info->chroma_site = info->chroma_site;
  ret_info->par_n = info->par_n;
  ret_info->par_d = info->par_d;
  ret_info->interlace_mode = info->interlace_mode;
  GstBuffer *cut = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (ret_info), NULL);
  gst_buffer_memset (cut, 0, 0, GST_VIDEO_INFO_SIZE (ret_info));
  GST_BUFFER_FLAGS (cut) = GST_BUFFER_FLAGS (buffer);

  GstVideoFrame from, to;
  g_assert_true (gst_video_frame_map (&from, info, buffer, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&to, ret_info, cut, GST_MAP_WRITE));
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&to); c++) {
    gint left = GST_VIDEO_FORMAT_INFO_SCALE_WIDTH (info->finfo, c, x);
    gint top = GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (info->finfo, c, y);
    gint step = GST_VIDEO_FRAME_COMP_PSTRIDE (&to, c);
    for (gint v = 0; v < GST_VIDEO_FRAME_COMP_HEIGHT (&to, c); v++) {
      const guint8 *in = GST_VIDEO_FRAME_COMP_DATA (&from, c);
      guint8 *out = GST_VIDEO_FRAME_COMP_DATA (&to, c);
      in += (top + v) * GST_VIDEO_FRAME_COMP_STRIDE (&from, c) + left * step;
      out += v * GST_VIDEO_FRAME_COMP_STRIDE (&to, c);
      for (gint u = 0; u < GST_VIDEO_FRAME_COMP_WIDTH (&to, c); u++)
        out[u * step] = in[u * step];
    }
  }
  gst_video_frame_unmap (&to);
  gst_video_frame_unmap (&from);
  return cut;
}

/* Takes both. */
static inline GstClipTags *
label_whole (GstElement *tagger, const GstVideoInfo *info, GstBuffer *buffer)
{
  g_autoptr (GstCaps) caps = gst_video_info_to_caps ((GstVideoInfo *)info);
  g_autofree char *string = gst_caps_to_string (caps);
  Tagger t = tagger_start (tagger, string);
  g_autoptr (GstBuffer) out = tagger_pass (&t, buffer);
  GstClipTags *tags = gst_clip_tags_ref (gst_buffer_get_clip_tag_meta (out)->tags);
  tagger_stop (&t);
  return tags;
}

#define assert_inferred(t, n) g_assert_cmpuint (tagger_count ((t)->element, "inferred"), ==, n)

#endif
