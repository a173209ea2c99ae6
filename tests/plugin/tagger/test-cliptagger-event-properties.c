/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-event-properties.c: the properties that make the events of cliptagger, and the file of baselines.
 */
#include "news.h"
#include "tempfolder.h"

/* ---- Properties --------------------------------------------------------------------------------------------- */

static void
test_times_properties (void)
{
  static const struct
  {
    const gchar *name;
    guint64 initial, max;
  } cases[] = {
    { "smoothing", 500 * GST_MSECOND, G_MAXINT64 },
    { "min-duration", GST_SECOND, G_MAXINT64 },
    { "hold-time", GST_SECOND, G_MAXINT64 },
    { "cool-down", 0, G_MAXINT64 },
    { "update-interval", 5 * GST_SECOND, G_MAXUINT64 },
    { "baseline", 0, G_MAXINT64 },
  };
  GstElement *element = tagger_element (TINY_MODEL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint64 value = 1;
    GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (element), cases[i].name);
    g_assert_true (G_IS_PARAM_SPEC_UINT64 (spec));
    g_assert_true (spec->flags & GST_PARAM_MUTABLE_PLAYING);
    g_assert_cmpuint (G_PARAM_SPEC_UINT64 (spec)->minimum, ==, 0);
    g_assert_cmpuint (G_PARAM_SPEC_UINT64 (spec)->maximum, ==, cases[i].max);
    g_object_get (element, cases[i].name, &value, NULL);
    g_assert_cmpuint (value, ==, cases[i].initial);
    const guint64 values[] = { 0, 1, 12345, G_MAXINT64, cases[i].max };
    for (guint k = 0; k < G_N_ELEMENTS (values); k++) {
      g_object_set (element, cases[i].name, values[k], NULL);
      g_object_get (element, cases[i].name, &value, NULL);
      g_assert_cmpuint (value, ==, values[k]);
    }
  }
  gst_object_unref (element);
}

static void
test_threshold_properties (void)
{
  static const gchar *const names[] = { "threshold", "off-threshold" };
  static const gdouble values[] = { -1, -0.5, 0, 0.25, 1, 3.5, 1000 };
  GstElement *element = tagger_element (TINY_MODEL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    gdouble value = 7;
    g_object_get (element, names[i], &value, NULL);
    g_assert_cmpfloat (value, ==, i == 0 ? 0 : -1);
    for (guint k = 0; k < G_N_ELEMENTS (values); k++) {
      g_object_set (element, names[i], values[k], NULL);
      g_object_get (element, names[i], &value, NULL);
      g_assert_cmpfloat (value, ==, values[k]);
    }
  }
  gst_object_unref (element);
}

