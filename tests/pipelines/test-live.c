/* SPDX-License-Identifier: MIT
 *
 * test-live.c: cliptagger in live pipelines with real parts: RTSP over TCP and UDP, lost packets, another process's
 * frames, thirty-two streams at once.
 *
 * Nothing here depends on how fast the machine is: tests wait for what has to come. What is counted at the element is
 * exact, since frames beyond what is wanted are dropped before it.
 */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <signal.h>
#include <stdlib.h>

#include "gstcliptagmeta.h"

#define LIMIT     (120 * G_USEC_PER_SEC) /* for what takes a second or two */
#define N_STREAMS 32

/* What goes into a cliptagger and comes out. */
typedef struct
{
  guint wanted, wanted_results; /* at least so many are let in */
  guint n_in, n_out;            /* frames */
  guint n_labelled, n_results;
  GstClockTime last_pts, last_source;
  GstClockTime step; /* what PTS have to grow by; GST_CLOCK_TIME_NONE = anything */
} Watch;

static GMutex lock; /* of every Watch, and of `fault` */
static GCond changed;
static char *fault; /* the first that a streaming thread has found */

static GSubprocess *program; /* that a test has started; NULL = none */

static void
start_program (const char *const *arguments)
{
  g_autoptr (GError) error = NULL;
  program = g_subprocess_newv (arguments, G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_assert_no_error (error);
}

static void
end_program (void)
{
  if (program)
    g_subprocess_force_exit (program);
  g_clear_object (&program);
}

/* Nobody may be left behind, who would keep the pipe open that the report goes through. */
static void G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN fail (const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  end_program ();
  g_error ("%s", text);
}

/* For streaming threads: wait_for() fails. With the lock. */
#define expect(condition)                                                                                              \
  do {                                                                                                                 \
    if (!(condition) && !fault)                                                                                        \
      fault = g_strdup_printf ("line %d: %s", __LINE__, #condition);                                                   \
  } while (0)

static GstPadProbeReturn
watch_in (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Watch *watch = user_data;
  g_mutex_lock (&lock);
  gboolean let_in = watch->n_in < watch->wanted || watch->n_results < watch->wanted_results;
  watch->n_in += let_in;
  g_mutex_unlock (&lock);
  return let_in ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

static GstPadProbeReturn
watch_out (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Watch *watch = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);

  g_mutex_lock (&lock);
  expect (GST_CLOCK_TIME_IS_VALID (pts));
  if (watch->n_out++ > 0) {
    expect (pts > watch->last_pts);
    if (GST_CLOCK_TIME_IS_VALID (watch->step)) /* RTP counts in 90 kHz */
      expect (ABS (GST_CLOCK_DIFF (watch->last_pts, pts) - (gint64)watch->step) <= GST_SECOND / 45000);
  }
  watch->last_pts = pts;
  if (meta) {
    GstClockTime source = gst_clip_tags_get_source_pts (meta->tags);
    expect (gst_clip_tags_get_n_labels (meta->tags) > 0);
    expect (source <= pts);
    expect (meta->age == pts - source);
    watch->n_labelled++;
    watch->n_results += source != watch->last_source;
    watch->last_source = source;
  }
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
  return GST_PAD_PROBE_OK;
}

static void
watch_tagger (
    Watch *watch, GstElement *pipeline, const char *name, guint wanted, guint wanted_results, GstClockTime step)
{
  g_autoptr (GstElement) tagger = gst_bin_get_by_name (GST_BIN (pipeline), name);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (tagger, "sink");
  g_autoptr (GstPad) src = gst_element_get_static_pad (tagger, "src");
  *watch
      = (Watch){ .wanted = wanted, .wanted_results = wanted_results, .step = step, .last_source = GST_CLOCK_TIME_NONE };
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, watch_in, watch, NULL);
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, watch_out, watch, NULL);
}

