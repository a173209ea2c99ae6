/* SPDX-License-Identifier: MIT
 *
 * live-cameras.c: many cameras in one process that share a model, and how fast one stops while a picture of it is being
 * encoded.
 */
#include "live.h"

#include <string.h>

#include "process.h"

#define CAMERA_FPS 5

/* ---- Many cameras ---------------------------------------------------------------------------------------- */

static GstElement *
start_camera (const char *model)
{
  GstElement *pipeline
      = live_pipeline ("videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=%d/1 ! "
                       "cliptagger name=tagger model=%s prompts=a;b frame-rate=1 ! fakesink",
          CAMERA_FPS, model);
  live_set_state (pipeline, GST_STATE_PLAYING);
  return pipeline;
}

static void
nap (double seconds)
{
  g_usleep ((gulong)(seconds * G_USEC_PER_SEC));
}

void
live_streams (const LiveOptions *options)
{
  LiveReport *report = options->report;
  const char *model = live_model (report, "vit-b-32");
  guint n = options->streams;
  g_autofree GstElement **pipelines = g_new (GstElement *, n);
  g_autofree guint64 *before = g_new (guint64, n);
  double seconds = MAX (options->seconds / 2, 1), empty = process_rss ();

  pipelines[0] = start_camera (model);
  nap (3);
  double one = process_rss ();
  for (guint i = 1; i < n; i++) {
    pipelines[i] = start_camera (model);
    nap (1.0 / n); /* cameras do not start at one moment */
  }
  nap (3);

  double cpu = process_cpu_time (), least = G_MAXDOUBLE, most = 0, queue = 0, encode = 0;
  gint64 start = g_get_monotonic_time ();
  for (guint i = 0; i < n; i++)
    before[i] = live_count (live_child (pipelines[i], "tagger"), "inferred");
  nap (seconds);
  double elapsed = (double)(g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  for (guint i = 0; i < n; i++) {
    GstElement *tagger = live_child (pipelines[i], "tagger");
    double rate = (double)(live_count (tagger, "inferred") - before[i]) / elapsed;
    least = MIN (least, rate);
    most = MAX (most, rate);
    queue = MAX (queue, live_stat (tagger, "queue-ms-p95"));
    encode = MAX (encode, live_stat (tagger, "encode-ms-p95"));
  }
  cpu = (process_cpu_time () - cpu) / elapsed;
  double all = process_rss (), each = n > 1 ? (all - one) / (n - 1) : 0;
  for (guint i = 0; i < n; i++) {
    live_set_state (pipelines[i], GST_STATE_NULL);
    gst_object_unref (pipelines[i]);
  }

  g_autofree char *figure = g_strdup_printf ("streams: %u that ask for 1/s, achieved rate: least, most", n);
  live_row (report, figure, "0.9 to 1.1", live_verdict (least >= 0.9 && most <= 1.1), "%.3f, %.3f", least, most);
  live_row (report, "— of the slowest stream, ms p95: wait, encode", "", LIVE_NOT_JUDGED, "%.1f, %.1f", queue, encode);
  live_row (report, "— CPU, per cent of one core", "", LIVE_NOT_JUDGED, "%.0f", 100 * cpu);
  live_row (report, "— resident memory, MB: before; with one stream; with all", "", LIVE_NOT_JUDGED, "%.0f; %.0f; %.0f",
      empty, one, all);
  live_row (report, "— MB a stream beyond the first", "≤ 8", live_verdict (each <= 8), "%.2f", each);
}

/* ---- Stopping -------------------------------------------------------------------------------------------- */

/* Milliseconds that PLAYING to NULL takes at a random moment of an encode. ret_encoding: that one was under way. */
static double
stop_one (GstElement *pipeline, GRand *random, gboolean *ret_encoding)
{
  GstElement *tagger = live_child (pipeline, "tagger");
  live_set_state (pipeline, GST_STATE_PLAYING);
  while (!live_count (tagger, "sampled"))
    nap (0.005);
  nap (g_rand_double_range (random, 0.02, 0.5));
  guint64 inferred = live_count (tagger, "inferred");

  gint64 start = g_get_monotonic_time ();
  gst_element_set_state (pipeline, GST_STATE_NULL);
  double ms = (double)(g_get_monotonic_time () - start) / 1000;
  *ret_encoding = live_count (tagger, "inferred") == inferred;
  return ms;
}

/* holder: an element that keeps the weights, so that they need not be read again each time; its scheduler is another
 * one.
 */
static void
report_shutdowns (const LiveOptions *options, const char *model, gboolean keep_weights, guint n)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GRand) random = g_rand_new_with_seed (4);
  GstElement *holder = gst_object_ref_sink (gst_element_factory_make ("cliptagger", NULL));
  g_object_set (holder, "model", model, "prompts", "a;b", "n-threads", 1, NULL);
  gst_util_set_object_arg (G_OBJECT (holder), "precision", "f32");
  if (keep_weights)
    live_set_state (holder, GST_STATE_PAUSED);
  GstElement *pipeline
      = live_pipeline ("videotestsrc is-live=true ! video/x-raw,format=NV12,width=1280,height=720,framerate=30/1 ! "
                       "cliptagger name=tagger model=%s prompts=a;b precision=f32 n-threads=2 frame-rate=0 ! fakesink",
          model);
  guint under_way = 0;
  for (guint i = 0; i < n; i++) {
    gboolean encoding;
    double ms = stop_one (pipeline, random, &encoding);
    under_way += encoding;
    g_array_append_val (times, ms);
  }
  gst_object_unref (pipeline);
  live_set_state (holder, GST_STATE_NULL);
  gst_object_unref (holder);

  double median = live_percentile (times, 0.5), worst = live_percentile (times, 1);
  g_autofree char *figure = g_strdup_printf ("shutdown: %s, ms: median, worst of %u (encoding in %u)",
      keep_weights ? "weights still used elsewhere" : "last user, 1.2 GB of weights freed", n, under_way);
  live_row (options->report, figure, "< 50", live_verdict (worst < 50), "%.1f, %.1f", median, worst);
}

void
live_shutdown (const LiveOptions *options)
{
  const char *model = live_model (options->report, "vit-l-14");
  report_shutdowns (options, model, TRUE, options->shutdowns);
  report_shutdowns (options, model, FALSE, MAX (options->shutdowns / 4, 1));
}