/* Each at its extremes, and between, on five frames of one picture and five of another, then five of the first. */
static void
test_properties_at_work (void)
{
  static const struct
  {
    const gchar *set, *expected;
  } cases[] = {
    { "min-duration=0", "start 1 at 0\nend 1 (over) at 5\nstart 2 at 5\nstart 3 at 10\nend 2 (over) at 10\n" },
    { "min-duration=400000000", "start 1 at 4\nend 1 (over) at 5\nstart 2 at 9\nend 2 (over) at 10\nstart 3 at 14\n" },
    { "min-duration=400000001", "" }, { "min-duration=9223372036854775807", "" },
    { "hold-time=499999999", "start 1 at 0\nstart 2 at 5\nend 1 (over) at 9\nstart 3 at 10\nend 2 (over) at 14\n" },
    { "hold-time=600000000", "start 1 at 0\nstart 2 at 5\n" },
    { "hold-time=9223372036854775807", "start 1 at 0\nstart 2 at 5\n" },
    { "cool-down=600000000", "start 1 at 0\nend 1 (over) at 5\nstart 2 at 5\nstart 3 at 10\nend 2 (over) at 10\n" },
    { "cool-down=600000001", "start 1 at 0\nend 1 (over) at 5\nstart 2 at 5\nend 2 (over) at 10\nstart 3 at 11\n" },
    { "cool-down=9223372036854775807", "start 1 at 0\nend 1 (over) at 5\nstart 2 at 5\nend 2 (over) at 10\n" },
    { "update-interval=0",
        "start 1 at 0\nupdate 1 at 1\nupdate 1 at 2\nupdate 1 at 3\nupdate 1 at 4\nend 1 (over) at 5\nstart 2 at 5\n"
        "update 2 at 6\nupdate 2 at 7\nupdate 2 at 8\nupdate 2 at 9\nstart 3 at 10\nend 2 (over) at 10\nupdate 3 at "
        "11\n"
        "update 3 at 12\nupdate 3 at 13\nupdate 3 at 14\n" },
    { "update-interval=300000000", "start 1 at 0\nupdate 1 at 3\nend 1 (over) at 5\nstart 2 at 5\nupdate 2 at 8\nstart "
                                   "3 at 10\nend 2 (over) at 10\n"
                                   "update 3 at 13\n" },
    { "threshold=1.5", "" }, /* no softmax is that large */
    { "threshold=0.9", "start 1 at 0\nend 1 (over) at 5\nstart 2 at 5\nstart 3 at 10\nend 2 (over) at 10\n" },
    { "off-threshold=0", "start 1 at 0\nstart 2 at 5\n" },
    { "off-threshold=1000", "start 1 at 0\nend 1 (over) at 5\nstart 2 at 5\nstart 3 at 10\nend 2 (over) at 10\n" },
    { "score-mode=cosine", "" }, { "smoothing=9223372036854775807", "start 1 at 0\n" }, /* as the first one was */
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GStrv) parts = g_strsplit (cases[i].set, "=", 2);
    Fixture f = { 0 };
    GstElement *element = news_element ();
    g_test_message ("%s", cases[i].set);
    gst_util_set_object_arg (G_OBJECT (element), parts[0], parts[1]);
    news_start (&f, element);
    news_push (&f, 0, 0, 5);
    news_push (&f, 1, 5, 10);
    news_push (&f, 0, 10, 15);
    news_assert_stream (&f, cases[i].expected);
    news_stop (&f);
  }
}

/* While frames flow: from the next frame on. */
static void
test_property_changes (void)
{
  Fixture f = { 0 };
  news_start (&f, news_element ());
  g_object_set (f.tagger.element, "min-duration", (guint64)G_MAXINT64, NULL);
  news_push (&f, 0, 0, 3);
  g_assert_cmpuint (f.messages->len, ==, 0);
  g_object_set (f.tagger.element, "min-duration", G_GUINT64_CONSTANT (0), NULL);
  news_push (&f, 0, 3, 4);
  news_assert_stream (&f, "start 1 at 3\n");
  g_assert_cmpuint (nth (&f, 0)->start.timestamp, ==, 0);
  news_stop (&f);
}

/* Against what is usual in the stream: 0 while that is not known, and nothing without a baseline. */
static void
test_z_score (gconstpointer data)
{
  guint64 baseline = data ? 3600 * GST_SECOND : 0;
  Fixture f = { 0 };
  GstElement *element = news_element ();
  gst_util_set_object_arg (G_OBJECT (element), "score-mode", "z-score");
  g_object_set (element, "baseline", baseline, "threshold", 2.0, NULL);
  news_start (&f, element);
  tagger_await_ready (element);
  g_autoptr (GstMessage) warning = tagger_message (&f.tagger, GST_MESSAGE_WARNING, NULL);
  g_assert_true ((warning != NULL) == !baseline);
  news_push (&f, 0, 0, 40);
  g_assert_cmpuint (f.messages->len, ==, 0);
  news_push (&f, 1, 40, 41);
  g_assert_cmpuint (f.messages->len > 0, ==, baseline != 0);
  for (guint i = 0; i < f.messages->len; i++)
    g_assert_cmpfloat (nth (&f, i)->confidence, >=, 2);
  news_stop (&f);
}

/* A half-life in seconds, where nanoseconds are expected: too few samples for any score. */
static void
test_z_score_short (void)
{
  Fixture f = { 0 };
  GstElement *element = news_element ();
  gst_util_set_object_arg (G_OBJECT (element), "score-mode", "z-score");
  g_object_set (element, "baseline", G_GUINT64_CONSTANT (600), NULL);
  news_start (&f, element);
  tagger_await_ready (element);
  g_autoptr (GstMessage) message = tagger_message (&f.tagger, GST_MESSAGE_WARNING, NULL);
  g_assert_nonnull (message);
  g_autoptr (GError) warning = NULL;
  gst_message_parse_warning (message, &warning, NULL);
  g_assert_nonnull (strstr (warning->message, "baseline=600 is too short"));
  news_stop (&f);
}

