/* SPDX-License-Identifier: MIT
 *
 * rtsp-loop.c: simulated cameras: an RTSP server on this machine that plays recordings in an endless loop.
 *
 * H.264 goes out as it is in the file, anything else is encoded. All clients of a stream see the same moment, and one
 * that joins waits for the next key frame, as with a camera. A stream runs while it has clients and has a thread of its
 * own, which reads the file again and again and puts new timestamps on its pictures: they go on across the seam. The
 * stream's sinks wait for each picture's time and hold that thread back.
 */
#include <glib-unix.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>

#include "clip-message.h"

#define PROGRAM "rtsp-loop"
#define ADDRESS "127.0.0.1"
#define AHEAD   32                /* pictures that are read before their time: longer than it takes to reopen a file */
#define PULL    (GST_SECOND / 10) /* how soon a reader sees that it is to stop */

#define SERVED "appsrc name=source is-live=true format=time block=true ! rtph264pay name=pay0 pt=96 config-interval=-1"

/* name: of a file, or NULL. One line, whatever is in it. */
static void
complain (const char *name, const char *what)
{
  g_autofree char *shown_name = clip_printable (name, -1, CLIP_MESSAGE_PATH);
  g_autofree char *shown = clip_printable (what, -1, CLIP_MESSAGE_PATH);
  fprintf (stderr, PROGRAM ": %s%s%s\n", shown_name, name ? ": " : "", shown);
}

/* A file being read once: access units, a few of them ahead. */
typedef struct
{
  GstElement *pipeline;
  GstAppSink *sink;
  GstBus *bus;
} Round;

typedef struct
{
  const char *uri;
  GstAppSrc *source;
  GThread *thread;
  gint stopping;            /* atomic */
  GstClockTime start, next; /* in the stream's time: where this round began, where the next one will */
} Reader;

/* ---- Reading a file ------------------------------------------------------------------------------------- */

/* What decodebin found: H.264 is let through, pictures are encoded. */
static void
link_video (GstElement *decoder, GstPad *pad, gpointer user_data)
{
  Round *round = user_data;
  if (gst_pad_is_linked (GST_BASE_SINK_PAD (round->sink)))
    return;

  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  const char *description = "videoconvert ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=50 ! h264parse";
  if (gst_structure_has_name (gst_caps_get_structure (caps, 0), "video/x-h264"))
    description = "h264parse";
  GstElement *way = gst_parse_bin_from_description (description, TRUE, NULL);
  gst_bin_add (GST_BIN (round->pipeline), way);
  g_autoptr (GstPad) entry = gst_element_get_static_pad (way, "sink");
  gst_element_link (way, GST_ELEMENT (round->sink));
  gst_element_sync_state_with_parent (way);
  gst_pad_link (pad, entry);
}

static void
round_start (Round *self, const char *uri)
{
  GstElement *decoder = gst_element_factory_make ("uridecodebin", NULL);
  g_autoptr (GstCaps) wanted = gst_caps_from_string ("video/x-h264;video/x-raw(ANY)");
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/x-h264,stream-format=byte-stream,alignment=au");
  self->pipeline = gst_pipeline_new (NULL);
  self->bus = gst_element_get_bus (self->pipeline);
  self->sink = GST_APP_SINK (gst_element_factory_make ("appsink", NULL));
  g_object_set (decoder, "uri", uri, "caps", wanted, "expose-all-streams", FALSE, NULL);
  g_object_set (self->sink, "caps", caps, "sync", FALSE, "max-buffers", 4, NULL);
  gst_bin_add_many (GST_BIN (self->pipeline), decoder, GST_ELEMENT (self->sink), NULL);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (link_video), self);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
}

static void
round_end (Round *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->bus);
  gst_object_unref (self->pipeline);
}

/* The next access unit; NULL at the end, once `stopping` is set, and with `error` where something is wrong. */
static GstSample *
round_pull (Round *self, gint *stopping, GError **error)
{
  while (!g_atomic_int_get (stopping)) {
    g_autoptr (GstSample) sample = gst_app_sink_try_pull_sample (self->sink, PULL);
    if (sample && !GST_BUFFER_PTS_IS_VALID (gst_sample_get_buffer (sample))) {
      g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "its pictures have no timestamps");
      return NULL;
    }
    if (sample || gst_app_sink_is_eos (self->sink))
      return g_steal_pointer (&sample);

    g_autoptr (GstMessage) message = gst_bus_pop_filtered (self->bus, GST_MESSAGE_ERROR);
    if (message) {
      gst_message_parse_error (message, error, NULL);
      return NULL;
    }
  }
  return NULL;
}

