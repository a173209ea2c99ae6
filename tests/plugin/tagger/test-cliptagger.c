/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger.c: cliptagger's prompts, messages, errors and life cycle.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>

#include "clip.h"
#include "process.h"
#include "tagger.h"
#include "tempmodel.h"

#include <unistd.h>

static GstClipTags *
tags_of (GstBuffer *buffer)
{
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
  g_assert_nonnull (meta);
  return meta->tags;
}

static const char *
label_at (GstBuffer *buffer, guint index)
{
  return gst_clip_tags_get_label (tags_of (buffer), index)->label;
}

/* ---- Prompts -------------------------------------------------------------------------------------------- */

static void
test_prompts_while_playing (void)
{
  Tagger t = tagger_start (tagger_element (TINY_MODEL), TINY_CAPS ("30/1"));
  g_autoptr (GstBuffer) first = tagger_push (&t, 0, 0);
  g_autoptr (GstMessage) sampled = tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags");
  g_assert_nonnull (sampled);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (tags_of (first)), ==, 3);

  g_object_set (t.element, "prompts", "a cat; a dog", NULL);
  tagger_await_ready (t.element);

  /* Without a frame: the message of the frame that was seen, with new labels. */
  g_autoptr (GstMessage) rescored = tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags");
  g_assert_nonnull (rescored);
  gboolean is_rescored;
  guint64 timestamp;
  g_assert_true (gst_structure_get (gst_message_get_structure (rescored), "rescored", G_TYPE_BOOLEAN, &is_rescored,
      "timestamp", G_TYPE_UINT64, &timestamp, NULL));
  g_assert_true (is_rescored);
  g_assert_cmpuint (timestamp, ==, 0);

  g_autoptr (GstBuffer) second = tagger_push (&t, 100 * GST_MSECOND, 0);
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (second);
  g_assert_false (meta->sampled);
  g_assert_cmpuint (meta->age, ==, 100 * GST_MSECOND);
  g_assert_cmpuint (gst_clip_tags_get_source_pts (meta->tags), ==, 0);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (meta->tags), ==, 2);
  g_assert_true (g_str_equal (label_at (second, 0), "a cat") || g_str_equal (label_at (second, 0), "a dog"));

  /* No picture was encoded for that, */
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 1);
  g_assert_cmpuint (tagger_count (t.element, "rescored"), ==, 1);

  /* and it is what the picture would have got with these prompts from the start. */
  GstElement *other = tagger_element (TINY_MODEL);
  g_object_set (other, "prompts", "a cat;a dog", NULL);
  Tagger u = tagger_start (other, TINY_CAPS ("30/1"));
  GstBuffer *again = gst_buffer_copy_deep (first);
  g_autoptr (GstBuffer) expected = tagger_pass (&u, again);
  GstClipTags *last = NULL;
  gpointer state = NULL;
  GstMeta *m;
  while ((m = gst_buffer_iterate_meta_filtered (expected, &state, GST_CLIP_TAG_META_API_TYPE)))
    if (gst_clip_tags_get_n_labels (((GstClipTagMeta *)m)->tags) == 2)
      last = ((GstClipTagMeta *)m)->tags;
  g_assert_nonnull (last);
  assert_same_tags (last, meta->tags);
  tagger_stop (&u);
  tagger_stop (&t);
}

