/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-zones-live.c: zones from sample to sample: what is encoded with min-change and on-change, zones that
 * come, go and move while frames flow, and what they do not go with.
 */
#include <glib/gstdio.h>
#include <math.h>

#include "zones.h"

#define FOUR "a=0,0,0.5,0.5;b=0.5,0,0.5,0.5;c=0,0.5,0.5,0.5;d=0.5,0.5,0.5,0.5"

static Tagger
start_zones (const char *first_property, ...)
{
  GstElement *element = new_tagger ();
  g_object_set (element, "smoothing", G_GUINT64_CONSTANT (0), NULL);
  va_list arguments;
  va_start (arguments, first_property);
  g_object_set_valist (G_OBJECT (element), first_property, arguments);
  va_end (arguments);
  return tagger_start (element, CAPS ("RGB"));
}

/* Four quarters, each of one colour; levels: of each. */
static GstBuffer *
quarters (guint index, const guint *levels)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 64 * 48 * 3, NULL);
  GstMapInfo map;
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (guint y = 0; y < 48; y++)
    for (guint x = 0; x < 64; x++) {
      guint8 *pixel = map.data + (y * 64 + x) * 3;
      guint level = levels[(y >= 24) * 2 + (x >= 32)];
      pixel[0] = level;
      pixel[1] = 255 - level;
      pixel[2] = 128;
    }
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = index * GST_SECOND;
  return buffer;
}

static GstBuffer *
pass (Tagger *t, guint index, guint a, guint b, guint c, guint d)
{
  return tagger_pass (t, quarters (index, (guint[]){ a, b, c, d }));
}

static guint
count_messages (Tagger *t)
{
  guint n = 0;
  GstMessage *message;
  while ((message = tagger_message (t, GST_MESSAGE_ELEMENT, "clip-tags"))) {
    gst_message_unref (message);
    n++;
  }
  return n;
}

/* ---- Change ----------------------------------------------------------------------------------------------- */

/* Each zone stands for itself, and so does the frame: 50 levels are 16 % of a quarter and 8 % of the frame. */
static void
test_min_change (void)
{
  Tagger t = start_zones ("zones", FOUR, "min-change", 10.0, NULL);
  g_autoptr (GstBuffer) first = pass (&t, 0, 10, 60, 110, 160);
  assert_inferred (&t, 5);
  g_autoptr (GstBuffer) same = pass (&t, 1, 12, 60, 110, 160);
  assert_inferred (&t, 5);
  g_assert_cmpuint (tagger_count (t.element, "reused"), ==, 1);
  for (guint i = 0; i < 4; i++) {
    const char name[] = { 'a' + i, 0 };
    const GstStructure *labels = find_zone (same, name, NULL);
    assert_same_tags (tags_of (labels), zone_tags (first, name));
    g_assert_true (is_sampled (labels) && is_reused (labels));
    g_assert_cmpuint (age_of (labels), ==, 0);
    g_assert_cmpuint (gst_clip_tags_get_source_pts (tags_of (labels)), ==, 0);
  }
  g_assert_true (gst_buffer_get_clip_tag_meta (same)->reused);
  g_assert_cmpuint (count_messages (&t), ==, 2);

  /* One of them changes: it alone is encoded. */
  g_autoptr (GstBuffer) b = pass (&t, 2, 10, 110, 110, 160);
  assert_inferred (&t, 6);
  g_assert_cmpuint (tagger_count (t.element, "reused"), ==, 1);
  g_assert_false (is_reused (find_zone (b, "b", NULL)));
  g_assert_true (is_reused (find_zone (b, "a", NULL)));
  g_assert_cmpuint (gst_clip_tags_get_source_pts (zone_tags (b, "b")), ==, 2 * GST_SECOND);
  g_assert_cmpuint (gst_clip_tags_get_source_pts (zone_tags (b, "a")), ==, 0);
  g_assert_cmpfloat (tagger_cosine (zone_tags (b, "b"), zone_tags (first, "b")), <, 1 - 1e-7);
  g_assert_true (gst_buffer_get_clip_tag_meta (b)->reused);
  g_autoptr (GstMessage) message = tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags");
  const GValue *list = gst_structure_get_value (gst_message_get_structure (message), "regions");
  g_assert_cmpuint (gst_value_list_get_size (list), ==, 4);
  for (guint i = 0; i < 4; i++) { /* in the order of the prompts, encoded or not */
    const GstStructure *entry = g_value_get_boxed (gst_value_list_get_value (list, i));
    const char name[] = { 'a' + i, 0 };
    g_assert_cmpstr (gst_structure_get_string (entry, "zone"), ==, name);
    g_assert_cmpint (is_reused (entry), ==, i != 1);
  }

  /* Slow changes add up: the comparison is with what was encoded. */
  for (guint i = 3; i < 8; i++)
    gst_buffer_unref (pass (&t, i, 10, 110, 110 + 7 * (i - 2), 160));
  assert_inferred (&t, 7);
  /* Nothing is kept for longer than ten seconds: the frame, a and d are from 0, b is from 2, c from 7. */
  gst_buffer_unref (pass (&t, 11, 10, 110, 145, 160));
  assert_inferred (&t, 10);
  tagger_stop (&t);
}