/* Until everything wanted went in and all of it came out. */
static void
wait_for (Watch *watch, GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gint64 end = g_get_monotonic_time () + LIMIT;
  g_mutex_lock (&lock);
  while (watch->n_in < watch->wanted || watch->n_results < watch->wanted_results || watch->n_out < watch->n_in) {
    g_autoptr (GError) error = NULL;
    g_cond_wait_until (&changed, &lock, g_get_monotonic_time () + G_USEC_PER_SEC / 10);
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    if (message)
      gst_message_parse_error (message, &error, NULL);
    if (fault || error)
      fail ("%s", fault ? fault : error->message);
    if (g_get_monotonic_time () > end)
      fail ("%u frames went in, %u came out with %u results", watch->n_in, watch->n_out, watch->n_results);
  }
  if (fault || watch->n_out != watch->n_in)
    fail ("%s", fault ? fault : "more frames came out than went in");
  g_test_message ("%u frames, %u labelled, %u results", watch->n_out, watch->n_labelled, watch->n_results);
  g_mutex_unlock (&lock);
}

static GstElement *
launch (const char *description)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch_full (description, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  g_assert_no_error (error);
  return pipeline;
}

static void
stop (GstElement *pipeline)
{
  g_assert_cmpint (gst_element_set_state (pipeline, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  gst_object_unref (pipeline);
}

static char *
new_folder (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("cliptag-live-XXXXXX", &error);
  g_assert_no_error (error);
  return folder;
}

/* ---- RTSP ------------------------------------------------------------------------------------------------ */

/* A second, with pictures that are not sent in the order in which they are shown. */
static void
make_recording (const char *path)
{
  g_autofree char *description = g_strdup_printf (
      "videotestsrc num-buffers=24 pattern=ball ! video/x-raw,format=I420,width=160,height=120,framerate=25/1 ! "
      "x264enc bframes=2 b-adapt=false key-int-max=10 speed-preset=veryfast ! h264parse ! mp4mux ! filesink "
      "location=%s",
      path);
  GstElement *pipeline = launch (description);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GstMessage) message
      = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  stop (pipeline);
}

/* Frames come one after another across the recording's end, as the camera that it plays would send them. */
static void
test_rtsp (gconstpointer transport)
{
  const char *server = g_getenv ("CLIPTAG_RTSP_LOOP");
  g_autoptr (GError) error = NULL;
  if (!server || !*server) {
    g_test_skip ("built without gst-rtsp-server");
    return;
  }
  g_autofree char *folder = new_folder ();
  g_autofree char *path = g_build_filename (folder, "recording.mp4", NULL);
  make_recording (path);
  start_program ((const char *const[]){ server, "--udp", "--port", "0", path, NULL });
  g_autoptr (GDataInputStream) lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (program));
  g_autofree char *address = g_data_input_stream_read_line (lines, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (address);

  /* Timestamps are RTP's, not smoothed by when packets arrived. */
  g_autofree char *description = g_strdup_printf (
      "rtspsrc location=%s protocols=%s latency=200 buffer-mode=none ! rtph264depay ! avdec_h264 ! videoconvert ! "
      "cliptagger name=tagger frame-rate=5 ! fakesink sync=true",
      address, (const char *)transport);
  GstElement *pipeline = launch (description);
  Watch watch;
  watch_tagger (&watch, pipeline, "tagger", 60, 3, GST_SECOND / 25);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for (&watch, pipeline);
  stop (pipeline);

  g_subprocess_send_signal (program, SIGTERM);
  g_assert_true (g_subprocess_wait_check (program, NULL, &error));
  g_assert_no_error (error);
  end_program ();
  g_remove (path);
  g_rmdir (folder);
}

/* ---- Lost packets ---------------------------------------------------------------------------------------- */

static GstPadProbeReturn
count_packet (GstPad *pad, GstPadProbeInfo *info, gpointer counter)
{
  g_atomic_int_inc ((gint *)counter);
  return GST_PAD_PROBE_OK;
}

static void
test_loss (void)
{
  GstElement *pipeline = launch (
      "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=160,height=120,framerate=50/1 ! "
      "x264enc tune=zerolatency key-int-max=10 speed-preset=ultrafast ! rtph264pay mtu=300 ! "
      "identity name=loss drop-probability=0.05 ! rtpjitterbuffer latency=50 ! rtph264depay ! avdec_h264 ! "
      "cliptagger name=tagger frame-rate=10 ! fakesink sync=true");
  g_autoptr (GstElement) loss = gst_bin_get_by_name (GST_BIN (pipeline), "loss");
  g_autoptr (GstPad) before = gst_element_get_static_pad (loss, "sink");
  g_autoptr (GstPad) after = gst_element_get_static_pad (loss, "src");
  gint n_before = 0, n_after = 0;
  Watch watch;

  srand (1); /* identity's dice */
  gst_pad_add_probe (before, GST_PAD_PROBE_TYPE_BUFFER, count_packet, &n_before, NULL);
  gst_pad_add_probe (after, GST_PAD_PROBE_TYPE_BUFFER, count_packet, &n_after, NULL);
  watch_tagger (&watch, pipeline, "tagger", 100, 3, GST_CLOCK_TIME_NONE);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for (&watch, pipeline);
  stop (pipeline);
  g_test_message ("%d of %d packets arrived", n_after, n_before);
  g_assert_cmpint (n_after, <, n_before);
}

/* ---- Another process --------------------------------------------------------------------------------------- */

#define SHM_CAPS "video/x-raw,format=I420,width=64,height=48,framerate=25/1"

static void
test_shm (void)
{
  g_autofree char *folder = new_folder ();
  g_autofree char *path = g_build_filename (folder, "frames", NULL);
  g_autofree char *location = g_strconcat ("socket-path=", path, NULL);
  start_program ((const char *const[]){ "gst-launch-1.0", "-q", "videotestsrc", "is-live=true", "!", SHM_CAPS, "!",
      "shmsink", location, "wait-for-connection=true", NULL });
  for (gint64 end = g_get_monotonic_time () + LIMIT; !g_file_test (path, G_FILE_TEST_EXISTS); g_usleep (10000))
    g_assert_cmpint (g_get_monotonic_time (), <, end);

  g_autofree char *description = g_strdup_printf ("shmsrc socket-path=%s is-live=true do-timestamp=true ! " SHM_CAPS
                                                  " ! cliptagger name=tagger frame-rate=5 ! fakesink sync=true",
      path);
  GstElement *pipeline = launch (description);
  Watch watch;
  watch_tagger (&watch, pipeline, "tagger", 30, 3, GST_CLOCK_TIME_NONE);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for (&watch, pipeline);
  stop (pipeline);

  end_program ();
  g_remove (path);
  g_rmdir (folder);
}

/* ---- Many -------------------------------------------------------------------------------------------------- */

static void
test_many (void)
{
  g_autoptr (GString) description = g_string_new (NULL);
  Watch watches[N_STREAMS];
  for (guint i = 0; i < N_STREAMS; i++)
    g_string_append_printf (description,
        "videotestsrc is-live=true pattern=%u ! video/x-raw,format=I420,width=64,height=48,framerate=10/1 ! "
        "cliptagger name=tagger%u frame-rate=1 ! fakesink sync=true ",
        i % 2 ? 18u : 0u, i);
  GstElement *pipeline = launch (description->str);
  for (guint i = 0; i < N_STREAMS; i++) {
    g_autofree char *name = g_strdup_printf ("tagger%u", i);
    watch_tagger (&watches[i], pipeline, name, 20, 2, GST_SECOND / 10);
  }
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < N_STREAMS; i++) {
    wait_for (&watches[i], pipeline);
    g_autofree char *name = g_strdup_printf ("tagger%u", i);
    g_autoptr (GstElement) tagger = gst_bin_get_by_name (GST_BIN (pipeline), name);
    g_autoptr (GstStructure) stats = NULL;
    guint n_streams = 0;
    g_object_get (tagger, "stats", &stats, NULL);
    g_assert_cmpstr (gst_structure_get_string (stats, "mode"), ==, "async");
    g_assert_true (gst_structure_get_uint (stats, "streams", &n_streams));
    g_assert_cmpuint (n_streams, ==, N_STREAMS);
  }
  stop (pipeline);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_data_func ("/live/rtsp/tcp", "tcp", test_rtsp);
  g_test_add_data_func ("/live/rtsp/udp", "udp", test_rtsp);
  g_test_add_func ("/live/loss", test_loss);
  g_test_add_func ("/live/shm", test_shm);
  g_test_add_func ("/live/many", test_many);
  return g_test_run ();
}