static void
test_bad_prompts_while_playing (void)
{
  Tagger t = tagger_start (tagger_element (TINY_MODEL), TINY_CAPS ("30/1"));
  g_autoptr (GstBuffer) first = tagger_push (&t, 0, 0);

  g_autofree char *folder = test_temporary_folder (), *missing = g_build_filename (folder, "missing", NULL);
  const struct
  {
    const char *property, *value;
    GstResourceError code;
  } bad[] = {
    { "prompts", " ; ;", GST_RESOURCE_ERROR_SETTINGS },
    { "prompts", "\xff\xfe", GST_RESOURCE_ERROR_SETTINGS },
    { "prompts-file", missing, GST_RESOURCE_ERROR_NOT_FOUND },
    { "prompts-file", "/", GST_RESOURCE_ERROR_OPEN_READ },
    { "prompt-template", "no place for it", GST_RESOURCE_ERROR_SETTINGS },
  };
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_object_set (t.element, bad[i].property, bad[i].value, NULL);
    g_autoptr (GstMessage) warning = gst_bus_timed_pop_filtered (t.bus, 60 * GST_SECOND, GST_MESSAGE_WARNING);
    g_assert_nonnull (warning);
    g_autoptr (GError) error = NULL;
    gst_message_parse_warning (warning, &error, NULL);
    g_assert_error (error, GST_RESOURCE_ERROR, (gint)bad[i].code);
    g_test_message ("%s", error->message);

    g_autofree char *prompts = NULL, *file = NULL, *templates = NULL;
    g_object_get (t.element, "prompts", &prompts, "prompts-file", &file, "prompt-template", &templates, NULL);
    g_assert_cmpstr (prompts, ==, PROMPTS);
    g_assert_null (file);
    g_assert_null (templates);
  }
  g_autoptr (GstBuffer) second = tagger_push (&t, 1, 0);
  g_assert_true (tags_of (second) == tags_of (first));
  g_assert_cmpuint (tagger_count (t.element, "rescored"), ==, 0);
  tagger_stop (&t);
  test_remove_folder (folder);
}

static char *
write_file (const char *content)
{
  char *path = NULL;
  gint fd = g_file_open_tmp ("cliptagger-XXXXXX", &path, NULL);
  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, content, -1, NULL));
  return path;
}

static void
test_prompts_file (void)
{
  g_autofree char *lines = write_file ("# animals\na cat\n\na dog\n");
  g_autofree char *json = write_file ("{\"templates\":[\"a photo of {}.\"],\"prompts\":[{\"text\":\"a cat on a mat\","
                                      "\"label\":\"cat\"},\"a dog\",{\"text\":\"nothing\",\"negative\":true}]}");
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "prompts-file", lines, NULL); /* overrides the prompts that are set as well */
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  g_autoptr (GstBuffer) first = tagger_push (&t, 0, 0);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (tags_of (first)), ==, 2);

  g_object_set (t.element, "prompts-file", json, NULL);
  g_autoptr (GstBuffer) second = tagger_push (&t, 1, 0);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (tags_of (second)), ==, 2); /* the negative is not reported */
  g_assert_true (g_str_equal (label_at (second, 0), "cat") || g_str_equal (label_at (second, 1), "cat"));

  /* Prompts set later are wanted. */
  g_object_set (t.element, "prompts", "a boat;a yard", "top-k", 1, NULL);
  g_autofree char *file = NULL;
  g_object_get (t.element, "prompts-file", &file, NULL);
  g_assert_null (file);
  g_autoptr (GstBuffer) third = tagger_push (&t, 2, 0);
  g_assert_true (g_str_equal (label_at (third, 0), "a boat") || g_str_equal (label_at (third, 0), "a yard"));

  /* Templates change the scores. */
  gdouble before = gst_clip_tags_get_label (tags_of (third), 0)->cosine;
  g_object_set (t.element, "prompt-template", "a photo of {}.|a drawing of {}.", NULL);
  g_autoptr (GstBuffer) fourth = tagger_push (&t, 3, 0);
  g_assert_true (gst_clip_tags_get_label (tags_of (fourth), 0)->cosine != before);

  g_assert_null (tagger_message (&t, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR, NULL));
  tagger_stop (&t);
  g_unlink (lines);
  g_unlink (json);
}

