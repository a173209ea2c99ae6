/* SPDX-License-Identifier: MIT
 *
 * gstcliperror.h: errors of the engine as messages on the bus, by codes that applications can act on. The table stands
 * in gstcliptagger.c.
 */
#ifndef __GST_CLIP_ERROR_H__
#define __GST_CLIP_ERROR_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* type: GST_MESSAGE_ERROR or GST_MESSAGE_WARNING. details: or NULL. */
void gst_clip_error_post (GstElement *element, GstMessageType type, const GError *error, const gchar *details);

G_END_DECLS

#endif /* __GST_CLIP_ERROR_H__ */