/* A polygon does not see what changes around it. */
static void
test_polygon_change (void)
{
  Tagger t = start_zones ("zones", "yard=0,0,0.5,0,0.25,0.5;box=0,0,1,1", "min-change", 5.0, NULL);
  gst_buffer_unref (pass (&t, 0, 10, 60, 110, 160));
  assert_inferred (&t, 3);
  GstBuffer *around = quarters (1, (guint[]){ 10, 60, 110, 160 });
  GstMapInfo map;
  gst_buffer_map (around, &map, GST_MAP_WRITE);
  for (guint y = 12; y < 24; y++)
    memset (map.data + y * 192, 200, 3 * 6);
  gst_buffer_unmap (around, &map);
  gst_buffer_unref (tagger_pass (&t, around));
  assert_inferred (&t, 5); /* the frame and the box that is all of it */
  gst_buffer_unref (pass (&t, 2, 90, 60, 110, 160));
  assert_inferred (&t, 8);
  tagger_stop (&t);
}

static void
test_on_change (void)
{
  Tagger t = start_zones ("zones", FOUR, "on-change", 15.0, "frame-rate", 0.01, NULL);
  gst_buffer_unref (pass (&t, 0, 10, 60, 110, 160));
  gst_buffer_unref (pass (&t, 1, 10, 60, 110, 160));
  assert_inferred (&t, 5);
  gst_buffer_unref (pass (&t, 2, 210, 200, 0, 10)); /* a cut */
  assert_inferred (&t, 10);
  gst_buffer_unref (pass (&t, 3, 210, 200, 0, 10));
  assert_inferred (&t, 10);

  /* With both, a cut is sampled at once and those zones are encoded that it changes. */
  g_object_set (t.element, "min-change", 5.0, NULL);
  gst_buffer_unref (pass (&t, 4, 10, 60, 110, 10));
  assert_inferred (&t, 15); /* with nothing to compare with */
  gst_buffer_unref (pass (&t, 5, 210, 200, 0, 10));
  assert_inferred (&t, 19);
  tagger_stop (&t);
}

/* ---- Changed while frames flow ---------------------------------------------------------------------------- */