static void
test_ranking_while_playing (void)
{
  Tagger t = tagger_start (tagger_element (TINY_MODEL), TINY_CAPS ("30/1"));
  g_autoptr (GstBuffer) all = tagger_push (&t, 0, 0);
  gdouble sum = 0;
  for (guint i = 0; i < 3; i++)
    sum += gst_clip_tags_get_label (tags_of (all), i)->confidence;
  g_assert_cmpfloat (ABS (sum - 1), <, 1e-5);

  g_object_set (t.element, "top-k", 1, "score-mode", 2 /* cosine */, "threshold", -1.0, "attach-embedding", TRUE, NULL);
  g_autoptr (GstBuffer) one = tagger_push (&t, 1, 0);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (tags_of (one)), ==, 1);
  const GstClipTagLabel *best = gst_clip_tags_get_label (tags_of (one), 0);
  g_assert_true (best->confidence == best->cosine);
  guint n;
  g_assert_nonnull (gst_clip_tags_get_embedding (tags_of (one), &n));
  g_assert_cmpuint (n, >, 0);

  /* Nothing reaches the threshold: there is a result, without labels. */
  g_object_set (t.element, "threshold", 1.0, NULL);
  g_autoptr (GstBuffer) none = tagger_push (&t, 2, 0);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (tags_of (none)), ==, 0);

  gst_util_set_object_arg (G_OBJECT (t.element), "score-mode", "sigmoid");
  g_object_set (t.element, "threshold", 0.0, "top-k", 0, "temperature", 5.0, NULL);
  g_autoptr (GstBuffer) sigmoid = tagger_push (&t, 3, 0);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (tags_of (sigmoid)), ==, 3);
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 1);
  tagger_stop (&t);
}

typedef struct
{
  GstElement *element;
  gint stop;
} Setter;

static gpointer
set_prompts_forever (gpointer data)
{
  Setter *setter = data;
  for (guint i = 0; !g_atomic_int_get (&setter->stop); i++)
    g_object_set (setter->element, "prompts", i % 2 ? "a;b;c;d;e;f;g;h" : "a;b", "top-k", i % 3 * 4, NULL);
  return NULL;
}

