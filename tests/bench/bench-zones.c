/* SPDX-License-Identifier: MIT
 *
 * bench-zones.c: what zones cost, in encodings and in time: a still picture, and one that changes in one zone, with
 * more and more zones, with min-change and without. Needs the plugin that was just built, by pipelines/env.sh. Exit
 * status 1 where a zone costs more than one encoding a sample, or anything while nothing changes in it.
 * Usage: bench-zones [MODEL]
 */
#include <gst/gst.h>
#include <gst/video/video.h>

#define N_FRAMES 40
#define WIDTH    1280
#define HEIGHT   720

typedef struct
{
  gboolean changes;
  guint n; /* frames so far */
} Scene;

/* A grey ramp, and noise in the upper left sixteenth of it. */
static GstPadProbeReturn
on_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Scene *scene = data;
  GstBuffer *buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  GstMapInfo map;
  if (!gst_buffer_map (buffer, &map, GST_MAP_WRITE))
    g_error ("no frame");
  for (guint y = 0; y < HEIGHT; y++)
    for (guint x = 0; x < WIDTH; x++)
      map.data[y * WIDTH + x] = 16 + 200 * x / WIDTH;
  for (guint y = 0; scene->changes && y < HEIGHT / 4; y++)
    for (guint x = 0; x < WIDTH / 4; x++)
      map.data[y * WIDTH + x] = 16 + (x / 40 * 97 + y / 40 * 31 + scene->n * 61) % 220;
  gst_buffer_unmap (buffer, &map);
  scene->n++;
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

/* The cells of a grid of 4 x 4, the first ones. */
static gchar *
make_zones (guint n)
{
  GString *zones = g_string_new (NULL);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (zones, "z%u=0.%02u,0.%02u,0.25,0.25;", i, i % 4 * 25, i / 4 * 25);
  return g_string_free (zones, FALSE);
}

static guint64
get_count (GstElement *tagger, const gchar *field)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 n = 0;
  g_object_get (tagger, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, field, &n);
  return n;
}

/* Returns how many pictures were encoded. */
static guint64
measure (const gchar *model, guint n_zones, gboolean changes, gdouble min_change)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline
      = gst_parse_launch ("videotestsrc pattern=black num-buffers=40 ! "
                          "video/x-raw,format=I420,width=1280,height=720,framerate=10/1 ! identity name=scene ! "
                          "cliptagger name=tagger frame-rate=0 smoothing=0 ! fakesink",
          &error);
  if (!pipeline)
    g_error ("%s", error->message);
  g_autoptr (GstElement) tagger = gst_bin_get_by_name (GST_BIN (pipeline), "tagger");
  g_autoptr (GstElement) identity = gst_bin_get_by_name (GST_BIN (pipeline), "scene");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (identity, "src");
  g_autofree gchar *zones = make_zones (n_zones);
  Scene scene = { .changes = changes };
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame, &scene, NULL);
  g_object_set (tagger, "model", model, "prompts", "a gate;a yard", "zones", zones, "min-change", min_change, NULL);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) end
      = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (end) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (end, &error, NULL);
    g_error ("%s", error->message);
  }
  g_autoptr (GstStructure) stats = NULL;
  gdouble cpu_ms = 0;
  g_object_get (tagger, "stats", &stats, NULL);
  gst_structure_get_double (stats, "cpu-ms", &cpu_ms);
  g_print ("%5u  %-9s  %10.1f  %9" G_GUINT64_FORMAT "  %9" G_GUINT64_FORMAT "  %13.3f  %15.3f\n", n_zones,
      changes ? "one zone" : "nothing", min_change, get_count (tagger, "sampled"), get_count (tagger, "inferred"),
      (gdouble)get_count (tagger, "inferred") / N_FRAMES, cpu_ms / N_FRAMES);
  guint64 n_encoded = get_count (tagger, "inferred");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return n_encoded;
}

int
main (int argc, char **argv)
{
  static const guint counts[] = { 0, 1, 4, 16 };
  gst_init (&argc, &argv);
  gboolean ok = TRUE;
  g_print ("zones  changes    min-change    sampled    encoded  encoded/frame  CPU ms a frame\n");
  for (guint pass = 0; pass < 3; pass++)
    for (guint i = 0; i < G_N_ELEMENTS (counts); i++) {
      guint n = counts[i];
      guint64 n_encoded = measure (argc > 1 ? argv[1] : NULL, n, pass == 2, pass ? 1.5 : 0);
      /* All of them; each once; the frame, and of the zones the first, and each of the others once. */
      guint64 expected = pass == 0 ? N_FRAMES * (1 + n) : pass == 1 ? 1 + n : N_FRAMES + (n ? N_FRAMES + n - 1 : 0);
      ok &= n_encoded == expected;
    }
  return ok ? 0 : 1;
}
