/* SPDX-License-Identifier: MIT
 *
 * stress.c: see stress.h. The source is not live: frames come as fast as the element takes them.
 *
 * Threads: one drives; a watchdog looks at `progress`; bus messages are counted in whatever thread posts them.
 *
 * Events are as frequent as can be. From one stop to the next the stream must have told the same of them as the bus, in
 * the same order, but for the last of it, which no frame followed; and by the stop all of them are over.
 */
#include "stress.h"

#include <glib/gstdio.h>
#include <gst/video/video.h>

#include "gstclipeventmeta.h"
#include "process.h"

#define PATIENCE_SECONDS 60

/* The ball of GStreamer 1.22's videotestsrc is 41 pixels wide and is drawn outside of smaller pictures' memory. */
#define MIN_SIDE 48

typedef struct
{
  StressPhase phase;
  StressMode mode;
  const char *model;
  char *prompts_file;
  GRand *random;
  GstElement *pipeline;
  guint made, wrong_answers;
  gint errors, caps_seen, stopping; /* atomic */

  GMutex news_lock;
  GPtrArray *posted, *streamed; /* of GstClipEvent, since the last stop */
  guint n_streamed;             /* before that */

  GMutex lock;
  GCond wake;
  guint progress; /* lock */
  gboolean done;  /* lock */
} Stress;

const char *
stress_phase_name (StressPhase phase)
{
  static const char *const names[]
      = { "starts and stops", "seeks", "random state changes", "caps changes", "prompt reloads", "all together" };
  return names[phase];
}

const char *
stress_mode_name (StressMode mode)
{
  static const char *const names[] = { "sync", "batch", "async", "regions", "zones" };
  return names[mode];
}

/* ---- The watchdog ---------------------------------------------------------------------------------------- */

static gpointer
watch (gpointer data)
{
  Stress *self = data;
  g_mutex_lock (&self->lock);
  while (!self->done) {
    guint before = self->progress;
    gint64 end = g_get_monotonic_time () + PATIENCE_SECONDS * G_TIME_SPAN_SECOND;
    while (!self->done && self->progress == before)
      if (!g_cond_wait_until (&self->wake, &self->lock, end))
        g_error ("%s (%s) got stuck in cycle %u: no progress for %d s", stress_phase_name (self->phase),
            stress_mode_name (self->mode), before, PATIENCE_SECONDS);
  }
  g_mutex_unlock (&self->lock);
  return NULL;
}

static void
progress (Stress *self)
{
  g_mutex_lock (&self->lock);
  self->progress++;
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
}

/* ---- News of events --------------------------------------------------------------------------------------- */

static void
take_news (Stress *self, GPtrArray *news, GstClipEvent *event)
{
  g_assert_nonnull (event);
  g_mutex_lock (&self->news_lock);
  g_ptr_array_add (news, event);
  g_mutex_unlock (&self->news_lock);
}

static GstPadProbeReturn
on_source (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Stress *self = data;
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    gpointer state = NULL;
    GstMeta *meta;
    while ((meta = gst_buffer_iterate_meta_filtered (
                GST_PAD_PROBE_INFO_BUFFER (info), &state, GST_CLIP_EVENT_META_API_TYPE)))
      take_news (self, self->streamed, gst_clip_event_ref (((GstClipEventMeta *)meta)->event));
  } else if (gst_event_has_name (GST_PAD_PROBE_INFO_EVENT (info), GST_CLIP_EVENT_NAME)) {
    take_news (self, self->streamed,
        gst_clip_event_new_from_structure (gst_event_get_structure (GST_PAD_PROBE_INFO_EVENT (info))));
  }
  return GST_PAD_PROBE_OK;
}

/* One START first, one END last. */
static void
check_one_event (const GPtrArray *news, guint first)
{
  const GstClipEvent *start = news->pdata[first];
  guint n_ends = 0;
  g_assert_cmpint (start->state, ==, GST_CLIP_EVENT_START);
  for (guint i = first + 1; i < news->len; i++) {
    const GstClipEvent *event = news->pdata[i];
    if (event->id != start->id)
      continue;
    g_assert_cmpint (event->state, !=, GST_CLIP_EVENT_START);
    g_assert_cmpuint (n_ends, ==, 0);
    n_ends += event->state == GST_CLIP_EVENT_END;
  }
  g_assert_cmpuint (n_ends, ==, 1);
}