/* ---- Serving it ----------------------------------------------------------------------------------------- */

/* Gives the picture its place in the stream and hands it over, which waits while enough are under way. */
static GstFlowReturn
reader_push (Reader *self, GstSample *sample, GstClockTime *first)
{
  GstBuffer *buffer = gst_buffer_copy (gst_sample_get_buffer (sample));
  if (!GST_CLOCK_TIME_IS_VALID (*first))
    *first = GST_BUFFER_PTS (buffer);
  GstClockTimeDiff shift = GST_CLOCK_DIFF (*first, self->start);
  /* Only a file whose first picture is not shown first could come to lie before the stream's beginning. */
  GST_BUFFER_PTS (buffer) = MAX (0, (GstClockTimeDiff)GST_BUFFER_PTS (buffer) + shift);
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_BUFFER_DURATION_IS_VALID (buffer) ? GST_BUFFER_DURATION (buffer) : 0;
  self->next = MAX (self->next, GST_BUFFER_PTS (buffer) + duration);
  gst_app_src_set_caps (self->source, gst_sample_get_caps (sample));
  return gst_app_src_push_buffer (self->source, buffer);
}

static gpointer
reader_run (gpointer user_data)
{
  Reader *self = user_data;
  GstFlowReturn flow = GST_FLOW_OK;
  g_autoptr (GError) error = NULL;
  while (flow == GST_FLOW_OK && !error && !g_atomic_int_get (&self->stopping)) {
    GstClockTime first = GST_CLOCK_TIME_NONE;
    GstSample *sample;
    Round round;
    round_start (&round, self->uri);
    self->start = self->next;
    while (flow == GST_FLOW_OK && (sample = round_pull (&round, &self->stopping, &error))) {
      flow = reader_push (self, sample, &first);
      gst_sample_unref (sample);
    }
    round_end (&round);
    if (self->next == self->start && flow == GST_FLOW_OK && !error)
      break; /* nothing in it any more */
  }
  if (error)
    complain (self->uri, error->message);
  gst_app_src_end_of_stream (self->source);
  return NULL;
}

/* The stream's pipeline is down when this runs, so that the thread waits for nothing. */
static void
reader_stop (GstRTSPMedia *media, gpointer user_data)
{
  Reader *self = user_data;
  g_atomic_int_set (&self->stopping, TRUE);
  g_thread_join (self->thread);
  gst_object_unref (self->source);
  g_free (self);
}

static void
reader_start (GstRTSPMediaFactory *factory, GstRTSPMedia *media, gpointer uri)
{
  Reader *self = g_new0 (Reader, 1);
  g_autoptr (GstElement) bin = gst_rtsp_media_get_element (media);
  self->uri = uri;
  self->source = GST_APP_SRC (gst_bin_get_by_name (GST_BIN (bin), "source"));
  /* Not by time, which appsrc knows only once the first picture has left. */
  g_object_set (self->source, "max-buffers", (guint64)AHEAD, "max-bytes", (guint64)0, NULL);
  g_signal_connect (media, "unprepared", G_CALLBACK (reader_stop), self);
  self->thread = g_thread_new ("reader", reader_run, self);
}

/* ---- The program ---------------------------------------------------------------------------------------- */

/* Whether there is something to serve: better said at the start than to the first client. */
static gboolean
check (const char *uri, GError **error)
{
  Round round;
  gint stopping = FALSE;
  round_start (&round, uri);
  g_autoptr (GstSample) sample = round_pull (&round, &stopping, error);
  round_end (&round);
  if (!sample && error && !*error)
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "there is no picture in it");
  return sample != NULL;
}

