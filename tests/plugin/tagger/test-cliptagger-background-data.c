/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-background-data.c: what the built-in model says when it is asked for a single thing: of the shared
 * recordings as they are, and with faults that GStreamer's elements make. Needs the shared data; exit code 77 =
 * skipped.
 */
#include "tagger.h"

#define MAX_PROMPTS 8

typedef struct
{
  guint n, n_over[MAX_PROMPTS]; /* frames; of each prompt those with a score of 0.5 or more */
  gdouble sum[MAX_PROMPTS], least[MAX_PROMPTS], most[MAX_PROMPTS];
  gboolean warned;
} Scores;

static void
note_frame (GstElement *sink, GstBuffer *buffer, GstPad *pad, Scores *scores)
{
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
  g_assert_nonnull (meta);
  for (guint i = 0; i < gst_clip_tags_get_n_labels (meta->tags); i++) {
    const GstClipTagLabel *label = gst_clip_tags_get_label (meta->tags, i);
    gdouble score = label->confidence;
    guint p = label->id;
    g_assert_cmpuint (p, <, MAX_PROMPTS);
    scores->least[p] = scores->n ? MIN (scores->least[p], score) : score;
    scores->most[p] = MAX (scores->most[p], score);
    scores->sum[p] += score;
    scores->n_over[p] += score >= 0.5;
  }
  scores->n++;
}

/* fault: elements, each with a '!' behind it, or "". */
static Scores
watch (const char *file, const char *prompts, const char *mode, const char *fault)
{
  Scores scores = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_strdup_printf ("data/video/%s", file), *location = test_shared (path);
  g_autofree char *launch
      = g_strdup_printf ("filesrc name=source ! decodebin ! videoconvert ! %s cliptagger "
                         "name=tagger frame-rate=0 smoothing=0 top-k=0 threshold=-1 score-mode=%s ! "
                         "fakesink name=sink signal-handoffs=true",
          fault, mode);
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_assert_no_error (error);
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_autoptr (GstElement) tagger = gst_bin_get_by_name (GST_BIN (pipeline), "tagger");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_object_set (source, "location", location, NULL);
  g_object_set (tagger, "prompts", prompts, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (note_frame), &scores);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  for (gboolean ended = FALSE; !ended;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      gst_message_parse_error (message, &error, NULL);
      g_error ("%s: %s", file, error->message);
    }
    scores.warned |= GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING;
    ended = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpuint (scores.n, >, 10);
  return scores;
}

static void
print (const char *file, const char *prompt, const char *fault, const Scores *scores, guint p)
{
  g_print ("%-32s %-20s %-14s %4u of %4u frames at 0.5 or more, mean %.3f, %.3f to %.3f\n", file, prompt, fault,
      scores->n_over[p], scores->n, scores->sum[p] / scores->n, scores->least[p], scores->most[p]);
}

/* By the element, a prompt's score under sigmoid is what it has alone. */
static const struct
{
  const char *prompt, *name, *fault;
} faults[] = {
  { "a blurred picture", "blurred", "gaussianblur sigma=7 ! videoconvert !" },
  { "a dark picture", "dark", "videobalance brightness=-0.3 contrast=0.7 !" },
  { "an overexposed picture", "overexposed", "videobalance brightness=0.5 contrast=1.6 !" },
  { "a blocky picture", "blocky", "jpegenc quality=3 ! jpegdec ! videoconvert !" },
};

/* least_share: of each fault, how many of the frames with it must be recognised. */
static void
check_file (const char *file, const gdouble *least_share)
{
  Scores giraffe = watch (file, "a giraffe", "softmax", "");
  print (file, "a giraffe", "untouched", &giraffe, 0);
  g_assert_cmpuint (giraffe.n_over[0], ==, 0);
  g_assert_true (giraffe.warned);

  g_autoptr (GString) prompts = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    g_string_append_printf (prompts, "%s;", faults[i].prompt);
  Scores clean = watch (file, prompts->str, "sigmoid", "");
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++) {
    print (file, faults[i].prompt, "untouched", &clean, i);
    g_assert_cmpuint (clean.n_over[i], ==, 0);
  }
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++) {
    g_autofree char *some
        = g_strconcat ("videorate drop-only=true ! video/x-raw,framerate=1/1 ! ", faults[i].fault, NULL);
    Scores alone = watch (file, faults[i].prompt, "softmax", some);
    print (file, faults[i].prompt, faults[i].name, &alone, 0);
    g_assert_cmpfloat ((gdouble)alone.n_over[0] / alone.n, >=, least_share[i]);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_free (test_shared ("data/video"));
  check_file ("one-by-one-person-detection.mp4", (gdouble[]){ 0.95, 0.95, 0.95, 0.95 });
  check_file ("car-detection.mp4", (gdouble[]){ 0.95, 0.8, 0.5, 0.7 });
  return 0;
}