static void
test_prompts_stress (void)
{
  GstElement *element = tagger_element (TINY_MODEL);
  /* Or every set would encode a hundred captions more, which takes minutes under ThreadSanitizer. */
  g_object_set (element, "frame-rate", 0.0, "background", "off", NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  Setter setter = { t.element, FALSE };
  GThread *thread = g_thread_new ("setter", set_prompts_forever, &setter);
  for (guint i = 0; i < 500; i++) {
    g_autoptr (GstBuffer) buffer = tagger_push (&t, i * GST_SECOND, 0);
    g_assert_true (gst_buffer_get_clip_tag_meta (buffer)->sampled);
    g_autoptr (GstStructure) stats = NULL;
    g_object_get (t.element, "stats", &stats, NULL);
  }
  g_atomic_int_set (&setter.stop, TRUE);
  g_thread_join (thread);
  tagger_stop (&t);
}

/* ---- Messages ------------------------------------------------------------------------------------------- */

static void
test_message (void)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "top-k", 2, NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = GST_SECOND;
  segment.time = 70 * GST_SECOND;
  gst_harness_push_event (t.harness, gst_event_new_segment (&segment));

  GstBuffer *in = tagger_frame_for_caps (TINY_CAPS ("30/1"), 5);
  GST_BUFFER_PTS (in) = 3 * GST_SECOND;
  GST_BUFFER_DURATION (in) = 40 * GST_MSECOND;
  g_autoptr (GstBuffer) out = tagger_pass (&t, in);

  g_autoptr (GstMessage) message = tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags");
  g_assert_nonnull (message);
  g_assert_true (GST_MESSAGE_SRC (message) == GST_OBJECT (t.element));
  const GstStructure *s = gst_message_get_structure (message);
  guint64 timestamp, stream_time, running_time, duration;
  gboolean rescored;
  gdouble confidence;
  g_assert_true (gst_structure_get (s, "timestamp", G_TYPE_UINT64, &timestamp, "stream-time", G_TYPE_UINT64,
      &stream_time, "running-time", G_TYPE_UINT64, &running_time, "duration", G_TYPE_UINT64, &duration, "rescored",
      G_TYPE_BOOLEAN, &rescored, "confidence", G_TYPE_DOUBLE, &confidence, NULL));
  g_assert_cmpuint (timestamp, ==, 3 * GST_SECOND);
  g_assert_cmpuint (stream_time, ==, 72 * GST_SECOND);
  g_assert_cmpuint (running_time, ==, 2 * GST_SECOND);
  g_assert_cmpuint (duration, ==, 40 * GST_MSECOND);
  g_assert_false (rescored);
  g_assert_cmpstr (gst_structure_get_string (s, "model"), ==, TINY_MODEL);
  g_assert_cmpstr (gst_structure_get_string (s, "label"), ==, label_at (out, 0));

  const GValue *labels = gst_structure_get_value (s, "labels");
  g_assert_true (GST_VALUE_HOLDS_LIST (labels));
  g_assert_cmpuint (gst_value_list_get_size (labels), ==, 2);
  for (guint i = 0; i < 2; i++) {
    const GstStructure *label = gst_value_get_structure (gst_value_list_get_value (labels, i));
    const GstClipTagLabel *expected = gst_clip_tags_get_label (tags_of (out), i);
    gdouble score, cosine;
    guint id;
    g_assert_true (gst_structure_has_name (label, "clip-label"));
    g_assert_true (gst_structure_get (
        label, "id", G_TYPE_UINT, &id, "confidence", G_TYPE_DOUBLE, &score, "cosine", G_TYPE_DOUBLE, &cosine, NULL));
    g_assert_cmpstr (gst_structure_get_string (label, "label"), ==, expected->label);
    g_assert_cmpuint (id, ==, expected->id);
    g_assert_true (score == expected->confidence && cosine == expected->cosine);
    if (i == 0)
      g_assert_true (score == confidence);
  }

  g_object_set (t.element, "post-messages", FALSE, NULL);
  g_autoptr (GstBuffer) quiet = tagger_push (&t, 60 * GST_SECOND, 0);
  g_assert_true (gst_buffer_get_clip_tag_meta (quiet)->sampled);
  g_assert_null (tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags"));
  tagger_stop (&t);
}

/* ---- Errors --------------------------------------------------------------------------------------------- */

/* There is one error of this code that says `word`, before any frame has come through. */
static void
check_failure (const char *model, const char *prompts, const char *file, const char *templates, GstResourceError code,
    const char *word)
{
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_make ("cliptagger", NULL));
  g_autoptr (GstBus) bus = gst_bus_new ();
  gst_element_set_bus (element, bus);
  g_object_set (element, "model", model, "prompts", prompts, "prompts-file", file, "prompt-template", templates, NULL);

  /* What is found at once fails the state change; on a busy machine it may take longer, and frames come to it. */
  if (gst_element_set_state (element, GST_STATE_PAUSED) != GST_STATE_CHANGE_FAILURE) {
    GstHarness *slow = gst_harness_new_with_element (element, "sink", "src");
    gst_harness_set_live (slow, FALSE);
    gst_harness_set_src_caps_str (slow, TINY_CAPS ("30/1"));
    for (guint i = 0; i < 3; i++)
      g_assert_cmpint (gst_harness_push (slow, tagger_frame_for_caps (TINY_CAPS ("30/1"), i)), ==, GST_FLOW_FLUSHING);
    g_assert_cmpuint (gst_harness_buffers_received (slow), ==, 0);
    gst_harness_teardown (slow);
  }
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ERROR);
  g_assert_null (gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING));

  g_autoptr (GError) error = NULL;
  gst_message_parse_error (message, &error, NULL);
  g_test_message ("%s", error->message);
  g_assert_error (error, GST_RESOURCE_ERROR, (gint)code);
  g_assert_nonnull (strstr (error->message, word));

  g_autoptr (GstStructure) stats = NULL;
  g_object_get (element, "stats", &stats, NULL);
  g_assert_cmpstr (gst_structure_get_string (stats, "last-error"), ==, error->message);

  /* Put right, it starts. */
  g_autofree char *good = test_golden (TINY_MODEL);
  gst_element_set_state (element, GST_STATE_READY);
  g_object_set (element, "model", good, "prompts", PROMPTS, "prompts-file", NULL, "prompt-template", NULL, NULL);
  GstHarness *harness = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_set_live (harness, FALSE);
  gst_harness_set_src_caps_str (harness, TINY_CAPS ("30/1"));
  g_assert_cmpint (gst_harness_push (harness, tagger_frame_for_caps (TINY_CAPS ("30/1"), 0)), ==, GST_FLOW_OK);
  g_autoptr (GstBuffer) passed = gst_harness_pull (harness);
  g_assert_nonnull (gst_buffer_get_clip_tag_meta (passed));
  gst_element_set_bus (element, NULL);
  gst_harness_teardown (harness);
}

