/* SPDX-License-Identifier: MIT
 *
 * test-mosaic.c: what becomes of labels where several pictures become one. GStreamer's mixers carry metadata
 * since 1.28: a tile's labels are then a region of the mosaic, and never the mosaic's. Before that they are gone, which
 * is checked as well and told as skipped.
 */
#include "log/cliplogfixture.h"

#include <gst/app/app.h>
#include <gst/video/video.h>

#define N_FRAMES 4
#define WIDTH    160
#define HEIGHT   128

typedef struct
{
  guint x, y, w, h; /* w = 0: nothing is to be seen of it */
} Place;

typedef struct
{
  const gchar *name;
  const gchar *pads; /* the mixer's properties */
  gboolean two;
  Place seen[2];
  gboolean opaque; /* not with an alpha channel, through which nobody knows what is seen */
} Layout;

#define AT(pad, x, y, w, h)                                                                                            \
  " sink_" #pad "::xpos=" #x " sink_" #pad "::ypos=" #y " sink_" #pad "::width=" #w " sink_" #pad "::height=" #h

static const Layout layouts[] = {
  { "alone", AT (0, 0, 0, 160, 128), FALSE, { { 0, 0, WIDTH, HEIGHT } } },
  { "beside", AT (0, 0, 0, 80, 128) AT (1, 80, 0, 80, 128), TRUE, { { 0, 0, 80, 128 }, { 80, 0, 80, 128 } } },
  { "corners", AT (0, 0, 0, 80, 64) AT (1, 80, 64, 80, 64), TRUE, { { 0, 0, 80, 64 }, { 80, 64, 80, 64 } } },
  { "inside", AT (0, 0, 0, 160, 128) AT (1, 96, 16, 40, 32), TRUE, { { 0, 0, WIDTH, HEIGHT }, { 96, 16, 40, 32 } } },
  { "hidden", AT (0, 0, 0, 160, 128) AT (1, 0, 0, 160, 128), TRUE, { { 0 }, { 0, 0, WIDTH, HEIGHT } }, TRUE },
  { "bars", AT (0, 0, 0, 80, 128) " sink_0::sizing-policy=keep-aspect-ratio" AT (1, 80, 0, 80, 128), TRUE,
      { { 0, 32, 80, 64 }, { 80, 0, 80, 128 } } },
  { "cut", AT (0, 0, 0, 80, 64) AT (1, 120, 96, 80, 64), TRUE, { { 0, 0, 80, 64 }, { 120, 96, 40, 32 } } },
};

static guint64 n_results;

/* As cliptagger does; the tagger's name says which picture it is. */
static GstPadProbeReturn
tag_frame (GstPad *pad, GstPadProbeInfo *info, gpointer name)
{
  GstBuffer *buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  g_autoptr (GstClipTags) tags = make_tags (name, 0.75);

  gst_clip_tag_meta_set_result (
      gst_buffer_add_clip_tag_meta (buffer, tags, 0, TRUE), name, __atomic_add_fetch (&n_results, 1, __ATOMIC_RELAXED));
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

static void
tag_behind (GstElement *pipeline, const gchar *element, const gchar *name)
{
  g_autoptr (GstElement) in = gst_bin_get_by_name (GST_BIN (pipeline), element);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (in, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, tag_frame, (gpointer)name, NULL);
}

/* Whose label it is: 0 or 1. */
static guint
get_picture (const gchar *tagger, const GstClipTags *tags)
{
  g_assert_cmpstr (gst_clip_tags_get_label ((GstClipTags *)tags, 0)->label, ==, tagger);
  g_assert_true (g_str_equal (tagger, "0") || g_str_equal (tagger, "1"));
  return tagger[0] - '0';
}

/* Where each picture's labels are on a frame. Returns how many there are. */
static guint
find_labels (GstBuffer *buffer, Place *ret_places)
{
  gpointer state = NULL;
  guint n = 0;
  GstMeta *meta;

  memset (ret_places, 0, 2 * sizeof *ret_places);
  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_CLIP_TAG_META_API_TYPE))) {
    GstClipTagMeta *whole = (GstClipTagMeta *)meta;
    ret_places[get_picture (whole->tagger, whole->tags)] = (Place){ 0, 0, WIDTH, HEIGHT };
    n++;
  }
  state = NULL;
  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    GstVideoRegionOfInterestMeta *region = (GstVideoRegionOfInterestMeta *)meta;
    const GstStructure *labels = gst_video_region_of_interest_meta_get_param (region, "clip-tags");
    g_autoptr (GstClipTags) tags = NULL;

    g_assert_cmpstr (g_quark_to_string (region->roi_type), ==, "picture");
    g_assert_nonnull (labels);
    g_assert_true (gst_structure_get (labels, "tags", GST_TYPE_CLIP_TAGS, &tags, NULL));
    ret_places[get_picture (gst_structure_get_string (labels, "tagger"), tags)]
        = (Place){ region->x, region->y, region->w, region->h };
    n++;
  }
  return n;
}

