/* SPDX-License-Identifier: MIT
 *
 * test-cliplog.c: which frames cliplog logs, and what the lines say when read back with json-glib.
 */
#include "cliplogfixture.h"

#include <gst/video/video.h>
#include <locale.h>

/* ---- What a line holds --------------------------------------------------------------------------------- */

static void
test_line (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) lines = NULL;
  JsonObject *line, *label;

  start (f, make_element (f, f->path, "source", "gate 3", NULL));
  g_assert_cmpint (push (f, 2 * GST_SECOND, "a \"dog\"", TRUE), ==, GST_FLOW_OK);
  lines = read_log (f->path); /* no need to wait for the end */
  g_assert_cmpuint (lines->len, ==, 1);
  line = nth (lines, 0);

  g_assert_cmpint (json_object_get_int_member (line, "stream_time"), ==, 2 * GST_SECOND);
  g_assert_cmpint (json_object_get_int_member (line, "running_time"), ==, 2 * GST_SECOND);
  g_assert_cmpint (json_object_get_int_member (line, "pts"), ==, 2 * GST_SECOND);
  g_assert_cmpint (json_object_get_int_member (line, "age"), ==, 0);
  g_assert_true (json_object_get_boolean_member (line, "sampled"));
  g_assert_cmpstr (json_object_get_string_member (line, "source"), ==, "gate 3");
  g_assert_cmpstr (json_object_get_string_member (line, "model"), ==, "tiny");
  g_assert_cmpstr (json_object_get_string_member (line, "fingerprint"), ==, "0123abcd");
  g_assert_cmpint (json_object_get_int_member (line, "width"), ==, 4);
  g_assert_cmpint (json_object_get_int_member (line, "height"), ==, 2);
  g_assert_false (json_object_has_member (line, "embedding"));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (line, "labels")), ==, 2);
  label = nth_label (line, 0);
  g_assert_cmpstr (json_object_get_string_member (label, "label"), ==, "a \"dog\"");
  g_assert_cmpint (json_object_get_int_member (label, "label_id"), ==, 7);
  g_assert_cmpfloat (json_object_get_double_member (label, "confidence"), ==, 0.75);
  g_assert_cmpfloat (json_object_get_double_member (label, "cosine"), ==, 0.3125);
  g_assert_cmpfloat (json_object_get_double_member (nth_label (line, 1), "cosine"), ==, -0.5);
}

static void
test_no_labels (Fixture *f, gconstpointer data)
{
  g_autoptr (GstClipTags) tags = gst_clip_tags_new (NULL, NULL, 0, NULL, 0, NULL, 0);
  g_autoptr (GPtrArray) lines = NULL;

  start (f, make_element (f, f->path, "embedding", TRUE, NULL));
  gst_harness_push (f->harness, make_buffer (0, tags, TRUE));
  lines = read_log (f->path);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (nth (lines, 0), "labels")), ==, 0);
  g_assert_true (json_object_get_null_member (nth (lines, 0), "embedding"));
  g_assert_nonnull (json_object_get_string_member (nth (lines, 0), "source")); /* the stream's id */
}