/* The element is stopped. */
static void
check_news (Stress *self)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_mutex_lock (&self->news_lock);
  g_assert_cmpuint (self->streamed->len, <=, self->posted->len);
  for (guint i = 0; i < self->posted->len; i++) {
    GstClipEvent *posted = self->posted->pdata[i];
    if (g_hash_table_add (seen, &posted->id))
      check_one_event (self->posted, i);
    if (i >= self->streamed->len)
      continue;
    const GstClipEvent *streamed = self->streamed->pdata[i];
    g_assert_cmpuint (streamed->id, ==, posted->id);
    g_assert_cmpint (streamed->state, ==, posted->state);
    g_assert_cmpstr (streamed->reason, ==, posted->reason);
  }
  self->n_streamed += self->streamed->len;
  g_ptr_array_set_size (self->posted, 0);
  g_ptr_array_set_size (self->streamed, 0);
  g_mutex_unlock (&self->news_lock);
}

/* ---- The pipeline ---------------------------------------------------------------------------------------- */

/* A source that pushes an event into a sink that has just been stopped takes the refusal for an error: GStreamer 1.22
 * does so with identity in the tagger's place, too. */
static gboolean
is_from_stopping (Stress *self, GstMessage *message)
{
  return g_atomic_int_get (&self->stopping) && GST_IS_ELEMENT (GST_MESSAGE_SRC (message))
         && GST_OBJECT_FLAG_IS_SET (GST_MESSAGE_SRC (message), GST_ELEMENT_FLAG_SOURCE);
}

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Stress *self = data;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR && !is_from_stopping (self, message)) {
    g_autoptr (GError) error = NULL;
    g_autofree char *debug = NULL;
    gst_message_parse_error (message, &error, &debug);
    g_printerr ("%s (%s): %s (%s)\n", stress_phase_name (self->phase), stress_mode_name (self->mode), error->message,
        debug ? debug : "");
    g_atomic_int_inc (&self->errors);
  }
  if (gst_message_has_name (message, GST_CLIP_EVENT_NAME))
    take_news (self, self->posted, gst_clip_event_new_from_structure (gst_message_get_structure (message)));
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static GstPadProbeReturn
on_sink_event (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Stress *self = data;
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_CAPS)
    g_atomic_int_inc (&self->caps_seen);
  return GST_PAD_PROBE_OK;
}

/* On every frame but each fifth: an object that moves, one that gets another number twice a second, one that has none
 * and is partly outside, and one that is not there. */
static GstPadProbeReturn
add_regions (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  guint n = GST_BUFFER_PTS (buffer) / (GST_SECOND / 30);
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  if (n % 5 == 4)
    return GST_PAD_PROBE_OK;
  gst_buffer_add_video_region_of_interest_meta (buffer, "car", n % 40, 8, 24, 24)->id = 1;
  gst_buffer_add_video_region_of_interest_meta (buffer, "bus", 30, n % 30, 18, 18)->id = 2 + n / 16;
  gst_buffer_add_video_region_of_interest_meta (buffer, "person", 0, 0, 30, 30)->x = -10;
  gst_buffer_add_video_region_of_interest_meta (buffer, "car", 1000, 0, 30, 30);
  return GST_PAD_PROBE_OK;
}

static GstElement *
get (Stress *self, const char *name)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (self->pipeline), name);
  g_assert_nonnull (element);
  gst_object_unref (element); /* the pipeline has it */
  return element;
}

