/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-interlaced.c: combing is taken neither for blur nor for blocks. A camera pans over a picture; what it
 * sees comes progressive, and interlaced, where every other line is from half a frame later.
 *
 * The picture is a "dead leaves" one: discs over discs, their radii by a power law, which has the statistics of
 * photographs (Lee, Mumford, Huang, "Occlusion models for natural images", 2001), a little out of focus.
 */
#include <cairo.h>
#include <math.h>

#include "tagger.h"

#define WIDTH    768
#define HEIGHT   576
#define N_FRAMES 20

typedef struct
{
  const char *format;
  guint32 seed;
  guint smallest; /* radius, in pixels */
  gint blur;      /* the same, of a square */
  guint speed;    /* pixels from field to field */
} Pan;

static void
blur (guint8 *pixels, guint width, gint radius)
{
  g_autofree guint8 *copy = g_malloc ((gsize)4 * width * HEIGHT);
  for (guint pass = 0; pass < 4; pass++) {
    memcpy (copy, pixels, (gsize)4 * width * HEIGHT);
    for (gint y = 0; y < HEIGHT; y++)
      for (gint x = 0; x < (gint)width; x++)
        for (guint c = 0; c < 3; c++) {
          guint sum = 0, n = 0;
          for (gint d = -radius; d <= radius; d++) {
            gint from_x = pass % 2 ? x : x + d, from_y = pass % 2 ? y + d : y;
            if (from_x < 0 || from_y < 0 || from_x >= (gint)width || from_y >= HEIGHT)
              continue;
            sum += copy[((gsize)from_y * width + from_x) * 4 + c];
            n++;
          }
          pixels[((gsize)y * width + x) * 4 + c] = sum / n;
        }
  }
}

/* [HEIGHT][width][4], BGRx. */
static guint8 *
draw_leaves (const Pan *pan, guint width)
{
  guint8 *pixels = g_malloc0 ((gsize)4 * width * HEIGHT);
  cairo_surface_t *surface = cairo_image_surface_create_for_data (pixels, CAIRO_FORMAT_RGB24, width, HEIGHT, 4 * width);
  cairo_t *cr = cairo_create (surface);
  GRand *rand = g_rand_new_with_seed (pan->seed);
  const double largest = 120, near = 1.0 / (pan->smallest * pan->smallest), far = 1 / (largest * largest);
  for (guint i = 0; i < width * 60; i++) {
    double radius = 1 / sqrt (near - g_rand_double (rand) * (near - far)), grey = g_rand_double (rand);
    double red = grey + g_rand_double_range (rand, -0.1, 0.1), green = grey + g_rand_double_range (rand, -0.05, 0.05);
    double blue = grey + g_rand_double_range (rand, -0.1, 0.1), x = g_rand_double (rand) * width;
    cairo_set_source_rgb (cr, red, green, blue);
    cairo_arc (cr, x, g_rand_double (rand) * HEIGHT, radius, 0, 2 * G_PI);
    cairo_fill (cr);
  }
  g_rand_free (rand);
  cairo_destroy (cr);
  cairo_surface_finish (surface);
  cairo_surface_destroy (surface);
  blur (pixels, width, pan->blur);
  return pixels;
}

/* What is seen at each of both fields' times, line by line. */
static GstBuffer *
new_frame (const guint8 *picture, guint stride, guint x_upper, guint x_lower)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 4 * WIDTH * HEIGHT, NULL);
  GstMapInfo map;
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (guint y = 0; y < HEIGHT; y++)
    memcpy (map.data + y * 4 * WIDTH, picture + y * stride + 4 * (y % 2 ? x_lower : x_upper), 4 * WIDTH);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

static GstBuffer *
convert (GstVideoConverter *converter, const GstVideoInfo *from, const GstVideoInfo *to, GstBuffer *buffer)
{
  GstBuffer *result = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (to), NULL);
  GstVideoFrame in, out;
  g_assert_true (gst_video_frame_map (&in, from, buffer, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&out, to, result, GST_MAP_WRITE));
  gst_video_converter_frame (converter, &in, &out);
  gst_video_frame_unmap (&in);
  gst_video_frame_unmap (&out);
  gst_buffer_unref (buffer);
  return result;
}

