/* SPDX-License-Identifier: MIT
 *
 * gstcliplogevents.h: which news of events a log has seen, and which events it has begun and not ended.
 *
 * Frames that carry news are repeated, copied and cut up behind the tagger, and some are lost: each piece of news is
 * for the log once, and no event that the log began stays without an end. Memory is bounded. One thread.
 */
#ifndef __GST_CLIP_LOG_EVENTS_H__
#define __GST_CLIP_LOG_EVENTS_H__

#include "gstclipeventmeta.h"

G_BEGIN_DECLS

/* The last pieces of news remembered, and the events that may be open at a time. */
#define GST_CLIP_LOG_EVENTS_SEEN 16384
#define GST_CLIP_LOG_EVENTS_OPEN 16384

#define GST_CLIP_LOG_EVENTS_REASON "log-stop" /* of an end that the log itself tells */

typedef struct _GstClipLogEvents GstClipLogEvents;

GstClipLogEvents *gst_clip_log_events_new (void);
void gst_clip_log_events_free (GstClipLogEvents *self);

/* Whether this news is to be written: it was not seen before, its event has not ended, and the log is of events or has
 * begun this one. */
gboolean gst_clip_log_events_wants (GstClipLogEvents *self, const GstClipEvent *event, gboolean of_events);

/* Remembers it; written: it stands in the log now. */
void gst_clip_log_events_add (GstClipLogEvents *self, GstClipEvent *event, gboolean written);

/* Takes the event off that has been open for the longest time, and returns its end as far as the log knows it. NULL:
 * none is open, or without `all` no more than may be. (transfer full) */
GstClipEvent *gst_clip_log_events_close_next (GstClipLogEvents *self, gboolean all);

G_END_DECLS

#endif /* __GST_CLIP_LOG_EVENTS_H__ */
