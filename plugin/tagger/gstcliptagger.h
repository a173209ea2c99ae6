/* SPDX-License-Identifier: MIT
 *
 * gstcliptagger.h: the element that labels video frames with CLIP.
 */
#ifndef __GST_CLIP_TAGGER_H__
#define __GST_CLIP_TAGGER_H__

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_CLIP_TAGGER (gst_clip_tagger_get_type ())
G_DECLARE_FINAL_TYPE (GstClipTagger, gst_clip_tagger, GST, CLIP_TAGGER, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (cliptagger)

G_END_DECLS

#endif /* __GST_CLIP_TAGGER_H__ */