/* -1 means all, however far below what is usual: the lower bound is no deviation. */
static void
test_z_score_all (void)
{
  Fixture f = { 0 };
  GstElement *element = news_element ();
  gst_util_set_object_arg (G_OBJECT (element), "score-mode", "z-score");
  g_object_set (element, "baseline", 3600 * GST_SECOND, "threshold", -1.0, "top-k", 0, NULL);
  news_start (&f, element);
  news_push (&f, 0, 0, 40);
  news_push (&f, 1, 40, 41);
  while (gst_harness_buffers_in_queue (f.tagger.harness) > 1)
    gst_buffer_unref (gst_harness_pull (f.tagger.harness));
  g_autoptr (GstBuffer) buffer = gst_harness_pull (f.tagger.harness);
  GstClipTags *tags = gst_buffer_get_clip_tag_meta (buffer)->tags;
  g_assert_cmpuint (gst_clip_tags_get_n_labels (tags), ==, 3);
  g_assert_cmpfloat (gst_clip_tags_get_label (tags, 2)->confidence, <, -1);
  news_stop (&f);
}

/* ---- Baselines over restarts -------------------------------------------------------------------------------- */

static GstElement *
baseline_element (const gchar *file)
{
  GstElement *element = news_element ();
  gst_util_set_object_arg (G_OBJECT (element), "score-mode", "z-score");
  g_object_set (element, "baseline", 3600 * GST_SECOND, "threshold", 2.0, "baseline-file", file, NULL);
  return element;
}

static void
start_with_baselines (Fixture *f, const gchar *file)
{
  news_start (f, baseline_element (file));
  tagger_await_ready (f->tagger.element);
}

static guint
count_warnings (Fixture *f, const gchar *expected)
{
  guint n = 0;
  GstMessage *message;
  while ((message = tagger_message (&f->tagger, GST_MESSAGE_WARNING, NULL))) {
    g_autoptr (GError) error = NULL;
    gst_message_parse_warning (message, &error, NULL);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, expected));
    g_assert_null (strchr (error->message, '\n'));
    gst_message_unref (message);
    n++;
  }
  return n;
}

/* What was usual before the restart is usual after it: a picture that is not makes an event at once. */
static void
test_baseline_file (gconstpointer by_eos)
{
  g_autofree gchar *folder = test_temporary_folder (), *file = g_build_filename (folder, "baselines.json", NULL);
  Fixture f = { 0 };
  start_with_baselines (&f, file);
  news_push (&f, 0, 0, 40);
  g_assert_cmpuint (f.messages->len, ==, 0);
  if (by_eos) {
    g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
    while (!g_file_test (file, G_FILE_TEST_EXISTS))
      g_usleep (1000);
  } else {
    gst_element_set_state (f.tagger.element, GST_STATE_READY);
    g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
  }
  g_assert_cmpuint (count_warnings (&f, ""), ==, 0);
  news_stop (&f);

  Fixture g = { 0 };
  start_with_baselines (&g, file);
  news_push (&g, 1, 0, 1);
  g_assert_cmpuint (g.messages->len, >, 0);
  g_assert_cmpuint (count_warnings (&g, ""), ==, 0);
  news_stop (&g);
  test_remove_folder (folder);
}

/* Nothing is known, nothing is written. */
static void
test_baseline_file_unused (void)
{
  g_autofree gchar *folder = test_temporary_folder (), *file = g_build_filename (folder, "baselines.json", NULL);
  Fixture f = { 0 };
  GstElement *element = baseline_element (file);
  g_object_set (element, "baseline", G_GUINT64_CONSTANT (0), NULL);
  news_start (&f, element);
  news_push (&f, 0, 0, 40);
  gst_element_set_state (element, GST_STATE_READY);
  g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
  news_stop (&f);
  test_remove_folder (folder);
}