static void
test_hostile_labels (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const gchar *label, *expected; /* NULL: the same */
  } cases[] = {
    { "" },
    { "\"},{\"label\":\"" },
    { "back\\slash \\u0041 \\n" },
    { "\001\002\b\f\n\r\t\033[31m\177" },
    { "C1 \302\233 NEL \302\205 LS \342\200\250 PS \342\200\251" },
    { "\360\237\220\225 \360\237\221\251\342\200\215\360\237\232\222 \357\273\277 \357\277\277" },
    { "bad \377 \300\200 end \342\202", "bad \357\277\275 \357\277\275\357\277\275 end \357\277\275\357\277\275" },
    { "surrogate \355\240\275", "surrogate \357\277\275\357\277\275\357\277\275" },
  };
  g_autofree gchar *huge = g_strnfill (1 << 20, '"');
  g_autoptr (GPtrArray) lines = NULL;

  start (f, make_element (f, f->path, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (push (f, i, cases[i].label, TRUE), ==, GST_FLOW_OK);
  g_assert_cmpint (push (f, 99, huge, TRUE), ==, GST_FLOW_OK);

  lines = read_log (f->path);
  g_assert_cmpuint (lines->len, ==, G_N_ELEMENTS (cases) + 1);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (json_object_get_string_member (nth_label (nth (lines, i), 0), "label"), ==,
        cases[i].expected ? cases[i].expected : cases[i].label);
  g_assert_cmpstr (json_object_get_string_member (nth_label (nth (lines, G_N_ELEMENTS (cases)), 0), "label"), ==, huge);
}

static void
test_numbers (Fixture *f, gconstpointer data)
{
  const gdouble confidences[] = { NAN, INFINITY, -INFINITY, 0., 1e-30, (gfloat)(1. / 3.), 123456.789 };
  g_autoptr (GPtrArray) lines = NULL;

  if (!setlocale (LC_NUMERIC, "de_DE.UTF-8"))
    g_test_message ("there is no locale with a decimal comma here: not tested");
  start (f, make_element (f, f->path, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (confidences); i++) {
    g_autoptr (GstClipTags) tags = make_tags ("x", confidences[i]);
    gst_harness_push (f->harness, make_buffer (i, tags, TRUE));
  }
  setlocale (LC_NUMERIC, "C");

  lines = read_log (f->path);
  for (guint i = 0; i < G_N_ELEMENTS (confidences); i++) {
    JsonObject *label = nth_label (nth (lines, i), 0);
    if (isfinite (confidences[i]))
      g_assert_true (
          fabs (json_object_get_double_member (label, "confidence") - confidences[i]) <= 5e-9 * fabs (confidences[i]));
    else
      g_assert_true (json_object_get_null_member (label, "confidence"));
    g_assert_cmpfloat (json_object_get_double_member (label, "cosine"), ==, 0.3125);
  }
}

static void
test_embedding (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) lines = NULL;
  JsonArray *embedding;

  start (f, make_element (f, f->path, "embedding", TRUE, NULL));
  push (f, 0, "x", TRUE);
  lines = read_log (f->path);
  embedding = json_object_get_array_member (nth (lines, 0), "embedding");
  g_assert_cmpuint (json_array_get_length (embedding), ==, 4);
  g_assert_true ((gfloat)json_array_get_double_element (embedding, 0) == 0.1f);
  g_assert_true ((gfloat)json_array_get_double_element (embedding, 1) == -1.f / 3.f);
  g_assert_true ((gfloat)json_array_get_double_element (embedding, 2) == 1e-20f);
  g_assert_true (json_array_get_null_element (embedding, 3));
}

static void
add_region (GstBuffer *buffer, const gchar *type, gint x, gint id, GstClipTags *tags, gboolean sampled)
{
  GstVideoRegionOfInterestMeta *region = gst_buffer_add_video_region_of_interest_meta (buffer, type, x, 1, 20, 30);

  region->id = id;
  if (tags)
    gst_video_region_of_interest_meta_add_param (
        region, gst_structure_new ("clip-tags", "tags", GST_TYPE_CLIP_TAGS, tags, "age", G_TYPE_UINT64,
                    sampled ? G_GUINT64_CONSTANT (0) : GST_SECOND, "sampled", G_TYPE_BOOLEAN, sampled, NULL));
}

static void
test_regions (Fixture *f, gconstpointer data)
{
  g_autoptr (GstClipTags) tags = make_tags ("a \"dog\"", 0.75);
  g_autoptr (GPtrArray) lines = NULL;
  JsonArray *regions;
  JsonObject *region;
  GstBuffer *buffer;

  start (f, make_element (f, f->path, "embedding", TRUE, NULL));
  buffer = make_buffer (GST_SECOND, NULL, FALSE); /* old labels and none */
  add_region (buffer, "car", 0, 1, tags, FALSE);
  add_region (buffer, "car", 0, 2, NULL, FALSE);
  gst_harness_push (f->harness, buffer);
  buffer = make_buffer (2 * GST_SECOND, tags, TRUE); /* the frame has its own line */
  add_region (buffer, "a \"car\"", -4, 7, tags, TRUE);
  add_region (buffer, "bus", 9, 0, tags, FALSE);
  gst_video_region_of_interest_meta_add_param (
      gst_buffer_add_video_region_of_interest_meta (buffer, "tram", 0, 0, 9, 9),
      gst_structure_new ("clip-tags", "tags", G_TYPE_STRING, "none", NULL));
  gst_harness_push (f->harness, buffer);

  lines = read_log (f->path);
  g_assert_cmpuint (lines->len, ==, 2);
  g_assert_false (json_object_has_member (nth (lines, 0), "regions"));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (nth (lines, 1), "labels")), ==, 0);
  g_assert_true (json_object_get_boolean_member (nth (lines, 1), "sampled"));
  g_assert_cmpint (json_object_get_int_member (nth (lines, 1), "age"), ==, 0);
  g_assert_cmpstr (json_object_get_string_member (nth (lines, 1), "model"), ==, "tiny");
  regions = json_object_get_array_member (nth (lines, 1), "regions");
  g_assert_cmpuint (json_array_get_length (regions), ==, 2);
  region = json_array_get_object_element (regions, 0);
  g_assert_cmpint (json_object_get_int_member (region, "x"), ==, -4);
  g_assert_cmpint (json_object_get_int_member (region, "y"), ==, 1);
  g_assert_cmpint (json_object_get_int_member (region, "w"), ==, 20);
  g_assert_cmpint (json_object_get_int_member (region, "h"), ==, 30);
  g_assert_cmpint (json_object_get_int_member (region, "id"), ==, 7);
  g_assert_cmpstr (json_object_get_string_member (region, "type"), ==, "a \"car\"");
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (region, "labels")), ==, 2);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (region, "embedding")), ==, 4);
  region = json_array_get_object_element (regions, 1);
  g_assert_cmpint (json_object_get_int_member (region, "age"), ==, GST_SECOND);
  g_assert_false (json_object_get_boolean_member (region, "sampled"));
}