typedef struct
{
  guint blurred, blocky;
} Counts;

static Counts
count (const Pan *pan, const guint8 *pixels, guint width, GstVideoInterlaceMode mode, guint flags)
{
  GstVideoInfo from, to;
  gst_video_info_set_interlaced_format (&from, GST_VIDEO_FORMAT_BGRx, mode, WIDTH, HEIGHT);
  gst_video_info_set_interlaced_format (&to, gst_video_format_from_string (pan->format), mode, WIDTH, HEIGHT);
  from.fps_n = to.fps_n = 25;
  g_autoptr (GstCaps) caps = gst_video_info_to_caps (&to);
  g_autofree char *caps_string = gst_caps_to_string (caps);
  GstVideoConverter *converter = gst_video_converter_new (&from, &to, NULL);

  GstElement *element = gst_object_ref_sink (gst_element_factory_make ("cliptagger", NULL));
  g_object_set (element, "frame-rate", 0.0, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "precision", "f32"); /* the same labels on every CPU */
  Tagger t = tagger_start (element, caps_string);
  Counts counts = { 0 };
  for (guint i = 0; i < N_FRAMES; i++) {
    guint x = 2 * i * pan->speed;
    GstBuffer *buffer
        = new_frame (pixels, 4 * width, x, mode == GST_VIDEO_INTERLACE_MODE_PROGRESSIVE ? x : x + pan->speed);
    GST_BUFFER_FLAG_SET (buffer, flags);
    buffer = convert (converter, &from, &to, buffer);
    GST_BUFFER_FLAG_SET (buffer, flags);
    GST_BUFFER_PTS (buffer) = i * 40 * GST_MSECOND;
    g_autoptr (GstBuffer) out = tagger_pass (&t, buffer);
    const GstClipTagLabel *best = gst_clip_tags_get_label (gst_buffer_get_clip_tag_meta (out)->tags, 0);
    counts.blurred += g_str_equal (best->label, "blurred");
    counts.blocky += g_str_equal (best->label, "blocky");
  }
  tagger_stop (&t);
  gst_video_converter_free (converter);
  return counts;
}

static void
test_pan (gconstpointer data)
{
  const guint INTERLACED = GST_VIDEO_BUFFER_FLAG_INTERLACED | GST_VIDEO_BUFFER_FLAG_TFF;
  const Pan *pan = data;
  guint width = WIDTH + (2 * N_FRAMES + 1) * pan->speed;
  g_autofree guint8 *pixels = draw_leaves (pan, width);
  Counts progressive = count (pan, pixels, width, GST_VIDEO_INTERLACE_MODE_PROGRESSIVE, 0);
  Counts interleaved = count (pan, pixels, width, GST_VIDEO_INTERLACE_MODE_INTERLEAVED, INTERLACED);
  Counts mixed = count (pan, pixels, width, GST_VIDEO_INTERLACE_MODE_MIXED, INTERLACED);
  g_test_message ("of %u frames blurred: %u, interlaced %u; blocky: %u, interlaced %u", N_FRAMES, progressive.blurred,
      interleaved.blurred, progressive.blocky, interleaved.blocky);
  g_assert_cmpuint (interleaved.blurred, <=, progressive.blurred + 1);
  g_assert_cmpuint (interleaved.blocky, <=, progressive.blocky + 1);
  g_assert_cmpmem (&mixed, sizeof mixed, &interleaved, sizeof interleaved);
}

int
main (int argc, char **argv)
{
  static const Pan pans[] = {
    { "I420", 3, 3, 4, 16 },
    { "BGRx", 1, 4, 2, 8 },
  };
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (pans); i++) {
    g_autofree char *path
        = g_strdup_printf ("/cliptagger/interlaced/%s-%u-%u", pans[i].format, pans[i].seed, pans[i].speed);
    g_test_add_data_func (path, &pans[i], test_pan);
  }
  return g_test_run ();
}
