/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-cases-data.c: recordings that lie turned, with narrow pixels, in full range without a matrix, and in
 * HDR, against the same ones as they are plainly: nearly the same embeddings, by the built-in model. Needs the shared
 * data; exit code 77 = skipped.
 */
#include "tagger.h"

#define MAX_FRAMES 64

typedef struct
{
  GstClipTags *tags[MAX_FRAMES];
  guint n;
} Film;

static void
film_clear (Film *film)
{
  for (guint i = 0; i < film->n; i++)
    gst_clip_tags_unref (film->tags[i]);
  film->n = 0;
}

static void
note_frame (GstElement *sink, GstBuffer *buffer, GstPad *pad, Film *film)
{
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
  g_assert_nonnull (meta);
  if (film->n < MAX_FRAMES)
    film->tags[film->n++] = gst_clip_tags_ref (meta->tags);
}

/* Every frame as cliptagger sees it that comes from a decoder. */
static void
watch (const char *file, const char *fit, Film *ret_film)
{
  g_autofree char *path = test_shared (file);
  g_autofree char *launch
      = g_strdup_printf ("filesrc name=source ! %s ! videoconvert ! cliptagger frame-rate=0 "
                         "attach-embedding=true precision=f32 fit=%s ! fakesink name=sink signal-handoffs=true",

          /* decodebin of GStreamer 1.22 leaves out the parser, which reads EXIF */
          g_str_has_suffix (file, ".jpg") ? "jpegparse ! jpegdec" : "decodebin", fit);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_assert_no_error (error);
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_object_set (source, "location", path, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (note_frame), ret_film);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message
      = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    g_error ("%s: %s", file, error->message);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpuint (ret_film->n, >, 0);
}

/* Both films' frames in pairs; prints the figures before it holds them to what is right. */
static void
compare (const char *file, const char *twin, const char *fit, gdouble least_mean, const char *best_label)
{
  Film a = { { NULL } }, b = { { NULL } };
  watch (file, fit, &a);
  watch (twin, fit, &b);
  g_assert_cmpuint (a.n, ==, b.n);
  gdouble sum = 0, least = 1;
  guint n_same = 0;
  for (guint i = 0; i < a.n; i++) {
    gdouble c = tagger_cosine (a.tags[i], b.tags[i]);
    sum += c;
    least = MIN (least, c);
    const char *label = gst_clip_tags_get_label (a.tags[i], 0)->label;
    n_same += g_str_equal (label, gst_clip_tags_get_label (b.tags[i], 0)->label);
    if (best_label)
      g_assert_cmpstr (label, ==, best_label);
  }
  g_print ("%s: %u frames, cosine to %s: mean %.5f, least %.5f; the best label is the same in %u\n", file, a.n, twin,
      sum / a.n, least, n_same);
  g_assert_cmpfloat (sum / a.n, >=, least_mean);
  film_clear (&a);
  film_clear (&b);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_free (test_shared ("cases/orientation"));
  compare ("cases/orientation/rot90cw.mp4", "cases/orientation/bars-upright.mp4", "crop", 0.999, "horizontal bars");
  compare ("cases/orientation/bars-exif6.jpg", "cases/orientation/bars-up.jpg", "crop", 0.999, "horizontal bars");
  compare ("cases/sar/half-d1.mp4", "cases/sar/square.mp4", "crop", 0.99, NULL);
  compare ("cases/sar/half-d1.mp4", "cases/sar/square.mp4", "pad", 0.99, NULL);
  compare ("cases/fullrange/nomatrix.mp4", "cases/fullrange/bt601.mp4", "crop", 0.9999, NULL);
  compare ("cases/hdr/pq.mp4", "cases/hdr/sdr.mp4", "crop", 0.97, NULL);
  return 0;
}
