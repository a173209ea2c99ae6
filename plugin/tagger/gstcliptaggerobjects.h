/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerobjects.h: what is different in cliptagger where regions of interest are labelled instead of frames.
 */
#ifndef __GST_CLIP_TAGGER_OBJECTS_H__
#define __GST_CLIP_TAGGER_OBJECTS_H__

#include "tagger/gstcliptaggerstate.h"

G_BEGIN_DECLS

/* Streaming thread. What is to be encoded of a frame that is due, as gst_clip_objects_choose() returns it. */
GArray *gst_clip_tagger_choose_objects (
    GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, const GstClipSettings *settings);
void gst_clip_tagger_take_objects (GstClipTagger *self, GstClipJob *job); /* that is done */
void gst_clip_tagger_label_objects (
    GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, const GstClipSettings *settings);
void gst_clip_tagger_rescore_objects (GstClipTagger *self); /* for new prompts or settings; posts what came of it */

G_END_DECLS

#endif /* __GST_CLIP_TAGGER_OBJECTS_H__ */
