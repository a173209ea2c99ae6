/* SPDX-License-Identifier: MIT
 *
 * gstcliplogline.h: a buffer's labels, or the news of an event, as a line of JSON; gstcliplog.c describes its members.
 *
 * A line is one JSON object of valid UTF-8 whatever the labels hold, and no reader takes any character in it but the
 * "\n" at its end for a line break. Any thread.
 */
#ifndef __GST_CLIP_LOG_LINE_H__
#define __GST_CLIP_LOG_LINE_H__

#include <gst/gst.h>

#include "common/gstclipserials.h"
#include "gstclipeventmeta.h"
#include "log/gstcliplogchanges.h"

G_BEGIN_DECLS

typedef enum
{
  GST_CLIP_LOG_FRAMES,  /* a line for each frame with labels */
  GST_CLIP_LOG_SAMPLES, /* for each result */
  GST_CLIP_LOG_CHANGES, /* for each result with another best label */
  GST_CLIP_LOG_EVENTS,  /* for the news of events only */
  GST_CLIP_LOG_BOTH     /* for each result, and for the news of events */
} GstClipLogLevel;

#define GST_TYPE_CLIP_LOG_LEVEL (gst_clip_log_level_get_type ())
GType gst_clip_log_level_get_type (void);

/* The rest of a line, beside its labels; borrowed. */
typedef struct
{
  const GstSegment *segment;
  const gchar *source; /* or NULL */
  gint width, height;  /* 0: unknown */
  GstClipLogLevel level;
  gboolean embedding;
  GstClipSerials *serials;    /* of the results logged; grows */
  GstClipLogChanges *changes; /* the best labels last logged */
} GstClipLogContext;

/* All replace the content of ret_line. FALSE: there is nothing to write. A result is new to the log once, on the first
 * frame with it; one without a serial number is new where its metadata says `sampled`. */

/* The line of one of the buffer's metas. */
gboolean gst_clip_log_line_from_frame (
    const GstClipLogContext *context, GstBuffer *buffer, const GstClipTagMeta *meta, GString *ret_line);

/* The line of all labelled regions of interest. */
gboolean gst_clip_log_line_from_rois (const GstClipLogContext *context, GstBuffer *buffer, GString *ret_line);

/* The line of a piece of news; of the context its source only. */
void gst_clip_log_line_from_event (const GstClipLogContext *context, const GstClipEvent *event, GString *ret_line);

G_END_DECLS

#endif /* __GST_CLIP_LOG_LINE_H__ */
