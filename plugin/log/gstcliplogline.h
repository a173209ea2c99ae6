/* SPDX-License-Identifier: MIT
 *
 * gstcliplogline.h: a buffer's labels as a line of JSON; what it holds is described in gstcliplog.c.
 *
 * A line is one JSON object of valid UTF-8 whatever the labels hold, and no character in it but the "\n" at its end is
 * a line break to anybody. Any thread.
 */
#ifndef __GST_CLIP_LOG_LINE_H__
#define __GST_CLIP_LOG_LINE_H__

#include <gst/gst.h>

#include "common/gstclipserials.h"
#include "gstcliptagmeta.h"

G_BEGIN_DECLS

/* What lines say beside labels, borrowed. */
typedef struct
{
  const GstSegment *segment;
  const gchar *source; /* or NULL */
  gint width, height;  /* 0: unknown */
  gboolean all_frames; /* those that bring nothing new, too */
  gboolean embedding;
  GstClipSerials *serials; /* of the results that there was a line for; grows */
} GstClipLogContext;

/* Both replace what ret_line holds. FALSE: there is nothing to write. A result is new to the log once, on whatever
 * frame it comes first; where nobody numbered it, it is new where its metadata says `sampled`. */

/* The line of one of the buffer's metas. */
gboolean gst_clip_log_line_from_frame (
    const GstClipLogContext *context, GstBuffer *buffer, const GstClipTagMeta *meta, GString *ret_line);

/* The line of all labelled regions of interest. */
gboolean gst_clip_log_line_from_regions (const GstClipLogContext *context, GstBuffer *buffer, GString *ret_line);

G_END_DECLS

#endif