static void
make_pipeline (Stress *self)
{
  g_autoptr (GError) error = NULL;
  self->pipeline
      = gst_parse_launch ("videotestsrc pattern=ball ! capsfilter name=caps caps=video/x-raw,format=I420,width=64,"
                          "height=48,framerate=30/1 ! cliptagger name=tagger frame-rate=10 ! fakesink name=sink",
          &error);
  g_assert_no_error (error);
  g_object_set (get (self, "tagger"), "model", self->model, "prompts-file", self->prompts_file, "temperature", 0.001,
      "smoothing", G_GUINT64_CONSTANT (0), "min-duration", G_GUINT64_CONSTANT (0), "hold-time", G_GUINT64_CONSTANT (0),
      "update-interval", G_GUINT64_CONSTANT (0), NULL);
  gst_util_set_object_arg (
      G_OBJECT (get (self, "tagger")), "inference-mode", self->mode == STRESS_ASYNC ? "async" : "sync");
  if (self->mode == STRESS_BATCH)
    g_object_set (get (self, "tagger"), "batch-size", 3, NULL);
  if (self->mode == STRESS_REGIONS) {
    gst_util_set_object_arg (G_OBJECT (get (self, "tagger")), "inference-region", "roi-list");
    g_autoptr (GstPad) sink = gst_element_get_static_pad (get (self, "tagger"), "sink");
    gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, add_regions, NULL, NULL);
  }

  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  gst_bus_set_sync_handler (bus, on_message, self, NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (get (self, "sink"), "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_sink_event, self, NULL);
  g_autoptr (GstPad) source = gst_element_get_static_pad (get (self, "tagger"), "src");
  gst_pad_add_probe (source, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_source, self, NULL);
}

static void
stop (Stress *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  check_news (self);
}

static void
drop_pipeline (Stress *self)
{
  stop (self);
  g_clear_pointer (&self->pipeline, gst_object_unref);
}

static void
play (Stress *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  g_assert_cmpint (
      gst_element_get_state (self->pipeline, NULL, NULL, GST_CLOCK_TIME_NONE), !=, GST_STATE_CHANGE_FAILURE);
}

/* ---- What varies all the time ---------------------------------------------------------------------------- */

/* The first value of each looks at everything. */
static const struct
{
  const char *name, *values[3];
} settings[] = {
  { "min-change", { "0", "1.5", "100" } }, { "on-change", { "0", "3", "15" } }, { "max-cpu", { "0", "20", "200" } },
  { "qos", { "false", "true", "true" } }, { "frame-rate", { "10", "0", "2" } },
  { "object-class", { "", "car", "bus;person" } }, { "min-crop-size", { "1", "16", "25" } },
  { "reclassify-interval", { "1", "0", "10" } }, { "min-duration", { "0", "0", "200000000" } },
  { "hold-time", { "0", "0", "200000000" } },
  { "inference-mode", { "async", "sync", "auto" } }, /* not of those with a mode */
};

static void
change_a_setting (Stress *self)
{
  guint n = G_N_ELEMENTS (settings) - (self->mode >= STRESS_REGIONS ? 0 : 1);
  guint i = (guint)g_rand_int_range (self->random, 0, (gint32)n);
  gst_util_set_object_arg (G_OBJECT (get (self, "tagger")), settings[i].name,
      settings[i].values[g_rand_int_range (self->random, 0, G_N_ELEMENTS (settings[i].values))]);
}

/* What a sink says that is a second behind at most, or ahead; once in a while. */
static void
complain (Stress *self)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (get (self, "sink"), "sink");
  g_autoptr (GstEvent) event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  gint64 position;
  if (g_rand_int_range (self->random, 0, 4) || !event
      || !gst_element_query_position (self->pipeline, GST_FORMAT_TIME, &position))
    return;
  const GstSegment *segment;
  gst_event_parse_segment (event, &segment);
  gint64 now = gst_segment_to_running_time (segment, GST_FORMAT_TIME, position);
  gint64 late = g_rand_int_range (self->random, -1000, 1000) * GST_MSECOND;
  if (now >= 0 && now + late >= 0) /* the sink may have got another segment meanwhile */
    gst_pad_push_event (pad, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1 + late / 1e9, late, now));
}