static void
test_errors (void)
{
  g_autofree char *good = test_golden (TINY_MODEL), *text_only = test_golden ("text-only");
  g_autofree char *vision_only = test_golden ("vision-only");
  g_autofree char *empty = write_file ("# nothing\n\n");

  g_autofree char *folder = test_temporary_folder (), *missing = g_build_filename (folder, "missing", NULL);

  const GstResourceError settings = GST_RESOURCE_ERROR_SETTINGS, not_found = GST_RESOURCE_ERROR_NOT_FOUND;
  const GstResourceError open_read = GST_RESOURCE_ERROR_OPEN_READ;
  check_failure (missing, PROMPTS, NULL, NULL, not_found, missing);
  check_failure (folder, PROMPTS, NULL, NULL, not_found, "no config.json");
  check_failure (empty, PROMPTS, NULL, NULL, open_read, "not a folder");
  check_failure (text_only, PROMPTS, NULL, NULL, settings, "text-only");
  check_failure (vision_only, PROMPTS, NULL, NULL, settings, "vision-only");
  check_failure (good, NULL, NULL, NULL, settings, "prompts-file=");
  check_failure (good, ";; ;", NULL, NULL, settings, "prompt");
  check_failure (good, PROMPTS, "/", NULL, open_read, "/");
  check_failure (good, PROMPTS, missing, NULL, not_found, missing);
  check_failure (good, PROMPTS, empty, NULL, settings, empty);
  check_failure (good, PROMPTS, NULL, "a photo", settings, "{}");

  char *broken = temp_model (TINY_MODEL);
  test_write (broken, "config.json", "{", -1);
  check_failure (broken, PROMPTS, NULL, NULL, settings, "config.json");
  temp_model_remove (broken);
  g_unlink (empty);
  test_remove_folder (folder);
}

/* Nothing can be read there. Root may read everything, and steps back for a while. */
static void
test_no_permission (void)
{
  g_autofree char *folder = test_temporary_folder ();
  g_autofree char *model = g_build_filename (folder, "model", NULL), *file = g_build_filename (folder, "prompts", NULL);
  gboolean root = geteuid () == 0;
  g_assert_cmpint (g_mkdir (model, 0), ==, 0);
  g_assert_true (g_file_set_contents (file, "a cat\n", -1, NULL));
  g_assert_cmpint (g_chmod (file, 0), ==, 0);
  g_assert_cmpint (g_chmod (folder, 0755), ==, 0);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GstElement) element = tagger_element (TINY_MODEL);
    g_autoptr (GstBus) bus = gst_bus_new ();
    gst_element_set_bus (element, bus);
    g_object_set (element, i ? "prompts-file" : "model", i ? file : model, NULL);
    if (root)
      g_assert_cmpint (seteuid (65534), ==, 0);
    gst_element_set_state (element, GST_STATE_PAUSED);
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_ERROR);
    if (root)
      g_assert_cmpint (seteuid (0), ==, 0);
    g_assert_nonnull (message);
    g_autoptr (GError) error = NULL;
    gst_message_parse_error (message, &error, NULL);
    g_test_message ("%s", error->message);
    g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ);
    gst_element_set_state (element, GST_STATE_NULL);
    gst_element_set_bus (element, NULL);
  }
  g_rmdir (model);
  test_remove_folder (folder);
}

/* ---- Life ----------------------------------------------------------------------------------------------- */

