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
#define gst_clip_error_post(element, type, error, details)                                                             \
  gst_clip_error_post_full (element, type, error, details, __FILE__, G_STRFUNC, __LINE__)
void gst_clip_error_post_full (GstElement *element, GstMessageType type, const GError *error, const gchar *details,
    const gchar *file, const gchar *function, gint line);

G_END_DECLS

#endif /* __GST_CLIP_ERROR_H__ */
