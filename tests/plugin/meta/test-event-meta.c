/* SPDX-License-Identifier: MIT
 *
 * test-event-meta.c: GstClipEvent as a structure and back, and its metadata. What it survives in a pipeline:
 * test-meta.c.
 */
#include "gstclipeventmeta.h"

static GstClipEvent *
make_event (void)
{
  return gst_clip_event_new (&(GstClipEvent){
      .id = G_MAXUINT64,
      .state = GST_CLIP_EVENT_END,
      .label_id = G_MAXUINT,
      .label = (gchar *)"a dog \"x\"; a=b\\",
      .group = (gchar *)"",
      .zone = (gchar *)"gate",
      .object_id = -5,
      .roi_type = (gchar *)"car",
      .start = { 0, 1, GST_CLOCK_TIME_NONE, -1 },
      .end = { 2, 3, 4, G_MAXINT64 },
      .peak = { GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, G_MININT64 },
      .confidence = 0.1,
      .mean = -2.5,
      .n_samples = 7,
      .reason = (gchar *)"over",
      .tagger = (gchar *)"tagger0",
  });
}

static void
assert_same_time (const GstClipEventTime *a, const GstClipEventTime *b)
{
  g_assert_cmpuint (a->timestamp, ==, b->timestamp);
  g_assert_cmpuint (a->stream_time, ==, b->stream_time);
  g_assert_cmpuint (a->running_time, ==, b->running_time);
  g_assert_cmpint (a->utc, ==, b->utc);
}

static void
assert_same_event (const GstClipEvent *a, const GstClipEvent *b)
{
  g_assert_cmpuint (a->id, ==, b->id);
  g_assert_cmpint (a->state, ==, b->state);
  g_assert_cmpuint (a->label_id, ==, b->label_id);
  g_assert_cmpstr (a->label, ==, b->label);
  g_assert_cmpstr (a->group, ==, b->group);
  g_assert_cmpstr (a->zone, ==, b->zone);
  g_assert_cmpint (a->object_id, ==, b->object_id);
  g_assert_cmpstr (a->roi_type, ==, b->roi_type);
  assert_same_time (&a->start, &b->start);
  assert_same_time (&a->end, &b->end);
  assert_same_time (&a->peak, &b->peak);
  g_assert_true (a->confidence == b->confidence && a->mean == b->mean);
  g_assert_cmpuint (a->n_samples, ==, b->n_samples);
  g_assert_cmpstr (a->reason, ==, b->reason);
  g_assert_cmpstr (a->tagger, ==, b->tagger);
}

/* To a structure and back, also by way of text; with all there may be, and with nothing that need not be. */
static void
test_event (void)
{
  g_autoptr (GstClipEvent) full = make_event ();
  g_autoptr (GstClipEvent) bare = gst_clip_event_new (&(GstClipEvent){ .label = (gchar *)"x" });
  GstClipEvent *const events[] = { full, bare };
  for (guint i = 0; i < G_N_ELEMENTS (events); i++) {
    g_autoptr (GstStructure) structure = gst_clip_event_to_structure (events[i]);
    g_autofree gchar *text = gst_structure_to_string (structure);
    g_autoptr (GstStructure) read = gst_structure_from_string (text, NULL);
    g_autoptr (GstClipEvent) same = gst_clip_event_new_from_structure (structure);
    g_autoptr (GstClipEvent) again = gst_clip_event_new_from_structure (read);
    assert_same_event (same, events[i]);
    assert_same_event (again, events[i]);
  }
}

/* Of other things there is no event: each field that is always there is missing once, or of another type. */
static void
test_no_event (void)
{
  g_autoptr (GstClipEvent) event = make_event ();
  g_autoptr (GstStructure) whole = gst_clip_event_to_structure (event);
  static const gchar *const optional[] = { "group", "zone", "object-id", "roi-type", "reason", "tagger", NULL };
  for (gint i = 0; i < gst_structure_n_fields (whole); i++) {
    const gchar *name = gst_structure_nth_field_name (whole, (guint)i);
    g_autoptr (GstStructure) part = gst_structure_copy (whole), other = gst_structure_copy (whole);
    gst_structure_remove_field (part, name);
    gst_structure_set (other, name, G_TYPE_BOOLEAN, TRUE, NULL);
    g_autoptr (GstClipEvent) of_part = gst_clip_event_new_from_structure (part);
    g_autoptr (GstClipEvent) of_other = gst_clip_event_new_from_structure (other);
    g_assert_true ((of_part != NULL) == g_strv_contains (optional, name));
    g_assert_true ((of_other != NULL) == g_strv_contains (optional, name));
  }
  g_autoptr (GstStructure) other = gst_structure_copy (whole);
  gst_structure_set (other, "state", G_TYPE_STRING, "begin", NULL);
  g_assert_null (gst_clip_event_new_from_structure (other));
  g_autoptr (GstStructure) named = gst_structure_copy (whole);
  gst_structure_set_name (named, "clip-tags");
  g_assert_null (gst_clip_event_new_from_structure (named));
}

/* A buffer has them in order, and so has its copy; one that is gone takes none along that somebody keeps. */
static void
test_event_meta (void)
{
  GstBuffer *buffer = gst_buffer_new ();
  g_autoptr (GstClipEvent) first = make_event (), second = make_event ();
  g_assert_null (gst_buffer_get_clip_event (buffer, 0));
  gst_buffer_add_clip_event_meta (buffer, first);
  gst_buffer_add_clip_event_meta (buffer, second);
  g_autoptr (GstBuffer) copy = gst_buffer_copy (buffer);
  gst_buffer_copy_into (copy, buffer, GST_BUFFER_COPY_META, 0, -1); /* as when packets are put together */
  gst_buffer_unref (buffer);
  g_assert_true (gst_buffer_get_clip_event (copy, 0) == first);
  g_assert_true (gst_buffer_get_clip_event (copy, 1) == second);
  g_assert_null (gst_buffer_get_clip_event (copy, 2));

  GstBuffer *shared = gst_buffer_ref (copy);
  g_test_expect_message ("GStreamer-ClipTag", G_LOG_LEVEL_CRITICAL, "*gst_buffer_is_writable*");
  g_assert_null (gst_buffer_add_clip_event_meta (copy, first));
  g_test_assert_expected_messages ();
  gst_buffer_unref (shared);
  g_test_expect_message ("GStreamer-ClipTag", G_LOG_LEVEL_CRITICAL, "*event != NULL*");
  g_assert_null (gst_buffer_add_clip_event_meta (copy, NULL));
  g_test_assert_expected_messages ();
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/event-meta/structure", test_event);
  g_test_add_func ("/event-meta/no-event", test_no_event);
  g_test_add_func ("/event-meta/buffer", test_event_meta);
  return g_test_run ();
}