static void
test_two_models (void)
{
  g_autofree char *a = test_golden (TINY_MODEL), *b = test_golden ("defaults");
  g_autofree char *line = g_strdup_printf ("cliptagger model=%s inference-mode=sync prompts=\"a cat;a dog\" ! "
                                           "cliptagger model=%s inference-mode=sync prompts=\"a boat\" frame-rate=1",
      a, b);
  GstHarness *harness = gst_harness_new_parse (line);
  gst_harness_set_src_caps_str (harness, TINY_CAPS ("30/1"));
  for (guint i = 0; i < 3; i++) {
    GstBuffer *in = tagger_frame_for_caps (TINY_CAPS ("30/1"), i);
    GST_BUFFER_PTS (in) = i * 500 * GST_MSECOND;
    gst_harness_push (harness, in);
    g_autoptr (GstBuffer) out = gst_harness_pull (harness);

    gpointer state = NULL;
    GstClipTagMeta *first
        = (GstClipTagMeta *)gst_buffer_iterate_meta_filtered (out, &state, GST_CLIP_TAG_META_API_TYPE);
    GstClipTagMeta *second
        = (GstClipTagMeta *)gst_buffer_iterate_meta_filtered (out, &state, GST_CLIP_TAG_META_API_TYPE);
    g_assert_null (gst_buffer_iterate_meta_filtered (out, &state, GST_CLIP_TAG_META_API_TYPE));
    g_assert_cmpstr (gst_clip_tags_get_model_name (first->tags), ==, TINY_MODEL);
    g_assert_cmpstr (gst_clip_tags_get_model_name (second->tags), ==, "defaults");
    g_assert_true (first->sampled);
    g_assert_true (second->sampled == (i != 1));
  }
  gst_harness_teardown (harness);
}

static void
test_restart (void)
{
  g_autofree char *model = test_golden (TINY_MODEL);
  g_autofree char *line = g_strdup_printf (
      "videotestsrc ! video/x-raw,format=I420,width=320,height=240 ! cliptagger name=t model=%s prompts=\"a;b\" "
      "frame-rate=0 n-threads=3 ! fakesink",
      model);
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) tagger = gst_bin_get_by_name (GST_BIN (pipeline), "t");
  guint before = 0;

  for (guint i = 0; i < 50; i++) {
    gst_element_set_state (pipeline, i % 3 ? GST_STATE_PLAYING : GST_STATE_PAUSED);
    g_assert_cmpint (gst_element_get_state (pipeline, NULL, NULL, 60 * GST_SECOND), ==, GST_STATE_CHANGE_SUCCESS);
    g_usleep (i * 200);
    g_assert_cmpuint (tagger_count (tagger, "inferred"), >, 0);
    gst_element_set_state (pipeline, i % 2 ? GST_STATE_READY : GST_STATE_NULL);
    if (i == 1)
      before = process_threads ();
  }
  gst_element_set_state (pipeline, GST_STATE_READY);
  /* GLib keeps a few idle threads for the next streaming task; the element's own would be two a round. */
  g_assert_cmpuint (process_threads (), <, before + 10);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* Seeks and stops may come while a picture is being encoded. */
static void
test_seek_under_load (void)
{
  g_autofree char *model = test_golden (TINY_MODEL);
  g_autofree char *line = g_strdup_printf (
      "videotestsrc ! video/x-raw,format=RGB,width=640,height=480,framerate=30/1 ! cliptagger name=t model=%s "
      "prompts=\"a;b\" frame-rate=0 ! fakesink sync=false",
      model);
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < 30; i++) {
    g_assert_cmpint (gst_element_get_state (pipeline, NULL, NULL, 60 * GST_SECOND), ==, GST_STATE_CHANGE_SUCCESS);
    g_usleep (i * 300);
    g_assert_true (gst_element_seek_simple (pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, i * GST_SECOND));
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_autoptr (GstMessage) trouble = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  g_assert_null (trouble);
}

static void
collect_tags (GstElement *sink, GstBuffer *buffer, GstPad *pad, GPtrArray *all)
{
  g_ptr_array_add (all, gst_clip_tags_ref (tags_of (buffer)));
}

static GPtrArray *
run_pipeline (const char *model, guint n_threads)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_clip_tags_unref);
  g_autofree char *line = g_strdup_printf ("videotestsrc num-buffers=40 pattern=ball ! "
                                           "video/x-raw,format=NV12,width=160,height=90 ! cliptagger model=%s "
                                           "prompts=\"%s\" n-threads=%u frame-rate=0 attach-embedding=true ! "
                                           "fakesink name=sink signal-handoffs=true",
      model, PROMPTS, n_threads);
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (collect_tags), all);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GstMessage) end = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_true (end && GST_MESSAGE_TYPE (end) == GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpuint (all->len, ==, 40);
  return all;
}

