/* SPDX-License-Identifier: MIT
 *
 * gstcliplogline.h: a buffer's labels as a line of JSON; gstcliplog.c describes its members.
 *
 * A line is one JSON object of valid UTF-8 whatever the labels hold, and no reader takes any character in it but the
 * "\n" at its end for a line break. Any thread.
 */
#ifndef __GST_CLIP_LOG_LINE_H__
#define __GST_CLIP_LOG_LINE_H__

#include <gst/gst.h>

#include "common/gstclipserials.h"
#include "gstcliptagmeta.h"

G_BEGIN_DECLS

/* The rest of a line, beside its labels; borrowed. */
typedef struct
{
  const GstSegment *segment;
  const gchar *source; /* or NULL */
  gint width, height;  /* 0: unknown */
  gboolean all_frames; /* including those with nothing new */
  gboolean embedding;
  GstClipSerials *serials; /* of the results logged; grows */
} GstClipLogContext;

/* Both replace the content of ret_line. FALSE: there is nothing to write. A result is new to the log once, on the first
 * frame with it; one without a serial number is new where its metadata says `sampled`. */

/* The line of one of the buffer's metas. */
gboolean gst_clip_log_line_from_frame (
    const GstClipLogContext *context, GstBuffer *buffer, const GstClipTagMeta *meta, GString *ret_line);

/* The line of all labelled regions of interest. */
gboolean gst_clip_log_line_from_rois (const GstClipLogContext *context, GstBuffer *buffer, GString *ret_line);

G_END_DECLS

#endif /* __GST_CLIP_LOG_LINE_H__ */
