/* SPDX-License-Identifier: MIT
 *
 * gstclipprogress.h: progress messages for encodings of prompts that take their time.
 */
#ifndef __GST_CLIP_PROGRESS_H__
#define __GST_CLIP_PROGRESS_H__

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct
{
  GstElement *element;   /* borrowed */
  gint64 started, shown; /* by g_get_monotonic_time(); 0 = not yet */
  gboolean begun;        /* the first message is out */
} GstClipProgress;

void gst_clip_progress_init (GstClipProgress *self, GstElement *element);

/* Posts at most four messages a second, and none in the half second after the first call. */
void gst_clip_progress_update (GstClipProgress *self, gint64 now, guint64 done, guint64 total);

/* Posts the last message, if there was a first. error: why it ended before its time, or NULL. */
void gst_clip_progress_end (GstClipProgress *self, const GError *error);

G_END_DECLS

#endif /* __GST_CLIP_PROGRESS_H__ */