static void
test_live_changes (void)
{
  Tagger t = start_zones ("zones", "a=0,0,0.5,0.5;b=0.5,0,0.5,0.5", "min-change", 5.0, NULL);
  g_autoptr (GstBuffer) first = pass (&t, 0, 10, 60, 110, 160);
  assert_inferred (&t, 3);

  /* One stays, one goes, one comes: only that one is encoded. */
  g_object_set (t.element, "zones", "c=0,0.5,0.5,0.5;a=0,0,0.5,0.5", NULL);
  g_autoptr (GstBuffer) second = pass (&t, 1, 10, 60, 110, 160);
  assert_inferred (&t, 4);
  g_assert_cmpuint (count_regions (second), ==, 2);
  g_assert_null (find_zone (second, "b", NULL));
  assert_same_tags (zone_tags (second, "a"), zone_tags (first, "a"));

  /* One moves. */
  g_object_set (t.element, "zones", "a=0.5,0,0.5,0.5;c=0,0.5,0.5,0.5", NULL);
  g_autoptr (GstBuffer) third = pass (&t, 2, 10, 60, 110, 160);
  assert_inferred (&t, 5);
  assert_same_tags (zone_tags (third, "a"), zone_tags (first, "b"));

  /* Other prompts score what was encoded. */
  count_messages (&t);
  g_object_set (t.element, "prompts", "a red thing;a blue thing", NULL);
  g_autoptr (GstBuffer) fourth = pass (&t, 3, 10, 60, 110, 160);
  assert_inferred (&t, 5);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (zone_tags (fourth, "a")), ==, 2);
  g_autoptr (GstMessage) message = tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags");
  const GstStructure *report = gst_message_get_structure (message);
  gboolean rescored = FALSE;
  g_assert_true (gst_structure_get_boolean (report, "rescored", &rescored) && rescored);
  g_assert_cmpuint (gst_value_list_get_size (gst_structure_get_value (report, "regions")), ==, 2);

  /* None are left, and then there is one again. */
  g_object_set (t.element, "zones", NULL, NULL);
  g_autoptr (GstBuffer) fifth = pass (&t, 4, 10, 60, 110, 160);
  g_assert_cmpuint (count_regions (fifth), ==, 0);
  g_assert_true (gst_buffer_get_clip_tag_meta (fifth)->reused);
  assert_inferred (&t, 5);
  g_object_set (t.element, "zones", "a=0.5,0,0.5,0.5", NULL);
  g_autoptr (GstBuffer) sixth = pass (&t, 5, 10, 60, 110, 160);
  g_assert_cmpuint (count_regions (sixth), ==, 1);
  assert_inferred (&t, 6);
  tagger_stop (&t);
}