/* One warning, and the file stays as it is. */
static void
test_baseline_file_bad (void)
{
  static const struct
  {
    const gchar *content, *expected;
  } cases[] = {
    { "", "baselines.json" },
    { "{\"version\":1,", "baselines.json: line 1" },
    { "{\"version\":2,\"model\":\"0123456789abcdef\",\"subjects\":[]}", "version" },
    { "{\"version\":1,\"model\":\"0123456789abcdef\",\"subjects\":[]}", "0123456789abcdef" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *folder = test_temporary_folder (), *file = g_build_filename (folder, "baselines.json", NULL);
    g_autofree gchar *content = NULL;
    Fixture f = { 0 };
    g_assert_true (g_file_set_contents (file, cases[i].content, -1, NULL));
    start_with_baselines (&f, file);
    news_push (&f, 0, 0, 40);
    gst_element_set_state (f.tagger.element, GST_STATE_READY);
    g_assert_cmpuint (count_warnings (&f, cases[i].expected), ==, 1);
    g_assert_true (g_file_get_contents (file, &content, NULL, NULL));
    g_assert_cmpstr (content, ==, cases[i].content);
    news_stop (&f);
    test_remove_folder (folder);
  }
}

/* Without its folder from the start, or by the time it is written. */
static void
test_baseline_file_no_folder (gconstpointer from_the_start)
{
  g_autofree gchar *folder = test_temporary_folder (), *file = g_build_filename (folder, "baselines.json", NULL);
  Fixture f = { 0 };
  if (from_the_start)
    test_remove_folder (folder);
  start_with_baselines (&f, file);
  news_push (&f, 0, 0, 2);
  if (!from_the_start)
    test_remove_folder (folder);
  gst_element_set_state (f.tagger.element, GST_STATE_READY);
  g_assert_cmpuint (count_warnings (&f, folder), ==, 1);
  g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
  news_stop (&f);
}

static void
test_baseline_file_property (void)
{
  Fixture f = { 0 };
  g_autofree gchar *value = NULL;
  GstElement *element = news_element ();
  g_object_get (element, "baseline-file", &value, NULL);
  g_assert_null (value);
  news_start (&f, element);
  g_object_set (element, "baseline-file", "/no/where", NULL);
  g_assert_cmpuint (count_warnings (&f, "baseline-file"), ==, 1);
  g_object_get (element, "baseline-file", &value, NULL);
  g_assert_null (value);
  news_stop (&f);
}

/* A label that stays has its baseline with other prompts, too. */
static void
test_baseline_prompts (void)
{
  Fixture f = { 0 };
  gboolean ok;
  news_start (&f, baseline_element (NULL));
  news_push (&f, 0, 0, 40);
  g_signal_emit_by_name (f.tagger.element, "set-prompts", PROMPTS ";a dog", &ok);
  g_assert_true (ok);
  news_push (&f, 1, 40, 41);
  g_assert_cmpuint (f.messages->len, >, 0);
  g_assert_cmpuint (nth (&f, 0)->label_id, <, 3);
  news_stop (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/cliptagger-events/properties/times", test_times_properties);
  g_test_add_func ("/cliptagger-events/properties/thresholds", test_threshold_properties);
  g_test_add_func ("/cliptagger-events/properties/at-work", test_properties_at_work);
  g_test_add_func ("/cliptagger-events/properties/changes", test_property_changes);
  g_test_add_data_func ("/cliptagger-events/z-score", GUINT_TO_POINTER (1), test_z_score);
  g_test_add_data_func ("/cliptagger-events/z-score/no-baseline", NULL, test_z_score);
  g_test_add_data_func ("/cliptagger-events/baseline-file/stop", NULL, test_baseline_file);
  g_test_add_data_func ("/cliptagger-events/baseline-file/eos", GUINT_TO_POINTER (1), test_baseline_file);
  g_test_add_func ("/cliptagger-events/baseline-file/unused", test_baseline_file_unused);
  g_test_add_func ("/cliptagger-events/baseline-file/bad", test_baseline_file_bad);
  g_test_add_data_func (
      "/cliptagger-events/baseline-file/no-folder", GUINT_TO_POINTER (1), test_baseline_file_no_folder);
  g_test_add_data_func ("/cliptagger-events/baseline-file/folder-goes", NULL, test_baseline_file_no_folder);
  g_test_add_func ("/cliptagger-events/baseline-file/property", test_baseline_file_property);
  g_test_add_func ("/cliptagger-events/z-score/all", test_z_score_all);
  g_test_add_func ("/cliptagger-events/z-score/short", test_z_score_short);
  g_test_add_func ("/cliptagger-events/baseline-prompts", test_baseline_prompts);
  return g_test_run ();
}
