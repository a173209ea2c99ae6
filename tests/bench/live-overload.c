/* SPDX-License-Identifier: MIT
 *
 * live-overload.c: a camera with a model that is far too slow for it, and the same camera without, side by side in one
 * process and on one clock: what the element does to frames, and whether what it says about them is true.
 *
 * Threads: each pipeline's streaming thread writes its own frames; results come from the scheduler's thread. All are
 * read once the pipelines have stopped.
 */
#include "live.h"

#include <string.h>

#include "gstcliptagmeta.h"
#include "process.h"

#define FPS      30
#define FRAME_MS (1000.0 / FPS)

/* Times by the monotonic clock, in nanoseconds. */
typedef struct
{
  GstClockTime pts;
  gint64 entered, left;
  guint n_results; /* posted when it entered */
  gboolean labelled, sampled;
  GstClockTime source, age;
} Frame;

typedef struct
{
  GstClockTime source;
  gint64 posted;
} Result;

typedef struct
{
  GstElement *pipeline;
  GstClockTime base_time;
  GArray *frames;
  GArray *results; /* lock */
  GMutex lock;
} Camera;

static GstPadProbeReturn
on_enter (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Camera *camera = data;
  Frame frame = { .pts = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info)) };
  g_mutex_lock (&camera->lock);
  frame.n_results = camera->results->len;
  g_mutex_unlock (&camera->lock);
  frame.entered = process_clock_ns (CLOCK_MONOTONIC);
  g_array_append_val (camera->frames, frame);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_leave (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Camera *camera = data;
  Frame *frame = &g_array_index (camera->frames, Frame, camera->frames->len - 1);
  frame->left = process_clock_ns (CLOCK_MONOTONIC);
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  if (GST_BUFFER_PTS (buffer) != frame->pts)
    g_error ("a frame came out that did not go in");
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
  if (meta) {
    frame->labelled = TRUE;
    frame->sampled = meta->sampled;
    frame->age = meta->age;
    frame->source = gst_clip_tags_get_source_pts (meta->tags);
  }
  return GST_PAD_PROBE_OK;
}

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Camera *camera = data;
  if (!gst_message_has_name (message, "clip-tags"))
    return GST_BUS_PASS;
  Result result = { .posted = process_clock_ns (CLOCK_MONOTONIC) };
  gst_structure_get_uint64 (gst_message_get_structure (message), "timestamp", &result.source);
  g_mutex_lock (&camera->lock);
  g_array_append_val (camera->results, result);
  g_mutex_unlock (&camera->lock);
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static void
camera_init (Camera *camera, guint n_frames, const char *element)
{
  *camera = (Camera){ .frames = g_array_new (FALSE, FALSE, sizeof (Frame)),
    .results = g_array_new (FALSE, FALSE, sizeof (Result)) };
  g_mutex_init (&camera->lock);
  camera->pipeline = live_pipeline (
      "videotestsrc name=source is-live=true num-buffers=%u ! video/x-raw,format=NV12,width=1280,height=720,"
      "framerate=%d/1 ! %s ! fakesink name=sink sync=false",
      n_frames, FPS, element);
  g_autoptr (GstPad) in = gst_element_get_static_pad (live_child (camera->pipeline, "element"), "sink");
  g_autoptr (GstPad) out = gst_element_get_static_pad (live_child (camera->pipeline, "sink"), "sink");
  gst_pad_add_probe (in, GST_PAD_PROBE_TYPE_BUFFER, on_enter, camera, NULL);
  gst_pad_add_probe (out, GST_PAD_PROBE_TYPE_BUFFER, on_leave, camera, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (camera->pipeline);
  gst_bus_set_sync_handler (bus, on_message, camera, NULL);
}

/* On the system's clock from one base time, so that frame n is due at the same moment in both. */
static void
camera_prepare (Camera *camera, GstClockTime base_time)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  camera->base_time = base_time;
  gst_pipeline_use_clock (GST_PIPELINE (camera->pipeline), clock);
  gst_element_set_start_time (camera->pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (camera->pipeline, base_time);
}

static void
camera_clear (Camera *camera)
{
  live_set_state (camera->pipeline, GST_STATE_NULL);
  gst_object_unref (camera->pipeline);
  g_array_unref (camera->frames);
  g_array_unref (camera->results);
  g_mutex_clear (&camera->lock);
}

/* How long after it was due each frame arrived, in ms. */
static GArray *
lateness (const Camera *camera)
{
  GArray *values = g_array_new (FALSE, FALSE, sizeof (double));
  for (guint i = 0; i < camera->frames->len; i++) {
    const Frame *frame = &g_array_index (camera->frames, Frame, i);
    double ms = (double)(frame->left - (gint64)(camera->base_time + frame->pts)) / 1e6;
    g_array_append_val (values, ms);
  }
  return values;
}

static guint
count_late (GArray *values)
{
  guint n = 0;
  for (guint i = 0; i < values->len; i++)
    n += g_array_index (values, double, i) > FRAME_MS;
  return n;
}

static void
report_frames (LiveReport *report, const Camera *with, const Camera *without, guint n_frames)
{
  /* A live videotestsrc starts to count when it starts. */
  guint n_same = 0, n = MIN (with->frames->len, without->frames->len);
  const Frame *a0 = (const Frame *)(void *)with->frames->data, *b0 = (const Frame *)(void *)without->frames->data;
  for (guint i = 0; i < n; i++)
    n_same += a0[i].pts - a0->pts == b0[i].pts - b0->pts;
  live_row (report, "overload: frames; of them with the PTS, from the first on, of those without the element",
      "all; all", live_verdict (with->frames->len == n_frames && n_same == n_frames), "%u of %u; %u", with->frames->len,
      n_frames, n_same);

  g_autoptr (GArray) a = lateness (with), b = lateness (without);
  guint late_with = count_late (a), late_without = count_late (b);
  live_row (report, "— more than a frame late, with and without", "0", live_verdict (late_with <= late_without),
      "%u, %u", late_with, late_without);
  live_row (report, "— arrival after PTS with the element, ms: p50, p95, p99, max", "", LIVE_NOT_JUDGED,
      "%.2f, %.2f, %.2f, %.2f", live_percentile (a, 0.5), live_percentile (a, 0.95), live_percentile (a, 0.99),
      live_percentile (a, 1));
  live_row (report, "— the same without", "", LIVE_NOT_JUDGED, "%.2f, %.2f, %.2f, %.2f", live_percentile (b, 0.5),
      live_percentile (b, 0.95), live_percentile (b, 0.99), live_percentile (b, 1));
}

static const Frame *
find_frame (const Camera *camera, GstClockTime pts)
{
  for (guint i = 0; i < camera->frames->len; i++)
    if (g_array_index (camera->frames, Frame, i).pts == pts)
      return &g_array_index (camera->frames, Frame, i);
  g_error ("a result names a frame that was never there");
}

/* The age on a frame against its definition, against the clock, and whether it is the newest result that it carries. */
static void
report_ages (LiveReport *report, const Camera *camera)
{
  g_autoptr (GArray) errors = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) first_ages = g_array_new (FALSE, FALSE, sizeof (double));
  guint n_wrong = 0, n_stale = 0, n_early = 0;
  for (guint i = 0; i < camera->frames->len; i++) {
    const Frame *frame = &g_array_index (camera->frames, Frame, i);
    const Result *newest = frame->n_results ? &g_array_index (camera->results, Result, frame->n_results - 1) : NULL;
    n_stale += newest && (!frame->labelled || frame->source < newest->source);
    if (!frame->labelled)
      continue;
    const Frame *source = find_frame (camera, frame->source);
    double age = (double)frame->age / 1e6, passed = (double)(frame->entered - source->entered) / 1e6;
    double error = ABS (age - passed);
    n_wrong += frame->age != frame->pts - frame->source;
    g_array_append_val (errors, error);
    if (frame->sampled)
      g_array_append_val (first_ages, age);
  }
  for (guint i = 0; i < camera->results->len; i++) {
    const Result *result = &g_array_index (camera->results, Result, i);
    for (guint k = 0; k < camera->frames->len; k++) {
      const Frame *frame = &g_array_index (camera->frames, Frame, k);
      /* A result is taken, then posted: a frame may carry it in between, but not before it is there. */
      n_early += frame->labelled && frame->source == result->source && frame->left + 5000000 < result->posted;
    }
  }
  live_row (report,
      "— frames whose age is not their PTS less the source's; with an older result than the newest; with "
      "one before it was there",
      "0, 0, 0", live_verdict (!n_wrong && !n_stale && !n_early), "%u, %u, %u of %u", n_wrong, n_stale, n_early,
      errors->len);
  live_row (report, "— age against the time that passed by the clock, ms apart: p50, p95, max", "", LIVE_NOT_JUDGED,
      "%.2f, %.2f, %.2f", live_percentile (errors, 0.5), live_percentile (errors, 0.95), live_percentile (errors, 1));
  live_row (report, "— age when a result first comes with a frame, ms: p50, max", "", LIVE_NOT_JUDGED, "%.0f, %.0f",
      live_percentile (first_ages, 0.5), live_percentile (first_ages, 1));
}

