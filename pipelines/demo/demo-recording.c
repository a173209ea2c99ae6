/* SPDX-License-Identifier: MIT
 *
 * demo-recording.c: makes the recording that demo.sh labels: a drawn street whose camera fails in one way after the
 * other, then test patterns. Every fault is made by ordinary GStreamer elements.
 *
 * The pipeline is: one bin a scene ! concat ! x264enc ! mp4mux ! filesink. What is in the recording goes to standard
 * output in the form of `cliptag timeline`, so that the two can be compared. Exit status: 0 done, 1 failed, 2 wrong
 * usage.
 */
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <stdio.h>
#include <string.h>

#include "clip-message.h"
#include "street.h"

#define WIDTH  640
#define HEIGHT 480
#define RATE   25

#define STRING_(x) #x
#define STRING(x)  STRING_ (x)
#define SIZE_CAPS  "video/x-raw,width=" STRING (WIDTH) ",height=" STRING (HEIGHT) ",framerate=" STRING (RATE) "/1"
#define SCENE_CAPS SIZE_CAPS ",format=I420,pixel-aspect-ratio=1/1,interlace-mode=progressive,colorimetry=bt601"

/* Television's snow is coarser than the pixels of this picture. */
#define SNOW                                                                                                           \
  "videotestsrc name=pattern pattern=snow ! video/x-raw,width=320,height=240 ! videoscale method=nearest-neighbour"

/* A second source laid over the camera's. */
#define OVER_CAMERA(pattern, settings)                                                                                 \
  "appsrc name=camera ! videoconvert ! video/x-raw,format=AYUV ! over.sink_0 " pattern " ! videoconvert ! " SIZE_CAPS  \
  ",format=AYUV ! over.sink_1 compositor name=over background=black sink_1::" settings

typedef struct
{
  const char *label; /* as the default model's prompts name it */
  const char *bin;   /* "camera" and "pattern" name its sources */
} Scene;

static const Scene scenes[] = {
  { "clear", "appsrc name=camera" },
  { "blurred", "appsrc name=camera ! videoconvert ! gaussianblur sigma=11" },
  { "dark", "appsrc name=camera ! videoconvert ! videobalance contrast=0.5 brightness=-0.17" },
  { "overexposed", "appsrc name=camera ! videoconvert ! videobalance contrast=1.4 brightness=0.25" },
  { "low contrast", "appsrc name=camera ! videoconvert ! videobalance contrast=0.22 brightness=0.36 saturation=0.5" },
  { "noisy", OVER_CAMERA (SNOW, "alpha=0.45") },
  { "grey", "appsrc name=camera ! videoconvert ! videobalance saturation=0" },
  { "covered", OVER_CAMERA ("videotestsrc name=pattern pattern=black", "xpos=-220") },
  { "red tint", OVER_CAMERA ("videotestsrc name=pattern pattern=red", "alpha=0.4") },
  { "clear", "appsrc name=camera" },
  { "colour bars", "videotestsrc name=pattern pattern=smpte" },
  { "snow", SNOW },
  { "white screen", "videotestsrc name=pattern pattern=white" },
  { "black screen", "videotestsrc name=pattern pattern=black" },
};

/* What one scene's appsrc draws; freed with the element. */
typedef struct
{
  Street *street; /* shared by all scenes: they are drawn one at a time */
  GMutex *lock;
  guint first, n_frames, next; /* frames since the start of the recording, of this scene, already made */
} Camera;

static void
camera_need_data (GstAppSrc *src, guint length, gpointer user_data)
{
  Camera *camera = user_data;
  GstBuffer *buffer;
  GstMapInfo map;

  (void)length;
  if (camera->next >= camera->n_frames) {
    gst_app_src_end_of_stream (src);
    return;
  }
  buffer = gst_buffer_new_and_alloc (4 * WIDTH * HEIGHT);
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  g_mutex_lock (camera->lock);
  street_draw (camera->street, (double)(camera->first + camera->next) / RATE, map.data, 4 * WIDTH);
  g_mutex_unlock (camera->lock);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale_int (camera->next, GST_SECOND, RATE);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / RATE;
  camera->next++;
  gst_app_src_push_buffer (src, buffer);
}

