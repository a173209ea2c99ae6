/* SPDX-License-Identifier: MIT
 *
 * live-cost.c: what cliptagger costs the streaming thread in async mode, frame by frame: buffers of 1080p are pushed
 * into it by hand while pictures are being encoded by another thread; `identity` takes turns with it.
 */
#include "live.h"

#include <gst/video/video.h>

#include "gstcliptagmeta.h"
#include "process.h"

#define ROUNDS    10
#define PER_ROUND 100
#define N_BUFFERS 4
#define FPS       30

/* Microseconds of each push. */
typedef struct
{
  const char *name;
  GArray *cpu, *wall;
} Cost;

typedef struct
{
  GstElement *element;
  GstPad *in, *out; /* ours, linked to it */
  guint64 n;        /* frames pushed */
  guint64 labelled; /* that came out with labels */
} Rig;

static GstFlowReturn
on_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  Rig *rig = gst_pad_get_element_private (pad);
  rig->labelled += gst_buffer_get_clip_tag_meta (buffer) != NULL;
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

/* Takes the element. */
static void
rig_init (Rig *rig, GstElement *element, const GstVideoInfo *info)
{
  *rig = (Rig){ .element = gst_object_ref_sink (element) };
  g_autoptr (GstPad) sink = gst_element_get_static_pad (element, "sink");
  g_autoptr (GstPad) source = gst_element_get_static_pad (element, "src");
  rig->in = gst_pad_new (NULL, GST_PAD_SRC);
  rig->out = gst_pad_new (NULL, GST_PAD_SINK);
  gst_pad_set_element_private (rig->out, rig);
  gst_pad_set_chain_function (rig->out, on_buffer);
  if (gst_pad_link (rig->in, sink) != GST_PAD_LINK_OK || gst_pad_link (source, rig->out) != GST_PAD_LINK_OK)
    g_error ("pads cannot be linked");
  live_set_state (element, GST_STATE_PAUSED);
  gst_pad_set_active (rig->in, TRUE);
  gst_pad_set_active (rig->out, TRUE);

  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_autoptr (GstCaps) caps = gst_video_info_to_caps (info);
  gst_pad_push_event (rig->in, gst_event_new_stream_start ("bench"));
  gst_pad_push_event (rig->in, gst_event_new_caps (caps));
  gst_pad_push_event (rig->in, gst_event_new_segment (&segment));
}

static void
rig_clear (Rig *rig)
{
  gst_pad_set_active (rig->in, FALSE);
  live_set_state (rig->element, GST_STATE_NULL);
  gst_object_unref (rig->in);
  gst_object_unref (rig->out);
  gst_object_unref (rig->element);
}

/* cost: NULL = not counted. */
static void
rig_push (Rig *rig, GstBuffer *const *frames, Cost *cost)
{
  GstBuffer *buffer = gst_buffer_copy (frames[rig->n % N_BUFFERS]); /* the memory is the same */
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (rig->n++, GST_SECOND, FPS);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / FPS;
  gint64 wall = process_clock_ns (CLOCK_MONOTONIC), cpu = process_clock_ns (CLOCK_THREAD_CPUTIME_ID);
  if (gst_pad_push (rig->in, buffer) != GST_FLOW_OK)
    g_error ("a frame was refused");
  double cpu_us = (double)(process_clock_ns (CLOCK_THREAD_CPUTIME_ID) - cpu) / 1e3;
  double wall_us = (double)(process_clock_ns (CLOCK_MONOTONIC) - wall) / 1e3;
  if (cost) {
    g_array_append_val (cost->cpu, cpu_us);
    g_array_append_val (cost->wall, wall_us);
  }
}