void
live_overload (const LiveOptions *options)
{
  LiveReport *report = options->report;
  guint n_frames = (guint)(options->seconds * FPS);
  g_autofree char *element = g_strdup_printf (
      "cliptagger name=element model=%s prompts=a;b precision=f32 frame-rate=0", live_model (report, "vit-l-14"));
  Camera with, without;
  camera_init (&with, n_frames, element);
  camera_init (&without, n_frames, "identity name=element");
  live_set_state (with.pipeline, GST_STATE_PAUSED);
  live_set_state (without.pipeline, GST_STATE_PAUSED);
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstClockTime base_time = gst_clock_get_time (clock) + 500 * GST_MSECOND;
  camera_prepare (&with, base_time);
  camera_prepare (&without, base_time);
  live_set_state (with.pipeline, GST_STATE_PLAYING);
  live_set_state (without.pipeline, GST_STATE_PLAYING);

  g_usleep ((gulong)(MIN (10, options->seconds / 2) * G_USEC_PER_SEC));
  double early_rss = process_rss ();
  Camera *both[] = { &with, &without };
  for (guint i = 0; i < G_N_ELEMENTS (both); i++) {
    g_autoptr (GstBus) bus = gst_element_get_bus (both[i]->pipeline);
    g_autoptr (GstMessage) message
        = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      g_error ("an error was posted: %s", gst_structure_to_string (gst_message_get_structure (message)));
  }
  double late_rss = process_rss ();
  GstElement *tagger = live_child (with.pipeline, "element");
  double encode = live_stat (tagger, "encode-ms-p50");
  live_row (report, "overload: encode, ms p50, p95; pictures encoded; times as long as a frame lasts", "≥ 10",
      LIVE_NOT_JUDGED, "%.0f, %.0f; %" G_GUINT64_FORMAT "; %.0f", encode, live_stat (tagger, "encode-ms-p95"),
      live_count (tagger, "inferred"), encode / FRAME_MS);
  live_set_state (with.pipeline, GST_STATE_NULL);
  report_frames (report, &with, &without, n_frames);
  report_ages (report, &with);
  live_row (report, "— resident memory, MB: after 10 s, at the end", "flat", live_verdict (late_rss < early_rss + 4),
      "%.1f, %.1f", early_rss, late_rss);
  camera_clear (&with);
  camera_clear (&without);
}