static void
test_same_bits (void)
{
  static const char *const models[] = { TINY_MODEL, "patch16-oddheads" };
  for (guint m = 0; m < G_N_ELEMENTS (models); m++) {
    g_autofree char *model = test_golden (models[m]);
    g_autoptr (GPtrArray) expected = run_pipeline (model, 1);
    for (guint n_threads = 1; n_threads <= 3; n_threads++) {
      g_autoptr (GPtrArray) all = run_pipeline (model, n_threads);
      for (guint i = 0; i < all->len; i++)
        assert_same_tags (expected->pdata[i], all->pdata[i]);
    }
  }
}

/* Nothing set at all: the embedded model and its prompts. */
static void
test_default_model (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = clip_default_model_path (&error);
  if (!path) {
    g_test_skip (error->message);
    return;
  }
  GstElement *element = gst_object_ref_sink (gst_element_factory_make ("cliptagger", NULL));
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  g_autoptr (GstBuffer) buffer = tagger_push (&t, 0, 0);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (tags_of (buffer)), >, 0);
  g_autoptr (GstStructure) stats = NULL;
  g_object_get (t.element, "stats", &stats, NULL);
  g_autofree char *text = gst_structure_to_string (stats);
  g_test_message ("%s", text);
  tagger_stop (&t);
}

/* What was asked for is what `stats` says. */
static void
test_precision (void)
{
  static const char *const asked[] = { "f32", "int8", "bf16", "auto" };
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++) {
    GstElement *element = tagger_element (TINY_MODEL);
    gst_util_set_object_arg (G_OBJECT (element), "precision", asked[i]);
    Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
    g_autoptr (GstBuffer) buffer = tagger_push (&t, 0, 0);
    g_autoptr (GstStructure) stats = NULL;
    g_object_get (t.element, "stats", &stats, NULL);
    const char *got = gst_structure_get_string (stats, "precision");
    guint n_layers = 0, n = 0;
    if (i == 0)
      g_assert_cmpstr (got, ==, "f32");
    else if (i == 1)
      g_assert_true (sscanf (got, "int8 (%u of %u layers)", &n_layers, &n) == 2 && n > 0 && n_layers == n);
    else if (i == 2)
      g_assert_true (sscanf (got, "bf16 (%u of %u layers)", &n_layers, &n) == 2 && n > 0 && n_layers == n);
    else
      g_assert_true (g_str_equal (got, "f32") || g_str_has_prefix (got, "int8 (") || g_str_has_prefix (got, "bf16 ("));
    g_assert_nonnull (gst_structure_get_string (stats, "kernels"));
    g_assert_cmpuint (gst_clip_tags_get_n_labels (tags_of (buffer)), >, 0);
    tagger_stop (&t);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cliptagger/prompts/while-playing", test_prompts_while_playing);
  g_test_add_func ("/cliptagger/prompts/bad-while-playing", test_bad_prompts_while_playing);
  g_test_add_func ("/cliptagger/prompts/file", test_prompts_file);
  g_test_add_func ("/cliptagger/prompts/ranking", test_ranking_while_playing);
  g_test_add_func ("/cliptagger/prompts/stress", test_prompts_stress);
  g_test_add_func ("/cliptagger/message", test_message);
  g_test_add_func ("/cliptagger/errors", test_errors);
  g_test_add_func ("/cliptagger/no-permission", test_no_permission);
  g_test_add_func ("/cliptagger/two-models", test_two_models);
  g_test_add_func ("/cliptagger/restart", test_restart);
  g_test_add_func ("/cliptagger/seek-under-load", test_seek_under_load);
  g_test_add_func ("/cliptagger/same-bits", test_same_bits);
  g_test_add_func ("/cliptagger/precision", test_precision);
  g_test_add_func ("/cliptagger/default-model", test_default_model);
  return g_test_run ();
}