/* The first frames after the rate has changed are not counted. */
static void
tagger_round (Rig *rig, GstBuffer *const *frames, gboolean sampled, Cost *cost)
{
  g_object_set (rig->element, "frame-rate", sampled ? 0.0 : 0.0001, NULL);
  for (guint i = 0; i < 3; i++)
    rig_push (rig, frames, NULL);
  guint64 before = live_count (rig->element, "sampled"), labelled = rig->labelled;
  for (guint i = 0; i < PER_ROUND; i++)
    rig_push (rig, frames, cost);
  guint64 n = live_count (rig->element, "sampled") - before;
  if (n != (sampled ? PER_ROUND : 0))
    g_error ("%" G_GUINT64_FORMAT " of %d frames were sampled", n, PER_ROUND);
  if (cost && rig->labelled != labelled + PER_ROUND)
    g_error ("%" G_GUINT64_FORMAT " of %d frames were labelled", rig->labelled - labelled, PER_ROUND);
}

static Cost
cost_new (const char *name)
{
  return (Cost){ name, g_array_new (FALSE, FALSE, sizeof (double)), g_array_new (FALSE, FALSE, sizeof (double)) };
}

/* limit: ms, 0 = none. */
static void
cost_report (Cost *cost, LiveReport *report, double limit)
{
  double cpu = live_percentile (cost->cpu, 0.5) / 1e3, wall = live_percentile (cost->wall, 0.5) / 1e3;
  g_autofree char *figure = g_strdup_printf ("cost: %s, ms p50, p95: CPU; wall", cost->name);
  g_autofree char *asked = limit > 0 ? g_strdup_printf ("≤ %g", limit) : g_strdup ("");
  live_row (report, figure, asked, limit > 0 ? live_verdict (cpu <= limit && wall <= limit) : LIVE_NOT_JUDGED,
      "%.4f, %.4f; %.4f, %.4f", cpu, live_percentile (cost->cpu, 0.95) / 1e3, wall,
      live_percentile (cost->wall, 0.95) / 1e3);
  g_array_unref (cost->cpu);
  g_array_unref (cost->wall);
}

void
live_cost (const LiveOptions *options)
{
  GstVideoInfo info;
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_NV12, 1920, 1080);
  info.fps_n = FPS;
  info.fps_d = 1;
  GstBuffer *frames[N_BUFFERS];
  for (guint i = 0; i < N_BUFFERS; i++) {
    GstMapInfo map;
    frames[i] = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&info), NULL);
    if (!gst_buffer_map (frames[i], &map, GST_MAP_WRITE))
      g_error ("a buffer cannot be mapped");
    for (gsize k = 0; k < map.size; k++)
      map.data[k] = (guint8)(k * (i + 3) >> 8);
    gst_buffer_unmap (frames[i], &map);
  }

  /* One thread encodes, so that the one that pushes has a processor. */
  GstElement *tagger = gst_element_factory_make ("cliptagger", NULL);
  g_object_set (tagger, "model", live_model (options->report, "vit-b-32"), "prompts", "a;b", "n-threads", 1, NULL);
  gst_util_set_object_arg (G_OBJECT (tagger), "inference-mode", "async");
  Rig own, other;
  rig_init (&own, tagger, &info);
  rig_init (&other, gst_element_factory_make ("identity", NULL), &info);

  Cost plain = cost_new ("identity, 1080p NV12"), passed = cost_new ("a frame not sampled"),
       sampled = cost_new ("a sampled frame");
  tagger_round (&own, frames, TRUE, NULL);
  while (!live_count (tagger, "inferred"))
    g_usleep (1000);
  for (guint round = 0; round < ROUNDS; round++) {
    for (guint i = 0; i < PER_ROUND; i++)
      rig_push (&other, frames, &plain);
    tagger_round (&own, frames, FALSE, &passed);
    tagger_round (&own, frames, TRUE, &sampled);
  }
  cost_report (&plain, options->report, 0);
  cost_report (&passed, options->report, 0.05);
  cost_report (&sampled, options->report, 1);
  rig_clear (&own);
  rig_clear (&other);
  for (guint i = 0; i < N_BUFFERS; i++)
    gst_buffer_unref (frames[i]);
}
