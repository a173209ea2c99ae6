/* SPDX-License-Identifier: MIT
 *
 * gstclipsubject.c: see gstclipsubject.h.
 */
#include "tagger/gstclipsubject.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_clip_tagger_debug);
#define GST_CAT_DEFAULT gst_clip_tagger_debug

GstClipSubject *
gst_clip_subject_new (const gchar *name)
{
  GstClipSubject *self = g_new0 (GstClipSubject, 1);
  self->name = g_strdup (name);
  return self;
}

GstClipSubject *
gst_clip_subject_new_object (GQuark type, gint id)
{
  GstClipSubject *self = gst_clip_subject_new (NULL);
  self->roi_type = type;
  self->object_id = id;
  self->silent = id == 0;
  return self;
}

static void
drop_track (GstClipSubject *self)
{
  g_clear_pointer (&self->track, clip_track_free);
  g_clear_pointer (&self->labels, clip_labels_unref);
  self->has_sample = FALSE;
}

void
gst_clip_subject_free (GstClipSubject *self)
{
  if (!self)
    return;
  if (self->baselines)
    gst_clip_baselines_remove (self->baselines, self);
  gst_clip_baselines_unref (self->baselines);
  drop_track (self);
  g_free (self->name);
  g_free (self->embedding);
  g_free (self);
}

/* ---- Events ------------------------------------------------------------------------------------------------- */

typedef struct
{
  const GstClipSubject *subject;
  GstClipEvents *events;
} Telling;

static GstClipEventTime
convert_time (const ClipTime *time)
{
  return (GstClipEventTime){ time->pts, time->stream_time, time->running_time, time->utc };
}

static void
tell (const ClipEvent *event, gpointer data)
{
  static const GstClipEventState states[] = {
    [CLIP_EVENT_START] = GST_CLIP_EVENT_START,
    [CLIP_EVENT_UPDATE] = GST_CLIP_EVENT_UPDATE,
    [CLIP_EVENT_END] = GST_CLIP_EVENT_END,
  };
  const Telling *self = data;
  const GstClipEvent values = {
    .id = event->id,
    .state = states[event->state],
    .label_id = event->label_id,
    .label = (gchar *)event->label,
    .group = (gchar *)event->group,
    .zone = (gchar *)event->zone,
    .object_id = self->subject->object_id,
    .roi_type = (gchar *)g_quark_to_string (self->subject->roi_type),
    .start = convert_time (&event->start),
    .end = convert_time (&event->end),
    .peak = convert_time (&event->peak),
    .confidence = event->confidence,
    .mean = event->mean,
    .n_samples = event->n_samples,
    .reason = event->state == CLIP_EVENT_END ? (gchar *)clip_event_end_name (event->reason) : NULL,
  };
  GST_DEBUG ("event %" G_GUINT64_FORMAT " of '%s': %s%s%s", event->id, event->label,
      clip_event_state_name (event->state), values.reason ? ", " : "", values.reason ? values.reason : "");
  gst_clip_events_add (self->events, &values);
}

void
gst_clip_subject_close (GstClipSubject *self, ClipEventEnd reason, GstClipEvents *events)
{
  Telling telling = { self, events };
  if (self->track)
    clip_track_close (self->track, reason, self->silent ? NULL : tell, &telling);
  self->has_sample = FALSE;
}

void
gst_clip_subject_forget (GstClipSubject *self, ClipEventEnd reason, GstClipEvents *events)
{
  gst_clip_subject_close (self, reason, events);
  g_clear_pointer (&self->embedding, g_free);
}

/* ---- Samples ------------------------------------------------------------------------------------------------ */

static gboolean
find_zone (const ClipPrompts *prompts, const gchar *name, guint *ret_index)
{
  for (guint i = 0; i < clip_prompts_get_n_zones (prompts); i++)
    if (g_strcmp0 (clip_prompts_get_zone (prompts, i)->name, name) == 0) {
      *ret_index = i;
      return TRUE;
    }
  return FALSE;
}

gboolean
gst_clip_subject_has_classes (const GstClipSubject *self)
{
  return clip_prompts_get_zone (clip_labels_get_prompts (self->labels), self->zone)->n_classes > 0;
}

/* What is usual stays so with other prompts, for labels that are the same; a first track has it from the file. Objects
 * come and go. */
static void
hand_on_baseline (GstClipSubject *self, const GstClipScoring *scoring, ClipTrack *track)
{
  if (self->track)
    clip_track_inherit_baseline (track, self->track);
  if (self->baselines) {
    gst_clip_baselines_replace (self->baselines, self, track);
  } else if (scoring->baselines && !self->roi_type && !self->object_id) {
    self->baselines = gst_clip_baselines_ref (scoring->baselines);
    gst_clip_baselines_load (self->baselines, self, track);
  }
}

/* A track by the labels in use. FALSE: they have no such zone, or memory is short, which the log has. */
static gboolean
renew_track (GstClipSubject *self, const GstClipScoring *scoring)
{
  if (self->track && self->labels == scoring->labels)
    return TRUE;
  g_autoptr (GError) error = NULL;
  gst_clip_subject_close (self, CLIP_END_PROMPTS, scoring->events);
  if (!scoring->labels || !find_zone (clip_labels_get_prompts (scoring->labels), self->name, &self->zone))
    return FALSE;
  ClipTrack *track = clip_track_new (scoring->labels, self->zone, &error);
  if (!track) {
    GST_WARNING ("%s", error->message);
    return FALSE;
  }
  hand_on_baseline (self, scoring, track);
  drop_track (self);
  self->track = track;
  self->labels = clip_labels_ref (scoring->labels);
  return TRUE;
}

gboolean
gst_clip_subject_take (GstClipSubject *self, const GstClipScoring *scoring, const gfloat *embedding,
    const GstClipTimes *times, gboolean stale)
{
  Telling telling = { self, scoring->events };
  const ClipTime time = {
    .time = times->time,
    .pts = times->pts,
    .stream_time = times->stream_time,
    .running_time = times->running_time,
    .utc = times->utc,
  };
  if (!renew_track (self, scoring) || (!embedding && !self->embedding))
    return FALSE;
  if (embedding) {
    if (!self->embedding)
      self->embedding = g_new (gfloat, scoring->dim);
    memcpy (self->embedding, embedding, scoring->dim * sizeof *embedding);
    self->encoded = times->pts;
  }
  /* A new track knows no last sample that this one could be like. */
  const gfloat *sample = self->has_sample ? embedding : self->embedding;
  clip_track_take (self->track, sample, &time, scoring->params, self->silent || stale ? NULL : tell, &telling);
  if (stale)
    clip_track_close (self->track, CLIP_END_SEGMENT, NULL, NULL);
  self->has_sample = !stale;
  return TRUE;
}

gboolean
gst_clip_subject_rescore (GstClipSubject *self, const GstClipScoring *scoring)
{
  if (!renew_track (self, scoring) || !self->embedding)
    return FALSE;
  clip_track_rescore (self->track, self->embedding, scoring->params);
  return TRUE;
}