static void
test_times (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) lines = NULL;
  GstSegment segment;

  start (f, make_element (f, f->path, "level", FRAMES, NULL));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 10 * GST_SECOND;
  segment.time = 3 * GST_SECOND;
  segment.base = 100 * GST_SECOND;
  segment.rate = 2.;
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  push (f, 12 * GST_SECOND, "x", TRUE);
  push (f, GST_CLOCK_TIME_NONE, "x", FALSE);
  push (f, 9 * GST_SECOND, "x", TRUE); /* before the segment */
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
  push (f, 12 * GST_SECOND, "x", TRUE);

  lines = read_log (f->path);
  g_assert_cmpint (json_object_get_int_member (nth (lines, 0), "pts"), ==, 12 * GST_SECOND);
  g_assert_cmpint (json_object_get_int_member (nth (lines, 0), "stream_time"), ==, 5 * GST_SECOND);
  g_assert_cmpint (json_object_get_int_member (nth (lines, 0), "running_time"), ==, 101 * GST_SECOND);
  g_assert_true (json_object_get_null_member (nth (lines, 1), "pts"));
  g_assert_true (json_object_get_null_member (nth (lines, 1), "stream_time"));
  g_assert_true (json_object_get_null_member (nth (lines, 1), "running_time"));
  g_assert_cmpint (json_object_get_int_member (nth (lines, 1), "age"), ==, 40 * GST_MSECOND);
  g_assert_true (json_object_get_null_member (nth (lines, 2), "stream_time"));
  g_assert_true (json_object_get_null_member (nth (lines, 3), "stream_time"));
  g_assert_cmpint (json_object_get_int_member (nth (lines, 3), "pts"), ==, 12 * GST_SECOND);
}