/* Prints what is wrong and returns an exit status; 0 = all files are served. */
static int
add_streams (GstRTSPServer *server, GstRTSPLowerTrans protocols, char **files)
{
  g_autoptr (GstRTSPMountPoints) mounts = gst_rtsp_server_get_mount_points (server);
  for (guint i = 0; files[i]; i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *uri = gst_filename_to_uri (files[i], &error);
    g_autofree char *path = g_strdup_printf ("/%u", i);
    if (!g_file_test (files[i], G_FILE_TEST_IS_REGULAR)) {
      complain (files[i], "no such file");
      return 2;
    }
    if (!uri || !check (uri, &error)) {
      complain (files[i], error->message);
      return 1;
    }
    GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new ();
    gst_rtsp_media_factory_set_launch (factory, "( " SERVED " )");
    gst_rtsp_media_factory_set_shared (factory, TRUE);
    gst_rtsp_media_factory_set_protocols (factory, protocols);
    g_signal_connect_data (factory, "media-configure", G_CALLBACK (reader_start), g_steal_pointer (&uri),
        (GClosureNotify)(GCallback)g_free, 0);
    gst_rtsp_mount_points_add_factory (mounts, path, factory);
  }
  return 0;
}

static gboolean
quit (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
expire_sessions (gpointer server)
{
  g_autoptr (GstRTSPSessionPool) pool = gst_rtsp_server_get_session_pool (server);
  gst_rtsp_session_pool_cleanup (pool);
  return G_SOURCE_CONTINUE;
}

static GstRTSPFilterResult
close_client (GstRTSPServer *server, GstRTSPClient *client, gpointer user_data)
{
  return GST_RTSP_FILTER_REMOVE;
}

/* Whoever started this in the background of a script with SIGINT ignored, as shells do, ends it otherwise. */
static gboolean
is_ignored (int number)
{
  struct sigaction action;
  return sigaction (number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static int
serve (int port, gboolean udp, char **files)
{
  g_autoptr (GstRTSPServer) server = gst_rtsp_server_new ();
  g_autofree char *service = g_strdup_printf ("%d", port);
  gst_rtsp_server_set_address (server, ADDRESS);
  gst_rtsp_server_set_service (server, service);
  /* The server binds UDP's ports on all interfaces, whatever its address is. */
  GstRTSPLowerTrans protocols = GST_RTSP_LOWER_TRANS_TCP | (udp ? GST_RTSP_LOWER_TRANS_UDP : 0);
  int status = add_streams (server, protocols, files);
  if (status != 0)
    return status;

  guint id = gst_rtsp_server_attach (server, NULL);
  if (id == 0) {
    fprintf (stderr, PROGRAM ": cannot listen on port %d of " ADDRESS ": is it taken?\n", port);
    return 1;
  }
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  if (!is_ignored (SIGINT))
    g_unix_signal_add (SIGINT, quit, loop);
  g_unix_signal_add (SIGTERM, quit, loop);
  g_timeout_add_seconds (5, expire_sessions, server);
  for (guint i = 0; files[i]; i++)
    printf ("rtsp://" ADDRESS ":%d/%u\n", gst_rtsp_server_get_bound_port (server), i);
  fflush (stdout);
  g_main_loop_run (loop);

  g_source_remove (id);
  g_list_free_full (gst_rtsp_server_client_filter (server, close_client, NULL), g_object_unref);
  return 0;
}

int
main (int argc, char **argv)
{
  gint port = 8554;
  gboolean version = FALSE, udp = FALSE;
  g_auto (GStrv) files = NULL;
  const GOptionEntry entries[] = {
    { "port", 'p', 0, G_OPTION_ARG_INT, &port, "Port to listen on, 0 = any free one (default 8554)", "N" },
    { "udp", 0, 0, G_OPTION_ARG_NONE, &udp, "Serve over UDP, too; its ports are open on all interfaces", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, "FILE..." },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_option_context_set_summary (context,
      "Serves each FILE as a live camera in an endless loop, over TCP, at rtsp://" ADDRESS
      ":PORT/0, /1 ... and prints\n"
      "these addresses, one a line, once they can be used. H.264 is passed on as it is. Ends on Ctrl-C.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    complain (NULL, error->message);
    return 2;
  }
  if (version) {
    printf (PROGRAM " %s\n", CLIPTAG_VERSION);
    return 0;
  }
  if (!files || port < 0 || port > 65535) {
    fprintf (stderr, PROGRAM ": expected %s (see --help)\n", files ? "--port of 0 to 65535" : "at least one FILE");
    return 2;
  }
  return serve (port, udp, files);
}
