/* SPDX-License-Identifier: MIT
 *
 * gstcliplog.h: the element cliplog, which writes the labels of passing buffers as JSON lines.
 */
#ifndef __GST_CLIP_LOG_H__
#define __GST_CLIP_LOG_H__

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_CLIP_LOG (gst_clip_log_get_type ())
G_DECLARE_FINAL_TYPE (GstClipLog, gst_clip_log, GST, CLIP_LOG, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (cliplog)

G_END_DECLS

#endif /* __GST_CLIP_LOG_H__ */