static void
test_flush (void)
{
  Tagger t = start_zones ("zones", FOUR, "min-change", 5.0, NULL);
  gst_buffer_unref (pass (&t, 0, 10, 60, 110, 160));
  tagger_flush (&t);
  g_object_set (t.element, "frame-rate", 0.001, NULL);
  GstBuffer *gap = quarters (0, (guint[]){ 1, 2, 3, 4 });
  GST_BUFFER_FLAG_SET (gap, GST_BUFFER_FLAG_GAP);
  g_autoptr (GstBuffer) nothing = tagger_pass (&t, gap);
  g_assert_cmpuint (count_regions (nothing), ==, 0);
  g_autoptr (GstBuffer) again = pass (&t, 0, 10, 60, 110, 160);
  g_assert_cmpuint (count_regions (again), ==, 4);
  assert_inferred (&t, 10);

  /* And a stop: a start has nothing of before. */
  g_assert_cmpint (gst_element_set_state (t.element, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (gst_element_set_state (t.element, GST_STATE_PLAYING), !=, GST_STATE_CHANGE_FAILURE);
  tagger_await_ready (t.element);
  tagger_stop (&t);
}

/* ---- What they do not go with ----------------------------------------------------------------------------- */

static void
test_refused_at_start (void)
{
  for (guint i = 0; i < 2; i++) {
    GstElement *element = new_tagger ();
    g_object_set (element, "zones", FOUR, NULL);
    gst_util_set_object_arg (G_OBJECT (element), i ? "batch-size" : "inference-region", i ? "4" : "roi-list");
    Tagger t = { .element = element, .bus = gst_bus_new () };
    gst_element_set_bus (element, t.bus);
    gst_element_set_state (element, GST_STATE_PAUSED);
    g_autofree char *line = await_problem (&t, GST_MESSAGE_ERROR);
    g_assert_cmpstr (line, ==,
        i ? "zones: not possible with batch-size above 1" : "zones: not possible with inference-region=roi-list");
    gst_element_set_state (element, GST_STATE_NULL);
    gst_element_set_bus (element, NULL);
    gst_object_unref (element);
    gst_object_unref (t.bus);
  }
}

static void
test_refused_later (void)
{
  for (guint i = 0; i < 2; i++) {
    GstElement *element = new_tagger ();
    gst_util_set_object_arg (G_OBJECT (element), i ? "batch-size" : "inference-region", i ? "2" : "roi-list");
    Tagger t = tagger_start (element, CAPS ("RGB"));
    tagger_await_ready (t.element);
    g_object_set (t.element, "zones", FOUR, NULL);
    g_autofree char *line = await_problem (&t, GST_MESSAGE_WARNING);
    g_assert_cmpstr (line, ==,
        i ? "zones: not possible with batch-size above 1" : "zones: not possible with inference-region=roi-list");
    g_autofree char *zones = NULL, *prompts = NULL;
    g_object_get (t.element, "zones", &zones, "prompts", &prompts, NULL);
    g_assert_null (zones);
    g_assert_cmpstr (prompts, ==, PROMPTS);
    tagger_stop (&t);
  }
}

static void
test_bad_zones (void)
{
  Tagger t = start_zones ("zones", "a=0,0,0.5,0.5", NULL);
  g_autoptr (GstBuffer) first = pass (&t, 0, 10, 60, 110, 160);
  g_object_set (t.element, "zones", "a=0,0", NULL);
  g_autofree char *line = await_problem (&t, GST_MESSAGE_WARNING);
  g_assert_true (g_str_has_prefix (line, "zones: "));
  g_autofree char *zones = NULL;
  g_object_get (t.element, "zones", &zones, NULL);
  g_assert_cmpstr (zones, ==, "a=0,0,0.5,0.5");
  g_autoptr (GstBuffer) second = pass (&t, 1, 10, 60, 110, 160);
  assert_same_tags (zone_tags (second, "a"), zone_tags (first, "a"));
  tagger_stop (&t);
}

/* reclassify-interval is for tracked objects. */
static void
test_reclassify_interval (void)
{
  Tagger t = start_zones ("zones", FOUR, "reclassify-interval", 0, NULL);
  gst_buffer_unref (pass (&t, 0, 10, 60, 110, 160));
  gst_buffer_unref (pass (&t, 1, 10, 60, 110, 160));
  assert_inferred (&t, 10);
  tagger_stop (&t);
}

/* ---- Async ------------------------------------------------------------------------------------------------ */

static Tagger
start_async (const char *zones, gdouble min_change, gdouble max_cpu)
{
  GstElement *element = new_tagger ();
  g_object_set (
      element, "zones", zones, "min-change", min_change, "max-cpu", max_cpu, "smoothing", G_GUINT64_CONSTANT (0), NULL);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "async");
  return tagger_start (element, CAPS ("RGB"));
}

/* Whether nothing is under way: all labels hold on for this frame. */
static gboolean
is_settled (GstBuffer *out)
{
  GstClipTagMeta *frame = gst_buffer_get_clip_tag_meta (out);
  gboolean settled = frame && frame->reused && frame->age == 0 && count_regions (out) == 4;
  for (guint i = 0; settled && i < 4; i++) {
    const char name[] = { 'a' + i, 0 };
    const GstStructure *labels = find_zone (out, name, NULL);
    settled = is_reused (labels) && age_of (labels) == 0;
  }
  return settled;
}

/* However slow the encoder: what changed while another picture waited is not forgotten. In the end every zone has the
 * labels that it has in sync mode, and nothing more is encoded. */
static void
test_async (void)
{
  Tagger live = start_async (FOUR, 5, 0), sync = start_zones ("zones", FOUR, NULL);
  GstClockTime now = 0;
  tagger_await_ready (live.element);
  for (guint round = 0; round < 30; round++) {
    guint levels[4] = { 20, 60, 100, 140 };
    for (guint i = 0; i < 4; i++) { /* one after the other, while the one before may be waiting or under way */
      levels[i] += (i < 3 ? 100 : 25) * (round % 2); /* the last is too little for the frame */
      GstBuffer *buffer = quarters (0, levels);
      GST_BUFFER_PTS (buffer) = now += GST_MSECOND; /* labels hold on by themselves for ten seconds */
      gst_buffer_unref (tagger_pass (&live, buffer));
    }
    g_autoptr (GstBuffer) last = NULL;
    gint64 end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;
    while (!last || !is_settled (last)) {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      gst_clear_buffer (&last);
      GstBuffer *buffer = quarters (0, levels);
      GST_BUFFER_PTS (buffer) = now += GST_USECOND;
      last = tagger_pass (&live, buffer);
      g_usleep (500);
    }
    guint64 n = tagger_count (live.element, "inferred");
    g_autoptr (GstBuffer) expected = tagger_pass (&sync, quarters (round, levels));
    for (guint i = 0; i < 4; i++) {
      const char name[] = { 'a' + i, 0 };
      assert_same_tags (zone_tags (last, name), zone_tags (expected, name));
    }
    assert_inferred (&live, n);
  }
  g_test_message ("%" G_GUINT64_FORMAT " pictures, %" G_GUINT64_FORMAT " jobs replaced",
      tagger_count (live.element, "inferred"), tagger_count (live.element, "skipped-newer"));
  tagger_stop (&live);
  tagger_stop (&sync);
}

/* With hardly any budget the next job, all of its pictures, waits for minutes, and frames for nothing. */
static void
test_max_cpu (void)
{
  Tagger t = start_async (FOUR, 0, 0);
  tagger_await_ready (t.element);
  gst_buffer_unref (pass (&t, 0, 10, 60, 110, 160));
  tagger_await_message (&t, "clip-tags");
  g_object_set (t.element, "max-cpu", 1e-5, NULL);
  for (guint i = 1; i < 50; i++)
    gst_buffer_unref (pass (&t, i, 10 + i, 60, 110, 160));
  assert_inferred (&t, 5);
  g_assert_cmpuint (tagger_count (t.element, "skipped-cpu"), ==, 48);
  g_autoptr (GstBuffer) out = pass (&t, 50, 10, 60, 110, 160);
  g_assert_cmpuint (count_regions (out), ==, 4);
  g_assert_cmpuint (age_of (find_zone (out, "a", NULL)), ==, 50 * GST_SECOND);
  tagger_stop (&t);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cliptagger-zones-live/min-change", test_min_change);
  g_test_add_func ("/cliptagger-zones-live/polygon-change", test_polygon_change);
  g_test_add_func ("/cliptagger-zones-live/on-change", test_on_change);
  g_test_add_func ("/cliptagger-zones-live/live-changes", test_live_changes);
  g_test_add_func ("/cliptagger-zones-live/flush", test_flush);
  g_test_add_func ("/cliptagger-zones-live/refused-at-start", test_refused_at_start);
  g_test_add_func ("/cliptagger-zones-live/refused-later", test_refused_later);
  g_test_add_func ("/cliptagger-zones-live/bad-zones", test_bad_zones);
  g_test_add_func ("/cliptagger-zones-live/reclassify-interval", test_reclassify_interval);
  g_test_add_func ("/cliptagger-zones-live/async", test_async);
  g_test_add_func ("/cliptagger-zones-live/max-cpu", test_max_cpu);
  return g_test_run ();
}
