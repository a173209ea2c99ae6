/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerflow.h: frames, events and queries of cliptagger.
 */
#ifndef __GST_CLIP_TAGGER_FLOW_H__
#define __GST_CLIP_TAGGER_FLOW_H__

#include "tagger/gstcliptaggerstate.h"

G_BEGIN_DECLS

void gst_clip_tagger_class_init_flow (GstBaseTransformClass *klass);
void gst_clip_tagger_start_flow (GstClipTagger *self);
void gst_clip_tagger_stop_flow (GstClipTagger *self);

G_END_DECLS

#endif /* __GST_CLIP_TAGGER_FLOW_H__ */
