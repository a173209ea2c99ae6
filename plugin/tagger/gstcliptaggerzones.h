/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerzones.h: what is different in cliptagger where the prompts have zones.
 */
#ifndef __GST_CLIP_TAGGER_ZONES_H__
#define __GST_CLIP_TAGGER_ZONES_H__

#include "tagger/gstcliptaggerjobs.h"

G_BEGIN_DECLS

/* Streaming thread. A frame that is due, by what is different in it since the last one that was encoded; the change is
 * not known where no setting asks for it. */
GstFlowReturn gst_clip_tagger_sample_zones (GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times,
    const GstClipSettings *settings, const GstClipDifference *difference);

void gst_clip_tagger_take_zones (GstClipTagger *self, GstClipJob *job); /* that is done, in async mode */
void gst_clip_tagger_label_zones (
    GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, const GstClipSettings *settings);

G_END_DECLS

#endif /* __GST_CLIP_TAGGER_ZONES_H__ */