/* Up to 4 ms, and every other time not at all; with a look at what the element says. */
static void
dawdle (Stress *self)
{
  change_a_setting (self);
  complain (self);
  g_autoptr (GstStructure) stats = NULL;
  g_object_get (get (self, "tagger"), "stats", &stats, NULL);
  gint32 us = g_rand_int_range (self->random, -4000, 4000);
  if (us > 0)
    g_usleep ((gulong)us);
}

/* ---- What is done to it ---------------------------------------------------------------------------------- */

/* One stays, one moves, one comes and goes; every fourth set is for zones alone. */
static char *
make_zones (Stress *self)
{
  gint32 n = g_rand_int_range (self->random, 0, 4);
  return g_strdup_printf ("%s\"zones\":[{\"name\":\"stays\",\"box\":[0,0,0.5,0.5],\"prompts\":[\"open\",\"shut\"]},"
                          "{\"name\":\"moves\",\"polygon\":[[0.%d,0.1],[0.9,0.2],[0.7,0.9]]%s}%s]",
      n ? "\"prompts\":[\"a yard\",\"a van\"]," : "", (int)n + 1, n ? "" : ",\"prompts\":[\"a\",\"b\"]",
      n > 1 ? ",{\"name\":\"comes\",\"box\":[0.5,0.5,0.5,0.5]}" : "");
}

static void
write_prompts (Stress *self, gboolean broken)
{
  g_autofree char *plain = g_strdup_printf (
      "\"prompts\":[\"a van %d\",\"a yard\",{\"text\":\"night\"}]", g_rand_int_range (self->random, 0, 1000));
  g_autofree char *zones = self->mode == STRESS_ZONES ? make_zones (self) : NULL;
  g_autofree char *prompts = g_strdup_printf ("{%s%s", zones ? zones : plain, broken ? "" : "}");
  g_autoptr (GError) error = NULL;
  g_file_set_contents_full (self->prompts_file, prompts, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error);
  g_assert_no_error (error);
}

static void
start_and_stop (Stress *self)
{
  if (self->made++ % 2) {
    drop_pipeline (self);
    make_pipeline (self);
  }
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  dawdle (self);
  stop (self);
}

static void
seek (Stress *self)
{
  gint64 position = g_rand_int_range (self->random, 0, 3600) * GST_SECOND;
  GstSeekFlags flags = g_rand_int_range (self->random, 0, 4) ? GST_SEEK_FLAG_FLUSH : GST_SEEK_FLAG_NONE;
  /* One without a flush waits for a frame to get through the sink, which lets none through until it plays. */
  if (flags == GST_SEEK_FLAG_NONE)
    gst_element_get_state (self->pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
  g_assert_true (gst_element_seek_simple (self->pipeline, GST_FORMAT_TIME, flags, position));
  dawdle (self);
}

static void
change_state (Stress *self)
{
  GstState state = (GstState)g_rand_int_range (self->random, GST_STATE_NULL, GST_STATE_PLAYING + 1);
  gst_element_set_state (self->pipeline, state);
  if (state <= GST_STATE_READY)
    check_news (self);
  dawdle (self);
}

static void
change_caps (Stress *self)
{
  static const char *const formats[] = { "I420", "NV12", "RGB", "GRAY8", "YUY2" };
  guint n = ++self->made;
  gint before = g_atomic_int_get (&self->caps_seen);
  g_autoptr (GstCaps) caps
      = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING, formats[n % G_N_ELEMENTS (formats)], "width",
          G_TYPE_INT, g_rand_int_range (self->random, MIN_SIDE, 200), "height", G_TYPE_INT,
          g_rand_int_range (self->random, MIN_SIDE, 200), "framerate", GST_TYPE_FRACTION, 30, 1, NULL);
  g_object_set (get (self, "caps"), "caps", caps, NULL);
  while (g_atomic_int_get (&self->caps_seen) == before)
    g_usleep (200);
  dawdle (self);
}

static void
reload_prompts (Stress *self)
{
  gboolean broken = self->made++ % 4 == 3, taken;
  write_prompts (self, broken);
  g_signal_emit_by_name (get (self, "tagger"), "reload-prompts", &taken);
  self->wrong_answers += taken == broken;
  dawdle (self);
}