static void
test_utc (Fixture *f, gconstpointer data)
{
  const guint64 unix_ns = G_GUINT64_CONSTANT (1700000000123456789);
  const guint64 ntp_ns = unix_ns + 2208988800 * GST_SECOND;
  g_autoptr (GstClipTags) tags = make_tags ("x", 0.5);
  g_autoptr (GstCaps) unix_caps = gst_caps_from_string ("timestamp/x-unix");
  g_autoptr (GstCaps) ntp_caps = gst_caps_from_string ("timestamp/x-ntp");
  GstBuffer *buffers[] = { make_buffer (0, tags, TRUE), make_buffer (0, tags, TRUE), make_buffer (0, tags, TRUE) };
  g_autoptr (GPtrArray) lines = NULL;
  g_autoptr (GDateTime) before = g_date_time_new_now_utc (), logged = NULL;

  gst_buffer_add_reference_timestamp_meta (buffers[0], unix_caps, unix_ns, GST_CLOCK_TIME_NONE);
  gst_buffer_add_reference_timestamp_meta (buffers[1], ntp_caps, ntp_ns, GST_CLOCK_TIME_NONE);
  start (f, make_element (f, f->path, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (buffers); i++)
    gst_harness_push (f->harness, buffers[i]);

  lines = read_log (f->path);
  for (guint i = 0; i < 2; i++) {
    g_assert_cmpstr (json_object_get_string_member (nth (lines, i), "utc"), ==, "2023-11-14T22:13:20.123456Z");
    g_assert_cmpstr (json_object_get_string_member (nth (lines, i), "utc_from"), ==, "reference");
  }
  g_assert_cmpstr (json_object_get_string_member (nth (lines, 2), "utc_from"), ==, "log");
  logged = g_date_time_new_from_iso8601 (json_object_get_string_member (nth (lines, 2), "utc"), NULL);
  g_assert_nonnull (logged);
  g_assert_cmpint (ABS (g_date_time_difference (logged, before)), <, 60 * G_TIME_SPAN_SECOND);
}

/* ---- Which frames -------------------------------------------------------------------------------------- */

static void
test_which_frames (Fixture *f, gconstpointer all_frames)
{
  g_autoptr (GstClipTags) one = make_tags ("one", 0.5), two = make_tags ("two", 0.5);
  GstBuffer *twice = make_buffer (3, one, TRUE);
  g_autoptr (GPtrArray) lines = NULL;

  gst_buffer_add_clip_tag_meta (twice, two, 0, TRUE);
  start (f, make_element (f, f->path, "level", all_frames ? FRAMES : SAMPLES, NULL));
  gst_harness_push (f->harness, make_buffer (0, NULL, FALSE));
  push (f, 1, "x", TRUE);
  push (f, 2, "x", FALSE);
  gst_harness_push (f->harness, twice);

  lines = read_log (f->path);
  g_assert_cmpuint (lines->len, ==, all_frames ? 4 : 3);
  g_assert_cmpint (json_object_get_int_member (nth (lines, 0), "pts"), ==, 1);
  if (all_frames) {
    g_assert_cmpint (json_object_get_int_member (nth (lines, 1), "pts"), ==, 2);
    g_assert_false (json_object_get_boolean_member (nth (lines, 1), "sampled"));
  }
  g_assert_cmpstr (json_object_get_string_member (nth_label (nth (lines, lines->len - 2), 0), "label"), ==, "one");
  g_assert_cmpstr (json_object_get_string_member (nth_label (nth (lines, lines->len - 1), 0), "label"), ==, "two");
}

/* The results of a frame: its tagger's name, and its serial. */
static GstBuffer *
make_numbered (GstClockTime pts, const gchar *tagger, guint64 serial)
{
  g_autoptr (GstClipTags) tags = make_tags ("x", 0.75);
  GstBuffer *buffer = make_buffer (pts, tags, TRUE);

  gst_clip_tag_meta_set_result (gst_buffer_get_clip_tag_meta (buffer), tagger, serial);
  return buffer;
}

/* Repeated frames say `sampled` again, dropped ones take it along, and encoders let them come in another order: a
 * result is one line all the same, and new in that. */
static void
test_repeated_frames (Fixture *f, gconstpointer all_frames)
{
  static const guint64 serials[] = { 3, 3, 3, 5, 4, 5, 3, 4, 6, 6, 5 };
  gboolean seen[7] = { FALSE };
  g_autoptr (GPtrArray) lines = NULL;

  start (f, make_element (f, f->path, "level", all_frames ? FRAMES : SAMPLES, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (serials); i++)
    g_assert_cmpint (gst_harness_push (f->harness, make_numbered (i, "a", serials[i])), ==, GST_FLOW_OK);
  lines = read_log (f->path);
  g_assert_cmpuint (lines->len, ==, all_frames ? G_N_ELEMENTS (serials) : 4);
  for (guint i = 0; i < lines->len; i++) {
    guint64 serial = serials[json_object_get_int_member (nth (lines, i), "pts")];
    g_assert_cmpint (json_object_get_boolean_member (nth (lines, i), "sampled"), ==, !seen[serial]);
    seen[serial] = TRUE;
  }
}

/* Whatever number of results a log has written, it knows the last ones. */
static void
test_many_results (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) lines = NULL;

  start (f, make_element (f, f->path, NULL));
  gst_harness_set_drop_buffers (f->harness, TRUE);
  for (guint i = 1; i <= 5000; i++)
    for (guint back = 0; back < 2; back++)
      g_assert_cmpint (gst_harness_push (f->harness, make_numbered (i, "a", i - MIN (back, i - 1))), ==, GST_FLOW_OK);
  lines = read_log (f->path);
  g_assert_cmpuint (lines->len, ==, 5000);
}

/* Two in series, one of them twice: a line each, of the newest. */
static void
test_taggers (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const gchar *tagger;
    guint64 serial;
  } metas[] = { { "faces", 11 }, { "weather \"quoted\"", 12 }, { "faces", 14 } };
  g_autoptr (GstClipTags) tags = make_tags ("x", 0.75);
  g_autoptr (GPtrArray) lines = NULL;
  GstBuffer *buffer = make_buffer (0, NULL, FALSE);

  start (f, make_element (f, f->path, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (metas); i++)
    gst_clip_tag_meta_set_result (
        gst_buffer_add_clip_tag_meta (buffer, tags, i, FALSE), metas[i].tagger, metas[i].serial);
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  lines = read_log (f->path);
  g_assert_cmpuint (lines->len, ==, 2);
  g_assert_cmpstr (json_object_get_string_member (nth (lines, 0), "tagger"), ==, metas[1].tagger);
  g_assert_cmpstr (json_object_get_string_member (nth (lines, 1), "tagger"), ==, "faces");
  g_assert_cmpint (json_object_get_int_member (nth (lines, 1), "age"), ==, 2);
}

static void
test_repeated_regions (Fixture *f, gconstpointer data)
{
  g_autoptr (GstClipTags) tags = make_tags ("x", 0.75);
  g_autoptr (GPtrArray) lines = NULL;
  static const guint64 serials[][2] = { { 1, 2 }, { 1, 2 }, { 1, 3 }, { 2, 3 } };

  start (f, make_element (f, f->path, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (serials); i++) {
    GstBuffer *buffer = make_buffer (i, NULL, FALSE);
    for (guint k = 0; k < 2; k++) {
      GstClipTagMeta meta = { .tags = tags, .sampled = TRUE, .serial = serials[i][k], .tagger = "a" };
      GstVideoRegionOfInterestMeta *region = gst_buffer_add_video_region_of_interest_meta (buffer, "car", k, 0, 2, 2);
      gst_video_region_of_interest_meta_add_param (region, gst_clip_tag_meta_to_structure (&meta));
    }
    g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
  }
  lines = read_log (f->path);
  g_assert_cmpuint (lines->len, ==, 2);
  g_assert_cmpint (json_object_get_int_member (nth (lines, 1), "pts"), ==, 2);
  JsonArray *regions = json_object_get_array_member (nth (lines, 1), "regions");
  g_assert_false (json_object_get_boolean_member (json_array_get_object_element (regions, 0), "sampled"));
  g_assert_true (json_object_get_boolean_member (json_array_get_object_element (regions, 1), "sampled"));
}

#define TAGGED(n, rate)                                                                                                \
  "videotestsrc num-buffers=" n " ! video/x-raw,format=I420,width=64,height=48,framerate=10/1 ! cliptagger "           \
  "name=tagger frame-rate=" rate
/* Several buffers a frame, each with its metadata. */
#define NAL                                                                                                            \
  "x264enc tune=zerolatency sliced-threads=true threads=3 ! h264parse ! "                                              \
  "video/x-h264,alignment=nal,stream-format=byte-stream"

/* Inferences in a real pipeline whose frames are repeated behind them. */
static void
test_repeating_elements (Fixture *f, gconstpointer chain)
{
  g_autofree gchar *text = g_strdup_printf ("%s ! cliplog location=%s name=log ! fakesink name=sink", //
      (const gchar *)chain, f->path);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) lines = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch_full (text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error),
                         tagger = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstStructure) stats = NULL;
  GstMessage *message;
  guint64 inferred;
  guint n_messages = 0;

  if (g_error_matches (error, GST_PARSE_ERROR, GST_PARSE_ERROR_NO_SUCH_ELEMENT)) {
    g_test_skip (error->message);
    return;
  }
  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((message = gst_bus_timed_pop_filtered (
              bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT))) {
    GstMessageType type = GST_MESSAGE_TYPE (message);
    n_messages += gst_message_has_name (message, "clip-tags");
    gst_message_unref (message);
    if (type != GST_MESSAGE_ELEMENT) {
      g_assert_cmpint (type, ==, GST_MESSAGE_EOS);
      break;
    }
  }
  tagger = gst_bin_get_by_name (GST_BIN (pipeline), "tagger");
  g_object_get (tagger, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, "inferred", &inferred));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  lines = read_log (f->path);
  g_test_message ("%u lines, %u messages of %u inferences", lines->len, n_messages, (guint)inferred);
  g_assert_cmpuint (inferred, >, 0);
  g_assert_cmpuint (lines->len, ==, inferred);
  g_assert_cmpuint (n_messages, ==, inferred);
}

