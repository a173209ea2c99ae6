/* SPDX-License-Identifier: MIT
 *
 * gstcliplogsettings.h: cliplog's properties.
 */
#ifndef __GST_CLIP_LOG_SETTINGS_H__
#define __GST_CLIP_LOG_SETTINGS_H__

#include <gst/gst.h>

#include "log/gstcliplogline.h"

G_BEGIN_DECLS

typedef struct
{
  gchar *location;
  gchar *source; /* NULL: the stream's id */
  gboolean append;
  gboolean follow_links;
  GstClipLogLevel level;
  gboolean embedding;
} GstClipLogSettings;

void gst_clip_log_settings_install_properties (GObjectClass *klass);
void gst_clip_log_settings_init (GstClipLogSettings *self); /* the defaults */
void gst_clip_log_settings_clear (GstClipLogSettings *self);

/* FALSE: there is no such property. */
gboolean gst_clip_log_settings_set (GstClipLogSettings *self, guint property, const GValue *value);
gboolean gst_clip_log_settings_get (const GstClipLogSettings *self, guint property, GValue *value);

G_END_DECLS

#endif /* __GST_CLIP_LOG_SETTINGS_H__ */