/* Seeks and prompts in any state. */
static void
do_anything (Stress *self)
{
  switch (g_rand_int_range (self->random, 0, 4)) {
  case 0:
    change_state (self);
    return;
  case 1:
    write_prompts (self, FALSE);
    g_object_set (get (self, "tagger"), "prompts-file", self->prompts_file, NULL);
    break;
  default:
    gst_element_seek_simple (
        self->pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, g_rand_int_range (self->random, 0, 3600) * GST_SECOND);
    break;
  }
  dawdle (self);
}

static guint64
count_inferred (Stress *self)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 n = 0;
  g_object_get (get (self, "tagger"), "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, "inferred", &n));
  return n;
}

/* It still does what it is there for. */
static void
wait_for_inference (Stress *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (settings) - 1; i++)
    gst_util_set_object_arg (G_OBJECT (get (self, "tagger")), settings[i].name, settings[i].values[0]);
  for (guint64 before = count_inferred (self); count_inferred (self) == before;)
    g_usleep (1000);
}

static void
run_cycles (Stress *self, guint cycles)
{
  static void (*const steps[]) (Stress *)
      = { start_and_stop, seek, change_state, change_caps, reload_prompts, do_anything };
  gboolean playing = self->phase == STRESS_SEEKS || self->phase == STRESS_CAPS || self->phase == STRESS_PROMPTS;
  write_prompts (self, FALSE);
  g_atomic_int_set (&self->stopping, !playing);
  if (playing)
    play (self);
  for (guint i = 0; i < cycles; i++) {
    steps[self->phase](self);
    progress (self);
  }
  if (playing)
    wait_for_inference (self);
  g_atomic_int_set (&self->stopping, TRUE);
  stop (self);
  progress (self);
}

/* Stopping does not wait for who opens the model: that thread has its files until it sees that nobody wants it. */
static StressUse
take_stock (guint threads)
{
  for (guint i = 0; i < 1000 && process_has_thread ("cliptag-open"); i++)
    g_usleep (10000);
  StressUse use = { .threads = process_settle (threads) };
  use.fds = process_fds ();
  use.rss = process_rss ();
  return use;
}

void
stress_run (StressPhase phase, StressMode mode, const char *model, guint cycles, StressResult *ret)
{
  Stress self = { .phase = phase, .mode = mode, .model = model, .random = g_rand_new_with_seed (phase * 16 + mode) };
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("cliptag-stress-XXXXXX.json", &self.prompts_file, &error);
  g_assert_no_error (error);
  g_close (fd, NULL);
  g_mutex_init (&self.lock);
  g_mutex_init (&self.news_lock);
  g_cond_init (&self.wake);
  self.posted = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_clip_event_unref);
  self.streamed = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_clip_event_unref);
  GThread *watchdog = g_thread_new ("watchdog", watch, &self);

  make_pipeline (&self);
  run_cycles (&self, MAX (cycles / 10, 4));
  self.wrong_answers = 0;
  *ret = (StressResult){ .cycles = cycles, .before = take_stock (0) };
  gint64 start = g_get_monotonic_time ();
  run_cycles (&self, cycles);
  ret->seconds = (double)(g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  ret->after = take_stock (ret->before.threads);
  drop_pipeline (&self);
  ret->errors = (guint)g_atomic_int_get (&self.errors);
  ret->wrong_answers = self.wrong_answers;
  ret->events = self.n_streamed;

  g_mutex_lock (&self.lock);
  self.done = TRUE;
  g_cond_signal (&self.wake);
  g_mutex_unlock (&self.lock);
  g_thread_join (watchdog);
  g_remove (self.prompts_file);
  g_free (self.prompts_file);
  g_rand_free (self.random);
  g_mutex_clear (&self.lock);
  g_mutex_clear (&self.news_lock);
  g_ptr_array_unref (self.posted);
  g_ptr_array_unref (self.streamed);
  g_cond_clear (&self.wake);
}