static gboolean
carries_metadata (void)
{
  guint major, minor, micro, nano;

  gst_version (&major, &minor, &micro, &nano);
  return major > 1 || minor >= 28 || (minor == 27 && micro >= 90);
}

static void
skip_old (void)
{
  g_autofree gchar *version = gst_version_string ();
  g_autofree gchar *reason = g_strdup_printf ("the mixers of %s carry no metadata, those of 1.28 do", version);

  g_test_skip (reason);
}

static void
check_layout (const Layout *layout, const gchar *mixer, const gchar *format, const gchar *upload, const gchar *download)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GstElement) pipeline = NULL, out = NULL;
  g_autoptr (GError) error = NULL;
  guint n_frames = 0, n_labels = 0;
  GstSample *sample;

  g_string_append_printf (text,
      "%s name=mix%s ! %s video/x-raw,format=%s,width=%d,height=%d ! appsink name=out sync=false", mixer, layout->pads,
      download, format, WIDTH, HEIGHT);
  for (guint i = 0; i < (layout->two ? 2 : 1); i++)
    g_string_append_printf (text,
        " videotestsrc num-buffers=%d ! video/x-raw,format=%s,width=80,height=64,framerate=25/1 ! "
        "identity name=in%u ! %s mix.sink_%u",
        N_FRAMES, format, i, upload, i);
  pipeline = gst_parse_launch (text->str, &error);
  g_assert_no_error (error);
  tag_behind (pipeline, "in0", "0");
  if (layout->two)
    tag_behind (pipeline, "in1", "1");
  out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((sample = gst_app_sink_try_pull_sample (GST_APP_SINK (out), 60 * GST_SECOND))) {
    Place places[2];
    guint n = find_labels (gst_sample_get_buffer (sample), places);

    for (guint i = 0; i < 2; i++) {
      const Place *seen = &places[i], *right = &layout->seen[i];
      g_test_message (
          "%s, frame %u, picture %u: %u,%u %ux%u", layout->name, n_frames, i, seen->x, seen->y, seen->w, seen->h);
      if (n > 0)
        g_assert_cmpmem (seen, sizeof *seen, right, sizeof *right);
    }
    n_labels += n;
    n_frames++;
    gst_sample_unref (sample);
  }
  g_assert_true (gst_app_sink_is_eos (GST_APP_SINK (out)));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpuint (n_frames, >=, N_FRAMES);
  if (carries_metadata ())
    g_assert_cmpuint (n_labels, ==, n_frames * ((layout->seen[0].w > 0) + (layout->seen[1].w > 0)));
  else if (!n_labels)
    skip_old ();
}

static void
test_compositor (gconstpointer layout)
{
  check_layout (layout, "compositor background=black", "I420", "", "");
}

/* NULL where OpenGL works. */
static GError *
try_opengl (void)
{
  GError *error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch_full (
      "videotestsrc num-buffers=1 ! glupload ! gldownload ! fakesink", NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  if (!pipeline)
    return error;
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GstMessage) message
      = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return error;
}

static void
test_glvideomixer (gconstpointer layout)
{
  g_autoptr (GError) error = try_opengl ();

  if (error) {
    g_test_skip (error->message);
    return;
  }
  check_layout (layout, "glvideomixerelement background=black", "RGBA", "glupload !", "gldownload !");
}