static GstElement *
new_scene (const Scene *scene, guint index, guint n_frames, Street *street, GMutex *lock, GError **error)
{
  static const char *native = G_BYTE_ORDER == G_LITTLE_ENDIAN ? "BGRx" : "xRGB";
  g_autofree char *description = g_strdup_printf ("%s ! videoconvert ! capsfilter caps=\"" SCENE_CAPS "\"", scene->bin);
  GstElement *bin = gst_parse_bin_from_description_full (description, TRUE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstElement) pattern = NULL;

  if (bin == NULL)
    return NULL;
  source = gst_bin_get_by_name (GST_BIN (bin), "camera");
  pattern = gst_bin_get_by_name (GST_BIN (bin), "pattern");
  if (pattern)
    g_object_set (pattern, "num-buffers", (gint)n_frames, NULL);
  if (source) {
    GstAppSrcCallbacks callbacks = { .need_data = camera_need_data };
    g_autoptr (GstCaps) caps = gst_caps_from_string (SIZE_CAPS ",pixel-aspect-ratio=1/1,interlace-mode=progressive");
    Camera *camera = g_new0 (Camera, 1);

    gst_caps_set_simple (caps, "format", G_TYPE_STRING, native, NULL);
    camera->street = street;
    camera->lock = lock;
    camera->first = index * n_frames;
    camera->n_frames = n_frames;
    g_object_set (source, "caps", caps, "format", GST_FORMAT_TIME, NULL);
    gst_app_src_set_callbacks (GST_APP_SRC (source), &callbacks, camera, g_free);
  }
  return bin;
}

static GstElement *
new_pipeline (const char *path, guint n_frames, Street *street, GMutex *lock, GError **error)
{
  GstElement *pipeline
      = gst_parse_launch_full ("concat name=scenes ! identity single-segment=true ! queue ! x264enc "
                               "speed-preset=veryfast pass=qual quantizer=20 bitrate=20000 key-int-max=50 ! "
                               "h264parse ! mp4mux ! filesink name=file",
          NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  g_autoptr (GstElement) concat = NULL;
  g_autoptr (GstElement) file = NULL;

  if (pipeline == NULL)
    return NULL;
  concat = gst_bin_get_by_name (GST_BIN (pipeline), "scenes");
  file = gst_bin_get_by_name (GST_BIN (pipeline), "file");
  g_object_set (file, "location", path, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (scenes); i++) {
    GstElement *bin = new_scene (&scenes[i], i, n_frames, street, lock, error);

    if (bin == NULL) {
      g_prefix_error (error, "scene \"%s\": ", scenes[i].label);
      gst_object_unref (pipeline);
      return NULL;
    }
    gst_bin_add (GST_BIN (pipeline), bin);
    gst_element_link (bin, concat);
  }
  return pipeline;
}

/* Runs to the end of the stream. */
static gboolean
run (GstElement *pipeline, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return TRUE;
  gst_message_parse_error (message, error, NULL);
  g_prefix_error (error, "%s: ", GST_OBJECT_NAME (GST_MESSAGE_SRC (message)));
  return FALSE;
}

static void
print_time (guint frames)
{
  guint ms = frames * 1000 / RATE;

  printf ("%u:%02u:%02u.%03u", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

int
main (int argc, char **argv)
{
  double seconds = 2.0;
  gboolean version = FALSE;
  GOptionEntry entries[] = {
    { "seconds", 's', 0, G_OPTION_ARG_DOUBLE, &seconds, "Length of each scene (default: 2)", "S" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("FILE.mp4");
  g_autoptr (GError) error = NULL;
  g_autoptr (Street) street = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  GMutex lock;
  guint n_frames;

  g_option_context_set_summary (context, "Makes a short H.264 recording of known faults and prints what is in it.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_autofree char *what = clip_printable (error->message, -1, CLIP_MESSAGE_PATH);
    fprintf (stderr, "demo-recording: %s\n", what);
    return 2;
  }
  if (version) {
    printf ("demo-recording %s\n", CLIPTAG_VERSION);
    return 0;
  }
  if (argc != 2 || !(seconds >= 0.2 && seconds <= 600.0)) {
    fprintf (stderr, "demo-recording: expected one FILE.mp4 and --seconds of 0.2 to 600 (see --help)\n");
    return 2;
  }

  g_mutex_init (&lock);
  street = street_new (WIDTH, HEIGHT);
  n_frames = (guint)(seconds * RATE + 0.5);
  pipeline = new_pipeline (argv[1], n_frames, street, &lock, &error);
  if (pipeline == NULL || !run (pipeline, &error)) {
    g_autofree char *name = clip_printable (argv[1], -1, CLIP_MESSAGE_PATH);
    g_autofree char *what = clip_printable (error->message, -1, CLIP_MESSAGE_PATH);
    fprintf (stderr, "demo-recording: %s: %s\n", name, what);
    return 1;
  }
  for (guint i = 0; i < G_N_ELEMENTS (scenes); i++) {
    print_time (i * n_frames);
    printf (" - ");
    print_time ((i + 1) * n_frames);
    printf ("  %s\n", scenes[i].label);
  }
  return 0;
}