/* Shared buffers too pass as they are: not one is copied. */
static void
test_identity (Fixture *f, gconstpointer data)
{
  g_autoptr (GstClipTags) tags = make_tags ("x", 0.5);
  g_autoptr (GPtrArray) lines = NULL;

  start (f, make_element (f, f->path, NULL));
  for (guint i = 0; i < 2000; i++) {
    GstBuffer *buffer = make_buffer (i, tags, TRUE), *out;

    g_assert_cmpint (gst_harness_push (f->harness, gst_buffer_ref (buffer)), ==, GST_FLOW_OK);
    out = gst_harness_pull (f->harness);
    g_assert_true (out == buffer);
    gst_buffer_unref (out);
    gst_buffer_unref (buffer);
  }
  lines = read_log (f->path);
  g_assert_cmpuint (lines->len, ==, 2000);
  for (guint i = 0; i < 2000; i++)
    g_assert_cmpint (json_object_get_int_member (nth (lines, i), "pts"), ==, i);
}

static GstPadProbeReturn
tag_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  g_autoptr (GstClipTags) tags = make_tags ("x", 0.5);

  gst_buffer_add_clip_tag_meta (buffer, tags, 0, TRUE);
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

/* On encoded buffers; x264 shifts PTS by 1000 hours, stream time says where in the stream all the same. */
static void
test_encoded (Fixture *f, gconstpointer data)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (data);
  g_autofree gchar *text = NULL;
  g_autoptr (GstElement) pipeline = NULL, in = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GPtrArray) lines = NULL;

  if (!factory) {
    g_test_skip ("the encoder is not installed");
    return;
  }
  text = g_strdup_printf ("videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48,framerate=25/1,format=I420 ! "
                          "identity name=in ! %s ! cliplog location=%s ! fakesink",
      (const gchar *)data, f->path);
  pipeline = gst_parse_launch (text, NULL);
  in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  pad = gst_element_get_static_pad (in, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, tag_frame, NULL, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  bus = gst_element_get_bus (pipeline);
  message = gst_bus_timed_pop_filtered (bus, 30 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_true (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);

  lines = read_log (f->path);
  g_assert_cmpuint (lines->len, ==, 5);
  for (guint i = 0, seen = 0; i < 5; i++) {
    g_assert_cmpint (json_object_get_int_member (nth (lines, i), "width"), ==, 64);
    g_assert_cmpint (json_object_get_int_member (nth (lines, i), "height"), ==, 48);
    seen |= 1 << json_object_get_int_member (nth (lines, i), "stream_time") / (40 * GST_MSECOND);
    g_assert_true (i < 4 || seen == 0x1f);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  ADD_TEST ("line", NULL, test_line);
  ADD_TEST ("no-labels", NULL, test_no_labels);
  ADD_TEST ("hostile-labels", NULL, test_hostile_labels);
  ADD_TEST ("numbers", NULL, test_numbers);
  ADD_TEST ("embedding", NULL, test_embedding);
  ADD_TEST ("regions", NULL, test_regions);
  ADD_TEST ("times", NULL, test_times);
  ADD_TEST ("utc", NULL, test_utc);
  ADD_TEST ("sampled-frames", NULL, test_which_frames);
  ADD_TEST ("all-frames", "all", test_which_frames);
  ADD_TEST ("identity", NULL, test_identity);
  ADD_TEST ("repeated-frames", NULL, test_repeated_frames);
  ADD_TEST ("repeated-frames/all", "all", test_repeated_frames);
  ADD_TEST ("many-results", NULL, test_many_results);
  ADD_TEST ("taggers", NULL, test_taggers);
  ADD_TEST ("videorate", TAGGED ("20", "2") " ! videorate ! video/x-raw,framerate=30/1", test_repeating_elements);
  ADD_TEST (
      "videorate-dropping", TAGGED ("20", "2") " ! videorate ! video/x-raw,framerate=4/1", test_repeating_elements);
  ADD_TEST ("imagefreeze", TAGGED ("1", "2") " ! imagefreeze num-buffers=20", test_repeating_elements);
  ADD_TEST ("alignment-nal", TAGGED ("20", "2") " ! " NAL, test_repeating_elements);
  ADD_TEST ("alignment-nal/tagged-all", TAGGED ("20", "0") " ! " NAL, test_repeating_elements);
  ADD_TEST ("regions-repeated", NULL, test_repeated_regions);
  ADD_TEST ("encoded/jpeg", "jpegenc", test_encoded);
  ADD_TEST ("encoded/x264", "x264enc", test_encoded);
  return g_test_run ();
}