/* ---- Behind it, in the log --------------------------------------------------------------------------------- */

static guint64
count_inferences (GstElement *pipeline, const gchar *name)
{
  g_autoptr (GstElement) tagger = gst_bin_get_by_name (GST_BIN (pipeline), name);
  g_autoptr (GstStructure) stats = NULL;
  guint64 n;

  g_object_get (tagger, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, "inferred", &n));
  return n;
}

#define CAMERA(name, pad)                                                                                              \
  " videotestsrc num-buffers=20 ! video/x-raw,format=I420,width=80,height=64,framerate=10/1"                           \
  " ! cliptagger frame-rate=2 name=" name " ! mix." pad

/* Runs to the end; NULL when this GStreamer carries nothing through. */
static GPtrArray *
log_mosaic (Fixture *f, const gchar *mixer, const gchar *cameras, const gchar *first, const gchar *second,
    guint64 *ret_inferred)
{
  g_autofree gchar *text
      = g_strdup_printf ("%s ! video/x-raw,width=160,height=64,framerate=30/1 ! cliplog location=%s ! fakesink%s",
          mixer, f->path, cameras);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_true (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  *ret_inferred = count_inferences (pipeline, first);
  if (second)
    *ret_inferred += count_inferences (pipeline, second);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpuint (*ret_inferred, >, 0);

  g_autoptr (GPtrArray) lines = read_log (f->path);
  if (!lines->len && !carries_metadata ()) {
    skip_old ();
    return NULL;
  }
  return g_steal_pointer (&lines);
}

/* Frames are repeated, three to one: each result is new once, in its tile. */
static void
test_log_tiles (Fixture *f, gconstpointer data)
{
  guint64 inferred, n_new = 0;
  g_autoptr (GPtrArray) lines = log_mosaic (f, "compositor name=mix sink_1::xpos=80",
      CAMERA ("left", "sink_0") CAMERA ("right", "sink_1"), "left", "right", &inferred);

  for (guint i = 0; lines && i < lines->len; i++) {
    JsonArray *regions = json_object_get_array_member (nth (lines, i), "regions");
    g_assert_cmpuint (json_array_get_length (json_object_get_array_member (nth (lines, i), "labels")), ==, 0);
    for (guint k = 0; k < json_array_get_length (regions); k++) {
      JsonObject *region = json_array_get_object_element (regions, k);
      g_assert_cmpstr (json_object_get_string_member (region, "type"), ==, "picture");
      g_assert_cmpint (json_object_get_int_member (region, "w"), ==, 80);
      n_new += json_object_get_boolean_member (region, "sampled");
    }
  }
  if (lines)
    g_assert_cmpuint (n_new, ==, inferred);
}

static void
test_log_alone (Fixture *f, gconstpointer data)
{
  guint64 inferred;
  g_autoptr (GPtrArray) lines
      = log_mosaic (f, "compositor name=mix sink_0::width=160", CAMERA ("only", "sink_0"), "only", NULL, &inferred);

  if (lines)
    g_assert_cmpuint (lines->len, ==, inferred);
  for (guint i = 0; lines && i < lines->len; i++)
    g_assert_false (json_object_has_member (nth (lines, i), "regions"));
}

int
main (int argc, char **argv)
{
  /* OpenGL without a display, where that is there. */
  g_setenv ("GST_GL_WINDOW", "surfaceless", FALSE);
  g_setenv ("GST_GL_PLATFORM", "egl", FALSE);
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (layouts); i++) {
    g_autofree gchar *name = g_strconcat ("/mosaic/compositor/", layouts[i].name, NULL);
    g_autofree gchar *gl_name = g_strconcat ("/mosaic/glvideomixer/", layouts[i].name, NULL);
    g_test_add_data_func (name, &layouts[i], test_compositor);
    if (!layouts[i].opaque)
      g_test_add_data_func (gl_name, &layouts[i], test_glvideomixer);
  }
  ADD_TEST ("mosaic/tiles", NULL, test_log_tiles);
  ADD_TEST ("mosaic/alone", NULL, test_log_alone);
  return g_test_run ();
}
