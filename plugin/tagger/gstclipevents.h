/* SPDX-License-Identifier: MIT
 *
 * gstclipevents.h: news of events on its way out of a tagger: as messages to the application, and in the stream to the
 * elements behind, as metadata of the next frame or, where none follows, as events of the pad.
 *
 * Both ways have every event once and in the order in which they were added. What counts as gone out is what the source
 * pad let through: news on a frame that a flush stopped there goes on a later one.
 * Threads: any for add(), post() and get_n_started(), with nothing locked for post(); the rest is the streaming
 * thread's, or nobody is streaming.
 */
#ifndef __GST_CLIP_EVENTS_H__
#define __GST_CLIP_EVENTS_H__

#include "gstclipeventmeta.h"

G_BEGIN_DECLS

typedef struct _GstClipEvents GstClipEvents;

GstClipEvents *gst_clip_events_new (void);
void gst_clip_events_free (GstClipEvents *self);

/* tagger: name of the element. Whatever was left is dropped, and counting begins again. */
void gst_clip_events_start (GstClipEvents *self, const gchar *tagger);

/* A copy, with the tagger's name. */
void gst_clip_events_add (GstClipEvents *self, const GstClipEvent *values);

/* Posts what has not been posted. Where another thread is posting it posts these, too: `wait` until it has. wanted:
 * FALSE = drops them instead. */
void gst_clip_events_post (GstClipEvents *self, GstElement *element, gboolean wanted, gboolean wait);

/* Puts what waits on a frame that is about to leave by this pad. FALSE: nothing does. */
gboolean gst_clip_events_attach (GstClipEvents *self, GstBuffer *buffer, GstPad *src);

/* Takes back what is on frames that never left. */
void gst_clip_events_recover (GstClipEvents *self, GstPad *src);

/* Pushes what waits as events. What the pad refuses waits on. */
void gst_clip_events_push (GstClipEvents *self, GstPad *src);

/* How many events began since the start. */
guint64 gst_clip_events_get_n_started (GstClipEvents *self);

G_END_DECLS

#endif /* __GST_CLIP_EVENTS_H__ */
