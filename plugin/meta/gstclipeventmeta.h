/* SPDX-License-Identifier: MIT
 *
 * gstclipeventmeta.h: events, which say when a label came and went, and the metadata that carries them on frames.
 *
 * A GstClipEvent is one piece of news of an event: immutable, reference-counted. The same event has the same id in all
 * of them: one START, any number of UPDATEs, one END. As a structure (`clip-event`) it is what a message on the bus
 * and an event of a pad have.
 */
#ifndef __GST_CLIP_EVENT_META_H__
#define __GST_CLIP_EVENT_META_H__

#include "gstcliptagmeta.h"

G_BEGIN_DECLS

typedef struct _GstClipEvent GstClipEvent;
typedef struct _GstClipEventTime GstClipEventTime;
typedef struct _GstClipEventMeta GstClipEventMeta;

/**
 * GST_CLIP_EVENT_NAME:
 *
 * Name of the structure that a message and an event of a pad have.
 *
 * Since: 0.1
 */
#define GST_CLIP_EVENT_NAME "clip-event"

/**
 * GstClipEventState:
 * @GST_CLIP_EVENT_START: the label has lasted for the minimum duration
 * @GST_CLIP_EVENT_UPDATE: it goes on
 * @GST_CLIP_EVENT_END: it is over
 *
 * What the news of an event is.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_CLIP_EVENT_START,
  GST_CLIP_EVENT_UPDATE,
  GST_CLIP_EVENT_END
} GstClipEventState;

/**
 * GstClipEventTime:
 * @timestamp: PTS of the sampled frame, or `GST_CLOCK_TIME_NONE`
 * @stream_time: its stream time, or `GST_CLOCK_TIME_NONE`
 * @running_time: its running time, or `GST_CLOCK_TIME_NONE`
 * @utc: microseconds since 1970: its reference timestamp where it has one, else the wall clock when it was sampled
 *
 * A moment of an event, always that of a sampled frame.
 *
 * Since: 0.1
 */
struct _GstClipEventTime
{
  GstClockTime timestamp;
  GstClockTime stream_time;
  GstClockTime running_time;
  gint64 utc;
};

/**
 * GstClipEvent:
 * @id: number of the event, of no other in this process; from 1 on
 * @state: what the news is
 * @label_id: index of the label's first prompt
 * @label: the label
 * @group: (nullable): the label's group, `NULL` = the unnamed one
 * @zone: (nullable): the zone that it is about, `NULL` = the frame or an object
 * @object_id: the tracker's number of the object that it is about, 0 = none
 * @roi_type: (nullable): the object's type
 * @start: the first sample that reached the threshold
 * @end: the last one so far that reached the off-threshold
 * @peak: the one of the highest confidence
 * @confidence: that confidence
 * @mean: mean confidence from start to end
 * @n_samples: how many samples that is of
 * @reason: (nullable): why it ended: over, gap, eos, flush, segment, prompts, stop, lost; `NULL` unless it did
 * @tagger: (nullable): name of the element that tells it
 *
 * One piece of news of an event.
 *
 * Since: 0.1
 */
struct _GstClipEvent
{
  /*< private >*/
  gatomicrefcount ref_count;

  /*< public >*/
  guint64 id;
  GstClipEventState state;
  guint label_id;
  gchar *label;
  gchar *group;
  gchar *zone;
  gint object_id;
  gchar *roi_type;
  GstClipEventTime start;
  GstClipEventTime end;
  GstClipEventTime peak;
  gdouble confidence;
  gdouble mean;
  guint n_samples;
  gchar *reason;
  gchar *tagger;
};

#define GST_TYPE_CLIP_EVENT (gst_clip_event_get_type ())
GST_CLIP_TAG_API GType gst_clip_event_get_type (void);

/* Copies all of `values`, whose reference count is ignored. */
GST_CLIP_TAG_API GstClipEvent *gst_clip_event_new (const GstClipEvent *values);
GST_CLIP_TAG_API GstClipEvent *gst_clip_event_ref (GstClipEvent *event);
GST_CLIP_TAG_API void gst_clip_event_unref (GstClipEvent *event);

/* `clip-event`: id (guint64), state (string), label (string), label-id (guint), group, zone, roi-type, reason, tagger
 * (strings, absent where NULL), object-id (gint, absent where 0), start-timestamp, start-stream-time,
 * start-running-time (guint64), start-utc (gint64), the same with end- and peak-, confidence, mean (gdouble), samples
 * (guint). */
GST_CLIP_TAG_API GstStructure *gst_clip_event_to_structure (const GstClipEvent *event);
GST_CLIP_TAG_API GstClipEvent *gst_clip_event_new_from_structure (
    const GstStructure *structure); /* NULL if it is none */

/**
 * GstClipEventMeta:
 * @meta: parent
 * @event: the news
 *
 * News of an event on a buffer, the first one that passes after it. A buffer may have several. A copy of the buffer
 * has them again: by id and state each is known.
 *
 * Since: 0.1
 */
struct _GstClipEventMeta
{
  GstMeta meta;

  GstClipEvent *event;
};

#define GST_CLIP_EVENT_META_API_TYPE (gst_clip_event_meta_api_get_type ())
#define GST_CLIP_EVENT_META_INFO     (gst_clip_event_meta_get_info ())
GST_CLIP_TAG_API GType gst_clip_event_meta_api_get_type (void);
GST_CLIP_TAG_API const GstMetaInfo *gst_clip_event_meta_get_info (void);
GST_CLIP_TAG_API GstClipEventMeta *gst_buffer_add_clip_event_meta (GstBuffer *buffer, GstClipEvent *event);
GST_CLIP_TAG_API GstClipEvent *gst_buffer_get_clip_event (GstBuffer *buffer, guint index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstClipEvent, gst_clip_event_unref)

G_END_DECLS

#endif /* __GST_CLIP_EVENT_META_H__ */
